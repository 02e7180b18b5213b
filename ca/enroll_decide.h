/* ca/enroll_decide.h: somebody approves or rejects an enrollment that waits. */
#ifndef SIGNET_CA_ENROLL_DECIDE_H
#define SIGNET_CA_ENROLL_DECIDE_H

#include "base/clock.h"

struct db;

/*
 * Decide once, durably, with a log entry that names `who`. ERR_MISSING: no such enrollment.
 * ERR_CONFLICT: it does not wait (any more): never did, decided already, or expired.
 */
struct status enroll_decide(struct db *db, int64_t id, bool approve, const char *who,
    const struct clock *clock, const struct rng *rng, struct err *err);

#endif
