/* clients/device/csr.c: what we ask is read back by OpenSSL. */
#include "clients/device/csr.h"

#include <criterion/criterion.h>
#include <openssl/x509v3.h>

#include "base/encode.h"
#include "clients/device/key_file.h"
#include "tests/unit/device/mint.h"

static const char *const algorithms[] = {"EC-P256", "EC-P384", "Ed25519", "RSA-2048", "ML-DSA-44"};

static struct device_key *new_key(const char *algorithm)
{
	struct device_key *key = NULL;
	EVP_PKEY *pkey = NULL;
	struct err err = {0};

	cr_assert(
	    key_generate(key_algorithm_by_name(algorithm), &pkey, &err).ok, "%s", err.message);
	cr_assert(key_file_adopt(pkey, &key, &err).ok, "%s", err.message);
	return key;
}

static X509_REQ *make(const struct csr_wish *wish)
{
	AUTO(buf) der = {0};
	struct err err = {0};
	const unsigned char *p;
	X509_REQ *csr;

	cr_assert(csr_make(wish, &der, &err).ok, "%s", err.message);
	p = der.p;
	csr = d2i_X509_REQ(NULL, &p, (long)der.n);
	cr_assert(csr);
	cr_assert_eq(p, der.p + der.n);
	return csr;
}

static void hex(const char *text, struct buf *out)
{
	struct err err = {0};

	cr_assert(hex_decode(span_str(text), out, &err).ok);
}

Test(device_csr, every_algorithm_signs_what_openssl_verifies)
{
	for (size_t i = 0; i < COUNT(algorithms); i++) {
		AUTO_REF(device_key) key = NULL;
		AUTO(buf) subject = {0};
		X509_REQ *csr;

		if (!key_algorithm_available(key_algorithm_by_name(algorithms[i])))
			continue;
		key = new_key(algorithms[i]);
		hex("300f310d300b06035504030c0461626364", &subject);
		csr = make(&(struct csr_wish){.key = key, .subject = buf_span(&subject)});
		cr_assert_eq(
		    X509_REQ_verify(csr, X509_REQ_get0_pubkey(csr)), 1, "%s", algorithms[i]);
		X509_REQ_free(csr);
	}
}

/* RFC 7030 3.5: the binding is base64, in challengePassword; both attributes side by side. */
Test(device_csr, binding_and_extensions_are_attributes)
{
	AUTO_REF(device_key) key = new_key("EC-P256");
	AUTO(buf) extensions = {0};
	uint8_t binding[32] = {1, 2, 3};
	X509_REQ *csr;
	ASN1_TYPE *value;
	STACK_OF(X509_EXTENSION) * read;
	int at;

	csr_san_extensions(SPAN_LITERAL("\x30\x05\x82\x03\x61\x62\x63"), true, &extensions);
	csr = make(&(struct csr_wish){.key = key,
	    .subject = SPAN_LITERAL("\x30\x00"),
	    .binding = SPAN_OF(binding),
	    .extensions = buf_span(&extensions)});
	cr_assert_eq(X509_REQ_get_attr_count(csr), 2);
	at = X509_REQ_get_attr_by_NID(csr, NID_pkcs9_challengePassword, -1);
	cr_assert_geq(at, 0);
	value = X509_ATTRIBUTE_get0_type(X509_REQ_get_attr(csr, at), 0);
	cr_assert_eq(value->type, V_ASN1_PRINTABLESTRING);
	cr_assert_arr_eq(ASN1_STRING_get0_data(value->value.printablestring),
	    "AQIDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", 44);
	read = X509_REQ_get_extensions(csr);
	cr_assert_eq(sk_X509_EXTENSION_num(read), 1);
	cr_assert_eq(X509_EXTENSION_get_critical(sk_X509_EXTENSION_value(read, 0)), 1);
	sk_X509_EXTENSION_pop_free(read, X509_EXTENSION_free);
	X509_REQ_free(csr);
}

Test(device_csr, hash_that_the_server_asks_for)
{
	AUTO_REF(device_key) key = new_key("EC-P256");
	AUTO(buf) identifier = {0};
	X509_REQ *csr;

	hex("300a06082a8648ce3d040303", &identifier);
	csr = make(&(struct csr_wish){.key = key,
	    .subject = SPAN_LITERAL("\x30\x00"),
	    .signature = signature_algorithm_of(buf_span(&identifier))});
	cr_assert_eq(X509_REQ_get_signature_nid(csr), NID_ecdsa_with_SHA384);
	cr_assert_eq(X509_REQ_verify(csr, X509_REQ_get0_pubkey(csr)), 1);
	X509_REQ_free(csr);
}

/* O=Acme stays, serialNumber is filled from ours, an OU that we do not have is left out. */
Test(device_csr, template_subject_is_filled)
{
	AUTO(buf) template_name = {0};
	AUTO(buf) own = {0};
	AUTO(buf) got = {0};
	AUTO(buf) want = {0};

	hex("3021310730050603550405310d300b060355040a0c0441636d6531073005060355040b",
	    &template_name);
	hex("300f310d300b06035504051304534e2d31", &own);
	csr_subject(buf_span(&template_name), buf_span(&own), &got);
	hex("301e310d300b06035504051304534e2d31310d300b060355040a0c0441636d65", &want);
	cr_assert(span_equal(buf_span(&got), buf_span(&want)));
}

Test(device_csr, template_without_anything_to_fill_gives_our_own_name)
{
	AUTO(buf) template_name = {0};
	AUTO(buf) own = {0};
	AUTO(buf) got = {0};

	hex("300931073005060355040b", &template_name);
	hex("300f310d300b06035504051304534e2d31", &own);
	csr_subject(buf_span(&template_name), buf_span(&own), &got);
	cr_assert(span_equal(buf_span(&got), buf_span(&own)));
	buf_reset(&got);
	csr_subject(SPAN_NONE, buf_span(&own), &got);
	cr_assert(span_equal(buf_span(&got), buf_span(&own)));
}

/* subjectAltName without a value gets ours; another extension without a value is left out. */
Test(device_csr, template_extensions_are_filled)
{
	AUTO(buf) wanted = {0};
	AUTO(buf) got = {0};
	AUTO(buf) want = {0};

	hex("3017"
	    "30050603551d11"
	    "30050603551d0f"
	    "3007"
	    "0603551d25"
	    "0400",
	    &wanted);
	csr_extensions(buf_span(&wanted), SPAN_LITERAL("\x30\x00"), &got);
	hex("3014"
	    "3009"
	    "0603551d11"
	    "04023000"
	    "3007"
	    "0603551d25"
	    "0400",
	    &want);
	cr_assert(span_equal(buf_span(&got), buf_span(&want)));
}
