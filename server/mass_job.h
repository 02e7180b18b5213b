/*
 * server/mass_job.h: revokes what somebody selected: a thread and a database connection of its own
 * on each node, of which one works at a time (ca/mass_revoke.h).
 *
 * A batch after the other while there is something to do, else a look once a second. What fails is
 * tried again; what fails again and again, and not for want of the database, ends as failed, with
 * an alarm. While the database lies behind what this node saw of the log, nothing is done.
 */
#ifndef SIGNET_SERVER_MASS_JOB_H
#define SIGNET_SERVER_MASS_JOB_H

#include "base/err.h"

struct mass_job;
struct server;

struct status mass_job_start(struct server *s, struct mass_job **ret_job, struct err *err);
void mass_job_stop(struct mass_job *j);

#endif
