/* server/exchange.h: one request and its answer, from its first line to its last byte. */
#ifndef SIGNET_SERVER_EXCHANGE_H
#define SIGNET_SERVER_EXCHANGE_H

#include "ca/reason.h"
#include "server/core_internal.h"

struct exchange *exchange_new(struct front *f, struct MHD_Connection *c, const char *uri);
void exchange_free(struct exchange *x);
/*
 * The headers are there: find the route, judge what can be judged before a body is sent.
 * False: refused, the response is filled.
 */
bool exchange_open(struct exchange *x);
/* The route's bound, or the server's where that is lower. */
size_t exchange_body_max(const struct exchange *x);
/* On the loop: handlers that never block. */
void exchange_run_here(struct exchange *x);
/* Fill the response with a refusal of the server's own, by a row of ca/reason.h. */
void exchange_refuse(struct exchange *x, enum reason_id why, const char *format, ...) PRINTF(3, 4);
/* Did the client announce a body that nobody will read? Then the connection cannot go on. */
bool exchange_has_body(const struct exchange *x);

/*
 * Percent-decode a path into `out` (as long as `raw`). False: a bad escape, an encoded NUL or slash
 * (it would name another path than the one that was judged; not so behind /ocsp/, where a value
 * stands), or no leading slash.
 */
bool path_decode(const char *raw, size_t n, char *out);

#endif
