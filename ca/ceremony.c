/* ca/ceremony.c: make an authority's certificate. Taking over existing ones: ceremony_take.c. */

#include "ca/ceremony.h"

#include <string.h>

#include "ca/certificate.h"
#include "ca/extension.h"
#include "ca/general_name.h"
#include "ca/issue.h"
#include "ca/lint.h"
#include "ca/name.h"

#define DIRECTORY_NAMES_MAX 64 /* subtrees of one kind; a certificate holds no policy engine */

/* ---- name constraints ---- */

/* GeneralSubtree ::= SEQUENCE { base GeneralName, minimum DEFAULT 0 }: nothing behind the base */
static void put_subtree(struct buf *out, uint8_t tag, struct span base)
{
	size_t mark = der_begin(out, DER_SEQUENCE);
	der_put(out, tag, base);
	der_end(out, mark);
}

static struct status put_dns_subtrees(
    const char *const *names, size_t count, struct buf *out, struct err *err)
{
	char why[200];
	for (size_t i = 0; i < count; i++) {
		struct span name = span_str(names[i]);
		/* RFC 5280 4.2.1.10: host.example.com; neither a leading dot nor a wildcard */
		if (strchr(names[i], '*'))
			return err_set(err, ERR_CONFIG,
			    "name constraint \"%.100s\": no wildcard; it holds for all names below",
			    names[i]);
		if (!dns_name_fits(name, why, sizeof(why)))
			return err_set(
			    err, ERR_CONFIG, "name constraint \"%.100s\": %s", names[i], why);
		put_subtree(out, GENERAL_DNS, name);
	}
	return STATUS_OK;
}

static struct status put_directory_subtrees(
    const char *const *names, size_t count, struct buf *out, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		AUTO(buf) name = {0};
		TRY(name_from_text(names[i], &name, err));
		put_subtree(out, GENERAL_DIRECTORY, buf_span(&name));
	}
	return STATUS_OK;
}

static struct status put_subtrees(uint8_t number, const char *const *dns, size_t dns_count,
    const char *const *directory, size_t directory_count, struct buf *out, struct err *err)
{
	if (dns_count + directory_count == 0)
		return STATUS_OK;
	if (dns_count + directory_count > DIRECTORY_NAMES_MAX)
		return err_set(err, ERR_CONFIG, "more than %d name constraints of a kind",
		    DIRECTORY_NAMES_MAX);
	size_t mark = der_begin(out, DER_CONTEXT_CONSTRUCTED | number);
	TRY(put_dns_subtrees(dns, dns_count, out, err));
	TRY(put_directory_subtrees(directory, directory_count, out, err));
	der_end(out, mark);
	return STATUS_OK;
}

static struct status put_name_constraints(
    const struct ceremony_constraints *c, struct buf *out, struct err *err)
{
	AUTO(buf) value = {0};
	size_t mark = der_begin(&value, DER_SEQUENCE);
	TRY(put_subtrees(0, c->permitted_dns, c->permitted_dns_count, c->permitted_directory,
	    c->permitted_directory_count, &value, err));
	TRY(put_subtrees(1, c->excluded_dns, c->excluded_dns_count, c->excluded_directory,
	    c->excluded_directory_count, &value, err));
	bool none = value.n == mark;
	der_end(&value, mark);
	if (!none)
		extension_put(out, OID_NAME_CONSTRAINTS, true, buf_span(&value));
	return STATUS_OK;
}

/* ---- the issuer ---- */

