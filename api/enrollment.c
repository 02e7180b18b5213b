/* api/enrollment.c: see enrollment.h. */
#include "api/enrollment.h"

#include <string.h>

#include "api/answer.h"
#include "api/perform.h"
#include "ca/policy.h"
#include "ca/reason.h"
#include "sql/enrollment_view.h"

/* clang-format off */
#define AT(member) .offset = offsetof(struct enrollment_list_query, member)
const struct field enrollment_list_fields[] = {
    PAGE_FIELDS,
    {.name = "outcome", .type = FIELD_STR, AT(outcome), .min = 1, .max = 16,
	.help = "issued, resent, pending, refused or failed"},
    {.name = "state", .type = FIELD_STR, AT(state), .min = 1, .max = 16,
	.help = "of those that wait or waited: open, approved, rejected, expired or redeemed"},
    {.name = "label", .type = FIELD_STR, AT(label), .min = 1, .max = 63, .help = "name of a label"},
    {.name = "product", .type = FIELD_STR, AT(product), .min = 1, .max = 63, .help = "name of a product"},
    {.name = "serial", .type = FIELD_STR, AT(serial), .min = 1, .max = 64, .help = "serial number of a device"},
    {.name = NULL},
};
/* clang-format on */

static void put_device(struct json *j, const struct enrollment_view *e)
{
	if (!e->product) {
		answer_null(j, "device");
		return;
	}
	json_object_begin(j, "device");
	answer_id(j, "id", e->device_id);
	json_str(j, "product", e->product);
	json_str(j, "serial", e->serial);
	json_object_end(j);
}

static void put_certificate(struct json *j, const struct enrollment_view *e)
{
	if (!e->certificate_id) {
		answer_null(j, "certificate");
		return;
	}
	json_object_begin(j, "certificate");
	json_int(j, "id", e->certificate_id);
	answer_hex(j, "serial_number", e->certificate_serial);
	json_object_end(j);
}

void enrollment_json(struct json *j, const char *name, const struct enrollment_view *e)
{
	json_object_begin(j, name);
	json_int(j, "id", e->id);
	answer_time(j, "at", e->at);
	json_str(j, "label", e->label);
	json_str(j, "operation", e->operation);
	json_str(j, "outcome", e->outcome);
	json_str(j, "code", e->reason_code);
	json_str(j, "rule", e->rule);
	json_str(j, "message", e->message);
	json_str(j, "advice", e->advice);
	put_device(j, e);
	put_certificate(j, e);
	answer_hex(j, "key_digest", e->key_digest);
	answer_hex(j, "idevid_digest", e->idevid_digest);
	json_str(j, "peer", e->peer_address);
	json_str(j, "request_id", e->request_id);
	json_bool(j, "stranger", e->stranger);
	json_str(j, "state", e->state);
	answer_time(j, "expires_at", e->expires_at);
	json_str(j, "decided_by", e->decided_by);
	answer_time(j, "decided_at", e->decided_at);
	json_object_end(j);
}

static struct status check_name(
    const char *parameter, const char *text, const char *const *names, struct err *err)
{
	for (size_t i = 0; text && names[i]; i++)
		if (strcmp(names[i], text) == 0)
			return STATUS_OK;
	if (text)
		return REFUSE(err, QUERY_PARAMETER, "parameter %s: '%s' is none", parameter, text);
	return STATUS_OK;
}

static void put(struct json *j, const void *row)
{
	enrollment_json(j, NULL, row);
}

struct status enrollment_list_get(
    struct call *call, struct http_response *response, struct err *err)
{
	const struct enrollment_list_query *q = call->query;
	struct enrollment_page page = {.outcome = q->outcome,
	    .state = q->state,
	    .label = q->label,
	    .serial = q->serial,
	    .limit = q->page.limit + 1};
	struct enrollment_view *rows = NULL;
	size_t count = 0;

	TRY(check_name("outcome", q->outcome, enrollment_outcomes, err));
	TRY(check_name("state", q->state, enrollment_states, err));
	TRY(page_after_id(&q->page, &page.before, err));
	if (call_scope(call, q->product, &page.scope))
		TRY(enrollment_page(call->db, &page, call->request->arena, &rows, &count, err));
	call_answer_rows(
	    call, response, &(struct answer_rows){rows, count, sizeof(*rows), q->page.limit, put});
	return STATUS_OK;
}

struct status enrollment_find(
    const struct call *call, struct enrollment_view *ret_row, struct err *err)
{
	struct err why = {0};
	struct status got;
	int64_t id;

	TRY(call_id(call, &id, err));
	got = enrollment_get(call->db, id, call->request->arena, ret_row, &why);
	if (!got.ok && why.kind != ERR_MISSING) {
		*err = why;
		return got;
	}
	if (!got.ok || !call_sees(call, ret_row->product))
		return REFUSE(err, OBJECT_UNKNOWN, "there is no enrollment %s", call->segment);
	return STATUS_OK;
}

struct status enrollment_one_get(struct call *call, struct http_response *response, struct err *err)
{
	AUTO(buf) text = {0};
	struct json j = {.out = &text};
	struct enrollment_view e;

	TRY(enrollment_find(call, &e, err));
	enrollment_json(&j, NULL, &e);
	call_answer(call, response, &text);
	return STATUS_OK;
}
