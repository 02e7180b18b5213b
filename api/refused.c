/* api/refused.c: see refused.h. */
#include "api/refused.h"

#include "api/answer.h"
#include "api/perform.h"
#include "ca/reason.h"
#include "sql/refused_call.h"

/* clang-format off */
#define AT(member) .offset = offsetof(struct refused_list_query, member)
const struct field refused_list_fields[] = {
    PAGE_FIELDS,
    {.name = "principal", .type = FIELD_STR, AT(principal), .min = 1, .max = 63, .help = "who called"},
    {.name = "code", .type = FIELD_STR, AT(code), .min = 1, .max = 64, .help = "the reason, such as access.denied"},
    {.name = NULL},
};
/* clang-format on */

static void put(struct json *j, const void *row)
{
	const struct refused_call *r = row;

	json_object_begin(j, NULL);
	json_int(j, "id", r->id);
	answer_time(j, "at", r->at);
	json_str(j, "principal", r->principal);
	json_str(j, "method", r->method);
	json_str(j, "path", r->path);
	json_int(j, "status", r->status);
	json_str(j, "code", r->code);
	json_str(j, "rule", r->rule);
	json_str(j, "message", r->message);
	json_str(j, "advice", r->advice);
	json_str(j, "cause", r->cause);
	json_str(j, "peer", r->peer);
	json_str(j, "request_id", r->request_id);
	json_object_end(j);
}

struct status refused_list_get(struct call *call, struct http_response *response, struct err *err)
{
	const struct refused_list_query *q = call->query;
	struct refused_call_filter f = {
	    .principal = q->principal, .code = q->code, .limit = q->page.limit + 1};
	struct refused_call *rows;
	size_t count;

	TRY(page_after_id(&q->page, &f.before, err));
	TRY(refused_call_list(call->db, &f, call->request->arena, &rows, &count, err));
	call_answer_rows(
	    call, response, &(struct answer_rows){rows, count, sizeof(*rows), q->page.limit, put});
	return STATUS_OK;
}

struct status refused_one_get(struct call *call, struct http_response *response, struct err *err)
{
	AUTO(buf) text = {0};
	struct json j = {.out = &text};
	struct refused_call row;
	struct err why = {0};
	struct status got;
	int64_t id;

	TRY(call_id(call, &id, err));
	got = refused_call_get(call->db, id, call->request->arena, &row, &why);
	if (!got.ok && why.kind == ERR_MISSING)
		return REFUSE(err, OBJECT_UNKNOWN, "there is no refused call %s", call->segment);
	if (!got.ok) {
		*err = why;
		return got;
	}
	put(&j, &row);
	call_answer(call, response, &text);
	return STATUS_OK;
}
