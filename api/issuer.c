#include "api/issuer.h"

#include <string.h>

#include "base/encode.h"
#include "ca/policy.h"
#include "ca/reason.h"

/* Certificates of authorities seldom change, but a rekey should be seen within the hour. */
#define ISSUER_CACHE_CONTROL "public, max-age=3600"

static const char *etag_of(struct span der, struct arena *arena)
{
	struct digest d = sha256(der);
	char text[2 * SHA256_SIZE + 1];

	hex_text(SPAN_OF(d.bytes), text);
	return arena_printf(arena, "\"%s\"", text);
}

/* RFC 9110 13.1.2: a list of entity tags, or "*". Ours hold no comma and no quote inside. */
static bool none_match_holds(const char *if_none_match, const char *etag)
{
	return if_none_match &&
	       (strcmp(if_none_match, "*") == 0 || strstr(if_none_match, etag) != NULL);
}

struct status issuer_certificate(struct call *call, struct http_response *response, struct err *err)
{
	const struct http_request *q = call->request;
	const struct authority *authority;
	const char *etag;

	if (!call->policy)
		return REFUSE(err, SERVICE_POLICY, "not ready to serve");
	authority = policy_authority(call->policy, call->segment);
	if (!authority)
		return REFUSE(err, HTTP_PATH, "no authority is named %s", call->segment);
	etag = etag_of(authority->certificate, q->arena);
	http_add_header(response, "ETag", etag);
	http_add_header(response, "Cache-Control", ISSUER_CACHE_CONTROL);
	if (none_match_holds(http_header(q, "If-None-Match"), etag))
		http_respond(response, 304, NULL, SPAN_NONE);
	else
		http_respond(response, 200, "application/pkix-cert",
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
