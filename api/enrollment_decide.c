/* api/enrollment_decide.c: see enrollment_decide.h. */
#include "api/enrollment_decide.h"

#include <inttypes.h>
#include <string.h>

#include "api/api.h"
#include "api/perform.h"
#include "api/request_view.h"
#include "api/require.h"
#include "ca/enroll_decide.h"
#include "ca/reason.h"
#include "signing/approval.h"
#include "sql/enrollment_view.h"

static struct approval_context context_of(const struct call *call)
{
	return (struct approval_context){call->db, call_now(call), &call->api->rng};
}

/* Of a product out of the caller's reach there is none. */
static struct status find(struct call *call, struct enrollment_view *ret_view, struct err *err)
{
	int64_t id;
	struct status found;

	TRY(call_id(call, &id, err));
	found = enrollment_get(call->db, id, call->request->arena, ret_view, err);
	if (!found.ok && err->kind != ERR_MISSING)
		return found;
	if (found.ok && call_sees(call, ret_view->product))
		return STATUS_OK;
	err_clear(err);
	return REFUSE(err, OBJECT_UNKNOWN, "there is no enrollment %" PRId64 " here", id);
}

static struct status answer(struct call *call, const struct enrollment_view *e, const char *state,
    const char *by, struct http_response *response)
{
	AUTO(buf) text = {0};
	struct json j = {.out = &text};
	char at[TIME_TEXT_SIZE];

	time_text(call_now(call), at);
	json_object_begin(&j, NULL);
	json_int(&j, "id", e->id);
	json_str(&j, "state", state);
	json_str(&j, "product", e->product);
	json_str(&j, "serial", e->serial);
	json_str(&j, "decided_by", by);
	json_str(&j, "decided_at", at);
	json_object_end(&j);
	call_answer(call, response, &text);
	return STATUS_OK;
}

static struct status approve_by(struct call *call, const struct enrollment_view *e, const char *by,
    struct http_response *response, struct err *err)
{
	TRY(enroll_decide(call->db, e->id, true, by, &call->api->clock, &call->api->rng, err));
	return answer(call, e, "approved", by, response);
}

/* "bob, carol" */
static const char *names_of(const struct request_row *row, struct arena *arena)
{
	const char *names = NULL;

	for (size_t i = 0; i < row->verdict_count; i++)
		if (row->verdicts[i].approved)
			names =
			    names ? arena_printf(arena, "%s, %s", names, row->verdicts[i].principal)
				  : row->verdicts[i].principal;
	return names ? names : "nobody";
}

/* ---- with others ---- */

static const char *requester_of(const struct enrollment_view *e, struct arena *arena)
{
	return arena_printf(arena, REQUESTER_DEVICE "%s/%s", e->product ? e->product : "",
	    e->serial ? e->serial : "");
}

/* The same whoever calls: all that they approve is one request. */
static struct stored_call stored_of(const struct enrollment_view *e, struct arena *arena)
{
	return (struct stored_call){.method = "POST",
	    .path = arena_printf(arena, "/api/v1/enrollments/%" PRId64 "/approve", e->id)};
}

static bool has_decided(const struct request_row *row, const char *name)
{
	for (size_t i = 0; i < row->verdict_count; i++)
		if (strcmp(row->verdicts[i].principal, name) == 0)
			return true;
	return false;
}

/* The device's request, with the caller's approval in it. */
static struct status add_approval(struct call *call, const struct enrollment_view *e,
    struct request_row *ret_row, struct err *err)
{
	const struct approval_context c = context_of(call);
	struct arena *arena = call->request->arena;
	struct request_row asked = *call->pending;
	struct approval_vote vote = {.who = &call->actor, .approve = true};
	int64_t id;

	asked.requester = requester_of(e, arena);
	asked.person = NULL;
	asked.permissions = NULL;
	asked.token_id = 0;
	asked.call = stored_of(e, arena);
	TRY(approval_request(&c, &asked, asked.expires_at - asked.created_at, &id, err));
	TRY(request_lock(call->db, id, arena, ret_row, err));
	if (has_decided(ret_row, call->actor.name))
		return STATUS_OK;
	vote.digest = &ret_row->digest;
	TRY(approval_decide(&c, call_access(call), id, &vote, err));
	return request_lock(call->db, id, arena, ret_row, err);
}

static void answer_request(
    struct call *call, const struct request_row *row, struct http_response *response)
{
	struct arena *arena = call->request->arena;
	AUTO(buf) text = {0};
	struct json j = {.out = &text};

	json_object_begin(&j, NULL);
	request_json(&j, "request", call, row, true);
	json_object_end(&j);
	call_answer(call, response, &text);
	response->status = 202;
	http_add_header(
	    response, "Location", arena_printf(arena, "/api/v1/requests/%" PRId64, row->id));
}

static struct status approve_with_others(struct call *call, const struct enrollment_view *e,
    const struct act_plan *plan, struct http_response *response, struct err *err)
{
	const struct approval_context c = context_of(call);
	struct request_row row;
	struct approval approval = {.request = &row};

	TRY(add_approval(call, e, &row, err));
	if (!approval_ready(call_access(call), &row, c.now)) {
		answer_request(call, &row, response);
		return STATUS_OK;
	}
	call->approval = &approval;
	TRY(call_require(call, plan, err));
	TRY(approval_spend(&c, &row, &call->actor, err));
	return approve_by(call, e, names_of(&row, call->request->arena), response, err);
}

/* ---- */

struct status enrollment_approve(struct call *call, struct http_response *response, struct err *err)
{
	struct enrollment_view e;
	struct act act;
	struct act_plan plan = {.acts = &act, .act_count = 1};
	struct status done;

	TRY(find(call, &e, err));
	TRY(enroll_check_open(&e, call_now(call), err));
	act = enroll_act(&e);
	plan.digest = enroll_plan(&e);
	plan.difference = arena_printf(call->request->arena,
	    "[{\"path\":\"/enrollments/%" PRId64 "/state\",\"old\":\"open\",\"new\":\"approved\"}]",
	    e.id);
	done = call_require(call, &plan, err);
	if (done.ok && call->approval)
		return approve_by(call, &e, names_of(call->approval->request, call->request->arena),
		    response, err);
	if (done.ok)
		return approve_by(call, &e, call->actor.name, response, err);
	if (call->approval || strcmp(err_code(err), reasons[REASON_APPROVAL_NEEDED].code) != 0)
		return done;
	err_clear(err);
	return approve_with_others(call, &e, &plan, response, err);
}

struct status enrollment_reject(struct call *call, struct http_response *response, struct err *err)
{
	const struct approval_context c = context_of(call);
	struct arena *arena = call->request->arena;
	struct enrollment_view e;
	struct stored_call stored;
	struct digest plan;

	TRY(find(call, &e, err));
	TRY(enroll_decide(
	    call->db, e.id, false, call->actor.name, &call->api->clock, &call->api->rng, err));
	stored = stored_of(&e, arena);
	plan = enroll_plan(&e);
	TRY(approval_cancel(&c, requester_of(&e, arena), &stored, &plan, call->actor.name, err));
	return answer(call, &e, "rejected", call->actor.name, response);
}
