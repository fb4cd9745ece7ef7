/*
 * Breadth-first search, layer by layer, in slices: search_run returns every so often, so that whoever drives it can show
 * progress, obey an interrupt, and measure the machine's memory.  The threads share a layer in chunks; what they find is put
 * together at its end in a way that does not depend on who found it.  So no answer depends on slices or threads, but
 * for which states of a layer are covered when the search is cut short inside it.
 */

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static inline void begin_state(struct worker *x, const state *s, uint64_t depth)
{
	copy(&x->source, s);
	x->at = &x->source;
	x->depth = depth;
	x->ended = false;
}

static void *work(void *worker)
{
	struct worker *x = worker;
	struct search *search = x->search;

	x->flush = search->alone ? enter_alone : enter_shared;
	x->exploring = true;
	while (!search->pause) {
		uint64_t first, last;

		if (!queue_room(&x->next, CHUNK * (uint64_t)FANOUT + BATCH)) {
			search->failure = NO_MEMORY;
			break;
		}
		first = atomic_fetch_add(&search->cursor, CHUNK);
		if (first >= search->layer_size)
			break;
		last = first + CHUNK < search->layer_size ? first + CHUNK : search->layer_size;
		for (uint64_t i = first; i < last; i++) {
			uint64_t n;

			begin_state(x, in_layer(search, i), search->depth);
			n = successors(x, &x->source);
			x->transitions += n;
			if (!n && !x->ended && !all_rest(&x->source))
				violated(x, DEADLOCK, false);
		}
		if (atomic_fetch_add(&search->count, x->fresh) + x->fresh >= search->room || now() > search->until)
			search->pause = true;
		x->fresh = 0;
	}
	flush(x);
	search->count += x->fresh;
	x->fresh = 0;
	if (x->next.n > x->next.most)
		x->next.most = x->next.n;
	return NULL;
}

static uint64_t search_bytes(const struct search *x)
{
	uint64_t bytes = table_bytes(x->table.f, x->table.k) + x->deep_bytes;

	bytes += x->table.spill_room * (sizeof(struct spilled) + 2 * sizeof(uint32_t));
	for (unsigned i = 0; i < x->threads; i++)
		bytes += (x->workers[i].now.most + x->workers[i].next.most) * sizeof(state);
	return bytes;
}

static uint64_t capacity(const struct table *t)
{
	return ((uint64_t)t->f << t->k) * SLOTS(t->bytes);
}

/* Room for what is to come; never more memory than `budget` bytes. */
static int make_room(struct search *x, uint64_t budget)
{
	struct table *t = &x->table;

	while (x->count >= x->room || t->spills > FEW_SPILLS(x->count)) {
		const uint64_t most = budget > search_bytes(x) ? budget - search_bytes(x) : 0;
		unsigned f = t->f, k = t->k;

		next_size(&f, &k);
		if (table_bytes(f, k) - table_bytes(t->f, t->k) > most) {
			f = t->f;
			k = t->k;
			enlarge(&f, &k, 1);
		}
		if (table_bytes(f, k) - table_bytes(t->f, t->k) > most || k > LAST_EXPONENT) {
			/* Where a larger table cannot be had, a fuller one is slower but goes on. */
			x->room = capacity(t) / 100 * FULLEST;
			return x->count >= x->room || t->spills > 64 * FEW_SPILLS(x->count) ? AT_BUDGET : WORKING;
		}
		if (!table_grow(t, f, k, x->threads))
			return NO_MEMORY;
		x->room = capacity(t) / 100 * FILLED(SLOTS(t->bytes));
	}
	return search_bytes(x) > budget ? AT_BUDGET : WORKING;
}

/* The first of the sightings of a violation, whoever had it. */
static struct sighting first_sighting(const struct search *x, int name)
{
	struct sighting first = x->workers[0].found[name];

	for (unsigned i = 1; i < x->threads; i++)
		if (earlier(&x->workers[i].found[name], &first))
			first = x->workers[i].found[name];
	return first;
}

static bool satisfied(const struct search *x)
{
	bool any = false;

	for (int name = 1; name < VIOLATIONS; name++) {
		if (x->wanted[name] && first_sighting(x, name).depth == NONE)
			return false;
		any |= x->wanted[name];
	}
	return any;
}

/* The worker with the first overflow, or NULL. */
static const struct worker *overflowed(const struct search *x)
{
	const struct worker *first = NULL;

	for (unsigned i = 0; i < x->threads; i++) {
		const struct worker *w = &x->workers[i];

		if (w->overflowed >= 0 && (!first || earlier(&w->overflow, &first->overflow)))
			first = w;
	}
	return first;
}

/* Keeps the layer that is about to be expanded, if depths of its states are not told apart in the table. */
static bool keep_layer(struct search *x)
{
	struct layer *deep, *layer;

	if (x->depth < DEEPEST)
		return true;
	deep = realloc(x->deep, (x->depth - DEEPEST + 1) * sizeof(*deep));
	if (!deep)
		return false;
	x->deep = deep;
	layer = &deep[x->depth - DEEPEST];
	layer->n = 0;
	layer->s = malloc(x->layer_size * sizeof(state));
	if (!layer->s)
		return false;
	for (unsigned i = 0; i < x->threads; i++) {
		const struct queue *q = &x->workers[i].now;

		if (q->n)
			memcpy(layer->s + layer->n, q->s, q->n * sizeof(state));
		layer->n += q->n;
	}
	x->deep_bytes += x->layer_size * sizeof(state);
	return true;
}

