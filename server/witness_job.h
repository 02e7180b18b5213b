/*
 * server/witness_job.h: asks the witnesses of the log policy to sign our checkpoints
 * (signing/log_witness.h), on two threads with a database connection each, so that one who keeps us
 * waiting does not keep the others. Without witnesses they sleep.
 */
#ifndef SIGNET_SERVER_WITNESS_JOB_H
#define SIGNET_SERVER_WITNESS_JOB_H

#include "base/err.h"

struct witness_job;
struct server;

struct status witness_job_start(struct server *s, struct witness_job **ret_job, struct err *err);
void witness_job_stop(struct witness_job *j);

#endif
