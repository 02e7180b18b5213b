#include "api/health.h"

#include "api/api.h"
#include "api/refusal.h"
#include "ca/ocsp.h"

struct status health_live(struct call *call, struct http_response *response, struct err *err)
{
	(void)call;
	(void)err;
	http_respond(response, 200, TEXT_PLAIN, SPAN_LITERAL("alive\n"));
	http_add_header(response, "Cache-Control", "no-store");
	return STATUS_OK;
}

struct status health_ready(struct call *call, struct http_response *response, struct err *err)
{
	const struct api *api = call->api;
	char why[320] = "";

	http_add_header(response, "Cache-Control", "no-store");
	if (api->ready && !api->ready(api->ready_context, why, sizeof why))
		return err_set(err, ERR_BUSY, "not ready: %s", why[0] ? why : "starting");
	http_respond(response, 200, TEXT_PLAIN, SPAN_LITERAL("ready\n"));
	return STATUS_OK;
}

struct status health_metrics(struct call *call, struct http_response *response, struct err *err)
{
	AUTO(buf) text = {0};

	(void)err;
	if (call->api->ocsp)
		metric_set(call->api->metrics, METRIC_STATUS_FEED_AGE,
		    ocsp_cache_age(call->api->ocsp->cache));
	metrics_render(call->api->metrics, &text);
	http_respond(response, 200, "text/plain; version=0.0.4; charset=utf-8",
	    arena_copy(call->request->arena, buf_span(&text)));
	return STATUS_OK;
}
