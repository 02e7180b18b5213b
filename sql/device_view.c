/* sql/device_view.c: see device_view.h. */
#include "sql/device_view.h"

#include <inttypes.h>

#include "sql/list_internal.h"

const char *const device_states[] = {"made", "claimed", "enrolled", "suspended", "retired", NULL};
#define STATES 5

static void read_row(
    const struct sql_result *r, int row, struct arena *arena, struct device_row *out)
{
	*out = (struct device_row){
	    .id = sql_get_int(r, row, 0),
	    .product = sql_get_copy(r, row, 1, arena),
	    .serial = sql_get_copy(r, row, 2, arena),
	    .state = sql_get_copy(r, row, 3, arena),
	    .announced = sql_get_bool(r, row, 4),
	    .created_at = sql_get_time(r, row, 5),
	    .first_enrolled_at = sql_get_time(r, row, 6),
	    .issuances = sql_get_int(r, row, 7),
	    .idevid_key = arena_copy(arena, sql_get_bytes(r, row, 8)),
	    .idevid_certificate = arena_copy(arena, sql_get_bytes(r, row, 9)),
	    .version = sql_get_int(r, row, 10),
	    .batch = sql_get_copy(r, row, 11, arena),
	};
}

/* ---- walks: as in sql/certificate_view.c ---- */

enum walk {
	WALK_SERIAL,
	WALK_KEY,
	WALK_BATCH,
	WALK_ENROLLED,
	WALK_GROUP,
	WALK_ALL
};
static const enum sql_statement statements[] = {
    [WALK_SERIAL] = STATEMENT_device_walk_serial,
    [WALK_KEY] = STATEMENT_device_walk_key,
    [WALK_BATCH] = STATEMENT_device_walk_batch,
    [WALK_ENROLLED] = STATEMENT_device_walk_enrolled,
    [WALK_GROUP] = STATEMENT_device_walk_group,
    [WALK_ALL] = STATEMENT_device_walk,
};

static enum walk walk_of(const struct device_filter *f)
{
	if (f->serial)
		return WALK_SERIAL;
	if (f->key.n)
		return WALK_KEY;
	if (f->batch)
		return WALK_BATCH;
	if (f->enrolled_after || f->enrolled_before)
		return WALK_ENROLLED;
	return f->scope.all && !f->state ? WALK_ALL : WALK_GROUP;
}

static int left_over(const struct device_filter *f, enum walk walk)
{
	int n = !f->scope.all + (f->state != NULL) + (f->serial != NULL) + (f->batch != NULL) +
		(f->key.n != 0) + (f->made_after != 0) + (f->made_before != 0) +
		(f->enrolled_after || f->enrolled_before);

	switch (walk) {
	case WALK_ALL: return n;
	case WALK_GROUP: return n - !f->scope.all - (f->state != NULL);
	default: return n - 1;
	}
}

bool device_by_enrollment(const struct device_filter *f)
{
	return walk_of(f) == WALK_ENROLLED;
}

static struct status walk_enrolled(struct db *db, const struct device_filter *f, int64_t window,
    struct sql_result *r, struct err *err)
{
	const bool begins = f->enrolled_after > f->after.major;
	const struct sql_param params[] = {
	    sql_int(begins ? 0 : f->after.id),
	    sql_int(window),
	    sql_time(begins ? f->enrolled_after : f->after.major),
	    sql_time_or_null(f->enrolled_before),
	};

	return sql_run(db, STATEMENT_device_walk_enrolled, params, COUNT(params), r, err);
}

static struct status walk_newest(struct db *db, const struct device_filter *f, int64_t window,
    struct sql_result *r, struct err *err)
{
	AUTO(buf) products = {0};
	AUTO(buf) states = {0};
	const enum walk walk = walk_of(f);
	const int64_t after = f->after.id ? f->after.id : ID_NEWEST;
	int64_t from, until;

