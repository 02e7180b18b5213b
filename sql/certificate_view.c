/* sql/certificate_view.c: see certificate_view.h. */
#include "sql/certificate_view.h"

#include <inttypes.h>

#include "sql/db_internal.h"

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

/*
 * Ids rise with time, but for clocks of several servers that differ and transactions that overlap:
 * this much earlier none can be that was issued at a time or later.
 */
#define CLOCKS_DIFFER 600
/* Windows in which the first one is looked for: an index over blocks answers each. */
static const int64_t windows[] = {60, 3600, 86400, 30 * 86400, 0};

/* From which id on those stand that were issued at `after` or later. */
static struct status first_id(struct db *db, int64_t after, int64_t *ret_id, struct err *err)
{
	const int64_t from = after - CLOCKS_DIFFER;

	*ret_id = 0;
	for (size_t i = 0; after && i < COUNT(windows) && *ret_id == 0; i++) {
		AUTO(sql_result) r = {0};
		const int64_t until = windows[i] ? after + windows[i] : INT64_C(253402300799);
		const struct sql_param params[] = {sql_time(from), sql_time(until)};

		TRY(sql_run(db, STATEMENT_certificate_first_id, params, COUNT(params), &r, err));
		*ret_id = sql_get_int(&r, 0, 0);
	}
	if (after && *ret_id == 0)
		*ret_id = INT64_MAX; /* none */
	return STATUS_OK;
}

bool certificate_by_expiry(const struct certificate_filter *f)
{
	return (f->expires_after || f->expires_before) && !f->serial.n && !f->device_id &&
	       !f->device_serial && !f->subject;
}

/* The filter that leaves least decides where to look. */
static enum sql_statement statement_of(const struct certificate_filter *f)
{
	if (f->serial.n)
		return STATEMENT_certificate_list_number;
	if (f->device_id)
		return STATEMENT_certificate_list_device;
	if (f->device_serial)
		return STATEMENT_certificate_list_serial;
	if (f->subject)
		return STATEMENT_certificate_list_subject;
	if (certificate_by_expiry(f))
		return f->scope.all ? STATEMENT_certificate_list_expiry
				    : STATEMENT_certificate_list_expiry_group;
	if (!f->scope.all || f->authority_id)
		return STATEMENT_certificate_list_group;
	return STATEMENT_certificate_list;
}

struct status certificate_list(struct db *db, const struct certificate_filter *f,
    struct arena *arena, struct certificate_row **ret_rows, size_t *ret_count, struct err *err)
{
	AUTO(sql_result) r = {0};
	AUTO(buf) room = {0};
	const bool expiry = certificate_by_expiry(f);
	/* From where those begin that end late enough, where the last page was not there yet. */
	const bool begins = f->expires_after > f->after_time;
	int64_t from;
	struct certificate_row *rows;

	TRY(first_id(db, f->issued_after, &from, err));
	const struct sql_param params[] = {
	    sql_int(expiry        ? (begins ? 0 : f->after_id)
		    : f->after_id ? f->after_id
				  : ID_NEWEST),
	    sql_int(f->limit),
	    sql_int(from),
	    sql_time_or_null(f->issued_after),
	    f->scope.all ? sql_null() : sql_array_int(&room, f->scope.ids, f->scope.count),
	    sql_int_or_null(f->authority_id),
	    sql_int_or_null(f->device_id),
	    sql_text(f->device_serial),
	    f->serial.n ? sql_bytes(f->serial) : sql_null(),
	    sql_text(f->subject),
	    sql_time_or_null(f->expires_after),
	    sql_time_or_null(f->expires_before),
	    sql_time(begins ? f->expires_after : f->after_time),
	};

	TRY(sql_run(
	    db, statement_of(f), params, expiry ? COUNT(params) : COUNT(params) - 1, &r, err));
	rows = arena_alloc(arena, (size_t)sql_rows(&r) * sizeof(*rows));
	for (int i = 0; i < sql_rows(&r); i++)
		read_row(&r, i, arena, &rows[i]);
	*ret_rows = rows;
	*ret_count = (size_t)sql_rows(&r);
	return STATUS_OK;
}

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
