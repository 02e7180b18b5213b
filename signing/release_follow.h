/*
 * signing/release_follow.h: a release goes with the request that it waits for. Called by
 * signing/approval.c, in the transaction of the request's own step; nothing happens where the
 * request is about no release.
 */
#ifndef SIGNET_SIGNING_RELEASE_FOLLOW_H
#define SIGNET_SIGNING_RELEASE_FOLLOW_H

#include "signing/approval.h"

/*
 * Who made the release that waits for it; who is behind that one. NULL: the request is about none.
 * Its maker agrees to it no more than the one who asks, who may be another.
 */
struct status release_follow_author(const struct approval_context *c,
    const struct request_row *request, struct arena *arena, const char **ret_author,
    const char **ret_person, struct err *err);
/* All of its approvals are there: "approved", by whose approval was the last. */
struct status release_follow_approved(const struct approval_context *c,
    const struct request_row *request, const struct actor *who, struct err *err);
/* It has ended without a signature: "returned" to draft. */
struct status release_follow_ended(const struct approval_context *c,
    const struct request_row *request, const char *by, struct err *err);

#endif
