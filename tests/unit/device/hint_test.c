/* When the server would like a certificate to be renewed: read, bounded, followed. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <criterion/criterion.h>

#include "clients/device/hint.h"
#include "tests/unit/device/rig.h"

Test(device_hint, only_an_imf_fixdate_is_a_date)
{
	static const struct {
		const char *text;
		int64_t want;
	} cases[] = {
	    {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
	    {"Fri, 13 Feb 2009 23:31:30 GMT", 1234567890},
	    {"Sunday, 06-Nov-94 08:49:37 GMT", 0},
	    {"Sun Nov  6 08:49:37 1994", 0},
	    {"Sun, 06 Nov 1994 08:49:37 +0000", 0},
	    {"Sun, 06 nov 1994 08:49:37 GMT", 0},
	    {"Sun, 31 Feb 1994 08:49:37 GMT", 0},
	    {"Sun, 06 Nov 1994 24:49:37 GMT", 0},
	    {"Sun, 06 Nov 19x4 08:49:37 GMT", 0},
	    {"Sun, 06 Nov 1894 08:49:37 GMT", 0},
	    {"784111777", 0},
	    {"", 0},
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		cr_expect_eq(
		    hint_date(span_str(cases[i].text)), cases[i].want, "%s", cases[i].text);
}

Test(device_hint, a_header_is_known_by_its_whole_name)
{
	static const struct {
		const char *line;
		int64_t want;
	} cases[] = {
	    {"Signet-Renew-At: Sun, 06 Nov 1994 08:49:37 GMT\r\n", 784111777},
	    {"signet-renew-at:Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
	    {"Signet-Renew-At: soon\r\n", 0},
	    {"X-Signet-Renew-At: Sun, 06 Nov 1994 08:49:37 GMT\r\n", 7},
	    {"Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n", 7},
	    {"\r\n", 7},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t got = 7;

		hint_of_header(span_str(cases[i].line), &got);
		cr_expect_eq(got, cases[i].want, "%s", cases[i].line);
	}
}

static const char *date_of(int64_t seconds)
{
	static char text[40];
	time_t t = (time_t)seconds;
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &tm);
	return text;
}

Test(device_hint, renewal_is_due_when_the_server_asks_for_it)
{
	struct rig *rig = rig_new(0);
	int64_t now = (int64_t)time(NULL);
	struct signet_renewal if_due = {.if_due = true};

	rig->r->renew_at = date_of(now + 7200);
	cr_assert_eq(rig_enroll(rig, NULL), SIGNET_DONE, "%s", rig->why.text);
	cr_expect_eq(rig_status(rig)->renewal_due, now + 7200);
	cr_expect_eq(rig_renew(rig, &if_due), SIGNET_NOT_DUE);
	rig->now = now + 7201;
	cr_expect_eq(rig_renew(rig, &if_due), SIGNET_DONE, "%s", rig->why.text);
	rig_free(rig);
}

Test(device_hint, who_says_how_much_must_remain_is_asked_for_no_hint)
{
	struct rig *rig = rig_new(0);
	struct signet_renewal most = {.if_due = true, .remaining = 99};
	int64_t now = (int64_t)time(NULL);

	rig->r->renew_at = date_of(now + 7200);
	cr_assert_eq(rig_enroll(rig, NULL), SIGNET_DONE, "%s", rig->why.text);
	cr_expect_eq(rig_renew(rig, &most), SIGNET_DONE, "an hour of the day is gone already");
	rig_free(rig);
}

/* The certificate lives from an hour ago for a day. */
Test(device_hint, a_hint_outside_of_the_certificates_life_is_not_taken)
{
	static const int64_t silly[] = {-7200, -3600, 23 * 3600, 90 * 86400, 4000000000};

	for (size_t i = 0; i < COUNT(silly); i++) {
		struct rig *rig = rig_new(0);
		int64_t now = (int64_t)time(NULL);

		rig->r->issue_not_before = now - 3600;
		rig->r->renew_at = date_of(now + silly[i]);
		cr_assert_eq(rig_enroll(rig, NULL), SIGNET_DONE, "%s", rig->why.text);
		cr_expect_eq(rig_status(rig)->renewal_due, now - 3600 + 86400 - 864 * 33,
		    "%lld: a third of its life is left then", (long long)silly[i]);
		rig_free(rig);
	}
}

Test(device_hint, a_hint_for_an_old_certificate_is_none_for_the_next)
{
	struct rig *rig = rig_new(0);
	int64_t now = (int64_t)time(NULL);

	rig->r->renew_at = date_of(now + 7200);
	cr_assert_eq(rig_enroll(rig, NULL), SIGNET_DONE, "%s", rig->why.text);
	rig->r->renew_at = NULL;
	cr_assert_eq(rig_renew(rig, NULL), SIGNET_DONE, "%s", rig->why.text);
	cr_expect_neq(rig_status(rig)->renewal_due, now + 7200);
	rig_free(rig);
}
