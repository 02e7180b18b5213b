/* sql/enrollment.c: see enrollment.h, enrollment_first.h, enrollment_wait.h. */
#include "sql/enrollment_first.h"
#include "sql/enrollment_wait.h"

#include <stdio.h>
#include <string.h>

#include "sql/db_internal.h"

/* Columns of both enrollment_look statements. */
enum look_column {
	LOOK_DEVICE,
	LOOK_STATE,
	LOOK_IDEVID_KEY,
	LOOK_PRODUCT,
	LOOK_SERIAL,
	LOOK_KEY, /* and three more: device, kind, compromised */
	LOOK_OWN_KEY = LOOK_KEY + 4,
	LOOK_REVOKED = LOOK_OWN_KEY + 4,
	LOOK_STALE,
	LOOK_CERTIFICATE,
	LOOK_CERTIFICATE_DER,
	LOOK_PROFILE,
	LOOK_RESEND,
	LOOK_RESEND_DER,
	LOOK_WAIT,
	LOOK_WAIT_STATE,
	LOOK_WAIT_IDEVID,
	LOOK_VERSION,
	LOOK_LIMIT_AT,
	LOOK_ANNOUNCED,
	LOOK_LABEL,
	LOOK_CERTIFICATE_REASON,
	LOOK_CERTIFICATE_USED,
	LOOK_CERTIFICATE_RENEWS
};

void enrollment_look_free(struct enrollment_look *l)
{
	buf_free(&l->certificate);
	buf_free(&l->resend);
}

/* Which of the names is it, counted from 1? 0: NULL, or a name that this program does not know. */
static int index_of(const char *text, const char *const *names)
{
	for (int i = 0; text && names[i]; i++)
		if (strcmp(text, names[i]) == 0)
			return i + 1;
	return 0;
}

static const char *const device_states[] = {
    "made", "claimed", "enrolled", "suspended", "retired", NULL};
static const char *const key_kinds[] = {"idevid", "ldevid", "server", NULL};
static const char *const wait_states[] = {"open", "approved", "rejected", "redeemed", NULL};

static struct enrollment_key key_of(const struct sql_result *r, int at)
{
	struct enrollment_key key = {0};

	if (!sql_get_bool(r, 0, at))
		return key;
	key.device_id = sql_get_int(r, 0, at + 1);
	key.kind = (enum key_kind)index_of(sql_get_text(r, 0, at + 2), key_kinds);
	key.compromised = sql_get_bool(r, 0, at + 3);
	return key;
}

static struct status optional_digest(
    const struct sql_result *r, int column, bool *ret_has, struct digest *ret, struct err *err)
{
	*ret_has = !sql_is_null(r, 0, column);
	return *ret_has ? sql_get_digest(r, 0, column, ret, err) : STATUS_OK;
}

static struct status look_device(
    const struct sql_result *r, struct enrollment_look *l, struct err *err)
{
	const char *serial = sql_get_text(r, 0, LOOK_SERIAL);

	l->device_id = sql_get_int(r, 0, LOOK_DEVICE);
	l->state = (enum device_state)index_of(sql_get_text(r, 0, LOOK_STATE), device_states);
	l->product_id = sql_get_int(r, 0, LOOK_PRODUCT);
	snprintf(l->serial, sizeof l->serial, "%s", serial ? serial : "");
	return optional_digest(r, LOOK_IDEVID_KEY, &l->has_idevid_key, &l->idevid_key, err);
}

static struct status look_of(struct sql_result *r, struct enrollment_look *ret, struct err *err)
{
	AUTO(enrollment_look) l = {0};
	bool has_wait_idevid;

	if (sql_rows(r) != 1)
		return err_set(
		    err, ERR_INTERNAL, "the look at the store gave %d rows", sql_rows(r));
	TRY(look_device(r, &l, err));
	l.key = key_of(r, LOOK_KEY);
	l.own_key = key_of(r, LOOK_OWN_KEY);
	l.revoked = sql_get_int(r, 0, LOOK_REVOKED);
	l.stale = sql_get_int(r, 0, LOOK_STALE);
	l.certificate_id = sql_get_int(r, 0, LOOK_CERTIFICATE);
	l.profile_id = sql_get_int(r, 0, LOOK_PROFILE);
	l.resend_id = sql_get_int(r, 0, LOOK_RESEND);
	l.wait_id = sql_get_int(r, 0, LOOK_WAIT);
	l.wait = (enum wait_state)index_of(sql_get_text(r, 0, LOOK_WAIT_STATE), wait_states);
	TRY(optional_digest(r, LOOK_WAIT_IDEVID, &has_wait_idevid, &l.wait_idevid, err));
	l.version = sql_get_int(r, 0, LOOK_VERSION);
	l.certificate_reason = (int)sql_get_int(r, 0, LOOK_CERTIFICATE_REASON);
	l.certificate_used = sql_get_bool(r, 0, LOOK_CERTIFICATE_USED);
	l.certificate_renews = sql_get_int(r, 0, LOOK_CERTIFICATE_RENEWS);
	l.announced = sql_get_bool(r, 0, LOOK_ANNOUNCED);
	l.label_id = sql_get_int(r, 0, LOOK_LABEL);
	l.limit_at = sql_get_time(r, 0, LOOK_LIMIT_AT);
	buf_put(&l.certificate, sql_get_bytes(r, 0, LOOK_CERTIFICATE_DER));
	buf_put(&l.resend, sql_get_bytes(r, 0, LOOK_RESEND_DER));
	*ret = l;
	l = (struct enrollment_look){0};
	return STATUS_OK;
}

