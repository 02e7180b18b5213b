/* tests/unit/access/oidc_test.c: whom a CI's token stands for, and whom it does not. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "access/oidc.h"
#include "tests/lib/jwt.h"
#include "tests/lib/pki.h"

#define NOW 1000000
/* What GitHub puts into a token of a run on main; %s: what a case says otherwise. */
#define GITHUB                                                                              \
	"\"iss\":\"https://ci.example\",\"aud\":\"https://signet.example\",\"jti\":\"j1\"," \
	"\"sub\":\"repo:acme/x100:ref:refs/heads/main\",\"iat\":999990,\"exp\":1000290,"    \
	"\"repository_id\":\"123456\",\"ref\":\"refs/heads/main\",\"actor_id\":\"7\","      \
	"\"environment\":\"production\",\"job_workflow_ref\":\"acme/x100/.github/w.yml@refs/heads/main\""

struct rig {
	struct access access;
	struct principal principals[3]; /* ci-x100, ci-other, alice */
	struct oidc_issuer issuer;
	struct oidc_rule rules[2];
	struct oidc_claim claims[2][3];
	struct outside_identity identity;
	struct jwks_cache *cache;
	struct buf set;
	EVP_PKEY *key;
	struct arena arena;
	struct oidc_identity who;
	struct err err;
	bool trusted;
};

static struct status no_fetch(void *context, const struct fetch_request *q,
    struct fetch_response *ret_response, struct err *err)
{
	(void)context;
	(void)ret_response;
	return err_set(err, ERR_BUSY, "%s is not to be asked", q->url);
}

static int64_t rig_now(void *context)
{
	(void)context;
	return NOW;
}

static void set_rule(struct rig *r, int i, char *name, size_t claims)
{
	r->rules[i].name = name;
	r->rules[i].issuer = &r->issuer;
	r->rules[i].principal = &r->principals[i];
	r->rules[i].claims = (struct map_list){r->claims[i], claims};
}

static void set_claim(struct rig *r, int rule, int i, const char *claim, const char *value)
{
	r->claims[rule][i].claim = arena_strdup(&r->arena, claim);
	r->claims[rule][i].value = arena_strdup(&r->arena, value);
}

static void set_people(struct rig *r)
{
	static char ci[] = "ci-x100", other[] = "ci-other", alice[] = "alice", github[] = "github",
		    seven[] = "7";

	r->principals[0] = (struct principal){.name = ci, .type = PRINCIPAL_CI};
	r->principals[1] = (struct principal){.name = other, .type = PRINCIPAL_CI};
	r->identity = (struct outside_identity){.issuer = github, .subject = seven};
	r->principals[2] = (struct principal){
	    .name = alice, .type = PRINCIPAL_PERSON, .identities = {&r->identity, 1}};
	r->access.principals = r->principals;
	r->access.principal_count = COUNT(r->principals);
}

static struct rig *rig_new(void)
{
	static char name[] = "github", iss[] = "https://ci.example",
		    aud[] = "https://signet.example", person[] = "actor_id", one[] = "x100-main",
		    two[] = "x100-tags";
	struct rig *r = mem_alloc(sizeof(*r));
	const struct fetcher fetcher = {.fetch = no_fetch};
	const struct clock clock = {.now = rig_now};

	r->key = pki_key("RSA-2048");
	jwt_put_set(r->key, "k1", &r->set);
	r->issuer = (struct oidc_issuer){.name = name,
	    .issuer = iss,
	    .audience = aud,
	    .jwks = arena_strdup(&r->arena, buf_cstr(&r->set)),
	    .algorithms = JWS_BIT(JWS_RS256),
	    .person_claim = person,
	    .max_age = 600,
	    .clock_skew = 60};
	set_people(r);
	set_claim(r, 0, 0, "repository_id", "123456");
	set_claim(r, 0, 1, "ref", "refs/heads/main");
	set_claim(r, 1, 0, "repository_id", "123456");
	set_claim(r, 1, 1, "ref", "refs/tags/*");
	set_rule(r, 0, one, 2);
	set_rule(r, 1, two, 2);
	r->access.oidc_issuers = &r->issuer;
	r->access.oidc_issuer_count = 1;
	r->access.oidc_rules = r->rules;
	r->access.oidc_rule_count = 2;
	r->cache = jwks_cache_new(&fetcher, &clock);
	return r;
}

