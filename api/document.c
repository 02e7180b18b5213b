/* api/document.c: see document.h. */
#include "api/document.h"

#include <string.h>

#include "api/answer.h"
#include "api/body.h"
#include "api/perform.h"
#include "api/require.h"
#include "api/signing_key.h"
#include "ca/certificate.h"
#include "ca/policy_apply.h"
#include "ca/policy_document.h"
#include "ca/reason.h"
#include "sql/document_view.h"

const struct field document_list_fields[] = {PAGE_FIELDS, {.name = NULL}};

/* ---- answers ---- */

static void put_certificate(struct json *j, struct span der)
{
	AUTO(buf) pem = {0};
	struct digest fingerprint = sha256(der);
	struct certificate_view view;
	struct err unheard = {0};
	const bool read = certificate_read(der, &view, &unheard).ok;

	pem_encode("CERTIFICATE", der, &pem);
	json_str(j, "certificate", buf_cstr(&pem));
	answer_hex(j, "fingerprint", SPAN_OF(fingerprint.bytes));
	answer_time(j, "not_before", read ? view.not_before : 0);
	answer_time(j, "not_after", read ? view.not_after : 0);
}

static void put(struct json *j, const char *kind, const struct document_row *d)
{
	json_object_begin(j, NULL);
	json_str(j, "kind", kind);
	json_str(j, "name", d->name);
	json_int(j, "version", d->version);
	answer_time(j, "updated_at", d->updated_at);
	json_raw(j, "document", d->spec);
	if (d->certificate.n)
		put_certificate(j, d->certificate);
	if (strcmp(kind, SIGNING_KEY_KIND) == 0)
		signing_key_put(j, d->spec);
	json_object_end(j);
}

static struct status answer_one(
    const struct call *call, const char *name, struct http_response *response, struct err *err)
{
	AUTO(buf) text = {0};
	struct json j = {.out = &text};
	const char *kind = call->route->document;
	struct document_row d;
	struct err why = {0};

	if (!document_get(call->db, kind, name, call->request->arena, &d, &why).ok) {
		if (why.kind == ERR_MISSING)
			return REFUSE(err, OBJECT_UNKNOWN, "%s", why.message);
		*err = why;
		return STATUS_FAILED;
	}
	put(&j, kind, &d);
	call_etag(call, response, d.version);
	call_answer(call, response, &text);
	return STATUS_OK;
}

/* ---- handlers ---- */

struct status document_list_get(struct call *call, struct http_response *response, struct err *err)
{
	const struct document_list_query *q = call->query;
	const size_t limit = (size_t)q->page.limit;
	AUTO(buf) text = {0};
	struct json j = {.out = &text};
	struct document_row *rows;
	const char *after;
	size_t count;

	TRY(page_after_name(&q->page, call->request->arena, &after, err));
	TRY(document_list(call->db, call->route->document, after, q->page.limit + 1,
	    call->request->arena, &rows, &count, err));
	json_object_begin(&j, NULL);
	json_array_begin(&j, "items");
	for (size_t i = 0; i < count && i < limit; i++)
		put(&j, call->route->document, &rows[i]);
	json_array_end(&j);
	page_next_name(&j, count > limit, count > limit ? rows[limit - 1].name : NULL);
	json_object_end(&j);
	call_answer(call, response, &text);
	return STATUS_OK;
}

struct status document_one_get(struct call *call, struct http_response *response, struct err *err)
{
	return answer_one(call, call->segment, response, err);
}

/* What the condition demands of the one document that is changed. */
static int64_t expected_of(const struct call *call)
{
	return call->condition.absent ? POLICY_ABSENT : call->condition.version;
}

/* If-Match: *: whichever version it is, but there it must be. */
static struct status must_exist(const struct call *call, struct err *err)
{
	struct document_row d;
	struct err why = {0};

	if (call->condition.absent || call->condition.version)
		return STATUS_OK;
	if (document_get(
		call->db, call->route->document, call->segment, call->request->arena, &d, &why)
		.ok)
		return STATUS_OK;
	if (why.kind == ERR_MISSING)
		return call_condition(call, 0, err);
	*err = why;
	return STATUS_FAILED;
}

/* Members by the table of the kind, so that a fault is named by its JSON pointer. */
static struct status check_members(const struct call *call, struct span text, struct err *err)
{
	const struct policy_kind *kind = policy_kind_by_name(call->route->document);
	void *scratch = arena_alloc(call->request->arena, kind->size);

	return body_bind(text, kind->fields, scratch, call->request->arena, err);
}

struct status document_put(struct call *call, struct http_response *response, struct err *err)
{
	AUTO(buf) text = {0};
	struct policy_edit edit = {.file_name = "body", .expected_version = expected_of(call)};
	struct policy_outcome outcome;

	TRY(body_document(call->request->body, call->route->document, call->segment, &text, err));
	TRY(check_members(call, buf_span(&text), err));
	TRY(must_exist(call, err));
	edit.text = buf_span(&text);
	TRY(call_apply(call, &edit, &outcome, err));
	TRY(answer_one(call, call->segment, response, err));
	if (outcome.changes[0].what == POLICY_CREATED)
		response->status = 201;
	return STATUS_OK;
}

struct status document_delete(struct call *call, struct http_response *response, struct err *err)
{
	struct policy_edit edit = {.remove_kind = call->route->document,
	    .remove_name = call->segment,
	    .expected_version = expected_of(call)};
	struct policy_outcome outcome;

	TRY(must_exist(call, err));
	TRY(call_apply(call, &edit, &outcome, err));
	http_respond(response, 204, NULL, SPAN_NONE);
	return STATUS_OK;
}
