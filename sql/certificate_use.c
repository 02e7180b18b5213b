/* sql/certificate_use.c: see certificate_use.h. */
#include "sql/certificate_use.h"

#include "sql/certificate_use_internal.h"

void certificate_use_of(
    const struct sql_result *r, struct arena *arena, struct certificate_use_row *ret_row)
{
	*ret_row = (struct certificate_use_row){
	    .id = sql_get_int(r, 0, 0),
	    .der = arena_copy(arena, sql_get_bytes(r, 0, 1)),
	    .device_id = sql_get_int(r, 0, 2),
	    .label_id = sql_get_int(r, 0, 3),
	    .renews = sql_get_int(r, 0, 4),
	    .used = sql_get_bool(r, 0, 5),
	    .state = sql_get_copy(r, 0, 6, arena),
	    .reason = (int)sql_get_int(r, 0, 7),
	    .compromised = sql_get_bool(r, 0, 8),
	    .device = sql_get_copy(r, 0, 9, arena),
	};
}

struct status certificate_use_look(struct db *db, const int64_t *issuers, size_t count,
    struct span serial, struct arena *arena, bool *ret_found, struct certificate_use_row *ret_row,
    struct err *err)
{
	AUTO(sql_result) r = {0};
	AUTO(buf) ids = {0};
	const struct sql_param params[] = {sql_array_int(&ids, issuers, count), sql_bytes(serial)};

	TRY(sql_run(db, STATEMENT_certificate_use_look, params, COUNT(params), &r, err));
	*ret_found = sql_rows(&r) == 1;
	if (!*ret_found)
		return STATUS_OK;
	certificate_use_of(&r, arena, ret_row);
	return STATUS_OK;
}

struct status certificate_use(
    struct db *db, int64_t id, int64_t now, bool *ret_first, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int(id), sql_time(now)};

	TRY(sql_run(db, STATEMENT_certificate_use, params, COUNT(params), &r, err));
	*ret_first = sql_rows(&r) == 1;
	return STATUS_OK;
}

struct status certificate_use_lock(struct db *db, int64_t device_id, struct err *err)
{
	const struct sql_param params[] = {sql_int(device_id)};

	return sql_run(db, STATEMENT_device_touch, params, COUNT(params), NULL, err);
}

struct status certificate_superseded(struct db *db, const struct certificate_use_row *used,
    int64_t now, int64_t *ret_ids, size_t most, size_t *ret_count, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int(used->device_id), sql_int(used->id),
	    sql_int(used->renews), sql_time(now), sql_int((int64_t)most)};

	TRY(sql_run(db, STATEMENT_certificate_superseded, params, COUNT(params), &r, err));
	*ret_count = (size_t)sql_rows(&r);
	for (size_t i = 0; i < *ret_count; i++)
		ret_ids[i] = sql_get_int(&r, (int)i, 0);
	return STATUS_OK;
}
