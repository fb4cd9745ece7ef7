/*
 * Fair cycles of a product: strongly connected components, taken apart until what is left is fair.
 *
 * Weak fairness and acceptance are generalised Buechi conditions: a component without one of them has no fair cycle.  Strong
 * fairness is a Streett condition: what is enabled again and again in a component, but never taken in it, is removed with the
 * states where it is enabled, and the rest is looked at again (Emerson and Lei, "Modalities for model checking: branching time
 * logic strikes back", 1987; Lichtenstein and Pnueli, "Checking that finite state concurrent programs satisfy their linear
 * specification", 1985).  Components are found by Tarjan's algorithm with a single number for each node (Pearce, "A
 * space-efficient algorithm for finding strongly connected components", 2016), a core of the automaton at a time: a cycle
 * stays in one.
 */

#define DONE UINT32_MAX /* marks nodes that are in no component any more; all other marks are smaller */

/* What nodes and the steps between them have together: who cannot move in some of them, who must take a step if it can again
 * and again, and which steps are taken and acceptance sets met. */
struct traits {
	uint64_t idle, strong, took;
};

/* A node on the way to where the search is, with the traits of what was found to be in its component. */
struct frame {
	struct traits traits;
	uint64_t came_by;             /* the same of the step that led here */
	uint32_t node, state, arc;
	uint16_t way;
	uint8_t place;
	bool root, loops;
};

struct components {
	struct product *p;
	uint32_t core;
	uint32_t places[256];         /* of the core, by seat */
	struct range marks, frame_range, stack_range;
	uint32_t *mark;
	struct frame *frames;
	uint32_t *stack;
	uint64_t depth, height, room, frame_room;
	uint32_t latest;
	uint32_t wanted;              /* in search of the component of one node: that node */
	uint64_t **inside;            /* and where its component goes */
	bool again;                   /* what is visited was visited before */
};

static inline uint64_t node_of(const struct components *c, uint32_t place, uint32_t s)
{
	return (uint64_t)c->p->a->seat[place] * c->p->g->n + s;
}

static inline uint32_t place_of_node(const struct components *c, uint32_t node)
{
	return c->places[node / c->p->g->n];
}

static inline uint32_t state_of_node(const struct components *c, uint32_t node)
{
	return (uint32_t)(node % c->p->g->n);
}

static bool enter_node(struct components *c, uint32_t node, uint32_t place, uint32_t s, uint64_t came_by)
{
	const struct graph *g = c->p->g;
	const struct automaton *a = c->p->a;
	const uint32_t first = g->vertices[s].first;
	const uint64_t seat = (uint64_t)a->seat[place] * g->n;
	struct frame *f = &c->frames[c->depth];
	uint64_t fair = 0, strong = 0;

	if (c->depth >= c->frame_room) {
		c->p->g->stop = NO_ROOM;
		return false;
	}
	for (const struct arc *arc = arcs_of(g, s); arc; arc = next_arc(arc)) {
		fair |= a->fair[class_of_arc(arc)];
		strong |= a->strong[class_of_arc(arc)];
		if (arc->target != OUTSIDE) {
			__builtin_prefetch(&c->mark[seat + arc->target]);
			__builtin_prefetch(&g->vertices[arc->target]);
		}
	}
	c->mark[node] = ++c->latest;
	c->depth++;
	*f = (struct frame){ { a->groups & ~fair, strong, 0 }, came_by, node, s, first < NOT_EXPANDED ? first : NO_ARCS, 0,
			     (uint8_t)place, true, false };
	if (!c->again && !fair && a->stays[option(c->p, place, s)]) {
		mark_good(c->p, place, s);
		c->p->parts[c->core] += 2;
	}
	return true;
}

/*
 * Takes the steps of a node until one leads to a node of the core that was not visited, and enters that; false after the last
 * step.  A node that was visited and is not DONE is in the same component: from it a way leads to the nodes on the way here.
 */
