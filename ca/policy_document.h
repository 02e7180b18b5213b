/*
 * ca/policy_document.h: the kinds of policy documents, as data.
 *
 *	kind: label
 *	name: factory
 *	profile: device
 *
 * docs/policy.md and the checks of `signetd bootstrap` are made from these tables.
 */
#ifndef SIGNET_CA_POLICY_DOCUMENT_H
#define SIGNET_CA_POLICY_DOCUMENT_H

#include "access/document.h"

enum policy_kind_id {
	POLICY_AUTHORITY,
	POLICY_PROFILE,
	POLICY_TRUST_ANCHOR,
	POLICY_PRODUCT,
	POLICY_LABEL,
	/* who may do what: in the order of enum access_kind */
	POLICY_ROLE,
	POLICY_PRINCIPAL,
	POLICY_BINDING,
	POLICY_OIDC_ISSUER,
	POLICY_OIDC_RULE,
	POLICY_APPROVAL_POLICY,
	POLICY_LOG_POLICY,
	POLICY_SIGNING_KEY,
	POLICY_CHANNEL,
	POLICY_STORED, /* those above are kept as documents */
	POLICY_DEVICE = POLICY_STORED,
	POLICY_DEVICES,
	POLICY_KINDS
};

_Static_assert(
    POLICY_STORED - POLICY_ROLE == (int)ACCESS_KINDS, "each is a kind of policy document");
/* Only documents of access/ can be removed: certificates name the others for ever. */
static inline bool policy_kind_removable(enum policy_kind_id kind)
{
	return kind >= POLICY_ROLE && kind < POLICY_STORED;
}

struct policy_kind {
	const char *name;           /* "trust-anchor" */
	const struct field *fields; /* ended by name NULL; offsets are of an internal struct */
	size_t size;                /* of that struct */
	const char *help;
};
extern const struct policy_kind policy_kinds[POLICY_KINDS];

/* NULL: no such kind. */
const struct policy_kind *policy_kind_by_name(const char *name);

/*
 * The canonical JSON of an authority document, for policy_store_authority(). URLs may be NULL.
 * ERR_CONFIG: a name or URL that a document could not have.
 */
struct status policy_authority_spec(const char *name, const char *key_uri, const char *crl_url,
    const char *ocsp_url, const char *issuer_url, struct buf *out, struct err *err);

/*
 * The canonical JSON of a successor's document: all that `old` says, under another name and key. A
 * URL that holds the old name as a part of its path ("/NAME.crl", "/NAME/") gets the new one; one
 * that does not cannot be both's and is left out, but for a responder's, which answers for all.
 * crl_url and issuer_url, where they are given, stand instead. key_uri NULL: offline. ERR_CONFIG:
 * as above.
 */
struct authority;
struct policy_successor {
	const char *name, *key_uri, *crl_url, *issuer_url;
};
struct status policy_successor_spec(const struct authority *old,
    const struct policy_successor *successor, struct buf *out, struct err *err);
/* Such a URL, in the arena; NULL: it holds no name. */
char *policy_successor_url(const char *url, const char *old, const char *name, struct arena *arena);

/* The tables as Markdown, for docs/policy.md. */
void policy_document_help(struct buf *out);

#endif
