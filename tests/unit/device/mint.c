#include "tests/unit/device/mint.h"

#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include <criterion/criterion.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "base/der.h"
#include "base/encode.h"

EVP_PKEY *mint_key(void)
{
	return EVP_EC_gen("P-256");
}

static void add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX context;
	X509_EXTENSION *extension;

	X509V3_set_ctx(&context, issuer, cert, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	cr_assert(extension, "extension %d '%s'", nid, value);
	X509_add_ext(cert, extension, -1);
	X509_EXTENSION_free(extension);
}

static void set_subject(X509 *cert, const struct mint_wish *w)
{
	X509_NAME *name = X509_get_subject_name(cert);

	if (w->subject) {
		X509_set_subject_name(cert, w->subject);
		return;
	}
	if (w->cn)
		X509_NAME_add_entry_by_NID(
		    name, NID_commonName, MBSTRING_UTF8, (const unsigned char *)w->cn, -1, -1, 0);
	if (w->unit_serial)
		X509_NAME_add_entry_by_NID(name, NID_serialNumber, MBSTRING_ASC,
		    (const unsigned char *)w->unit_serial, -1, -1, 0);
}

static void set_frame(X509 *cert, const struct mint_wish *w)
{
	uint8_t number[8];
	BIGNUM *bn;
	time_t now = time(NULL);

	X509_set_version(cert, 2);
	RAND_bytes(number, sizeof(number));
	number[0] &= 0x7f;
	number[0] |= 0x40;
	bn = BN_bin2bn(number, sizeof(number), NULL);
	BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(cert));
	BN_free(bn);
	ASN1_TIME_set(
	    X509_getm_notBefore(cert), w->not_before ? (time_t)w->not_before : now - 3600);
	ASN1_TIME_set(
	    X509_getm_notAfter(cert), w->not_after ? (time_t)w->not_after : now + 3650 * 86400L);
}

X509 *mint_cert(const struct mint_wish *w)
{
	X509 *cert = X509_new();
	X509 *issuer = w->issuer ? w->issuer : cert;

	set_frame(cert, w);
	set_subject(cert, w);
	X509_set_issuer_name(cert, X509_get_subject_name(issuer));
	X509_set_pubkey(cert, w->key);
	add_extension(cert, issuer, NID_basic_constraints, w->ca ? "critical,CA:TRUE" : "CA:FALSE");
	add_extension(cert, issuer, NID_key_usage,
	    w->key_usage ? w->key_usage
	    : w->ca      ? "critical,keyCertSign,cRLSign"
			 : "critical,digitalSignature");
	add_extension(cert, issuer, NID_subject_key_identifier, "hash");
	add_extension(cert, issuer, NID_authority_key_identifier, "keyid");
	if (w->san)
		add_extension(cert, issuer, NID_subject_alt_name, w->san);
	if (w->eku)
		add_extension(cert, issuer, NID_ext_key_usage, w->eku);
	cr_assert(X509_sign(cert, w->issuer_key ? w->issuer_key : w->key, EVP_sha256()) > 0);
	return cert;
}

void mint_certs_only(X509 *const *certs, size_t count, struct buf *out)
{
	size_t info = der_begin(out, DER_SEQUENCE), explicit, data, part;

	der_put_oid(out, "1.2.840.113549.1.7.2");
	explicit = der_begin(out, DER_CONTEXT_CONSTRUCTED | 0);
	data = der_begin(out, DER_SEQUENCE);
	der_put_uint(out, 1);
	der_put(out, DER_SET, SPAN_NONE);
	part = der_begin(out, DER_SEQUENCE);
	der_put_oid(out, "1.2.840.113549.1.7.1");
	der_end(out, part);
	part = der_begin(out, DER_CONTEXT_CONSTRUCTED | 0);
	for (size_t i = 0; i < count; i++) {
		unsigned char *der = NULL;
		int n = i2d_X509(certs[i], &der);

		buf_put(out, span(der, (size_t)n));
		OPENSSL_free(der);
	}
	der_end(out, part);
	der_put(out, DER_SET, SPAN_NONE);
	der_end(out, data);
	der_end(out, explicit);
	der_end(out, info);
}

void mint_write_cert(const char *path, X509 *cert)
{
	FILE *f = fopen(path, "w");

	cr_assert(f, "%s", path);
	PEM_write_X509(f, cert);
	fclose(f);
}

void mint_write_key(const char *path, EVP_PKEY *key)
{
	FILE *f = fopen(path, "w");

	cr_assert(f, "%s", path);
	PEM_write_PKCS8PrivateKey(f, key, NULL, NULL, 0, NULL, NULL);
	fclose(f);
	chmod(path, 0600);
}

void mint_pin(X509 *cert, char text[static 65])
{
	struct digest d = cert_digest(cert);

	hex_text(SPAN_OF(d.bytes), text);
}
