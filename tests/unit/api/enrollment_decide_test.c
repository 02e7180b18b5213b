/* tests/unit/api/enrollment_decide_test.c: several agree to one enrollment that waits. */
#include "tests/unit/api/request_scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "ca/enroll_decide.h"

TestSuite(api_enrollment_decide, .timeout = 120);

static const char *const two_registrars = "kind: approval-policy\n"
					  "name: two-registrars\n"
					  "acts: [enrollment.approve]\n"
					  "products: [x100]\n"
					  "approvals: 2\n"
					  "role: registrar\n"
					  "expires: 1d\n";

/* One that waits, of a product. */
static int64_t waiting(struct request_scene *s, const char *product)
{
	char sql[600];

	snprintf(sql, sizeof sql,
	    "INSERT INTO enrollment (label, operation, outcome, product, serial, key_digest, "
	    "peer_address, request_id, stranger, state, expires_at) VALUES ('lab', 'enroll', 'pending', "
	    "'%s', 'SN' || (SELECT count(*) FROM enrollment), sha256(random()::text::bytea), "
	    "'192.0.2.1', 'r', false, 'open', now() + '1 day')",
	    product);
	pg_exec(&s->database, sql);
	return pg_number(&s->database, "SELECT max(id) FROM enrollment");
}

static struct told decide(struct request_scene *s, const char *who, int64_t id, const char *verb)
{
	return people_post(s, who,
	    arena_printf(&s->arena, "/api/v1/enrollments/%lld/%s", (long long)id, verb), NULL);
}

static const char *state_of(struct request_scene *s, int64_t id)
{
	char sql[120];

	snprintf(sql, sizeof sql,
	    "SELECT state || coalesce(' by ' || decided_by, '') FROM enrollment WHERE id = %lld",
	    (long long)id);
	return arena_strdup(&s->arena, pg_value(&s->database, sql));
}

Test(api_enrollment_decide, without_a_policy_one_decides)
{
	struct request_scene *s = request_scene_new();
	int64_t a = waiting(s, "x100"), b = waiting(s, "x100"), far = waiting(s, "y200");

	EXPECT(decide(s, "vic", a, "approve"), 403, "access.denied");
	EXPECT(decide(s, "bob", a, "approve"), 403, "access.denied");
	EXPECT(decide(s, "reg", far, "approve"), 404, "object.unknown");
	EXPECT(decide(s, "reg", far, "reject"), 404, "object.unknown");
	EXPECT(decide(s, "reg", 99, "approve"), 404, "object.unknown");
	EXPECT(decide(s, "reg", a, "approve"), 200, "");
	EXPECT(decide(s, "reg", b, "reject"), 200, "");
	cr_expect_str_eq(state_of(s, a), "approved by reg");
	cr_expect_str_eq(state_of(s, b), "rejected by reg");
	cr_expect_str_eq(state_of(s, far), "open");
	EXPECT(decide(s, "rob", a, "approve"), 409, "enrollment.decided");
	EXPECT(decide(s, "rob", b, "approve"), 409, "enrollment.decided");
	request_scene_free(s);
}

Test(api_enrollment_decide, two_agree_by_the_same_call)
{
	struct request_scene *s = request_scene_new();
	int64_t id = waiting(s, "x100"), other = waiting(s, "y200");
	struct told t;

	request_scene_policy(s, two_registrars);
	t = decide(s, "reg", id, "approve");
	EXPECT(t, 202, "");
	cr_expect(strstr(t.body, "\"requester\":\"device:x100/"), "%s", t.body);
	cr_expect_str_eq(people_member(s, t.body, "have"), "1");
	cr_expect_str_eq(state_of(s, id), "open");
	/* Twice is once. */
	cr_expect_str_eq(decide(s, "reg", id, "approve").location, t.location);
	cr_expect_str_eq(state_of(s, id), "open");
	/* An administrator may decide, and is none of those whom the policy names. */
	EXPECT(decide(s, "ada", id, "approve"), 403, "approval.role");
	EXPECT(decide(s, "rob", id, "approve"), 200, "");
	cr_expect_str_eq(state_of(s, id), "approved by reg, rob");
	cr_expect_str_eq(pg_value(&s->database, "SELECT state FROM request"), "redeemed");
	EXPECT(decide(s, "rob", other, "approve"), 200, "");
	request_scene_free(s);
}

