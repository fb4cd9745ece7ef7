/*
 * Steps with their names, for the graph of a system: who takes each, those included that change nothing and those that end in
 * a violation.  Only programs for behaviours have this; there, generated code says of every step which one it is.
 */

#define OUTSIDE UINT32_MAX         /* where a step leads that ends in a violation, or to a state that was not expanded */
#define SOMEWHERE (UINT32_MAX - 1) /* where a step leads that has not been looked up */

/* Numbers of states, side by side with a queue of these states. */
struct numbers {
	struct range range;
	uint32_t *at;
};

/* A worker that writes steps down.  It is known by belonging to no search. */
struct recorder {
	struct worker worker;
	const uint16_t *class_of;   /* by the number of a step */
	uint32_t here;              /* the state whose steps these are */
	uint32_t source[BATCH], target[BATCH];
	uint16_t class[BATCH];
	uint32_t recent[1 << RECENT_BITS]; /* the numbers of the worker's recent states, or SOMEWHERE */
	struct numbers now, next;   /* those of the states in the worker's queues */
	uint32_t spare, spares;     /* numbers that are still to be given to states: the first, and how many */
	struct graph *graph;
	uint64_t at, end;           /* room for arcs: the next one, and where this recorder's share ends */
	uint64_t opened;            /* the first arc of the state that is being written down */
	uint32_t open;              /* that state, or OUTSIDE */
	uint64_t written;
	bool ends;                  /* some step leads OUTSIDE */
};

static inline void record(struct worker *x, unsigned step, const state *s, uint32_t target)
{
	struct recorder *r = (struct recorder *)x;
	const unsigned n = x->batch.n;

	copy(&x->batch.s[n], s);
	r->source[n] = r->here;
	r->target[n] = target;
	r->class[n] = r->class_of[step];
	if (++x->batch.n == BATCH)
		flush(x);
}

/* Hands on a successor, and which step leads to it. */
static void __attribute__((noinline, unused)) step_to(struct worker *x, unsigned step, const state *s)
{
	if (x->search)
		emit(x, s);
	else
		record(x, step, s, same(s, &x->source) ? ((struct recorder *)x)->here : SOMEWHERE);
}

/* A step that is enabled and ends in a violation. */
static void __attribute__((noinline, cold, unused)) step_fails(struct worker *x, unsigned step)
{
	if (!x->search)
		record(x, step, &x->source, OUTSIDE);
}
