/* api/perform.c: see perform.h. */
#include "api/perform.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "api/authenticate.h"
#include "api/body.h"
#include "api/one_request.h"
#include "api/page.h"
#include "api/query.h"
#include "api/recorder.h"
#include "api/require.h"
#include "api/transaction.h"
#include "ca/policy.h"
#include "ca/reason.h"
#include "signing/log_board.h"

const struct access *call_access(const struct call *call)
{
	static const struct access nothing; /* nobody may anything */

	return call->policy && call->policy->access ? call->policy->access : &nothing;
}

int64_t call_now(const struct call *call)
{
	return clock_now(&call->api->clock);
}

/* ---- may ---- */

static struct status deny(const struct call *call, const char *product, struct err *err)
{
	const char *permission = permission_name(call->route->permission);

	if (product)
		return REFUSE(err, ACCESS_DENIED, "%.64s does not hold %s for product %.64s",
		    call->actor.name, permission, product);
	return REFUSE(err, ACCESS_DENIED, "%.64s does not hold %s%s", call->actor.name, permission,
	    call->route->scope == SCOPE_GLOBAL ? " for all products" : "");
}

struct status call_may(
    const struct call *call, const char *product, const char *channel, struct err *err)
{
	if (!access_may(call_access(call), &call->actor, call->route->permission, product, channel,
		call_now(call)))
		return deny(call, product, err);
	return STATUS_OK;
}

struct reach call_reach(const struct call *call)
{
	return access_reach(call_access(call), &call->actor, call->route->permission,
	    call_now(call), call->request->arena);
}

bool call_sees(const struct call *call, const char *product)
{
	return access_may(call_access(call), &call->actor, call->route->permission, product, NULL,
	    call_now(call));
}

struct channel_reach call_channel_reach(const struct call *call)
{
	return access_channel_reach(call_access(call), &call->actor, call->route->permission,
	    call_now(call), call->request->arena);
}

static const struct product *product_of(const struct policy *p, const char *name)
{
	for (size_t i = 0; i < p->product_count; i++)
		if (strcmp(p->products[i].name, name) == 0)
			return &p->products[i];
	return NULL;
}

/* Both ways of naming them; products that the snapshot does not know of are nobody's. */
static void fill_scope(
    const struct call *call, const char *const *names, size_t count, struct scope *ret_scope)
{
	struct arena *arena = call->request->arena;
	int64_t *ids = arena_alloc(arena, count * sizeof(*ids));
	const char **known = arena_alloc(arena, count * sizeof(*known));
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		const struct product *p = product_of(call->policy, names[i]);

		if (!p)
			continue;
		ids[n] = p->id;
		known[n++] = arena_strdup(arena, p->name);
	}
	*ret_scope = (struct scope){.ids = ids, .names = known, .count = n};
}

bool call_scope(const struct call *call, const char *product, struct scope *ret_scope)
{
	const struct reach reach = call_reach(call);

	*ret_scope = (struct scope){0};
	if (product && !call_sees(call, product))
		return false;
	if (product)
		fill_scope(call, &product, 1, ret_scope);
	else if (reach.all_products)
		ret_scope->all = true;
	else
		fill_scope(call, reach.products, reach.product_count, ret_scope);
	return ret_scope->all || ret_scope->count > 0;
}

static bool is_somebody(const struct actor *a)
{
	return a->principal || a->credential == CREDENTIAL_LOCAL;
}

/* Public rows are for anybody; every other row is for somebody, and most for those who may. */
static struct status authorise(struct call *call, struct err *err)
{
	const enum permission p = call->route->permission;

	if (p == PERMISSION_PUBLIC)
		return STATUS_OK;
	if (!call->policy)
		return REFUSE(err, SERVICE_POLICY, "not ready to serve");
	if (!is_somebody(&call->actor))
		return REFUSE(err, CREDENTIAL_REQUIRED, "who calls is not known");
	TRY(one_request_gate(call, err));
	if (p == PERMISSION_SELF)
		return STATUS_OK;
	if (call->route->scope == SCOPE_GLOBAL)
		return call_may(call, NULL, NULL, err);
	if (call->route->scope == SCOPE_CHANNEL ? !call_channel_reach(call).any
						: !call_reach(call).any)
		return deny(call, NULL, err);
	return STATUS_OK;
}

