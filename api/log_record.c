/* api/log_record.c: see log_record.h. */
#include "api/log_record.h"

#include <stdlib.h>
#include <string.h>

#include "base/calendar.h"
#include "base/doc.h"
#include "ca/archive.h"
#include "ca/certificate.h"
#include "ca/certificate_record.h"
#include "ca/crl_publish.h"
#include "ca/enroll_decide.h"
#include "ca/enrolled_record.h"
#include "ca/status_record.h"
#include "signing/approval.h"
#include "signing/format/entry.h"
#include "signing/release_log.h"

/* What a function of a kind works on. */
struct rebuilding {
	struct db *db;
	const struct log_view *entry;
	struct arena *arena;
	struct buf *out;
	/* out */
	const char *fault;
	int64_t archived_in;
};

/* ---- certificates ---- */

/* RFC 5280 4.1.2.2: the row has the serial number without leading zero octets, as the DER is read.
 */
static const char *certificate_fault(const struct certificate_said *said)
{
	struct certificate_view v;
	struct err err = {0};
	struct digest key;

	if (!certificate_read(said->der, &v, &err).ok)
		return "its DER is no certificate";
	key = sha256(v.spki);
	if (!span_equal(v.serial, said->serial))
		return "serial differs from its DER";
	if (!span_equal(v.subject, said->subject))
		return "subject differs from its DER";
	if (!span_equal(SPAN_OF(key.bytes), said->key_digest))
		return "key_digest differs from its DER";
	if (v.not_before != said->not_before)
		return "not_before differs from its DER";
	if (v.not_after != said->not_after)
		return "not_after differs from its DER";
	return NULL;
}

/*
 * Entries of before record version 2 (ca/certificate_record.h) commit to the DER alone. None of a
 * later one can be taken for such: its commitment would have to fit two records.
 */
static bool is_of_version_1(const struct log_view *e, struct span der)
{
	struct entry read;
	struct err err = {0};

	return e->salt.n == ENTRY_SALT_SIZE && e->entry.p &&
	       entry_decode(e->entry, &read, &err).ok && entry_commits_to(&read, e->salt.p, der);
}

static struct status rebuild_certificate(struct rebuilding *b, struct err *err)
{
	struct certificate_columns columns;
	struct certificate_said said;

	TRY(archive_batch_of(b->db, b->entry->record_id, &b->archived_in, err));
	if (b->archived_in)
		return STATUS_OK;
	TRY(certificate_columns_get(b->db, b->entry->record_id, b->arena, &columns, err));
	TRY(certificate_said_get(b->db, b->entry->record_id, b->arena, &said, err));
	if (is_of_version_1(b->entry, said.der))
		buf_put(b->out, said.der);
	else
		certificate_record(&columns, b->out);
	b->fault = certificate_fault(&said);
	if (!b->fault && said.issued_at != b->entry->at)
		b->fault = "issued_at differs from the entry's time";
	return STATUS_OK;
}

/* ---- certificates that were archived ---- */

static struct status rebuild_archive(struct rebuilding *b, struct err *err)
{
	struct archive_batch batch;

	TRY(archive_batch_get(b->db, b->entry->record_id, b->arena, &batch, err));
	archive_record(&batch, b->out);
	if (batch.said != (int64_t)batch.count)
		b->fault = "count differs from its rows";
	return STATUS_OK;
}

/* ---- records that are JSON, and columns beside them ---- */

static const char *member(const struct doc_file *record, const char *name)
{
	const struct doc_node *node =
	    record->count == 1 ? doc_get(record->documents[0], name) : NULL;

	return node ? node->text : NULL;
}

static bool says(const struct doc_file *record, const char *name, const char *column)
{
	const char *text = member(record, name);

	return text ? strcmp(text, column) == 0 : column[0] == '\0';
}

static bool says_number(const struct doc_file *record, const char *name, int64_t column)
{
	const char *text = member(record, name);

	return text && strtoll(text, NULL, 10) == column;
}

