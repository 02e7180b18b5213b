/* base/doc_json.c: the one thing in JSON that YAML does not know. */
#include "base/doc_internal.h"

#include <inttypes.h>
#include <string.h>

/* The code unit of "\uXXXX" at the head of s; 0: none stands there. */
static uint32_t escaped_unit(struct span s)
{
	uint32_t unit = 0;

	if (s.n < 6 || s.p[0] != '\\' || s.p[1] != 'u')
		return 0;
	for (size_t i = 2; i < 6; i++) {
		uint8_t c = s.p[i];

		if (c >= '0' && c <= '9')
			c = (uint8_t)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			c = (uint8_t)((c | 0x20) - 'a' + 10);
		else
			return 0;
		unit = unit << 4 | c;
	}
	return unit;
}

bool doc_json_pairs(struct span text, struct buf *out)
{
	struct span head = span_trim(text);
	bool found = false;

	/* Outside of JSON's quotes a backslash is itself: touch nothing else. */
	if (!head.n || (head.p[0] != '{' && head.p[0] != '['))
		return false;
	if (!memmem(text.p, text.n, "\\ud", 3) && !memmem(text.p, text.n, "\\uD", 3))
		return false;
	while (text.n) {
		const uint8_t *stroke = memchr(text.p, '\\', text.n);
		size_t plain = stroke ? (size_t)(stroke - text.p) : text.n, n;
		uint32_t high, low;

		buf_put(out, span(text.p, plain));
		text = span(text.p + plain, text.n - plain);
		high = escaped_unit(text);
		low = text.n > 6 ? escaped_unit(span(text.p + 6, text.n - 6)) : 0;
		if (high >> 10 == 0x36 && low >> 10 == 0x37) {
			buf_printf(
			    out, "\\U%08" PRIx32, 0x10000 + ((high & 0x3ff) << 10 | (low & 0x3ff)));
			text = span(text.p + 12, text.n - 12);
			found = true;
			continue;
		}
		n = text.n < 2 ? text.n : 2; /* an escape, perhaps of a backslash */
		buf_put(out, span(text.p, n));
		text = span(text.p + n, text.n - n);
	}
	return found;
}
