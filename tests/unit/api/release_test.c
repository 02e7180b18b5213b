/* tests/unit/api/release_test.c: releases by the API, from the draft to what was signed. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/api/release_scene.h"

TestSuite(api_release, .timeout = 300);

#define RELEASES "/api/v1/releases"

/* ---- drafts ---- */

Test(api_release, the_same_draft_again_is_the_same_release)
{
	struct request_scene *s = release_scene_new();
	const int64_t id = release_draft(s, "beta", "1.0");
	struct told again = people_post(s, "ada", RELEASES, release_body(s, "beta", "1.0"));

	EXPECT(again, 200, "");
	cr_expect_eq(strtoll(people_member(s, again.body, "id"), NULL, 10), id);
	cr_expect_str_eq(people_member(s, again.body, "state"), "draft");
	/* Somebody else's, or of other content, is not. */
	EXPECT(
	    people_post(s, "ci", RELEASES, release_body(s, "beta", "1.0")), 409, "release.exists");
	EXPECT(people_post(s, "ada", RELEASES,
		   "{\"product\":\"x100\",\"channel\":\"beta\",\"version\":\"1.0\",\"components\":"
		   "[{\"id\":\"main\",\"digests\":{\"sha256\":"
		   "\"00b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"},"
		   "\"size\":7}]}"),
	    409, "release.exists");
	cr_expect_eq(pg_number(&s->database, "SELECT count(*) FROM release"), 1);
	request_scene_free(s);
}

static const struct {
	const char *name, *body, *code;
	int status;
} bad[] = {
    {"unknown member",
	"{\"product\":\"x100\",\"channel\":\"beta\",\"version\":\"1\",\"firmware\":1}",
	"body.member", 400},
    {"no component",
	"{\"product\":\"x100\",\"channel\":\"beta\",\"version\":\"1\",\"components\":[]}",
	"body.member", 400},
    {"a digest that is too short",
	"{\"product\":\"x100\",\"channel\":\"beta\",\"version\":\"1\",\"components\":[{\"id\":\"a\","
	"\"size\":1,\"digests\":{\"sha256\":\"00\"}}]}",
	"body.member", 400},
    {"no digest",
	"{\"product\":\"x100\",\"channel\":\"beta\",\"version\":\"1\",\"components\":[{\"id\":\"a\","
	"\"size\":1,\"digests\":{}}]}",
	"release.component", 400},
    {"a size below nothing",
	"{\"product\":\"x100\",\"channel\":\"beta\",\"version\":\"1\",\"components\":[{\"id\":\"a\","
	"\"size\":-1,\"digests\":{}}]}",
	"body.member", 400},
    {"a channel without a document",
	"{\"product\":\"x100\",\"channel\":\"gamma\",\"version\":\"1\",\"components\":[{\"id\":\"a\","
	"\"size\":1,\"digests\":{\"sha256\":"
	"\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"}}]}",
	"release.channel", 403},
    {"no product",
	"{\"product\":\"z\",\"channel\":\"beta\",\"version\":\"1\",\"components\":[{\"id\":\"a\","
	"\"size\":1,\"digests\":{}}]}",
	"object.unknown", 404},
};

Test(api_release, drafts_are_read_strictly)
{
	struct request_scene *s = release_scene_new();

	for (size_t i = 0; i < COUNT(bad); i++) {
		const struct told t = people_post(s, "ada", RELEASES, bad[i].body);

		cr_expect_eq(
		    t.status, bad[i].status, "%s: %d %s", bad[i].name, t.status, t.message);
		cr_expect_str_eq(t.code, bad[i].code, "%s: %s", bad[i].name, t.code);
	}
	cr_expect_eq(pg_number(&s->database, "SELECT count(*) FROM release"), 0);
	request_scene_free(s);
}

/* ---- who sees what ---- */

static size_t listed(struct request_scene *s, const char *as, const char *query)
{
	const struct told t = people_call(
	    s, &(struct ask){.as = as, .method = HTTP_GET, .path = RELEASES, .query = query});
	size_t n = 0;

	cr_assert_eq(t.status, 200, "%s", t.message);
	for (const char *at = t.body; (at = strstr(at, "\"class_id\"")); at++)
		n++;
	return n;
}

