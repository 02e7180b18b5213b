/* sql/service_certificate.c: see service_certificate.h. */
#include "sql/service_certificate.h"

#include "sql/db_internal.h"

struct status service_certificate_look(struct db *db, const struct digest *key,
    const char *subject_text, int64_t since, int64_t most, struct arena *arena,
    struct service_known *ret_known, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {
	    sql_digest(key), sql_text(subject_text), sql_time(since), sql_int(most)};

	TRY(sql_run(db, STATEMENT_service_certificate_look, params, COUNT(params), &r, err));
	*ret_known = (struct service_known){
	    .key_known = sql_get_bool(&r, 0, 0),
	    .key_usable = sql_get_bool(&r, 0, 1),
	    .id = sql_get_int(&r, 0, 2),
	    .profile_id = sql_get_int(&r, 0, 3),
	    .der = arena_copy(arena, sql_get_bytes(&r, 0, 4)),
	    .recent = sql_get_int(&r, 0, 5),
	};
	return STATUS_OK;
}

struct status service_certificate_store(struct db *db, const struct service_issue *issue,
    const struct log_line *line, int64_t *ret_id, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct server_certificate *c = &issue->certificate;
	const struct sql_param params[] = {sql_digest(&c->key_digest), sql_int(c->authority_id),
	    sql_bytes(c->serial), sql_bytes(c->subject), sql_time(c->not_before),
	    sql_time(c->not_after), sql_bytes(c->der), sql_time(line->at),
	    sql_bytes(buf_span(&line->entry)), sql_bytes(SPAN_OF(line->salt)), sql_int4(c->shard),
	    sql_text(c->key_algorithm), sql_int(issue->profile_id), sql_text(issue->subject_text),
	    sql_int_or_null(issue->renews)};

	TRY(sql_run(db, STATEMENT_service_certificate_store, params, COUNT(params), &r, err));
	if (sql_rows(&r) != 1)
		return err_set(err, ERR_CONFLICT, "the key is not as it was");
	*ret_id = sql_get_int(&r, 0, 0);
	return STATUS_OK;
}
