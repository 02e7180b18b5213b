/* api/operator_certificate.c: see operator_certificate.h. */
#include "api/operator_certificate.h"

#include "api/api.h"
#include "api/perform.h"
#include "api/token.h"
#include "base/json.h"
#include "ca/operator_certificate.h"

/* clang-format off */
const struct field operator_certificate_fields[] = {
	{.name = "csr", .type = FIELD_STR, .offset = offsetof(struct operator_certificate_body, csr),
	    .required = true, .min = 1, .max = 30000,
	    .help = "certification request (PKCS#10): PEM, or base64 of its DER; its names do not matter"},
	{.name = NULL},
};
/* clang-format on */

/* What approvers read, and what their digest is of. */
static const char *describe(const struct call *call, const char *name, const char *csr)
{
	const struct digest d = sha256(span_str(csr));
	char hex[2 * SHA256_SIZE + 1];
	AUTO(buf) text = {0};
	struct json j = {.out = &text};

	hex_text(SPAN_OF(d.bytes), hex);
	json_array_begin(&j, NULL);
	json_object_begin(&j, NULL);
	json_str(&j, "path", "/certificate");
	json_str(&j, "old", NULL);
	json_object_begin(&j, "new");
	json_str(&j, "principal", name);
	json_str(&j, "csr_sha256", hex);
	json_object_end(&j);
	json_object_end(&j);
	json_array_end(&j);
	return arena_strndup(call->request->arena, (const char *)text.p, text.n);
}

static void answer(const struct call *call, const char *principal, const struct operator_made *made,
    struct http_response *response)
{
	char not_before[TIME_TEXT_SIZE], not_after[TIME_TEXT_SIZE];
	AUTO(buf) text = {0};
	struct json j = {.out = &text};

	time_text(made->not_before, not_before);
	time_text(made->not_after, not_after);
	json_object_begin(&j, NULL);
	json_int(&j, "id", made->id);
	json_str(&j, "principal", principal);
	json_str(&j, "serial_number", made->serial);
	json_str(&j, "not_before", not_before);
	json_str(&j, "not_after", not_after);
	json_str(&j, "certificate", made->pem);
	json_object_end(&j);
	call_answer(call, response, &text);
}

struct status operator_certificate_create(
    struct call *call, struct http_response *response, struct err *err)
{
	const struct operator_certificate_body *b = call->input;
	struct operator_wish wish = {
	    .policy = call->policy, .by = &call->actor, .csr = b->csr, .now = call_now(call)};
	struct operator_made made;

	TRY(token_principal(call, call->segment, &wish.principal, err));
	TRY(token_may_make(call, call->segment, describe(call, call->segment, b->csr), err));
	wish.agreed = call->approval != NULL;
	TRY(operator_certificate_make(
	    call->db, &wish, &call->api->rng, call->request->arena, &made, err));
	answer(call, wish.principal->name, &made, response);
	return STATUS_OK;
}