Test(api_release, a_binding_reaches_its_products_and_channels_alone)
{
	struct request_scene *s = release_scene_new();
	const int64_t stable = release_draft(s, "stable", "1.0");
	const int64_t beta = release_draft(s, "beta", "1.1");

	cr_expect_eq(listed(s, "ada", NULL), 2);
	cr_expect_eq(listed(s, "ada", "channel=beta"), 1);
	cr_expect_eq(listed(s, "ada", "version=1.0&state=draft"), 1);
	cr_expect_eq(listed(s, "ada", "state=signed"), 0);
	cr_expect_eq(listed(s, "ada", "limit=1"), 1);
	cr_expect_eq(listed(s, "dan", NULL), 1);
	cr_expect_eq(listed(s, "dan", "channel=stable"), 0);
	cr_expect_eq(listed(s, "eve", NULL), 0);
	EXPECT(people_get(s, "dan", release_path(s, beta, "")), 200, "");
	EXPECT(people_get(s, "dan", release_path(s, stable, "")), 404, "release.unknown");
	EXPECT(people_get(s, "eve", release_path(s, beta, "manifest")), 404, "release.unknown");
	EXPECT(people_get(s, "vic", release_path(s, beta, "")), 403, "access.denied");
	EXPECT(people_get(s, "ada", release_path(s, 987654321, "")), 404, "release.unknown");
	EXPECT(
	    people_post(s, "dan", RELEASES, release_body(s, "stable", "2")), 403, "access.denied");
	EXPECT(people_post(s, "eve", RELEASES, release_body(s, "beta", "2")), 403, "access.denied");
	EXPECT(people_post(s, "dan", RELEASES, release_body(s, "beta", "2")), 201, "");
	EXPECT(release_do(s, "dan", stable, "sign"), 404, "release.unknown");
	request_scene_free(s);
}

/* ---- signing ---- */

static const char *const formats[] = {"suit", "jws", "cms"};

Test(api_release, what_needs_nobody_is_signed_at_once)
{
	struct request_scene *s = release_scene_new();
	const int64_t id = release_draft(s, "beta", "1.0");
	struct told t;

	for (size_t i = 0; i < COUNT(formats); i++)
		EXPECT(people_get(s, "ada", release_path(s, id, formats[i])), 409, "release.state");
	EXPECT(people_get(s, "ada", release_path(s, id, "bundle")), 409, "release.state");
	t = release_do(s, "ada", id, "sign");
	EXPECT(t, 200, "");
	cr_expect_str_eq(people_member(s, t.body, "state"), "signed");
	cr_expect_str_eq(release_state(s, id), "signed");
	/* Again: as it is. */
	EXPECT(release_do(s, "ada", id, "sign"), 200, "");
	cr_expect_eq(pg_number(&s->database, "SELECT count(*) FROM release_signature"), 1);
	cr_expect_eq(
	    pg_number(&s->database, "SELECT count(*) FROM log_entry WHERE kind = 'release.signed'"),
	    1);
	for (size_t i = 0; i < COUNT(formats); i++) {
		t = people_get(s, "ada", release_path(s, id, formats[i]));
		EXPECT(t, 200, "");
		cr_expect_eq(t.etag ? strlen(t.etag) : 0, 66);
	}
	t = people_get(s, "ada", release_path(s, id, "manifest"));
	cr_expect_not_null(strstr(t.body, "\"format\":\"signet-manifest/1\""), "%s", t.body);
	/* Nobody integrates the log here. */
	EXPECT(people_get(s, "ada", release_path(s, id, "bundle")), 503, "log.pending");
	EXPECT(release_do(s, "ada", id, "publish"), 503, "log.pending");
	cr_expect_str_eq(release_state(s, id), "signed");
	request_scene_free(s);
}

