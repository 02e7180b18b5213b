/*
 * ca/crl_lint.h: rules over a revocation list about to be signed. A table, as that of ca/lint.h.
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

struct crl_lint_row {
	const char *name, *source;
};
extern const struct crl_lint_row crl_lints[]; /* ended by name NULL */

#endif
