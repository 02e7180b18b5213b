/* sql/service_key.c: see service_key.h. */
#include "sql/service_key.h"

#include "sql/db_internal.h"

/* An advisory lock of our own space, beside those of sql/election.c. */
#define LOCK_SPACE 0x53676b79 /* "Sgky" */

static void row_of(
    const struct sql_result *r, int row, struct arena *arena, struct service_key_row *ret)
{
	const char *issuer = sql_get_text(r, row, 4);

	*ret = (struct service_key_row){
	    .id = sql_get_int(r, row, 0),
	    .purpose = arena_strdup(arena, sql_get_text(r, row, 1)),
	    .key_uri = arena_strdup(arena, sql_get_text(r, row, 2)),
	    .spki = arena_copy(arena, sql_get_bytes(r, row, 3)),
	    .issuer = issuer ? arena_strdup(arena, issuer) : NULL,
	    .created_at = sql_get_time(r, row, 5),
	    .retired_at = sql_get_time(r, row, 6),
	};
}

struct status service_key_list(struct db *db, const char *purpose, struct arena *arena,
    struct service_key_row **ret_rows, size_t *ret_count, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_text(purpose)};
	struct service_key_row *rows;
	int n;

	TRY(sql_run(db, STATEMENT_service_key_list, params, COUNT(params), &r, err));
	n = sql_rows(&r);
	rows = arena_alloc(arena, (size_t)n * sizeof(*rows));
	for (int i = 0; i < n; i++)
		row_of(&r, i, arena, &rows[i]);
	*ret_rows = rows;
	*ret_count = (size_t)n;
	return STATUS_OK;
}

struct status service_key_lock(struct db *db, struct err *err)
{
	const struct sql_param params[] = {sql_int4(LOCK_SPACE), sql_int4(1)};

	return sql_run(db, STATEMENT_service_key_lock, params, COUNT(params), NULL, err);
}

struct status service_key_insert(
    struct db *db, const struct service_key_row *row, int64_t *ret_id, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_text(row->purpose), sql_text(row->key_uri),
	    sql_bytes(row->spki), sql_text(row->issuer), sql_time(row->created_at)};

	TRY(sql_run(db, STATEMENT_service_key_insert, params, COUNT(params), &r, err));
	*ret_id = sql_get_int(&r, 0, 0);
	return STATUS_OK;
}

struct status service_key_retire(struct db *db, int64_t id, int64_t now, struct err *err)
{
	const struct sql_param params[] = {sql_int(id), sql_time(now)};

	return sql_run(db, STATEMENT_service_key_retire, params, COUNT(params), NULL, err);
}
