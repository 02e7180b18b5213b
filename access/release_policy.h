/*
 * access/release_policy.h: the policy documents that say what may be released, and which keys sign.
 *
 *	kind: channel
 *	name: x100-stable
 *	product: acme-x100
 *	channel: stable
 *	production: true
 *	keys: [acme-x100-2026]
 *	approvals: [{role: release-manager, count: 2}]
 *	sources: [{issuer: github, repository_id: "123456", ref: refs/heads/main}]
 *
 * A product's release is signed on a channel that has such a document, or not at all. Test keys
 * never sign for a production channel: such a document is refused, and so is the signature.
 */
#ifndef SIGNET_ACCESS_RELEASE_POLICY_H
#define SIGNET_ACCESS_RELEASE_POLICY_H

#include "access/document.h"

#define CHANNEL_KEYS_MAX                                                         \
	4 /* signatures over one digest: two of each kind on the move to another \
	   */
#define CHANNEL_APPROVALS_MAX  4 /* roles that must agree */
#define CHANNEL_SOURCES_MAX    16
#define CHANNEL_WINDOWS_MAX    14
#define SIGNING_KEY_CHAIN_MAX  32768 /* bytes of PEM: four ML-DSA certificates */
#define SIGNING_KEY_PUBLIC_MAX 4096  /* characters of base64: an ML-DSA-87 key */

/* How a signing key signs in COSE (RFC 9053, 9864; ML-DSA: OpenSSL 3.5 and later). */
enum signing_algorithm {
	SIGNING_ES256,
	SIGNING_ESP256,
	SIGNING_ES384,
	SIGNING_ESP384,
	SIGNING_ED25519,
	SIGNING_ML_DSA_44,
	SIGNING_ML_DSA_65,
	SIGNING_ML_DSA_87
};
/* "ES256" "ESP256" ... "ML-DSA-87", ended by NULL */
extern const char *const signing_algorithms[];
/* The key that each needs, in the same order: "EC-P256" ... of base/algorithm.h */
extern const char *const signing_algorithm_keys[];

enum signing_key_state {
	SIGNING_KEY_ACTIVE,
	SIGNING_KEY_RETIRED, /* signs nothing more; what it signed stays good */
	SIGNING_KEY_REVOKED  /* the next trust statement should say so, too */
};

struct signing_key {
	char *kind, *name;
	char *key_uri;    /* hsm/hsm.h */
	char *public_key; /* base64 of its SubjectPublicKeyInfo: the key must be this one */
	int algorithm;    /* enum signing_algorithm */
	bool test;
	struct str_list products; /* names of product documents; empty: every product */
	char *chain;              /* PEM, its own certificate first; NULL: none, so no CMS */
	int state;                /* enum signing_key_state */
};

enum release_format {
	RELEASE_SUIT, /* the bit that each channel has: devices read nothing else */
	RELEASE_JWS,
	RELEASE_CMS
};

struct channel_approvals {
	char *role_name;
	int64_t count; /* how many persons who hold it, none of them the requester */
	/* linked */
	const struct role *role;
};

/* Where a CI run must come from; compared whole with the claims of its token. */
struct channel_source {
	char *issuer_name; /* name of an oidc-issuer document */
	char *repository_id;
	char *ref;         /* "refs/heads/main"; a '*' at the end, after '/', stands for any rest */
	char *workflow;    /* workflow_ref or ci_config_ref_uri without its "@ref"; NULL: any */
	char *environment; /* NULL: any, or none */
	bool any_ref;      /* a ref that its repository does not protect is taken, too */
	/* linked */
	const struct oidc_issuer *issuer;
};

/* When releases may be published, in UTC. */
struct release_window {
	uint32_t days;   /* bit 0: Monday */
	char *from, *to; /* "08:00"; to "24:00" */
	/* linked: minutes of the day, from <= minute < to */
	int from_minute, to_minute;
};

struct channel {
	char *kind, *name;
	char *product_name;
	char *channel; /* "stable": the name that devices and scopes know */
	bool production;
	struct str_list key_names;
	uint32_t formats; /* 1 << enum release_format */
	struct str_list
	    requesters; /* names of principals; empty: whoever holds release.create there */
	struct map_list approvals;    /* struct channel_approvals */
	int64_t expires;              /* seconds that a request waits for them */
	struct map_list sources;      /* struct channel_source; empty: persons may release, too */
	struct map_list windows;      /* struct release_window; empty: always */
	bool sbom;                    /* a release without SBOM digest is refused */
	struct str_list uri_prefixes; /* where components may be; empty: anywhere */
	/* linked */
	const struct signing_key **keys;
	size_t key_count;
};

extern const struct field signing_key_fields[], channel_fields[];

#endif
