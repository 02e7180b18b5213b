/* tests/unit/ca/ocsp_test.c: requests read and answers written, byte for byte and by OpenSSL. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/encode.h"
#include "ca/ocsp_answer.h"
#include "ca/reason.h"
#include "tests/unit/ca/issue_fixture.h"

/* Behind our own headers: it has macros of names that they have. */
#include <openssl/ocsp.h>

/*
 * DER as text: hex digits, and "30(...)" for an item of tag 30 around what stands inside, whose
 * length is counted here. In the arena.
 */
static const char *nest(const char *text, struct buf *out)
{
	while (*text && *text != ')') {
		AUTO(buf) inside = {0};
		unsigned octet;

		sscanf(text, "%2x", &octet);
		text += 2;
		if (*text != '(') {
			buf_put_byte(out, (uint8_t)octet);
			continue;
		}
		text = nest(text + 1, &inside);
		text++;
		der_put(out, (uint8_t)octet, buf_span(&inside));
	}
	return text;
}

static struct span der_of(struct arena *arena, const char *text)
{
	AUTO(buf) der = {0};

	nest(text, &der);
	return arena_copy(arena, buf_span(&der));
}

#define SHA1_NULL     "30(06052b0e03021a0500)"
#define OCTETS        "000102030405060708090a0b0c0d0e0f10111213"
#define HASHES        "04(" OCTETS ")04(" OCTETS ")"
#define ID(serial)    "30(" SHA1_NULL HASHES "02(" serial "))"
#define ONE(id)       "30(30(30(30(" id "))))"
#define TBS(before)   "30(30(" before "30(30(" ID("01") "))))"
#define NONCE(octets) "30(06092b060105050730010204(04(" octets ")))"

static const struct {
	const char *name, *text;
	const char *want; /* code; NULL: read */
	size_t count, serial;
} requests[] = {
    {"plain", ONE(ID("01")), NULL, 1, 1},
    {"version 1 written out", TBS("a0(020100)"), NULL, 1, 1},
    {"version 2", TBS("a0(020101)"), "ocsp.request", 0, 0},
    {"version that is no number", TBS("a0(040100)"), "ocsp.request", 0, 0},
    {"version and more", TBS("a0(0201000500)"), "ocsp.request", 0, 0},
    {"requestorName is as if it were absent", TBS("a1(820161)"), NULL, 1, 1},
    {"requestorName of two", TBS("a1(820161820161)"), "ocsp.request", 0, 0},
    {"a signature is read over", "30(30(30(30(" ID("01") ")))a0(3000))", NULL, 1, 1},
    {"two signatures", "30(30(30(30(" ID("01") ")))a0(3000)a0(3000))", "ocsp.request", 0, 0},
    {"a signature of two", "30(30(30(30(" ID("01") ")))a0(30003000))", "ocsp.request", 0, 0},
    {"two certificates", "30(30(30(30(" ID("02") ")30(" ID("01") "))))", NULL, 2, 1},
    {"no certificate", "30(30(30()))", "ocsp.request", 0, 0},
    {"no list", "30(30())", "ocsp.request", 0, 0},
    {"nothing", "", "ocsp.request", 0, 0},
    {"not a SEQUENCE", "0500", "ocsp.request", 0, 0},
    {"bytes behind", ONE(ID("01")) "00", "ocsp.request", 0, 0},
    {"bytes behind the list", "30(30(30(30(" ID("01") "))0500))", "ocsp.request", 0, 0},
    {"bytes behind a CertID", "30(30(30(30(" ID("01") "0500))))", "ocsp.request", 0, 0},
    {"cut short", "30423040303e303c303a", "ocsp.request", 0, 0},
    {"indefinite length", "308030003000000000", "ocsp.request", 0, 0},
    {"long form of a short length",
	"308102"
	"3000",
	"ocsp.request", 0, 0},
    {"parameters absent", ONE("30(30(06052b0e03021a)" HASHES "020101)"), NULL, 1, 1},
    {"parameters that are no NULL", ONE("30(30(06052b0e03021a020101)" HASHES "020101)"),
	"ocsp.request", 0, 0},
    {"two parameters", ONE("30(30(06052b0e03021a05000500)" HASHES "020101)"), "ocsp.request", 0, 0},
    {"a hash that nobody has", ONE("30(30(06082a864886f70d02050500)" HASHES "020101)"), NULL, 1, 1},
    {"no hash", ONE("30(30()" HASHES "020101)"), "ocsp.request", 0, 0},
    {"serial of 20 octets",
	ONE(ID("7f"
	       "02030405060708090a0b0c0d0e0f1011121314")),
	NULL, 1, 20},
    {"serial with a high bit", ONE(ID("00ff02030405060708090a0b0c0d0e0f1011121314")), NULL, 1, 20},
    {"serial too long is nobody's", ONE(ID("01ff02030405060708090a0b0c0d0e0f1011121314")), NULL, 1,
	0},
    {"negative serial is nobody's", ONE(ID("ff")), NULL, 1, 0},
    {"serial zero", ONE(ID("00")), NULL, 1, 1},
    {"serial padded", ONE(ID("0001")), "ocsp.request", 0, 0},
    {"negative serial padded", ONE(ID("ff80")), "ocsp.request", 0, 0},
    {"serial of no octets", ONE(ID("")), "ocsp.request", 0, 0},
    {"a single extension is ignored", ONE(ID("01") "a0(30(30(06012a0400)))"), NULL, 1, 1},
    {"unless it is critical", ONE(ID("01") "a0(30(30(06012a0101ff0400)))"), "ocsp.request", 0, 0},
    {"no single extensions", ONE(ID("01") "a0(30())"), "ocsp.request", 0, 0},
    {"an extension twice", "30(30(30(30(" ID("01") "))a2(30(" NONCE("01") NONCE("01") "))))",
	"ocsp.request", 0, 0},
    {"extensions that are none", "30(30(30(30(" ID("01") "))a2(0500)))", "ocsp.request", 0, 0},
};

