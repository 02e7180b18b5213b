/*
 * ca/reason.h: every reason for which Signet says no, in one table.
 *
 * Codes are stable: clients and operators match on them, docs/reasons.md is made from them.
 * Rules quote their source; advice tells the one who was refused what to do.
 */
#ifndef SIGNET_CA_REASON_H
#define SIGNET_CA_REASON_H

#include "base/err.h"

/* id, code, kind, rule, advice */
#define REASONS(X)                                                                              \
	X(LABEL_UNKNOWN, "label.unknown", ERR_MISSING,                                          \
	    "RFC 7030 3.2.2: the path segment must name a label of this server",                \
	    "use a label that the operator gave you, or none")                                  \
	X(BODY_BASE64, "body.base64", ERR_INPUT,                                                \
	    "RFC 8951 3.1: the body is the base64 of DER, without PEM armour",                  \
	    "send base64 (RFC 4648 section 4) of the DER request")                              \
	X(BODY_EMPTY, "body.empty", ERR_INPUT, "RFC 7030 4.2.1: the body is a PKCS#10 request", \
	    "send the certification request in the body")

extern const struct reason reasons[]; /* ended by code NULL */

enum reason_id {
#define REASON_ID(id, code, kind, rule, advice) REASON_##id,
	REASONS(REASON_ID)
#undef REASON_ID
	REASON_COUNT
};

/* err_refuse with a row of the table: REFUSE(err, CSR_SIGNATURE, "...", ...) */
#define REFUSE(err, id, ...) err_refuse((err), &reasons[REASON_##id], __VA_ARGS__)

#endif
