/*
 * What generated code calls while it computes a step: faults of expressions, violations, and handing on a successor.
 */

#ifndef BATCH
#define BATCH 128
#endif
#ifndef RECENT_BITS
#define RECENT_BITS 12 /* at most KEY_BITS */
#endif

/* Successors on their way to the table. */
struct batch {
	state s[BATCH];
	unsigned n;
};

/* Where a violation showed first: in the state itself or in a step from it. */
struct sighting {
	uint64_t depth; /* of the state; NONE where there is no sighting */
	bool in_step;
	state s;
};

/* States of a layer, as one thread found them. */
struct queue {
	struct range range;
	state *s;
	uint64_t n, room, most;
};

struct search;

/* What a thread has for itself.  Sightings and figures of all threads are put together when a layer is complete. */
struct worker {
	struct search *search;
	const struct table *table;
	struct batch batch;
	state recent[1 << RECENT_BITS]; /* states that need not be handed on again: interleavings meet soon, and about
	                                   half of all successors never get as far as the table */
	void (*flush)(struct worker *x); /* what becomes of a batch: it is entered while the search explores */
	bool exploring;
	state source;         /* the state that is being expanded */
	const state *at;      /* the state that is being looked at, or expanded */
	uint64_t depth;       /* of `at` */
	bool changed;         /* an action of the instance at hand changes the state, or ends in a violation */
	bool ended;           /* an action in the state at hand ends in a violation */
	uint64_t moved;       /* the process instances, a bit each, with an enabled action in the state at hand */
	uint64_t quota;       /* states that may still be entered */
	uint64_t fresh;       /* states entered and not yet counted */
	uint64_t transitions;
	struct queue now, next, refused;
	struct sighting found[VIOLATIONS + 1];
	struct sighting overflow;
	int overflowed;       /* the variable that outgrew its width at `overflow` */
	uint8_t fired[EDGES + 1];
	uint8_t covered[COVERS + 1];
	int64_t largest[COUNTS + 1];
	uint64_t can_move;    /* in a sweep: what is known of the successors of the state at hand */
	state *heads;         /* in search of predecessors: whose, and the best so far of each */
	state *sources;
	uint8_t *sourced;
	uint64_t n_heads;
};

static inline void flush(struct worker *x)
{
	x->flush(x);
	x->batch.n = 0;
}

/* Not inlined: there may be thousands of calls. */
static void __attribute__((noinline, unused)) emit(struct worker *x, const state *s)
{
	struct batch *b = &x->batch;

	if (same(s, &x->source))
		return;
	x->changed = true;
	copy(&b->s[b->n], s);
	if (++b->n == BATCH)
		flush(x);
}

/* Of several sightings the first counts; among equals, an order of states decides, not who came first. */
static bool earlier(const struct sighting *a, const struct sighting *b)
{
	if (a->depth == NONE || b->depth == NONE)
		return a->depth < b->depth;
	if (a->depth + a->in_step != b->depth + b->in_step)
		return a->depth + a->in_step < b->depth + b->in_step;
	if (a->in_step != b->in_step)
		return b->in_step;
	return before(&a->s, &b->s);
}

static void __attribute__((noinline, cold, unused)) violated(struct worker *x, int name, bool in_step)
{
	const struct sighting here = { x->depth, in_step, *x->at };

	if (x->exploring && earlier(&here, &x->found[name]))
		x->found[name] = here;
}

/* A step that ends in `fault`: all `n` edges that share it are enabled, none has a successor. */
static void __attribute__((noinline, cold, unused))
faulted(struct worker *x, int fault, const int *edges, int n)
{
	if (fault < COUNT_OVERFLOW)
		violated(x, fault, true);
	else {
		const struct sighting here = { x->depth, true, *x->at };

		if (x->exploring && earlier(&here, &x->overflow)) {
			x->overflow = here;
			x->overflowed = fault - COUNT_OVERFLOW;
		}
	}
	x->changed = x->ended = true;
	for (int i = 0; i < n; i++)
		x->fired[edges[i]] = 1;
}

/* The first fault of an expression counts; what is computed after it is thrown away, but must itself be harmless. */
static inline int64_t __attribute__((unused)) fail(int *fault, int kind)
{
	if (!*fault)
		*fault = kind;
	return 0;
}

static inline int64_t __attribute__((unused)) within(int64_t index, int64_t size, int *fault)
{
	return index >= 0 && index < size ? index : fail(fault, INDEX_OUT_OF_RANGE);
}

static inline void __attribute__((unused)) check_range(int64_t value, int64_t low, int64_t high, int *fault)
{
	if (value < low || value > high)
		fail(fault, VALUE_OUT_OF_RANGE);
}

static inline void __attribute__((unused)) check_count(int64_t value, int64_t high, int variable, int *fault)
{
	if (value < 0)
		fail(fault, REFCOUNT_BELOW_ZERO);
	else if (value > high)
		fail(fault, COUNT_OVERFLOW + variable);
}

/* Python's // and %: rounded towards minus infinity. */
static inline int64_t __attribute__((unused)) floor_div(int64_t a, int64_t b, int *fault)
{
	if (!b)
		return fail(fault, DIVISION_BY_ZERO);
	return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

static inline int64_t __attribute__((unused)) floor_mod(int64_t a, int64_t b, int *fault)
{
	if (!b)
		return fail(fault, DIVISION_BY_ZERO);
	return a % b + (a % b != 0 && (a < 0) != (b < 0) ? b : 0);
}

static inline int64_t __attribute__((unused)) popcount(int64_t a)
{
	return __builtin_popcountll((uint64_t)(a < 0 ? -a : a));
}
