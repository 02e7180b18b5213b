/*
 * ca/policy.h: policy as it is in force: an immutable snapshot of what the database holds.
 *
 * A snapshot is built whole (ca/policy_load.c), checked whole, and swapped in; a
 * request holds one reference from its start to its end and is judged by it alone.
 * What a document may say is the field table of its kind (ca/policy_fields.c):
 * YAML files, stored JSON and docs/policy.md all come from those tables.
 */
#ifndef SIGNET_CA_POLICY_H
#define SIGNET_CA_POLICY_H

#include <regex.h>
#include <openssl/x509.h>

#include "base/algorithm.h"
#include "base/clock.h"
#include "base/doc.h"
#include "hsm/hsm.h"

struct db;
struct log;

/* ---- authority: a CA key with its certificate ---- */
struct authority {
	int64_t id;
	char *name;
	char *key_uri;            /* NULL for a root: its key is never loaded by the server */
	char *crl_url, *ocsp_url, *issuer_url; /* written into certificates; NULL: left out */
	struct span certificate;  /* DER */
	struct span subject;      /* Name, whole DER: copied into issued certificates byte for byte */
	struct span ski;          /* key identifier, copied into AKI, never recomputed */
	struct span spki;
	int64_t not_before, not_after;
	struct hsm_key *key;      /* NULL: not on this node (a root, or a key that would not open) */
	char key_problem[160];    /* why key is NULL though it has a URI */
	struct authority *parent; /* NULL for a root, or where the parent is not held here */
	struct span *chain;       /* issuer certificates above it, DER, nearest first, root last */
	size_t chain_count;
	struct span cacerts_base64; /* RFC 7030 4.1.3 body, encoded once: itself and its chain */
};

/* ---- profile: what an issued certificate looks like ---- */
enum key_usage_bit { /* RFC 5280 4.2.1.3, bit numbers */
	KU_DIGITAL_SIGNATURE, KU_NON_REPUDIATION, KU_KEY_ENCIPHERMENT, KU_DATA_ENCIPHERMENT,
	KU_KEY_AGREEMENT, KU_KEY_CERT_SIGN, KU_CRL_SIGN, KU_ENCIPHER_ONLY, KU_DECIPHER_ONLY
};

struct subject_part {   /* one RDN with one attribute */
	char *attribute;    /* "CN" "O" "OU" "C" "serialNumber" ... or dotted OID */
	char *value;        /* template: {serial} {product} {manufacturer} {device} and text; {{ is a { */
};
struct san_part {
	char *type;         /* "dns" "uri" "ip" "email" "hardware-module-name" "registered-id" */
	char *value;        /* template; for hardware-module-name the hwSerialNum */
	char *hw_type;      /* hardware-module-name: OID */
};

struct profile {
	int64_t id;
	char *name;
	char *authority_name;
	struct authority *authority;
	struct str_list key_algorithms;  /* names of base/algorithm.h */
	int64_t validity;                /* seconds; cut at the issuer's own end */
	int64_t backdate;                /* seconds that notBefore lies in the past, for clocks that lag */
	bool no_expiry;                  /* 99991231235959Z instead of validity (IDevID) */
	struct map_list subject;         /* struct subject_part */
	struct map_list san;             /* struct san_part */
	uint32_t key_usage;              /* 1 << enum key_usage_bit */
	struct str_list extended_key_usage; /* names ("clientAuth") or OIDs */
	struct str_list certificate_policies; /* OIDs */
	bool subject_key_id;             /* 802.1AR advises none on leaves */
	bool crl_distribution, authority_info; /* CDP and AIA from the authority's URLs, where it has them */
	bool mud_url;                    /* the product's, where it has one (RFC 8520 11) */
	/* compiled by ca/profile.c when the snapshot is built; opaque elsewhere */
	struct profile_compiled *compiled;
};

/* ---- trust anchor: someone else's CA that we accept IDevIDs from ---- */
enum trust_leniency { LENIENT_EXPIRED, LENIENT_MISSING_AKI, LENIENT_MISSING_KEY_USAGE };
enum crl_rule { CRL_WHEN_HELD, CRL_REQUIRED }; /* required: no current list, no enrollment */
enum normalise_step { NORMALISE_TRIM, NORMALISE_UPPER, NORMALISE_LOWER, NORMALISE_STRIP_ZEROS,
	NORMALISE_STRIP_SEPARATORS }; /* in this order; separators are ':' '-' ' ' '.' */

struct identity_field { /* which field gives it, and how it is read */
	char *from;     /* "subject.CN" "subject.serialNumber" "subject.OU" "san.hwSerialNum" "san.hwType", or dotted OID after "subject." */
	char *match;    /* POSIX ERE, anchored by us at both ends; first group, or all, is the value; NULL: whole field */
	char *value;    /* a constant instead of `from` (one product per anchor) */
	uint32_t normalise; /* 1 << enum normalise_step */
	regex_t *compiled;  /* NULL where match is NULL; of "^(" match ")$": [1] is all, [2] the first group,
			     * there where re_nsub is 2 or more */
};

