#include "api/device_reset.h"

#include "api/api.h"
#include "base/json.h"
#include "ca/device_reset.h"
#include "ca/reason.h"

static void tell(const struct call *call, const struct reset_reply *reply, const struct err *err)
{
	const struct log_field fields[] = {
	    LOG_STR("request", call->request->id),
	    LOG_STR("product", reply->product),
	    LOG_STR("serial", reply->serial),
	    LOG_INT("revoked", reply->revoked),
	    LOG_STR("code", err_code(err)),
	    LOG_STR("why", err->message),
	};
	const bool refused = err->kind != ERR_NONE;

	log_write(call->api->log, LOG_INFO, refused ? "reset refused" : "device reset", fields,
	    COUNT(fields) - (refused ? 0 : 2));
}

static void answer(
    const struct call *call, const struct reset_reply *reply, struct http_response *response)
{
	AUTO(buf) text = {0};
	struct json j = {.out = &text};

	json_object_begin(&j, NULL);
	json_str(&j, "product", reply->product);
	json_str(&j, "serial", reply->serial);
	json_str(&j, "state", reply->state[0] ? reply->state : NULL);
	json_int(&j, "revoked", (int64_t)reply->revoked);
	json_object_end(&j);
	http_respond(
	    response, 200, "application/json", arena_copy(call->request->arena, buf_span(&text)));
	http_add_header(response, "Cache-Control", "no-store");
}

struct status device_reset_post(struct call *call, struct http_response *response, struct err *err)
{
	const struct peer *peer = call->request->peer;
	struct reset_request request = {.policy = call->policy,
	    .credentials = {peer->certificate, peer->chain, peer->certificate_der},
	    .clock = &call->api->clock,
	    .rng = &call->api->rng};
	struct reset_reply reply;
	struct status done;

	if (!call->policy)
		return REFUSE(err, SERVICE_POLICY, "not ready to serve");
	done = device_reset(call->db, &request, &reply, err);
	tell(call, &reply, err);
	if (done.ok)
		answer(call, &reply, response);
	return done;
}
