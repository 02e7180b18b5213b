/*
 * server/job.h: what happens by the clock, on a thread and a database connection of its own.
 *
 * Policy is loaded when the database says that it changed, and looked at once a minute all the
 * same; the server's certificate is renewed; strangers' rows are purged by one of all servers.
 */
#ifndef SIGNET_SERVER_JOB_H
#define SIGNET_SERVER_JOB_H

#include "base/err.h"

struct jobs;
struct server;

/* Returns when every job has been tried once: the server is then as ready as it can be. */
struct status jobs_start(struct server *s, struct jobs **ret_jobs, struct err *err);
/* Certificate from disk, policy from the database, now. Returns when it is done. */
void jobs_reload(struct jobs *j);
void jobs_stop(struct jobs *j);

#endif
