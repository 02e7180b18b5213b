/* api/revocation.c: see revocation.h. */
#include "api/revocation.h"

#include <inttypes.h>
#include <string.h>

#include "api/answer.h"
#include "api/api.h"
#include "api/certificate.h"
#include "api/perform.h"
#include "api/require.h"
#include "ca/reason.h"
#include "ca/revoke.h"
#include "signing/approval.h"
#include "sql/device_view.h"

/* clang-format off */
#define AT(member) .offset = offsetof(struct revoke_body, member)
const struct field revoke_fields[] = {
    {.name = "reason", .type = FIELD_STR, AT(reason), .required = true, .min = 1, .max = 32,
	.help = "of RFC 5280 5.3.1, such as keyCompromise, superseded, cessationOfOperation or unspecified"},
    {.name = "invalidity_at", .type = FIELD_TIME, AT(invalidity_at),
	.help = "since when the certificate is not to be trusted, where that is known"},
    {.name = NULL},
};
#undef AT
/* clang-format on */

struct status revocation_reason_read(const char *name, int *ret_reason, struct err *err)
{
	const int reason = revocation_reason_by_name(name);

	if (reason < 0)
		return REFUSE(err, STATUS_REASON, "'%.32s' is no reason", name);
	*ret_reason = reason;
	return STATUS_OK;
}

static void put_step(
    struct json *j, int64_t id, const char *member, const char *old, const char *new)
{
	char path[64];

	snprintf(path, sizeof(path), "/certificates/%" PRId64 "/%s", id, member);
	json_object_begin(j, NULL);
	json_str(j, "path", path);
	json_str(j, "old", old);
	json_str(j, "new", new);
	json_object_end(j);
}

static void put_time_step(struct json *j, int64_t id, int64_t old, int64_t new)
{
	char from[TIME_TEXT_SIZE], to[TIME_TEXT_SIZE];

	if (old)
		time_text(old, from);
	if (new)
		time_text(new, to);
	put_step(j, id, "invalidity_at", old ? from : NULL, new ? to : NULL);
}

/* What others may have to agree to: from what to what. */
static struct status require(struct call *call, const struct certificate_row *old,
    const struct certificate_row *new, struct err *err)
{
	const struct act act = {.kind = ACT_CERTIFICATE_REVOKE, .product = old->product};
	struct act_plan plan = {.acts = &act, .act_count = 1};
	AUTO(buf) text = {0};
	struct json j = {.out = &text};

	json_array_begin(&j, NULL);
	put_step(&j, old->id, "status", certificate_state(old), certificate_state(new));
	put_step(&j, old->id, "reason",
	    old->revoked_at ? revocation_reason_name(old->reason) : NULL,
	    new->revoked_at ? revocation_reason_name(new->reason) : NULL);
	put_time_step(&j, old->id, old->invalidity_at, new->invalidity_at);
	json_array_end(&j);
	plan.difference = arena_strdup(call->request->arena, buf_cstr(&text));
	plan.digest = sha256(buf_span(&text));
	return call_require(call, &plan, err);
}

/*
 * What was held by itself before its device was suspended is not good again while that lasts. The
 * device stays as it is until this transaction ends.
 */
static struct status may_resume(struct call *call, const struct certificate_row *c, struct err *err)
{
	struct device_row device;

	if (!c->device_id)
		return STATUS_OK;
	TRY(device_lock(call->db, c->device_id, call->request->arena, &device, err));
	if (strcmp(device.state, "suspended") != 0)
		return STATUS_OK;
	return REFUSE(err, STATUS_SUSPENDED,
	    "certificate %" PRId64 " is of a device that is suspended", c->id);
}

/* In a transaction that ends with nothing done where others must agree first. */
static struct status change(struct call *call, struct http_response *response,
    enum status_verb verb, int reason, int64_t invalidity_at, struct err *err)
{
	struct certificate_row old, new;
	struct status_order order = {.count = 1,
	    .change = verb,
	    .reason = reason,
	    .invalidity_at = invalidity_at,
	    .who = call->actor.name,
	    .person = call->actor.person,
	    .request_id = call->approval ? call->approval->request->id : 0,
	    .now = call_now(call)};
	size_t changed;

	TRY(certificate_find(call, &old, NULL, err));
	TRY(call_may(call, old.product, NULL, err));
	if (verb == STATUS_RESUME)
		TRY(may_resume(call, &old, err));
	order.certificates = &old.id;
	TRY(status_change(call->db, &order, &call->api->rng, &changed, err));
	TRY(certificate_get(call->db, old.id, call->request->arena, &new, NULL, err));
	if (changed)
		TRY(require(call, &old, &new, err));
	certificate_answer(call, response, &new);
	return STATUS_OK;
}

struct status certificate_revoke(struct call *call, struct http_response *response, struct err *err)
{
	const struct revoke_body *body = call->input;
	int reason;

	TRY(revocation_reason_read(body->reason, &reason, err));
	return change(call, response, STATUS_REVOKE, reason, body->invalidity_at, err);
}

struct status certificate_hold(struct call *call, struct http_response *response, struct err *err)
{
	return change(call, response, STATUS_HOLD, 0, 0, err);
}

struct status certificate_resume(struct call *call, struct http_response *response, struct err *err)
{
	return change(call, response, STATUS_RESUME, 0, 0, err);
}
