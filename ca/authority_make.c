/* ca/authority_make.c: see authority_make.h. */
#include "ca/authority_make.h"

#include <stdio.h>
#include <string.h>

#include "base/der.h"
#include "ca/certificate.h"
#include "ca/crl_scope.h"
#include "ca/extension.h"
#include "ca/general_name.h"
#include "ca/name.h"
#include "ca/name_constraint.h"
#include "ca/policy_internal.h"
#include "ca/reason.h"
#include "hsm/hsm.h"

#define KEY_URI_MAX 160

/* Others call it a fault of the configuration; here somebody has ordered it. */
static struct status unfit(struct status done, struct err *why, struct err *err)
{
	if (done.ok)
		return done;
	if (why->kind == ERR_CONFIG)
		return REFUSE(err, AUTHORITY_ORDER, "%s", why->message);
	*err = *why;
	return STATUS_FAILED;
}

/* ---- checks ---- */

static struct status check_lists(const struct authority_order *o, struct err *err)
{
	AUTO(arena) arena = {0};
	struct authority a = {.crl_url = o->crl_url ? arena_strdup(&arena, o->crl_url) : NULL,
	    .delta_url = o->delta_url ? arena_strdup(&arena, o->delta_url) : NULL,
	    .crl_shards = o->crl_shards};
	const char *member;
	char why[160];

	if (crl_scope_fits(&a, &member, why, sizeof(why)))
		return STATUS_OK;
	return REFUSE(err, AUTHORITY_ORDER, "%s: %s", member, why);
}

static struct status check_name(const struct authority_order *o, struct err *err)
{
	AUTO(buf) spec = {0};
	struct err why = {0};
	struct status fits = policy_authority_spec(
	    o->name, NULL, o->crl_url, o->ocsp_url, o->issuer_url, &spec, &why);

	TRY(unfit(fits, &why, err));
	return check_lists(o, err);
}

/* By the store, not the snapshot: two of one name could be ordered at once. */
static struct status check_absent(struct db *db, const char *name, struct err *err)
{
	AUTO(arena) arena = {0};
	struct policy_rows rows;

	TRY(policy_rows_read(db, &arena, &rows, err));
	for (size_t i = 0; i < rows.count; i++)
		if (strcmp(rows.rows[i].kind, "authority") == 0 &&
		    strcmp(rows.rows[i].name, name) == 0)
			return REFUSE(
			    err, AUTHORITY_THERE, "there is an authority '%s' already", name);
	return STATUS_OK;
}

/* A certificate names its issuer by the key: two authorities of one key could not be told apart. */
static struct status check_key_free(struct db *db, struct span spki, struct err *err)
{
	AUTO(arena) arena = {0};
	struct policy_rows rows;

	TRY(policy_rows_read(db, &arena, &rows, err));
	for (size_t i = 0; i < rows.count; i++) {
		struct authority held = {0};

		if (strcmp(rows.rows[i].kind, "authority") != 0)
			continue;
		TRY(authority_of_certificate(rows.rows[i].certificate, &held, err));
		if (span_equal(held.spki, spki))
			return REFUSE(err, AUTHORITY_THERE, "the key is that of authority '%s'",
			    rows.rows[i].name);
	}
	return STATUS_OK;
}

static const struct key_algorithm *algorithm_of(const struct authority_order *o)
{
	const struct key_algorithm *a = key_algorithm_by_name(o->algorithm);

	return a && key_algorithm_available(a) ? a : NULL;
}

static struct status check_algorithm(const struct authority_order *o, struct err *err)
{
	if (!algorithm_of(o))
		return REFUSE(err, AUTHORITY_ORDER,
		    "algorithm '%.40s' is not one that this server has", o->algorithm);
	return STATUS_OK;
}

static struct status check_parent(const struct authority_context *c,
    const struct authority_order *o, const struct authority **ret_parent, struct err *err)
{
	const struct authority *parent = policy_authority(c->policy, o->parent);

	if (!parent)
		return REFUSE(err, AUTHORITY_PARENT, "there is no authority '%.63s'", o->parent);
	if (parent->state == AUTHORITY_RETIRED)
		return REFUSE(err, AUTHORITY_PARENT, "authority '%s' is retired", parent->name);
	if (authority_is_revoked(parent))
		return REFUSE(err, AUTHORITY_REVOKED, "authority '%s' is revoked", parent->name);
	if (!parent->key_uri)
		return REFUSE(err, AUTHORITY_OFFLINE, "the key of authority '%s' is not held here",
		    parent->name);
	if (!parent->key)
		return err_set(err, ERR_KEY, "authority '%s' has no key here: %s", parent->name,
		    parent->key_problem);
	*ret_parent = parent;
	return STATUS_OK;
}