	TRY(list_ids_between(
	    db, STATEMENT_device_first_id, f->made_after, f->made_before, &from, &until, err));
	const struct sql_param params[] = {
	    sql_int(after < until ? after : until),
	    sql_int(window),
	    sql_int(from),
	    walk == WALK_SERIAL  ? sql_text(f->serial)
	    : walk == WALK_KEY   ? sql_bytes(f->key)
	    : walk == WALK_BATCH ? sql_text(f->batch)
	    : f->scope.all       ? sql_null()
				 : sql_array_int(&products, f->scope.ids, f->scope.count),
	    f->state ? sql_array_text(&states, &f->state, 1)
		     : sql_array_text(&states, device_states, STATES),
	};

	return sql_run(db, statements[walk], params,
	    walk == WALK_ALL     ? 3
	    : walk == WALK_GROUP ? 5
				 : 4,
	    r, err);
}

/* ---- pages ---- */

static struct status page(struct db *db, const struct device_filter *f, const struct list_walk *w,
    struct sql_result *r, struct err *err)
{
	AUTO(buf) ids = {0};
	AUTO(buf) products = {0};
	const struct sql_param params[] = {
	    sql_array_int(&ids, w->ids, w->id_count),
	    sql_int(f->limit + 1),
	    f->scope.all ? sql_null() : sql_array_int(&products, f->scope.ids, f->scope.count),
	    sql_text(f->state),
	    sql_text(f->serial),
	    sql_text(f->batch),
	    f->key.n ? sql_bytes(f->key) : sql_null(),
	    sql_time_or_null(f->made_after),
	    sql_time_or_null(f->made_before),
	    sql_time_or_null(f->enrolled_after),
	    sql_time_or_null(f->enrolled_before),
	};

	return sql_run(db, STATEMENT_device_page, params, COUNT(params), r, err);
}

struct status device_list(struct db *db, const struct device_filter *f, struct arena *arena,
    struct device_row **ret_rows, size_t *ret_count, struct list_next *ret_next, struct err *err)
{
	AUTO(sql_result) walked = {0};
	AUTO(sql_result) r = {0};
	struct list_walk *w = arena_alloc(arena, sizeof(*w));
	const bool enrolled = device_by_enrollment(f);
	const int64_t window = left_over(f, walk_of(f)) ? LIST_WINDOW : f->limit + 1;
	struct device_row *rows;
	struct list_place *places;
	size_t n;

	TRY((enrolled ? walk_enrolled : walk_newest)(db, f, window, &walked, err));
	list_walk_read(&walked, enrolled ? 1 : -1, true, w);
	TRY(page(db, f, w, &r, err));
	n = (size_t)sql_rows(&r);
	rows = arena_alloc(arena, n * sizeof(*rows));
	places = arena_alloc(arena, n * sizeof(*places));
	for (size_t i = 0; i < n; i++) {
		read_row(&r, (int)i, arena, &rows[i]);
		places[i] =
		    (struct list_place){enrolled ? rows[i].first_enrolled_at : 0, rows[i].id};
	}
	*ret_rows = rows;
	*ret_count = list_end(n, f->limit, (size_t)window, w, places, ret_next);
	return STATUS_OK;
}

/* ---- one ---- */

static struct status get(struct db *db, enum sql_statement statement, int64_t id,
    struct arena *arena, struct device_row *ret_row, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int(id)};

	TRY(sql_run(db, statement, params, COUNT(params), &r, err));
	if (sql_rows(&r) == 0)
		return err_set(err, ERR_MISSING, "there is no device %" PRId64, id);
	read_row(&r, 0, arena, ret_row);
	return STATUS_OK;
}

struct status device_get(
    struct db *db, int64_t id, struct arena *arena, struct device_row *ret_row, struct err *err)
{
	return get(db, STATEMENT_device_get, id, arena, ret_row, err);
}

struct status device_lock(
    struct db *db, int64_t id, struct arena *arena, struct device_row *ret_row, struct err *err)
{
	return get(db, STATEMENT_device_lock, id, arena, ret_row, err);
}

struct status device_move(
    struct db *db, int64_t id, const char *state, int64_t *ret_version, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int(id), sql_text(state)};

	TRY(sql_run(db, STATEMENT_device_move, params, COUNT(params), &r, err));
	if (sql_rows(&r) == 0)
		return err_set(err, ERR_MISSING, "there is no device %" PRId64, id);
	*ret_version = sql_get_int(&r, 0, 0);
	return STATUS_OK;
}
