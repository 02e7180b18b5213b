/* clients/operator/check_files.c: a bundle against the files beside it; see release_check.h. */
#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include "base/base64url.h"
#include "base/encode.h"
#include "clients/operator/reason.h"
#include "clients/operator/refusal_reason.h"
#include "clients/operator/release_check_internal.h"
#include "clients/operator/value.h"
#include "signing/format/suit_process.h"

DEFINE_AUTO_PTR(BIO, BIO_free_all)
DEFINE_AUTO_PTR(CMS_ContentInfo, CMS_ContentInfo_free)
DEFINE_AUTO_PTR(X509, X509_free)

/* ---- envelopes that cannot be verified ---- */

bool certificate_spki(struct span der, struct buf *out)
{
	const uint8_t *p = der.p;
	AUTO_PTR(X509) certificate = d2i_X509(NULL, &p, (long)der.n);
	uint8_t *spki = NULL;
	int n = certificate ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &spki) : 0;

	ERR_clear_error();
	if (n <= 0)
		return false;
	buf_put(out, span(spki, (size_t)n));
	OPENSSL_free(spki);
	return true;
}

struct status envelope_unverified(struct checking *c, struct err *err)
{
	struct cbor_in in = cbor_in(c->seen.bundle.envelope);
	int last = -1;
	struct span item, manifest;
	enum refusal refusal;

	cbor_in_tag(&in, 107);
	(void)cbor_in_map(&in, 2, 8);
	while (in.refusal == REFUSAL_NONE && cbor_in_key(&in, &last) != 3)
		(void)cbor_in_item(&in);
	item = in.rest;
	manifest = cbor_in_bytes(&in);
	if (in.refusal != REFUSAL_NONE)
		return refusal_fail(in.refusal, "envelope", err);
	item.n -= in.rest.n; /* the digest is over the octet string with its head */
	c->digest_room = sha256(item);
	c->digest = SPAN_OF(c->digest_room.bytes);
	refusal = suit_manifest_read(manifest, &c->manifest);
	return refusal == REFUSAL_NONE ? STATUS_OK : refusal_fail(refusal, "manifest", err);
}

/* ---- components ---- */

static enum refusal act(void *context, enum suit_command command, size_t component,
    const struct suit_component *parameters)
{
	(void)context, (void)command, (void)component, (void)parameters;
	return REFUSAL_SUIT_UNSUPPORTED; /* nothing acts in the shared sequence */
}

/* The parameters of all components; vendor and class are the manifest's own. */
static enum refusal read_parameters(const struct suit_manifest *manifest, struct suit_run *run)
{
	struct suit_device device = {.act = act};
	struct suit_run first;
	enum refusal refusal;

	REFUSE_IF(suit_run_start(&first, manifest, &device));
	/* Refused for the vendor; but what it would have to be is known then. */
	refusal = suit_run_shared(&first);
	if (refusal != REFUSAL_NONE && refusal != REFUSAL_SUIT_VENDOR)
		return refusal;
	device.vendor = first.components[0].vendor;
	device.class = first.components[0].class;
	REFUSE_IF(suit_run_start(run, manifest, &device));
	return suit_run_shared(run);
}

static bool is_digest(const struct suit_digest *digest, const struct digest_file *file)
{
	switch (digest->algorithm) {
	case COSE_SHA256: return span_equal(digest->bytes, SPAN_OF(file->sha256.bytes));
	case COSE_SHA384: return span_equal(digest->bytes, SPAN_OF(file->sha384));
	case COSE_SHA512: return span_equal(digest->bytes, SPAN_OF(file->sha512));
	default: return false;
	}
}

static struct status check_one(struct checking *c, const struct suit_run *run,
    const struct content_component *k, struct err *err)
{
	for (size_t i = 0; i < c->manifest.component_count; i++) {
		const struct suit_component *p = &run->components[i];

		if (!span_equal_str(suit_component_name(&c->manifest, i), k->id))
			continue;
		if (!is_digest(&p->image, &k->digest) || !p->size.set ||
		    p->size.value != (uint64_t)k->digest.size)
			return err_refuse(err, WHY(RELEASE_OTHER),
			    "component '%s': the manifest is about another image than '%s'", k->id,
			    k->file);
		checking_say(
		    c, "component", "%s is %s: digest and size are the manifest's", k->id, k->file);
		return STATUS_OK;
	}
	return err_refuse(err, WHY(RELEASE_OTHER), "the manifest has no component '%s'", k->id);
}

