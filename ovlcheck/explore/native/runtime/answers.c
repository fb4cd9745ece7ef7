/* What the driver reads from a search. */

enum figure { STATES, NEXT, TRANSITIONS, DEPTH, BYTES, OVERFLOWED_VARIABLE, OVERFLOWED_AT, FIGURES };

void search_figures(const struct search *x, uint64_t *figures)
{
	figures[STATES] = x->store.count;
	figures[NEXT] = x->next;
	figures[TRANSITIONS] = x->transitions;
	figures[DEPTH] = x->depth;
	figures[BYTES] = search_bytes(x);
	figures[OVERFLOWED_VARIABLE] = (uint64_t)(int64_t)x->overflowed;
	figures[OVERFLOWED_AT] = x->overflowed_at;
}

/* Whether violation `name` was found; then the state where, and whether in a step from it or in the state itself. */
int search_found(const struct search *x, int name, uint64_t *at, int *in_step)
{
	*at = x->found_at[name];
	*in_step = x->found_in_step[name];
	return *at != NONE;
}

const uint64_t *search_levels(const struct search *x)
{
	return x->levels;
}

const uint64_t *search_states(const struct search *x)
{
	return x->store.states[0].w;
}

/* The state that `index` was first reached from; an initial state is its own. */
uint64_t search_parent(const struct search *x, uint64_t index)
{
	return parent_of(&x->store, index);
}

const uint8_t *search_fired(const struct search *x)
{
	return x->fired;
}

const uint8_t *search_covered(const struct search *x)
{
	return x->covered;
}

const int64_t *search_largest(const struct search *x)
{
	return x->largest;
}
