/*
 * api/service_certificate.h: POST /api/v1/certificates. What is issued, and for whom, is decided in
 * ca/service_certificate.h.
 */
#ifndef SIGNET_API_SERVICE_CERTIFICATE_H
#define SIGNET_API_SERVICE_CERTIFICATE_H

#include "api/route.h"

/* A request of 16 KiB in base64, names, and JSON around them. */
#define SERVICE_CERTIFICATE_BODY_MAX 65536

struct service_certificate_body {
	char *profile, *csr;
	struct str_list dns, ip;
};
extern const struct field service_certificate_fields[];

struct status service_certificate_create(
    struct call *call, struct http_response *response, struct err *err);

#endif
