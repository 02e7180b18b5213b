/*
 * ca/ocsp.h: from a request to its answer (RFC 6960, RFC 9919), for all threads of one server.
 *
 * What is answered:
 *   good      issued by this authority and not revoked, whether or not it has expired
 *   revoked   revoked or held, for ever or until it is resumed, with the reason
 *   unknown   this authority never issued that serial number. RFC 6960 2.2 would also allow
 *             "revoked"; but a certificate that another server is about to issue must not have been
 *             called so. Also: other certificates of one request than those of its first authority,
 *             since an answer is signed for one.
 * Refused, unsigned: unauthorized, where the issuer is none of ours or its key is never here;
 * tryLater, where that key or the store is away. Certificates that were archived are answered as
 * before.
 *
 * Never before it is known: while the store has been silent for OCSP_FRESH_MS nothing is said.
 */
#ifndef SIGNET_CA_OCSP_H
#define SIGNET_CA_OCSP_H

#include "base/clock.h"
#include "ca/ocsp_board.h"
#include "ca/ocsp_cache.h"

struct db;

/* A signed answer serves others for a quarter of its life, and no longer than that. */
#define OCSP_KEPT_SHARE 4
#define OCSP_KEPT_MAX   INT64_C(3600)
/*
 * Times in answers do not go back when the clock does, for as long as that takes it to come back to
 * where it was. Set back by more, it must have been wrong before: it is followed.
 */
#define OCSP_CLOCK_BACK_MAX INT64_C(86400)

struct ocsp {
	struct ocsp_cache *cache;
	const struct clock *clock;
	atomic_int_fast64_t latest; /* seconds: the newest time in an answer */
	/* The rest is ocsp.c's. */
	struct ocsp_showing *showing;
};
void ocsp_start(struct ocsp *o, const struct clock *clock, uint64_t seed);
void ocsp_end(struct ocsp *o);

/* Takes the board over; answers are made by it from now on. */
void ocsp_show(struct ocsp *o, struct ocsp_board *b);
/* A reference; NULL before the first. */
struct ocsp_board *ocsp_shown(struct ocsp *o);
/* Now, but never less than any answer of before has said. */
int64_t ocsp_now(struct ocsp *o);

/* How an answer was come by, for the metrics. */
enum ocsp_origin {
	OCSP_FROM_CACHE,
	OCSP_SIGNED
};
struct ocsp_result {
	struct ocsp_answer *answer; /* a reference; NULL: not without the store, or not on a loop */
	enum ocsp_origin origin;
};
/*
 * db NULL: from memory, without waiting. Refusals: ca/reason_ocsp.h; ERR_DATABASE, ERR_KEY.
 */
struct status ocsp_respond(
    struct ocsp *o, struct db *db, struct span der, struct ocsp_result *ret, struct err *err);

/*
 * An answer about a certificate of this authority, named with SHA-1 and with SHA-256, for a TLS
 * server to staple. ret_answer NULL: there is no responder for the authority here.
 */
struct status ocsp_staple(struct ocsp *o, struct db *db, const struct authority *authority,
    struct span serial, struct ocsp_answer **ret_answer, struct err *err);

#endif
