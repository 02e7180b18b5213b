/* sql/log_tree.c: see log_tree.h. */
#include "sql/log_tree.h"

#include <string.h>

#include "sql/db_internal.h"

struct status log_origin_start(struct db *db, const char *name, const char *vkey, struct err *err)
{
	const struct sql_param params[] = {sql_text(name), sql_text(vkey)};

	return sql_run(db, STATEMENT_log_origin_start, params, COUNT(params), NULL, err);
}

static const char *text_at(const struct sql_result *r, int column, struct arena *arena)
{
	const char *text = sql_get_text(r, 0, column);

	return text ? arena_strdup(arena, text) : NULL;
}

struct status log_state_read(
    struct db *db, struct arena *arena, struct log_state *ret_state, struct err *err)
{
	AUTO(sql_result) r = {0};
	struct log_state s = {.published = -1, .checkpoint = -1};

	TRY(sql_run(db, STATEMENT_log_state, NULL, 0, &r, err));
	if (sql_rows(&r) > 0) {
		s.origin_id = sql_get_int(&r, 0, 0);
		s.name = text_at(&r, 1, arena);
		s.vkey = text_at(&r, 2, arena);
		s.predecessor_id = sql_get_int(&r, 0, 3);
		s.predecessor = text_at(&r, 4, arena);
		s.size = sql_get_int(&r, 0, 5);
		TRY(sql_get_digest(&r, 0, 6, &s.root, err));
		s.settled = sql_get_int(&r, 0, 7);
		s.copied = sql_get_int(&r, 0, 8);
		s.published = sql_get_int(&r, 0, 9);
		s.checkpoint = sql_get_int(&r, 0, 10);
		s.horizon = sql_get_int(&r, 0, 11);
		s.predecessor_size = sql_get_int(&r, 0, 12);
		s.started_at = sql_get_time(&r, 0, 13);
	}
	*ret_state = s;
	return STATUS_OK;
}

struct status log_predecessors_read(
    struct db *db, struct arena *arena, const char ***ret_notes, size_t *ret_count, struct err *err)
{
	AUTO(sql_result) r = {0};
	const char **notes;
	size_t n;

	TRY(sql_run(db, STATEMENT_log_predecessors, NULL, 0, &r, err));
	n = (size_t)sql_rows(&r);
	notes = arena_alloc(arena, n * sizeof(*notes));
	for (size_t i = 0; i < n; i++)
		notes[i] = arena_strdup(arena, sql_get_text(&r, (int)i, 0));
	*ret_notes = notes;
	*ret_count = n;
	return STATUS_OK;
}

/* ---- entries ---- */

static struct status read_entries(struct db *db, enum sql_statement statement,
    const struct sql_param *params, size_t n, struct arena *arena, struct log_waiting *ret_waiting,
    struct err *err)
{
	AUTO(sql_result) r = {0};
	struct log_waiting w = {0};

	TRY(sql_run(db, statement, params, n, &r, err));
	w.count = (size_t)sql_rows(&r);
	w.ids = arena_alloc(arena, w.count * sizeof(*w.ids));
	w.entries = arena_alloc(arena, w.count * sizeof(*w.entries));
	for (size_t i = 0; i < w.count; i++) {
		w.ids[i] = sql_get_int(&r, (int)i, 0);
		w.entries[i] = arena_copy(arena, sql_get_bytes(&r, (int)i, 1));
	}
	*ret_waiting = w;
	return STATUS_OK;
}

struct status log_waiting_read(struct db *db, int64_t origin_id, int64_t settled, int64_t most,
    struct arena *arena, struct log_waiting *ret_waiting, struct err *err)
{
	const struct sql_param params[] = {sql_int(origin_id), sql_int(settled), sql_int(most)};

	return read_entries(
	    db, STATEMENT_log_waiting, params, COUNT(params), arena, ret_waiting, err);
}

struct status log_copied_read(struct db *db, int64_t predecessor_id, int64_t copied, int64_t most,
    struct arena *arena, struct log_waiting *ret_waiting, struct err *err)
{
	const struct sql_param params[] = {sql_int(predecessor_id), sql_int(copied), sql_int(most)};

	return read_entries(
	    db, STATEMENT_log_copied, params, COUNT(params), arena, ret_waiting, err);
}

/* ---- growing ---- */

struct status log_grow(struct db *db, const struct log_growth *growth, bool *ret_grown,
    int64_t *ret_transaction, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int(growth->origin_id), sql_int(growth->old_size),
	    sql_int(growth->size), sql_digest(&growth->root), sql_int(growth->settled),
	    sql_int(growth->copied)};

	TRY(sql_run(db, STATEMENT_log_grow, params, COUNT(params), &r, err));
	*ret_grown = sql_rows(&r) == 1;
	*ret_transaction = *ret_grown ? sql_get_int(&r, 0, 0) : 0;
	return STATUS_OK;
}

struct status log_leaves_add(
    struct db *db, int64_t origin_id, int64_t index, const int64_t *ids, size_t n, struct err *err)
{
	AUTO(buf) room = {0};
	const struct sql_param params[] = {
	    sql_int(origin_id), sql_int(index), sql_array_int(&room, ids, n)};

	return sql_run(db, STATEMENT_log_leaves_add, params, COUNT(params), NULL, err);
}

