/* access/oidc.c: see oidc.h. */
#include "access/oidc.h"

#include <string.h>

#include "access/oidc_run.h"

#define TEXT_MAX 256 /* jti, sub of a person: what is kept of a token */

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && strcmp(text + n - m, end) == 0;
}

bool oidc_claim_fits(const char *claim, const char *pattern, const char *value)
{
	size_t n = strlen(pattern);

	if (n < 2 || pattern[n - 1] != '*' || (pattern[n - 2] != '/' && pattern[n - 2] != ':') ||
	    ends_with(claim, "_id"))
		return strcmp(pattern, value) == 0;
	return strncmp(pattern, value, n - 1) == 0 && strlen(value) > n - 1;
}

/* ---- rules ---- */

static bool rule_fits(const struct oidc_rule *r, const struct jws *t, struct arena *arena)
{
	const struct oidc_claim *claims = r->claims.items;

	for (size_t i = 0; i < r->claims.count; i++) {
		const char *value = jws_as_text(t, claims[i].claim, arena);

		if (!value || !oidc_claim_fits(claims[i].claim, claims[i].value, value))
			return false;
	}
	/* A rule without claims would fit everybody. */
	return r->claims.count > 0;
}

static bool rule_names(const struct oidc_rule *r, const char *claim, const char *value)
{
	const struct oidc_claim *claims = r->claims.items;

	for (size_t i = 0; i < r->claims.count; i++)
		if (strcmp(claims[i].claim, claim) == 0 && strcmp(claims[i].value, value) == 0)
			return true;
	return false;
}

/* NULL: nothing, or the rule names it. Otherwise what set the run off. */
static const char *strange_event(
    const struct oidc_rule *r, const struct jws *t, struct arena *arena)
{
	const char *claim = NULL, *value = oidc_run_strange(t, arena, &claim);

	return value && !rule_names(r, claim, value) ? value : NULL;
}

static struct status find_rule(const struct access *a, const struct oidc_issuer *issuer,
    const struct jws *t, struct arena *arena, const struct oidc_rule **ret_rule, struct err *err)
{
	const struct oidc_rule *found = NULL;
	const char *strange = NULL;

	for (size_t i = 0; i < a->oidc_rule_count; i++) {
		const struct oidc_rule *r = &a->oidc_rules[i];
		const char *event;

		if (r->issuer != issuer || !rule_fits(r, t, arena))
			continue;
		event = strange_event(r, t, arena);
		if (event) {
			strange = event;
			continue;
		}
		if (found && found->principal != r->principal)
			return REFUSE_WHO(err, OIDC_AMBIGUOUS,
			    "rules '%.48s' and '%.48s' both match", found->name, r->name);
		found = r;
	}
	if (!found && strange)
		return REFUSE_WHO(err, OIDC_FORK, "the run was set off by '%.48s'", strange);
	if (!found)
		return REFUSE_WHO(err, OIDC_RULE,
		    "no rule of issuer '%.48s' matches the token of '%.160s'", issuer->name,
		    jws_text(t, "sub"));
	*ret_rule = found;
	return STATUS_OK;
}

/* ---- the person behind a run ---- */

