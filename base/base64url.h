/* base/base64url.h: base64url without padding, as JOSE has it (RFC 4648 section 5, RFC 7515 2). */
#ifndef SIGNET_BASE_BASE64URL_H
#define SIGNET_BASE_BASE64URL_H

#include "base/err.h"
#include "base/span.h"

void base64url_encode(struct span in, struct buf *out);
/*
 * Append what the text stands for. Nothing is skipped: white space, padding, characters of plain
 * base64, a lone last character and bits set behind the last byte are ERR_INPUT, so that a text has
 * one form alone.
 */
struct status base64url_decode(struct span text, struct buf *out, struct err *err);

#endif