/* Nonces are put together here: an extension list of one, of this many octets. */
static void put_nonce_request(
    struct buf *out, size_t n, bool wrapped, bool critical, const char *oid)
{
	AUTO(arena) arena = {0};
	AUTO(buf) nonce = {0};
	size_t outer, tbs, tagged, list, one, value;

	for (size_t i = 0; i < n; i++)
		buf_put_byte(&nonce, (uint8_t)i);
	outer = der_begin(out, DER_SEQUENCE);
	tbs = der_begin(out, DER_SEQUENCE);
	buf_put(out, der_of(&arena, "30(30(" ID("01") "))"));
	tagged = der_begin(out, DER_CONTEXT_CONSTRUCTED | 2);
	list = der_begin(out, DER_SEQUENCE);
	one = der_begin(out, DER_SEQUENCE);
	der_put_oid(out, oid);
	if (critical)
		der_put_bool(out, true);
	value = der_begin(out, DER_OCTET_STRING);
	if (wrapped)
		der_put(out, DER_OCTET_STRING, buf_span(&nonce));
	else
		buf_put(out, buf_span(&nonce));
	der_end(out, value);
	der_end(out, one);
	der_end(out, list);
	der_end(out, tagged);
	der_end(out, tbs);
	der_end(out, outer);
}

Test(ca_ocsp, requests_are_read_or_refused)
{
	for (size_t i = 0; i < COUNT(requests); i++) {
		AUTO(arena) arena = {0};
		struct ocsp_request r;
		struct err err = {0};
		const bool ok = ocsp_request_read(der_of(&arena, requests[i].text), &r, &err).ok;

		cr_expect_eq(ok, requests[i].want == NULL, "%s: %s", requests[i].name, err.message);
		if (!ok && requests[i].want)
			cr_expect_str_eq(err_code(&err), requests[i].want, "%s", requests[i].name);
		if (!ok || requests[i].want)
			continue;
		cr_expect_eq(r.count, requests[i].count, "%s", requests[i].name);
		cr_expect_eq(r.nonce.n, 0, "%s", requests[i].name);
		cr_expect_eq(
		    r.certs[r.count - 1].serial.n, requests[i].serial, "%s", requests[i].name);
	}
}

/* RFC 9654 2.1: SIZE(1..128); 16 to 32 must be taken. */
Test(ca_ocsp, nonces_are_one_to_128_octets)
{
	static const struct {
		size_t n;
		bool wrapped;
		const char *want;
	} cases[] = {{0, true, "ocsp.nonce"}, {1, true, NULL}, {16, true, NULL}, {32, true, NULL},
	    {128, true, NULL}, {129, true, "ocsp.nonce"}, {16, false, "ocsp.nonce"}};

	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO(buf) der = {0};
		struct ocsp_request r;
		struct err err = {0};

		put_nonce_request(
		    &der, cases[i].n, cases[i].wrapped, false, "1.3.6.1.5.5.7.48.1.2");
		if (!ocsp_request_read(buf_span(&der), &r, &err).ok)
			cr_expect_str_eq(err_code(&err), cases[i].want ? cases[i].want : "read");
		else
			cr_expect(!cases[i].want && r.nonce.n == cases[i].n, "%zu", cases[i].n);
	}
}

