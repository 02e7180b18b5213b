/* api/request.c: see request.h. */
#include "api/request.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "api/page.h"
#include "api/perform.h"
#include "api/request_view.h"
#include "ca/policy.h"
#include "ca/reason.h"
#include "signing/approval.h"
#include "sql/policy.h"
#include "sql/token.h"

/* ---- query and bodies ---- */

#define QUERY(member, text)                                                                 \
	{                                                                                   \
		.name = #member, .type = FIELD_STR,                                         \
		.offset = offsetof(struct request_list_query, member), .min = 1, .max = 64, \
		.help = text                                                                \
	}
const struct field request_list_fields[] = {
    PAGE_FIELDS,
    QUERY(state, "open, rejected, withdrawn, expired or redeemed"),
    QUERY(act, "kind of act that it contains, such as label.change"),
    QUERY(requester, "principal that asked"),
    {.name = NULL},
};

#define COMMENT                                                                     \
	{                                                                           \
		.name = "comment", .type = FIELD_STR,                               \
		.offset = offsetof(struct request_verdict_body, comment), .min = 1, \
		.max = APPROVAL_COMMENT_MAX, .help = "why; kept with the verdict"   \
	}
const struct field request_approve_fields[] = {
    {.name = "digest",
	.type = FIELD_STR,
	.offset = offsetof(struct request_verdict_body, digest),
	.required = true,
	.min = 2 * SHA256_SIZE,
	.max = 2 * SHA256_SIZE,
	.help = "the request's digest, as it was shown: what is approved is exactly that"},
    COMMENT,
    {.name = NULL},
};
const struct field request_reject_fields[] = {COMMENT, {.name = NULL}};

static struct approval_context context_of(const struct call *call)
{
	return (struct approval_context){call->db, call_now(call), &call->api->rng};
}

/* ---- who sees what ---- */

static const char *scope(const char *column)
{
	return column[0] ? column : NULL;
}

/* For each of its acts, in the act's scope. */
static bool may_of_all(
    const struct call *call, enum permission permission, const struct request_row *row)
{
	for (size_t i = 0; i < row->acts.count; i++)
		if (!access_may(call_access(call), &call->actor, permission,
			scope(row->acts.products[i]), scope(row->acts.channels[i]), call_now(call)))
			return false;
	return true;
}

static bool is_own(const struct call *call, const struct request_row *row)
{
	return strcmp(row->requester, call->actor.name) == 0;
}

static struct status check_seen(
    const struct call *call, const struct request_row *row, struct err *err)
{
	if (is_own(call, row) || may_of_all(call, PERMISSION_REQUEST_READ, row) ||
	    may_of_all(call, PERMISSION_REQUEST_APPROVE, row))
		return STATUS_OK;
	return REFUSE(err, OBJECT_UNKNOWN, "there is no request %" PRId64 " here", row->id);
}

/* ---- reading ---- */

struct status request_list_get(struct call *call, struct http_response *response, struct err *err)
{
	const struct request_list_query *q = call->query;
	const struct reach reach = access_reach(call_access(call), &call->actor,
	    PERMISSION_REQUEST_READ, call_now(call), call->request->arena);
	struct request_filter filter = {.state = q->state,
	    .act = q->act,
	    .requester = q->requester,
	    .all_products = reach.all_products,
	    .products = reach.products,
	    .product_count = reach.product_count,
	    .own = call->actor.name,
	    .limit = q->page.limit + 1};
	AUTO(buf) text = {0};
	struct json j = {.out = &text};
	struct request_row *rows;
	size_t n, shown;

	TRY(page_after_id(&q->page, &filter.before, err));
	TRY(request_list(call->db, &filter, call->request->arena, &rows, &n, err));
	shown = n > (size_t)q->page.limit ? (size_t)q->page.limit : n;
	json_object_begin(&j, NULL);
	json_array_begin(&j, "items");
	for (size_t i = 0; i < shown; i++)
		request_json(&j, NULL, call, &rows[i], false);
	json_array_end(&j);
	page_next_id(&j, n > shown, shown ? rows[shown - 1].id : 0);
	json_object_end(&j);
	call_answer(call, response, &text);
	return STATUS_OK;
}

static struct status answer_one(
    struct call *call, int64_t id, struct http_response *response, struct err *err)
{
	AUTO(buf) text = {0};
	struct json j = {.out = &text};
	struct request_row row;

	TRY(request_get(call->db, id, call->request->arena, &row, err));
	TRY(check_seen(call, &row, err));
	request_json(&j, NULL, call, &row, true);
	call_answer(call, response, &text);
	return STATUS_OK;
}

