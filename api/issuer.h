/* api/issuer.h: certificates of authorities, where the AIA of issued ones points. RFC 5280 4.2.2.1.
 */
#ifndef SIGNET_API_ISSUER_H
#define SIGNET_API_ISSUER_H

#include "api/route.h"

/* GET /ca/{name}.cer: DER; cacheable, with an ETag. */
struct status issuer_certificate(
    struct call *call, struct http_response *response, struct err *err);
/*
 * The root authorities' certificates, PEM one after the other: for the first contact of a client
 * that knows a root's fingerprint, and so takes them from anybody.
 */
struct status issuer_roots(struct call *call, struct http_response *response, struct err *err);

#endif
