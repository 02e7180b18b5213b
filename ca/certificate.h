/*
 * ca/certificate.h: read a certificate (RFC 5280 section 4) by one strict pass, without OpenSSL's
 * decoders and without allocating: every span points into the input.
 *
 * What is checked here is form. Who signed it, for how long and for what, is the caller's to judge.
 * Taken although RFC 5280 asks CAs not to write it, because devices cannot be called back: serial
 * numbers that are zero or negative (4.1.2.2: "Certificate users SHOULD be prepared to gracefully
 * handle such certificates"), unique identifiers, an explicit FALSE for a criticality.
 */
#ifndef SIGNET_CA_CERTIFICATE_H
#define SIGNET_CA_CERTIFICATE_H

#include "base/algorithm.h"
#include "base/der.h"

#define CERTIFICATE_DER_MAX        16384 /* ML-DSA-87: 2592 key + 4627 signature, and room */
#define CERTIFICATE_EXTENSIONS_MAX 24    /* the longest that we know of have 14 */
#define CERTIFICATE_SERIAL_MAX     20    /* octets; RFC 5280 4.1.2.2 */
#define NAME_RDNS_READ_MAX         32

struct extension {
	struct span oid;   /* content octets */
	struct span value; /* contents of the extnValue OCTET STRING */
	bool critical;
};

struct certificate_view {
	struct span der, tbs;        /* whole */
	struct span serial;          /* content octets without leading zeros; at least one */
	struct span issuer, subject; /* Names, whole DER */
	struct span spki;            /* whole DER */
	struct span
	    signature_algorithm; /* AlgorithmIdentifier, whole DER; may be one we do not know */
	struct span signature;
	int64_t not_before, not_after; /* not_after may be TIME_NO_EXPIRY */
	struct extension extensions[CERTIFICATE_EXTENSIONS_MAX];
	size_t extension_count;
};

/* ERR_INPUT: not a version 3 certificate in DER, an extension twice, bytes behind, over a bound. */
struct status certificate_read(struct span der, struct certificate_view *ret_view, struct err *err);

/* NULL: it has none of this kind. */
const struct extension *certificate_extension(const struct certificate_view *view, struct span oid);

/*
 * Read the contents of an Extensions SEQUENCE. RFC 5280 4.2: "A certificate MUST NOT include more
 * than one instance of a particular extension". ERR_INPUT.
 */
struct status extensions_read(struct span body, struct extension *ret_extensions, size_t most,
    size_t *ret_count, struct err *err);
const struct extension *extension_find(
    const struct extension *extensions, size_t count, struct span oid);

/* Is this whole DER a Name, of at most NAME_RDNS_READ_MAX RDNs? X.501, RFC 5280 4.1.2.4 */
bool name_is_well_formed(struct span name);

/* ---- values of extensions; false: malformed ---- */
struct basic_constraints {
	bool ca;
	bool has_path_length;
	uint64_t path_length;
};
MUST_USE bool basic_constraints_read(struct span value, struct basic_constraints *ret);
/* Bit i of the result is bit i of the KeyUsage: RFC 5280 4.2.1.3. */
MUST_USE bool key_usage_read(struct span value, uint32_t *ret_bits);
/* The keyIdentifier, n = 0 where there is none. */
MUST_USE bool authority_key_id_read(struct span value, struct span *ret_key_id);
MUST_USE bool subject_key_id_read(struct span value, struct span *ret_key_id);
/* Is `purpose` (OID content octets) or anyExtendedKeyUsage among them? */
MUST_USE bool extended_key_usage_read(struct span value, struct span purpose, bool *ret_allowed);

#endif