/* ---- what ---- */

/* RFC 9110 8.8.3: a quoted string; ours are numbers. A weak one never holds for If-Match. */
static struct status read_version(const char *text, int64_t *ret_version, struct err *err)
{
	const size_t n = strlen(text);
	int64_t version = 0;

	if (strcmp(text, "*") == 0) {
		*ret_version = 0;
		return STATUS_OK;
	}
	if (n < 3 || n > 20 || text[0] != '"' || text[n - 1] != '"' || text[1] == '0')
		return REFUSE(err, CONDITION_MALFORMED, "If-Match: %.40s", text);
	for (size_t i = 1; i < n - 1; i++) {
		if (text[i] < '0' || text[i] > '9')
			return REFUSE(err, CONDITION_MALFORMED, "If-Match: %.40s", text);
		version = version * 10 + (text[i] - '0');
	}
	*ret_version = version;
	return STATUS_OK;
}

static struct status read_condition(struct call *call, struct err *err)
{
	const char *match = http_header(call->request, "If-Match");
	const char *none = http_header(call->request, "If-None-Match");

	call->condition = (struct condition){0};
	if (!(call->route->flags & ROUTE_EDITS))
		return STATUS_OK;
	if (match && none)
		return REFUSE(err, CONDITION_MALFORMED, "both If-Match and If-None-Match");
	if (none && strcmp(none, "*") != 0)
		return REFUSE(err, CONDITION_MALFORMED,
		    "If-None-Match: %.40s, where * alone makes sense", none);
	if (!match && !none)
		return REFUSE(err, CONDITION_REQUIRED, "neither If-Match nor If-None-Match");
	call->condition.given = true;
	call->condition.absent = none != NULL;
	return match ? read_version(match, &call->condition.version, err) : STATUS_OK;
}

struct status call_condition(const struct call *call, int64_t version, struct err *err)
{
	const struct condition *c = &call->condition;

	if (!c->given)
		return STATUS_OK;
	if (c->absent && version)
		return REFUSE(err, CONDITION_FAILED, "it is there, in version %" PRId64, version);
	if (!c->absent && !version)
		return REFUSE(err, CONDITION_FAILED, "it is not there");
	if (!c->absent && c->version && c->version != version)
		return REFUSE(err, CONDITION_FAILED, "it is in version %" PRId64 ", not %" PRId64,
		    version, c->version);
	return STATUS_OK;
}

static struct status bind_query(struct call *call, struct err *err)
{
	const struct route *route = call->route;
	void *query = arena_alloc(call->request->arena, route->query_size);

	TRY(query_bind(call->request->query, route->query, query, call->request->arena, err));
	call->query = query;
	return STATUS_OK;
}

static struct status bind_body(struct call *call, struct err *err)
{
	const struct route *route = call->route;
	void *input;

	if (!route->body || route->flags & ROUTE_RAW)
		return STATUS_OK;
	input = arena_alloc(call->request->arena, route->body_size);
	TRY(body_bind(call->request->body, route->body, input, call->request->arena, err));
	call->input = input;
	return STATUS_OK;
}

static struct status prepare(struct call *call, struct err *err)
{
	TRY(authorise(call, err));
	TRY(bind_query(call, err));
	TRY(read_condition(call, err));
	return bind_body(call, err);
}

struct status call_id(const struct call *call, int64_t *ret_id, struct err *err)
{
	const char *text = call->segment;
	int64_t id = 0;
	size_t n = strlen(text);

	for (size_t i = 0; i < n && n <= 18; i++)
		id = text[i] >= '0' && text[i] <= '9' && id >= 0 ? id * 10 + (text[i] - '0') : -1;
	if (id <= 0 || text[0] == '0')
		return REFUSE(err, OBJECT_UNKNOWN, "there is no '%.40s' here", text);
	*ret_id = id;
	return STATUS_OK;
}

