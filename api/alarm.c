/* api/alarm.c: see alarm.h. */
#include "api/alarm.h"

#include "api/answer.h"
#include "api/perform.h"
#include "sql/alarm_view.h"

/* clang-format off */
#define AT(member) .offset = offsetof(struct alarm_list_query, member)
const struct field alarm_list_fields[] = {
    PAGE_FIELDS,
    {.name = "kind", .type = FIELD_STR, AT(kind), .min = 1, .max = 32, .help = "such as clone or lint"},
    {.name = "product", .type = FIELD_STR, AT(product), .min = 1, .max = 63, .help = "name of a product"},
    {.name = "device", .type = FIELD_INT, AT(device), .min = 1, .help = "id of a device"},
    {.name = NULL},
};
/* clang-format on */

static void put(struct json *j, const void *row)
{
	const struct alarm_row *a = row;

	json_object_begin(j, NULL);
	json_int(j, "id", a->id);
	answer_time(j, "at", a->at);
	json_str(j, "kind", a->kind);
	if (a->product) {
		json_object_begin(j, "device");
		answer_id(j, "id", a->device_id);
		json_str(j, "product", a->product);
		json_str(j, "serial", a->serial);
		json_object_end(j);
	} else {
		answer_null(j, "device");
	}
	answer_id(j, "enrollment", a->enrollment_id);
	json_str(j, "detail", a->detail);
	json_object_end(j);
}

struct status alarm_list_get(struct call *call, struct http_response *response, struct err *err)
{
	const struct alarm_list_query *q = call->query;
	struct alarm_filter f = {
	    .kind = q->kind, .device_id = q->device, .limit = q->page.limit + 1};
	struct alarm_row *rows = NULL;
	size_t count = 0;

	TRY(page_after_id(&q->page, &f.before, err));
	if (call_scope(call, q->product, &f.scope))
		TRY(alarm_list(call->db, &f, call->request->arena, &rows, &count, err));
	call_answer_rows(
	    call, response, &(struct answer_rows){rows, count, sizeof(*rows), q->page.limit, put});
	return STATUS_OK;
}
