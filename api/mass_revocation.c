/* api/mass_revocation.c: see mass_revocation.h. */
#include "api/mass_revocation.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/answer.h"
#include "api/api.h"
#include "api/mass_revocation_view.h"
#include "api/perform.h"
#include "api/problem.h"
#include "api/require.h"
#include "api/revocation.h"
#include "base/algorithm.h"
#include "ca/policy.h"
#include "ca/reason.h"
#include "ca/revoke.h"
#include "signing/approval.h"

/* clang-format off */
#define AT(member) .offset = offsetof(struct mass_selector_body, member)
static const struct field selector_fields[] = {
    {.name = "certificate", .type = FIELD_INT, AT(certificate), .min = 1, .help = "id of a certificate"},
    {.name = "device", .type = FIELD_INT, AT(device), .min = 1, .help = "id of a device"},
    {.name = "product", .type = FIELD_STR, AT(product), .min = 1, .max = 63, .help = "name of a product"},
    {.name = "batch", .type = FIELD_STR, AT(batch), .min = 1, .max = 64, .help = "of devices"},
    {.name = "authority", .type = FIELD_STR, AT(authority), .min = 1, .max = 63,
	.help = "name of the authority that issued them"},
    {.name = "key_digest", .type = FIELD_STR, AT(key_digest), .min = 64, .max = 64,
	.help = "SHA-256 of a SubjectPublicKeyInfo, hex"},
    {.name = "algorithm", .type = FIELD_STR, AT(algorithm), .min = 1, .max = 32,
	.help = "of their keys, such as RSA-2048 or EC-P256"},
    {.name = "issued_after", .type = FIELD_TIME, AT(issued_after), .help = "issued then or later"},
    {.name = "issued_before", .type = FIELD_TIME, AT(issued_before), .help = "issued before"},
    {.name = NULL},
};
#undef AT
#define AT(member) .offset = offsetof(struct mass_revoke_body, member)
const struct field mass_revoke_fields[] = {
    {.name = "selector", .type = FIELD_MAP, AT(selector), .required = true, .sub = selector_fields,
	.help = "which certificates: what each member says, at least one; those that have expired are left out"},
    {.name = "reason", .type = FIELD_STR, AT(reason), .required = true, .min = 1, .max = 32,
	.help = "of RFC 5280 5.3.1"},
    {.name = "invalidity_at", .type = FIELD_TIME, AT(invalidity_at),
	.help = "since when they are not to be trusted, where that is known"},
    {.name = "dry_run", .type = FIELD_BOOL, AT(dry_run), .standard = "false",
	.help = "true: say what it would find, and change nothing"},
    {.name = NULL},
};
#undef AT
const struct field mass_list_fields[] = {
    PAGE_FIELDS,
    {.name = "state", .type = FIELD_STR, .offset = offsetof(struct mass_list_query, state), .min = 1, .max = 16,
	.help = "running, done, failed or canceled"},
    {.name = NULL},
};
/* clang-format on */

/* ---- the selector, as it was said ---- */

static void put_text(struct json *j, const char *name, const char *text)
{
	if (text)
		json_str(j, name, text);
}

static void put_id(struct json *j, const char *name, int64_t id)
{
	if (id)
		json_int(j, name, id);
}

static void put_time(struct json *j, const char *name, int64_t time)
{
	if (time)
		answer_time(j, name, time);
}

/* In one order, without what was not said: equal selectors are equal texts. */
static const char *selector_text(const struct mass_selector_body *s, struct arena *arena)
{
	AUTO(buf) text = {0};
	struct json j = {.out = &text};

	json_object_begin(&j, NULL);
	put_id(&j, "certificate", s->certificate);
	put_id(&j, "device", s->device);
	put_text(&j, "product", s->product);
	put_text(&j, "batch", s->batch);
	put_text(&j, "authority", s->authority);
	put_text(&j, "key_digest", s->key_digest);
	put_text(&j, "algorithm", s->algorithm);
	put_time(&j, "issued_after", s->issued_after);
	put_time(&j, "issued_before", s->issued_before);
	json_object_end(&j);
	return arena_strdup(arena, buf_cstr(&text));
}

