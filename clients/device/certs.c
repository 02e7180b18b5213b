/* clients/device/certs.c: see certs.h. */
#include "clients/device/certs.h"

#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/der.h"
#include "clients/device/key_file.h"

#define OID_SIGNED_DATA "1.2.840.113549.1.7.2"
#define OID_DATA        "1.2.840.113549.1.7.1"

void certs_free(struct certs *list)
{
	while (list->count)
		X509_free(list->items[--list->count]);
}

struct status certs_add(struct certs *list, X509 *cert, struct err *err)
{
	if (list->count == CERTS_MAX) {
		X509_free(cert);
		return err_set(err, ERR_TOO_LARGE, "over %d certificates in one list", CERTS_MAX);
	}
	list->items[list->count++] = cert;
	return STATUS_OK;
}

X509 *cert_share(X509 *cert)
{
	X509_up_ref(cert);
	return cert;
}

struct status certs_from_pem(struct span pem, struct certs *list, struct err *err)
{
	AUTO_PTR(BIO) bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	size_t before = list->count;
	unsigned long last;
	X509 *cert;

	while (bio && (cert = PEM_read_bio_X509(bio, NULL, NULL, NULL)))
		TRY(certs_add(list, cert, err));
	last = ERR_peek_last_error();
	if (ERR_GET_LIB(last) != ERR_LIB_PEM || ERR_GET_REASON(last) != PEM_R_NO_START_LINE)
		return err_crypto(err, ERR_INPUT, "a PEM certificate is damaged");
	ERR_clear_error();
	if (list->count == before)
		return err_set(err, ERR_INPUT, "there is no PEM certificate");
	return STATUS_OK;
}

void cert_to_pem(X509 *cert, struct buf *out)
{
	AUTO_PTR(BIO) bio = BIO_new(BIO_s_mem());
	char *text = NULL;
	long n;

	if (!bio || !PEM_write_bio_X509(bio, cert))
		return;
	n = BIO_get_mem_data(bio, &text);
	buf_put(out, span(text, (size_t)n));
}

/* ContentInfo { signedData, [0] SignedData }; ret_body is inside SignedData. */
static bool open_signed_data(struct span der, struct span *ret_body)
{
	struct span info, oid, explicit;
	char text[32];

	if (!der_take(&der, DER_SEQUENCE, &info) || der.n || !der_take(&info, DER_OID, &oid))
		return false;
	der_oid_text(oid, text, sizeof(text));
	return strcmp(text, OID_SIGNED_DATA) == 0 &&
	       der_take(&info, DER_CONTEXT_CONSTRUCTED | 0, &explicit) && !info.n &&
	       der_take(&explicit, DER_SEQUENCE, ret_body) && !explicit.n;
}

/*
 * RFC 7030 section 4.1.3: "a certs-only CMC Simple PKI Response": no content, no signers. Returns
 * the certificates, one behind the other.
 */
static bool open_certs_only(struct span der, struct span *ret_certificates)
{
	struct span body, set, content, oid;
	char text[32];
	uint64_t version;

	if (!open_signed_data(der, &body) || !der_take_uint(&body, &version) ||
	    !der_take(&body, DER_SET, &set) || !der_take(&body, DER_SEQUENCE, &content) ||
	    !der_take(&content, DER_OID, &oid) || content.n)
		return false;
	der_oid_text(oid, text, sizeof(text));
	if (strcmp(text, OID_DATA) != 0 ||
	    !der_take(&body, DER_CONTEXT_CONSTRUCTED | 0, ret_certificates))
		return false;
	if (der_peek(body, DER_CONTEXT_CONSTRUCTED | 1) && /* CRLs may come along */
	    !der_take(&body, DER_CONTEXT_CONSTRUCTED | 1, &set))
		return false;
	return der_take(&body, DER_SET, &set) && !set.n && !body.n;
}

