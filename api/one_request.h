/*
 * api/one_request.h: what a token is good for that a run exchanged (api/token.h).
 *
 * For one thing, which its first act decides:
 *
 *	an act       done at once, or stored as a request, which it may then look at, withdraw
 *	             and redeem
 *	a release    createRelease binds it: it has that release signed and published, fetches what
 *	             is there of it, and follows the requests that come of that
 *
 * Nothing is done twice, even at once: the store binds, in the transaction of the act.
 */
#ifndef SIGNET_API_ONE_REQUEST_H
#define SIGNET_API_ONE_REQUEST_H

#include "api/route.h"

/* Before anything is done; other tokens pass. ERR_DENIED request.one. */
struct status one_request_gate(const struct call *call, struct err *err);
/* A call of it was stored as this request, in the transaction. ERR_DENIED request.one. */
struct status one_request_stored(const struct call *call, int64_t request_id, struct err *err);

/* What becomes of a token by an act that went well. */
enum one_request_end {
	ONE_REQUEST_GOES_ON, /* there is nothing to note */
	ONE_REQUEST_SPENT,   /* the act was its one: to be kept as its request */
	ONE_REQUEST_BOUND    /* it was bound to the release that it made */
};
/* In the act's transaction. ERR_DENIED request.one. */
struct status one_request_settle(
    const struct call *call, enum one_request_end *ret_end, struct err *err);

#endif
