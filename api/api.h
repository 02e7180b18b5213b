/* api/api.h: what handlers reach beside the call: long-lived, shared, thread-safe. */
#ifndef SIGNET_API_API_H
#define SIGNET_API_API_H

#include "base/bucket.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "ca/enroll.h"

struct hsm;           /* for ca/, which keeps keys there; opaque here */
struct policy_holder; /* ca/policy.h */
struct log_board;     /* signing/log_board.h */
struct crl_board;     /* ca/crl_board.h */
struct token_keys;    /* ca/token_keys.h */
struct attempts;      /* api/attempt.h */
struct known_clients; /* api/known_client.h */
struct jwks_cache;    /* access/jwks_cache.h */
struct ocsp;          /* ca/ocsp.h */
struct signer;        /* signing/signer.h */

struct api {
	struct policy_holder *policies; /* the current snapshot */
	struct hsm *hsm;
	const char *tls_authority; /* that this server's own certificate comes from; NULL: none */
	struct clock clock;
	struct rng rng;
	const struct log *log;
	struct metrics *metrics;
	struct enroll_budget budget;                 /* {0} to start with */
	struct bucket refused_known, refused_nobody; /* api/recorder.h; {0} to start with */
	struct log_board *log_board;                 /* NULL: no log is kept here (tests) */
	struct crl_board *crl_board;                 /* NULL: no lists are shown here (tests) */
	const char *public_url;    /* of the public listener, from outside; NULL: not said */
	struct token_keys *tokens; /* our own: signs and checks them */
	struct attempts *attempts; /* addresses that failed to say who they are */
	struct known_clients *known_clients; /* NULL: the store is asked each time */
	struct jwks_cache *key_sets;         /* of outside issuers */
	struct ocsp *ocsp;                   /* NULL: nothing is said here (tests) */
	struct signer *signer;               /* keys of releases; NULL: none (tests) */
	/* Is this process fit to serve? For /readyz: false fills why. Set by server/. */
	bool (*ready)(void *context, char *why, size_t size);
	void *ready_context;
};

#endif
