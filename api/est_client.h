/*
 * api/est_client.h: who asks for something that anybody may have, with a certificate of ours.
 *
 * Using an LDevID ends the wait of its renewal (ca/ldevid.h); one that is revoked or held is
 * refused; and the device hears when to renew: Signet-Renew-At, an IMF-fixdate (RFC 9110 5.6.7).
 * Who asks with another certificate, or with none, is served like anybody.
 */
#ifndef SIGNET_API_EST_CLIENT_H
#define SIGNET_API_EST_CLIENT_H

#include "api/route.h"
#include "ca/policy.h"

struct est_client {
	bool later;       /* only a worker, which can ask the store, may answer */
	int64_t renew_at; /* 0: there is nothing to say */
};

/*
 * Before anything is answered. Memory only on the loop; call->db NULL. Where the store is away
 * nobody is refused: what is asked for is public. ERR_DENIED as ldevid_use().
 */
struct status est_client_see(
    struct call *call, const struct label *label, struct est_client *ret_client, struct err *err);

/* The header, where there is something to say. */
void est_put_renew_at(const struct call *call, int64_t renew_at, struct http_response *response);

#endif
