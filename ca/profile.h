/*
 * ca/profile.h: profiles, compiled: checked, and in DER as far as no device is needed for it.
 *
 * profile_compile() (ca/issue.h) makes a struct profile_compiled; issue_certificate() and
 * csrattrs_encode() read it. It lives in the snapshot's arena, as the profile does.
 */
#ifndef SIGNET_CA_PROFILE_H
#define SIGNET_CA_PROFILE_H

#include "ca/name.h"
#include "ca/template.h"

#define PROFILE_KEYS_MAX 16
#define PROFILE_SANS_MAX 16 /* parts of a profile; {dns} and {ip} give several names each */
#define PROFILE_OIDS_MAX 16 /* extended key usages, policies */

struct compiled_rdn {
	const char *member; /* for messages: "subject CN" */
	struct name_type type;
	struct template value;
	struct span constant; /* the RDN's DER where value names no variable; else n = 0 */
};

enum san_type {
	SAN_DNS,
	SAN_URI,
	SAN_IP,
	SAN_EMAIL,
	SAN_HARDWARE_MODULE,
	SAN_REGISTERED_ID
};

struct compiled_san {
	const char *member; /* for messages: "san dns" */
	enum san_type type;
	struct template value;
	struct span hw_type;  /* OID content octets */
	struct span constant; /* as above: a GeneralName's DER */
};

struct profile_compiled {
	const struct authority *authority; /* whose names, identifiers and URLs are in the DER
					      below; NULL: checked only, cannot issue */
	const struct key_algorithm *keys[PROFILE_KEYS_MAX]; /* allowed */
	size_t key_count;
	struct compiled_rdn *subject;
	size_t subject_count;
	struct compiled_san *san;
	size_t san_count;
	bool san_constant;      /* every part is: the extension is in `extensions` */
	struct span algorithm;  /* the authority's signature AlgorithmIdentifier */
	struct span extensions; /* every extension that is the same for all devices */
};

/* Is this key algorithm one of the profile's? */
bool profile_allows(const struct profile_compiled *compiled, const struct key_algorithm *a);

/* Append a constant or rendered part. False: `why`. profile_name.c; shared by compiling and
 * issuing. */
MUST_USE bool profile_put_rdn(const struct compiled_rdn *rdn, const struct issue_subject *subject,
    struct buf *out, char *why, size_t size);
/* A part of {dns} or {ip} alone gives one GeneralName for each name or address of the subject. */
MUST_USE bool profile_put_san(const struct compiled_san *san, const struct issue_subject *subject,
    struct buf *out, char *why, size_t size);
/* For parts that name no variable. */
extern const struct issue_subject profile_nobody;
/* Compile subject and SAN of a profile into `compiled`. ERR_CONFIG. */
struct status profile_compile_names(const struct profile *profile, uint32_t variables,
    struct profile_compiled *compiled, struct arena *arena, struct err *err);

/*
 * The profile of Signet's own TLS certificates: CN is the first name, SAN all DNS names and
 * addresses of struct issue_subject; digitalSignature; serverAuth and id-kp-cmcRA (RFC 7030 3.6.1);
 * 30 days. Issued under `authority`, which must outlive it. In the arena.
 */
struct status profile_server(struct authority *authority, struct arena *arena,
    struct profile **ret_profile, struct err *err);

/*
 * The profile of an operator's client certificate: CN is the principal's name, no SAN;
 * digitalSignature, clientAuth; 90 days. Otherwise as above. ERR_CONFIG: the name is longer than a
 * CN can be.
 */
struct status profile_operator(struct authority *authority, const char *principal,
    struct arena *arena, struct profile **ret_profile, struct err *err);

/*
 * The profile of a key that signs releases: no SAN; digitalSignature, codeSigning (RFC 5280
 * 4.2.1.12). subject: Name DER; n 0: the authority's own with `name` for its CN. ERR_CONFIG: an
 * attribute or its length is none that we write.
 */
struct status profile_signing(struct authority *authority, const char *name, struct span subject,
    const struct key_algorithm *key, int64_t validity, struct arena *arena,
    struct profile **ret_profile, struct err *err);

/*
 * The profile of a delegated OCSP responder (RFC 6960 4.2.2.2, RFC 9919 3.2): CN is `name`, no SAN;
 * digitalSignature, OCSPSigning, no-check; nothing that says where its own status is; 14 days. A
 * retired authority issues it, too.
 */
struct status profile_ocsp(struct authority *authority, const char *name,
    const struct key_algorithm *key, struct arena *arena, struct profile **ret_profile,
    struct err *err);

/* Dotted OID of an EKU name such as "clientAuth"; NULL: not in the table. */
const char *extended_key_usage_oid(const char *name);

#endif
