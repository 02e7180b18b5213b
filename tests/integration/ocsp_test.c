/*
 * OCSP of two servers with one database: what is revoked through one, or by anybody, is known to
 * both; a database that is silent leaves nobody with an old "good"; authorities that retired, that
 * share a name, or whose key is away. Answers are read and verified by OpenSSL.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/encode.h"
#include "tests/lib/fixture.h"

/* Behind our own headers: it has macros of names that they have. */
#include <openssl/ocsp.h>

#define TYPE "Content-Type: application/ocsp-request\r\n"
/* A sanitized server on a busy machine; 2 s are promised, and measured by the bench. */
#define PATIENCE_MS 20000

static void pause_ms(long ms)
{
	struct timespec t = {ms / 1000, (ms % 1000) * 1000000};
	nanosleep(&t, NULL);
}

static X509 *certificate_of(struct fixture *f, const char *sql)
{
	char hex[16384];
	AUTO(buf) der = {0};
	struct err err = {0};
	const unsigned char *p;

	fixture_sql(f, sql, hex, sizeof(hex));
	cr_assert(hex_decode(span_str(hex), &der, &err).ok && der.n > 0, "%s", sql);
	p = der.p;
	return d2i_X509(NULL, &p, (long)der.n);
}

static X509 *authority_of(struct fixture *f, const char *name)
{
	char sql[200];

	snprintf(sql, sizeof(sql),
	    "SELECT encode(certificate, 'hex') FROM authority WHERE name = '%s'", name);
	return certificate_of(f, sql);
}

/* ---- asking ---- */

struct said {
	int error;  /* OCSPResponseStatus; 0: successful */
	int status; /* V_OCSP_CERTSTATUS_... */
	int reason;
	int64_t this_update;
	char cache_control[80];
};

static OCSP_REQUEST *request_of(X509 *issuer, const char *serial_hex, OCSP_CERTID **ret_id)
{
	BIGNUM *number = NULL;
	ASN1_INTEGER *serial;
	OCSP_REQUEST *request = OCSP_REQUEST_new();

	BN_hex2bn(&number, serial_hex);
	serial = BN_to_ASN1_INTEGER(number, NULL);
	*ret_id = OCSP_cert_id_new(
	    EVP_sha256(), X509_get_subject_name(issuer), X509_get0_pubkey_bitstr(issuer), serial);
	OCSP_request_add0_id(request, OCSP_CERTID_dup(*ret_id));
	BN_free(number);
	ASN1_INTEGER_free(serial);
	return request;
}

static int64_t seconds_of(const ASN1_GENERALIZEDTIME *t)
{
	struct tm parts;

	return ASN1_TIME_to_tm(t, &parts) == 1 ? (int64_t)timegm(&parts) : 0;
}

/* Signed by a delegate of this issuer, and about the certificate that was asked for. */
static void read_basic(OCSP_RESPONSE *r, X509 *issuer, OCSP_CERTID *id, struct said *ret)
{
	OCSP_BASICRESP *basic = OCSP_response_get1_basic(r);
	X509_STORE *store = X509_STORE_new();
	ASN1_GENERALIZEDTIME *this_update = NULL, *next_update = NULL;

	cr_assert_not_null(basic);
	X509_STORE_add_cert(store, issuer);
	X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
	cr_expect_eq(OCSP_basic_verify(basic, NULL, store, 0), 1);
	cr_expect_eq(OCSP_resp_find_status(
			 basic, id, &ret->status, &ret->reason, NULL, &this_update, &next_update),
	    1);
	ret->this_update = seconds_of(this_update);
	X509_STORE_free(store);
	OCSP_BASICRESP_free(basic);
}

static void read_reply(struct https_reply *reply, X509 *issuer, OCSP_CERTID *id, struct said *ret)
{
	const unsigned char *p = reply->body.p;
	OCSP_RESPONSE *r;

	cr_assert_eq(reply->status, 200);
	r = d2i_OCSP_RESPONSE(NULL, &p, (long)reply->body.n);
	cr_assert_not_null(r);
	ret->error = OCSP_response_status(r);
	cr_expect(
	    https_header(reply, "Cache-Control", ret->cache_control, sizeof(ret->cache_control)));
	if (ret->error == 0)
		read_basic(r, issuer, id, ret);
	OCSP_RESPONSE_free(r);
}

