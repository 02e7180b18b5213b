/* base/base64url.c: see base64url.h. */
#include "base/base64url.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void base64url_encode(struct span in, struct buf *out)
{
	uint32_t bits = 0;
	int count = 0;

	buf_reserve(out, in.n / 3 * 4 + 4);
	for (size_t i = 0; i < in.n; i++) {
		bits = bits << 8 | in.p[i];
		for (count += 8; count >= 6; count -= 6)
			buf_put_byte(out, (uint8_t)digits[bits >> (count - 6) & 63]);
	}
	if (count > 0)
		buf_put_byte(out, (uint8_t)digits[bits << (6 - count) & 63]);
}

/* -1: no digit. */
static int value_of(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '-')
		return 62;
	return c == '_' ? 63 : -1;
}

struct status base64url_decode(struct span text, struct buf *out, struct err *err)
{
	size_t start = out->n;
	uint32_t bits = 0;
	int count = 0;

	if (text.n % 4 == 1)
		return err_set(
		    err, ERR_INPUT, "base64url: a text of %zu characters is cut", text.n);
	buf_reserve(out, text.n / 4 * 3 + 3);
	for (size_t i = 0; i < text.n; i++) {
		int value = value_of(text.p[i]);

		if (value < 0) {
			out->n = start;
			return err_set(err, ERR_INPUT, "base64url: byte %zu is no digit of it", i);
		}
		bits = bits << 6 | (uint32_t)value;
		count += 6;
		if (count >= 8) {
			count -= 8;
			buf_put_byte(out, (uint8_t)(bits >> count));
		}
	}
	if (bits & ((1U << count) - 1)) {
		out->n = start;
		return err_set(err, ERR_INPUT, "base64url: bits are set behind the last byte");
	}
	return STATUS_OK;
}
