/* ca/operator_certificate.c: see operator_certificate.h. */
#include "ca/operator_certificate.h"

#include <string.h>

#include "base/json.h"
#include "ca/act.h"
#include "ca/certificate.h"
#include "ca/certificate_record.h"
#include "ca/csr.h"
#include "ca/issue.h"
#include "ca/name.h"
#include "ca/profile.h"
#include "ca/reason.h"
#include "ca/revoke.h"
#include "sql/operator_certificate.h"

/* ---- issuing ---- */

static struct status find_authority(
    const struct policy *p, struct authority **ret_authority, struct err *err)
{
	for (size_t i = 0; i < p->authority_count; i++) {
		if (!p->authorities[i].operators)
			continue;
		if (!p->authorities[i].key)
			return err_set(err, ERR_KEY, "authority '%s' has no key here: %s",
			    p->authorities[i].name, p->authorities[i].key_problem);
		*ret_authority = &p->authorities[i];
		return STATUS_OK;
	}
	return REFUSE(err, CREDENTIAL_AUTHORITY, "no authority issues operators' certificates");
}

/* A certificate is not narrowed: who makes one holds all that its holder will. */
static struct status may_make(const struct operator_wish *w, struct arena *arena, struct err *err)
{
	const struct actor *by = w->by;
	const char *what = "";

	if (by->one_request || by->permission_mask != PERMISSION_ALL)
		return REFUSE(
		    err, CREDENTIAL_BOUND, "your token is narrowed; a certificate is not");
	if (w->principal->disabled)
		return REFUSE(
		    err, CREDENTIAL_PRINCIPAL, "principal '%.64s' is disabled", w->principal->name);
	if (by->principal && strcmp(by->principal->name, w->principal->name) == 0)
		return STATUS_OK;
	if (!access_covers(
		w->policy->access, by, w->principal, PERMISSION_ALL, w->now, arena, &what))
		return REFUSE(err, CREDENTIAL_EXCEEDS, "'%.64s' can do what you cannot: %.120s",
		    w->principal->name, what);
	return STATUS_OK;
}

static struct status store(struct db *db, const struct authority *a, const struct issued *issued,
    const char *person, const struct operator_wish *w, const struct rng *rng, int64_t *ret_id,
    struct err *err)
{
	AUTO(log_line) line = {0};
	AUTO(buf) record = {0};
	const struct certificate_columns columns = {
	    .der = buf_span(&issued->der), .authority_id = a->id};
	const struct server_certificate row = {.authority_id = a->id,
	    .serial = SPAN_OF(issued->serial),
	    .key_digest = issued->key_digest,
	    .subject = buf_span(&issued->subject),
	    .not_before = issued->not_before,
	    .not_after = issued->not_after,
	    .der = buf_span(&issued->der),
	    .shard = issued->shard,
	    .key_algorithm = issued->algorithm->name};
	struct err why = {0};

	certificate_record(&columns, &record);
	TRY(log_line_make("certificate.issued", w->now, rng, buf_span(&record), &line, err));
	if (operator_certificate_store(db, &row, person, w->by->root_token_id, &line, ret_id, &why)
		.ok)
		return STATUS_OK;
	if (why.kind == ERR_CONFLICT)
		return REFUSE(err, CREDENTIAL_KEY, "the key of the request was used before");
	*err = why;
	return STATUS_FAILED;
}

/* The certificate's own entry does not say who had it made. */
static struct status record(struct db *db, const struct operator_wish *w, int64_t id,
    const char *serial, const char *person, const struct rng *rng, struct err *err)
{
	struct policy_act act = {.who = w->by->name,
	    .person = w->by->person,
	    .act = "operator-certificate.created",
	    .kind = "operator-certificate",
	    .name = w->principal->name,
	    .at = w->now};
	AUTO(buf) document = {0};
	struct json j = {.out = &document};

	json_object_begin(&j, NULL);
	json_int(&j, "id", id);
	json_str(&j, "principal", w->principal->name);
	json_str(&j, "serial_number", serial);
	if (person)
		json_str(&j, "person", person);
	if (w->by->root_token_id)
		json_int(&j, "token", w->by->root_token_id);
	json_object_end(&j);
	act.document = buf_span(&document);
	return policy_record(db, &act, rng, err);
}

static const char *chain_pem(
    const struct authority *a, struct span leaf, int64_t now, struct arena *arena)
{
	AUTO(buf) pem = {0};

	issued_put_chain(a, leaf, now, &pem);
	return arena_strndup(arena, (const char *)pem.p, pem.n);
}

