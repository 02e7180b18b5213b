/* tests/unit/ca/crl_test.c: revocation lists as others read them. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include <openssl/x509.h>

#include "base/der.h"
#include "ca/crl.h"
#include "ca/crl_lint.h"
#include "issue_fixture.h"

#define POINT "http://pki.example/crl/acme-1.crl"

static const uint8_t serial[16] = {0x5a, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

struct lister {
	struct world w;
	struct buf point;
	struct crl_order order;
};
static inline void lister_auto(struct lister *l)
{
	world_free(&l->w);
	buf_free(&l->point);
}

static void lister_make(struct lister *l, const char *algorithm)
{
	static const char *const urls[] = {POINT};

	*l = (struct lister){0};
	world_make(&l->w, "EC-P256", algorithm);
	crl_point_put(urls, 1, &l->point);
	l->order = (struct crl_order){.authority = &l->w.issuing,
	    .key = l->w.issuing.key,
	    .number = 7,
	    .this_update = l->w.now,
	    .next_update = l->w.now + 86400,
	    .point = buf_span(&l->point)};
}

static struct crl_file made(const struct lister *l, const struct crl_entry *entries, size_t count)
{
	AUTO_REF(crl_build) build = NULL;
	struct crl_file file;
	struct err err = {0};

	cr_assert(crl_build_new(fixture_directory(), &build, &err).ok, "%s", err.message);
	for (size_t i = 0; i < count; i++)
		cr_assert(crl_build_add(build, &entries[i], &err).ok, "%s", err.message);
	cr_assert(crl_build_sign(build, &l->order, &file, &err).ok, "%s", err.message);
	return file;
}

static X509_CRL *read_back(const struct crl_file *file)
{
	const unsigned char *p = file->der.p;
	X509_CRL *crl = d2i_X509_CRL(NULL, &p, (long)file->der.n);

	cr_assert_not_null(crl);
	cr_assert_eq(p, file->der.p + file->der.n, "octets behind the list");
	return crl;
}

/* X.690: what another encoder makes of the parsed list is the same, octet for octet. */
static void is_der(const struct crl_file *file)
{
	X509_CRL *crl = read_back(file);
	unsigned char *again = NULL;
	int n;

	(void)X509_CRL_sort(crl); /* marks it changed: it is encoded, not copied */
	n = i2d_re_X509_CRL_tbs(crl, &again);
	cr_assert_gt(n, 0);
	cr_expect(memmem(file->der.p, file->der.n, again, (size_t)n) != NULL, "not DER");
	OPENSSL_free(again);
	X509_CRL_free(crl);
}

static void verifies(const struct lister *l, const struct crl_file *file)
{
	const struct span ca = buf_span(&l->w.issuing_der);

	(void)fixture_file("issuing.pem", "CERTIFICATE", &ca, 1);
	(void)fixture_file("list.der", NULL, &file->der, 1);
	fixture_must(
	    "verify OK", "openssl crl -inform DER -in list.der -CAfile issuing.pem -noout");
}

static const char *const algorithms[] = {
    "EC-P256", "EC-P384", "Ed25519", "RSA-2048", "RSA-3072", "ML-DSA-44", "ML-DSA-65", "ML-DSA-87"};

Test(ca_crl, lists_of_every_algorithm_verify)
{
	const struct crl_entry entry = {.serial = SPAN_OF(serial), .revoked_at = 1700000000};

	for (size_t i = 0; i < COUNT(algorithms); i++) {
		AUTO(lister) l;

		if (!key_algorithm_available(key_algorithm_by_name(algorithms[i]))) {
			printf("skipped: this OpenSSL does not have %s\n", algorithms[i]);
			continue;
		}
		lister_make(&l, algorithms[i]);
		AUTO(crl_file) file = made(&l, &entry, 1);
		is_der(&file);
		verifies(&l, &file);
	}
}

Test(ca_crl, an_empty_list_has_no_revoked_certificates)
{
	AUTO(lister) l;
	lister_make(&l, "EC-P256");
	AUTO(crl_file) file = made(&l, NULL, 0);
	X509_CRL *crl = read_back(&file);

	cr_expect_null(X509_CRL_get_REVOKED(crl), "5.1.2.6: MUST be absent");
	cr_expect_eq(X509_CRL_get_version(crl), 1, "v2");
	X509_CRL_free(crl);
	is_der(&file);
	verifies(&l, &file);
}

