/* tests/unit/api/credential_test.c: who is known, who is not, and who may make credentials for
 * whom. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/attempt.h"
#include "tests/lib/jwt.h"
#include "tests/lib/pki.h"
#include "tests/unit/api/credential_scene.h"

#define TOKENS "/api/v1/tokens"

/* ---- bearer tokens ---- */

Test(api_credential, a_token_of_ours_is_its_principal, .timeout = 60)
{
	AUTO_REF(scene) s = scene_new();
	const char *token = scene_token(s, "bob");
	json_t *json = NULL;

	cr_expect_eq(scene_call(s, HTTP_GET, TOKENS, arena_printf(&s->arena, "bearer  %s", token),
			 NULL, &json),
	    200);
	cr_expect_eq(json_array_size(json_object_get(json, "items")), 1);
	json_decref(json);
	cr_expect_str_eq(scene_code(s, HTTP_GET, TOKENS, NULL, NULL), "credential.required");
}

/* Every answer to a bad credential is the same; only the record says what it was. */
static void expect_refused(struct scene *s, const char *token, const char *cause)
{
	json_t *json = NULL;
	int status;

	s->address = arena_printf(&s->arena, "2001:db8:%x::1", rand() & 0xffff);
	status = scene_call(
	    s, HTTP_GET, TOKENS, arena_printf(&s->arena, "Bearer %s", token), NULL, &json);
	cr_expect_eq(status, 401, "%s: %d", cause, status);
	cr_expect_str_eq(json_string_value(json_object_get(json, "code")), "credential.refused");
	cr_expect_str_eq(
	    json_string_value(json_object_get(json, "detail")), "the credential is not good here");
	cr_expect(strncmp(scene_cause(s), cause, strlen(cause)) == 0, "%s instead of %s",
	    scene_cause(s), cause);
	json_decref(json);
}

/* Our own key's SPKI, as a thief of the database would have it, as PEM. */
static const char *public_pem(struct scene *s)
{
	const char *base64 = pg_value(
	    &s->database, "SELECT translate(encode(spki, 'base64'), E'\\n', '') FROM service_key");

	return arena_printf(
	    &s->arena, "-----BEGIN PUBLIC KEY-----\n%s\n-----END PUBLIC KEY-----\n", base64);
}

/* The claims of a good token, and its kid. */
static const char *good_claims(struct scene *s)
{
	const char *issuer =
	    arena_strdup(&s->arena, pg_value(&s->database, "SELECT issuer FROM service_key"));

	return arena_printf(&s->arena,
	    "{\"iss\":\"%s\",\"aud\":\"signet\",\"sub\":\"alice\","
	    "\"jti\":\"00112233445566778899aabbccddeeff\",\"iat\":%lld,\"exp\":%lld}",
	    issuer, (long long)s->now, (long long)s->now + 3600);
}

static const char *good_kid(struct scene *s)
{
	return arena_strdup(
	    &s->arena, pg_value(&s->database,
			   "SELECT left(encode(sha256(spki), 'hex'), 32) FROM service_key"));
}

static const char *forged(struct scene *s, const char *header, EVP_PKEY *key)
{
	AUTO(buf) token = {0};

	jwt_sign(header, good_claims(s), key, &token);
	return arena_strdup(&s->arena, buf_cstr(&token));
}

