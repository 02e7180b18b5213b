/* api/device.c: devices looked at and moved from state to state. See device.h. */
#include "api/device.h"

#include <inttypes.h>
#include <string.h>

#include "api/answer.h"
#include "api/api.h"
#include "api/perform.h"
#include "api/require.h"
#include "ca/device_change.h"
#include "ca/reason.h"
#include "signing/approval.h"
#include "sql/device_view.h"

/* clang-format off */
#define AT(member) .offset = offsetof(struct device_list_query, member)
const struct field device_list_fields[] = {
    PAGE_FIELDS,
    {.name = "product", .type = FIELD_STR, AT(product), .min = 1, .max = 63, .help = "name of a product"},
    {.name = "serial", .type = FIELD_STR, AT(serial), .min = 1, .max = 64, .help = "serial number"},
    {.name = "state", .type = FIELD_STR, AT(state), .min = 1, .max = 16,
	.help = "made, claimed, enrolled, suspended or retired"},
    {.name = "batch", .type = FIELD_STR, AT(batch), .min = 1, .max = 64, .help = "production batch or delivery"},
    {.name = "key", .type = FIELD_STR, AT(key), .min = 64, .max = 95, .help = "SHA-256 of a key (SPKI) that it has or had, hex"},
    {.name = "created_after", .type = FIELD_TIME, AT(created_after), .help = "made known then or later"},
    {.name = "created_before", .type = FIELD_TIME, AT(created_before), .help = "made known before"},
    {.name = "enrolled_after", .type = FIELD_TIME, AT(enrolled_after),
	.help = "first enrolled then or later; those first that enrolled first"},
    {.name = "enrolled_before", .type = FIELD_TIME, AT(enrolled_before),
	.help = "first enrolled before; those first that enrolled first"},
    {.name = NULL},
};
#undef AT
const struct field device_patch_fields[] = {
    {.name = "state", .type = FIELD_STR, .offset = offsetof(struct device_patch_body, state),
	.required = true, .min = 1, .max = 16,
	.help = "claimed, enrolled (to resume it), suspended or retired"},
    {.name = NULL},
};
/* clang-format on */

static void put(struct json *j, const struct device_row *d)
{
	json_object_begin(j, NULL);
	json_int(j, "id", d->id);
	json_str(j, "product", d->product);
	json_str(j, "serial", d->serial);
	json_str(j, "batch", d->batch);
	json_str(j, "state", d->state);
	json_bool(j, "announced", d->announced);
	answer_time(j, "created_at", d->created_at);
	answer_time(j, "first_enrolled_at", d->first_enrolled_at);
	json_int(j, "certificates", d->issuances);
	answer_hex(j, "idevid_key_digest", d->idevid_key);
	answer_hex(j, "idevid_digest", d->idevid_certificate);
	json_int(j, "version", d->version);
	json_object_end(j);
}

static bool is_state(const char *text)
{
	for (size_t i = 0; device_states[i]; i++)
		if (strcmp(device_states[i], text) == 0)
			return true;
	return false;
}

static struct status filter_of(
    const struct call *call, struct buf *key, struct device_filter *f, struct err *err)
{
	const struct device_list_query *q = call->query;
	struct err why = {0};

	*f = (struct device_filter){.state = q->state,
	    .serial = q->serial,
	    .batch = q->batch,
	    .made_after = q->created_after,
	    .made_before = q->created_before,
	    .enrolled_after = q->enrolled_after,
	    .enrolled_before = q->enrolled_before,
	    .limit = q->page.limit};
	if (q->state && !is_state(q->state))
		return REFUSE(err, QUERY_PARAMETER, "parameter state: '%s' is none", q->state);
	if (q->key && !hex_decode(span_str(q->key), key, &why).ok)
		return REFUSE(err, QUERY_PARAMETER, "parameter key: %s", why.message);
	f->key = buf_span(key);
	if (device_by_enrollment(f))
		return page_after_moment(&q->page, &f->after.major, &f->after.id, err);
	return page_after_id(&q->page, &f->after.id, err);
}

