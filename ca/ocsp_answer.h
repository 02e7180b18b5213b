/*
 * ca/ocsp_answer.h: write and sign OCSP answers (RFC 6960 4.2, RFC 9919 3.2).
 *
 * ResponderID is byKey; nextUpdate is always there; the only extension is the nonce. The
 * responder's certificate goes along. thisUpdate and producedAt are one time, since RFC 9919 takes
 * Last-Modified from the one in 6 and from the other in 7.2.
 */
#ifndef SIGNET_CA_OCSP_ANSWER_H
#define SIGNET_CA_OCSP_ANSWER_H

#include "ca/ocsp_request.h"
#include "hsm/hsm.h"

enum ocsp_error { /* OCSPResponseStatus, RFC 6960 4.2.1 */
	OCSP_MALFORMED = 1,
	OCSP_INTERNAL = 2,
	OCSP_TRY_LATER = 3,
	OCSP_UNAUTHORIZED = 6
};
/* A whole OCSPResponse that says so and nothing else: "responseBytes ... is not set". Static. */
struct span ocsp_error_answer(enum ocsp_error error);

enum ocsp_status {
	OCSP_GOOD,
	OCSP_REVOKED, /* or held */
	OCSP_UNKNOWN  /* not issued by the authority that the answer speaks for */
};
struct ocsp_state {
	enum ocsp_status status;
	int reason; /* CRLReason, RFC 5280 5.3.1; 0 is left out */
	int64_t revoked_at;
};

struct ocsp_single {
	struct span cert_id; /* DER, as asked */
	struct ocsp_state state;
};

struct ocsp_reply {
	const struct ocsp_single *singles;
	size_t count;
	int64_t at;          /* thisUpdate and producedAt */
	int64_t next_update; /* after it */
	struct span nonce;   /* n = 0: none */
};

/* Append an OCSPResponse signed by `key`, whose certificate this is. ERR_KEY: it refused. */
struct status ocsp_sign(const struct ocsp_reply *reply, struct hsm_key *key,
    struct span certificate, struct buf *out, struct err *err);

#endif
