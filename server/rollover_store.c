/* server/rollover_store.c: what a rollover has made goes into the store, see rollover.h. */
#include "base/encode.h"
#include "base/file.h"
#include "ca/act.h"
#include "ca/crl_by_hand.h"
#include "ca/policy_document.h"
#include "server/rollover_internal.h"

static struct status store_authority(struct rolling *r, const struct piece *piece, const char *uri,
    int64_t parent, const struct span *chain, size_t chain_count, FILE *out, int64_t *ret_id,
    struct err *err)
{
	const struct policy_act by = {.who = r->v->who, .at = r->now};
	AUTO(buf) spec = {0};
	struct authority read = {.name = NULL};
	struct authority_new row = {.name = piece->name,
	    .certificate = buf_span(&piece->certificate),
	    .parent_id = parent,
	    .chain = chain,
	    .chain_count = chain_count};

	TRY(authority_of_certificate(row.certificate, &read, err));
	TRY(policy_successor_spec(piece->old,
	    &(struct policy_successor){.name = piece->name,
		.key_uri = uri,
		.crl_url = uri ? NULL : r->o->crl_url,
		.issuer_url = uri ? NULL : r->o->issuer_url},
	    &spec, err));
	row.spec = buf_cstr(&spec);
	row.subject = read.subject;
	row.ski = read.ski;
	fprintf(out, "stored as %s\n", row.spec);
	return policy_store_authority_by(r->db, &row, &by, &r->v->rng, ret_id, err);
}

static struct status store_link(struct rolling *r, int64_t authority, const char *name,
    int64_t issuer, struct span certificate, struct err *err)
{
	struct policy_act act = {.who = r->v->who,
	    .at = r->now,
	    .act = "authority.linked",
	    .kind = "authority",
	    .name = name};
	AUTO(buf) document = {0};
	int64_t version, id;

	TRY(policy_lock(r->db, &version, err));
	act.version = version + 1;
	hex_encode(certificate, &document);
	act.document = buf_span(&document);
	TRY(policy_authority_link_insert(r->db,
	    &(struct authority_link_new){authority, issuer, certificate}, act.version, r->now, &id,
	    err));
	TRY(policy_bump(r->db, act.version, r->now, err));
	return policy_record(r->db, &act, &r->v->rng, err);
}

static struct status store_root(struct rolling *r, FILE *out, int64_t *ret_id, struct err *err)
{
	const struct authority *old = r->old_root;

	TRY(store_authority(r, &r->root, NULL, 0, NULL, 0, out, ret_id, err));
	TRY(store_link(
	    r, *ret_id, r->root.name, old->id, buf_span(&r->new_with_old.certificate), err));
	return store_link(
	    r, old->id, old->name, *ret_id, buf_span(&r->old_with_new.certificate), err);
}

static struct status store_below(struct rolling *r, int64_t upper, FILE *out, struct err *err)
{
	const struct span chain = rollover_upper(r);
	char uri[KEY_URI_MAX];
	int64_t id;

	if (!r->below.name)
		return store_link(r, r->issuing->id, r->issuing->name, upper,
		    buf_span(&r->below.certificate), err);
	return store_authority(
	    r, &r->below, rollover_key_uri(r->below.name, uri), upper, &chain, 1, out, &id, err);
}

/* For who is to trust it. Written before the commit: without it nobody could check. */
static struct status write_root(const struct rolling *r, struct err *err)
{
	AUTO(buf) path = {0};
	AUTO(buf) pem = {0};

	pem_encode("CERTIFICATE", buf_span(&r->root.certificate), &pem);
	buf_printf(&path, "%s/%s.pem", r->v->config->state_directory, r->root.name);
	return file_replace(buf_cstr(&path), buf_span(&pem), 0644, err);
}

/*
 * What stands there now must be policy that loads, for every server. A new root's key is at hand
 * now, and not again for long: its first list is made.
 */
static struct status check_whole(const struct rolling *r, struct err *err)
{
	const struct crl_publisher p = {.db = r->db,
	    .directory = r->v->config->state_directory,
	    .clock = &r->v->clock,
	    .rng = &r->v->rng};
	AUTO_REF(policy) whole = NULL;
	struct crl_row row;

	TRY(policy_load(r->db, NULL, &whole, err));
	if (!r->old_root)
		return STATUS_OK;
	return crl_publish_by_hand(&p, whole, r->root.name, r->root.key, &row, err);
}

static struct status commit(const struct rolling *r, struct err *err)
{
	struct err why = {0};

	if (db_commit(r->db, &why).ok)
		return STATUS_OK;
	(void)err_set(err, why.kind,
	    "the commit failed: %s. Where the database went away, it is not known whether all was "
	    "stored: run it again; if it says that it is there already, all is done",
	    why.message);
	err_cause(err, "%s", why.cause);
	return STATUS_FAILED;
}

struct status rollover_store(struct rolling *r, FILE *out, struct err *err)
{
	int64_t version, upper = r->upper->id;

	TRY(db_begin(r->db, err));
	TRY(policy_lock(r->db, &version, err));
	if (version != r->policy->version)
		return err_set(err, ERR_CONFLICT,
		    "policy changed meanwhile; nothing was stored: run it again");
	if (r->old_root)
		TRY(store_root(r, out, &upper, err));
	TRY(store_below(r, upper, out, err));
	TRY(check_whole(r, err));
	if (r->old_root)
		TRY(write_root(r, err));
	return commit(r, err);
}