/* ---- what is selected ---- */

static struct status resolve_authority(
    const struct call *call, const char *name, struct mass_selector *s, struct err *err)
{
	const struct authority *a = name ? policy_authority(call->policy, name) : NULL;

	if (name && !a)
		return REFUSE(err, BODY_MEMBER, "/selector/authority: there is no '%.63s'", name);
	s->authority_id = a ? a->id : 0;
	return STATUS_OK;
}

static struct status resolve_product(
    struct call *call, const char *name, struct mass_selector *s, struct err *err)
{
	if (!name) {
		if (!call_scope(call, NULL, &s->within))
			return call_may(call, NULL, NULL, err);
		return STATUS_OK;
	}
	TRY(call_may(call, name, NULL, err));
	if (!call_scope(call, name, &s->within))
		return REFUSE(err, BODY_MEMBER, "/selector/product: there is no '%.63s'", name);
	s->product_id = s->within.ids[0];
	return STATUS_OK;
}

static struct status resolve_key(
    const struct call *call, const char *hex, struct mass_selector *s, struct err *err)
{
	AUTO(buf) digest = {0};
	struct err why = {0};

	if (!hex)
		return STATUS_OK;
	if (!hex_decode(span_str(hex), &digest, &why).ok || digest.n != SHA256_SIZE)
		return REFUSE(err, BODY_MEMBER, "/selector/key_digest: 64 hex digits are wanted");
	s->key_digest = arena_copy(call->request->arena, buf_span(&digest));
	return STATUS_OK;
}

static struct status resolve(
    struct call *call, const struct mass_selector_body *b, struct mass_selector *s, struct err *err)
{
	*s = (struct mass_selector){.certificate_id = b->certificate,
	    .device_id = b->device,
	    .batch = b->batch,
	    .algorithm = b->algorithm,
	    .issued_after = b->issued_after,
	    .issued_before = b->issued_before};
	if (b->algorithm && !key_algorithm_by_name(b->algorithm))
		return REFUSE(
		    err, BODY_MEMBER, "/selector/algorithm: '%.32s' is none", b->algorithm);
	TRY(resolve_product(call, b->product, s, err));
	TRY(resolve_authority(call, b->authority, s, err));
	TRY(resolve_key(call, b->key_digest, s, err));
	return mass_selector_check(s, err);
}

/*
 * The moment at which it is fixed: now, or when others were asked. Their digest covers the
 * difference that it is read from: another one there is no agreement to.
 */
static struct status fix(struct call *call, struct mass_selector *s, struct err *err)
{
	AUTO(doc_file) difference = {0};
	struct err why = {0};

	s->valid_at = call_now(call);
	if (!call->approval)
		return mass_selection_newest(call->db, &s->newest, err);
	if (!doc_parse(
		"difference", span_str(call->approval->request->difference), &difference, &why)
		 .ok ||
	    difference.count != 1)
		return err_set(err, ERR_INTERNAL, "the request's difference cannot be read");
	for (const struct doc_node *step = difference.documents[0]->child; step;
	     step = step->next) {
		const struct doc_node *path = doc_get(step, "path"), *new = doc_get(step, "new");

		if (path && new && path->text &&new->text && strcmp(path->text, "/newest") == 0)
			s->newest = strtoll(new->text, NULL, 10);
		if (path && new && path->text &&new->text && strcmp(path->text, "/valid_at") == 0)
			s->valid_at = strtoll(new->text, NULL, 10);
	}
	return STATUS_OK;
}

/* ---- what others may have to agree to ---- */

static void step_begin(struct json *j, const char *path)
{
	json_object_begin(j, NULL);
	json_str(j, "path", path);
	json_str(j, "old", NULL);
}

