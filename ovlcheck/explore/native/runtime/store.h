/*
 * The visited states: each stored whole, in the order in which breadth-first search met them, and found again through
 * an open-addressing table of their indices.  The array of states is the queue as well.
 *
 * A slot holds the index plus one in its low 40 bits and 24 bits of the hash above them, so that a state is compared
 * only where it almost certainly is the one sought.  The tag is a filter: equality is always decided on the states.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define INDEX_BITS 40
#define INDEX_MASK (((uint64_t)1 << INDEX_BITS) - 1)
#define TAG_MASK (~INDEX_MASK)
#define NONE UINT64_MAX
#ifndef TABLE_BITS
#define TABLE_BITS 14 /* of the first table */
#endif

typedef struct {
	uint64_t w[WORDS];
} state;

struct store {
	state *states;
	uint32_t *parent;      /* low 32 bits of the index of the state that each was first reached from */
	uint8_t *parent_high;  /* the next 8 bits, touched only beyond 2^32 states */
	uint64_t count, room;  /* states held, states that the arrays have space for */
	uint64_t *slots;
	unsigned bits;         /* log2 of the number of slots */
};

static inline uint64_t hash_of(const state *s)
{
	uint64_t h = 0x9e3779b97f4a7c15u;

	for (int k = 0; k < WORDS; k++) {
		h = (h ^ s->w[k]) * 0xd6e8feb86659fd93u;
		h ^= h >> 32;
	}
	h *= 0xff51afd7ed558ccdu;
	return h ^ h >> 29;
}

static inline bool same(const state *a, const state *b)
{
	uint64_t differ = 0;

	for (int k = 0; k < WORDS; k++)
		differ |= a->w[k] ^ b->w[k];
	return !differ;
}

static inline uint64_t home_slot(const struct store *t, uint64_t hash)
{
	return hash >> (64 - t->bits);
}

static inline uint64_t tag_of(uint64_t hash)
{
	return hash << INDEX_BITS;
}

static inline uint64_t parent_of(const struct store *t, uint64_t index)
{
	uint64_t high = t->count > UINT32_MAX ? t->parent_high[index] : 0;

	return high << 32 | t->parent[index];
}

/* Zeroed pages, huge ones where the system has them; NULL when it has none to give. */
static void *pages(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
#ifdef MADV_HUGEPAGE
	if (bytes >= (size_t)4 << 20)
		madvise(p, bytes, MADV_HUGEPAGE);
#endif
	return p;
}

/* Room for `to` bytes with the first `from` of `*p` kept; on failure `*p` is unchanged. */
static bool stretch(void **p, size_t from, size_t to)
{
#ifdef MREMAP_MAYMOVE
	void *q = *p ? mremap(*p, from, to, MREMAP_MAYMOVE) : pages(to);

	if (!q || q == MAP_FAILED)
		return false;
#ifdef MADV_HUGEPAGE
	if (to >= (size_t)4 << 20)
		madvise(q, to, MADV_HUGEPAGE);
#endif
#else
	void *q = pages(to);

	if (!q)
		return false;
	if (*p) {
		memcpy(q, *p, from);
		munmap(*p, from);
	}
#endif
	*p = q;
	return true;
}

static bool store_room(struct store *t, uint64_t room)
{
	if (!stretch((void **)&t->states, t->room * sizeof(state), room * sizeof(state)))
		return false;
	if (!stretch((void **)&t->parent, t->room * sizeof(uint32_t), room * sizeof(uint32_t)))
		return false;
	if (!stretch((void **)&t->parent_high, t->room, room))
		return false;
	t->room = room;
	return true;
}

static void place(struct store *t, uint64_t hash, uint64_t index)
{
	const uint64_t last = ((uint64_t)1 << t->bits) - 1;
	uint64_t at = home_slot(t, hash);

	while (t->slots[at])
		at = (at + 1) & last;
	t->slots[at] = tag_of(hash) | (index + 1);
}

/* A table of 2^bits slots in place of the present one, every state entered anew. */
static bool store_rehash(struct store *t, unsigned bits)
{
	enum { AHEAD = 16 };
	uint64_t *slots = pages(sizeof(uint64_t) << bits);
	uint64_t hashes[AHEAD];

	if (!slots)
		return false;
	if (t->slots)
		munmap(t->slots, sizeof(uint64_t) << t->bits);
	t->slots = slots;
	t->bits = bits;
	for (uint64_t first = 0; first < t->count; first += AHEAD) {
		const uint64_t n = t->count - first < AHEAD ? t->count - first : AHEAD;

		for (uint64_t i = 0; i < n; i++) {
			hashes[i] = hash_of(&t->states[first + i]);
			__builtin_prefetch(&slots[home_slot(t, hashes[i])], 1);
		}
		for (uint64_t i = 0; i < n; i++)
			place(t, hashes[i], first + i);
	}
	return true;
}

/* The slot that holds `s`, or the empty one where it belongs. */
static inline uint64_t slot_for(const struct store *t, const state *s, uint64_t hash)
{
	const uint64_t last = ((uint64_t)1 << t->bits) - 1;
	const uint64_t tag = tag_of(hash);
	uint64_t at = home_slot(t, hash);

	for (;; at = (at + 1) & last) {
		const uint64_t slot = t->slots[at];

		if (!slot || ((slot & TAG_MASK) == tag && same(s, &t->states[(slot & INDEX_MASK) - 1])))
			return at;
	}
}

/* Bytes that the store takes of the machine's memory. */
static uint64_t store_bytes(const struct store *t)
{
	return t->count * (sizeof(state) + sizeof(uint32_t)) + (sizeof(uint64_t) << t->bits);
}

static bool store_new(struct store *t)
{
	return store_room(t, (uint64_t)1 << 12) && store_rehash(t, TABLE_BITS);
}

static void store_free(struct store *t)
{
	if (t->states)
		munmap(t->states, t->room * sizeof(state));
	if (t->parent)
		munmap(t->parent, t->room * sizeof(uint32_t));
	if (t->parent_high)
		munmap(t->parent_high, t->room);
	if (t->slots)
		munmap(t->slots, sizeof(uint64_t) << t->bits);
}
