/*
 * api/perform.h: a call of the API, from its bytes to its answer.
 *
 *	who           api/authenticate.h fills call->actor
 *	may           the row's permission, by the snapshot's bindings and the row's scope
 *	what          query, condition and body, read strictly and bound by the row's tables
 *	act           the handler, within one transaction where the row says ROUTE_ACT
 *	answer        after the commit; or a problem, and a row that explains it
 *(sql/refused_call.h)
 *
 * An act that lost a race is run again from the start, handler and all, at most ACT_ATTEMPTS times.
 * What a handler does outside of the transaction must therefore bear being done twice.
 */
#ifndef SIGNET_API_PERFORM_H
#define SIGNET_API_PERFORM_H

#include "access/reach.h"
#include "api/route.h"
#include "base/json.h"
#include "sql/scope.h"

#define ACT_ATTEMPTS \
	3 /* a race is lost to somebody who won: thrice in a row, the store is unwell */

/* All of it. Never fails itself. route_run() calls this for rows of the API. */
void perform(const struct route *route, struct call *call, struct http_response *response,
    struct err *ret_err);

/* Without who, for callers that know: may, what, act. The caller has set call->actor. */
struct status perform_as(
    const struct route *route, struct call *call, struct http_response *response, struct err *err);

/*
 * Without who and without transaction: may, what, handler, for a stored call that is redeemed. The
 * caller has set call->actor and call->approval, is in a transaction, and commits it.
 */
struct status route_perform(
    const struct route *route, struct call *call, struct http_response *response, struct err *err);

/* ---- for handlers ---- */

/* The bindings that this call is judged by. */
const struct access *call_access(const struct call *call);
int64_t call_now(const struct call *call);

/* May the caller do what the row's permission names with this product (NULL: with all) and channel
 * (NULL: all, or none)? ERR_DENIED access.denied. */
struct status call_may(
    const struct call *call, const char *product, const char *channel, struct err *err);
/* What of a list the caller may see, by the row's permission. */
struct reach call_reach(const struct call *call);
/* The same question about one thing of a product: what may not be seen is not there. */
MUST_USE bool call_sees(const struct call *call, const char *product);
/* And of what has a product and a channel. */
struct channel_reach call_channel_reach(const struct call *call);

/*
 * What a list shows: the caller's reach, and of that the one product that a filter names (NULL: all
 * of it). false: nothing, without a look into the store.
 */
MUST_USE bool call_scope(const struct call *call, const char *product, struct scope *ret_scope);

/*
 * Does what the client demanded hold? version: of what is there; 0: nothing is. ERR_STALE
 * condition.failed. Without a condition: always.
 */
struct status call_condition(const struct call *call, int64_t version, struct err *err);

/*
 * May acts be recorded? Not while the database lies behind what this node saw of the log, or has
 * another past. ERR_BUSY log.refused; ERR_DATABASE: it is away, or was and is not yet compared.
 */
struct status acts_go_on(const struct call *call, struct err *err);

/* The number in the path, 1 or more. ERR_MISSING object.unknown. */
struct status call_id(const struct call *call, int64_t *ret_id, struct err *err);

/* Answer with the row's status and this JSON; the text is copied, a newline put behind it. */
void call_answer(const struct call *call, struct http_response *response, const struct buf *json);
/*
 * A page of rows that begin with their `int64_t id`, newest first; the list was asked for one row
 * more than the page holds, so that it is known whether there is a next one.
 */
struct answer_rows {
	const void *rows;
	size_t count, size; /* of one row */
	int64_t limit;      /* of the page */
	void (*put)(struct json *j, const void *row);
};
void call_answer_rows(
    const struct call *call, struct http_response *response, const struct answer_rows *rows);
/* With an ETag of this version (before call_answer() or after it). */
void call_etag(const struct call *call, struct http_response *response, int64_t version);

#endif