static void put_int_step(struct json *j, const char *path, int64_t value)
{
	step_begin(j, path);
	json_int(j, "new", value);
	json_object_end(j);
}

static void put_text_step(struct json *j, const char *path, const char *value)
{
	step_begin(j, path);
	json_str(j, "new", value);
	json_object_end(j);
}

static const char *difference_of(const struct mass_order *o, struct arena *arena)
{
	AUTO(buf) text = {0};
	AUTO(buf) digest = {0};
	struct json j = {.out = &text};

	hex_encode(SPAN_OF(o->found->digest.bytes), &digest);
	json_array_begin(&j, NULL);
	step_begin(&j, "/selector");
	json_raw(&j, "new", span_str(o->text));
	json_object_end(&j);
	put_text_step(&j, "/reason", revocation_reason_name(o->reason));
	if (o->invalidity_at) {
		step_begin(&j, "/invalidity_at");
		answer_time(&j, "new", o->invalidity_at);
		json_object_end(&j);
	}
	put_int_step(&j, "/certificates", o->found->certificates);
	put_int_step(&j, "/devices", o->found->devices);
	if (o->found->unknown)
		put_int_step(&j, "/unknown_algorithm", o->found->unknown);
	for (size_t i = 0; i < o->found->count; i++) {
		const struct mass_count *c = &o->found->counts[i];

		put_int_step(&j,
		    arena_printf(arena, "/certificates/%s/%s", c->product ? c->product : "",
			c->authority ? c->authority : ""),
		    c->certificates);
	}
	put_text_step(&j, "/digest", buf_cstr(&digest));
	put_int_step(&j, "/valid_at", o->selector->valid_at);
	put_int_step(&j, "/newest", o->selector->newest);
	json_array_end(&j);
	return arena_strdup(arena, buf_cstr(&text));
}

/* What one certificate needs, many need as well: both kinds, for each product. */
static void acts_of(const struct mass_found *found, struct arena *arena, struct act_plan *plan)
{
	const bool all = found->count > MASS_ACTS_MOST;
	const size_t n = all ? 1 : found->count;
	struct act *acts = arena_alloc(arena, 2 * n * sizeof(*acts));
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		const char *product = all ? NULL : found->counts[i].product;

		/* They come in the order of their products. */
		if (i > 0 && found->counts[i].product_id == found->counts[i - 1].product_id)
			continue;
		acts[count++] =
		    (struct act){.kind = ACT_CERTIFICATE_REVOKE_MANY, .product = product};
		acts[count++] = (struct act){.kind = ACT_CERTIFICATE_REVOKE, .product = product};
	}
	plan->acts = acts;
	plan->act_count = count;
}

static struct status require(struct call *call, const struct mass_order *o, struct err *err)
{
	struct act_plan plan = {0};

	acts_of(o->found, call->request->arena, &plan);
	plan.difference = difference_of(o, call->request->arena);
	plan.digest = sha256(span_str(plan.difference));
	return call_require(call, &plan, err);
}

/* ---- handlers ---- */

static struct status answer_dry(
    struct call *call, const struct mass_order *o, struct http_response *response, struct err *err)
{
	int64_t sample[MASS_SAMPLE];
	size_t count = MASS_SAMPLE;

	TRY(mass_selection_page(call->db, o->selector, 0, sample, &count, err));
	mass_answer_selection(call, response, o, sample, count);
	return STATUS_OK;
}

static struct status make(
    struct call *call, struct mass_order *o, struct http_response *response, struct err *err)
{
	struct mass_act_row row;
	int64_t id;

	if (o->found->certificates == 0)
		return REFUSE(
		    err, MASS_EMPTY, "no certificate that is still valid fits the selector");
	TRY(require(call, o, err));
	TRY(mass_revoke_make(call->db, o, &call->api->rng, &id, err));
	TRY(mass_act_get(call->db, id, call->request->arena, &row, err));
	mass_answer_act(call, response, &row);
	http_add_header(response, "Location",
	    arena_printf(call->request->arena, API_PREFIX "/mass-revocations/%" PRId64, id));
	return STATUS_OK;
}

