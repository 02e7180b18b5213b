/* tests/unit/api/exchange_test.c: a CI's token for one of ours, once. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/attempt.h"
#include "tests/lib/jwt.h"
#include "tests/lib/pki.h"
#include "tests/unit/api/credential_scene.h"

#define EXCHANGE "/api/v1/token-exchange"

static const char *body_of(struct scene *s, const char *token, const char *more)
{
	return arena_printf(&s->arena, "{\"token\":\"%s\"%s}", token, more);
}

/* The token made, in the arena; the test fails where it is refused. */
static const char *exchanged(struct scene *s, const char *token, int64_t *ret_id)
{
	json_t *json = NULL;
	int status = scene_call(s, HTTP_POST, EXCHANGE, NULL, body_of(s, token, ""), &json);
	const char *made =
	    arena_strdup(&s->arena, json_string_value(json_object_get(json, "token")));

	cr_assert_eq(status, 201);
	*ret_id = json_integer_value(json_object_get(json, "id"));
	json_decref(json);
	return made;
}

static const char *code_of(struct scene *s, const char *token)
{
	return scene_code(s, HTTP_POST, EXCHANGE, NULL, body_of(s, token, ""));
}

Test(api_exchange, a_run_becomes_its_principal_with_the_person_behind_it, .timeout = 60)
{
	AUTO_REF(scene) s = scene_new();
	int64_t id;
	const char *token = exchanged(s, scene_ci_token(s, "j1", ""), &id);

	cr_expect_str_eq(pg_value(&s->database,
			     "SELECT concat_ws(' ', principal, person, created_by, one_request, "
			     "permissions IS NULL) FROM token"),
	    "ci-x100 alice oidc:github t t");
	cr_expect_str_eq(scene_code(s, HTTP_GET, "/api/v1/tokens", token, NULL), "request.one");
	/* It is for one request, and no source of other credentials. */
	cr_expect_str_neq(scene_code(s, HTTP_POST, "/api/v1/tokens", token, "{}"), "good");
	cr_expect_eq(pg_number(&s->database, "SELECT count(*) FROM token"), 1);
}

Test(api_exchange, what_the_issuer_said_of_the_run_stays_with_its_token, .timeout = 60)
{
	AUTO_REF(scene) s = scene_new();
	int64_t id;

	(void)exchanged(s,
	    scene_ci_token(s, "j1", ",\"ref\":\"refs/heads/main\",\"ref_protected\":\"true\""),
	    &id);
	cr_expect_str_eq(pg_value(&s->database, "SELECT provenance FROM token"),
	    "{\"issuer\":\"https://ci.example\",\"ref\":\"refs/heads/main\",\"ref_protected\":true,"
	    "\"repository_id\":\"123456\"}");
	/* Others have none. */
	(void)scene_token(s, "alice");
	cr_expect_eq(
	    pg_number(&s->database, "SELECT count(*) FROM token WHERE provenance IS NULL"), 1);
}

Test(api_exchange, a_token_is_exchanged_once, .timeout = 60)
{
	AUTO_REF(scene) s = scene_new();
	const char *token = scene_ci_token(s, "j1", "");
	int64_t id;

	(void)exchanged(s, token, &id);
	cr_expect_str_eq(code_of(s, token), "oidc.replayed");
	/* The same jti in another token is spent as well. */
	cr_expect_str_eq(code_of(s, scene_ci_token(s, "j1", ",\"x\":1")), "oidc.replayed");
	s->retry = "late";
	cr_expect_str_eq(code_of(s, token), "oidc.replayed");
	cr_expect_eq(pg_number(&s->database, "SELECT count(*) FROM token"), 1);
}

/* jti and exp, of the part in the middle. */
static struct span claims_part(const char *token)
{
	const char *first = strchr(token, '.') + 1;

	return span(first, (size_t)(strrchr(token, '.') - first));
}

