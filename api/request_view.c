/* api/request_view.c: see request_view.h. */
#include "api/request_view.h"

#include <stdlib.h>
#include <string.h>

#include "api/perform.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "ca/policy_apply.h"
#include "signing/approval.h"

static void put_time(struct json *j, const char *name, int64_t at)
{
	char text[TIME_TEXT_SIZE];

	if (at)
		time_text(at, text);
	json_str(j, name, at ? text : NULL);
}

static void put_digest(struct json *j, const char *name, const struct digest *digest)
{
	char text[2 * SHA256_SIZE + 1];

	hex_text(SPAN_OF(digest->bytes), text);
	json_str(j, name, text);
}

static void put_scope(struct json *j, const char *product, const char *channel)
{
	json_str(j, "product", product[0] ? product : NULL);
	json_str(j, "channel", channel[0] ? channel : NULL);
}

static void put_acts(struct json *j, const struct request_acts *acts)
{
	json_array_begin(j, "acts");
	for (size_t i = 0; i < acts->count; i++) {
		json_object_begin(j, NULL);
		json_str(j, "act", acts->kinds[i]);
		put_scope(j, acts->products[i], acts->channels[i]);
		json_object_end(j);
	}
	json_array_end(j);
}

/* Text as it came; what is none as base64, under another name. */
static void put_body(struct json *j, struct span body)
{
	AUTO(buf) base64 = {0};

	if (body.n == 0) {
		json_str(j, "body", NULL);
	} else if (utf8_valid(body)) {
		json_span(j, "body", body);
	} else {
		base64_encode(body, &base64);
		json_span(j, "body_base64", buf_span(&base64));
	}
}

static void put_call(struct json *j, const struct stored_call *call, bool whole)
{
	json_object_begin(j, "call");
	json_str(j, "method", call->method);
	json_str(j, "path", call->path);
	json_str(j, "query", call->query);
	json_str(j, "if_match", call->if_match);
	json_str(j, "if_none_match", call->if_none_match);
	json_str(j, "content_type", call->content_type);
	if (whole)
		put_body(j, call->body);
	json_object_end(j);
}

static void put_requirements(struct json *j, const struct call *call, const struct request_row *row)
{
	const int64_t now = call_now(call);

	json_array_begin(j, "requirements");
	for (size_t i = 0; i < row->requirement_count; i++) {
		const struct request_requirement *r = &row->requirements[i];

		json_object_begin(j, NULL);
		json_str(j, "policy", r->policy);
		json_str(j, "act", r->act);
		put_scope(j, r->product, r->channel);
		json_str(j, "role", r->role);
		json_int(j, "approvals", r->approvals);
		json_int(j, "have", approval_have(call_access(call), row, r, now));
		json_object_end(j);
	}
	json_array_end(j);
}

static void put_verdicts(struct json *j, const struct request_row *row)
{
	json_array_begin(j, "approvals");
	for (size_t i = 0; i < row->verdict_count; i++) {
		const struct request_verdict *v = &row->verdicts[i];

		json_object_begin(j, NULL);
		json_str(j, "principal", v->principal);
		json_str(j, "verdict", v->approved ? "approved" : "rejected");
		put_time(j, "at", v->at);
		put_digest(j, "digest", &v->digest);
		json_str(j, "comment", v->comment);
		json_object_end(j);
	}
	json_array_end(j);
}

void request_json(struct json *j, const char *name, const struct call *call,
    const struct request_row *row, bool whole)
{
	const bool open = strcmp(row->state, "open") == 0;

	json_object_begin(j, name);
	json_int(j, "id", row->id);
	json_str(j, "act", row->acts.kinds[0]);
	put_acts(j, &row->acts);
	json_str(j, "state", row->state);
	json_bool(j, "ready", open && approval_ready(call_access(call), row, call_now(call)));
	json_str(j, "requester", row->requester);
	json_str(j, "person", row->person);
	put_time(j, "created_at", row->created_at);
	put_time(j, "expires_at", row->expires_at);
	put_time(j, "closed_at", row->closed_at);
	json_str(j, "closed_by", row->closed_by);
	put_digest(j, "digest", &row->digest);
	put_call(j, &row->call, whole);
	if (whole)
		json_raw(j, "difference", span_str(row->difference));
	put_requirements(j, call, row);
	put_verdicts(j, row);
	json_object_end(j);
}

/* ---- what a change of policy changes ---- */

static void put_value(struct json *j, const char *name, const char *json)
{
	if (json)
		json_raw(j, name, span_str(json));
	else
		json_str(j, name, NULL);
}

static void put_change(struct json *j, const struct policy_change *change)
{
	static const char *const effects[] = {[POLICY_UNCHANGED] = "unchanged",
	    [POLICY_CREATED] = "created",
	    [POLICY_CHANGED] = "changed",
	    [POLICY_REMOVED] = "removed"};

	json_object_begin(j, NULL);
	json_str(j, "kind", change->kind);
	json_str(j, "name", change->name);
	json_str(j, "effect", effects[change->what]);
	json_array_begin(j, "difference");
	for (size_t i = 0; i < change->difference_count; i++) {
		json_object_begin(j, NULL);
		json_str(j, "path", change->differences[i].path);
		put_value(j, "old", change->differences[i].old);
		put_value(j, "new", change->differences[i].new);
		json_object_end(j);
	}
	json_array_end(j);
	json_object_end(j);
}

const char *request_difference(const struct policy_outcome *outcome, struct arena *arena)
{
	AUTO(buf) text = {0};
	struct json j = {.out = &text};

	json_array_begin(&j, NULL);
	for (size_t i = 0; i < outcome->change_count; i++)
		if (outcome->changes[i].what != POLICY_UNCHANGED)
			put_change(&j, &outcome->changes[i]);
	json_array_end(&j);
	return arena_strdup(arena, buf_cstr(&text));
}
