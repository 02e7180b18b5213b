/* server/cmd_directives.c: the table of directives as text: it cannot lag behind. */
#include <stdio.h>

#include "server/command.h"

static const char *type_text(const struct field *f)
{
	switch (f->type) {
	case FIELD_STR: return "text";
	case FIELD_STR_LIST: return "list";
	case FIELD_INT: return "number";
	case FIELD_SECONDS: return "time";
	case FIELD_TIME: return "point in time";
	case FIELD_BOOL: return "true, false";
	case FIELD_ENUM:
	case FIELD_FLAGS:
	case FIELD_MAP:
	case FIELD_MAP_LIST: break;
	}
	return "";
}

static void put_names(const struct field *f, struct buf *out)
{
	for (int i = 0; f->names[i]; i++)
		buf_printf(out, "%s%s", i ? ", " : "", f->names[i]);
}

static void put_row(const char *above, const struct field *f, struct buf *out)
{
	buf_printf(out, "| `%s%s%s` | ", above, above[0] ? "." : "", f->name);
	if (f->names)
		put_names(f, out);
	else
		buf_put_str(out, type_text(f));
	if (f->required)
		buf_put_str(out, " | required");
	else if (f->standard)
		buf_printf(out, " | %s", f->standard);
	else
		buf_put_str(out, " | ");
	buf_printf(out, " | %s |\n", f->help);
}

void config_reference(struct buf *out)
{
	buf_put_str(out, "| directive | value | standard | |\n|---|---|---|---|\n");
	for (const struct field *f = config_fields; f->name; f++) {
		if (f->type != FIELD_MAP)
			put_row("", f, out);
		for (const struct field *s = f->type == FIELD_MAP ? f->sub : NULL; s && s->name;
		     s++)
			put_row(f->name, s, out);
	}
}

int cmd_directives(const struct invocation *v, int argc, char **argv)
{
	AUTO(buf) text = {0};

	if (argc > 1)
		return command_usage(v, "directives takes no argument '%s'", argv[1]);
	config_reference(&text);
	fputs(buf_cstr(&text), stdout);
	return COMMAND_OK;
}