Test(api_credential, forged_tokens_are_refused_with_one_answer, .timeout = 60)
{
	AUTO_REF(scene) s = scene_new();
	EVP_PKEY *key = pki_key("EC-P256"), *rsa = pki_key("RSA-2048");
	const char *kid = good_kid(s);
	AUTO(buf) hmac = {0};

	expect_refused(s, "x", "jwt.form");
	expect_refused(s, "", "jwt.form");
	expect_refused(s, forged(s, "{\"alg\":\"none\"}", NULL), "jwt.algorithm");
	expect_refused(s, forged(s, "{\"alg\":\"ES256\"}", key), "jwt.key-id");
	expect_refused(
	    s, forged(s, "{\"alg\":\"ES256\",\"kid\":\"../token.key\"}", key), "jwt.key-id");
	expect_refused(
	    s, forged(s, "{\"alg\":\"ES256\",\"kid\":\"' OR '1'='1\"}", key), "jwt.key-id");
	expect_refused(s, forged(s, "{\"alg\":\"ES256\",\"kid\":\"'--\"}", key), "jwt.key-id");
	expect_refused(s,
	    forged(s, arena_printf(&s->arena, "{\"alg\":\"ES256\",\"kid\":\"%s\"}", kid), key),
	    "jwt.signature");
	expect_refused(s,
	    forged(s, arena_printf(&s->arena, "{\"alg\":\"RS256\",\"kid\":\"%s\"}", kid), rsa),
	    "jwt.algorithm");
	jwt_sign_hmac(arena_printf(&s->arena, "{\"alg\":\"HS256\",\"kid\":\"%s\"}", kid),
	    good_claims(s), span_str(public_pem(s)), &hmac);
	expect_refused(s, buf_cstr(&hmac), "jwt.algorithm");
	/* A CI's token is no token of ours. */
	expect_refused(s, scene_ci_token(s, "j", ""), "jwt.key-id");
	EVP_PKEY_free(key);
	EVP_PKEY_free(rsa);
}

Test(api_credential, a_token_that_is_over_is_refused, .timeout = 60)
{
	AUTO_REF(scene) s = scene_new();
	const char *token = scene_token(s, "alice");

	cr_expect_str_eq(scene_code(s, HTTP_GET, TOKENS, token, NULL), "good");
	s->now += TOKEN_TTL_STANDARD;
	expect_refused(s, token, "jwt.expired");
	s->now -= TOKEN_TTL_STANDARD + TOKEN_CLOCK_SKEW + 1;
	expect_refused(s, token, "jwt.not-yet");
	s->now += TOKEN_CLOCK_SKEW + 1;
	cr_expect_str_eq(scene_code(s, HTTP_GET, TOKENS, token, NULL), "good");
	pg_exec(&s->database, "UPDATE token SET revoked_at = now(), revoked_by = 'test'");
	expect_refused(s, token, "token.revoked");
	pg_exec(&s->database, "DELETE FROM token");
	expect_refused(s, token, "token.unknown");
}

Test(api_credential, a_token_of_who_is_disabled_or_gone_is_refused, .timeout = 60)
{
	AUTO_REF(scene) s = scene_new();
	const char *token = scene_token(s, "bob");
	static char other[] = "other";

	s->principals[1].disabled = true;
	expect_refused(s, token, "token.principal");
	s->principals[1].disabled = false;
	s->principals[1].name = other;
	expect_refused(s, token, "token.principal");
}

Test(api_credential, one_credential_at_a_time, .timeout = 60)
{
	AUTO_REF(scene) s = scene_new();
	const char *token = scene_token(s, "bob");
	json_t *json = NULL;

	s->header = arena_printf(&s->arena, "Bearer %s", token);
	cr_expect_str_eq(scene_code(s, HTTP_GET, TOKENS, token, NULL), "credential.twice");
	s->header = NULL;
	cr_expect_eq(scene_call(s, HTTP_GET, TOKENS, "Basic YTpi", NULL, &json), 401);
	cr_expect(strstr(scene_cause(s), "not Bearer"), "%s", scene_cause(s));
	json_decref(json);
}

Test(api_credential, who_fails_often_must_wait_and_others_need_not, .timeout = 60)
{
	AUTO_REF(scene) s = scene_new();
	const char *token = scene_token(s, "bob");

	for (int i = 0; i < ATTEMPT_BURST; i++)
		cr_expect_str_eq(scene_code(s, HTTP_GET, TOKENS, "x", NULL), "credential.refused");
	cr_expect_str_eq(scene_code(s, HTTP_GET, TOKENS, "x", NULL), "credential.limited");
	/* Somebody else at the same site has a token of ours: it is still good, while it is one. */
	cr_expect_str_eq(scene_code(s, HTTP_GET, TOKENS, token, NULL), "good");
	s->now += 2 * 3600;
	cr_expect_str_eq(scene_code(s, HTTP_GET, TOKENS, token, NULL), "credential.limited");
	s->now -= 2 * 3600;
	s->address = "192.0.2.2";
	cr_expect_str_eq(scene_code(s, HTTP_GET, TOKENS, token, NULL), "good");
}