Test(ca_ocsp, critical_extensions_that_are_not_understood_are_refused)
{
	static const struct {
		const char *oid;
		bool critical, want;
	} cases[] = {{"1.3.6.1.5.5.7.48.1.4", false, true}, {"1.3.6.1.5.5.7.48.1.4", true, false},
	    {"1.3.6.1.5.5.7.48.1.2", true, true}};

	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO(buf) der = {0};
		struct ocsp_request r;
		struct err err = {0};

		put_nonce_request(&der, 32, true, cases[i].critical, cases[i].oid);
		cr_expect_eq(
		    ocsp_request_read(buf_span(&der), &r, &err).ok, cases[i].want, "%zu", i);
	}
}

Test(ca_ocsp, no_more_certificates_than_the_bound)
{
	for (size_t n = OCSP_CERTS_MAX; n <= OCSP_CERTS_MAX + 1; n++) {
		AUTO(arena) arena = {0};
		AUTO(buf) der = {0};
		struct ocsp_request r;
		struct err err = {0};
		size_t outer = der_begin(&der, DER_SEQUENCE), tbs = der_begin(&der, DER_SEQUENCE),
		       list = der_begin(&der, DER_SEQUENCE);

		for (size_t i = 0; i < n; i++)
			buf_put(&der, der_of(&arena, "30(" ID("01") ")"));
		der_end(&der, list);
		der_end(&der, tbs);
		der_end(&der, outer);
		cr_expect_eq(ocsp_request_read(buf_span(&der), &r, &err).ok, n == OCSP_CERTS_MAX);
	}
}

Test(ca_ocsp, get_takes_every_spelling_of_base64)
{
	static const struct {
		const char *text;
		bool ok;
	} cases[] = {{"MAA=", true}, {"/MAA=", true}, {"//MAA=", true}, {"MA\r\nA=", true},
	    {"MAA", false}, {"MAA-", false}, {"", true}, {"MA%41=", false}, {"MAAA=", false}};

	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO(buf) der = {0};
		struct err err = {0};

		cr_expect_eq(
		    ocsp_get_read(cases[i].text, &der, &err).ok, cases[i].ok, "%s", cases[i].text);
	}
}

Test(ca_ocsp, a_cert_id_is_that_of_openssl)
{
	AUTO(world) w;
	world_make(&w, "EC-P256", "EC-P256");
	const unsigned char *p = w.issuing_der.p;
	X509 *issuer = d2i_X509(NULL, &p, (long)w.issuing_der.n);
	const uint8_t serial[] = {0x80, 1, 2};
	BIGNUM *number = BN_bin2bn(serial, sizeof(serial), NULL);
	ASN1_INTEGER *value = BN_to_ASN1_INTEGER(number, NULL);
	const EVP_MD *digests[] = {EVP_sha1(), EVP_sha256(), EVP_sha384(), EVP_sha512()};

	for (int i = 0; i < OCSP_HASHES; i++) {
		AUTO(buf) ours = {0};
		OCSP_CERTID *theirs,
		    *want = OCSP_cert_id_new(digests[i], X509_get_subject_name(issuer),
			X509_get0_pubkey_bitstr(issuer), value);

		ocsp_cert_id_put(
		    &ours, (enum ocsp_hash)i, w.issuing.subject, w.issuing.spki, SPAN_OF(serial));
		p = ours.p;
		theirs = d2i_OCSP_CERTID(NULL, &p, (long)ours.n);
		cr_assert_not_null(theirs);
		cr_expect_eq(OCSP_id_cmp(theirs, want), 0, "hash %d", i);
		OCSP_CERTID_free(theirs);
		OCSP_CERTID_free(want);
	}
	ASN1_INTEGER_free(value);
	BN_free(number);
	X509_free(issuer);
}

/* ---- answers ---- */

Test(ca_ocsp, error_answers_are_five_octets)
{
	static const uint8_t want[] = {0x30, 0x03, 0x0a, 0x01, 0x06};

	cr_expect(span_equal(ocsp_error_answer(OCSP_UNAUTHORIZED), SPAN_OF(want)));
}

