/* sql/statistic.c: see statistic.h. */
#include "sql/statistic.h"

#include "sql/db_internal.h"

static void read_row(
    const struct sql_result *r, int row, struct arena *arena, struct statistic_row *out)
{
	*out = (struct statistic_row){
	    .kind = sql_get_copy(r, row, 0, arena),
	    .authority = sql_get_copy(r, row, 1, arena),
	    .product = sql_get_copy(r, row, 2, arena),
	    .state = sql_get_copy(r, row, 3, arena),
	    .count = sql_get_int(r, row, 4),
	};
}

struct status statistic_list(struct db *db, const struct scope *scope, struct arena *arena,
    struct statistic_row **ret_rows, size_t *ret_count, struct err *err)
{
	AUTO(sql_result) r = {0};
	AUTO(buf) products = {0};
	const struct sql_param params[] = {
	    scope->all ? sql_null() : sql_array_int(&products, scope->ids, scope->count)};
	struct statistic_row *rows;

	TRY(sql_run(db, STATEMENT_statistic_list, params, COUNT(params), &r, err));
	rows = arena_alloc(arena, (size_t)sql_rows(&r) * sizeof(*rows));
	for (int i = 0; i < sql_rows(&r); i++)
		read_row(&r, i, arena, &rows[i]);
	*ret_rows = rows;
	*ret_count = (size_t)sql_rows(&r);
	return STATUS_OK;
}

struct status statistic_fold(struct db *db, int64_t *ret_changes, struct err *err)
{
	AUTO(sql_result) r = {0};

	TRY(sql_run(db, STATEMENT_statistic_fold, NULL, 0, &r, err));
	*ret_changes = sql_get_int(&r, 0, 0);
	return STATUS_OK;
}

struct status statistic_drift(struct db *db, bool mend, struct arena *arena,
    struct statistic_drift **ret_rows, size_t *ret_count, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_bool(mend)};
	struct statistic_drift *rows;

	TRY(sql_run(db, STATEMENT_statistic_drift, params, COUNT(params), &r, err));
	rows = arena_alloc(arena, (size_t)sql_rows(&r) * sizeof(*rows));
	for (int i = 0; i < sql_rows(&r); i++) {
		read_row(&r, i, arena, &rows[i].row);
		rows[i].counted = sql_get_int(&r, i, 5);
	}
	*ret_rows = rows;
	*ret_count = (size_t)sql_rows(&r);
	return STATUS_OK;
}
