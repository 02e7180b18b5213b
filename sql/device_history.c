/* sql/device_history.c: see device_history.h. */
#include "sql/device_history.h"

#include "base/der.h"
#include "sql/db_internal.h"

static void read_row(
    const struct sql_result *r, int row, struct arena *arena, struct device_event *out)
{
	*out = (struct device_event){
	    .at = sql_get_time(r, row, 0),
	    .key = sql_get_int(r, row, 1),
	    .event = sql_get_copy(r, row, 2, arena),
	    .state = sql_get_copy(r, row, 3, arena),
	    .who = sql_get_copy(r, row, 4, arena),
	    .certificate_id = sql_get_int(r, row, 5),
	    .reason = sql_is_null(r, row, 6) ? -1 : (int)sql_get_int(r, row, 6),
	};
}

struct status device_history(struct db *db, int64_t device_id, int64_t at, int64_t key,
    int64_t limit, struct arena *arena, struct device_event **ret_events, size_t *ret_count,
    struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {
	    sql_int(device_id), sql_time(at ? at : TIME_NO_EXPIRY), sql_int(key), sql_int(limit)};
	struct device_event *events;

	TRY(sql_run(db, STATEMENT_device_history, params, COUNT(params), &r, err));
	events = arena_alloc(arena, (size_t)sql_rows(&r) * sizeof(*events));
	for (int i = 0; i < sql_rows(&r); i++)
		read_row(&r, i, arena, &events[i]);
	*ret_events = events;
	*ret_count = (size_t)sql_rows(&r);
	return STATUS_OK;
}
