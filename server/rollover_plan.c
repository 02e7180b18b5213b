/* server/rollover_plan.c: who is followed by whom, see rollover.h. */
#include <string.h>

#include "ca/authority_chain.h"
#include "ca/policy_document.h"
#include "server/rollover_internal.h"

static bool is_root(const struct authority *a)
{
	return a->chain_count == 0;
}

static struct status named(const struct rolling *r, const char *name,
    const struct authority **ret_authority, struct err *err)
{
	const struct authority *a = policy_authority(r->policy, name);

	if (!a)
		return err_set(err, ERR_CONFIG, "there is no authority '%.63s'", name);
	if (a->state == AUTHORITY_RETIRED)
		return err_set(err, ERR_CONFIG, "authority '%s' is retired", a->name);
	*ret_authority = a;
	return STATUS_OK;
}

static struct status check_free(const struct rolling *r, const char *name, struct err *err)
{
	AUTO(buf) spec = {0};

	if (policy_authority(r->policy, name))
		return err_set(err, ERR_CONFLICT,
		    "authority '%s' is there already; nothing was changed", name);
	return policy_authority_spec(name, NULL, NULL, NULL, NULL, &spec, err);
}

static bool stands_below(const struct authority *a, const struct authority *root)
{
	return !is_root(a) && span_equal(a->chain[a->chain_count - 1], root->certificate);
}

/* The one that is named; else the only one below this root. */
static struct status find_issuing(struct rolling *r, struct err *err)
{
	const struct policy *p = r->policy;
	const struct authority *found = NULL;

	if (r->o->issuing) {
		TRY(named(r, r->o->issuing, &found, err));
		if (!stands_below(found, r->old_root))
			return err_set(err, ERR_CONFIG,
			    "authority '%s' does not stand below root '%s'", found->name,
			    r->old_root->name);
		r->issuing = found;
		return STATUS_OK;
	}
	for (size_t i = 0; i < p->authority_count; i++) {
		const struct authority *a = &p->authorities[i];

		if (!stands_below(a, r->old_root) || a->state == AUTHORITY_RETIRED)
			continue;
		if (found)
			return err_set(err, ERR_CONFIG,
			    "'%s' and '%s' stand below root '%s': --issuing says which one is "
			    "followed; the others can follow with --authority NAME --below %s",
			    found->name, a->name, r->old_root->name, r->o->name);
		found = a;
	}
	if (!found)
		return err_set(err, ERR_CONFIG, "no issuing authority stands below root '%s'",
		    r->old_root->name);
	r->issuing = found;
	return STATUS_OK;
}

/* A second successor of one root would split those who follow. */
static struct status check_last(const struct rolling *r, struct err *err)
{
	const struct authority *a = r->old_root;

	for (size_t i = 0; i < a->link_count; i++) {
		const struct authority *other = authority_issuer_of(r->policy, a->links[i]);

		/* OldWithNew names the one that came after. */
		if (other && other->id > a->id)
			return err_set(err, ERR_CONFLICT,
			    "root '%s' was followed by '%s' already: roll that one over", a->name,
			    other->name);
	}
	return STATUS_OK;
}

static struct status plan_root(struct rolling *r, const struct authority *root, struct err *err)
{
	const struct rollover_options *o = r->o;

	r->old_root = r->upper = root;
	if (o->below)
		return err_set(err, ERR_CONFIG,
		    "'%s' is a root: it stands below nobody; --below has no place", root->name);
	if (!o->new_root_passphrase_file)
		return err_set(err, ERR_CONFIG,
		    "--new-root-passphrase-file is missing: the new root's key has its own");
	if (!o->issuing_name == !o->keep_key)
		return err_set(err, ERR_CONFIG,
		    "either --issuing-name, for a new issuing authority, or --keep-key");
	TRY(check_last(r, err));
	TRY(find_issuing(r, err));
	TRY(check_free(r, o->name, err));
	r->root = (struct piece){.name = o->name, .old = root};
	r->new_with_old.old = r->old_with_new.old = root;
	r->below = (struct piece){.name = o->issuing_name, .old = r->issuing};
	if (!o->issuing_name)
		return STATUS_OK;
	if (strcmp(o->name, o->issuing_name) == 0)
		return err_set(err, ERR_CONFIG, "--name and --issuing-name must differ");
	return check_free(r, o->issuing_name, err);
}

static struct status plan_issuing(
    struct rolling *r, const struct authority *issuing, struct err *err)
{
	const struct rollover_options *o = r->o;

	r->issuing = issuing;
	r->upper = issuing->parent;
	if (o->issuing || o->issuing_name || o->new_root_passphrase_file ||
	    o->new_root_key_directory || o->root_subject || o->root_validity)
		return err_set(err, ERR_CONFIG,
		    "'%s' is no root: --issuing, --issuing-name and what is said of a new root have "
		    "no place",
		    issuing->name);
	if (!o->name == !o->keep_key)
		return err_set(
		    err, ERR_CONFIG, "either --name, for a new issuing authority, or --keep-key");
	if (o->below)
		TRY(named(r, o->below, &r->upper, err));
	if (!r->upper || !is_root(r->upper))
		return err_set(err, ERR_CONFIG,
		    "the root above '%s' is not held here: --below names one that is",
		    issuing->name);
	r->below = (struct piece){.name = o->name, .old = issuing};
	return o->name ? check_free(r, o->name, err) : STATUS_OK;
}

struct status rollover_plan(struct rolling *r, struct err *err)
{
	const struct authority *a;

	TRY(named(r, r->o->authority, &a, err));
	if (is_root(a))
		return plan_root(r, a, err);
	return plan_issuing(r, a, err);
}
