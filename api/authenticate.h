/*
 * api/authenticate.h: who calls: a bearer token of our own, an operator's client certificate, or
 * nobody.
 *
 * Whatever is wrong with a credential, the answer is the same: 401, one code, one text, in about
 * the same time. What exactly was wrong is err's private cause ("token.signature: ..."), for the
 * log and for the record of refused calls. Who fails often from one address must wait
 * (api/attempt.h).
 */
#ifndef SIGNET_API_AUTHENTICATE_H
#define SIGNET_API_AUTHENTICATE_H

#include "api/route.h"

/*
 * Fill call->actor. No credential at all is no failure: the actor is then nobody
 * (CREDENTIAL_NONE), and the row's permission decides. Rows that are public look at none. A token
 * counts where a certificate is there too. On a worker: call->db is used.
 * ERR_AUTH credential.refused; ERR_INPUT credential.twice; ERR_LIMIT credential.limited, with
 * call->retry_after; ERR_BUSY, ERR_DATABASE.
 */
struct status authenticate(struct call *call, struct err *err);
/*
 * Judge the call by this version of policy, which was seen in the store, or a newer one: a binding
 * that was taken away is gone with the next call, whether this node has heard of it or not.
 * call->policy may be another one after it. ERR_DATABASE, ERR_CONFIG.
 */
struct status authenticate_by(struct call *call, int64_t policy_version, struct err *err);

#endif
