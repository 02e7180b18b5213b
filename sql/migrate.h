/*
 * sql/migrate.h: bring a database's schema to what this program was built for. Forward only.
 *
 * Run with the owner's role (signet_owner); the server's role could not. Safe to run anywhere at
 * any time: an advisory lock lets one migrate while others wait, then find nothing left to do.
 */
#ifndef SIGNET_SQL_MIGRATE_H
#define SIGNET_SQL_MIGRATE_H

#include "base/err.h"

/* Called for each migration when it has been committed: "0001_policy". NULL allowed. */
struct migrate_progress {
	void (*applied)(void *context, int version, const char *name);
	void *context;
};

/*
 * Each migration runs in a transaction of its own, under the lock. ERR_CONFIG: an applied one
 * differs from ours (its digest), or the schema is newer than this program. ERR_DATABASE: not
 * reached, or refused; err->cause has PostgreSQL's words; what was applied before stays.
 */
struct status migrate_run(
    const char *conninfo, const struct migrate_progress *progress, struct err *err);

/* The version that this program needs. */
int migrate_latest(void);

#endif
