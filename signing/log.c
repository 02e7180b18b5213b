/* signing/log.c: see log.h. */
#include "signing/log.h"

#include <stdlib.h>
#include <string.h>

#include "sql/election.h"

struct log_tree {
	int64_t origin_id;
	bool valid; /* edge and bundle are those of a committed tree */
	struct merkle_edge edge;
	struct buf bundle; /* the entries of the partial bundle */
	/* Of the search, see log.h: all that is at or below low is done. */
	int64_t low;
	int64_t seen, transaction; /* low may be `seen` when `transaction` has ended; 0: none yet */
};

struct log_tree *log_tree_new(void)
{
	return mem_alloc(sizeof(struct log_tree));
}

void log_tree_free(struct log_tree *t)
{
	if (!t)
		return;
	buf_free(&t->bundle);
	free(t);
}

/* ---- the edge ---- */

struct edges {
	struct log_edge rows[LOG_EDGES_MAX];
	size_t count;
};

static const struct log_edge *find_edge(
    const struct edges *edges, int64_t level, uint64_t index, unsigned width)
{
	for (size_t i = 0; i < edges->count; i++)
		if (edges->rows[i].level == level && edges->rows[i].index == (int64_t)index &&
		    edges->rows[i].width >= width)
			return &edges->rows[i];
	return NULL;
}

static struct status read_edge(void *context, const struct tile *tile,
    struct merkle_hash ret_hashes[static TILE_WIDTH], struct err *err)
{
	const struct log_edge *e = find_edge(context, tile->level, tile->index, tile->width);

	if (!e || e->bytes.n < tile->width * sizeof(struct merkle_hash))
		return err_set(
		    err, ERR_INTERNAL, "the right edge of the log lacks level %u", tile->level);
	memcpy(ret_hashes, e->bytes.p, tile->width * sizeof(struct merkle_hash));
	return STATUS_OK;
}

static struct status load_bundle(
    struct log_tree *t, const struct edges *edges, uint64_t size, struct err *err)
{
	unsigned width = (unsigned)(size % TILE_WIDTH);
	const struct log_edge *e = find_edge(edges, -1, size / TILE_WIDTH, width);
	struct span cut;

	buf_reset(&t->bundle);
	if (width == 0)
		return STATUS_OK;
	if (!e)
		return err_set(err, ERR_INTERNAL, "the last entry bundle of the log is missing");
	TRY(bundle_cut(e->bytes, width, &cut, err));
	buf_put(&t->bundle, cut);
	return STATUS_OK;
}

/* A tree that does not hash to its root was changed by somebody: nothing is built on it. */
static struct status load(
    struct log_tree *t, struct db *db, const struct log_state *state, struct err *err)
{
	AUTO(arena) arena = {0};
	struct edges edges;
	const struct merkle_source source = {read_edge, &edges};
	struct merkle_hash root;

	if (t->valid && t->origin_id == state->origin_id && t->edge.size == (uint64_t)state->size)
		root = merkle_edge_root(&t->edge);
	else {
		t->valid = false;
		TRY(log_edges_read(db, state->origin_id, &arena, edges.rows, &edges.count, err));
		TRY(merkle_edge_load(&source, (uint64_t)state->size, &t->edge, err));
		TRY(load_bundle(t, &edges, (uint64_t)state->size, err));
		root = merkle_edge_root(&t->edge);
	}
	if (memcmp(root.b, state->root.bytes, sizeof(root.b)) != 0)
		return err_set(err, ERR_INTERNAL,
		    "the stored tree of log %s does not have its root: it was changed",
		    state->name);
	t->origin_id = state->origin_id;
	t->valid = true;
	return STATUS_OK;
}

/* ---- what a batch changes ---- */

struct changes {
	struct arena *arena;
	struct log_tiles full;
	struct log_edge edges[LOG_EDGES_MAX];
	size_t edge_count;
};

static void add_full(struct changes *c, int64_t level, uint64_t index, struct span bytes)
{
	struct log_tiles *f = &c->full;

	/* Counted beforehand: a batch fills a known number of tiles at most. */
	if (f->count == f->room)
		abort();
	f->levels[f->count] = level;
	f->indexes[f->count] = (int64_t)index;
	f->bytes[f->count++] = bytes;
}

static void set_edge(
    struct changes *c, int64_t level, uint64_t index, unsigned width, struct span bytes)
{
	if (c->edge_count == LOG_EDGES_MAX)
		abort(); /* one a level */
	c->edges[c->edge_count++] = (struct log_edge){level, (int64_t)index, width, bytes};
}

