/*
 * The database goes away and comes back: what needs it says so and when to come again, what does
 * not is served, and nobody has to be called.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/json.h"
#include "tests/integration/api_matrix.h"
#include "tests/integration/api_scene.h"
#include "tests/lib/jwt.h"

#define BACK_MS 20000

static struct api_scene scene;

/* ---- a pipeline's token ---- */

struct pipeline {
	EVP_PKEY *key;
	struct buf token, call; /* the body that exchanges it */
};

static void pipeline_make(struct pipeline *p)
{
	const long long now = (long long)time(NULL);
	AUTO(buf) policy = {0};
	AUTO(buf) set = {0};
	AUTO(buf) claims = {0};

	p->key = pki_key("EC-P256");
	jwt_put_set(p->key, "k1", &set);
	buf_put_str(&policy,
	    "---\n{kind: oidc-issuer, name: away, issuer: 'https://away.example', audience: signet,\n"
	    "  algorithms: [ES256], jwks: ");
	json_quote(&policy, buf_span(&set));
	buf_put_str(&policy, "}\n---\n{kind: principal, name: away, type: ci}\n"
			     "---\n{kind: oidc-rule, name: away, issuer: away, principal: away,\n"
			     "  claims: [{claim: repository_id, value: '5'}]}\n");
	api_root(&scene, "POST", "/api/v1/apply", NULL, buf_cstr(&policy), 200, NULL);
	buf_printf(&claims,
	    "{\"iss\":\"https://away.example\",\"aud\":\"signet\",\"sub\":\"r\",\"jti\":\"j\","
	    "\"iat\":%lld,\"exp\":%lld,\"repository_id\":\"5\"}",
	    now, now + 300);
	jwt_sign("{\"alg\":\"ES256\",\"kid\":\"k1\"}", buf_cstr(&claims), p->key, &p->token);
	buf_printf(&p->call, "{\"token\":\"%s\"}", buf_cstr(&p->token));
}

static void pipeline_free(struct pipeline *p)
{
	EVP_PKEY_free(p->key);
	buf_free(&p->token);
	buf_free(&p->call);
}

static struct api_ask exchange(struct pipeline *p)
{
	return (struct api_ask){.method = "POST",
	    .path = "/api/v1/token-exchange",
	    .type = "application/json",
	    .body = buf_cstr(&p->call)};
}

/* ---- a unit ---- */

struct unit {
	EVP_PKEY *key, *new_key;
	X509 *idevid;
	struct buf csr;
};

static void unit_make(struct unit *u)
{
	AUTO(buf) der = {0};

	u->key = pki_key("EC-P256");
	u->new_key = pki_key("EC-P256");
	u->idevid = pki_idevid(&scene.fixture.maker, u->key,
	    &(struct pki_idevid){.product = "X100", .serial = "AWAY-1"});
	pki_csr(u->new_key, &(struct pki_csr){.common_name = "x"}, &der);
	base64_encode(buf_span(&der), &u->csr);
}

static void unit_free(struct unit *u)
{
	EVP_PKEY_free(u->key);
	EVP_PKEY_free(u->new_key);
	X509_free(u->idevid);
	buf_free(&u->csr);
}

/* Status; ret_retry: Retry-After, 0: none. */
static int est(struct unit *u, const char *method, const char *operation, int *ret_retry)
{
	const struct https_options o = {.port = scene.fixture.servers[0].device_port,
	    .certificate = u->idevid,
	    .key = u->key,
	    .trusted = scene.fixture.root};
	struct https_reply r;
	struct https c;
	char path[64], text[16];
	const bool posts = strcmp(method, "POST") == 0;
	int status;

	snprintf(path, sizeof(path), "/.well-known/est/%s", operation);
	cr_assert(https_open(&o, &c), "%s: no connection", operation);
	cr_assert(
	    https_request(&c, method, path, posts ? "Content-Type: application/pkcs10\r\n" : "",
		posts ? buf_span(&u->csr) : SPAN_NONE, &r),
	    "%s: no answer", operation);
	status = r.status;
	*ret_retry = https_header(&r, "Retry-After", text, sizeof(text)) ? atoi(text) : 0;
	https_reply_free(&r);
	https_close(&c);
	return status;
}

/* ---- while it is away ---- */

/* "{device}" and its like: any number will do. */
static void path_of(const char *pattern, char *path, size_t size)
{
	size_t n = 0;

	for (const char *p = pattern; *p && n + 1 < size; p++) {
		path[n++] = *p == '{' ? '1' : *p;
		if (*p == '{')
			p += strcspn(p, "}");
	}
	path[n] = '\0';
}

static void expect_later(const char *name, const struct api_reply *r)
{
	cr_expect_eq(
	    r->status, 503, "%s: %d %s", name, r->status, r->body.n ? (const char *)r->body.p : "");
	cr_expect_str_eq(r->type, "application/problem+json", "%s: %s", name, r->type);
	cr_expect_gt(atoi(r->retry_after), 0, "%s: no Retry-After", name);
	cr_expect(r->code[0], "%s: no code", name);
}

