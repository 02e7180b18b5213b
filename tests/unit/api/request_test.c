/* tests/unit/api/request_test.c: acts that wait for approvals, from the call to its redemption. */
#include "tests/unit/api/request_scene.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "signing/approval.h"

TestSuite(api_request, .timeout = 300);

#define ROLE   "/api/v1/roles/viewer"
#define WIDER  "{\"permissions\":[\"policy.read\",\"device.read\"]}"
#define OTHER  "{\"permissions\":[\"policy.read\",\"alarm.read\"]}"
#define POLICY "/api/v1/approval-policies/two"

/* Two officers for whatever says who may do what. */
static const char *const two_officers =
    "kind: approval-policy\n"
    "name: two\n"
    "acts: [role.change, principal.change, binding.change, approval-policy.change]\n"
    "approvals: 2\n"
    "role: officer\n"
    "expires: 1d\n";

static struct request_scene *scene_with(const char *policy)
{
	struct request_scene *s = request_scene_new();

	request_scene_policy(s, policy);
	return s;
}

static int64_t ask_wider(struct request_scene *s)
{
	struct told t = people_put(s, "ada", ROLE, WIDER);

	return people_requested(&t);
}

static bool is_wider(struct request_scene *s)
{
	return strstr(people_get(s, "ada", ROLE).body, "device.read") != NULL;
}

/* ---- the way it goes ---- */

Test(api_request, what_no_policy_names_is_done_at_once)
{
	struct request_scene *s = request_scene_new();

	EXPECT(people_put(s, "ada", ROLE, WIDER), 200, "");
	cr_expect(is_wider(s));
	cr_expect_eq(pg_number(&s->database, "SELECT count(*) FROM request"), 0);
	request_scene_free(s);
}

Test(api_request, a_change_waits_for_two_and_is_done_once)
{
	struct request_scene *s = scene_with(two_officers);
	int64_t id = ask_wider(s);
	struct told t;

	cr_expect(!is_wider(s), "done before anybody agreed");
	EXPECT(people_step(s, "ada", id, "redeem"), 403, "approval.lacking");
	t = people_approve(s, "bob", id);
	EXPECT(t, 200, "");
	cr_expect_str_eq(people_member(s, t.body, "have"), "1");
	cr_expect_str_eq(people_member(s, t.body, "ready"), "false");
	EXPECT(people_step(s, "ada", id, "redeem"), 403, "approval.lacking");
	t = people_approve(s, "carol", id);
	cr_expect_str_eq(people_member(s, t.body, "ready"), "true");
	cr_expect(!is_wider(s), "done before it was redeemed");
	t = people_step(s, "ada", id, "redeem");
	EXPECT(t, 200, "");
	cr_expect_not_null(t.etag, "the answer is not that of the act");
	cr_expect(is_wider(s));
	EXPECT(people_step(s, "ada", id, "redeem"), 409, "request.ended");
	EXPECT(people_approve(s, "gina", id), 409, "request.ended");
	cr_expect_str_eq(pg_value(&s->database,
			     "SELECT string_agg(kind, ' ' ORDER BY id) FROM log_entry WHERE id > "
			     "(SELECT min(id) FROM log_entry WHERE kind = 'request.created')"),
	    "request.approved request.approved policy.changed request.redeemed");
	/* The record of the change says who asked, who agreed, and to what. */
	cr_expect_eq(
	    pg_number(&s->database,
		"SELECT count(*) FROM policy_change WHERE kind = 'role' AND name = 'viewer' "
		"AND who = 'ada' AND convert_from(record, 'UTF8') LIKE '%bob%carol%'"),
	    1);
	request_scene_free(s);
}

Test(api_request, an_approver_may_redeem_and_the_act_is_still_the_requesters)
{
	struct request_scene *s = scene_with(two_officers);
	int64_t id = ask_wider(s);

	EXPECT(people_approve(s, "bob", id), 200, "");
	EXPECT(people_approve(s, "carol", id), 200, "");
	EXPECT(people_step(s, "gina", id, "redeem"), 403, "request.not-yours");
	EXPECT(people_step(s, "bob", id, "redeem"), 200, "");
	cr_expect_str_eq(
	    pg_value(&s->database,
		"SELECT who FROM policy_change WHERE name = 'viewer' ORDER BY id DESC"),
	    "ada");
	cr_expect_str_eq(pg_value(&s->database, "SELECT closed_by FROM request"), "bob");
	request_scene_free(s);
}

