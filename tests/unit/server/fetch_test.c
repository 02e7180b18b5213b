/* tests/unit/server/fetch_test.c: asking other servers, those that answer badly above all. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "access/jwks_cache.h"
#include "base/clock.h"
#include "base/file.h"
#include "server/fetch.h"
#include "tests/lib/jwt.h"
#include "tests/lib/pki.h"

/* Answers each connection with the same bytes; keeps the head of the last request. */
struct responder {
	const char *_Atomic answer; /* %d: its own port; NULL: none, and it waits */
	size_t flood;               /* so many bytes of body behind it */
	SSL_CTX *tls;               /* NULL: clear */
	int fd, port;
	atomic_int asked;
	atomic_bool stop;
	char request[1024];
	pthread_t thread;
};

static void serve_bytes(struct responder *r, int fd, SSL *ssl)
{
	const char *answer;
	char text[1024], chunk[4096];
	int n;

	memset(r->request, 0, sizeof(r->request));
	n = ssl ? SSL_read(ssl, r->request, sizeof(r->request) - 1)
		: (int)read(fd, r->request, sizeof(r->request) - 1);
	if (n <= 0)
		return;
	atomic_fetch_add(&r->asked, 1);
	answer = r->answer;
	if (!answer) {
		usleep(1500000);
		return;
	}
	n = snprintf(text, sizeof(text), answer, r->port);
	n = ssl ? SSL_write(ssl, text, n) : (int)write(fd, text, (size_t)n);
	memset(chunk, 'x', sizeof(chunk));
	for (size_t sent = 0; n > 0 && sent < r->flood; sent += sizeof(chunk))
		n = (int)send(fd, chunk, sizeof(chunk), MSG_NOSIGNAL);
}

static void *respond(void *context)
{
	struct responder *r = context;
	int fd;

	while ((fd = accept(r->fd, NULL, NULL)) >= 0 && !r->stop) {
		SSL *ssl = r->tls ? SSL_new(r->tls) : NULL;

		if (!ssl || (SSL_set_fd(ssl, fd) == 1 && SSL_accept(ssl) == 1))
			serve_bytes(r, fd, ssl);
		if (ssl)
			SSL_shutdown(ssl);
		SSL_free(ssl);
		close(fd);
	}
	if (fd >= 0)
		close(fd);
	return NULL;
}

static void responder_start(struct responder *r)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(a);

	/* A client that hangs up in the middle is what some of the tests are about. */
	signal(SIGPIPE, SIG_IGN);
	r->fd = socket(AF_INET, SOCK_STREAM, 0);
	cr_assert_eq(bind(r->fd, (struct sockaddr *)&a, sizeof(a)), 0);
	cr_assert_eq(listen(r->fd, 16), 0);
	cr_assert_eq(getsockname(r->fd, (struct sockaddr *)&a, &n), 0);
	r->port = ntohs(a.sin_port);
	cr_assert_eq(pthread_create(&r->thread, NULL, respond, r), 0);
}

static void responder_stop(struct responder *r)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	    .sin_port = htons((uint16_t)r->port)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	r->stop = true;
	(void)!connect(fd, (struct sockaddr *)&a, sizeof(a));
	close(fd);
	pthread_join(r->thread, NULL);
	close(r->fd);
	SSL_CTX_free(r->tls);
}

static const struct curl_fetcher clear = {.clear_loopback = true};

static enum err_kind ask(const struct curl_fetcher *own, const struct fetch_request *q,
    struct fetch_response *ret, struct err *err)
{
	const struct fetcher f = fetcher_by_curl(own);

	return fetch(&f, q, ret, err).ok ? ERR_NONE : err->kind;
}

/* One question to a responder of its own, at /keys. */
static enum err_kind ask_once(
    struct responder *r, struct fetch_request *q, struct fetch_response *ret, struct err *err)
{
	char url[64];
	enum err_kind kind;

	responder_start(r);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/keys", r->port);
	q->url = url;
	kind = ask(&clear, q, ret, err);
	q->url = NULL;
	responder_stop(r);
	return kind;
}

#define OK(headers, body) "HTTP/1.1 200 OK\r\n" headers "\r\n" body

