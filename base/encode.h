/* base/encode.h: base64 (RFC 4648 section 4), hex, UUID text. */
#ifndef SIGNET_BASE_ENCODE_H
#define SIGNET_BASE_ENCODE_H

#include "base/err.h"
#include "base/span.h"

/* Append base64 with padding, unwrapped. */
void base64_encode(struct span in, struct buf *out);
/* The same in lines of `columns` characters, each ended by CRLF. */
void base64_encode_wrapped(struct span in, size_t columns, struct buf *out);
/*
 * Append what the base64 text stands for. CR, LF, space and tab are skipped
 * (RFC 8951 section 3.1); anything else outside the alphabet, missing or wrong
 * padding, and bits set behind the last byte are errors. ERR_INPUT.
 */
struct status base64_decode(struct span text, struct buf *out, struct err *err);

void hex_encode(struct span in, struct buf *out); /* lower case */
/* Bytes of an even number of hex digits; ':' between pairs is skipped. ERR_INPUT. */
struct status hex_decode(struct span text, struct buf *out, struct err *err);
/* Lower-case hex with its NUL, for fixed sizes: text holds 2 n + 1 characters. */
void hex_text(struct span in, char *text);

/* Append PEM (RFC 7468): "-----BEGIN CERTIFICATE-----", lines of 64 characters, LF. */
void pem_encode(const char *label, struct span der, struct buf *out);

#define SHA256_SIZE 32
struct digest {
	uint8_t bytes[SHA256_SIZE];
};
struct digest sha256(struct span in);
/* Of all parts, one behind the other. */
struct digest sha256_parts(const struct span *parts, size_t count);

#endif
