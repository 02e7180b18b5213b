/*
 * server/inventory_job.h: the inventory by the clock: counts are put together, and what expired
 * long ago goes into the archive. Rows of the table in server/job.c.
 */
#ifndef SIGNET_SERVER_INVENTORY_JOB_H
#define SIGNET_SERVER_INVENTORY_JOB_H

#include "ca/archive.h"

struct server;

/* Every server may: the rows of change are locked, each is put together once. */
struct status inventory_fold(struct db *db, struct err *err);
/*
 * For at most two seconds, going on at the place where the last run stopped: the other jobs wait.
 * From the start again when the end is reached.
 */
struct status inventory_archive(
    const struct server *s, struct db *db, struct archive_place *place, struct err *err);

#endif