Test(api_request, the_same_call_again_is_the_same_request)
{
	struct request_scene *s = scene_with(two_officers);
	int64_t id = ask_wider(s);
	struct told other;

	cr_expect_eq(ask_wider(s), id);
	other = people_put(s, "ada", ROLE, OTHER);
	cr_expect_neq(people_requested(&other), id);
	EXPECT(people_step(s, "ada", id, "withdraw"), 200, "");
	cr_expect_neq(ask_wider(s), id);
	request_scene_free(s);
}

Test(api_request, what_changes_nothing_needs_nobody)
{
	struct request_scene *s = scene_with(two_officers);

	EXPECT(people_put(s, "ada", ROLE, "{\"permissions\":[\"policy.read\"]}"), 200, "");
	cr_expect_eq(pg_number(&s->database, "SELECT count(*) FROM request"), 0);
	request_scene_free(s);
}

Test(api_request, approvers_see_what_would_change)
{
	struct request_scene *s = scene_with(two_officers);
	int64_t id = ask_wider(s);
	char path[64];
	struct told t;

	snprintf(path, sizeof path, "/api/v1/requests/%lld", (long long)id);
	t = people_get(s, "bob", path);
	EXPECT(t, 200, "");
	cr_expect(strstr(t.body, "\"act\":\"role.change\""), "%s", t.body);
	cr_expect(strstr(t.body, "\"method\":\"PUT\""), "%s", t.body);
	cr_expect(
	    strstr(t.body, "\"difference\":[{\"kind\":\"role\",\"name\":\"viewer\""), "%s", t.body);
	cr_expect(strstr(t.body, "device.read"), "%s", t.body);
	cr_expect(strstr(t.body, "\"requirements\":[{\"policy\":\"two\""), "%s", t.body);
	cr_expect_eq(strlen(people_member(s, t.body, "digest")), 64);
	request_scene_free(s);
}

/* ---- who may what ---- */

Test(api_request, who_may_approve)
{
	static const struct {
		const char *who;
		int status;
		const char *code;
	} cases[] = {
	    {"bob", 200, ""}, {"ada", 403, "approval.own"}, /* who asked */
	    {"dave", 404, "object.unknown"}, /* an officer of x100: this is about everything */
	    {"rob", 403, "approval.role"},   /* may approve, holds another role */
	    {"vic", 404, "object.unknown"},  /* may look at nothing of it */
	    {"ci", 403, "approval.role"},    /* no person */
	};
	struct request_scene *s = scene_with(two_officers);
	int64_t id = ask_wider(s);

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct told t = people_approve(s, cases[i].who, id);

		cr_expect_eq(
		    t.status, cases[i].status, "%s: %d %s", cases[i].who, t.status, t.message);
		cr_expect_str_eq(t.code, cases[i].code, "%s: %s", cases[i].who, t.code);
	}
	cr_expect_eq(pg_number(&s->database, "SELECT count(*) FROM approval"), 1);
	request_scene_free(s);
}

Test(api_request, who_lacks_the_permission_is_refused_before_anything_is_looked_at)
{
	struct request_scene *s = scene_with(two_officers);
	int64_t id = ask_wider(s);
	char path[64];

	snprintf(path, sizeof path, "/api/v1/requests/%lld/approve", (long long)id);
	EXPECT(people_post(s, "vic", path, "{\"digest\":\"\"}"), 403, "access.denied");
	request_scene_free(s);
}

Test(api_request, nobody_approves_their_own_through_a_run)
{
	struct request_scene *s = scene_with(two_officers);
	struct told t = people_call(s, &(struct ask){.as = "ci",
					   .person = "bob",
					   .method = HTTP_PUT,
					   .path = ROLE,
					   .body = WIDER,
					   .if_match = people_get(s, "ada", ROLE).etag});
	int64_t id = people_requested(&t);

	EXPECT(people_approve(s, "bob", id), 403, "approval.own");
	EXPECT(people_approve(s, "carol", id), 200, "");
	EXPECT(people_step(s, "ci", id, "redeem"), 403, "approval.lacking");
	EXPECT(people_approve(s, "gina", id), 200, "");
	EXPECT(people_step(s, "ci", id, "redeem"), 200, "");
	request_scene_free(s);
}

