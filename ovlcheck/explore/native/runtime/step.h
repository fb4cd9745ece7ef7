/*
 * What generated code calls while it computes a step: faults of expressions, violations, and handing on a successor.
 */

#include <time.h>

#define BATCH 64

enum phase { EXPLORING, SWEEPING };

/* Successors on their way to the table: by the time a batch is full, the slots it needs have come from memory. */
struct batch {
	state s[BATCH];
	uint64_t hash[BATCH];
	uint64_t parent[BATCH];
	unsigned n;
};

struct search {
	struct store store;
	struct batch batch;
	enum phase phase;
	uint64_t from;                   /* the state that is being expanded, or looked at */
	state source;                    /* the state that is being expanded, itself */
	bool changed;                    /* an action of the instance at hand changes the state, or ends in a violation */
	bool ended;                      /* an action in the state at hand ends in a violation */
	uint64_t next, layer_end;        /* the first state not yet expanded, the first beyond its layer */
	uint64_t *levels;                /* states at each depth */
	uint64_t depth, levels_room;     /* of the layer that is being expanded */
	uint64_t max_states;
	bool full;                       /* a state was met that there was no place for within max_states */
	uint64_t transitions;
	uint64_t moved;                  /* the process instances, a bit each, with an enabled action in `from` */
	uint64_t *can_move;              /* per state: those at rest, or that can still come to move; NULL unless asked for */
	uint64_t sweep_at;
	bool sweep_started, sweep_changed;
	uint64_t found_at[VIOLATIONS + 1];    /* the state where it first showed, or NONE */
	uint8_t found_in_step[VIOLATIONS + 1]; /* in a step from that state, or in the state itself */
	uint8_t wanted[VIOLATIONS + 1];
	unsigned wanted_left;
	bool satisfied;                  /* everything wanted has been found */
	int overflowed;                  /* the first variable that outgrew its width, or -1 */
	uint64_t overflowed_at;
	uint8_t fired[EDGES + 1];
	uint8_t covered[COVERS + 1];
	int64_t largest[COUNTS + 1];
};

static void flush(struct search *x);

/* Not inlined: there may be thousands of calls, and what it costs is the memory, not the call. */
static void __attribute__((noinline, unused)) emit(struct search *x, const state *s)
{
	struct batch *b = &x->batch;
	uint64_t hash;

	if (same(s, &x->source))
		return;
	x->changed = true;
	hash = hash_of(s);
	__builtin_prefetch(&x->store.slots[home_slot(&x->store, hash)]);
	b->s[b->n] = *s;
	b->hash[b->n] = hash;
	b->parent[b->n] = x->from;
	if (++b->n == BATCH)
		flush(x);
}

static void __attribute__((noinline, cold)) violated(struct search *x, int name, bool in_step)
{
	if (x->found_at[name] != NONE)
		return;
	x->found_at[name] = x->from;
	x->found_in_step[name] = in_step;
	if (x->wanted[name] && --x->wanted_left == 0)
		x->satisfied = true;
}

/* A step that ends in `fault`: all `n` edges that share it are enabled, none has a successor. */
static void __attribute__((noinline, cold, unused))
faulted(struct search *x, int fault, const int *edges, int n)
{
	if (fault < COUNT_OVERFLOW)
		violated(x, fault, true);
	else if (x->overflowed < 0) {
		x->overflowed = fault - COUNT_OVERFLOW;
		x->overflowed_at = x->from;
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

static inline uint64_t __attribute__((unused)) bits_at(const state *s, unsigned at, unsigned width)
{
	const unsigned k = at >> 6, shift = at & 63;
	uint64_t v = s->w[k] >> shift;

	if (shift + width > 64)
		v |= s->w[k + 1] << (64 - shift);
	return v & (((uint64_t)1 << width) - 1);
}

static inline void __attribute__((unused)) put_bits_at(state *s, unsigned at, unsigned width, uint64_t v)
{
	const unsigned k = at >> 6, shift = at & 63;
	const uint64_t mask = ((uint64_t)1 << width) - 1;

	s->w[k] = (s->w[k] & ~(mask << shift)) | v << shift;
	if (shift + width > 64)
		s->w[k + 1] = (s->w[k + 1] & ~(mask >> (64 - shift))) | v >> (64 - shift);
}
