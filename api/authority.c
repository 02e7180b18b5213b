/* api/authority.c: see authority.h. */
#include "api/authority.h"

#include <string.h>

#include "api/answer.h"
#include "api/api.h"
#include "api/document.h"
#include "api/perform.h"
#include "api/require.h"
#include "ca/authority_make.h"
#include "ca/crl_scope.h"
#include "ca/policy_apply.h"
#include "ca/reason.h"
#include "signing/approval.h"
#include "sql/document_view.h"

/* ---- bodies ---- */

#define DAY INT64_C(86400)

/* clang-format off */
#define TEXT(body, member, length, text) \
	{.name = #member, .type = FIELD_STR, .offset = offsetof(struct body, member), \
	    .min = 1, .max = length, .help = text}
#define NEEDED(body, member, length, text) \
	{.name = #member, .type = FIELD_STR, .offset = offsetof(struct body, member), \
	    .required = true, .min = 1, .max = length, .help = text}
#define NAMES(member, text) \
	{.name = #member, .type = FIELD_STR_LIST, .offset = offsetof(struct authority_body, member), \
	    .max = 32, .help = text}
#define URLS(body) \
	TEXT(body, crl_url, 2048, "written into certificates as CRL distribution point"), \
	TEXT(body, delta_url, 2048, "makes delta lists, and is written into certificates as freshest CRL"), \
	{.name = "crl_shards", .type = FIELD_INT, .offset = offsetof(struct body, crl_shards), \
	    .min = 1, .max = CRL_SHARDS_MAX, .help = "lists that its certificates are shared out to"}, \
	TEXT(body, ocsp_url, 2048, "written into certificates as OCSP responder"), \
	TEXT(body, issuer_url, 2048, "written into certificates as place of the authority's own"), \
	{.name = "operators", .type = FIELD_BOOL, .offset = offsetof(struct body, operators), \
	    .help = "client certificates of operators come from it, and none of devices"}

const struct field authority_fields[] = {
	NEEDED(authority_body, name, 63, "of the new authority"),
	NEEDED(authority_body, parent, 63, "authority that issues it; its key is held here"),
	NEEDED(authority_body, subject, 512, "CN=Acme Issuing CA 2,O=Acme,C=DE, or a common name alone"),
	{.name = "algorithm", .type = FIELD_STR, .offset = offsetof(struct authority_body, algorithm),
	    .standard = "EC-P256", .min = 1, .max = 32, .help = "of its key: EC-P256, EC-P384, ..."},
	{.name = "path_length", .type = FIELD_INT,
	    .offset = offsetof(struct authority_body, path_length), .max = CEREMONY_CHAIN_MAX,
	    .help = "authorities that may stand below it; 0: it issues to devices and servers alone"},
	{.name = "validity", .type = FIELD_SECONDS, .offset = offsetof(struct authority_body, validity),
	    .standard = "15y", .min = DAY, .max = 36500 * DAY, .help = "cut at the parent's own end"},
	NAMES(permit_dns, "DNS names below which alone it may issue"),
	NAMES(exclude_dns, "DNS names below which it may not"),
	NAMES(permit_directory, "names below which alone it may issue: O=Acme,C=DE"),
	NAMES(exclude_directory, "names below which it may not"),
	URLS(authority_body),
	{.name = NULL},
};
const struct field authority_key_fields[] = {
	NEEDED(authority_key_body, subject, 512, "that the request asks for"),
	{.name = "algorithm", .type = FIELD_STR,
	    .offset = offsetof(struct authority_key_body, algorithm),
	    .standard = "EC-P256", .min = 1, .max = 32, .help = "of its key: EC-P256, EC-P384, ..."},
	{.name = NULL},
};
const struct field authority_certificate_fields[] = {
	NEEDED(authority_certificate_body, chain, AUTHORITY_CHAIN_MAX / 2,
	    "PEM: its certificate, those above it, the root last"),
	URLS(authority_certificate_body),
	{.name = NULL},
};
/* clang-format on */

/* ---- what all have in common ---- */

/* Who does it, for the record: the caller, or the requester with those who approved. */
static struct policy_act act_of(const struct call *call)
{
	const struct approval *a = call->approval;

	return (struct policy_act){.who = call->actor.name,
	    .person = call->actor.person,
	    .approvers = a ? a->approvers : NULL,
	    .approver_count = a ? a->approver_count : 0,
	    .request_id = a ? a->request->id : 0,
	    .at = call_now(call)};
}

static struct authority_context context_of(const struct call *call, const struct policy_act *by)
{
	return (struct authority_context){.db = call->db,
	    .hsm = call->api->hsm,
	    .policy = call->policy,
	    .by = by,
	    .clock = &call->api->clock,
	    .rng = &call->api->rng};
}

static struct status require(
    struct call *call, const struct authority_order *order, struct err *err)
{
	const struct act act = {.kind = ACT_AUTHORITY_ISSUE};
	const struct act_plan plan = {.acts = &act,
	    .act_count = 1,
	    .digest = authority_plan(call->policy, order),
	    .difference = authority_difference(order, call->request->arena)};

	return call_require(call, &plan, err);
}

