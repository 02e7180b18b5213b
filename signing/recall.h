/*
 * signing/recall.h: tell devices to leave a release: a new signed list of the channel's recalled
 * releases (signing/format/recall.h), with a number that rises, and the release that takes over.
 */
#ifndef SIGNET_SIGNING_RECALL_H
#define SIGNET_SIGNING_RECALL_H

#include "signing/release_publish.h"
#include "sql/recall.h"

struct release_recall {
	const struct release_row *row; /* published, or signed */
	int64_t successor; /* id of the release to go to: published, newer; 0: the newest such, if
			      any */
};
/* ERR_CONFLICT release.state, release.successor. */
struct status release_recall_plan(const struct release_context *c,
    const struct release_recall *recall, struct arena *arena, struct release_step_plan *ret_plan,
    struct err *err);
/*
 * Sign the new list with the channel's keys and store it, the release's step and the log entry. One
 * that is recalled already is left as it is. The channel must still have a document. ERR_KEY.
 */
struct status release_recall(const struct release_context *c, const struct release_recall *recall,
    const struct release_actor *by, struct arena *arena, struct release_row *ret_row,
    struct err *err);

#endif
