/* sql/recall.c: see recall.h. */
#include "sql/recall.h"

#include "sql/db_internal.h"

static struct status read_one(struct db *db, enum sql_statement statement,
    const struct sql_param *params, size_t n, struct arena *arena, struct recall_row *ret_row,
    struct err *err)
{
	AUTO(sql_result) r = {0};
	struct recall_row row = {0};

	TRY(sql_run(db, statement, params, n, &r, err));
	if (sql_rows(&r) == 1) {
		row.id = sql_get_int(&r, 0, 0);
		row.number = sql_get_int(&r, 0, 1);
		row.bytes = arena_copy(arena, sql_get_bytes(&r, 0, 2));
		TRY(sql_get_digest(&r, 0, 3, &row.sha256, err));
		row.created_at = sql_get_time(&r, 0, 4);
	}
	*ret_row = row;
	return STATUS_OK;
}

struct status recall_newest(struct db *db, int64_t product_id, const char *channel,
    struct arena *arena, struct recall_row *ret_row, struct err *err)
{
	const struct sql_param params[] = {sql_int(product_id), sql_text(channel)};

	return read_one(db, STATEMENT_recall_newest, params, COUNT(params), arena, ret_row, err);
}

struct status recall_of_step(struct db *db, int64_t step_id, struct arena *arena,
    struct recall_row *ret_row, struct err *err)
{
	const struct sql_param params[] = {sql_int(step_id)};

	return read_one(db, STATEMENT_recall_of_step, params, COUNT(params), arena, ret_row, err);
}

struct status recall_look(struct db *db, const struct recall_question *q, struct arena *arena,
    struct recall_look *ret_look, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int(q->product_id), sql_text(q->channel),
	    sql_int(q->without), sql_int(q->above), sql_bool(q->take_number)};
	struct recall_look look = {0};

	TRY(sql_run(db, STATEMENT_recall_look, params, COUNT(params), &r, err));
	look.previous = sql_get_int(&r, 0, 0);
	look.number = sql_get_int(&r, 0, 1);
	look.successor = sql_get_int(&r, 0, 2);
	look.successor_version = sql_get_copy(&r, 0, 3, arena);
	look.sequences = arena_alloc(arena, (size_t)sql_rows(&r) * sizeof(*look.sequences));
	for (int i = 0; i < sql_rows(&r); i++)
		if (!sql_is_null(&r, i, 4))
			look.sequences[look.count++] = sql_get_int(&r, i, 4);
	*ret_look = look;
	return STATUS_OK;
}

struct status recall_add(struct db *db, const struct release_row *release, int64_t step_id,
    int64_t previous, const struct recall_row *row, struct err *err)
{
	const struct sql_param params[] = {sql_int(release->product_id), sql_text(release->channel),
	    sql_int(row->number), sql_int(previous), sql_int(step_id), sql_bytes(row->bytes),
	    sql_digest(&row->sha256), sql_time(row->created_at)};

	return sql_run(db, STATEMENT_recall_add, params, COUNT(params), NULL, err);
}
