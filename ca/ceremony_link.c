/* ca/ceremony_link.c: certify once more what has a certificate: see ceremony_link() in ceremony.h.
 */
#include "ca/ceremony.h"

#include "ca/certificate.h"
#include "ca/extension.h"
#include "ca/name_constraint.h"

int ceremony_path_length(struct span certificate)
{
	struct certificate_view view;
	struct basic_constraints basic = {0};
	struct err unread = {0};
	const struct extension *e;

	if (!certificate_read(certificate, &view, &unread).ok)
		return CEREMONY_PATH_NONE;
	e = certificate_extension(&view, OID_BASIC_CONSTRAINTS);
	if (!e || !basic_constraints_read(e->value, &basic) || !basic.has_path_length ||
	    basic.path_length > CEREMONY_CHAIN_MAX)
		return CEREMONY_PATH_NONE;
	return (int)basic.path_length;
}

/*
 * RFC 5280 4.2.1.9 counts what stands between; a link stands there, too. Where the issuer's room is
 * limited, so is the link's.
 */
static struct status path_length_below(
    struct span issuer, struct span certificate, int *ret_length, struct err *err)
{
	const int room = ceremony_path_length(issuer), own = ceremony_path_length(certificate);

	*ret_length = own;
	if (room == CEREMONY_PATH_NONE)
		return STATUS_OK;
	if (room == 0 || (own != CEREMONY_PATH_NONE && own > room - 1))
		return err_set(err, ERR_CONFIG,
		    "the issuer's path length %d has no room for it (RFC 5280 4.2.1.9)", room);
	if (own == CEREMONY_PATH_NONE)
		*ret_length = room - 1;
	return STATUS_OK;
}

struct status ceremony_link(const struct ceremony_link *link, int64_t now, const struct rng *rng,
    struct buf *ret_der, struct err *err)
{
	struct authority subject = {.name = NULL};
	struct name_constraints held;
	struct ceremony_request request = {.not_before = link->not_before,
	    .not_after = link->not_after,
	    .crl_url = link->crl_url,
	    .ocsp_url = link->ocsp_url,
	    .issuer_url = link->issuer_url,
	    .issuer_certificate = link->issuer_certificate,
	    .issuer_key = link->issuer_key,
	    .link = true};

	TRY(authority_of_certificate(link->certificate, &subject, err));
	TRY(path_length_below(
	    link->issuer_certificate, link->certificate, &request.path_length, err));
	if (!name_constraints_of(link->certificate, &held, &request.constraints_der))
		request.constraints_der = SPAN_NONE;
	request.subject_der = subject.subject;
	request.spki = subject.spki;
	request.ski = subject.ski;
	return ceremony_make(&request, now, rng, ret_der, err);
}
