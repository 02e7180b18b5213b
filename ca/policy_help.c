/* ca/policy_help.c: the field tables as Markdown. */
#include "ca/policy_document.h"

#include <inttypes.h>
#include <string.h>

static void put_type(const struct field *f, struct buf *out)
{
	static const char *const types[] = {
	    [FIELD_STR] = "text",
	    [FIELD_STR_LIST] = "list of texts",
	    [FIELD_INT] = "number",
	    [FIELD_SECONDS] = "time span",
	    [FIELD_TIME] = "point in time",
	    [FIELD_BOOL] = "true or false",
	    [FIELD_ENUM] = "one of",
	    [FIELD_FLAGS] = "list of",
	    [FIELD_MAP] = "map",
	    [FIELD_MAP_LIST] = "list of maps",
	};

	buf_put_str(out, types[f->type]);
	for (size_t i = 0; f->names && f->names[i]; i++)
		buf_printf(out, "%s `%s`", i ? "," : "", f->names[i]);
}

static void put_standard(const struct field *f, struct buf *out)
{
	if (f->required)
		buf_put_str(out, "required");
	else if (f->standard)
		buf_printf(out, "`%s`", f->standard);
	else if (f->type == FIELD_BOOL)
		buf_put_str(out, "`false`");
	else
		buf_put_str(out, "none");
}

static void put_fields(const struct field *fields, const char *above, struct buf *out)
{
	for (const struct field *f = fields; f->name; f++) {
		buf_printf(out, "| `%s%s` | ", above, f->name);
		put_type(f, out);
		buf_put_str(out, " | ");
		put_standard(f, out);
		buf_printf(out, " | %s |\n", f->help);
		if (f->sub) {
			AUTO(buf) inner = {0};

			buf_printf(&inner, "%s%s%s", above, f->name,
			    f->type == FIELD_MAP_LIST ? "[]." : ".");
			put_fields(f->sub, buf_cstr(&inner), out);
		}
	}
}

void policy_document_help(struct buf *out)
{
	for (int i = 0; i < POLICY_KINDS; i++) {
		const struct policy_kind *k = &policy_kinds[i];

		buf_printf(out, "### %s\n%s\n\n", k->name, k->help);
		buf_put_str(out, "| member | value | standard | meaning |\n|---|---|---|---|\n");
		put_fields(k->fields, "", out);
		buf_put_str(out, "\n");
	}
}
