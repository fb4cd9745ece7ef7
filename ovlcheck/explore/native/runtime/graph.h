/*
 * The graph of what was searched: the states by number, and the steps of each, one after the other.  Of parallel steps that
 * fairness does not tell apart, one is there.
 */

#define LAST 0x8000u           /* marks the last arc of a state */
#define NO_ARCS UINT32_MAX
#define NOT_EXPANDED (UINT32_MAX - 1)
#define UNNUMBERED UINT32_MAX
#ifndef SHARE
#define SHARE 65536            /* arcs that a thread gets room for at a time */
#endif
#ifndef SPARES
#define SPARES 64              /* numbers that it gets */
#endif

enum built { BUILT, STOPPED, NO_ROOM, LOST };

struct arc {
	uint32_t target;
	uint16_t class;
} __attribute__((packed));

struct vertex {
	uint32_t first;             /* arc, NO_ARCS, or NOT_EXPANDED for a number that no state has */
	uint32_t label;             /* for the property at hand */
};

struct graph {
	struct search *search;
	uint64_t n;                 /* numbers: some, at the end of what a thread got, no state has */
	uint64_t states;
	_Atomic uint32_t *numbers;  /* of the state in each place of the table, or UNNUMBERED */
	uint32_t *places;           /* by number, once they are asked for */
	struct vertex *vertices;
	uint8_t *labels;            /* LABEL_BYTES for each state */
	struct range range;
	struct arc *arcs;
	uint64_t room;              /* for arcs */
	uint64_t spare;             /* bytes that what is done with the graph may take */
	_Atomic uint64_t shared;    /* arcs that recorders have got room for */
	_Atomic uint64_t given;     /* numbers that they have got */
	_Atomic uint64_t cursor;    /* the first state of the layer that nobody has taken */
	uint64_t layer_size, depth;
	uint64_t written;
	bool ends;                  /* some step leads OUTSIDE */
	_Atomic int stop;           /* an enum built other than BUILT */
	unsigned threads;
	struct recorder *recorders;
};

static inline unsigned class_of_arc(const struct arc *a)
{
	return a->class & ~LAST;
}

static inline const struct arc *arcs_of(const struct graph *g, uint32_t s)
{
	return g->vertices[s].first < NOT_EXPANDED ? &g->arcs[g->vertices[s].first] : NULL;
}

static inline const struct arc *next_arc(const struct arc *a)
{
	return a->class & LAST ? NULL : a + 1;
}

/* Memory in huge pages: it is gone through in any order. */
static void *in_huge_pages(size_t bytes)
{
	const size_t whole = (bytes / HUGE_PAGE + 1) * HUGE_PAGE;
	void *p = aligned_alloc(HUGE_PAGE, whole);

#ifdef MADV_HUGEPAGE
	if (p)
		madvise(p, whole, MADV_HUGEPAGE);
#endif
	return p;
}

/* Whether the steps of all states at this depth, or with this label of it, were taken. */
static inline bool was_expanded(const struct graph *g, uint64_t depth)
{
	return g->search->complete || depth < (g->search->depth < DEEPEST ? g->search->depth : DEEPEST);
}

/* The place of a state that was found in the table or not; OUTSIDE if it was not expanded. */
static inline uint32_t place_if_expanded(struct graph *g, const state *s, uint64_t key, enum outcome outcome,
					 const uint8_t *entry)
{
	struct table *t = &g->search->table;
	uint64_t spilled;

	if (outcome == KNOWN) {
		const uint64_t offset = (uint64_t)(entry - t->buckets);
		const unsigned slot = (unsigned)(offset % BUCKET) / (t->bytes + 1);

		return was_expanded(g, label_of(entry) - 1) ? (uint32_t)(offset / BUCKET * SLOTS(t->bytes)) + slot : OUTSIDE;
	}
	spilled = spill_number(t, s, key);
	if (spilled == NONE) {
		g->stop = LOST;
		return OUTSIDE;
	}
	return was_expanded(g, t->spilled[spilled].depth) ? (uint32_t)(buckets_of(t) * SLOTS(t->bytes) + spilled) : OUTSIDE;
}