static bool is_plain(const char *text)
{
	size_t n = strlen(text);

	for (size_t i = 0; i < n; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return false;
	return n > 0 && n <= TEXT_MAX;
}

static struct status find_person(const struct access *a, const struct oidc_issuer *issuer,
    const struct jws *t, struct arena *arena, const char **ret_person, struct err *err)
{
	const struct principal *known;
	const char *subject;

	*ret_person = NULL;
	if (!issuer->person_claim)
		return STATUS_OK;
	subject = jws_as_text(t, issuer->person_claim, arena);
	if (!subject || !is_plain(subject))
		return REFUSE_WHO(err, OIDC_PERSON,
		    "the token has no claim '%.64s' that names somebody", issuer->person_claim);
	known = access_person(a, issuer->name, subject);
	*ret_person = known ? known->name : arena_printf(arena, "%s/%s", issuer->name, subject);
	return STATUS_OK;
}

/* ---- the token ---- */

/* Two documents may share an issuer and differ in audience. */
static const struct oidc_issuer *find_issuer(const struct access *a, const struct jws *t)
{
	const char *iss = jws_text(t, "iss");
	const struct oidc_issuer *found = NULL;

	for (size_t i = 0; iss && i < a->oidc_issuer_count; i++) {
		const struct oidc_issuer *o = &a->oidc_issuers[i];

		if (strcmp(o->issuer, iss) != 0)
			continue;
		if (jws_is_for(t, o->audience))
			return o;
		if (!found)
			found = o;
	}
	return found;
}

static struct status check_signature(const struct oidc_issuer *issuer, struct jwks_cache *keys,
    const struct jws *t, struct arena *arena, struct err *err)
{
	const char *id = jws_key_id(t);
	struct jws_key key;

	if (!(issuer->algorithms & JWS_BIT(jws_algorithm(t))))
		return REFUSE_WHO(err, JWT_ALGORITHM, "alg is %s, which issuer '%.48s' has not",
		    jws_algorithm_names[jws_algorithm(t)], issuer->name);
	if (!id)
		return REFUSE_WHO(err, JWT_KEY_ID, "the header has no kid");
	TRY(jwks_cache_key(keys, issuer, id, arena, &key, err));
	return jws_verify(t, &key, err);
}

static struct status check_claims(
    const struct oidc_issuer *issuer, const struct jws *t, int64_t now, struct err *err)
{
	const struct jws_times times = {now, issuer->clock_skew, issuer->max_age};
	const char *jti = jws_text(t, "jti");

	if (!jws_is_for(t, issuer->audience))
		return REFUSE_WHO(
		    err, JWT_AUDIENCE, "aud does not hold '%.200s'", issuer->audience);
	TRY(jws_check_times(t, &times, err));
	if (!jti || !is_plain(jti) || !jws_text(t, "sub"))
		return REFUSE_WHO(err, JWT_CLAIM,
		    "jti or sub is absent or no text of 1 to %d characters", TEXT_MAX);
	return STATUS_OK;
}

static struct status judge(const struct access *a, const struct oidc_issuer *issuer,
    const struct jws *t, int64_t now, struct arena *arena, struct oidc_identity *ret_identity,
    struct err *err)
{
	struct oidc_identity who = {.issuer = issuer};
	int64_t ends = 0;

	TRY(check_claims(issuer, t, now, err));
	TRY(find_rule(a, issuer, t, arena, &who.rule, err));
	who.principal = who.rule->principal;
	if (who.principal->disabled)
		return REFUSE_WHO(
		    err, TOKEN_PRINCIPAL, "principal '%.64s' is disabled", who.principal->name);
	TRY(find_person(a, issuer, t, arena, &who.person, err));
	if (!jws_number(t, "exp", &ends))
		return REFUSE_WHO(err, JWT_CLAIM, "exp is absent");
	who.jti = arena_strdup(arena, jws_text(t, "jti"));
	who.provenance = oidc_run(t, arena);
	who.ends = ends + issuer->clock_skew;
	*ret_identity = who;
	return STATUS_OK;
}

struct status oidc_authenticate(const struct access *a, struct jwks_cache *keys, struct span token,
    int64_t now, struct arena *arena, bool *ret_trusted, struct oidc_identity *ret_identity,
    struct err *err)
{
	const struct oidc_issuer *issuer;
	AUTO_REF(jws) t = NULL;

	*ret_trusted = false;
	TRY(jws_read(token, &t, err));
	issuer = find_issuer(a, t);
	if (!issuer)
		return REFUSE_WHO(err, JWT_ISSUER, "iss is not that of an issuer known here");
	TRY(check_signature(issuer, keys, t, arena, err));
	*ret_trusted = true;
	return judge(a, issuer, t, now, arena, ret_identity, err);
}