Test(api_release, a_channel_s_officers_agree_first)
{
	struct request_scene *s = release_scene_new();
	const int64_t id = release_draft(s, "stable", "1.0");
	struct told t = release_do(s, "ada", id, "sign");
	const int64_t request = people_requested(&t);

	cr_expect_str_eq(release_state(s, id), "requested");
	t = release_do(s, "ada", id, "sign");
	cr_expect_eq(people_requested(&t), request, "the same call is another request");
	t = people_get(s, "ada", release_path(s, id, ""));
	cr_expect_str_eq(people_member(s, t.body, "role"), "officer");
	EXPECT(people_step(s, "ada", request, "redeem"), 403, "approval.lacking");
	EXPECT(people_approve(s, "bob", request), 200, "");
	cr_expect_str_eq(release_state(s, id), "requested");
	EXPECT(people_approve(s, "carol", request), 200, "");
	cr_expect_str_eq(release_state(s, id), "approved");
	t = people_step(s, "bob", request, "redeem");
	EXPECT(t, 200, "");
	cr_expect_str_eq(people_member(s, t.body, "state"), "signed");
	cr_expect_not_null(strstr(t.body, "\"approver\":\"bob\""), "%s", t.body);
	cr_expect_not_null(strstr(t.body, "\"approver\":\"carol\""), "%s", t.body);
	cr_expect_str_eq(
	    pg_value(&s->database,
		"SELECT string_agg(step || ' ' || who, ', ' ORDER BY id) FROM release_step"),
	    "created ada, requested ada, approved carol, signed ada");
	EXPECT(people_step(s, "ada", request, "redeem"), 409, "request.ended");
	request_scene_free(s);
}

static const struct {
	const char *who, *step;
} ends[] = {{"ada", "withdraw"}, {"bob", "reject"}};

Test(api_release, a_request_that_ends_brings_back_the_draft)
{
	struct request_scene *s = release_scene_new();
	const int64_t id = release_draft(s, "stable", "1.0");

	for (size_t i = 0; i < COUNT(ends); i++) {
		struct told t = release_do(s, "ada", id, "sign");
		const int64_t request = people_requested(&t);

		EXPECT(people_step(s, ends[i].who, request, ends[i].step), 200, "");
		cr_expect_str_eq(release_state(s, id), "draft", "%s", ends[i].step);
		EXPECT(people_step(s, "ada", request, "redeem"), 409, "request.ended");
	}
	request_scene_free(s);
}

Test(api_release, the_requester_and_the_person_behind_a_run_do_not_count)
{
	struct request_scene *s = release_scene_new();
	const int64_t id = release_draft(s, "stable", "1.0");
	struct ask ask = {
	    .as = "ci", .person = "bob", .method = HTTP_POST, .path = release_path(s, id, "sign")};
	struct told t = people_call(s, &ask);
	const int64_t request = people_requested(&t);

	EXPECT(people_approve(s, "bob", request), 403, "approval.own");
	EXPECT(people_approve(s, "carol", request), 200, "");
	EXPECT(people_step(s, "ci", request, "redeem"), 403, "approval.lacking");
	EXPECT(people_approve(s, "gina", request), 200, "");
	EXPECT(people_step(s, "ci", request, "redeem"), 200, "");
	request_scene_free(s);
}

/* ---- where a run comes from ---- */

#define RUN(event, id, ref, safe)                                                      \
	"{\"event\":\"" event "\",\"issuer\":\"https://forge.example\",\"ref\":\"" ref \
	"\",\"ref_protected\":" safe ",\"repository\":\"acme/x100\",\"repository_id\":\"" id "\"}"

static const struct {
	const char *run, *code;
	int status;
} runs[] = {
    {NULL, "release.source", 403},
    {RUN("push", "2", "refs/heads/main", "true"), "release.source", 403},
    {RUN("push", "1", "refs/heads/other", "true"), "release.source", 403},
    {RUN("push", "1", "refs/heads/main", "false"), "release.ref", 403},
    {RUN("pull_request", "1", "refs/heads/main", "true"), "release.fork", 403},
    {RUN("pull_request_target", "1", "refs/heads/main", "true"), "release.fork", 403},
    {RUN("merge_request_event", "1", "refs/heads/main", "true"), "release.fork", 403},
    {RUN("push", "1", "refs/heads/main", "true"), "", 201},
};

