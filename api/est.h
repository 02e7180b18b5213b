/*
 * api/est.h: Enrollment over Secure Transport (RFC 7030, RFC 8951, RFC 9908), as routes.
 *
 * Bodies are base64 whatever Content-Transfer-Encoding says (RFC 8951 3). Header values are those
 * that clients compare byte by byte. A client without credentials gets 401 with a text: no Basic is
 * offered, since identity comes from a certificate or not at all.
 */
#ifndef SIGNET_API_EST_H
#define SIGNET_API_EST_H

#include "api/route.h"

/* Route handlers; call->segment is the label, NULL on paths without one. */
struct status est_cacerts(struct call *call, struct http_response *response, struct err *err);
struct status est_csrattrs(struct call *call, struct http_response *response, struct err *err);
struct status est_simpleenroll(struct call *call, struct http_response *response, struct err *err);
struct status est_simplereenroll(
    struct call *call, struct http_response *response, struct err *err);
/* serverkeygen and fullcmc: 501 with a text that says what to do instead. */
struct status est_not_offered(struct call *call, struct http_response *response, struct err *err);

#endif
