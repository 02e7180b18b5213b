/*
 * signing/format/recall.h: the list of a channel's releases that devices must leave. No heap, no
 * library.
 *
 *   recall  = 55799({0: "signet-recall", 1: bstr payload, 2: [1* bstr COSE_Sign1]})
 *   payload = {0: 1, 1: product, 2: channel, 3: number, 4: [* sequence, ascending],
 *              5: successor's sequence / null, 6: successor's version / null, 7: created,
 *              8: class id}
 *
 * Signed with external_aad "signet-recall" by keys with a grant that may recall for the channel.
 */
#ifndef SIGNET_FORMAT_RECALL_H
#define SIGNET_FORMAT_RECALL_H

#include "signing/format/trust.h"

#define RECALL_SIZE_MAX      ((size_t)48 << 10)
#define RECALL_SEQUENCES_MAX 1000
#define RECALL_AAD           SPAN_LITERAL("signet-recall")

struct recall {
	struct signed_file file;
	struct span product, channel;
	uint64_t number; /* 1 and up, rises with every list of the channel */
	struct trust_items sequences;
	bool has_successor;
	uint64_t successor;
	struct span successor_version; /* p NULL: none */
	uint64_t created;              /* seconds since 1970 */
	struct span class_id;          /* 16 octets */
};

/* Structure alone; borrows from `file`. */
MUST_USE enum refusal recall_read(struct span file, struct recall *ret_recall);
/*
 * Is it signed as the statement demands, and for this channel of the statement's product?
 * class_id: SPAN_NONE where it is not known. least: the number of the list in force, 0: none; the
 * same number passes. RECALL_OTHER, RECALL_OLD, and those of trust_judge().
 */
MUST_USE enum refusal recall_verify(const struct boot_crypto *crypto, const struct trust *trust,
    struct span channel, struct span class_id, uint64_t least, const struct recall *recall);
bool recall_has(const struct recall *recall, uint64_t sequence);

#endif
