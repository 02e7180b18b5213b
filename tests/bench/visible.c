/*
 * From a revocation to when everybody is told: two servers on one database, revoked at one in turn;
 * counted from when the call is sent until the full list, the delta list and OCSP (signed for who
 * asks, and from memory, where both servers had it as good) of both servers say so.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/file.h"
#include "tests/bench/bench.h"
#include "tests/lib/program.h"
#include "tests/lib/status.h"

#define REVOCATIONS 20
#define PATIENCE_MS 30000

enum place {
	PLACE_FULL,
	PLACE_DELTA,
	PLACE_OCSP,
	PLACE_OCSP_NONCE,
	PLACES
};
static const char *const place_names[PLACES] = {
    "revoke_full_list_ms", "revoke_delta_list_ms", "revoke_ocsp_cached_ms", "revoke_ocsp_nonce_ms"};

struct visible {
	struct fixture fixture;
	char token[2048];
	ASN1_INTEGER *serial; /* of the one that is revoked now */
	double took[PLACES][REVOCATIONS], worst[REVOCATIONS];
};

static void fail(const char *what)
{
	fprintf(stderr, "bench: visible: %s\n", what);
	exit(1);
}

/* ---- servers, an administrator, certificates ---- */

static int call(struct visible *v, int server, const char *path, const char *body)
{
	const struct https_options o = {.port = v->fixture.servers[server].operator_port};
	AUTO(buf) headers = {0};
	struct https_reply r = {0};
	struct https c;
	int status = 0;

	buf_printf(&headers, "Authorization: Bearer %s\r\nContent-Type: application/%s\r\n",
	    v->token, body[0] == '{' ? "json" : "yaml");
	if (!https_open(&o, &c))
		return 0;
	if (https_request(&c, "POST", path, buf_cstr(&headers), span_str(body), &r))
		status = r.status;
	https_reply_free(&r);
	https_close(&c);
	return status;
}

static void make_token(struct visible *v)
{
	char config[160], out[160];
	AUTO(buf) text = {0};
	struct err err = {0};
	const char *at;

	snprintf(config, sizeof(config), "%s/signetd-0.yaml", v->fixture.dir);
	snprintf(out, sizeof(out), "%s/admin.out", v->fixture.dir);
	program_must(out, "signetd", "--config", config, "admin", "bench", NULL);
	if (!file_read(out, 65536, &text, &err).ok || !(at = strstr(buf_cstr(&text), "eyJ")))
		fail("no token");
	snprintf(v->token, sizeof(v->token), "%.*s", (int)strcspn(at, " \r\n"), at);
}

static const char lists[] = "kind: authority\nname: issuing\nkey_uri: file:issuing.key\n"
			    "crl_url: http://localhost/crl/issuing.crl\n"
			    "delta_url: http://localhost/crl/issuing/0-delta.crl\n";

static void make_certificates(struct visible *v)
{
	char sql[512];

	snprintf(sql, sizeof(sql),
	    "INSERT INTO certificate (authority_id, serial, key_digest, subject, subject_text, "
	    "not_before, not_after, der) SELECT id, '\\x6a'::bytea || int8send(n), "
	    "sha256(int8send(n)), '\\x3000', 'CN=V-' || n, now(), now() + interval '1 year', "
	    "'\\x3000' FROM authority, generate_series(1, %d) n WHERE name = 'issuing'",
	    REVOCATIONS);
	fixture_sql(&v->fixture, sql, NULL, 0);
}

/* The n-th, from 1. */
static void choose(struct visible *v, int n, char id[static 24])
{
	unsigned char octets[9] = {0x6a};
	char sql[128];
	BIGNUM *number;

	octets[8] = (unsigned char)n;
	number = BN_bin2bn(octets, sizeof(octets), NULL);
	ASN1_INTEGER_free(v->serial);
	v->serial = BN_to_ASN1_INTEGER(number, NULL);
	BN_free(number);
	snprintf(sql, sizeof(sql), "SELECT id FROM certificate WHERE subject_text = 'CN=V-%d'", n);
	fixture_sql(&v->fixture, sql, id, 24);
}

