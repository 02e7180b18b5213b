/* api/one_request.c: see one_request.h. */
#include "api/one_request.h"

#include <inttypes.h>
#include <string.h>

#include "api/perform.h"
#include "api/problem.h"
#include "ca/reason.h"
#include "sql/request.h"
#include "sql/token.h"

enum use {
	USE_NEVER,
	USE_ALWAYS,
	USE_ACT,     /* as its one act */
	USE_CREATES, /* makes its release */
	USE_RELEASE, /* of its release; as long as it has none, an act as any other */
	USE_REQUEST, /* of its request, or of one about its release */
};

static const struct row {
	const char *operation;
	enum use use;
} rows[] = {
    {"whoami", USE_ALWAYS},
    {"createRelease", USE_CREATES},
    {"getRelease", USE_RELEASE},
    {"getReleaseManifest", USE_RELEASE},
    {"getReleaseSuit", USE_RELEASE},
    {"getReleaseJws", USE_RELEASE},
    {"getReleaseCms", USE_RELEASE},
    {"getReleaseBundle", USE_RELEASE},
    {"signRelease", USE_RELEASE},
    {"publishRelease", USE_RELEASE},
    {"getRequest", USE_REQUEST},
    {"approveRequest", USE_REQUEST},
    {"rejectRequest", USE_REQUEST},
    {"withdrawRequest", USE_REQUEST},
    {"redeemRequest", USE_REQUEST},
};

static bool is_act(const struct route *r)
{
	return r->flags & ROUTE_ACT && !(r->flags & ROUTE_SECRET) &&
	       r->permission != PERMISSION_TOKEN_CREATE;
}

/* What stands in no row is good as its one act, or not at all. */
static enum use use_of(const struct route *route)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		if (strcmp(rows[i].operation, route->operation) == 0)
			return rows[i].use;
	return is_act(route) ? USE_ACT : USE_NEVER;
}

static struct status refuse(const struct actor *who, struct err *err)
{
	if (who->release_id)
		return REFUSE(
		    err, REQUEST_ONE, "this token's release is %" PRId64, who->release_id);
	if (who->request_id)
		return REFUSE(
		    err, REQUEST_ONE, "this token's request is %" PRId64, who->request_id);
	return REFUSE(err, REQUEST_ONE, "a token for one request is not good for this");
}

/* ---- its request ---- */

/* A retry of a run comes with another token, and finds the request that the first has made. */
static bool is_about(const struct call *call, const struct request_row *row)
{
	const char *path = arena_printf(
	    call->request->arena, API_PREFIX "/releases/%" PRId64 "/", call->actor.release_id);

	return strcmp(row->requester, call->actor.name) == 0 &&
	       strncmp(row->call.path, path, strlen(path)) == 0;
}

static struct status check_request(const struct call *call, struct err *err)
{
	const struct actor *who = &call->actor;
	struct request_row row;
	struct err why = {0};
	int64_t id;

	TRY(call_id(call, &id, err));
	if (who->request_id == id)
		return STATUS_OK;
	if (!who->release_id)
		return refuse(who, err);
	if (request_get(call->db, id, call->request->arena, &row, &why).ok)
		return is_about(call, &row) ? STATUS_OK : refuse(who, err);
	if (why.kind == ERR_MISSING)
		return refuse(who, err);
	*err = why;
	return STATUS_FAILED;
}

/* ---- its release ---- */

static struct status check_release(const struct call *call, struct err *err)
{
	int64_t id;

	if (!call->actor.release_id && is_act(call->route))
		return STATUS_OK;
	TRY(call_id(call, &id, err));
	return id == call->actor.release_id ? STATUS_OK : refuse(&call->actor, err);
}

static struct status bound(
    const struct call *call, struct status done, const struct err *why, struct err *err)
{
	if (done.ok)
		return done;
	if (why->kind == ERR_CONFLICT && !why->reason)
		return refuse(&call->actor, err);
	*err = *why;
	return STATUS_FAILED;
}

/* ---- all of it ---- */

struct status one_request_gate(const struct call *call, struct err *err)
{
	const struct actor *who = &call->actor;

	if (!who->one_request)
		return STATUS_OK;
	switch (use_of(call->route)) {
	case USE_ALWAYS: return STATUS_OK;
	case USE_ACT: return who->release_id ? refuse(who, err) : STATUS_OK;
	case USE_CREATES: return who->request_id ? refuse(who, err) : STATUS_OK;
	case USE_RELEASE: return check_release(call, err);
	case USE_REQUEST: return check_request(call, err);
	case USE_NEVER: break;
	}
	return refuse(who, err);
}

struct status one_request_stored(const struct call *call, int64_t request_id, struct err *err)
{
	const struct actor *who = &call->actor;
	struct err why = {0};

	if (!who->one_request || who->release_id)
		return STATUS_OK;
	return bound(
	    call, token_bind_request(call->db, who->token_id, request_id, &why), &why, err);
}

struct status one_request_settle(
    const struct call *call, enum one_request_end *ret_end, struct err *err)
{
	const struct actor *who = &call->actor;
	const enum use use = use_of(call->route);
	struct err why = {0};

	*ret_end = ONE_REQUEST_GOES_ON;
	if (!who->one_request || use == USE_REQUEST || (use == USE_RELEASE && who->release_id))
		return STATUS_OK;
	*ret_end = use == USE_CREATES ? ONE_REQUEST_BOUND : ONE_REQUEST_SPENT;
	if (use != USE_CREATES)
		return STATUS_OK;
	return bound(
	    call, token_bind_release(call->db, who->token_id, call->made_id, &why), &why, err);
}
