/*
 * Writing down the steps.  The table is at rest by now; the states are gone through once more, layer by layer as they were
 * found, which is several times as fast as in the order of the table: neighbours take the same ways through the code, and lead
 * to the same states.  In this order they are numbered.
 */

static bool numbers_room(struct numbers *numbers)
{
	if (!numbers->at) {
		numbers->range = reserve(HUGE_PAGE);
		if (!numbers->range.start)
			return false;
		numbers->at = begin(&numbers->range);
	}
	return true;
}

/* The number of the state in this place; where it has none it gets one, and will be expanded. */
static uint32_t number_of(struct recorder *r, uint32_t place, const state *s)
{
	struct graph *g = r->graph;
	uint32_t number = atomic_load_explicit(&g->numbers[place], memory_order_relaxed);

	if (number != UNNUMBERED)
		return number;
	if (!r->spares) {
		r->spare = (uint32_t)atomic_fetch_add(&g->given, SPARES);
		r->spares = SPARES;
	}
	if (!atomic_compare_exchange_strong(&g->numbers[place], &number, r->spare))
		return number;
	number = r->spare++;
	r->spares--;
	copy(&r->worker.next.s[r->worker.next.n], s);
	r->next.at[r->worker.next.n++] = number;
	return number;
}

static void close_state(struct recorder *r)
{
	if (r->open != OUTSIDE && r->at > r->opened) {
		r->graph->arcs[r->at - 1].class |= LAST;
		r->graph->vertices[r->open].first = (uint32_t)r->opened;
		r->written += r->at - r->opened;
	}
	r->opened = r->at;
	r->open = OUTSIDE;
}

/* Another share, where what has been written of the state at hand goes first. */
static bool more_arcs(struct recorder *r)
{
	struct graph *g = r->graph;
	const uint64_t some = FANOUT + 1 > SHARE ? FANOUT + 1 : SHARE, open = r->at - r->opened;
	const uint64_t from = atomic_fetch_add(&g->shared, some);

	if (from + some > g->room) {
		g->stop = NO_ROOM;
		return false;
	}
	memcpy(&g->arcs[from], &g->arcs[r->opened], open * sizeof(struct arc));
	r->opened = from;
	r->at = from + open;
	r->end = from + some;
	return true;
}

static void append(struct recorder *r, uint32_t source, uint32_t target, uint16_t class)
{
	struct graph *g = r->graph;

	if (r->open != source) {
		close_state(r);
		r->open = source;
	}
	for (uint64_t k = r->opened; k < r->at; k++)
		if (g->arcs[k].target == target && g->arcs[k].class == class)
			return;
	r->ends |= target == OUTSIDE;
	if (r->at == r->end && !more_arcs(r))
		return;
	g->arcs[r->at++] = (struct arc){ target, class };
}

/* Looks up where the steps of the batch lead, as enter_all does, and writes them down. */
static void write_down(struct worker *x)
{
	struct recorder *r = (struct recorder *)x;
	struct graph *g = r->graph;
	const struct table *t = x->table;
	struct item items[BATCH];
	unsigned sought[BATCH], slots[BATCH], n = 0, looked_up = 0;

	for (unsigned i = 0; i < x->batch.n; i++) {
		const state *s = &x->batch.s[i];
		struct item *item = &items[n];
		unsigned slot;

		if (r->target[i] != SOMEWHERE)
			continue;
		item->key = key_of(s);
		slot = (unsigned)(item->key >> (KEY_BITS - RECENT_BITS));
		if (r->recent[slot] != SOMEWHERE && same(s, &x->recent[slot])) {
			r->target[i] = r->recent[slot];
			continue;
		}
		item->number = i;
		item->home = home_of(t, item->key);
		prefetch(bucket_at(t, item->home));
		encode(t, s, item->key, item->e);
		sought[n] = i;
		slots[n++] = slot;
	}
	looked_up = n;
	for (unsigned displacement = 0; n; displacement++) {
		unsigned left = 0;

		for (unsigned i = 0; i < n; i++) {
			struct item *item = &items[i];
			uint8_t *entry;
			const enum outcome outcome = look(t, item->e, item->home, displacement, 0, true, false, &entry);

			if (outcome == FULL && displacement + 1 < REACH) {
				prefetch(bucket_at(t, item->home ^ (displacement + 1)));
				items[left++] = *item;
			} else {
				const uint32_t place =
					place_if_expanded(g, &x->batch.s[item->number], item->key, outcome, entry);

				r->target[item->number] = place;
				if (place != OUTSIDE)
					__builtin_prefetch((void *)&g->numbers[place]);
			}
		}
		n = left;
	}
	for (unsigned k = 0; k < looked_up; k++) {
		const unsigned i = sought[k];

		if (r->target[i] != OUTSIDE)
			r->target[i] = number_of(r, r->target[i], &x->batch.s[i]);
		copy(&x->recent[slots[k]], &x->batch.s[i]);
		r->recent[slots[k]] = r->target[i];
	}
	for (unsigned i = 0; i < x->batch.n && !g->stop; i++)
		append(r, r->source[i], r->target[i], r->class[i]);
}

/* The recorder with the state number `*index` of the layer, which becomes its number in that recorder's queue. */
static const struct recorder *holder(const struct graph *g, uint64_t *index)
{
	const struct recorder *r = g->recorders;

	while (*index >= r->worker.now.n)
		*index -= r++->worker.now.n;
	return r;
}

static void *record_layer(void *recorder)
{
	struct recorder *r = recorder;
	struct graph *g = r->graph;

	while (!g->stop) {
		uint64_t first, last;

		if (!queue_room(&r->worker.next, CHUNK * (uint64_t)FANOUT + BATCH) || !numbers_room(&r->next)) {
			g->stop = NO_ROOM;
			break;
		}
		first = atomic_fetch_add(&g->cursor, CHUNK);
		if (first >= g->layer_size)
			break;
		last = first + CHUNK < g->layer_size ? first + CHUNK : g->layer_size;
		for (uint64_t i = first; i < last; i++) {
			uint64_t index = i;
			const struct recorder *from = holder(g, &index);

			r->here = from->now.at[index];
			begin_state(&r->worker, &from->worker.now.s[index], g->depth);
			put_labels(&r->worker.source, g->labels + (uint64_t)LABEL_BYTES * r->here);
			successors(&r->worker, &r->worker.source);
		}
	}
	flush(&r->worker);
	close_state(r);
	return NULL;
}

/* What was found last becomes what is gone through next. */
static void next_layer_of_graph(struct graph *g)
{
	g->cursor = g->layer_size = 0;
	for (unsigned i = 0; i < g->threads; i++) {
		struct recorder *r = &g->recorders[i];
		const struct queue done = r->worker.now;
		const struct numbers numbers = r->now;

		r->worker.now = r->worker.next;
		r->now = r->next;
		r->worker.next = done;
		r->next = numbers;
		r->worker.next.n = 0;
		g->layer_size += r->worker.now.n;
	}
	g->states += g->layer_size;
	g->depth++;
}