static struct said ask(struct fixture *f, int i, X509 *issuer, const char *serial_hex)
{
	struct https_options o = {.port = f->servers[i].public_port, .clear = true};
	struct https c;
	struct https_reply reply = {0};
	OCSP_CERTID *id;
	OCSP_REQUEST *request = request_of(issuer, serial_hex, &id);
	unsigned char *der = NULL;
	int n = i2d_OCSP_REQUEST(request, &der);
	struct said said = {.error = -1};

	cr_assert(https_open(&o, &c));
	cr_assert(https_request(&c, "POST", "/ocsp", TYPE, span(der, (size_t)n), &reply));
	read_reply(&reply, issuer, id, &said);
	https_reply_free(&reply);
	https_close(&c);
	OPENSSL_free(der);
	OCSP_REQUEST_free(request);
	OCSP_CERTID_free(id);
	return said;
}

/* Milliseconds until server i says so; fails the test after PATIENCE_MS. */
static int64_t await(
    struct fixture *f, int i, X509 *issuer, const char *serial, int error, int status)
{
	const int64_t begun = monotonic_ms();
	struct said said;

	do {
		said = ask(f, i, issuer, serial);
		if (said.error == error && (error != 0 || said.status == status))
			return monotonic_ms() - begun;
		pause_ms(20);
	} while (monotonic_ms() - begun < PATIENCE_MS);
	cr_assert_fail("server %d says %d/%d of %s", i, said.error, said.status, serial);
	return 0;
}

/* ---- the store ---- */

/* A certificate as it stands after an enrollment, of this authority and shard. */
static void put_certificate(struct fixture *f, const char *authority, const char *serial, int shard)
{
	char sql[600];

	snprintf(sql, sizeof(sql),
	    "INSERT INTO certificate (authority_id, serial, key_digest, subject, subject_text, "
	    "not_before, not_after, der, shard) SELECT id, '\\x%s', sha256('%s'), '\\x3000', 'CN=x', "
	    "now(), now() + '1 day', '\\x00', %d FROM authority WHERE name = '%s'",
	    serial, serial, shard, authority);
	fixture_sql(f, sql, NULL, 0);
}

/* What ca/revoke.h writes, as far as readers look at it. reason -1: resumed. */
static void put_status(struct fixture *f, const char *serial, int reason, bool notify)
{
	char sql[1600];

	snprintf(sql, sizeof(sql),
	    "BEGIN; INSERT INTO crl_shard (authority_id, shard) SELECT authority_id, shard FROM "
	    "certificate WHERE serial = '\\x%s' ON CONFLICT DO NOTHING; "
	    "UPDATE crl_shard s SET sequence = s.sequence + 1 FROM certificate c WHERE c.serial = "
	    "'\\x%s' AND s.authority_id = c.authority_id AND s.shard = c.shard; "
	    "INSERT INTO revocation (authority_id, serial, certificate_id, shard, reason, "
	    "revoked_at, not_after, sequence, resumed_at) SELECT c.authority_id, c.serial, c.id, "
	    "c.shard, %d, now(), c.not_after, s.sequence, %s FROM certificate c JOIN crl_shard s "
	    "USING (authority_id, shard) WHERE c.serial = '\\x%s' ON CONFLICT (authority_id, serial) "
	    "DO UPDATE SET reason = EXCLUDED.reason, sequence = EXCLUDED.sequence, resumed_at = "
	    "EXCLUDED.resumed_at; %s; COMMIT",
	    serial, serial, reason < 0 ? 6 : reason, reason < 0 ? "now()" : "NULL", serial,
	    notify ? "NOTIFY signet_status" : "SELECT 1");
	fixture_sql(f, sql, NULL, 0);
}

static void start_two(struct fixture *f)
{
	fixture_start(f);
	fixture_server_start(f, 1);
}

/* ---- the tests ---- */

