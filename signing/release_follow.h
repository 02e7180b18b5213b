/*
 * signing/release_follow.h: a release goes with the request that it waits for. Called by
 * signing/approval.c, in the transaction of the request's own step; nothing happens where the
 * request is about no release.
 */
#ifndef SIGNET_SIGNING_RELEASE_FOLLOW_H
#define SIGNET_SIGNING_RELEASE_FOLLOW_H

#include "signing/approval.h"

/* All of its approvals are there: "approved", by whose approval was the last. */
struct status release_follow_approved(const struct approval_context *c,
    const struct request_row *request, const struct actor *who, struct err *err);
/* It has ended without a signature: "returned" to draft. */
struct status release_follow_ended(const struct approval_context *c,
    const struct request_row *request, const char *by, struct err *err);

#endif