static int64_t run_token(struct request_scene *s, const char *provenance)
{
	return strtoll(
	    pg_value(&s->database,
		arena_printf(&s->arena,
		    "INSERT INTO token (jti, principal, created_by, created_at, expires_at, "
		    "one_request, provenance) VALUES (sha256(random()::text::bytea), 'ci', "
		    "'oidc:forge', now(), now() + '1 hour', true, %s%s%s) RETURNING id",
		    provenance ? "'" : "", provenance ? provenance : "NULL",
		    provenance ? "'" : "")),
	    NULL, 10);
}

static struct told by_run(struct request_scene *s, int64_t token, const char *run,
    int64_t release_id, enum http_method method, const char *path, const char *body)
{
	return people_call(s, &(struct ask){.as = "ci",
				  .person = "gina",
				  .token_id = token,
				  .release_id = release_id,
				  .provenance = run,
				  .method = method,
				  .path = path,
				  .body = body});
}

Test(api_release, a_channel_s_sources_are_where_its_releases_come_from)
{
	struct request_scene *s = release_scene_new();

	for (size_t i = 0; i < COUNT(runs); i++) {
		const int64_t token = run_token(s, runs[i].run);
		const struct told t = by_run(
		    s, token, runs[i].run, 0, HTTP_POST, RELEASES, release_body(s, "made", "1.0"));

		cr_expect_eq(
		    t.status, runs[i].status, "%s: %d %s", runs[i].run, t.status, t.message);
		cr_expect_str_eq(t.code, runs[i].code, "%s: %s", runs[i].run, t.code);
	}
	/* Nor does somebody else sign what the right run has made. */
	EXPECT(release_do(s, "ada", 1, "sign"), 403, "release.source");
	cr_expect_not_null(strstr(
	    people_get(s, "ada", release_path(s, 1, "")).body, "\"repository\":\"acme/x100\""));
	request_scene_free(s);
}

/* ---- tokens for one release ---- */

#define GOOD_RUN RUN("push", "1", "refs/heads/main", "true")

static int64_t bound_to(struct request_scene *s, int64_t token)
{
	return pg_number(&s->database,
	    arena_printf(&s->arena, "SELECT coalesce(release_id, 0) FROM token WHERE id = %lld",
		(long long)token));
}

static int64_t made_by(
    struct request_scene *s, int64_t token, const char *channel, const char *version)
{
	const struct told t =
	    by_run(s, token, GOOD_RUN, 0, HTTP_POST, RELEASES, release_body(s, channel, version));

	cr_assert(t.status == 201 || t.status == 200, "%d %s: %s", t.status, t.code, t.message);
	return strtoll(people_member(s, t.body, "id"), NULL, 10);
}

/* What a token is good for that has made release 7; other: another's id stands in the path. */
static const struct {
	enum http_method method;
	const char *step;
	int status;
} uses[] = {
    {HTTP_GET, "", 200},
    {HTTP_GET, "manifest", 200},
    {HTTP_POST, "sign", 200},
    {HTTP_GET, "suit", 200},
    {HTTP_GET, "jws", 200},
    {HTTP_GET, "cms", 200},
    {HTTP_GET, "bundle", 503},
    {HTTP_POST, "publish", 503},
};
static const struct {
	enum http_method method;
	const char *path, *body;
} elsewhere[] = {
    {HTTP_GET, RELEASES, NULL},
    {HTTP_GET, "/api/v1/requests", NULL},
    {HTTP_GET, "/api/v1/tokens", NULL},
    {HTTP_POST, "/api/v1/tokens", "{}"},
    {HTTP_GET, "/api/v1/channels/x100-beta", NULL},
    {HTTP_GET, "/api/v1/trust-statements", NULL},
    {HTTP_POST, "/api/v1/devices", "{\"product\":\"x100\",\"serials\":[\"A\"]}"},
    {HTTP_POST, "/api/v1/signing-keys", "{\"name\":\"more\"}"},
};