Test(api_exchange, an_identical_retry_is_given_the_same_token, .timeout = 60)
{
	AUTO_REF(scene) s = scene_new();
	const char *token = scene_ci_token(s, "j1", ""), *first, *second;
	int64_t first_id, second_id;

	s->retry = "retry-1";
	first = exchanged(s, token, &first_id);
	s->now += 30;
	second = exchanged(s, token, &second_id);
	cr_expect_eq(first_id, second_id);
	cr_expect(span_equal(claims_part(first), claims_part(second)));
	cr_expect_str_eq(scene_code(s, HTTP_GET, "/api/v1/tokens", second, NULL), "request.one");
	s->retry = "retry-2";
	cr_expect_str_eq(code_of(s, token), "oidc.replayed");
	s->retry = "retry-1";
	cr_expect_str_eq(code_of(s, scene_ci_token(s, "j1", ",\"x\":1")), "oidc.replayed");
	cr_expect_eq(pg_number(&s->database, "SELECT count(*) FROM log_entry "
					     "WHERE kind = 'token.created'"),
	    1);
}

static const struct bad {
	const char *more, *code, *cause;
} bad[] = {
    /* Before the signature: nothing is told. */
    {"alg", "credential.refused", "jwt.algorithm"}, {"key", "credential.refused", "jwt.signature"},
    {"kid", "credential.refused", "jwt.key-id"}, {"iss", "credential.refused", "jwt.issuer"},
    {"own", "credential.refused", "jwt.issuer"}, /* a token of ours is nobody else's */
};

static const char *bad_token(struct scene *s, const char *what)
{
	AUTO(buf) token = {0};
	EVP_PKEY *key = pki_key("EC-P256");
	const char *claims = strcmp(what, "iss") == 0 ? "{\"iss\":\"https://evil.example\"}"
						      : "{\"iss\":\"https://ci.example\"}";

	if (strcmp(what, "own") == 0)
		buf_put_str(&token, scene_token(s, "alice"));
	else if (strcmp(what, "alg") == 0)
		jwt_sign("{\"alg\":\"none\",\"kid\":\"k1\"}", claims, NULL, &token);
	else
		jwt_sign(strcmp(what, "kid") == 0 ? "{\"alg\":\"ES256\",\"kid\":\"k2\"}"
						  : "{\"alg\":\"ES256\",\"kid\":\"k1\"}",
		    claims, key, &token);
	EVP_PKEY_free(key);
	return arena_strdup(&s->arena, buf_cstr(&token));
}

Test(api_exchange, strangers_are_told_nothing, .timeout = 60)
{
	AUTO_REF(scene) s = scene_new();

	for (size_t i = 0; i < COUNT(bad); i++) {
		cr_expect_str_eq(
		    code_of(s, bad_token(s, bad[i].more)), bad[i].code, "%s", bad[i].more);
		cr_expect(strncmp(scene_cause(s), bad[i].cause, strlen(bad[i].cause)) == 0,
		    "%s: %s", bad[i].more, scene_cause(s));
	}
	cr_expect_eq(pg_number(&s->database, "SELECT count(*) FROM spent_token"), 0);
}

Test(api_exchange, authors_of_runs_are_told_what_does_not_fit, .timeout = 60)
{
	AUTO_REF(scene) s = scene_new();
	static char main_branch[] = "refs/heads/main", ref[] = "ref";

	cr_expect_str_eq(
	    code_of(s, scene_ci_token(s, "j1", ",\"event_name\":\"pull_request\"")), "oidc.fork");
	s->claims[1] = (struct oidc_claim){.claim = ref, .value = main_branch};
	s->rule.claims.count = 2;
	cr_expect_str_eq(code_of(s, scene_ci_token(s, "j2", "")), "oidc.rule");
	cr_expect_str_eq(
	    code_of(s, scene_ci_token(s, "j3", ",\"ref\":\"refs/heads/main\"")), "good");
	s->now += 3600;
	s->principals[2].disabled = true;
	cr_expect_str_eq(
	    code_of(s, scene_ci_token(s, "j4", ",\"ref\":\"refs/heads/main\"")), "token.principal");
}

Test(api_exchange, a_refused_exchange_spends_nothing, .timeout = 60)
{
	AUTO_REF(scene) s = scene_new();
	const char *token = scene_ci_token(s, "j1", "");

	cr_expect_str_eq(
	    scene_code(s, HTTP_POST, EXCHANGE, NULL, body_of(s, token, ",\"ttl\":\"2d\"")),
	    "credential.lifetime");
	cr_expect_str_eq(
	    scene_code(s, HTTP_POST, EXCHANGE, NULL, body_of(s, token, ",\"ttl\":\"12h\"")),
	    "good");
}

