/*
 * ca/operator_certificate.h: operators' client certificates: issued by the one authority whose
 * document says operators: true, and judged by the store, never by a path to a root that others
 * share.
 */
#ifndef SIGNET_CA_OPERATOR_CERTIFICATE_H
#define SIGNET_CA_OPERATOR_CERTIFICATE_H

#include "ca/policy.h"

struct operator_wish {
	const struct policy *policy;
	const struct actor *by;
	const struct principal *principal; /* for whom */
	bool agreed;                       /* others have, as approval policy demands */
	const char *csr; /* PEM, or base64 of DER; its names do not matter, its signature does */
	int64_t now;
};
struct operator_made {
	int64_t id;         /* of the certificate's row */
	const char *pem;    /* the certificate, then its issuers below the root */
	const char *serial; /* lower-case hex */
	int64_t not_before, not_after;
};
/*
 * In the caller's transaction, with its log entry and a record of who made it, with which token.
 * For others than oneself access_covers() decides. ERR_INPUT csr.*, body.base64. ERR_DENIED
 * credential.exceeds, credential.bound, credential.principal, csr.key-algorithm. ERR_CONFLICT
 * credential.authority, credential.key.
 */
struct status operator_certificate_make(struct db *db, const struct operator_wish *wish,
    const struct rng *rng, struct arena *arena, struct operator_made *ret_made, struct err *err);

struct operator_identity {
	const char *principal; /* the name in the certificate */
	const char *person;    /* who stands behind it; NULL: the principal itself, or nobody */
	int64_t token_id;      /* that it was made with; 0: none */
};
/*
 * Whose is the certificate that a client has proven to hold? Texts in the arena.
 * ret_policy_version: the store's: judge again where it is newer. ERR_AUTH operator.certificate,
 * operator.validity, operator.revoked. ERR_DATABASE.
 */
struct status operator_certificate_judge(struct db *db, const struct policy *policy,
    struct span der, int64_t now, struct arena *arena, struct operator_identity *ret_who,
    int64_t *ret_policy_version, struct err *err);

#endif
