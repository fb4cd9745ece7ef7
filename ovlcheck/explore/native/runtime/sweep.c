/*
 * no_deadlock: from every reachable state, each process inside a call can still come to move.  Per state and process
 * instance a bit says that the instance is at rest, can move, or has been seen to do so in a successor; sweeps over all
 * states, last found first, pass the bits backwards until nothing changes.  A state that the search did not come to
 * expand counts as one from which all can move.
 */

int search_sweep(struct search *x, double seconds)
{
	const double end = now() + seconds;

	if (!x->store.count)
		return FINISHED;
	x->phase = SWEEPING;
	for (unsigned round = 1;; round++) {
		if (!x->sweep_at) {
			flush(x);
			if (x->sweep_started && !x->sweep_changed)
				return FINISHED;
			x->sweep_started = true;
			x->sweep_changed = false;
			x->sweep_at = x->store.count;
		}
		x->from = --x->sweep_at;
		if (x->from >= x->next)
			x->can_move[x->from] = ALL_INSTANCES;
		if (x->can_move[x->from] != ALL_INSTANCES) {
			x->source = x->store.states[x->from];
			successors(x, &x->source);
		}
		if (round % 1024 == 0 && now() > end)
			return WORKING;
	}
}

/* The first state in which some instance can never move again, or NONE; `*stuck` are the instances. */
uint64_t search_first_stuck(const struct search *x, uint64_t *stuck)
{
	for (uint64_t i = 0; i < x->store.count; i++)
		if (x->can_move[i] != ALL_INSTANCES) {
			*stuck = ALL_INSTANCES & ~x->can_move[i];
			return i;
		}
	return NONE;
}
