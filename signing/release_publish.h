/*
 * signing/release_publish.h: the file that proves a release, and letting devices find it.
 * signing/release.h says what releases are.
 */
#ifndef SIGNET_SIGNING_RELEASE_PUBLISH_H
#define SIGNET_SIGNING_RELEASE_PUBLISH_H

#include "signing/release.h"

/* ---- the bundle ---- */

#define RELEASE_PROOF_WAIT_MS 2000

/*
 * As published, or, when it is signed, made from what is stored and a proof of the log: waits for
 * the integrator up to wait_ms. ERR_BUSY log.pending: no signed checkpoint covers its entry yet.
 * ERR_CONFLICT release.state: not signed. In the arena.
 */
struct status release_bundle(const struct release_context *c, const struct release_row *row,
    int64_t wait_ms, struct arena *arena, struct span *ret_bytes, struct err *err);

/* ---- publishing, recalling ---- */

/* The digest that a request for either covers, and what approvers read (a JSON array). */
struct release_step_plan {
	struct digest digest;
	const char *difference;
};
struct release_step_plan release_publish_plan(const struct release_row *row, struct arena *arena);

/*
 * Devices of its channel find it from now on. ERR_DENIED release.window (names the next one),
 * ERR_CONFLICT release.state, release.older; ERR_BUSY log.pending. One that is published already is
 * left as it is.
 */
struct status release_publish(const struct release_context *c, const struct release_row *row,
    const struct release_actor *by, int64_t wait_ms, struct arena *arena,
    struct release_row *ret_row, struct err *err);

#endif
