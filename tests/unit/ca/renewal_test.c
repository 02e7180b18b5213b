/* When certificates are renewed: ca/renewal.c. */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "base/der.h"
#include "ca/renewal.h"

#define DAY  INT64_C(86400)
#define HOUR INT64_C(3600)
#define END  INT64_C(1800000000)

static const struct label plain = {.renew_before = 30 * DAY, .renew_spread = 100};

static struct span serial_of(uint32_t i, uint8_t bytes[static 16])
{
	/* Numbers that count up: the worst that anybody could choose. */
	memset(bytes, 0x40, 12);
	for (int b = 0; b < 4; b++)
		bytes[12 + b] = (uint8_t)(i >> (24 - 8 * b));
	return span(bytes, 16);
}

Test(ca_renewal, the_window_is_in_order_and_a_quarter_is_left_to_the_late)
{
	struct renewal_window w = renewal_window(&plain, END - 365 * DAY, END);

	cr_expect_eq(w.opens, END - 30 * DAY);
	cr_expect_eq(w.overdue, END - 30 * DAY / 4);
	cr_expect_eq(w.grace, END);
}

Test(ca_renewal, the_label_says_when_somebody_is_late_and_how_long_it_is_forgiven)
{
	const struct label l = {
	    .renew_before = 30 * DAY, .overdue = 2 * DAY, .renew_grace = 7 * DAY};
	struct renewal_window w = renewal_window(&l, END - 365 * DAY, END);

	cr_expect_eq(w.overdue, END - 2 * DAY);
	cr_expect_eq(w.grace, END + 7 * DAY);
}

/* An authority's end cuts certificates short: none is due before it begins. */
Test(ca_renewal, a_certificate_shorter_than_its_window_is_due_from_the_start)
{
	struct renewal_window w = renewal_window(&plain, END - DAY, END);

	cr_expect_eq(w.opens, END - DAY);
	cr_expect_eq(w.overdue, END - DAY);
	cr_expect_eq(renewal_hint(&plain, SPAN_LITERAL("\x41"), END - DAY, END), END - DAY);
}

Test(ca_renewal, what_never_ends_is_never_due)
{
	struct renewal_window w = renewal_window(&plain, 0, TIME_NO_EXPIRY);

	cr_expect_eq(w.opens, TIME_NO_EXPIRY);
	cr_expect_eq(w.grace, TIME_NO_EXPIRY);
	cr_expect_eq(renewal_hint(&plain, SPAN_LITERAL("\x41"), 0, TIME_NO_EXPIRY), 0);
}

Test(ca_renewal, a_hint_stays_the_same_and_within_the_window)
{
	const struct renewal_window w = renewal_window(&plain, END - 365 * DAY, END);
	uint8_t bytes[16];

	for (uint32_t i = 0; i < 10000; i++) {
		struct span serial = serial_of(i, bytes);
		int64_t at = renewal_hint(&plain, serial, END - 365 * DAY, END);

		cr_assert(at >= w.opens && at < w.overdue, "%u", i);
		cr_assert_eq(at, renewal_hint(&plain, serial, END - 365 * DAY, END));
	}
}

/* How many of 100,000 devices with one expiry come in the busiest hour, and in the quietest? */
static void count_hours(
    const struct label *l, int64_t hours, uint32_t *ret_most, uint32_t *ret_least)
{
	const int64_t opens = renewal_window(l, END - 365 * DAY, END).opens;
	uint32_t *count = calloc((size_t)hours, sizeof(*count));
	uint8_t bytes[16];

	cr_assert_not_null(count);
	for (uint32_t i = 0; i < 100000; i++) {
		int64_t at = renewal_hint(l, serial_of(i, bytes), END - 365 * DAY, END);
		int64_t hour = (at - opens) / HOUR;

		cr_assert(hour >= 0 && hour < hours, "%lld", (long long)hour);
		count[hour]++;
	}
	*ret_most = 0;
	*ret_least = UINT32_MAX;
	for (int64_t h = 0; h < hours; h++) {
		*ret_most = count[h] > *ret_most ? count[h] : *ret_most;
		*ret_least = count[h] < *ret_least ? count[h] : *ret_least;
	}
	free(count);
}

/*
 * 540 hours, 185 devices each on average; chance alone keeps all of them within six standard
 * deviations (82) but once in a million runs, and the numbers here are always the same.
 */
Test(ca_renewal, a_hundred_thousand_of_one_expiry_come_evenly)
{
	uint32_t most, least;

	count_hours(&plain, (30 * DAY - 30 * DAY / 4) / HOUR, &most, &least);
	cr_expect_leq(most, 185 + 82, "%u in one hour", most);
	cr_expect_geq(least, 185 - 82, "%u in one hour", least);
}

Test(ca_renewal, a_label_may_spread_over_a_part_of_the_window)
{
	const struct label l = {.renew_before = 30 * DAY, .renew_spread = 10};
	uint32_t most, least;

	count_hours(&l, 54, &most, &least);
	cr_expect_leq(most, 1851 + 6 * 43, "%u in one hour", most);
	cr_expect_geq(least, 1851 - 6 * 43, "%u in one hour", least);
}
