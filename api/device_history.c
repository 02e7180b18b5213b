#include "api/device_history.h"

#include "api/answer.h"
#include "api/perform.h"
#include "ca/reason.h"
#include "ca/revoke.h"
#include "sql/device_history.h"
#include "sql/device_view.h"

/* clang-format off */
const struct field device_history_fields[] = {
    PAGE_FIELDS,
    {.name = NULL},
};
/* clang-format on */

static void put(struct json *j, const struct device_event *e)
{
	json_object_begin(j, NULL);
	answer_time(j, "at", e->at);
	json_str(j, "event", e->event);
	json_str(j, "state", e->state);
	json_str(j, "who", e->who);
	answer_id(j, "certificate", e->certificate_id);
	json_str(j, "reason", e->reason >= 0 ? revocation_reason_name(e->reason) : NULL);
	json_object_end(j);
}

static void answer_page(const struct call *call, struct http_response *response,
    const struct device_event *events, size_t count, int64_t limit)
{
	AUTO(buf) text = {0};
	struct json j = {.out = &text};
	const bool more = count > (size_t)limit;
	const size_t shown = more ? (size_t)limit : count;
	const struct device_event *last = shown ? &events[shown - 1] : NULL;

	json_object_begin(&j, NULL);
	json_array_begin(&j, "items");
	for (size_t i = 0; i < shown; i++)
		put(&j, &events[i]);
	json_array_end(&j);
	page_next_moment(&j, more && last, last ? last->at : 0, last ? last->key : 0);
	json_object_end(&j);
	call_answer(call, response, &text);
}

static struct status find(const struct call *call, int64_t *ret_id, struct err *err)
{
	struct device_row d;
	struct err why = {0};
	struct status got;

	TRY(call_id(call, ret_id, err));
	got = device_get(call->db, *ret_id, call->request->arena, &d, &why);
	if (!got.ok && why.kind != ERR_MISSING) {
		*err = why;
		return STATUS_FAILED;
	}
	if (!got.ok || !call_sees(call, d.product))
		return REFUSE(err, OBJECT_UNKNOWN, "there is no device %s", call->segment);
	return STATUS_OK;
}

struct status device_history_get(struct call *call, struct http_response *response, struct err *err)
{
	const struct device_history_query *q = call->query;
	struct device_event *events;
	int64_t id, at, key;
	size_t count;

	TRY(find(call, &id, err));
	TRY(page_after_moment(&q->page, &at, &key, err));
	TRY(device_history(
	    call->db, id, at, key, q->page.limit + 1, call->request->arena, &events, &count, err));
	answer_page(call, response, events, count, q->page.limit);
	return STATUS_OK;
}