static struct status issue(struct authority *a, const struct operator_wish *w,
    const struct rng *rng, struct arena *arena, struct issued *ret_issued, struct err *err)
{
	AUTO(buf) der = {0};
	struct profile *profile;
	struct csr csr;

	TRY(csr_parse_text(w->csr, &der, &csr, err));
	TRY(profile_operator(a, w->principal->name, arena, &profile, err));
	return issue_certificate(
	    profile, &profile_nobody, csr.spki, csr.key_algorithm, w->now, rng, ret_issued, err);
}

struct status operator_certificate_make(struct db *db, const struct operator_wish *w,
    const struct rng *rng, struct arena *arena, struct operator_made *ret_made, struct err *err)
{
	AUTO(issued) issued = {0};
	struct authority *a;
	const char *person = actor_behind(w->by, w->principal, w->agreed);
	char *serial = arena_alloc(arena, 2 * SERIAL_SIZE + 1);
	int64_t id;

	TRY(may_make(w, arena, err));
	TRY(find_authority(w->policy, &a, err));
	TRY(issue(a, w, rng, arena, &issued, err));
	TRY(store(db, a, &issued, person, w, rng, &id, err));
	hex_text(SPAN_OF(issued.serial), serial);
	TRY(record(db, w, id, serial, person, rng, err));
	*ret_made = (struct operator_made){.id = id,
	    .serial = serial,
	    .pem = chain_pem(a, buf_span(&issued.der), w->now, arena),
	    .not_before = issued.not_before,
	    .not_after = issued.not_after};
	return STATUS_OK;
}

/* ---- judging ---- */

/* The one attribute of the Names that we write for operators: CN. RFC 5280 A.1. */
static const char *common_name(struct span name, struct arena *arena)
{
	static const uint8_t cn[] = {0x55, 0x04, 0x03};
	struct span rdns, rdn, attribute, oid;
	struct der_item value;

	if (!der_take(&name, DER_SEQUENCE, &rdns) || !der_take(&rdns, DER_SET, &rdn) ||
	    rdns.n > 0 || !der_take(&rdn, DER_SEQUENCE, &attribute) || rdn.n > 0 ||
	    !der_take(&attribute, DER_OID, &oid) || !der_next(&attribute, &value) ||
	    attribute.n > 0 || !span_equal(oid, SPAN_OF(cn)) || value.tag != DER_UTF8_STRING ||
	    memchr(value.body.p, 0, value.body.n))
		return NULL;
	return arena_strndup(arena, (const char *)value.body.p, value.body.n);
}

/* Its issuer by the key identifier: two authorities of ours never share a key. */
static const struct authority *issuer_of(
    const struct policy *policy, const struct certificate_view *view)
{
	static const uint8_t aki[] = {0x55, 0x1d, 0x23};
	const struct extension *e = certificate_extension(view, SPAN_OF(aki));
	const struct authority *a;
	struct span id;

	if (!e || !authority_key_id_read(e->value, &id) || id.n == 0)
		return NULL;
	a = policy_authority_by_ski(policy, id);
	return a && a->operators ? a : NULL;
}

struct status operator_certificate_judge(struct db *db, const struct policy *policy,
    struct span der, int64_t now, struct arena *arena, struct operator_identity *ret_who,
    int64_t *ret_policy_version, struct err *err)
{
	struct operator_certificate_row row = {0};
	struct operator_identity who = {0};
	struct certificate_view view;
	const struct authority *a;
	struct err why = {0};
	bool known;

	if (!certificate_read(der, &view, &why).ok)
		return REFUSE(err, OPERATOR_CERTIFICATE, "%s", why.message);
	a = issuer_of(policy, &view);
	if (!a)
		return REFUSE(
		    err, OPERATOR_CERTIFICATE, "it is not of the authority for operators");
	TRY(operator_certificate_known(
	    db, a->id, view.serial, der, arena, &known, &row, ret_policy_version, err));
	if (!known)
		return REFUSE(err, OPERATOR_CERTIFICATE, "it is not in the store as an operator's");
	if (now < view.not_before || now > view.not_after)
		return REFUSE(err, OPERATOR_VALIDITY, "it is not valid now");
	if (row.revoked_by)
		return REFUSE(err, OPERATOR_REVOKED,
		    "token %lld, that it was made with, or one before that was revoked by %.64s",
		    (long long)row.token_id, row.revoked_by);
	if (row.revoked)
		return REFUSE(err, OPERATOR_REVOKED, "it is revoked or held (%s)",
		    revocation_reason_name(row.reason));
	who.person = row.person;
	who.token_id = row.token_id;
	who.principal = common_name(view.subject, arena);
	if (!who.principal)
		return REFUSE(err, OPERATOR_CERTIFICATE, "its subject names nobody");
	*ret_who = who;
	return STATUS_OK;
}
