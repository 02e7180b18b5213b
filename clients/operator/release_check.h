/*
 * clients/operator/release_check.h: does a bundle hold, and is it about these files? Offline.
 *
 * Against a trust statement it is all that a device checks. Without one, what a bundle shows of
 * itself is compared: signatures by the keys of its own chain, digests, approvals, the entry's
 * commitment; who may sign is then not known, nor which log is the right one.
 */
#ifndef SIGNET_OPERATOR_RELEASE_CHECK_H
#define SIGNET_OPERATOR_RELEASE_CHECK_H

#include <jansson.h>

#include "clients/operator/release_content.h"
#include "signing/format/trust.h"

struct release_check {
	struct span bundle;
	const struct trust *trust;               /* NULL: there is none */
	const char *product, *channel, *version; /* that it must be; NULL: whatever it says */
	const struct release_content *content;   /* that it must be about; NULL: not looked at */
	bool whole;                              /* and about nothing else */
	struct span manifest, jws, cms;          /* what came with it; p NULL: not at hand */
};

/*
 * ret_report: {product, channel, version, sequence, requester, approvals, signed_at,
 * manifest_digest, checks: [{check, how}]}; the caller releases it. ERR_DENIED: which check fails.
 */
struct status release_check(
    const struct release_check *check, json_t **ret_report, struct err *err);
/* The checks, a line each, and what it is. */
void release_check_print(const struct screen *out, const json_t *report);

#endif
