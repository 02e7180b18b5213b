/*
 * What an attacker tries against what is said of certificates: odd paths and encodings, floods of
 * serial numbers that nobody has, revoking or resuming what is another product's, resets that are
 * not its own.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/encode.h"
#include "tests/integration/api_scene.h"
#include "tests/integration/status_scene.h"

#define JSON "application/json"

/* ---- paths and encodings ---- */

static const char *const bad_paths[] = {
    "/crl/",
    "/crl/..",
    "/crl/../ca/issuing.cer",
    "/crl/%2e%2e/%2e%2e/etc/passwd",
    "/crl/..%2f..%2fetc%2fpasswd.crl",
    "/crl/issuing/../issuing.crl",
    "/crl/issuing/-1.crl",
    "/crl/issuing/+0.crl",
    "/crl/issuing/00.crl",
    "/crl/issuing/1024.crl",
    "/crl/issuing/4294967296.crl",
    "/crl/issuing/18446744073709551616.crl",
    "/crl/issuing/0x0.crl",
    "/crl/issuing/0-delta-delta.crl",
    "/crl/issuing/0.crl%00.txt",
    "/crl/issuing%00.crl",
    "/crl/ISSUING.crl",
    "/crl/issuing.crl/",
    "/crl//issuing.crl",
    "/crl/issuing.crl.crl",
    "/crl/%F0%28%8C%28.crl",
};

static int get(struct fixture *f, const char *path, struct https_reply *ret)
{
	const struct https_options o = {.port = f->servers[0].public_port, .clear = true};
	struct https c;
	int status = 0;

	*ret = (struct https_reply){0};
	cr_assert(https_open(&o, &c));
	if (https_request(&c, "GET", path, NULL, SPAN_NONE, ret))
		status = ret->status;
	https_close(&c);
	return status;
}

static void paths_lead_nowhere_else(struct fixture *f)
{
	struct https_reply r;

	for (size_t i = 0; i < COUNT(bad_paths); i++) {
		const int status = get(f, bad_paths[i], &r);

		cr_expect(status == 400 || status == 404, "%s: %d", bad_paths[i], status);
		https_reply_free(&r);
	}
	cr_expect_eq(get(f, LIST_FULL, &r), 200);
	https_reply_free(&r);
}

/* A request for a serial number that is `serial` as it stands, right or not. */
static void put_request(struct fixture *f, struct span serial, struct buf *out)
{
	OCSP_REQUEST *q = OCSP_REQUEST_new();
	ASN1_INTEGER *number = ASN1_INTEGER_new();
	unsigned char *der = NULL;
	int n;

	ASN1_STRING_set(number, serial.p, (int)serial.n);
	OCSP_request_add0_id(q, OCSP_cert_id_new(EVP_sha256(), X509_get_subject_name(f->issuing),
				    X509_get0_pubkey_bitstr(f->issuing), number));
	n = i2d_OCSP_REQUEST(q, &der);
	cr_assert_gt(n, 0);
	buf_put(out, span(der, (size_t)n));
	OPENSSL_free(der);
	ASN1_INTEGER_free(number);
	OCSP_REQUEST_free(q);
}

/* The error that OCSP answers with; 0: an answer; -1: none of both. */
static int post(struct fixture *f, struct span request)
{
	const struct https_options o = {.port = f->servers[0].public_port, .clear = true};
	struct https c;
	struct https_reply r = {0};
	int error = -1;

	cr_assert(https_open(&o, &c));
	if (https_request(
		&c, "POST", "/ocsp", "Content-Type: application/ocsp-request\r\n", request, &r) &&
	    r.status == 200 && r.body.n >= 5)
		error = r.body.n == 5 ? r.body.p[4] : 0;
	https_reply_free(&r);
	https_close(&c);
	return error;
}

/*
 * A second encoding of a serial number must not find, nor make, the answer that others get: theirs
 * would name a certificate that they did not ask about.
 */
static void odd_encodings_leave_the_cache_alone(struct fixture *f, X509 *certificate)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(certificate);
	const struct span right =
	    span(ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial));
	AUTO(buf) good = {0};
	AUTO(buf) odd = {0};
	size_t at;

	put_request(f, right, &good);
	for (at = good.n - right.n; at > 0; at--)
		if (memcmp(good.p + at, right.p, right.n) == 0)
			break;
	/* Each octet of what stands in front, by one more: lengths, tags, algorithm. */
	for (size_t i = 0; i < at; i++) {
		AUTO(buf) changed = {0};

		buf_put(&changed, buf_span(&good));
		changed.p[i]++;
		cr_expect_geq(post(f, buf_span(&changed)), 0, "octet %zu", i);
	}
	/* A zero in front, with every length around it right: OpenSSL writes those. */
	buf_put(&odd, span("\x00\x00", 2));
	buf_put(&odd, right);
	good.n = 0;
	put_request(f, buf_span(&odd), &good);
	(void)post(f, buf_span(&good));
	for (int i = 0; i < 3; i++)
		cr_expect_eq(
		    ocsp_ask(f->servers[0].public_port, f->root, f->issuing, certificate, false)
			.word,
		    OCSP_SAID_GOOD);
}

