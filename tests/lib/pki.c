#include "tests/lib/pki.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "tests/lib/pki: %s failed\n", what);
	ERR_print_errors_fp(stderr);
	exit(99);
}

EVP_PKEY *pki_key(const char *algorithm)
{
	EVP_PKEY *key = NULL;
	if (strncmp(algorithm, "RSA-", 4) == 0)
		key = EVP_RSA_gen((unsigned)atoi(algorithm + 4));
	else if (strcmp(algorithm, "EC-P256") == 0)
		key = EVP_EC_gen("P-256");
	else if (strcmp(algorithm, "EC-P384") == 0)
		key = EVP_EC_gen("P-384");
	else
		key = EVP_PKEY_Q_keygen(NULL, NULL, algorithm);
	must(key != NULL, algorithm);
	return key;
}

static const EVP_MD *digest_of(EVP_PKEY *key)
{
	if (EVP_PKEY_is_a(key, "ED25519") || !EVP_PKEY_get0_type_name(key) ||
	    strncmp(EVP_PKEY_get0_type_name(key), "ML-DSA", 6) == 0)
		return NULL;
	return EVP_PKEY_get_bits(key) == 384 ? EVP_sha384() : EVP_sha256();
}

static void name_add(X509_NAME *name, const char *field, const char *value)
{
	if (value)
		must(X509_NAME_add_entry_by_txt(
			 name, field, MBSTRING_UTF8, (const unsigned char *)value, -1, -1, 0) == 1,
		    field);
}

static void extension_add(X509 *c, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX context;
	X509V3_set_ctx(&context, issuer ? issuer : c, c, NULL, NULL, 0);
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	must(e && X509_add_ext(c, e, -1), value);
	X509_EXTENSION_free(e);
}

static void serial_random(X509 *c)
{
	unsigned char bytes[16];
	must(RAND_bytes(bytes, sizeof(bytes)) == 1, "RAND_bytes");
	bytes[0] = (unsigned char)((bytes[0] & 0x3f) | 0x40);
	BIGNUM *n = BN_bin2bn(bytes, sizeof(bytes), NULL);
	must(n && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(c)), "serial number");
	BN_free(n);
}

static X509 *certificate_new(EVP_PKEY *key, const struct pki_authority *issuer, X509_NAME *subject)
{
	X509 *c = X509_new();
	must(c && X509_set_version(c, X509_VERSION_3) && X509_set_pubkey(c, key), "X509_new");
	serial_random(c);
	must(X509_set_subject_name(c, subject), "subject");
	must(X509_set_issuer_name(c, issuer ? X509_get_subject_name(issuer->certificate) : subject),
	    "issuer");
	return c;
}

struct pki_authority pki_authority(
    const char *common_name, const struct pki_authority *parent, int path_length)
{
	X509_NAME *subject = X509_NAME_new();
	name_add(subject, "O", "Test Manufacturer");
	name_add(subject, "CN", common_name);
	EVP_PKEY *key = pki_key("EC-P256");
	X509 *c = certificate_new(key, parent, subject);
	X509_NAME_free(subject);
	ASN1_TIME_set(X509_getm_notBefore(c), time(NULL) - 86400);
	ASN1_TIME_set(X509_getm_notAfter(c), time(NULL) + INT64_C(86400) * 3650);
	char constraints[64] = "critical,CA:TRUE";
	if (path_length >= 0)
		snprintf(
		    constraints, sizeof(constraints), "critical,CA:TRUE,pathlen:%d", path_length);
	X509 *issuer = parent ? parent->certificate : NULL;
	extension_add(c, issuer, NID_basic_constraints, constraints);
	extension_add(c, issuer, NID_key_usage, "critical,keyCertSign,cRLSign");
	extension_add(c, issuer, NID_subject_key_identifier, "hash");
	if (parent)
		extension_add(c, issuer, NID_authority_key_identifier, "keyid:always");
	must(X509_sign(c, parent ? parent->key : key, EVP_sha256()) > 0, "X509_sign");
	return (struct pki_authority){key, c};
}

void pki_authority_free(struct pki_authority *a)
{
	EVP_PKEY_free(a->key);
	X509_free(a->certificate);
	*a = (struct pki_authority){0};
}

static void idevid_times(X509 *c, const struct pki_idevid *want)
{
	time_t now = time(NULL);
	ASN1_TIME_set(X509_getm_notBefore(c), now + (want->not_before ? want->not_before : -3600));
	if (want->not_after)
		ASN1_TIME_set(X509_getm_notAfter(c), now + want->not_after);
	else
		must(ASN1_TIME_set_string(X509_getm_notAfter(c), "99991231235959Z"), "notAfter");
}

