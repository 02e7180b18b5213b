/* api/token_exchange.c: a token of an outside issuer for one of ours; see token.h. */
#include <string.h>

#include "access/oidc.h"
#include "api/api.h"
#include "api/attempt.h"
#include "api/authenticate.h"
#include "api/perform.h"
#include "api/token.h"
#include "api/transaction.h"
#include "ca/policy.h"
#include "ca/reason.h"
#include "sql/policy.h"

#define LIMITED_RETRY 60 /* seconds */

#define AT(member) offsetof(struct exchange_body, member)

/* clang-format off */
const struct field exchange_fields[] = {
	{.name = "token", .type = FIELD_STR, .offset = AT(token), .required = true, .min = 1,
	    .max = JWS_SIZE_MAX, .help = "the identity token, as its issuer gave it"},
	{.name = "ttl", .type = FIELD_SECONDS, .offset = AT(ttl), .max = 1000000000,
	    .help = "how long ours lives, 24h at most; standard: 1h"},
	{.name = NULL},
};
/* clang-format on */

/* ---- whose it is ---- */

static struct status refuse(struct call *call, bool trusted, const struct err *why, struct err *err)
{
	if (why->kind == ERR_BUSY || why->kind == ERR_INTERNAL) {
		*err = *why;
		return STATUS_FAILED;
	}
	attempts_failed(call->api->attempts, call->request->peer->address, monotonic_ms());
	/* The issuer vouches for the sender: CI authors need to know what does not fit. */
	if (trusted) {
		*err = *why;
		return STATUS_FAILED;
	}
	(void)REFUSE(err, CREDENTIAL_REFUSED, "the credential is not good here");
	err_cause(err, "%s: %s", err_code(why), why->message);
	return STATUS_FAILED;
}

static struct status identify(struct call *call, struct oidc_identity *ret_who, struct err *err)
{
	const struct exchange_body *b = call->input;
	struct err why = {0};
	bool trusted = false;

	if (!attempts_may(call->api->attempts, call->request->peer->address, monotonic_ms())) {
		call->retry_after = LIMITED_RETRY;
		return REFUSE(err, CREDENTIAL_LIMITED,
		    "too many credentials that were not good came from this address");
	}
	if (oidc_authenticate(call_access(call), call->api->key_sets, span_str(b->token),
		call_now(call), call->request->arena, &trusted, ret_who, &why)
		.ok)
		return STATUS_OK;
	return refuse(call, trusted, &why, err);
}

/* ---- once ---- */

/* A jti is unique within its issuer: RFC 7519 4.1.7. */
static struct digest name_of(const struct oidc_identity *who)
{
	AUTO(buf) text = {0};

	buf_printf(&text, "%zu:%s%s", strlen(who->issuer->issuer), who->issuer->issuer, who->jti);
	return sha256(buf_span(&text));
}

static struct status describe(const struct call *call, const struct oidc_identity *who,
    struct spent_token *ret, struct err *err)
{
	const struct exchange_body *b = call->input;
	const char *key = http_header(call->request, "Idempotency-Key");

	*ret = (struct spent_token){.digest = name_of(who),
	    .token_digest = sha256(span_str(b->token)),
	    .has_retry = key != NULL,
	    .expires_at = who->ends};
	if (!key)
		return STATUS_OK;
	if (!*key || strlen(key) > IDEMPOTENCY_KEY_MAX)
		return REFUSE(err, IDEMPOTENCY_KEY, "a key of %zu characters", strlen(key));
	ret->retry_digest = sha256(span_str(key));
	return STATUS_OK;
}

static bool same(const struct digest *a, const struct digest *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

static struct status again(const struct token_maker *m, const struct spent_token *now,
    const struct spent_token *before, struct token_made *ret_made, struct err *err)
{
	if (!same(&now->token_digest, &before->token_digest) || !now->has_retry ||
	    !before->has_retry || !same(&now->retry_digest, &before->retry_digest))
		return REFUSE(err, OIDC_REPLAYED, "the token was exchanged before");
	return token_make_again(m, before->token_id, before->jti, ret_made, err);
}

static struct status spend(const struct token_maker *m, struct spent_token *spent,
    const struct token_exchange *x, struct token_made *ret_made, struct err *err)
{
	struct spent_token before;
	struct err unknown = {0};

	if (spent_token_find(m->db, &spent->digest, m->arena, &before, &unknown).ok)
		return again(m, spent, &before, ret_made, err);
	if (unknown.kind != ERR_MISSING) {
		*err = unknown;
		return STATUS_FAILED;
	}
	TRY(token_make_exchanged(m, x, ret_made, err));
	spent->token_id = ret_made->id;
	spent->jti = ret_made->jti;
	return spent_token_insert(m->db, spent, err);
}

static struct status attempt(const struct token_maker *m, struct spent_token *spent,
    const struct token_exchange *x, struct token_made *ret_made, struct err *err)
{
	struct status done;

	TRY(db_begin(m->db, err));
	done = spend(m, spent, x, ret_made, err);
	if (done.ok)
		done = db_commit(m->db, err);
	if (!done.ok)
		db_rollback(m->db);
	return done;
}

/* Who loses the race for a token finds it spent the next time. */
static struct status exchange(const struct token_maker *m, struct spent_token *spent,
    const struct token_exchange *x, struct token_made *ret_made, struct err *err)
{
	for (int i = 1;; i++) {
		struct err why = {0};
		struct status done = attempt(m, spent, x, ret_made, &why);
		bool lost = (why.kind == ERR_CONFLICT && !why.reason) || db_retryable(m->db);

		if (done.ok)
			return done;
		if (!lost || i == ACT_ATTEMPTS) {
			*err = why;
			return done;
		}
	}
}

struct status token_exchange(struct call *call, struct http_response *response, struct err *err)
{
	const struct exchange_body *b = call->input;
	struct token_maker m = token_maker_of(call);
	struct token_exchange x = {.ttl = b->ttl};
	struct oidc_identity who;
	struct spent_token spent;
	struct token_made made;
	int64_t version = 0;

	if (!call->policy)
		return REFUSE(err, SERVICE_POLICY, "not ready to serve");
	TRY(acts_go_on(call, err));
	TRY(policy_version_read(call->db, &version, err));
	TRY(authenticate_by(call, version, err));
	m.access = call_access(call);
	TRY(identify(call, &who, err));
	TRY(describe(call, &who, &spent, err));
	x.principal = who.principal;
	x.person = who.person;
	x.provenance = who.provenance;
	x.created_by = arena_printf(m.arena, "oidc:%s", who.issuer->name);
	TRY(exchange(&m, &spent, &x, &made, err));
	token_answer(call, &made, response);
	return STATUS_OK;
}