Test(api_exchange, who_fails_often_must_wait, .timeout = 60)
{
	AUTO_REF(scene) s = scene_new();

	for (int i = 0; i < ATTEMPT_BURST; i++)
		cr_expect_str_eq(code_of(s, "x"), "credential.refused");
	cr_expect_str_eq(code_of(s, scene_ci_token(s, "j1", "")), "credential.limited");
}

Test(api_exchange, what_is_spent_is_forgotten_when_it_has_ended, .timeout = 60)
{
	AUTO_REF(scene) s = scene_new();
	int64_t id, count = -1;
	struct err err = {0};

	(void)exchanged(s, scene_ci_token(s, "j1", ""), &id);
	cr_assert(spent_token_purge(s->db, s->now + 360, &count, &err).ok, "%s", err.cause);
	cr_expect_eq(count, 0);
	cr_assert(spent_token_purge(s->db, s->now + 361, &count, &err).ok);
	cr_expect_eq(count, 1);
}

/* ---- several at once ---- */

struct racer {
	struct scene *scene;
	const char *body, *retry; /* Idempotency-Key; NULL: none */
	struct db *db;
	int status;
	int64_t id; /* of the token; 0: none */
};

static void *race(void *context)
{
	struct racer *r = context;
	struct arena arena = {0};
	struct http_header headers[] = {
	    {"Content-Type", "application/json"}, {"Idempotency-Key", r->retry}};
	struct peer peer = {.address = "192.0.2.77"};
	struct http_request q = {.id = "0123456789abcdef",
	    .method = HTTP_POST,
	    .path = EXCHANGE,
	    .headers = headers,
	    .header_count = r->retry ? 2 : 1,
	    .body = span_str(r->body),
	    .peer = &peer,
	    .arena = &arena};
	struct call call = {
	    .api = &r->scene->api, .db = r->db, .policy = &r->scene->policy, .request = &q};
	struct http_response response = {.status = 0};
	const struct route *route;
	const char *allow;
	struct err err = {0};

	cr_assert(route_find(
	    LISTENER_OPERATOR, HTTP_POST, EXCHANGE, &arena, &route, &call.segment, &allow, &err)
		      .ok);
	perform(route, &call, &response, &err);
	r->status = response.status;
	if (r->status == 201) {
		json_t *made = json_loadb((const char *)response.body.p, response.body.n, 0, NULL);

		r->id = json_integer_value(json_object_get(made, "id"));
		json_decref(made);
	}
	arena_free(&arena);
	return NULL;
}

#define RACERS 6

/* All with the same token of the CI. */
static void race_all(struct scene *s, const char *jti, const char *retry, struct racer *racers)
{
	const char *body = body_of(s, scene_ci_token(s, jti, ""), "");
	pthread_t threads[RACERS];

	for (size_t i = 0; i < RACERS; i++)
		racers[i] = (struct racer){
		    .scene = s, .body = body, .retry = retry, .db = pg_open(&s->database)};
	for (size_t i = 0; i < RACERS; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
	for (size_t i = 0; i < RACERS; i++) {
		pthread_join(threads[i], NULL);
		db_close(racers[i].db);
	}
}

Test(api_exchange, of_many_at_once_one_is_given_a_token, .timeout = 60)
{
	AUTO_REF(scene) s = scene_new();
	struct racer racers[RACERS];
	int made = 0;

	race_all(s, "j1", NULL, racers);
	for (size_t i = 0; i < RACERS; i++) {
		made += racers[i].status == 201;
		cr_expect(
		    racers[i].status == 201 || racers[i].status == 409, "%d", racers[i].status);
	}
	cr_expect_eq(made, 1);
	cr_expect_eq(pg_number(&s->database, "SELECT count(*) FROM token"), 1);
}

/* Who asks again before the answer came is told the same. */
Test(api_exchange, of_identical_retries_at_once_all_are_given_the_same_token, .timeout = 60)
{
	AUTO_REF(scene) s = scene_new();
	struct racer racers[RACERS];

	race_all(s, "j1", "retry-1", racers);
	for (size_t i = 0; i < RACERS; i++) {
		cr_expect_eq(racers[i].status, 201, "%d", racers[i].status);
		cr_expect_eq(racers[i].id, racers[0].id);
	}
	cr_expect_eq(pg_number(&s->database, "SELECT count(*) FROM token"), 1);
}
