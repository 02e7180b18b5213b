/*
 * ca/signing_key_make.h: keys that sign releases, made behind hsm/ while the server runs.
 *
 * The key is file:sign.NAME-XXXXXXXX.key with eight random digits: it is made, and durable, before
 * its document is stored, and never removed. So a file that no document names is one left of an
 * attempt that was not stored; it signed nothing, and the next attempt makes another. Servers that
 * share a database need the file that key_uri names copied to each of them, as those of
 * authorities.
 *
 * With an authority the key has a certificate (codeSigning), stored as issued, so that its status
 * can be told; the document has the chain.
 */
#ifndef SIGNET_CA_SIGNING_KEY_MAKE_H
#define SIGNET_CA_SIGNING_KEY_MAKE_H

#include "access/release_policy.h"
#include "ca/policy.h"

struct hsm;

struct signing_key_order {
	const char *name;
	int algorithm; /* enum signing_algorithm */
	bool test;
	struct str_list products; /* empty: every product */
	const char *authority;    /* NULL: no certificate */
	const char *subject; /* as ca/name.h reads it; NULL: the authority's, its CN the name */
	int64_t validity;    /* seconds, of the certificate; cut at the authority's end */
};

/* What approvers read, a JSON array, and what their digest is of. In the arena. */
const char *signing_key_difference(const struct signing_key_order *order, struct arena *arena);

struct signing_key_context {
	struct db *db;
	struct hsm *hsm;
	const struct policy *policy;
	int64_t now;
	const struct rng *rng;
};
/* Can it be made at all? Makes nothing. ERR_CONFLICT signing-key.there, ERR_UNFIT
 * signing-key.algorithm, signing-key.authority, signing-key.subject. */
struct status signing_key_check(
    const struct signing_key_context *c, const struct signing_key_order *order, struct err *err);
/*
 * In the caller's transaction: the key, its certificate with its log entry, and the document
 * (JSON, in the arena), which the caller applies in the same transaction.
 */
struct status signing_key_make(const struct signing_key_context *c,
    const struct signing_key_order *order, struct arena *arena, struct span *ret_document,
    struct err *err);

#endif