static void rig_free(struct rig *r)
{
	jwks_cache_free(r->cache);
	buf_free(&r->set);
	arena_free(&r->arena);
	EVP_PKEY_free(r->key);
	free(r);
}

static const char *rig_try(struct rig *r, struct span token)
{
	err_clear(&r->err);
	return oidc_authenticate(
		   &r->access, r->cache, token, NOW, &r->arena, &r->trusted, &r->who, &r->err)
		       .ok
		   ? "good"
		   : err_code(&r->err);
}

#define HEADER "{\"alg\":\"RS256\",\"kid\":\"k1\",\"typ\":\"JWT\"}"

static const char *rig_claims(struct rig *r, const char *claims)
{
	AUTO(buf) token = {0};

	jwt_sign(HEADER, claims, r->key, &token);
	return rig_try(r, buf_span(&token));
}

/* The claims of GITHUB, one of them taken away (`name`) and `more` put in instead. */
static void change(const char *name, const char *more, struct buf *out)
{
	char text[sizeof(GITHUB)], *at, *end;

	strcpy(text, GITHUB);
	at = strstr(text, name);
	cr_assert_not_null(at, "%s", name);
	end = strstr(at, ",\"");
	if (end)
		memmove(at, end + 1, strlen(end + 1) + 1);
	else
		at[-1] = '\0';
	buf_printf(out, "{%s%s%s}", text, *more ? "," : "", more);
}

static const struct claims_case {
	const char *without, *with, *code;
} claims_cases[] = {
    {"\"iss\"", "\"iss\":\"https://ci.example/\"", "jwt.issuer"},
    {"\"iss\"", "\"iss\":\"https://CI.example\"", "jwt.issuer"},
    {"\"iss\"", "\"iss\":\"https://evil.example\"", "jwt.issuer"},
    {"\"iss\"", "\"iss\":[\"https://ci.example\"]", "jwt.issuer"},
    {"\"iss\"", "", "jwt.issuer"},
    {"\"aud\"", "\"aud\":\"https://github.com/acme\"", "jwt.audience"},
    {"\"aud\"", "", "jwt.audience"},
    {"\"aud\"", "\"aud\":[\"a\",\"https://signet.example\"]", "good"},
    {"\"exp\"", "\"exp\":999939", "jwt.expired"},
    {"\"exp\"", "\"exp\":999941", "good"},
    {"\"exp\"", "", "jwt.claim"},
    {"\"iat\"", "", "jwt.claim"},
    {"\"iat\"", "\"iat\":1000061", "jwt.not-yet"},
    {"\"iat\"", "\"iat\":999300", "jwt.age"},
    {"\"iat\"", "\"iat\":999990,\"nbf\":1000061", "jwt.not-yet"},
    {"\"jti\"", "", "jwt.claim"},
    {"\"jti\"", "\"jti\":\"\"", "jwt.claim"},
    {"\"jti\"", "\"jti\":7", "jwt.claim"},
    {"\"sub\"", "", "jwt.claim"},
    {"\"repository_id\"", "", "oidc.rule"},
    {"\"repository_id\"", "\"repository_id\":\"1234567\"", "oidc.rule"},
    {"\"repository_id\"", "\"repository_id\":\"12345\"", "oidc.rule"},
    {"\"repository_id\"", "\"repository_id\":123456", "good"},
    {"\"repository_id\"", "\"repository_id\":\"0123456\"", "oidc.rule"},
    {"\"repository_id\"", "\"repository_id\":\"*\"", "oidc.rule"},
    {"\"repository_id\"", "\"repository_id\":[\"123456\"]", "oidc.rule"},
    {"\"ref\"", "\"ref\":\"refs/heads/main2\"", "oidc.rule"},
    {"\"ref\"", "\"ref\":\"xrefs/heads/main\"", "oidc.rule"},
    {"\"ref\"", "\"ref\":\"refs/heads/Main\"", "oidc.rule"},
    {"\"ref\"", "\"ref\":\"refs/heads/main\\n\"", "oidc.rule"},
    {"\"ref\"", "\"ref\":\"refs/tags/v1\"", "good"},
    {"\"ref\"", "\"ref\":\"refs/tags/\"", "oidc.rule"},
    {"\"ref\"", "\"ref\":\"refs/tags\"", "oidc.rule"},
    {"\"environment\"", "\"event_name\":\"push\"", "good"},
    {"\"environment\"", "\"event_name\":\"pull_request\"", "oidc.fork"},
    {"\"environment\"", "\"event_name\":\"pull_request_target\"", "oidc.fork"},
    {"\"environment\"", "\"pipeline_source\":\"push\"", "good"},
    {"\"environment\"", "\"pipeline_source\":\"merge_request_event\"", "oidc.fork"},
    {"\"environment\"", "\"pipeline_source\":\"external_pull_request_event\"", "oidc.fork"},
    {"\"actor_id\"", "", "oidc.person"},
    {"\"actor_id\"", "\"actor_id\":\"\"", "oidc.person"},
    {"\"actor_id\"", "\"actor_id\":\"7 8\"", "oidc.person"},
    {"\"actor_id\"", "\"actor_id\":7", "good"},
};

