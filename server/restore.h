/*
 * server/restore.h: go on after the database was restored from a backup.
 *
 * What happened after the backup is gone from the database, but not from the world: certificates
 * were issued, numbers given out, and strangers have seen the log. So the restored database starts
 * a new log, named NAME/2 (/3, ...), which names the old one's last checkpoint; its first entry,
 * log.restored, commits to it, and the entries that the backup has follow in their order. Every
 * number that the store gives out jumps past what may have been used.
 */
#ifndef SIGNET_SERVER_RESTORE_H
#define SIGNET_SERVER_RESTORE_H

#include "hsm/hsm.h"
#include "signing/log_kept.h"
#include "server/command.h"

/* More than was ever given out since a backup that somebody would still restore. */
#define RESTORE_JUMP INT64_C(10000000)

struct restore {
	const struct invocation *v;
	struct db *db; /* as the owner */
	struct hsm *hsm;
	const struct log_kept *newest; /* the newest checkpoint of the old log that anybody holds */
	struct span note;              /* and its text */
};

struct restore_outcome {
	char origin[CHECKPOINT_ORIGIN_MAX + 1];
	char vkey[512];
	int64_t entries; /* of the old log that the backup has */
	uint64_t lost;   /* at least so many that it has not */
};
/*
 * ret_needed false: the database is not behind the checkpoint: nothing was changed, nor must be.
 * ERR_DENIED: the checkpoint is not signed by this Signet's log key. ERR_BUSY: a server is at the
 * log right now.
 */
struct status restore_look(const struct restore *r, bool *ret_needed, struct err *err);
/* After restore_look() said that it is needed. All or nothing. */
struct status restore_run(
    const struct restore *r, struct restore_outcome *ret_outcome, struct err *err);

#endif
