/* signing/format/uuid.h: vendor and class ids of SUIT: UUIDs of version 5 (RFC 9562 5.5). */
#ifndef SIGNET_FORMAT_UUID_H
#define SIGNET_FORMAT_UUID_H

#include "base/span.h"

#define UUID_SIZE      16
#define UUID_TEXT_SIZE 37 /* with its NUL */

/* UUIDv5 of `name` in the name space. */
void uuid_v5(
    const uint8_t space[static UUID_SIZE], struct span name, uint8_t ret[static UUID_SIZE]);
/* Of the vendor's domain, in the name space of DNS names. */
void uuid_vendor(const char *vendor_domain, uint8_t ret[static UUID_SIZE]);
/* Of MODEL "/" CHANNEL, in the name space of the vendor id. */
void uuid_class(const uint8_t vendor_id[static UUID_SIZE], const char *model, const char *channel,
    uint8_t ret[static UUID_SIZE]);
void uuid_text(const uint8_t uuid[static UUID_SIZE], char ret[static UUID_TEXT_SIZE]);

#endif