static const char *change_fault(const struct policy_change_view *c)
{
	AUTO(doc_file) record = {0};
	struct err err = {0};

	if (!doc_parse("record", c->record, &record, &err).ok)
		return "its record is not JSON";
	if (!says_number(&record, "at", c->at))
		return "at differs from its record";
	if (!says_number(&record, "version", c->version))
		return "version differs from its record";
	if (!says(&record, "who", c->who))
		return "who differs from its record";
	if (!says(&record, "kind", c->kind))
		return "kind differs from its record";
	return says(&record, "name", c->name) ? NULL : "name differs from its record";
}

static struct status rebuild_change(struct rebuilding *b, struct err *err)
{
	struct policy_change_view c;

	TRY(policy_change_get(b->db, b->entry->record_id, b->arena, &c, err));
	buf_put(b->out, c.record);
	b->fault = change_fault(&c);
	return STATUS_OK;
}

static const char *alarm_fault(const struct alarm_view *a)
{
	AUTO(doc_file) record = {0};
	struct err err = {0};

	if (!doc_parse("record", span_str(a->detail), &record, &err).ok)
		return "its detail is not JSON";
	if (!says_number(&record, "at", a->at))
		return "at differs from its detail";
	return says(&record, "kind", a->kind) ? NULL : "kind differs from its detail";
}

static struct status rebuild_alarm(struct rebuilding *b, struct err *err)
{
	struct alarm_view a;

	TRY(alarm_record_get(b->db, b->entry->record_id, b->arena, &a, err));
	buf_put_str(b->out, a.detail);
	b->fault = alarm_fault(&a);
	return STATUS_OK;
}

/* ---- first enrollments, and decisions ---- */

static void rebuild_enrolled(struct rebuilding *b, const struct enrollment_view *e)
{
	const struct enrolled_columns columns = {.at = e->at,
	    .label = e->label,
	    .product = e->product,
	    .serial = e->serial,
	    .key = e->key_digest,
	    .idevid = e->idevid_digest};

	enrolled_record(&columns, b->out);
	if (strcmp(e->outcome, "issued") != 0)
		b->fault = "outcome differs from the entry";
}

static struct status rebuild_enrollment(struct rebuilding *b, struct err *err)
{
	struct enrollment_view e;
	const char *decision = enroll_decision_of(b->entry->kind);
	const bool first = strcmp(b->entry->kind, "device.enrolled") == 0;

	if (!decision && !first)
		return err_set(err, ERR_MISSING, "nothing is decided by entries of kind %.64s",
		    b->entry->kind);
	TRY(enrollment_get(b->db, b->entry->record_id, b->arena, &e, err));
	if (first) {
		rebuild_enrolled(b, &e);
		return STATUS_OK;
	}
	enroll_decision_record(&e, decision, b->out);
	if (!e.state || !enroll_decision_fits(decision, e.state))
		b->fault = "state differs from the decision";
	return STATUS_OK;
}

static struct status rebuild_request(struct rebuilding *b, struct err *err)
{
	return approval_record(b->db, b->entry->kind, b->entry->record_id, b->out, err);
}

static struct status rebuild_crl(struct rebuilding *b, struct err *err)
{
	struct crl_row row;

	TRY(crl_get(b->db, b->entry->record_id, &row, err));
	crl_record(&row, b->out);
	if (row.made_at != b->entry->at)
		b->fault = "made_at differs from the entry's time";
	return STATUS_OK;
}

/* ---- certificates revoked, held, resumed ---- */

static struct status rebuild_status(struct rebuilding *b, struct err *err)
{
	static const char prefix[] = "certificate.";
	struct status_columns c;

	TRY(status_columns_get(b->db, b->entry->record_id, b->arena, &c, err));
	status_record(&c, b->out);
	if (strncmp(b->entry->kind, prefix, strlen(prefix)) != 0 ||
	    strcmp(b->entry->kind + strlen(prefix), c.change) != 0)
		b->fault = "change differs from the entry's kind";
	else if (c.at != b->entry->at)
		b->fault = "at differs from the entry's time";
	return STATUS_OK;
}

