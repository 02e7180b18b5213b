/*
 * api/update.h: what a device is to run, told to the device. Routes of the device listener:
 *
 *	GET /update/{channel}           what there is: JSON
 *	GET /update/{channel}/bundle    of the newest release: application/cbor, in parts, too
 *	GET /update/{channel}/trust     the product's newest trust statement; ?after=N: version N +
 *1 GET /update/{channel}/recall    the channel's newest recall list
 *
 * Who asks is known by its LDevID, which is looked up each time: what was revoked, held, suspended
 * or retired a moment ago is refused, by every server. The product is that of the device's row, so
 * that nobody asks for another's. ETags are strong: a million devices that ask in vain cost one
 * statement and 304 each.
 */
#ifndef SIGNET_API_UPDATE_H
#define SIGNET_API_UPDATE_H

#include "api/route.h"

#define CBOR "application/cbor"

struct status update_get(struct call *call, struct http_response *response, struct err *err);
struct status update_bundle_get(struct call *call, struct http_response *response, struct err *err);
struct status update_trust_get(struct call *call, struct http_response *response, struct err *err);
struct status update_recall_get(struct call *call, struct http_response *response, struct err *err);

/* An error_shape: a problem; who was turned away together does not come back together. */
void update_shape(const struct call *call, const struct err *err, struct http_response *r);

#endif
