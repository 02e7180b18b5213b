/* api/est.c: see est.h. */
#include "api/est.h"

#include <openssl/ssl.h>
#include <string.h>

#include "api/api.h"
#include "api/est_client.h"
#include "api/refusal.h"
#include "ca/authority_chain.h"
#include "ca/certs_only.h"
#include "ca/enroll.h"
#include "ca/reason.h"

/* libest compares the first of these byte by byte; keep it as RFC 7030 4.2.3 writes it. */
#define CERTS_ONLY "application/pkcs7-mime; smime-type=certs-only"
#define CSRATTRS   "application/csrattrs"

static struct status find_label(
    const struct call *call, const struct label **ret_label, struct err *err)
{
	const struct label *label;

	if (!call->policy)
		return REFUSE(err, SERVICE_POLICY, "not ready to serve");
	label = policy_label(call->policy, call->segment);
	if (!label && call->segment)
		return REFUSE(err, LABEL_UNKNOWN, "there is no label %.64s", call->segment);
	if (!label)
		return REFUSE(err, LABEL_UNKNOWN, "no label serves paths without one");
	*ret_label = label;
	return STATUS_OK;
}

/* RFC 8951 3 makes the header meaningless; libest and others look for it all the same. */
static void respond_base64(struct http_response *r, const char *content_type, struct span body)
{
	http_respond(r, 200, content_type, body);
	http_add_header(r, "Content-Transfer-Encoding", "base64");
}

/* RFC 7030 4.1: what a client must trust to use its certificates; no authentication needed. */
struct status est_cacerts(struct call *call, struct http_response *response, struct err *err)
{
	const struct label *label = NULL;
	struct est_client client;
	struct span body;

	TRY(find_label(call, &label, err));
	TRY(est_client_see(call, label, &client, err));
	if (client.later)
		return STATUS_OK;
	body = authority_cacerts(
	    label->profile->authority, clock_now(&call->api->clock), call->request->arena);
	respond_base64(response, CERTS_ONLY, arena_copy(call->request->arena, body));
	est_put_renew_at(call, client.renew_at, response);
	return STATUS_OK;
}

/*
 * A session without a trustworthy binding value (RFC 7627) should not be asked for one, unless the
 * label insists: then the refusal says why.
 */
static bool can_bind(const struct peer *peer)
{
	return peer->tls_version >= TLS1_3_VERSION || peer->extended_master_secret;
}

/* RFC 7030 4.5.2: "204 or 404 indicates that a CSR Attributes Response is not available". */
struct status est_csrattrs(struct call *call, struct http_response *response, struct err *err)
{
	const struct label *label = NULL;
	struct est_client client;
	struct span body;

	TRY(find_label(call, &label, err));
	TRY(est_client_see(call, label, &client, err));
	if (client.later)
		return STATUS_OK;
	body = label->csrattrs_base64;
	if (label->pop == POP_OPTIONAL && !can_bind(call->request->peer))
		body = label->csrattrs_no_pop_base64;
	if (body.n == 0)
		http_respond(response, 204, NULL, SPAN_NONE);
	else
		respond_base64(response, CSRATTRS, arena_copy(call->request->arena, body));
	est_put_renew_at(call, client.renew_at, response);
	return STATUS_OK;
}

static struct enroll_request request_of(const struct call *call, bool reenroll)
{
	const struct http_request *q = call->request;
	const struct peer *peer = q->peer;

	return (struct enroll_request){
	    .policy = call->policy,
	    .label_segment = call->segment,
	    .reenroll = reenroll,
	    .credentials = {peer->certificate, peer->chain, peer->certificate_der},
	    .tls_version = peer->tls_version,
	    .extended_master_secret = peer->extended_master_secret,
	    .tls_unique = span(peer->tls_unique, peer->tls_unique_n),
	    .tls_exporter = span(peer->tls_exporter, peer->tls_exporter_n),
	    .body = q->body,
	    .peer_address = peer->address,
	    .request_id = q->id,
	    .clock = &call->api->clock,
	    .rng = &call->api->rng,
	    .budget = &call->api->budget,
	};
}

