/* Handlers that need no store, called as server/ calls them. */
#include <criterion/criterion.h>
#include <openssl/ssl.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "api/known_client.h"
#include "api/refusal.h"
#include "base/encode.h"
#include "ca/policy.h"
#include "ca/reason.h"
#include "sql/db.h"

struct scene {
	struct arena arena;
	struct metrics metrics;
	struct api api;
	struct policy policy;
	struct authority authority;
	struct profile profile;
	struct label label;
	struct peer peer;
	struct http_header headers[4];
	struct http_request request;
	struct call call;
	struct http_response response;
	struct err err;
};

static char label_name[] = "x", authority_name[] = "issuing";

static void scene_set(struct scene *s)
{
	*s = (struct scene){0};
	s->authority.name = authority_name;
	s->authority.certificate = SPAN_LITERAL("\x30\x00");
	s->authority.cacerts_base64 = SPAN_LITERAL("Q0FDRVJUUw==");
	s->authority.cacerts_until = INT64_MAX;
	s->profile.authority = &s->authority;
	s->label.name = label_name;
	s->label.unlabelled = true;
	s->label.profile = &s->profile;
	s->policy.authorities = &s->authority;
	s->policy.authority_count = 1;
	s->policy.labels = &s->label;
	s->policy.label_count = 1;
	s->api.metrics = &s->metrics;
	s->api.clock = clock_system();
	s->call.api = &s->api;
	s->call.policy = &s->policy;
	s->request.arena = &s->arena;
	s->request.peer = &s->peer;
	s->request.headers = s->headers;
	s->call.request = &s->request;
}

/* Find the route and run it, or shape the refusal, as server/ does. */
static void ask(struct scene *s, enum listener_kind l, enum http_method method, const char *path)
{
	const struct route *route = NULL;
	const char *allow = NULL;

	s->request.method = method;
	s->request.path = path;
	if (!route_find(l, method, path, &s->arena, &route, &s->call.segment, &allow, &s->err).ok)
		route_refuse(&s->request, &s->err, allow, &s->response);
	else
		route_run(route, &s->call, &s->response, &s->err);
}

static bool body_has(const struct http_response *r, const char *text)
{
	return r->body.n && memmem(r->body.p, r->body.n, text, strlen(text)) != NULL;
}

#define EST "/.well-known/est/"

Test(api_est, cacerts_has_the_headers_that_clients_compare)
{
	struct scene s;

	scene_set(&s);
	ask(&s, LISTENER_DEVICE, HTTP_GET, EST "cacerts");
	cr_expect_eq(s.response.status, 200);
	/* libest compares this prefix byte by byte. */
	cr_expect_str_eq(s.response.content_type, "application/pkcs7-mime; smime-type=certs-only");
	cr_expect_str_eq(http_response_header(&s.response, "Content-Transfer-Encoding"), "base64");
	cr_expect(span_equal_str(s.response.body, "Q0FDRVJUUw=="));
	arena_free(&s.arena);
}

Test(api_est, no_csrattrs_is_204)
{
	struct scene s;

	scene_set(&s);
	ask(&s, LISTENER_DEVICE, HTTP_GET, EST "x/csrattrs");
	/* RFC 7030 4.5.2: "204 or 404 indicates that a CSR Attributes Response is not available".
	 */
	cr_expect_eq(s.response.status, 204);
	cr_expect_eq(s.response.body.n, 0);
	arena_free(&s.arena);
}

Test(api_est, csrattrs_are_sent_as_they_stand_in_the_snapshot)
{
	struct scene s;

	scene_set(&s);
	s.peer.tls_version = TLS1_3_VERSION;
	s.label.csrattrs_base64 = SPAN_LITERAL("MAsGCSqGSIb3DQEJBw==");
	ask(&s, LISTENER_DEVICE, HTTP_GET, EST "csrattrs");
	cr_expect_eq(s.response.status, 200);
	cr_expect_str_eq(s.response.content_type, "application/csrattrs");
	cr_expect(span_equal_str(s.response.body, "MAsGCSqGSIb3DQEJBw=="));
	arena_free(&s.arena);
}

