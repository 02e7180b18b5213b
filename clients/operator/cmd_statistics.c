/* clients/operator/cmd_statistics.c: signet statistics: counts as tables, with their totals. */
#include <string.h>

#include "clients/operator/handlers.h"
#include "clients/operator/show.h"
#include "clients/operator/value.h"

#define NUMBER(title, path)                      \
	{                                        \
		title, path, COLUMN_NUMBER, NULL \
	}
#define END                                   \
	{                                     \
		NULL, NULL, COLUMN_TEXT, NULL \
	}
static const struct column certificate_columns[] = {{"AUTHORITY", "authority", COLUMN_TEXT, NULL},
    {"PRODUCT", "product", COLUMN_TEXT, NULL}, NUMBER("ISSUED", "issued"),
    NUMBER("REVOKED", "revoked"), NUMBER("HELD", "held"), NUMBER("ARCHIVED", "archived"), END};
static const struct column device_columns[] = {{"PRODUCT", "product", COLUMN_TEXT, NULL},
    NUMBER("MADE", "made"), NUMBER("CLAIMED", "claimed"), NUMBER("ENROLLED", "enrolled"),
    NUMBER("SUSPENDED", "suspended"), NUMBER("RETIRED", "retired"), END};

/* A row of the sums, its first column "total". */
static json_t *total_of(const struct column *columns, const json_t *rows)
{
	json_t *total = json_pack("{s:s}", columns[0].path, "total");

	for (const struct column *k = columns; k->title; k++) {
		int64_t sum = 0;
		size_t i;
		json_t *row;

		if (k->form != COLUMN_NUMBER)
			continue;
		json_array_foreach((json_t *)(uintptr_t)rows, i, row)
		{
			sum += value_int(row, k->path, 0);
		}
		json_object_set_new(total, k->path, json_integer(sum));
	}
	return total;
}

static void show_counts(
    const struct call *c, const char *heading, const struct column *columns, const json_t *rows)
{
	json_t *all = json_array();

	json_array_extend(all, (json_t *)(uintptr_t)rows);
	if (json_array_size(rows))
		json_array_append_new(all, total_of(columns, rows));
	show_table(&c->out, heading, columns, all);
	json_decref(all);
}

int cmd_statistics(struct call *c)
{
	AUTO(client_reply) reply = {0};
	AUTO(buf) path = {0};
	int code;

	buf_put_str(&path, "/statistics");
	list_add_filters(c, &path);
	code = call_get(c, buf_cstr(&path), &reply);
	if (code != EXIT_DONE)
		return code;
	if (call_has(c, OPT_JSON)) {
		call_print_json(c, reply.json);
		return EXIT_DONE;
	}
	show_counts(c, "Certificates", certificate_columns, value_at(reply.json, "certificates"));
	show_counts(c, "Devices", device_columns, value_at(reply.json, "devices"));
	if (!json_array_size(value_at(reply.json, "certificates")) &&
	    !json_array_size(value_at(reply.json, "devices")))
		call_note(c, "none");
	return EXIT_DONE;
}
