/* Making a graph, and what the driver reads from it. */

static void recorders_free(struct graph *g)
{
	for (unsigned i = 0; g->recorders && i < g->threads; i++) {
		release(&g->recorders[i].worker.now.range);
		release(&g->recorders[i].worker.next.range);
		release(&g->recorders[i].now.range);
		release(&g->recorders[i].next.range);
	}
	free(g->recorders);
	g->recorders = NULL;
}

void graph_free(struct graph *g)
{
	recorders_free(g);
	release(&g->range);
	free((void *)g->numbers);
	free(g->places);
	free(g->vertices);
	free(g->labels);
	free(g);
}

/* The graph of a search that has ended; `class_of` each step, by number, must stay where it is.  NULL without memory. */
struct graph *graph_new(struct search *search, const uint16_t *class_of)
{
	struct graph *g = search->table.lost ? NULL : calloc(1, sizeof(*g));
	uint64_t most;

	if (!g)
		return NULL;
	g->search = search;
	g->threads = search->count < FEW ? 1 : search->threads;
	most = search->count + (uint64_t)SPARES * g->threads;
	if (places(&search->table) < UNNUMBERED)
		g->numbers = in_huge_pages(places(&search->table) * sizeof(*g->numbers));
	g->vertices = in_huge_pages(most * sizeof(*g->vertices));
	g->labels = calloc(most, LABEL_BYTES);
	g->range = reserve(HUGE_PAGE);
	g->recorders = calloc(g->threads, sizeof(*g->recorders));
	if (!g->numbers || !g->vertices || !g->labels || !g->range.start || !g->recorders ||
	    most >= NOT_EXPANDED) {
		graph_free(g);
		return NULL;
	}
	memset((void *)g->numbers, 0xff, places(&search->table) * sizeof(*g->numbers));
	memset(g->vertices, 0xff, most * sizeof(*g->vertices));
	g->arcs = begin(&g->range);
	for (unsigned i = 0; i < g->threads; i++) {
		struct recorder *r = &g->recorders[i];

		r->graph = g;
		r->class_of = class_of;
		r->open = OUTSIDE;
		r->worker.table = &search->table;
		r->worker.flush = write_down;
		for (int k = 0; k < 1 << RECENT_BITS; k++)
			r->recent[k] = SOMEWHERE;
	}
	return g;
}

/* Adds an initial state; call it for all of them before graph_build.  Its number, or OUTSIDE where it was not expanded. */
uint32_t graph_start(struct graph *g, const uint64_t *words)
{
	struct recorder *r = g->recorders;
	enum outcome outcome;
	uint8_t *entry;
	uint32_t place;
	state s;

	memcpy(&s, words, sizeof(s));
	if (!queue_room(&r->worker.next, 1) || !numbers_room(&r->next)) {
		g->stop = NO_ROOM;
		return OUTSIDE;
	}
	outcome = find(&g->search->table, &s, key_of(&s), 0, false, &entry);
	if (outcome != KNOWN && spill_number(&g->search->table, &s, key_of(&s)) == NONE)
		return OUTSIDE;
	place = place_if_expanded(g, &s, key_of(&s), outcome, entry);
	return place == OUTSIDE ? OUTSIDE : number_of(r, place, &s);
}

/* Writes the steps down, in not much more than `bytes` bytes. */
int graph_build(struct graph *g, uint64_t bytes)
{
	const uint64_t most = extent(&g->range) < bytes ? extent(&g->range) : bytes;

	g->room = most / sizeof(struct arc) < NOT_EXPANDED ? most / sizeof(struct arc) : NOT_EXPANDED;
	for (next_layer_of_graph(g); g->layer_size && !g->stop; next_layer_of_graph(g))
		together(g->layer_size < FEW ? 1 : g->threads, record_layer, g->recorders, sizeof(*g->recorders));
	g->n = g->given;
	for (unsigned i = 0; i < g->threads; i++) {
		struct recorder *r = &g->recorders[i];

		g->written += r->written;
		g->ends |= r->ends;
		for (; r->spares; r->spares--)
			g->vertices[r->spare++].first = NOT_EXPANDED;
	}
	if (!g->stop && g->search->complete && g->states != g->search->count)
		g->stop = LOST;
	recorders_free(g);
	return g->stop;
}

/* Ends what is being done with the graph, soon. */
void graph_stop(struct graph *g)
{
	int none = BUILT;

	atomic_compare_exchange_strong(&g->stop, &none, STOPPED);
}

/* How much memory, in bytes, whatever is done with the graph may take. */
void graph_leave(struct graph *g, uint64_t bytes)
{
	g->spare = bytes;
}

/* How many steps were written down. */
uint64_t graph_arcs(const struct graph *g)
{
	return g->written;
}

/* Makes bit i of each state's label what bit `bits[i]` of all its labels is. */
void graph_select(struct graph *g, unsigned n, const uint32_t *bits)
{
	for (uint64_t s = 0; s < g->n; s++) {
		const uint8_t *labels = g->labels + LABEL_BYTES * s;
		unsigned label = 0;

		for (unsigned i = 0; i < n; i++)
			label |= (unsigned)(labels[bits[i] / 8] >> bits[i] % 8 & 1) << i;
		g->vertices[s].label = label;
	}
}

/* The state with this number.  Without memory, or such a state, false. */
int graph_state(struct graph *g, uint32_t number, uint64_t *words)
{
	const struct table *t = &g->search->table;
	uint64_t depth;
	state s;

	if (!g->places) {
		g->places = malloc((g->n + 1) * sizeof(*g->places));
		if (!g->places)
			return false;
		memset(g->places, 0xff, (g->n + 1) * sizeof(*g->places));
		for (uint64_t place = 0; place < places(t); place++)
			if (g->numbers[place] != UNNUMBERED)
				g->places[g->numbers[place]] = (uint32_t)place;
	}
	if (number >= g->n || g->places[number] == UNNUMBERED)
		return false;
	state_in(t, g->places[number], &s, &depth);
	memcpy(words, &s, sizeof(s));
	return true;
}