/* ---- answer ---- */

static int success_of(const struct route *route)
{
	return route->status ? route->status : 200;
}

void call_answer(const struct call *call, struct http_response *response, const struct buf *json)
{
	AUTO(buf) text = {0};

	buf_put(&text, buf_span(json));
	buf_put_str(&text, "\n");
	http_respond(response, success_of(call->route), "application/json",
	    arena_copy(call->request->arena, buf_span(&text)));
}

void call_answer_rows(
    const struct call *call, struct http_response *response, const struct answer_rows *rows)
{
	AUTO(buf) text = {0};
	struct json j = {.out = &text};
	const bool more = rows->count > (size_t)rows->limit;
	const size_t shown = more ? (size_t)rows->limit : rows->count;
	int64_t last = 0;

	json_object_begin(&j, NULL);
	json_array_begin(&j, "items");
	for (size_t i = 0; i < shown; i++) {
		const void *row = (const char *)rows->rows + i * rows->size;

		rows->put(&j, row);
		memcpy(&last, row, sizeof(last));
	}
	json_array_end(&j);
	page_next_id(&j, more, last);
	json_object_end(&j);
	call_answer(call, response, &text);
}

void call_etag(const struct call *call, struct http_response *response, int64_t version)
{
	http_add_header(
	    response, "ETag", arena_printf(call->request->arena, "\"%" PRId64 "\"", version));
}

static void answer_unchanged(const struct call *call, struct http_response *response)
{
	const char *etag = http_response_header(response, "ETag");

	if (call->route->flags & ROUTE_VERSIONED && etag && response->status == 200 &&
	    http_none_match_holds(call->request, etag))
		http_respond(response, 304, NULL, SPAN_NONE);
}

struct status route_perform(
    const struct route *route, struct call *call, struct http_response *response, struct err *err)
{
	call->route = route;
	TRY(prepare(call, err));
	return route->handler(call, response, err);
}

struct status acts_go_on(const struct call *call, struct err *err)
{
	char why[sizeof(err->message)];

	switch (log_board_health(call->api->log_board, why, sizeof(why))) {
	case LOG_REFUSED: return REFUSE(err, LOG_REFUSED, "%s", why);
	case LOG_AWAY: return err_set(err, ERR_DATABASE, "%s", why[0] ? why : "not ready yet");
	case LOG_SOUND: break;
	}
	return STATUS_OK;
}

struct status perform_as(
    const struct route *route, struct call *call, struct http_response *response, struct err *err)
{
	call->route = route;
	TRY(prepare(call, err));
	if (call->route->flags & ROUTE_ACT) {
		TRY(acts_go_on(call, err));
		TRY(transaction_run(call, response, err));
	} else
		TRY(call->route->handler(call, response, err));
	if (response->status == 0)
		return err_set(err, ERR_INTERNAL, "%s gave no answer", call->route->path);
	return STATUS_OK;
}

static struct status perform_all(
    const struct route *route, struct call *call, struct http_response *response, struct err *err)
{
	call->actor = actor_nobody();
	call->route = route;
	TRY(authenticate(call, err));
	return perform_as(route, call, response, err);
}

/* Documents are the caller's here: what is wrong with them is no fault of the configuration. */
static void blame(struct err *err)
{
	if (err->kind != ERR_CONFIG || err->reason)
		return;
	err->reason = &reasons[REASON_DOCUMENT_REFUSED];
	err->kind = err->reason->kind;
}

void perform(const struct route *route, struct call *call, struct http_response *response,
    struct err *ret_err)
{
	if (!perform_all(route, call, response, ret_err).ok) {
		blame(ret_err);
		recorder_keep(call, ret_err);
		route->error_shape(call, ret_err, response);
		return;
	}
	answer_unchanged(call, response);
	if (!http_response_header(response, "Cache-Control"))
		http_add_header(response, "Cache-Control", "no-store");
}