/* What was found last becomes what is expanded next. */
static int next_layer(struct search *x)
{
	if (x->depth + 2 > x->levels_room) {
		uint64_t *levels = realloc(x->levels, 2 * x->levels_room * sizeof(*levels));

		if (!levels)
			return NO_MEMORY;
		x->levels = levels;
		x->levels_room *= 2;
	}
	x->layer_size = 0;
	for (unsigned i = 0; i < x->threads; i++) {
		struct worker *w = &x->workers[i];
		const struct queue done = w->now;

		w->now = w->next;
		w->next = done;
		w->next.n = 0;
		x->layer_size += w->now.n;
	}
	x->cursor = 0;
	x->depth++;
	if (!x->layer_size) {
		x->depth--;
		return FINISHED;
	}
	x->levels[x->depth] = x->layer_size;
	if (keep_layer(x))
		return WORKING;
	x->depth--;
	return NO_MEMORY;
}

struct search *search_new(unsigned threads)
{
	struct search *x = calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	x->threads = threads < 1 ? 1 : threads > MOST_THREADS ? MOST_THREADS : threads;
	x->workers = calloc(x->threads, sizeof(*x->workers));
	x->levels_room = 64;
	x->levels = calloc(x->levels_room, sizeof(*x->levels));
	if (!x->workers || !x->levels || !table_new(&x->table)) {
		free(x->workers);
		free(x->levels);
		free(x);
		return NULL;
	}
	for (unsigned i = 0; i < x->threads; i++) {
		struct worker *w = &x->workers[i];

		w->search = x;
		w->table = &x->table;
		w->overflowed = -1;
		w->overflow.depth = NONE;
		for (int name = 0; name <= VIOLATIONS; name++)
			w->found[name].depth = NONE;
	}
	x->room = capacity(&x->table) / 2;
	return x;
}

void search_free(struct search *x)
{
	for (unsigned i = 0; i < x->threads; i++) {
		release(&x->workers[i].now.range);
		release(&x->workers[i].next.range);
		release(&x->workers[i].refused.range);
	}
	for (uint64_t depth = DEEPEST; x->deep && depth <= x->depth; depth++)
		free(x->deep[depth - DEEPEST].s);
	table_free(&x->table);
	free(x->deep);
	free(x->can_move);
	free(x->order);
	free(x->workers);
	free(x->levels);
	free(x);
}

void search_want(struct search *x, int name)
{
	x->wanted[name] = 1;
}

/* Adds an initial state; call it for all of them before the first search_run. */
int search_start(struct search *x, const uint64_t *words, uint64_t budget)
{
	struct worker *w = &x->workers[0];
	const int status = make_room(x, budget);
	enum outcome outcome;
	uint8_t *entry;
	state s;

	if (status != WORKING)
		return status;
	if (!queue_room(&w->now, 1))
		return NO_MEMORY;
	memcpy(&s, words, sizeof(s));
	outcome = find(&x->table, &s, key_of(&s), 0, true, &entry);
	if (outcome == FULL)
		outcome = spill(&x->table, &s, key_of(&s), 0);
	if (outcome != ENTERED)
		return outcome == KNOWN ? WORKING : NO_MEMORY;
	for (unsigned i = 0; !x->count && i < x->threads; i++)
		for (int k = 0; k < 1 << RECENT_BITS; k++)
			x->workers[i].recent[k] = s;
	w->now.s[w->now.n++] = s;
	x->levels[0] = x->layer_size = ++x->count;
	w->at = &s;
	w->depth = 0;
	w->exploring = true;
	look_at(w, &s);
	return WORKING;
}

int search_run(struct search *x, uint64_t budget, uint64_t max_states, uint64_t max_depth, double seconds)
{
	x->until = now() + seconds;
	if (max_states > UNLIMITED)
		max_states = UNLIMITED;
	for (unsigned i = 0; i < x->threads; i++)
		x->workers[i].quota = 0;
	x->left = max_states > x->count ? max_states - x->count : 0;
	for (;;) {
		int status = make_room(x, budget);

		if (status != WORKING)
			return status;
		if (!x->layer_size)
			return FINISHED;
		if (x->depth >= max_depth)
			return AT_DEPTH;
		x->pause = false;
		x->alone = x->threads == 1 || x->layer_size - x->cursor < FEW;
		together(x->alone ? 1 : x->threads, work, x->workers, sizeof(*x->workers));
		if (x->full)
			enter_refused(x);
		if (x->failure)
			return x->failure;
		if (x->full)
			return AT_STATES;
		if (x->cursor >= x->layer_size) {
			if (overflowed(x))
				return OVERFLOWED;
			if (satisfied(x))
				return SATISFIED;
			status = next_layer(x);
			x->complete = status == FINISHED;
			if (status != WORKING)
				return status;
		}
		if (now() > x->until)
			return WORKING;
	}
}
