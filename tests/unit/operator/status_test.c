/* signet revoke, hold, resume, and what is shown of lists and counts, by the contract of the API.
 */
#include "clients/operator/cli.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/operator/responder.h"

static bool body_is(const struct seen *seen, const char *json)
{
	json_t *a = json_loadb((const char *)seen->body.p, seen->body.n, 0, NULL);
	json_t *b = json_loads(json, 0, NULL);
	bool same = a && b && json_equal(a, b);

	json_decref(a);
	json_decref(b);
	return same;
}

#define GOOD                                                                                 \
	"{\"id\":7,\"serial_number\":\"0a\",\"authority\":\"issuing\",\"device\":{\"id\":1," \
	"\"product\":\"p\",\"serial\":\"S\"},\"status\":\"good\",\"expired\":false,\"reason\":null}"
#define REVOKED "{\"id\":7,\"status\":\"revoked\",\"reason\":\"superseded\"}"

/* ---- one certificate ---- */

static const struct {
	const char *line, *path, *body;
} changes[] = {
    {"certificate revoke 7 --reason superseded --yes", "/api/v1/certificates/7/revoke",
	"{\"reason\":\"superseded\"}"},
    {"certificate revoke 7 --reason keyCompromise --invalid-since 2026-01-31T00:00:00Z -y",
	"/api/v1/certificates/7/revoke",
	"{\"reason\":\"keyCompromise\",\"invalidity_at\":\"2026-01-31T00:00:00Z\"}"},
    {"certificate hold 7 --yes", "/api/v1/certificates/7/hold", NULL},
    {"certificate resume 7 --yes", "/api/v1/certificates/7/resume", NULL},
};

Test(operator_status, a_certificate_is_shown_before_it_is_changed)
{
	static const struct answer_row rows[] = {
	    {"GET", "/api/v1/certificates/7", 200, .body = GOOD},
	    {"POST", "/", 200, .body = REVOKED}, {0}};
	struct responder *r = responder_start(rows);

	for (size_t i = 0; i < COUNT(changes); i++) {
		responder_answer(r, rows);
		AUTO(outcome) o = signet(NULL, changes[i].line);
		cr_expect_eq(o.code, EXIT_DONE, "%s: %s", changes[i].line, o.err);
		cr_assert_eq(r->count, 2, "%s", changes[i].line);
		cr_expect_str_eq(r->seen[1].path, changes[i].path);
		cr_expect(changes[i].body ? body_is(&r->seen[1], changes[i].body)
					  : r->seen[1].body.n == 0,
		    "%s: %.*s", changes[i].line, (int)r->seen[1].body.n, r->seen[1].body.p);
		cr_expect(strstr(o.out, "serial         S\n"), "%s", o.out);
		cr_expect(strstr(o.err, "certificate 7 is revoked (superseded)\n"), "%s", o.err);
	}
	responder_stop(r);
}

Test(operator_status, nothing_is_changed_without_a_reason_or_a_word)
{
	static const struct answer_row rows[] = {{"GET", "/", 200, .body = GOOD}, {0}};
	struct responder *r = responder_start(rows);
	AUTO(outcome) reason = signet(NULL, "certificate revoke 7 --yes");
	cr_assert_eq(reason.code, EXIT_USAGE);
	cr_assert(strstr(reason.err, "needs --reason"), "%s", reason.err);
	cr_assert_eq(r->count, 0);
	AUTO(outcome) word = signet("y\n", "certificate hold 7");
	cr_assert_eq(word.code, EXIT_USAGE);
	cr_assert_eq(r->count, 1);
	responder_stop(r);
}

Test(operator_status, what_policy_wants_approved_is_a_request)
{
	static const struct answer_row rows[] = {{"GET", "/", 200, .body = GOOD},
	    {"POST", "/", 202, .body = "{\"request\":{\"id\":4,\"act\":\"certificate.revoke\"}}"},
	    {0}};
	struct responder *r = responder_start(rows);
	AUTO(outcome) o = signet(NULL, "certificate hold 7 --yes");

	cr_assert_eq(o.code, EXIT_DONE);
	cr_assert(strstr(o.out, "signet request redeem 4"), "%s", o.out);
	cr_assert_null(strstr(o.err, "is "), "%s", o.err);
	responder_stop(r);
}