struct status enrollment_look_idevid(struct db *db, const struct enrollment_query *q,
    struct enrollment_look *ret_look, struct err *err)
{
	AUTO(sql_result) r = {0};
	AUTO(buf) issuers = {0};
	AUTO(buf) serials = {0};
	const struct sql_param params[] = {
	    sql_int(q->product_id),
	    sql_text(q->serial),
	    sql_digest(&q->key),
	    sql_digest(&q->idevid_key),
	    sql_int(q->label_id),
	    sql_text(q->label),
	    sql_text(q->product),
	    sql_time(q->resend_after),
	    sql_time(q->now),
	    sql_array_bytes(&issuers, q->issuers, q->path_count),
	    sql_array_bytes(&serials, q->serials, q->path_count),
	    sql_int(q->device_limit),
	};

	TRY(sql_run(db, STATEMENT_enrollment_look_idevid, params, COUNT(params), &r, err));
	return look_of(&r, ret_look, err);
}

struct status enrollment_look_ldevid(struct db *db, const struct enrollment_query *q,
    struct enrollment_look *ret_look, struct err *err)
{
	AUTO(sql_result) r = {0};
	AUTO(buf) authorities = {0};
	const struct sql_param params[] = {
	    sql_array_int(&authorities, q->authorities, q->authority_count),
	    sql_bytes(q->certificate_serial),
	    sql_digest(&q->key),
	    sql_int(q->label_id),
	    sql_time(q->resend_after),
	    sql_time(q->now),
	    sql_int(q->device_limit),
	};

	TRY(sql_run(db, STATEMENT_enrollment_look_ldevid, params, COUNT(params), &r, err));
	return look_of(&r, ret_look, err);
}

/* Losing a race is the same to the caller, whether a constraint or lost_race() says so. */
static struct status as_conflict(struct db *db, struct err *err)
{
	if (err->kind == ERR_DATABASE && sql_retryable(db))
		err->kind = ERR_CONFLICT;
	return STATUS_FAILED;
}

struct status enrollment_store_issued(
    struct db *db, const struct enrollment_issue *i, int64_t *ret_id, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct enrollment_row *row = &i->row;
	const struct sql_param params[] = {
	    sql_int_or_null(row->device_id),
	    sql_int(i->product_id),
	    sql_text(row->serial),
	    sql_digest(i->idevid_key),
	    sql_digest(row->idevid),
	    sql_bool(i->idevid_key_known),
	    sql_digest(row->key),
	    sql_bool(i->key_known),
	    sql_int(i->authority_id),
	    sql_bytes(i->certificate_serial),
	    sql_int(i->profile_id),
	    sql_int(i->label_id),
	    sql_bytes(i->subject),
	    sql_time(i->not_before),
	    sql_time(i->not_after),
	    sql_bytes(i->certificate),
	    sql_int_or_null(i->renews),
	    sql_time(row->now),
	    sql_text(row->label),
	    sql_text(row->operation),
	    sql_text(row->message),
	    sql_text(row->product),
	    sql_text(row->peer_address),
	    sql_text(row->request_id),
	    sql_int_or_null(i->approval_id),
	    sql_bytes(i->log_entry),
	    sql_bytes(i->salt),
	    sql_int(i->version),
	    sql_text(i->subject_text),
	    sql_int4(i->shard),
	    sql_text(i->key_algorithm),
	    sql_bytes(i->enrolled_entry),
	    sql_bytes(i->enrolled_salt),
	};

	if (!sql_run(db, STATEMENT_enrollment_issue, params, COUNT(params), &r, err).ok)
		return as_conflict(db, err);
	*ret_id = sql_get_int(&r, 0, 0);
	return STATUS_OK;
}

