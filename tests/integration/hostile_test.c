/*
 * Ten thousand requests that nobody should send. Every one is refused as documented: no crash, no
 * sanitizer's word, no 5xx but a deliberate 503. HOSTILE_REQUESTS sets another number.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/encode.h"
#include "tests/integration/hostile.h"

#define REQUESTS_STANDARD 10000
#define REQUESTS_EACH     40 /* refused requests on one connection, kept alive */

static const struct pki_idevid wants[WHO_COUNT] = {
    [WHO_UNIT] = {.product = "X100", .serial = "H-0001"},
    [WHO_STRANGER] = {.product = "X100", .serial = "H-0001"},
    [WHO_SELF_MADE] = {.product = "X100", .serial = "H-0001"},
    [WHO_EXPIRED] = {.product = "X100",
	.serial = "H-0002",
	.not_before = -7200,
	.not_after = -3600},
    [WHO_FUTURE] = {.product = "X100", .serial = "H-0002", .not_before = 86400},
    [WHO_NO_AKI] = {.product = "X100", .serial = "H-0002", .no_aki = true},
    [WHO_NO_KEY_USAGE] = {.product = "X100", .serial = "H-0002", .no_key_usage = true},
    [WHO_WRONG_USAGE] = {.product = "X100",
	.serial = "H-0002",
	.key_usage = "critical,keyAgreement"},
    [WHO_IS_CA] = {.product = "X100", .serial = "H-0002", .ca = true},
    [WHO_UNKNOWN_CRITICAL] = {.product = "X100", .serial = "H-0002", .critical_unknown = true},
    [WHO_BROKEN] = {.product = "X100", .serial = "H-0002", .wrong_signature = true},
    [WHO_NO_SERIAL] = {.product = "X100", .common_name = "somebody"},
    [WHO_NO_PRODUCT] = {.serial = "H-0002"},
    [WHO_UNKNOWN_PRODUCT] = {.product = "Z900", .serial = "H-0002"},
    [WHO_CONTROL_CHARACTER] = {.product = "X100\n", .serial = "H-0002"},
    [WHO_Y200] = {.product = "Y200", .serial = "H-0003"},
};

static void body_csr(struct hostile *h, enum what what, EVP_PKEY *key, struct pki_csr want)
{
	AUTO(buf) der = {0};
	pki_csr(key, &want, &der);
	if (what == WHAT_CUT_IN_HALF)
		der.n /= 2;
	if (what == WHAT_BYTES_BEHIND)
		buf_put_str(&der, "behind");
	base64_encode(buf_span(&der), &h->bodies[what]);
}

/* The binding of a session that has ended. */
static void replayed_binding(struct hostile *h, char *text, size_t size)
{
	struct https c;
	struct https_options o = {.port = h->fixture.servers[0].device_port};
	cr_assert(https_open(&o, &c));
	https_binding(&c, text, size);
	https_close(&c);
}