static double resident_mb(pid_t pid)
{
	char path[64], line[256];
	long kb = 0;
	FILE *in;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	in = fopen(path, "r");
	while (in && fgets(line, sizeof(line), in) && sscanf(line, "VmRSS: %ld kB", &kb) != 1)
		;
	if (in)
		fclose(in);
	return (double)kb / 1024;
}

/* What is freed stays with ASan for a while: 256 MB of it. */
#ifdef __SANITIZE_ADDRESS__
#define GROWTH_MB 300
#else
#define GROWTH_MB 8
#endif

/* They are asked for and forgotten. */
static void unknown_serials_take_no_memory(struct fixture *f, int count)
{
	const struct https_options o = {.port = f->servers[0].public_port, .clear = true};
	struct https c;
	double before = 0;

	cr_assert(https_open(&o, &c));
	for (int i = 0; i < count; i++) {
		const unsigned char serial[] = {0x55, (unsigned char)(i >> 8), (unsigned char)i, 7};
		AUTO(buf) request = {0};
		struct https_reply r = {0};

		put_request(f, SPAN_OF(serial), &request);
		cr_assert(https_request(&c, "POST", "/ocsp",
		    "Content-Type: application/ocsp-request\r\n", buf_span(&request), &r));
		if (r.status != 200)
			cr_log_warn("%d", r.status);
		https_reply_free(&r);
		if (i == count / 4)
			before = resident_mb(f->servers[0].pid);
		if ((i + 1) % 50 == 0) {
			https_close(&c);
			cr_assert(https_open(&o, &c));
		}
	}
	https_close(&c);
	cr_expect_lt(
	    resident_mb(f->servers[0].pid) - before, GROWTH_MB, "it grows by what nobody has");
}

Test(status_attack, odd_questions_get_no_answer_that_harms, .timeout = 600)
{
	struct status_scene s;
	struct status_unit u;

	status_scene_start(&s);
	status_unit_make(&s, 0, "ODD", &u);
	paths_lead_nowhere_else(&s.fixture);
	odd_encodings_leave_the_cache_alone(&s.fixture, u.certificate);
	unknown_serials_take_no_memory(&s.fixture, 1200);
	cr_expect_eq(status_ocsp(&s, 0, u.certificate, false).word, OCSP_SAID_GOOD);
	status_unit_free(&u);
	status_scene_stop(&s);
}

/* ---- another product's ---- */

static struct api_scene api;

/* Filled in: the device, the certificate, its key. */
static const char *const selectors[] = {
    "{\"certificate\":%s}",
    "{\"device\":%s}",
    "{\"product\":\"x100\"}",
    "{\"batch\":\"B-1\"}",
    "{\"authority\":\"issuing\"}",
    "{\"key_digest\":\"%s\"}",
    "{\"issued_after\":\"2020-01-01T00:00:00Z\"}",
    "{\"authority\":\"issuing\",\"issued_after\":\"2020-01-01T00:00:00Z\"}",
};

static const char *token_of(const char *role, enum api_reach reach)
{
	for (int i = 0; i < API_ROLES; i++)
		if (strcmp(api_role_names[i], role) == 0)
			return api.tokens[i][reach];
	cr_assert_fail("no role %s", role);
	return NULL;
}

static long long number(const char *sql)
{
	char text[64];

	fixture_sql(&api.fixture, sql, text, sizeof(text));
	return atoll(text);
}

static void try_selector(size_t i, const char *key, bool dry)
{
	AUTO(api_reply) r = {0};
	char selector[160], body[256];
	const char *arguments[COUNT(selectors)] = {
	    [0] = api.certificate, [1] = api.device, [5] = key};

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(selector, sizeof(selector), selectors[i], arguments[i] ? arguments[i] : "");
#pragma GCC diagnostic pop
	snprintf(body, sizeof(body),
	    "{\"selector\":%s,\"reason\":\"keyCompromise\",\"dry_run\":%s}", selector,
	    dry ? "true" : "false");
	api_ask(&api,
	    &(struct api_ask){"POST", "/api/v1/mass-revocations",
		token_of("registration-officer", REACH_OUT), JSON, NULL, body},
	    &r);
	cr_expect(r.status == 403 || r.status == 404 || r.status == 409 || r.status == 422 ||
		      (dry && r.status == 200),
	    "%s: %d %s", selector, r.status, buf_cstr(&r.body));
	if (r.status == 200)
		cr_expect_eq(json_integer_value(json_object_get(r.json, "certificates")), 0,
		    "%s finds: %s", selector, buf_cstr(&r.body));
	cr_expect_null(strstr(buf_cstr(&r.body), "M-1"), "%s", buf_cstr(&r.body));
}

static void expect_untouched(const char *what)
{
	cr_expect_eq(
	    number("SELECT count(*) FROM status_change WHERE change <> 'held'"), 0, "%s", what);
	cr_expect_eq(number("SELECT count(*) FROM mass_act WHERE who LIKE '%-out'"), 0, "%s", what);
}