Test(api_release, a_run_s_token_is_good_for_the_release_that_it_made)
{
	struct request_scene *s = release_scene_new();
	const int64_t token = run_token(s, GOOD_RUN), other = release_draft(s, "beta", "0.9");
	const int64_t id = made_by(s, token, "beta", "1.0");

	cr_expect_eq(bound_to(s, token), id);
	for (size_t i = 0; i < COUNT(uses); i++) {
		struct told t = by_run(s, token, GOOD_RUN, id, uses[i].method,
		    release_path(s, id, uses[i].step), NULL);

		cr_expect_eq(t.status, uses[i].status, "%s: %d %s", uses[i].step, t.status, t.code);
		t = by_run(s, token, GOOD_RUN, id, uses[i].method,
		    release_path(s, other, uses[i].step), NULL);
		cr_expect_str_eq(t.code, "request.one", "%s of another: %s", uses[i].step, t.code);
	}
	for (size_t i = 0; i < COUNT(elsewhere); i++)
		cr_expect_str_eq(by_run(s, token, GOOD_RUN, id, elsewhere[i].method,
				     elsewhere[i].path, elsewhere[i].body)
				     .code,
		    "request.one", "%s", elsewhere[i].path);
	EXPECT(by_run(s, token, GOOD_RUN, id, HTTP_POST, release_path(s, id, "recall"), "{}"), 403,
	    "request.one");
	/* The same again is the same; another is another's token. */
	cr_expect_eq(made_by(s, token, "beta", "1.0"), id);
	EXPECT(by_run(s, token, GOOD_RUN, id, HTTP_POST, RELEASES, release_body(s, "beta", "1.1")),
	    403, "request.one");
	cr_expect_eq(pg_number(&s->database, "SELECT count(*) FROM release"), 2);
	cr_expect_eq(pg_number(&s->database, "SELECT count(*) FROM request"), 0);
	request_scene_free(s);
}

Test(api_release, a_run_s_token_follows_the_request_of_its_release)
{
	struct request_scene *s = release_scene_new();
	const int64_t first = run_token(s, GOOD_RUN), second = run_token(s, GOOD_RUN);
	const int64_t id = made_by(s, first, "stable", "1.0");
	struct told t =
	    by_run(s, first, GOOD_RUN, id, HTTP_POST, release_path(s, id, "sign"), NULL);
	const int64_t request = people_requested(&t);
	const char *path = arena_printf(&s->arena, "/api/v1/requests/%lld", (long long)request);
	const int64_t others = release_draft(s, "stable", "2.0");
	const char *strange;

	EXPECT(by_run(s, first, GOOD_RUN, id, HTTP_GET, path, NULL), 200, "");
	/* The run is started again: another token, the same release, the same request. */
	cr_expect_eq(made_by(s, second, "stable", "1.0"), id);
	t = by_run(s, second, GOOD_RUN, id, HTTP_POST, release_path(s, id, "sign"), NULL);
	cr_expect_eq(people_requested(&t), request);
	EXPECT(by_run(s, second, GOOD_RUN, id, HTTP_GET, path, NULL), 200, "");
	t = release_do(s, "ada", others, "sign");
	strange = arena_printf(&s->arena, "/api/v1/requests/%lld", (long long)people_requested(&t));
	EXPECT(by_run(s, first, GOOD_RUN, id, HTTP_GET, strange, NULL), 403, "request.one");
	EXPECT(people_approve(s, "bob", request), 200, "");
	EXPECT(people_approve(s, "carol", request), 200, "");
	EXPECT(by_run(s, second, GOOD_RUN, id, HTTP_POST,
		   arena_printf(&s->arena, "%s/redeem", path), NULL),
	    200, "");
	cr_expect_str_eq(release_state(s, id), "signed");
	EXPECT(
	    by_run(s, second, GOOD_RUN, id, HTTP_GET, release_path(s, id, "suit"), NULL), 200, "");
	request_scene_free(s);
}