struct trust_anchor {
	int64_t id;
	char *name;
	char *manufacturer;
	char *certificate_pem;
	struct identity_field product, serial;
	uint32_t leniencies;             /* 1 << enum trust_leniency; 0: strict */
	int crl;                         /* enum crl_rule */
	struct span certificate;         /* DER */
	struct span subject, ski, spki;
	X509 *x509;
	EVP_PKEY *key;
	int64_t not_before, not_after;
};

struct product {
	int64_t id;
	char *name;          /* key of the document, such as "acme-x100" */
	char *manufacturer, *model;
	char *mud_url;
};

/* ---- label: an EST path segment with its enrollment policy ---- */
enum registration { REGISTRATION_REQUIRED, REGISTRATION_OPEN, REGISTRATION_APPROVAL };
enum pop_rule { POP_REQUIRED, POP_OPTIONAL, POP_OFF }; /* off: challengePassword is not looked at */
enum csrattrs_style { CSRATTRS_BOTH, CSRATTRS_CLASSIC, CSRATTRS_TEMPLATE, CSRATTRS_NONE };

struct label {
	int64_t id;
	char *name;
	bool unlabelled;             /* also serves paths without a label; at most one label has it */
	char *profile_name;
	struct profile *profile;
	struct str_list anchor_names;
	struct trust_anchor **anchors;
	size_t anchor_count;
	struct str_list product_names;   /* empty: every product of the anchors' manufacturers */
	struct product **products;
	size_t product_count;
	int registration;            /* enum registration */
	int pop;                     /* enum pop_rule */
	int csrattrs;                /* enum csrattrs_style */
	bool idevid_at_reenroll;     /* an IDevID may use simplereenroll (strongSwan always goes there) */
	int64_t retry_after;         /* seconds, for approval */
	int64_t approval_expires;    /* seconds after which a pending enrollment is dropped */
	int64_t resend;              /* seconds in which the same device and key get the same certificate again */
	int64_t renew_before;        /* seconds before notAfter from which clients should renew; advice to clients */
	struct span csrattrs_base64; /* encoded once; n = 0: none (204) */
	struct span csrattrs_no_pop_base64;
};

struct policy {
	int64_t version;             /* the database's policy version that it was built from */
	int64_t built_at;
	struct authority *authorities;
	size_t authority_count;
	struct profile *profiles;
	size_t profile_count;
	struct trust_anchor *anchors;
	size_t anchor_count;
	struct product *products;
	size_t product_count;
	struct label *labels;
	size_t label_count;
	struct arena arena;
	/* the rest is policy.c's */
	int references; /* atomic */
};

/* Lookups; NULL: none. Few rows: linear. */
struct authority *policy_authority(const struct policy *p, const char *name);
struct profile *policy_profile(const struct policy *p, const char *name);
struct trust_anchor *policy_anchor(const struct policy *p, const char *name);
struct product *policy_product(const struct policy *p, const char *manufacturer, const char *model);
/* segment NULL or "": the unlabelled one. */
struct label *policy_label(const struct policy *p, const char *segment);
/* The authority with this SKI (AKI of a certificate that one of ours may have issued). */
struct authority *policy_authority_by_ski(const struct policy *p, struct span ski);

/*
 * Build a snapshot from the database and open the authorities' keys. A key that
 * will not open does not fail the snapshot: the authority has key NULL and says why.
 * ERR_DATABASE, ERR_CONFIG (inconsistent policy: cannot be, since apply checks).
 */
struct status policy_load(struct db *db, struct hsm *hsm, struct policy **ret_policy, struct err *err);
void policy_release(struct policy *p); /* NULL allowed; the last one frees */

/* The one place that says which snapshot is current. Thread-safe. */
struct policy_holder;
struct policy_holder *policy_holder_new(void);
void policy_holder_free(struct policy_holder *h);
struct policy *policy_current(struct policy_holder *h);       /* a reference to release; NULL before the first */
void policy_swap(struct policy_holder *h, struct policy *next); /* takes next over */

/*
 * signetd bootstrap: apply the documents of a file, all or nothing, in one transaction.
 * ERR_CONFIG with "file:line: ..."; nothing is then changed. Same documents again: changes nothing.
 * `who` is for the log entries. Relative files in documents are read beside the file.
 */
struct policy_change {
	const char *kind, *name;     /* in the arena given */
	enum policy_effect { POLICY_UNCHANGED, POLICY_CREATED, POLICY_CHANGED } what;
};
struct status policy_apply(struct db *db, const char *file_name, struct span text, const char *who,
    bool dry_run, const struct clock *clock, struct arena *arena, struct policy_change **ret_changes,
    size_t *ret_count, struct err *err);

DEFINE_AUTO_PTR(X509, X509_free)

DEFINE_AUTO_REF(policy, policy_release)

#endif
