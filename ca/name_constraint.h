/* ca/name_constraint.h: name constraints of authorities (RFC 5280 4.2.1.10), read and compared. */
#ifndef SIGNET_CA_NAME_CONSTRAINT_H
#define SIGNET_CA_NAME_CONSTRAINT_H

#include "base/span.h"

/* Contents of the lists of subtrees; n = 0: none. */
struct name_constraints {
	struct span permitted, excluded;
};

/* Of a certificate (DER). False: it has none. ret_value: the extension's whole value. */
bool name_constraints_of(
    struct span certificate, struct name_constraints *ret_constraints, struct span *ret_value);
/* May a name of this kind (GENERAL_DNS; GENERAL_DIRECTORY with the Name's whole DER) be issued? */
bool name_constraints_allow(const struct name_constraints *c, uint8_t tag, struct span name);

#endif
