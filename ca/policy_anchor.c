/* ca/policy_anchor.c: the certificates that policy holds, read strictly and judged once. */
#include "ca/policy_internal.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "ca/extension.h"
#include "ca/lint.h"

DEFINE_AUTO_PTR(BIO, BIO_free_all)

/* The parts of a certificate that are copied, compared or hashed as they are. */
static bool certificate_parts(struct span der, struct tbs *ret_tbs)
{
	struct err why = {0};
	struct span body, tbs;

	return der_take(&der, DER_SEQUENCE, &body) && der.n == 0 &&
	       der_take_whole(&body, DER_SEQUENCE, &tbs) && tbs_parse(tbs, ret_tbs, &why).ok;
}

static struct span key_identifier(const struct tbs *tbs)
{
	const struct tbs_extension *e = tbs_extension(tbs, OID_SUBJECT_KEY_ID);
	struct span in, ski;

	if (!e)
		return SPAN_NONE;
	in = e->value;
	return der_take(&in, DER_OCTET_STRING, &ski) && in.n == 0 ? ski : SPAN_NONE;
}

struct status authority_read(struct authority *a, const struct policy_item *item, struct err *err)
{
	struct tbs tbs = {0};

	if (!item->row)
		return policy_fail(item, "name", err,
		    "there is no such authority; signetd init makes authorities");
	a->certificate = item->row->certificate;
	a->chain = item->row->chain;
	a->chain_count = item->row->chain_count;
	if (!certificate_parts(a->certificate, &tbs))
		return policy_fail(item, NULL, err, "its stored certificate cannot be read");
	a->subject = tbs.subject;
	a->spki = tbs.spki;
	a->ski = key_identifier(&tbs);
	a->not_before = tbs.not_before;
	a->not_after = tbs.not_after;
	return STATUS_OK;
}

/* ---- anchors ---- */

static struct status pem_to_x509(const struct trust_anchor *anchor, const struct policy_item *item,
    X509 **ret_x509, struct err *err)
{
	AUTO_PTR(BIO) in = BIO_new_mem_buf(anchor->certificate_pem, -1);
	AUTO_PTR(X509) x = PEM_read_bio_X509(in, NULL, NULL, NULL);
	AUTO_PTR(X509) second = x ? PEM_read_bio_X509(in, NULL, NULL, NULL) : NULL;

	ERR_clear_error();
	if (!x)
		return policy_fail(
		    item, "certificate", err, "no certificate in PEM can be read here");
	if (second)
		return policy_fail(item, "certificate", err,
		    "two certificates: an anchor is one, make two anchors");
	*ret_x509 = TAKE(x);
	return STATUS_OK;
}

static struct status parts_of_x509(
    struct trust_anchor *a, const struct policy_item *item, struct arena *arena, struct err *err)
{
	unsigned char *der = NULL;
	int n = i2d_X509(a->x509, &der);
	struct tbs tbs = {0};

	if (n <= 0)
		return err_crypto(
		    err, ERR_INTERNAL, "a certificate that was read cannot be written");
	a->certificate = arena_copy(arena, span(der, (size_t)n));
	OPENSSL_free(der);
	if (!certificate_parts(a->certificate, &tbs))
		return policy_fail(
		    item, "certificate", err, "it is not strict DER (X.690, RFC 5280 4.1)");
	a->subject = tbs.subject;
	a->spki = tbs.spki;
	a->ski = key_identifier(&tbs);
	a->not_before = tbs.not_before;
	a->not_after = tbs.not_after;
	return STATUS_OK;
}

/* The library's reading of the extensions; an invalid one is refused whatever it is. */
static struct status judge_extensions(
    const struct trust_anchor *a, const struct policy_item *item, struct err *err)
{
	uint32_t flags = X509_get_extension_flags(a->x509);

	if (flags & EXFLAG_INVALID)
		return policy_fail(item, "certificate", err, "an extension of it cannot be read");
	/* RFC 5280 6.1.4 (k): "verify that the basicConstraints extension is present and that cA is
	 * set to TRUE" */
	if (!(flags & EXFLAG_CA))
		return policy_fail(
		    item, "certificate", err, "it is not a CA certificate (RFC 5280 4.2.1.9)");
	/* RFC 5280 6.1.4 (n): "If a key usage extension is present, verify that the keyCertSign bit
	 * is set." */
	if ((flags & EXFLAG_KUSAGE) && !(X509_get_key_usage(a->x509) & X509v3_KU_KEY_CERT_SIGN))
		return policy_fail(item, "certificate", err,
		    "its key may not sign certificates (RFC 5280 4.2.1.3)");
	return STATUS_OK;
}

static struct status judge_key(
    struct trust_anchor *a, const struct policy_item *item, struct err *err)
{
	const struct key_algorithm *algorithm;
	struct err why = {0};

	if (!public_key_from_spki(a->spki, &algorithm, &a->key, &why).ok)
		return policy_fail(item, "certificate", err, "its key: %s", why.message);
	/* Self-issued: then it must be self-signed, or it is not what its maker made. */
	if (X509_NAME_cmp(X509_get_subject_name(a->x509), X509_get_issuer_name(a->x509)) == 0 &&
	    X509_verify(a->x509, a->key) != 1) {
		ERR_clear_error();
		return policy_fail(item, "certificate", err, "its own signature is wrong");
	}
	return STATUS_OK;
}

struct status anchor_read(struct trust_anchor *anchor, const struct policy_item *item,
    struct arena *arena, struct err *err)
{
	if (!anchor->certificate_pem)
		return policy_fail(item, NULL, err,
		    "member 'certificate' or 'certificate_file' is missing (the CA certificate, PEM)");
	TRY(pem_to_x509(anchor, item, &anchor->x509, err));
	TRY(parts_of_x509(anchor, item, arena, err));
	TRY(judge_extensions(anchor, item, err));
	return judge_key(anchor, item, err);
}

struct status anchor_pem(struct trust_anchor_document *d, const struct policy_item *item,
    struct arena *arena, struct err *err)
{
	AUTO_PTR(X509) x = NULL;
	AUTO_PTR(BIO) out = NULL;
	char *text;
	long n;

	if (!d->anchor.certificate_pem)
		return STATUS_OK; /* anchor_read() says what is missing */
	TRY(pem_to_x509(&d->anchor, item, &x, err));
	out = BIO_new(BIO_s_mem());
	if (!out || !PEM_write_bio_X509(out, x))
		return err_crypto(
		    err, ERR_INTERNAL, "a certificate that was read cannot be written");
	n = BIO_get_mem_data(out, &text);
	d->anchor.certificate_pem = arena_strndup(arena, text, (size_t)n);
	return STATUS_OK;
}