static void answer_list(const struct call *call, struct http_response *response,
    const struct device_row *rows, size_t count, const struct list_next *next, bool moments)
{
	AUTO(buf) text = {0};
	struct json j = {.out = &text};

	json_object_begin(&j, NULL);
	json_array_begin(&j, "items");
	for (size_t i = 0; i < count; i++)
		put(&j, &rows[i]);
	json_array_end(&j);
	if (moments)
		page_next_moment(&j, next->more, next->place.major, next->place.id);
	else
		page_next_id(&j, next->more, next->place.id);
	json_object_end(&j);
	call_answer(call, response, &text);
}

struct status device_list_get(struct call *call, struct http_response *response, struct err *err)
{
	const struct device_list_query *q = call->query;
	AUTO(buf) key = {0};
	struct device_filter f;
	struct device_row *rows = NULL;
	struct list_next next = {0};
	size_t count = 0;

	TRY(filter_of(call, &key, &f, err));
	if (call_scope(call, q->product, &f.scope))
		TRY(device_list(call->db, &f, call->request->arena, &rows, &count, &next, err));
	answer_list(call, response, rows, count, &next, device_by_enrollment(&f));
	return STATUS_OK;
}

/* What is there and the caller's to see. */
static struct status find(
    const struct call *call, bool lock, struct device_row *ret_row, struct err *err)
{
	struct err why = {0};
	struct status got;
	int64_t id;

	TRY(call_id(call, &id, err));
	got = (lock ? device_lock : device_get)(call->db, id, call->request->arena, ret_row, &why);
	if (!got.ok && why.kind != ERR_MISSING) {
		*err = why;
		return STATUS_FAILED;
	}
	if (!got.ok || !call_sees(call, ret_row->product))
		return REFUSE(err, OBJECT_UNKNOWN, "there is no device %s", call->segment);
	return STATUS_OK;
}

static void answer_one(
    const struct call *call, struct http_response *response, const struct device_row *d)
{
	AUTO(buf) text = {0};
	struct json j = {.out = &text};

	put(&j, d);
	call_etag(call, response, d->version);
	call_answer(call, response, &text);
}

struct status device_one_get(struct call *call, struct http_response *response, struct err *err)
{
	struct device_row d;

	TRY(find(call, false, &d, err));
	answer_one(call, response, &d);
	return STATUS_OK;
}

/* A retired device stays so: others may have to agree. */
static struct status require(
    struct call *call, const struct device_row *d, const char *state, struct err *err)
{
	const struct act act = {.kind = ACT_DEVICE_CHANGE, .product = d->product};
	struct arena *arena = call->request->arena;
	struct act_plan plan = {.acts = &act, .act_count = 1};

	/* States are names of a table, checked by device_move_check(). */
	plan.difference = arena_printf(arena,
	    "[{\"path\":\"/devices/%" PRId64 "/state\",\"old\":\"%s\",\"new\":\"%s\"}]", d->id,
	    d->state, state);
	plan.digest = sha256(
	    span_str(arena_printf(arena, "%s version %" PRId64, plan.difference, d->version)));
	return call_require(call, &plan, err);
}

struct status device_patch(struct call *call, struct http_response *response, struct err *err)
{
	const struct device_patch_body *body = call->input;
	struct device_change change;
	struct device_row d;

	TRY(find(call, true, &d, err));
	TRY(call_condition(call, d.version, err));
	TRY(device_move_check(&d, body->state, err));
	TRY(require(call, &d, body->state, err));
	change = (struct device_change){
	    .actor = &call->actor, .now = call_now(call), .rng = &call->api->rng};
	if (call->approval) {
		change.approvers = call->approval->approvers;
		change.approver_count = call->approval->approver_count;
		change.request_id = call->approval->request->id;
	}
	TRY(device_change_state(call->db, &change, &d, body->state, call->request->arena, err));
	answer_one(call, response, &d);
	return STATUS_OK;
}
