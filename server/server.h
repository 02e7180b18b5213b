/*
 * server/server.h: the process that serves: what lives from start to stop.
 *
 * server_start() makes everything and starts the core; job.c then keeps policy, certificate and
 * database state current on a thread of its own; server_stop() ends in the opposite order.
 */
#ifndef SIGNET_SERVER_SERVER_H
#define SIGNET_SERVER_SERVER_H

#include <stdatomic.h>

#include "ca/ocsp.h"
#include "ca/policy.h"
#include "server/config.h"
#include "server/core.h"
#include "server/fetch.h"

/* The certificate in use; touched by one thread: whoever starts, then the jobs'. */
struct own_certificate {
	X509 *certificate;
	STACK_OF(X509) * chain; /* behind it, without the root */
	struct hsm_key *key;
};

struct server {
	const struct config *config;
	struct log log;
	struct metrics metrics;
	struct api api;
	struct hsm *hsm;
	struct policy_holder *policies;
	struct tls_set *tls;
	struct tickets *tickets;
	struct db_config db;
	struct core *core;
	struct jobs *jobs;
	struct log_job *log_job;
	struct mass_job *mass_job;
	struct witness_job *witness_job;
	struct crl_job *crl_job;
	struct crl_shelf *crl_shelf;
	struct ocsp ocsp;
	struct status_feed *status_feed;
	struct ocsp_job *ocsp_job;
	struct staple *staple; /* of our own certificate */
	struct own_certificate own;
	struct curl_fetcher curl;
	struct fetcher fetcher;                     /* asks other servers; for workers and jobs */
	bool has_tls;                               /* any TLS listener at all */
	atomic_int_fast64_t database_seen_ms;       /* monotonic; 0: never */
	atomic_int_fast64_t certificate_not_before; /* seconds since 1970; 0: none */
	atomic_int_fast64_t certificate_not_after;
};

/* Fills *s, which must stay where it is. On failure everything is undone. */
struct status server_start(struct server *s, const struct config *config, struct err *err);
void server_stop(struct server *s);

/* Fit to serve? False: why, for /readyz. From memory only. */
bool server_ready(void *server, char *why, size_t size);

/* The contexts of all TLS listeners, made anew from s->own and the policy in force. */
struct status server_renew_tls(struct server *s, struct err *err);

#endif