static void every_operation(void)
{
	for (const struct matrix_row *row = matrix_rows; row->operation; row++) {
		AUTO(api_reply) r = {0};
		char path[128];

		path_of(row->path, path, sizeof(path));
		api_ask(&scene,
		    &(struct api_ask){
			row->method, path, scene.root, row->type, row->headers, row->body},
		    &r);
		/* What is for everybody to read needs no database. */
		if (row->rule == RULE_PUBLIC && strcmp(row->method, "GET") == 0)
			cr_expect_eq(r.status, 200, "%s: %d", row->operation, r.status);
		else
			expect_later(row->operation, &r);
	}
}

static void expect_devices(struct unit *u)
{
	static const char *const posts[] = {"simpleenroll", "simplereenroll"};
	int retry;

	cr_expect_eq(est(u, "GET", "cacerts", &retry), 200);
	cr_expect_eq(est(u, "GET", "csrattrs", &retry), 200);
	for (size_t i = 0; i < 2; i++) {
		cr_expect_eq(est(u, "POST", posts[i], &retry), 503, "%s", posts[i]);
		cr_expect_gt(retry, 0, "%s: no Retry-After", posts[i]);
	}
}

static void expect_process(void)
{
	char text[65536];

	cr_expect_eq(fixture_get(&scene.fixture, 0, "/healthz", text, sizeof(text)), 200);
	cr_expect_eq(fixture_get(&scene.fixture, 0, "/metrics", text, sizeof(text)), 200);
	cr_expect_eq(fixture_get(&scene.fixture, 0, "/log/checkpoint", text, sizeof(text)), 200);
	for (int i = 0; i < 200; i++) {
		if (fixture_get(&scene.fixture, 0, "/readyz", text, sizeof(text)) == 503)
			return;
		usleep(50000);
	}
	cr_expect_fail("ready without a database");
}

static void while_away(struct pipeline *p, struct unit *u)
{
	AUTO(api_reply) r = {0};
	const struct api_ask ask = exchange(p);

	every_operation();
	api_ask(&scene, &ask, &r);
	expect_later("a good token exchanged", &r);
	expect_devices(u);
	expect_process();
}

/* ---- when it is back ---- */

static void await_answer(const struct api_ask *ask, int status, int64_t end)
{
	int got = 0;

	while (got != status && monotonic_ms() < end) {
		AUTO(api_reply) r = {0};

		api_ask(&scene, ask, &r);
		got = r.status;
		if (got != status)
			usleep(100000);
	}
	cr_expect_eq(got, status, "%s %s: %d", ask->method, ask->path, got);
}

static void expect_back(struct pipeline *p, struct unit *u)
{
	const int64_t end = monotonic_ms() + BACK_MS;
	const struct api_ask asks[] = {
	    {.method = "GET", .path = "/readyz"},
	    {.method = "GET", .path = "/api/v1/devices", .token = scene.root},
	    {.method = "GET", .path = "/api/v1/products/x100", .token = scene.root},
	    {"POST", "/api/v1/devices", scene.root, "application/json", NULL,
		"{\"product\":\"x100\",\"serials\":[\"BACK-1\"]}"},
	    {"POST", "/api/v1/apply", scene.root, "application/yaml", NULL,
		"{kind: product, name: back, manufacturer: B, model: '1'}\n"},
	    {.method = "GET",
		.path = "/api/v1/log/proof?kind=policy_change&id=1",
		.token = scene.root},
	};
	const struct api_ask pipelines = exchange(p);
	int retry, status;

	for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]); i++)
		await_answer(&asks[i], 200, end);
	/* What was answered 503 was not spent. */
	await_answer(&pipelines, 201, end);
	do
		status = est(u, "POST", "simpleenroll", &retry);
	while (status != 200 && monotonic_ms() < end && usleep(100000) == 0);
	cr_expect_eq(status, 200);
}

Test(away, what_needs_the_database_says_when_to_come_again_and_all_comes_back, .timeout = 600)
{
	struct pipeline p = {0};
	struct unit u = {0};
	char before[32], after[32];
	static const char count[] = "SELECT count(*) FROM policy_change";

	api_scene_start(&scene);
	pipeline_make(&p);
	unit_make(&u);
	fixture_sql(&scene.fixture, count, before, sizeof(before));
	fixture_database_stop(&scene.fixture);
	while_away(&p, &u);
	fixture_database_start(&scene.fixture);
	fixture_sql(&scene.fixture, count, after, sizeof(after));
	cr_expect_str_eq(after, before);
	expect_back(&p, &u);
	unit_free(&u);
	pipeline_free(&p);
	api_scene_stop(&scene);
}
