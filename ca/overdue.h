/*
 * ca/overdue.h: alarms about devices that did not renew in time.
 *
 * Each label's certificates are looked at once, in the order in which they end, when they are as
 * near to their end as the label's `overdue` says. Which were not renewed by then raise an alarm
 * each, of kind `overdue`, with a log entry like every alarm; beyond a number of them in one go one
 * alarm tells of all the rest. Devices out of service and certificates that are revoked or held
 * raise none.
 */
#ifndef SIGNET_CA_OVERDUE_H
#define SIGNET_CA_OVERDUE_H

#include "base/clock.h"
#include "ca/policy.h"

/* More than somebody reads of one label in one go: then what matters is how many. */
#define OVERDUE_ALARMS_MAX 20
/* Certificates of one label in one go: a second's work. */
#define OVERDUE_LOOKED_MAX 20000

struct overdue_found {
	int64_t certificates; /* that are overdue */
	int64_t alarms;       /* that were raised about them */
	bool more;            /* not all were looked at: go on */
};

/*
 * All labels, in the caller's transaction, whose election (sql/election.h) was won: what is found
 * counts once it is committed.
 */
struct status overdue_find(struct db *db, const struct policy *policy, int64_t now,
    const struct rng *rng, struct overdue_found *ret_found, struct err *err);

#endif
