/*
 * access/reason_jwt.h: reasons to refuse a signed token, and one of an outside issuer above all.
 * Rows of the table in access/reason_credential.h, nothing else. id, code, kind, rule, advice.
 */
#ifndef SIGNET_ACCESS_REASON_JWT_H
#define SIGNET_ACCESS_REASON_JWT_H

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

#endif
