/* api/require.c: see require.h. */
#include "api/require.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "api/one_request.h"
#include "api/perform.h"
#include "api/problem.h"
#include "api/request_view.h"
#include "ca/policy.h"
#include "ca/policy_apply.h"
#include "ca/reason.h"
#include "signing/approval.h"

#define REQUESTS API_PREFIX "/requests"

/* ---- what is asked for ---- */

/* Names of what the token was narrowed to; NULL: it was not. */
static const char *const *permissions_of(const struct call *call, size_t *ret_count)
{
	const uint64_t mask = call->actor.permission_mask;
	const char **names;
	size_t n = 0;

	*ret_count = 0;
	if (mask == PERMISSION_ALL)
		return NULL;
	names = arena_alloc(call->request->arena, PERMISSION_COUNT * sizeof(*names));
	for (int p = PERMISSION_NEVER + 1; p < PERMISSION_COUNT; p++)
		if (mask & PERMISSION_BIT(p))
			names[n++] = permission_name((enum permission)p);
	*ret_count = n;
	return names;
}

static struct stored_call stored_of(const struct call *call)
{
	const struct http_request *q = call->request;

	return (struct stored_call){.method = http_method_name(q->method),
	    .path = q->path,
	    .query = q->query,
	    .if_match = http_header(q, "If-Match"),
	    .if_none_match = http_header(q, "If-None-Match"),
	    .content_type = http_header(q, "Content-Type"),
	    .body = q->body};
}

/* The shortest that a policy says; one that asks for nothing ends at once. */
static int64_t lifetime(const struct requirement *list, size_t n)
{
	int64_t least = n ? list[0].expires : 1;

	for (size_t i = 1; i < n; i++)
		least = list[i].expires < least ? list[i].expires : least;
	return least;
}

static const struct request_row *pending_of(
    const struct call *call, const struct act_plan *plan, const struct requirement *list, size_t n)
{
	struct arena *arena = call->request->arena;
	struct request_row *row = arena_alloc(arena, sizeof(*row));
	const int64_t now = call_now(call);

	row->created_at = now;
	row->expires_at = now + lifetime(list, n);
	row->requester = call->actor.name;
	row->person = call->actor.person;
	row->permissions = permissions_of(call, &row->permission_count);
	row->token_id = call->actor.root_token_id;
	row->acts = approval_acts(plan->acts, plan->act_count, arena);
	row->call = stored_of(call);
	row->plan = plan->digest;
	row->difference = plan->difference ? plan->difference : "[]";
	row->policy_version = call->policy->version;
	approval_requirements(list, n, arena, row);
	return row;
}

static struct status refuse_needed(const struct requirement *r, struct err *err)
{
	return REFUSE(err, APPROVAL_NEEDED,
	    "%s needs %" PRId64 " approvals of role '%s' by approval policy '%s'",
	    act_kind_name(r->act.kind), r->approvals, r->role, r->policy);
}

struct status call_require(struct call *call, const struct act_plan *plan, struct err *err)
{
	const struct access *access = call_access(call);
	struct requirement *computed = NULL;
	const struct requirement *list = plan->requirements;
	size_t n = plan->requirement_count;

	if (!plan->judged) {
		n = access_requirements(
		    access, access, plan->acts, plan->act_count, call->request->arena, &computed);
		list = computed;
	}
	if (call->approval)
		return approval_suffices(
		    access, call->approval, &plan->digest, list, n, call_now(call), err);
	call->pending = pending_of(call, plan, list, n);
	return n == 0 ? STATUS_OK : refuse_needed(&list[0], err);
}

void call_require_nothing(struct call *call)
{
	static const struct request_row nothing;

	call->pending = &nothing;
}

/* ---- changes of policy ---- */

static const struct policy_approval *approvals_of(
    const struct call *call, struct policy_approval *ret_approval)
{
	const struct approval *a = call->approval;

	if (!a)
		return NULL;
	*ret_approval = (struct policy_approval){.request_id = a->request->id,
	    .requester_person = a->request->person,
	    .approvers = a->approvers,
	    .approver_count = a->approver_count};
	return ret_approval;
}

static bool retires(const struct policy_change *change)
{
	for (size_t i = 0; i < change->difference_count; i++)
		if (strcmp(change->differences[i].path, "/state") == 0 &&
		    change->differences[i].new &&strcmp(
			change->differences[i].new, "\"retired\"") == 0)
			return true;
	return false;
}

