/* sql/device_reset.c: see device_reset.h. */
#include "sql/device_reset.h"

#include "sql/db_internal.h"

struct status reset_look(struct db *db, int64_t authority_id, struct span serial,
    struct arena *arena, struct reset_look *ret_look, struct err *err)
{
	const struct sql_param params[] = {sql_int(authority_id), sql_bytes(serial)};
	AUTO(sql_result) r = {0};

	TRY(sql_run(db, STATEMENT_reset_look, params, COUNT(params), &r, err));
	*ret_look = (struct reset_look){.reason = -1};
	if (sql_rows(&r) == 0)
		return STATUS_OK;
	ret_look->device_id = sql_get_int(&r, 0, 0);
	ret_look->certificate = arena_copy(arena, sql_get_bytes(&r, 0, 1));
	ret_look->reason = (int)sql_get_int(&r, 0, 2);
	ret_look->compromised = sql_get_bool(&r, 0, 3);
	return STATUS_OK;
}