Test(api_release, a_token_that_made_a_request_makes_no_release)
{
	struct request_scene *s = release_scene_new();
	const int64_t token = run_token(s, GOOD_RUN);
	struct ask ask = {.as = "ci",
	    .token_id = token,
	    .method = HTTP_POST,
	    .path = "/api/v1/devices",
	    .body = "{\"product\":\"x100\",\"serials\":[\"A\"]}"};

	EXPECT(people_call(s, &ask), 200, "");
	ask.path = RELEASES;
	ask.body = release_body(s, "beta", "1.0");
	/* One that believes to have made none: the store knows better. */
	EXPECT(people_call(s, &ask), 403, "request.one");
	ask.request_id = 1;
	EXPECT(people_call(s, &ask), 403, "request.one");
	ask.request_id = 0;
	pg_exec(&s->database, "UPDATE token SET request_id = NULL, revoked_at = now(), "
			      "revoked_by = 'ada'");
	EXPECT(people_call(s, &ask), 403, "request.one");
	cr_expect_eq(pg_number(&s->database, "SELECT count(*) FROM release"), 0);
	request_scene_free(s);
}

/* ---- two at once ---- */

struct racer {
	struct request_scene *scene;
	struct db *db;
	const char *as, *path, *body;
	int64_t token;
	int status;
	pthread_t thread;
};

static void *race(void *context)
{
	struct racer *r = context;
	struct request_scene s = *r->scene;

	s.arena = (struct arena){0};
	r->status = people_call(&s, &(struct ask){.as = r->as,
					.token_id = r->token,
					.method = HTTP_POST,
					.path = r->path,
					.body = r->body,
					.db = r->db})
			.status;
	arena_free(&s.arena);
	return NULL;
}

/* Both, each on a connection of its own. */
static void race_both(struct racer r[static 2])
{
	for (int i = 0; i < 2; i++) {
		r[i].db = pg_open(&r[i].scene->database);
		cr_assert_eq(pthread_create(&r[i].thread, NULL, race, &r[i]), 0);
	}
	for (int i = 0; i < 2; i++) {
		pthread_join(r[i].thread, NULL);
		db_close(r[i].db);
	}
}

Test(api_release, the_same_draft_and_the_same_signature_twice_at_once_are_one)
{
	struct request_scene *s = release_scene_new();

	for (int round = 0; round < 8; round++) {
		const char *version = arena_printf(&s->arena, "%d", round);
		const struct racer draft = {.scene = s,
		    .as = "ada",
		    .path = RELEASES,
		    .body = release_body(s, "beta", version)};
		struct racer r[2] = {draft, draft};
		int64_t id;

		race_both(r);
		cr_expect_eq((r[0].status == 201) + (r[1].status == 201), 1, "%d and %d",
		    r[0].status, r[1].status);
		cr_expect_eq((r[0].status == 200) + (r[1].status == 200), 1, "%d and %d",
		    r[0].status, r[1].status);
		id = pg_number(&s->database, "SELECT max(id) FROM release");
		r[0].path = r[1].path = release_path(s, id, "sign");
		r[0].body = r[1].body = NULL;
		race_both(r);
		cr_expect(r[0].status == 200 && r[1].status == 200, "%d and %d", r[0].status,
		    r[1].status);
		cr_expect_str_eq(release_state(s, id), "signed");
	}
	cr_expect_eq(pg_number(&s->database, "SELECT count(*) FROM release"), 8);
	cr_expect_eq(pg_number(&s->database, "SELECT count(*) FROM release_signature"), 8);
	cr_expect_eq(
	    pg_number(&s->database, "SELECT count(*) FROM release_step WHERE step = 'signed'"), 8);
	request_scene_free(s);
}

Test(api_release, one_token_makes_one_release_though_two_are_asked_for_at_once)
{
	struct request_scene *s = release_scene_new();

	for (int round = 0; round < 8; round++) {
		struct racer r[2];
		const int64_t token = run_token(s, NULL);

		for (int i = 0; i < 2; i++)
			r[i] = (struct racer){.scene = s,
			    .as = "ci",
			    .path = RELEASES,
			    .token = token,
			    .body = release_body(
				s, "beta", arena_printf(&s->arena, "%d.%d", round, i))};
		race_both(r);
		cr_expect_eq((r[0].status == 201) + (r[1].status == 201), 1, "%d and %d",
		    r[0].status, r[1].status);
		cr_expect_eq((r[0].status == 403) + (r[1].status == 403), 1);
		cr_expect_eq(pg_number(&s->database, "SELECT count(*) FROM release"), round + 1);
	}
	request_scene_free(s);
}
