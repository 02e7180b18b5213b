/* base/der.c: read DER (X.690). Writing is der_write.c. */
#include "base/der.h"

#include <stdio.h>
#include <string.h>

#include "base/calendar.h"

/* Bodies over 4 GB are nothing that anybody sends us. */
#define LENGTH_OCTETS_MAX 4

/*
 * X.690 section 8 fixes the form of each universal type, section 10.2 (DER) that of strings:
 * SEQUENCE and SET, EXTERNAL, EMBEDDED PDV and CHARACTER STRING are constructed, all else
 * primitive.
 */
static bool tag_form(uint8_t tag)
{
	bool constructed = tag & 0x20;
	uint8_t number = tag & 0x1f;

	if (number == 0x1f)
		return false; /* more than one tag octet */
	if (tag & 0xc0)
		return true;
	if (number == 0)
		return false; /* end-of-contents belongs to indefinite lengths */
	return constructed == (number == 0x10 || number == 0x11 || number == 0x08 ||
				  number == 0x0b || number == 0x1d);
}

/* The length octets at in->p; advances past them. */
static bool take_length(struct span *in, size_t *ret_length)
{
	size_t octets, length = 0;

	if (in->n < 1)
		return false;
	octets = in->p[0];
	in->p++;
	in->n--;
	if (octets < 0x80) {
		*ret_length = octets;
		return true;
	}
	/* X.690 10.1: "The definite form of length encoding shall be used, encoded in the minimum
	 * number of octets." */
	octets &= 0x7f;
	if (octets == 0 || octets > LENGTH_OCTETS_MAX || octets > in->n || in->p[0] == 0)
		return false;
	for (size_t i = 0; i < octets; i++)
		length = length << 8 | in->p[i];
	if (length < 0x80)
		return false;
	in->p += octets;
	in->n -= octets;
	*ret_length = length;
	return true;
}

bool der_next(struct span *in, struct der_item *ret_item)
{
	struct span rest = *in;
	size_t length;

	if (rest.n < 2 || !tag_form(rest.p[0]))
		return false;
	rest.p++;
	rest.n--;
	if (!take_length(&rest, &length) || length > rest.n)
		return false;
	ret_item->tag = in->p[0];
	ret_item->body = span(rest.p, length);
	ret_item->whole = span(in->p, (size_t)(rest.p - in->p) + length);
	*in = span(rest.p + length, rest.n - length);
	return true;
}

bool der_peek(struct span in, uint8_t tag)
{
	return in.n > 0 && in.p[0] == tag;
}

static bool take_item(struct span *in, uint8_t tag, struct der_item *ret_item)
{
	return der_peek(*in, tag) && der_next(in, ret_item);
}

bool der_take(struct span *in, uint8_t tag, struct span *ret_body)
{
	struct der_item item;

	if (!take_item(in, tag, &item))
		return false;
	*ret_body = item.body;
	return true;
}

bool der_take_whole(struct span *in, uint8_t tag, struct span *ret_whole)
{
	struct der_item item;

	if (!take_item(in, tag, &item))
		return false;
	*ret_whole = item.whole;
	return true;
}

bool der_take_uint(struct span *in, uint64_t *ret_value)
{
	struct span rest = *in, body;
	uint64_t value = 0;

	if (!der_take(&rest, DER_INTEGER, &body) || body.n == 0 || body.p[0] & 0x80)
		return false;
	/* X.690 8.3.2: "the bits of the first octet and bit 8 of the second octet: shall not all be
	 * zero". */
	if (body.n > 1 && body.p[0] == 0 && !(body.p[1] & 0x80))
		return false;
	if (body.p[0] == 0) {
		body.p++;
		body.n--;
	}
	if (body.n > sizeof(value))
		return false;
	for (size_t i = 0; i < body.n; i++)
		value = value << 8 | body.p[i];
	*in = rest;
	*ret_value = value;
	return true;
}

