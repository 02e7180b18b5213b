/* sql/update.c: see update.h. */
#include "sql/update.h"

#include "sql/certificate_use_internal.h"
#include "sql/db_internal.h"

#define AFTER_USE CERTIFICATE_USE_COLUMNS

static struct status get_digest(
    const struct sql_result *r, int column, struct digest *ret_digest, struct err *err)
{
	if (sql_is_null(r, 0, column))
		return STATUS_OK;
	return sql_get_digest(r, 0, column, ret_digest, err);
}

struct status update_look(struct db *db, const struct update_query *q, struct arena *arena,
    struct update_row *ret_row, struct err *err)
{
	AUTO(sql_result) r = {0};
	AUTO(buf) ids = {0};
	const struct sql_param params[] = {sql_array_int(&ids, q->issuers, q->issuer_count),
	    sql_bytes(q->serial), sql_text(q->channel)};
	struct update_row row = {0};

	TRY(sql_run(db, STATEMENT_update_look, params, COUNT(params), &r, err));
	if (sql_rows(&r) == 1) {
		row.found = true;
		certificate_use_of(&r, arena, &row.use);
		row.product = sql_get_copy(&r, 0, AFTER_USE, arena);
		row.sequence = sql_get_int(&r, 0, AFTER_USE + 1);
		row.version = sql_get_copy(&r, 0, AFTER_USE + 2, arena);
		TRY(get_digest(&r, AFTER_USE + 3, &row.bundle, err));
		row.bundle_size = sql_get_int(&r, 0, AFTER_USE + 4);
		row.trust_version = sql_get_int(&r, 0, AFTER_USE + 5);
		TRY(get_digest(&r, AFTER_USE + 6, &row.trust, err));
		row.recall_number = sql_get_int(&r, 0, AFTER_USE + 7);
		TRY(get_digest(&r, AFTER_USE + 8, &row.recall, err));
	}
	*ret_row = row;
	return STATUS_OK;
}

struct status update_file_look(struct db *db, enum update_file file, const struct update_query *q,
    struct arena *arena, struct update_file_row *ret_row, struct err *err)
{
	static const enum sql_statement statements[] = {
	    [UPDATE_BUNDLE] = STATEMENT_update_bundle,
	    [UPDATE_TRUST] = STATEMENT_update_trust,
	    [UPDATE_RECALL] = STATEMENT_update_recall,
	};
	AUTO(sql_result) r = {0};
	AUTO(buf) ids = {0};
	const struct sql_param params[] = {sql_array_int(&ids, q->issuers, q->issuer_count),
	    sql_bytes(q->serial), sql_text(q->channel), sql_int(q->after), sql_digest(q->held)};
	struct update_file_row row = {0};

	TRY(sql_run(db, statements[file], params, COUNT(params), &r, err));
	if (sql_rows(&r) == 1) {
		row.found = true;
		certificate_use_of(&r, arena, &row.use);
		row.product = sql_get_copy(&r, 0, AFTER_USE, arena);
		row.there = !sql_is_null(&r, 0, AFTER_USE + 1);
		TRY(get_digest(&r, AFTER_USE + 1, &row.sha256, err));
		if (!sql_is_null(&r, 0, AFTER_USE + 2))
			row.bytes = arena_copy(arena, sql_get_bytes(&r, 0, AFTER_USE + 2));
	}
	*ret_row = row;
	return STATUS_OK;
}
