/*
 * ca/reason_reset.h: reasons to refuse the factory reset of a device.
 * Rows of the table in ca/reason.h, nothing else. id, code, kind, rule, advice.
 */
#ifndef SIGNET_CA_REASON_RESET_H
#define SIGNET_CA_REASON_RESET_H

#define REASONS_RESET(X)                                                                          \
	X(RESET_MISSING, "reset.missing", ERR_AUTH,                                               \
	    "a device is reset by itself: it proves who it is with its LDevID or its IDevID",     \
	    "present one of them in the TLS handshake; an operator retires a device instead")     \
	X(RESET_UNKNOWN, "reset.unknown", ERR_AUTH,                                               \
	    "what a device is reset by is a certificate of this server, or an IDevID whose "      \
	    "manufacturer some label trusts",                                                     \
	    "reset at the server that the device enrolled at")                                    \
	X(RESET_REVOKED, "reset.revoked", ERR_DENIED,                                             \
	    "a certificate that is revoked or held speaks for nobody",                            \
	    "reset with the device's newest LDevID, or with its IDevID")                          \
	X(RESET_SUSPENDED, "reset.suspended", ERR_DENIED,                                         \
	    "a suspended device is not reset: who has found or stolen it does not get rid of "    \
	    "that so",                                                                            \
	    "let the operator resume the device first, and reset it then; or let them retire it") \
	X(RESET_RETIRED, "reset.retired", ERR_DENIED,                                             \
	    "a retired device stays retired, whatever is erased on it",                           \
	    "nothing needs to be told to the server: erase the device with --force")

#endif