Test(server_fetch, an_answer_is_read_with_its_type_and_its_age)
{
	struct responder r = {.answer = OK("Content-Type: application/json\r\n"
					   "Cache-Control: public, max-age=900\r\n"
					   "Content-Length: 2\r\n",
				  "{}")};
	struct fetch_request q = {.accept = "application/json"};
	AUTO(fetch_response) a = {0};
	struct err err = {0};

	cr_expect_eq(ask_once(&r, &q, &a, &err), ERR_NONE, "%s (%s)", err.message, err.cause);
	cr_expect_eq(a.status, 200);
	cr_expect_str_eq(a.content_type, "application/json");
	cr_expect_eq(a.max_age, 900);
	cr_expect(span_equal_str(buf_span(&a.body), "{}"));
	cr_expect(strstr(r.request, "GET /keys HTTP/1.1\r\n"), "%s", r.request);
	cr_expect(strstr(r.request, "Accept: application/json\r\n"));
	cr_expect_null(strstr(r.request, "Cookie"));
	cr_expect_null(strstr(r.request, "Accept-Encoding"));
}

static const struct age {
	const char *answer;
	int64_t age;
} ages[] = {
    {OK("Content-Length: 0\r\n", ""), -1},
    {OK("cache-control: no-store\r\nContent-Length: 0\r\n", ""), 0},
    {OK("Cache-Control: max-age=60, no-cache\r\nContent-Length: 0\r\n", ""), 0},
    {OK("Cache-Control: max-age=60\r\nCache-Control: max-age=30\r\nContent-Length: 0\r\n", ""), 30},
    {OK("Cache-Control: max-age=99999999999999999999\r\nContent-Length: 0\r\n", ""), 999999999},
    {OK("Cache-Control: max-age=-1\r\nContent-Length: 0\r\n", ""), -1},
    {OK("Cache-Control: s-maxage=5, max-age=\"6\"\r\nContent-Length: 0\r\n", ""), -1},
};

Test(server_fetch, cache_control_is_read_as_it_is_meant)
{
	for (size_t i = 0; i < COUNT(ages); i++) {
		struct responder r = {.answer = ages[i].answer};
		struct fetch_request q = {.url = NULL};
		AUTO(fetch_response) a = {0};
		struct err err = {0};

		cr_expect_eq(ask_once(&r, &q, &a, &err), ERR_NONE, "%s", err.cause);
		cr_expect_eq(
		    a.max_age, ages[i].age, "%s: %lld", ages[i].answer, (long long)a.max_age);
	}
}

static const struct answer {
	const char *answer;
	size_t flood;
	enum err_kind kind;
	int asked;
} answers[] = {
    {"HTTP/1.1 500 no\r\nContent-Length: 0\r\n\r\n", 0, ERR_BUSY, 1},
    {"HTTP/1.1 404 no\r\nContent-Length: 0\r\n\r\n", 0, ERR_BUSY, 1},
    {"garbage\r\n\r\n", 0, ERR_BUSY, 1},
    {OK("Content-Length: 10\r\n", "{}"), 0, ERR_BUSY, 1},
    {OK("Content-Length: 1001\r\n", ""), 0, ERR_TOO_LARGE, 1},
    {OK("", ""), 100000, ERR_TOO_LARGE, 1},
    {"HTTP/1.1 302 x\r\nLocation: https://evil.example/\r\nContent-Length: 0\r\n\r\n", 0,
	ERR_CONFIG, 1},
    {"HTTP/1.1 302 x\r\nLocation: http://192.0.2.1/\r\nContent-Length: 0\r\n\r\n", 0, ERR_CONFIG,
	1},
    {"HTTP/1.1 302 x\r\nLocation: http://127.0.0.2:%d/\r\nContent-Length: 0\r\n\r\n", 0, ERR_CONFIG,
	1},
    {"HTTP/1.1 302 x\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n", 0, ERR_CONFIG,
	1},
    {"HTTP/1.1 301 x\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n", 0, ERR_CONFIG,
	FETCH_REDIRECTS_MAX + 1},
};

Test(server_fetch, bad_answers_are_refused_each_in_its_kind, .timeout = 60)
{
	for (size_t i = 0; i < COUNT(answers); i++) {
		struct responder r = {.answer = answers[i].answer, .flood = answers[i].flood};
		struct fetch_request q = {.body_max = 1000};
		AUTO(fetch_response) a = {0};
		struct err err = {0};

		cr_expect_eq(ask_once(&r, &q, &a, &err), answers[i].kind, "%s: %s (%s)",
		    answers[i].answer, err.message, err.cause);
		cr_expect_eq(r.asked, answers[i].asked, "%s", answers[i].answer);
		cr_expect_null(a.body.p);
	}
}