static struct status write_tile(
    void *context, const struct tile *tile, const struct merkle_hash *hashes, struct err *err)
{
	struct changes *c = context;
	struct span bytes =
	    arena_copy(c->arena, span(hashes, tile->width * sizeof(struct merkle_hash)));

	(void)err;
	if (tile->width == TILE_WIDTH)
		add_full(c, tile->level, tile->index, bytes);
	else
		set_edge(c, tile->level, tile->index, tile->width, bytes);
	return STATUS_OK;
}

static struct status add_bundles(
    struct log_tree *t, const struct log_waiting *w, struct changes *c, struct err *err)
{
	uint64_t size = t->edge.size;

	for (size_t i = 0; i < w->count; i++) {
		TRY(bundle_put(w->entries[i], &t->bundle, err));
		if (++size % TILE_WIDTH)
			continue;
		add_full(c, -1, size / TILE_WIDTH - 1, arena_copy(c->arena, buf_span(&t->bundle)));
		buf_reset(&t->bundle);
	}
	if (size % TILE_WIDTH)
		set_edge(
		    c, -1, size / TILE_WIDTH, (unsigned)(size % TILE_WIDTH), buf_span(&t->bundle));
	return STATUS_OK;
}

static void make_room(struct changes *c, size_t entries)
{
	/* Bundles and tiles of level 0, a 256th of that above it, and one more on each level. */
	c->full.room = 3 * (entries / TILE_WIDTH + 1) + TILE_LEVELS;
	c->full.levels = arena_alloc(c->arena, c->full.room * sizeof(*c->full.levels));
	c->full.indexes = arena_alloc(c->arena, c->full.room * sizeof(*c->full.indexes));
	c->full.bytes = arena_alloc(c->arena, c->full.room * sizeof(*c->full.bytes));
}

static struct status append(
    struct log_tree *t, const struct log_waiting *w, struct changes *c, struct err *err)
{
	const struct merkle_sink sink = {write_tile, c};
	struct merkle_hash *leaves = arena_alloc(c->arena, w->count * sizeof(*leaves));

	make_room(c, w->count);
	for (size_t i = 0; i < w->count; i++)
		leaves[i] = merkle_leaf(w->entries[i]);
	TRY(add_bundles(t, w, c, err));
	return merkle_edge_append(&t->edge, leaves, w->count, &sink, err);
}

static struct status write_changes(struct db *db, const struct log_state *state,
    const struct log_waiting *w, const struct changes *c, struct err *err)
{
	TRY(log_leaves_add(db, state->origin_id, state->size, w->ids, w->count, err));
	TRY(log_tiles_add(db, state->origin_id, &c->full, err));
	return log_edges_put(db, state->origin_id, c->edges, c->edge_count, err);
}

struct status log_grow_by(struct log_tree *t, struct db *db, const struct log_state *state,
    const struct log_waiting *entries, int64_t settled, int64_t copied, bool *ret_grown,
    int64_t *ret_transaction, struct err *err)
{
	AUTO(arena) arena = {0};
	struct changes c = {.arena = &arena};
	struct log_growth growth = {.origin_id = state->origin_id,
	    .old_size = state->size,
	    .size = state->size + (int64_t)entries->count,
	    .settled = settled,
	    .copied = copied};
	struct merkle_hash root;
	bool grown;

	TRY(load(t, db, state, err));
	t->valid = false; /* until it is committed */
	TRY(append(t, entries, &c, err));
	root = merkle_edge_root(&t->edge);
	memcpy(growth.root.bytes, root.b, sizeof(root.b));
	TRY(log_grow(db, &growth, &grown, ret_transaction, err));
	if (grown)
		TRY(write_changes(db, state, entries, &c, err));
	*ret_grown = grown;
	return STATUS_OK;
}

/* ---- a round ---- */

static void settle(struct log_tree *t, int64_t upto)
{
	if (upto > t->low)
		t->low = upto;
	if (t->low >= t->seen)
		t->transaction = 0; /* another node was ahead */
}

/* Another log than before: what was known of the search was of the old one. */
static void follow(struct log_tree *t, const struct log_state *state)
{
	if (t->origin_id != state->origin_id) {
		t->valid = false;
		t->low = t->seen = t->transaction = 0;
		t->origin_id = state->origin_id;
	}
	settle(t, state->settled);
}

