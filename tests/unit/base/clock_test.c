/* Time text and the calendar, against the C library's. */
#include "base/clock.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/calendar.h"

static void libc_text(int64_t seconds, char text[static 64])
{
	time_t t = (time_t)seconds;
	struct tm tm;

	gmtime_r(&t, &tm);
	snprintf(text, 64, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900, tm.tm_mon + 1,
	    tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* Days at a time of day that wanders. */
static void agree_with_libc(int64_t first, int64_t last, int64_t step)
{
	for (int64_t day = first; day <= last; day += step) {
		int64_t t = day * 86400 + (day - first) * 7919 % 86400, back = 0;
		char ours[TIME_TEXT_SIZE], theirs[64];
		struct err err = {0};

		time_text(t, ours);
		libc_text(t, theirs);
		if (strcmp(ours, theirs) != 0)
			cr_assert_fail("%s is not %s", ours, theirs);
		if (!time_parse(ours, &back, &err).ok || back != t)
			cr_assert_fail("%s does not come back: %s", ours, err.message);
	}
}

Test(base_clock, days_of_ten_thousand_years_agree_with_libc)
{
	agree_with_libc(-719528, 2932896, 11); /* 0000-01-01 to 9999-12-31 */
	agree_with_libc(-29220, 51500, 1);     /* 1890 to 2111, each day */
}

Test(base_clock, known_instants)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} rows[] = {
	    {0, "1970-01-01T00:00:00Z"},
	    {-1, "1969-12-31T23:59:59Z"},
	    {1795396408, "2026-11-23T01:13:28Z"},
	    {951782400, "2000-02-29T00:00:00Z"},
	    {INT64_C(253402300799), "9999-12-31T23:59:59Z"},
	    {INT64_MAX, "9999-12-31T23:59:59Z"},
	    {INT64_MIN, "0000-01-01T00:00:00Z"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char text[TIME_TEXT_SIZE];

		time_text(rows[i].seconds, text);
		cr_assert_str_eq(text, rows[i].text);
	}
}

Test(base_clock, wrong_times_are_refused)
{
	static const char *const rows[] = {"", "2026-11-23", "2026-11-23 01:13:28Z",
	    "2026-11-23T01:13:28", "2026-11-23T01:13:28z", "2026-11-23T01:13:28.5Z",
	    "2026-11-23T01:13:28+00:00", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
	    "2026-01-00T00:00:00Z", "2026-01-32T00:00:00Z", "2026-04-31T00:00:00Z",
	    "2023-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-01-01T24:00:00Z",
	    "2026-01-01T00:60:00Z", "2016-12-31T23:59:60Z", "-026-01-01T00:00:00Z",
	    "2026-1 -01T00:00:00Z", "2026-01-01T00:00:00Z "};

	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t seconds = 42;
		struct err err = {0};

		cr_assert_not(time_parse(rows[i], &seconds, &err).ok, "'%s'", rows[i]);
		cr_assert_eq(err.kind, ERR_INPUT);
		cr_assert_eq(seconds, 42);
	}
}

Test(base_clock, clocks_run)
{
	struct clock c = clock_system();
	int64_t a = monotonic_us();

	cr_assert_leq(llabs(clock_now(&c) - (int64_t)time(NULL)), 2);
	cr_assert_leq(llabs(realtime_us() / 1000000 - (int64_t)time(NULL)), 2);
	cr_assert_geq(monotonic_us(), a);
	cr_assert_leq(llabs(monotonic_ms() - a / 1000), 5000);
}

Test(base_clock, randomness_differs)
{
	struct rng rng = rng_system();
	uint8_t a[32] = {0}, b[32] = {0};
	struct err err = {0};

	cr_assert(rng_fill(&rng, a, sizeof(a), &err).ok);
	cr_assert(rng_fill(&rng, b, sizeof(b), &err).ok);
	cr_assert_neq(memcmp(a, b, sizeof(a)), 0);
	cr_assert(rng_fill(&rng, NULL, 0, &err).ok);
}

Test(base_clock, http_dates_are_those_of_rfc_9110)
{
	static const struct {
		int64_t seconds;
		const char *want;
	} cases[] = {
	    {784111777, "Sun, 06 Nov 1994 08:49:37 GMT"},
	    {0, "Thu, 01 Jan 1970 00:00:00 GMT"},
	    {951782399, "Mon, 28 Feb 2000 23:59:59 GMT"},
	    {951782400, "Tue, 29 Feb 2000 00:00:00 GMT"},
	    {-1, "Wed, 31 Dec 1969 23:59:59 GMT"},
	    {INT64_C(253402300799), "Fri, 31 Dec 9999 23:59:59 GMT"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[HTTP_DATE_SIZE];

		http_date_text(cases[i].seconds, text);
		cr_expect_str_eq(text, cases[i].want);
	}
}
