/* sql/refused_call.c: see refused_call.h. */
#include "sql/refused_call.h"

#include <inttypes.h>

#include "sql/db_internal.h"

struct status refused_call_add(
    struct db *db, const struct refused_call *row, int64_t *ret_id, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_time(row->at), sql_text(row->principal),
	    sql_text(row->method), sql_text(row->path), sql_int4((int32_t)row->status),
	    sql_text(row->code), sql_text(row->rule), sql_text(row->message), sql_text(row->advice),
	    sql_text(row->cause), sql_text(row->peer), sql_text(row->request_id)};

	TRY(sql_run(db, STATEMENT_refused_call_add, params, COUNT(params), &r, err));
	*ret_id = sql_get_int(&r, 0, 0);
	return STATUS_OK;
}

static void read_row(
    const struct sql_result *r, int row, struct arena *arena, struct refused_call *out)
{
	*out = (struct refused_call){
	    .id = sql_get_int(r, row, 0),
	    .at = sql_get_time(r, row, 1),
	    .principal = sql_get_copy(r, row, 2, arena),
	    .method = sql_get_copy(r, row, 3, arena),
	    .path = sql_get_copy(r, row, 4, arena),
	    .status = sql_get_int(r, row, 5),
	    .code = sql_get_copy(r, row, 6, arena),
	    .rule = sql_get_copy(r, row, 7, arena),
	    .message = sql_get_copy(r, row, 8, arena),
	    .advice = sql_get_copy(r, row, 9, arena),
	    .cause = sql_get_copy(r, row, 10, arena),
	    .peer = sql_get_copy(r, row, 11, arena),
	    .request_id = sql_get_copy(r, row, 12, arena),
	};
}

struct status refused_call_get(
    struct db *db, int64_t id, struct arena *arena, struct refused_call *ret_row, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int(id)};

	TRY(sql_run(db, STATEMENT_refused_call_get, params, COUNT(params), &r, err));
	if (sql_rows(&r) == 0)
		return err_set(err, ERR_MISSING, "there is no refused call %" PRId64, id);
	read_row(&r, 0, arena, ret_row);
	return STATUS_OK;
}

struct status refused_call_list(struct db *db, const struct refused_call_filter *filter,
    struct arena *arena, struct refused_call **ret_rows, size_t *ret_count, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int_or_null(filter->before),
	    sql_text(filter->principal), sql_text(filter->code), sql_int(filter->limit)};
	struct refused_call *rows;

	TRY(sql_run(db, STATEMENT_refused_call_list, params, COUNT(params), &r, err));
	rows = arena_alloc(arena, (size_t)sql_rows(&r) * sizeof(*rows));
	for (int i = 0; i < sql_rows(&r); i++)
		read_row(&r, i, arena, &rows[i]);
	*ret_rows = rows;
	*ret_count = (size_t)sql_rows(&r);
	return STATUS_OK;
}

struct status refused_call_purge(struct db *db, bool known, int64_t keep, int64_t older_than,
    int64_t *ret_removed, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_bool(known), sql_int(keep), sql_time(older_than)};

	TRY(sql_run(db, STATEMENT_refused_call_purge, params, COUNT(params), &r, err));
	*ret_removed = sql_get_int(&r, 0, 0);
	return STATUS_OK;
}
