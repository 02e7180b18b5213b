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

#endif
