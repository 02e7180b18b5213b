/*
 * What an attacker tries who reads RFCs: sessions that outlive a decision, lines inside lines,
 * floods with a genuine unit.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "base/file.h"
#include "tests/lib/fixture.h"

#define CACERTS     "/.well-known/est/cacerts"
#define ENROLL      "/.well-known/est/simpleenroll"
#define HEADERS_CSR "Content-Type: application/pkcs10\r\n"

struct unit {
	EVP_PKEY *key;
	X509 *idevid;
};

static struct unit unit_new(struct fixture *f, const char *product, const char *serial)
{
	struct unit u = {.key = pki_key("EC-P256")};

	u.idevid = pki_idevid(
	    &f->maker, u.key, &(struct pki_idevid){.product = product, .serial = serial});
	return u;
}

static void unit_free(struct unit *u)
{
	EVP_PKEY_free(u->key);
	X509_free(u->idevid);
}

static void csr_new(EVP_PKEY *key, struct buf *out)
{
	AUTO(buf) der = {0};

	pki_csr(key, &(struct pki_csr){.common_name = "x"}, &der);
	base64_encode(buf_span(&der), out);
}

/* Status of one POST on an open connection; its reason in code. */
static int post(struct https *c, const char *path, struct span body, char code[static 64])
{
	struct https_reply reply;
	int status;

	code[0] = 0;
	if (!https_request(c, "POST", path, HEADERS_CSR, body, &reply))
		return 0;
	if (!https_header(&reply, "X-Signet-Reason", code, 64))
		code[0] = 0;
	status = reply.status;
	https_reply_free(&reply);
	return status;
}

static struct https_options options_of(struct fixture *f, const struct unit *u, int version)
{
	return (struct https_options){.port = f->servers[0].device_port,
	    .tls_version = version,
	    .certificate = u->idevid,
	    .key = u->key,
	    .trusted = f->root};
}

/* ---- sessions ---- */

/* Ask something harmless, and take the session along. */
static SSL_SESSION *session_of(struct https *c)
{
	struct https_reply reply;

	cr_assert(https_request(c, "GET", CACERTS, "", SPAN_NONE, &reply));
	cr_assert_eq(reply.status, 200);
	https_reply_free(&reply);
	return SSL_get1_session(c->ssl);
}

static void judge_resumed(struct fixture *f, int version)
{
	struct unit u = unit_new(f, "X100", version == TLS1_3_VERSION ? "A-13" : "A-12");
	struct https_options full = options_of(f, &u, version), resumed;
	EVP_PKEY *key = pki_key("EC-P256"), *next = pki_key("EC-P256");
	struct https first, second;
	SSL_SESSION *session;
	char code[64], rows[8];
	AUTO(buf) body = {0};
	AUTO(buf) more = {0};

	csr_new(key, &body);
	csr_new(next, &more);
	cr_assert(https_open(&full, &first));
	cr_assert_eq(post(&first, ENROLL, buf_span(&body), code), 200, "%s", code);
	session = session_of(&first);
	fixture_sql(f, "UPDATE device SET state = 'suspended'", rows, sizeof rows);
	/* The client that resumes shows no certificate: the session stands for it. */
	resumed = full;
	resumed.certificate = NULL;
	resumed.key = NULL;
	resumed.session = session;
	cr_assert(https_open(&resumed, &second));
	cr_expect_eq(SSL_session_reused(second.ssl), 1, "the test resumes nothing");
	cr_expect_eq(post(&second, ENROLL, buf_span(&more), code), 403);
	cr_expect_str_eq(code, "device.suspended");
	cr_expect_eq(post(&first, ENROLL, buf_span(&more), code), 403);
	cr_expect_str_eq(code, "device.suspended");
	https_close(&first);
	https_close(&second);
	SSL_SESSION_free(session);
	EVP_PKEY_free(key);
	EVP_PKEY_free(next);
	unit_free(&u);
}

Test(attack, a_session_does_not_outlive_the_decision_on_its_device, .timeout = 600)
{
	struct fixture f;

	fixture_start(&f);
	judge_resumed(&f, TLS1_3_VERSION);
	judge_resumed(&f, TLS1_2_VERSION);
	fixture_stop(&f);
}

