#include "signing/format/cbor.h"

#include <string.h>

#include "signing/format/cbor_read.h"

void cbor_put_head(struct buf *out, enum cbor_major major, uint64_t value)
{
	unsigned type = (unsigned)major << 5;
	if (value < 24) {
		buf_put_byte(out, (uint8_t)(type | value));
		return;
	}
	/* 24, 25, 26, 27: one, two, four, eight octets follow; the shortest that holds it */
	unsigned more = value > UINT32_MAX ? 3 : value > UINT16_MAX ? 2 : value > UINT8_MAX ? 1 : 0;
	buf_put_byte(out, (uint8_t)(type | (24 + more)));
	for (int shift = (8 << more) - 8; shift >= 0; shift -= 8)
		buf_put_byte(out, (uint8_t)(value >> shift));
}

void cbor_put_uint(struct buf *out, uint64_t value)
{
	cbor_put_head(out, CBOR_UINT, value);
}

void cbor_put_int(struct buf *out, int64_t value)
{
	if (value >= 0)
		cbor_put_head(out, CBOR_UINT, (uint64_t)value);
	else
		cbor_put_head(out, CBOR_NEGATIVE, (uint64_t)(-1 - value));
}

void cbor_put_bytes(struct buf *out, struct span s)
{
	cbor_put_head(out, CBOR_BYTES, s.n);
	buf_put(out, s);
}

void cbor_put_text(struct buf *out, const char *s)
{
	cbor_put_head(out, CBOR_TEXT, strlen(s));
	buf_put(out, span_str(s));
}

bool cbor_take_head(struct span *in, enum cbor_major *ret_major, uint64_t *ret_value)
{
	struct cbor_in reader = cbor_in(*in);
	uint64_t value;
	enum cbor_major major = cbor_in_head(&reader, &value);

	if (reader.refusal != REFUSAL_NONE)
		return false;
	*in = reader.rest;
	*ret_major = major;
	*ret_value = value;
	return true;
}

bool cbor_take_uint(struct span *in, uint64_t *ret_value)
{
	struct span rest = *in;
	enum cbor_major major;
	uint64_t value;
	if (!cbor_take_head(&rest, &major, &value) || major != CBOR_UINT)
		return false;
	*in = rest;
	*ret_value = value;
	return true;
}

static bool take_string(struct span *in, enum cbor_major wanted, struct span *ret)
{
	struct span rest = *in;
	enum cbor_major major;
	uint64_t n;
	if (!cbor_take_head(&rest, &major, &n) || major != wanted || n > rest.n)
		return false;
	*ret = span(rest.p, (size_t)n);
	*in = span(rest.p + n, rest.n - (size_t)n);
	return true;
}

bool cbor_take_bytes(struct span *in, struct span *ret_bytes)
{
	return take_string(in, CBOR_BYTES, ret_bytes);
}

bool cbor_take_text(struct span *in, struct span *ret_text)
{
	return take_string(in, CBOR_TEXT, ret_text);
}
