/*
 * api/require.h: acts that may need approvals, as handlers say them.
 *
 * A handler of a ROUTE_ACT row calls call_require() once, or call_apply() for a change of policy,
 * with all that it is about to do. Where policy asks for approvals that are not there, the call
 * fails with approval.needed and leaves call->pending: api/transaction.c undoes the handler's work
 * and stores the call as a request (signing/approval.h), answered with 202. When it is redeemed,
 * the handler runs again, with call->approval, and the same question is answered by the approvals.
 */
#ifndef SIGNET_API_REQUIRE_H
#define SIGNET_API_REQUIRE_H

#include "access/requirement.h"
#include "api/route.h"

struct policy_edit;    /* ca/policy_apply.h */
struct policy_outcome; /* ca/policy_apply.h */

struct act_plan {
	const struct act *acts;
	size_t act_count;
	/* SHA-256 over what it changes, from what to what: must be the same when it is redeemed. */
	struct digest digest;
	const char *difference; /* what approvers read: a JSON array; NULL: nothing to tell */
	/* Judged already (policy_apply): what is required. Else the snapshot says. */
	bool judged;
	const struct requirement *requirements;
	size_t requirement_count;
};

/* OK: go on. ERR_PENDING approval.needed; while redeeming: as approval_suffices(). */
struct status call_require(struct call *call, const struct act_plan *plan, struct err *err);
/* There is nothing to do, and so nothing to agree to: no token is spent on it. */
void call_require_nothing(struct call *call);
/*
 * policy_apply() by the caller, with its approvals where there are some, and call_require() with
 * what comes of it. edit->actor and edit->approval are set here. A dry run requires nothing.
 */
struct status call_apply(struct call *call, struct policy_edit *edit,
    struct policy_outcome *ret_outcome, struct err *err);

/*
 * policy_apply() of what call_require() has let pass by a plan of the caller's own, where what is
 * stored cannot be shown beforehand, byte for byte: a certificate that is yet to be issued.
 */
struct status call_apply_agreed(struct call *call, struct policy_edit *edit,
    struct policy_outcome *ret_outcome, struct err *err);

/* ---- for api/transaction.c and api/perform.c ---- */

/* A handler: store call->pending, answer 202 with it. */
struct status require_keep(struct call *call, struct http_response *response, struct err *err);
/*
 * After a handler that went well, in its transaction: a token for one request has had it, and the
 * request stays as evidence although nobody needed to approve it. ERR_DENIED request.one.
 */
struct status require_settle(struct call *call, struct err *err);

#endif
