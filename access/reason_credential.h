/*
 * access/reason_credential.h: reasons to refuse who calls: tokens, key sets, certificates of
 * operators. Rows for the table in ca/reason.h, too: id, code, kind, rule, advice.
 */
#ifndef SIGNET_ACCESS_REASON_CREDENTIAL_H
#define SIGNET_ACCESS_REASON_CREDENTIAL_H

#include "access/reason_jwt.h"
#include "base/err.h"

/* The answers that a caller sees, whatever was wrong. */
#define REASONS_CREDENTIAL(X)                                                                     \
	X(CREDENTIAL_REFUSED, "credential.refused", ERR_AUTH,                                     \
	    "RFC 6750 3.1: the credential is not one of this server, or is no longer good",       \
	    "get a new token; an auditor can see why among the refused calls, by the request id") \
	X(CREDENTIAL_LIMITED, "credential.limited", ERR_LIMIT,                                    \
	    "RFC 6585 4: an address that failed many times must wait",                            \
	    "mend the credential, then try again after Retry-After seconds")                      \
	X(CREDENTIAL_TWICE, "credential.twice", ERR_INPUT,                                        \
	    "RFC 6750 2: one credential, in one Authorization header",                            \
	    "send one Authorization header of the form: Bearer TOKEN")                            \
	X(CREDENTIAL_EXCEEDS, "credential.exceeds", ERR_DENIED,                                   \
	    "nobody makes credentials for more than they hold",                                   \
	    "ask somebody who holds it, or narrow the token to fewer permissions")                \
	X(CREDENTIAL_BOUND, "credential.bound", ERR_DENIED,                                       \
	    "a token that is bound to one request, or narrowed, makes no wider credentials",      \
	    "use a credential of your own that is not narrowed")                                  \
	X(CREDENTIAL_LIFETIME, "credential.lifetime", ERR_INPUT,                                  \
	    "a token lives for 24 hours at most, and one that is made for oneself not longer "    \
	    "than the one that asked for it",                                                     \
	    "ask for less, or log in anew")                                                       \
	X(CREDENTIAL_PERMISSION, "credential.permission", ERR_INPUT,                              \
	    "a token is narrowed to permissions by their names",                                  \
	    "see GET /api/v1/whoami for the permissions that you hold")                           \
	X(CREDENTIAL_PRINCIPAL, "credential.principal", ERR_DENIED,                               \
	    "credentials are made for principals that are there and not disabled",                \
	    "make the principal first: signet apply -f FILE")                                     \
	X(CREDENTIAL_AUTHORITY, "credential.authority", ERR_CONFLICT,                             \
	    "operators' certificates are issued by an authority that says operators: true",       \
	    "set operators: true in the document of one authority")                               \
	X(CREDENTIAL_KEY, "credential.key", ERR_CONFLICT,                                         \
	    "a key belongs to one identity; another identity has used this one",                  \
	    "make a new key for the certificate")                                                 \
	X(CREDENTIAL_KEYS_AWAY, "credential.keys-away", ERR_BUSY,                                 \
	    "this node cannot check or sign tokens now: its keys are not loaded",                 \
	    "try again after Retry-After seconds; the operator should look at the server's log")

/* Of our own tokens and operators' certificates. */
#define REASONS_TOKEN(X)                                                                           \
	X(TOKEN_UNKNOWN, "token.unknown", ERR_AUTH, "every token of this server is in its store",  \
	    "get a new token")                                                                     \
	X(TOKEN_REVOKED, "token.revoked", ERR_AUTH, "a revoked token is good for nothing",         \
	    "get a new token")                                                                     \
	X(TOKEN_PRINCIPAL, "token.principal", ERR_AUTH, "the principal is there and not disabled", \
	    "ask whoever manages access")                                                          \
	X(OPERATOR_CERTIFICATE, "operator.certificate", ERR_AUTH,                                  \
	    "a client certificate is one that this server's operator authority issued to an "      \
	    "operator, byte for byte as stored",                                                   \
	    "present the certificate that the server gave, or none")                               \
	X(OPERATOR_VALIDITY, "operator.validity", ERR_AUTH,                                        \
	    "RFC 5280 4.1.2.5: a certificate speaks for its holder between its dates",             \
	    "get a new certificate")                                                               \
	X(OPERATOR_REVOKED, "operator.revoked", ERR_AUTH,                                          \
	    "a certificate that is revoked or held proves nothing; a revoked token takes along "   \
	    "those that were made with it",                                                        \
	    "get a new token, and a new certificate with it")

#define REASONS_CREDENTIALS(X) \
	REASONS_CREDENTIAL(X)  \
	REASONS_JWT(X)         \
	REASONS_TOKEN(X)       \
	REASONS_OIDC(X)

extern const struct reason credential_reasons[]; /* ended by code NULL */
enum credential_reason {
#define CREDENTIAL_REASON_ID(id, code, kind, rule, advice) WHY_##id,
	REASONS_CREDENTIALS(CREDENTIAL_REASON_ID)
#undef CREDENTIAL_REASON_ID
	CREDENTIAL_REASON_COUNT
};

/* err_refuse with a row: REFUSE_WHO(err, JWT_SIGNATURE, "...", ...) */
#define REFUSE_WHO(err, id, ...) err_refuse((err), &credential_reasons[WHY_##id], __VA_ARGS__)

#endif
