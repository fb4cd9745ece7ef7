/*
 * Breadth-first search in slices: search_run returns every so often, so that whoever drives it can show progress, obey an
 * interrupt, and measure the machine's memory.  Nothing here depends on the length of a slice.
 */

enum status { WORKING, FINISHED, AT_STATES, AT_DEPTH, AT_BUDGET, NO_MEMORY, OVERFLOWED, SATISFIED };

#define MAX_INDEX (INDEX_MASK - 1)

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void enter(struct search *x, const state *s, uint64_t hash, uint64_t at, uint64_t parent)
{
	struct store *t = &x->store;
	const uint64_t index = t->count;
	const uint64_t from = x->from;

	t->slots[at] = tag_of(hash) | (index + 1);
	t->states[index] = *s;
	t->parent[index] = (uint32_t)parent;
	if (index > UINT32_MAX)
		t->parent_high[index] = (uint8_t)(parent >> 32);
	t->count = index + 1;
	x->from = index;
	look_at(x, s);
	x->from = from;
}

/* Enters what is new among the successors of the batch, or, in a sweep, passes on what is known about them. */
static void __attribute__((noinline)) flush(struct search *x)
{
	struct batch *b = &x->batch;
	struct store *t = &x->store;

	for (unsigned i = 0; i < b->n; i++) {
		const uint64_t slot = t->slots[home_slot(t, b->hash[i])];

		if (slot && (slot & TAG_MASK) == tag_of(b->hash[i]))
			__builtin_prefetch(&t->states[(slot & INDEX_MASK) - 1]);
	}
	for (unsigned i = 0; i < b->n; i++) {
		const uint64_t at = slot_for(t, &b->s[i], b->hash[i]);

		if (x->phase == EXPLORING) {
			if (!t->slots[at] && t->count >= x->max_states)
				x->full = true;
			else if (!t->slots[at])
				enter(x, &b->s[i], b->hash[i], at, b->parent[i]);
		} else if (t->slots[at]) {
			const uint64_t known = x->can_move[b->parent[i]];
			const uint64_t more = known | x->can_move[(t->slots[at] & INDEX_MASK) - 1];

			x->sweep_changed |= more != known;
			x->can_move[b->parent[i]] = more;
		}
	}
	b->n = 0;
}

static uint64_t search_bytes(const struct search *x)
{
	return store_bytes(&x->store) + (x->can_move ? x->store.count * sizeof(uint64_t) : 0);
}

/* Room for all successors of one state and for the batch; never more memory than `budget` bytes. */
static int make_room(struct search *x, uint64_t budget)
{
	struct store *t = &x->store;
	const uint64_t need = t->count + FANOUT + BATCH;

	if (need > t->room) {
		const uint64_t room = 2 * need;

		if (x->can_move &&
		    !stretch((void **)&x->can_move, t->room * sizeof(uint64_t), room * sizeof(uint64_t)))
			return NO_MEMORY;
		if (!store_room(t, room))
			return NO_MEMORY;
	}
	while (need > ((uint64_t)1 << t->bits) / 10 * 7) {
		/* Where a larger table cannot be had, a fuller one is slower but goes on. */
		if (search_bytes(x) + (sizeof(uint64_t) << (t->bits + 1)) > budget)
			return need > ((uint64_t)1 << t->bits) / 10 * 9 ? AT_BUDGET : WORKING;
		if (!store_rehash(t, t->bits + 1))
			return NO_MEMORY;
	}
	return WORKING;
}

static bool next_layer(struct search *x)
{
	if (x->depth + 2 > x->levels_room) {
		uint64_t *levels = realloc(x->levels, 2 * x->levels_room * sizeof(*levels));

		if (!levels)
			return false;
		x->levels = levels;
		x->levels_room *= 2;
	}
	x->levels[++x->depth] = x->store.count - x->layer_end;
	x->layer_end = x->store.count;
	return true;
}

struct search *search_new(int deadlock_free)
{
	struct search *x = calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	for (int i = 0; i < VIOLATIONS; i++)
		x->found_at[i] = NONE;
	x->overflowed = -1;
	x->levels_room = 64;
	x->levels = calloc(x->levels_room, sizeof(*x->levels));
	if (x->levels && store_new(&x->store) &&
	    (!deadlock_free || stretch((void **)&x->can_move, 0, x->store.room * sizeof(uint64_t))))
		return x;
	store_free(&x->store);
	free(x->levels);
	free(x);
	return NULL;
}

void search_free(struct search *x)
{
	if (x->can_move)
		munmap(x->can_move, x->store.room * sizeof(uint64_t));
	store_free(&x->store);
	free(x->levels);
	free(x);
}

void search_want(struct search *x, int name)
{
	if (!x->wanted[name])
		x->wanted_left++;
	x->wanted[name] = 1;
}

/* Adds an initial state; call it for all of them before the first search_run. */
int search_start(struct search *x, const uint64_t *words, uint64_t budget)
{
	const int status = make_room(x, budget);
	state s;

	if (status != WORKING)
		return status;
	memcpy(&s, words, sizeof(s));
	const uint64_t hash = hash_of(&s);
	const uint64_t at = slot_for(&x->store, &s, hash);
	if (!x->store.slots[at])
		enter(x, &s, hash, at, x->store.count);
	x->levels[0] = x->layer_end = x->store.count;
	return WORKING;
}

static void expand(struct search *x)
{
	uint64_t n;

	x->from = x->next++;
	x->source = x->store.states[x->from];
	x->moved = 0;
	x->ended = false;
	n = successors(x, &x->source);
	x->transitions += n;
	if (!n && !x->ended && !all_rest(&x->source))
		violated(x, DEADLOCK, false);
	if (x->can_move)
		x->can_move[x->from] = x->ended ? ALL_INSTANCES : x->moved | resting(&x->source);
}

int search_run(struct search *x, uint64_t budget, uint64_t max_states, uint64_t max_depth, double seconds)
{
	const double end = now() + seconds;
	int status;

	x->phase = EXPLORING;
	x->max_states = max_states < MAX_INDEX ? max_states : MAX_INDEX;
	for (unsigned round = 1;; round++) {
		if (x->satisfied || x->overflowed >= 0) {
			flush(x);
			return x->overflowed >= 0 ? OVERFLOWED : SATISFIED;
		}
		if (x->next == x->layer_end) {
			flush(x);
			if (x->full)
				return AT_STATES;
			if (x->layer_end == x->store.count)
				return FINISHED;
			if (!next_layer(x))
				return NO_MEMORY;
		}
		if (x->depth >= max_depth)
			return AT_DEPTH;
		if (x->full)
			return AT_STATES;
		status = make_room(x, budget);
		if (status != WORKING) {
			flush(x);
			return status;
		}
		if (round % 1024 == 0) {
			if (search_bytes(x) > budget)
				return AT_BUDGET;
			if (now() > end)
				return WORKING;
		}
		expand(x);
	}
}
