/* ca/csr.h: read a PKCS#10 request (RFC 2986), strictly, without OpenSSL's decoders. */
#ifndef SIGNET_CA_CSR_H
#define SIGNET_CA_CSR_H

#include "base/algorithm.h"
#include "base/der.h"
#include "base/encode.h"

#define CSR_DER_MAX 16384 /* ML-DSA-87: 2592 key + 4627 signature, and names to spare */

struct csr {
	struct span der;     /* all of it; every span below points into it */
	struct span info;    /* CertificationRequestInfo, what is signed */
	struct span subject; /* Name, whole DER */
	struct span spki;    /* whole DER */
	struct span san; /* extnValue contents (GeneralNames DER) of a requested SAN; n = 0: none */
	struct span
	    challenge_password; /* string contents; n = 0 with p set: empty; p NULL: absent */
	struct span change_subject_name; /* RFC 6402 value, whole DER; n = 0: absent */
	const struct key_algorithm *key_algorithm;
	const struct signature_algorithm *signature_algorithm;
	struct digest key_digest; /* SHA-256 of spki */
};

/*
 * Parse; the signature is checked too (proof of possession). Reasons csr.*: size, malformed,
 * attribute, key, algorithm, signature. Bytes behind the structure are refused. `der` must outlive
 * ret_csr.
 */
struct status csr_parse(struct span der, struct csr *ret_csr, struct err *err);
/* The same of PEM, or of base64; `der` holds what ret_csr points into. ERR_INPUT body.base64, too.
 */
struct status csr_parse_text(
    const char *text, struct buf *der, struct csr *ret_csr, struct err *err);

#endif
