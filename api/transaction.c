/* api/transaction.c: see transaction.h. */
#include "api/transaction.h"

#include <string.h>

#include "api/perform.h"
#include "api/require.h"
#include "base/json.h"
#include "ca/reason.h"
#include "sql/idempotency.h"

/* ---- Idempotency-Key ---- */

static struct status check_key(const char *key, struct err *err)
{
	const size_t n = strlen(key);

	if (n == 0 || n > IDEMPOTENCY_KEY_MAX)
		return REFUSE(err, IDEMPOTENCY_KEY, "a key of %zu characters", n);
	for (size_t i = 0; i < n; i++)
		if (key[i] <= ' ' || key[i] > '~')
			return REFUSE(
			    err, IDEMPOTENCY_KEY, "character %zu is not visible ASCII", i + 1);
	return STATUS_OK;
}

/* Lengths before the parts: no two calls give the same bytes. */
static struct digest call_digest(const struct call *call)
{
	const struct http_request *q = call->request;
	const char *type = http_header(q, "Content-Type"), *match = http_header(q, "If-Match");
	const struct span parts[] = {span_str(call->route->operation), span_str(q->path),
	    span_str(q->query), span_str(type), span_str(match), q->body};
	AUTO(buf) all = {0};

	for (size_t i = 0; i < COUNT(parts); i++) {
		buf_printf(&all, "%zu:", parts[i].n);
		buf_put(&all, parts[i]);
	}
	return sha256(buf_span(&all));
}

/* ret_key->key NULL: none was sent, or the row takes none. */
static struct status read_key(
    const struct call *call, struct idempotency_key *ret_key, struct err *err)
{
	const char *key = http_header(call->request, "Idempotency-Key");

	*ret_key = (struct idempotency_key){0};
	if (!key || !(call->route->flags & ROUTE_CREATES))
		return STATUS_OK;
	TRY(check_key(key, err));
	*ret_key = (struct idempotency_key){
	    .principal = call->actor.name,
	    .key = key,
	    .call = call_digest(call),
	    .now = call_now(call),
	    .free_before = call_now(call) - IDEMPOTENCY_SECONDS,
	};
	return STATUS_OK;
}

static struct status replay(
    const struct idempotency_answer *a, struct http_response *response, struct err *err)
{
	if (!a->body.p)
		return REFUSE(err, IDEMPOTENCY_SECRET, "it was answered already, once");
	http_respond(response, (int)a->status, a->content_type, a->body);
	if (a->location)
		http_add_header(response, "Location", a->location);
	if (a->etag)
		http_add_header(response, "ETag", a->etag);
	http_add_header(response, "Idempotency-Replayed", "true");
	return STATUS_OK;
}

/* ret_replayed: the response is that of the first time. */
static struct status take_key(struct call *call, const struct idempotency_key *key,
    struct http_response *response, bool *ret_replayed, struct err *err)
{
	struct idempotency_answer answer;
	struct digest before;
	bool known;

	*ret_replayed = false;
	if (!key->key)
		return STATUS_OK;
	TRY(idempotency_take(call->db, key, call->request->arena, &known, &before, &answer, err));
	if (!known)
		return STATUS_OK;
	if (memcmp(before.bytes, key->call.bytes, sizeof(before.bytes)) != 0)
		return REFUSE(
		    err, IDEMPOTENCY_REUSED, "key '%s' was sent with another call", key->key);
	*ret_replayed = true;
	return replay(&answer, response, err);
}

static struct status keep_answer(struct call *call, const struct idempotency_key *key,
    const struct http_response *response, struct err *err)
{
	const struct idempotency_answer answer = {
	    .status = response->status,
	    .content_type = response->content_type,
	    .location = http_response_header(response, "Location"),
	    .etag = http_response_header(response, "ETag"),
	    .body = call->route->flags & ROUTE_SECRET && response->status == 201
			? SPAN_NONE
			: (response->body.p ? response->body : SPAN_LITERAL("")),
	};

	return key->key ? idempotency_keep(call->db, key, &answer, err) : STATUS_OK;
}

/* ---- the transaction ---- */

static struct status act(struct call *call, const struct idempotency_key *key, route_handler run,
    struct http_response *response, struct err *err)
{
	bool replayed;

	TRY(take_key(call, key, response, &replayed, err));
	if (replayed)
		return STATUS_OK;
	TRY(run(call, response, err));
	if (run != require_keep)
		TRY(require_settle(call, err));
	if (response->status == 0)
		return err_set(err, ERR_INTERNAL, "%s gave no answer", call->route->path);
	return keep_answer(call, key, response, err);
}

static struct status attempt(struct call *call, const struct idempotency_key *key,
    route_handler run, struct http_response *response, struct err *err)
{
	struct status done;

	TRY(db_begin(call->db, err));
	done = act(call, key, run, response, err);
	if (done.ok)
		done = db_commit(call->db, err);
	if (!done.ok)
		db_rollback(call->db);
	call->committed = done.ok;
	return done;
}

static struct status attempts(struct call *call, const struct idempotency_key *key,
    route_handler run, struct http_response *response, struct err *err)
{
	for (int i = 1;; i++) {
		struct status done = attempt(call, key, run, response, err);

		if (done.ok || i == ACT_ATTEMPTS || !db_retryable(call->db))
			return done;
		err_clear(err);
		*response = (struct http_response){0};
	}
}

static bool needs_approval(const struct call *call, const struct err *err)
{
	return call->pending && strcmp(err_code(err), reasons[REASON_APPROVAL_NEEDED].code) == 0;
}

struct status transaction_run(struct call *call, struct http_response *response, struct err *err)
{
	struct idempotency_key key;
	struct status done;

	TRY(read_key(call, &key, err));
	done = attempts(call, &key, call->route->handler, response, err);
	if (done.ok || !needs_approval(call, err))
		return done;
	err_clear(err);
	*response = (struct http_response){0};
	return attempts(call, &key, require_keep, response, err);
}