Test(api_enrollment_decide, two_agree_by_the_request)
{
	struct request_scene *s = request_scene_new();
	int64_t id = waiting(s, "x100"), request;
	struct told t;

	request_scene_policy(s, two_registrars);
	t = decide(s, "reg", id, "approve");
	request = people_requested(&t);
	EXPECT(people_step(s, "reg", request, "redeem"), 403, "approval.lacking");
	EXPECT(people_approve(s, "rob", request), 200, "");
	cr_expect_str_eq(state_of(s, id), "open");
	EXPECT(people_step(s, "ada", request, "redeem"), 403, "request.not-yours");
	EXPECT(people_step(s, "rob", request, "redeem"), 200, "");
	cr_expect_str_eq(state_of(s, id), "approved by reg, rob");
	EXPECT(people_step(s, "rob", request, "redeem"), 409, "request.ended");
	request_scene_free(s);
}

Test(api_enrollment_decide, an_approver_who_was_disabled_does_not_count)
{
	struct request_scene *s = request_scene_new();
	int64_t id = waiting(s, "x100");

	request_scene_policy(s, two_registrars);
	EXPECT(decide(s, "reg", id, "approve"), 202, "");
	request_scene_policy(s, "{kind: principal, name: reg, type: person, disabled: true}");
	EXPECT(decide(s, "rob", id, "approve"), 202, "");
	cr_expect_str_eq(state_of(s, id), "open");
	request_scene_free(s);
}

Test(api_enrollment_decide, rejecting_ends_the_request_too)
{
	struct request_scene *s = request_scene_new();
	int64_t id = waiting(s, "x100");

	request_scene_policy(s, two_registrars);
	EXPECT(decide(s, "reg", id, "approve"), 202, "");
	EXPECT(decide(s, "rob", id, "reject"), 200, "");
	cr_expect_str_eq(state_of(s, id), "rejected by rob");
	cr_expect_str_eq(pg_value(&s->database, "SELECT state || ' by ' || closed_by FROM request"),
	    "withdrawn by rob");
	EXPECT(decide(s, "rob", id, "approve"), 409, "enrollment.decided");
	request_scene_free(s);
}

Test(api_enrollment_decide, on_the_servers_machine_the_glass_must_be_broken)
{
	struct request_scene *s = request_scene_new();
	int64_t id = waiting(s, "x100"), other = waiting(s, "y200"), bad = waiting(s, "x100");
	struct err err = {0};

	request_scene_policy(s, two_registrars);
	cr_expect(
	    !enroll_decide_local(s->db, id, true, "os:root", NULL, &s->api.clock, &s->api.rng, &err)
		 .ok);
	cr_expect_str_eq(err_code(&err), "enrollment.approvals", "%s", err.message);
	cr_expect_str_eq(state_of(s, id), "open");
	err_clear(&err);
	cr_expect(enroll_decide_local(s->db, id, true, "os:root", "line 4 stands still at night",
		      &s->api.clock, &s->api.rng, &err)
		      .ok,
	    "%s (%s)", err.message, err.cause);
	cr_expect_str_eq(state_of(s, id), "approved by os:root");
	cr_expect_eq(
	    pg_number(&s->database,
		"SELECT count(*) FROM alarm WHERE kind = 'break-glass' AND detail::text LIKE "
		"'%line 4 stands still%'"),
	    1);
	cr_expect_eq(pg_number(&s->database,
			 "SELECT count(*) FROM policy_change WHERE kind = 'break-glass' AND name = "
			 "'enrollment 1'"),
	    1);
	/* What needs nobody's approval, and what is rejected, goes as before. */
	cr_expect(enroll_decide_local(
	    s->db, other, true, "os:root", NULL, &s->api.clock, &s->api.rng, &err)
		      .ok);
	cr_expect(enroll_decide_local(
	    s->db, bad, false, "os:root", NULL, &s->api.clock, &s->api.rng, &err)
		      .ok);
	request_scene_free(s);
}
