/*
 * ca/extension.h: write certificate extensions and put a certificate together. RFC 5280 section 4.
 *
 * Criticality and encodings are fixed here, in one place. URLs, OIDs and names are checked by
 * whoever compiled them (ca/profile.c, ca/ceremony.c); the lints look at the result again.
 */
#ifndef SIGNET_CA_EXTENSION_H
#define SIGNET_CA_EXTENSION_H

#include "hsm/hsm.h"

#include "base/der.h"

/* Content octets of the object identifiers. */
#define OID_SUBJECT_KEY_ID       SPAN_LITERAL("\x55\x1d\x0e")
#define OID_KEY_USAGE            SPAN_LITERAL("\x55\x1d\x0f")
#define OID_SUBJECT_ALT_NAME     SPAN_LITERAL("\x55\x1d\x11")
#define OID_CRL_NUMBER           SPAN_LITERAL("\x55\x1d\x14")
#define OID_CRL_REASON           SPAN_LITERAL("\x55\x1d\x15")
#define OID_INVALIDITY_DATE      SPAN_LITERAL("\x55\x1d\x18")
#define OID_DELTA_CRL            SPAN_LITERAL("\x55\x1d\x1b")
#define OID_ISSUING_POINT        SPAN_LITERAL("\x55\x1d\x1c")
#define OID_FRESHEST_CRL         SPAN_LITERAL("\x55\x1d\x2e")
#define OID_BASIC_CONSTRAINTS    SPAN_LITERAL("\x55\x1d\x13")
#define OID_NAME_CONSTRAINTS     SPAN_LITERAL("\x55\x1d\x1e")
#define OID_CRL_DISTRIBUTION     SPAN_LITERAL("\x55\x1d\x1f")
#define OID_CERTIFICATE_POLICIES SPAN_LITERAL("\x55\x1d\x20")
#define OID_AUTHORITY_KEY_ID     SPAN_LITERAL("\x55\x1d\x23")
#define OID_EXTENDED_KEY_USAGE   SPAN_LITERAL("\x55\x1d\x25")
#define OID_AUTHORITY_INFO       SPAN_LITERAL("\x2b\x06\x01\x05\x05\x07\x01\x01")
#define OID_MUD_URL              SPAN_LITERAL("\x2b\x06\x01\x05\x05\x07\x01\x19")
#define OID_ACCESS_OCSP          SPAN_LITERAL("\x2b\x06\x01\x05\x05\x07\x30\x01")
#define OID_OCSP_NO_CHECK        SPAN_LITERAL("\x2b\x06\x01\x05\x05\x07\x30\x01\x05")
#define OID_ACCESS_ISSUER        SPAN_LITERAL("\x2b\x06\x01\x05\x05\x07\x30\x02")

#define EKU_TIME_STAMPING "1.3.6.1.5.5.7.3.8"

#define KEY_ID_SIZE 20

/* One Extension; `value` is what the OCTET STRING holds. */
void extension_put(struct buf *out, struct span oid, bool critical, struct span value);

void extension_put_authority_key_id(struct buf *out, struct span key_id);
void extension_put_subject_key_id(struct buf *out, const uint8_t key_id[static KEY_ID_SIZE]);
void extension_put_key_usage(struct buf *out, uint32_t bits); /* 1 << enum key_usage_bit */
void extension_put_basic_constraints(struct buf *out, bool ca, int path_length); /* -1: none */
/* EKU or certificatePolicies from dotted OIDs that were checked. timeStamping alone is critical. */
void extension_put_extended_key_usage(struct buf *out, const char *const *oids, size_t count);
void extension_put_policies(struct buf *out, const char *const *oids, size_t count);
void extension_put_crl_distribution(struct buf *out, const char *url);
void extension_put_freshest_crl(struct buf *out, const char *url);
/* Either may be NULL, not both. */
void extension_put_authority_info(struct buf *out, const char *ocsp_url, const char *issuer_url);
/* RFC 6960 4.2.2.2.1: its value is NULL. */
void extension_put_ocsp_no_check(struct buf *out);
void extension_put_mud_url(struct buf *out, const char *url);

/*
 * RFC 7093 section 2 method 1: the leftmost 160 bits of SHA-256 over the subjectPublicKey bits.
 * False when spki is not a SubjectPublicKeyInfo.
 */
MUST_USE bool key_id_of_spki(struct span spki, uint8_t ret_key_id[static KEY_ID_SIZE]);

/* Key usages that a key of this kind may have (1 << enum key_usage_bit): RFC 3279 2.3.1, 5480 3,
 * 8410 5, 9881 5. */
uint32_t key_usage_allowed(const struct key_algorithm *a);

struct tbs_parts {
	struct span serial;    /* big-endian, positive */
	struct span algorithm; /* the issuer's signature AlgorithmIdentifier, whole DER */
	struct span issuer;    /* Name, whole DER */
	int64_t not_before, not_after;
	struct span subject;    /* Name, whole DER */
	struct span spki;       /* whole DER */
	struct span extensions; /* Extension items, one behind the other; n = 0: none */
	struct span more;       /* further ones, put behind them */
};

/* TBSCertificate version 3, appended. */
void tbs_write(const struct tbs_parts *parts, struct buf *out);

/* Sign and append the Certificate. ERR_KEY: the key refused; `out` is then as it was. */
struct status certificate_sign(
    struct span tbs, struct hsm_key *key, struct buf *out, struct err *err);

#endif
