/* api/recorder.c: see recorder.h. */
#include "api/recorder.h"

#include <inttypes.h>

#include "api/api.h"
#include "base/utf8.h"
#include "sql/refused_call.h"

#define PATH_KEPT 256 /* no path of ours is half as long */
#define TEXT_KEPT 512

static bool within_rate(struct call *call)
{
	struct api *api = call->api;

	if (call->actor.principal)
		return bucket_take(
		    &api->refused_known, 1000 / RECORDER_KNOWN_PER_S, RECORDER_KNOWN_BURST);
	return bucket_take(
	    &api->refused_nobody, 1000 / RECORDER_NOBODY_PER_S, RECORDER_NOBODY_BURST);
}

static enum metric metric_of(int status)
{
	return status == 401   ? METRIC_REFUSED_UNKNOWN
	       : status == 403 ? METRIC_REFUSED_DENIED
			       : METRIC_REFUSED_OTHER;
}

static struct refused_call row_of(const struct call *call, const struct err *err)
{
	struct arena *arena = call->request->arena;

	return (struct refused_call){
	    .at = clock_now(&call->api->clock),
	    .principal =
		call->actor.principal ? utf8_clean(arena, call->actor.name, TEXT_KEPT) : NULL,
	    .method = http_method_name(call->request->method),
	    .path = utf8_clean(arena, call->request->path, PATH_KEPT),
	    .status = http_status_of(err->kind),
	    .code = err_code(err),
	    .rule = err->reason ? err->reason->rule : NULL,
	    .message = utf8_clean(arena, err->message, TEXT_KEPT),
	    .advice = err->reason ? err->reason->advice : NULL,
	    .cause = err->cause[0] ? utf8_clean(arena, err->cause, TEXT_KEPT) : NULL,
	    .peer = call->request->peer->address,
	    .request_id = call->request->id,
	};
}

void recorder_keep(struct call *call, const struct err *err)
{
	const int status = http_status_of(err->kind);
	struct err unheard = {0};
	struct refused_call row;
	int64_t id;

	if (!call->db || db_in_transaction(call->db) || status < 400 || status >= 500)
		return;
	metric_add(call->api->metrics, metric_of(status), 1);
	if (!within_rate(call))
		return;
	row = row_of(call, err);
	/* Without the store the refusal stands all the same; the log has it. */
	if (refused_call_add(call->db, &row, &id, &unheard).ok)
		call->reference = arena_printf(call->request->arena, "%" PRId64, id);
}
