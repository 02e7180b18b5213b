/* sql/alarm_view.c: see alarm_view.h. */
#include "sql/alarm_view.h"

#include "sql/db_internal.h"

static void read_row(
    const struct sql_result *r, int row, struct arena *arena, struct alarm_row *out)
{
	*out = (struct alarm_row){
	    .id = sql_get_int(r, row, 0),
	    .at = sql_get_time(r, row, 1),
	    .kind = sql_get_copy(r, row, 2, arena),
	    .device_id = sql_get_int(r, row, 3),
	    .product = sql_get_copy(r, row, 4, arena),
	    .serial = sql_get_copy(r, row, 5, arena),
	    .enrollment_id = sql_get_int(r, row, 6),
	    .detail = sql_get_copy(r, row, 7, arena),
	};
}

struct status alarm_list(struct db *db, const struct alarm_filter *f, struct arena *arena,
    struct alarm_row **ret_rows, size_t *ret_count, struct err *err)
{
	AUTO(sql_result) r = {0};
	AUTO(buf) room = {0};
	const struct sql_param params[] = {
	    sql_int(f->before ? f->before : ID_NEWEST),
	    sql_int(f->limit),
	    f->scope.all ? sql_null() : sql_array_text(&room, f->scope.names, f->scope.count),
	    sql_text(f->kind),
	    sql_int_or_null(f->device_id),
	};
	struct alarm_row *rows;

	TRY(sql_run(db, STATEMENT_alarm_list, params, COUNT(params), &r, err));
	rows = arena_alloc(arena, (size_t)sql_rows(&r) * sizeof(*rows));
	for (int i = 0; i < sql_rows(&r); i++)
		read_row(&r, i, arena, &rows[i]);
	*ret_rows = rows;
	*ret_count = (size_t)sql_rows(&r);
	return STATUS_OK;
}