static const struct {
	const char *name;
	int rule, version;
	bool ems;
	const char *want;
} attributes[] = {
    {"1.3 can bind", POP_OPTIONAL, TLS1_3_VERSION, false, "with"},
    {"1.2 with extended master secret can bind", POP_OPTIONAL, TLS1_2_VERSION, true, "with"},
    {"1.2 without cannot", POP_OPTIONAL, TLS1_2_VERSION, false, "without"},
    /* RFC 7030 3.5: what the server requires stands in its CSR attributes. */
    {"but where it is required it is said", POP_REQUIRED, TLS1_2_VERSION, false, "with"},
};

Test(api_est, a_session_that_cannot_bind_is_not_asked_to)
{
	for (size_t i = 0; i < COUNT(attributes); i++) {
		struct scene s;

		scene_set(&s);
		s.label.csrattrs_base64 = SPAN_LITERAL("with");
		s.label.csrattrs_no_pop_base64 = SPAN_LITERAL("without");
		s.label.pop = attributes[i].rule;
		s.peer.tls_version = attributes[i].version;
		s.peer.extended_master_secret = attributes[i].ems;
		ask(&s, LISTENER_DEVICE, HTTP_GET, EST "csrattrs");
		cr_expect(
		    span_equal_str(s.response.body, attributes[i].want), "%s", attributes[i].name);
		arena_free(&s.arena);
	}
}

Test(api_est, an_unknown_label_is_404_with_a_code)
{
	struct scene s;

	scene_set(&s);
	ask(&s, LISTENER_DEVICE, HTTP_GET, EST "nobody/cacerts");
	cr_expect_eq(s.response.status, 404);
	cr_expect_str_eq(http_response_header(&s.response, "X-Signet-Reason"), "label.unknown");
	cr_expect_str_eq(s.response.reason_code, "label.unknown");
	cr_expect(body_has(&s.response, "refused: there is no label nobody\nrule: RFC 7030 3.2.2"));
	cr_expect(body_has(&s.response, "\nwhat to do: "));
	cr_expect(body_has(&s.response, "\ncode: label.unknown\n"));
	arena_free(&s.arena);
}

Test(api_est, without_policy_it_is_503_with_retry_after)
{
	struct scene s;

	scene_set(&s);
	s.call.policy = NULL;
	ask(&s, LISTENER_DEVICE, HTTP_GET, EST "cacerts");
	cr_expect_eq(s.response.status, 503);
	cr_expect_str_eq(http_response_header(&s.response, "Retry-After"), "5");
	arena_free(&s.arena);
}

Test(api_est, optional_operations_are_501_and_say_what_instead)
{
	struct scene s;

	scene_set(&s);
	ask(&s, LISTENER_DEVICE, HTTP_POST, EST "serverkeygen");
	cr_expect_eq(s.response.status, 501);
	cr_expect(body_has(&s.response, "serverkeygen is not offered"));
	cr_expect_str_eq(http_response_header(&s.response, "X-Signet-Reason"), "est.not-offered");
	s.response = (struct http_response){0};
	ask(&s, LISTENER_DEVICE, HTTP_POST, EST "x/fullcmc");
	cr_expect_eq(s.response.status, 501);
	arena_free(&s.arena);
}

Test(api_route, wrong_method_names_the_right_one)
{
	struct scene s;

	scene_set(&s);
	ask(&s, LISTENER_DEVICE, HTTP_GET, EST "simpleenroll");
	cr_expect_eq(s.response.status, 405);
	cr_expect_str_eq(http_response_header(&s.response, "Allow"), "POST");
	arena_free(&s.arena);
}

static const struct {
	enum reason_id reason;
	int want_status;
	const char *want_header, *want_value;
} shapes[] = {
    {REASON_REGISTRATION_PENDING, 202, "Retry-After", "120"},
    {REASON_BINDING_MISMATCH, 400, NULL, NULL},
    {REASON_LDEVID_MISSING, 401, "WWW-Authenticate", "TLS-Client-Certificate realm=\"est\""},
    {REASON_DEVICE_CLONE, 403, NULL, NULL},
    {REASON_ENROLL_CONFLICT, 409, NULL, NULL},
    {REASON_HTTP_BODY_SIZE, 413, NULL, NULL},
    {REASON_HTTP_MEDIA_TYPE, 415, NULL, NULL},
};

