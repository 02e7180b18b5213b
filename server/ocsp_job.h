/*
 * server/ocsp_job.h: keeps what OCSP answers with: a thread and a database connection of its own.
 *
 * Responders of every authority are found, made and renewed (ca/ocsp_responder.h) and shown to
 * those who answer (ca/ocsp_board.h); the staple for our own certificate is made anew when
 * something was revoked and before it ends; the newest time that answers have said is kept in the
 * state directory
 * ("ocsp-time"), so that a clock that was set back while the server was down is noticed.
 */
#ifndef SIGNET_SERVER_OCSP_JOB_H
#define SIGNET_SERVER_OCSP_JOB_H

#include "base/err.h"

struct ocsp_job;
struct server;

/* Returns when the first round is over. */
struct status ocsp_job_start(struct server *s, struct ocsp_job **ret_job, struct err *err);
/* Something was revoked. NULL: nobody is there yet. */
void ocsp_job_wake(struct ocsp_job *j);
void ocsp_job_stop(struct ocsp_job *j);

#endif
