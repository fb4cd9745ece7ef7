/* Going through the states that the table holds. */

/* Calls `visit` for each state in bucket `number` with this depth, or any if it is negative, and its place in the table. */
static inline void __attribute__((always_inline))
each_in_bucket(const struct table *t, uint64_t number, int depth, void *to,
	       void (*visit)(void *to, const state *s, unsigned depth, uint64_t place))
{
	const uint8_t *entry = bucket_at(t, number);

	for (unsigned i = 0; i < SLOTS(t->bytes) && *entry; i++, entry += t->bytes + 1) {
		uint64_t e[ENTRY_WORDS];
		state s;

		if (depth >= 0 && *entry - 1 != depth)
			continue;
		load_entry(entry + 1, t->bytes, e);
		decode(key_from(t, e, number), e, &s);
		visit(to, &s, *entry - 1u, number * SLOTS(t->bytes) + i);
	}
}

static inline void __attribute__((always_inline))
each_spilled(const struct table *t, int depth, void *to,
	     void (*visit)(void *to, const state *s, unsigned depth, uint64_t place))
{
	for (size_t i = 0; i < t->spills; i++) {
		const uint64_t at = t->spilled[i].depth;
		const unsigned label = at < DEEPEST ? (unsigned)at : DEEPEST;

		if (depth < 0 || (unsigned)depth == label)
			visit(to, &t->spilled[i].s, label, buckets_of(t) * SLOTS(t->bytes) + i);
	}
}

/* The same for all buckets, and for what has spilled. */
static inline void __attribute__((always_inline))
each_in_table(const struct table *t, int depth, void *to,
	      void (*visit)(void *to, const state *s, unsigned depth, uint64_t place))
{
	for (uint64_t number = 0; number < buckets_of(t); number++)
		each_in_bucket(t, number, depth, to, visit);
	each_spilled(t, depth, to, visit);
}

/* How many places there are. */
static uint64_t places(const struct table *t)
{
	return buckets_of(t) * SLOTS(t->bytes) + t->spills;
}
