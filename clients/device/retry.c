/* clients/device/retry.c: see retry.h. */
#include "clients/device/retry.h"

#include <string.h>

#define RETRY_FOR_SECONDS 30
#define ATTEMPTS          5

struct retry retry_start(const struct signet_patience *patience, const struct signet_hooks *hooks)
{
	struct retry r = {.hooks = hooks, .previous_ms = BACKOFF_BASE_MS};

	if (patience)
		r.patience = *patience;
	if (r.patience.retry_for <= 0)
		r.patience.retry_for = RETRY_FOR_SECONDS;
	if (r.patience.attempts <= 0)
		r.patience.attempts = ATTEMPTS;
	return r;
}

/* Evenly in [low, high]. */
static int64_t between(const struct retry *r, int64_t low, int64_t high)
{
	uint64_t number = 0;
	uint8_t bytes[sizeof(number)];

	if (high <= low || !r->hooks->random(r->hooks->context, bytes, sizeof(bytes)))
		return low;
	memcpy(&number, bytes, sizeof(number));
	/* The remainder's bias is below 2^-40 for a range of a minute. */
	return low + (int64_t)(number % (uint64_t)(high - low + 1));
}

int64_t retry_trouble(struct retry *r, int64_t retry_after)
{
	int64_t most = r->previous_ms * 3, pause;

	r->asked++;
	if (most > BACKOFF_CAP_MS)
		most = BACKOFF_CAP_MS;
	pause = between(r, BACKOFF_BASE_MS, most);
	r->previous_ms = pause;
	if (pause < retry_after * 1000)
		pause = retry_after * 1000;
	if (r->asked >= r->patience.attempts || r->waited_ms + pause > r->patience.retry_for * 1000)
		return -1;
	r->waited_ms += pause;
	return pause;
}

int64_t retry_pending(struct retry *r, int64_t retry_after)
{
	int64_t pause = (retry_after > 0 ? retry_after : PENDING_SECONDS) * 1000;

	if (r->pending_ms + pause > r->patience.wait * 1000)
		return -1;
	pause = between(r, pause, pause + pause / 10);
	r->pending_ms += pause;
	return pause;
}
