/*
 * The graph of what was searched: states are numbered in the order of their places in the table, which is at rest by now, and
 * the steps of each are written down one after the other.  Of parallel steps that fairness does not tell apart, one is.
 */

#define LAST 0x8000u           /* marks the last arc of a state */
#define NO_ARCS UINT32_MAX
#define NOT_EXPANDED (UINT32_MAX - 1)
#ifndef SHARE
#define SHARE 65536            /* arcs that a thread gets room for at a time */
#endif

enum built { BUILT, STOPPED, NO_ROOM, LOST };

struct arc {
	uint32_t target;
	uint16_t class;
} __attribute__((packed));

struct graph {
	struct search *search;
	uint64_t n;                 /* states */
	uint32_t *numbers;          /* of the first state in each bucket, and of the first that has spilled */
	uint32_t *first;            /* arc of each state */
	uint8_t *labels;            /* LABEL_BYTES for each state */
	uint16_t *label;            /* of each state, for the property at hand */
	struct range range;
	struct arc *arcs;
	uint64_t room;              /* for arcs */
	_Atomic uint64_t shared;    /* arcs that recorders have got room for */
	_Atomic uint64_t written;
	_Atomic uint64_t next;      /* the first bucket that nobody has taken */
	_Atomic int stop;           /* an enum built other than BUILT */
	const uint16_t *class_of;
};

static inline unsigned class_of_arc(const struct arc *a)
{
	return a->class & ~LAST;
}

static inline const struct arc *arcs_of(const struct graph *g, uint32_t s)
{
	return g->first[s] < NOT_EXPANDED ? &g->arcs[g->first[s]] : NULL;
}

static inline const struct arc *next_arc(const struct arc *a)
{
	return a->class & LAST ? NULL : a + 1;
}

/* Whether the steps of a state with this label of depth were all taken. */
static inline bool was_expanded(const struct graph *g, uint64_t depth)
{
	return g->search->complete || depth < (g->search->depth < DEEPEST ? g->search->depth : DEEPEST);
}

static uint32_t number_of_entry(const struct graph *g, const uint8_t *entry)
{
	const struct table *t = &g->search->table;
	const uint64_t offset = (uint64_t)(entry - t->buckets);

	return g->numbers[offset / BUCKET] + (uint32_t)(offset % BUCKET / (t->bytes + 1));
}

static uint32_t number_of_spilled(const struct graph *g, uint64_t k)
{
	return g->numbers[buckets_of(&g->search->table)] + (uint32_t)k;
}

static uint32_t number_of_place(const struct graph *g, uint64_t place)
{
	const struct table *t = &g->search->table;
	const uint64_t slots = SLOTS(t->bytes), bucket = place / slots;

	if (bucket >= buckets_of(t))
		return number_of_spilled(g, place - buckets_of(t) * slots);
	return g->numbers[bucket] + (uint32_t)(place % slots);
}

/* The number of a state, or OUTSIDE where it was never entered. */
uint32_t graph_number(const struct graph *g, const uint64_t *words)
{
	uint8_t *entry;
	uint64_t spilled;
	state s;

	memcpy(&s, words, sizeof(s));
	if (find(&g->search->table, &s, key_of(&s), 0, false, &entry) == KNOWN)
		return number_of_entry(g, entry);
	spilled = spill_number(&g->search->table, &s, key_of(&s));
	return spilled == NONE ? OUTSIDE : number_of_spilled(g, spilled);
}

/* The state with this number. */
void graph_state(const struct graph *g, uint32_t number, uint64_t *words)
{
	const struct table *t = &g->search->table;
	uint64_t low = 0, high = buckets_of(t), depth;
	state s;

	/* The last bucket, or what has spilled, that begins with this number or a smaller one: those without a state begin
	 * with that of the next. */
	while (low < high) {
		const uint64_t middle = low + (high - low + 1) / 2;

		if (g->numbers[middle] <= number)
			low = middle;
		else
			high = middle - 1;
	}
	state_in(t, low * SLOTS(t->bytes) + (number - g->numbers[low]), &s, &depth);
	memcpy(words, &s, sizeof(s));
}

