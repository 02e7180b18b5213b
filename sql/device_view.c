/* sql/device_view.c: see device_view.h. */
#include "sql/device_view.h"

#include <inttypes.h>

#include "sql/db_internal.h"

const char *const device_states[] = {"made", "claimed", "enrolled", "suspended", "retired", NULL};
#define STATES 5

static void read_row(
    const struct sql_result *r, int row, struct arena *arena, struct device_row *out)
{
	*out = (struct device_row){
	    .id = sql_get_int(r, row, 0),
	    .product = sql_get_copy(r, row, 1, arena),
	    .serial = sql_get_copy(r, row, 2, arena),
	    .state = sql_get_copy(r, row, 3, arena),
	    .announced = sql_get_bool(r, row, 4),
	    .created_at = sql_get_time(r, row, 5),
	    .first_enrolled_at = sql_get_time(r, row, 6),
	    .issuances = sql_get_int(r, row, 7),
	    .idevid_key = arena_copy(arena, sql_get_bytes(r, row, 8)),
	    .idevid_certificate = arena_copy(arena, sql_get_bytes(r, row, 9)),
	    .version = sql_get_int(r, row, 10),
	};
}

/* How many parameters of the same row each statement takes. */
static enum sql_statement statement_of(const struct device_filter *f, size_t *ret_params)
{
	*ret_params = f->serial ? 5 : !f->scope.all || f->state ? 4 : 2;
	if (f->serial)
		return STATEMENT_device_list_serial;
	return *ret_params == 4 ? STATEMENT_device_list_group : STATEMENT_device_list;
}

struct status device_list(struct db *db, const struct device_filter *f, struct arena *arena,
    struct device_row **ret_rows, size_t *ret_count, struct err *err)
{
	AUTO(sql_result) r = {0};
	AUTO(buf) products = {0};
	AUTO(buf) states = {0};
	size_t n;
	const enum sql_statement statement = statement_of(f, &n);
	const struct sql_param params[] = {
	    sql_int(f->before ? f->before : ID_NEWEST),
	    sql_int(f->limit),
	    f->scope.all ? sql_null() : sql_array_int(&products, f->scope.ids, f->scope.count),
	    f->state ? sql_array_text(&states, &f->state, 1)
		     : sql_array_text(&states, device_states, STATES),
	    sql_text(f->serial),
	};
	struct device_row *rows;

	TRY(sql_run(db, statement, params, n, &r, err));
	rows = arena_alloc(arena, (size_t)sql_rows(&r) * sizeof(*rows));
	for (int i = 0; i < sql_rows(&r); i++)
		read_row(&r, i, arena, &rows[i]);
	*ret_rows = rows;
	*ret_count = (size_t)sql_rows(&r);
	return STATUS_OK;
}

static struct status get(struct db *db, enum sql_statement statement, int64_t id,
    struct arena *arena, struct device_row *ret_row, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int(id)};

	TRY(sql_run(db, statement, params, COUNT(params), &r, err));
	if (sql_rows(&r) == 0)
		return err_set(err, ERR_MISSING, "there is no device %" PRId64, id);
	read_row(&r, 0, arena, ret_row);
	return STATUS_OK;
}

struct status device_get(
    struct db *db, int64_t id, struct arena *arena, struct device_row *ret_row, struct err *err)
{
	return get(db, STATEMENT_device_get, id, arena, ret_row, err);
}

struct status device_lock(
    struct db *db, int64_t id, struct arena *arena, struct device_row *ret_row, struct err *err)
{
	return get(db, STATEMENT_device_lock, id, arena, ret_row, err);
}

struct status device_move(
    struct db *db, int64_t id, const char *state, int64_t *ret_version, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int(id), sql_text(state)};

	TRY(sql_run(db, STATEMENT_device_move, params, COUNT(params), &r, err));
	if (sql_rows(&r) == 0)
		return err_set(err, ERR_MISSING, "there is no device %" PRId64, id);
	*ret_version = sql_get_int(&r, 0, 0);
	return STATUS_OK;
}
