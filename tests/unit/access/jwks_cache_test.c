/* tests/unit/access/jwks_cache_test.c: when issuers are asked, and what holds while they are away.
 */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "access/jwks_cache.h"
#include "tests/lib/jwt.h"
#include "tests/lib/pki.h"

/* An issuer that answers what it is told to. */
struct rig {
	atomic_int asked;
	atomic_llong now;
	bool away;
	int64_t max_age;
	struct buf set;
	struct oidc_issuer issuer;
	struct jwks_cache *cache;
	struct arena arena;
	struct err err;
	void (*meanwhile)(struct rig *r);
};

static struct status answer(void *context, const struct fetch_request *q,
    struct fetch_response *ret_response, struct err *err)
{
	struct rig *r = context;

	cr_expect_eq(q->body_max, JWKS_SIZE_MAX);
	atomic_fetch_add(&r->asked, 1);
	if (r->meanwhile)
		r->meanwhile(r);
	if (r->away)
		return err_set(err, ERR_BUSY, "away");
	*ret_response = (struct fetch_response){.status = 200, .max_age = r->max_age};
	buf_put(&ret_response->body, buf_span(&r->set));
	return STATUS_OK;
}

static int64_t rig_now(void *context)
{
	return atomic_load(&((struct rig *)context)->now);
}

static EVP_PKEY *shared_key(void)
{
	static EVP_PKEY *key;

	if (!key)
		key = pki_key("EC-P256");
	return key;
}

static void rig_publish(struct rig *r, const char *kid)
{
	buf_reset(&r->set);
	jwt_put_set(shared_key(), kid, &r->set);
}

static struct rig *rig_new(void)
{
	static char url[] = "https://ci.example/jwks", name[] = "ci";
	struct rig *r = mem_alloc(sizeof(*r));
	const struct fetcher fetcher = {answer, r};
	const struct clock clock = {rig_now, r};

	atomic_store(&r->now, 1000000);
	r->max_age = -1;
	r->issuer = (struct oidc_issuer){.name = name, .jwks_url = url};
	r->cache = jwks_cache_new(&fetcher, &clock);
	rig_publish(r, "one");
	return r;
}

static void rig_free(struct rig *r)
{
	jwks_cache_free(r->cache);
	buf_free(&r->set);
	arena_free(&r->arena);
	free(r);
}

static const char *rig_look(struct rig *r, const char *kid)
{
	struct jws_key key;

	err_clear(&r->err);
	if (!jwks_cache_key(r->cache, &r->issuer, kid, &r->arena, &key, &r->err).ok)
		return err_code(&r->err);
	cr_expect_str_eq(key.id, kid);
	return "good";
}

static void rig_pass(struct rig *r, int64_t seconds)
{
	atomic_fetch_add(&r->now, seconds);
}

Test(access_jwks_cache, a_set_is_asked_for_once_while_it_is_good)
{
	struct rig *r = rig_new();

	for (int i = 0; i < 100; i++)
		cr_expect_str_eq(rig_look(r, "one"), "good");
	cr_expect_eq(r->asked, 1);
	rig_pass(r, JWKS_AGE_STANDARD - 1);
	cr_expect_str_eq(rig_look(r, "one"), "good");
	cr_expect_eq(r->asked, 1);
	rig_pass(r, 1);
	cr_expect_str_eq(rig_look(r, "one"), "good");
	cr_expect_eq(r->asked, 2);
	rig_free(r);
}

static const struct age {
	int64_t said, kept;
} ages[] = {{0, JWKS_AGE_LEAST}, {10, JWKS_AGE_LEAST}, {1000, 1000}, {-1, JWKS_AGE_STANDARD},
    {1000000, JWKS_AGE_MOST}};

Test(access_jwks_cache, cache_control_counts_within_bounds)
{
	for (size_t i = 0; i < COUNT(ages); i++) {
		struct rig *r = rig_new();

		r->max_age = ages[i].said;
		cr_expect_str_eq(rig_look(r, "one"), "good");
		rig_pass(r, ages[i].kept - 1);
		cr_expect_str_eq(rig_look(r, "one"), "good");
		cr_expect_eq(r->asked, 1, "said %lld", (long long)ages[i].said);
		rig_pass(r, 1);
		cr_expect_str_eq(rig_look(r, "one"), "good");
		cr_expect_eq(r->asked, 2, "said %lld", (long long)ages[i].said);
		rig_free(r);
	}
}

Test(access_jwks_cache, a_new_key_is_found_at_once_and_the_old_one_is_gone)
{
	struct rig *r = rig_new();

	cr_expect_str_eq(rig_look(r, "one"), "good");
	rig_pass(r, JWKS_REFETCH);
	rig_publish(r, "two");
	cr_expect_str_eq(rig_look(r, "two"), "good");
	cr_expect_eq(r->asked, 2);
	cr_expect_str_eq(rig_look(r, "one"), "jwt.key-id");
	rig_free(r);
}

Test(access_jwks_cache, unknown_keys_have_the_set_asked_for_once_a_minute)
{
	struct rig *r = rig_new();

	cr_expect_str_eq(rig_look(r, "one"), "good");
	for (int i = 0; i < 600; i++) {
		char kid[24];

		snprintf(kid, sizeof(kid), "none-%d", i);
		cr_expect_str_eq(rig_look(r, kid), "jwt.key-id");
		rig_pass(r, 1);
	}
	/* 600 seconds: the first minute from the first look. */
	cr_expect_leq(r->asked, 11);
	cr_expect_geq(r->asked, 9);
	cr_expect_str_eq(rig_look(r, "one"), "good");
	rig_free(r);
}

