/* api/service_certificate.c: see service_certificate.h. */
#include "api/service_certificate.h"

#include "api/answer.h"
#include "api/api.h"
#include "api/perform.h"
#include "api/require.h"
#include "ca/service_certificate.h"
#include "ca/service_name.h"
#include "signing/approval.h"

/* clang-format off */
#define AT(member) .offset = offsetof(struct service_certificate_body, member)
const struct field service_certificate_fields[] = {
    {.name = "profile", .type = FIELD_STR, AT(profile), .required = true, .min = 1, .max = 63,
	.help = "name of a profile with use: service"},
    {.name = "csr", .type = FIELD_STR, AT(csr), .required = true, .min = 1, .max = 30000,
	.help = "certification request (PKCS#10): PEM, or base64 of its DER; it asks for no names but these"},
    {.name = "dns", .type = FIELD_STR_LIST, AT(dns), .max = SERVICE_NAMES_MAX,
	.help = "host names, of which the first stands in the subject"},
    {.name = "ip", .type = FIELD_STR_LIST, AT(ip), .max = SERVICE_NAMES_MAX, .help = "addresses"},
    {.name = NULL},
};
#undef AT
/* clang-format on */

static void put_list(struct json *j, const char *name, const struct str_list *list)
{
	json_array_begin(j, name);
	for (size_t i = 0; i < list->count; i++)
		json_str(j, NULL, list->items[i]);
	json_array_end(j);
}

/* What approvers read, and what their digest is of. */
static const char *describe(const struct call *call, const struct service_certificate_body *b)
{
	const struct digest d = sha256(span_str(b->csr));
	char hex[2 * SHA256_SIZE + 1];
	AUTO(buf) text = {0};
	struct json j = {.out = &text};

	hex_text(SPAN_OF(d.bytes), hex);
	json_array_begin(&j, NULL);
	json_object_begin(&j, NULL);
	json_str(&j, "path", "/certificate");
	json_str(&j, "old", NULL);
	json_object_begin(&j, "new");
	json_str(&j, "profile", b->profile);
	put_list(&j, "dns", &b->dns);
	put_list(&j, "ip", &b->ip);
	json_str(&j, "csr_sha256", hex);
	json_object_end(&j);
	json_object_end(&j);
	json_array_end(&j);
	return arena_strndup(call->request->arena, (const char *)text.p, text.n);
}

static struct status require(
    struct call *call, const struct service_certificate_body *b, struct err *err)
{
	const struct act act = {.kind = ACT_CERTIFICATE_ISSUE};
	struct act_plan plan = {.acts = &act, .act_count = 1, .difference = describe(call, b)};

	plan.digest = sha256(span_str(plan.difference));
	return call_require(call, &plan, err);
}

static void answer(const struct call *call, const struct service_certificate_body *b,
    const struct service_made *made, struct http_response *response)
{
	AUTO(buf) text = {0};
	struct json j = {.out = &text};

	json_object_begin(&j, NULL);
	json_int(&j, "id", made->id);
	json_str(&j, "profile", b->profile);
	json_str(&j, "serial_number", made->serial);
	answer_time(&j, "not_before", made->not_before);
	answer_time(&j, "not_after", made->not_after);
	answer_id(&j, "renews", made->renews);
	json_str(&j, "certificate", made->pem);
	json_object_end(&j);
	call_answer(call, response, &text);
}

struct status service_certificate_create(
    struct call *call, struct http_response *response, struct err *err)
{
	const struct service_certificate_body *b = call->input;
	struct service_wish wish = {.policy = call->policy,
	    .by = &call->actor,
	    .profile = b->profile,
	    .csr = b->csr,
	    .dns = &b->dns,
	    .ip = &b->ip,
	    .now = call_now(call)};
	struct service_made made;

	TRY(require(call, b, err));
	if (call->approval) {
		wish.request_id = call->approval->request->id;
		wish.approvers = call->approval->approvers;
		wish.approver_count = call->approval->approver_count;
	}
	TRY(service_certificate_make(
	    call->db, &wish, &call->api->rng, call->request->arena, &made, err));
	answer(call, b, &made, response);
	return STATUS_OK;
}