struct status enrollment_store_first(struct db *db, const struct enrollment_first *first,
    bool *ret_stored, int64_t *ret_id, struct err *err)
{
	AUTO(sql_result) r = {0};
	AUTO(buf) issuers = {0};
	AUTO(buf) serials = {0};
	const struct enrollment_issue *i = &first->issue;
	const struct enrollment_row *row = &i->row;
	const struct sql_param params[] = {
	    sql_int(i->product_id),
	    sql_text(row->serial),
	    sql_digest(i->idevid_key),
	    sql_digest(row->idevid),
	    sql_digest(row->key),
	    sql_int(i->authority_id),
	    sql_bytes(i->certificate_serial),
	    sql_int(i->profile_id),
	    sql_int(i->label_id),
	    sql_bytes(i->subject),
	    sql_time(i->not_before),
	    sql_time(i->not_after),
	    sql_bytes(i->certificate),
	    sql_time(row->now),
	    sql_text(row->label),
	    sql_text(row->operation),
	    sql_text(row->message),
	    sql_text(row->product),
	    sql_text(row->peer_address),
	    sql_text(row->request_id),
	    sql_bytes(i->log_entry),
	    sql_bytes(i->salt),
	    sql_bool(first->may_be_new),
	    sql_bool(first->lists_required),
	    sql_array_bytes(&issuers, first->issuers, first->path_count),
	    sql_array_bytes(&serials, first->serials, first->path_count),
	    sql_text(i->subject_text),
	    sql_int4(i->shard),
	    sql_text(i->key_algorithm),
	    sql_bytes(i->enrolled_entry),
	    sql_bytes(i->enrolled_salt),
	};

	if (!sql_run(db, STATEMENT_enrollment_first, params, COUNT(params), &r, err).ok)
		return as_conflict(db, err);
	*ret_stored = sql_rows(&r) == 1;
	if (*ret_stored)
		*ret_id = sql_get_int(&r, 0, 0);
	return STATUS_OK;
}

struct status enrollment_record(struct db *db, const struct enrollment_row *row,
    const struct enrollment_alarm *alarm, int64_t *ret_id, bool *ret_alarmed, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {
	    sql_time(row->now),
	    sql_text(row->label),
	    sql_text(row->operation),
	    sql_text(row->outcome),
	    sql_text(row->reason_code),
	    sql_text(row->rule),
	    sql_text(row->message),
	    sql_text(row->advice),
	    sql_int_or_null(row->device_id),
	    sql_text(row->product),
	    sql_text(row->serial),
	    sql_digest(row->key),
	    sql_digest(row->idevid),
	    sql_int_or_null(row->certificate_id),
	    sql_text(row->peer_address),
	    sql_text(row->request_id),
	    sql_bool(row->stranger),
	    sql_text(alarm->kind),
	    sql_text(alarm->detail),
	    sql_bytes(alarm->log_entry),
	    sql_bytes(alarm->salt),
	};

	TRY(sql_run(db, STATEMENT_enrollment_record, params, COUNT(params), &r, err));
	*ret_id = sql_get_int(&r, 0, 0);
	*ret_alarmed = sql_get_bool(&r, 0, 1);
	return STATUS_OK;
}

struct status enrollment_stale(
    struct db *db, const struct enrollment_row *row, int64_t *ret_id, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {
	    sql_text(row->label),
	    sql_text(row->product),
	    sql_text(row->serial),
	    sql_digest(row->key),
	    sql_time(row->now),
	};

	TRY(sql_run(db, STATEMENT_enrollment_stale, params, COUNT(params), &r, err));
	*ret_id = sql_rows(&r) ? sql_get_int(&r, 0, 0) : 0;
	return STATUS_OK;
}

struct status enrollment_wait(struct db *db, const struct enrollment_row *row, int64_t expires,
    const struct enrollment_room *room, int64_t *ret_id, struct err *err)
{
	AUTO(sql_result) r = {0};
	const struct sql_param params[] = {
	    sql_time(row->now),
	    sql_text(row->label),
	    sql_text(row->operation),
	    sql_text(row->reason_code),
	    sql_text(row->rule),
	    sql_text(row->message),
	    sql_text(row->advice),
	    sql_int_or_null(row->device_id),
	    sql_text(row->product),
	    sql_text(row->serial),
	    sql_digest(row->key),
	    sql_digest(row->idevid),
	    sql_text(row->peer_address),
	    sql_text(row->request_id),
	    sql_time(expires),
	    sql_int(room->of_device),
	    sql_int(room->of_product),
	};

	if (!sql_run(db, STATEMENT_enrollment_wait, params, COUNT(params), &r, err).ok)
		return as_conflict(db, err);
	*ret_id = sql_rows(&r) ? sql_get_int(&r, 0, 0) : 0;
	return STATUS_OK;
}

struct status enrollment_wait_again(struct db *db, int64_t id, int64_t now,
    const char *peer_address, const char *request_id, struct err *err)
{
	const struct sql_param params[] = {
	    sql_int(id), sql_time(now), sql_text(peer_address), sql_text(request_id)};

	return sql_run(db, STATEMENT_enrollment_wait_again, params, COUNT(params), NULL, err);
}
