/* signing/format/cbor.h: deterministic CBOR (RFC 8949 section 4.2.1), no heap on reading. */
#ifndef SIGNET_FORMAT_CBOR_H
#define SIGNET_FORMAT_CBOR_H

#include "base/span.h"

enum cbor_major {
	CBOR_UINT,
	CBOR_NEGATIVE,
	CBOR_BYTES,
	CBOR_TEXT,
	CBOR_ARRAY,
	CBOR_MAP,
	CBOR_TAG,
	CBOR_SIMPLE
};

void cbor_put_head(struct buf *out, enum cbor_major major, uint64_t value);
void cbor_put_uint(struct buf *out, uint64_t value);
void cbor_put_int(struct buf *out, int64_t value);
void cbor_put_bytes(struct buf *out, struct span s);
void cbor_put_text(struct buf *out, const char *s);

/* Take one head; refuses lengths encoded longer than needed, indefinite lengths, reserved values.
 */
MUST_USE bool cbor_take_head(struct span *in, enum cbor_major *ret_major, uint64_t *ret_value);
MUST_USE bool cbor_take_uint(struct span *in, uint64_t *ret_value);
MUST_USE bool cbor_take_bytes(struct span *in, struct span *ret_bytes);
MUST_USE bool cbor_take_text(struct span *in, struct span *ret_text);

#endif