static bool go_down(struct components *c)
{
	struct product *p = c->p;
	const struct automaton *a = p->a;
	struct frame *f = &c->frames[c->depth - 1];
	const struct way *ways = ways_of(p, f->place, f->state), *end = ways_end(p, f->place, f->state);

	while (f->arc != NO_ARCS && ways != end) {
		const struct arc *arc = &p->g->arcs[f->arc];
		const struct way *way = &ways[f->way];
		const uint32_t target = arc->target;
		uint64_t took;
		uint32_t node;

		if (way + 1 == end || target == OUTSIDE) {
			f->way = 0;
			f->arc = arc->class & LAST ? NO_ARCS : f->arc + 1;
		} else {
			f->way++;
		}
		if (target == OUTSIDE)
			continue;
		if (a->core[way->target] != c->core) {
			set_bit(p->reached[way->target], target);
			continue;
		}
		took = a->took[class_of_arc(arc)] | way->fulfils;
		node = (uint32_t)node_of(c, way->target, target);
		if (!c->mark[node])
			return enter_node(c, node, way->target, target, took);
		if (c->mark[node] == DONE)
			continue;
		f->traits.took |= took;
		f->loops |= node == f->node;
		if (c->mark[node] < c->mark[f->node]) {
			c->mark[f->node] = c->mark[node];
			f->root = false;
		}
	}
	return false;
}

static bool visit(struct components *c, uint32_t root);

/* Looks for components among those of the nodes in which none of `starved` can take a step. */
static void take_apart(struct components *c, const uint32_t *nodes, uint64_t n, uint64_t starved)
{
	uint32_t *rest = malloc(n * sizeof(*rest));
	const bool again = c->again;
	uint64_t left = 0;

	if (!rest) {
		c->p->g->stop = NO_ROOM;
		return;
	}
	for (uint64_t i = 0; i < n; i++) {
		const bool stays = !(bits_of(c->p->g, state_of_node(c, nodes[i]), c->p->a->strong) & starved);

		c->mark[nodes[i]] = stays ? 0 : DONE;
		if (stays)
			rest[left++] = nodes[i];
	}
	c->again = true;
	for (uint64_t i = 0; i < left; i++)
		if (!c->mark[rest[i]] && !visit(c, rest[i]))
			break;
	c->again = again;
	free(rest);
}

/* A component with these traits is complete: is there a fair cycle that is accepted in it? */
static void judge(struct components *c, const uint32_t *nodes, uint64_t n, const struct traits *traits)
{
	struct product *p = c->p;
	const uint64_t starved = traits->strong & ~traits->took;
	bool fair = !(p->a->required & ~(traits->idle | traits->took));

	if (c->inside) {
		fair = false;
		for (uint64_t i = 0; i < n; i++)
			fair |= nodes[i] == c->wanted;
	} else if (fair && starved) {
		take_apart(c, nodes, n, starved);
		return;
	} else if (fair) {
		p->parts[c->core]++;
	}
	for (uint64_t i = 0; i < n; i++) {
		c->mark[nodes[i]] = DONE;
		if (fair && c->inside)
			set_bit(c->inside[place_of_node(c, nodes[i])], state_of_node(c, nodes[i]));
		else if (fair)
			mark_good(p, place_of_node(c, nodes[i]), state_of_node(c, nodes[i]));
	}
}

/* The node `v` is the first that was met of a component: it and what lies above it on the stack. */
static void complete(struct components *c, uint32_t v, bool loops, const struct traits *traits)
{
	uint64_t from = c->height, n;

	while (from && c->mark[c->stack[from - 1]] >= c->mark[v])
		from--;
	n = c->height - from + 1;
	c->stack[c->height] = v;
	c->height = from;
	c->latest -= (uint32_t)n;
	if (n == 1 && !loops)
		c->mark[v] = DONE;
	else
		judge(c, c->stack + from, n, traits);
}

/* Finds all components that can be reached from `root`, but for those found before.  False where it was stopped. */
static bool visit(struct components *c, uint32_t root)
{
	const uint64_t bottom = c->depth;

	if (!enter_node(c, root, place_of_node(c, root), state_of_node(c, root), 0))
		return false;
	while (c->depth > bottom) {
		struct frame f, *above;

		while (go_down(c))
			;
		if (c->p->g->stop)
			return false;
		f = c->frames[--c->depth];
		if (f.root) {
			complete(c, f.node, f.loops, &f.traits);
			if (c->p->first_will_do && c->p->any_good)
				return false;
			continue;
		}
		if (c->height + 1 >= c->room) {
			c->p->g->stop = NO_ROOM;
			return false;
		}
		c->stack[c->height++] = f.node;
		above = &c->frames[c->depth - 1];
		above->traits.idle |= f.traits.idle;
		above->traits.strong |= f.traits.strong;
		above->traits.took |= f.traits.took | f.came_by;
		if (c->mark[f.node] < c->mark[above->node]) {
			c->mark[above->node] = c->mark[f.node];
			above->root = false;
		}
	}
	return !c->p->g->stop;
}

