/* sql/certificate_view.c: see certificate_view.h. */
#include "sql/certificate_view.h"

#include <inttypes.h>
#include <string.h>

#include "sql/list_internal.h"

/* What the view certificate_named has, in its order; statements say "v.*". */
#define NAMED_COLUMNS 20

static void read_row(
    const struct sql_result *r, int row, struct arena *arena, struct certificate_row *out)
{
	*out = (struct certificate_row){
	    .id = sql_get_int(r, row, 0),
	    .serial = arena_copy(arena, sql_get_bytes(r, row, 1)),
	    .authority = sql_get_copy(r, row, 2, arena),
	    .device_id = sql_get_int(r, row, 3),
	    .product = sql_get_copy(r, row, 4, arena),
	    .device_serial = sql_get_copy(r, row, 5, arena),
	    .profile = sql_get_copy(r, row, 6, arena),
	    .label = sql_get_copy(r, row, 7, arena),
	    .subject = sql_get_copy(r, row, 8, arena),
	    .key_digest = arena_copy(arena, sql_get_bytes(r, row, 9)),
	    .not_before = sql_get_time(r, row, 10),
	    .not_after = sql_get_time(r, row, 11),
	    .issued_at = sql_get_time(r, row, 12),
	    .first_used_at = sql_get_time(r, row, 13),
	    .renews = sql_get_int(r, row, 14),
	    .shard = sql_get_int(r, row, 15),
	    .reason = (int)sql_get_int(r, row, 17),
	    .revoked_at = sql_get_time(r, row, 18),
	    .invalidity_at = sql_get_time(r, row, 19),
	};
}

/* ---- walks ---- */

/* The index that a list walks, and which filters that does without the others. */
enum walk {
	WALK_NUMBER,
	WALK_DEVICE,
	WALK_KEY,
	WALK_SERIAL,
	WALK_SUBJECT,
	WALK_HELD,
	WALK_REVOKED,
	WALK_BATCH,
	WALK_EXPIRY,
	WALK_EXPIRY_GROUP,
	WALK_LABEL,
	WALK_GROUP,
	WALK_ALL
};
static const enum sql_statement statements[] = {
    [WALK_NUMBER] = STATEMENT_certificate_walk_number,
    [WALK_DEVICE] = STATEMENT_certificate_walk_device,
    [WALK_KEY] = STATEMENT_certificate_walk_key,
    [WALK_SERIAL] = STATEMENT_certificate_walk_serial,
    [WALK_SUBJECT] = STATEMENT_certificate_walk_subject,
    [WALK_HELD] = STATEMENT_certificate_walk_held,
    [WALK_REVOKED] = STATEMENT_certificate_walk_revoked,
    [WALK_BATCH] = STATEMENT_certificate_walk_batch,
    [WALK_EXPIRY] = STATEMENT_certificate_walk_expiry,
    [WALK_EXPIRY_GROUP] = STATEMENT_certificate_walk_expiry_group,
    [WALK_LABEL] = STATEMENT_certificate_walk_label,
    [WALK_GROUP] = STATEMENT_certificate_walk_group,
    [WALK_ALL] = STATEMENT_certificate_walk,
};

static bool is(const char *status, const char *name)
{
	return status && strcmp(status, name) == 0;
}

/* The filter that leaves least decides where to look. */
static enum walk walk_of(const struct certificate_filter *f)
{
	if (f->serial.n)
		return WALK_NUMBER;
	if (f->device_id)
		return WALK_DEVICE;
	if (f->key.n)
		return WALK_KEY;
	if (f->device_serial)
		return WALK_SERIAL;
	if (f->subject)
		return WALK_SUBJECT;
	if (is(f->status, "held"))
		return WALK_HELD;
	if (is(f->status, "revoked"))
		return WALK_REVOKED;
	if (f->batch)
		return WALK_BATCH;
	if (f->expires_after || f->expires_before)
		return f->scope.all ? WALK_EXPIRY : WALK_EXPIRY_GROUP;
	if (f->label_id)
		return WALK_LABEL;
	return f->scope.all && !f->authority_id ? WALK_ALL : WALK_GROUP;
}