Test(access_jwks_cache, the_last_good_set_serves_while_the_issuer_is_away)
{
	struct rig *r = rig_new();

	cr_expect_str_eq(rig_look(r, "one"), "good");
	r->away = true;
	rig_pass(r, JWKS_AGE_STANDARD + JWKS_STALE_MOST - 1);
	cr_expect_str_eq(rig_look(r, "one"), "good");
	cr_expect_eq(r->asked, 2);
	rig_pass(r, 1);
	cr_expect_str_eq(rig_look(r, "one"), "oidc.keys");
	r->away = false;
	rig_pass(r, JWKS_REFETCH);
	cr_expect_str_eq(rig_look(r, "one"), "good");
	rig_free(r);
}

Test(access_jwks_cache, a_spoilt_answer_does_not_replace_the_last_good_set)
{
	static const char *const spoilt[] = {
	    "", "<html>", "{\"keys\":[]}", "{\"keys\":[{\"kty\":\"RSA\"}]}"};

	for (size_t i = 0; i < COUNT(spoilt); i++) {
		struct rig *r = rig_new();

		cr_expect_str_eq(rig_look(r, "one"), "good");
		buf_reset(&r->set);
		buf_put_str(&r->set, spoilt[i]);
		rig_pass(r, JWKS_AGE_STANDARD);
		cr_expect_str_eq(rig_look(r, "one"), "good");
		cr_expect_eq(r->asked, 2);
		rig_free(r);
	}
}

Test(access_jwks_cache, an_issuer_that_was_never_reached_is_not_asked_again_and_again)
{
	struct rig *r = rig_new();

	r->away = true;
	for (int i = 0; i < 50; i++)
		cr_expect_str_eq(rig_look(r, "one"), "oidc.keys");
	cr_expect_eq(r->asked, 1);
	cr_expect_str_eq(r->err.cause, "away");
	cr_expect_eq(r->err.kind, ERR_BUSY);
	rig_free(r);
}

static void look_again(struct rig *r)
{
	struct arena arena = {0};
	struct jws_key key;
	struct err err = {0};

	cr_expect(!jwks_cache_key(r->cache, &r->issuer, "one", &arena, &key, &err).ok);
	cr_expect_str_eq(err_code(&err), "oidc.keys");
	arena_free(&arena);
}

Test(access_jwks_cache, nobody_waits_for_another_ones_question)
{
	struct rig *r = rig_new();

	r->meanwhile = look_again;
	cr_expect_str_eq(rig_look(r, "one"), "good");
	cr_expect_eq(r->asked, 1);
	rig_free(r);
}

Test(access_jwks_cache, a_set_in_the_document_asks_nobody)
{
	struct rig *r = rig_new();

	r->issuer.jwks = mem_strdup(buf_cstr(&r->set));
	cr_expect_str_eq(rig_look(r, "one"), "good");
	rig_pass(r, 100 * JWKS_AGE_MOST);
	cr_expect_str_eq(rig_look(r, "one"), "good");
	cr_expect_str_eq(rig_look(r, "two"), "jwt.key-id");
	cr_expect_eq(r->asked, 0);
	free(r->issuer.jwks);
	rig_free(r);
}

Test(access_jwks_cache, more_issuers_than_it_keeps_drop_the_oldest)
{
	struct rig *r = rig_new();
	char url[64];

	for (int i = 0; i < JWKS_CACHE_MOST + 10; i++) {
		snprintf(url, sizeof(url), "https://ci%d.example/jwks", i);
		r->issuer.jwks_url = url;
		rig_pass(r, 1);
		cr_expect_str_eq(rig_look(r, "one"), "good");
	}
	cr_expect_eq(r->asked, JWKS_CACHE_MOST + 10);
	cr_expect_str_eq(rig_look(r, "one"), "good");
	cr_expect_eq(r->asked, JWKS_CACHE_MOST + 10);
	rig_free(r);
}

/* ---- many at once, for ThreadSanitizer ---- */

static void *look_often(void *context)
{
	struct rig *r = context;

	for (int i = 0; i < 200; i++) {
		struct arena arena = {0};
		struct jws_key key;
		struct err err = {0};

		if (!jwks_cache_key(
			r->cache, &r->issuer, i % 7 ? "one" : "none", &arena, &key, &err)
			 .ok)
			cr_expect(strcmp(err_code(&err), "jwt.key-id") == 0 ||
				  strcmp(err_code(&err), "oidc.keys") == 0);
		atomic_fetch_add(&r->now, 13);
		arena_free(&arena);
	}
	return NULL;
}

Test(access_jwks_cache, many_threads_use_it_at_once)
{
	struct rig *r = rig_new();
	pthread_t threads[8];

	for (size_t i = 0; i < COUNT(threads); i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, look_often, r), 0);
	for (size_t i = 0; i < COUNT(threads); i++)
		pthread_join(threads[i], NULL);
	cr_expect_str_eq(rig_look(r, "one"), "good");
	rig_free(r);
}