/* ---- making tokens ---- */

static const char *made_token(struct scene *s, const char *by, const char *body, int64_t *ret_id)
{
	json_t *json = NULL;
	int status =
	    scene_call(s, HTTP_POST, TOKENS, arena_printf(&s->arena, "Bearer %s", by), body, &json);
	const char *token = json_string_value(json_object_get(json, "token"));

	cr_assert_eq(status, 201, "%s: %s", body, json_dumps(json, 0));
	*ret_id = json_integer_value(json_object_get(json, "id"));
	token = arena_strdup(&s->arena, token);
	json_decref(json);
	return token;
}

static const struct making {
	const char *by, *body, *code;
} makings[] = {
    {"bob", "{}", "good"},
    {"bob", "{\"principal\":\"bob\",\"ttl\":\"10m\"}", "good"},
    {"bob", "{\"ttl\":\"2h\"}", "credential.lifetime"}, /* his own lives an hour */
    {"bob", "{\"ttl\":\"1s\"}", "credential.lifetime"},
    {"alice", "{\"principal\":\"bob\",\"ttl\":\"25h\"}", "credential.lifetime"},
    {"alice", "{\"principal\":\"bob\",\"ttl\":\"24h\"}", "good"},
    {"alice", "{\"principal\":\"nobody\"}", "object.unknown"},
    {"alice", "{\"principal\":\"line-1\"}", "credential.principal"},
    {"alice", "{\"permissions\":[\"device.read\"]}", "good"},
    {"alice", "{\"permissions\":[\"device.eat\"]}", "credential.permission"},
    {"alice", "{\"permissions\":[\"self\"]}", "credential.permission"},
    {"alice", "{\"permissions\":[\"never\"]}", "credential.permission"},
    {"alice", "{\"permissions\":[]}", "body.member"},
    {"alice", "{\"admin\":true}", "body.member"},
    {"alice", "{\"ttl\":\"1h\",\"ttl\":\"2h\"}", "body.json"},
    /* bob's token.create reaches x100 alone: making credentials is not of a product */
    {"bob", "{\"principal\":\"alice\"}", "access.denied"},
    {"bob", "{\"principal\":\"ci-x100\"}", "access.denied"},
};

Test(api_credential, nobody_makes_more_than_they_hold, .timeout = 60)
{
	AUTO_REF(scene) s = scene_new();

	for (size_t i = 0; i < COUNT(makings); i++) {
		const char *token = scene_token(s, makings[i].by);
		const char *code = scene_code(s, HTTP_POST, TOKENS, token, makings[i].body);

		cr_expect_str_eq(
		    code, makings[i].code, "%s by %s: %s", makings[i].body, makings[i].by, code);
	}
}

Test(api_credential, token_create_without_limits_still_covers_no_more, .timeout = 60)
{
	AUTO_REF(scene) s = scene_new();
	const char *token;

	s->bindings[1].products.count = 0;
	token = scene_token(s, "bob");
	cr_expect_str_eq(scene_code(s, HTTP_POST, TOKENS, token, "{\"principal\":\"alice\"}"),
	    "credential.exceeds");
	cr_expect_str_eq(scene_code(s, HTTP_POST, TOKENS, token,
			     "{\"principal\":\"alice\",\"permissions\":[\"label.manage\"]}"),
	    "credential.exceeds");
	/* What bob holds, he may hand on. */
	cr_expect_str_eq(scene_code(s, HTTP_POST, TOKENS, token,
			     "{\"principal\":\"alice\",\"permissions\":[\"device.read\"]}"),
	    "good");
	cr_expect_str_eq(
	    scene_code(s, HTTP_POST, TOKENS, token, "{\"principal\":\"ci-x100\"}"), "good");
}

