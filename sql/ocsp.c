/* sql/ocsp.c: see ocsp.h. */
#include "sql/ocsp.h"

#include "sql/db_internal.h"
#include "sql/scope.h"

struct status status_read(struct db *db, int64_t authority_id, struct span serial,
    struct status_row *ret, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int(authority_id), sql_bytes(serial)};

	TRY(sql_run(db, STATEMENT_status_get, params, COUNT(params), &r, err));
	*ret = (struct status_row){
	    .issued = sql_get_bool(&r, 0, 0),
	    .revoked = sql_get_bool(&r, 0, 1),
	    .reason = (int)sql_get_int(&r, 0, 2),
	    .revoked_at = sql_get_time(&r, 0, 3),
	};
	return STATUS_OK;
}

/* ---- what changes ---- */

struct status status_sequences_read(
    struct db *db, struct status_sequence **ret, size_t *ret_count, struct err *err)
{
	AUTO(sql_result) r = {0};
	struct status_sequence *rows;

	TRY(sql_run(db, STATEMENT_status_sequences, NULL, 0, &r, err));
	rows = mem_array((size_t)sql_rows(&r), sizeof(*rows));
	for (int i = 0; i < sql_rows(&r); i++)
		rows[i] = (struct status_sequence){
		    sql_get_int(&r, i, 0), (int)sql_get_int(&r, i, 1), sql_get_int(&r, i, 2)};
	*ret = rows;
	*ret_count = (size_t)sql_rows(&r);
	return STATUS_OK;
}

struct status status_changed_read(struct db *db, const struct status_sequence *seen, size_t most,
    struct buf *ret_serials, size_t *ret_count, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int(seen->authority_id), sql_int4(seen->shard),
	    sql_int(seen->sequence), sql_int((int64_t)most)};

	TRY(sql_run(db, STATEMENT_status_changed, params, COUNT(params), &r, err));
	for (int i = 0; i < sql_rows(&r); i++) {
		struct span serial = sql_get_bytes(&r, i, 0);

		buf_put_byte(ret_serials, (uint8_t)serial.n);
		buf_put(ret_serials, serial);
	}
	*ret_count = (size_t)sql_rows(&r);
	return STATUS_OK;
}

/* ---- responders ---- */

struct status ocsp_responder_read(struct db *db, int64_t authority_id, const char *node,
    struct arena *arena, struct ocsp_responder_row *ret, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int(authority_id), sql_text(node)};

	TRY(sql_run(db, STATEMENT_ocsp_responder_get, params, COUNT(params), &r, err));
	*ret = (struct ocsp_responder_row){.authority_id = authority_id, .node = node};
	if (sql_rows(&r) != 1)
		return STATUS_OK;
	ret->certificate_id = sql_get_int(&r, 0, 0);
	ret->serial = arena_copy(arena, sql_get_bytes(&r, 0, 1));
	ret->key_digest = arena_copy(arena, sql_get_bytes(&r, 0, 2));
	ret->der = arena_copy(arena, sql_get_bytes(&r, 0, 3));
	ret->not_before = sql_get_time(&r, 0, 4);
	ret->not_after = sql_get_time(&r, 0, 5);
	ret->revoked = sql_get_bool(&r, 0, 6);
	return STATUS_OK;
}

struct status ocsp_responder_put(
    struct db *db, int64_t authority_id, const char *node, int64_t certificate_id, struct err *err)
{
	const struct sql_param params[] = {
	    sql_int(authority_id), sql_text(node), sql_int(certificate_id)};

	return sql_run(db, STATEMENT_ocsp_responder_put, params, COUNT(params), NULL, err);
}

static void read_row(
    const struct sql_result *r, int row, struct arena *arena, struct ocsp_responder_row *out)
{
	*out = (struct ocsp_responder_row){
	    .authority_id = sql_get_int(r, row, 0),
	    .authority = sql_get_copy(r, row, 1, arena),
	    .node = sql_get_copy(r, row, 2, arena),
	    .certificate_id = sql_get_int(r, row, 3),
	    .serial = arena_copy(arena, sql_get_bytes(r, row, 4)),
	    .key_digest = arena_copy(arena, sql_get_bytes(r, row, 5)),
	    .not_before = sql_get_time(r, row, 6),
	    .not_after = sql_get_time(r, row, 7),
	    .revoked = sql_get_bool(r, row, 8),
	};
}

struct status ocsp_responder_list(struct db *db, const struct ocsp_responder_filter *f,
    struct arena *arena, struct ocsp_responder_row **ret_rows, size_t *ret_count, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_text(f->authority), sql_text(f->node),
	    sql_int(f->before ? f->before : ID_NEWEST), sql_int(f->limit)};
	struct ocsp_responder_row *rows;

	TRY(sql_run(db, STATEMENT_ocsp_responder_list, params, COUNT(params), &r, err));
	rows = arena_alloc(arena, (size_t)sql_rows(&r) * sizeof(*rows));
	for (int i = 0; i < sql_rows(&r); i++)
		read_row(&r, i, arena, &rows[i]);
	*ret_rows = rows;
	*ret_count = (size_t)sql_rows(&r);
	return STATUS_OK;
}
