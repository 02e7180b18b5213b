/*
 * signing/format/bundle.h: all that proves a release, in one file.
 *
 *   bundle = 55799({0: "signet-bundle", 1: 1, 2: bstr envelope, 3: [* bstr certificate, signer
 *                   first], 4: bstr entry, 5: bstr salt, 6: bstr record, 7: tstr tlog-proof})
 *
 * The envelope is bound by its signatures, the chain and the approvals by the record, the record by
 * the entry's commitment, the entry by proof and checkpoint. Reading needs no heap and no library;
 * checking all of it (bundle_verify.h) is for hosts.
 */
#ifndef SIGNET_FORMAT_BUNDLE_H
#define SIGNET_FORMAT_BUNDLE_H

#include "signing/format/cbor_read.h"

#define BUNDLE_SIZE_MAX         ((size_t)256 << 10)
#define BUNDLE_CERTIFICATES_MAX 8
#define BUNDLE_SALT_SIZE        32 /* ENTRY_SALT_SIZE */

struct release_bundle {
	struct span envelope;
	size_t certificate_count;
	struct span certificates[BUNDLE_CERTIFICATES_MAX]; /* DER, signer first */
	struct span entry;                                 /* entry.h */
	struct span salt;                                  /* BUNDLE_SALT_SIZE octets */
	struct span record;                                /* release_record.h */
	struct span proof;                                 /* log_proof.h */
};

/* Structure alone; borrows from `file`. */
MUST_USE enum refusal release_bundle_read(struct span file, struct release_bundle *ret_bundle);
/* Append. */
void release_bundle_put(const struct release_bundle *bundle, struct buf *out);

#endif