static const struct {
	int reason;
	const char *says; /* openssl's words; NULL: no reason code */
} reasons_said[] = {
    {0, NULL},
    {1, "Key Compromise"},
    {2, "CA Compromise"},
    {3, "Affiliation Changed"},
    {4, "Superseded"},
    {5, "Cessation Of Operation"},
    {6, "Certificate Hold"},
    {9, "Privilege Withdrawn"},
    {10, "AA Compromise"},
};

Test(ca_crl, reasons_and_invalidity_dates_are_said)
{
	AUTO(lister) l;
	lister_make(&l, "EC-P256");
	for (size_t i = 0; i < COUNT(reasons_said); i++) {
		const struct crl_entry entry = {.serial = SPAN_OF(serial),
		    .revoked_at = 1700000000,
		    .reason = reasons_said[i].reason,
		    .invalidity_at = i % 2 ? 1690000000 : 0};
		AUTO(buf) text = {0};
		AUTO(crl_file) file = made(&l, &entry, 1);

		verifies(&l, &file);
		is_der(&file);
		cr_assert_eq(
		    fixture_run(&text, "openssl crl -inform DER -in list.der -text -noout"), 0);
		cr_expect(strstr(buf_cstr(&text), "5A0102030405060708090A0B0C0D0E0F"));
		cr_expect(strstr(buf_cstr(&text), "Nov 14 22:13:20 2023 GMT"));
		cr_expect_eq(
		    strstr(buf_cstr(&text), "Reason Code") != NULL, reasons_said[i].says != NULL);
		if (reasons_said[i].says)
			cr_expect(
			    strstr(buf_cstr(&text), reasons_said[i].says), "%s", buf_cstr(&text));
		cr_expect_eq(strstr(buf_cstr(&text), "Jul 22 04:26:40 2023 GMT") != NULL, i % 2);
	}
}

/* RFC 5280 5.1.2.6: UTCTime to 2049, GeneralizedTime from 2050 on. */
Test(ca_crl, times_change_their_form_in_2050)
{
	const struct crl_entry entries[] = {
	    {.serial = span(serial, 8), .revoked_at = INT64_C(2524607999)},
	    {.serial = SPAN_OF(serial), .revoked_at = INT64_C(2524608000)},
	};
	AUTO(lister) l;
	lister_make(&l, "EC-P256");
	l.order.this_update = INT64_C(2524607999);
	l.order.next_update = INT64_C(2524608000);
	AUTO(crl_file) file = made(&l, entries, COUNT(entries));

	is_der(&file);
	cr_expect(memmem(file.der.p, file.der.n,
	    "\x17\x0d"
	    "491231235959Z",
	    15));
	cr_expect(memmem(file.der.p, file.der.n,
	    "\x18\x0f"
	    "20500101000000Z",
	    17));
	cr_expect_null(memmem(file.der.p, file.der.n,
	    "\x17\x0d"
	    "500101",
	    8));
	cr_expect_null(memmem(file.der.p, file.der.n,
	    "\x18\x0f"
	    "2049",
	    6));
}

Test(ca_crl, a_full_list_names_its_point_number_and_delta)
{
	AUTO(lister) l;
	AUTO(buf) text = {0};
	lister_make(&l, "EC-P256");
	l.order.freshest = "http://pki.example/crl/acme-1-delta.crl";
	AUTO(crl_file) file = made(&l, NULL, 0);

	verifies(&l, &file);
	(void)fixture_run(&text, "openssl crl -inform DER -in list.der -text -noout");
	cr_expect(strstr(buf_cstr(&text), "Issuing Distribution Point: critical"));
	cr_expect(strstr(buf_cstr(&text), "URI:" POINT));
	cr_expect(strstr(buf_cstr(&text), "Freshest CRL"));
	cr_expect(strstr(buf_cstr(&text), "acme-1-delta.crl"));
	cr_expect(strstr(buf_cstr(&text), "X509v3 CRL Number: \n                7"));
	cr_expect_null(strstr(buf_cstr(&text), "Delta CRL Indicator"));
}

