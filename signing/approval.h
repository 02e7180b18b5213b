/*
 * signing/approval.h: sensitive acts wait for the approvals that policy asks for (m of n).
 *
 * A request is a stored call. Its digest covers the call and the plan: what the call would change,
 * from what to what. An approver is shown the digest and must name it. The call is redeemed once,
 * by the one who asked or one who approved, in the transaction of its act: by then every rule is
 * looked at again (access/requirement.h), as it stands then and as it stood when it was asked.
 *
 *	open -> rejected | withdrawn | expired | redeemed
 *
 * Who approves is a person, never the requester nor the person behind the requester, and holds the
 * role in the act's scope, both when approving and when it is redeemed. Rows stay as evidence, and
 * every step is in the log: request.created, .approved, .rejected, .withdrawn, .expired, .redeemed.
 *
 * Functions that write run in the caller's transaction and lock the request's row. Refusals are
 * rows of access/reason_approval.h.
 */
#ifndef SIGNET_SIGNING_APPROVAL_H
#define SIGNET_SIGNING_APPROVAL_H

#include "access/requirement.h"
#include "base/clock.h"
#include "sql/request.h"

/* Open requests of one principal: more than people would ever look through, and no disk is filled.
 */
#define APPROVAL_OPEN_MAX    100
#define APPROVAL_COMMENT_MAX 500 /* bytes */

/*
 * A requester that is no principal: "device:PRODUCT/SERIAL", whose enrollment waits. Names of
 * principals hold no colon. Such a request is redeemed by one of its approvers, with their rights.
 */
#define REQUESTER_DEVICE "device:"

struct approval_context {
	struct db *db;
	int64_t now;
	const struct rng *rng;
};

/* The request that a call redeems. For handlers: struct call has it while a stored call runs. */
struct approval {
	const struct request_row *request;
	const char *const *approvers; /* who approved */
	size_t approver_count;
	bool applied; /* out: its act has been judged by approval_suffices() */
};

/*
 * The digest that approvers name: SHA-256 over the deterministic CBOR array [1, method, path,
 * query, If-Match, content type, body (bytes), plan (bytes)], null for what is absent.
 */
void approval_digest(
    const struct stored_call *call, const struct digest *plan, struct digest *ret_digest);
/* Acts and requirements as columns, copied into the arena. */
struct request_acts approval_acts(const struct act *acts, size_t n, struct arena *arena);
void approval_requirements(
    const struct requirement *list, size_t n, struct arena *arena, struct request_row *ret_row);

/* ---- steps ---- */

/*
 * Store a request. Of `asked`, id, times, digest and state are not looked at: it expires as
 * its requirements say. ret_id is that of the same call by the same requester where one is open.
 * ERR_LIMIT: too many are open.
 */
struct status approval_request(const struct approval_context *c, const struct request_row *asked,
    int64_t lifetime, int64_t *ret_id, struct err *err);

struct approval_vote {
	const struct actor *who;
	bool approve;
	const struct digest *digest; /* that the approver was shown; NULL: a rejection names none */
	const char *comment;         /* NULL: none */
};
/* Approve, or reject and so end it. ERR_MISSING, ERR_CONFLICT, ERR_DENIED, ERR_INPUT. */
struct status approval_decide(const struct approval_context *c, const struct access *access,
    int64_t id, const struct approval_vote *vote, struct err *err);
/* By the requester alone. */
struct status approval_withdraw(
    const struct approval_context *c, int64_t id, const struct actor *who, struct err *err);

/* Withdraw what a requester that is no principal has open for this call; nothing may be open. */
struct status approval_cancel(const struct approval_context *c, const char *requester,
    const struct stored_call *call, const struct digest *plan, const char *by, struct err *err);

/*
 * Begin to redeem: lock the row; refuse what is not open or overdue, and who is neither requester
 * nor approver. Approvals are judged by approval_suffices(), which the act itself asks.
 */
struct status approval_take(const struct approval_context *c, int64_t id, const struct actor *who,
    struct arena *arena, struct request_row *ret_row, struct err *err);
/* End it, in the same transaction: it is spent. */
struct status approval_spend(const struct approval_context *c, const struct request_row *row,
    const struct actor *who, struct err *err);

/* What waited too long becomes expired, some of it; ret_count < limit: all that there was. */
struct status approval_expire(
    const struct approval_context *c, int64_t limit, size_t *ret_count, struct err *err);

/* ---- rules ---- */

/* How many of its approvals count for a requirement, by the rights of now. */
int64_t approval_have(const struct access *access, const struct request_row *row,
    const struct request_requirement *requirement, int64_t now);
/* The role by which it counts for one of the stored requirements, by the rights of now; NULL: none.
 */
const char *approval_role(const struct access *access, const struct request_row *row,
    const struct request_verdict *verdict, int64_t now);
/* Are all of the stored requirements met, by the rights of now? */
bool approval_ready(const struct access *access, const struct request_row *row, int64_t now);
/*
 * May the act be done now? `plan` is what it would do now, `more` what policy demands now, on top
 * of what is stored. ERR_CONFLICT: another plan than what was approved. ERR_PENDING: approvals
 * lack.
 */
struct status approval_suffices(const struct access *access, struct approval *approval,
    const struct digest *plan, const struct requirement *more, size_t n, int64_t now,
    struct err *err);

/* ---- the log ---- */

/*
 * The bytes that the log entry of a step commits to, from the rows. `kind` is the entry's, `id`
 * that of the request, or of the approval for request.approved and request.rejected (record kind
 * "approval"). ERR_MISSING: no such row.
 */
struct status approval_record(
    struct db *db, const char *kind, int64_t id, struct buf *out, struct err *err);

#endif
