/*
 * Growth in place.  Homes at the new size are in the order of homes at the old one and higher up, so that the upper
 * part of the old buckets moves to where nothing is any more; then the part below it, to where the first has been.
 * Several threads share a part.
 */

#ifndef PARCEL
#define PARCEL 1024     /* buckets that a thread moves at a time */
#endif
#ifndef LITTLE
#define LITTLE ((size_t)64 << 20)
#endif

struct growth {
	struct table old, *new;
	uint64_t to;       /* the buckets below this one are moving */
	_Atomic uint64_t next; /* the first that nobody has taken */
	bool alone;
	_Atomic bool failed;
};

/* Gives an entry without a displacement that is nowhere else the first place there is; false where its block is full. */
static bool enter_new(const struct table *t, uint64_t *e, uint64_t home, uint8_t label, bool alone)
{
	const unsigned size = t->bytes + 1;

	for (unsigned displacement = 0; displacement < REACH; displacement++, e[0]++) {
		uint8_t *bucket = bucket_at(t, home ^ displacement);

		for (uint8_t *entry = bucket; entry < bucket + SLOTS(t->bytes) * size; entry += size)
			if (!label_of(entry) && claim(entry, label, t->bytes, e, alone))
				return true;
	}
	e[0] -= REACH;
	return false;
}

/* Moves what was in the old bucket `number`, of which `bucket` is a copy. */
static void move_bucket(struct growth *g, const uint8_t *bucket, uint64_t number)
{
	struct table *t = g->new;
	const unsigned size = g->old.bytes + 1;

	for (const uint8_t *from = bucket; from < bucket + SLOTS(g->old.bytes) * size && *from; from += size) {
		uint64_t e[ENTRY_WORDS], key;

		load_entry(from + 1, g->old.bytes, e);
		key = key_from(&g->old, e, number);
		e[0] &= ~(uint64_t)(REACH - 1);
		drop_code(e);
		put_code(e, code_of(t, key));
		if (!enter_new(t, e, home_of(t, key), *from, g->alone)) {
			state s;

			decode(key, e, &s);
			if (spill(t, &s, key, *from - 1) == REFUSED)
				g->failed = true;
		}
	}
}

/* What each thread does for the part that is moving. */
static void move_part(struct growth *g)
{
	uint8_t copy[BUCKET + 64];
	uint64_t first;

	while ((first = atomic_fetch_add(&g->next, PARCEL)) < g->to) {
		const uint64_t last = first + PARCEL < g->to ? first + PARCEL : g->to;

		for (uint64_t number = first; number < last; number++) {
			uint8_t *bucket = bucket_at(&g->old, number);

			memcpy(copy, bucket, BUCKET);
			memset(bucket, 0, BUCKET);
			move_bucket(g, copy, number);
		}
	}
}

/* The lowest block from which on, up to the block `to`, everything moves to `to` or beyond; `to` where there is none. */
static uint64_t part_below(uint64_t to, uint64_t old_buckets, uint64_t new_buckets)
{
	const double ratio = (double)old_buckets / (double)new_buckets;
	const uint64_t from = ((uint64_t)((double)to * ratio) / REACH + 2) * REACH;

	return from < to ? from : to;
}

/* What is left at the lower end, below `to`, where old and new homes lie too close: out, into `copy`, and in again. */
static void move_lowest(struct growth *g, uint64_t to, uint8_t *copy)
{
	memcpy(copy, g->old.buckets, to * BUCKET);
	memset(g->old.buckets, 0, to * BUCKET);
	for (uint64_t number = 0; number < to; number++)
		move_bucket(g, copy + number * BUCKET, number);
}

static void *move_part_in_thread(void *g)
{
	move_part(g);
	return NULL;
}

/* `by` more times 2^k. */
static void enlarge(unsigned *f, unsigned *k, unsigned by)
{
	*f += by;
	if (*f >= 8) {
		*f /= 2;
		++*k;
	}
}

/* The next size up: twice where that is little memory, then in smaller steps. */
static void next_size(unsigned *f, unsigned *k)
{
	enlarge(f, k, table_bytes(*f, *k) < LITTLE ? *f : 1);
}

/*
 * Gives the table f * 2^k buckets, more than it has.  False without the memory for it: then the table is as it was, unless
 * there was none for what spills, so that it has `lost` states.
 */
static bool table_grow(struct table *t, unsigned f, unsigned k, unsigned threads)
{
	struct growth g = { .new = t };
	struct spilled *spilled = t->spilled;
	const size_t spills = t->spills;
	const uint64_t old_buckets = buckets_of(t), new_buckets = (uint64_t)f << k;
	uint64_t end = old_buckets, lowest = old_buckets;
	uint8_t *copy;

	if (table_bytes(f, k) > extent(&t->range))
		return false;
	for (uint64_t start; (start = part_below(lowest, old_buckets, new_buckets)) < lowest; lowest = start)
		;
	copy = malloc(lowest * BUCKET + 64);
	if (!copy)
		return false;
	t->spilled = NULL;
	t->spills = t->spill_room = 0;
	free(t->spill_index);
	t->spill_index = NULL;
	g.old = *t;
	t->f = f;
	t->k = k;
	t->bytes = stored_bytes(k);
	for (uint64_t start; end > lowest; end = start) {
		unsigned hands;

		start = part_below(end, old_buckets, new_buckets);
		hands = end - start < 8 * PARCEL ? 1 : threads;
		g.next = start;
		g.to = end;
		g.alone = hands == 1;
		together(hands, move_part_in_thread, &g, 0);
	}
	g.alone = true;
	move_lowest(&g, lowest, copy);
	free(copy);
	for (size_t i = 0; i < spills; i++) {
		const state *s = &spilled[i].s;
		const uint64_t key = key_of(s);
		uint8_t *entry;

		if (find(t, s, key, spilled[i].depth, true, &entry) == FULL &&
		    spill(t, s, key, spilled[i].depth) == REFUSED)
			g.failed = true;
	}
	free(spilled);
	t->lost = g.failed;
	return !t->lost;
}