/* Mapped to another after they had approved: who is behind the run is looked up again. */
Test(api_request, an_approver_who_turns_out_to_be_behind_the_run_does_not_count)
{
	struct request_scene *s = scene_with(two_officers);
	struct told t;
	int64_t id;

	request_scene_policy(s,
	    "kind: oidc-issuer\nname: forge\nissuer: https://forge.example\n"
	    "audience: signet\njwks_url: https://forge.example/jwks\nalgorithms: [RS256]\n");
	t = people_call(s, &(struct ask){.as = "ci",
			       .person = "forge/77",
			       .method = HTTP_PUT,
			       .path = ROLE,
			       .body = WIDER,
			       .if_match = people_get(s, "ada", ROLE).etag});
	id = people_requested(&t);
	/* As long as nobody here is that person, it could be either of them. */
	EXPECT(people_approve(s, "bob", id), 403, "approval.person");
	request_scene_policy(s, "kind: principal\nname: zoe\ntype: person\n"
				"identities: [{issuer: forge, subject: \"77\"}]\n");
	EXPECT(people_approve(s, "bob", id), 200, "");
	EXPECT(people_approve(s, "carol", id), 200, "");
	request_scene_policy(s, "kind: principal\nname: zoe\ntype: person\n---\n"
				"kind: principal\nname: carol\ntype: person\n"
				"identities: [{issuer: forge, subject: \"77\"}]\n");
	EXPECT(people_step(s, "ci", id, "redeem"), 403, "approval.lacking");
	request_scene_free(s);
}

Test(api_request, the_digest_of_another_request_approves_nothing)
{
	struct request_scene *s = scene_with(two_officers);
	int64_t id = ask_wider(s), other;
	struct told t = people_put(s, "ada", ROLE, OTHER);
	char path[64], body[128];

	other = people_requested(&t);
	snprintf(path, sizeof path, "/api/v1/requests/%lld", (long long)other);
	t = people_get(s, "bob", path);
	snprintf(body, sizeof body, "{\"digest\":\"%s\"}", people_member(s, t.body, "digest"));
	snprintf(path, sizeof path, "/api/v1/requests/%lld/approve", (long long)id);
	EXPECT(people_post(s, "bob", path, body), 409, "approval.digest");
	body[20] = 'x';
	EXPECT(people_post(s, "bob", path, body), 400, "body.member");
	EXPECT(people_post(s, "bob", path, "{}"), 400, "body.member");
	EXPECT(people_post(s, "bob", path, "{\"digest\":\"ab\"}"), 400, "body.member");
	cr_expect_eq(pg_number(&s->database, "SELECT count(*) FROM approval"), 0);
	request_scene_free(s);
}

Test(api_request, withdrawing_is_the_requesters_and_rejecting_ends_it)
{
	struct request_scene *s = scene_with(two_officers);
	int64_t id = ask_wider(s);

	EXPECT(people_step(s, "bob", id, "withdraw"), 403, "request.not-yours");
	EXPECT(people_step(s, "rob", id, "reject"), 403, "approval.role");
	EXPECT(people_step(s, "carol", id, "reject"), 200, "");
	EXPECT(people_approve(s, "bob", id), 409, "request.ended");
	EXPECT(people_step(s, "ada", id, "redeem"), 409, "request.ended");
	EXPECT(people_step(s, "ada", id, "withdraw"), 409, "request.ended");
	EXPECT(people_step(s, "ada", 99, "withdraw"), 404, "object.unknown");
	cr_expect(!is_wider(s));
	request_scene_free(s);
}

Test(api_request, lists_show_ones_own_and_what_one_may_read)
{
	static const struct {
		const char *who;
		int rows;
	} cases[] = {{"ada", 2}, {"bob", 2}, {"dave", 0}, {"vic", 0}, {"ci", 2}};
	struct request_scene *s = scene_with(two_officers);
	struct told t;

	(void)ask_wider(s);
	(void)people_put(s, "ada", ROLE, OTHER);
	for (size_t i = 0; i < COUNT(cases); i++) {
		int rows = 0;

		t = people_get(s, cases[i].who, "/api/v1/requests");
		EXPECT(t, 200, "");
		for (const char *at = t.body; (at = strstr(at, "\"requester\":")); at++)
			rows++;
		cr_expect_eq(rows, cases[i].rows, "%s sees %d", cases[i].who, rows);
		cr_expect_null(strstr(t.body, "\"body\":"), "a list is no place for bodies");
	}
	t = people_call(s, &(struct ask){.as = "bob",
			       .method = HTTP_GET,
			       .path = "/api/v1/requests",
			       .query = "state=open&act=role.change&limit=1"});
	cr_expect_str_neq(people_member(s, t.body, "next"), "null");
	t = people_call(s, &(struct ask){.as = "bob",
			       .method = HTTP_GET,
			       .path = "/api/v1/requests",
			       .query = "state=redeemed"});
	cr_expect_null(strstr(t.body, "\"requester\":"));
	request_scene_free(s);
}