static void bodies_prepare(struct hostile *h)
{
	EVP_PKEY *key = pki_key("EC-P256"), *weak = pki_key("RSA-1024");
	char replayed[128];
	replayed_binding(h, replayed, sizeof(replayed));
	body_csr(h, WHAT_CSR, key, (struct pki_csr){.common_name = "h"});
	body_csr(h, WHAT_CUT_IN_HALF, key, (struct pki_csr){.common_name = "h"});
	body_csr(h, WHAT_BYTES_BEHIND, key, (struct pki_csr){.common_name = "h"});
	body_csr(h, WHAT_WRONG_SIGNATURE, key,
	    (struct pki_csr){.common_name = "h", .wrong_signature = true});
	body_csr(h, WHAT_WEAK_KEY, weak, (struct pki_csr){.common_name = "h"});
	body_csr(h, WHAT_IDEVID_KEY, h->unit_key, (struct pki_csr){.common_name = "h"});
	body_csr(h, WHAT_REPLAYED_BINDING, key,
	    (struct pki_csr){.common_name = "h", .challenge = replayed});
	body_csr(h, WHAT_WRONG_BINDING, key,
	    (struct pki_csr){
		.common_name = "h", .challenge = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="});
	body_csr(h, WHAT_STATIC_PASSWORD, key,
	    (struct pki_csr){.common_name = "h", .challenge = "s3cret!"});
	buf_put_str(&h->bodies[WHAT_PEM], "-----BEGIN CERTIFICATE REQUEST-----\n");
	buf_put(&h->bodies[WHAT_PEM], buf_span(&h->bodies[WHAT_CSR]));
	buf_put_str(&h->bodies[WHAT_NOT_BASE64], "{\"csr\": \"please\"}");
	buf_put_str(&h->bodies[WHAT_BASE64_OF_NOISE], "bm9pc2UsIG5vdGhpbmcgYnV0IG5vaXNl");
	for (int i = 0; i < 66000; i++)
		buf_put_byte(&h->bodies[WHAT_OVER_64K], 'A');
	EVP_PKEY_free(key);
	EVP_PKEY_free(weak);
}

void hostile_prepare(struct hostile *h)
{
	fixture_start(&h->fixture);
	h->unit_key = pki_key("EC-P256");
	struct pki_authority self_made = {h->unit_key, NULL};
	self_made = pki_authority("Maker Root", NULL, -1);
	for (int i = WHO_UNIT; i < WHO_COUNT; i++) {
		const struct pki_authority *by = i == WHO_STRANGER    ? &h->fixture.stranger
						 : i == WHO_SELF_MADE ? &self_made
								      : &h->fixture.maker;
		h->certificates[i] = pki_idevid(by, h->unit_key, &wants[i]);
	}
	pki_authority_free(&self_made);
	bodies_prepare(h);
}

void hostile_free(struct hostile *h)
{
	fixture_stop(&h->fixture);
	for (int i = 0; i < WHO_COUNT; i++)
		X509_free(h->certificates[i]);
	for (int i = 0; i < WHAT_COUNT; i++)
		buf_free(&h->bodies[i]);
	EVP_PKEY_free(h->unit_key);
}

static struct https_options options_for(struct hostile *h, enum who who, unsigned round)
{
	return (struct https_options){.port = h->fixture.servers[0].device_port,
	    .tls_version = round % 2 ? TLS1_2_VERSION : TLS1_3_VERSION,
	    .certificate = h->certificates[who],
	    .key = h->unit_key,
	    .trusted = h->fixture.root};
}

static struct span body_of(struct hostile *h, enum what what)
{
	if (what == WHAT_NONE)
		return SPAN_NONE;
	return what == WHAT_EMPTY ? span("", 0) : buf_span(&h->bodies[what]);
}

static void expect_refusal(const struct refused_case *t, struct https_reply *reply)
{
	char code[64] = "";
	bool named = https_header(reply, "X-Signet-Reason", code, sizeof(code));
	if (reply->status == 503)
		return; /* deliberate: limits */
	cr_expect_eq(reply->status, t->status, "%s: want %d, got %d: %s", t->name, t->status,
	    reply->status, buf_cstr(&reply->body));
	cr_assert(named, "%s: no reason", t->name);
	if (t->code)
		cr_assert_str_eq(
		    code, t->code, "%s: %s: %s", t->name, code, buf_cstr(&reply->body));
	cr_assert_gt(reply->body.n, 20, "%s: explains nothing", t->name);
}

/* One case, again and again on one connection as long as the server keeps it. */
static int refused_round(struct hostile *h, const struct refused_case *t, unsigned round, int count)
{
	struct https c;
	struct https_options o = options_for(h, t->who, round);
	if (!https_open(&o, &c))
		return 0;
	int done = 0;
	for (bool open = true; open && done < count; done++) {
		struct https_reply reply;
		bool answered =
		    https_request(&c, t->method, t->path, t->headers, body_of(h, t->what), &reply);
		char connection[32] = "";
		if (done == 0 || answered) {
			cr_assert(answered, "%s: no answer", t->name);
			expect_refusal(t, &reply);
			open =
			    !https_header(&reply, "Connection", connection, sizeof(connection)) ||
			    strcasecmp(connection, "close") != 0;
		} else {
			open = false;
		}
		https_reply_free(&reply);
	}
	https_close(&c);
	return done;
}

static void raw_one(struct hostile *h, const struct raw_case *t, unsigned round)
{
	struct https c;
	struct https_options o = options_for(h, round % 3 ? WHO_UNIT : WHO_NOBODY, round);
	o.timeout_ms = 300;
	if (!https_open(&o, &c))
		return;
	struct https_reply reply = {0};
	/* Those that wait for more than was sent get nothing; the server's own time-out is tested
	 * apart. */
	bool answered = https_send(&c, span(t->bytes, t->n)) && https_read_reply(&c, &reply);
	int status = answered ? reply.status : 0;
	bool right = status == 503;
	for (size_t i = 0; i < COUNT(t->statuses) && t->statuses[i] >= 0; i++)
		right = right || t->statuses[i] == status;
	cr_expect(right, "%s: got %d: %s", t->name, status, answered ? buf_cstr(&reply.head) : "");
	https_reply_free(&reply);
	if (round % 2)
		https_close(&c);
	else
		https_cut(&c);
}

/* Many requests in one write: each is answered, in order. */
static int pipelined(struct hostile *h, unsigned round)
{
	enum {
		MANY = 30
	};
	struct https c;
	struct https_options o = options_for(h, WHO_NOBODY, round);
	cr_assert(https_open(&o, &c));
	AUTO(buf) all = {0};
	for (int i = 0; i < MANY; i++)
		buf_put_str(
		    &all, i % 2 ? "GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n"
				: "DELETE /.well-known/est/cacerts HTTP/1.1\r\nHost: x\r\n\r\n");
	cr_assert(https_send(&c, buf_span(&all)));
	AUTO(buf) answers = {0};
	char piece[4096];
	int n, found = 0;
	for (int reads = 0;
	     found < MANY && reads < 1000 && (n = https_receive(&c, piece, sizeof(piece))) > 0;
	     reads++) {
		buf_put(&answers, span(piece, (size_t)n));
		found = 0;
		for (const char *at = buf_cstr(&answers); (at = strstr(at, "HTTP/1.1 40")); at++)
			found++;
	}
	cr_assert_eq(found, MANY, "pipelined: %d answers", found);
	https_close(&c);
	return MANY;
}

static long metric(struct hostile *h, const char *needle)
{
	struct https c;
	struct https_options o = {.port = h->fixture.servers[0].operator_port};
	struct https_reply reply;
	cr_assert(https_open(&o, &c));
	cr_assert(https_request(&c, "GET", "/metrics", NULL, SPAN_NONE, &reply));
	const char *at = strstr(buf_cstr(&reply.body), needle);
	long value = at ? strtol(at + strlen(needle), NULL, 10) : -1;
	https_reply_free(&reply);
	https_close(&c);
	return value;
}

#define ISSUED "signet_enrollments_total{outcome=\"issued\"} "
#define FAULTS "signet_requests_total{class=\"5xx\"} "

Test(hostile, ten_thousand_requests_are_each_refused_as_documented, .timeout = 900)
{
	struct hostile h = {0};
	hostile_prepare(&h);
	const char *asked = getenv("HOSTILE_REQUESTS");
	long want = asked ? atol(asked) : REQUESTS_STANDARD, sent = 0;
	/* Whoever waited for the server to be ready has heard 503 now and then. */
	const long faults = metric(&h, FAULTS);
	for (unsigned round = 0; sent < want && round < 1000; round++) {
		for (size_t i = 0; i < refused_count; i++)
			sent += refused_round(
			    &h, &refused_cases[i], round, round < 2 ? 1 : REQUESTS_EACH);
		for (size_t i = 0; i < raw_count && round < 3; i++, sent++)
			raw_one(&h, &raw_cases[i], round + (unsigned)i);
		sent += pipelined(&h, round);
	}
	cr_assert_geq(sent, want);
	cr_assert_eq(metric(&h, ISSUED), 0);
	cr_assert_geq(faults, 0);
	cr_assert_eq(metric(&h, FAULTS), faults);
	printf("hostile: %ld requests refused\n", sent);
	hostile_free(&h);
}
