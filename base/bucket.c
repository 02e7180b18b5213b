/* base/bucket.c: see bucket.h. */
#include "base/bucket.h"

#include "base/clock.h"

bool bucket_take(struct bucket *b, int64_t each_ms, int64_t burst)
{
	const int64_t now = monotonic_ms();
	int64_t full = atomic_load(&b->full_again_ms), from;

	do {
		from = full > now ? full : now;
		if (from - now > each_ms * (burst - 1))
			return false;
	} while (!atomic_compare_exchange_weak(&b->full_again_ms, &full, from + each_ms));
	return true;
}
