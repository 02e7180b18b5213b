/*
 * ca/lint.h: rules over a certificate about to be signed. A table: name, source, check.
 *
 * A finding is our fault, never the requester's: nothing is signed, an alarm is recorded. The lints
 * read the bytes and share no writer with those who made them; names are zlint's where it has one.
 */
#ifndef SIGNET_CA_LINT_H
#define SIGNET_CA_LINT_H

#include "base/der.h"
#include "ca/policy.h"

#define TBS_EXTENSIONS_MAX 24
#define TBS_SIZE_MAX       65536 /* RFC 7030 bodies that clients take; ML-DSA-87 needs 8 kB */
#define LINT_BACKDATE_MAX                                                             \
	(7 * 86400)        /* notBefore of a leaf lies at most so far in the past ... \
			    */
#define LINT_FUTURE_MAX 60 /* ... or in the future */

/*
 * The parts of a TBSCertificate, found by one strict pass. ca/certificate.h reads whole
 * certificates of others and refuses what RFC 5280 forbids; this keeps such defects visible, for
 * the lints to name.
 */
struct tbs {
	struct span whole;
	uint64_t version;   /* as encoded: 2 is v3; 0 where it is absent */
	struct span serial; /* INTEGER contents */
	struct span signature, issuer, validity, subject, spki; /* whole DER */
	uint8_t not_before_tag, not_after_tag;
	int64_t not_before, not_after;
	struct tbs_extension {
		struct span oid, value; /* value: contents of the extnValue OCTET STRING */
		bool critical;
		bool critical_encoded; /* the BOOLEAN stands there, whatever it says */
	} extensions[TBS_EXTENSIONS_MAX];
	size_t extension_count;
	bool unique_ids; /* issuerUniqueID or subjectUniqueID is there */
};

/* Structure only; what the parts say is for the lints. ERR_INPUT. Spans point into der. */
struct status tbs_parse(struct span der, struct tbs *ret_tbs, struct err *err);
/* The first with this OID; NULL: none. */
const struct tbs_extension *tbs_extension(const struct tbs *tbs, struct span oid);

struct lint_context {
	const struct authority *issuer; /* NULL: self-signed */
	bool is_ca;
	int64_t now;
};

struct lint {
	const char *name;   /* "serial_number_not_positive" where zlint has one, else ours */
	const char *source; /* "RFC 5280 4.1.2.2" */
	/* False: finding; `why` gets a short text. */
	bool (*check)(
	    const struct tbs *tbs, const struct lint_context *context, char *why, size_t size);
	struct reason reason; /* code "lint.NAME", ERR_INTERNAL */
};
extern const struct lint lints[]; /* ended by name NULL */

/* Run them all. ERR_INTERNAL with the reason of the first lint that found something. */
struct status lint_certificate(
    struct span tbs_der, const struct lint_context *context, struct err *err);

#endif
