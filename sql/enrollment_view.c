/* sql/enrollment_view.c: see enrollment_view.h. */
#include "sql/enrollment_view.h"

#include <inttypes.h>

#include "sql/db_internal.h"

static struct span bytes_at(const struct sql_result *r, int row, int column, struct arena *arena)
{
	return arena_copy(arena, sql_get_bytes(r, row, column));
}

/* Columns as enrollment_list.sql and enrollment_get.sql have them. */
static void view_of(
    const struct sql_result *r, int row, struct arena *arena, struct enrollment_view *ret)
{
	*ret = (struct enrollment_view){
	    .id = sql_get_int(r, row, 0),
	    .at = sql_get_time(r, row, 1),
	    .label = sql_get_copy(r, row, 2, arena),
	    .operation = sql_get_copy(r, row, 3, arena),
	    .outcome = sql_get_copy(r, row, 4, arena),
	    .reason_code = sql_get_copy(r, row, 5, arena),
	    .rule = sql_get_copy(r, row, 6, arena),
	    .message = sql_get_copy(r, row, 7, arena),
	    .advice = sql_get_copy(r, row, 8, arena),
	    .device_id = sql_get_int(r, row, 9),
	    .product = sql_get_copy(r, row, 10, arena),
	    .serial = sql_get_copy(r, row, 11, arena),
	    .key_digest = bytes_at(r, row, 12, arena),
	    .idevid_digest = bytes_at(r, row, 13, arena),
	    .certificate_id = sql_get_int(r, row, 14),
	    .certificate_serial = bytes_at(r, row, 15, arena),
	    .peer_address = sql_get_copy(r, row, 16, arena),
	    .request_id = sql_get_copy(r, row, 17, arena),
	    .stranger = sql_get_bool(r, row, 18),
	    .state = sql_get_copy(r, row, 19, arena),
	    .expires_at = sql_get_time(r, row, 20),
	    .decided_by = sql_get_copy(r, row, 21, arena),
	    .decided_at = sql_get_time(r, row, 22),
	};
}

struct status enrollment_list(struct db *db, const struct enrollment_filter *filter,
    struct arena *arena, struct enrollment_view **ret_rows, size_t *ret_count, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {
	    sql_int_or_null(filter->before),
	    sql_text(filter->outcome),
	    sql_text(filter->state),
	    sql_text(filter->serial),
	    sql_int(filter->limit),
	};
	struct enrollment_view *rows;
	size_t n;

	TRY(sql_run(db, STATEMENT_enrollment_list, params, COUNT(params), &r, err));
	n = (size_t)sql_rows(&r);
	rows = arena_alloc(arena, n * sizeof *rows);
	for (size_t i = 0; i < n; i++)
		view_of(&r, (int)i, arena, &rows[i]);
	*ret_rows = rows;
	*ret_count = n;
	return STATUS_OK;
}

const char *const enrollment_outcomes[] = {
    "issued", "resent", "pending", "refused", "failed", NULL};
#define OUTCOMES 5
const char *const enrollment_states[] = {
    "open", "approved", "rejected", "expired", "redeemed", NULL};

/* The filter that leaves least decides where to look. */
static enum sql_statement page_statement(const struct enrollment_page *p)
{
	if (p->serial)
		return STATEMENT_enrollment_page_serial;
	if (p->state)
		return STATEMENT_enrollment_page_state;
	return !p->scope.all || p->outcome ? STATEMENT_enrollment_page_group
					   : STATEMENT_enrollment_page;
}

struct status enrollment_page(struct db *db, const struct enrollment_page *p, struct arena *arena,
    struct enrollment_view **ret_rows, size_t *ret_count, struct err *err)
{
	AUTO(sql_result) r = {0};
	AUTO(buf) products = {0};
	AUTO(buf) outcomes = {0};
	const struct sql_param params[] = {
	    sql_int(p->before ? p->before : ID_NEWEST),
	    sql_int(p->limit),
	    p->scope.all ? sql_null() : sql_array_text(&products, p->scope.names, p->scope.count),
	    p->outcome ? sql_array_text(&outcomes, &p->outcome, 1)
		       : sql_array_text(&outcomes, enrollment_outcomes, OUTCOMES),
	    sql_text(p->state),
	    sql_text(p->label),
	    sql_text(p->serial),
	};
	struct enrollment_view *rows;

