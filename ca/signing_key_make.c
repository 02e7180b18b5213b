/* ca/signing_key_make.c: see signing_key_make.h. */
#include "ca/signing_key_make.h"

#include "base/der.h"
#include "base/json.h"
#include "ca/act.h"
#include "ca/certificate_record.h"
#include "ca/general_name.h"
#include "ca/issue.h"
#include "ca/name.h"
#include "ca/name_constraint.h"
#include "ca/profile.h"
#include "ca/reason.h"
#include "hsm/hsm.h"
#include "sql/server_certificate.h"

#define SUFFIX_OCTETS 4

const char *signing_key_difference(const struct signing_key_order *o, struct arena *arena)
{
	AUTO(buf) text = {0};
	struct json j = {.out = &text};

	json_array_begin(&j, NULL);
	json_object_begin(&j, NULL);
	json_str(&j, "path", "/signing-key");
	json_str(&j, "old", NULL);
	json_object_begin(&j, "new");
	json_str(&j, "name", o->name);
	json_str(&j, "algorithm", signing_algorithms[o->algorithm]);
	json_bool(&j, "test", o->test);
	json_array_begin(&j, "products");
	for (size_t i = 0; i < o->products.count; i++)
		json_str(&j, NULL, o->products.items[i]);
	json_array_end(&j);
	json_str(&j, "authority", o->authority);
	json_str(&j, "subject", o->subject);
	json_int(&j, "validity", o->validity);
	json_object_end(&j);
	json_object_end(&j);
	json_array_end(&j);
	return arena_strndup(arena, (const char *)text.p, text.n);
}

/* ---- checks ---- */

static const struct key_algorithm *algorithm_of(const struct signing_key_order *o)
{
	return key_algorithm_by_name(signing_algorithm_keys[o->algorithm]);
}

static struct status check_authority(const struct signing_key_context *c,
    const struct signing_key_order *o, struct authority **ret_authority, struct err *err)
{
	struct authority *a = policy_authority(c->policy, o->authority);

	if (!a)
		return REFUSE(
		    err, SIGNING_KEY_AUTHORITY, "there is no authority '%.63s'", o->authority);
	if (a->state == AUTHORITY_RETIRED || authority_is_revoked(a))
		return REFUSE(err, SIGNING_KEY_AUTHORITY, "authority '%s' is %s", a->name,
		    a->state == AUTHORITY_RETIRED ? "retired" : "revoked");
	if (!a->key)
		return REFUSE(err, SIGNING_KEY_AUTHORITY, "authority '%s' has no key here: %s",
		    a->name, a->key_problem[0] ? a->key_problem : "it is kept offline");
	*ret_authority = a;
	return STATUS_OK;
}

static struct status compile(const struct signing_key_order *o, struct authority *a,
    struct arena *arena, struct profile **ret_profile, struct err *err)
{
	AUTO(buf) subject = {0};
	struct err why = {0};

	if ((!o->subject || name_from_text(o->subject, &subject, &why).ok) &&
	    profile_signing(a, o->name, buf_span(&subject), algorithm_of(o), o->validity, arena,
		ret_profile, &why)
		.ok)
		return STATUS_OK;
	if (why.kind == ERR_CONFIG)
		return REFUSE(err, SIGNING_KEY_SUBJECT, "%s", why.message);
	*err = why;
	return STATUS_FAILED;
}

/* The lint looks again, with its own eyes, when the certificate is there. */
static struct status check_subject(const struct profile *p, struct authority *from, struct err *err)
{
	AUTO(buf) name = {0};
	char why[200], text[NAME_TEXT_SIZE];
	const size_t mark = der_begin(&name, DER_SEQUENCE);

	for (size_t i = 0; i < p->compiled->subject_count; i++)
		if (!profile_put_rdn(
			&p->compiled->subject[i], &profile_nobody, &name, why, sizeof(why)))
			return REFUSE(err, SIGNING_KEY_SUBJECT, "%s", why);
	der_end(&name, mark);
	name_text(buf_span(&name), text, sizeof(text));
	for (const struct authority *a = from; a; a = a->parent) {
		struct name_constraints held;
		struct span value;

		if (name_constraints_of(a->certificate, &held, &value) &&
		    !name_constraints_allow(&held, GENERAL_DIRECTORY, buf_span(&name)))
			return REFUSE(err, SIGNING_KEY_SUBJECT,
			    "'%.200s' lies outside of what authority '%s' may issue", text,
			    a->name);
	}
	return STATUS_OK;
}

