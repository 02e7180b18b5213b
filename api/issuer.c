#include "api/issuer.h"

#include "base/encode.h"
#include "ca/policy.h"
#include "ca/reason.h"

/* Certificates of authorities seldom change, but a rekey should be seen within the hour. */
#define ISSUER_CACHE_CONTROL "public, max-age=3600"

struct status issuer_certificate(struct call *call, struct http_response *response, struct err *err)
{
	const struct http_request *q = call->request;
	const struct authority *authority;

	if (!call->policy)
		return REFUSE(err, SERVICE_POLICY, "not ready to serve");
	authority = policy_authority(call->policy, call->segment);
	if (!authority)
		return REFUSE(err, HTTP_PATH, "no authority is named %s", call->segment);
	http_respond_cached(q, response, "application/pkix-cert", ISSUER_CACHE_CONTROL,
	    arena_copy(q->arena, authority->certificate));
	return STATUS_OK;
}

struct status issuer_roots(struct call *call, struct http_response *response, struct err *err)
{
	const struct policy *p = call->policy;
	AUTO(buf) pem = {0};

	if (!p)
		return REFUSE(err, SERVICE_POLICY, "not ready to serve");
	for (size_t i = 0; i < p->authority_count; i++)
		if (!p->authorities[i].parent)
			pem_encode("CERTIFICATE", p->authorities[i].certificate, &pem);
	http_respond(response, 200, call->route->answer_type,
	    arena_copy(call->request->arena, buf_span(&pem)));
	return STATUS_OK;
}
