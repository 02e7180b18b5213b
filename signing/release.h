/*
 * signing/release.h: releases: from what a pipeline says of its firmware to what devices verify.
 *
 *	draft -> requested -> approved -> signed -> published -> recalled
 *
 * A request that is rejected, withdrawn or expired brings it back to draft. Every step has a row
 * (release_step) and a log entry "release.created", ".requested", ".approved", ".returned",
 * ".signed", ".published", ".recalled", in the transaction of the act.
 *
 * The manifest's octets are fixed when the draft is made. What approvers agree to (release_plan) is
 * a digest over the manifests, the formats and the keys: another key, format or manifest needs
 * other approvals. Whether they suffice is the caller's question (api/require.h); who agreed goes
 * into the record that the log entry of the signature commits to, and so into the bundle.
 *
 * Functions that write run in the caller's transaction. A state that somebody else has changed
 * meanwhile is a lost race: db_retryable(), run it all again. Refusals are rows of
 * access/reason_release.h.
 */
#ifndef SIGNET_SIGNING_RELEASE_H
#define SIGNET_SIGNING_RELEASE_H

#include "access/access.h"
#include "base/clock.h"
#include "signing/log_board.h"
#include "signing/provenance.h"
#include "signing/signer.h"
#include "sql/release.h"

struct request_row; /* sql/request.h */

#define RELEASE_COMPONENTS_MAX 8 /* SUIT_COMPONENTS_MAX */
#define RELEASE_VERSION_MAX    64
#define RELEASE_NOTES_MAX      4000               /* bytes */
#define RELEASE_SIZE_MAX       (INT64_C(1) << 40) /* bytes of a component: more than devices hold */
#define RELEASE_URI_MAX        512

struct release_context {
	struct db *db;
	int64_t now;
	const struct rng *rng;
	const struct access *access; /* as it is now */
	struct signer *signer;       /* signing and recalling */
	struct log_board *board; /* asked to integrate at once for a proof; NULL: nobody to ask */
};

/* Of policy's product: what its manifests say. */
struct release_product {
	int64_t id;
	const char *name, *manufacturer, *model;
	const char *vendor_domain; /* NULL: it has no releases */
};

/* Who acts. `person` NULL: the same, or nobody is known. */
struct release_actor {
	const char *name, *person;
	int64_t request_id; /* that is redeemed; 0: none was needed */
};
struct release_actor release_actor_of(const struct actor *actor, int64_t request_id);

/* ---- a draft ---- */

struct release_component {
	const char *id;                       /* [a-z0-9._-], 64 at most, each once */
	const char *sha256, *sha384, *sha512; /* hex; NULL: not given; one of them is */
	int64_t size;                         /* bytes */
	const char *uri;                      /* https, http, coap, coaps; NULL: none */
};
struct release_new {
	const char *channel;
	const char *version; /* 1 to 64 printable ASCII characters without spaces */
	const struct release_component *components;
	size_t component_count;
	const char *sbom_format; /* "cyclonedx" "spdx"; NULL: no SBOM */
	const char *sbom_sha256; /* hex */
	const char *notes;       /* NULL: none */
	int64_t supersedes;      /* sequence of an earlier release of the channel; 0: none */
	const struct provenance *provenance; /* of the token; NULL: none */
};
/*
 * Store a draft, with its manifests and a sequence number. The same content by the same principal
 * under the same version is the same release (ret_made false), also when another run of the same
 * commit says it. ERR_CONFLICT release.exists names what differs.
 */
struct status release_create(const struct release_context *c, const struct release_product *product,
    const struct release_new *content, const struct release_actor *by, struct arena *arena,
    struct release_row *ret_row, bool *ret_made, struct err *err);

/* ---- a request for approvals; all in the transaction of the request's own step ---- */

/*
 * It waits for this request now. The same again changes nothing. ERR_CONFLICT release.state.
 * The other steps, "approved" when all approvals are there, and "returned" to draft when the
 * request is rejected, withdrawn or expired, are made by signing/approval.c itself.
 */
struct status release_requested(const struct release_context *c, int64_t release_id,
    int64_t request_id, const struct release_actor *by, struct err *err);

/* ---- signing ---- */

struct release_plan {
	struct digest digest;
	const char *difference; /* JSON array of one object, for approvers */
	/* for release_sign(): */
	const struct channel *channel;
	size_t key_count;
	struct signer_key *keys[CHANNEL_KEYS_MAX];
};
void release_plan_free(struct release_plan *p);
static inline void release_plan_auto(struct release_plan *p)
{
	release_plan_free(p);
}
/*
 * What signing it would do, judged by policy as it is now: channel, requester, source, keys and
 * formats, and that product and channel are still what the manifest says. `by`: who asks.
 */
struct status release_plan(const struct release_context *c, const struct release_product *product,
    const struct release_row *row, const struct release_actor *by, struct arena *arena,
    struct release_plan *ret_plan, struct err *err);

struct release_approver {
	const char *name, *role;
	int64_t at;
};
/* The approvals that it is signed by: those of the request that is redeemed. */
struct release_evidence {
	const struct digest *request_digest; /* NULL: none was needed */
	const struct release_approver *approvers;
	size_t approver_count;
};
/*
 * From a stored request: who approved and by which of the roles that it required, each person once.
 * In the arena. `row` NULL: none was needed.
 */
struct release_evidence release_evidence_of(
    const struct access *access, const struct request_row *row, int64_t now, struct arena *arena);
/*
 * Sign in every format of the channel with every key, and store it with record and log entry. One
 * that is signed already is left as it is. ret_row: as it is then. ERR_KEY. Nothing may leave
 * before the commit.
 */
struct status release_sign(const struct release_context *c, const struct release_row *row,
    const struct release_plan *plan, const struct release_evidence *evidence,
    const struct release_actor *by, struct arena *arena, struct release_row *ret_row,
    struct err *err);

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
