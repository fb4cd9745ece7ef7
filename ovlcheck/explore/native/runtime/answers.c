/* What the driver reads from a search. */

enum figure { STATES, WAITING, TRANSITIONS, DEPTH, BYTES, FIGURES };

void search_figures(const struct search *x, uint64_t *figures)
{
	figures[STATES] = x->count;
	figures[WAITING] = 0;
	if (!x->complete) {
		figures[WAITING] = x->count - (x->cursor < x->layer_size ? x->cursor : x->layer_size);
		for (uint64_t depth = 0; depth < x->depth; depth++)
			figures[WAITING] -= x->levels[depth];
	}
	figures[TRANSITIONS] = 0;
	for (unsigned i = 0; i < x->threads; i++)
		figures[TRANSITIONS] += x->workers[i].transitions;
	figures[DEPTH] = x->depth;
	figures[BYTES] = search_bytes(x);
}

static void tell(const struct sighting *sighting, uint64_t *words, uint64_t *depth, int *in_step)
{
	memcpy(words, &sighting->s, sizeof(sighting->s));
	*depth = sighting->depth;
	*in_step = sighting->in_step;
}

/* Whether violation `name` was found; then the state where, its depth, and whether in a step from it or in the state itself. */
int search_found(const struct search *x, int name, uint64_t *words, uint64_t *depth, int *in_step)
{
	const struct sighting first = first_sighting(x, name);

	tell(&first, words, depth, in_step);
	return first.depth != NONE;
}

/* The variable that was the first to outgrow its width, and the state and depth from which a step did it; or -1. */
int search_overflowed(const struct search *x, uint64_t *words, uint64_t *depth)
{
	const struct worker *first = overflowed(x);
	int in_step;

	if (!first)
		return -1;
	tell(&first->overflow, words, depth, &in_step);
	return first->overflowed;
}

const uint64_t *search_levels(const struct search *x)
{
	return x->levels;
}

/* All flags and figures of the threads together. */
void search_seen(const struct search *x, uint8_t *fired, uint8_t *covered, int64_t *largest)
{
	for (unsigned i = 0; i < x->threads; i++) {
		const struct worker *w = &x->workers[i];

		for (int k = 0; k < EDGES; k++)
			fired[k] |= w->fired[k];
		for (int k = 0; k < COVERS; k++)
			covered[k] |= w->covered[k];
		for (int k = 0; k < COUNTS; k++)
			if (w->largest[k] > largest[k])
				largest[k] = w->largest[k];
	}
}

struct listing {
	uint64_t *words, *depths, n;
};

static void list(void *to, const state *s, unsigned depth, uint64_t place)
{
	struct listing *listing = to;

	(void)place;
	if (depth == DEEPEST)
		return; /* or deeper: it is in a layer that was kept */
	memcpy(listing->words + listing->n * WORDS, s, sizeof(*s));
	listing->depths[listing->n++] = depth;
}

/* Every state and its depth; `words` and `depths` have room for all of them.  How many there are. */
uint64_t search_states(const struct search *x, uint64_t *words, uint64_t *depths)
{
	struct listing listing = { words, depths, 0 };

	each_in_table(&x->table, -1, &listing, list);
	for (uint64_t depth = DEEPEST; depth <= x->depth; depth++) {
		const struct layer *layer = &x->deep[depth - DEEPEST];

		for (uint64_t i = 0; i < layer->n; i++) {
			memcpy(words + listing.n * WORDS, &layer->s[i], sizeof(state));
			depths[listing.n++] = depth;
		}
	}
	return listing.n;
}
