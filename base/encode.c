/* base/encode.c: base64 (RFC 4648 section 4), hex, SHA-256. */
#include "base/encode.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>

static const char base64_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Four characters for the 1 to 3 bytes at `in`. */
static void base64_group(const uint8_t *in, size_t n, uint8_t out[static 4])
{
	uint32_t v = (uint32_t)in[0] << 16;

	if (n > 1)
		v |= (uint32_t)in[1] << 8;
	if (n > 2)
		v |= in[2];
	out[0] = (uint8_t)base64_alphabet[v >> 18];
	out[1] = (uint8_t)base64_alphabet[v >> 12 & 63];
	out[2] = n > 1 ? (uint8_t)base64_alphabet[v >> 6 & 63] : '=';
	out[3] = n > 2 ? (uint8_t)base64_alphabet[v & 63] : '=';
}

void base64_encode(struct span in, struct buf *out)
{
	uint8_t *q;

	buf_reserve(out, in.n / 3 * 4 + 4);
	q = out->p + out->n;
	for (; in.n >= 3; in.p += 3, in.n -= 3, q += 4)
		base64_group(in.p, 3, q);
	if (in.n) {
		base64_group(in.p, in.n, q);
		q += 4;
	}
	out->n = (size_t)(q - out->p);
}

void base64_encode_wrapped(struct span in, size_t columns, struct buf *out)
{
	size_t line = columns >= 4 ? columns / 4 * 3 : 3;

	while (in.n) {
		size_t n = in.n < line ? in.n : line;

		base64_encode(span(in.p, n), out);
		buf_put_str(out, "\r\n");
		in.p += n;
		in.n -= n;
	}
}

/* What is no digit has bit 6 set. */
enum {
	B64_SKIP = 64,
	B64_PAD = 65,
	B64_BAD = 66
};

/* Value of each ASCII character. */
/* clang-format off */
static const uint8_t base64_values[128] = {
    66, 66, 66, 66, 66, 66, 66, 66, 66, 64, 64, 66, 66, 64, 66, 66,
    66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66,
    64, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 62, 66, 66, 66, 63,
    52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 66, 66, 66, 65, 66, 66,
    66, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
    15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 66, 66, 66, 66, 66,
    66, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
    41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 66, 66, 66, 66, 66,
};
/* clang-format on */

static uint8_t base64_value(uint8_t c)
{
	return c < sizeof(base64_values) ? base64_values[c] : B64_BAD;
}

/* Whole groups of plain digits, as all but a few are; returns how many characters it took. */
static size_t base64_run(struct span text, struct buf *out)
{
	size_t at = 0;
	uint8_t *q = out->p + out->n; /* room was made for all of it */

	for (; text.n - at >= 4; at += 4, q += 3) {
		uint8_t a = base64_value(text.p[at]), b = base64_value(text.p[at + 1]);
		uint8_t c = base64_value(text.p[at + 2]), d = base64_value(text.p[at + 3]);

		if ((a | b | c | d) & B64_SKIP)
			break;
		q[0] = (uint8_t)(a << 2 | b >> 4);
		q[1] = (uint8_t)(b << 4 | c >> 2);
		q[2] = (uint8_t)(c << 6 | d);
	}
	out->n = (size_t)(q - out->p);
	return at;
}

struct base64_state {
	uint32_t bits;   /* of the group so far */
	unsigned digits; /* in the group so far, 0..3 */
	unsigned pads;
};

/* The bytes of a last, short group: 2 digits and 2 pads, or 3 and 1. NULL: it is right. */
static const char *base64_finish(const struct base64_state *s, struct buf *out)
{
	if (s->digits == 0 && s->pads == 0)
		return NULL;
	if (s->digits < 2 || s->digits + s->pads != 4)
		return "padding is missing or wrong";
	/* RFC 4648 section 3.5: pad bits "MUST be set to zero by conforming encoders". */
	if (s->bits & (s->digits == 2 ? 0x0fu : 0x03u))
		return "bits are set behind the last byte";
	if (s->digits == 2) {
		buf_put_byte(out, (uint8_t)(s->bits >> 4));
	} else {
		buf_put_byte(out, (uint8_t)(s->bits >> 10));
		buf_put_byte(out, (uint8_t)(s->bits >> 2));
	}
	return NULL;
}

