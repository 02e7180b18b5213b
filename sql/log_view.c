/* sql/log_view.c: see log_view.h. */
#include "sql/log_view.h"

#include <inttypes.h>

#include "sql/db_internal.h"

static const char *text_at(const struct sql_result *r, int row, int column, struct arena *arena)
{
	const char *text = sql_get_text(r, row, column);

	return text ? arena_strdup(arena, text) : NULL;
}

static struct span bytes_at(const struct sql_result *r, int row, int column, struct arena *arena)
{
	struct span bytes = sql_get_bytes(r, row, column);

	return bytes.p ? arena_copy(arena, bytes) : SPAN_NONE;
}

/* ---- entries ---- */

static struct log_view view_at(const struct sql_result *r, int row, struct arena *arena)
{
	return (struct log_view){
	    .entry_id = sql_get_int(r, row, 0),
	    .index = sql_get_int(r, row, 1),
	    .at = sql_get_time(r, row, 2),
	    .kind = text_at(r, row, 3, arena),
	    .entry = bytes_at(r, row, 4, arena),
	    .salt = bytes_at(r, row, 5, arena),
	    .erased_at = sql_get_time(r, row, 6),
	    .record_kind = text_at(r, row, 7, arena),
	    .record_id = sql_get_int(r, row, 8),
	};
}

static struct status read_views(struct db *db, enum sql_statement statement,
    const struct sql_param *params, size_t n, struct arena *arena, struct log_view **ret_rows,
    size_t *ret_count, struct err *err)
{
	AUTO(sql_result) r = {0};
	struct log_view *rows;

	TRY(sql_run(db, statement, params, n, &r, err));
	rows = arena_alloc(arena, (size_t)sql_rows(&r) * sizeof(*rows));
	for (int i = 0; i < sql_rows(&r); i++)
		rows[i] = view_at(&r, i, arena);
	*ret_rows = rows;
	*ret_count = (size_t)sql_rows(&r);
	return STATUS_OK;
}

struct status log_entries_list(struct db *db, int64_t origin_id, int64_t after, int64_t limit,
    struct arena *arena, struct log_view **ret_rows, size_t *ret_count, struct err *err)
{
	const struct sql_param params[] = {sql_int(origin_id), sql_int(after), sql_int(limit)};

	return read_views(
	    db, STATEMENT_log_entries_list, params, COUNT(params), arena, ret_rows, ret_count, err);
}

struct status log_leaves_list(struct db *db, int64_t origin_id, int64_t from, int64_t limit,
    struct arena *arena, struct log_view **ret_rows, size_t *ret_count, struct err *err)
{
	const struct sql_param params[] = {sql_int(origin_id), sql_int(from), sql_int(limit)};

	return read_views(
	    db, STATEMENT_log_leaves_list, params, COUNT(params), arena, ret_rows, ret_count, err);
}

struct status log_entry_of(struct db *db, int64_t origin_id, const char *record_kind,
    int64_t record_id, struct arena *arena, struct log_view *ret_row, struct err *err)
{
	const struct sql_param params[] = {
	    sql_int(origin_id), sql_text(record_kind), sql_int(record_id)};
	struct log_view *rows;
	size_t n;

	TRY(read_views(db, STATEMENT_log_entry_of, params, COUNT(params), arena, &rows, &n, err));
	if (n == 0)
		return err_set(err, ERR_MISSING, "the log has no entry of %s %" PRId64, record_kind,
		    record_id);
	*ret_row = rows[0];
	return STATUS_OK;
}

struct status log_entry_get(struct db *db, int64_t origin_id, int64_t id, struct arena *arena,
    struct log_view *ret_row, struct err *err)
{
	const struct sql_param params[] = {sql_int(origin_id), sql_int(id)};
	struct log_view *rows;
	size_t n;

	TRY(read_views(db, STATEMENT_log_entry_get, params, COUNT(params), arena, &rows, &n, err));
	if (n == 0)
		return err_set(err, ERR_MISSING, "there is no log entry %" PRId64, id);
	*ret_row = rows[0];
	return STATUS_OK;
}

/* ---- records ---- */

static struct status one_row(struct db *db, enum sql_statement statement, int64_t id,
    const char *what, struct sql_result *ret_result, struct err *err)
{
	const struct sql_param params[] = {sql_int(id)};

	TRY(sql_run(db, statement, params, COUNT(params), ret_result, err));
	if (sql_rows(ret_result) != 1)
		return err_set(err, ERR_MISSING, "there is no %s %" PRId64, what, id);
	return STATUS_OK;
}

struct status certificate_said_get(struct db *db, int64_t id, struct arena *arena,
    struct certificate_said *ret_said, struct err *err)
{
	AUTO(sql_result) r = {0};

	TRY(one_row(db, STATEMENT_certificate_said, id, "certificate", &r, err));
	*ret_said = (struct certificate_said){
	    .der = bytes_at(&r, 0, 0, arena),
	    .serial = bytes_at(&r, 0, 1, arena),
	    .subject = bytes_at(&r, 0, 2, arena),
	    .key_digest = bytes_at(&r, 0, 3, arena),
	    .not_before = sql_get_time(&r, 0, 4),
	    .not_after = sql_get_time(&r, 0, 5),
	    .issued_at = sql_get_time(&r, 0, 6),
	};
	return STATUS_OK;
}