/* Its certificate could not be renewed: nobody would reach the API to mend that. */
static struct status check_own_authority(
    const struct call *call, const struct policy_outcome *outcome, struct err *err)
{
	for (size_t i = 0; i < outcome->change_count; i++) {
		const struct policy_change *c = &outcome->changes[i];

		if (call->api->tls_authority && strcmp(c->kind, "authority") == 0 &&
		    strcmp(c->name, call->api->tls_authority) == 0 && retires(c))
			return REFUSE(err, AUTHORITY_IN_USE,
			    "this server's own certificate comes from authority '%s': "
			    "configure another tls.authority first",
			    c->name);
	}
	return STATUS_OK;
}

struct status call_apply(struct call *call, struct policy_edit *edit,
    struct policy_outcome *ret_outcome, struct err *err)
{
	struct policy_approval approval;
	struct act_plan plan;
	struct status done;

	edit->actor = &call->actor;
	edit->approval = approvals_of(call, &approval);
	done =
	    policy_apply(call->db, edit, &call->api->clock, call->request->arena, ret_outcome, err);
	if (!done.ok && strcmp(err_code(err), reasons[REASON_APPROVAL_NEEDED].code) != 0)
		return done;
	err_clear(err);
	TRY(check_own_authority(call, ret_outcome, err));
	if (edit->dry_run || ret_outcome->act_count == 0)
		call_require_nothing(call);
	if (edit->dry_run)
		return done;
	plan = (struct act_plan){.acts = ret_outcome->acts,
	    .act_count = ret_outcome->act_count,
	    .digest = ret_outcome->plan,
	    .difference = request_difference(ret_outcome, call->request->arena),
	    .judged = true,
	    .requirements = ret_outcome->requirements,
	    .requirement_count = ret_outcome->requirement_count};
	/* Nothing changed: there is nothing to agree to. */
	if (plan.act_count == 0 && !call->approval)
		return done;
	TRY(call_require(call, &plan, err));
	return done.ok ? done : err_set(err, ERR_INTERNAL, "policy wants approvals of nobody");
}

struct status call_apply_agreed(struct call *call, struct policy_edit *edit,
    struct policy_outcome *ret_outcome, struct err *err)
{
	struct policy_approval approval;

	edit->actor = &call->actor;
	edit->approval = approvals_of(call, &approval);
	return policy_apply(
	    call->db, edit, &call->api->clock, call->request->arena, ret_outcome, err);
}

/* ---- stored ---- */

static struct status store(struct call *call, int64_t *ret_id, struct err *err)
{
	const struct approval_context c = {call->db, call_now(call), &call->api->rng};
	const struct request_row *row = call->pending;

	TRY(approval_request(&c, row, row->expires_at - row->created_at, ret_id, err));
	return one_request_stored(call, *ret_id, err);
}

struct status require_keep(struct call *call, struct http_response *response, struct err *err)
{
	struct arena *arena = call->request->arena;
	AUTO(buf) text = {0};
	struct json j = {.out = &text};
	struct request_row row;
	int64_t id;

	TRY(store(call, &id, err));
	if (call->on_stored)
		TRY(call->on_stored(call, id, err));
	TRY(request_get(call->db, id, arena, &row, err));
	json_object_begin(&j, NULL);
	request_json(&j, "request", call, &row, true);
	json_object_end(&j);
	buf_put_str(&text, "\n");
	http_respond(response, 202, "application/json", arena_copy(arena, buf_span(&text)));
	http_add_header(response, "Location", arena_printf(arena, REQUESTS "/%" PRId64, id));
	return STATUS_OK;
}

struct status require_settle(struct call *call, struct err *err)
{
	const struct approval_context c = {call->db, call_now(call), &call->api->rng};
	enum one_request_end end;
	AUTO(arena) arena = {0};
	struct request_row row;
	int64_t id;

	TRY(one_request_settle(call, &end, err));
	if (end != ONE_REQUEST_SPENT)
		return STATUS_OK;
	if (!call->pending)
		return REFUSE(err, REQUEST_ONE, "a token for one request is not good for this");
	if (call->pending->acts.count == 0)
		return STATUS_OK;
	TRY(store(call, &id, err));
	TRY(request_lock(call->db, id, &arena, &row, err));
	return approval_spend(&c, &row, &call->actor, err);
}