static void close_state(struct recorder *r)
{
	if (r->open != OUTSIDE && r->at > r->opened) {
		r->graph->arcs[r->at - 1].class |= LAST;
		r->graph->first[r->open] = (uint32_t)r->opened;
		r->graph->written += r->at - r->opened;
	}
	r->opened = r->at;
	r->open = OUTSIDE;
}

/* Another share, where what has been written of the state at hand goes first. */
static bool more_arcs(struct recorder *r)
{
	struct graph *g = r->graph;
	const uint64_t some = FANOUT + 1 > SHARE ? FANOUT + 1 : SHARE, open = r->at - r->opened;
	const uint64_t from = atomic_fetch_add(&g->shared, some);

	if (from + some > g->room) {
		g->stop = NO_ROOM;
		return false;
	}
	memcpy(&g->arcs[from], &g->arcs[r->opened], open * sizeof(struct arc));
	r->opened = from;
	r->at = from + open;
	r->end = from + some;
	return true;
}

static void append(struct recorder *r, uint32_t source, uint32_t target, uint16_t class)
{
	struct graph *g = r->graph;

	if (r->open != source) {
		close_state(r);
		r->open = source;
	}
	for (uint64_t k = r->opened; k < r->at; k++)
		if (g->arcs[k].target == target && g->arcs[k].class == class)
			return;
	if (r->at == r->end && !more_arcs(r))
		return;
	g->arcs[r->at++] = (struct arc){ target, class };
}

/* The number of a state that was entered, OUTSIDE if it was not expanded. */
static uint32_t number_if_expanded(struct graph *g, const state *s, uint64_t key, enum outcome outcome, const uint8_t *entry)
{
	uint64_t spilled;

	if (outcome == KNOWN)
		return was_expanded(g, label_of(entry) - 1) ? number_of_entry(g, entry) : OUTSIDE;
	spilled = spill_number(&g->search->table, s, key);
	if (spilled == NONE) {
		g->stop = LOST;
		return OUTSIDE;
	}
	return was_expanded(g, g->search->table.spilled[spilled].depth) ? number_of_spilled(g, spilled) : OUTSIDE;
}

/* Looks up where the steps of the batch lead, as enter_all does, and writes them down. */
static void write_down(struct worker *x)
{
	struct recorder *r = (struct recorder *)x;
	struct graph *g = r->graph;
	const struct table *t = x->table;
	struct item items[BATCH];
	unsigned n = 0;

	for (unsigned i = 0; i < x->batch.n; i++)
		if (r->target[i] == SOMEWHERE) {
			struct item *item = &items[n++];

			item->number = i;
			item->key = key_of(&x->batch.s[i]);
			item->home = home_of(t, item->key);
			prefetch(bucket_at(t, item->home));
			encode(t, &x->batch.s[i], item->key, item->e);
		}
	for (unsigned displacement = 0; n; displacement++) {
		unsigned left = 0;

		for (unsigned i = 0; i < n; i++) {
			struct item *item = &items[i];
			uint8_t *entry;
			const enum outcome outcome = look(t, item->e, item->home, displacement, 0, true, false, &entry);

			if (outcome == FULL && displacement + 1 < REACH) {
				prefetch(bucket_at(t, item->home ^ (displacement + 1)));
				items[left++] = *item;
			} else {
				r->target[item->number] = number_if_expanded(g, &x->batch.s[item->number], item->key, outcome, entry);
			}
		}
		n = left;
	}
	for (unsigned i = 0; i < x->batch.n && !g->stop; i++)
		append(r, r->source[i], r->target[i], r->class[i]);
}

static void record_state(void *recorder, const state *s, unsigned depth, uint64_t place)
{
	struct recorder *r = recorder;
	struct graph *g = r->graph;

	r->here = number_of_place(g, place);
	put_labels(s, g->labels + (uint64_t)LABEL_BYTES * r->here);
	if (was_expanded(g, depth)) {
		begin_state(&r->worker, s, depth);
		successors(&r->worker, &r->worker.source);
	} else {
		g->first[r->here] = NOT_EXPANDED;
	}
}