struct status authority_of_certificate(
    struct span der, struct authority *ret_authority, struct err *err)
{
	struct certificate_view view;
	struct basic_constraints basic = {0};
	struct err why = {0};
	struct span ski = SPAN_NONE;
	uint32_t usage = 1U << KU_KEY_CERT_SIGN;
	if (!certificate_read(der, &view, &why).ok)
		return err_set(err, ERR_CONFIG, "%s", why.message);
	const struct extension *e = certificate_extension(&view, OID_BASIC_CONSTRAINTS);
	if (!e || !basic_constraints_read(e->value, &basic) || !basic.ca)
		return err_set(err, ERR_CONFIG, "it is no CA (RFC 5280 4.2.1.9)");
	e = certificate_extension(&view, OID_KEY_USAGE);
	if (e && (!key_usage_read(e->value, &usage) || !(usage & 1U << KU_KEY_CERT_SIGN)))
		return err_set(
		    err, ERR_CONFIG, "its key usage has no keyCertSign (RFC 5280 4.2.1.3)");
	e = certificate_extension(&view, OID_SUBJECT_KEY_ID);
	if (!e || !subject_key_id_read(e->value, &ski) || ski.n == 0)
		return err_set(
		    err, ERR_CONFIG, "it has no subject key identifier (RFC 5280 4.2.1.2)");
	ret_authority->certificate = der;
	ret_authority->subject = view.subject;
	ret_authority->ski = ski;
	ret_authority->spki = view.spki;
	ret_authority->not_before = view.not_before;
	ret_authority->not_after = view.not_after;
	return STATUS_OK;
}

static struct status read_issuer(
    const struct ceremony_request *request, int64_t now, struct authority *issuer, struct err *err)
{
	struct err why = {0};
	if (!request->issuer_key || request->issuer_certificate.n == 0)
		return err_set(
		    err, ERR_CONFIG, "an issuer has a certificate and a key; a root has neither");
	if (!authority_of_certificate(request->issuer_certificate, issuer, &why).ok)
		return err_set(err, ERR_CONFIG, "the issuer's certificate: %s", why.message);
	if (!span_equal(issuer->spki, hsm_key_spki(request->issuer_key)))
		return err_set(err, ERR_CONFIG, "the issuer's key is not that of its certificate");
	if (now < issuer->not_before || now > issuer->not_after)
		return err_set(err, ERR_CONFIG, "the issuer's certificate is %s",
		    now < issuer->not_before ? "not yet valid" : "expired");
	return STATUS_OK;
}

static struct span spki_of(const struct ceremony_request *request)
{
	return request->spki.n ? request->spki : hsm_key_spki(request->key);
}

static bool is_root(const struct ceremony_request *request)
{
	return !request->issuer_key && request->issuer_certificate.n == 0;
}

/* ---- the certificate ---- */

static struct status put_urls(const struct ceremony_request *r, struct buf *out, struct err *err)
{
	const char *const urls[] = {r->crl_url, r->ocsp_url, r->issuer_url};
	char why[200];
	for (size_t i = 0; i < COUNT(urls); i++) {
		if (urls[i] && is_root(r))
			return err_set(err, ERR_CONFIG,
			    "\"%.100s\": nobody revokes a root, nobody fetches its issuer",
			    urls[i]);
		if (urls[i] && !uri_fits(span_str(urls[i]), "http", why, sizeof(why)))
			return err_set(err, ERR_CONFIG, "\"%.100s\": %s", urls[i], why);
	}
	if (r->crl_url)
		extension_put_crl_distribution(out, r->crl_url);
	if (r->ocsp_url || r->issuer_url)
		extension_put_authority_info(out, r->ocsp_url, r->issuer_url);
	return STATUS_OK;
}

static struct status put_extensions(const struct ceremony_request *request,
    const struct authority *issuer, struct buf *out, struct err *err)
{
	AUTO(buf) ski = {0};
	uint8_t key_id[KEY_ID_SIZE];
	if (!key_id_of_spki(spki_of(request), key_id))
		return err_set(err, ERR_INTERNAL, "the public key cannot be read");
	extension_put_basic_constraints(out, true, request->path_length);
	extension_put_key_usage(out, 1U << KU_KEY_CERT_SIGN | 1U << KU_CRL_SIGN);
	/* RFC 5280 4.2.1.2: identifiers are made in many ways; what was certified before has one.
	 */
	der_put(&ski, DER_OCTET_STRING, request->ski.n ? request->ski : SPAN_OF(key_id));
	extension_put(out, OID_SUBJECT_KEY_ID, false, buf_span(&ski));
	/* RFC 5280 4.2.1.1: a self-signed certificate may leave the authority key identifier out */
	if (issuer)
		extension_put_authority_key_id(out, issuer->ski);
	if (request->constraints_der.n > 0)
		extension_put(out, OID_NAME_CONSTRAINTS, true, request->constraints_der);
	else
		TRY(put_name_constraints(&request->constraints, out, err));
	return put_urls(request, out, err);
}

