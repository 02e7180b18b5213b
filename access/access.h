/*
 * access/access.h: who may do what: one immutable picture, part of a policy snapshot.
 *
 * Nothing is allowed that no binding allows. A binding gives a principal a role, limited to
 * products and channels where it names some. What concerns all products needs a binding without a
 * limit; so does what has no channel: a binding limited to channels allows only what concerns one
 * of them.
 *
 * Everything here is pure: no clock, no store. `now` is in seconds since 1970.
 */
#ifndef SIGNET_ACCESS_ACCESS_H
#define SIGNET_ACCESS_ACCESS_H

#include "access/document.h"

struct access {
	struct role *roles;
	size_t role_count;
	struct principal *principals;
	size_t principal_count;
	struct binding *bindings;
	size_t binding_count;
	struct oidc_issuer *oidc_issuers;
	size_t oidc_issuer_count;
	struct oidc_rule *oidc_rules;
	size_t oidc_rule_count;
	struct approval_policy *approval_policies;
	size_t approval_policy_count;
	struct witness_policy *log_policy; /* NULL: no witness is asked */
	struct signing_key *signing_keys;  /* access/release_policy.h */
	size_t signing_key_count;
	struct channel *channels;
	size_t channel_count;
};

/* ---- building (ca/policy_build.c does) ---- */
struct access_item {
	enum access_kind kind;
	const void *document;        /* struct role, principal, ...; borrowed strings */
	const char *file;            /* for messages */
	const struct doc_node *node; /* for messages */
};
/*
 * Link and check. What the documents point to must outlive ret_access, which is filled in the
 * arena. ERR_CONFIG with "file:line: kind 'name': member: why" where a name is not that of a
 * principal, role, permission, act, OIDC issuer or (product_names) product, or a value makes no
 * sense.
 */
struct status access_build(const struct access_item *items, size_t count,
    const char *const *product_names, size_t product_count, struct arena *arena,
    struct access *ret_access, struct err *err);

/* Look-ups; NULL: none. */
const struct role *access_role(const struct access *a, const char *name);
const struct principal *access_principal(const struct access *a, const char *name);
const struct oidc_issuer *access_oidc_issuer(const struct access *a, const char *name);
const struct signing_key *access_signing_key(const struct access *a, const char *name);
/* Of a product's channel, both by the names that scopes have. */
const struct channel *access_channel(
    const struct access *a, const char *product, const char *channel);
/* The person who has this outside identity; `issuer` is the document's name. */
const struct principal *access_person(
    const struct access *a, const char *issuer, const char *subject);

/* ---- who acts ---- */
enum credential {
	CREDENTIAL_NONE,
	CREDENTIAL_TOKEN,
	CREDENTIAL_CERTIFICATE,
	CREDENTIAL_LOCAL /* signetd on the server's machine: whoever has its keys and its database
			  */
};
struct actor {
	const struct principal *principal; /* NULL: nobody, or local */
	const char *name;                  /* "alice", "os:root"; never NULL */
	const char *person; /* who acts: own name of a person, that of the mapped person behind a CI
			     * run, "ISSUER/SUBJECT" (of the issuer's document) where none is
			     * mapped; NULL: no person known */
	enum credential credential;
	int64_t token_id;         /* 0: none */
	int64_t root_token_id;    /* the same, or that the certificate was made with: what is made
				   * ends with it; 0: none */
	uint64_t permission_mask; /* tokens can be narrowed; PERMISSION_ALL: they are not */
	bool one_request;         /* an exchanged token: good for one request alone */
	int64_t request_id;       /* that request, once it is made; 0: not yet */
	int64_t release_id;       /* or the release that it made, for which it is good; 0: none */
	const char *provenance;   /* of its run, as JSON: access/oidc_run.h; NULL: none */
};
struct actor actor_nobody(void);
struct actor actor_local(const char *name); /* name is borrowed */
/* A principal as such, for questions about it (`can`): no credential is looked at. NULL: nobody. */
struct actor actor_principal(const struct principal *p);
/*
 * Who stands behind a credential for p that `by` makes; NULL: p alone. Whoever makes a person's
 * credential could keep a copy and be that person, and then agree to their own requests. So the
 * maker stays behind it, and behind all that is made with it, unless others have agreed to it, or
 * it was made by the owner of the server's machine.
 */
const char *actor_behind(const struct actor *by, const struct principal *p, bool agreed);

/* ---- what is allowed ---- */

/*
 * product NULL: all of them; channel NULL: all of them, or it has none. The principal is looked up
 * in `a` by its name, so that an actor of an older snapshot is judged by this one. A local actor
 * may. PERMISSION_SELF: whoever is somebody; PERMISSION_PUBLIC: anybody; PERMISSION_NEVER and
 * PERMISSION_DEVICE: nobody.
 */
MUST_USE bool access_may(const struct access *a, const struct actor *who, enum permission p,
    const char *product, const char *channel, int64_t now);

/* The bindings that give it, limited or not; for `whoami` and `can`. */
size_t access_bindings(const struct access *a, const struct actor *who, enum permission p,
    int64_t now, struct arena *arena, const struct binding *const **ret_bindings);

/* Why, or why not: the bindings that allow it, or a line for each thing that is missing. */
struct explanation {
	bool allowed;
	const struct binding *const *because;
	size_t because_count;
	const char *const *missing;
	size_t missing_count;
};
struct explanation access_explain(const struct access *a, const struct actor *who,
    enum permission p, const char *product, const char *channel, int64_t now, struct arena *arena);

/* ---- granting: nobody gives what they do not hold ---- */

/*
 * Is everything that `p` can do, for as long as its bindings last, also the grantor's? To be asked
 * before a credential for p is made; `permissions`: what that will be narrowed to, or
 * PERMISSION_ALL. A disabled p counts as if it were enabled.
 * ret_what (in the arena): the first thing that is not, "label.manage for product x100".
 */
MUST_USE bool access_covers(const struct access *a, const struct actor *grantor,
    const struct principal *p, uint64_t permissions, int64_t now, struct arena *arena,
    const char **ret_what);
/*
 * The same for what a change gives: all that somebody can do by `next` and not by `last`, and all
 * that those can do for whom it makes credentials (OIDC rules and their issuers). Judged by what
 * the grantor holds in `last`.
 */
MUST_USE bool access_grant_covered(const struct access *last, const struct access *next,
    const struct actor *grantor, int64_t now, struct arena *arena, const char **ret_what);

/* An enabled person or service with a role that has access.manage, unlimited, for ever. */
bool access_has_administrator(const struct access *a);

#endif
