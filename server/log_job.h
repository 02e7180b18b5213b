/*
 * server/log_job.h: keeps the log: a thread and a database connection of its own on each node.
 *
 * Every 200 ms, and at once when a worker waits for a proof: compares the database with what this
 * node saw, integrates what waits (one node at a time), signs what is committed, keeps the
 * checkpoint, and shows it (signing/log_board.h). While the database is behind or forked nothing
 * is integrated or signed, and the board says so: acts are refused.
 */
#ifndef SIGNET_SERVER_LOG_JOB_H
#define SIGNET_SERVER_LOG_JOB_H

#include "base/err.h"

struct log_job;
struct server;

/* Returns when the first round is over. ERR_CONFIG: the kept checkpoint cannot be read. */
struct status log_job_start(struct server *s, struct log_job **ret_job, struct err *err);
void log_job_stop(struct log_job *j);

#endif
