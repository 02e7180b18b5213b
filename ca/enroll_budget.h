/*
 * ca/enroll_budget.h: how many attempts that changed nothing are kept, so that nobody fills a disk.
 *
 * Token buckets of the process. Strangers, whom no anchor vouches for, share one. A device of ours
 * has its own; units of a maker that are no devices of ours yet share their maker's, since
 * it can make as many as it likes. All of those together have one more.
 * What is not kept is answered, logged and counted all the same. Starts as {0}: full. Thread-safe.
 */
#ifndef SIGNET_CA_ENROLL_BUDGET_H
#define SIGNET_CA_ENROLL_BUDGET_H

#include <stdatomic.h>

#include "base/base.h"

struct enroll_bucket {
	_Atomic int64_t full_again_ms;
};

#define ENROLL_BUCKETS 4096 /* who falls into one together shares it */

struct enroll_budget {
	struct enroll_bucket strangers, known;
	struct enroll_bucket devices[ENROLL_BUCKETS];
	struct enroll_bucket makers[64];
};

#define ENROLL_STRANGERS_PER_S 20
#define ENROLL_STRANGERS_BURST 100
/* A week of a few per second is a million rows. */
#define ENROLL_MAKER_PER_S 5
#define ENROLL_MAKER_BURST 500
/* Enough for a day of trying things out; a device that tries for ever adds nothing new. */
#define ENROLL_DEVICE_PER_MINUTE 1
#define ENROLL_DEVICE_BURST      200
/* What the store purges in one go is ten minutes of it. */
#define ENROLL_KNOWN_PER_S 100
#define ENROLL_KNOWN_BURST 1000

/* May one more be kept? budget NULL: never. */
bool enroll_budget_stranger(struct enroll_budget *budget);
/* device: its id, 0 where there is none; alarms, a few an hour, are counted apart. */
bool enroll_budget_known(struct enroll_budget *budget, int64_t maker, int64_t device, bool alarm);

#endif
