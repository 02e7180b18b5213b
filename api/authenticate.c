/* api/authenticate.c: see authenticate.h. */
#include "api/authenticate.h"

#include <string.h>
#include <strings.h>

#include "api/api.h"
#include "api/attempt.h"
#include "api/perform.h"
#include "ca/operator_certificate.h"
#include "ca/policy.h"
#include "ca/reason.h"
#include "ca/token_make.h"

#define LIMITED_RETRY 60 /* seconds: by then some twenty attempts have come back */

/* ---- what was sent ---- */

/* The one Authorization header; NULL: there is none. */
static struct status find_header(
    const struct http_request *q, const char **ret_value, struct err *err)
{
	*ret_value = NULL;
	for (size_t i = 0; i < q->header_count; i++) {
		if (strcasecmp(q->headers[i].name, "Authorization") != 0)
			continue;
		if (*ret_value)
			return REFUSE(err, CREDENTIAL_TWICE, "there are two Authorization headers");
		*ret_value = q->headers[i].value;
	}
	return STATUS_OK;
}

/* RFC 6750 2.1: "Bearer" 1*SP b64token; RFC 9110 11.1: the scheme in any case. */
static struct status read_bearer(const char *value, struct span *ret_token, struct err *err)
{
	static const char scheme[] = "Bearer ";

	if (strncasecmp(value, scheme, sizeof(scheme) - 1) != 0)
		return REFUSE(err, JWT_FORM, "the scheme is not Bearer");
	value += sizeof(scheme) - 1;
	value += strspn(value, " ");
	*ret_token = span_str(value);
	return STATUS_OK;
}

/* ---- who it is ---- */

static struct status find_principal(struct call *call, const char *name, struct err *err)
{
	const struct principal *p = access_principal(call_access(call), name);

	if (!p || p->disabled)
		return REFUSE(err, TOKEN_PRINCIPAL, "principal '%.64s' is %s", name,
		    p ? "disabled" : "not there");
	call->actor = (struct actor){.principal = p,
	    .name = p->name,
	    .person = p->type == PRINCIPAL_PERSON ? p->name : NULL,
	    .permission_mask = PERMISSION_ALL};
	return STATUS_OK;
}

struct status authenticate_by(struct call *call, int64_t policy_version, struct err *err)
{
	struct policy *newest;

	if (call->policy->version >= policy_version)
		return STATUS_OK;
	TRY(policy_refresh(call->api->policies, call->db, call->api->hsm, policy_version, err));
	newest = policy_current(call->api->policies);
	policy_release(call->policy);
	call->policy = newest;
	return STATUS_OK;
}

static struct status find_row(
    struct call *call, const struct token_claims *claims, struct token_row *ret, struct err *err)
{
	const struct digest jti = sha256(span_str(claims->jti));
	struct err why = {0};
	int64_t version = 0;

	if (token_find(call->db, &jti, call->request->arena, ret, &version, &why).ok)
		return authenticate_by(call, version, err);
	if (why.kind == ERR_MISSING)
		return REFUSE(err, TOKEN_UNKNOWN, "the token is not in the store");
	*err = why;
	return STATUS_FAILED;
}

static struct status check_row(const struct call *call, const struct token_claims *claims,
    const struct token_row *row, struct err *err)
{
	if (row->revoked_at)
		return REFUSE(err, TOKEN_REVOKED, "token %lld was revoked by %.64s",
		    (long long)row->id, row->revoked_by);
	if (row->expires_at <= call_now(call))
		return REFUSE(err, JWT_EXPIRED, "token %lld has ended", (long long)row->id);
	if (strcmp(row->principal, claims->principal) != 0)
		return REFUSE(err, TOKEN_UNKNOWN, "the stored token is another principal's");
	return STATUS_OK;
}

static struct status by_token(struct call *call, const char *header, struct err *err)
{
	struct token_claims claims;
	struct token_row row;
	struct span token;

