/*
 * A packed state, and what is read and written of it by bit position.
 *
 * Figures of the runtime that stand in #ifndef are made small by tests, so that little systems meet every limit.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define NONE UINT64_MAX

typedef struct {
	uint64_t w[WORDS];
} state;

/* Word by word: a state is often copied just after it was written so, and a wider load would have to wait for the stores. */
static inline void copy(state *to, const state *from)
{
#pragma GCC unroll 8
	for (int k = 0; k < WORDS; k++)
		to->w[k] = from->w[k];
}

static inline bool same(const state *a, const state *b)
{
	uint64_t differ = 0;

#pragma GCC unroll 8
	for (int k = 0; k < WORDS; k++)
		differ |= a->w[k] ^ b->w[k];
	return !differ;
}

/* An order of states, so that of several that would do, every run takes the same. */
static inline bool before(const state *a, const state *b)
{
	for (int k = 0; k < WORDS; k++)
		if (a->w[k] != b->w[k])
			return a->w[k] < b->w[k];
	return false;
}

static inline uint64_t __attribute__((unused)) bits_at(const state *s, unsigned at, unsigned width)
{
	const unsigned k = at >> 6, shift = at & 63;
	uint64_t v = s->w[k] >> shift;

	if (shift + width > 64)
		v |= s->w[k + 1] << (64 - shift);
	return v & (((uint64_t)1 << width) - 1);
}

static inline void __attribute__((unused)) put_bits_at(state *s, unsigned at, unsigned width, uint64_t v)
{
	const unsigned k = at >> 6, shift = at & 63;
	const uint64_t mask = ((uint64_t)1 << width) - 1;

	s->w[k] = (s->w[k] & ~(mask << shift)) | v << shift;
	if (shift + width > 64)
		s->w[k + 1] = (s->w[k + 1] & ~(mask >> (64 - shift))) | v >> (64 - shift);
}