bool der_take_bits(struct span *in, struct span *ret_bits)
{
	struct span rest = *in, body;

	if (!der_take(&rest, DER_BIT_STRING, &body) || body.n == 0 || body.p[0] != 0)
		return false;
	*in = rest;
	*ret_bits = span(body.p + 1, body.n - 1);
	return true;
}

bool der_take_bool(struct span *in, bool *ret_value)
{
	struct span rest = *in, body;

	/* X.690 11.1: "If the encoding represents the boolean value TRUE, its single contents octet
	 * shall have all eight bits set to one." */
	if (!der_take(&rest, DER_BOOLEAN, &body) || body.n != 1 ||
	    (body.p[0] != 0 && body.p[0] != 0xff))
		return false;
	*in = rest;
	*ret_value = body.p[0] != 0;
	return true;
}

/* RFC 5280 4.1.2.5.1: YY of 50 and above is 19YY, below it 20YY. */
static int utc_year(const char *text)
{
	int year = calendar_digits(text, 2);

	return year < 0 ? -1 : year + (year >= 50 ? 1900 : 2000);
}

bool der_take_time(struct span *in, int64_t *ret_seconds)
{
	struct span rest = *in;
	struct der_item item;
	struct calendar c;
	const char *text;

	if (!der_next(&rest, &item))
		return false;
	text = (const char *)item.body.p;
	/* RFC 5280 4.1.2.5: times "MUST be expressed in Greenwich Mean Time (Zulu) and MUST include
	 * seconds"; GeneralizedTime "MUST NOT include fractional seconds". */
	if (item.tag == DER_UTC_TIME && item.body.n == 13) {
		c.year = utc_year(text);
		text += 2;
	} else if (item.tag == DER_GENERALIZED_TIME && item.body.n == 15) {
		c.year = calendar_digits(text, 4);
		text += 4;
	} else {
		return false;
	}
	c.month = calendar_digits(text, 2);
	c.day = calendar_digits(text + 2, 2);
	c.hour = calendar_digits(text + 4, 2);
	c.minute = calendar_digits(text + 6, 2);
	c.second = calendar_digits(text + 8, 2);
	if (text[10] != 'Z' || !calendar_seconds(&c, ret_seconds))
		return false;
	*in = rest;
	return true;
}

/* One arc, base 128, off the contents of an OID. */
static bool take_arc(struct span *oid, uint64_t *ret_arc)
{
	uint64_t arc = 0;

	if (oid->n == 0 || oid->p[0] == 0x80)
		return false; /* X.690 8.19.2: the fewest possible octets */
	while (oid->n) {
		uint8_t byte = oid->p[0];

		if (arc >> 57)
			return false;
		arc = arc << 7 | (byte & 0x7f);
		oid->p++;
		oid->n--;
		if (!(byte & 0x80)) {
			*ret_arc = arc;
			return true;
		}
	}
	return false;
}

/* False where it does not fit. */
static bool put_text(char **text, size_t *size, const char *format, uint64_t value)
    __attribute__((format(printf, 3, 0)));
static bool put_text(char **text, size_t *size, const char *format, uint64_t value)
{
	int n = snprintf(*text, *size, format, value);

	if (n < 0 || (size_t)n >= *size)
		return false;
	*text += n;
	*size -= (size_t)n;
	return true;
}

static bool oid_to_text(struct span oid, char *text, size_t size)
{
	uint64_t arc;

	if (!take_arc(&oid, &arc) || !put_text(&text, &size, "%ju", arc < 80 ? arc / 40 : 2) ||
	    !put_text(&text, &size, ".%ju", arc < 80 ? arc % 40 : arc - 80))
		return false;
	while (oid.n)
		if (!take_arc(&oid, &arc) || !put_text(&text, &size, ".%ju", arc))
			return false;
	return true;
}

void der_oid_text(struct span oid, char *text, size_t size)
{
	if (!oid_to_text(oid, text, size))
		snprintf(text, size, "?");
}
