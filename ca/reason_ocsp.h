/*
 * ca/reason_ocsp.h: reasons not to say what a certificate's status is.
 * Rows of the table in ca/reason.h, nothing else. id, code, kind, rule, advice.
 *
 * OCSP tells its clients little more than a number (RFC 6960 4.2.1): the kind decides which.
 * ERR_INPUT is malformedRequest, ERR_MISSING unauthorized, ERR_BUSY tryLater; the words go to the
 * log.
 */
#ifndef SIGNET_CA_REASON_OCSP_H
#define SIGNET_CA_REASON_OCSP_H

#define REASONS_OCSP(X)                                                                            \
	X(OCSP_REQUEST, "ocsp.request", ERR_INPUT,                                                 \
	    "RFC 6960 4.1.1: an OCSPRequest in DER, of version 1, with at least one Request and "  \
	    "no critical extension that is not understood; with GET as base64 behind the URL",     \
	    "clients: ask for one certificate, with SHA-256 or SHA-1, as RFC 9919 says")           \
	X(OCSP_NONCE, "ocsp.nonce", ERR_INPUT,                                                     \
	    "RFC 9654 2.1: a nonce is an OCTET STRING of 1 to 128 octets",                         \
	    "clients: send a nonce of 32 octets, or none")                                         \
	X(OCSP_ISSUER, "ocsp.issuer", ERR_MISSING,                                                 \
	    "RFC 6960 2.3: a responder answers for the authorities that it speaks for",            \
	    "ask the responder that the certificate's authority information access names")         \
	X(OCSP_OFFLINE, "ocsp.offline", ERR_MISSING,                                               \
	    "RFC 6960 4.2.2.2: answers are signed by a delegate that the authority's own key has " \
	    "certified; this authority's key is offline and no responder was certified",           \
	    "what this authority has revoked stands in its revocation list")                       \
	X(OCSP_AWAY, "ocsp.away", ERR_BUSY,                                                        \
	    "RFC 6960 4.2.2.2: answers are signed by a delegate that the authority's own key has " \
	    "certified; that key is not here now, and no certified responder either",              \
	    "operators: see the alarm and GET /api/v1/ocsp-responders; clients: try again later")  \
	X(OCSP_STALE, "ocsp.stale", ERR_BUSY,                                                      \
	    "nothing is said of a certificate while this server has not heard of revocations for " \
	    "two seconds",                                                                         \
	    "operators: see whether the database is there; clients: try again later")

#endif