/* ---- releases, trust statements ---- */

static struct status rebuild_release(struct rebuilding *b, struct err *err)
{
	return release_record_again(b->db, b->entry->kind, b->entry->at, b->entry->record_id,
	    b->arena, b->out, &b->fault, err);
}

static struct status rebuild_trust(struct rebuilding *b, struct err *err)
{
	return trust_record_again(
	    b->db, b->entry->at, b->entry->record_id, b->arena, b->out, &b->fault, err);
}

/* ---- all kinds ---- */

static const struct {
	const char *kind; /* of log_salt */
	struct status (*rebuild)(struct rebuilding *b, struct err *err);
} kinds[] = {
    {"certificate", rebuild_certificate},
    {"archive", rebuild_archive},
    {"policy_change", rebuild_change},
    {"alarm", rebuild_alarm},
    {"enrollment", rebuild_enrollment},
    {"request", rebuild_request},
    {"approval", rebuild_request},
    {"crl", rebuild_crl},
    {"status-change", rebuild_status},
    {RELEASE_RECORD, rebuild_release},
    {TRUST_RECORD, rebuild_trust},
};

static struct status rebuild(struct rebuilding *b, struct err *err)
{
	for (size_t i = 0; i < COUNT(kinds); i++) {
		if (strcmp(kinds[i].kind, b->entry->record_kind) == 0)
			return kinds[i].rebuild(b, err);
	}
	return err_set(
	    err, ERR_MISSING, "there are no records of kind %.40s", b->entry->record_kind);
}

struct status log_record(struct db *db, const struct log_view *entry, struct arena *arena,
    struct buf *out, struct log_record_found *ret_found, struct err *err)
{
	struct rebuilding b = {.db = db, .entry = entry, .arena = arena, .out = out};

	if (!entry->record_kind || !entry->kind)
		return err_set(err, ERR_MISSING, "the entry is tied to no record");
	TRY(rebuild(&b, err));
	*ret_found = (struct log_record_found){b.fault, b.archived_in};
	return STATUS_OK;
}

/* ---- documents ---- */

/* The document that a change left, and its act; both NULL: it cannot be read. */
struct logged {
	const char *act, *document;
};

static struct logged read_logged(struct span record, struct arena *arena)
{
	AUTO(doc_file) file = {0};
	struct err err = {0};
	struct logged l = {NULL, NULL};

	if (!doc_parse("record", record, &file, &err).ok)
		return l;
	if (member(&file, "act"))
		l.act = arena_strdup(arena, member(&file, "act"));
	if (member(&file, "document"))
		l.document = arena_strdup(arena, member(&file, "document"));
	return l;
}

static bool is_authority_made(const struct logged *l)
{
	return l->act && strncmp(l->act, "authority.", 10) == 0;
}

const char *log_document_fault(const struct log_document *d, struct arena *arena)
{
	struct logged first, newest;
	AUTO(buf) hex = {0};

	if (!d->spec)
		return "the log tells of it, and its row is gone";
	if (!d->newest.p)
		return "there is no logged change of it";
	first = read_logged(d->first, arena);
	newest = read_logged(d->newest, arena);
	if (!newest.document || !newest.act)
		return "its newest logged change cannot be read";
	if (d->certificate.p && is_authority_made(&first)) {
		hex_encode(d->certificate, &hex);
		if (!first.document || strcmp(first.document, buf_cstr(&hex)) != 0)
			return "its certificate differs from the logged one";
	}
	if (d->removed != (strcmp(newest.act, "policy.removed") == 0))
		return d->removed ? "it is removed, and the log does not say so"
				  : "the log says that it was removed";
	/* Of what was merely made by a ceremony, the certificate was logged, not the document. */
	if (!d->removed && !is_authority_made(&newest) && strcmp(newest.document, d->spec) != 0)
		return "it differs from its newest logged change";
	return NULL;
}