Test(api_refusal, kinds_become_status_and_headers)
{
	for (size_t i = 0; i < COUNT(shapes); i++) {
		struct scene s;

		scene_set(&s);
		(void)err_refuse(&s.err, &reasons[shapes[i].reason], "because");
		s.call.retry_after = 120;
		s.call.reference = "17";
		refusal_shape(&s.call, &s.err, &s.response);
		cr_expect_eq(s.response.status, shapes[i].want_status, "%s: %d", err_code(&s.err),
		    s.response.status);
		if (shapes[i].want_header)
			cr_expect_str_eq(http_response_header(&s.response, shapes[i].want_header),
			    shapes[i].want_value);
		cr_expect(body_has(&s.response, "enrollment: 17\n"));
		arena_free(&s.arena);
	}
}

/* A fleet that finds the store away comes back over half a minute, not at once. */
Test(api_refusal, retry_after_is_spread_over_those_turned_away_together)
{
	int seen[RETRY_AFTER_STANDARD + RETRY_AFTER_SPREAD + 1] = {0};
	uint64_t id = UINT64_C(0x123456789abcdef0);

	for (int i = 0; i < 2600; i++, id += UINT64_C(0x9e3779b97f4a7c15)) {
		struct scene s;
		int wait;

		scene_set(&s);
		snprintf(s.request.id, sizeof(s.request.id), "%016llx", (unsigned long long)id);
		(void)err_set(&s.err, ERR_DATABASE, "the store is away");
		refusal_shape(&s.call, &s.err, &s.response);
		wait = atoi(http_response_header(&s.response, "Retry-After"));
		cr_assert(wait >= RETRY_AFTER_STANDARD &&
			      wait <= RETRY_AFTER_STANDARD + RETRY_AFTER_SPREAD,
		    "%d", wait);
		seen[wait]++;
		arena_free(&s.arena);
	}
	for (int w = RETRY_AFTER_STANDARD; w <= RETRY_AFTER_STANDARD + RETRY_AFTER_SPREAD; w++)
		cr_expect(seen[w] >= 50 && seen[w] <= 150, "%d s: %d of 2600", w, seen[w]);
}

Test(api_refusal, a_limit_of_one_device_is_told_as_it_is)
{
	struct scene s;

	scene_set(&s);
	snprintf(s.request.id, sizeof(s.request.id), "00000000000000ff");
	(void)err_refuse(&s.err, &reasons[REASON_DEVICE_LIMIT], "enough");
	s.call.retry_after = 86400;
	refusal_shape(&s.call, &s.err, &s.response);
	cr_expect_str_eq(http_response_header(&s.response, "Retry-After"), "86400");
	arena_free(&s.arena);
}

Test(api_known_client, is_remembered_for_a_second_and_by_every_octet)
{
	struct known_clients *k = known_clients_new();
	struct digest one = {{1}}, other = {{1}};

	other.bytes[SHA256_SIZE - 1] = 7; /* the same place */
	cr_expect_not(known_client(k, &one, 1000));
	known_client_add(k, &one, 1000);
	cr_expect(known_client(k, &one, 1000 + KNOWN_CLIENT_MS - 1));
	cr_expect_not(known_client(k, &one, 1000 + KNOWN_CLIENT_MS));
	cr_expect_not(known_client(k, &other, 1000));
	known_client_add(k, &other, 1000);
	cr_expect_not(known_client(k, &one, 1000), "its place was taken");
	known_clients_free(k);
}

Test(api_refusal, the_private_cause_stays_inside)
{
	struct scene s;

	scene_set(&s);
	(void)err_set(&s.err, ERR_DATABASE, "the store is away");
	err_cause(&s.err, "connection to 10.0.0.1 refused");
	refusal_shape(&s.call, &s.err, &s.response);
	cr_expect_eq(s.response.status, 503);
	cr_expect(http_response_header(&s.response, "Retry-After") != NULL);
	cr_expect(body_has(&s.response, "failed: the store is away\n"));
	cr_expect_not(body_has(&s.response, "10.0.0.1"));
	arena_free(&s.arena);
}