Test(api_credential, a_narrowed_token_widens_nothing, .timeout = 60)
{
	AUTO_REF(scene) s = scene_new();
	int64_t id;
	const char *narrow = made_token(s, scene_token(s, "alice"),
	    "{\"permissions\":[\"device.read\",\"token.create\"]}", &id);
	const char *child = made_token(s, narrow, "{}", &id);

	cr_expect_str_eq(
	    pg_value(&s->database, "SELECT permissions FROM token ORDER BY id DESC LIMIT 1"),
	    "{device.read,token.create}");
	cr_expect_str_eq(
	    scene_code(s, HTTP_POST, TOKENS, child, "{\"permissions\":[\"label.manage\"]}"),
	    "credential.exceeds");
	/* Others' tokens by a narrowed one: only what it gives. */
	cr_expect_str_eq(scene_code(s, HTTP_POST, TOKENS, child,
			     "{\"principal\":\"bob\",\"permissions\":[\"device.register\"]}"),
	    "credential.exceeds");
	/* It reads no one else's tokens. */
	cr_expect_str_eq(
	    scene_code(s, HTTP_GET, TOKENS "?principal=bob", child, NULL), "access.denied");
}

Test(api_credential, a_token_does_not_last_by_asking_again, .timeout = 60)
{
	AUTO_REF(scene) s = scene_new();
	const char *token = scene_token(s, "alice");
	int64_t id;

	for (int i = 0; i < 3; i++) {
		s->now += 900;
		token = made_token(s, token, "{}", &id);
	}
	s->now += 900;
	cr_expect_str_eq(scene_code(s, HTTP_GET, TOKENS, token, NULL), "credential.refused");
}

Test(api_credential, revoking_a_token_revokes_what_it_made, .timeout = 60)
{
	AUTO_REF(scene) s = scene_new();
	const char *root = scene_token(s, "alice"), *first, *second, *other;
	int64_t first_id, id;

	first = made_token(s, root, "{}", &first_id);
	second = made_token(s, first, "{}", &id);
	other = made_token(s, second, "{\"principal\":\"bob\"}", &id);
	cr_expect_str_eq(
	    scene_code(s, HTTP_DELETE, arena_printf(&s->arena, TOKENS "/%lld", (long long)first_id),
		root, NULL),
	    "good");
	cr_expect_str_eq(scene_code(s, HTTP_GET, TOKENS, first, NULL), "credential.refused");
	cr_expect_str_eq(scene_code(s, HTTP_GET, TOKENS, second, NULL), "credential.refused");
	cr_expect_str_eq(scene_code(s, HTTP_GET, TOKENS, other, NULL), "credential.refused");
	cr_expect_str_eq(scene_code(s, HTTP_GET, TOKENS, root, NULL), "good");
	cr_expect_eq(
	    pg_number(&s->database, "SELECT count(*) FROM log_entry WHERE kind = 'token.revoked'"),
	    1);
	cr_expect_eq(
	    pg_number(&s->database, "SELECT count(*) FROM log_entry WHERE kind = 'token.created'"),
	    4);
}

struct revoker {
	struct db *db;
	int64_t id, now, count;
	bool done;
};

static void *revoke_token(void *context)
{
	struct revoker *r = context;
	struct err err = {0};

	r->done = token_revoke(r->db, r->id, "alice", r->now, &r->count, &err).ok;
	return NULL;
}

/* What a thief makes at that moment with the token that is being taken away ends with it. */
Test(api_credential, revoking_a_token_revokes_what_it_is_making, .timeout = 60)
{
	AUTO_REF(scene) s = scene_new();
	const struct digest jti = sha256(span_str("late"));
	struct token_row late = {.principal = "alice",
	    .created_by = "alice",
	    .created_at = s->now,
	    .expires_at = s->now + 600};
	struct revoker r = {.db = pg_open(&s->database), .now = s->now};
	pthread_t thread;
	struct err err = {0};
	int64_t id;

	(void)made_token(s, scene_token(s, "alice"), "{}", &r.id);
	late.parent_id = r.id;
	cr_assert(db_begin(s->db, &err).ok);
	cr_assert(token_insert(s->db, &late, &jti, &id, &err).ok, "%s", err.cause);
	cr_assert_eq(pthread_create(&thread, NULL, revoke_token, &r), 0);
	while (pg_number(&s->database,
		   "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
		   " AND wait_event_type = 'Lock'") == 0)
		usleep(1000);
	cr_assert(db_commit(s->db, &err).ok);
	pthread_join(thread, NULL);
	db_close(r.db);
	cr_expect(r.done);
	cr_expect_eq(r.count, 2);
	cr_expect_eq(
	    pg_number(&s->database, "SELECT count(*) FROM token WHERE revoked_at IS NOT NULL"), 2);
}

