/* clients/device/retry.h: how long to wait before asking again. */
#ifndef SIGNET_DEVICE_RETRY_H
#define SIGNET_DEVICE_RETRY_H

#include "clients/device/signet-device.h"

#define BACKOFF_BASE_MS 1000
#define BACKOFF_CAP_MS  60000
#define PENDING_SECONDS 60 /* where a 202 lacks its Retry-After, which RFC 7030 4.2.3 demands */

/*
 * One run's patience. `hooks` gives randomness, so that a fleet that lost its server does not come
 * back as one; a generator that fails only costs the jitter.
 */
struct retry {
	struct signet_patience patience; /* standards filled in */
	const struct signet_hooks *hooks;
	int64_t previous_ms;
	int64_t waited_ms;  /* for trouble */
	int64_t pending_ms; /* for an approval */
	int asked;
};

struct retry retry_start(const struct signet_patience *patience, const struct signet_hooks *hooks);

/*
 * After trouble: the pause in milliseconds, or -1 when patience is at its end. Decorrelated jitter,
 * from BACKOFF_BASE_MS up to three times the last pause, at most BACKOFF_CAP_MS; never below what
 * the server asked for (`retry_after`, seconds, 0: it did not).
 */
int64_t retry_trouble(struct retry *r, int64_t retry_after);
/* After a 202: the server's pause and up to a tenth more; -1: longer than may be waited. */
int64_t retry_pending(struct retry *r, int64_t retry_after);

#endif
