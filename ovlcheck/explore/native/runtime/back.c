/*
 * The way back.  Nothing but the depth of a state says where it came from: a predecessor is found by going through the
 * states one layer above and taking their steps again; of several, the first in the order of states.
 */

struct errand {
	struct search *search;
	struct worker *worker;
	uint64_t depth;         /* of the states to go through */
	_Atomic uint64_t *next; /* the first bucket, or state of a layer that was kept, that nobody has taken */
};

/* Compares what a state leads to with the states that are sought. */
static void compare_all(struct worker *x)
{
	for (unsigned i = 0; i < x->batch.n; i++)
		for (uint64_t k = 0; k < x->n_heads; k++)
			if (same(&x->batch.s[i], &x->heads[k]) && (!x->sourced[k] || before(&x->source, &x->sources[k]))) {
				x->sources[k] = x->source;
				x->sourced[k] = true;
			}
}

static void look_from(void *errand, const state *s, unsigned depth, uint64_t place)
{
	struct errand *e = errand;

	(void)depth;
	(void)place;
	begin_state(e->worker, s, e->depth);
	successors(e->worker, &e->worker->source);
	flush(e->worker);
}

static void *run_errand(void *errand)
{
	struct errand *e = errand;
	const struct table *t = &e->search->table;
	const bool kept = e->depth >= DEEPEST;
	const struct layer *layer = kept ? &e->search->deep[e->depth - DEEPEST] : NULL;
	const uint64_t end = kept ? layer->n : buckets_of(t);
	uint64_t first;

	while ((first = atomic_fetch_add(e->next, PARCEL)) < end)
		for (uint64_t i = first; i < end && i < first + PARCEL; i++) {
			if (kept)
				look_from(e, &layer->s[i], DEEPEST, 0);
			else
				each_in_bucket(t, i, (int)e->depth, e, look_from);
		}
	if (!kept && e->worker == e->search->workers)
		each_spilled(t, (int)e->depth, e, look_from);
	return NULL;
}

/*
 * For each of `n` states at `depth`, in `heads`, the first state in order one layer above that has a step to it, into
 * `sources`.  How many were found, which is all of them; less where there is no memory.
 */
uint64_t search_sources(struct search *x, uint64_t depth, uint64_t n, const uint64_t *heads, uint64_t *sources)
{
	struct errand *errands = calloc(x->threads, sizeof(*errands));
	state *room = calloc(n * (x->threads + 1), sizeof(*room));
	uint8_t *sourced = calloc(n * x->threads, 1);
	_Atomic uint64_t next = 0;
	uint64_t found = 0;

	if (errands && room && sourced && !x->table.lost) {
		memcpy(room, heads, n * sizeof(*room));
		for (unsigned i = 0; i < x->threads; i++) {
			struct worker *w = &x->workers[i];

			errands[i] = (struct errand){ x, w, depth - 1, &next };
			w->flush = compare_all;
			w->exploring = false;
			w->n_heads = n;
			w->heads = room;
			w->sources = room + (i + 1) * n;
			w->sourced = sourced + i * n;
		}
		together(x->count < FEW ? 1 : x->threads, run_errand, errands, sizeof(*errands));
		for (uint64_t k = 0; k < n; k++) {
			const state *first = NULL;

			for (unsigned i = 0; i < x->threads; i++) {
				const struct worker *w = &x->workers[i];

				if (w->sourced[k] && (!first || before(&w->sources[k], first)))
					first = &w->sources[k];
			}
			if (first) {
				memcpy(sources + k * WORDS, first, sizeof(*first));
				found++;
			}
		}
	}
	free(errands);
	free(room);
	free(sourced);
	return found;
}