	TRY(read_bearer(header, &token, err));
	TRY(token_verify(
	    call->api->tokens, token, call_now(call), call->request->arena, &claims, err));
	TRY(find_row(call, &claims, &row, err));
	TRY(check_row(call, &claims, &row, err));
	TRY(find_principal(call, row.principal, err));
	call->actor.credential = CREDENTIAL_TOKEN;
	call->actor.token_id = row.id;
	call->actor.root_token_id = row.id;
	call->actor.permission_mask = token_mask(&row);
	call->actor.one_request = row.one_request;
	call->actor.request_id = row.request_id;
	call->actor.release_id = row.release_id;
	call->actor.provenance = row.provenance;
	if (row.person)
		call->actor.person = row.person;
	return STATUS_OK;
}

static struct status by_certificate(struct call *call, struct err *err)
{
	const struct span der = call->request->peer->certificate_der;
	struct arena *arena = call->request->arena;
	const struct policy *judged_by = call->policy;
	struct operator_identity who = {0};
	int64_t version = 0;

	TRY(operator_certificate_judge(
	    call->db, call->policy, der, call_now(call), arena, &who, &version, err));
	TRY(authenticate_by(call, version, err));
	if (call->policy != judged_by)
		TRY(operator_certificate_judge(
		    call->db, call->policy, der, call_now(call), arena, &who, &version, err));
	TRY(find_principal(call, who.principal, err));
	call->actor.credential = CREDENTIAL_CERTIFICATE;
	call->actor.root_token_id = who.token_id;
	if (who.person)
		call->actor.person = who.person;
	return STATUS_OK;
}

/* ---- the outcome ---- */

static bool is_theirs(const struct err *why)
{
	return why->kind == ERR_AUTH || why->kind == ERR_TOO_LARGE || why->kind == ERR_INPUT;
}

/* One code and one text, whatever it was; what it was is for the log and the auditor. */
static struct status refuse(struct call *call, const struct err *why, struct err *err)
{
	call->actor = actor_nobody();
	if (!is_theirs(why)) {
		*err = *why;
		return STATUS_FAILED;
	}
	attempts_failed(call->api->attempts, call->request->peer->address, monotonic_ms());
	(void)REFUSE(err, CREDENTIAL_REFUSED, "the credential is not good here");
	err_cause(err, "%s: %s", err_code(why), why->message);
	return STATUS_FAILED;
}

/* Of our own signing, and not over. Nobody gets that by trying. */
static bool is_ours(const struct call *call, const char *header)
{
	struct token_claims claims;
	struct err why = {0};
	struct span token;

	return header && read_bearer(header, &token, &why).ok &&
	       token_verify(
		   call->api->tokens, token, call_now(call), call->request->arena, &claims, &why)
		   .ok;
}

/*
 * Whole sites call from one address: a line whose token has ended, or a stranger there, must not
 * lock the others out. They are let by who have a token of ours; everybody else waits.
 */
static bool may_try(const struct call *call, const char *header)
{
	return attempts_may(call->api->attempts, call->request->peer->address, monotonic_ms()) ||
	       is_ours(call, header);
}

static struct status judge(struct call *call, const char *header, struct err *err)
{
	struct err why = {0};
	struct status known;

	if (!may_try(call, header)) {
		call->retry_after = LIMITED_RETRY;
		return REFUSE(err, CREDENTIAL_LIMITED,
		    "too many credentials that were not good came from this address");
	}
	known = header ? by_token(call, header, &why) : by_certificate(call, &why);
	return known.ok ? known : refuse(call, &why, err);
}

struct status authenticate(struct call *call, struct err *err)
{
	const char *header;

	call->actor = actor_nobody();
	/* What is public needs no store, and no caller. */
	if (call->route->permission == PERMISSION_PUBLIC)
		return STATUS_OK;
	TRY(find_header(call->request, &header, err));
	if (!header && call->request->peer->certificate_der.n == 0)
		return STATUS_OK;
	if (!call->policy)
		return REFUSE(err, SERVICE_POLICY, "not ready to serve");
	if (!call->db)
		return err_set(
		    err, ERR_INTERNAL, "%s runs where nobody can be known", call->route->path);
	return judge(call, header, err);
}