static void components_end(struct components *c)
{
	release(&c->marks);
	release(&c->frame_range);
	release(&c->stack_range);
}

static bool components_begin(struct components *c, struct product *p, uint32_t core)
{
	const uint64_t nodes = p->a->seats[core] * p->g->n;

	memset(c, 0, sizeof(*c));
	c->p = p;
	c->core = core;
	for (uint32_t place = 0; place < p->a->places; place++)
		if (p->a->core[place] == core)
			c->places[p->a->seat[place]] = place;
	if (nodes < DONE && nodes * sizeof(uint32_t) <= p->g->spare / 4) {
		c->marks = reserve((nodes + 1) * sizeof(uint32_t));
		c->frame_range = reserve(HUGE_PAGE);
		c->stack_range = reserve(HUGE_PAGE);
	}
	if (!c->marks.start || !c->frame_range.start || !c->stack_range.start) {
		components_end(c);
		p->g->stop = NO_ROOM;
		return false;
	}
	c->mark = begin(&c->marks);
	c->frames = begin(&c->frame_range);
	c->stack = begin(&c->stack_range);
	c->frame_room = extent(&c->frame_range) / sizeof(struct frame);
	c->room = extent(&c->stack_range) / sizeof(uint32_t);
	if (c->frame_room > p->g->spare / 2 / sizeof(struct frame))
		c->frame_room = p->g->spare / 2 / sizeof(struct frame);
	if (c->room > p->g->spare / 4 / sizeof(uint32_t))
		c->room = p->g->spare / 4 / sizeof(uint32_t);
	return true;
}

/* Marks the good nodes of a core that has cycles which may be accepted. */
static void judge_core(struct product *p, uint32_t core)
{
	struct components c;

	if (!components_begin(&c, p, core))
		return;
	for (uint32_t seat = 0; seat < p->a->seats[core]; seat++) {
		const uint32_t place = c.places[seat];

		for (uint64_t s = 0; s < p->g->n; s += p->reached[place][s / 64] ? 1 : 64 - s % 64)
			if (has_bit(p->reached[place], s) && !c.mark[node_of(&c, place, (uint32_t)s)] &&
			    !visit(&c, (uint32_t)node_of(&c, place, (uint32_t)s))) {
				components_end(&c);
				return;
			}
	}
	components_end(&c);
}

/* Sets a bit in `inside`, by place, for each node of the component of good nodes that this good one is in. */
static void component_of(struct product *p, uint32_t place, uint32_t s, uint64_t **inside)
{
	struct components c;

	if (!components_begin(&c, p, p->a->core[place]))
		return;
	for (uint32_t seat = 0; seat < p->a->seats[c.core]; seat++)
		for (uint64_t i = 0; i < p->g->n; i++)
			if (!has_bit(p->good[c.places[seat]], i))
				c.mark[seat * p->g->n + i] = DONE;
	c.again = true;
	c.inside = inside;
	c.wanted = (uint32_t)node_of(&c, place, s);
	visit(&c, c.wanted);
	components_end(&c);
}