struct status policy_change_get(struct db *db, int64_t id, struct arena *arena,
    struct policy_change_view *ret_change, struct err *err)
{
	AUTO(sql_result) r = {0};

	TRY(one_row(db, STATEMENT_policy_change_get, id, "policy change", &r, err));
	*ret_change = (struct policy_change_view){
	    .at = sql_get_time(&r, 0, 0),
	    .version = sql_get_int(&r, 0, 1),
	    .who = text_at(&r, 0, 2, arena),
	    .kind = text_at(&r, 0, 3, arena),
	    .name = text_at(&r, 0, 4, arena),
	    .record = bytes_at(&r, 0, 5, arena),
	};
	return STATUS_OK;
}

struct status alarm_record_get(
    struct db *db, int64_t id, struct arena *arena, struct alarm_view *ret_alarm, struct err *err)
{
	AUTO(sql_result) r = {0};

	TRY(one_row(db, STATEMENT_alarm_record_get, id, "alarm", &r, err));
	*ret_alarm = (struct alarm_view){
	    .at = sql_get_time(&r, 0, 0),
	    .kind = text_at(&r, 0, 1, arena),
	    .detail = text_at(&r, 0, 2, arena),
	};
	return STATUS_OK;
}

/* ---- strays ---- */

static const enum sql_statement stray_statements[LOG_STRAY_SOURCES] = {
    [LOG_STRAY_CERTIFICATE] = STATEMENT_log_stray_certificate,
    [LOG_STRAY_ARCHIVE] = STATEMENT_log_stray_archive,
    [LOG_STRAY_POLICY_CHANGE] = STATEMENT_log_stray_policy_change,
    [LOG_STRAY_ALARM] = STATEMENT_log_stray_alarm,
    [LOG_STRAY_ENROLLMENT] = STATEMENT_log_stray_enrollment,
    [LOG_STRAY_REQUEST] = STATEMENT_log_stray_request,
    [LOG_STRAY_APPROVAL] = STATEMENT_log_stray_approval,
    [LOG_STRAY_DEVICE] = STATEMENT_log_stray_device,
    [LOG_STRAY_TOKEN] = STATEMENT_log_stray_token,
    [LOG_STRAY_OPERATOR] = STATEMENT_log_stray_operator,
    [LOG_STRAY_CRL] = STATEMENT_log_stray_crl,
    [LOG_STRAY_STATUS] = STATEMENT_log_stray_status,
    [LOG_STRAY_REVOCATION] = STATEMENT_log_stray_revocation,
    [LOG_STRAY_RELEASE_STEP] = STATEMENT_log_stray_release_step,
    [LOG_STRAY_RELEASE] = STATEMENT_log_stray_release,
    [LOG_STRAY_RECALL] = STATEMENT_log_stray_recall,
    [LOG_STRAY_TRUST] = STATEMENT_log_stray_trust,
    [LOG_STRAY_ENTRY] = STATEMENT_log_stray_entry,
};

struct status log_strays_read(struct db *db, enum log_stray_source source, int64_t origin_id,
    int64_t after, int64_t window, struct arena *arena, struct log_stray **ret_strays,
    size_t *ret_count, int64_t *ret_last, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {sql_int(after), sql_int(window), sql_int(origin_id)};
	struct log_stray *strays;
	int64_t last = 0;
	size_t n = 0;

	TRY(sql_run(db, stray_statements[source], params, COUNT(params), &r, err));
	strays = arena_alloc(arena, (size_t)sql_rows(&r) * sizeof(*strays));
	for (int i = 0; i < sql_rows(&r); i++) {
		if (sql_is_null(&r, i, 2)) /* how far it looked */
			last = sql_get_int(&r, i, 0);
		else
			strays[n++] = (struct log_stray){sql_get_int(&r, i, 0),
			    text_at(&r, i, 1, arena), text_at(&r, i, 2, arena)};
	}
	*ret_strays = strays;
	*ret_count = n;
	*ret_last = last;
	return STATUS_OK;
}

struct status log_documents_read(struct db *db, const char *const *kinds, size_t kind_count,
    struct arena *arena, struct log_document **ret_documents, size_t *ret_count, struct err *err)
{
	AUTO(sql_result) r = {0};
	AUTO(buf) room = {0};
	const struct sql_param params[] = {sql_array_text(&room, kinds, kind_count)};
	struct log_document *all;

	TRY(sql_run(db, STATEMENT_log_documents, params, COUNT(params), &r, err));
	all = arena_alloc(arena, (size_t)sql_rows(&r) * sizeof(*all));
	for (int i = 0; i < sql_rows(&r); i++)
		all[i] = (struct log_document){
		    .kind = text_at(&r, i, 0, arena),
		    .name = text_at(&r, i, 1, arena),
		    .spec = text_at(&r, i, 2, arena),
		    .removed = sql_get_bool(&r, i, 3),
		    .certificate = bytes_at(&r, i, 4, arena),
		    .first = bytes_at(&r, i, 5, arena),
		    .newest = bytes_at(&r, i, 6, arena),
		};
	*ret_documents = all;
	*ret_count = (size_t)sql_rows(&r);
	return STATUS_OK;
}
