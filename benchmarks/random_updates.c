/* How many random 8-byte read-modify-writes a second this machine makes: what no search that looks up each successor
 * in a hash table can exceed.
 *
 * usage: random_updates BYTES THREADS SECONDS; prints the updates, the seconds they took, and the bytes that lie in
 * huge pages.  Each thread takes batches of random places in one table, has them all fetched, and then adds to each,
 * which is how a search with batches of successors meets its table.  The table is touched beforehand.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define BATCH 64
#define BATCHES_BETWEEN_LOOKS 4096

static uint64_t *table;
static uint64_t words;
static double allowed;

struct worker {
	pthread_t thread;
	uint64_t seed, first, last, updates;
	double seconds;
};

static pthread_barrier_t ready;

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

/* xorshift64*: Vigna, An experimental exploration of Marsaglia's xorshift generators, 2016. */
static uint64_t next(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545F4914F6CDD1DULL;
}

static uint64_t place(uint64_t *state)
{
	return (unsigned __int128)next(state) * words >> 64;
}

static void update(uint64_t at, uint64_t by)
{
	uint64_t value = __atomic_load_n(&table[at], __ATOMIC_RELAXED);
	__atomic_store_n(&table[at], value + by, __ATOMIC_RELAXED);
}

static void *work(void *argument)
{
	struct worker *me = argument;
	uint64_t at[2][BATCH];

	memset(table + me->first, 1, (me->last - me->first) * sizeof *table);
	pthread_barrier_wait(&ready);
	double began = now();
	for (int i = 0; i < BATCH; i++)
		at[0][i] = place(&me->seed);
	do {
		for (int batch = 0; batch < BATCHES_BETWEEN_LOOKS; batch++) {
			uint64_t *these = at[batch & 1], *those = at[~batch & 1];
			for (int i = 0; i < BATCH; i++) {
				those[i] = place(&me->seed);
				__builtin_prefetch(&table[those[i]], 1);
			}
			for (int i = 0; i < BATCH; i++)
				update(these[i], me->seed);
		}
		me->updates += (uint64_t)BATCH * BATCHES_BETWEEN_LOOKS;
		me->seconds = now() - began;
	} while (me->seconds < allowed);
	return NULL;
}

static uint64_t huge_bytes(void)
{
	FILE *file = fopen("/proc/self/smaps_rollup", "r");
	char line[256];
	unsigned long long kilobytes = 0;

	while (file && fgets(line, sizeof line, file))
		if (sscanf(line, "AnonHugePages: %llu kB", &kilobytes) == 1)
			break;
	if (file)
		fclose(file);
	return kilobytes * 1024;
}

int main(int count, char **arguments)
{
	if (count != 4) {
		fprintf(stderr, "usage: random_updates BYTES THREADS SECONDS\n");
		return 2;
	}
	uint64_t bytes = strtoull(arguments[1], NULL, 10);
	int threads = atoi(arguments[2]);
	allowed = atof(arguments[3]);
	words = bytes / sizeof *table;
	if (!words || threads < 1) {
		fprintf(stderr, "random_updates: there must be a word and a thread\n");
		return 2;
	}
	table = mmap(NULL, words * sizeof *table, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (table == MAP_FAILED) {
		perror("random_updates: mmap");
		return 1;
	}
	madvise(table, words * sizeof *table, MADV_HUGEPAGE);

	struct worker *workers = calloc(threads, sizeof *workers);
	pthread_barrier_init(&ready, NULL, threads);
	for (int i = 0; i < threads; i++) {
		workers[i].seed = 0x9E3779B97F4A7C15ULL * (i + 1);
		workers[i].first = words / threads * i;
		workers[i].last = i + 1 < threads ? words / threads * (i + 1) : words;
		if (pthread_create(&workers[i].thread, NULL, work, &workers[i])) {
			fprintf(stderr, "random_updates: no thread\n");
			return 1;
		}
	}
	uint64_t updates = 0;
	double seconds = 0;
	for (int i = 0; i < threads; i++) {
		pthread_join(workers[i].thread, NULL);
		updates += workers[i].updates;
		if (workers[i].seconds > seconds)
			seconds = workers[i].seconds;
	}
	printf("%llu %.6f %llu\n", (unsigned long long)updates, seconds, (unsigned long long)huge_bytes());
	return 0;
}
