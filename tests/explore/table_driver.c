/*
 * The table by itself, behind what is generated for a layout: the main program enters states, thrice each, lets the table
 * grow through its sizes, and at each of them looks for every state and compares what is stored with it.  It ends
 * with 0 and says how many states there were and how many have spilled, or tells on a line what is wrong.
 */

#include <stdio.h>

#define COPIES 3
#define DEPTHS 250

static state all[STATES];
static uint64_t n, sightings[STATES];

static uint64_t next_random(void)
{
	static uint64_t r = 88172645463325252u;

	r ^= r << 13;
	r ^= r >> 7;
	return r ^= r << 17;
}

static int in_order(const void *a, const void *b)
{
	return before(a, b) ? -1 : before(b, a);
}

/* Random states, those that count up in one word, and those that differ from another in one or two bits. */
static void make_states(void)
{
	static const uint64_t used[] = { USED };
	uint64_t distinct = 0;

	for (n = 0; n < STATES; n++) {
		const unsigned word = (unsigned)(n / 4 % WORDS);

		memset(&all[n], 0, sizeof(state));
		if (n % 4 == 0)
			for (int k = 0; k < WORDS; k++)
				all[n].w[k] = next_random() & used[k];
		else if (n % 4 == 1)
			all[n].w[word] = n / 4 / WORDS & used[word];
		else {
			copy(&all[n], &all[n - n % 4]);
			all[n].w[word] ^= (uint64_t)1 << next_random() % 64 & used[word];
			if (n % 4 == 3)
				all[n].w[0] ^= (uint64_t)1 << n % 64 & used[0];
		}
	}
	qsort(all, n, sizeof(state), in_order);
	for (uint64_t i = 0; i < n; i++)
		if (!i || !same(&all[i], &all[i - 1]))
			all[distinct++] = all[i];
	n = distinct;
}

static uint64_t number_of(const state *s)
{
	const state *at = bsearch(s, all, n, sizeof(state), in_order);

	return at ? (uint64_t)(at - all) : NONE;
}

static void fail_if(bool wrong, const char *what, const struct table *t)
{
	if (!wrong)
		return;
	printf("%s, with %u * 2^%u buckets\n", what, t->f, t->k);
	exit(1);
}

struct crew {
	struct table *t;
	uint64_t to;
	_Atomic uint64_t next, entered;
	bool alone;
};

/* States in an order in which neighbours lie apart, so that every part has some of all kinds. */
static uint64_t shuffled(uint64_t i)
{
	return i * 7919 % n;
}

static void *enter_some(void *to)
{
	struct crew *crew = to;
	uint64_t i;

	while ((i = atomic_fetch_add(&crew->next, 1)) < crew->to) {
		const uint64_t number = shuffled(i / COPIES), depth = number % DEPTHS;
		const state *s = &all[number];
		const uint64_t key = key_of(s);
		enum outcome outcome = FULL;
		uint64_t e[ENTRY_WORDS];
		uint8_t *entry;

		encode(crew->t, s, key, e);
		for (unsigned d = 0; outcome == FULL && d < REACH; d++)
			outcome = look(crew->t, e, home_of(crew->t, key), d, label_for(depth), crew->alone, true, &entry);
		if (outcome == FULL)
			outcome = spill(crew->t, s, key, depth);
		if (outcome == ENTERED)
			crew->entered++;
	}
	return NULL;
}

static void see(void *to, const state *s, unsigned depth, uint64_t place)
{
	const uint64_t number = number_of(s);

	(void)place;
	fail_if(number == NONE, "a state was made up", to);
	fail_if(depth != number % DEPTHS, "a state lies at another depth", to);
	sightings[number]++;
}

/* The first `there` states are in the table, and no others. */
static void look_at_all(struct table *t, uint64_t there)
{
	memset(sightings, 0, sizeof(sightings));
	each_in_table(t, -1, t, see);
	for (uint64_t i = 0; i < n; i++) {
		const uint64_t number = shuffled(i), key = key_of(&all[number]);
		uint8_t *entry;
		const bool found = find(t, &all[number], key, 0, false, &entry) == KNOWN;
		const bool aside = spill_number(t, &all[number], key) != NONE;

		fail_if(found && aside, "a state lies in the table and beside it", t);
		fail_if((found || aside) != (i < there), i < there ? "a state is lost" : "a state is there too soon", t);
		fail_if(sightings[number] != (i < there), "a state is not there once", t);
	}
}

int main(void)
{
	struct table t = { 0 };
	const unsigned last = FIRST_EXPONENT + 4 < LAST_EXPONENT ? FIRST_EXPONENT + 4 : LAST_EXPONENT;
	const uint64_t sizes = 4 * (last - FIRST_EXPONENT) + 4;
	uint64_t there = 0, spilled = 0;

	make_states();
	fail_if(n % 7919 == 0 || !table_new(&t), "nothing to begin with", &t);
	for (uint64_t size = 1; size <= sizes; size++) {
		const uint64_t to = size == sizes ? n : n * size / sizes;
		struct crew crew = { .t = &t, .to = to * COPIES, .next = there * COPIES, .alone = THREADS == 1 };

		together(THREADS, enter_some, &crew, 0);
		fail_if(crew.entered != to - there, "a state was not entered once", &t);
		there = to;
		look_at_all(&t, there);
		spilled += t.spills;
		if (size < sizes) {
			unsigned f = t.f, k = t.k;

			next_size(&f, &k);
			fail_if(!table_grow(&t, f, k, THREADS), "no memory", &t);
			look_at_all(&t, there);
		}
	}
	printf("%lu %lu\n", (unsigned long)n, (unsigned long)spilled);
	table_free(&t);
	return 0;
}
