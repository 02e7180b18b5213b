/* signing/format/ecdsa.h: ECDSA signatures, DER (as hsm/ and X.509 have them) and raw r || s. */
#ifndef SIGNET_FORMAT_ECDSA_H
#define SIGNET_FORMAT_ECDSA_H

#include "base/err.h"
#include "base/span.h"

/* Octets of r and of s each. */
#define ECDSA_P256_SIZE 32
#define ECDSA_P384_SIZE 48

/* Append r and s, `size` octets each. ERR_INPUT: not ECDSA-Sig-Value, or a number that is larger.
 */
MUST_USE struct status ecdsa_raw_from_der(
    struct span der, size_t size, struct buf *out, struct err *err);
/* Append ECDSA-Sig-Value. `raw` is of an even length. */
void ecdsa_der_from_raw(struct span raw, struct buf *out);

#endif
