/* clients/device/retry.c */
#include "clients/device/retry.h"

#include <string.h>

#include <criterion/criterion.h>

static bool highest(void *context, uint8_t *bytes, size_t n)
{
	(void)context;
	memset(bytes, 0xff, n);
	return true;
}

static bool counting(void *context, uint8_t *bytes, size_t n)
{
	uint64_t *next = context;

	*next = *next * 6364136223846793005u + 1442695040888963407u;
	memcpy(bytes, next, n);
	return true;
}

static bool broken(void *context, uint8_t *bytes, size_t n)
{
	(void)context, (void)bytes, (void)n;
	return false;
}

Test(device_retry, pauses_stay_between_base_and_cap)
{
	uint64_t seed = 1;
	struct signet_hooks hooks = {.random = counting, .context = &seed};
	struct signet_patience patience = {.retry_for = 1000000, .attempts = 1000};
	struct retry r = retry_start(&patience, &hooks);
	int64_t previous = BACKOFF_BASE_MS;
	bool varied = false;

	for (int i = 0; i < 500; i++) {
		int64_t pause = retry_trouble(&r, 0);

		cr_assert_geq(pause, BACKOFF_BASE_MS);
		cr_assert_leq(pause, BACKOFF_CAP_MS);
		cr_assert_leq(pause, previous * 3);
		varied = varied || pause != previous;
		previous = pause;
	}
	cr_assert(varied);
}

Test(device_retry, server_is_never_asked_before_it_said)
{
	struct signet_hooks hooks = {.random = broken};
	struct signet_patience patience = {.retry_for = 100};
	struct retry r = retry_start(&patience, &hooks);

	cr_assert_eq(retry_trouble(&r, 40), 40000);
	cr_assert_eq(retry_trouble(&r, 0), BACKOFF_BASE_MS);
	cr_assert_eq(retry_trouble(&r, 60), -1, "101 of 100 seconds");
}

Test(device_retry, attempts_are_counted)
{
	struct signet_hooks hooks = {.random = broken};
	struct signet_patience patience = {.retry_for = 100, .attempts = 3};
	struct retry r = retry_start(&patience, &hooks);

	cr_assert_neq(retry_trouble(&r, 0), -1);
	cr_assert_neq(retry_trouble(&r, 0), -1);
	cr_assert_eq(retry_trouble(&r, 0), -1);
}

Test(device_retry, approval_is_polled_with_a_little_jitter_and_only_while_we_wait)
{
	struct signet_hooks hooks = {.random = highest};
	struct signet_patience patience = {.wait = 70};
	struct retry r = retry_start(&patience, &hooks);
	int64_t pause = retry_pending(&r, 30);

	cr_assert(pause >= 30000 && pause <= 33000);
	cr_assert_neq(retry_pending(&r, 30), -1);
	cr_assert_eq(retry_pending(&r, 30), -1);
}

Test(device_retry, approval_without_retry_after_is_polled_each_minute)
{
	struct signet_hooks hooks = {.random = broken};
	struct signet_patience patience = {.wait = 3600};
	struct retry r = retry_start(&patience, &hooks);

	cr_assert_eq(retry_pending(&r, 0), PENDING_SECONDS * 1000);
}

Test(device_retry, no_wait_means_no_wait)
{
	struct signet_hooks hooks = {.random = broken};
	struct retry r = retry_start(NULL, &hooks);

	cr_assert_eq(retry_pending(&r, 1), -1);
}
