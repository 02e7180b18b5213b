/* base/der_write.c: write DER (X.690). Reading is der.c. */
#include "base/der.h"

#include <stdlib.h>
#include <string.h>

#include "base/calendar.h"

/* The length octets for n; returns how many. */
static size_t length_octets(size_t n, uint8_t out[static 1 + sizeof(size_t)])
{
	size_t octets = 0;

	if (n < 0x80) {
		out[0] = (uint8_t)n;
		return 1;
	}
	for (size_t rest = n; rest; rest >>= 8)
		octets++;
	out[0] = (uint8_t)(0x80 | octets);
	for (size_t i = octets; i > 0; i--, n >>= 8)
		out[i] = (uint8_t)n;
	return 1 + octets;
}

static void put_header(struct buf *out, uint8_t tag, size_t length)
{
	buf_reserve(out, 2 + sizeof(size_t) + length);
	out->p[out->n++] = tag;
	out->n += length_octets(length, out->p + out->n);
}

void der_put(struct buf *out, uint8_t tag, struct span body)
{
	put_header(out, tag, body.n);
	buf_put(out, body);
}

size_t der_begin(struct buf *out, uint8_t tag)
{
	put_header(out, tag, 0);
	return out->n;
}

void der_end(struct buf *out, size_t mark)
{
	size_t length = out->n - mark, octets;
	uint8_t header[1 + sizeof(size_t)];

	/* One length octet was left free; a longer body moves up to make room for more. */
	octets = length_octets(length, header);
	if (octets > 1) {
		buf_reserve(out, octets - 1);
		memmove(out->p + mark + octets - 1, out->p + mark, length);
		out->n += octets - 1;
	}
	memcpy(out->p + mark - 1, header, octets);
}

void der_put_unsigned(struct buf *out, struct span n)
{
	bool pad;

	while (n.n && n.p[0] == 0) {
		n.p++;
		n.n--;
	}
	pad = n.n == 0 || n.p[0] & 0x80;
	put_header(out, DER_INTEGER, n.n + pad);
	if (pad)
		buf_put_byte(out, 0);
	buf_put(out, n);
}

void der_put_uint(struct buf *out, uint64_t value)
{
	uint8_t bytes[sizeof(value)];

	for (size_t i = sizeof(bytes); i > 0; i--, value >>= 8)
		bytes[i - 1] = (uint8_t)value;
	der_put_unsigned(out, SPAN_OF(bytes));
}

void der_put_bits(struct buf *out, struct span bits)
{
	put_header(out, DER_BIT_STRING, bits.n + 1);
	buf_put_byte(out, 0);
	buf_put(out, bits);
}

void der_put_named_bits(struct buf *out, uint32_t bits, int count)
{
	uint8_t body[5] = {0};
	size_t n = 1;

	for (int i = 0; i < count && i < 32; i++) {
		if (!(bits >> i & 1))
			continue;
		/* X.690 11.2.2: "the bitstring shall have all trailing 0 bits removed". */
		body[1 + i / 8] |= (uint8_t)(0x80 >> i % 8);
		body[0] = (uint8_t)(7 - i % 8);
		n = 2 + (size_t)i / 8;
	}
	der_put(out, DER_BIT_STRING, span(body, n));
}

void der_put_bool(struct buf *out, bool value)
{
	uint8_t byte = value ? 0xff : 0;

	der_put(out, DER_BOOLEAN, span(&byte, 1));
}

static uint8_t *put_two(uint8_t *text, int value)
{
	*text++ = (uint8_t)('0' + value / 10);
	*text++ = (uint8_t)('0' + value % 10);
	return text;
}

static void put_time(struct buf *out, const struct calendar *c, uint8_t tag)
{
	uint8_t text[16], *p = text;

	if (tag == DER_GENERALIZED_TIME)
		p = put_two(p, c->year / 100);
	p = put_two(p, c->year % 100);
	p = put_two(p, c->month);
	p = put_two(p, c->day);
	p = put_two(p, c->hour);
	p = put_two(p, c->minute);
	p = put_two(p, c->second);
	*p++ = 'Z';
	der_put(out, tag, span(text, (size_t)(p - text)));
}

void der_put_time(struct buf *out, int64_t seconds)
{
	struct calendar c = calendar_of(seconds);

	/* RFC 5280 4.1.2.5: "MUST always encode certificate validity dates through the year 2049 as
	 * UTCTime"; years before 1950 have no such form. */
	put_time(out, &c, c.year >= 1950 && c.year <= 2049 ? DER_UTC_TIME : DER_GENERALIZED_TIME);
}

void der_put_generalized_time(struct buf *out, int64_t seconds)
{
	struct calendar c = calendar_of(seconds);

	put_time(out, &c, DER_GENERALIZED_TIME);
}

static void put_arc(struct buf *out, uint64_t arc)
{
	uint8_t bytes[10];
	size_t n = sizeof(bytes);

	bytes[--n] = arc & 0x7f;
	while (arc >>= 7)
		bytes[--n] = (uint8_t)(0x80 | (arc & 0x7f));
	buf_put(out, span(bytes + n, sizeof(bytes) - n));
}

/* Decimal digits, no needless zero, and the dot behind them where one stands. */
static bool text_arc(const char **text, uint64_t *ret_arc)
{
	const char *p = *text;
	uint64_t arc = 0;

	if (p[0] == '0' && p[1] >= '0' && p[1] <= '9')
		return false;
	if (*p < '0' || *p > '9')
		return false;
	for (; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(arc, 10u, &arc) ||
		    __builtin_add_overflow(arc, (uint64_t)(*p - '0'), &arc))
			return false;
	if (*p == '.' && p[1])
		p++;
	else if (*p)
		return false;
	*text = p;
	*ret_arc = arc;
	return true;
}

bool der_oid_from_text(const char *dotted, struct buf *out)
{
	size_t start = out->n;
	uint64_t first, second;

	if (!text_arc(&dotted, &first) || !*dotted || !text_arc(&dotted, &second))
		return false;
	if (first > 2 || (first < 2 && second > 39) || second > UINT64_MAX - 80)
		return false;
	put_arc(out, first * 40 + second);
	while (*dotted) {
		uint64_t arc;

		if (!text_arc(&dotted, &arc)) {
			out->n = start;
			return false;
		}
		put_arc(out, arc);
	}
	return true;
}

void der_put_oid(struct buf *out, const char *dotted)
{
	size_t mark = der_begin(out, DER_OID);

	if (!der_oid_from_text(dotted, out))
		abort(); /* a name in the source is misspelt */
	der_end(out, mark);
}
