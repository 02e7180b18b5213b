/*
 * api/operator_certificate.h: POST /api/v1/principals/{name}/certificates. What is issued, and to
 * whom, is decided in ca/operator_certificate.h.
 */
#ifndef SIGNET_API_OPERATOR_CERTIFICATE_H
#define SIGNET_API_OPERATOR_CERTIFICATE_H

#include "api/route.h"

/* A request of 16 KiB in base64, and JSON around it. */
#define OPERATOR_CERTIFICATE_BODY_MAX 32768

struct operator_certificate_body {
	char *csr; /* PEM, or base64 of DER */
};
extern const struct field operator_certificate_fields[];

struct status operator_certificate_create(
    struct call *call, struct http_response *response, struct err *err);

#endif