struct status mass_revocation_post(
    struct call *call, struct http_response *response, struct err *err)
{
	const struct mass_revoke_body *body = call->input;
	struct mass_selector selector;
	struct mass_found found;
	struct mass_order order = {.selector = &selector,
	    .found = &found,
	    .text = selector_text(&body->selector, call->request->arena),
	    .invalidity_at = body->invalidity_at,
	    .actor = &call->actor,
	    .now = call_now(call)};

	if (call->approval) {
		order.approvers = call->approval->approvers;
		order.approver_count = call->approval->approver_count;
		order.request_id = call->approval->request->id;
	}
	TRY(revocation_reason_read(body->reason, &order.reason, err));
	TRY(revocation_check(order.reason, order.invalidity_at, order.now, err));
	TRY(resolve(call, &body->selector, &selector, err));
	TRY(fix(call, &selector, err));
	TRY(mass_selection_count(call->db, &selector, call->request->arena, &found, err));
	return body->dry_run ? answer_dry(call, &order, response, err)
			     : make(call, &order, response, err);
}

static bool is_state(const char *text)
{
	for (size_t i = 0; mass_act_states[i]; i++)
		if (strcmp(mass_act_states[i], text) == 0)
			return true;
	return false;
}

struct status mass_revocation_list_get(
    struct call *call, struct http_response *response, struct err *err)
{
	const struct mass_list_query *q = call->query;
	struct mass_act_filter f = {.state = q->state, .limit = q->page.limit + 1};
	struct mass_act_row *rows = NULL;
	size_t count = 0;

	if (q->state && !is_state(q->state))
		return REFUSE(err, QUERY_PARAMETER, "parameter state: '%s' is none", q->state);
	TRY(page_after_id(&q->page, &f.before, err));
	if (f.before == 0)
		f.before = ID_NEWEST;
	if (call_scope(call, NULL, &f.scope))
		TRY(mass_act_list(call->db, &f, call->request->arena, &rows, &count, err));
	call_answer_rows(call, response,
	    &(struct answer_rows){rows, count, sizeof(*rows), q->page.limit, mass_put_act});
	return STATUS_OK;
}

/* All of the products that it is about must be the caller's to see. */
static bool sees(const struct call *call, const struct mass_act_row *row)
{
	if (row->of_no_product && !call_sees(call, NULL))
		return false;
	for (size_t i = 0; i < row->product_count; i++)
		if (!call_sees(call, row->products[i]))
			return false;
	return true;
}

static struct status find(
    const struct call *call, bool lock, struct mass_act_row *ret_row, struct err *err)
{
	struct err why = {0};
	struct status got;
	int64_t id;

	TRY(call_id(call, &id, err));
	got = (lock ? mass_act_lock : mass_act_get)(
	    call->db, id, call->request->arena, ret_row, &why);
	if (!got.ok && why.kind != ERR_MISSING) {
		*err = why;
		return STATUS_FAILED;
	}
	if (!got.ok || !sees(call, ret_row))
		return REFUSE(err, OBJECT_UNKNOWN, "there is no mass revocation %s", call->segment);
	return STATUS_OK;
}

struct status mass_revocation_one_get(
    struct call *call, struct http_response *response, struct err *err)
{
	struct mass_act_row row;

	TRY(find(call, false, &row, err));
	mass_answer_act(call, response, &row);
	return STATUS_OK;
}

struct status mass_revocation_cancel(
    struct call *call, struct http_response *response, struct err *err)
{
	struct mass_act_row row;

	TRY(find(call, true, &row, err));
	TRY(mass_revoke_cancel(call->db, &row, &call->actor, call_now(call), &call->api->rng, err));
	TRY(mass_act_get(call->db, row.id, call->request->arena, &row, err));
	mass_answer_act(call, response, &row);
	return STATUS_OK;
}
