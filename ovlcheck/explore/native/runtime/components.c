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

#define DONE UINT32_MAX        /* marks of nodes that are in no component any more, */
#define JUDGED (UINT32_MAX - 1) /* and of those in the one that is being judged; all other marks are smaller */

struct frame {
	uint32_t node, arc;
	uint16_t way;
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

/* The next node of the core that a step leads to; NO_NODE after the last.  Notes which nodes beyond the core are reached. */
static uint32_t next_node(struct components *c, struct frame *f)
{
	struct product *p = c->p;
	const struct automaton *a = p->a;
	const uint32_t place = place_of_node(c, f->node), s = state_of_node(c, f->node);
	const struct way *ways = ways_of(p, place, s), *end = ways_end(p, place, s);

	while (f->arc != NO_ARCS && ways != end) {
		const struct arc *arc = &p->g->arcs[f->arc];
		const struct way *way = &ways[f->way];
		const uint32_t target = arc->target;

		if (way + 1 == end || target == OUTSIDE) {
			f->way = 0;
			f->arc = arc->class & LAST ? NO_ARCS : f->arc + 1;
		} else {
			f->way++;
		}
		if (target == OUTSIDE)
			continue;
		if (a->core[way->target] == c->core)
			return (uint32_t)node_of(c, way->target, target);
		set_bit(p->reached[way->target], target);
	}
	return NO_NODE;
}

static bool enter_node(struct components *c, uint32_t node)
{
	const uint32_t s = state_of_node(c, node);
	const uint32_t first = c->p->g->first[s];

	if (c->depth == c->frame_room) {
		c->p->g->stop = NO_ROOM;
		return false;
	}
	c->mark[node] = ++c->latest;
	c->frames[c->depth++] = (struct frame){ node, first < NOT_EXPANDED ? first : NO_ARCS, 0, true, false };
	if (!c->again && may_end(c->p, place_of_node(c, node), s))
		mark_good(c->p, place_of_node(c, node), s);
	return true;
}

/* What a component has on its nodes and steps. */
struct traits {
	uint64_t idle, strong, took;
};

static struct traits traits_of(const struct components *c, const uint32_t *nodes, uint64_t n)
{
	const struct product *p = c->p;
	const struct automaton *a = p->a;
	struct traits traits = { 0, 0, 0 };

	for (uint64_t i = 0; i < n; i++) {
		const uint32_t place = place_of_node(c, nodes[i]), s = state_of_node(c, nodes[i]);
		const struct way *ways = ways_of(p, place, s), *end = ways_end(p, place, s);
		uint64_t fair = 0;

		for (const struct arc *arc = arcs_of(p->g, s); arc; arc = next_arc(arc)) {
			fair |= a->fair[class_of_arc(arc)];
			traits.strong |= a->strong[class_of_arc(arc)];
			for (const struct way *way = ways; arc->target != OUTSIDE && way != end; way++)
				if (a->core[way->target] == c->core && c->mark[node_of(c, way->target, arc->target)] == JUDGED)
					traits.took |= a->took[class_of_arc(arc)] | way->fulfils;
		}
		traits.idle |= a->groups & ~fair;
	}
	return traits;
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

/* A component is complete: is there a fair cycle that is accepted in it? */
static void judge(struct components *c, const uint32_t *nodes, uint64_t n)
{
	struct product *p = c->p;
	struct traits traits;
	uint64_t starved;

	if (c->inside) {
		bool found = false;

		for (uint64_t i = 0; i < n; i++)
			found |= nodes[i] == c->wanted;
		for (uint64_t i = 0; i < n; i++) {
			if (found)
				set_bit(c->inside[place_of_node(c, nodes[i])], state_of_node(c, nodes[i]));
			c->mark[nodes[i]] = DONE;
		}
		return;
	}
	for (uint64_t i = 0; i < n; i++)
		c->mark[nodes[i]] = JUDGED;
	traits = traits_of(c, nodes, n);
	starved = traits.strong & ~traits.took;
	if (!(p->a->required & ~(traits.idle | traits.took))) {
		if (starved) {
			take_apart(c, nodes, n, starved);
			return;
		}
		for (uint64_t i = 0; i < n; i++)
			mark_good(p, place_of_node(c, nodes[i]), state_of_node(c, nodes[i]));
	}
	for (uint64_t i = 0; i < n; i++)
		c->mark[nodes[i]] = DONE;
}

/* The node `v` is the first that was met of a component: it and what lies above it on the stack. */
static void complete(struct components *c, uint32_t v, bool loops)
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
		judge(c, c->stack + from, n);
}

/* Finds all components that can be reached from `root`, but for those found before.  False where it was stopped. */
static bool visit(struct components *c, uint32_t root)
{
	const uint64_t bottom = c->depth;

	if (!enter_node(c, root))
		return false;
	while (c->depth > bottom) {
		struct frame *f = &c->frames[c->depth - 1];
		const uint32_t next = next_node(c, f), v = f->node;
		bool is_root, loops;

		if (next != NO_NODE) {
			f->loops |= next == v;
			if (!c->mark[next]) {
				if (c->p->g->stop || !enter_node(c, next))
					return false;
			} else if (c->mark[next] < c->mark[v]) {
				c->mark[v] = c->mark[next];
				f->root = false;
			}
			continue;
		}
		is_root = f->root;
		loops = f->loops;
		c->depth--;
		if (is_root) {
			complete(c, v, loops);
			if (c->p->first_will_do && c->p->any_good)
				return false;
			continue;
		}
		if (c->height + 1 == c->room) {
			c->p->g->stop = NO_ROOM;
			return false;
		}
		c->stack[c->height++] = v;
		f = &c->frames[c->depth - 1];
		if (c->mark[v] < c->mark[f->node]) {
			c->mark[f->node] = c->mark[v];
			f->root = false;
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
	if (nodes < JUDGED) {
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

		for (uint64_t s = 0; s < p->g->n; s++)
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
						if (c.height == c.room) {
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

		if (p->g->first[s] == NOT_EXPANDED)
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
 * Marks every node that a fair cycle leads through, and every one at which a behaviour may end; if `first_will_do`, only until
 * there is one.  `initial` are the states to begin with.  An enum built.
 */
int product_judge(struct product *p, const uint32_t *initial, uint64_t n, int first_will_do)
{
	const struct automaton *a = p->a;

	p->first_will_do = first_will_do;
	for (uint64_t i = 0; i < n; i++)
		if (p->g->first[initial[i]] != NOT_EXPANDED)
			set_bit(p->reached[0], initial[i]);
	for (uint32_t core = 0; core < a->cores && !p->g->stop && !(first_will_do && p->any_good); core++) {
		if (a->accepting[core])
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
