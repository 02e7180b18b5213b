/*
 * ca/authority.h: authorities and profiles: who issues certificates, and what they look like.
 * Parts of a policy snapshot: see ca/policy_model.h.
 */
#ifndef SIGNET_CA_AUTHORITY_H
#define SIGNET_CA_AUTHORITY_H

#include "base/algorithm.h"
#include "base/doc.h"
#include "hsm/hsm.h"

/* ---- authority: a CA key with its certificate ---- */
enum authority_state {
	AUTHORITY_ACTIVE,
	AUTHORITY_RETIRED
};
struct authority {
	int64_t id;
	char *name;
	char *key_uri; /* NULL for a root: its key is never loaded by the server */
	char *crl_url, *ocsp_url, *issuer_url; /* written into certificates; NULL: left out */
	char *delta_url; /* of its delta revocation lists; NULL: none are made */
	/* Of its revocation lists, see ca/crl_scope.h; 0: not said. */
	int64_t crl_shards;
	int64_t crl_validity, crl_every, crl_max_age; /* seconds */
	int64_t ocsp_validity, ocsp_max_age; /* seconds, see ca/ocsp_board.h; 0: not said */
	bool operators;          /* issues operators' client certificates, and none to devices */
	int64_t archive_after;   /* seconds behind its end a certificate is archived; 0: never */
	int state;               /* enum authority_state */
	bool revoked;            /* its certificate is; see authority_is_revoked() */
	struct span certificate; /* DER */
	struct span subject; /* Name, whole DER: copied into issued certificates byte for byte */
	struct span ski;     /* key identifier, copied into AKI, never recomputed */
	struct span spki;
	int64_t not_before, not_after;
	struct hsm_key *key;   /* NULL: not on this node (a root, or a key that would not open) */
	char key_problem[160]; /* why key is NULL though it has a URI */
	struct authority *parent; /* NULL for a root, or where the parent is not held here */
	struct span *chain;       /* issuer certificates above it, DER, nearest first, root last */
	size_t chain_count;
	/* The rest is ca/authority_chain.c's: see there. */
	struct span *links; /* its name and key as others certified them, DER, oldest first */
	size_t link_count;
	struct span first_certificate; /* its row's, where it was certified anew since */
	struct span *first_chain;
	size_t first_chain_count;
	struct span *root_links; /* from the root that `chain` ends at to those before and after */
	size_t root_link_count;
	struct span *offered; /* what cacerts carry; its certificate and chain first */
	size_t offered_count;
	struct span cacerts_base64; /* RFC 7030 4.1.3 body, encoded once */
	int64_t cacerts_until;      /* then something of it has ended */
};

/* Nothing that it issues would be good: it was revoked, or one that it stands below. */
static inline bool authority_is_revoked(const struct authority *a)
{
	for (; a; a = a->parent)
		if (a->revoked)
			return true;
	return false;
}

/* ---- profile: what an issued certificate looks like ---- */
enum key_usage_bit { /* RFC 5280 4.2.1.3, bit numbers */
	KU_DIGITAL_SIGNATURE,
	KU_NON_REPUDIATION,
	KU_KEY_ENCIPHERMENT,
	KU_DATA_ENCIPHERMENT,
	KU_KEY_AGREEMENT,
	KU_KEY_CERT_SIGN,
	KU_CRL_SIGN,
	KU_ENCIPHER_ONLY,
	KU_DECIPHER_ONLY
};

struct subject_part {    /* one RDN with one attribute */
	char *attribute; /* "CN" "O" "OU" "C" "serialNumber" ... or dotted OID */
	char *value; /* template: {serial} {product} {manufacturer} {device} and text; {{ is a { */
};
struct san_part {
	char *type;    /* "dns" "uri" "ip" "email" "hardware-module-name" "registered-id" */
	char *value;   /* template; for hardware-module-name the hwSerialNum */
	char *hw_type; /* hardware-module-name: OID */
};

enum profile_use {
	USE_DEVICE, /* by labels */
	USE_SERVICE /* ca/service_certificate.h */
};
struct profile {
	int64_t id;
	char *name;
	char *authority_name;
	struct authority *authority;
	bool own;                              /* of ours: no document says it (ca/profile.c) */
	int use;                               /* enum profile_use */
	struct str_list permit_dns, permit_ip; /* USE_SERVICE: ca/service_name.h */
	struct str_list key_algorithms;        /* names of base/algorithm.h */
	int64_t validity;                      /* seconds; cut at the issuer's own end */
	int64_t backdate;        /* seconds that notBefore lies in the past, for clocks that lag */
	bool no_expiry;          /* 99991231235959Z instead of validity (IDevID) */
	struct map_list subject; /* struct subject_part */
	struct map_list san;     /* struct san_part */
	uint32_t key_usage;      /* 1 << enum key_usage_bit */
	struct str_list extended_key_usage;   /* names ("clientAuth") or OIDs */
	struct str_list certificate_policies; /* OIDs */
	bool subject_key_id;                  /* 802.1AR advises none on leaves */
	bool crl_distribution,
	    authority_info; /* CDP and AIA from the authority's URLs, where it has them */
	/* An OCSP responder's (ca/ocsp_responder.h): not to be checked itself, and issued by a
	 * retired authority, too. No document says so. */
	bool ocsp_responder;
	bool mud_url; /* the product's, where it has one (RFC 8520 11) */
	/* compiled by ca/profile.c when the snapshot is built; opaque elsewhere */
	struct profile_compiled *compiled;
};

#endif