/* What is not there and what may not be seen look alike. */
static struct status find(
    struct call *call, int64_t *ret_id, struct request_row *ret_row, struct err *err)
{
	TRY(call_id(call, ret_id, err));
	if (!request_get(call->db, *ret_id, call->request->arena, ret_row, err).ok) {
		if (err->kind != ERR_MISSING)
			return STATUS_FAILED;
		err_clear(err);
		return REFUSE(err, OBJECT_UNKNOWN, "there is no request %" PRId64 " here", *ret_id);
	}
	return check_seen(call, ret_row, err);
}

struct status request_one_get(struct call *call, struct http_response *response, struct err *err)
{
	struct request_row row;
	int64_t id;

	TRY(find(call, &id, &row, err));
	return answer_one(call, id, response, err);
}

/* ---- verdicts ---- */

static struct status read_digest(const char *hex, struct digest *ret_digest, struct err *err)
{
	AUTO(buf) bytes = {0};

	if (!hex_decode(span_str(hex), &bytes, err).ok || bytes.n != sizeof(ret_digest->bytes)) {
		err_clear(err);
		return REFUSE(err, BODY_MEMBER, "/digest: 64 hexadecimal digits are wanted");
	}
	memcpy(ret_digest->bytes, bytes.p, bytes.n);
	return STATUS_OK;
}

static struct status decide(struct call *call, const struct approval_vote *vote,
    struct http_response *response, struct err *err)
{
	const struct approval_context c = context_of(call);
	struct request_row row;
	int64_t id;

	TRY(find(call, &id, &row, err));
	if (!may_of_all(call, PERMISSION_REQUEST_APPROVE, &row))
		return REFUSE(err, ACCESS_DENIED,
		    "%.64s does not hold request.approve for all that request %" PRId64 " is about",
		    call->actor.name, id);
	TRY(approval_decide(&c, call_access(call), id, vote, err));
	return answer_one(call, id, response, err);
}

struct status request_approve(struct call *call, struct http_response *response, struct err *err)
{
	const struct request_verdict_body *body = call->input;
	struct digest digest;

	TRY(read_digest(body->digest, &digest, err));
	return decide(call,
	    &(struct approval_vote){
		.who = &call->actor, .approve = true, .digest = &digest, .comment = body->comment},
	    response, err);
}

struct status request_reject(struct call *call, struct http_response *response, struct err *err)
{
	const struct request_verdict_body *body = call->input;

	return decide(call,
	    &(struct approval_vote){.who = &call->actor, .comment = body ? body->comment : NULL},
	    response, err);
}

struct status request_withdraw(struct call *call, struct http_response *response, struct err *err)
{
	const struct approval_context c = context_of(call);
	struct request_row row;
	int64_t id;

	TRY(find(call, &id, &row, err));
	TRY(approval_withdraw(&c, id, &call->actor, err));
	return answer_one(call, id, response, err);
}

/* ---- redeeming ---- */

/* Acts on releases change no policy: any number of them is carried out at the same time. */
static bool keeps_policy(const struct request_row *row)
{
	for (size_t i = 0; i < row->acts.count; i++)
		if (strncmp(row->acts.kinds[i], "release.", strlen("release.")) != 0)
			return false;
	return row->acts.count > 0;
}

/*
 * Policy as it is at this moment and stays until the transaction ends: who has just been disabled
 * does not count, and nobody changes it meanwhile. ret_fresh NULL: the call's snapshot is that.
 */
static struct status hold_policy(const struct call *call, const struct request_row *row,
    struct policy **ret_fresh, struct err *err)
{
	int64_t version = 0;

	*ret_fresh = NULL;
	TRY((keeps_policy(row) ? policy_hold : policy_lock)(call->db, &version, err));
	if (call->policy->version == version)
		return STATUS_OK;
	return policy_load(call->db, call->api->hsm, ret_fresh, err);
}

static uint64_t mask_of(const struct request_row *row)
{
	uint64_t mask = 0;

	if (!row->permissions)
		return PERMISSION_ALL;
	for (size_t i = 0; i < row->permission_count; i++)
		mask |= PERMISSION_BIT(permission_by_name(row->permissions[i]));
	return mask;
}

/*
 * Whoever took the token away that asked has taken its request away, too: it may be a thief's.
 * Where the asking run came from still counts.
 */
static struct status check_token(const struct call *call, const struct request_row *row,
    struct actor *requester, struct err *err)
{
	struct token_row token;
	struct err why = {0};

