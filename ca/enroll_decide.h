/* ca/enroll_decide.h: somebody approves or rejects an enrollment that waits. */
#ifndef SIGNET_CA_ENROLL_DECIDE_H
#define SIGNET_CA_ENROLL_DECIDE_H

#include "base/clock.h"

#include "sql/enrollment_view.h"

/*
 * Decide once, durably, with a log entry that names `who`. ERR_MISSING: no such enrollment.
 * ERR_CONFLICT: it does not wait (any more): never did, decided already, or expired.
 */
struct status enroll_decide(struct db *db, int64_t id, bool approve, const char *who,
    const struct clock *clock, const struct rng *rng, struct err *err);

/*
 * The bytes that the log entry of a decision commits to, made again from the row: `decision` is
 * "approved" or "rejected", as its kind says.
 */
void enroll_decision_record(const struct enrollment_view *e, const char *decision, struct buf *out);

#endif
