/* sql/list.c: see list_internal.h. */
#include "sql/list_internal.h"

/*
 * Ids rise with time, but for clocks of several servers that differ and transactions that overlap:
 * this much earlier none can be that came at a time or later.
 */
#define CLOCKS_DIFFER 600
#define FOREVER       INT64_C(253402300799)
/* Windows in which the first one is looked for: an index over blocks answers each. */
static const int64_t windows[] = {60, 3600, 86400, 30 * 86400, 0};

void list_walk_read(const struct sql_result *r, int major, bool time, struct list_walk *ret_walk)
{
	struct list_walk *w = ret_walk;

	w->id_count = 0;
	w->looked = (size_t)sql_rows(r);
	w->last = (struct list_place){0};
	for (int i = 0; i < sql_rows(r) && i < LIST_WINDOW; i++) {
		const int64_t id = sql_get_int(r, i, 0);

		if (id)
			w->ids[w->id_count++] = id;
		w->last.id = id ? id : 1; /* before the first id: no row has it */
		if (major >= 0)
			w->last.major = time ? sql_get_time(r, i, major) : sql_get_int(r, i, major);
	}
}

/* The lowest id among those that came at `after` or later; INT64_MAX: there is none. */
static struct status first_id(
    struct db *db, enum sql_statement statement, int64_t after, int64_t *ret_id, struct err *err)
{
	*ret_id = 0;
	for (size_t i = 0; i < COUNT(windows) && *ret_id == 0; i++) {
		AUTO(sql_result) r = {0};
		const struct sql_param params[] = {
		    sql_time(after), sql_time(windows[i] ? after + windows[i] : FOREVER)};

		TRY(sql_run(db, statement, params, COUNT(params), &r, err));
		*ret_id = sql_get_int(&r, 0, 0);
	}
	if (*ret_id == 0)
		*ret_id = INT64_MAX;
	return STATUS_OK;
}

struct status list_ids_between(struct db *db, enum sql_statement statement, int64_t after,
    int64_t before, int64_t *ret_from, int64_t *ret_until, struct err *err)
{
	*ret_from = 0;
	*ret_until = INT64_MAX;
	if (after)
		TRY(first_id(db, statement, after - CLOCKS_DIFFER, ret_from, err));
	if (before)
		TRY(first_id(db, statement, before + CLOCKS_DIFFER, ret_until, err));
	return STATUS_OK;
}

size_t list_end(size_t found, int64_t limit, size_t window, const struct list_walk *walk,
    const struct list_place *places, struct list_next *ret_next)
{
	const size_t most = (size_t)limit;

	*ret_next = (struct list_next){0};
	if (found > most)
		*ret_next = (struct list_next){true, places[most - 1]};
	else if (walk->looked >= window)
		*ret_next = (struct list_next){true, walk->last};
	return found > most ? most : found;
}
