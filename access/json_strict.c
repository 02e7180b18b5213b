/* access/json_strict.c: see json_strict.h. */
#include "access/json_strict.h"

#include <stdio.h>
#include <string.h>

/*
 * Depth is measured on the text, before a parser recurses. A bracket inside a string does not
 * count.
 */
static bool is_deeper(struct span text, int most)
{
	bool in_string = false;
	int depth = 0;

	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];

		if (in_string) {
			if (c == '\\')
				i++;
			in_string = c != '"';
			continue;
		}
		in_string = c == '"';
		depth += (c == '{' || c == '[') - (c == '}' || c == ']');
		if (depth > most)
			return true;
	}
	return false;
}

json_t *json_strict(struct span text, int depth, char *why, size_t size)
{
	json_error_t error = {.position = 0};
	json_t *value;

	/* jansson takes back the octet behind a number, and forgets one that is zero. */
	if (text.n > 0 && memchr(text.p, 0, text.n)) {
		snprintf(why, size, "a NUL");
		return NULL;
	}
	if (is_deeper(text, depth)) {
		snprintf(why, size, "nested deeper than %d", depth);
		return NULL;
	}
	value = json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES, &error);
	if (!value) {
		snprintf(why, size, "at byte %d: %s", error.position, error.text);
		return NULL;
	}
	if (!json_is_object(value)) {
		snprintf(why, size, "not an object");
		json_decref(value);
		return NULL;
	}
	return value;
}

const char *json_member_text(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}