static struct status check_path_length(
    const struct authority *parent, const struct authority_order *o, struct err *err)
{
	struct certificate_view view;
	struct basic_constraints basic = {0};
	const struct extension *e;

	TRY(certificate_read(parent->certificate, &view, err));
	e = certificate_extension(&view, OID_BASIC_CONSTRAINTS);
	if (!e || !basic_constraints_read(e->value, &basic))
		return REFUSE(err, AUTHORITY_PARENT, "authority '%s' is no CA", parent->name);
	if (!basic.has_path_length)
		return STATUS_OK;
	if (basic.path_length == 0)
		return REFUSE(err, AUTHORITY_ORDER,
		    "authority '%s' has path length 0: no authority can stand below it",
		    parent->name);
	if (o->path_length < 0 || (uint64_t)o->path_length >= basic.path_length)
		return REFUSE(err, AUTHORITY_ORDER,
		    "path length %d: authority '%s' allows %d at most below it", o->path_length,
		    parent->name, (int)basic.path_length - 1);
	return STATUS_OK;
}

/* ---- name constraints ---- */

static struct status check_dns(const struct authority *parent, const struct name_constraints *held,
    const struct ceremony_constraints *c, struct err *err)
{
	for (size_t i = 0; i < c->permitted_dns_count; i++)
		if (!name_constraints_allow(held, GENERAL_DNS, span_str(c->permitted_dns[i])))
			return REFUSE(err, AUTHORITY_ORDER,
			    "'%.100s' lies outside of what authority '%s' may issue",
			    c->permitted_dns[i], parent->name);
	return STATUS_OK;
}

static struct status check_directory(const struct authority *parent,
    const struct name_constraints *held, const struct ceremony_constraints *c, struct err *err)
{
	for (size_t i = 0; i < c->permitted_directory_count; i++) {
		AUTO(buf) name = {0};
		struct err why = {0};

		TRY(unfit(name_from_text(c->permitted_directory[i], &name, &why), &why, err));
		if (!name_constraints_allow(held, GENERAL_DIRECTORY, buf_span(&name)))
			return REFUSE(err, AUTHORITY_ORDER,
			    "'%.100s' lies outside of what authority '%s' may issue",
			    c->permitted_directory[i], parent->name);
	}
	return STATUS_OK;
}

/* The lint looks again, with its own eyes, when the certificate is there. */
static struct status check_subject(
    const struct authority *parent, const struct authority_order *o, struct err *err)
{
	AUTO(buf) name = {0};
	struct err why = {0};

	TRY(unfit(name_from_text(o->subject, &name, &why), &why, err));
	for (const struct authority *a = parent; a; a = a->parent) {
		struct name_constraints held;
		struct span value;

		if (name_constraints_of(a->certificate, &held, &value) &&
		    !name_constraints_allow(&held, GENERAL_DIRECTORY, buf_span(&name)))
			return REFUSE(err, AUTHORITY_ORDER,
			    "subject '%.200s' lies outside of what authority '%s' may issue",
			    o->subject, a->name);
	}
	return STATUS_OK;
}

static bool constrains(const struct ceremony_constraints *c)
{
	return c->permitted_dns_count + c->excluded_dns_count + c->permitted_directory_count +
		   c->excluded_directory_count >
	       0;
}

/* ret_inherited: the parent's extension, to be repeated where the order has none. */
static struct status check_constraints(const struct authority *parent,
    const struct authority_order *o, struct span *ret_inherited, struct err *err)
{
	struct name_constraints held;
	struct span value = SPAN_NONE;

	*ret_inherited = SPAN_NONE;
	if (!name_constraints_of(parent->certificate, &held, &value))
		return STATUS_OK;
	if (!constrains(&o->constraints)) {
		*ret_inherited = value;
		return STATUS_OK;
	}
	TRY(check_dns(parent, &held, &o->constraints, err));
	return check_directory(parent, &held, &o->constraints, err);
}

struct status authority_check(
    const struct authority_context *c, const struct authority_order *order, struct err *err)
{
	const struct authority *parent;
	struct span inherited;

	TRY(check_name(order, err));
	TRY(check_absent(c->db, order->name, err));
	TRY(check_algorithm(order, err));
	TRY(check_parent(c, order, &parent, err));
	TRY(check_path_length(parent, order, err));
	TRY(check_subject(parent, order, err));
	return check_constraints(parent, order, &inherited, err);
}

/* ---- the key ---- */

static const char *key_uri(const struct authority_order *o, char uri[static KEY_URI_MAX])
{
	snprintf(uri, KEY_URI_MAX, "file:ca.%s.key", o->name);
	return uri;
}

/* One that is there already and is nobody's is left of an attempt that came to nothing. */
static struct status take_key(const struct authority_context *c, const struct authority_order *o,
    struct hsm_key **ret_key, struct err *err)
{
	const struct key_algorithm *algorithm = algorithm_of(o);
	AUTO_REF(hsm_key) key = NULL;
	struct err why = {0};
	char uri[KEY_URI_MAX];