static struct status check_request(const struct ceremony_request *r, struct err *err)
{
	if (r->subject_der.n == 0 && (!r->subject || r->subject[0] == '\0'))
		return err_set(err, ERR_CONFIG, "an authority needs a name (RFC 5280 4.1.2.6)");
	if (r->not_after <= r->not_before || r->not_after > TIME_NO_EXPIRY)
		return err_set(err, ERR_CONFIG, "notAfter lies before notBefore, or past 9999");
	if (r->path_length < CEREMONY_PATH_NONE || r->path_length > CEREMONY_CHAIN_MAX)
		return err_set(err, ERR_CONFIG, "path length %d: allowed are 0 to %d, or none",
		    r->path_length, CEREMONY_CHAIN_MAX);
	return STATUS_OK;
}

/* A lint that speaks about what was asked for is the asker's business here. */
static struct status lint_and_sign(const struct ceremony_request *request, struct span tbs,
    const struct authority *issuer, int64_t now, struct buf *out, struct err *err)
{
	static const char *const asked[] = {"lint.path_len_not_below_issuers",
	    "lint.name_outside_issuer_constraints", "lint.validity_time_not_positive"};
	struct err lint = {0};
	if (!lint_certificate(tbs, &(struct lint_context){issuer, true, now}, &lint).ok) {
		for (size_t i = 0; i < COUNT(asked); i++)
			if (strcmp(err_code(&lint), asked[i]) == 0)
				return err_set(err, ERR_CONFIG, "%s", lint.message);
		return err_refuse(err, lint.reason, "%s", lint.message);
	}
	return certificate_sign(tbs, issuer ? request->issuer_key : request->key, out, err);
}

static struct status build(const struct ceremony_request *request, const struct authority *issuer,
    int64_t now, const struct rng *rng, struct buf *out, struct err *err)
{
	AUTO(buf) subject = {0};
	AUTO(buf) extensions = {0};
	AUTO(buf) tbs = {0};
	uint8_t serial[SERIAL_SIZE];
	struct hsm_key *signer = issuer ? request->issuer_key : request->key;
	int64_t not_before = request->not_before, not_after = request->not_after;
	if (request->subject_der.n)
		buf_put(&subject, request->subject_der);
	else
		TRY(name_from_text(request->subject, &subject, err));
	TRY(put_extensions(request, issuer, &extensions, err));
	TRY(rng_fill(rng, serial, sizeof(serial), err));
	serial[0] = (uint8_t)((serial[0] & 0x3f) | 0x40);
	if (issuer && not_after > issuer->not_after)
		not_after = issuer->not_after;
	if (issuer && not_before < issuer->not_before && !request->link)
		not_before = issuer->not_before;
	tbs_write(
	    &(struct tbs_parts){
		.serial = SPAN_OF(serial),
		.algorithm = hsm_key_algorithm(signer)->signature->identifier,
		.issuer = issuer ? issuer->subject : buf_span(&subject),
		.not_before = not_before,
		.not_after = not_after,
		.subject = buf_span(&subject),
		.spki = spki_of(request),
		.extensions = buf_span(&extensions),
	    },
	    &tbs);
	return lint_and_sign(request, buf_span(&tbs), issuer, now, out, err);
}

struct status ceremony_make(const struct ceremony_request *request, int64_t now,
    const struct rng *rng, struct buf *ret_der, struct err *err)
{
	AUTO(buf) der = {0};
	struct authority issuer = {.name = NULL};
	TRY(check_request(request, err));
	if (!is_root(request))
		TRY(read_issuer(request, now, &issuer, err));
	/* RFC 4210 4.4: OldWithNew begins with the old key, before the new one was there. */
	if (request->link && request->not_before < issuer.not_before)
		issuer.not_before = request->not_before;
	TRY(build(request, is_root(request) ? NULL : &issuer, now, rng, &der, err));
	*ret_der = buf_take(&der);
	return STATUS_OK;
}
