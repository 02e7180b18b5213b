/*
 * ca/lint.h: rules over a certificate about to be signed. A table: name, source, check.
 *
 * A finding is our fault, never the requester's: nothing is signed, an alarm is recorded.
 */
#ifndef SIGNET_CA_LINT_H
#define SIGNET_CA_LINT_H

#include "base/der.h"
#include "ca/policy.h"

/* The parts of a TBSCertificate, found by one strict pass. */
struct tbs {
	struct span whole, serial, signature, issuer, validity, subject, spki;
	int64_t not_before, not_after;
	struct tbs_extension {
		struct span oid, value; /* value: contents of the extnValue OCTET STRING */
		bool critical;
	} extensions[24];
	size_t extension_count;
};
struct status tbs_parse(struct span der, struct tbs *ret_tbs, struct err *err);

struct lint {
	const char *name;   /* "serial_number_not_positive" where zlint has one, else ours */
	const char *source; /* "RFC 5280 4.1.2.2" */
	/* False: finding; `why` gets a short text. */
	bool (*check)(const struct tbs *tbs, const struct authority *issuer, bool is_ca, char *why,
	    size_t size);
};
extern const struct lint lints[]; /* ended by name NULL */

/* Run them all. ERR_INTERNAL naming the first lint that found something. issuer NULL: self-signed. */
struct status lint_certificate(struct span tbs_der, const struct authority *issuer, bool is_ca,
    struct err *err);

#endif
