/* sql/trust_crl.c: see trust_crl.h. */
#include "sql/trust_crl.h"

#include "sql/db_internal.h"

struct status sql_trust_crl_put(struct db *db, const struct trust_crl_row *row, struct err *err)
{
	const struct sql_param params[] = {sql_digest(&row->issuer), sql_int(row->anchor_id),
	    sql_int(row->number), sql_time(row->this_update), sql_time(row->next_update),
	    sql_bytes(row->der)};
	const struct sql_param issuer[] = {sql_digest(&row->issuer)};
	AUTO(sql_result) r = {0};

	TRY(sql_run(db, STATEMENT_trust_crl_put, params, COUNT(params), &r, err));
	if (sql_rows(&r) != 1)
		return err_set(err, ERR_CONFLICT,
		    "the list held of this issuer is newer, by its number or its thisUpdate");
	return sql_run(db, STATEMENT_trust_crl_clear, issuer, COUNT(issuer), NULL, err);
}

struct status sql_trust_revoked_add(struct db *db, const struct digest *issuer,
    const struct span *serials, const int64_t *when, size_t n, struct err *err)
{
	AUTO(buf) serial_room = {0};
	AUTO(buf) when_room = {0};
	const struct sql_param params[] = {sql_digest(issuer),
	    sql_array_bytes(&serial_room, serials, n), sql_array_int(&when_room, when, n)};

	return sql_run(db, STATEMENT_trust_crl_add, params, COUNT(params), NULL, err);
}