Test(api_credential, others_tokens_are_revoked_by_who_may_alone, .timeout = 60)
{
	AUTO_REF(scene) s = scene_new();
	const char *alices = scene_token(s, "alice"), *bobs = scene_token(s, "bob");

	cr_expect_str_eq(scene_code(s, HTTP_DELETE, TOKENS "/1", bobs, NULL), "object.unknown");
	cr_expect_str_eq(scene_code(s, HTTP_DELETE, TOKENS "/99", bobs, NULL), "object.unknown");
	cr_expect_str_eq(scene_code(s, HTTP_GET, TOKENS, alices, NULL), "good");
	cr_expect_str_eq(scene_code(s, HTTP_DELETE, TOKENS "/2", alices, NULL), "good");
	cr_expect_str_eq(scene_code(s, HTTP_GET, TOKENS, bobs, NULL), "credential.refused");
}

Test(api_credential, behind_a_machines_token_stands_who_made_it, .timeout = 60)
{
	AUTO_REF(scene) s = scene_new();
	int64_t id;

	(void)made_token(s, scene_token(s, "alice"), "{\"principal\":\"robot\"}", &id);
	cr_expect_str_eq(
	    pg_value(&s->database, "SELECT person FROM token ORDER BY id DESC LIMIT 1"), "alice");
}

static const char *newest_person(struct scene *s)
{
	return pg_value(&s->database, "SELECT person FROM token ORDER BY id DESC LIMIT 1");
}

/* Else one administrator is as many persons as approvals need. */
Test(api_credential, behind_another_persons_token_stands_who_made_it, .timeout = 60)
{
	AUTO_REF(scene) s = scene_new();
	const char *bobs;
	int64_t id;

	bobs = made_token(s, scene_token(s, "alice"), "{\"principal\":\"bob\"}", &id);
	cr_expect_str_eq(newest_person(s), "alice");
	/* And behind what is made with it. */
	(void)made_token(s, bobs, "{}", &id);
	cr_expect_str_eq(newest_person(s), "alice");
	/* What bob makes for himself with a token of his own is his. */
	(void)made_token(s, scene_token(s, "bob"), "{}", &id);
	cr_expect_eq(pg_number(&s->database,
			 "SELECT count(*) FROM token WHERE principal = 'bob' AND person IS NULL"),
	    2);
}

Test(api_credential, the_token_itself_is_nowhere_in_the_store, .timeout = 60)
{
	AUTO_REF(scene) s = scene_new();
	int64_t id;
	const char *token;

	s->retry = "once";
	token = made_token(s, scene_token(s, "alice"), "{}", &id);
	for (const char *table = "policy_change\0log_entry\0token\0idempotency\0log_salt\0"; *table;
	     table += strlen(table) + 1)
		cr_expect_eq(pg_number(&s->database,
				 arena_printf(&s->arena,
				     "SELECT count(*) FROM %s t WHERE strpos(t::text, '%s') > 0 OR "
				     "strpos(t::text, encode('%s', 'hex')) > 0",
				     table, strrchr(token, '.') + 1, strrchr(token, '.') + 1)),
		    0, "%s", table);
}

/* ---- policy that this node has not heard of ---- */