static void *record_share(void *recorder)
{
	struct recorder *r = recorder;
	struct graph *g = r->graph;
	const struct table *t = r->worker.table;
	const uint64_t end = buckets_of(t);
	uint64_t from;

	while (!g->stop && (from = atomic_fetch_add(&g->next, PARCEL)) < end)
		for (uint64_t number = from; number < end && number < from + PARCEL; number++)
			each_in_bucket(t, number, -1, r, record_state);
	if (r->also_spilled)
		each_spilled(t, -1, r, record_state);
	flush(&r->worker);
	close_state(r);
	return NULL;
}

static bool number_states(struct graph *g)
{
	const struct table *t = &g->search->table;
	uint64_t n = 0;

	for (uint64_t bucket = 0; bucket < buckets_of(t); bucket++) {
		const uint8_t *entry = bucket_at(t, bucket);

		g->numbers[bucket] = (uint32_t)n;
		for (unsigned i = 0; i < SLOTS(t->bytes) && *entry; i++, entry += t->bytes + 1)
			n++;
	}
	g->numbers[buckets_of(t)] = (uint32_t)n;
	g->n = n + t->spills;
	return g->n == g->search->count;
}

/* The graph of a search that has ended; `class_of` each step, by number, must stay where it is.  NULL without memory. */
struct graph *graph_new(struct search *search, const uint16_t *class_of)
{
	struct graph *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	g->search = search;
	g->class_of = class_of;
	g->numbers = malloc((buckets_of(&search->table) + 1) * sizeof(*g->numbers));
	g->first = malloc((search->count + 1) * sizeof(*g->first));
	g->labels = malloc((search->count + 1) * LABEL_BYTES);
	g->label = calloc(search->count + 1, sizeof(*g->label));
	g->range = reserve(HUGE_PAGE);
	if (!g->numbers || !g->first || !g->labels || !g->label || !g->range.start || search->count >= NOT_EXPANDED) {
		release(&g->range);
		free(g->numbers);
		free(g->first);
		free(g->labels);
		free(g->label);
		free(g);
		return NULL;
	}
	memset(g->first, 0xff, (search->count + 1) * sizeof(*g->first));
	g->arcs = begin(&g->range);
	return g;
}

void graph_free(struct graph *g)
{
	release(&g->range);
	free(g->numbers);
	free(g->first);
	free(g->labels);
	free(g->label);
	free(g);
}

/* Writes the steps down, in not much more than `bytes` bytes. */
int graph_build(struct graph *g, uint64_t bytes)
{
	struct search *x = g->search;
	const unsigned threads = x->count < FEW ? 1 : x->threads;
	struct recorder *recorders = calloc(threads, sizeof(*recorders));

	g->room = (extent(&g->range) < bytes ? extent(&g->range) : bytes) / sizeof(struct arc);
	if (g->room > NOT_EXPANDED)
		g->room = NOT_EXPANDED;
	if (!recorders)
		return NO_ROOM;
	if (!number_states(g))
		g->stop = LOST;
	for (unsigned i = 0; i < threads; i++) {
		struct recorder *r = &recorders[i];

		r->graph = g;
		r->class_of = g->class_of;
		r->also_spilled = !i;
		r->open = OUTSIDE;
		r->worker.table = &x->table;
		r->worker.flush = write_down;
	}
	together(threads, record_share, recorders, sizeof(*recorders));
	free(recorders);
	return g->stop;
}

/* Ends what is being done with the graph, soon. */
void graph_stop(struct graph *g)
{
	int none = BUILT;

	atomic_compare_exchange_strong(&g->stop, &none, STOPPED);
}

/* How many steps were written down. */
uint64_t graph_arcs(const struct graph *g)
{
	return g->written;
}

/* Makes bit i of each state's label what bit `bits[i]` of all its labels is. */
void graph_select(struct graph *g, unsigned n, const uint32_t *bits)
{
	for (uint64_t s = 0; s < g->n; s++) {
		const uint8_t *labels = g->labels + LABEL_BYTES * s;
		unsigned label = 0;

		for (unsigned i = 0; i < n; i++)
			label |= (unsigned)(labels[bits[i] / 8] >> bits[i] % 8 & 1) << i;
		g->label[s] = (uint16_t)label;
	}
}
