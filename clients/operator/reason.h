/* clients/operator/reason.h: what can go wrong on this side, each with its rule and the cure. */
#ifndef SIGNET_OPERATOR_REASON_H
#define SIGNET_OPERATOR_REASON_H

#include "base/err.h"

enum operator_reason {
	WHY_LOGIN_NONE,
	WHY_LOGIN_FILE,
	WHY_LOGIN_MODE,
	WHY_LOGIN_TRUST,
	WHY_LOGIN_URL,
	WHY_LOGIN_CA,
	WHY_LOGIN_TOKEN,
	WHY_LOGIN_CERTIFICATE,
	WHY_PIN,
	WHY_NETWORK_NAME,
	WHY_NETWORK_CONNECT,
	WHY_NETWORK_TIMEOUT,
	WHY_NETWORK_BROKEN,
	WHY_TLS_UNTRUSTED,
	WHY_TLS_FAILED,
	WHY_ANSWER_TOO_LARGE,
	WHY_ANSWER_MALFORMED,
	WHY_ANSWER_UNEXPECTED,
	WHY_FILE,
	WHY_FILE_LINE,
	WHY_DIGEST,
	WHY_LOG_ORIGIN,
	WHY_LOG_STATE,
	WHY_CRL_NOWHERE,
	WHY_COUNT
};

extern const struct reason operator_reasons[WHY_COUNT];
#define WHY(name) (&operator_reasons[WHY_##name])

#endif
