/*
 * no_deadlock: from every reachable state, each process inside a call can still come to move.  Per state and process
 * instance a bit says that the instance is at rest, can move, or has been seen to do so in a successor; sweeps over all
 * states, deepest first, pass the bits backwards until nothing changes.  A state that the search did not come to
 * expand counts as one from which all can move.
 */

struct sorting {
	struct search *search;
	uint64_t before[DEEPEST + 2]; /* states that are less deep */
};

static void count_depth(void *to, const state *s, unsigned depth, uint64_t place)
{
	(void)s;
	(void)place;
	((struct sorting *)to)->before[depth + 1]++;
}

static void put_in_order(void *to, const state *s, unsigned depth, uint64_t place)
{
	struct sorting *sorting = to;

	(void)s;
	sorting->search->order[sorting->before[depth]++] = place;
}

/* The state in a place, and its depth. */
static void state_in(const struct table *t, uint64_t place, state *s, uint64_t *depth)
{
	const uint64_t number = place / SLOTS(t->bytes);
	uint64_t e[ENTRY_WORDS];

	if (number >= buckets_of(t)) {
		const struct spilled *spilled = &t->spilled[place - buckets_of(t) * SLOTS(t->bytes)];

		*s = spilled->s;
		*depth = spilled->depth < DEEPEST ? spilled->depth : DEEPEST;
	} else {
		const uint8_t *entry = bucket_at(t, number) + place % SLOTS(t->bytes) * (t->bytes + 1);

		load_entry(entry + 1, t->bytes, e);
		decode(key_from(t, e, number), e, s);
		*depth = *entry - 1u;
	}
}

/* The place of a state that the search has entered. */
static uint64_t place_of(struct table *t, const state *s, uint64_t key)
{
	uint8_t *entry;

	if (find(t, s, key, 0, false, &entry) == KNOWN) {
		const uint64_t offset = (uint64_t)(entry - t->buckets);

		return offset / BUCKET * SLOTS(t->bytes) + offset % BUCKET / (t->bytes + 1);
	}
	return buckets_of(t) * SLOTS(t->bytes) + spill_number(t, s, key);
}

static void pass_back(struct worker *x)
{
	for (unsigned i = 0; i < x->batch.n; i++)
		x->can_move |= x->search->can_move[place_of(&x->search->table, &x->batch.s[i], key_of(&x->batch.s[i]))];
}

/* Gets the states in the order of the sweeps. */
int search_sweep_start(struct search *x)
{
	struct sorting *sorting = x->table.lost ? NULL : calloc(1, sizeof(*sorting));

	x->can_move = calloc(places(&x->table), sizeof(*x->can_move));
	x->order = malloc((x->count + 1) * sizeof(*x->order));
	if (!sorting || !x->can_move || !x->order) {
		free(sorting);
		return NO_MEMORY;
	}
	sorting->search = x;
	each_in_table(&x->table, -1, sorting, count_depth);
	for (unsigned depth = 0; depth <= DEEPEST; depth++)
		sorting->before[depth + 1] += sorting->before[depth];
	each_in_table(&x->table, -1, sorting, put_in_order);
	free(sorting);
	x->workers->flush = pass_back;
	x->workers->exploring = false;
	return WORKING;
}

/* One step of a sweep: what is known of the state in this place. */
static void look_ahead(struct search *x, uint64_t place)
{
	struct worker *w = x->workers;
	const uint64_t known = x->can_move[place];
	uint64_t depth;
	state s;

	if (known == ALL_INSTANCES)
		return;
	state_in(&x->table, place, &s, &depth);
	w->can_move = known;
	if (!x->complete && depth >= (x->depth < DEEPEST ? x->depth : DEEPEST)) {
		w->can_move = ALL_INSTANCES;
	} else {
		begin_state(w, &s, depth);
		w->moved = 0;
		successors_and_movers(w, &w->source);
		flush(w);
		w->can_move |= w->ended ? ALL_INSTANCES : w->moved | resting(&s);
	}
	x->sweep_changed |= w->can_move != known;
	x->can_move[place] = w->can_move;
}

int search_sweep(struct search *x, double seconds)
{
	const double end = now() + seconds;

	for (unsigned round = 1;; round++) {
		if (!x->sweep_at) {
			if (x->sweep_started && !x->sweep_changed)
				return FINISHED;
			x->sweep_started = true;
			x->sweep_changed = false;
			x->sweep_at = x->count;
			if (!x->count)
				return FINISHED;
		}
		look_ahead(x, x->order[--x->sweep_at]);
		if (round % 1024 == 0 && now() > end)
			return WORKING;
	}
}

struct stuck {
	const struct search *search;
	state s;
	uint64_t depth, mask;
};

static void look_for_stuck(void *to, const state *s, unsigned depth, uint64_t place)
{
	struct stuck *first = to;
	const uint64_t can = first->search->can_move[place];

	if (can != ALL_INSTANCES && depth < DEEPEST &&
	    (!first->mask || depth < first->depth || (depth == first->depth && before(s, &first->s)))) {
		first->mask = ALL_INSTANCES & ~can;
		first->depth = depth;
		first->s = *s;
	}
}

/* After the sweeps: the instances that can never move again in the first state where there are any, or 0; its words and depth. */
uint64_t search_first_stuck(struct search *x, uint64_t *words, uint64_t *depth)
{
	struct stuck first = { .search = x };

	each_in_table(&x->table, -1, &first, look_for_stuck);
	for (uint64_t d = DEEPEST; !first.mask && d <= x->depth; d++) {
		const struct layer *layer = &x->deep[d - DEEPEST];

		for (uint64_t i = 0; i < layer->n; i++) {
			const uint64_t can = x->can_move[place_of(&x->table, &layer->s[i], key_of(&layer->s[i]))];

			if (can != ALL_INSTANCES && (!first.mask || before(&layer->s[i], &first.s))) {
				first.mask = ALL_INSTANCES & ~can;
				first.depth = d;
				first.s = layer->s[i];
			}
		}
	}
	memcpy(words, &first.s, sizeof(first.s));
	*depth = first.depth;
	return first.mask;
}
