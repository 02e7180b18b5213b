/*
 * tests/unit/ca/trust_scene.h: a manufacturer's certificates, right or wrong in one respect, made
 * with OpenSSL's API; and a policy that trusts some of them.
 */
#ifndef SIGNET_TESTS_TRUST_SCENE_H
#define SIGNET_TESTS_TRUST_SCENE_H

#include <openssl/x509.h>

#include "ca/trust.h"

#define NOW        INT64_C(1800000000)
#define YEAR       INT64_C(31536000)
#define MADE_PAIRS 10

struct made {
	EVP_PKEY *key;
	X509 *certificate;
	struct span der; /* lives as the process: tests are short */
};

struct plan {
	const char *algorithm;                      /* NULL: EC-P256 */
	EVP_PKEY *key;                              /* instead of a new one */
	const char *subject[2 * MADE_PAIRS + 1];    /* attribute, value, ..., NULL */
	const char *extensions[2 * MADE_PAIRS + 1]; /* name or OID, OpenSSL's text, ..., NULL */
	int64_t not_before, not_after;              /* 0: NOW - YEAR, TIME_NO_EXPIRY */
	bool version_1, sha1, broken;               /* broken: the signature's last octet changed */
	const char *issuer_name;                    /* a CN, instead of the issuer's own name */
};

/* issuer NULL: self-signed. Nothing is freed before the process ends. */
struct made make(const struct made *issuer, const struct plan *plan);

/* An authority right in all respects; parent NULL: self-signed. */
struct made make_authority(const char *common_name, const struct made *parent);
/* An IDevID right in all respects: OU=X100, serialNumber=SN-0042, clientless, no expiry, no SKI. */
struct made make_idevid(const struct made *issuer);

#define AUTHORITY_EXTENSIONS                                                                \
	"basicConstraints", "critical,CA:TRUE", "keyUsage", "critical,keyCertSign,cRLSign", \
	    "subjectKeyIdentifier", "hash"
#define BELOW          "authorityKeyIdentifier", "keyid:always"
#define IDEVID_SUBJECT "O", "Acme", "OU", "X100", "serialNumber", "SN-0042"
#define IDEVID_USAGE   "keyUsage", "critical,digitalSignature"

/* ---- policy: label "test" with up to four anchors; products X100 and the like of Acme ---- */
struct scene {
	struct policy policy;
	struct label label;
	struct trust_anchor anchors[4];
	struct trust_anchor *pointers[4];
	struct product products[2];
	struct identity identity;
	struct err err;
};
/* Product from subject.OU, serial number from subject.serialNumber; strict. */
void scene_init(struct scene *s);
struct trust_anchor *scene_trust(struct scene *s, const struct made *anchor);
/* Patterns as policy compiles them. */
void scene_match(struct identity_field *field, const char *from, const char *match);

/* Judge leaf with the chain given (NULL-terminated, may be NULL). */
bool scene_judge(struct scene *s, const struct made *leaf, const struct made *const *chain);

#endif