Test(server_fetch, who_is_slow_is_given_up, .timeout = 30)
{
	struct responder r = {.answer = NULL};
	struct fetch_request q = {.timeout_ms = 300};
	AUTO(fetch_response) a = {0};
	struct err err = {0};
	int64_t begun = monotonic_ms();
	char url[64];

	responder_start(&r);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/", r.port);
	q.url = url;
	cr_expect_eq(ask(&clear, &q, &a, &err), ERR_BUSY);
	cr_expect_lt(monotonic_ms() - begun, 1200);
	/* What curl says of it stays private. */
	cr_expect(strstr(err.cause, "imeout") || strstr(err.cause, "imed out"), "%s", err.cause);
	responder_stop(&r);
}

Test(server_fetch, a_body_is_posted_with_its_type_and_an_error_can_be_read)
{
	struct responder r = {.answer = "HTTP/1.1 409 x\r\nContent-Type: text/x.tlog.size\r\n"
					"Content-Length: 3\r\n\r\n12\n"};
	struct fetch_request q = {
	    .body = SPAN_LITERAL("old 10\n"), .content_type = "text/plain", .any_status = true};
	AUTO(fetch_response) a = {0};
	struct err err = {0};

	cr_expect_eq(ask_once(&r, &q, &a, &err), ERR_NONE, "%s", err.cause);
	cr_expect_eq(a.status, 409);
	cr_expect(span_equal_str(buf_span(&a.body), "12\n"));
	cr_expect(strstr(r.request, "POST /keys HTTP/1.1\r\n"), "%s", r.request);
	cr_expect(strstr(r.request, "Content-Type: text/plain\r\n"));
	cr_expect_null(strstr(r.request, "Expect"));
}

Test(server_fetch, the_environment_chooses_no_proxy)
{
	struct responder r = {.answer = OK("Content-Length: 0\r\n", "")};
	struct fetch_request q = {.url = NULL};
	AUTO(fetch_response) a = {0};
	struct err err = {0};

	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
	cr_expect_eq(ask_once(&r, &q, &a, &err), ERR_NONE, "%s (%s)", err.message, err.cause);
}

Test(server_fetch, clear_text_needs_its_switch)
{
	const struct curl_fetcher strict = {.clear_loopback = false};
	struct fetch_request q = {.url = "http://127.0.0.1:1/"};
	AUTO(fetch_response) a = {0};
	struct err err = {0};

	cr_expect_eq(ask(&strict, &q, &a, &err), ERR_CONFIG);
	cr_expect(strstr(err.message, "not switched on"), "%s", err.message);
}

/* ---- TLS ---- */

/* A self-signed certificate for the name localhost. */
static X509 *certificate_for(EVP_PKEY *key)
{
	X509 *c = X509_new();
	X509_NAME *name = X509_get_subject_name(c);
	X509_EXTENSION *san =
	    X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "DNS:localhost");

	X509_set_version(c, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(c), 7);
	X509_gmtime_adj(X509_getm_notBefore(c), -3600);
	X509_gmtime_adj(X509_getm_notAfter(c), 3600);
	X509_NAME_add_entry_by_txt(
	    name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1, -1, 0);
	X509_set_issuer_name(c, name);
	X509_set_pubkey(c, key);
	X509_add_ext(c, san, -1);
	X509_EXTENSION_free(san);
	cr_assert_gt(X509_sign(c, key, EVP_sha256()), 0);
	return c;
}

