/*
 * ca/reason_idevid.h: reasons to refuse the certificate of a manufacturer (ca/trust.c).
 * Rows of the table in ca/reason.h, nothing else. id, code, kind, rule, advice.
 */
#ifndef SIGNET_CA_REASON_IDEVID_H
#define SIGNET_CA_REASON_IDEVID_H

#define REASONS_IDEVID(X)                                                                            \
	X(IDEVID_MISSING, "idevid.missing", ERR_AUTH,                                                \
	    "RFC 7030 3.3.2: a device authenticates with a TLS client certificate",                  \
	    "present the IDevID and its chain in the TLS handshake")                                 \
	X(IDEVID_MALFORMED, "idevid.malformed", ERR_DENIED,                                          \
	    "RFC 5280 4.1: certificates are DER of version 3, each field in its form",               \
	    "look at the certificate with: openssl x509 -text; ask the manufacturer")                \
	X(IDEVID_UNTRUSTED, "idevid.untrusted", ERR_DENIED,                                          \
	    "a path must lead to a trust anchor that the operator gave this label",                  \
	    "send the intermediate certificates too; the operator may have to add the anchor of "    \
	    "the manufacturer")                                                                      \
	X(IDEVID_SIGNATURE, "idevid.signature", ERR_DENIED,                                          \
	    "RFC 5280 6.1.3 (a)(1): each signature verifies with the key of its issuer",             \
	    "the certificate was changed, or made by somebody else under this name")                 \
	X(IDEVID_KEY, "idevid.key", ERR_DENIED,                                                      \
	    "the public keys of a path must be well-formed and of algorithms of this server",        \
	    "the manufacturer must use EC P-256, P-384, Ed25519 or RSA of 2048 bits and more")       \
	X(IDEVID_EXPIRED, "idevid.expired", ERR_DENIED,                                              \
	    "RFC 5280 6.1.3 (a)(2): the validity period includes the current time",                  \
	    "the operator can set the leniency \"expired\" on the trust anchor, for device "         \
	    "certificates only")                                                                     \
	X(IDEVID_NOT_YET_VALID, "idevid.not-yet-valid", ERR_DENIED,                                  \
	    "RFC 5280 6.1.3 (a)(2): the validity period includes the current time",                  \
	    "try again later; look at the clocks of factory and server")                             \
	X(IDEVID_EXTENSION, "idevid.extension", ERR_DENIED,                                          \
	    "RFC 5280 4.2: a certificate must be rejected for a critical extension that is not "     \
	    "known, and has each extension once",                                                    \
	    "ask the manufacturer; Signet may have to learn the extension")                          \
	X(IDEVID_KEY_USAGE, "idevid.key-usage", ERR_DENIED,                                          \
	    "RFC 5280 4.2.1.3 and 4.2.1.12: a key is used for what its certificate allows: "         \
	    "digitalSignature and clientAuth of a device, keyCertSign of an authority",              \
	    "ask the manufacturer; where a device certificate has no keyUsage at all the operator "  \
	    "can set the leniency \"missing_key_usage\" on the trust anchor")                        \
	X(IDEVID_AKI, "idevid.aki", ERR_DENIED,                                                      \
	    "RFC 5280 4.2.1.1: the authorityKeyIdentifier names the key of the issuer",              \
	    "where it is missing the operator can set the leniency \"missing_aki\" on the trust "    \
	    "anchor; one that names another key stays refused")                                      \
	X(IDEVID_PATH, "idevid.path", ERR_DENIED,                                                    \
	    "RFC 5280 6.1.4: issuers are authorities, within the path length that they were given; " \
	    "at most three of them stand between a device and its anchor",                           \
	    "ask the manufacturer how its authorities are meant to chain")                           \
	X(IDEVID_IDENTITY, "idevid.identity", ERR_DENIED,                                            \
	    "IEEE 802.1AR: the subject names the device; the trust anchor says which fields "        \
	    "give product and serial number",                                                        \
	    "the operator must fit the trust anchor's product and serial to these certificates")     \
	X(IDEVID_PRODUCT, "idevid.product", ERR_DENIED,                                              \
	    "a device is of a product that the operator has defined for this manufacturer",          \
	    "the operator must apply a product document with this manufacturer and model")

#endif
