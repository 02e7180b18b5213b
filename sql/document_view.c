/* sql/document_view.c: see document_view.h. */
#include "sql/document_view.h"

#include "sql/db_internal.h"

static void read_row(
    const struct sql_result *r, int row, struct arena *arena, struct document_row *out)
{
	*out = (struct document_row){
	    .name = sql_get_copy(r, row, 0, arena),
	    .spec = arena_copy(arena, sql_get_bytes(r, row, 1)),
	    .version = sql_get_int(r, row, 2),
	    .updated_at = sql_get_time(r, row, 3),
	    .certificate = arena_copy(arena, sql_get_bytes(r, row, 4)),
	};
}

struct status document_list(struct db *db, const char *kind, const char *after, int64_t limit,
    struct arena *arena, struct document_row **ret_rows, size_t *ret_count, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {
	    sql_text(kind), sql_text(after ? after : ""), sql_int(limit)};
	struct document_row *rows;

	TRY(sql_run(db, STATEMENT_document_list, params, COUNT(params), &r, err));
	rows = arena_alloc(arena, (size_t)sql_rows(&r) * sizeof(*rows));
	for (int i = 0; i < sql_rows(&r); i++)
		read_row(&r, i, arena, &rows[i]);
	*ret_rows = rows;
	*ret_count = (size_t)sql_rows(&r);
	return STATUS_OK;
}

struct status document_get(struct db *db, const char *kind, const char *name, struct arena *arena,
    struct document_row *ret_row, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_text(kind), sql_text(name)};

	TRY(sql_run(db, STATEMENT_document_get, params, COUNT(params), &r, err));
	if (sql_rows(&r) == 0)
		return err_set(err, ERR_MISSING, "there is no %s '%.63s'", kind, name);
	read_row(&r, 0, arena, ret_row);
	return STATUS_OK;
}
