/* signing/release_internal.h: shared by the files of release.h, recall.h and trust_publish.h. */
#ifndef SIGNET_SIGNING_RELEASE_INTERNAL_H
#define SIGNET_SIGNING_RELEASE_INTERNAL_H

#include "access/reason_release.h"
#include "signing/release_publish.h"
#include "signing/release_sign.h"
#include "signing/release_log.h"

enum release_reason_id {
#define RELEASE_REASON_ID(id, code, kind, rule, advice) REASON_##id,
	REASONS_RELEASE(RELEASE_REASON_ID)
#undef RELEASE_REASON_ID
};
extern const struct reason release_reasons[];
#define REFUSE(err, id, ...) err_refuse((err), &release_reasons[REASON_##id], __VA_ARGS__)

/* An entry of this record, ready to be written. */
struct status release_line(const struct release_context *c, const char *kind, struct span record,
    struct log_line *ret_line, struct err *err);

/* A step whose record is release_log.h's: "requested" "approved" "returned" "published" "recalled".
 */
struct release_change {
	const char *step, *state;
	int64_t request_id; /* that the release has then */
	struct span digest; /* of the step */
	struct span bundle; /* "published" */
	struct digest bundle_sha256;
};
struct status release_step_make(const struct release_context *c, const struct release_row *row,
    const struct release_change *change, const struct release_actor *by, int64_t *ret_step_id,
    struct err *err);

/* ERR_DENIED release.channel. */
struct status release_channel(const struct release_context *c, const char *product,
    const char *channel, const struct channel **ret_channel, struct err *err);
/* May this one ask for a signature there? ERR_DENIED release.requester. */
struct status release_requester(
    const struct channel *channel, const struct release_actor *by, struct err *err);
/* The channel's keys, each fit to sign; opened, given back with release_plan_free(). */
struct status release_keys(const struct release_context *c, const struct channel *channel,
    struct release_plan *plan, struct err *err);

/* A difference is a JSON array of {"path","old","new"}; old, new: NULL: none. */
void release_difference(struct json *j, const char *path, const char *old, const char *new);

#endif
