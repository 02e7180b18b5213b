/* sql/idempotency.c: see idempotency.h. */
#include "sql/idempotency.h"

#include "sql/db_internal.h"

static struct status get(struct db *db, const struct idempotency_key *key, struct arena *arena,
    struct digest *ret_call, struct idempotency_answer *ret_answer, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_text(key->principal), sql_text(key->key)};

	TRY(sql_run(db, STATEMENT_idempotency_get, params, COUNT(params), &r, err));
	if (sql_rows(&r) != 1)
		return err_set(err, ERR_DATABASE, "the Idempotency-Key has just become free");
	TRY(sql_get_digest(&r, 0, 0, ret_call, err));
	*ret_answer = (struct idempotency_answer){
	    .status = sql_get_int(&r, 0, 1),
	    .content_type = sql_get_copy(&r, 0, 2, arena),
	    .location = sql_get_copy(&r, 0, 3, arena),
	    .etag = sql_get_copy(&r, 0, 4, arena),
	    .body = sql_is_null(&r, 0, 5) ? SPAN_NONE : arena_copy(arena, sql_get_bytes(&r, 0, 5)),
	};
	return STATUS_OK;
}

struct status idempotency_take(struct db *db, const struct idempotency_key *key,
    struct arena *arena, bool *ret_known, struct digest *ret_call,
    struct idempotency_answer *ret_answer, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_text(key->principal), sql_text(key->key),
	    sql_digest(&key->call), sql_time(key->now), sql_time(key->free_before)};

	TRY(sql_run(db, STATEMENT_idempotency_take, params, COUNT(params), &r, err));
	*ret_known = sql_rows(&r) == 0;
	return *ret_known ? get(db, key, arena, ret_call, ret_answer, err) : STATUS_OK;
}

struct status idempotency_keep(struct db *db, const struct idempotency_key *key,
    const struct idempotency_answer *answer, struct err *err)
{
	const struct sql_param params[] = {sql_text(key->principal), sql_text(key->key),
	    sql_int4((int32_t)answer->status), sql_text(answer->content_type),
	    sql_text(answer->location), sql_text(answer->etag), sql_bytes(answer->body)};

	return sql_run(db, STATEMENT_idempotency_keep, params, COUNT(params), NULL, err);
}

struct status idempotency_purge(
    struct db *db, int64_t older_than, int64_t *ret_removed, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_time(older_than)};

	TRY(sql_run(db, STATEMENT_idempotency_purge, params, COUNT(params), &r, err));
	*ret_removed = sql_get_int(&r, 0, 0);
	return STATUS_OK;
}
