/* ca/enroll_budget.c: see enroll_budget.h. */
#include "ca/enroll_budget.h"

#include "base/clock.h"

/* A token bucket without a lock: the time at which it will be full again says how full it is. */
static bool take(struct enroll_bucket *bucket, int64_t each_ms, int64_t burst)
{
	const int64_t now = monotonic_ms();
	int64_t full = atomic_load(&bucket->full_again_ms), from;

	do {
		from = full > now ? full : now;
		if (from - now > each_ms * (burst - 1))
			return false;
	} while (!atomic_compare_exchange_weak(&bucket->full_again_ms, &full, from + each_ms));
	return true;
}

bool enroll_budget_stranger(struct enroll_budget *budget)
{
	return budget &&
	       take(&budget->strangers, 1000 / ENROLL_STRANGERS_PER_S, ENROLL_STRANGERS_BURST);
}

bool enroll_budget_known(struct enroll_budget *budget, int64_t maker, int64_t device, bool alarm)
{
	/* Ids are dense: neighbours get neighbouring buckets, alarms the next one but many. */
	const uint64_t slot = (uint64_t)device + (alarm ? ENROLL_BUCKETS / 2 : 0);
	bool own;

	if (!budget)
		return false;
	if (device)
		own = take(&budget->devices[slot % ENROLL_BUCKETS],
		    60000 / ENROLL_DEVICE_PER_MINUTE, ENROLL_DEVICE_BURST);
	else
		own = take(&budget->makers[((uint64_t)maker * 2 + alarm) % COUNT(budget->makers)],
		    1000 / ENROLL_MAKER_PER_S, ENROLL_MAKER_BURST);
	return own && take(&budget->known, 1000 / ENROLL_KNOWN_PER_S, ENROLL_KNOWN_BURST);
}
