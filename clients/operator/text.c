/* clients/operator/text.c: see text.h. */
#include "clients/operator/text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/utf8.h"

struct range {
	uint32_t low, high;
};

/* Not for a terminal: controls, and what turns the direction of writing (UAX 9). */
static const struct range unfit[] = {{0, 0x1f}, {0x7f, 0x9f}, {0x61c, 0x61c}, {0x200e, 0x200f},
    {0x2028, 0x202e}, {0x2066, 0x2069}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb}};
/* Combining marks and joiners of the scripts that names are written in. */
static const struct range narrow[] = {{0x300, 0x36f}, {0x483, 0x489}, {0x591, 0x5bd},
    {0x610, 0x61a}, {0x64b, 0x65f}, {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x200b, 0x200d},
    {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}, {0xe0100, 0xe01ef}};
/* East Asian wide and full-width forms, and pictures (UAX 11). */
static const struct range wide[] = {{0x1100, 0x115f}, {0x2e80, 0x303e}, {0x3041, 0x33ff},
    {0x3400, 0x4dbf}, {0x4e00, 0xa4cf}, {0xac00, 0xd7a3}, {0xf900, 0xfaff}, {0xfe30, 0xfe6f},
    {0xff00, 0xff60}, {0xffe0, 0xffe6}, {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff},
    {0x20000, 0x3fffd}};

static bool is_in(const struct range *ranges, size_t count, uint32_t c)
{
	for (size_t i = 0; i < count; i++)
		if (c >= ranges[i].low && c <= ranges[i].high)
			return true;
	return false;
}

/* The character at the head of s, which has `n` octets and is well-formed. */
static uint32_t character_of(struct span s, size_t n)
{
	static const uint8_t masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	uint32_t c = s.p[0] & masks[n];

	for (size_t i = 1; i < n; i++)
		c = c << 6 | (s.p[i] & 0x3fu);
	return c;
}

/* Append the first character of `rest`, fit to be shown, and step over it. */
static void put_first(struct buf *out, struct span *rest)
{
	size_t n = utf8_length(*rest);
	uint32_t c = n ? character_of(*rest, n) : rest->p[0];

	if (!n)
		buf_printf(out, "\\x%02x", (unsigned)c);
	else if (c == '\n')
		buf_put_str(out, "\\n");
	else if (c == '\t')
		buf_put_str(out, "\\t");
	else if (c <= 0x7f && is_in(unfit, COUNT(unfit), c))
		buf_printf(out, "\\x%02x", (unsigned)c);
	else if (is_in(unfit, COUNT(unfit), c))
		buf_printf(out, "\\u{%04x}", (unsigned)c);
	else
		buf_put(out, span(rest->p, n));
	n = n ? n : 1;
	rest->p += n;
	rest->n -= n;
}

void text_put(struct buf *out, struct span text)
{
	while (text.n)
		put_first(out, &text);
}

void text_put_lines(struct buf *out, struct span text, size_t indent)
{
	while (text.n && text.p[text.n - 1] == '\n')
		text.n--;
	while (text.n) {
		if (*text.p == '\n') {
			buf_printf(out, "\n%*s", (int)indent, "");
			text.p++;
			text.n--;
		} else {
			put_first(out, &text);
		}
	}
}

void text_put_json(struct buf *out, struct span json)
{
	while (json.n) {
		size_t n = utf8_length(json);
		uint32_t c = n ? character_of(json, n) : 0xfffd;

		/* Newlines are the printer's own: inside strings they are escaped. */
		if (c != '\n' && is_in(unfit, COUNT(unfit), c))
			buf_printf(out, "\\u%04x", (unsigned)c);
		else if (n)
			buf_put(out, span(json.p, n));
		else
			buf_put_str(out, "\\ufffd");
		n = n ? n : 1;
		json.p += n;
		json.n -= n;
	}
}

size_t text_width(struct span text)
{
	size_t width = 0;

	while (text.n) {
		size_t n = utf8_length(text);
		uint32_t c = n ? character_of(text, n) : '?';

		width += is_in(narrow, COUNT(narrow), c) ? 0 : is_in(wide, COUNT(wide), c) ? 2 : 1;
		n = n ? n : 1;
		text.p += n;
		text.n -= n;
	}
	return width;
}

/* ---- the screen ---- */

static bool has_text(const char *variable)
{
	const char *value = getenv(variable);

	return value && *value;
}

static size_t columns_of(int fd)
{
	struct winsize size;

	return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

struct screen screen_of(FILE *file)
{
	const char *term = getenv("TERM");
	struct screen s = {.file = file, .terminal = fileno(file) >= 0 && isatty(fileno(file))};

	s.columns = s.terminal ? columns_of(fileno(file)) : 0;
	s.colour = s.terminal && !has_text("NO_COLOR") && term && strcmp(term, "dumb") != 0;
	return s;
}

void screen_put(const struct screen *s, enum style style, const char *text)
{
	static const char *const codes[] = {[STYLE_PLAIN] = "",
	    [STYLE_BOLD] = "\033[1m",
	    [STYLE_DIM] = "\033[2m",
	    [STYLE_RED] = "\033[31m",
	    [STYLE_GREEN] = "\033[32m",
	    [STYLE_YELLOW] = "\033[33m"};
	AUTO(buf) safe = {0};
	bool coloured = s->colour && style != STYLE_PLAIN;

	text_put(&safe, span_str(text));
	fprintf(s->file, "%s%s%s", coloured ? codes[style] : "", buf_cstr(&safe),
	    coloured ? "\033[0m" : "");
}

void screen_printf(const struct screen *s, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vfprintf(s->file, format, arguments);
	va_end(arguments);
}