static void unknown_critical_add(X509 *c)
{
	ASN1_OBJECT *oid = OBJ_txt2obj("1.3.6.1.4.1.99999.7", 1);
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	ASN1_OCTET_STRING_set(value, (const unsigned char *)"\x05\x00", 2);
	X509_EXTENSION *e = X509_EXTENSION_create_by_OBJ(NULL, oid, 1, value);
	must(e && X509_add_ext(c, e, -1), "unknown critical extension");
	X509_EXTENSION_free(e);
	ASN1_OCTET_STRING_free(value);
	ASN1_OBJECT_free(oid);
}

/* The signature's last byte changed, everything else as it was. */
static X509 *signature_broken(X509 *c)
{
	unsigned char *der = NULL;
	int n = i2d_X509(c, &der);
	must(n > 0, "i2d_X509");
	der[n - 1] ^= 1;
	const unsigned char *p = der;
	X509 *broken = d2i_X509(NULL, &p, n);
	must(broken != NULL, "d2i_X509");
	OPENSSL_free(der);
	X509_free(c);
	return broken;
}

X509 *pki_idevid(const struct pki_authority *issuer, EVP_PKEY *key, const struct pki_idevid *want)
{
	X509_NAME *subject = X509_NAME_new();
	name_add(subject, "O", "Test Manufacturer");
	name_add(subject, "OU", want->product);
	name_add(subject, "CN", want->common_name ? want->common_name : want->serial);
	name_add(subject, "serialNumber", want->serial);
	X509 *c = certificate_new(key, issuer, subject);
	X509_NAME_free(subject);
	idevid_times(c, want);
	if (want->ca)
		extension_add(c, issuer->certificate, NID_basic_constraints, "critical,CA:TRUE");
	if (!want->no_key_usage)
		extension_add(c, issuer->certificate, NID_key_usage,
		    want->key_usage ? want->key_usage : "critical,digitalSignature");
	if (!want->no_aki)
		extension_add(c, issuer->certificate, NID_authority_key_identifier, "keyid:always");
	if (want->critical_unknown)
		unknown_critical_add(c);
	must(X509_sign(c, issuer->key, EVP_sha256()) > 0, "X509_sign");
	return want->wrong_signature ? signature_broken(c) : c;
}

static void csr_extension(X509_REQ *request, const char *san)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, san);
	STACK_OF(X509_EXTENSION) *list = sk_X509_EXTENSION_new_null();
	must(e && list && sk_X509_EXTENSION_push(list, e), "SAN");
	must(X509_REQ_add_extensions(request, list), "extensionRequest");
	sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
}

void pki_csr(EVP_PKEY *key, const struct pki_csr *want, struct buf *ret_der)
{
	X509_REQ *request = X509_REQ_new();
	must(request && X509_REQ_set_version(request, 0) && X509_REQ_set_pubkey(request, key),
	    "X509_REQ_new");
	if (want->subject)
		must(X509_REQ_set_subject_name(request, want->subject), "subject");
	else
		name_add(X509_REQ_get_subject_name(request), "CN", want->common_name);
	if (want->challenge)
		must(X509_REQ_add1_attr_by_NID(request, NID_pkcs9_challengePassword, MBSTRING_ASC,
			 (const unsigned char *)want->challenge, -1),
		    "challengePassword");
	if (want->san)
		csr_extension(request, want->san);
	must(X509_REQ_sign(request, key, digest_of(key)) > 0, "X509_REQ_sign");
	unsigned char *der = NULL;
	int n = i2d_X509_REQ(request, &der);
	must(n > 0, "i2d_X509_REQ");
	if (want->wrong_signature)
		der[n - 1] ^= 1;
	buf_put(ret_der, span(der, (size_t)n));
	OPENSSL_free(der);
	X509_REQ_free(request);
}

static void bio_into(BIO *bio, struct buf *out)
{
	char *text = NULL;
	long n = BIO_get_mem_data(bio, &text);
	buf_put(out, span(text, (size_t)n));
	BIO_free(bio);
}

void pki_pem_certificate(X509 *certificate, struct buf *ret_pem)
{
	BIO *bio = BIO_new(BIO_s_mem());
	must(PEM_write_bio_X509(bio, certificate) == 1, "PEM");
	bio_into(bio, ret_pem);
}

void pki_pem_key(EVP_PKEY *key, struct buf *ret_pem)
{
	BIO *bio = BIO_new(BIO_s_mem());
	must(PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1, "PEM");
	bio_into(bio, ret_pem);
}
