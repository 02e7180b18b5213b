/*
 * access/reason_credential.h: reasons to refuse who calls: tokens, key sets, certificates of
 * operators. Rows for the table in ca/reason.h, too: id, code, kind, rule, advice.
 */
#ifndef SIGNET_ACCESS_REASON_CREDENTIAL_H
#define SIGNET_ACCESS_REASON_CREDENTIAL_H

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

/* Of any signed token: RFC 7515, RFC 7519, RFC 8725. */
#define REASONS_JWT(X)                                                                            \
	X(JWT_SIZE, "jwt.size", ERR_TOO_LARGE, "a token has at most 16 KiB",                      \
	    "send a token with fewer claims")                                                     \
	X(JWT_FORM, "jwt.form", ERR_AUTH,                                                         \
	    "RFC 7515 7.1: header, payload and signature in base64url, with dots between",        \
	    "send the token as its issuer gave it, whole and without quotes")                     \
	X(JWT_JSON, "jwt.json", ERR_AUTH,                                                         \
	    "RFC 7519 7.2 and RFC 8725 2.4: header and claims are JSON objects of little depth, " \
	    "each member once",                                                                   \
	    "get the token from its issuer again")                                                \
	X(JWT_ALGORITHM, "jwt.algorithm", ERR_AUTH,                                               \
	    "RFC 8725 3.1: only the algorithms of the issuer's list are taken, never none, "      \
	    "never an HMAC, and each with a key of its own kind",                                 \
	    "let the issuer sign with an algorithm of the list")                                  \
	X(JWT_CRITICAL, "jwt.critical", ERR_AUTH,                                                 \
	    "RFC 7515 4.1.11: a header extension that is critical and not understood refuses",    \
	    "let the issuer leave out crit and b64")                                              \
	X(JWT_OWN_KEY, "jwt.own-key", ERR_AUTH,                                                   \
	    "RFC 8725 3.10: a token does not say by which key it is to be checked: no jku, jwk, " \
	    "x5u or x5c",                                                                         \
	    "let the issuer leave them out; keys come from its key set")                          \
	X(JWT_TYPE, "jwt.type", ERR_AUTH, "RFC 7519 5.1: typ is JWT where there is one",          \
	    "send an identity token, no token of another kind")                                   \
	X(JWT_KEY_ID, "jwt.key-id", ERR_AUTH,                                                     \
	    "RFC 7515 4.1.4: kid names one key of the issuer's set, of visible ASCII",            \
	    "get a new token: the issuer may have changed its keys")                              \
	X(JWT_SIGNATURE, "jwt.signature", ERR_AUTH,                                               \
	    "RFC 7515 5.2: the signature verifies by the issuer's key",                           \
	    "send the token as its issuer gave it")                                               \
	X(JWT_CLAIM, "jwt.claim", ERR_AUTH,                                                       \
	    "RFC 7519 4.1: iss, sub, aud, iat, exp and jti are there, each of its type",          \
	    "let the issuer put them in")                                                         \
	X(JWT_ISSUER, "jwt.issuer", ERR_AUTH,                                                     \
	    "RFC 7519 4.1.1: iss is, byte for byte, that of an issuer known here",                \
	    "use a token of this server, or exchange one of an issuer that policy names")         \
	X(JWT_AUDIENCE, "jwt.audience", ERR_AUTH,                                                 \
	    "RFC 7519 4.1.3: the token is meant for this server: aud holds its value, exactly",   \
	    "ask the issuer for a token with the audience that the oidc-issuer document names")   \
	X(JWT_EXPIRED, "jwt.expired", ERR_AUTH, "RFC 7519 4.1.4: not on or after exp",            \
	    "get a new token")                                                                    \
	X(JWT_NOT_YET, "jwt.not-yet", ERR_AUTH,                                                   \
	    "RFC 7519 4.1.5 and 4.1.6: not before nbf, and not made in the future",               \
	    "look at the clocks")                                                                 \
	X(JWT_AGE, "jwt.age", ERR_AUTH,                                                           \
	    "RFC 8725 3.8: a token is taken for a limited time after iat only",                   \
	    "get a new token just before it is used")

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
	    "get a new certificate")

/* Of tokens of others that are exchanged. */
#define REASONS_OIDC(X)                                                                        \
	X(OIDC_KEYS, "oidc.keys", ERR_BUSY,                                                    \
	    "the issuer's key set must have been read once, and be of its form",               \
	    "try again; the operator should look at jwks_url and the way to it")               \
	X(OIDC_RULE, "oidc.rule", ERR_DENIED,                                                  \
	    "every claim of a rule must match exactly; no rule of this issuer matches",        \
	    "compare the claims of the token with the oidc-rule documents")                    \
	X(OIDC_FORK, "oidc.fork", ERR_DENIED,                                                  \
	    "runs for pull and merge requests may come from a fork: they are taken only by a " \
	    "rule that names the event",                                                       \
	    "run on the branch itself, or name event_name or pipeline_source in the rule")     \
	X(OIDC_AMBIGUOUS, "oidc.ambiguous", ERR_DENIED,                                        \
	    "a token stands for one principal; rules of several match",                        \
	    "make the rules exclude each other")                                               \
	X(OIDC_PERSON, "oidc.person", ERR_DENIED,                                              \
	    "the person behind a run is named by the claim that the issuer's document says",   \
	    "let the issuer put the claim in")                                                 \
	X(OIDC_REPLAYED, "oidc.replayed", ERR_CONFLICT,                                        \
	    "RFC 7519 4.1.7: a token is exchanged once; a retry has the same Idempotency-Key", \
	    "get a new token for each exchange")

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