struct status check_components(struct checking *c, struct err *err)
{
	const struct release_content *content = c->check->content;
	struct suit_run run;
	enum refusal refusal;

	if (!content)
		return STATUS_OK;
	refusal = read_parameters(&c->manifest, &run);
	if (refusal != REFUSAL_NONE)
		return refusal_fail(refusal, "manifest", err);
	for (size_t i = 0; i < content->count; i++)
		TRY(check_one(c, &run, &content->components[i], err));
	if (c->check->whole && content->count != c->manifest.component_count)
		return err_refuse(err, WHY(RELEASE_OTHER),
		    "the manifest has %zu components, not %zu", c->manifest.component_count,
		    content->count);
	return STATUS_OK;
}

/* ---- manifest.json, JWS, CMS ---- */

static struct status check_manifest(struct checking *c, struct err *err)
{
	const struct digest digest = sha256(c->check->manifest);

	if (!span_equal(SPAN_OF(digest.bytes), c->seen.record.json_digest))
		return err_refuse(
		    err, WHY(RELEASE_OTHER), "manifest.json is not the one that was approved");
	checking_say(c, "manifest.json", "is the one that was approved");
	return STATUS_OK;
}

/* The payload of the compact form, or of the general JSON form. */
static struct span jws_payload(struct span jws, json_t *root)
{
	const uint8_t *first = memchr(jws.p, '.', jws.n), *second;

	if (root)
		return span_str(value_text(root, "payload"));
	if (!first)
		return SPAN_NONE;
	first++;
	second = memchr(first, '.', jws.n - (size_t)(first - jws.p));
	return second ? span(first, (size_t)(second - first)) : SPAN_NONE;
}

static struct status check_jws(struct checking *c, struct err *err)
{
	const struct span jws = span_trim(c->check->jws);
	json_t *root = jws.n && *jws.p == '{'
			   ? json_loadb((const char *)jws.p, jws.n, JSON_REJECT_DUPLICATES, NULL)
			   : NULL;
	AUTO(buf) payload = {0};
	struct err why = {0};
	bool same = base64url_decode(jws_payload(jws, root), &payload, &why).ok &&
		    span_equal(buf_span(&payload), c->check->manifest);

	json_decref(root);
	if (!same)
		return err_refuse(err, WHY(RELEASE_OTHER), "the JWS is not about manifest.json");
	checking_say(c, "JWS", "its payload is manifest.json");
	return STATUS_OK;
}

static bool is_of_chain(const struct checking *c, const X509 *certificate)
{
	uint8_t *der = NULL;
	int n = i2d_X509(certificate, &der);
	bool found = false;

	for (size_t i = 0; n > 0 && i < c->seen.bundle.certificate_count; i++)
		found = found || span_equal(c->seen.bundle.certificates[i], span(der, (size_t)n));
	OPENSSL_free(der);
	return found;
}

static bool signers_are_of_chain(const struct checking *c, CMS_ContentInfo *cms)
{
	STACK_OF(X509) *signers = CMS_get0_signers(cms);
	bool all = signers && sk_X509_num(signers) > 0;

	for (int i = 0; all && i < sk_X509_num(signers); i++)
		all = is_of_chain(c, sk_X509_value(signers, i));
	sk_X509_free(signers);
	return all;
}

static struct status check_cms(struct checking *c, struct err *err)
{
	const struct span content = c->check->manifest;
	const uint8_t *p = c->check->cms.p;
	AUTO_PTR(CMS_ContentInfo) cms = d2i_CMS_ContentInfo(NULL, &p, (long)c->check->cms.n);
	AUTO_PTR(BIO) data = BIO_new_mem_buf(content.p, (int)content.n);
	bool good =
	    cms && data && p == c->check->cms.p + c->check->cms.n &&
	    CMS_verify(cms, NULL, NULL, data, NULL, CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY) == 1 &&
	    signers_are_of_chain(c, cms);

	ERR_clear_error();
	if (!good)
		return err_refuse(err, WHY(RELEASE_OTHER),
		    "the CMS signature over manifest.json is not one of the bundle's signer");
	checking_say(c, "CMS", "is the bundle's signer's signature over manifest.json");
	return STATUS_OK;
}

struct status check_beside(struct checking *c, struct err *err)
{
	if (!c->check->manifest.p || c->check->manifest.n > INT_MAX)
		return STATUS_OK;
	TRY(check_manifest(c, err));
	if (c->check->jws.p)
		TRY(check_jws(c, err));
	return c->check->cms.p ? check_cms(c, err) : STATUS_OK;
}
