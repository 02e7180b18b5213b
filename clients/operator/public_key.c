/* clients/operator/public_key.c: see public_key.h. */
#include "clients/operator/public_key.h"

#include <limits.h>

#include <string.h>

#include <jansson.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/encode.h"
#include "base/file.h"
#include "clients/operator/reason.h"
#include "clients/operator/value.h"

DEFINE_AUTO_PTR(BIO, BIO_free_all)
DEFINE_AUTO_PTR(X509, X509_free)

static struct status refuse(const char *name, const char *why, struct err *err)
{
	return err_refuse(err, WHY(PUBLIC_KEY), "'%.200s': %s", name, why);
}

static BIO *bio_of(struct span bytes)
{
	return bytes.n > INT_MAX ? NULL : BIO_new_mem_buf(bytes.p, (int)bytes.n);
}

static struct status from_certificate(
    struct span pem, const char *name, struct buf *ret_spki, struct err *err)
{
	AUTO_PTR(BIO) bio = bio_of(pem);
	AUTO_PTR(X509) certificate = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
	uint8_t *der = NULL;
	int n = certificate ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der) : 0;

	if (n <= 0) {
		ERR_clear_error();
		return refuse(name, "the certificate cannot be read", err);
	}
	buf_put(ret_spki, span(der, (size_t)n));
	OPENSSL_free(der);
	return STATUS_OK;
}

static struct status from_base64(
    struct span text, const char *name, struct buf *ret_spki, struct err *err)
{
	struct err why = {0};

	return base64_decode(text, ret_spki, &why).ok ? STATUS_OK : refuse(name, why.message, err);
}

/* The octets of the one PEM block of this label. */
static struct status from_pem(
    struct span pem, const char *name, struct buf *ret_spki, struct err *err)
{
	static const char begin[] = "-----BEGIN PUBLIC KEY-----",
			  end[] = "-----END PUBLIC KEY-----";
	const uint8_t *from = memmem(pem.p, pem.n, begin, sizeof(begin) - 1);
	const uint8_t *to = memmem(pem.p, pem.n, end, sizeof(end) - 1);

	if (!from || !to || to < from)
		return refuse(name, "there is no public key in it", err);
	from += sizeof(begin) - 1;
	return from_base64(span(from, (size_t)(to - from)), name, ret_spki, err);
}

static bool holds(struct span bytes, const char *text)
{
	return memmem(bytes.p, bytes.n, text, strlen(text)) != NULL;
}

static struct status spki_of(
    struct span bytes, const char *name, struct buf *ret_spki, struct err *err)
{
	if (holds(bytes, "PRIVATE KEY-----"))
		return refuse(name, "this is a private key, which nobody else shall see", err);
	if (holds(bytes, "-----BEGIN CERTIFICATE-----"))
		return from_certificate(bytes, name, ret_spki, err);
	if (bytes.n && bytes.p[0] == 0x30) { /* SEQUENCE: DER */
		buf_put(ret_spki, bytes);
		return STATUS_OK;
	}
	return holds(bytes, "-----BEGIN ") ? from_pem(bytes, name, ret_spki, err)
					   : from_base64(bytes, name, ret_spki, err);
}

struct status public_key_take(
    struct span bytes, const char *name, struct cose_key_owned *ret_key, struct err *err)
{
	AUTO(buf) spki = {0};
	struct span text = span_trim(bytes);
	json_t *root = NULL;
	const char *pem;
	struct err why = {0};
	struct status s;

	if (text.n && *text.p == '{')
		root = json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
	pem = value_text(root, "public_key");
	if (!pem)
		pem = value_text(root, "document.public_key");
	s = root && !pem ? refuse(name, "the object has no member public_key", err)
			 : spki_of(pem ? span_str(pem) : bytes, name, &spki, err);
	json_decref(root);
	TRY(s);
	if (!cose_key_from_spki(buf_span(&spki), ret_key, &why).ok)
		return refuse(name, why.message, err);
	return STATUS_OK;
}

struct status public_key_read(const char *file, struct cose_key_owned *ret_key, struct err *err)
{
	AUTO(buf) bytes = {0};
	struct err why = {0};

	if (!file_read(file, PUBLIC_KEY_FILE_MAX, &bytes, &why).ok)
		return err_refuse(err, WHY(PUBLIC_KEY), "%s", why.message);
	return public_key_take(buf_span(&bytes), file, ret_key, err);
}

bool public_key_pem(const struct cose_key *key, struct buf *out)
{
	AUTO(buf) spki = {0};

	if (!cose_key_spki(key->algorithm, key->key, &spki))
		return false;
	pem_encode("PUBLIC KEY", buf_span(&spki), out);
	return true;
}
