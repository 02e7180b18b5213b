/* api/apply.c: see apply.h. */
#include "api/apply.h"

#include <strings.h>

#include "api/answer.h"
#include "api/body.h"
#include "api/perform.h"
#include "api/require.h"
#include "ca/policy_apply.h"

const struct field apply_fields[] = {
    {.name = "dry_run",
	.type = FIELD_BOOL,
	.offset = offsetof(struct apply_query, dry_run),
	.standard = "false",
	.help = "true: say what would change, and change nothing"},
    {.name = NULL},
};

static void put_json(struct json *j, const char *name, const char *value)
{
	if (value)
		json_raw(j, name, span_str(value));
	else
		answer_null(j, name);
}

static void put_change(struct json *j, const struct policy_change *c)
{
	static const char *const effects[] = {[POLICY_UNCHANGED] = "unchanged",
	    [POLICY_CREATED] = "created",
	    [POLICY_CHANGED] = "changed",
	    [POLICY_REMOVED] = "removed"};

	json_object_begin(j, NULL);
	json_str(j, "kind", c->kind);
	json_str(j, "name", c->name);
	json_str(j, "effect", effects[c->what]);
	answer_id(j, "version", c->version);
	json_array_begin(j, "difference");
	for (size_t i = 0; i < c->difference_count; i++) {
		json_object_begin(j, NULL);
		json_str(j, "path", c->differences[i].path);
		put_json(j, "old", c->differences[i].old);
		put_json(j, "new", c->differences[i].new);
		json_object_end(j);
	}
	json_array_end(j);
	json_object_end(j);
}

static void put_requirement(struct json *j, const struct requirement *r)
{
	json_object_begin(j, NULL);
	json_str(j, "act", act_kind_name(r->act.kind));
	json_str(j, "product", r->act.product);
	json_str(j, "policy", r->policy);
	json_str(j, "role", r->role);
	json_int(j, "approvals", r->approvals);
	json_object_end(j);
}

static void answer(const struct call *call, const struct policy_outcome *o, bool dry_run,
    struct http_response *response)
{
	AUTO(buf) text = {0};
	struct json j = {.out = &text};

	json_object_begin(&j, NULL);
	json_bool(&j, "dry_run", dry_run);
	json_int(&j, "version", o->version);
	json_array_begin(&j, "changes");
	for (size_t i = 0; i < o->change_count; i++)
		put_change(&j, &o->changes[i]);
	json_array_end(&j);
	json_array_begin(&j, "approvals");
	for (size_t i = 0; i < o->requirement_count; i++)
		put_requirement(&j, &o->requirements[i]);
	json_array_end(&j);
	json_object_end(&j);
	call_answer(call, response, &text);
}

static bool is_json(const struct call *call)
{
	const char *type = http_header(call->request, "Content-Type");

	return type && strncasecmp(type, "application/json", 16) == 0;
}

struct status apply_post(struct call *call, struct http_response *response, struct err *err)
{
	const struct apply_query *q = call->query;
	AUTO(buf) text = {0};
	struct policy_edit edit = {
	    .file_name = "body", .text = call->request->body, .dry_run = q->dry_run};
	struct policy_outcome outcome;

	/* YAML reads JSON, but what JSON itself refuses should not pass. */
	if (is_json(call)) {
		TRY(body_documents(call->request->body, &text, err));
		edit.text = buf_span(&text);
	}
	TRY(call_apply(call, &edit, &outcome, err));
	answer(call, &outcome, q->dry_run, response);
	return STATUS_OK;
}
