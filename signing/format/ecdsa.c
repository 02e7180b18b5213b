#include "signing/format/ecdsa.h"

#include "base/der.h"

/* RFC 3279 2.2.3: a positive INTEGER in its shortest form, at the right of `size` octets. */
static bool put_padded(struct span *in, size_t size, struct buf *out)
{
	struct span value;

	if (!der_take(in, DER_INTEGER, &value) || value.n == 0 || (value.p[0] & 0x80) != 0)
		return false;
	if (value.p[0] == 0) {
		if (value.n > 1 && (value.p[1] & 0x80) == 0)
			return false;
		value = span(value.p + 1, value.n - 1);
	}
	if (value.n > size)
		return false;
	for (size_t i = value.n; i < size; i++)
		buf_put_byte(out, 0);
	buf_put(out, value);
	return true;
}

struct status ecdsa_raw_from_der(struct span der, size_t size, struct buf *out, struct err *err)
{
	AUTO(buf) raw = {0};
	struct span body;

	if (!der_take(&der, DER_SEQUENCE, &body) || der.n)
		return err_set(err, ERR_INPUT, "signature: not an ECDSA-Sig-Value");
	for (int i = 0; i < 2; i++)
		if (!put_padded(&body, size, &raw))
			return err_set(err, ERR_INPUT,
			    "signature: not two numbers of at most %zu octets", size);
	if (body.n)
		return err_set(err, ERR_INPUT, "signature: octets behind its two numbers");
	buf_put(out, buf_span(&raw));
	return STATUS_OK;
}

void ecdsa_der_from_raw(struct span raw, struct buf *out)
{
	size_t half = raw.n / 2;
	size_t mark = der_begin(out, DER_SEQUENCE);

	der_put_unsigned(out, span(raw.p, half));
	der_put_unsigned(out, span(raw.p + half, half));
	der_end(out, mark);
}
