/*
 * ca/issue.h: from a profile, an identity and a public key to a signed certificate. RFC 5280
 * section 4.
 *
 * Names come from the authenticated identity by the profile's templates, never from the CSR.
 * Nothing is stored here: the caller commits before anybody sees ret_der.
 */
#ifndef SIGNET_CA_ISSUE_H
#define SIGNET_CA_ISSUE_H

#include "base/clock.h"
#include "base/encode.h"
#include "ca/policy.h"

#define SERIAL_SIZE 16 /* random octets, top bits 01: positive, never shorter */

struct issue_subject {            /* what templates may name */
	const char *manufacturer; /* {manufacturer} */
	const char *product;      /* {product}: the model */
	const char *serial;       /* {serial}: the device's, not the certificate's */
	const char *mud_url;      /* NULL: none */
	/* Servers only (profile_server): the first name is {dns}; NULL and 0 for devices. */
	const char *dns;
	struct span ip; /* 4 or 16 octets; n = 0: none */
	const char *const *more_dns;
	size_t more_dns_count;
	const struct span *more_ip;
	size_t more_ip_count;
};

struct issued {
	uint8_t serial[SERIAL_SIZE];
	int64_t not_before, not_after;
	struct digest key_digest; /* SHA-256 of SPKI DER */
	int32_t shard;            /* whose revocation list speaks of it: ca/crl_scope.h */
	const struct key_algorithm *algorithm; /* of its key */
	struct buf subject;                    /* Name DER */
	struct buf der;                        /* the certificate */
};

/*
 * Build, lint, sign. ERR_DENIED csr.key-algorithm: profile does not allow this key.
 * ERR_INTERNAL lint.*: a lint failed: nothing was signed; the caller records an alarm.
 * ERR_KEY: the authority's key is not here or refused. ERR_INTERNAL issuer expired.
 */
struct status issue_certificate(const struct profile *profile, const struct issue_subject *subject,
    struct span spki, const struct key_algorithm *algorithm, int64_t now, const struct rng *rng,
    struct issued *ret_issued, struct err *err);
void issued_free(struct issued *i);
static inline void issued_auto(struct issued *i)
{
	issued_free(i);
}
/* Append PEM: the leaf, its issuer and what stands above (authority_put_chain()); the root is what
 * clients have already. */
void issued_put_chain(
    const struct authority *issuer, struct span leaf, int64_t now, struct buf *out);

/*
 * Checked when a snapshot is built or applied: templates, attributes, OIDs, lengths. The result
 * (DER prepared as far as can be) lives in the arena. Sets profile->compiled. ERR_CONFIG.
 */
struct status profile_compile(struct profile *profile, struct arena *arena, struct err *err);

#endif
