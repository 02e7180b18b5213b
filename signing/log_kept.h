/*
 * signing/log_kept.h: what a node remembers of the log, apart from the database.
 *
 * Whoever holds the database can put back an old copy of it, or another. So each node keeps the
 * last checkpoint that it saw in a file, and follows only a log that grew from there: a database
 * that lies behind, or has another past, is refused.
 *
 * A restored database starts a new log that names the last checkpoint of the old one
 * (signetd restore): that is followed when what it names is not older than what is kept.
 */
#ifndef SIGNET_SIGNING_LOG_KEPT_H
#define SIGNET_SIGNING_LOG_KEPT_H

#include "signing/log.h"

#define LOG_KEPT_FILE "log-checkpoint" /* in the state directory */

struct log_kept {
	char *path;
	bool there; /* a checkpoint is kept */
	char origin[CHECKPOINT_ORIGIN_MAX + 1];
	struct merkle_tree tree;
};

/* From the text of a checkpoint; nothing is verified. path is not touched. ERR_INPUT. */
struct status log_kept_parse(struct log_kept *k, struct span file, struct err *err);
/* ERR_CONFIG: the file is no checkpoint. That there is none is fine. Freed with log_kept_free(). */
struct status log_kept_load(
    const char *state_directory, struct log_kept *ret_kept, struct err *err);
void log_kept_free(struct log_kept *k);

/*
 * Did the tree of that state grow from what is kept? key: of this server, whose name is replaced;
 * NULL: it has none, and no link can be checked.
 * ERR_DENIED: it lies behind, has forked, or is another log that is not linked to it; the message
 * says what the operator can do.
 */
struct status log_kept_compare(const struct log_kept *k, struct db *db,
    const struct log_state *state, const struct vkey *key, struct err *err);

/* Keep this signed checkpoint, compared before; durable on return. ERR_CONFIG: it cannot be. */
struct status log_kept_keep(struct log_kept *k, struct span note, struct err *err);

#endif