static const char *base64_step(struct base64_state *s, uint8_t value, struct buf *out)
{
	if (value == B64_SKIP)
		return NULL;
	if (value == B64_BAD)
		return "a character is outside the alphabet";
	if (value == B64_PAD) {
		s->pads++;
		return s->digits < 2 || s->digits + s->pads > 4 ? "padding is missing or wrong"
								: NULL;
	}
	if (s->pads)
		return "data follows the padding";
	s->bits = s->bits << 6 | value;
	if (++s->digits < 4)
		return NULL;
	buf_put_byte(out, (uint8_t)(s->bits >> 16));
	buf_put_byte(out, (uint8_t)(s->bits >> 8));
	buf_put_byte(out, (uint8_t)s->bits);
	*s = (struct base64_state){0};
	return NULL;
}

struct status base64_decode(struct span text, struct buf *out, struct err *err)
{
	struct base64_state s = {0};
	size_t start = out->n;
	const char *wrong = NULL;

	buf_reserve(out, text.n / 4 * 3 + 3);
	for (size_t i = 0; i < text.n && !wrong; i++) {
		if (s.digits == 0 && s.pads == 0)
			i += base64_run(span(text.p + i, text.n - i), out);
		if (i == text.n)
			break;
		wrong = base64_step(&s, base64_value(text.p[i]), out);
		if (wrong)
			(void)err_set(err, ERR_INPUT, "base64: at byte %zu: %s", i, wrong);
	}
	if (!wrong && (wrong = base64_finish(&s, out)) != NULL)
		(void)err_set(err, ERR_INPUT, "base64: at the end: %s", wrong);
	if (!wrong)
		return STATUS_OK;
	out->n = start;
	return STATUS_FAILED;
}

static const char hex_digits[] = "0123456789abcdef";

static void hex_pair(uint8_t byte, char text[static 2])
{
	text[0] = hex_digits[byte >> 4];
	text[1] = hex_digits[byte & 15];
}

void hex_encode(struct span in, struct buf *out)
{
	buf_reserve(out, in.n * 2);
	for (size_t i = 0; i < in.n; i++, out->n += 2)
		hex_pair(in.p[i], (char *)out->p + out->n);
}

void hex_text(struct span in, char *text)
{
	for (size_t i = 0; i < in.n; i++)
		hex_pair(in.p[i], text + 2 * i);
	text[2 * in.n] = 0;
}

static int hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

struct status hex_decode(struct span text, struct buf *out, struct err *err)
{
	size_t start = out->n;

	for (size_t i = 0; i < text.n; i += 2) {
		int high = hex_value(text.p[i]);
		int low = i + 1 < text.n ? hex_value(text.p[i + 1]) : -1;

		if (high < 0 || low < 0) {
			out->n = start;
			return err_set(err, ERR_INPUT, "hex: at byte %zu: not a pair of digits", i);
		}
		buf_put_byte(out, (uint8_t)(high << 4 | low));
		if (i + 3 < text.n && text.p[i + 2] == ':')
			i++;
	}
	return STATUS_OK;
}

DEFINE_AUTO_PTR(EVP_MD_CTX, EVP_MD_CTX_free)

/* Fetched once: on OpenSSL 3.0 an implicit fetch costs more than hashing a key does. */
static EVP_MD *sha256_method;

static void sha256_fetch(void)
{
	sha256_method = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (!sha256_method)
		abort(); /* no provider has it: nothing here can work */
}

struct digest sha256_parts(const struct span *parts, size_t count)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct digest d;
	AUTO_PTR(EVP_MD_CTX) context = EVP_MD_CTX_new();
	bool done;

	pthread_once(&once, sha256_fetch);
	done = context && EVP_DigestInit_ex2(context, sha256_method, NULL);
	for (size_t i = 0; done && i < count; i++)
		done = !parts[i].n || EVP_DigestUpdate(context, parts[i].p, parts[i].n);
	if (!done || !EVP_DigestFinal_ex(context, d.bytes, NULL))
		abort(); /* out of memory */
	return d;
}

struct digest sha256(struct span in)
{
	return sha256_parts(&in, 1);
}

void pem_encode(const char *label, struct span der, struct buf *out)
{
	AUTO(buf) text = {0};

	base64_encode(der, &text);
	buf_printf(out, "-----BEGIN %s-----\n", label);
	for (size_t i = 0; i < text.n; i += 64) {
		buf_put(out, span(text.p + i, text.n - i < 64 ? text.n - i : 64));
		buf_put_byte(out, '\n');
	}
	buf_printf(out, "-----END %s-----\n", label);
}