Test(server_fetch, tls_names_and_authorities_are_checked, .timeout = 30)
{
	EVP_PKEY *key = pki_key("EC-P256");
	X509 *certificate = certificate_for(key);
	struct responder r = {
	    .answer = OK("Content-Length: 2\r\n", "{}"), .tls = SSL_CTX_new(TLS_server_method())};
	char file[] = "/tmp/signet-fetch-XXXXXX", url[64];
	const struct curl_fetcher strict = {.ca_file = NULL}, knows = {.ca_file = file};
	struct fetch_request q = {.url = url};
	AUTO(fetch_response) a = {0};
	AUTO(buf) pem = {0};
	struct err err = {0};
	int fd = mkstemp(file);

	cr_assert(fd >= 0);
	pki_pem_certificate(certificate, &pem);
	cr_assert_eq(write(fd, pem.p, pem.n), (ssize_t)pem.n);
	close(fd);
	SSL_CTX_use_certificate(r.tls, certificate);
	SSL_CTX_use_PrivateKey(r.tls, key);
	responder_start(&r);
	snprintf(url, sizeof(url), "https://localhost:%d/", r.port);
	cr_expect_eq(ask(&strict, &q, &a, &err), ERR_BUSY, "an unknown authority");
	err_clear(&err);
	cr_expect_eq(ask(&knows, &q, &a, &err), ERR_NONE, "%s (%s)", err.message, err.cause);
	snprintf(url, sizeof(url), "https://127.0.0.1:%d/", r.port);
	err_clear(&err);
	cr_expect_eq(ask(&knows, &q, &a, &err), ERR_BUSY, "a name that it has not");
	responder_stop(&r);
	unlink(file);
	X509_free(certificate);
	EVP_PKEY_free(key);
}

/* ---- key sets of issuers, through all of it ---- */

static int64_t fake_now(void *context)
{
	return *(int64_t *)context;
}

struct issuer_rig {
	struct responder server;
	char url[64], name[4];
	int64_t now;
	struct fetcher fetcher;
	struct clock clock;
	struct oidc_issuer issuer;
	struct jwks_cache *cache;
	struct arena arena;
};

/* One key of this name, good for ten minutes. */
static void publish(struct issuer_rig *r, const char *kid)
{
	EVP_PKEY *key = pki_key("EC-P256");
	AUTO(buf) set = {0};

	jwt_put_set(key, kid, &set);
	r->server.answer = arena_printf(&r->arena,
	    "HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nContent-Length: %zu\r\n\r\n%s", set.n,
	    buf_cstr(&set));
	EVP_PKEY_free(key);
}

static void issuer_start(struct issuer_rig *r)
{
	r->now = 1800000000;
	r->fetcher = fetcher_by_curl(&clear);
	r->clock = (struct clock){fake_now, &r->now};
	publish(r, "one");
	responder_start(&r->server);
	snprintf(r->url, sizeof(r->url), "http://127.0.0.1:%d/jwks", r->server.port);
	r->issuer = (struct oidc_issuer){.name = r->name, .jwks_url = r->url};
	r->cache = jwks_cache_new(&r->fetcher, &r->clock);
}

static const char *key_of(struct issuer_rig *r, const char *kid)
{
	struct jws_key key;
	struct err err = {0};

	return jwks_cache_key(r->cache, &r->issuer, kid, &r->arena, &key, &err).ok ? "good"
										   : err_code(&err);
}

Test(server_fetch, keys_rotate_and_outages_are_outlived, .timeout = 60)
{
	static const char *const spoilt[] = {"HTTP/1.1 503 x\r\nContent-Length: 0\r\n\r\n",
	    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
	    "HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n{",
	    "HTTP/1.1 302 x\r\nLocation: https://evil.example/\r\nContent-Length: 0\r\n\r\n"};
	struct issuer_rig r = {.now = 0};

	issuer_start(&r);
	cr_expect_str_eq(key_of(&r, "one"), "good");
	/* A new key, at once after the minute between two questions. */
	publish(&r, "two");
	cr_expect_str_eq(key_of(&r, "two"), "jwt.key-id");
	cr_expect_eq(r.server.asked, 1);
	r.now += JWKS_REFETCH;
	cr_expect_str_eq(key_of(&r, "two"), "good");
	cr_expect_str_eq(key_of(&r, "one"), "jwt.key-id");
	cr_expect_eq(r.server.asked, 2);
	for (size_t i = 0; i < COUNT(spoilt); i++) {
		r.server.answer = spoilt[i];
		r.now += 601;
		cr_expect_str_eq(key_of(&r, "two"), "good", "%s", spoilt[i]);
		cr_expect_eq(r.server.asked, 3 + (int)i);
	}
	/* Nobody there at all. */
	responder_stop(&r.server);
	r.now += JWKS_REFETCH;
	cr_expect_str_eq(key_of(&r, "two"), "good");
	r.now += JWKS_STALE_MOST;
	cr_expect_str_eq(key_of(&r, "two"), "oidc.keys");
	jwks_cache_free(r.cache);
	arena_free(&r.arena);
}
