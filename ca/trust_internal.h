/* ca/trust_internal.h: what the files of ca/trust share; for ca/ alone. */
#ifndef SIGNET_CA_TRUST_INTERNAL_H
#define SIGNET_CA_TRUST_INTERNAL_H

#include "ca/certificate.h"
#include "ca/trust.h"

/*
 * trust_identity.c: read one field of the device certificate as the anchor says and normalise it.
 * `what` names it in messages: "product", "serial number". Reason idevid.identity.
 */
struct status identity_read(const struct certificate_view *leaf, const struct identity_field *field,
    const char *what, char ret_text[static IDENTITY_TEXT_MAX + 1], struct err *err);

/* Apply the steps (1 << enum normalise_step) to a text, in place: it never grows. */
void identity_normalise(uint32_t steps, char *text);

/* Who revokes: SHA-256 over the issuer's Name DER and SPKI DER. */
struct digest issuer_digest(struct span name, struct span spki);

#endif