Test(access_oidc, claims_are_judged_one_by_one)
{
	struct rig *r = rig_new();

	cr_expect_str_eq(rig_claims(r, "{" GITHUB "}"), "good", "%s", r->err.message);
	for (size_t i = 0; i < COUNT(claims_cases); i++) {
		const struct claims_case *c = &claims_cases[i];
		AUTO(buf) claims = {0};
		const char *code;

		change(c->without, c->with, &claims);
		code = rig_claims(r, buf_cstr(&claims));
		cr_expect_str_eq(code, c->code, "%s instead of %s: %s", c->with, c->without, code);
		cr_expect_eq(r->trusted, strcmp(c->code, "jwt.issuer") != 0, "%s", c->with);
	}
	rig_free(r);
}

Test(access_oidc, the_rule_names_the_principal_and_the_claim_the_person)
{
	struct rig *r = rig_new();

	cr_assert_str_eq(rig_claims(r, "{" GITHUB "}"), "good");
	cr_expect_str_eq(r->who.principal->name, "ci-x100");
	cr_expect_str_eq(r->who.rule->name, "x100-main");
	cr_expect_str_eq(r->who.person, "alice");
	cr_expect_str_eq(r->who.jti, "j1");
	cr_expect_eq(r->who.ends, 1000290 + 60);
	rig_free(r);
}

Test(access_oidc, an_unmapped_person_keeps_the_outside_name)
{
	struct rig *r = rig_new();
	AUTO(buf) claims = {0};

	change("\"actor_id\"", "\"actor_id\":\"8\"", &claims);
	cr_assert_str_eq(rig_claims(r, buf_cstr(&claims)), "good");
	cr_expect_str_eq(r->who.person, "github/8");
	r->issuer.person_claim = NULL;
	cr_assert_str_eq(rig_claims(r, buf_cstr(&claims)), "good");
	cr_expect_null(r->who.person);
	rig_free(r);
}

Test(access_oidc, a_rule_that_names_the_event_takes_it)
{
	struct rig *r = rig_new();
	AUTO(buf) claims = {0};

	set_claim(r, 0, 2, "event_name", "pull_request");
	r->rules[0].claims.count = 3;
	change("\"environment\"", "\"event_name\":\"pull_request\"", &claims);
	cr_expect_str_eq(rig_claims(r, buf_cstr(&claims)), "good", "%s", r->err.message);
	rig_free(r);
}

Test(access_oidc, rules_of_two_principals_are_nobodys)
{
	struct rig *r = rig_new();

	set_claim(r, 1, 1, "ref", "refs/heads/*");
	cr_expect_str_eq(rig_claims(r, "{" GITHUB "}"), "oidc.ambiguous");
	/* Two rules of one principal agree. */
	r->rules[1].principal = &r->principals[0];
	cr_expect_str_eq(rig_claims(r, "{" GITHUB "}"), "good");
	rig_free(r);
}

Test(access_oidc, a_rule_without_claims_takes_nobody)
{
	struct rig *r = rig_new();

	r->rules[0].claims.count = 0;
	r->rules[1].claims.count = 0;
	cr_expect_str_eq(rig_claims(r, "{" GITHUB "}"), "oidc.rule");
	rig_free(r);
}

Test(access_oidc, a_rule_of_another_issuer_does_not_count)
{
	struct rig *r = rig_new();
	struct oidc_issuer other = r->issuer;

	r->rules[0].issuer = &other;
	cr_expect_str_eq(rig_claims(r, "{" GITHUB "}"), "oidc.rule");
	rig_free(r);
}

Test(access_oidc, a_disabled_principal_is_nobody)
{
	struct rig *r = rig_new();

	r->principals[0].disabled = true;
	cr_expect_str_eq(rig_claims(r, "{" GITHUB "}"), "token.principal");
	rig_free(r);
}