/* ---- what is said ---- */

static bool list_says(struct visible *v, int server, const char *path)
{
	struct status_list l;
	X509_REVOKED *entry;
	bool says;

	if (!status_list_get(v->fixture.servers[server].public_port, path, v->fixture.issuing, &l))
		return false;
	says = X509_CRL_get0_by_serial(l.crl, &entry, v->serial) == 1;
	status_list_free(&l);
	return says;
}

static enum ocsp_word word(struct visible *v, int server, bool nonce)
{
	return ocsp_ask_serial(v->fixture.servers[server].public_port, v->fixture.root,
	    v->fixture.issuing, v->serial, nonce)
	    .word;
}

static bool says(struct visible *v, int server, enum place place)
{
	switch (place) {
	case PLACE_FULL: return list_says(v, server, "/crl/issuing.crl");
	case PLACE_DELTA: return list_says(v, server, "/crl/issuing/0-delta.crl");
	default: return word(v, server, place == PLACE_OCSP_NONCE) == OCSP_SAID_REVOKED;
	}
}

/* Both remember it as good. */
static void warm(struct visible *v)
{
	const int64_t end = monotonic_ms() + PATIENCE_MS;

	for (int i = 0; i < FIXTURE_SERVERS; i++)
		while (word(v, i, false) != OCSP_SAID_GOOD || word(v, i, false) != OCSP_SAID_GOOD) {
			if (monotonic_ms() > end)
				fail("it is not called good");
			usleep(50000);
		}
}

static void measure(struct visible *v, int n)
{
	char id[24], path[96];
	bool seen[FIXTURE_SERVERS * PLACES] = {0};
	size_t left = COUNT(seen);
	int64_t begun;

	choose(v, n + 1, id);
	warm(v);
	usleep((useconds_t)(random() % 1500) * 1000);
	snprintf(path, sizeof(path), "/api/v1/certificates/%s/revoke", id);
	begun = monotonic_us();
	if (call(v, n % FIXTURE_SERVERS, path, "{\"reason\":\"keyCompromise\"}") != 200)
		fail("it is not revoked");
	while (left > 0) {
		for (size_t i = 0; i < COUNT(seen); i++) {
			const enum place place = (enum place)(i % PLACES);

			if (seen[i] || !says(v, (int)(i / PLACES), place))
				continue;
			seen[i] = true;
			left--;
			/* The later of the two servers stays. */
			v->took[place][n] = v->worst[n] = (double)(monotonic_us() - begun) / 1000;
		}
		if (monotonic_us() - begun > PATIENCE_MS * INT64_C(1000))
			fail("it is not seen as revoked");
		usleep(1000);
	}
}

/* ---- all of it ---- */

static int by_size(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void tell(struct bench *b, struct visible *v)
{
	for (size_t i = 0; i < PLACES; i++) {
		qsort(v->took[i], REVOCATIONS, sizeof(double), by_size);
		bench_note(place_names[i], v->took[i][REVOCATIONS / 2], "ms, median");
	}
	qsort(v->worst, REVOCATIONS, sizeof(double), by_size);
	bench_result(b, "revoke_visible_median_ms", v->worst[REVOCATIONS / 2],
	    "ms, in all places at both servers");
	bench_result(b, "revoke_visible_ms", v->worst[REVOCATIONS - 1],
	    "ms, the worst of 20, in all places at both servers");
}

void bench_visible(struct bench *b)
{
	static struct visible v;

	fixture_start(&v.fixture);
	make_token(&v);
	for (int i = 0; call(&v, 0, "/api/v1/apply", lists) != 200; i++) {
		if (i == 200)
			fail("policy is not taken");
		usleep(50000);
	}
	fixture_server_start(&v.fixture, 1);
	make_certificates(&v);
	for (int i = 0; i < REVOCATIONS; i++)
		measure(&v, i);
	tell(b, &v);
	ASN1_INTEGER_free(v.serial);
	fixture_stop(&v.fixture);
}
