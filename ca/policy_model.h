/*
 * ca/policy_model.h: what policy is made of: authorities, profiles, trust anchors, products,
 * labels.
 *
 * Objects of one snapshot (ca/policy.h), linked with each other, never changed once it is built.
 * What a document may say is the field table of its kind (ca/policy_fields.c): YAML files, stored
 * JSON and docs/policy.md all come from those tables.
 */
#ifndef SIGNET_CA_POLICY_MODEL_H
#define SIGNET_CA_POLICY_MODEL_H

#include <regex.h>
#include <openssl/x509.h>

#include "ca/authority.h"

/* ---- trust anchor: someone else's CA that we accept IDevIDs from ---- */
enum trust_leniency {
	LENIENT_EXPIRED,
	LENIENT_MISSING_AKI,
	LENIENT_MISSING_KEY_USAGE
};
enum crl_rule {
	CRL_WHEN_HELD,
	CRL_REQUIRED
}; /* required: no current list, no enrollment */
enum normalise_step {
	NORMALISE_TRIM,
	NORMALISE_UPPER,
	NORMALISE_LOWER,
	NORMALISE_STRIP_ZEROS,
	NORMALISE_STRIP_SEPARATORS
}; /* in this order; separators are ':' '-' ' ' '.' */

struct identity_field { /* which field gives it, and how it is read */
	char *from;     /* "subject.CN" "subject.serialNumber" "subject.OU" "san.hwSerialNum"
			   "san.hwType", or dotted OID after "subject." */
	char *match; /* POSIX ERE, anchored by us at both ends; first group, or all, is the value;
			NULL: whole field */
	char *value; /* a constant instead of `from` (one product per anchor) */
	uint32_t normalise; /* 1 << enum normalise_step */
	regex_t *compiled;  /* NULL where match is NULL; of "^(" match ")$": [1] is all, [2] the
			     * first group,  there where re_nsub is 2 or more */
};

struct trust_anchor {
	int64_t id;
	char *name;
	char *manufacturer;
	char *certificate_pem;
	struct identity_field product, serial;
	uint32_t leniencies;     /* 1 << enum trust_leniency; 0: strict */
	int crl;                 /* enum crl_rule */
	struct span certificate; /* DER */
	struct span subject, ski, spki;
	X509 *x509;
	EVP_PKEY *key;
	int64_t not_before, not_after;
};

struct product {
	int64_t id;
	char *name; /* key of the document, such as "acme-x100" */
	char *manufacturer, *model;
	char *mud_url;
	char *vendor_domain; /* "acme.example": vendor id of its manifests (RFC 9562 UUIDv5) */
};

/* ---- label: an EST path segment with its enrollment policy ---- */
enum registration {
	REGISTRATION_REQUIRED,
	REGISTRATION_OPEN,
	REGISTRATION_APPROVAL
};
enum pop_rule {
	POP_REQUIRED,
	POP_OPTIONAL,
	POP_OFF
}; /* off: challengePassword is not looked at */
enum csrattrs_style {
	CSRATTRS_BOTH,
	CSRATTRS_CLASSIC,
	CSRATTRS_TEMPLATE,
	CSRATTRS_NONE
};

enum renew_early {
	RENEW_EARLY_ALLOW,
	RENEW_EARLY_REFUSE
};
/* What becomes of a certificate once the one that renewed it is used. */
enum superseded_rule {
	SUPERSEDED_LEAVE,
	SUPERSEDED_REVOKE
};

#define LABEL_LIMIT_SECONDS 86400
struct label {
	int64_t id;
	char *name;
	bool unlabelled; /* also serves paths without a label; at most one label has it */
	char *profile_name;
	struct profile *profile;
	struct str_list anchor_names;
	struct trust_anchor **anchors;
	size_t anchor_count;
	struct str_list product_names; /* empty: every product of the anchors' manufacturers */
	struct product **products;
	size_t product_count;
	int registration;         /* enum registration */
	int pop;                  /* enum pop_rule */
	int csrattrs;             /* enum csrattrs_style */
	bool idevid_at_reenroll;  /* an IDevID may use simplereenroll (strongSwan always goes there)
				   */
	int64_t retry_after;      /* seconds, for approval */
	int64_t approval_expires; /* seconds after which a pending enrollment is dropped */
	int64_t
	    resend; /* seconds in which the same device and key get the same certificate again */
	/* ca/renewal.h; times in seconds */
	int64_t renew_before; /* before notAfter: from when on clients should renew */
	int renew_early;      /* enum renew_early: sooner than that */
	int64_t renew_grace;  /* after notAfter: until when an LDevID may still renew itself */
	int64_t renew_spread; /* percent of the time for renewing over which hints are spread */
	int64_t overdue;      /* before notAfter: who has not renewed raises an alarm; 0: a quarter
				 of renew_before */
	int superseded;       /* enum superseded_rule */
	int64_t device_limit; /* certificates for one device in LABEL_LIMIT_SECONDS */
	struct span csrattrs_base64; /* encoded once; n = 0: none (204) */
	struct span csrattrs_no_pop_base64;
};

DEFINE_AUTO_PTR(X509, X509_free)

#endif
