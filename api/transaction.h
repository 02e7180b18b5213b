/*
 * api/transaction.h: an act of the API is one transaction, durable before anybody hears of it.
 *
 * Where the row takes an Idempotency-Key, what was answered is stored in the same transaction, and
 * answered again to the same call under the same key for IDEMPOTENCY_SECONDS.
 */
#ifndef SIGNET_API_TRANSACTION_H
#define SIGNET_API_TRANSACTION_H

#include "api/route.h"

#define IDEMPOTENCY_SECONDS 86400 /* retries come within minutes; a night's stop is survived */
#define IDEMPOTENCY_KEY_MAX 64    /* a UUID has 36 */

/*
 * begin, handler, commit; again where it lost a race. On failure everything is rolled back; where
 * approvals lack (api/require.h), a second transaction stores the call as a request.
 */
struct status transaction_run(struct call *call, struct http_response *response, struct err *err);

#endif
