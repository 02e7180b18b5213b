#include "signing/format/recall.h"

enum recall_member {
	RECALL_FORMAT_VERSION,
	RECALL_PRODUCT,
	RECALL_CHANNEL,
	RECALL_NUMBER,
	RECALL_SEQUENCES,
	RECALL_SUCCESSOR,
	RECALL_SUCCESSOR_VERSION,
	RECALL_CREATED,
	RECALL_CLASS,
	RECALL_MEMBERS,
};

#define RECALL_FORMAT_1 1
#define CLASS_ID_SIZE   16

static void in_sequences(struct cbor_in *in, struct recall *recall)
{
	size_t count = cbor_in_array(in, 0, RECALL_SEQUENCES_MAX);
	const uint8_t *start = in->rest.p;
	uint64_t last = 0;

	for (size_t i = 0; i < count && in->refusal == REFUSAL_NONE; i++) {
		uint64_t sequence = cbor_in_uint(in);

		if (i > 0 && sequence <= last)
			cbor_in_refuse(
			    in, sequence == last ? REFUSAL_CBOR_DUPLICATE : REFUSAL_CBOR_ORDER);
		last = sequence;
	}
	recall->sequences = (struct trust_items){span(start, (size_t)(in->rest.p - start)), count};
}

static void in_successor(struct cbor_in *in, struct recall *recall)
{
	cbor_in_this_key(in, RECALL_SUCCESSOR);
	recall->has_successor = !cbor_in_null(in);
	if (recall->has_successor)
		recall->successor = cbor_in_uint(in);
	cbor_in_this_key(in, RECALL_SUCCESSOR_VERSION);
	if (!cbor_in_null(in))
		recall->successor_version = cbor_in_name(in);
	if (in->refusal == REFUSAL_NONE && recall->has_successor &&
	    recall_has(recall, recall->successor))
		cbor_in_refuse(in, REFUSAL_RECALL_SUCCESSOR);
}

static enum refusal read_payload(struct recall *recall)
{
	struct cbor_in in = cbor_in(recall->payload);

	cbor_in_map(&in, RECALL_MEMBERS, RECALL_MEMBERS);
	cbor_in_this_key(&in, RECALL_FORMAT_VERSION);
	if (cbor_in_uint(&in) != RECALL_FORMAT_1)
		cbor_in_refuse(&in, REFUSAL_RECALL_FORMAT);
	cbor_in_this_key(&in, RECALL_PRODUCT);
	recall->product = cbor_in_name(&in);
	cbor_in_this_key(&in, RECALL_CHANNEL);
	recall->channel = cbor_in_name(&in);
	cbor_in_this_key(&in, RECALL_NUMBER);
	recall->number = cbor_in_uint(&in);
	if (recall->number == 0)
		cbor_in_refuse(&in, REFUSAL_RECALL_FORMAT);
	cbor_in_this_key(&in, RECALL_SEQUENCES);
	in_sequences(&in, recall);
	in_successor(&in, recall);
	cbor_in_this_key(&in, RECALL_CREATED);
	recall->created = cbor_in_uint(&in);
	cbor_in_this_key(&in, RECALL_CLASS);
	recall->class_id = cbor_in_bytes_of(&in, CLASS_ID_SIZE);
	return cbor_in_end(&in);
}

enum refusal recall_read(struct span file, struct recall *ret_recall)
{
	memset(ret_recall, 0, sizeof(*ret_recall));
	if (file.n > RECALL_SIZE_MAX)
		return REFUSAL_RECALL_SIZE;
	REFUSE_IF(signed_file_read(file, RECALL_AAD, REFUSAL_RECALL_FORMAT, &ret_recall->payload,
	    &ret_recall->signatures));
	return read_payload(ret_recall);
}

enum refusal recall_verify(const struct boot_crypto *crypto, const struct trust *trust,
    struct span channel, struct span class_id, uint64_t least, const struct recall *recall)
{
	struct cose_keys keys = trust_keys(trust);
	struct cose_signers signers;
	struct trust_question question = {.purpose = TRUST_RECALL,
	    .channel = channel,
	    .signers = &signers,
	    .approvals = TRUST_APPROVALS_UNSEEN};

	REFUSE_IF(cose_verify_all(crypto, &keys, recall->signatures.items, recall->signatures.count,
	    RECALL_AAD, recall->payload, &signers));
	REFUSE_IF(trust_judge(trust, &question));
	if (!cbor_same(recall->product, trust->product) || !cbor_same(recall->channel, channel) ||
	    (class_id.p && !cbor_same(recall->class_id, class_id)))
		return REFUSAL_RECALL_OTHER;
	return recall->number < least ? REFUSAL_RECALL_OLD : REFUSAL_NONE;
}

bool recall_has(const struct recall *recall, uint64_t sequence)
{
	struct cbor_in in = cbor_in(recall->sequences.items);

	for (size_t i = 0; i < recall->sequences.count; i++)
		if (cbor_in_uint(&in) == sequence)
			return in.refusal == REFUSAL_NONE;
	return false;
}
