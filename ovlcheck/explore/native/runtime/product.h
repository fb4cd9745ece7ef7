/*
 * The product of the graph with an automaton, which is never written down: its nodes are pairs of a place of the automaton and
 * a state, its steps follow from both.  The strongly connected components of the automaton, its cores, come in an order in
 * which no step leads back.
 *
 * Conditions on a behaviour are bits: the groups of steps that fairness speaks of, and then the acceptance sets.  It must have
 * each of `required` again and again, on a node or on a step, and a bit of a node's `strong` groups only if it takes their
 * steps again and again.
 */

#define NO_NODE UINT32_MAX

/* A transition of the automaton. */
struct way {
	uint64_t fulfils;
	uint32_t target;
};

struct automaton {
	uint32_t places, labels, cores;
	const uint32_t *ways_from;    /* by place and label: the first of its ways; ends where those of the next begin */
	const struct way *ways;
	const uint8_t *stays;         /* by place and label: whether it accepts a behaviour that stays where it is */
	const uint32_t *core, *seat;  /* of each place, and its number within that core */
	const uint32_t *seats;        /* of each core */
	const uint8_t *accepting;     /* whether a core can have every acceptance set again and again */
	const uint8_t *universal;     /* whether every behaviour is accepted from a place on */
	const uint64_t *took, *fair, *strong; /* by class of a step: its group, that again if it is fair, if strongly so */
	uint64_t groups, required;    /* all groups that fairness speaks of; those and the acceptance sets */
};

struct product {
	struct graph *g;
	const struct automaton *a;
	uint64_t **reached;           /* by place: a bit for each state */
	uint64_t **good;              /* the nodes from which a fair behaviour that is accepted goes on, at most a step away */
	uint32_t *parts;              /* of each core: its components with fair cycles; more than one if behaviours end in it, too */
	bool any_good, first_will_do;
	uint32_t *line;               /* of the path found: states, the first included */
	uint16_t *line_class;         /* and of the step to each, its class */
	uint64_t line_length, line_room, stem;
};

static inline bool has_bit(const uint64_t *bits, uint64_t at)
{
	return bits[at / 64] >> at % 64 & 1;
}

static inline void set_bit(uint64_t *bits, uint64_t at)
{
	bits[at / 64] |= (uint64_t)1 << at % 64;
}

static inline uint32_t option(const struct product *p, uint32_t place, uint32_t s)
{
	return place * p->a->labels + p->g->vertices[s].label;
}

static inline const struct way *ways_of(const struct product *p, uint32_t place, uint32_t s)
{
	return p->a->ways + p->a->ways_from[option(p, place, s)];
}

static inline const struct way *ways_end(const struct product *p, uint32_t place, uint32_t s)
{
	return p->a->ways + p->a->ways_from[option(p, place, s) + 1];
}

/* What all steps of a state together have in a table by classes. */
static inline uint64_t bits_of(const struct graph *g, uint32_t s, const uint64_t *by_class)
{
	uint64_t bits = 0;

	for (const struct arc *arc = arcs_of(g, s); arc; arc = next_arc(arc))
		bits |= by_class[class_of_arc(arc)];
	return bits;
}

/* Whether a behaviour may come to an end here: nobody needs to move, and the automaton accepts. */
static inline bool may_end(const struct product *p, uint32_t place, uint32_t s)
{
	return p->a->stays[option(p, place, s)] && !bits_of(p->g, s, p->a->fair);
}

static inline void mark_good(struct product *p, uint32_t place, uint32_t s)
{
	set_bit(p->good[place], s);
	p->any_good = true;
}

static uint64_t **bitmaps(uint32_t places, uint64_t n)
{
	uint64_t **maps = calloc(places, sizeof(*maps));

	for (uint32_t i = 0; maps && i < places; i++) {
		maps[i] = calloc(n / 64 + 1, sizeof(**maps));
		if (!maps[i]) {
			while (i)
				free(maps[--i]);
			free(maps);
			return NULL;
		}
	}
	return maps;
}

static void free_bitmaps(uint64_t **maps, uint32_t places)
{
	for (uint32_t i = 0; maps && i < places; i++)
		free(maps[i]);
	free(maps);
}

void product_free(struct product *p)
{
	free_bitmaps(p->reached, p->a->places);
	free_bitmaps(p->good, p->a->places);
	free(p->parts);
	free(p->line);
	free(p->line_class);
	free(p);
}

/* NULL without memory.  The automaton must stay where it is. */
struct product *product_new(struct graph *g, const struct automaton *a)
{
	struct product *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->g = g;
	p->a = a;
	p->reached = bitmaps(a->places, g->n);
	p->good = bitmaps(a->places, g->n);
	p->parts = calloc(a->cores, sizeof(*p->parts));
	if (!p->reached || !p->good || !p->parts) {
		product_free(p);
		return NULL;
	}
	return p;
}