/* How many filters the walk leaves to be applied. */
static int left_over(const struct certificate_filter *f, enum walk walk)
{
	const bool ends = f->expires_after || f->expires_before;
	int n = !f->scope.all + (f->authority_id != 0) + (f->device_id != 0) + (f->label_id != 0) +
		(f->device_serial != NULL) + (f->batch != NULL) + (f->serial.n != 0) +
		(f->key.n != 0) + (f->subject != NULL) + (f->status != NULL) +
		(f->issued_after != 0) + (f->issued_before != 0) + ends;

	switch (walk) {
	case WALK_ALL: return n;
	case WALK_GROUP: return n - !f->scope.all - (f->authority_id != 0);
	case WALK_EXPIRY_GROUP: return n - 2;
	default: return n - 1;
	}
}

enum certificate_order certificate_order(const struct certificate_filter *f)
{
	switch (walk_of(f)) {
	case WALK_BATCH: return CERTIFICATE_BY_DEVICE;
	case WALK_EXPIRY:
	case WALK_EXPIRY_GROUP: return CERTIFICATE_BY_END;
	default: return CERTIFICATE_NEWEST;
	}
}

/* $4 of the walks that have one beside those of time. */
static struct sql_param value_of(
    const struct certificate_filter *f, enum walk walk, struct buf *products)
{
	switch (walk) {
	case WALK_NUMBER: return sql_bytes(f->serial);
	case WALK_DEVICE: return sql_int(f->device_id);
	case WALK_KEY: return sql_bytes(f->key);
	case WALK_SERIAL: return sql_text(f->device_serial);
	case WALK_SUBJECT: return sql_text(f->subject);
	case WALK_BATCH: return sql_text(f->batch);
	case WALK_LABEL: return sql_int(f->label_id);
	case WALK_GROUP:
		return f->scope.all ? sql_null()
				    : sql_array_int(products, f->scope.ids, f->scope.count);
	default: return sql_null();
	}
}

static struct status walk_by_end(struct db *db, const struct certificate_filter *f, enum walk walk,
    int64_t window, struct sql_result *r, struct err *err)
{
	AUTO(buf) products = {0};
	/* From where those begin that end late enough, where the last page was not there yet. */
	const bool begins = f->expires_after > f->after.major;
	const struct sql_param params[] = {
	    sql_int(begins ? 0 : f->after.id),
	    sql_int(window),
	    sql_time(begins ? f->expires_after : f->after.major),
	    sql_time_or_null(f->expires_before),
	    f->scope.all ? sql_null() : sql_array_int(&products, f->scope.ids, f->scope.count),
	};

	return sql_run(db, statements[walk], params, walk == WALK_EXPIRY ? 4 : 5, r, err);
}

static struct status walk_newest(struct db *db, const struct certificate_filter *f, enum walk walk,
    int64_t window, struct sql_result *r, struct err *err)
{
	AUTO(buf) products = {0};
	const int64_t after = f->after.id ? f->after.id : ID_NEWEST;
	const int64_t device = f->after.major ? f->after.major : ID_NEWEST;
	int64_t from, until;

	TRY(list_ids_between(db, STATEMENT_certificate_first_id, f->issued_after, f->issued_before,
	    &from, &until, err));
	const struct sql_param params[] = {
	    sql_int(after < until ? after : until),
	    sql_int(window),
	    sql_int(walk == WALK_BATCH ? device : from),
	    value_of(f, walk, &products),
	    sql_int_or_null(f->authority_id),
	};
	const bool alone = walk == WALK_ALL || walk == WALK_HELD || walk == WALK_REVOKED;

	return sql_run(db, statements[walk], params,
	    alone                ? 3
	    : walk == WALK_GROUP ? 5
				 : 4,
	    r, err);
}

/* ---- pages ---- */

