/* base/bucket.h: a token bucket without a lock: at most so many in a while. Thread-safe. */
#ifndef SIGNET_BASE_BUCKET_H
#define SIGNET_BASE_BUCKET_H

#include <stdatomic.h>

#include "base/base.h"

/* Starts as {0}: full. */
struct bucket {
	_Atomic int64_t full_again_ms; /* monotonic: the time says how full it is */
};

/* One comes in every each_ms, `burst` at most are held. False: none is left. */
bool bucket_take(struct bucket *b, int64_t each_ms, int64_t burst);

#endif
