/*
 * ca/reason_identity.h: reasons to refuse who asks: certificates, devices, keys, registration.
 * Rows of the table in ca/reason.h, nothing else. id, code, kind, rule, advice.
 */
#ifndef SIGNET_CA_REASON_IDENTITY_H
#define SIGNET_CA_REASON_IDENTITY_H

/* Certificates of a manufacturer; those about the path itself stand with ca/trust.c's rows. */
#define REASONS_REVOCATION(X)                                                           \
	X(IDEVID_REVOKED, "idevid.revoked", ERR_DENIED,                                 \
	    "RFC 5280 6.3: the manufacturer's list revokes a certificate of this path", \
	    "ask the manufacturer why; the device needs a new IDevID")                  \
	X(IDEVID_NO_CRL, "idevid.no-crl", ERR_DENIED,                                   \
	    "the trust anchor demands a current list of its manufacturer",              \
	    "the operator must import a current list: signetd trust-crl import")

/* Certificates of this Signet. */
#define REASONS_LDEVID(X)                                                                          \
	X(LDEVID_MISSING, "ldevid.missing", ERR_AUTH,                                              \
	    "RFC 7030 3.3.2: a device authenticates with a TLS client certificate",                \
	    "present the certificate that is to be renewed in the TLS handshake")                  \
	X(LDEVID_UNKNOWN, "ldevid.unknown", ERR_AUTH,                                              \
	    "RFC 7030 4.2.2: what is renewed is a certificate that this server issued",            \
	    "present the LDevID of this server, or enroll with the IDevID at simpleenroll")        \
	X(LDEVID_NOT_STORED, "ldevid.not-stored", ERR_AUTH,                                        \
	    "every certificate that this server issued is in its store, byte for byte",            \
	    "enroll with the IDevID at simpleenroll; the operator should look into this")          \
	X(LDEVID_EXPIRED, "ldevid.expired", ERR_DENIED,                                            \
	    "RFC 5280 4.1.2.5: a certificate speaks for its holder until notAfter",                \
	    "enroll again with the IDevID at simpleenroll")                                        \
	X(LDEVID_REVOKED, "ldevid.revoked", ERR_DENIED,                                            \
	    "RFC 5280 5: a revoked certificate speaks for nobody any more",                        \
	    "enroll again with the IDevID at simpleenroll; the operator knows why it was revoked") \
	X(LDEVID_HELD, "ldevid.held", ERR_DENIED,                                                  \
	    "RFC 5280 5.3.1: a certificate on hold speaks for nobody until the hold is lifted",    \
	    "ask the operator to lift the hold")                                                   \
	X(RENEW_EARLY, "renew.early", ERR_DENIED,                                                  \
	    "the label lets a certificate be renewed from renew_before its end on",                \
	    "use the certificate that the device has, and renew it at the time of "                \
	    "Signet-Renew-At; the operator can set renew_early of the label to allow")             \
	X(LDEVID_NOT_YET_VALID, "ldevid.not-yet-valid", ERR_DENIED,                                \
	    "RFC 5280 4.1.2.5: a certificate speaks for its holder from notBefore on",             \
	    "try again later; look at the clocks")                                                 \
	X(LDEVID_LABEL, "ldevid.label", ERR_DENIED,                                                \
	    "a certificate is renewed at a label of the profile that it was issued under",         \
	    "use the label at which the device enrolled")                                          \
	X(ENROLL_LDEVID, "enroll.ldevid", ERR_DENIED,                                              \
	    "RFC 7030 4.2.2: a certificate of this server is renewed at simplereenroll",           \
	    "use simplereenroll with this certificate, or simpleenroll with the IDevID")           \
	X(REENROLL_IDEVID, "reenroll.idevid", ERR_DENIED,                                          \
	    "RFC 7030 4.2.2: simplereenroll renews a certificate of this server; the label does "  \
	    "not let an IDevID enroll there",                                                      \
	    "use simpleenroll with the IDevID, or ask the operator to set idevid_at_reenroll")     \
	X(REENROLL_SUBJECT, "reenroll.subject", ERR_INPUT,                                         \
	    "RFC 7030 4.2.2: the Subject of the request MUST be identical to that of the "         \
	    "certificate being renewed",                                                           \
	    "copy the Subject from the certificate, byte for byte")                                \
	X(REENROLL_SAN, "reenroll.san", ERR_INPUT,                                                 \
	    "RFC 7030 4.2.2: the SubjectAltName of the request MUST be identical to that of the "  \
	    "certificate being renewed",                                                           \
	    "copy the subjectAltName extension from the certificate, byte for byte")

#define REASONS_DEVICE(X)                                                                             \
	X(PRODUCT_LABEL, "product.label", ERR_DENIED, "the label serves some products only",          \
	    "use the label of this product")                                                          \
	X(DEVICE_UNKNOWN, "device.unknown", ERR_DENIED,                                               \
	    "the label requires that the device is registered by product and serial number",          \
	    "the operator must register the device first")                                            \
	X(DEVICE_SUSPENDED, "device.suspended", ERR_DENIED,                                           \
	    "a suspended device gets no certificates", "ask the operator to reinstate the device")    \
	X(DEVICE_RETIRED, "device.retired", ERR_DENIED, "a retired device gets no certificates",      \
	    "ask the operator; a retired device stays so")                                            \
	X(DEVICE_CLONE, "device.clone", ERR_DENIED,                                                   \
	    "a product and serial number belong to one IDevID key",                                   \
	    "two units claim one serial number; the operator has been alarmed and must look")         \
	X(KEY_IDEVID, "key.idevid", ERR_DENIED,                                                       \
	    "IEEE 802.1AR: an LDevID has a key of its own, never that of an IDevID",                  \
	    "make a new key for the LDevID")                                                          \
	X(KEY_REUSED, "key.reused", ERR_DENIED,                                                       \
	    "a key belongs to one identity; another identity has used this one",                      \
	    "make a new key on the device; look at its random number generator")                      \
	X(KEY_COMPROMISED, "key.compromised", ERR_DENIED,                                             \
	    "RFC 5280 5.3.1: a key reported as compromised is never certified again",                 \
	    "make a new key")                                                                         \
	X(REGISTRATION_PENDING, "registration.pending", ERR_PENDING,                                  \
	    "RFC 7030 4.2.3: the enrollment waits for somebody to approve it",                        \
	    "repeat the request with the same key after Retry-After seconds")                         \
	X(REGISTRATION_REJECTED, "registration.rejected", ERR_DENIED,                                 \
	    "an operator looked at this enrollment and rejected it",                                  \
	    "ask the operator; a new key makes a new enrollment")                                     \
	X(REGISTRATION_LIMIT, "registration.limit", ERR_LIMIT,                                        \
	    "RFC 6585 4: only so many enrollments of one device, or of one product, wait at a label", \
	    "repeat a request that waits, with its key, instead of making new keys; the operator "    \
	    "should decide on those that wait")                                                       \
	X(DEVICE_LIMIT, "device.limit", ERR_LIMIT,                                                    \
	    "RFC 6585 4: a device gets only so many certificates of one label in 24 hours",           \
	    "use the certificate that the device has; try again after Retry-After seconds; the "      \
	    "operator can raise device_limit of the label")                                           \
	X(ENROLL_CONFLICT, "enroll.conflict", ERR_CONFLICT,                                           \
	    "what was judged changed while the certificate was made; nothing was issued",             \
	    "repeat the request")

#endif