	if (!row->token_id)
		return STATUS_OK;
	if (token_get(call->db, row->token_id, call->request->arena, &token, &why).ok) {
		requester->provenance = token.provenance;
		if (!token.revoked_at)
			return STATUS_OK;
		return REFUSE(err, REQUEST_RIGHTS, "the token that asked was revoked by '%.64s'",
		    token.revoked_by);
	}
	if (why.kind == ERR_MISSING)
		return STATUS_OK;
	*err = why;
	return STATUS_FAILED;
}

/* The requester as policy has it now, narrowed as the token was that asked. */
static struct status requester_of(const struct access *access, const struct request_row *row,
    struct actor *ret_actor, struct err *err)
{
	const struct principal *p = access_principal(access, row->requester);

	if (!p || p->disabled)
		return REFUSE(err, REQUEST_RIGHTS, "the requester, '%s', is %s by now",
		    row->requester, p ? "disabled" : "no principal");
	*ret_actor = (struct actor){.principal = p,
	    .name = p->name,
	    .person = row->person,
	    .credential = CREDENTIAL_TOKEN,
	    .root_token_id = row->token_id,
	    .permission_mask = mask_of(row)};
	return STATUS_OK;
}

static void add_header(
    struct http_request *q, struct http_header *headers, const char *name, const char *value)
{
	if (value)
		headers[q->header_count++] = (struct http_header){name, value};
}

/* The stored call, as if it came now over the redeemer's connection. */
static const struct http_request *request_of(const struct call *call, const struct stored_call *s)
{
	struct arena *arena = call->request->arena;
	struct http_request *q = arena_alloc(arena, sizeof(*q));
	struct http_header *headers = arena_alloc(arena, 3 * sizeof(*headers));

	*q = *call->request;
	q->method = http_method_by_name(s->method);
	q->path = s->path;
	q->query = s->query;
	q->body = s->body;
	q->headers = headers;
	q->header_count = 0;
	add_header(q, headers, "If-Match", s->if_match);
	add_header(q, headers, "If-None-Match", s->if_none_match);
	add_header(q, headers, "Content-Type", s->content_type);
	return q;
}

static void name_approvers(const struct request_row *row, struct arena *arena, struct approval *a)
{
	const char **names = arena_alloc(arena, row->verdict_count * sizeof(*names));

	for (size_t i = 0; i < row->verdict_count; i++)
		if (row->verdicts[i].approved)
			names[a->approver_count++] = row->verdicts[i].principal;
	a->approvers = names;
}

/* What answers with a secret answers the one who asked for it, nobody else. */
static struct status check_secret(const struct call *call, const struct route *route,
    const struct request_row *row, struct err *err)
{
	if (route->flags & ROUTE_SECRET && !is_own(call, row))
		return REFUSE(err, REQUEST_NOT_YOURS,
		    "request %" PRId64 " is answered with a secret: '%s' redeems it, nobody else",
		    row->id, row->requester);
	return STATUS_OK;
}

static struct status run_stored(struct call *call, struct policy *policy,
    const struct request_row *row, struct http_response *response, struct err *err)
{
	struct approval approval = {.request = row};
	struct call inner = {.api = call->api, .db = call->db, .policy = policy};
	const struct route *route;
	const char *allow;

	name_approvers(row, call->request->arena, &approval);
	inner.approval = &approval;
	inner.request = request_of(call, &row->call);
	TRY(route_find(LISTENER_OPERATOR, inner.request->method, inner.request->path,
	    call->request->arena, &route, &inner.segment, &allow, err));
	TRY(check_secret(call, route, row, err));
	if (strncmp(row->requester, REQUESTER_DEVICE, strlen(REQUESTER_DEVICE)) == 0)
		inner.actor = call->actor;
	else
		TRY(requester_of(call_access(&inner), row, &inner.actor, err));
	TRY(check_token(call, row, &inner.actor, err));
	TRY(route_perform(route, &inner, response, err));
	if (!approval.applied)
		return err_set(err, ERR_INTERNAL, "%s asked for no approval", route->path);
	return STATUS_OK;
}

struct status request_redeem(struct call *call, struct http_response *response, struct err *err)
{
	const struct approval_context c = context_of(call);
	AUTO_REF(policy) fresh = NULL;
	struct request_row row;
	int64_t id;

	TRY(find(call, &id, &row, err));
	TRY(hold_policy(call, &row, &fresh, err));
	TRY(approval_take(&c, id, &call->actor, call->request->arena, &row, err));
	TRY(run_stored(call, fresh ? fresh : call->policy, &row, response, err));
	return approval_spend(&c, &row, &call->actor, err);
}