/* ---- between approval and redemption ---- */

static const struct between {
	const char *claim, *policy;
	const char *code; /* "": it is done */
	int status;
} betweens[] = {
    {"nothing happens", NULL, "", 200},
    {"an approver is disabled", "{kind: principal, name: carol, type: person, disabled: true}",
	"approval.lacking", 403},
    {"an approver loses the role",
	"{kind: binding, name: carol-officer, principal: carol, role: viewer}", "approval.lacking",
	403},
    {"an approver's scope shrinks",
	"{kind: binding, name: carol-officer, principal: carol, role: officer, products: [x100]}",
	"approval.lacking", 403},
    {"an approver's binding ends",
	"{kind: binding, name: carol-officer, principal: carol, role: officer, "
	"expires_at: \"2020-01-01T00:00:00Z\"}",
	"approval.lacking", 403},
    {"the requester is disabled",
	"{kind: binding, name: ci-admin, principal: ci, role: admin}\n---\n"
	"{kind: principal, name: gina, type: person}\n---\n"
	"{kind: binding, name: gina-admin, principal: gina, role: admin}\n---\n"
	"{kind: principal, name: ada, type: person, disabled: true}",
	"request.rights", 403},
    {"the requester loses the right",
	"{kind: binding, name: gina-admin, principal: gina, role: admin}\n---\n"
	"{kind: binding, name: ada-admin, principal: ada, role: viewer}",
	"access.denied", 403},
    {"more are wanted by now",
	"{kind: approval-policy, name: two, acts: [role.change], approvals: 3, role: officer, "
	"expires: 1d}",
	"approval.lacking", 403},
    {"what it starts from has changed", "{kind: role, name: viewer, permissions: [alarm.read]}",
	"condition.failed", 412},
    {"another policy wants others, too",
	"{kind: approval-policy, name: also, acts: [role.change], approvals: 1, role: registrar, "
	"expires: 1d}",
	"approval.lacking", 403},
};

Test(api_request, rights_and_rules_are_looked_at_again)
{
	struct request_scene *s = scene_with(two_officers);

	for (size_t i = 0; i < COUNT(betweens); i++) {
		const struct between *b = &betweens[i];
		int64_t id = ask_wider(s);
		char path[64];
		struct told t;

		EXPECT(people_approve(s, "bob", id), 200, "");
		EXPECT(people_approve(s, "carol", id), 200, "");
		if (b->policy)
			request_scene_policy(s, b->policy);
		t = people_step(s, "bob", id, "redeem");
		cr_expect_eq(t.status, b->status, "%s: %d %s", b->claim, t.status, t.message);
		cr_expect_str_eq(t.code, b->code, "%s: %s", b->claim, t.code);
		snprintf(path, sizeof path, "/api/v1/requests/%lld", (long long)id);
		cr_expect_str_eq(people_member(s, people_get(s, "bob", path).body, "state"),
		    t.status == 200 ? "redeemed" : "open", "%s", b->claim);
		request_scene_again(s);
		request_scene_policy(s, two_officers);
		(void)people_step(s, "ada", id, "withdraw");
	}
	request_scene_free(s);
}

/* The snapshot of a server may lag; the redemption holds policy's lock and reads it anew. */
Test(api_request, a_server_that_has_not_heard_yet_judges_by_what_is_stored)
{
	struct request_scene *s = scene_with(two_officers);
	int64_t id = ask_wider(s);
	struct err err = {0};

	EXPECT(people_approve(s, "bob", id), 200, "");
	EXPECT(people_approve(s, "carol", id), 200, "");
	cr_assert(policy_load(s->db, s->hsm, &s->stale, &err).ok);
	request_scene_policy(s, "{kind: principal, name: carol, type: person, disabled: true}");
	EXPECT(people_step(s, "ada", id, "redeem"), 403, "approval.lacking");
	request_scene_free(s);
}