struct status certs_from_cms(struct span der, struct certs *list, struct err *err)
{
	struct certs found = {0};
	struct span rest, one;
	struct status s = STATUS_OK;

	if (!open_certs_only(der, &rest))
		return err_set(err, ERR_INPUT, "this is no certs-only CMS message in DER");
	while (s.ok && rest.n) {
		const unsigned char *p;
		X509 *cert = NULL;

		if (der_take_whole(&rest, DER_SEQUENCE, &one)) {
			p = one.p;
			cert = d2i_X509(NULL, &p, (long)one.n);
		}
		if (!cert)
			s = err_crypto(
			    err, ERR_INPUT, "a certificate in the CMS message is damaged");
		else
			s = certs_add(&found, cert, err);
	}
	for (size_t i = 0; s.ok && i < found.count; i++)
		s = certs_add(list, cert_share(found.items[i]), err);
	certs_free(&found);
	return s;
}

struct digest cert_digest(X509 *cert)
{
	struct digest d = {{0}};

	X509_digest(cert, EVP_sha256(), d.bytes, NULL);
	return d;
}

static int64_t seconds_of(const ASN1_TIME *t)
{
	struct tm tm = {0};

	return ASN1_TIME_to_tm(t, &tm) ? (int64_t)timegm(&tm) : 0;
}

void cert_times(X509 *cert, int64_t *ret_not_before, int64_t *ret_not_after)
{
	*ret_not_before = seconds_of(X509_get0_notBefore(cert));
	*ret_not_after = seconds_of(X509_get0_notAfter(cert));
}

/* OpenSSL's i2d functions allocate; ours append. */
static void take_der(unsigned char *der, int n, struct buf *out)
{
	if (n > 0)
		buf_put(out, span(der, (size_t)n));
	OPENSSL_free(der);
}

void cert_spki(X509 *cert, struct buf *out)
{
	unsigned char *der = NULL;
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);

	take_der(der, n, out);
}

void cert_subject(X509 *cert, struct buf *out)
{
	unsigned char *der = NULL;
	int n = i2d_X509_NAME(X509_get_subject_name(cert), &der);

	take_der(der, n, out);
}

bool cert_san(X509 *cert, struct buf *out, bool *ret_critical)
{
	int at = X509_get_ext_by_NID(cert, NID_subject_alt_name, -1);
	X509_EXTENSION *extension = at < 0 ? NULL : X509_get_ext(cert, at);
	const ASN1_OCTET_STRING *value = extension ? X509_EXTENSION_get_data(extension) : NULL;

	if (!value)
		return false;
	buf_put(out, span(ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value)));
	*ret_critical = X509_EXTENSION_get_critical(extension);
	return true;
}

bool cert_unit_serial(X509 *cert, struct buf *out)
{
	const X509_NAME *name = X509_get_subject_name(cert);
	int at = X509_NAME_get_index_by_NID(name, NID_serialNumber, -1);
	unsigned char *text = NULL;
	int n;

	if (at < 0)
		return false;
	n = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
	take_der(text, n, out);
	return n > 0;
}

bool cert_self_issued(X509 *cert)
{
	return X509_NAME_cmp(X509_get_subject_name(cert), X509_get_issuer_name(cert)) == 0;
}

void cert_name_text(const X509_NAME *name, struct buf *out)
{
	AUTO_PTR(BIO) bio = BIO_new(BIO_s_mem());
	char *text = NULL;
	long n;

	/* ASN1_STRFLGS_ESC_CTRL is in XN_FLAG_RFC2253: nothing in a name can steer a terminal. */
	if (!bio || X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) < 0)
		return;
	n = BIO_get_mem_data(bio, &text);
	buf_put(out, span(text, (size_t)n));
}

void cert_number_text(X509 *cert, struct buf *out)
{
	const ASN1_INTEGER *number = X509_get0_serialNumber(cert);

	hex_encode(span(ASN1_STRING_get0_data(number), (size_t)ASN1_STRING_length(number)), out);
}
