/* api/certificate.c: see certificate.h. */
#include "api/certificate.h"

#include <string.h>

#include "api/answer.h"
#include "api/perform.h"
#include "ca/policy.h"
#include "ca/reason.h"
#include "ca/revoke.h"
#include "sql/certificate_view.h"

#define AT(member)  .offset = offsetof(struct certificate_list_query, member)
#define SERIAL_TEXT 64 /* twenty octets in hex, with colons */
/* clang-format off */
const struct field certificate_list_fields[] = {
    PAGE_FIELDS,
    {.name = "device", .type = FIELD_INT, AT(device), .min = 1, .help = "id of a device"},
    {.name = "product", .type = FIELD_STR, AT(product), .min = 1, .max = 63, .help = "name of a product"},
    {.name = "serial", .type = FIELD_STR, AT(serial), .min = 1, .max = 64,
	.help = "serial number of a device"},
    {.name = "serial_number", .type = FIELD_STR, AT(serial_number), .min = 2, .max = SERIAL_TEXT,
	.help = "serial number of a certificate, hex"},
    {.name = "authority", .type = FIELD_STR, AT(authority), .min = 1, .max = 63,
	.help = "name of the authority that issued it"},
    {.name = "subject", .type = FIELD_STR, AT(subject), .min = 1, .max = 500,
	.help = "its whole subject, as RFC 4514 writes it"},
    {.name = "expires_before", .type = FIELD_TIME, AT(expires_before), .help = "ends before; those first that end first"},
    {.name = "expires_after", .type = FIELD_TIME, AT(expires_after),
	.help = "ends then or later; those first that end first"},
    {.name = "issued_after", .type = FIELD_TIME, AT(issued_after), .help = "issued then or later"},
    {.name = "issued_before", .type = FIELD_TIME, AT(issued_before), .help = "issued before"},
    {.name = "key", .type = FIELD_STR, AT(key), .min = 64, .max = 95, .help = "SHA-256 of its key (SPKI), hex"},
    {.name = "status", .type = FIELD_STR, AT(status), .min = 1, .max = 16,
	.help = "good (and not expired), held, revoked or expired"},
    {.name = "label", .type = FIELD_STR, AT(label), .min = 1, .max = 63, .help = "name of the label that it was enrolled at"},
    {.name = "batch", .type = FIELD_STR, AT(batch), .min = 1, .max = 64,
	.help = "of its device; newest device first"},
    {.name = NULL},
};
/* clang-format on */

/* ---- answers ---- */

static void put_device(struct json *j, const struct certificate_row *c)
{
	if (!c->device_id) {
		answer_null(j, "device");
		return;
	}
	json_object_begin(j, "device");
	json_int(j, "id", c->device_id);
	json_str(j, "product", c->product);
	json_str(j, "serial", c->device_serial);
	json_object_end(j);
}

const char *certificate_state(const struct certificate_row *c)
{
	if (!c->revoked_at)
		return "good";
	return c->reason == REASON_CERTIFICATE_HOLD ? "held" : "revoked";
}

static void put_status(struct json *j, const struct certificate_row *c, int64_t now)
{
	json_str(j, "status", certificate_state(c));
	json_bool(j, "expired", c->not_after <= now);
	json_str(j, "reason", c->revoked_at ? revocation_reason_name(c->reason) : NULL);
	answer_time(j, "revoked_at", c->revoked_at);
	answer_time(j, "invalidity_at", c->invalidity_at);
	json_int(j, "shard", c->shard);
	answer_time(j, "archived_at", c->archived_at);
	answer_hex(j, "der_digest", c->der_digest);
}

static void put(struct json *j, const struct certificate_row *c, int64_t now)
{
	json_object_begin(j, NULL);
	json_int(j, "id", c->id);
	answer_hex(j, "serial_number", c->serial);
	json_str(j, "authority", c->authority);
	put_device(j, c);
	json_str(j, "profile", c->profile);
	json_str(j, "label", c->label);
	json_str(j, "subject", c->subject);
	answer_hex(j, "key_digest", c->key_digest);
	answer_time(j, "not_before", c->not_before);
	answer_time(j, "not_after", c->not_after);
	answer_time(j, "issued_at", c->issued_at);
	answer_time(j, "first_used_at", c->first_used_at);
	answer_id(j, "renews", c->renews);
	put_status(j, c, now);
	json_object_end(j);
}

struct rows {
	struct certificate_row *items;
	size_t count;
	struct list_next next;
};

static void answer_list(const struct call *call, struct http_response *response,
    const struct certificate_filter *f, const struct rows *rows)
{
	AUTO(buf) text = {0};
	struct json j = {.out = &text};
	const struct list_next *next = &rows->next;

	json_object_begin(&j, NULL);
	json_array_begin(&j, "items");
	for (size_t i = 0; i < rows->count; i++)
		put(&j, &rows->items[i], call_now(call));
	json_array_end(&j);
	if (certificate_order(f) == CERTIFICATE_NEWEST)
		page_next_id(&j, next->more, next->place.id);
	else
		page_next_moment(&j, next->more, next->place.major, next->place.id);
	json_object_end(&j);
	call_answer(call, response, &text);
}

/* ---- handlers ---- */

