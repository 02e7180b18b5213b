/* sql/overdue.c: see overdue.h. */
#include "sql/overdue.h"

#include "sql/db_internal.h"

struct status overdue_mark_get(
    struct db *db, int64_t label_id, int64_t now, struct overdue_mark *ret_mark, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int(label_id), sql_time(now)};

	TRY(sql_run(db, STATEMENT_overdue_mark_get, params, COUNT(params), &r, err));
	*ret_mark = (struct overdue_mark){sql_get_time(&r, 0, 0), sql_get_int(&r, 0, 1)};
	return STATUS_OK;
}

struct status overdue_mark_put(
    struct db *db, int64_t label_id, const struct overdue_mark *mark, struct err *err)
{
	const struct sql_param params[] = {
	    sql_int(label_id), sql_time(mark->not_after), sql_int(mark->certificate_id)};

	return sql_run(db, STATEMENT_overdue_mark_put, params, COUNT(params), NULL, err);
}

struct status overdue_page(struct db *db, int64_t label_id, const struct overdue_mark *mark,
    int64_t until, int64_t limit, struct arena *arena, struct overdue_row **ret_rows,
    size_t *ret_count, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int(label_id), sql_time(mark->not_after),
	    sql_int(mark->certificate_id), sql_time(until), sql_int(limit)};
	struct overdue_row *rows;

	TRY(sql_run(db, STATEMENT_overdue_page, params, COUNT(params), &r, err));
	*ret_count = (size_t)sql_rows(&r);
	rows = arena_alloc(arena, *ret_count * sizeof(*rows));
	for (int i = 0; i < sql_rows(&r); i++)
		rows[i] = (struct overdue_row){
		    .id = sql_get_int(&r, i, 0),
		    .not_after = sql_get_time(&r, i, 1),
		    .serial = arena_copy(arena, sql_get_bytes(&r, i, 2)),
		    .device_id = sql_get_int(&r, i, 3),
		    .device_serial = sql_get_copy(&r, i, 4, arena),
		    .product = sql_get_copy(&r, i, 5, arena),
		    .overdue = !sql_is_null(&r, i, 6) && sql_get_bool(&r, i, 6),
		};
	*ret_rows = rows;
	return STATUS_OK;
}

struct status overdue_alarm(struct db *db, int64_t now, int64_t device_id, const char *detail,
    int64_t *ret_id, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {
	    sql_time(now), sql_int_or_null(device_id), sql_text(detail)};

	TRY(sql_run(db, STATEMENT_overdue_alarm, params, COUNT(params), &r, err));
	*ret_id = sql_get_int(&r, 0, 0);
	return STATUS_OK;
}