Test(ocsp, both_servers_know_of_what_was_revoked_whether_or_not_they_are_told)
{
	struct fixture f;
	X509 *issuer;

	start_two(&f);
	issuer = authority_of(&f, "issuing");
	for (int round = 0; round < 2; round++) {
		const char *serial = round ? "4100000000000002" : "4100000000000001";

		put_certificate(&f, "issuing", serial, round);
		for (int i = 0; i < FIXTURE_SERVERS; i++)
			cr_expect_eq(ask(&f, i, issuer, serial).status, V_OCSP_CERTSTATUS_GOOD);
		put_status(&f, serial, 6, round == 0);
		for (int i = 0; i < FIXTURE_SERVERS; i++)
			await(&f, i, issuer, serial, 0, V_OCSP_CERTSTATUS_REVOKED);
		put_status(&f, serial, -1, round == 0);
		for (int i = 0; i < FIXTURE_SERVERS; i++)
			await(&f, i, issuer, serial, 0, V_OCSP_CERTSTATUS_GOOD);
		put_status(&f, serial, 1, round == 0);
		for (int i = 0; i < FIXTURE_SERVERS; i++)
			await(&f, i, issuer, serial, 0, V_OCSP_CERTSTATUS_REVOKED);
		cr_expect_eq(ask(&f, 0, issuer, serial).reason, 1);
	}
	X509_free(issuer);
	fixture_stop(&f);
}

Test(ocsp, nothing_is_said_while_the_database_is_silent)
{
	struct fixture f;
	X509 *issuer;
	struct said said;

	fixture_start(&f);
	issuer = authority_of(&f, "issuing");
	put_certificate(&f, "issuing", "4200000000000001", 0);
	cr_expect_eq(ask(&f, 0, issuer, "4200000000000001").status, V_OCSP_CERTSTATUS_GOOD);
	fixture_database_stop(&f);
	/* From the cache at first; two seconds later never again. */
	pause_ms(2600);
	for (int i = 0; i < 20; i++) {
		said = ask(&f, 0, issuer, "4200000000000001");
		cr_expect_eq(said.error, OCSP_RESPONSE_STATUS_TRYLATER);
		cr_expect_str_eq(said.cache_control, "no-store");
		pause_ms(50);
	}
	fixture_database_start(&f);
	/* By hand, and untold, while nobody listened. */
	put_status(&f, "4200000000000001", 1, false);
	for (int64_t begun = monotonic_ms(); monotonic_ms() - begun < PATIENCE_MS;) {
		said = ask(&f, 0, issuer, "4200000000000001");
		cr_expect(said.error == OCSP_RESPONSE_STATUS_TRYLATER ||
			  (said.error == 0 && said.status == V_OCSP_CERTSTATUS_REVOKED));
		if (said.error == 0)
			break;
		pause_ms(50);
	}
	cr_expect_eq(said.error, 0);
	X509_free(issuer);
	fixture_stop(&f);
}

Test(ocsp, a_certificate_in_the_archive_is_answered_as_before)
{
	struct fixture f;
	X509 *issuer;

	fixture_start(&f);
	issuer = authority_of(&f, "issuing");
	put_certificate(&f, "issuing", "4300000000000001", 0);
	put_certificate(&f, "issuing", "4300000000000002", 0);
	put_status(&f, "4300000000000002", 4, true);
	fixture_sql(&f,
	    "WITH gone AS (DELETE FROM certificate WHERE serial IN ('\\x4300000000000001', "
	    "'\\x4300000000000002') RETURNING *) INSERT INTO certificate_archive (id, batch_id, "
	    "authority_id, serial, product_id, key_digest, not_before, not_after, der_digest, "
	    "issued_at, shard) SELECT id, 1, authority_id, serial, 0, key_digest, not_before, "
	    "not_after, sha256(der), issued_at, shard FROM gone",
	    NULL, 0);
	cr_expect_eq(ask(&f, 0, issuer, "4300000000000001").status, V_OCSP_CERTSTATUS_GOOD);
	await(&f, 0, issuer, "4300000000000002", 0, V_OCSP_CERTSTATUS_REVOKED);
	cr_expect_eq(ask(&f, 0, issuer, "4300000000000003").status, V_OCSP_CERTSTATUS_UNKNOWN);
	X509_free(issuer);
	fixture_stop(&f);
}

