/*
 * ca/crl_lint.h: read our own revocation lists, and rules over those about to be signed: a table,
 * as that of ca/lint.h.
 *
 * A finding is our fault: nothing is signed, the list before it stays. The lints read the bytes
 * and share no writer with those who made them; names are zlint's where it has one.
 */
#ifndef SIGNET_CA_CRL_LINT_H
#define SIGNET_CA_CRL_LINT_H

#include "base/der.h"
#include "ca/crl.h"

struct crl_lint_context {
	const struct authority *issuer;
	const struct crl_order *order; /* key and number that it is about to be signed with */
};

/* ERR_INTERNAL with the reason of the first lint that found something. */
struct status crl_lint(
    struct span tbs_der, const struct crl_lint_context *context, struct err *err);

/* What a TBSCertList says, for people. Strict; spans into der. ERR_INPUT. */
struct crl_said {
	struct span issuer;
	int64_t number, base; /* base 0: a full list */
	int64_t this_update, next_update;
	int64_t entries;
};
struct status crl_read(struct span tbs_der, struct crl_said *ret_said, struct err *err);
/* A signed list's parts; not verified. ERR_INPUT. */
struct status crl_open(
    struct span der, struct span *ret_tbs, struct span *ret_signature, struct err *err);

struct crl_lint_row {
	const char *name, *source;
};
extern const struct crl_lint_row crl_lints[]; /* ended by name NULL */

#endif