	TRY(sql_run(db, page_statement(p), params, COUNT(params), &r, err));
	rows = arena_alloc(arena, (size_t)sql_rows(&r) * sizeof(*rows));
	for (int i = 0; i < sql_rows(&r); i++)
		view_of(&r, i, arena, &rows[i]);
	*ret_rows = rows;
	*ret_count = (size_t)sql_rows(&r);
	return STATUS_OK;
}

struct status enrollment_get(struct db *db, int64_t id, struct arena *arena,
    struct enrollment_view *ret_row, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int(id)};

	TRY(sql_run(db, STATEMENT_enrollment_get, params, COUNT(params), &r, err));
	if (sql_rows(&r) == 0)
		return err_set(err, ERR_MISSING, "there is no enrollment %" PRId64, id);
	view_of(&r, 0, arena, ret_row);
	return STATUS_OK;
}

struct status enrollment_store_decision(struct db *db, int64_t id, int64_t now,
    const char *decision, const char *who, struct span log_entry, struct span salt, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {
	    sql_int(id),
	    sql_time(now),
	    sql_text(decision),
	    sql_text(who),
	    sql_bytes(log_entry),
	    sql_bytes(salt),
	};

	TRY(sql_run(db, STATEMENT_enrollment_decide, params, COUNT(params), &r, err));
	if (sql_rows(&r) == 0)
		return err_set(
		    err, ERR_CONFLICT, "enrollment %" PRId64 " does not wait for a decision", id);
	return STATUS_OK;
}

struct status enrollment_overdue(struct db *db, int64_t now, int64_t limit, struct arena *arena,
    int64_t **ret_ids, size_t *ret_count, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_time(now), sql_int(limit)};
	int64_t *ids;

	TRY(sql_run(db, STATEMENT_enrollment_overdue, params, COUNT(params), &r, err));
	ids = arena_alloc(arena, (size_t)sql_rows(&r) * sizeof(*ids));
	for (int i = 0; i < sql_rows(&r); i++)
		ids[i] = sql_get_int(&r, i, 0);
	*ret_ids = ids;
	*ret_count = (size_t)sql_rows(&r);
	return STATUS_OK;
}

struct status enrollment_store_expiry(
    struct db *db, int64_t id, const struct log_line *line, struct err *err)
{
	const struct sql_param params[] = {sql_int(id), sql_time(line->at),
	    sql_bytes(buf_span(&line->entry)), sql_bytes(SPAN_OF(line->salt))};

	return sql_run(db, STATEMENT_enrollment_expire, params, COUNT(params), NULL, err);
}

struct status enrollment_purge(struct db *db, int64_t now, int64_t keep, int64_t max_age,
    int64_t *ret_removed, struct err *err)
{
	AUTO(sql_result) purged = {0};
	const struct sql_param bounds[] = {sql_int(keep), sql_time(now - max_age)};

	TRY(sql_run(db, STATEMENT_enrollment_purge, bounds, COUNT(bounds), &purged, err));
	*ret_removed = sql_get_int(&purged, 0, 0);
	return STATUS_OK;
}

struct status enrollment_purge_fleeting(struct db *db, int64_t now, int64_t keep, int64_t max_age,
    int64_t *ret_removed, struct err *err)
{
	AUTO(sql_result) purged = {0};
	const struct sql_param bounds[] = {sql_int(keep), sql_time(now - max_age)};

	TRY(sql_run(db, STATEMENT_enrollment_purge_fleeting, bounds, COUNT(bounds), &purged, err));
	*ret_removed = sql_get_int(&purged, 0, 0);
	return STATUS_OK;
}
