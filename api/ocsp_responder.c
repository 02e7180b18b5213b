/* api/ocsp_responder.c: see ocsp_responder.h. */
#include "api/ocsp_responder.h"

#include "api/answer.h"
#include "api/api.h"
#include "api/perform.h"
#include "sql/ocsp.h"

/* clang-format off */
#define AT(member) .offset = offsetof(struct ocsp_list_query, member)
const struct field ocsp_list_fields[] = {
    PAGE_FIELDS,
    {.name = "authority", .type = FIELD_STR, AT(authority), .min = 1, .max = 63, .help = "name of an authority"},
    {.name = "node", .type = FIELD_STR, AT(node), .min = 1, .max = 64, .help = "name of a node"},
    {.name = NULL},
};
/* clang-format on */

struct listed {
	int64_t id; /* of the certificate: first, for pages */
	const struct ocsp_responder_row *row;
	int64_t now;
};

static const char *state_of(const struct listed *l)
{
	if (l->row->revoked)
		return "revoked";
	return l->now < l->row->not_after ? "current" : "ended";
}

static void put(struct json *j, const void *item)
{
	const struct listed *l = item;

	json_object_begin(j, NULL);
	json_int(j, "certificate", l->id);
	json_str(j, "authority", l->row->authority);
	json_str(j, "node", l->row->node);
	json_str(j, "state", state_of(l));
	answer_hex(j, "serial", l->row->serial);
	answer_hex(j, "key", l->row->key_digest);
	answer_time(j, "not_before", l->row->not_before);
	answer_time(j, "not_after", l->row->not_after);
	json_object_end(j);
}

struct status ocsp_list_get(struct call *call, struct http_response *response, struct err *err)
{
	const struct ocsp_list_query *q = call->query;
	struct ocsp_responder_filter f = {
	    .authority = q->authority, .node = q->node, .limit = q->page.limit + 1};
	struct ocsp_responder_row *rows;
	struct listed *listed;
	size_t count;

	TRY(page_after_id(&q->page, &f.before, err));
	TRY(ocsp_responder_list(call->db, &f, call->request->arena, &rows, &count, err));
	listed = arena_alloc(call->request->arena, count * sizeof(*listed));
	for (size_t i = 0; i < count; i++)
		listed[i] =
		    (struct listed){rows[i].certificate_id, &rows[i], clock_now(&call->api->clock)};
	call_answer_rows(call, response,
	    &(struct answer_rows){listed, count, sizeof(*listed), q->page.limit, put});
	return STATUS_OK;
}