/* ---- many ---- */

#define RADIUS                                                                                                              \
	"{\"certificates\":4,\"devices\":2,\"already\":1,\"unknown_algorithm\":5,\"products\":[{\"product\":\"acme-x100\"," \
	"\"certificates\":4}],\"authorities\":[],\"sample\":[7,8]}"
#define MASS(state, done)                                                                \
	"{\"id\":5,\"state\":\"" state "\",\"done\":" done ",\"total\":4,\"revoked\":3," \
	"\"selector\":{\"product\":\"acme-x100\"},\"failure\":null}"

Test(operator_revoke, a_dry_run_shows_the_blast_radius_and_nothing_else)
{
	static const struct answer_row rows[] = {{"POST", "/", 200, .body = RADIUS}, {0}};
	struct responder *r = responder_start(rows);
	AUTO(outcome)
	o = signet(NULL,
	    "revoke --product acme-x100 --batch b --authority a --key 0a --algorithm EC-P256 "
	    "--issued-after A --issued-before B --certificate 9 --device 8 --reason superseded "
	    "--invalid-since C --dry-run");

	cr_assert_eq(o.code, EXIT_DONE, "%s", o.err);
	cr_assert_eq(r->count, 1);
	cr_assert(
	    body_is(&r->seen[0],
		"{\"selector\":{\"certificate\":9,\"device\":8,\"product\":\"acme-x100\","
		"\"batch\":\"b\",\"authority\":\"a\",\"key_digest\":\"0a\",\"algorithm\":\"EC-P256\","
		"\"issued_after\":\"A\",\"issued_before\":\"B\"},\"reason\":\"superseded\","
		"\"invalidity_at\":\"C\",\"dry_run\":true}"),
	    "%.*s", (int)r->seen[0].body.n, r->seen[0].body.p);
	cr_assert(strstr(o.out, "finds 4 certificates of 2 devices; would revoke 3 of them\n"),
	    "%s", o.out);
	cr_assert(
	    strstr(o.out, "leaves out 5 certificates whose algorithm the store does not know\n"),
	    "%s", o.out);
	cr_assert(strstr(o.out, "PRODUCT    CERTIFICATES\nacme-x100             4\n"), "%s", o.out);
	responder_stop(r);
}

Test(operator_revoke, everything_at_once_is_no_selection)
{
	static const struct answer_row rows[] = {{0}};
	struct responder *r = responder_start(rows);
	AUTO(outcome) all = signet(NULL, "revoke --reason superseded --yes");
	AUTO(outcome) reason = signet(NULL, "revoke --product p --yes");

	cr_assert_eq(all.code, EXIT_USAGE);
	cr_assert_eq(reason.code, EXIT_USAGE);
	cr_assert_eq(r->count, 0);
	responder_stop(r);
}

Test(operator_revoke, is_begun_only_when_told_and_followed_to_its_end)
{
	static const struct answer_row rows[] = {{"POST", "/", 200, .body = RADIUS, .times = 1},
	    {"POST", "/", 200, .body = RADIUS, .times = 1},
	    {"POST", "/", 201, .body = MASS("running", "0")},
	    {"GET", "/", 200, .body = MASS("running", "1"), .times = 1},
	    {"GET", "/", 200, .body = MASS("done", "4")}, {0}};
	struct responder *r = responder_start(rows);
	AUTO(outcome) nobody = signet("3\n", "revoke --product acme-x100 --reason superseded");
	cr_assert_eq(nobody.code, EXIT_USAGE);
	cr_assert_eq(r->count, 1);
	AUTO(outcome)
	o = signet(NULL, "revoke --product acme-x100 --reason superseded --yes --watch");
	cr_assert_eq(o.code, EXIT_DONE, "%s", o.err);
	cr_assert_eq(r->count, 5);
	cr_assert(strstr(o.err, "1 of 4 certificates, 25 %\n"), "%s", o.err);
	cr_assert(
	    strstr(o.err, "mass revocation 5 is done: 4 of 4 looked at, 3 revoked\n"), "%s", o.err);
	responder_stop(r);
}