/* What is filtered by, decoded. */
struct octets {
	struct buf serial, key;
};
static void octets_auto(struct octets *o)
{
	buf_free(&o->serial);
	buf_free(&o->key);
}

static struct status read_hex(const char *name, const char *text, struct buf *out, struct err *err)
{
	struct err why = {0};

	if (text && !hex_decode(span_str(text), out, &why).ok)
		return REFUSE(err, QUERY_PARAMETER, "parameter %s: %s", name, why.message);
	return STATUS_OK;
}

/* Of names that policy has. False: there is none of this name. */
static bool names_of(
    const struct call *call, const struct certificate_list_query *q, struct certificate_filter *f)
{
	const struct authority *authority =
	    q->authority ? policy_authority(call->policy, q->authority) : NULL;
	const struct label *label = NULL;

	for (size_t i = 0; q->label && i < call->policy->label_count; i++)
		if (strcmp(call->policy->labels[i].name, q->label) == 0)
			label = &call->policy->labels[i];
	f->authority_id = authority ? authority->id : 0;
	f->label_id = label ? label->id : 0;
	return (!q->authority || authority) && (!q->label || label);
}

/* "good" and "expired" are about now, too. */
static struct status status_of(
    const struct call *call, const char *status, struct certificate_filter *f, struct err *err)
{
	static const char *const known[] = {"good", "held", "revoked", "expired"};
	const int64_t now = call_now(call);
	size_t i = 0;

	if (!status)
		return STATUS_OK;
	while (i < COUNT(known) && strcmp(known[i], status) != 0)
		i++;
	if (i == COUNT(known))
		return REFUSE(err, QUERY_PARAMETER, "parameter status: '%.20s' is none", status);
	if (i == 3) {
		if (!f->expires_before || f->expires_before > now)
			f->expires_before = now;
		return STATUS_OK;
	}
	f->status = known[i];
	if (i == 0 && f->expires_after < now)
		f->ends_after = now;
	return STATUS_OK;
}

/* ret_nothing: what is asked for is not there, or not the caller's to see. */
static struct status filter_of(const struct call *call, struct octets *octets,
    struct certificate_filter *f, bool *ret_nothing, struct err *err)
{
	const struct certificate_list_query *q = call->query;

	*ret_nothing = !call_scope(call, q->product, &f->scope) || !names_of(call, q, f);
	f->device_id = q->device;
	f->device_serial = q->serial;
	f->subject = q->subject;
	f->batch = q->batch;
	f->issued_after = q->issued_after;
	f->issued_before = q->issued_before;
	f->expires_after = q->expires_after;
	f->expires_before = q->expires_before;
	f->limit = q->page.limit;
	TRY(status_of(call, q->status, f, err));
	TRY(read_hex("serial_number", q->serial_number, &octets->serial, err));
	TRY(read_hex("key", q->key, &octets->key, err));
	f->serial = buf_span(&octets->serial);
	f->key = buf_span(&octets->key);
	if (certificate_order(f) == CERTIFICATE_NEWEST)
		return page_after_id(&q->page, &f->after.id, err);
	return page_after_moment(&q->page, &f->after.major, &f->after.id, err);
}

struct status certificate_list_get(
    struct call *call, struct http_response *response, struct err *err)
{
	AUTO(octets) octets = {0};
	struct certificate_filter f = {0};
	struct rows rows = {0};
	bool nothing;

	TRY(filter_of(call, &octets, &f, &nothing, err));
	if (!nothing)
		TRY(certificate_list(
		    call->db, &f, call->request->arena, &rows.items, &rows.count, &rows.next, err));
	answer_list(call, response, &f, &rows);
	return STATUS_OK;
}

struct status certificate_find(
    const struct call *call, struct certificate_row *ret_row, struct span *ret_der, struct err *err)
{
	struct err why = {0};
	int64_t id;

	TRY(call_id(call, &id, err));
	if (!certificate_get(call->db, id, call->request->arena, ret_row, ret_der, &why).ok &&
	    why.kind != ERR_MISSING) {
		*err = why;
		return STATUS_FAILED;
	}
	if (why.kind == ERR_MISSING || !call_sees(call, ret_row->product))
		return REFUSE(err, OBJECT_UNKNOWN, "there is no certificate %s", call->segment);
	return STATUS_OK;
}

void certificate_answer(
    const struct call *call, struct http_response *response, const struct certificate_row *row)
{
	AUTO(buf) text = {0};
	struct json j = {.out = &text};

	put(&j, row, call_now(call));
	call_answer(call, response, &text);
}

struct status certificate_one_get(
    struct call *call, struct http_response *response, struct err *err)
{
	struct certificate_row c;

	TRY(certificate_find(call, &c, NULL, err));
	certificate_answer(call, response, &c);
	return STATUS_OK;
}

struct status certificate_pem_get(
    struct call *call, struct http_response *response, struct err *err)
{
	AUTO(buf) pem = {0};
	struct certificate_row c;
	struct span der;

	TRY(certificate_find(call, &c, &der, err));
	if (c.archived_at)
		return REFUSE(err, CERTIFICATE_ARCHIVED,
		    "the DER of certificate %s went into the archive", call->segment);
	pem_encode("CERTIFICATE", der, &pem);
	http_respond(response, 200, call->route->answer_type,
	    arena_copy(call->request->arena, buf_span(&pem)));
	return STATUS_OK;
}
