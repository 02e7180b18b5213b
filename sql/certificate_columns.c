/* sql/certificate_columns.c: see certificate_columns.h. */
#include "sql/certificate_columns.h"

#include <inttypes.h>

#include "sql/db_internal.h"

struct status certificate_columns_get(struct db *db, int64_t id, struct arena *arena,
    struct certificate_columns *ret_columns, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int(id)};
	const char *serial;

	TRY(sql_run(db, STATEMENT_certificate_columns, params, COUNT(params), &r, err));
	if (sql_rows(&r) == 0)
		return err_set(err, ERR_MISSING, "there is no certificate %" PRId64, id);
	serial = sql_get_text(&r, 0, 3);
	*ret_columns = (struct certificate_columns){
	    .der = arena_copy(arena, sql_get_bytes(&r, 0, 0)),
	    .authority_id = sql_get_int(&r, 0, 1),
	    .product_id = sql_get_int(&r, 0, 2),
	    .device_serial = serial ? arena_strdup(arena, serial) : NULL,
	    .profile_id = sql_get_int(&r, 0, 4),
	    .label_id = sql_get_int(&r, 0, 5),
	    .renews = sql_get_int(&r, 0, 6),
	};
	return STATUS_OK;
}
