/*
 * ca/reason_update.h: reasons to refuse a device that asks what to run.
 * Rows of the table in ca/reason.h, nothing else. id, code, kind, rule, advice.
 */
#ifndef SIGNET_CA_REASON_UPDATE_H
#define SIGNET_CA_REASON_UPDATE_H

#define REASONS_UPDATE(X)                                                                        \
	X(UPDATE_CERTIFICATE, "update.certificate", ERR_AUTH,                                    \
	    "a device that asks for updates is known by its TLS client certificate",             \
	    "present the device's LDevID in the TLS handshake")                                  \
	X(UPDATE_ENROLL, "update.enroll", ERR_DENIED,                                            \
	    "updates are for devices that have enrolled: an LDevID is asked for, not an IDevID", \
	    "enroll first at /.well-known/est/simpleenroll, then ask with the LDevID")           \
	X(UPDATE_CHANNEL, "update.channel", ERR_MISSING,                                         \
	    "a device's product has the channels that its documents of kind channel name",       \
	    "ask for a channel of the product; the operator can apply such a document")          \
	X(UPDATE_NONE, "update.none", ERR_MISSING,                                               \
	    "RFC 9110 15.5.5: what was never published is not there",                            \
	    "ask what there is: GET /update/CHANNEL")                                            \
	X(UPDATE_RANGE, "update.range", ERR_RANGE,                                               \
	    "RFC 9110 15.5.17: a range begins within the file",                                  \
	    "ask for what is missing, and with If-Range, so that another file is sent whole")

#endif
