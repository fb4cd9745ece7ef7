/*
 * The visited states, each stored whole and once, in a table that is its own only copy of them.
 *
 * KEY_BITS bits of a state are mixed with the rest of it into a key by a bijection.  There are f * 2^k home buckets, f from
 * 4 to 7.  The home of a state is the upper part of f * key; what remains of the product, its last two bits left out
 * since products lie at least 4 apart, is stored as the code (Cleary, "Compact hash tables using bidirectional linear
 * probing", 1984, for the idea of storing quotients).  With the rest of the state beside it the state can be told from
 * the entry, so that equality is decided exactly and a state takes up to k fewer bits than it has.  Homes keep
 * the order of keys at every size: the table grows in place, from its upper end downwards.
 *
 * What is stored, up to 64 bits to a word: which of the REACH buckets around its home it lies in, then the rest, then the
 * code.  A state is looked for in its home and, as long as they are full, in the other buckets of its block.  What finds its
 * block full is spilled: few are, and they are kept aside until the table grows.
 */

#define REACH (1u << DISPLACEMENT_BITS)
struct spilled {
	state s;
	uint64_t depth;
};

struct table {
	struct range range;
	uint8_t *buckets;
	unsigned f, k;         /* there are f * 2^k buckets */
	unsigned bytes;        /* of the stored bits of an entry */
	pthread_mutex_t lock;  /* for what follows */
	struct spilled *spilled;
	_Atomic size_t spills;
	uint32_t *spill_index; /* by hash, their numbers plus one: twice as many places as there is room for states */
	size_t spill_room;     /* a power of two */
	bool lost;             /* there was no memory for some state while it grew: it must not be read any more */
};

static inline uint64_t mix(uint64_t x)
{
	x ^= x >> KEY_HALF;
	x = x * 0x9e3779b97f4a7c15u & KEY_MASK;
	x ^= x >> KEY_HALF;
	return x * 0xd6e8feb86659fd93u & KEY_MASK;
}

static inline uint64_t unmix(uint64_t x)
{
	x = x * 0xcfee444d8b59a89bu & KEY_MASK;
	x ^= x >> KEY_HALF;
	x = x * 0xf1de83e19937733du & KEY_MASK;
	return x ^ x >> KEY_HALF;
}

/* A hash of all of a state but the bits that become its key. */
static inline uint64_t rest_hash(const state *s)
{
	static const uint64_t odd[] = { 0xff51afd7ed558ccdu, 0xc4ceb9fe1a85ec53u, 0x9fb21c651e98df25u, 0xa0761d6478bd642fu };
	uint64_t h = 0;

#pragma GCC unroll 8
	for (int k = 0; k < WORDS; k++) {
		const uint64_t w = k == KEY_WORD ? s->w[k] & ~KEY_MASK : s->w[k];

		if (k && k % 4 == 0)
			h = (h ^ h >> 32) * odd[0];
		h += w * odd[k % 4];
	}
	return h ^ h >> 32;
}

static inline uint64_t key_of(const state *s)
{
	return mix((s->w[KEY_WORD] ^ rest_hash(s)) & KEY_MASK);
}

static inline uint64_t home_of(const struct table *t, uint64_t key)
{
	return key * t->f >> (KEY_BITS - t->k);
}

static inline uint8_t *bucket_at(const struct table *t, uint64_t number)
{
	return t->buckets + number * BUCKET;
}

static inline uint64_t buckets_of(const struct table *t)
{
	return (uint64_t)t->f << t->k;
}

/* Entries are read in whole words, the last one beyond the end. */
static inline size_t table_bytes(unsigned f, unsigned k)
{
	return (((size_t)f << k) + 1) * BUCKET;
}

/* Bytes that the stored bits of an entry take. */
static inline unsigned stored_bytes(unsigned k)
{
	return (DISPLACEMENT_BITS + REST_BITS + KEY_BITS - k - 2 + 7) / 8;
}

static inline uint64_t code_of(const struct table *t, uint64_t key)
{
	return (key * t->f & (((uint64_t)1 << (KEY_BITS - t->k)) - 1)) >> 2;
}

/* What is stored of a state, but for its displacement. */
static inline void encode(const struct table *t, const state *s, uint64_t key, uint64_t *e)
{
	gather_rest(s, e);
	put_code(e, code_of(t, key));
}