/* A stolen token's last request must not outlive it. */
Test(api_request, a_revoked_tokens_request_is_not_redeemed)
{
	struct request_scene *s = scene_with(two_officers);
	int64_t id = ask_wider(s);

	EXPECT(people_approve(s, "bob", id), 200, "");
	EXPECT(people_approve(s, "carol", id), 200, "");
	pg_exec(&s->database, "INSERT INTO token (jti, principal, created_by, created_at,"
			      " expires_at, revoked_at, revoked_by) VALUES (sha256('t'), 'ada',"
			      " 'os:root', now(), now() + interval '1 hour', now(), 'bob')");
	pg_exec(&s->database, "UPDATE request SET token_id = (SELECT max(id) FROM token)");
	EXPECT(people_step(s, "bob", id, "redeem"), 403, "request.rights");
	/* One that has ended, not revoked, was good when it asked. */
	pg_exec(&s->database, "INSERT INTO token (jti, principal, created_by, created_at,"
			      " expires_at) VALUES (sha256('u'), 'ada', 'os:root',"
			      " now() - interval '2 hours', now() - interval '1 hour')");
	pg_exec(&s->database, "UPDATE request SET token_id = (SELECT max(id) FROM token)");
	EXPECT(people_step(s, "bob", id, "redeem"), 200, "");
	request_scene_free(s);
}

Test(api_request, a_request_ends_with_its_time)
{
	struct request_scene *s = scene_with(two_officers);
	int64_t id = ask_wider(s);

	EXPECT(people_approve(s, "bob", id), 200, "");
	EXPECT(people_approve(s, "carol", id), 200, "");
	s->now += 86400;
	EXPECT(people_step(s, "ada", id, "redeem"), 409, "request.expired");
	EXPECT(people_approve(s, "gina", id), 409, "request.expired");
	cr_expect(!is_wider(s));
	request_scene_free(s);
}

/* Without a condition in the call it is the plan that tells. */
Test(api_request, documents_applied_are_held_to_what_was_approved)
{
	struct request_scene *s = scene_with(two_officers);
	const struct ask apply = {.as = "ada",
	    .method = HTTP_POST,
	    .path = "/api/v1/apply",
	    .type = "application/yaml",
	    .body = "{kind: role, name: viewer, permissions: [policy.read, device.read]}\n---\n"
		    "{kind: product, name: x100, manufacturer: Acme, model: X100b}\n"};
	struct told t = people_call(s, &apply);
	int64_t id = people_requested(&t);

	EXPECT(people_approve(s, "bob", id), 200, "");
	EXPECT(people_approve(s, "carol", id), 200, "");
	/* The role would end as approved, but not from what the approvers saw. */
	request_scene_policy(s, "{kind: role, name: viewer, permissions: [alarm.read]}");
	EXPECT(people_step(s, "ada", id, "redeem"), 409, "request.changed");
	cr_expect_str_eq(
	    pg_value(&s->database, "SELECT model FROM product WHERE name = 'x100'"), "X100");
	request_scene_policy(s, "{kind: role, name: viewer, permissions: [policy.read]}");
	EXPECT(people_step(s, "ada", id, "redeem"), 200, "");
	cr_expect_str_eq(
	    pg_value(&s->database, "SELECT model FROM product WHERE name = 'x100'"), "X100b");
	request_scene_free(s);
}

/* ---- the rules' own rules ---- */

static const struct {
	const char *claim, *body; /* NULL: removed */
	const char *wanted;
} changes[] = {
    {"loosened",
	"{\"acts\":[\"role.change\",\"approval-policy.change\"],\"approvals\":1,"
	"\"role\":\"officer\",\"expires\":\"1d\"}",
	"2"},
    {"pointed at a role of one's own",
	"{\"acts\":[\"approval-policy.change\"],\"approvals\":1,\"role\":\"admin\",\"expires\":\"1d\"}",
	"2"},
    {"made to say nothing of itself",
	"{\"acts\":[\"role.change\"],\"approvals\":1,\"role\":\"officer\",\"expires\":\"1d\"}",
	"2"},
    {"removed", NULL, "2"},
    {"tightened",
	"{\"acts\":[\"role.change\",\"approval-policy.change\"],\"approvals\":3,"
	"\"role\":\"officer\",\"expires\":\"1d\"}",
	"3"},
};