static const struct outcome {
	enum metric metric;
	enum log_level level;
	const char *message;
} outcomes[] = {
    [ENROLL_ISSUED] = {METRIC_ENROLL_ISSUED, LOG_INFO, "enrollment issued"},
    [ENROLL_RESENT] = {METRIC_ENROLL_RESENT, LOG_INFO, "enrollment resent"},
    [ENROLL_PENDING] = {METRIC_ENROLL_PENDING, LOG_INFO, "enrollment pending"},
    [ENROLL_REFUSED] = {METRIC_ENROLL_REFUSED, LOG_INFO, "enrollment refused"},
    [ENROLL_FAILED] = {METRIC_ENROLL_FAILED, LOG_ERROR, "enrollment failed"},
};

static void tell(
    const struct call *call, bool reenroll, const struct enroll_reply *reply, const struct err *err)
{
	const struct outcome *o = &outcomes[reply->outcome];
	const struct log_field fields[] = {
	    LOG_STR("request", call->request->id),
	    LOG_STR("enrollment", reply->enrollment_id),
	    LOG_STR("label", call->segment),
	    LOG_STR("operation", reenroll ? "reenroll" : "enroll"),
	    LOG_STR("product", reply->product),
	    LOG_STR("serial", reply->serial),
	    LOG_STR("code", err_code(err)), /* what follows is for those without a certificate */
	    LOG_STR("why", err->message),
	    LOG_STR("alarm", "recorded"),
	};
	size_t count = COUNT(fields) - (reply->alarm ? 0 : 1) - (err->kind == ERR_NONE ? 2 : 0);

	metric_add(call->api->metrics, o->metric, 1);
	metric_add(call->api->metrics, METRIC_RENEWALS_ISSUED, reply->renewed);
	metric_add(call->api->metrics, METRIC_RENEWALS_USED, reply->first_use);
	metric_add(call->api->metrics, METRIC_SUPERSEDED, (int64_t)reply->superseded);
	if (reply->alarm)
		metric_add(call->api->metrics, METRIC_ALARMS, 1);
	log_write(call->api->log, reply->alarm ? LOG_ERROR : o->level, o->message, fields, count);
}

/* RFC 7030 4.2.3: "containing only the certificate that was issued". */
static void respond_certificate(
    const struct call *call, const struct enroll_reply *reply, struct http_response *response)
{
	const struct span certificate = buf_span(&reply->certificate);
	AUTO(buf) body = {0};

	certs_only_base64(&certificate, 1, &body);
	respond_base64(response, CERTS_ONLY, arena_copy(call->request->arena, buf_span(&body)));
	est_put_renew_at(call, reply->renew_at, response);
}

static struct status est_enroll(
    struct call *call, bool reenroll, struct http_response *response, struct err *err)
{
	struct enroll_request request;
	struct enroll_reply reply = {0};
	struct status done;

	if (!call->policy)
		return REFUSE(err, SERVICE_POLICY, "not ready to serve");
	request = request_of(call, reenroll);
	done = enroll(call->db, &request, &reply, err);
	tell(call, reenroll, &reply, err);
	if (done.ok)
		respond_certificate(call, &reply, response);
	call->reference = arena_strdup(call->request->arena, reply.enrollment_id);
	call->retry_after = reply.retry_after;
	enroll_reply_free(&reply);
	return done;
}

struct status est_simpleenroll(struct call *call, struct http_response *response, struct err *err)
{
	return est_enroll(call, false, response, err);
}

struct status est_simplereenroll(struct call *call, struct http_response *response, struct err *err)
{
	return est_enroll(call, true, response, err);
}

/* RFC 7030 4.3 and 4.4 are optional; 501 tells "never" from the 404 of a label that is not there.
 */
struct status est_not_offered(struct call *call, struct http_response *response, struct err *err)
{
	const struct label *label = NULL;
	struct err why = {0};

	TRY(find_label(call, &label, err));
	(void)REFUSE(
	    &why, EST_NOT_OFFERED, "%s is not offered here", strrchr(call->request->path, '/') + 1);
	refusal_shape(call, &why, response);
	response->status = 501;
	return STATUS_OK;
}
