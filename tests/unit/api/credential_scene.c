#include "tests/unit/api/credential_scene.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "access/jwks_cache.h"
#include "api/attempt.h"
#include "base/file.h"
#include "tests/lib/jwt.h"
#include "tests/lib/pki.h"

static char admin[] = "admin", registrar[] = "registrar", alice[] = "alice", bob[] = "bob",
	    ci[] = "ci-x100", line[] = "line-1", x100[] = "x100", github[] = "github",
	    seven[] = "7", robot[] = "robot";

static int64_t scene_now(void *context)
{
	return ((struct scene *)context)->now;
}

static struct status no_fetch(void *context, const struct fetch_request *q,
    struct fetch_response *ret_response, struct err *err)
{
	(void)context;
	(void)ret_response;
	return err_set(err, ERR_BUSY, "%s is not to be asked", q->url);
}

/* ---- who there is ---- */

static void add_principal(struct scene *s, char *name, enum principal_type type)
{
	s->principals[s->access.principal_count++] =
	    (struct principal){.name = name, .type = (int)type};
}

static void set_access(struct scene *s)
{
	static char *products[] = {x100};
	struct access *a = &s->access;

	a->principals = s->principals;
	a->roles = s->roles;
	a->bindings = s->bindings;
	add_principal(s, alice, PRINCIPAL_PERSON);
	add_principal(s, bob, PRINCIPAL_PERSON);
	add_principal(s, ci, PRINCIPAL_CI);
	add_principal(s, line, PRINCIPAL_LINE);
	add_principal(s, robot, PRINCIPAL_SERVICE);
	s->alice_at_ci = (struct outside_identity){.issuer = github, .subject = seven};
	s->principals[0].identities = (struct map_list){&s->alice_at_ci, 1};
	s->principals[3].disabled = true;
	s->roles[0] = (struct role){.name = admin, .permissions = PERMISSION_ALL};
	s->roles[1] = (struct role){.name = registrar,
	    .permissions = PERMISSION_BIT(PERMISSION_DEVICE_READ) |
			   PERMISSION_BIT(PERMISSION_DEVICE_REGISTER) |
			   PERMISSION_BIT(PERMISSION_TOKEN_CREATE)};
	a->role_count = 2;
	s->bindings[0] = (struct binding){.name = alice,
	    .principal_name = alice,
	    .role_name = admin,
	    .principal = &s->principals[0],
	    .role = &s->roles[0],
	    .expires = INT64_MAX};
	s->bindings[1] = (struct binding){.name = bob,
	    .principal_name = bob,
	    .role_name = registrar,
	    .principal = &s->principals[1],
	    .role = &s->roles[1],
	    .products = {products, 1},
	    .expires = INT64_MAX};
	a->binding_count = 2;
	s->policy = (struct policy){.version = 1, .access = a};
}

static void set_issuer(struct scene *s)
{
	static char iss[] = "https://ci.example", audience[] = "https://signet.example",
		    person[] = "actor_id", id[] = "repository_id", value[] = "123456",
		    rule[] = "x100-main";
	AUTO(buf) set = {0};

	s->ci_key = pki_key("EC-P256");
	jwt_put_set(s->ci_key, "k1", &set);
	s->issuer = (struct oidc_issuer){.name = github,
	    .issuer = iss,
	    .audience = audience,
	    .jwks = arena_strdup(&s->arena, buf_cstr(&set)),
	    .algorithms = 1U << OIDC_ES256,
	    .person_claim = person,
	    .max_age = 600,
	    .clock_skew = 60};
	s->claims[0] = (struct oidc_claim){.claim = id, .value = value};
	s->rule = (struct oidc_rule){.name = rule,
	    .issuer_name = github,
	    .principal_name = ci,
	    .claims = {s->claims, 1},
	    .issuer = &s->issuer,
	    .principal = &s->principals[2]};
	s->access.oidc_issuers = &s->issuer;
	s->access.oidc_issuer_count = 1;
	s->access.oidc_rules = &s->rule;
	s->access.oidc_rule_count = 1;
}

/* ---- the API ---- */

static void set_keys(struct scene *s)
{
	struct service_key_context c = {.clock = &s->api.clock, .rng = &s->api.rng, .who = "test"};
	struct hsm_config config = {.key_directory = s->directory};
	char passphrase[96];
	struct err err = {0};

	strcpy(s->directory, "/tmp/signet-credential-XXXXXX");
	cr_assert_not_null(mkdtemp(s->directory));
	snprintf(passphrase, sizeof(passphrase), "%s/passphrase", s->directory);
	cr_assert(file_replace(passphrase, SPAN_LITERAL("correct horse battery\n"), 0600, &err).ok);
	config.passphrase_file = passphrase;
	cr_assert(hsm_open(&config, &s->hsm, &err).ok);
	c.db = s->db;
	c.hsm = s->hsm;
	s->api.tokens = token_keys_new();
	cr_assert(token_keys_load(s->api.tokens, &c, &err).ok, "%s (%s)", err.message, err.cause);
	/* The passphrase's path does not outlive this function, and is not needed any more. */
}

struct scene *scene_new(void)
{
	const struct fetcher fetcher = {.fetch = no_fetch};
	struct scene *s = mem_alloc(sizeof(*s));

