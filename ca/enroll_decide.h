/* ca/enroll_decide.h: somebody approves or rejects an enrollment that waits. */
#ifndef SIGNET_CA_ENROLL_DECIDE_H
#define SIGNET_CA_ENROLL_DECIDE_H

#include "access/act_kind.h"
#include "base/clock.h"
#include "base/encode.h"

#include "sql/enrollment_view.h"

/*
 * Decide once, with a log entry that names `who`: in the caller's transaction, or durably at once.
 * ERR_MISSING: no such enrollment. ERR_CONFLICT enrollment.decided: it does not wait (any more):
 * never did, decided already, or expired.
 */
struct status enroll_decide(struct db *db, int64_t id, bool approve, const char *who,
    const struct clock *clock, const struct rng *rng, struct err *err);

/*
 * The bytes that the log entry of a decision commits to, made again from the row: `decision` is
 * "approved", "rejected" or "expired", as its kind says.
 */
void enroll_decision_record(const struct enrollment_view *e, const char *decision, struct buf *out);
/* Of a log entry's kind; NULL: of none. */
const char *enroll_decision_of(const char *kind);
/* Can one that this was decided on be in the state? */
bool enroll_decision_fits(const char *decision, const char *state);

/*
 * Its time has passed, or it was redeemed and the device wants another: expired, with a log entry,
 * in the caller's transaction, or durably at once. Nothing where somebody came first.
 */
struct status enroll_expire(
    struct db *db, int64_t id, int64_t now, const struct rng *rng, struct err *err);
/* Up to `limit` that waited too long, in the caller's transaction. */
struct status enroll_expire_some(struct db *db, int64_t now, int64_t limit, const struct rng *rng,
    size_t *ret_count, struct err *err);

/*
 * enroll_decide() by whoever has the server's machine, in a transaction of its own: refused with
 * enrollment.approvals where an approval policy wants others to approve, but for breaking the glass
 * with a reason, which is recorded with an alarm. break_glass NULL: it stays whole.
 */
struct status enroll_decide_local(struct db *db, int64_t id, bool approve, const char *who,
    const char *break_glass, const struct clock *clock, const struct rng *rng, struct err *err);

/* Does it wait? ERR_CONFLICT enrollment.decided, as enroll_decide(). */
struct status enroll_check_open(const struct enrollment_view *e, int64_t now, struct err *err);

/* The act that an approval is, and what it is about: SHA-256 over what the one who approves sees.
 */
struct act enroll_act(const struct enrollment_view *e);
struct digest enroll_plan(const struct enrollment_view *e);

#endif
