/*
 * ca/reason_api.h: reasons to refuse a call of the API: what was sent, who may, what it met.
 * Rows of the table in ca/reason.h, nothing else. id, code, kind, rule, advice.
 */
#ifndef SIGNET_CA_REASON_API_H
#define SIGNET_CA_REASON_API_H

#define REASONS_API(X)                                                                              \
	X(CREDENTIAL_REQUIRED, "credential.required", ERR_AUTH,                                     \
	    "RFC 9110 15.5.2: this is not for everybody: the caller must say who it is",            \
	    "send a token as Authorization: Bearer, or connect with an operator's certificate")     \
	X(ACCESS_DENIED, "access.denied", ERR_DENIED,                                               \
	    "what no binding allows is not allowed: a role must hold the permission, in scope",     \
	    "ask GET /api/v1/can what is missing, and somebody with access.manage to bind it")      \
	X(BODY_JSON, "body.json", ERR_INPUT,                                                        \
	    "RFC 8259 and RFC 7493: one JSON value in UTF-8, each member once, whole numbers, "     \
	    "bounded in depth and number",                                                          \
	    "send the body as /api/v1/openapi.json describes it")                                   \
	X(BODY_MEMBER, "body.member", ERR_INPUT,                                                    \
	    "each member of a body has its row in a table; the message names it as a JSON pointer", \
	    "compare the body with its schema in /api/v1/openapi.json")                             \
	X(BODY_RECORDS, "body.records", ERR_INPUT,                                                  \
	    "each line of an import is one device: product and serial number",                      \
	    "mend the lines that the message names; nothing of the body was taken")                 \
	X(QUERY_PARAMETER, "query.parameter", ERR_INPUT,                                            \
	    "each parameter of a path has its row in a table, and stands there once",               \
	    "compare the query with its parameters in /api/v1/openapi.json")                        \
	X(QUERY_CURSOR, "query.cursor", ERR_INPUT,                                                  \
	    "a cursor is the `next` of the page before, unchanged", "start again without `after`")  \
	X(CONDITION_REQUIRED, "condition.required", ERR_BLIND,                                      \
	    "RFC 6585 3: who changes something says which version of it was looked at",             \
	    "send If-Match with the ETag of what you saw, or If-None-Match: * to make it new")      \
	X(CONDITION_MALFORMED, "condition.malformed", ERR_INPUT,                                    \
	    "RFC 9110 13.1: If-Match holds one ETag of ours, such as \"12\", or *",                 \
	    "send the ETag as it came")                                                             \
	X(CONDITION_FAILED, "condition.failed", ERR_STALE,                                          \
	    "RFC 9110 15.5.13: it is no longer, or was never, what the condition says",             \
	    "look at it again, and decide again")                                                   \
	X(IDEMPOTENCY_KEY, "idempotency.key", ERR_INPUT,                                            \
	    "an Idempotency-Key is 1 to 64 visible ASCII characters",                               \
	    "send a fresh UUID with each new act, and the same again with each retry of it")        \
	X(IDEMPOTENCY_REUSED, "idempotency.reused", ERR_UNFIT,                                      \
	    "one Idempotency-Key is for one call: this one was used for another",                   \
	    "send a fresh key with each new act")                                                   \
	X(IDEMPOTENCY_SECRET, "idempotency.secret", ERR_CONFLICT,                                   \
	    "what was answered to this key was a secret, which is shown once and kept nowhere",     \
	    "revoke what was made, and make another with a fresh key")                              \
	X(OBJECT_UNKNOWN, "object.unknown", ERR_MISSING,                                            \
	    "RFC 9110 15.5.5: there is no such object, or none that the caller may see",            \
	    "list what there is; what lies outside of the caller's scope looks as if absent")       \
	X(DOCUMENT_REFUSED, "document.refused", ERR_UNFIT,                                          \
	    "policy is checked whole before anything of it is changed",                             \
	    "mend the document where the message says so")                                          \
	X(DEVICE_MOVE, "device.move", ERR_CONFLICT,                                                 \
	    "a device goes from made to claimed to enrolled, may be suspended and resumed, and "    \
	    "stays retired for ever",                                                               \
	    "look at the state it is in")

#endif