/* The snapshot that a node has, of a database where access is empty. */
static void hold_policy(struct scene *s)
{
	struct policy *p = NULL;
	struct err err = {0};

	s->api.policies = policy_holder_new();
	cr_assert(policy_load(s->db, NULL, &p, &err).ok, "%s (%s)", err.message, err.cause);
	policy_swap(s->api.policies, p);
}

Test(
    api_credential, a_binding_that_another_node_took_away_is_gone_with_the_next_call, .timeout = 60)
{
	AUTO_REF(scene) s = scene_new();
	const char *token;

	pg_exec(&s->database,
	    "INSERT INTO access_document (kind, name, spec, version) VALUES "
	    "('principal', 'bob', "
	    "'{\"kind\":\"principal\",\"name\":\"bob\",\"type\":\"person\"}', 1), "
	    "('role', 'reader', '{\"kind\":\"role\",\"name\":\"reader\","
	    "\"permissions\":[\"token.read\"]}', 1), "
	    "('binding', 'bob-reads', '{\"kind\":\"binding\",\"name\":\"bob-reads\","
	    "\"principal\":\"bob\",\"role\":\"reader\"}', 1)");
	hold_policy(s);
	s->held = true;
	token = scene_token(s, "bob");
	cr_expect_str_eq(scene_code(s, HTTP_GET, TOKENS "?principal=alice", token, NULL), "good");
	/* By another node, and nobody tells this one. */
	pg_exec(&s->database, "UPDATE access_document SET removed = true WHERE kind = 'binding'; "
			      "UPDATE policy_version SET version = version + 1");
	cr_expect_str_eq(
	    scene_code(s, HTTP_GET, TOKENS "?principal=alice", token, NULL), "access.denied");
	pg_exec(&s->database,
	    "UPDATE access_document SET spec = "
	    "'{\"kind\":\"principal\",\"name\":\"bob\",\"type\":\"person\",\"disabled\":true}' "
	    "WHERE kind = 'principal'; UPDATE policy_version SET version = version + 1");
	cr_expect_str_eq(scene_code(s, HTTP_GET, TOKENS, token, NULL), "credential.refused");
	cr_expect(strncmp(scene_cause(s), "token.principal", 15) == 0, "%s", scene_cause(s));
	policy_holder_free(s->api.policies);
}

/* ---- a new key ---- */

Test(api_credential, tokens_of_the_key_before_are_good_until_they_end, .timeout = 60)
{
	AUTO_REF(scene) s = scene_new();
	const struct service_key_context c = {
	    .db = s->db, .hsm = s->hsm, .clock = &s->api.clock, .rng = &s->api.rng, .who = "test"};
	const char *before = scene_token(s, "alice"), *after;
	AUTO_REF(hsm_key) key = NULL;
	struct err err = {0};

	cr_assert(service_key_renew(&c, SERVICE_KEY_TOKEN, &key, &err).ok, "%s (%s)", err.message,
	    err.cause);
	cr_assert(token_keys_load(s->api.tokens, &c, &err).ok);
	after = scene_token(s, "alice");
	cr_expect(!span_equal(span(before, 60), span(after, 60)), "another kid");
	cr_expect_str_eq(scene_code(s, HTTP_GET, TOKENS, before, NULL), "good");
	cr_expect_str_eq(scene_code(s, HTTP_GET, TOKENS, after, NULL), "good");
	/* A day later no token of it can live, and none is looked at. */
	s->now += TOKEN_TTL_MAX + TOKEN_CLOCK_SKEW;
	token_keys_free(s->api.tokens);
	s->api.tokens = token_keys_new();
	cr_assert(token_keys_load(s->api.tokens, &c, &err).ok);
	expect_refused(s, before, "jwt.key-id");
	expect_refused(s, after, "jwt.expired");
}

Test(api_credential, after_a_restore_no_token_is_good, .timeout = 60)
{
	AUTO_REF(scene) s = scene_new();
	const char *token = scene_token(s, "alice");
	int64_t count = 0;
	struct err err = {0};

	cr_assert(token_revoke_all(s->db, "os:root", s->now, &count, &err).ok, "%s", err.cause);
	cr_expect_eq(count, 1);
	expect_refused(s, token, "token.revoked");
}