Test(attack, a_session_of_one_listener_is_none_at_another, .timeout = 600)
{
	struct fixture f;
	struct unit u;
	struct https_options o;
	struct https c, other;
	SSL_SESSION *session;

	fixture_start(&f);
	u = unit_new(&f, "X100", "A-1");
	o = options_of(&f, &u, TLS1_3_VERSION);
	cr_assert(https_open(&o, &c));
	session = session_of(&c);
	o.port = f.servers[0].operator_port;
	o.session = session;
	if (https_open(&o, &other)) {
		cr_expect_eq(SSL_session_reused(other.ssl), 0);
		https_close(&other);
	}
	https_close(&c);
	SSL_SESSION_free(session);
	unit_free(&u);
	fixture_stop(&f);
}

/* ---- floods ---- */

Test(attack, a_genuine_unit_cannot_fill_the_store, .timeout = 600)
{
	struct fixture f;
	struct unit u;
	struct https_options o;
	struct https_reply reply;
	struct https c;
	char text[64];

	fixture_start(&f);
	u = unit_new(&f, "Y200", "A-1");
	o = options_of(&f, &u, 0);
	cr_assert(https_open(&o, &c));
	for (int i = 0; i < 30; i++) {
		EVP_PKEY *key = pki_key("EC-P256");
		AUTO(buf) body = {0};

		csr_new(key, &body);
		cr_assert(https_request(&c, "POST", "/.well-known/est/y200/simpleenroll",
		    HEADERS_CSR, buf_span(&body), &reply));
		cr_expect_eq(reply.status, i < 24 ? 200 : 429, "%d: %d", i, reply.status);
		if (i >= 24) {
			cr_assert(https_header(&reply, "X-Signet-Reason", text, sizeof text));
			cr_expect_str_eq(text, "device.limit");
			cr_assert(https_header(&reply, "Retry-After", text, sizeof text));
			cr_expect(atoi(text) > 86000 && atoi(text) <= 86400, "%s", text);
		}
		https_reply_free(&reply);
		EVP_PKEY_free(key);
	}
	fixture_sql(
	    &f, "SELECT count(*) FROM certificate WHERE device_id IS NOT NULL", text, sizeof text);
	cr_expect_str_eq(text, "24");
	https_close(&c);
	unit_free(&u);
	fixture_stop(&f);
}

/* ---- lines inside lines ---- */

static const char *const forged[] = {
    "/.well-known/est/a%0d%0aX-Forged:%20yes/simpleenroll",
    "/.well-known/est/a%0aX-Forged:%20yes/cacerts",
    "/X-Forged%0d%0aX-Forged:%20yes",
    "/.well-known/est/%e2%80%a8X-Forged:%20yes/cacerts",
    "/.well-known/est/%1b%5b2JX-Forged:%20yes/cacerts",
};

static void expect_no_forged_line(struct fixture *f)
{
	char path[160];
	AUTO(buf) log = {0};
	struct err err = {0};
	size_t lines = 0;

	fixture_log_path(f, 0, path, sizeof path);
	cr_assert(file_read(path, 64 << 20, &log, &err).ok, "%s", err.message);
	cr_expect_null(memchr(log.p, 0x1b, log.n), "an escape sequence in the log");
	for (const char *line = buf_cstr(&log); line && *line; lines++) {
		cr_expect(strncmp(line, "X-Forged", 8) != 0, "%.80s", line);
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	cr_expect_gt(lines, COUNT(forged), "the log was not looked at");
}

Test(attack, nothing_that_is_sent_begins_a_line_of_an_answer_or_of_the_log, .timeout = 600)
{
	struct fixture f;
	struct unit u;

	fixture_start(&f);
	u = unit_new(&f, "X100", "A-1");
	for (size_t i = 0; i < COUNT(forged); i++) {
		struct https_options o = options_of(&f, &u, 0);
		struct https_reply reply;
		struct https c;
		char text[16];

		cr_assert(https_open(&o, &c));
		cr_assert(https_request(&c, strstr(forged[i], "enroll") ? "POST" : "GET", forged[i],
		    HEADERS_CSR, span("", 0), &reply));
		cr_expect(
		    reply.status >= 400 && reply.status < 500, "%s: %d", forged[i], reply.status);
		cr_expect(!https_header(&reply, "X-Forged", text, sizeof text), "%s", forged[i]);
		https_reply_free(&reply);
		https_close(&c);
	}
	expect_no_forged_line(&f);
	unit_free(&u);
	fixture_stop(&f);
}