/* As GET /authorities/{name} answers, from the store. */
static struct status answer(
    struct call *call, const char *name, struct http_response *response, struct err *err)
{
	struct route as_document = *call->route;
	struct call view = *call;

	as_document.document = "authority";
	view.route = &as_document;
	view.segment = name;
	TRY(document_one_get(&view, response, err));
	if (as_document.status == 201)
		http_add_header(response, "Location",
		    arena_printf(call->request->arena, "/api/v1/authorities/%s", name));
	return STATUS_OK;
}

/* ---- making ---- */

#define LIST(to, from) .to = (const char *const *)(from).items, .to##_count = (from).count

static struct authority_order order_of(const struct authority_body *b)
{
	return (struct authority_order){.name = b->name,
	    .parent = b->parent,
	    .subject = b->subject,
	    .algorithm = b->algorithm,
	    .validity = b->validity,
	    .path_length = (int)b->path_length,
	    .constraints = {LIST(permitted_dns, b->permit_dns), LIST(excluded_dns, b->exclude_dns),
		LIST(permitted_directory, b->permit_directory),
		LIST(excluded_directory, b->exclude_directory)},
	    .crl_url = b->crl_url,
	    .delta_url = b->delta_url,
	    .crl_shards = b->crl_shards,
	    .ocsp_url = b->ocsp_url,
	    .issuer_url = b->issuer_url,
	    .operators = b->operators};
}

struct status authority_post(struct call *call, struct http_response *response, struct err *err)
{
	const struct policy_act by = act_of(call);
	const struct authority_context c = context_of(call, &by);
	const struct authority_order order = order_of(call->input);

	/* Before others are asked to agree: what cannot be made needs nobody's time. */
	TRY(authority_check(&c, &order, err));
	TRY(require(call, &order, err));
	TRY(authority_make(&c, &order, err));
	return answer(call, order.name, response, err);
}

/* ---- in two steps ---- */

struct status authority_key_post(struct call *call, struct http_response *response, struct err *err)
{
	const struct authority_key_body *body = call->input;
	const struct authority_order order = {
	    .name = call->segment, .subject = body->subject, .algorithm = body->algorithm};
	const struct policy_act by = act_of(call);
	const struct authority_context c = context_of(call, &by);
	AUTO(buf) csr = {0};
	AUTO(buf) pem = {0};
	AUTO(buf) text = {0};
	struct json j = {.out = &text};

	TRY(authority_key(&c, &order, &csr, err));
	pem_encode("CERTIFICATE REQUEST", buf_span(&csr), &pem);
	json_object_begin(&j, NULL);
	json_str(&j, "name", order.name);
	json_str(&j, "csr", buf_cstr(&pem));
	json_object_end(&j);
	call_answer(call, response, &text);
	return STATUS_OK;
}

struct status authority_certificate_post(
    struct call *call, struct http_response *response, struct err *err)
{
	const struct authority_certificate_body *body = call->input;
	const struct authority_order order = {.name = call->segment,
	    .chain = span_str(body->chain),
	    .crl_url = body->crl_url,
	    .delta_url = body->delta_url,
	    .crl_shards = body->crl_shards,
	    .ocsp_url = body->ocsp_url,
	    .issuer_url = body->issuer_url,
	    .operators = body->operators};
	const struct policy_act by = act_of(call);
	const struct authority_context c = context_of(call, &by);

	TRY(authority_take_check(&c, &order, err));
	TRY(require(call, &order, err));
	TRY(authority_take(&c, &order, err));
	return answer(call, order.name, response, err);
}

/* ---- retiring ---- */

static struct status check_unused(const struct call *call, const char *name, struct err *err)
{
	const struct policy *p = call->policy;

	for (size_t i = 0; i < p->label_count; i++)
		if (strcmp(p->labels[i].profile->authority_name, name) == 0)
			return REFUSE(err, AUTHORITY_IN_USE,
			    "label '%s' issues from authority '%s', by profile '%s'",
			    p->labels[i].name, name, p->labels[i].profile_name);
	return STATUS_OK;
}

/* The document as it is, retired. An active one's says nothing of its state. */
static struct status retired_text(
    const struct call *call, const char *name, struct span *ret_text, struct err *err)
{
	struct arena *arena = call->request->arena;
	struct document_row d;
	struct err why = {0};

	if (!document_get(call->db, "authority", name, arena, &d, &why).ok) {
		if (why.kind == ERR_MISSING)
			return REFUSE(err, OBJECT_UNKNOWN, "%s", why.message);
		*err = why;
		return STATUS_FAILED;
	}
	if (memmem(d.spec.p, d.spec.n, "\"state\"", 7)) {
		*ret_text = d.spec;
		return STATUS_OK;
	}
	*ret_text = span_str(arena_printf(
	    arena, "%.*s,\"state\":\"retired\"}", (int)(d.spec.n - 1), (const char *)d.spec.p));
	return STATUS_OK;
}

struct status authority_retire(struct call *call, struct http_response *response, struct err *err)
{
	const char *name = call->segment;
	struct policy_edit edit = {.file_name = "retirement"};
	struct policy_outcome outcome;

	TRY(retired_text(call, name, &edit.text, err));
	TRY(check_unused(call, name, err));
	TRY(call_apply(call, &edit, &outcome, err));
	return answer(call, name, response, err);
}