static struct status check_certificate(
    const struct signing_key_context *c, const struct signing_key_order *o, struct err *err)
{
	AUTO(arena) arena = {0};
	struct authority *a;
	struct profile *profile;

	TRY(check_authority(c, o, &a, err));
	TRY(compile(o, a, &arena, &profile, err));
	return check_subject(profile, a, err);
}

struct status signing_key_check(
    const struct signing_key_context *c, const struct signing_key_order *o, struct err *err)
{
	if (access_signing_key(c->policy->access, o->name))
		return REFUSE(
		    err, SIGNING_KEY_THERE, "there is a signing-key '%.63s' already", o->name);
	if (!key_algorithm_available(algorithm_of(o)))
		return REFUSE(err, SIGNING_KEY_ALGORITHM, "%s is not one that this server has",
		    signing_algorithms[o->algorithm]);
	return o->authority ? check_certificate(c, o, err) : STATUS_OK;
}

/* ---- the key ---- */

static struct status make_key(const struct signing_key_context *c,
    const struct signing_key_order *o, struct arena *arena, const char **ret_uri,
    struct hsm_key **ret_key, struct err *err)
{
	uint8_t random[SUFFIX_OCTETS];
	char hex[2 * SUFFIX_OCTETS + 1];

	TRY(rng_fill(c->rng, random, sizeof(random), err));
	hex_text(SPAN_OF(random), hex);
	*ret_uri = arena_printf(arena, "file:sign.%s-%s.key", o->name, hex);
	return hsm_key_generate(c->hsm, *ret_uri, algorithm_of(o), ret_key, err);
}

/* ---- the certificate ---- */

static struct status store(const struct signing_key_context *c, const struct authority *a,
    const struct issued *issued, struct err *err)
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
	int64_t id;

	certificate_record(&columns, &record);
	TRY(log_line_make("certificate.issued", c->now, c->rng, buf_span(&record), &line, err));
	return server_certificate_store(c->db, &row, &line, &id, err);
}

/* ret_chain: PEM in the arena; NULL: the order wants none. */
static struct status certify(const struct signing_key_context *c, const struct signing_key_order *o,
    const struct hsm_key *key, struct arena *arena, char **ret_chain, struct err *err)
{
	AUTO(issued) issued = {0};
	AUTO(buf) pem = {0};
	struct authority *a;
	struct profile *profile;

	*ret_chain = NULL;
	if (!o->authority)
		return STATUS_OK;
	TRY(check_authority(c, o, &a, err));
	TRY(compile(o, a, arena, &profile, err));
	TRY(issue_certificate(profile, &profile_nobody, hsm_key_spki(key), hsm_key_algorithm(key),
	    c->now, c->rng, &issued, err));
	TRY(store(c, a, &issued, err));
	issued_put_chain(a, buf_span(&issued.der), c->now, &pem);
	*ret_chain = arena_strndup(arena, (const char *)pem.p, pem.n);
	return STATUS_OK;
}

struct status signing_key_make(const struct signing_key_context *c,
    const struct signing_key_order *o, struct arena *arena, struct span *ret_document,
    struct err *err)
{
	AUTO_REF(hsm_key) key = NULL;
	AUTO(buf) public_key = {0};
	AUTO(buf) document = {0};
	struct signing_key k = {.kind = arena_strdup(arena, "signing-key"),
	    .name = arena_strdup(arena, o->name),
	    .algorithm = o->algorithm,
	    .test = o->test,
	    .products = o->products};
	const char *uri;

	TRY(signing_key_check(c, o, err));
	TRY(make_key(c, o, arena, &uri, &key, err));
	TRY(certify(c, o, key, arena, &k.chain, err));
	base64_encode(hsm_key_spki(key), &public_key);
	k.key_uri = arena_strdup(arena, uri);
	k.public_key = arena_strndup(arena, (const char *)public_key.p, public_key.n);
	doc_render(signing_key_fields, &k, &document);
	*ret_document = arena_copy(arena, buf_span(&document));
	return STATUS_OK;
}
