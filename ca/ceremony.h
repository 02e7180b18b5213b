/*
 * ca/ceremony.h: make authorities, or take existing ones over. For `signetd init`.
 *
 * A root signs itself; an issuing authority stands below it. Both go through the same writer and
 * lints as every other certificate. Nothing is stored here: the caller keeps the DER and the keys,
 * and closes the root's key before it serves anybody.
 *
 * Order for a new hierarchy: hsm_key_generate() twice, ceremony_make() for the root with issuer_key
 * NULL, then ceremony_make() with the root's certificate and key as issuer.
 */
#ifndef SIGNET_CA_CEREMONY_H
#define SIGNET_CA_CEREMONY_H

#include "base/clock.h"
#include "ca/policy.h"

#define CEREMONY_CHAIN_MAX     8
#define CEREMONY_PATH_NONE     (-1) /* no pathLenConstraint */
#define CEREMONY_ROOT_VALIDITY (30 * INT64_C(365) * 86400)
#define CEREMONY_CA_VALIDITY   (15 * INT64_C(365) * 86400)

/* RFC 5280 4.2.1.10, critical. Directory names as RFC 4514 text. All empty: no extension. */
struct ceremony_constraints {
	const char *const *permitted_dns;
	size_t permitted_dns_count;
	const char *const *excluded_dns;
	size_t excluded_dns_count;
	const char *const *permitted_directory;
	size_t permitted_directory_count;
	const char *const *excluded_directory;
	size_t excluded_directory_count;
};

struct ceremony_request {
	const char *subject; /* "CN=Acme Device Root,O=Acme,C=DE", or a common name alone */
	struct hsm_key *key; /* the new authority's */
	int64_t not_before;  /* seconds since 1970 */
	int64_t not_after;   /* cut at the issuer's; TIME_NO_EXPIRY allowed */
	int path_length;     /* 0: issues leaves only; CEREMONY_PATH_NONE */
	struct ceremony_constraints constraints;
	/* Value of an extension to be used instead, such as the issuer's own; n = 0: none. */
	struct span constraints_der;
	/* The issuer's, written into the new certificate; http; NULL: left out. Not on a root. */
	const char *crl_url, *ocsp_url, *issuer_url;
	struct span issuer_certificate; /* DER; n = 0 with issuer_key NULL: self-signed */
	struct hsm_key *issuer_key;
	/* A key that has a certificate already: see ceremony_link(). n = 0: from subject and key.
	 */
	struct span subject_der, spki, ski;
	bool link; /* it may begin before its issuer does */
};

/*
 * Sign one authority's certificate into ret_der (DER, freed by the caller). ERR_CONFIG: the request
 * cannot be met (name, URL, constraint, key and issuer certificate do not fit, issuer is no CA or
 * its path length is spent). ERR_KEY: the key refused. ERR_INTERNAL lint.*: a lint found something.
 */
struct status ceremony_make(const struct ceremony_request *request, int64_t now,
    const struct rng *rng, struct buf *ret_der, struct err *err);

/*
 * Certify once more what has a certificate, by another issuer: name (octet for octet), key, key
 * identifier, path length and name constraints are those of `certificate`. With a root's
 * certificate and another root as issuer these are RFC 4210 4.4's links, OldWithNew and NewWithOld.
 */
struct ceremony_link {
	struct span certificate;       /* DER of the authority that is to be certified */
	int64_t not_before, not_after; /* a link may begin before its issuer; cut at its end */
	const char *crl_url, *ocsp_url, *issuer_url; /* the issuer's; NULL: left out */
	struct span issuer_certificate;              /* DER */
	struct hsm_key *issuer_key;
};
/* As ceremony_make(). ERR_CONFIG also: the issuer's path length has no room for it. */
struct status ceremony_link(const struct ceremony_link *link, int64_t now, const struct rng *rng,
    struct buf *ret_der, struct err *err);

/* Its pathLenConstraint; CEREMONY_PATH_NONE: it has none. */
int ceremony_path_length(struct span certificate);

/*
 * Fill what a certificate says into an authority: certificate, subject, ski, spki, not_before,
 * not_after, each a span into `der`, which must outlive it; nothing else is touched.
 * ERR_CONFIG: it is no CA certificate that can issue under RFC 5280.
 */
struct status authority_of_certificate(
    struct span der, struct authority *ret_authority, struct err *err);

/* An existing hierarchy, in DER: the authority itself first, the root last. */
struct ceremony_chain {
	struct span certificates[CEREMONY_CHAIN_MAX]; /* in the arena */
	size_t count;
};

/* The certificates of a PEM file, unjudged, added to `chain`. ERR_CONFIG: none, or too many. */
struct status ceremony_chain_read(
    struct span pem, struct arena *arena, struct ceremony_chain *chain, struct err *err);

/*
 * Read a PEM chain (the issuing authority first, each one's issuer next, the root last) and check
 * it: every certificate is a CA, names and key identifiers chain, signatures verify, all are valid
 * now, path lengths suffice, the root is self-signed, and `key_spki` is the first one's key.
 * ERR_CONFIG, saying which certificate (1 is the first) and why.
 */
struct status ceremony_take(struct span chain_pem, struct span key_spki, int64_t now,
    struct arena *arena, struct ceremony_chain *ret_chain, struct err *err);

#endif
