/*
 * Memory straight from the system: a range of addresses as large as the machine's memory, of which only what is touched
 * is taken, zeroed.  What lies in it grows where it is, without a second copy, and keeps its huge pages.
 */

#define HUGE_PAGE ((size_t)2 << 20)

struct range {
	void *start;
	size_t bytes;
};

/* A range of at least `least` bytes, as much larger as the system gives; without a start where it gives none. */
static __attribute__((unused)) struct range reserve(size_t least)
{
	size_t bytes = (size_t)sysconf(_SC_PHYS_PAGES) * (size_t)sysconf(_SC_PAGE_SIZE) + HUGE_PAGE;
	struct range range = { NULL, 0 };

	for (; bytes >= least + HUGE_PAGE; bytes /= 2) {
		void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

		if (p == MAP_FAILED)
			continue;
#ifdef MADV_HUGEPAGE
		madvise(p, bytes, MADV_HUGEPAGE);
#endif
		range.start = p;
		range.bytes = bytes;
		break;
	}
	return range;
}

/* The first address of the range at which a huge page can begin. */
static __attribute__((unused)) void *begin(const struct range *range)
{
	return (void *)(((uintptr_t)range->start + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1));
}

/* Bytes from there on. */
static __attribute__((unused)) size_t extent(const struct range *range)
{
	return range->bytes - (size_t)((char *)begin(range) - (char *)range->start);
}

static __attribute__((unused)) void release(struct range *range)
{
	if (range->start)
		munmap(range->start, range->bytes);
	range->start = NULL;
}