/* The nodes of a core without such cycles that can be reached, and what they lead to. */
static void pass_through(struct product *p, uint32_t core)
{
	struct components c;
	uint64_t **passed = bitmaps(p->a->places, p->g->n);

	if (!passed) {
		p->g->stop = NO_ROOM;
		return;
	}
	if (!components_begin(&c, p, core)) {
		free_bitmaps(passed, p->a->places);
		return;
	}
	for (uint32_t seat = 0; seat < p->a->seats[core]; seat++)
		for (uint64_t start = 0; start < p->g->n && !p->g->stop; start++) {
			const uint32_t first = c.places[seat];

			if (!has_bit(p->reached[first], start) || has_bit(passed[first], start))
				continue;
			set_bit(passed[first], start);
			c.stack[c.height++] = (uint32_t)node_of(&c, first, (uint32_t)start);
			while (c.height) {
				const uint32_t node = c.stack[--c.height];
				const uint32_t place = place_of_node(&c, node), s = state_of_node(&c, node);
				const struct way *ways = ways_of(p, place, s), *end = ways_end(p, place, s);

				if (may_end(p, place, s))
					mark_good(p, place, s);
				if (ways == end)
					continue;
				for (const struct arc *arc = arcs_of(p->g, s); arc; arc = next_arc(arc))
					for (const struct way *way = ways; arc->target != OUTSIDE && way != end; way++) {
						set_bit(p->reached[way->target], arc->target);
						if (p->a->core[way->target] != core || has_bit(passed[way->target], arc->target))
							continue;
						set_bit(passed[way->target], arc->target);
						if (c.height >= c.room) {
							p->g->stop = NO_ROOM;
							break;
						}
						c.stack[c.height++] = (uint32_t)node_of(&c, way->target, arc->target);
					}
			}
		}
	components_end(&c);
	free_bitmaps(passed, p->a->places);
}

/* A place that a behaviour may stay in whatever happens, from its beginning on: it is reached with every state. */
static bool goes_everywhere(const struct product *p, uint32_t place)
{
	for (uint32_t label = 0; label < p->a->labels; label++) {
		const uint32_t *from = &p->a->ways_from[place * p->a->labels + label];
		bool stays = false;

		for (uint32_t way = from[0]; way < from[1]; way++)
			stays |= p->a->ways[way].target == place;
		if (!stays)
			return false;
	}
	return true;
}

static void pass_through_all_states(struct product *p, uint32_t place)
{
	for (uint64_t s = 0; s < p->g->n && !p->g->stop; s++) {
		const struct way *ways = ways_of(p, place, (uint32_t)s), *end = ways_end(p, place, (uint32_t)s);

		if (p->g->vertices[s].first == NOT_EXPANDED)
			continue;
		set_bit(p->reached[place], s);
		if (may_end(p, place, (uint32_t)s))
			mark_good(p, place, (uint32_t)s);
		if (end - ways < 2)
			continue;
		for (const struct arc *arc = arcs_of(p->g, (uint32_t)s); arc; arc = next_arc(arc))
			for (const struct way *way = ways; arc->target != OUTSIDE && way != end; way++)
				set_bit(p->reached[way->target], arc->target);
	}
}

/*
 * Whether some state is reached with a place of the core from which on everything is accepted.  Where no step leads OUTSIDE, a
 * fair behaviour goes on from any state: it gets to a component that no step leaves, and takes all steps there again and again.
 */
static bool reaches_universal(const struct product *p, uint32_t core)
{
	for (uint32_t place = 0; place < p->a->places; place++)
		for (uint64_t i = 0; p->a->core[place] == core && p->a->universal[place] && i <= p->g->n / 64; i++)
			if (p->reached[place][i])
				return true;
	return false;
}

/*
 * Marks every node that a fair cycle leads through, and every one at which a behaviour may end; if `first_will_do`, only until
 * there is one.  `initial` are the states to begin with.  An enum built.
 */
int product_judge(struct product *p, const uint32_t *initial, uint64_t n, int first_will_do)
{
	const struct automaton *a = p->a;

	p->first_will_do = first_will_do;
	for (uint64_t i = 0; i < n; i++)
		if (p->g->vertices[initial[i]].first != NOT_EXPANDED)
			set_bit(p->reached[0], initial[i]);
	for (uint32_t core = 0; core < a->cores && !p->g->stop && !(first_will_do && p->any_good); core++) {
		if (first_will_do && !p->g->ends && reaches_universal(p, core))
			p->any_good = true;
		else if (a->accepting[core])
			judge_core(p, core);
		else if (core == a->core[0] && a->seats[core] == 1 && goes_everywhere(p, 0))
			pass_through_all_states(p, 0);
		else
			pass_through(p, core);
	}
	return p->g->stop;
}

int product_any_good(const struct product *p)
{
	return p->any_good;
}