	if (hsm_key_generate(c->hsm, key_uri(o, uri), algorithm, ret_key, &why).ok)
		return STATUS_OK;
	if (why.kind != ERR_CONFLICT) {
		*err = why;
		return STATUS_FAILED;
	}
	TRY(hsm_key_open(c->hsm, uri, &key, err));
	TRY(check_key_free(c->db, hsm_key_spki(key), err));
	if (hsm_key_algorithm(key) != algorithm)
		return REFUSE(err, AUTHORITY_THERE, "a key of this name was made as %s, not %s",
		    hsm_key_algorithm(key)->name, algorithm->name);
	*ret_key = TAKE(key);
	return STATUS_OK;
}

/* ---- the store ---- */

/* As policy_authority_spec() has checked it. */
static void render_spec(const struct authority_order *o, struct arena *arena, struct buf *out)
{
	char uri[KEY_URI_MAX];
	struct authority_document d = {
	    .head = {arena_strdup(arena, "authority"), arena_strdup(arena, o->name)},
	    .authority = {.key_uri = arena_strdup(arena, key_uri(o, uri)),
		.crl_url = o->crl_url ? arena_strdup(arena, o->crl_url) : NULL,
		.delta_url = o->delta_url ? arena_strdup(arena, o->delta_url) : NULL,
		.crl_shards = o->crl_shards,
		.ocsp_url = o->ocsp_url ? arena_strdup(arena, o->ocsp_url) : NULL,
		.issuer_url = o->issuer_url ? arena_strdup(arena, o->issuer_url) : NULL,
		.operators = o->operators}};

	doc_render(policy_kinds[POLICY_AUTHORITY].fields, &d, out);
}

/* What stands there now must be policy that loads, for every server. */
static struct status check_whole(const struct authority_context *c, struct err *err)
{
	AUTO_REF(policy) whole = NULL;

	return policy_load(c->db, NULL, &whole, err);
}

static struct status store(const struct authority_context *c, const struct authority_order *o,
    struct span certificate, int64_t parent_id, const struct span *chain, size_t chain_count,
    struct err *err)
{
	AUTO(arena) arena = {0};
	AUTO(buf) spec = {0};
	struct authority read = {0};
	struct authority_new row = {.name = o->name,
	    .certificate = certificate,
	    .parent_id = parent_id,
	    .chain = chain,
	    .chain_count = chain_count};
	int64_t id;

	TRY(authority_of_certificate(certificate, &read, err));
	render_spec(o, &arena, &spec);
	row.spec = buf_cstr(&spec);
	row.subject = read.subject;
	row.ski = read.ski;
	TRY(policy_store_authority_by(c->db, &row, c->by, c->rng, &id, err));
	return check_whole(c, err);
}

/* ---- making ---- */

static struct status sign(const struct authority_context *c, const struct authority_order *o,
    const struct authority *parent, struct hsm_key *key, struct buf *ret_der, struct err *err)
{
	const int64_t now = clock_now(c->clock);
	AUTO(buf) crl_url = {0};
	struct ceremony_request request = {.subject = o->subject,
	    .key = key,
	    .not_before = now,
	    .not_after = now + o->validity,
	    .path_length = o->path_length,
	    .constraints = o->constraints,
	    .ocsp_url = parent->ocsp_url,
	    .issuer_url = parent->issuer_url,
	    .issuer_certificate = parent->certificate,
	    .issuer_key = parent->key};
	struct err why = {0};

	/* Authorities are few: the first list speaks of all of them. */
	if (parent->crl_url && crl_url_put(parent->crl_url, 0, &crl_url))
		request.crl_url = buf_cstr(&crl_url);
	TRY(check_constraints(parent, o, &request.constraints_der, err));
	return unfit(ceremony_make(&request, now, c->rng, ret_der, &why), &why, err);
}

static struct status store_below(const struct authority_context *c, const struct authority_order *o,
    const struct authority *parent, struct span certificate, struct err *err)
{
	AUTO(arena) arena = {0};
	const size_t n = parent->chain_count + 1;
	struct span *chain = arena_alloc(&arena, n * sizeof(*chain));

	chain[0] = parent->certificate;
	for (size_t i = 1; i < n; i++)
		chain[i] = parent->chain[i - 1];
	return store(c, o, certificate, parent->id, chain, n, err);
}

struct status authority_make(
    const struct authority_context *c, const struct authority_order *order, struct err *err)
{
	const struct authority *parent;
	AUTO_REF(hsm_key) key = NULL;
	AUTO(buf) certificate = {0};
	int64_t version;

	TRY(policy_lock(c->db, &version, err));
	TRY(authority_check(c, order, err));
	TRY(check_parent(c, order, &parent, err));
	TRY(take_key(c, order, &key, err));
	TRY(sign(c, order, parent, key, &certificate, err));
	return store_below(c, order, parent, buf_span(&certificate), err);
}

