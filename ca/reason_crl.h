/*
 * ca/reason_crl.h: reasons for which no revocation list is served.
 * Rows of the table in ca/reason.h, nothing else. id, code, kind, rule, advice.
 */
#ifndef SIGNET_CA_REASON_CRL_H
#define SIGNET_CA_REASON_CRL_H

#define REASONS_CRL(X)                                                                          \
	X(CRL_UNKNOWN, "crl.unknown", ERR_MISSING,                                              \
	    "/crl/NAME.crl is the list of an authority, /crl/NAME/N.crl that of its shard N, "  \
	    "/crl/NAME/N-delta.crl what changed since",                                         \
	    "take the URL that the certificate says")                                           \
	X(CRL_STARTING, "crl.starting", ERR_BUSY,                                               \
	    "a list is served when it is signed and stored, a moment after its authority came", \
	    "try again in a moment")

#endif
