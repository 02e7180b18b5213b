/* ca/policy_anchor.c: the certificates that policy holds, read strictly and judged once. */
#include "ca/policy_internal.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "ca/ceremony.h"
#include "ca/certificate.h"
#include "ca/extension.h"
#include "ca/trust.h"

DEFINE_AUTO_PTR(BIO, BIO_free_all)

struct status authority_read(struct authority *a, const struct policy_item *item, struct err *err)
{
	struct err why = {0};

	if (!item->row)
		return policy_fail(item, "name", err,
		    "there is no such authority; signet authority issue, or key and take, make them");
	if (!authority_of_certificate(item->row->certificate, a, &why).ok)
		return policy_fail(item, NULL, err, "its stored certificate: %s", why.message);
	a->chain = item->row->chain;
	a->chain_count = item->row->chain_count;
	a->links = item->row->links;
	a->link_count = item->row->link_count;
	a->revoked = item->row->revoked;
	return STATUS_OK;
}

/* ---- anchors ---- */

const char *anchor_source(const struct policy_item *item)
{
	return doc_get(item->node, "certificate_file") ? "certificate_file" : "certificate";
}

static struct status pem_to_x509(const struct trust_anchor *anchor, const struct policy_item *item,
    X509 **ret_x509, struct err *err)
{
	AUTO_PTR(BIO) in = BIO_new_mem_buf(anchor->certificate_pem, -1);
	AUTO_PTR(X509) x = PEM_read_bio_X509(in, NULL, NULL, NULL);
	AUTO_PTR(X509) second = x ? PEM_read_bio_X509(in, NULL, NULL, NULL) : NULL;

	ERR_clear_error();
	if (!x)
		return policy_fail(
		    item, anchor_source(item), err, "no certificate in PEM can be read here");
	if (second)
		return policy_fail(item, anchor_source(item), err,
		    "two certificates: an anchor is one, make two anchors");
	*ret_x509 = TAKE(x);
	return STATUS_OK;
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

static struct status copy_der(X509 *x, struct arena *arena, struct span *ret_der, struct err *err)
{
	unsigned char *der = NULL;
	int n = i2d_X509(x, &der);

	if (n <= 0)
		return err_crypto(
		    err, ERR_INTERNAL, "a certificate that was read cannot be written");
	*ret_der = arena_copy(arena, span(der, (size_t)n));
	OPENSSL_free(der);
	return STATUS_OK;
}

static struct span key_identifier(const struct certificate_view *view)
{
	const struct extension *e = certificate_extension(view, OID_SUBJECT_KEY_ID);
	struct span ski = SPAN_NONE;

	return e && subject_key_id_read(e->value, &ski) ? ski : SPAN_NONE;
}

static struct status take_parts(
    struct trust_anchor *a, const struct policy_item *item, struct err *err)
{
	struct certificate_view view;
	struct err why = {0};

	if (!certificate_read(a->certificate, &view, &why).ok)
		return policy_fail(item, anchor_source(item), err, "%s", why.message);
	a->subject = view.subject;
	a->spki = view.spki;
	a->ski = key_identifier(&view);
	a->not_before = view.not_before;
	a->not_after = view.not_after;
	return STATUS_OK;
}

static struct status judge(struct trust_anchor *a, const struct policy_item *item, struct err *err)
{
	const struct key_algorithm *algorithm;
	struct err why = {0};

	if (!trust_anchor_check(a->certificate, &why).ok ||
	    !public_key_from_spki(a->spki, &algorithm, &a->key, &why).ok)
		return policy_fail(item, anchor_source(item), err, "%s", why.message);
	/* Self-issued: then it must be self-signed, or it is not what its maker made. */
	if (X509_NAME_cmp(X509_get_subject_name(a->x509), X509_get_issuer_name(a->x509)) == 0 &&
	    X509_verify(a->x509, a->key) != 1) {
		ERR_clear_error();
		return policy_fail(item, anchor_source(item), err, "its own signature is wrong");
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
	TRY(copy_der(anchor->x509, arena, &anchor->certificate, err));
	TRY(take_parts(anchor, item, err));
	return judge(anchor, item, err);
}
