/*
 * A counterexample: the shortest way to a good node, and from there a short fair cycle.  Both are found by going forward from
 * where they begin, steps in the order in which generated code takes them, so that they depend neither on how states are
 * numbered nor on threads.
 */

struct spot {
	uint32_t state, before; /* the spot from which it was found, or NO_NODE */
	uint16_t class, place;
};

/* Nodes in the order in which they are found. */
struct wave {
	struct product *p;
	struct range range;
	struct spot *spots;
	uint64_t n, room;
	uint64_t **found;
};

static bool wave_begin(struct wave *w, struct product *p)
{
	memset(w, 0, sizeof(*w));
	w->p = p;
	w->found = bitmaps(p->a->places, p->g->n);
	w->range = reserve(HUGE_PAGE);
	if (!w->found || !w->range.start) {
		p->g->stop = NO_ROOM;
		return false;
	}
	w->spots = begin(&w->range);
	w->room = extent(&w->range) / sizeof(struct spot);
	if (w->room > NO_NODE)
		w->room = NO_NODE;
	return true;
}

static void wave_end(struct wave *w)
{
	free_bitmaps(w->found, w->p->a->places);
	release(&w->range);
}

static void wave_clear(struct wave *w)
{
	for (uint32_t place = 0; place < w->p->a->places; place++)
		memset(w->found[place], 0, (w->p->g->n / 64 + 1) * sizeof(uint64_t));
	w->n = 0;
}

static bool add_spot(struct wave *w, uint32_t place, uint32_t s, unsigned class, uint32_t before)
{
	if (has_bit(w->found[place], s))
		return false;
	if (w->n == w->room) {
		w->p->g->stop = NO_ROOM;
		return false;
	}
	set_bit(w->found[place], s);
	w->spots[w->n++] = (struct spot){ s, before, (uint16_t)class, (uint16_t)place };
	return true;
}

static bool line_add(struct product *p, uint32_t s, unsigned class)
{
	if (p->line_length == p->line_room) {
		const uint64_t room = 2 * p->line_room + 64;
		uint32_t *line = realloc(p->line, room * sizeof(*line));
		uint16_t *classes;

		if (line)
			p->line = line;
		classes = line ? realloc(p->line_class, room * sizeof(*classes)) : NULL;
		if (!classes) {
			p->g->stop = NO_ROOM;
			return false;
		}
		p->line_class = classes;
		p->line_room = room;
	}
	p->line[p->line_length] = s;
	p->line_class[p->line_length++] = (uint16_t)class;
	return true;
}

/* Adds the spots on the way to this one, all but the first, to the line. */
static bool add_way(struct wave *w, uint64_t last)
{
	const uint64_t from = w->p->line_length;

	for (uint64_t at = last; w->spots[at].before != NO_NODE; at = w->spots[at].before)
		if (!line_add(w->p, w->spots[at].state, w->spots[at].class))
			return false;
	for (uint64_t i = from, k = w->p->line_length; i + 1 < k; i++) {
		const uint32_t s = w->p->line[i];
		const uint16_t class = w->p->line_class[i];

		k--;
		w->p->line[i] = w->p->line[k];
		w->p->line_class[i] = w->p->line_class[k];
		w->p->line[k] = s;
		w->p->line_class[k] = class;
	}
	return true;
}

/* The spot of the good node that is found first; NONE where there is none. */
static uint64_t first_good(struct wave *w, const uint32_t *initial, uint64_t n)
{
	struct product *p = w->p;

	for (uint64_t i = 0; i < n; i++)
		if (p->g->vertices[initial[i]].first != NOT_EXPANDED && add_spot(w, 0, initial[i], 0, NO_NODE) &&
		    has_bit(p->good[0], initial[i]))
			return w->n - 1;
	for (uint64_t at = 0; at < w->n && !p->g->stop; at++) {
		const uint32_t place = w->spots[at].place, s = w->spots[at].state;
		const struct way *ways = ways_of(p, place, s), *end = ways_end(p, place, s);

		for (const struct arc *arc = arcs_of(p->g, s); arc && ways != end; arc = next_arc(arc))
			for (const struct way *way = ways; arc->target != OUTSIDE && way != end; way++)
				if (add_spot(w, way->target, arc->target, class_of_arc(arc), (uint32_t)at) &&
				    has_bit(p->good[way->target], arc->target))
					return w->n - 1;
	}
	return NONE;
}

/* What a cycle has had so far: `idle` and `took` of what is required, `strong` of those who must take a step. */
struct had {
	uint64_t idle, took, strong;
};

static void meet(const struct product *p, struct had *had, uint32_t s)
{
	had->idle |= p->a->groups & ~bits_of(p->g, s, p->a->fair);
	had->strong |= bits_of(p->g, s, p->a->strong);
}