/* Every transaction that was there when `seen` was seen has ended: what it wrote shows now. */
static bool has_ended(const struct log_tree *t, const struct log_state *state)
{
	return t->transaction && state->horizon > t->transaction;
}

static int64_t largest(const struct log_waiting *w)
{
	int64_t most = 0;

	for (size_t i = 0; i < w->count; i++)
		if (w->ids[i] > most)
			most = w->ids[i];
	return most;
}

static bool copies(const struct log_state *state)
{
	return state->copied < state->predecessor_size;
}

/* What comes next, and how far is settled when it is done. */
static struct status next_entries(struct log_tree *t, struct db *db, const struct log_state *state,
    struct arena *arena, struct log_waiting *ret_entries, int64_t *ret_settled, int64_t *ret_copied,
    struct err *err)
{
	int64_t left = state->predecessor_size - state->copied;

	*ret_settled = t->low;
	*ret_copied = state->copied;
	if (copies(state)) {
		*ret_copied += left < LOG_BATCH_MAX ? left : LOG_BATCH_MAX;
		return log_copied_read(db, state->predecessor_id, state->copied, LOG_BATCH_MAX,
		    arena, ret_entries, err);
	}
	TRY(log_waiting_read(db, state->origin_id, t->low, LOG_BATCH_MAX, arena, ret_entries, err));
	if (has_ended(t, state)) {
		/* Ids rise: below the last one of a full batch nothing is left. */
		int64_t last = largest(ret_entries);

		*ret_settled =
		    ret_entries->count < LOG_BATCH_MAX || last > t->seen ? t->seen : last;
	}
	return STATUS_OK;
}

/* Committed: what was read of it is now how things are. */
static void remember(
    struct log_tree *t, const struct log_waiting *entries, int64_t settled, int64_t transaction)
{
	int64_t last = largest(entries);

	t->valid = true;
	settle(t, settled);
	if (t->transaction == 0 && last > t->low) {
		t->seen = last;
		t->transaction = transaction;
	}
}

static struct status grow(struct log_tree *t, struct db *db, struct arena *arena,
    struct log_round *round, struct err *err)
{
	struct log_waiting entries;
	int64_t settled, copied, transaction;
	bool elected, grown = false;

	TRY(election_try(db, ELECTION_LOG, &elected, err));
	round->busy = !elected;
	if (!elected)
		return STATUS_OK;
	TRY(log_state_read(db, arena, &round->state, err));
	follow(t, &round->state);
	TRY(next_entries(t, db, &round->state, arena, &entries, &settled, &copied, err));
	if (entries.count == 0 && copied == round->state.copied)
		return STATUS_OK;
	TRY(log_grow_by(
	    t, db, &round->state, &entries, settled, copied, &grown, &transaction, err));
	round->busy = !grown;
	if (!grown)
		return STATUS_OK;
	TRY(db_commit(db, err));
	remember(t, &entries, settled, transaction);
	round->added = entries.count;
	round->more = entries.count == LOG_BATCH_MAX || copied < round->state.predecessor_size;
	return STATUS_OK;
}

/* Anything to do? Where not, and all is over that could still come, the search moves on. */
static struct status look(struct log_tree *t, struct db *db, struct arena *arena,
    struct log_state *ret_state, bool *ret_work, struct err *err)
{
	struct log_waiting any;

	TRY(log_state_read(db, arena, ret_state, err));
	*ret_work = false;
	if (ret_state->origin_id == 0)
		return STATUS_OK;
	follow(t, ret_state);
	*ret_work = copies(ret_state);
	if (*ret_work)
		return STATUS_OK;
	TRY(log_waiting_read(db, ret_state->origin_id, t->low, 1, arena, &any, err));
	*ret_work = any.count > 0;
	if (!*ret_work && has_ended(t, ret_state))
		settle(t, t->seen);
	return STATUS_OK;
}

struct status log_integrate(struct log_tree *t, struct db *db, struct arena *arena,
    struct log_round *ret_round, struct err *err)
{
	struct log_round round = {0};
	struct status done;
	bool work = false; /* read only where look() came back well, which gcc does not see */

	TRY(look(t, db, arena, &round.state, &work, err));
	if (work) {
		TRY(db_begin(db, err));
		done = grow(t, db, arena, &round, err);
		db_rollback(db); /* nothing, when it was committed */
		TRY(done);
		TRY(log_state_read(db, arena, &round.state, err));
	}
	*ret_round = round;
	return STATUS_OK;
}
