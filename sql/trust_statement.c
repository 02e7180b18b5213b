/* sql/trust_statement.c: see trust_statement.h. */
#include "sql/trust_statement.h"

#include <inttypes.h>

#include "sql/db_internal.h"

#define NEWEST INT64_MAX /* "before this id" */

/* NULL: SPAN_NONE. */
static struct span bytes_at(const struct sql_result *r, int i, int column, struct arena *arena)
{
	return sql_is_null(r, i, column) ? SPAN_NONE
					 : arena_copy(arena, sql_get_bytes(r, i, column));
}

static struct status read_row(
    const struct sql_result *r, int i, struct arena *arena, struct trust_row *out, struct err *err)
{
	*out = (struct trust_row){.id = sql_get_int(r, i, 0),
	    .product_id = sql_get_int(r, i, 1),
	    .product = sql_get_copy(r, i, 2, arena),
	    .version = sql_get_int(r, i, 3),
	    .bytes = bytes_at(r, i, 4, arena),
	    .size = sql_get_int(r, i, 6),
	    .published_at = sql_get_time(r, i, 7),
	    .published_by = sql_get_copy(r, i, 8, arena),
	    .person = sql_get_copy(r, i, 9, arena),
	    .request_id = sql_get_int(r, i, 10)};
	return sql_get_digest(r, i, 5, &out->sha256, err);
}

static struct status read_one(struct db *db, enum sql_statement statement, int64_t id,
    struct arena *arena, struct trust_row *ret_row, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int(id)};
	struct trust_row row = {0};

	TRY(sql_run(db, statement, params, COUNT(params), &r, err));
	if (sql_rows(&r) == 1)
		TRY(read_row(&r, 0, arena, &row, err));
	*ret_row = row;
	return STATUS_OK;
}

struct status trust_newest(struct db *db, int64_t product_id, struct arena *arena,
    struct trust_row *ret_row, struct err *err)
{
	return read_one(db, STATEMENT_trust_newest, product_id, arena, ret_row, err);
}

struct status trust_get(
    struct db *db, int64_t id, struct arena *arena, struct trust_row *ret_row, struct err *err)
{
	struct trust_row row;

	TRY(read_one(db, STATEMENT_trust_get, id, arena, &row, err));
	if (row.id == 0)
		return err_set(err, ERR_MISSING, "there is no trust statement %" PRId64, id);
	*ret_row = row;
	return STATUS_OK;
}

struct status trust_list(struct db *db, const struct trust_filter *f, struct arena *arena,
    struct trust_row **ret_rows, size_t *ret_count, struct err *err)
{
	AUTO(buf) room = {0};
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int(f->before ? f->before : NEWEST),
	    sql_int(f->limit),
	    f->all_products ? sql_null() : sql_array_text(&room, f->products, f->product_count),
	    sql_int_or_null(f->product_id)};
	struct trust_row *rows;

	TRY(sql_run(db, STATEMENT_trust_list, params, COUNT(params), &r, err));
	rows = arena_alloc(arena, (size_t)sql_rows(&r) * sizeof(*rows));
	for (int i = 0; i < sql_rows(&r); i++)
		TRY(read_row(&r, i, arena, &rows[i], err));
	*ret_rows = rows;
	*ret_count = (size_t)sql_rows(&r);
	return STATUS_OK;
}

struct status trust_add(struct db *db, const struct trust_row *row, const struct log_line *line,
    int64_t *ret_id, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int(row->product_id), sql_text(row->product),
	    sql_int(row->version), sql_bytes(row->bytes), sql_digest(&row->sha256),
	    sql_time(row->published_at), sql_text(row->published_by), sql_text(row->person),
	    sql_int_or_null(row->request_id), sql_text(line->kind),
	    sql_bytes(buf_span(&line->entry)), sql_bytes(SPAN_OF(line->salt))};

	TRY(sql_run(db, STATEMENT_trust_add, params, COUNT(params), &r, err));
	*ret_id = sql_get_int(&r, 0, 0);
	return STATUS_OK;
}