/*
 * Goes from a node, inside its component, to the nearest step that has something that is still wanted, or leads to a node that
 * has; where nothing is, to `home`.  The place and state where it ends; false if it was stopped.
 */
static bool go_on(struct wave *w, uint64_t **inside, struct had *had, uint32_t *place, uint32_t *s, uint32_t home_place,
		  uint32_t home)
{
	struct product *p = w->p;
	const struct automaton *a = p->a;
	const uint64_t missing = a->required & ~(had->idle | had->took), starved = had->strong & ~had->took;
	const bool homewards = !missing && !starved;

	wave_clear(w);
	add_spot(w, *place, *s, 0, NO_NODE);
	for (uint64_t at = 0; at < w->n && !p->g->stop; at++) {
		const uint32_t from_place = w->spots[at].place, from = w->spots[at].state;
		const struct way *ways = ways_of(p, from_place, from), *end = ways_end(p, from_place, from);

		for (const struct arc *arc = arcs_of(p->g, from); arc && ways != end; arc = next_arc(arc))
			for (const struct way *way = ways; arc->target != OUTSIDE && way != end; way++) {
				const uint64_t took = a->took[class_of_arc(arc)] | way->fulfils;
				bool there;

				if (a->core[way->target] != a->core[home_place] || !has_bit(inside[way->target], arc->target))
					continue;
				there = homewards ? way->target == home_place && arc->target == home
						  : (missing | starved) & took ||
							    missing & a->groups & ~bits_of(p->g, arc->target, a->fair);
				if (there) {
					uint64_t step = at;

					/* What is met on the way counts as well. */
					if (!add_way(w, at) || !line_add(p, arc->target, class_of_arc(arc)))
						return false;
					meet(p, had, arc->target);
					had->took |= took;
					for (; w->spots[step].before != NO_NODE; step = w->spots[step].before) {
						meet(p, had, w->spots[step].state);
						had->took |= a->took[w->spots[step].class];
					}
					*place = way->target;
					*s = arc->target;
					return true;
				}
				add_spot(w, way->target, arc->target, class_of_arc(arc), (uint32_t)at);
			}
	}
	return false;
}

static bool add_cycle(struct wave *w, uint64_t **inside, uint32_t place, uint32_t s)
{
	struct product *p = w->p;
	struct had had = { 0, 0, 0 };
	uint32_t here_place = place, here = s;
	const uint64_t stem = p->line_length;

	meet(p, &had, s);
	for (;;) {
		const bool enough = !(p->a->required & ~(had.idle | had.took)) && !(had.strong & ~had.took);

		if (enough && here_place == place && here == s && p->line_length > stem)
			return true;
		if (!go_on(w, inside, &had, &here_place, &here, place, s))
			return false;
	}
}

/*
 * A shortest path from an initial state to a good node and, unless a behaviour may end there, a fair cycle through it: 1 if
 * there is one, 0 if not; what it is tells product_line.  With `path_only` there is no cycle.  Then an enum built is in `status`.
 */
int product_lasso(struct product *p, const uint32_t *initial, uint64_t n, int path_only, int *status)
{
	uint64_t **inside = NULL, at = NONE;
	struct wave w;

	if (wave_begin(&w, p))
		at = first_good(&w, initial, n);
	if (at != NONE) {
		const uint32_t place = w.spots[at].place, s = w.spots[at].state;
		uint64_t begin = at;

		while (w.spots[begin].before != NO_NODE)
			begin = w.spots[begin].before;
		p->line_length = 0;
		if (line_add(p, w.spots[begin].state, 0) && add_way(&w, at))
			p->stem = p->line_length - 1;
		if (!path_only && !may_end(p, place, s) && !p->g->stop) {
			const bool only_one = p->parts[p->a->core[place]] == 1;

			inside = only_one ? NULL : bitmaps(p->a->places, p->g->n);
			if (inside)
				component_of(p, place, s, inside);
			else if (!only_one)
				p->g->stop = NO_ROOM;
			if (!p->g->stop && !add_cycle(&w, only_one ? p->good : inside, place, s) && !p->g->stop)
				p->g->stop = LOST;
		}
	}
	free_bitmaps(inside, p->a->places);
	wave_end(&w);
	*status = p->g->stop;
	return at != NONE;
}

/* The states of what product_lasso found, first the initial one, and the class of the step to each; how many there are. */
uint64_t product_line(const struct product *p, const uint32_t **states, const uint16_t **classes, uint64_t *stem)
{
	*states = p->line;
	*classes = p->line_class;
	*stem = p->stem;
	return p->line_length;
}
