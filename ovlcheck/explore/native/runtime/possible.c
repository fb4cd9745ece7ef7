/*
 * What stays possible: from which states a way leads to a goal.  One pass over the strongly connected components, as in
 * components.c: a state has a way if it is a goal or a step leads to one that has; in a component all have or none.  Behind
 * what was not expanded, and behind a step that ends in a violation, anything may be.
 */

#define IS_PREMISE 1u /* bits of the label of a state */
#define IS_GOAL 2u

struct look {
	uint32_t state, arc;
	bool root;
};

struct looking {
	struct graph *g;
	const uint8_t *usable;   /* by class: whether a way may have such steps */
	uint64_t *has_way;
	uint32_t *mark, *stack;
	struct look *looks;
	uint64_t depth, height;
	uint32_t latest;
};

static void look_from_state(struct looking *l, uint32_t s)
{
	const uint32_t first = l->g->vertices[s].first;
	const bool there = l->g->vertices[s].label & IS_GOAL || first == NOT_EXPANDED;

	if (there)
		set_bit(l->has_way, s);
	l->mark[s] = ++l->latest;
	l->looks[l->depth++] = (struct look){ s, there || first >= NOT_EXPANDED ? NO_ARCS : first, true };
	for (const struct arc *arc = there ? NULL : arcs_of(l->g, s); arc; arc = next_arc(arc))
		if (arc->target != OUTSIDE) {
			__builtin_prefetch(&l->mark[arc->target]);
			__builtin_prefetch(&l->g->vertices[arc->target]);
		}
}

static void look_everywhere(struct looking *l, uint32_t root)
{
	look_from_state(l, root);
	while (l->depth && !l->g->stop) {
		struct look *look = &l->looks[l->depth - 1], *above = look - 1;
		const uint32_t s = look->state;

		if (look->arc != NO_ARCS) {
			const struct arc *arc = &l->g->arcs[look->arc];

			look->arc = arc->class & LAST ? NO_ARCS : look->arc + 1;
			if (!l->usable[class_of_arc(arc)])
				continue;
			if (arc->target == OUTSIDE || has_bit(l->has_way, arc->target)) {
				set_bit(l->has_way, s);
			} else if (!l->mark[arc->target]) {
				look_from_state(l, arc->target);
			} else if (l->mark[arc->target] < l->mark[s]) {
				l->mark[s] = l->mark[arc->target];
				look->root = false;
			}
			continue;
		}
		l->depth--;
		if (l->depth && has_bit(l->has_way, s))
			set_bit(l->has_way, above->state);
		if (look->root) {
			const uint32_t lowest = l->mark[s];
			const bool has = has_bit(l->has_way, s);

			for (; l->height && l->mark[l->stack[l->height - 1]] >= lowest; l->height--) {
				const uint32_t member = l->stack[l->height - 1];

				l->mark[member] = DONE;
				if (has)
					set_bit(l->has_way, member);
				l->latest--;
			}
			l->mark[s] = DONE;
			l->latest--;
			continue;
		}
		l->stack[l->height++] = s;
		if (l->mark[s] < l->mark[above->state]) {
			l->mark[above->state] = l->mark[s];
			above->root = false;
		}
	}
}

/* Makes good, in the only place, the states with the premise from which no way leads to a goal.  An enum built. */
int product_without_a_way(struct product *p, const uint8_t *usable)
{
	struct graph *g = p->g;
	struct range looks = reserve(HUGE_PAGE + g->n * sizeof(struct look));
	struct looking l = {
		.g = g,
		.usable = usable,
		.has_way = calloc(g->n / 64 + 1, sizeof(uint64_t)),
		.mark = in_huge_pages((g->n + 1) * sizeof(uint32_t)),
		.stack = malloc((g->n + 1) * sizeof(uint32_t)),
	};

	if (looks.start && l.has_way && l.mark && l.stack) {
		l.looks = begin(&looks);
		memset(l.mark, 0, (g->n + 1) * sizeof(uint32_t));
		for (uint64_t s = 0; s < g->n && !g->stop; s++)
			if (!l.mark[s])
				look_everywhere(&l, (uint32_t)s);
		for (uint64_t s = 0; s < g->n; s++)
			if (g->vertices[s].label & IS_PREMISE && !has_bit(l.has_way, s))
				mark_good(p, 0, (uint32_t)s);
	} else {
		g->stop = NO_ROOM;
	}
	release(&looks);
	free(l.has_way);
	free(l.mark);
	free(l.stack);
	return g->stop;
}

/* Makes good, in the only place, the states that were expanded whose label has a bit of `mask`. */
void product_mark(struct product *p, unsigned mask)
{
	for (uint64_t s = 0; s < p->g->n; s++)
		if (p->g->vertices[s].label & mask && p->g->vertices[s].first != NOT_EXPANDED)
			mark_good(p, 0, (uint32_t)s);
}
