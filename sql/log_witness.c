/* sql/log_witness.c: see log_witness.h. */
#include "sql/log_witness.h"

#include "sql/db_internal.h"

struct status log_witness_claim(struct db *db, int64_t origin_id, const char *witness, int64_t size,
    int64_t seconds, bool *ret_claimed, int64_t *ret_size, int64_t *ret_failures, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {
	    sql_int(origin_id), sql_text(witness), sql_int(size), sql_int(seconds)};
	bool claimed;

	TRY(sql_run(db, STATEMENT_log_witness_claim, params, COUNT(params), &r, err));
	claimed = sql_rows(&r) == 1;
	*ret_size = claimed ? sql_get_int(&r, 0, 0) : 0;
	*ret_failures = claimed ? sql_get_int(&r, 0, 1) : 0;
	*ret_claimed = claimed;
	return STATUS_OK;
}

struct status log_witness_signed(struct db *db, int64_t origin_id, const char *witness,
    int64_t size, const char *line, int64_t pause_ms, struct err *err)
{
	const struct sql_param params[] = {sql_int(origin_id), sql_text(witness), sql_int(size),
	    sql_text(line), sql_int(pause_ms)};

	return sql_run(db, STATEMENT_log_witness_signed, params, COUNT(params), NULL, err);
}

struct status log_witness_failed(struct db *db, int64_t origin_id, const char *witness,
    int64_t size, const char *trouble, int64_t pause_ms, struct err *err)
{
	const struct sql_param params[] = {sql_int(origin_id), sql_text(witness), sql_int(size),
	    sql_text(trouble), sql_int(pause_ms)};

	return sql_run(db, STATEMENT_log_witness_failed, params, COUNT(params), NULL, err);
}

struct status log_witness_candidate(
    struct db *db, int64_t origin_id, int64_t *ret_size, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int(origin_id)};

	TRY(sql_run(db, STATEMENT_log_witness_candidate, params, COUNT(params), &r, err));
	*ret_size = sql_get_int(&r, 0, 0);
	return STATUS_OK;
}

struct status log_witness_count(struct db *db, int64_t origin_id, int64_t size,
    const char *const *witnesses, size_t n, int64_t *ret_count, struct err *err)
{
	AUTO(buf) room = {0};
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {
	    sql_int(origin_id), sql_int(size), sql_array_text(&room, witnesses, n)};

	TRY(sql_run(db, STATEMENT_log_witness_count, params, COUNT(params), &r, err));
	*ret_count = sql_get_int(&r, 0, 0);
	return STATUS_OK;
}