	s->database = pg_database_new(true);
	s->db = pg_open(&s->database);
	s->now = 1800000000;
	s->address = "192.0.2.1";
	s->api.clock = (struct clock){scene_now, s};
	s->api.rng = rng_system();
	s->api.metrics = &s->metrics;
	s->api.attempts = attempts_new(7);
	s->api.key_sets = jwks_cache_new(&fetcher, &s->api.clock);
	set_keys(s);
	set_access(s);
	set_issuer(s);
	return s;
}

void scene_free(struct scene *s)
{
	char command[128];

	token_keys_free(s->api.tokens);
	attempts_free(s->api.attempts);
	jwks_cache_free(s->api.key_sets);
	hsm_close(s->hsm);
	db_close(s->db);
	pg_database_drop(&s->database);
	EVP_PKEY_free(s->ci_key);
	arena_free(&s->arena);
	snprintf(command, sizeof(command), "rm -rf '%s'", s->directory);
	cr_assert_eq(system(command), 0);
	free(s);
}

const struct principal *scene_principal(struct scene *s, const char *name)
{
	return access_principal(&s->access, name);
}

/* ---- calls ---- */

static size_t put_headers(
    const struct scene *s, const char *authorization, const char *body, struct http_header *out)
{
	size_t n = 0;

	if (authorization)
		out[n++] = (struct http_header){"Authorization", authorization};
	if (s->header)
		out[n++] = (struct http_header){"authorization", s->header};
	if (s->retry)
		out[n++] = (struct http_header){"Idempotency-Key", s->retry};
	if (body)
		out[n++] = (struct http_header){"Content-Type", "application/json"};
	return n;
}

/* Path and query as server/ splits them. */
static void set_target(struct scene *s, const char *target, struct http_request *q)
{
	char *path = arena_strdup(&s->arena, target), *query = strchr(path, '?');

	if (query)
		*query++ = '\0';
	q->path = path;
	q->query = query;
}

int scene_call(struct scene *s, enum http_method method, const char *path,
    const char *authorization, const char *body, json_t **ret_json)
{
	struct http_header headers[4];
	struct peer peer = {.tls_version = 0x0304};
	struct http_request q = {.id = "0123456789abcdef",
	    .method = method,
	    .headers = headers,
	    .body = span_str(body),
	    .peer = &peer,
	    .arena = &s->arena};
	struct call call = {.api = &s->api, .db = s->db, .policy = &s->policy, .request = &q};
	struct http_response response = {.status = 0};
	const struct route *route;
	const char *allow;
	struct err err = {0};

	snprintf(peer.address, sizeof(peer.address), "%s", s->address);
	q.header_count = put_headers(s, authorization, body, headers);
	set_target(s, path, &q);
	if (s->held)
		call.policy = policy_current(s->api.policies);
	cr_assert(route_find(LISTENER_OPERATOR, method, q.path, &s->arena, &route, &call.segment,
		      &allow, &err)
		      .ok,
	    "%s", err.message);
	perform(route, &call, &response, &err);
	if (s->held)
		policy_release(call.policy);
	*ret_json = response.body.n > 0
			? json_loadb((const char *)response.body.p, response.body.n, 0, NULL)
			: NULL;
	return response.status;
}

const char *scene_code(
    struct scene *s, enum http_method method, const char *path, const char *token, const char *body)
{
	const char *authorization = token ? arena_printf(&s->arena, "Bearer %s", token) : NULL;
	json_t *json = NULL;
	int status = scene_call(s, method, path, authorization, body, &json);
	const char *code = json_string_value(json_object_get(json, "code"));

	code = status < 300 ? "good" : arena_strdup(&s->arena, code ? code : "no code");
	json_decref(json);
	return code;
}

const char *scene_cause(struct scene *s)
{
	return pg_value(&s->database, "SELECT cause FROM refused_call ORDER BY id DESC LIMIT 1");
}

const char *scene_token(struct scene *s, const char *principal)
{
	const struct token_maker m = {.db = s->db,
	    .keys = s->api.tokens,
	    .access = &s->access,
	    .rng = &s->api.rng,
	    .now = s->now,
	    .arena = &s->arena};
	const struct actor root = actor_local("os:root");
	struct token_wish wish = {.by = &root, .principal = scene_principal(s, principal)};
	struct token_made made;
	struct err err = {0};

	cr_assert(db_begin(s->db, &err).ok);
	cr_assert(token_make(&m, &wish, &made, &err).ok, "%s (%s)", err.message, err.cause);
	cr_assert(db_commit(s->db, &err).ok);
	return made.token;
}

const char *scene_ci_token(struct scene *s, const char *jti, const char *more)
{
	AUTO(buf) claims = {0};
	AUTO(buf) token = {0};

	buf_printf(&claims,
	    "{\"iss\":\"https://ci.example\",\"aud\":\"https://signet.example\",\"sub\":\"r\","
	    "\"jti\":\"%s\",\"iat\":%lld,\"exp\":%lld,\"repository_id\":\"123456\","
	    "\"actor_id\":\"7\"%s}",
	    jti, (long long)s->now, (long long)s->now + 300, more);
	jwt_sign("{\"alg\":\"ES256\",\"kid\":\"k1\"}", buf_cstr(&claims), s->ci_key, &token);
	return arena_strdup(&s->arena, buf_cstr(&token));
}