Test(api_request, a_change_of_the_rule_is_held_to_the_stricter_of_old_and_new)
{
	struct request_scene *s = scene_with(two_officers);

	for (size_t i = 0; i < COUNT(changes); i++) {
		const char *etag = people_get(s, "ada", POLICY).etag;
		struct told t =
		    people_call(s, &(struct ask){.as = "ada",
				       .method = changes[i].body ? HTTP_PUT : HTTP_DELETE,
				       .path = POLICY,
				       .body = changes[i].body,
				       .if_match = etag});
		int64_t id = people_requested(&t);
		const char *first = strstr(t.body, "\"requirements\":");

		cr_expect_str_eq(people_member(s, first, "approvals"), changes[i].wanted, "%s: %s",
		    changes[i].claim, first);
		EXPECT(people_approve(s, "bob", id), 200, "");
		EXPECT(people_step(s, "ada", id, "redeem"), 403, "approval.lacking");
		EXPECT(people_approve(s, "carol", id), 200, "");
		t = people_step(s, "ada", id, "redeem");
		if (strcmp(changes[i].wanted, "3") == 0) {
			EXPECT(t, 403, "approval.lacking");
			EXPECT(people_approve(s, "gina", id), 200, "");
			t = people_step(s, "ada", id, "redeem");
		}
		/* A rule may name a role of which the requester alone would be: the new rule
		 * counts. */
		if (i == 1)
			EXPECT(t, 403, "approval.lacking");
		else
			cr_expect(t.status == 200 || t.status == 204, "%s: %d %s", changes[i].claim,
			    t.status, t.message);
		request_scene_policy(s, two_officers);
	}
	request_scene_free(s);
}

/* A request asked under a rule stays under it, whatever becomes of the rule. */
Test(api_request, a_rule_that_was_loosened_since_still_holds_for_what_was_asked_before)
{
	struct request_scene *s = scene_with(two_officers);
	int64_t id = ask_wider(s);

	EXPECT(people_approve(s, "bob", id), 200, "");
	request_scene_policy(s,
	    "{kind: approval-policy, name: two, acts: [role.change], approvals: 1, "
	    "role: officer, expires: 1d}");
	EXPECT(people_step(s, "ada", id, "redeem"), 403, "approval.lacking");
	EXPECT(people_approve(s, "carol", id), 200, "");
	EXPECT(people_step(s, "ada", id, "redeem"), 200, "");
	request_scene_free(s);
}

/* ---- two at once ---- */

struct redeemer {
	struct request_scene *s;
	struct db *db;
	const char *who, *path;
	pthread_barrier_t *start;
	pthread_t thread;
	struct told told;
};

static void *redeem(void *context)
{
	struct redeemer *r = context;
	struct request_scene own = *r->s; /* an arena of its own */

	own.arena = (struct arena){0};
	pthread_barrier_wait(r->start);
	r->told = people_call(
	    &own, &(struct ask){.as = r->who, .method = HTTP_POST, .path = r->path, .db = r->db});
	r->told.body = NULL;
	arena_free(&own.arena);
	return NULL;
}

Test(api_request, of_many_redeemers_at_once_exactly_one_changes_policy)
{
	static const char *const who[] = {"ada", "ada", "bob", "carol"};
	struct request_scene *s = scene_with(two_officers);

	for (int round = 0; round < 5; round++) {
		struct redeemer r[COUNT(who)];
		struct told t = people_put(s, "ada", ROLE, round % 2 ? OTHER : WIDER);
		int64_t id = people_requested(&t);
		long long before = pg_number(&s->database, "SELECT version FROM policy_version");
		pthread_barrier_t start;
		char path[64];
		int done = 0;

		EXPECT(people_approve(s, "bob", id), 200, "");
		EXPECT(people_approve(s, "carol", id), 200, "");
		snprintf(path, sizeof path, "/api/v1/requests/%lld/redeem", (long long)id);
		pthread_barrier_init(&start, NULL, COUNT(who));
		for (size_t i = 0; i < COUNT(who); i++) {
			r[i] = (struct redeemer){.s = s,
			    .db = pg_open(&s->database),
			    .who = who[i],
			    .path = path,
			    .start = &start};
			cr_assert_eq(pthread_create(&r[i].thread, NULL, redeem, &r[i]), 0);
		}
		for (size_t i = 0; i < COUNT(who); i++) {
			pthread_join(r[i].thread, NULL);
			db_close(r[i].db);
			done += r[i].told.status == 200;
			if (r[i].told.status != 200)
				cr_expect_str_eq(r[i].told.code, "request.ended", "%d %s",
				    r[i].told.status, r[i].told.message);
		}
		pthread_barrier_destroy(&start);
		cr_expect_eq(done, 1);
		cr_expect_eq(
		    pg_number(&s->database, "SELECT version FROM policy_version"), before + 1);
	}
	request_scene_free(s);
}

