/* api/certificate.h: certificates, searched and shown: handlers of /api/v1/certificates. */
#ifndef SIGNET_API_CERTIFICATE_H
#define SIGNET_API_CERTIFICATE_H

#include "api/page.h"
#include "api/route.h"
#include "sql/certificate_view.h"

struct certificate_list_query {
	struct page_query page;
	int64_t device;
	char *product, *serial, *serial_number, *authority, *subject, *key, *status, *label, *batch;
	int64_t expires_before, expires_after, issued_after, issued_before;
};
extern const struct field certificate_list_fields[];

struct status certificate_list_get(
    struct call *call, struct http_response *response, struct err *err);
struct status certificate_one_get(
    struct call *call, struct http_response *response, struct err *err);
struct status certificate_pem_get(
    struct call *call, struct http_response *response, struct err *err);

/* ---- for other handlers ---- */

/* The one that the path names, if the caller may see it; ret_der may be NULL. ERR_MISSING
 * object.unknown. */
struct status certificate_find(const struct call *call, struct certificate_row *ret_row,
    struct span *ret_der, struct err *err);
/* "good" "revoked" "held" */
const char *certificate_state(const struct certificate_row *c);
void certificate_answer(
    const struct call *call, struct http_response *response, const struct certificate_row *row);

#endif
