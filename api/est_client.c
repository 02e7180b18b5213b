/* api/est_client.c: see est_client.h. */
#include "api/est_client.h"

#include <stdio.h>

#include "api/api.h"
#include "api/known_client.h"
#include "base/calendar.h"
#include "base/clock.h"
#include "ca/ldevid.h"
#include "ca/renewal.h"

static void tell_use(const struct call *call, const struct ldevid_use *use)
{
	metric_add(call->api->metrics, METRIC_RENEWALS_USED, 1);
	metric_add(call->api->metrics, METRIC_SUPERSEDED, (int64_t)use->superseded);
	LOG(call->api->log, LOG_INFO, "certificate used", LOG_STR("request", call->request->id),
	    LOG_INT("certificate", use->id), LOG_INT("device", use->device_id),
	    LOG_INT("superseded", (int64_t)use->superseded));
}

/* A fault of ours keeps nobody from what is public; a refusal does. */
static struct status ask_store(struct call *call, const struct ldevid *ldevid,
    const struct digest *digest, bool *ret_known, struct err *err)
{
	struct ldevid_use use;
	struct err why = {0};

	*ret_known = false;
	if (!ldevid_use(call->db, call->policy, ldevid, clock_now(&call->api->clock),
		&call->api->rng, &use, &why)
		 .ok) {
		if (why.kind == ERR_DENIED) {
			*err = why;
			return STATUS_FAILED;
		}
		LOG(call->api->log, LOG_WARN, "client certificate not looked up",
		    LOG_STR("request", call->request->id), LOG_STR("why", why.message),
		    LOG_STR("cause", why.cause));
		return STATUS_OK;
	}
	*ret_known = use.known;
	if (use.known && call->api->known_clients)
		known_client_add(call->api->known_clients, digest, monotonic_ms());
	if (use.first)
		tell_use(call, &use);
	return STATUS_OK;
}

struct status est_client_see(
    struct call *call, const struct label *label, struct est_client *ret_client, struct err *err)
{
	const struct span der = call->request->peer->certificate_der;
	struct ldevid ldevid;
	struct digest digest;
	bool known;

	*ret_client = (struct est_client){0};
	if (der.n == 0 || !ldevid_recognise(call->policy, label, der, &ldevid))
		return STATUS_OK;
	digest = sha256(der);
	known = call->api->known_clients &&
		known_client(call->api->known_clients, &digest, monotonic_ms());
	if (!known && !call->db) {
		ret_client->later = true;
		return STATUS_OK;
	}
	if (!known)
		TRY(ask_store(call, &ldevid, &digest, &known, err));
	if (known)
		ret_client->renew_at = renewal_hint(
		    label, ldevid.view.serial, ldevid.view.not_before, ldevid.view.not_after);
	return STATUS_OK;
}

void est_put_renew_at(const struct call *call, int64_t renew_at, struct http_response *response)
{
	char text[HTTP_DATE_SIZE];

	if (renew_at == 0)
		return;
	http_date_text(renew_at, text);
	http_add_header(response, "Signet-Renew-At", arena_strdup(call->request->arena, text));
}