static struct status page(struct db *db, const struct certificate_filter *f,
    const struct list_walk *w, struct sql_result *r, struct err *err)
{
	AUTO(buf) ids = {0};
	AUTO(buf) products = {0};
	const struct sql_param params[] = {
	    sql_array_int(&ids, w->ids, w->id_count),
	    sql_int(f->limit + 1),
	    f->scope.all ? sql_null() : sql_array_int(&products, f->scope.ids, f->scope.count),
	    sql_int_or_null(f->authority_id),
	    sql_int_or_null(f->device_id),
	    sql_text(f->device_serial),
	    f->serial.n ? sql_bytes(f->serial) : sql_null(),
	    sql_text(f->subject),
	    f->key.n ? sql_bytes(f->key) : sql_null(),
	    sql_int_or_null(f->label_id),
	    sql_text(f->batch),
	    sql_text(f->status),
	    sql_time_or_null(f->issued_after),
	    sql_time_or_null(f->issued_before),
	    sql_time_or_null(f->ends_after > f->expires_after ? f->ends_after : f->expires_after),
	    sql_time_or_null(f->expires_before),
	};

	return sql_run(db, STATEMENT_certificate_page, params, COUNT(params), r, err);
}

static struct list_place place_of(const struct certificate_row *c, enum certificate_order order)
{
	return (struct list_place){order == CERTIFICATE_BY_END      ? c->not_after
				   : order == CERTIFICATE_BY_DEVICE ? c->device_id
								    : 0,
	    c->id};
}

static struct status walk_run(struct db *db, const struct certificate_filter *f, int64_t window,
    struct list_walk *w, struct err *err)
{
	AUTO(sql_result) r = {0};
	const enum walk walk = walk_of(f);
	const enum certificate_order order = certificate_order(f);

	TRY((order == CERTIFICATE_BY_END ? walk_by_end : walk_newest)(
	    db, f, walk, window, &r, err));
	list_walk_read(&r,
	    order == CERTIFICATE_BY_END      ? 1
	    : order == CERTIFICATE_BY_DEVICE ? 2
					     : -1,
	    order == CERTIFICATE_BY_END, w);
	return STATUS_OK;
}

struct status certificate_list(struct db *db, const struct certificate_filter *f,
    struct arena *arena, struct certificate_row **ret_rows, size_t *ret_count,
    struct list_next *ret_next, struct err *err)
{
	AUTO(sql_result) r = {0};
	struct list_walk *w = arena_alloc(arena, sizeof(*w));
	const int64_t window = left_over(f, walk_of(f)) ? LIST_WINDOW : f->limit + 1;
	struct certificate_row *rows;
	struct list_place *places;
	size_t n;

	TRY(walk_run(db, f, window, w, err));
	TRY(page(db, f, w, &r, err));
	n = (size_t)sql_rows(&r);
	rows = arena_alloc(arena, n * sizeof(*rows));
	places = arena_alloc(arena, n * sizeof(*places));
	for (size_t i = 0; i < n; i++) {
		read_row(&r, (int)i, arena, &rows[i]);
		places[i] = place_of(&rows[i], certificate_order(f));
	}
	*ret_rows = rows;
	*ret_count = list_end(n, f->limit, (size_t)window, w, places, ret_next);
	return STATUS_OK;
}

/* ---- one ---- */

static struct status get_archived(struct db *db, int64_t id, struct arena *arena,
    struct certificate_row *ret_row, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int(id)};

	TRY(sql_run(db, STATEMENT_certificate_get_archived, params, COUNT(params), &r, err));
	if (sql_rows(&r) == 0)
		return err_set(err, ERR_MISSING, "there is no certificate %" PRId64, id);
	read_row(&r, 0, arena, ret_row);
	ret_row->archived_at = sql_get_time(&r, 0, NAMED_COLUMNS);
	ret_row->der_digest = arena_copy(arena, sql_get_bytes(&r, 0, NAMED_COLUMNS + 1));
	return STATUS_OK;
}

struct status certificate_get(struct db *db, int64_t id, struct arena *arena,
    struct certificate_row *ret_row, struct span *ret_der, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int(id)};

	TRY(sql_run(db, STATEMENT_certificate_get, params, COUNT(params), &r, err));
	if (ret_der)
		*ret_der = SPAN_NONE;
	if (sql_rows(&r) == 0)
		return get_archived(db, id, arena, ret_row, err);
	read_row(&r, 0, arena, ret_row);
	if (ret_der)
		*ret_der = arena_copy(arena, sql_get_bytes(&r, 0, NAMED_COLUMNS));
	return STATUS_OK;
}
