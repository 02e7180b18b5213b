/* clients/operator/yaml.c: see yaml.h. */
#include "clients/operator/yaml.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "clients/operator/text.h"
#include "clients/operator/value.h"

#define STEP 2 /* blanks of one level */

/* Words that YAML 1.1 or 1.2 takes for no text. */
static bool is_reserved(const char *text)
{
	static const char *const words[] = {
	    "true", "false", "null", "yes", "no", "on", "off", "y", "n", "~"};

	for (size_t i = 0; i < COUNT(words); i++)
		if (strcasecmp(text, words[i]) == 0)
			return true;
	return false;
}

/* Begins with a letter, goes on with what means nothing in YAML, and is no number or time. */
static bool is_plain(const char *text)
{
	if (!isascii((unsigned char)*text) || (!isalpha((unsigned char)*text) && *text != '/'))
		return false;
	for (const char *p = text; *p; p++) {
		bool inner = *p == ' ' && p[1] && p[1] != ' ' && p[1] != '#';

		if (!isascii((unsigned char)*p) ||
		    (!isalnum((unsigned char)*p) && !strchr("-_./+=@", *p) && !inner))
			if (*p != ':' || !p[1] || p[1] == ' ')
				return false;
	}
	return !is_reserved(text);
}

static void put_text(struct buf *out, const char *text)
{
	AUTO(buf) quoted = {0};

	if (is_plain(text)) {
		buf_put_str(out, text);
		return;
	}
	json_quote(&quoted, span_str(text));
	text_put_json(out, buf_span(&quoted));
}

/* Lines that may stand as they are: each begins and ends with something, and is fit to be shown. */
static bool is_lines(const char *text)
{
	AUTO(buf) safe = {0};
	size_t n = strlen(text);

	if (!strchr(text, '\n') || isspace((unsigned char)*text) || strstr(text, "\n\n") ||
	    strstr(text, "\n ") || strstr(text, " \n"))
		return false;
	text_put_lines(&safe, span_str(text), 0);
	return safe.n == n - (text[n - 1] == '\n') && memcmp(safe.p, text, safe.n) == 0;
}

static void put_lines(const char *text, size_t indent, struct buf *out)
{
	buf_printf(out, " |%s\n%*s", text[strlen(text) - 1] == '\n' ? "" : "-", (int)indent, "");
	text_put_lines(out, span_str(text), indent);
	buf_put_byte(out, '\n');
}

static bool is_block(const json_t *v)
{
	return (json_is_array(v) && json_array_size(v)) ||
	       (json_is_object(v) && json_object_size(v));
}

void yaml_put_scalar(const json_t *value, struct buf *out)
{
	if (json_is_string(value))
		put_text(out, json_string_value(value));
	else
		value_dump_line(value, out);
}

static void put_value(const json_t *value, size_t indent, struct buf *out)
{
	if (is_block(value)) {
		buf_put_byte(out, '\n');
		yaml_put(value, indent, out);
		return;
	}
	if (json_is_string(value) && is_lines(json_string_value(value))) {
		put_lines(json_string_value(value), indent, out);
		return;
	}
	buf_put_byte(out, ' ');
	yaml_put_scalar(value, out);
	buf_put_byte(out, '\n');
}

static void put_list(const json_t *value, size_t indent, struct buf *out)
{
	size_t i;
	json_t *item;

	json_array_foreach((json_t *)(uintptr_t)value, i, item)
	{
		size_t start;

		buf_printf(out, "%*s-", (int)indent, "");
		if (!is_block(item)) {
			put_value(item, indent + STEP, out);
			continue;
		}
		/* The item's first line stands behind the dash. */
		start = out->n;
		yaml_put(item, indent + STEP, out);
		memmove(out->p + start + 1, out->p + start + indent + STEP,
		    out->n - start - indent - STEP);
		out->p[start] = ' ';
		out->n -= indent + STEP - 1;
	}
}

void yaml_put(const json_t *value, size_t indent, struct buf *out)
{
	const char *key;
	json_t *item;

	if (json_is_array(value)) {
		put_list(value, indent, out);
		return;
	}
	if (!json_is_object(value)) {
		put_value(value, indent, out);
		return;
	}
	json_object_foreach((json_t *)(uintptr_t)value, key, item)
	{
		buf_printf(out, "%*s", (int)indent, "");
		put_text(out, key);
		buf_put_byte(out, ':');
		put_value(item, indent + (json_is_array(item) ? 0 : STEP), out);
	}
}
