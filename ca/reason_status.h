/*
 * ca/reason_status.h: reasons not to change what a certificate counts for.
 * Rows of the table in ca/reason.h, nothing else. id, code, kind, rule, advice.
 */
#ifndef SIGNET_CA_REASON_STATUS_H
#define SIGNET_CA_REASON_STATUS_H

#define REASONS_STATUS(X)                                                                          \
	X(STATUS_REVOKED, "status.revoked", ERR_CONFLICT,                                          \
	    "a certificate is revoked for good: it is neither held nor resumed, and its reason "   \
	    "stays, unless its key turns out to be compromised",                                   \
	    "look at what it was revoked for; the device gets a new certificate by enrolling")     \
	X(STATUS_REASON, "status.reason", ERR_UNFIT,                                               \
	    "RFC 5280 5.3.1: a revocation has one of its reasons; certificateHold is a hold, and " \
	    "removeFromCRL is written into delta lists alone",                                     \
	    "name a reason of RFC 5280, such as keyCompromise, superseded or "                     \
	    "cessationOfOperation; to hold a certificate, use its hold")                           \
	X(STATUS_INVALIDITY, "status.invalidity", ERR_UNFIT,                                       \
	    "RFC 5280 5.3.2: the invalidity date says since when the key is known or suspected "   \
	    "to be compromised, or the certificate otherwise invalid: it has passed",              \
	    "leave it out, or send a time that has passed")                                        \
	X(STATUS_SUSPENDED, "status.suspended", ERR_CONFLICT,                                      \
	    "what the suspension of a device holds is resumed with the device",                    \
	    "resume the device, or revoke the certificate")                                        \
	X(MASS_SELECTOR, "mass.selector", ERR_UNFIT,                                               \
	    "who revokes many says which: at least one member of the selector",                    \
	    "name a certificate, device, product, batch, authority, key, algorithm or time")       \
	X(MASS_EMPTY, "mass.empty", ERR_UNFIT, "an act upon many certificates finds at least one", \
	    "look at the members of the selector, one by one, with dry_run")                       \
	X(MASS_ENDED, "mass.ended", ERR_CONFLICT, "what has ended is not canceled",                \
	    "look at its state")

#endif
