/* ca/enroll_keep.c: issue and store; repeat; let wait; refuse and say why. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "ca/certificate_record.h"
#include "ca/enroll_decide.h"
#include "ca/enroll_internal.h"
#include "ca/enrolled_record.h"
#include "ca/name.h"
#include "ca/reason.h"
#include "ca/renewal.h"
#include "signing/format/entry.h"
#include "sql/enrollment_first.h"
#include "sql/enrollment_wait.h"

static void set_id(struct enroll_reply *reply, int64_t id)
{
	snprintf(reply->enrollment_id, sizeof reply->enrollment_id, "%" PRId64, id);
}

static struct enrollment_row row_of(
    const struct attempt *a, const char *outcome, const struct err *err)
{
	const struct enroll_request *q = a->q;

	return (struct enrollment_row){
	    .now = a->now,
	    .label = a->label ? a->label->name : "",
	    .operation = q->reenroll ? "reenroll" : "enroll",
	    .outcome = outcome,
	    .reason_code = err ? err_code(err) : NULL,
	    .rule = err && err->reason ? err->reason->rule : NULL,
	    .message = err ? err->message : NULL,
	    .advice = err && err->reason ? err->reason->advice : NULL,
	    .device_id = a->vouched ? a->look.device_id : 0,
	    .product = a->vouched && a->product ? a->product->name : NULL,
	    .serial = a->vouched ? a->serial : NULL,
	    .key = a->has_csr ? &a->csr.key_digest : NULL,
	    .idevid = a->client == CLIENT_IDEVID ? &a->identity.certificate_digest : NULL,
	    .peer_address = q->peer_address,
	    .request_id = q->request_id,
	    .stranger = !a->vouched,
	};
}

/* ---- issue ---- */

static struct issue_subject subject_of(const struct attempt *a)
{
	return (struct issue_subject){
	    .manufacturer = a->product->manufacturer,
	    .product = a->product->model,
	    .serial = a->serial,
	    .mud_url = a->product->mud_url,
	};
}

static struct status make(struct attempt *a, struct issued *ret_issued, struct err *err)
{
	const struct issue_subject subject = subject_of(a);
	struct status done = issue_certificate(a->label->profile, &subject, a->csr.spki,
	    a->csr.key_algorithm, a->now, a->q->rng, ret_issued, err);

	/* Our fault, and somebody must look: a profile or a program that would issue wrongly. */
	if (!done.ok && strncmp(err_code(err), "lint.", 5) == 0)
		a->alarm = "lint";
	return done;
}

static void message_of(
    const struct attempt *a, const struct issued *issued, char *text, size_t size)
{
	char serial[2 * SERIAL_SIZE + 1], until[TIME_TEXT_SIZE];

	hex_text(SPAN_OF(issued->serial), serial);
	time_text(issued->not_after, until);
	snprintf(text, size, "certificate %s by profile %s until %s, %s to its TLS session", serial,
	    a->label->profile->name, until, a->linked ? "linked" : "not linked");
}

static struct enrollment_issue issue_of(const struct attempt *a, const struct issued *issued)
{
	const struct enrollment_look *l = &a->look;

	return (struct enrollment_issue){
	    .row = row_of(a, "issued", NULL),
	    .product_id = a->product->id,
	    .idevid_key = a->client == CLIENT_IDEVID ? &a->identity.key_digest : NULL,
	    .idevid_key_known = l->own_key.kind == KEY_IDEVID,
	    .key_known = l->key.kind == KEY_LDEVID,
	    .authority_id = a->label->profile->authority->id,
	    .profile_id = a->label->profile->id,
	    .label_id = a->label->id,
	    .certificate_serial = SPAN_OF(issued->serial),
	    .subject = buf_span(&issued->subject),
	    .certificate = buf_span(&issued->der),
	    .not_before = issued->not_before,
	    .not_after = issued->not_after,
	    .shard = issued->shard,
	    .key_algorithm = issued->algorithm->name,
	    .renews = a->client == CLIENT_LDEVID ? l->certificate_id : 0,
	    .approval_id = l->wait == WAIT_APPROVED ? l->wait_id : 0,
	    .version = l->version,
	};
}