Test(operator_revoke, one_that_was_canceled_is_no_success)
{
	static const struct answer_row rows[] = {
	    {"GET", "/", 200, .body = MASS("canceled", "1")}, {0}};
	struct responder *r = responder_start(rows);
	AUTO(outcome) o = signet(NULL, "mass-revocation watch 5");
	AUTO(outcome) j = signet(NULL, "mass-revocation watch 5 --json");

	cr_assert_eq(o.code, EXIT_FAILED);
	cr_assert_eq(j.code, EXIT_FAILED);
	cr_assert(strstr(j.out, "\"state\": \"canceled\""), "%s", j.out);
	responder_stop(r);
}

Test(operator_revoke, what_hits_nothing_begins_nothing)
{
	static const struct answer_row rows[] = {
	    {"POST", "/", 200,
		.body =
		    "{\"certificates\":4,\"devices\":0,\"already\":4,\"products\":[],\"sample\":[]}"},
	    {0}};
	struct responder *r = responder_start(rows);
	AUTO(outcome) o = signet(NULL, "revoke --product acme-x100 --reason superseded --yes");

	cr_assert_eq(o.code, EXIT_DONE);
	cr_assert_eq(r->count, 1);
	cr_assert(strstr(o.err, "nothing to revoke"), "%s", o.err);
	responder_stop(r);
}

Test(operator_redeem, of_a_mass_act_shows_how_far_it_is)
{
	static const struct answer_row rows[] = {
	    {"POST", "/api/v1/requests/4/redeem", 201, .body = MASS("running", "0")},
	    {"GET", "/api/v1/mass-revocations/5", 200, .body = MASS("done", "4")}, {0}};
	struct responder *r = responder_start(rows);
	AUTO(outcome) o = signet(NULL, "request redeem 4");

	cr_assert_eq(o.code, EXIT_DONE, "%s", o.err);
	cr_assert(strstr(o.err, "is done: 4 of 4 looked at"), "%s", o.err);
	responder_stop(r);
}

/* ---- lists and counts ---- */

Test(operator_statistics, have_totals_and_their_numbers_stand_below_each_other)
{
	static const struct answer_row rows[] = {
	    {"GET", "/", 200,
		.body =
		    "{\"certificates\":[{\"authority\":\"issuing\",\"product\":null,\"issued\":2,"
		    "\"revoked\":0,\"held\":0,\"archived\":0},{\"authority\":\"issuing\","
		    "\"product\":\"p\",\"issued\":1000,\"revoked\":10,\"held\":1,\"archived\":0}],"
		    "\"devices\":[]}"},
	    {0}};
	struct responder *r = responder_start(rows);
	AUTO(outcome) o = signet(NULL, "statistics");

	cr_assert_str_eq(o.out, "\nCertificates\n"
				"AUTHORITY  PRODUCT  ISSUED  REVOKED  HELD  ARCHIVED\n"
				"issuing    -             2        0     0         0\n"
				"issuing    p          1000       10     1         0\n"
				"total      -          1002       10     1         0\n");
	responder_stop(r);
}

Test(operator_crl, is_fetched_from_where_policy_says_and_from_nowhere_else)
{
	static const struct answer_row none[] = {
	    {"GET", "/", 200,
		.body =
		    "{\"items\":[{\"authority\":\"a\",\"shard\":0,\"url\":null,\"delta_url\":null}],"
		    "\"next\":null}"},
	    {0}};
	struct responder *r = responder_start(none);
	AUTO(outcome) o = signet(NULL, "crl get --authority a");

	cr_assert_eq(o.code, EXIT_FAILED);
	cr_assert(strstr(o.err, "crl.nowhere"), "%s", o.err);
	AUTO(outcome) whose = signet(NULL, "crl get");
	cr_assert_eq(whose.code, EXIT_USAGE);
	responder_stop(r);
}