/* The key of the state of which `e` is stored in bucket `number`. */
static inline uint64_t key_from(const struct table *t, const uint64_t *e, uint64_t number)
{
	const uint64_t home = number ^ (e[0] & (REACH - 1));
	const uint64_t product = home << (KEY_BITS - t->k) | get_code(e) << 2;

	switch (t->f) { /* quicker than a division by what is not a constant */
	case 4:
		return product / 4;
	case 5:
		return (product + 4) / 5;
	case 6:
		return (product + 5) / 6;
	default:
		return (product + 6) / 7;
	}
}

/* The state with this key and the rest that `e` has. */
static inline void decode(uint64_t key, const uint64_t *e, state *s)
{
	scatter_rest(e, s);
	s->w[KEY_WORD] |= (unmix(key) ^ rest_hash(s)) & KEY_MASK;
}

/* Where a spilled state is in the index, or would be. */
static uint32_t *spill_place(const struct table *t, const state *s, uint64_t key)
{
	const size_t last = 2 * t->spill_room - 1;
	size_t at = key & last;

	while (t->spill_index[at] && !same(&t->spilled[t->spill_index[at] - 1].s, s))
		at = (at + 1) & last;
	return &t->spill_index[at];
}

/* The number of a spilled state, or NONE. */
static uint64_t spill_number(struct table *t, const state *s, uint64_t key)
{
	uint64_t number = NONE;

	pthread_mutex_lock(&t->lock);
	if (t->spills && *spill_place(t, s, key))
		number = *spill_place(t, s, key) - 1;
	pthread_mutex_unlock(&t->lock);
	return number;
}

static bool more_spill_room(struct table *t)
{
	const size_t room = t->spill_room ? 2 * t->spill_room : 64;
	struct spilled *spilled = realloc(t->spilled, room * sizeof(*spilled));
	uint32_t *index;

	if (!spilled)
		return false;
	t->spilled = spilled;
	index = calloc(2 * room, sizeof(*index));
	if (!index)
		return false;
	free(t->spill_index);
	t->spill_index = index;
	t->spill_room = room;
	for (size_t i = 0; i < t->spills; i++)
		*spill_place(t, &spilled[i].s, key_of(&spilled[i].s)) = (uint32_t)i + 1;
	return true;
}

/* Adds a state to those spilled unless it is among them; REFUSED where there is no memory. */
static enum outcome __attribute__((noinline, cold)) spill(struct table *t, const state *s, uint64_t key, uint64_t depth)
{
	enum outcome outcome = KNOWN;

	pthread_mutex_lock(&t->lock);
	if (t->spills == t->spill_room && !more_spill_room(t)) {
		outcome = REFUSED;
	} else if (!*spill_place(t, s, key)) {
		t->spilled[t->spills] = (struct spilled){ *s, depth };
		*spill_place(t, s, key) = (uint32_t)++t->spills;
		outcome = ENTERED;
	}
	pthread_mutex_unlock(&t->lock);
	return outcome;
}

/* As look_in, compiled for each size that entries may have; `e` has no displacement. */
static inline enum outcome __attribute__((always_inline))
look(const struct table *t, uint64_t *e, uint64_t home, unsigned displacement, uint8_t label, bool alone, bool enter,
     uint8_t **found)
{
	uint8_t *bucket = bucket_at(t, home ^ displacement);
	enum outcome outcome;

	e[0] += displacement;
#define LOOK_IN(bytes) \
	case bytes: \
		outcome = look_in(bucket, e, label, bytes, COMPARED_IN(bytes), alone, enter, found); \
		break;
	switch (t->bytes) {
		FOR_EACH_SIZE(LOOK_IN)
	default:
		__builtin_unreachable();
	}
#undef LOOK_IN
	e[0] -= displacement;
	return outcome;
}

/* The same for a whole block. */
static enum outcome find(const struct table *t, const state *s, uint64_t key, uint64_t depth, bool enter, uint8_t **found)
{
	enum outcome outcome = FULL;
	uint64_t e[ENTRY_WORDS];

	encode(t, s, key, e);
	for (unsigned displacement = 0; outcome == FULL && displacement < REACH; displacement++)
		outcome = look(t, e, home_of(t, key), displacement, label_for(depth), true, enter, found);
	return outcome;
}

static bool table_new(struct table *t)
{
	t->f = 4;
	t->k = FIRST_EXPONENT;
	t->bytes = stored_bytes(t->k);
	t->range = reserve(table_bytes(t->f, t->k));
	if (!t->range.start || pthread_mutex_init(&t->lock, NULL))
		return false;
	t->buckets = begin(&t->range);
	return true;
}

static void table_free(struct table *t)
{
	release(&t->range);
	free(t->spilled);
	free(t->spill_index);
}