static void record_of(const struct enrollment_issue *i, struct buf *out)
{
	const struct certificate_columns columns = {
	    .der = i->certificate,
	    .authority_id = i->authority_id,
	    .product_id = i->product_id,
	    .device_serial = i->row.serial,
	    .profile_id = i->profile_id,
	    .label_id = i->label_id,
	    .renews = i->renews,
	};

	certificate_record(&columns, out);
}

/* What a row says beside the certificate: owned here, borrowed by the row. */
struct account {
	struct buf entry, enrolled;
	uint8_t salt[ENTRY_SALT_SIZE], enrolled_salt[ENTRY_SALT_SIZE];
	char message[320], subject[NAME_TEXT_SIZE];
};
static inline void account_auto(struct account *a)
{
	buf_free(&a->entry);
	buf_free(&a->enrolled);
}

/* A device that has not enrolled, or was reset since. */
static bool moves_to_enrolled(const struct attempt *a)
{
	return a->client == CLIENT_IDEVID &&
	       (a->look.state == DEVICE_ABSENT || a->look.state == DEVICE_MADE ||
		   a->look.state == DEVICE_CLAIMED);
}

static struct status tell_enrolled(
    const struct attempt *a, struct enrollment_issue *issue, struct account *ret, struct err *err)
{
	AUTO(buf) record = {0};
	const struct enrolled_columns columns = {
	    .at = issue->row.now,
	    .label = issue->row.label,
	    .product = issue->row.product,
	    .serial = issue->row.serial,
	    .key = SPAN_OF(issue->row.key->bytes),
	    .idevid = SPAN_OF(issue->row.idevid->bytes),
	};

	TRY(rng_fill(a->q->rng, ret->enrolled_salt, sizeof ret->enrolled_salt, err));
	enrolled_record(&columns, &record);
	entry_encode(
	    "device.enrolled", a->now, ret->enrolled_salt, buf_span(&record), &ret->enrolled);
	issue->enrolled_entry = buf_span(&ret->enrolled);
	issue->enrolled_salt = SPAN_OF(ret->enrolled_salt);
	return STATUS_OK;
}

static struct status give_account(const struct attempt *a, const struct issued *issued,
    struct enrollment_issue *issue, struct account *ret, struct err *err)
{
	AUTO(buf) record = {0};

	TRY(rng_fill(a->q->rng, ret->salt, sizeof ret->salt, err));
	record_of(issue, &record);
	entry_encode("certificate.issued", a->now, ret->salt, buf_span(&record), &ret->entry);
	message_of(a, issued, ret->message, sizeof ret->message);
	name_text(issue->subject, ret->subject, sizeof ret->subject);
	issue->row.message = ret->message;
	issue->subject_text = ret->subject;
	issue->log_entry = buf_span(&ret->entry);
	issue->salt = SPAN_OF(ret->salt);
	return moves_to_enrolled(a) ? tell_enrolled(a, issue, ret, err) : STATUS_OK;
}

static struct status store(struct db *db, const struct attempt *a, const struct issued *issued,
    int64_t *ret_id, struct err *err)
{
	AUTO(account) account = {0};
	struct enrollment_issue issue = issue_of(a, issued);

	TRY(give_account(a, issued, &issue, &account, err));
	return enrollment_store_issued(db, &issue, ret_id, err);
}

static struct status store_first(struct db *db, const struct attempt *a,
    const struct issued *issued, bool *ret_stored, int64_t *ret_id, struct err *err)
{
	AUTO(account) account = {0};
	const struct path_spans path = path_spans(&a->identity);
	struct enrollment_first first = {
	    .issue = issue_of(a, issued),
	    .may_be_new = a->label->registration == REGISTRATION_OPEN,
	    .lists_required = a->identity.anchor->crl == CRL_REQUIRED,
	    .issuers = path.issuers,
	    .serials = path.serials,
	    .path_count = a->identity.path_count,
	};

	TRY(give_account(a, issued, &first.issue, &account, err));
	return enrollment_store_first(db, &first, ret_stored, ret_id, err);
}

/* Durable: now it may leave. */
static void reply_issued(
    const struct attempt *a, struct issued *issued, int64_t id, struct enroll_reply *reply)
{
	reply->outcome = ENROLL_ISSUED;
	reply->renewed = a->client == CLIENT_LDEVID;
	reply->renew_at =
	    renewal_hint(a->label, SPAN_OF(issued->serial), issued->not_before, issued->not_after);
	reply->certificate = buf_take(&issued->der);
	set_id(reply, id);
}