/* ---- headers and keys ---- */

static const struct header_case {
	const char *header, *code;
} header_cases[] = {
    {"{\"alg\":\"RS256\"}", "jwt.key-id"}, {"{\"alg\":\"RS256\",\"kid\":\"k2\"}", "jwt.key-id"},
    {"{\"alg\":\"RS256\",\"kid\":\"../../k1\"}", "jwt.key-id"},
    {"{\"alg\":\"RS256\",\"kid\":\"/dev/null\"}", "jwt.key-id"},
    {"{\"alg\":\"RS256\",\"kid\":\"k1'--\"}", "jwt.key-id"},
    {"{\"alg\":\"RS256\",\"kid\":\"k1\",\"jku\":\"https://ci.example/jwks\"}", "jwt.own-key"},
    {"{\"alg\":\"ES384\",\"kid\":\"k1\"}", "jwt.signature"}, /* its signature has not 96 bytes */
};

Test(access_oidc, a_header_does_not_choose_another_key)
{
	struct rig *r = rig_new();

	for (size_t i = 0; i < COUNT(header_cases); i++) {
		AUTO(buf) token = {0};

		jwt_sign(header_cases[i].header, "{" GITHUB "}", r->key, &token);
		cr_expect_str_eq(rig_try(r, buf_span(&token)), header_cases[i].code, "%s: %s",
		    header_cases[i].header, err_code(&r->err));
		cr_expect(!r->trusted);
	}
	rig_free(r);
}

Test(access_oidc, an_algorithm_that_the_issuer_has_not_is_refused)
{
	struct rig *r = rig_new();
	EVP_PKEY *key = pki_key("EC-P256");
	AUTO(buf) token = {0};

	jwt_sign("{\"alg\":\"ES256\",\"kid\":\"k1\"}", "{" GITHUB "}", key, &token);
	cr_expect_str_eq(rig_try(r, buf_span(&token)), "jwt.algorithm");
	/* Allowed, but the key of that name is an RSA key. */
	r->issuer.algorithms |= JWS_BIT(JWS_ES256);
	cr_expect_str_eq(rig_try(r, buf_span(&token)), "jwt.algorithm");
	EVP_PKEY_free(key);
	rig_free(r);
}

Test(access_oidc, a_stranger_under_the_issuers_name_is_refused)
{
	struct rig *r = rig_new();
	EVP_PKEY *key = pki_key("RSA-2048");
	AUTO(buf) token = {0};

	jwt_sign(HEADER, "{" GITHUB "}", key, &token);
	cr_expect_str_eq(rig_try(r, buf_span(&token)), "jwt.signature");
	cr_expect(!r->trusted);
	EVP_PKEY_free(key);
	rig_free(r);
}

/* ---- patterns ---- */

static const struct pattern {
	const char *claim, *pattern, *value;
	bool fits;
} patterns[] = {
    {"ref", "refs/heads/main", "refs/heads/main", true},
    {"ref", "refs/heads/*", "refs/heads/x", true},
    {"ref", "refs/heads/*", "refs/heads/x/y", true},
    {"ref", "refs/heads/*", "refs/heads/", false},
    {"ref", "refs/heads/*", "refs/headsx", false},
    {"ref", "refs/heads/ma*", "refs/heads/main", false},
    {"ref", "refs/heads/ma*", "refs/heads/ma*", true},
    {"ref", "*", "refs/heads/main", false},
    {"ref", "*", "*", true},
    {"sub", "repo:acme/x100:*", "repo:acme/x100:ref:refs/heads/main", true},
    {"sub", "repo:acme/x100:*", "repo:acme/x1000:ref", false},
    {"ref", "", "", true},
    {"ref", "", "x", false},
    {"ref", "refs/*/main", "refs/heads/main", false},
    {"project_id", "12/*", "12/3", false},
    {"project_id", "12", "123", false},
    {"project_id", "12", "12", true},
};

Test(access_oidc, patterns_are_anchored_at_both_ends)
{
	for (size_t i = 0; i < COUNT(patterns); i++)
		cr_expect_eq(
		    oidc_claim_fits(patterns[i].claim, patterns[i].pattern, patterns[i].value),
		    patterns[i].fits, "%s %s %s", patterns[i].claim, patterns[i].pattern,
		    patterns[i].value);
}
