/*
 * access/document.h: the policy documents that say who may do what, as structs and field tables.
 *
 *	kind: binding
 *	name: alice-registers-acme
 *	principal: alice
 *	role: registration-officer
 *	products: [acme-x100]
 *
 * Bound by base/doc.h. Members that point to other documents are filled in when all of them are
 * linked (access/access.h: access_build()). Strings live as long as the snapshot.
 */
#ifndef SIGNET_ACCESS_DOCUMENT_H
#define SIGNET_ACCESS_DOCUMENT_H

#include "access/act_kind.h"
#include "base/doc.h"

enum access_kind {
	ACCESS_ROLE,
	ACCESS_PRINCIPAL,
	ACCESS_BINDING,
	ACCESS_OIDC_ISSUER,
	ACCESS_OIDC_RULE,
	ACCESS_APPROVAL_POLICY,
	ACCESS_LOG_POLICY,
	ACCESS_SIGNING_KEY, /* access/release_policy.h */
	ACCESS_CHANNEL,
	ACCESS_KINDS
};

struct role {
	char *kind, *name;
	struct str_list permission_names;
	uint64_t permissions; /* linked: set of PERMISSION_BIT() */
};

enum principal_type {
	PRINCIPAL_PERSON,
	PRINCIPAL_SERVICE,
	PRINCIPAL_CI,
	PRINCIPAL_LINE
};
struct outside_identity { /* an outside identity of a person */
	char *issuer;     /* name of an oidc-issuer */
	char *subject;    /* as its person_claim has it: actor_id of GitHub, user_id of GitLab */
};
struct principal { /* who calls */
	char *kind, *name;
	int type; /* enum principal_type */
	bool disabled;
	struct map_list identities; /* struct outside_identity; persons only */
};
/* "person" "service" "ci" "line" */
extern const char *const principal_types[];

struct binding {
	char *kind, *name;
	char *principal_name, *role_name;
	struct str_list products; /* names of product documents; empty: every product */
	struct str_list channels; /* empty: every channel */
	char *expires_at;         /* RFC 3339; NULL: never */
	/* linked */
	const struct principal *principal;
	const struct role *role;
	int64_t expires; /* seconds since 1970; INT64_MAX: never */
};

/* HMAC and none are not here: a public key must never be taken for a secret. */
enum oidc_algorithm {
	OIDC_RS256,
	OIDC_ES256,
	OIDC_ES384
};
struct oidc_issuer {
	char *kind, *name;
	char *issuer;        /* exact iss */
	char *audience;      /* exact aud */
	char *jwks_url;      /* one of these two */
	char *jwks;          /* RFC 7517 JSON: a site without a way out */
	char *jwks_file;     /* read when the document is applied; NULL ever after */
	uint32_t algorithms; /* 1 << enum oidc_algorithm: the only ones accepted */
	char *person_claim;  /* names the person behind a run; NULL: none */
	int64_t max_age;     /* seconds since iat */
	int64_t clock_skew;  /* seconds */
};

struct oidc_claim {
	char *claim;
	char *value; /* the whole value; a '*' at the end, after '/' or ':', stands for any rest */
};
struct oidc_rule { /* whose claims all match is the principal */
	char *kind, *name;
	char *issuer_name, *principal_name;
	struct map_list claims; /* struct oidc_claim */
	/* linked */
	const struct oidc_issuer *issuer;
	const struct principal *principal;
};

struct approval_policy {
	char *kind, *name;
	struct str_list act_names;
	struct str_list products; /* empty: whatever the product */
	int64_t approvals;        /* how many persons */
	char *role_name;          /* that they hold, in the act's scope */
	int64_t expires;          /* seconds that a request waits for them */
	/* linked */
	const struct role *role;
	uint64_t acts; /* bit 1 << enum act_kind */
};
_Static_assert(ACT_KIND_COUNT <= 64, "a set of kinds of acts is a uint64_t");

struct witness {
	char *name, *vkey, *url;
};
struct witness_policy {
	char *kind, *name;         /* the name is "log": there is one */
	int64_t quorum;            /* how many witnesses must have cosigned; 0: none need to */
	struct map_list witnesses; /* struct witness */
};

/* Ended by a row without name. */
extern const struct field role_fields[], principal_fields[], binding_fields[], oidc_issuer_fields[],
    oidc_rule_fields[], approval_policy_fields[], log_policy_fields[];

struct access_document_kind {
	const char *name; /* "oidc-rule" */
	const struct field *fields;
	size_t size;
};
extern const struct access_document_kind access_document_kinds[ACCESS_KINDS];
/* The name that a document of this kind has. */
const char *access_document_name(enum access_kind kind, const void *document);

#endif
