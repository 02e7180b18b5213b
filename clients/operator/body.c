/* clients/operator/body.c: see body.h. */
#include "clients/operator/body.h"

#include <string.h>

#include "base/file.h"
#include "clients/operator/reason.h"

#define FILE_MAX ((size_t)128 << 10)

static int put_file(const struct call *c, const struct member_row *m, json_t *body)
{
	AUTO(buf) text = {0};
	struct err err = {0}, why = {0};

	if (!file_read(c->values[m->option], FILE_MAX, &text, &why).ok)
		(void)err_refuse(&err, WHY(FILE), "%s", why.message);
	else if (json_object_set_new(body, m->name, json_stringn((const char *)text.p, text.n)) !=
		 0)
		(void)err_refuse(&err, WHY(FILE), "'%s' is no text", c->values[m->option]);
	return err.kind == ERR_NONE ? EXIT_DONE : call_failed(c, &err);
}

static int put_number(const struct call *c, const struct member_row *m, json_t *body)
{
	int64_t number = 0;

	if (!call_number(c, m->option, 0, m->most, &number))
		return EXIT_USAGE;
	json_object_set_new(body, m->name, json_integer(number));
	return EXIT_DONE;
}

static json_t *list_of(const char *text)
{
	json_t *list = json_array();

	for (;;) {
		size_t n = strcspn(text, ",");

		if (n)
			json_array_append_new(list, json_stringn(text, n));
		if (!text[n])
			return list;
		text += n + 1;
	}
}

static int put_member(const struct call *c, const struct member_row *m, json_t *body)
{
	const char *value = c->values[m->option];

	if (!value && m->needed)
		return call_usage(
		    c, "needs %s %s", option_rows[m->option].name, option_rows[m->option].argument);
	if (!value)
		return EXIT_DONE;
	switch (m->form) {
	case MEMBER_FILE: return put_file(c, m, body);
	case MEMBER_NUMBER: return put_number(c, m, body);
	case MEMBER_LIST: json_object_set_new(body, m->name, list_of(value)); break;
	case MEMBER_SWITCH: json_object_set_new(body, m->name, json_true()); break;
	default: json_object_set_new(body, m->name, json_string(value));
	}
	return EXIT_DONE;
}

int body_put(const struct call *c, const struct member_row *rows, json_t *body)
{
	int code = EXIT_DONE;

	for (const struct member_row *m = rows; m->name && code == EXIT_DONE; m++)
		code = put_member(c, m, body);
	return code;
}

char *body_text(json_t *body)
{
	char *text = json_dumps(body, JSON_COMPACT);

	json_decref(body);
	return text;
}
