/*
 * Buckets: whole cache lines with entries from their start on, in the order in which they came.  An entry is a label, a byte
 * that is zero where there is no entry and else tells the depth of the state, and what is stored of the state.
 * Whoever takes a place labels it BUSY while he writes; entries never change after that, so that only they wait who come
 * upon one in these few nanoseconds.
 */

#ifndef DEEPEST
#define DEEPEST 253    /* states that lie deeper share a label */
#endif
#define BUSY 255

#define BUCKET (LINES * 64)

/* Places a bucket has for entries whose stored bits take `bytes` bytes. */
#define SLOTS(bytes) (BUCKET / ((bytes) + 1))

static inline uint64_t word_at(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline void load_entry(const uint8_t *p, unsigned bytes, uint64_t *e)
{
	for (unsigned i = 0; i < ENTRY_WORDS; i++)
		e[i] = 8 * i < bytes ? word_at(p + 8 * i) : 0;
	if (bytes % 8)
		e[bytes / 8] &= ((uint64_t)1 << 8 * (bytes % 8)) - 1;
}

/* Whether the last bytes are the same: they hold the code, in which neighbours differ. */
static inline bool __attribute__((always_inline)) alike_at_end(const uint8_t *p, unsigned bytes, const uint64_t *e)
{
	if (bytes < 8)
		return ((word_at(p) ^ e[0]) & (((uint64_t)1 << 8 * bytes) - 1)) == 0;
	return word_at(p + bytes - 8) == word_at((const uint8_t *)e + bytes - 8);
}

static inline bool __attribute__((always_inline)) equal(const uint8_t *p, unsigned bytes, const uint64_t *e)
{
	uint64_t differ = !alike_at_end(p, bytes, e);

	for (unsigned i = 0; i + 8 < bytes; i += 8)
		differ |= word_at(p + i) ^ e[i / 8];
	return !differ;
}

static inline uint8_t label_for(uint64_t depth)
{
	return (uint8_t)((depth < DEEPEST ? depth : DEEPEST) + 1);
}

static inline unsigned label_of(const uint8_t *entry)
{
	return atomic_load_explicit((const _Atomic uint8_t *)entry, memory_order_acquire);
}

static inline void __attribute__((always_inline)) write_bytes(uint8_t *p, unsigned bytes, const uint64_t *e)
{
	if (bytes < 8) {
		memcpy(p, e, bytes);
		return;
	}
	for (unsigned i = 0; i + 8 < bytes; i += 8)
		memcpy(p + i, (const uint8_t *)e + i, 8);
	memcpy(p + bytes - 8, (const uint8_t *)e + bytes - 8, 8);
}

/* Writes an entry where there was none; false if somebody else was there first. */
static inline bool __attribute__((always_inline))
claim(uint8_t *entry, uint8_t label, unsigned bytes, const uint64_t *e, bool alone)
{
	uint8_t none = 0;

	if (!alone && !atomic_compare_exchange_strong_explicit((_Atomic uint8_t *)entry, &none, BUSY, memory_order_acquire,
							       memory_order_relaxed))
		return false;
	write_bytes(entry + 1, bytes, e);
	atomic_store_explicit((_Atomic uint8_t *)entry, label, memory_order_release);
	return true;
}

/*
 * All entries of a bucket are compared at once, without a branch for each: there is no telling which one it will be.
 * Eight bytes of each are enough to tell nearly all apart: the last ones, or all where there are less, then with the label.
 */
#define FIRST_COMPARED(bytes) ((bytes) < 8 ? 0 : (bytes) - 7)

#if defined(__AVX512VBMI__) && !defined(__clang__) && LINES <= 2

typedef uint8_t bytes64 __attribute__((vector_size(64), may_alias));
typedef char chars64 __attribute__((vector_size(64), may_alias));
typedef long long words8 __attribute__((vector_size(64)));

#define BYTE(bytes, place, i) (((place) * ((bytes) + 1) + FIRST_COMPARED(bytes) + (i)) & (BUCKET - 1))
#define WORD(b, p) BYTE(b, p, 0), BYTE(b, p, 1), BYTE(b, p, 2), BYTE(b, p, 3), BYTE(b, p, 4), BYTE(b, p, 5), BYTE(b, p, 6), BYTE(b, p, 7)
#define EIGHT(b, p) { WORD(b, p), WORD(b, p + 1), WORD(b, p + 2), WORD(b, p + 3), WORD(b, p + 4), WORD(b, p + 5), WORD(b, p + 6), WORD(b, p + 7) }

/* Where the bytes to be compared lie, eight entries at a time. */
#define COMPARED(bytes) \
	static const bytes64 compared_##bytes[] = { EIGHT(bytes, 0), EIGHT(bytes, 8), EIGHT(bytes, 16), \
						   EIGHT(bytes, 24), EIGHT(bytes, 32), EIGHT(bytes, 40) };