/* What is signed stands in front of the signature: everything in it is known. */
Test(ca_ocsp, what_is_signed_is_this_byte_for_byte)
{
	AUTO(world) w;
	AUTO(arena) arena = {0};
	AUTO(buf) out = {0};
	struct err err = {0};
	world_make(&w, "EC-P256", "EC-P256");
	const struct span id = der_of(&arena, ID("01"));
	const struct ocsp_single singles[] = {
	    {id, {OCSP_GOOD, 0, 0}},
	    {id, {OCSP_REVOKED, 1, 1000000000}},
	    {id, {OCSP_REVOKED, 0, 1000000000}},
	    {id, {OCSP_UNKNOWN, 0, 0}},
	};
	const struct ocsp_reply reply = {
	    singles, COUNT(singles), 1700000000, 1700043200, SPAN_LITERAL("0123456789abcdef")};
#define THIS_AND_NEXT "180f32303233313131343232313332305aa0(180f32303233313131353130313332305a)"
	static const char want[] =
	    "180f32303233313131343232313332305a" /* producedAt */
	    "30(30(" ID(
		"01") "8000" THIS_AND_NEXT ")"
		      "30(" ID(
			  "01") "a1(180f32303031303930393031343634305aa0(0a0101))" THIS_AND_NEXT ")"
				"30(" ID(
				    "01") "a1(180f32303031303930393031343634305a)" THIS_AND_NEXT ")"
					  "30(" ID(
					      "01") "8200" THIS_AND_NEXT "))"
						    "a1(30(" NONCE(
							"30313233343536373839616263646566") "))";

	cr_assert(ocsp_sign(&reply, w.device_key, buf_span(&w.issuing_der), &out, &err).ok, "%s",
	    err.message);
	const struct span bytes = der_of(&arena, want);

	cr_expect(memmem(out.p, out.n, bytes.p, bytes.n) != NULL);
}

static OCSP_BASICRESP *read_basic(struct span der)
{
	const unsigned char *p = der.p;
	OCSP_RESPONSE *r = d2i_OCSP_RESPONSE(NULL, &p, (long)der.n);
	OCSP_BASICRESP *basic;

	cr_assert(r && p == der.p + der.n);
	cr_expect_eq(OCSP_response_status(r), OCSP_RESPONSE_STATUS_SUCCESSFUL);
	basic = OCSP_response_get1_basic(r);
	OCSP_RESPONSE_free(r);
	return basic;
}

/* Each kind of key, read and verified by OpenSSL against the certificate that goes along. */
Test(ca_ocsp, openssl_reads_and_verifies_what_is_signed)
{
	static const char *const kinds[] = {"EC-P256", "EC-P384", "Ed25519", "RSA-2048"};

	for (size_t i = 0; i < COUNT(kinds); i++) {
		AUTO(world) w;
		AUTO(arena) arena = {0};
		AUTO(buf) out = {0};
		struct err err = {0};
		world_make(&w, "EC-P256", kinds[i]);
		const struct ocsp_single single = {
		    der_of(&arena, ID("01")), {OCSP_REVOKED, 6, w.now - 5}};
		const struct ocsp_reply reply = {&single, 1, w.now, w.now + 3600, SPAN_NONE};
		X509_STORE *store = X509_STORE_new();
		const unsigned char *p = w.issuing_der.p;
		X509 *signer = d2i_X509(NULL, &p, (long)w.issuing_der.n);
		OCSP_BASICRESP *basic;
		int status, reason;

		cr_assert(
		    ocsp_sign(&reply, w.issuing.key, buf_span(&w.issuing_der), &out, &err).ok);
		basic = read_basic(buf_span(&out));
		cr_assert_not_null(basic);
		/* Trust in the signer is the responder's matter (its own tests): here the
		 * signature. */
		cr_expect_eq(
		    OCSP_basic_verify(basic, NULL, store, OCSP_NOVERIFY), 1, "%s", kinds[i]);
		status =
		    OCSP_single_get0_status(OCSP_resp_get0(basic, 0), &reason, NULL, NULL, NULL);
		cr_expect(status == V_OCSP_CERTSTATUS_REVOKED && reason == 6, "%s", kinds[i]);
		OCSP_BASICRESP_free(basic);
		X509_free(signer);
		X509_STORE_free(store);
	}
}

Test(ca_ocsp, a_key_that_refuses_gives_no_answer)
{
	AUTO(world) w;
	AUTO(arena) arena = {0};
	AUTO(buf) out = {0};
	struct err err = {0};
	world_make(&w, "EC-P256", "EC-P256");
	const struct ocsp_single single = {der_of(&arena, ID("01")), {OCSP_GOOD, 0, 0}};
	const struct ocsp_reply reply = {&single, 1, w.now, w.now + 3600, SPAN_NONE};

	cr_expect(
	    !ocsp_sign(&reply, fixture_dead_key("EC-P256"), buf_span(&w.issuing_der), &out, &err)
		 .ok);
	cr_expect(err.kind == ERR_KEY && out.n == 0);
}