/* Failures here are not the client's to see: the look comes to its own judgement. */
static struct status make_first(struct attempt *a, struct issued *ret_issued, struct err *err)
{
	struct status made = make(a, ret_issued, err);

	if (made.ok)
		made = attempt_change_subject(a, ret_issued, err);
	a->alarm = NULL;
	return made;
}

struct status attempt_issue_first(struct db *db, struct attempt *a, struct enroll_reply *ret_reply,
    bool *ret_issued, struct err *err)
{
	AUTO(issued) issued = {0};
	int64_t id = 0;

	TRY(make_first(a, &issued, err));
	TRY(store_first(db, a, &issued, ret_issued, &id, err));
	if (*ret_issued)
		reply_issued(a, &issued, id, ret_reply);
	return STATUS_OK;
}

struct status attempt_issue(
    struct db *db, struct attempt *a, struct enroll_reply *ret_reply, struct err *err)
{
	AUTO(issued) issued = {0};
	int64_t id;

	TRY(make(a, &issued, err));
	TRY(attempt_change_subject(a, &issued, err));
	TRY(store(db, a, &issued, &id, err));
	reply_issued(a, &issued, id, ret_reply);
	return STATUS_OK;
}

/* ---- what changes nothing: bounded ---- */

static bool may_keep(const struct attempt *a)
{
	const int64_t maker = a->client == CLIENT_IDEVID ? a->identity.anchor->id : 0;

	if (!a->vouched)
		return enroll_budget_stranger(a->q->budget);
	return enroll_budget_known(a->q->budget, maker, a->look.device_id, a->alarm != NULL);
}

/* ---- a lost reply, repeated ---- */

static struct status keep_resent(
    struct db *db, const struct attempt *a, struct enroll_reply *ret_reply, struct err *err)
{
	struct enrollment_row row = row_of(a, "resent", NULL);
	const struct enrollment_alarm none = {0};
	int64_t id;
	bool alarmed;

	row.certificate_id = a->look.resend_id;
	row.message = "the same device and key asked again: the certificate issued before";
	TRY(enrollment_record(db, &row, &none, &id, &alarmed, err));
	set_id(ret_reply, id);
	return STATUS_OK;
}

static int64_t hint_of(const struct attempt *a, struct span der)
{
	struct certificate_view v;
	struct err ignored = {0};

	if (!certificate_read(der, &v, &ignored).ok)
		return 0;
	return renewal_hint(a->label, v.serial, v.not_before, v.not_after);
}

struct status attempt_resend(
    struct db *db, struct attempt *a, struct enroll_reply *ret_reply, struct err *err)
{
	if (may_keep(a))
		TRY(keep_resent(db, a, ret_reply, err));
	ret_reply->outcome = ENROLL_RESENT;
	ret_reply->renew_at = hint_of(a, buf_span(&a->look.resend));
	ret_reply->certificate = buf_take(&a->look.resend);
	return STATUS_OK;
}

/* ---- waiting for somebody ---- */

static struct status wait_newly(struct db *db, struct attempt *a, int64_t *ret_id, struct err *err)
{
	static const struct enrollment_room room = {
	    .of_device = ENROLL_WAITING_OF_DEVICE, .of_product = ENROLL_WAITING_OF_PRODUCT};
	struct err pending = {0};
	struct enrollment_row row;
	int64_t stale;

	(void)REFUSE(&pending, REGISTRATION_PENDING, "%s %s waits for approval", a->product->name,
	    a->serial);
	row = row_of(a, "pending", &pending);
	TRY(enrollment_stale(db, &row, &stale, err));
	if (stale)
		TRY(enroll_expire(db, stale, a->now, a->q->rng, err));
	TRY(enrollment_wait(db, &row, a->now + a->label->approval_expires, &room, ret_id, err));
	if (*ret_id)
		return STATUS_OK;
	return REFUSE(err, REGISTRATION_LIMIT,
	    "%d enrollments of %s %s, or %d of its product, wait at label %s already",
	    ENROLL_WAITING_OF_DEVICE, a->product->name, a->serial, ENROLL_WAITING_OF_PRODUCT,
	    a->label->name);
}

struct status attempt_wait(
    struct db *db, struct attempt *a, struct enroll_reply *ret_reply, struct err *err)
{
	int64_t id = a->look.wait_id;