/* ---- in two steps ---- */

/* CertificationRequest, RFC 2986 4: no attributes; the one who signs knows what they sign. */
static struct status write_csr(
    struct hsm_key *key, struct span subject, struct buf *ret_csr, struct err *err)
{
	AUTO(buf) info = {0};
	AUTO(buf) signature = {0};
	AUTO(buf) csr = {0};
	size_t mark = der_begin(&info, DER_SEQUENCE);

	der_put_uint(&info, 0);
	buf_put(&info, subject);
	buf_put(&info, hsm_key_spki(key));
	der_put(&info, DER_CONTEXT_CONSTRUCTED | 0, SPAN_NONE);
	der_end(&info, mark);
	TRY(hsm_sign(key, buf_span(&info), &signature, err));
	mark = der_begin(&csr, DER_SEQUENCE);
	buf_put(&csr, buf_span(&info));
	buf_put(&csr, hsm_key_algorithm(key)->signature->identifier);
	der_put_bits(&csr, buf_span(&signature));
	der_end(&csr, mark);
	*ret_csr = buf_take(&csr);
	return STATUS_OK;
}

static struct status record_key(
    const struct authority_context *c, const char *name, struct span spki, struct err *err)
{
	struct policy_act act = *c->by;
	AUTO(buf) document = {0};

	hex_encode(spki, &document);
	act.act = "authority.key-made";
	act.kind = "authority";
	act.name = name;
	act.document = buf_span(&document);
	TRY(policy_version_read(c->db, &act.version, err));
	return policy_record(c->db, &act, c->rng, err);
}

struct status authority_key(const struct authority_context *c, const struct authority_order *order,
    struct buf *ret_csr, struct err *err)
{
	AUTO_REF(hsm_key) key = NULL;
	AUTO(buf) subject = {0};
	struct err why = {0};
	int64_t version;

	TRY(policy_lock(c->db, &version, err));
	TRY(check_name(order, err));
	TRY(check_absent(c->db, order->name, err));
	TRY(check_algorithm(order, err));
	TRY(unfit(name_from_text(order->subject, &subject, &why), &why, err));
	TRY(take_key(c, order, &key, err));
	TRY(record_key(c, order->name, hsm_key_spki(key), err));
	return write_csr(key, buf_span(&subject), ret_csr, err);
}

/* The authority that we hold above it; 0: none. */
static int64_t parent_of(const struct policy *p, struct span certificate)
{
	for (size_t i = 0; i < p->authority_count; i++)
		if (span_equal(p->authorities[i].certificate, certificate))
			return p->authorities[i].id;
	return 0;
}

static struct status open_key(const struct authority_context *c, const struct authority_order *o,
    struct hsm_key **ret_key, struct err *err)
{
	struct err why = {0};
	char uri[KEY_URI_MAX];

	if (hsm_key_open(c->hsm, key_uri(o, uri), ret_key, &why).ok)
		return STATUS_OK;
	if (why.kind == ERR_MISSING)
		return REFUSE(
		    err, AUTHORITY_KEY, "no key was made for authority '%s' here", o->name);
	*err = why;
	return STATUS_FAILED;
}

/* All that can be said before it is done. ret_chain: in the arena. */
static struct status check_take(const struct authority_context *c,
    const struct authority_order *order, struct arena *arena, struct ceremony_chain *ret_chain,
    struct err *err)
{
	AUTO_REF(hsm_key) key = NULL;
	struct err why = {0};

	TRY(check_name(order, err));
	TRY(check_absent(c->db, order->name, err));
	TRY(open_key(c, order, &key, err));
	TRY(check_key_free(c->db, hsm_key_spki(key), err));
	return unfit(ceremony_take(order->chain, hsm_key_spki(key), clock_now(c->clock), arena,
			 ret_chain, &why),
	    &why, err);
}

struct status authority_take_check(
    const struct authority_context *c, const struct authority_order *order, struct err *err)
{
	AUTO(arena) arena = {0};
	struct ceremony_chain chain;

	return check_take(c, order, &arena, &chain, err);
}

struct status authority_take(
    const struct authority_context *c, const struct authority_order *order, struct err *err)
{
	AUTO(arena) arena = {0};
	struct ceremony_chain chain;
	int64_t version;

	TRY(policy_lock(c->db, &version, err));
	TRY(check_take(c, order, &arena, &chain, err));
	return store(c, order, chain.certificates[0], parent_of(c->policy, chain.certificates[1]),
	    chain.certificates + 1, chain.count - 1, err);
}