Test(ca_crl, a_delta_list_names_its_base_and_may_remove)
{
	const struct crl_entry entry = {
	    .serial = SPAN_OF(serial), .revoked_at = 1700000000, .reason = 8};
	AUTO(lister) l;
	AUTO(buf) text = {0};
	lister_make(&l, "EC-P256");
	l.order.base = 5;
	l.order.freshest = "http://pki.example/crl/acme-1-delta.crl";
	AUTO(crl_file) file = made(&l, &entry, 1);

	verifies(&l, &file);
	(void)fixture_run(&text, "openssl crl -inform DER -in list.der -text -noout");
	cr_expect(strstr(buf_cstr(&text), "Delta CRL Indicator: critical\n                5"));
	cr_expect(strstr(buf_cstr(&text), "Remove From CRL"));
	cr_expect_null(strstr(buf_cstr(&text), "Freshest"), "5.2.6: MUST NOT appear in delta CRLs");
}

static void refused(const struct lister *l, const struct crl_entry *entry, const char *code)
{
	AUTO_REF(crl_build) build = NULL;
	AUTO(crl_file) file = {0};
	struct err err = {0};

	cr_assert(crl_build_new(fixture_directory(), &build, &err).ok);
	if (entry)
		cr_assert(crl_build_add(build, entry, &err).ok);
	cr_expect_not(crl_build_sign(build, &l->order, &file, &err).ok, "%s", code);
	cr_expect_str_eq(err_code(&err), code);
}

Test(ca_crl, what_would_be_wrong_is_not_signed)
{
	const struct crl_entry removal = {.serial = SPAN_OF(serial), .reason = 8};
	AUTO(lister) l;
	struct lister bent;

	lister_make(&l, "EC-P256");
	refused(&l, &removal, "lint.crl_remove_from_crl_in_full_list");
	bent = l;
	bent.order.next_update = bent.order.this_update;
	refused(&bent, NULL, "lint.crl_next_update_not_after_this_update");
	bent = l;
	bent.order.base = 8; /* above its own number */
	refused(&bent, NULL, "lint.crl_delta_indicator_wrong");
	bent = l;
	bent.w.issuing.subject = SPAN_LITERAL("\x30\x00");
	bent.order.authority = &bent.w.issuing;
	refused(&bent, NULL, "lint.crl_issuer_is_not_the_authority");
}

Test(ca_crl, a_key_that_refuses_is_told)
{
	AUTO_REF(crl_build) build = NULL;
	AUTO(lister) l;
	AUTO(crl_file) file = {0};
	struct err err = {0};

	lister_make(&l, "EC-P256");
	l.order.key = fixture_dead_key("EC-P256");
	cr_assert(crl_build_new(fixture_directory(), &build, &err).ok);
	cr_expect_not(crl_build_sign(build, &l.order, &file, &err).ok);
	cr_expect_eq(err.kind, ERR_KEY);
}

Test(ca_crl, many_entries_lie_behind_one_another)
{
	AUTO(lister) l;
	AUTO_REF(crl_build) build = NULL;
	AUTO(crl_file) file = {0};
	struct err err = {0};
	X509_CRL *crl;
	uint8_t number[16] = {0x40};

	lister_make(&l, "EC-P256");
	cr_assert(crl_build_new(fixture_directory(), &build, &err).ok);
	for (unsigned i = 0; i < 20000; i++) {
		number[1] = (uint8_t)(i >> 8);
		number[2] = (uint8_t)i;
		cr_assert(crl_build_add(build,
		    &(struct crl_entry){
			.serial = SPAN_OF(number), .revoked_at = 1700000000 + i, .reason = 4},
		    &err)
			      .ok);
	}
	cr_assert(crl_build_sign(build, &l.order, &file, &err).ok, "%s", err.message);
	crl = read_back(&file);
	cr_expect_eq(sk_X509_REVOKED_num(X509_CRL_get_REVOKED(crl)), 20000);
	cr_expect_eq(file.entries, 20000);
	X509_CRL_free(crl);
	is_der(&file);
	verifies(&l, &file);
}