/* Retired authorities issue nothing, but what they issued is still asked about. */
Test(ocsp, a_retired_authority_is_still_answered_for_and_another_of_its_name_is_not_it)
{
	struct fixture f;
	X509 *issuer, *other;

	fixture_start(&f);
	issuer = authority_of(&f, "issuing");
	put_certificate(&f, "issuing", "4400000000000001", 0);
	fixture_sql(&f,
	    "DELETE FROM label; DELETE FROM profile; UPDATE authority SET spec = (spec::jsonb || '{\"state\": \"retired\"}')::json WHERE name = 'issuing'; "
	    "DELETE FROM ocsp_responder; UPDATE policy_version SET version = version + 1; "
	    "NOTIFY signet_policy",
	    NULL, 0);
	fixture_server_stop(&f, 0);
	fixture_server_launch(&f, 0);
	await(&f, 0, issuer, "4400000000000001", 0, V_OCSP_CERTSTATUS_GOOD);
	/* The same name with another key. */
	other = X509_dup(issuer);
	X509_set_pubkey(other, X509_get0_pubkey(f.maker.certificate));
	cr_expect_eq(
	    ask(&f, 0, other, "4400000000000001").error, OCSP_RESPONSE_STATUS_UNAUTHORIZED);
	X509_free(issuer);
	X509_free(other);
	fixture_stop(&f);
}

/* A responder that was revoked is followed by one with another key, and said so. */
Test(ocsp, a_responder_that_was_revoked_is_replaced_with_its_key)
{
	struct fixture f;
	X509 *issuer;
	char before[80], after[80], serial[80];

	fixture_start(&f);
	issuer = authority_of(&f, "issuing");
	put_certificate(&f, "issuing", "4500000000000001", 0);
	cr_expect_eq(ask(&f, 0, issuer, "4500000000000001").status, V_OCSP_CERTSTATUS_GOOD);
#define RESPONDER(what)                                                                        \
	"SELECT encode(c." what ", 'hex') FROM ocsp_responder o JOIN certificate c ON c.id = " \
	"o.certificate_id"
	fixture_sql(&f, RESPONDER("key_digest"), before, sizeof(before));
	fixture_sql(&f, RESPONDER("serial"), serial, sizeof(serial));
	put_status(&f, serial, 1, true);
	for (int64_t begun = monotonic_ms(); monotonic_ms() - begun < PATIENCE_MS;) {
		fixture_sql(&f, RESPONDER("key_digest"), after, sizeof(after));
		if (strcmp(before, after) != 0)
			break;
		pause_ms(100);
	}
	cr_expect_str_neq(before, after);
	await(&f, 0, issuer, "4500000000000001", 0, V_OCSP_CERTSTATUS_GOOD);
	await(&f, 0, issuer, serial, 0, V_OCSP_CERTSTATUS_REVOKED);
	X509_free(issuer);
	fixture_stop(&f);
}

/* The authority's key is not on this node and no responder was ever made: an alarm, and tryLater.
 */
Test(ocsp, an_authority_whose_key_is_away_is_an_alarm)
{
	struct fixture f;
	X509 *issuer;
	char path[200], hidden[200], text[64];

	fixture_start(&f);
	issuer = authority_of(&f, "issuing");
	fixture_server_stop(&f, 0);
	snprintf(path, sizeof(path), "%s/keys/issuing.key", f.dir);
	snprintf(hidden, sizeof(hidden), "%s/keys/away", f.dir);
	cr_assert_eq(rename(path, hidden), 0);
	fixture_sql(&f, "DELETE FROM ocsp_responder", NULL, 0);
	fixture_server_launch(&f, 0);
	await(&f, 0, issuer, "01", OCSP_RESPONSE_STATUS_TRYLATER, 0);
	for (int64_t begun = monotonic_ms(); monotonic_ms() - begun < PATIENCE_MS; pause_ms(100)) {
		fixture_sql(
		    &f, "SELECT count(*) FROM alarm WHERE kind = 'ocsp'", text, sizeof(text));
		if (atoi(text) > 0)
			break;
	}
	cr_expect_eq(atoi(text), 1);
	cr_assert_eq(rename(hidden, path), 0);
	fixture_server_stop(&f, 0);
	fixture_server_launch(&f, 0);
	await(&f, 0, issuer, "01", 0, V_OCSP_CERTSTATUS_UNKNOWN);
	X509_free(issuer);
	fixture_stop(&f);
}
