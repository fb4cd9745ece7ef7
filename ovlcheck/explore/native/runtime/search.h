/* A search: what its threads share. */

enum status { WORKING, FINISHED, AT_STATES, AT_DEPTH, AT_BUDGET, NO_MEMORY, OVERFLOWED, SATISFIED };

#ifndef CHUNK
#define CHUNK 128              /* states that a thread takes at a time */
#endif
#ifndef FEW
#define FEW 2048               /* a smaller layer is not worth a second thread */
#endif
#define UNLIMITED (UINT64_MAX / 2)
#ifndef FILLED
#define FILLED(slots) ((slots) < 5 ? 77 : 80) /* per cent of its places that a table fills before it grows */
#endif
#ifndef FEW_SPILLS
#define FEW_SPILLS(count) (1024 + (count) / 4096)
#endif
#define FULLEST 92             /* the same where there is no memory to grow */

/* The states of a layer beyond those that a byte tells the depth of: they are kept as they are. */
struct layer {
	state *s;
	uint64_t n;
};

struct search {
	struct table table;
	unsigned threads;
	struct worker *workers;
	uint64_t depth;             /* of the layer that is being expanded */
	uint64_t layer_size;
	_Atomic uint64_t cursor;    /* the first of its states that nobody has taken */
	_Atomic bool pause;
	_Atomic int failure;        /* a status that ends the search, or WORKING */
	bool alone;                 /* one thread is at work, and the table need not be guarded */
	_Atomic uint64_t count, left; /* states entered; those that may still be */
	_Atomic bool full;          /* a state was met that there was no place for within the limit of states */
	uint64_t room;              /* states with which the table had better grow */
	double until;
	bool complete;              /* every state was expanded */
	uint64_t *levels;           /* states at each depth */
	uint64_t levels_room;
	struct layer *deep;         /* the layers from DEEPEST on */
	uint64_t deep_bytes;
	uint8_t wanted[VIOLATIONS + 1];
	uint64_t *can_move, *order; /* for the sweeps */
	uint64_t sweep_at;
	bool sweep_started, sweep_changed;
};

static bool queue_room(struct queue *q, uint64_t more)
{
	if (!q->s) {
		q->range = reserve(more * sizeof(state));
		if (!q->range.start)
			return false;
		q->s = begin(&q->range);
		q->room = extent(&q->range) / sizeof(state);
	}
	return q->n + more <= q->room;
}
