/* api/device_reset.h: the factory reset that a device tells of, as a route of the device listener.
 */
#ifndef SIGNET_API_DEVICE_RESET_H
#define SIGNET_API_DEVICE_RESET_H

#include "api/route.h"

/* POST without a body; JSON: product, serial, state, revoked. */
struct status device_reset_post(struct call *call, struct http_response *response, struct err *err);

#endif