static void *disable_carol(void *context)
{
	struct redeemer *r = context;
	struct request_scene own = *r->s;

	own.db = r->db;
	pthread_barrier_wait(r->start);
	request_scene_policy(&own, "{kind: principal, name: carol, type: person, disabled: true}");
	return NULL;
}

/* Either the act comes first, or the approver no longer counts: never both the other way round. */
Test(api_request, redeeming_against_disabling_an_approver)
{
	struct request_scene *s = scene_with(two_officers);

	for (int round = 0; round < 5; round++) {
		struct redeemer r[2] = {{.s = s, .who = "ada"}, {.s = s}};
		struct told t = people_put(s, "ada", ROLE, round % 2 ? OTHER : WIDER);
		int64_t id = people_requested(&t);
		pthread_barrier_t start;
		char path[64];

		EXPECT(people_approve(s, "bob", id), 200, "");
		EXPECT(people_approve(s, "carol", id), 200, "");
		snprintf(path, sizeof path, "/api/v1/requests/%lld/redeem", (long long)id);
		pthread_barrier_init(&start, NULL, 2);
		for (int i = 0; i < 2; i++) {
			r[i].start = &start;
			r[i].path = path;
			r[i].db = pg_open(&s->database);
			cr_assert_eq(
			    pthread_create(&r[i].thread, NULL, i ? disable_carol : redeem, &r[i]),
			    0);
		}
		for (int i = 0; i < 2; i++) {
			pthread_join(r[i].thread, NULL);
			db_close(r[i].db);
		}
		pthread_barrier_destroy(&start);
		if (r[0].told.status == 200)
			cr_expect_str_eq(
			    pg_value(&s->database,
				"SELECT name FROM policy_change WHERE kind IN ('role', "
				"'principal') ORDER BY id DESC"),
			    "carol");
		else
			cr_expect_str_eq(
			    r[0].told.code, "approval.lacking", "%s", r[0].told.message);
		request_scene_again(s);
		(void)people_step(s, "ada", id, "withdraw");
	}
	request_scene_free(s);
}

/* ---- tokens for one request ---- */

static int64_t token(struct request_scene *s)
{
	pg_exec(&s->database,
	    "INSERT INTO token (jti, principal, created_by, created_at, expires_at, one_request) "
	    "VALUES (sha256(random()::text::bytea), 'ci', 'oidc:forge', now(), now() + '1 hour', true)");
	return pg_number(&s->database, "SELECT max(id) FROM token");
}

static long long bound(struct request_scene *s, int64_t id)
{
	char sql[80];

	snprintf(sql, sizeof sql, "SELECT coalesce(request_id, 0) FROM token WHERE id = %lld",
	    (long long)id);
	return pg_number(&s->database, sql);
}

static struct ask by_token(struct request_scene *s, int64_t id, const char *body)
{
	return (struct ask){.as = "ci",
	    .person = "gina",
	    .token_id = id,
	    .request_id = bound(s, id),
	    .method = HTTP_PUT,
	    .path = ROLE,
	    .body = body,
	    .if_match = people_get(s, "ada", ROLE).etag};
}

Test(api_request, a_token_for_one_request_makes_one)
{
	struct request_scene *s = scene_with(two_officers);
	int64_t t = token(s), id, others = ask_wider(s);
	struct ask ask = by_token(s, t, WIDER);
	struct told told = people_call(s, &ask);
	char path[64];

	id = people_requested(&told);
	cr_expect_eq(bound(s, t), id, "the token was not bound to its request");
	/* The retry finds it; another act is refused, even by who still believes to be unbound. */
	told = people_call(s, &ask);
	cr_expect_eq(people_requested(&told), id);
	ask.body = OTHER;
	EXPECT(people_call(s, &ask), 403, "request.one");
	ask = by_token(s, t, OTHER);
	EXPECT(people_call(s, &ask), 403, "request.one");
	ask.path = "/api/v1/requests";
	ask.method = HTTP_GET;
	ask.body = ask.if_match = NULL;
	EXPECT(people_call(s, &ask), 403, "request.one");
	ask.path = "/api/v1/roles/admin";
	EXPECT(people_call(s, &ask), 403, "request.one");
	snprintf(path, sizeof path, "/api/v1/requests/%lld", (long long)others);
	ask.path = path;
	EXPECT(people_call(s, &ask), 403, "request.one");
	snprintf(path, sizeof path, "/api/v1/requests/%lld", (long long)id);
	EXPECT(people_call(s, &ask), 200, "");
	EXPECT(people_approve(s, "bob", id), 200, "");
	EXPECT(people_approve(s, "carol", id), 200, "");
	ask.method = HTTP_POST;
	snprintf(path, sizeof path, "/api/v1/requests/%lld/redeem", (long long)id);
	EXPECT(people_call(s, &ask), 200, "");
	cr_expect(is_wider(s));
	request_scene_free(s);
}

