/* base/json.c: write JSON (RFC 8259). */
#include "base/json.h"

#include <inttypes.h>

#include "base/utf8.h"

static void quote_escape(struct buf *out, uint8_t c)
{
	switch (c) {
	case '"': buf_put_str(out, "\\\""); break;
	case '\\': buf_put_str(out, "\\\\"); break;
	case '\n': buf_put_str(out, "\\n"); break;
	case '\r': buf_put_str(out, "\\r"); break;
	case '\t': buf_put_str(out, "\\t"); break;
	default: buf_printf(out, "\\u%04x", c); break;
	}
}

/* RFC 8259 section 7 asks for quotes, backslash and U+0000..U+001F; DEL steers terminals. */
static bool quote_plain(uint8_t c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/*
 * The characters that RFC 8259 lets stand raw and others choke on: C1 controls steer terminals,
 * U+0085, U+2028 and U+2029 end a line in YAML, U+FEFF, U+FFFE and U+FFFF YAML refuses.
 */
static bool quote_escapes(const uint8_t *p, size_t n)
{
	if (n == 2)
		return p[0] == 0xc2 && p[1] < 0xa0;
	if (n == 3 && p[0] == 0xe2)
		return p[1] == 0x80 && (p[2] == 0xa8 || p[2] == 0xa9);
	if (n == 3 && p[0] == 0xef)
		return (p[1] == 0xbb && p[2] == 0xbf) || (p[1] == 0xbf && p[2] >= 0xbe);
	return false;
}

/* The character at the head of s that is not plain; returns its octets. */
static size_t quote_one(struct buf *out, struct span s)
{
	size_t n = utf8_length(s);

	if (n == 0) {
		buf_put_str(out, "\xef\xbf\xbd"); /* U+FFFD */
		return 1;
	}
	if (n == 1)
		quote_escape(out, s.p[0]);
	else if (!quote_escapes(s.p, n))
		buf_put(out, span(s.p, n));
	else if (n == 2)
		buf_printf(out, "\\u%04x", (unsigned)s.p[1]);
	else
		buf_printf(out, "\\u%04x",
		    (unsigned)((s.p[0] & 0x0f) << 12 | (s.p[1] & 0x3f) << 6 | (s.p[2] & 0x3f)));
	return n;
}

void json_quote(struct buf *out, struct span utf8)
{
	buf_reserve(out, utf8.n + 2);
	buf_put_byte(out, '"');
	while (utf8.n) {
		size_t n = 0;

		while (n < utf8.n && quote_plain(utf8.p[n]))
			n++;
		buf_put(out, span(utf8.p, n));
		if (n < utf8.n)
			n += quote_one(out, span(utf8.p + n, utf8.n - n));
		utf8.p += n;
		utf8.n -= n;
	}
	buf_put_byte(out, '"');
}

static void json_begin(struct json *j, const char *name)
{
	if (j->comma)
		buf_put_byte(j->out, ',');
	j->comma = true;
	if (name) {
		json_quote(j->out, span_str(name));
		buf_put_byte(j->out, ':');
	}
}

static void json_open(struct json *j, const char *name, uint8_t bracket)
{
	json_begin(j, name);
	buf_put_byte(j->out, bracket);
	j->comma = false;
}

static void json_close(struct json *j, uint8_t bracket)
{
	buf_put_byte(j->out, bracket);
	j->comma = true;
}

void json_object_begin(struct json *j, const char *name)
{
	json_open(j, name, '{');
}

void json_object_end(struct json *j)
{
	json_close(j, '}');
}

void json_array_begin(struct json *j, const char *name)
{
	json_open(j, name, '[');
}

void json_array_end(struct json *j)
{
	json_close(j, ']');
}

void json_str(struct json *j, const char *name, const char *value)
{
	json_begin(j, name);
	if (value)
		json_quote(j->out, span_str(value));
	else
		buf_put_str(j->out, "null");
}

void json_span(struct json *j, const char *name, struct span utf8)
{
	json_begin(j, name);
	json_quote(j->out, utf8);
}

void json_int(struct json *j, const char *name, int64_t value)
{
	json_begin(j, name);
	buf_printf(j->out, "%" PRId64, value);
}

void json_bool(struct json *j, const char *name, bool value)
{
	json_begin(j, name);
	buf_put_str(j->out, value ? "true" : "false");
}

void json_raw(struct json *j, const char *name, struct span json)
{
	json_begin(j, name);
	buf_put(j->out, json);
}
