/*
 * ca/trust.h: who is this device? An IDevID (IEEE 802.1AR) judged by a manufacturer's anchor.
 *
 * Not the Web PKI's rules: an explicit 802.1AR profile. Right under strict: notAfter
 * 99991231235959Z, no SKI, no EKU. Each leniency of the anchor allows what it names, no more.
 */
#ifndef SIGNET_CA_TRUST_H
#define SIGNET_CA_TRUST_H

#include "base/clock.h"
#include "base/encode.h"
#include "ca/policy.h"

/* What a client proved in TLS: the certificate's key is its own. Trust is judged here. */
struct credentials {
	X509 *certificate;      /* NULL: none presented */
	STACK_OF(X509) * chain; /* what else it sent; NULL: nothing */
	struct span der;        /* the certificate as sent */
};

#define IDENTITY_TEXT_MAX 64 /* 2.5.4.5 is at most 64 characters; models are held to the same */
#define IDENTITY_PATH_MAX 5

struct identity {
	const struct trust_anchor *anchor;
	const struct product *product;
	char manufacturer[IDENTITY_TEXT_MAX + 1];
	char model[IDENTITY_TEXT_MAX + 1];  /* normalised */
	char serial[IDENTITY_TEXT_MAX + 1]; /* normalised */
	struct digest key_digest;           /* SHA-256 of the IDevID's SPKI */
	struct digest certificate_digest;
	/* (issuer, serial number) pairs whose revocation the store must be asked about: leaf first
	 */
	struct revocation_key {
		struct digest
		    issuer; /* SHA-256 of the issuer Name DER and the issuing key's SPKI DER */
		uint8_t serial[20];
		size_t serial_n;
	} path[IDENTITY_PATH_MAX];
	size_t path_count;
};

/*
 * Judge by the anchors of a label, and read product and serial number. Path: leaf, at most 3 of the
 * intermediates sent (in any order, RFC 8446 4.4.2), anchor; every signature verified, from the
 * anchor down, so that no key is used that nobody vouched for; name chaining byte-exact, AKI where
 * there is one; CA bits, path length, key usage; validity; unknown critical extensions refused. A
 * leaf directly below its anchor costs one verification and no decoding. Reasons idevid.*: missing,
 * malformed, untrusted, signature, key, expired, not-yet-valid, extension, key-usage, aki, path,
 * identity (field missing, malformed or no match), product (not known here).
 */
struct status trust_identify(const struct policy *policy, const struct label *label,
    const struct credentials *credentials, int64_t now, struct identity *ret_identity,
    struct err *err);

/*
 * Can this certificate (DER) be an anchor? An authority, with keyCertSign where it has a keyUsage,
 * without name constraints or critical extensions that we do not honour. For those who apply
 * policy. ERR_CONFIG. Its validity is judged when it is used.
 */
struct status trust_anchor_check(struct span der, struct err *err);

/*
 * A manufacturer's CRL, checked against its anchor (or an intermediate given beside it): signature,
 * times, number not below the one held, no delta, no unknown critical extension. Intermediates: the
 * one that signed the list, then those above it, each followed by its issuer, at most 3; as DER one
 * behind the other, as PEM one block each.
 */
struct trust_crl {
	struct digest issuer; /* as in struct revocation_key */
	uint64_t number;      /* 0 where it has none */
	int64_t this_update, next_update;
	struct span der; /* borrowed */
	struct span
	    revoked; /* the revokedCertificates SEQUENCE's contents; trust_crl_next walks it */
};
struct status trust_crl_parse(const struct trust_anchor *anchor, struct span der,
    struct span intermediates_der, int64_t now, struct trust_crl *ret_crl, struct err *err);
/* Next revoked serial number; false at the end. The whole list was checked by trust_crl_parse. */
bool trust_crl_next(struct span *revoked, struct span *ret_serial, int64_t *ret_when);
/* signetd trust-crl import: parse and store, one transaction, with its log entry. */
struct status trust_crl_import(struct db *db, const struct policy *policy, const char *anchor_name,
    struct span der_or_pem, struct span intermediates_pem, const char *who,
    const struct clock *clock, size_t *ret_revoked, struct err *err);

#endif
