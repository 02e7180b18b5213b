/* api/device_history.h: what happened to a device: handler of /api/v1/devices/{id}/history. */
#ifndef SIGNET_API_DEVICE_HISTORY_H
#define SIGNET_API_DEVICE_HISTORY_H

#include "api/page.h"
#include "api/route.h"

struct device_history_query {
	struct page_query page;
};
extern const struct field device_history_fields[];

struct status device_history_get(
    struct call *call, struct http_response *response, struct err *err);

#endif