struct status log_tiles_add(
    struct db *db, int64_t origin_id, const struct log_tiles *tiles, struct err *err)
{
	AUTO(buf) levels = {0};
	AUTO(buf) indexes = {0};
	AUTO(buf) bytes = {0};
	const struct sql_param params[] = {sql_int(origin_id),
	    sql_array_int(&levels, tiles->levels, tiles->count),
	    sql_array_int(&indexes, tiles->indexes, tiles->count),
	    sql_array_bytes(&bytes, tiles->bytes, tiles->count)};

	if (tiles->count == 0)
		return STATUS_OK;
	return sql_run(db, STATEMENT_log_tiles_add, params, COUNT(params), NULL, err);
}

struct status log_edges_put(
    struct db *db, int64_t origin_id, const struct log_edge *edges, size_t n, struct err *err)
{
	AUTO(buf) level_room = {0};
	AUTO(buf) index_room = {0};
	AUTO(buf) width_room = {0};
	AUTO(buf) bytes_room = {0};
	int64_t levels[LOG_EDGES_MAX], indexes[LOG_EDGES_MAX], widths[LOG_EDGES_MAX];
	struct span bytes[LOG_EDGES_MAX];

	if (n == 0)
		return STATUS_OK;
	for (size_t i = 0; i < n; i++) {
		levels[i] = edges[i].level;
		indexes[i] = edges[i].index;
		widths[i] = edges[i].width;
		bytes[i] = edges[i].bytes;
	}
	const struct sql_param params[] = {sql_int(origin_id),
	    sql_array_int(&level_room, levels, n), sql_array_int(&index_room, indexes, n),
	    sql_array_int(&width_room, widths, n), sql_array_bytes(&bytes_room, bytes, n)};
	return sql_run(db, STATEMENT_log_edges_put, params, COUNT(params), NULL, err);
}

struct status log_edges_read(struct db *db, int64_t origin_id, struct arena *arena,
    struct log_edge ret_edges[static LOG_EDGES_MAX], size_t *ret_count, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int(origin_id)};
	size_t n;

	TRY(sql_run(db, STATEMENT_log_edges, params, COUNT(params), &r, err));
	n = (size_t)sql_rows(&r); /* by the table's own rules at most LOG_EDGES_MAX */
	for (size_t i = 0; i < n && i < LOG_EDGES_MAX; i++)
		ret_edges[i] = (struct log_edge){
		    .level = sql_get_int(&r, (int)i, 0),
		    .index = sql_get_int(&r, (int)i, 1),
		    .width = sql_get_int(&r, (int)i, 2),
		    .bytes = arena_copy(arena, sql_get_bytes(&r, (int)i, 3)),
		};
	*ret_count = n;
	return STATUS_OK;
}

/* ---- reading ---- */

struct status log_tile_read(struct db *db, int64_t origin_id, int64_t level, int64_t index,
    int64_t width, struct arena *arena, struct span *ret_bytes, int64_t *ret_width, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int(origin_id), sql_int(level), sql_int(index)};

	TRY(sql_run(db, STATEMENT_log_tile, params, COUNT(params), &r, err));
	if (sql_rows(&r) != 1 || sql_get_int(&r, 0, 1) < width)
		return err_set(err, ERR_MISSING, "the log has no such tile");
	*ret_bytes = arena_copy(arena, sql_get_bytes(&r, 0, 0));
	*ret_width = sql_get_int(&r, 0, 1);
	return STATUS_OK;
}

/* ---- checkpoints ---- */

struct status log_checkpoint_publish(
    struct db *db, int64_t origin_id, int64_t size, struct err *err)
{
	const struct sql_param params[] = {sql_int(origin_id), sql_int(size)};

	return sql_run(db, STATEMENT_log_checkpoint_publish, params, COUNT(params), NULL, err);
}

struct status log_checkpoint_add(struct db *db, int64_t origin_id,
    const struct log_checkpoint_row *row, bool publish, struct err *err)
{
	const struct sql_param add[] = {
	    sql_int(origin_id), sql_int(row->size), sql_digest(&row->root), sql_text(row->note)};
	const struct sql_param show[] = {sql_int(origin_id), sql_int(row->size)};
	struct sql_call calls[] = {
	    {.statement = STATEMENT_log_checkpoint_add, .params = add, .n = COUNT(add)},
	    {.statement = STATEMENT_log_checkpoint_publish, .params = show, .n = COUNT(show)},
	};
	struct status done = sql_run_all(db, calls, publish ? 2 : 1, err);

	sql_result_free(&calls[0].result);
	sql_result_free(&calls[1].result);
	return done;
}

struct status log_checkpoint_read(struct db *db, int64_t origin_id, int64_t size,
    struct arena *arena, struct log_checkpoint_row *ret_row, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int(origin_id), sql_int(size)};
	struct log_checkpoint_row row;

	TRY(sql_run(db, STATEMENT_log_checkpoint, params, COUNT(params), &r, err));
	if (sql_rows(&r) != 1)
		return err_set(err, ERR_MISSING, "the log has no checkpoint yet");
	row.size = sql_get_int(&r, 0, 0);
	TRY(sql_get_digest(&r, 0, 1, &row.root, err));
	row.note = text_at(&r, 2, arena);
	row.cosignatures = text_at(&r, 3, arena);
	*ret_row = row;
	return STATUS_OK;
}

struct status log_checkpoint_thin(struct db *db, int64_t *ret_gone, struct err *err)
{
	AUTO(sql_result) r = {0};

	TRY(sql_run(db, STATEMENT_log_checkpoint_thin, NULL, 0, &r, err));
	*ret_gone = sql_get_int(&r, 0, 0);
	return STATUS_OK;
}
