/* sql/server_certificate.c: see server_certificate.h. */
#include "sql/server_certificate.h"

#include "sql/db_internal.h"

struct status server_certificate_store(struct db *db, const struct server_certificate *certificate,
    const struct log_line *line, int64_t *ret_id, struct err *err)
{
	const struct server_certificate *c = certificate;
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_digest(&c->key_digest), sql_int(c->authority_id),
	    sql_bytes(c->serial), sql_bytes(c->subject), sql_time(c->not_before),
	    sql_time(c->not_after), sql_bytes(c->der), sql_time(line->at),
	    sql_bytes(buf_span(&line->entry)), sql_bytes(SPAN_OF(line->salt)), sql_int4(c->shard),
	    sql_text(c->key_algorithm)};

	TRY(sql_run(db, STATEMENT_server_certificate_store, params, COUNT(params), &r, err));
	if (sql_rows(&r) != 1)
		return err_set(err, ERR_CONFLICT, "the key is not a server's, or is compromised");
	*ret_id = sql_get_int(&r, 0, 0);
	return STATUS_OK;
}

struct status authority_certificate_store(struct db *db, const struct server_certificate *c,
    const char *subject_text, const struct log_line *line, int64_t *ret_id, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int(c->authority_id), sql_bytes(c->serial),
	    sql_digest(&c->key_digest), sql_bytes(c->subject), sql_time(c->not_before),
	    sql_time(c->not_after), sql_bytes(c->der), sql_time(line->at),
	    sql_bytes(buf_span(&line->entry)), sql_bytes(SPAN_OF(line->salt)),
	    sql_text(subject_text), sql_text(c->key_algorithm)};

	TRY(sql_run(db, STATEMENT_authority_certificate_store, params, COUNT(params), &r, err));
	if (sql_rows(&r) != 1)
		return err_set(err, ERR_CONFLICT, "somebody else stores it at this moment");
	*ret_id = sql_get_int(&r, 0, 0);
	return STATUS_OK;
}
