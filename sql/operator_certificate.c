/* sql/operator_certificate.c: see operator_certificate.h. */
#include "sql/operator_certificate.h"

#include "sql/db_internal.h"

struct status operator_certificate_store(struct db *db, const struct server_certificate *c,
    const char *person, int64_t token_id, const struct log_line *line, int64_t *ret_id,
    struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_digest(&c->key_digest), sql_int(c->authority_id),
	    sql_bytes(c->serial), sql_bytes(c->subject), sql_time(c->not_before),
	    sql_time(c->not_after), sql_bytes(c->der), sql_time(line->at),
	    sql_bytes(buf_span(&line->entry)), sql_bytes(SPAN_OF(line->salt)), sql_text(person),
	    sql_int_or_null(token_id), sql_int4(c->shard), sql_text(c->key_algorithm)};

	TRY(sql_run(db, STATEMENT_operator_certificate_store, params, COUNT(params), &r, err));
	if (sql_rows(&r) != 1)
		return err_set(err, ERR_CONFLICT, "the key was used before");
	*ret_id = sql_get_int(&r, 0, 0);
	return STATUS_OK;
}

struct status operator_certificate_known(struct db *db, int64_t authority_id, struct span serial,
    struct span der, struct arena *arena, bool *ret_known, struct operator_certificate_row *ret_row,
    int64_t *ret_policy_version, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {
	    sql_int(authority_id), sql_bytes(serial), sql_bytes(der)};

	TRY(sql_run(db, STATEMENT_operator_certificate_known, params, COUNT(params), &r, err));
	*ret_known = sql_rows(&r) == 1;
	if (*ret_known) {
		*ret_policy_version = sql_get_int(&r, 0, 0);
		*ret_row =
		    (struct operator_certificate_row){.person = sql_get_copy(&r, 0, 1, arena),
			.token_id = sql_is_null(&r, 0, 2) ? 0 : sql_get_int(&r, 0, 2),
			.revoked_by = sql_get_copy(&r, 0, 3, arena),
			.revoked = !sql_is_null(&r, 0, 4),
			.reason = (int)sql_get_int(&r, 0, 4)};
	}
	return STATUS_OK;
}
