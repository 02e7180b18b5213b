/* api/signing_key.c: see signing_key.h. */
#include "api/signing_key.h"

#include "api/answer.h"
#include "api/api.h"
#include "api/body.h"
#include "api/document.h"
#include "api/perform.h"
#include "api/problem.h"
#include "api/require.h"
#include "ca/policy_apply.h"
#include "ca/signing_key_make.h"
#include "signing/format/crypto_openssl.h"
#include "sql/policy.h"

#define DAY INT64_C(86400)

/* clang-format off */
#define AT(member) offsetof(struct signing_key_body, member)
const struct field signing_key_body_fields[] = {
	{.name = "name", .type = FIELD_STR, .offset = AT(name), .required = true, .min = 1, .max = 63,
	    .help = "of the new key"},
	{.name = "algorithm", .type = FIELD_ENUM, .offset = AT(algorithm), .names = signing_algorithms,
	    .standard = "ESP256", .help = "how it signs in COSE"},
	{.name = "test", .type = FIELD_BOOL, .offset = AT(test), .help = "it never signs for a production channel"},
	{.name = "products", .type = FIELD_STR_LIST, .offset = AT(products), .max = 1000,
	    .help = "the only products that it signs for; absent: every product"},
	{.name = "authority", .type = FIELD_STR, .offset = AT(authority), .min = 1, .max = 63,
	    .help = "that issues its certificate; absent: it has none, and signs no CMS"},
	{.name = "subject", .type = FIELD_STR, .offset = AT(subject), .min = 1, .max = 512,
	    .help = "of the certificate: CN=Acme signing 2027,O=Acme; absent: the authority's, its CN the key's name"},
	{.name = "validity", .type = FIELD_SECONDS, .offset = AT(validity), .standard = "10y", .min = DAY,
	    .max = 36500 * DAY, .help = "of the certificate; cut at the authority's own end"},
	{.name = NULL},
};
#undef AT
/* clang-format on */

static struct signing_key_order order_of(const struct signing_key_body *b)
{
	return (struct signing_key_order){.name = b->name,
	    .algorithm = b->algorithm,
	    .test = b->test,
	    .products = b->products,
	    .authority = b->authority,
	    .subject = b->subject,
	    .validity = b->validity};
}

static struct status require(
    struct call *call, const struct signing_key_order *order, struct err *err)
{
	const struct act act = {.kind = ACT_SIGNING_KEY_CHANGE};
	struct act_plan plan = {.acts = &act,
	    .act_count = 1,
	    .difference = signing_key_difference(order, call->request->arena)};

	plan.digest = sha256(span_str(plan.difference));
	return call_require(call, &plan, err);
}

/* ---- looking ---- */

static bool read_key(
    struct span document, struct arena *arena, struct buf *spki, struct cose_key_owned *ret_key)
{
	struct signing_key k = {0};
	struct err err = {0};

	return body_bind(document, signing_key_fields, &k, arena, &err).ok &&
	       base64_decode(span_str(k.public_key), spki, &err).ok &&
	       cose_key_from_spki(buf_span(spki), ret_key, &err).ok;
}

void signing_key_put(struct json *j, struct span document)
{
	AUTO(arena) arena = {0};
	AUTO(cose_key_owned) key = {0};
	AUTO(buf) spki = {0};
	AUTO(buf) pem = {0};
	const bool read = read_key(document, &arena, &spki, &key);

	if (read)
		pem_encode("PUBLIC KEY", buf_span(&spki), &pem);
	answer_hex(j, "kid", read ? SPAN_OF(key.kid) : SPAN_NONE);
	json_str(j, "public_key", read ? buf_cstr(&pem) : NULL);
}

/* ---- making ---- */

/* As GET /signing-keys/{name} answers, from the store. */
static struct status answer(
    struct call *call, const char *name, struct http_response *response, struct err *err)
{
	struct route as_document = *call->route;
	struct call view = *call;

	as_document.document = SIGNING_KEY_KIND;
	view.route = &as_document;
	view.segment = name;
	TRY(document_one_get(&view, response, err));
	http_add_header(response, "Location",
	    arena_printf(call->request->arena, API_PREFIX "/signing-keys/%s", name));
	return STATUS_OK;
}

struct status signing_key_post(struct call *call, struct http_response *response, struct err *err)
{
	const struct signing_key_order order = order_of(call->input);
	const struct signing_key_context c = {.db = call->db,
	    .hsm = call->api->hsm,
	    .policy = call->policy,
	    .now = call_now(call),
	    .rng = &call->api->rng};
	struct policy_edit edit = {.file_name = "body", .expected_version = POLICY_ABSENT};
	struct policy_outcome outcome;
	int64_t version;

	TRY(policy_lock(call->db, &version, err));
	TRY(signing_key_check(&c, &order, err));
	TRY(require(call, &order, err));
	TRY(signing_key_make(&c, &order, call->request->arena, &edit.text, err));
	TRY(call_apply_agreed(call, &edit, &outcome, err));
	return answer(call, order.name, response, err);
}