	ret_reply->retry_after = a->label->retry_after;
	if (a->look.wait == WAIT_OPEN)
		TRY(enrollment_wait_again(
		    db, id, a->now, a->q->peer_address, a->q->request_id, err));
	else
		TRY(wait_newly(db, a, &id, err));
	set_id(ret_reply, id);
	return REFUSE(err, REGISTRATION_PENDING, "%s %s waits for approval as enrollment %" PRId64,
	    a->product->name, a->serial, id);
}

/* ---- refusals and failures ---- */

/* The canonical record that the log entry of an alarm commits to; kept as the alarm's detail. */
static void alarm_record(const struct attempt *a, const struct err *err, struct buf *out)
{
	struct json j = {.out = out};
	char key[2 * SHA256_SIZE + 1];

	json_object_begin(&j, NULL);
	json_str(&j, "kind", a->alarm);
	json_int(&j, "at", a->now);
	json_str(&j, "label", a->label->name);
	json_str(&j, "product", a->product ? a->product->name : NULL);
	json_str(&j, "serial", a->serial);
	if (a->client == CLIENT_IDEVID) {
		hex_text(SPAN_OF(a->identity.key_digest.bytes), key);
		json_str(&j, "idevid_key", key);
	}
	json_str(&j, "code", err_code(err));
	json_str(&j, "message", err->message);
	json_str(&j, "request", a->q->request_id);
	json_object_end(&j);
}

static struct status prepare_alarm(const struct attempt *a, const struct err *why,
    struct buf *detail, struct buf *entry, uint8_t salt[static ENTRY_SALT_SIZE],
    struct enrollment_alarm *ret_alarm, struct err *err)
{
	char kind[ENTRY_KIND_MAX];

	if (!a->alarm)
		return STATUS_OK;
	TRY(rng_fill(a->q->rng, salt, ENTRY_SALT_SIZE, err));
	alarm_record(a, why, detail);
	snprintf(kind, sizeof kind, "alarm.%s", a->alarm);
	entry_encode(kind, a->now, salt, buf_span(detail), entry);
	ret_alarm->kind = a->alarm;
	ret_alarm->detail = buf_cstr(detail);
	ret_alarm->log_entry = buf_span(entry);
	ret_alarm->salt = span(salt, ENTRY_SALT_SIZE);
	return STATUS_OK;
}

/* What a stranger sent may stand in messages: the store takes UTF-8 only, and people read it. */
static const char *printable(char *text)
{
	for (char *c = text; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	return text;
}

static void name_label(const struct attempt *a, char *text, size_t size)
{
	snprintf(text, size, "%s",
	    a->label              ? a->label->name
	    : a->q->label_segment ? a->q->label_segment
				  : "");
	(void)printable(text);
}

/* Refused before the store was asked: which device is it? */
static void attribute(struct db *db, struct attempt *a)
{
	struct err ignored = {0};

	if (a->client != CLIENT_UNKNOWN && !a->looked)
		(void)attempt_look(db, a, &ignored);
}

static struct status keep(
    struct db *db, struct attempt *a, struct enroll_reply *reply, struct err *why, struct err *err)
{
	struct enrollment_alarm alarm = {0};
	struct enrollment_row row;
	AUTO(buf) detail = {0};
	AUTO(buf) entry = {0};
	uint8_t salt[ENTRY_SALT_SIZE];
	char label[64], message[sizeof why->message];
	int64_t id;

	row = row_of(a, reply->outcome == ENROLL_REFUSED ? "refused" : "failed", why);
	name_label(a, label, sizeof label);
	snprintf(message, sizeof message, "%s", why->message);
	row.label = label;
	row.message = printable(message);
	TRY(prepare_alarm(a, why, &detail, &entry, salt, &alarm, err));
	TRY(enrollment_record(db, &row, &alarm, &id, &reply->alarm, err));
	set_id(reply, id);
	return STATUS_OK;
}

void attempt_keep_failure(
    struct db *db, struct attempt *a, struct enroll_reply *ret_reply, struct err *err)
{
	struct err ignored = {0};

	/* What waits has its row; where the store is away there is nowhere to keep one. */
	if (ret_reply->outcome == ENROLL_PENDING || err->kind == ERR_DATABASE)
		return;
	attribute(db, a);
	if (!may_keep(a))
		return;
	if (!keep(db, a, ret_reply, err, &ignored).ok)
		err_cause(err, "and could not be kept: %s", ignored.message);
}
