/* base/utf8.c: well-formed UTF-8 (RFC 3629) only. */
#include "base/utf8.h"

/* RFC 3629 section 4: second octets are narrowed against overlong forms, surrogates and > U+10FFFF.
 */
static const struct {
	uint8_t first_low, first_high, second_low, second_high;
	size_t n;
} utf8_rows[] = {
    {0x00, 0x7f, 0, 0, 1},
    {0xc2, 0xdf, 0x80, 0xbf, 2},
    {0xe0, 0xe0, 0xa0, 0xbf, 3},
    {0xe1, 0xec, 0x80, 0xbf, 3},
    {0xed, 0xed, 0x80, 0x9f, 3},
    {0xee, 0xef, 0x80, 0xbf, 3},
    {0xf0, 0xf0, 0x90, 0xbf, 4},
    {0xf1, 0xf3, 0x80, 0xbf, 4},
    {0xf4, 0xf4, 0x80, 0x8f, 4},
};

size_t utf8_length(struct span s)
{
	size_t row = 0;

	if (!s.n)
		return 0;
	while (s.p[0] > utf8_rows[row].first_high)
		if (++row == COUNT(utf8_rows))
			return 0;
	if (s.p[0] < utf8_rows[row].first_low || s.n < utf8_rows[row].n)
		return 0;
	if (utf8_rows[row].n > 1 &&
	    (s.p[1] < utf8_rows[row].second_low || s.p[1] > utf8_rows[row].second_high))
		return 0;
	for (size_t i = 2; i < utf8_rows[row].n; i++)
		if ((s.p[i] & 0xc0) != 0x80)
			return 0;
	return utf8_rows[row].n;
}

bool utf8_valid(struct span s)
{
	while (s.n) {
		size_t n = utf8_length(s);

		if (!n)
			return false;
		s.p += n;
		s.n -= n;
	}
	return true;
}

const char *utf8_clean(struct arena *arena, const char *text, size_t most)
{
	struct span rest = span_str(text);
	AUTO(buf) out = {0};

	if (!text)
		return NULL;
	while (rest.n > 0) {
		size_t n = utf8_length(rest);
		const bool good = n > 0 && rest.p[0] >= ' ' && rest.p[0] != 0x7f;

		n = n ? n : 1;
		if (out.n + n > most)
			break;
		if (good)
			buf_put(&out, span(rest.p, n));
		else
			buf_put_byte(&out, '?');
		rest = span(rest.p + n, rest.n - n);
	}
	return arena_strdup(arena, buf_cstr(&out));
}
