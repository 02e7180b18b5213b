/*
 * ca/csrattrs.h: what a label tells its clients to put into a CSR. RFC 7030 4.5, RFC 9908.
 *
 * Classic style (RFC 9908 3.2): challengePassword where binding is required, one key type with its
 * parameters, its signature algorithm, and one extension request with the extensions whose values
 * the profile fixes. Template style (3.4): a CertificationRequestInfoTemplate with subject, key and
 * extensions; what only the device can fill in stands there without a value. Clients that know
 * templates use the template alone. The OID of challengePassword stands outside it in every style:
 * an Attribute has one value at least, and only the client knows this one, so that a template
 * cannot ask for it (3.4 makes values optional in names and extensions, not in attributes). Clients
 * look for it.
 *
 * Names stay the server's decision (ca/issue.h): these are hints that let a client make a CSR
 * which looks like the certificate it will get.
 */
#ifndef SIGNET_CA_CSRATTRS_H
#define SIGNET_CA_CSRATTRS_H

#include "ca/policy.h"

/*
 * Append the CsrAttrs DER for a compiled profile, in label->csrattrs style; for CSRATTRS_NONE
 * nothing, or challengePassword alone where the label requires it. with_pop: list
 * challengePassword. The key named is the profile's first algorithm. ERR_INTERNAL: the profile is
 * not compiled.
 */
struct status csrattrs_encode(const struct label *label, const struct profile *profile,
    bool with_pop, struct buf *out, struct err *err);

#endif