Test(api_request, where_nobody_need_agree_a_token_for_one_request_still_has_one)
{
	struct request_scene *s = request_scene_new();
	int64_t t = token(s);
	struct ask ask = by_token(s, t, "{\"permissions\":[\"policy.read\"]}");

	/* What changes nothing is no act. */
	EXPECT(people_call(s, &ask), 200, "");
	cr_expect_eq(bound(s, t), 0);
	ask = by_token(s, t, WIDER);
	EXPECT(people_call(s, &ask), 200, "");
	cr_expect(bound(s, t) > 0);
	cr_expect_str_eq(
	    pg_value(&s->database, "SELECT state || ' ' || requester FROM request"), "redeemed ci");
	ask = by_token(s, t, OTHER);
	EXPECT(people_call(s, &ask), 403, "request.one");
	cr_expect(is_wider(s), "what was refused was done all the same");
	t = token(s);
	pg_exec(&s->database, "UPDATE token SET revoked_at = now(), revoked_by = 'ada'");
	ask = by_token(s, t, OTHER);
	EXPECT(people_call(s, &ask), 403, "request.one");
	cr_expect(is_wider(s));
	request_scene_free(s);
}

/* ---- other acts ---- */

Test(api_request, a_device_is_retired_by_agreement)
{
	struct request_scene *s = request_scene_new();
	struct ask ask = {.as = "ada",
	    .method = HTTP_PATCH,
	    .path = "/api/v1/devices/1",
	    .body = "{\"state\":\"retired\"}"};
	struct told t;
	int64_t id;

	request_scene_policy(s,
	    "{kind: devices, product: x100, serials: [A1, A2]}\n---\n"
	    "{kind: approval-policy, name: two, acts: [device.change], products: "
	    "[x100], approvals: 2, role: officer, expires: 1d}");
	ask.if_match = people_get(s, "ada", ask.path).etag;
	t = people_call(s, &ask);
	id = people_requested(&t);
	cr_expect(strstr(t.body, "\"new\":\"retired\""), "%s", t.body);
	cr_expect(strstr(t.body, "\"product\":\"x100\""), "%s", t.body);
	/* dave is an officer for x100 alone: enough for this. */
	EXPECT(people_approve(s, "dave", id), 200, "");
	EXPECT(people_step(s, "dave", id, "redeem"), 403, "approval.lacking");
	EXPECT(people_approve(s, "bob", id), 200, "");
	EXPECT(people_step(s, "ada", id, "redeem"), 200, "");
	cr_expect_str_eq(
	    pg_value(&s->database, "SELECT state FROM device WHERE id = 1"), "retired");
	request_scene_free(s);
}

Test(api_request, a_secret_is_the_requesters_alone)
{
	struct request_scene *s = request_scene_new();
	struct told t;
	int64_t id;

	request_scene_policy(s,
	    "{kind: approval-policy, name: two, acts: [token.create], approvals: 1, "
	    "role: officer, expires: 1d}");
	t = people_post(s, "ada", "/api/v1/tokens", "{\"principal\":\"vic\"}");
	id = people_requested(&t);
	EXPECT(people_approve(s, "bob", id), 200, "");
	EXPECT(people_step(s, "bob", id, "redeem"), 403, "request.not-yours");
	request_scene_free(s);
}

/* The call's row was changed behind the server's back: the digest no longer fits it. */
Test(api_request, a_stored_call_that_was_tampered_with_is_refused)
{
	struct request_scene *s = scene_with(two_officers);
	int64_t id = ask_wider(s);

	EXPECT(people_approve(s, "bob", id), 200, "");
	EXPECT(people_approve(s, "carol", id), 200, "");
	pg_exec(&s->database,
	    "UPDATE request SET body = '{\"permissions\":[\"policy.read\",\"access.manage\"]}'");
	EXPECT(people_step(s, "ada", id, "redeem"), 409, "request.changed");
	request_scene_free(s);
}
