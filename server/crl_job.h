/*
 * server/crl_job.h: publishes revocation lists: a thread and two database connections of its own on
 * each node; one node at a time is elected.
 *
 * At once when something is revoked (told by the database, and looked for every half second), and
 * by the clock: ca/crl_publish.h says what is due. A batch of small lists is one transaction, a
 * large list one of its own, so that nobody who revokes waits long. An authority whose key is away
 * is tried again, and told of by an alarm when its list nears its end.
 */
#ifndef SIGNET_SERVER_CRL_JOB_H
#define SIGNET_SERVER_CRL_JOB_H

#include "base/err.h"

struct crl_job;
struct server;

struct status crl_job_start(struct server *s, struct crl_job **ret_job, struct err *err);
void crl_job_stop(struct crl_job *j);

#endif