static void selectors_do_not_reach_it(void)
{
	char key[72];

	fixture_sql(&api.fixture, "SELECT encode(sha256('x'), 'hex')", key, sizeof(key));
	fixture_sql(&api.fixture, "UPDATE device SET batch = 'B-1' WHERE serial = 'M-1'", NULL, 0);
	for (size_t i = 0; i < COUNT(selectors); i++) {
		try_selector(i, key, true);
		try_selector(i, key, false);
	}
	expect_untouched("mass revocation");
}

/* On hold by somebody else, in another product. */
static void holds_are_not_lifted(void)
{
	static const char *const acts[] = {"resume", "hold", "revoke"};
	char path[96];

	snprintf(path, sizeof(path), "/api/v1/certificates/%s/hold", api.certificate);
	api_root(&api, "POST", path, NULL, NULL, 200, NULL);
	for (size_t i = 0; i < COUNT(acts); i++) {
		AUTO(api_reply) r = {0};

		snprintf(
		    path, sizeof(path), "/api/v1/certificates/%s/%s", api.certificate, acts[i]);
		api_ask(&api,
		    &(struct api_ask){"POST", path, token_of("registration-officer", REACH_OUT),
			i == 2 ? JSON : NULL, NULL, i == 2 ? "{\"reason\":\"superseded\"}" : NULL},
		    &r);
		cr_expect(r.status == 403 || r.status == 404, "%s: %d", acts[i], r.status);
	}
	expect_untouched("acts on one");
	cr_expect_eq(number("SELECT count(*) FROM revocation WHERE resumed_at IS NULL"), 1);
}

static void numbers_are_not_told(void)
{
	static const char *const roles[] = {"viewer", "registration-officer", "auditor"};
	static const char *const paths[] = {"/api/v1/statistics", "/api/v1/statistics?product=x100",
	    "/api/v1/mass-revocations", "/api/v1/certificates?batch=B-1",
	    "/api/v1/devices?batch=B-1", "/api/v1/certificates?status=held",
	    "/api/v1/certificates?product=x100"};

	for (size_t i = 0; i < COUNT(roles); i++)
		for (size_t k = 0; k < COUNT(paths); k++) {
			AUTO(api_reply) r = {0};

			api_ask(&api,
			    &(struct api_ask){.method = "GET",
				.path = paths[k],
				.token = token_of(roles[i], REACH_OUT)},
			    &r);
			cr_expect(r.status == 200 || r.status == 403, "%s: %d %s", paths[k],
			    r.status, buf_cstr(&r.body));
			cr_expect_not(
			    strstr(buf_cstr(&r.body), "x100") || strstr(buf_cstr(&r.body), "M-1"),
			    "%s, %s: %s", roles[i], paths[k], buf_cstr(&r.body));
		}
}

/* ---- resets that are not one's own ---- */

static int reset(X509 *certificate, EVP_PKEY *key, char code[static 64])
{
	const struct https_options o = {
	    .port = api.fixture.servers[0].device_port, .certificate = certificate, .key = key};
	struct https c;
	struct https_reply r = {0};
	int status = 0;

	code[0] = '\0';
	if (!https_open(&o, &c))
		return 0;
	if (https_request(&c, "POST", "/.well-known/signet/reset", NULL, SPAN_NONE, &r))
		status = r.status;
	if (status && !https_header(&r, "X-Signet-Reason", code, 64))
		code[0] = '\0';
	https_reply_free(&r);
	https_close(&c);
	return status;
}

static void expect_reset(
    const char *what, struct pki_authority *maker, const char *serial, int want)
{
	EVP_PKEY *key = pki_key("EC-P256");
	X509 *idevid =
	    pki_idevid(maker, key, &(struct pki_idevid){.product = "X100", .serial = serial});
	char code[64];
	const int status = reset(idevid, key, code);

	cr_expect(status == want || (want >= 400 && status == 0), "%s: %d %s", what, status, code);
	X509_free(idevid);
	EVP_PKEY_free(key);
}

static void resets_are_ones_own(void)
{
	fixture_sql(&api.fixture,
	    "UPDATE device SET idevid_key = sha256('its own'), idevid_certificate = sha256('c') "
	    "WHERE serial = 'M-1'",
	    NULL, 0);
	expect_reset("a stranger's unit of its name", &api.fixture.stranger, "M-1", 403);
	expect_reset(
	    "its maker's unit of its name, with another key", &api.fixture.maker, "M-1", 403);
	expect_reset("a unit that nobody has seen", &api.fixture.maker, "M-99", 200);
	cr_expect_eq(number("SELECT count(*) FROM device WHERE serial = 'M-99'"), 0,
	    "a reset makes a device known");
	cr_expect_eq(
	    number("SELECT count(*) FROM device WHERE serial = 'M-1' AND state = 'enrolled'"), 1);
	expect_untouched("resets");
}

Test(status_attack, another_products_certificates_are_out_of_reach, .timeout = 600)
{
	api_scene_start(&api);
	selectors_do_not_reach_it();
	holds_are_not_lifted();
	numbers_are_not_told();
	resets_are_ones_own();
	api_scene_stop(&api);
}
