#include "signing/format/uuid.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/sha.h>

/* RFC 9562 6.6: the name space of DNS names */
static const uint8_t dns_space[UUID_SIZE] = {
    0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8};

void uuid_v5(const uint8_t space[static UUID_SIZE], struct span name, uint8_t ret[static UUID_SIZE])
{
	AUTO(buf) message = {0};
	uint8_t digest[SHA_DIGEST_LENGTH];

	buf_put(&message, span(space, UUID_SIZE));
	buf_put(&message, name);
	/* A name, not a protection: RFC 9562 5.5 demands SHA-1. Fails only without memory. */
	if (!SHA1(message.p, message.n, digest))
		abort();
	memcpy(ret, digest, UUID_SIZE);
	ret[6] = (uint8_t)((ret[6] & 0x0f) | 0x50);
	ret[8] = (uint8_t)((ret[8] & 0x3f) | 0x80);
}

void uuid_vendor(const char *vendor_domain, uint8_t ret[static UUID_SIZE])
{
	uuid_v5(dns_space, span_str(vendor_domain), ret);
}

void uuid_class(const uint8_t vendor_id[static UUID_SIZE], const char *model, const char *channel,
    uint8_t ret[static UUID_SIZE])
{
	AUTO(buf) name = {0};

	buf_printf(&name, "%s/%s", model, channel);
	uuid_v5(vendor_id, buf_span(&name), ret);
}

void uuid_text(const uint8_t uuid[static UUID_SIZE], char ret[static UUID_TEXT_SIZE])
{
	char *at = ret;

	for (size_t i = 0; i < UUID_SIZE; i++)
		at += snprintf(
		    at, 4, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", uuid[i]);
}
