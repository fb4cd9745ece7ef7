/* From successors to entries of the table: batches, and the leave that a limit of states gives. */

/* Leave for some more states, as long as there are any within the limit. */
static bool __attribute__((noinline)) more_quota(struct worker *x)
{
	uint64_t left = x->search->left, some;

	do {
		if (!left)
			return false;
		some = left / (8 * x->search->threads) + 1;
	} while (!atomic_compare_exchange_weak(&x->search->left, &left, left - some));
	x->quota = some;
	return true;
}

/* For a state that is not in the table: whether it is new, and entered now. */
static bool __attribute__((noinline, cold))
is_not_there(struct worker *x, const state *s, uint64_t key, enum outcome outcome)
{
	struct search *search = x->search;

	if (outcome == FULL && x->quota) {
		outcome = spill(&search->table, s, key, search->depth + 1);
		if (outcome == REFUSED)
			search->failure = NO_MEMORY;
	} else if (spill_number(&search->table, s, key) != NONE) {
		outcome = KNOWN;
	} else {
		search->full = true;
		if (queue_room(&x->refused, 1))
			copy(&x->refused.s[x->refused.n++], s);
		else
			search->failure = NO_MEMORY;
	}
	if (outcome != KNOWN)
		search->pause = true;
	return outcome == ENTERED;
}

/* Always inlined: a compiler may take a function that only prefetches to do nothing. */
static inline void __attribute__((always_inline)) prefetch(const uint8_t *bucket)
{
#pragma GCC unroll 4
	for (int line = 0; line < LINES; line++)
		__builtin_prefetch(bucket + 64 * line);
}

struct item {
	uint64_t key, home;
	uint64_t e[ENTRY_WORDS];
	unsigned number; /* in the batch */
};

/* Makes items of the states of the batch that were not handed on lately, and sends for their buckets.  How many there are. */
static unsigned sift(struct worker *x, struct item *items)
{
	const struct batch *b = &x->batch;
	unsigned n = 0;

	for (unsigned i = 0; i < b->n; i++) {
		const uint64_t key = key_of(&b->s[i]);
		state *recent = &x->recent[key >> (KEY_BITS - RECENT_BITS)];
		const bool known = same(&b->s[i], recent);

		/* Without a branch: there is no telling which way it would go. */
		copy(recent, &b->s[i]);
		items[n].number = i;
		items[n].key = key;
		n += !known;
	}
	for (unsigned i = 0; i < n; i++) {
		struct item *item = &items[i];

		item->home = home_of(x->table, item->key);
		prefetch(bucket_at(x->table, item->home));
		encode(x->table, &b->s[item->number], item->key, item->e);
	}
	return n;
}

/* Enters what is new among the successors of the batch: all look into their homes, then those that found it full one bucket
 * further, which by then has come from memory, and so on. */
static inline void __attribute__((always_inline)) enter_all(struct worker *x, bool alone)
{
	const struct table *t = x->table;
	const state *at = x->at;
	const uint64_t here = x->depth, depth = x->search->depth + 1;
	const uint8_t label = label_for(depth);
	struct item items[BATCH + 1];
	unsigned n = sift(x, items);

	x->depth = depth;
	for (unsigned displacement = 0; n; displacement++) {
		unsigned left = 0;

		for (unsigned i = 0; i < n; i++) {
			struct item *item = &items[i];
			const state *s = &x->batch.s[item->number];
			const bool may_enter = x->quota || more_quota(x);
			uint8_t *entry;
			const enum outcome outcome =
				look(t, item->e, item->home, displacement, label, alone, may_enter, &entry);

			if (outcome == KNOWN)
				continue;
			if (outcome == FULL && displacement + 1 < REACH) {
				prefetch(bucket_at(t, item->home ^ (displacement + 1)));
				items[left++] = *item;
			} else if (outcome == ENTERED || is_not_there(x, s, item->key, outcome)) {
				x->quota--;
				x->fresh++;
				copy(&x->next.s[x->next.n++], s);
				x->at = s;
				look_at(x, s);
			}
		}
		n = left;
	}
	x->at = at;
	x->depth = here;
}

static void enter_alone(struct worker *x)
{
	enter_all(x, true);
}

static void enter_shared(struct worker *x)
{
	enter_all(x, false);
}

/* State number `index` of the layer. */
static const state *in_layer(const struct search *search, uint64_t index)
{
	const struct worker *w = search->workers;

	while (index >= w->now.n)
		index -= w++->now.n;
	return &w->now.s[index];
}

/* Hands on again, with what leave any thread has left, the states that one had none for. */
static void enter_refused(struct search *x)
{
	struct worker *w = x->workers;

	x->full = false;
	w->flush = enter_alone;
	for (int k = 0; k < 1 << RECENT_BITS; k++)
		w->recent[k] = *in_layer(x, 0);
	for (unsigned i = 0; i < x->threads; i++) {
		x->left += x->workers[i].quota;
		x->workers[i].quota = 0;
	}
	for (unsigned i = 0; i < x->threads; i++) {
		struct queue *q = &x->workers[i].refused;

		for (uint64_t k = 0, n = q->n; k < n; k++) {
			if (!queue_room(&w->next, BATCH)) {
				x->failure = NO_MEMORY;
				return;
			}
			copy(&w->batch.s[w->batch.n], &q->s[k]);
			if (++w->batch.n == BATCH)
				flush(w);
		}
	}
	flush(w);
	for (unsigned i = 0; i < x->threads; i++)
		x->workers[i].refused.n = 0;
	x->count += w->fresh;
	w->fresh = 0;
}
