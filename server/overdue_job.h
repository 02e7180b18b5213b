/* server/overdue_job.h: one of all servers looks for devices that did not renew in time. */
#ifndef SIGNET_SERVER_OVERDUE_JOB_H
#define SIGNET_SERVER_OVERDUE_JOB_H

#include "base/err.h"

struct db;
struct server;

struct status overdue_job(struct server *s, struct db *db, struct err *err);

#endif