FOR_EACH_SIZE(COMPARED)

/* The places, a bit each, with an entry that may be the one sought. */
static inline uint64_t __attribute__((always_inline))
alike_in(const uint8_t *bucket, const uint64_t *e, unsigned bytes, const bytes64 *compared)
{
	const bytes64 *line = (const bytes64 *)(const void *)bucket;
	const uint64_t mask = bytes < 8 ? (((uint64_t)1 << 8 * bytes) - 1) << 8 : ~(uint64_t)0;
	const uint64_t sought = bytes < 8 ? e[0] << 8 & mask : word_at((const uint8_t *)e + bytes - 8);
	uint64_t alike = 0;

#pragma GCC unroll 6
	for (unsigned i = 0; i < SLOTS(bytes); i += 8) {
		const bytes64 taken = LINES == 1 ? __builtin_shuffle(*line, compared[i / 8])
						 : __builtin_shuffle(line[0], line[LINES - 1], compared[i / 8]);
		const words8 words = (words8)taken & (long long)mask;
		const uint64_t same = __builtin_ia32_cmpq512_mask(words, (words8){ 0 } + (long long)sought, 0, 0xff);

		alike |= same << i;
	}
	return alike & (((uint64_t)1 << SLOTS(bytes)) - 1);
}

/* The first place without an entry. */
static inline unsigned __attribute__((always_inline)) free_in(const uint8_t *bucket, unsigned bytes)
{
	const chars64 *line = (const chars64 *)(const void *)bucket;
	unsigned __int128 labels = 0, none;

	for (unsigned i = 0; i < SLOTS(bytes); i++)
		labels |= (unsigned __int128)1 << i * (bytes + 1);
	none = __builtin_ia32_cmpb512_mask(line[0], (chars64){ 0 }, 0, (uint64_t)labels);
	if (none)
		return (unsigned)__builtin_ctzll((uint64_t)none) / (bytes + 1);
	none = LINES == 1 ? 0 : __builtin_ia32_cmpb512_mask(line[LINES - 1], (chars64){ 0 }, 0, (uint64_t)(labels >> 64));
	return none ? (64 + (unsigned)__builtin_ctzll((uint64_t)none)) / (bytes + 1) : SLOTS(bytes);
}

#define COMPARED_IN(bytes) compared_##bytes
#else
typedef void bytes64;

static inline uint64_t __attribute__((always_inline))
alike_in(const uint8_t *bucket, const uint64_t *e, unsigned bytes, const bytes64 *compared)
{
	uint64_t alike = 0;

	(void)compared;
#pragma GCC unroll 32
	for (unsigned i = 0; i < SLOTS(bytes); i++)
		alike |= (uint64_t)alike_at_end(bucket + i * (bytes + 1) + 1, bytes, e) << i;
	return alike;
}

static inline unsigned __attribute__((always_inline)) free_in(const uint8_t *bucket, unsigned bytes)
{
	unsigned place = 0;

	while (place < SLOTS(bytes) && label_of(bucket + place * (bytes + 1)))
		place++;
	return place;
}

#define COMPARED_IN(bytes) NULL
#endif

enum outcome { KNOWN, ENTERED, FULL, REFUSED };

/*
 * Looks for an entry in one bucket: KNOWN and where it is; ENTERED if it was not there and `enter` allows it; REFUSED if
 * not; FULL if it is not there and there is no place.  `bytes` is a constant where this is called from, and so all below is.
 */
static inline enum outcome __attribute__((always_inline))
look_in(uint8_t *bucket, const uint64_t *e, uint8_t label, unsigned bytes, const bytes64 *compared, bool alone, bool enter,
	uint8_t **found)
{
	const unsigned size = bytes + 1;

	for (uint64_t alike = alike_in(bucket, e, bytes, compared); alike; alike &= alike - 1) {
		*found = bucket + (unsigned)__builtin_ctzll(alike) * size;
		if (label_of(*found) && label_of(*found) != BUSY && equal(*found + 1, bytes, e))
			return KNOWN;
	}
	if (alone) {
		const unsigned place = free_in(bucket, bytes);

		*found = bucket + place * size;
		if (place == SLOTS(bytes))
			return FULL;
		return enter && claim(*found, label, bytes, e, alone) ? ENTERED : REFUSED;
	}
	/* Entries may have come, or may be about to come, since they were looked at. */
	for (uint8_t *entry = bucket; entry < bucket + SLOTS(bytes) * size; entry += size) {
		unsigned there = label_of(entry);

		*found = entry;
		if (!there) {
			if (!enter)
				return REFUSED;
			if (claim(entry, label, bytes, e, alone))
				return ENTERED;
		}
		while (there == BUSY || !there)
			there = label_of(entry);
		if (equal(entry + 1, bytes, e))
			return KNOWN;
	}
	return FULL;
}