/* ---- enrollment, as far as it goes without a store ---- */

/* Anybody may ask; nothing of it is a 503, though the refusal cannot be kept. */
static void ask_enroll(struct scene *s, struct db *db, const char *path)
{
	static const struct log silent = {.fd = -1, .level = LOG_ERROR + 1};

	s->api.log = &silent;
	s->api.clock = clock_system();
	s->api.rng = rng_system();
	s->call.db = db;
	s->request.body = SPAN_LITERAL("MAA=");
	ask(s, LISTENER_DEVICE, HTTP_POST, path);
}

Test(api_est, without_a_certificate_it_is_401_with_a_text)
{
	const struct db_config nowhere = {.conninfo = "host=/nonexistent dbname=none"};
	struct db *db = db_new(&nowhere);
	struct scene s;

	scene_set(&s);
	ask_enroll(&s, db, EST "simpleenroll");
	cr_expect_eq(s.response.status, 401);
	cr_expect_str_eq(s.response.content_type, "text/plain; charset=utf-8");
	cr_expect_str_eq(http_response_header(&s.response, "X-Signet-Reason"), "idevid.missing");
	cr_expect(http_response_header(&s.response, "WWW-Authenticate") != NULL);
	cr_expect_eq(atomic_load(&s.metrics.values[METRIC_ENROLL_REFUSED]), 1);
	s.response = (struct http_response){0};
	s.err = (struct err){0};
	ask_enroll(&s, db, EST "x/simplereenroll");
	cr_expect_eq(s.response.status, 401);
	cr_expect_str_eq(s.response.reason_code, "ldevid.missing");
	db_close(db);
	arena_free(&s.arena);
}

/* ---- issuer ---- */

Test(api_issuer, a_certificate_is_der_and_cacheable)
{
	struct scene s;
	const char *etag;

	scene_set(&s);
	ask(&s, LISTENER_PUBLIC, HTTP_GET, "/ca/issuing.cer");
	cr_expect_eq(s.response.status, 200);
	cr_expect_str_eq(s.response.content_type, "application/pkix-cert");
	cr_expect(span_equal(s.response.body, s.authority.certificate));
	cr_expect(strstr(http_response_header(&s.response, "Cache-Control"), "max-age=") != NULL);
	etag = http_response_header(&s.response, "ETag");
	s.response = (struct http_response){0};
	s.headers[0] = (struct http_header){"if-none-match", etag};
	s.request.header_count = 1;
	ask(&s, LISTENER_PUBLIC, HTTP_GET, "/ca/issuing.cer");
	cr_expect_eq(s.response.status, 304);
	cr_expect_eq(s.response.body.n, 0);
	arena_free(&s.arena);
}

Test(api_issuer, an_unknown_authority_is_404)
{
	struct scene s;

	scene_set(&s);
	ask(&s, LISTENER_PUBLIC, HTTP_GET, "/ca/other.cer");
	cr_expect_eq(s.response.status, 404);
	arena_free(&s.arena);
}

/* ---- health ---- */

static bool not_ready(void *context, char *why, size_t size)
{
	(void)context;
	snprintf(why, size, "the database is away");
	return false;
}

Test(api_health, ready_says_why_not)
{
	struct scene s;

	scene_set(&s);
	s.api.ready = not_ready;
	ask(&s, LISTENER_DEVICE, HTTP_GET, "/readyz");
	cr_expect_eq(s.response.status, 503);
	cr_expect(body_has(&s.response, "not ready: the database is away"));
	s.response = (struct http_response){0};
	s.err = (struct err){0};
	ask(&s, LISTENER_OPERATOR, HTTP_GET, "/healthz");
	cr_expect_eq(s.response.status, 200);
	arena_free(&s.arena);
}

Test(api_health, metrics_are_in_prometheus_text)
{
	struct scene s;

	scene_set(&s);
	metric_add(&s.metrics, METRIC_ENROLL_ISSUED, 3);
	ask(&s, LISTENER_OPERATOR, HTTP_GET, "/metrics");
	cr_expect_eq(s.response.status, 200);
	cr_expect(body_has(&s.response, "signet_enrollments_total{outcome=\"issued\"} 3"));
	arena_free(&s.arena);
}
