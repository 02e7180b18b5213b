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
};

static void in_number(struct cbor_in *in, void *object, const struct cbor_field *field)
{
	struct recall *recall = object;

	cbor_field_uint(in, object, field);
	if (recall->number == 0)
		cbor_in_refuse(in, REFUSAL_CBOR_TYPE);
}

static void in_sequences(struct cbor_in *in, void *object, const struct cbor_field *field)
{
	struct trust_items *sequences = cbor_place(object, field);
	const uint8_t *start;
	uint64_t last = 0;

	sequences->count = cbor_in_array(in, 0, RECALL_SEQUENCES_MAX);
	start = in->rest.p;
	for (size_t i = 0; i < sequences->count; i++) {
		uint64_t sequence = cbor_in_uint(in);

		if (i > 0 && sequence <= last)
			cbor_in_refuse(
			    in, sequence == last ? REFUSAL_CBOR_DUPLICATE : REFUSAL_CBOR_ORDER);
		last = sequence;
	}
	sequences->items = span(start, (size_t)(in->rest.p - start));
}

static void in_successor(struct cbor_in *in, void *object, const struct cbor_field *field)
{
	struct recall *recall = object;

	recall->has_successor = !cbor_in_null(in);
	if (!recall->has_successor)
		return;
	cbor_field_uint(in, object, field);
	if (recall_has(recall, recall->successor))
		cbor_in_refuse(in, REFUSAL_RECALL_SUCCESSOR);
}

static void in_successor_version(struct cbor_in *in, void *object, const struct cbor_field *field)
{
	if (!cbor_in_null(in))
		cbor_field_name(in, object, field);
}

#define AT(member) offsetof(struct recall, member)
static const struct cbor_field recall_fields[] = {
    {cbor_field_version, 0, RECALL_FORMAT_VERSION, true},
    {cbor_field_name, AT(product), RECALL_PRODUCT, true},
    {cbor_field_name, AT(channel), RECALL_CHANNEL, true},
    {in_number, AT(number), RECALL_NUMBER, true},
    {in_sequences, AT(sequences), RECALL_SEQUENCES, true},
    {in_successor, AT(successor), RECALL_SUCCESSOR, true},
    {in_successor_version, AT(successor_version), RECALL_SUCCESSOR_VERSION, true},
    {cbor_field_uint, AT(created), RECALL_CREATED, true},
    {cbor_field_id, AT(class_id), RECALL_CLASS, true},
};
#undef AT
CBOR_SHAPE(recall_shape, recall_fields, CBOR_KEY);

enum refusal recall_read(struct span file, struct recall *ret_recall)
{
	memset(ret_recall, 0, sizeof(*ret_recall));
	if (file.n > RECALL_SIZE_MAX)
		return REFUSAL_RECALL_SIZE;
	REFUSE_IF(signed_file_read(file, RECALL_AAD, REFUSAL_RECALL_FORMAT, &ret_recall->file));
	return cbor_read_fields(ret_recall->file.payload, &recall_shape, ret_recall);
}

enum refusal recall_verify(const struct boot_crypto *crypto, const struct trust *trust,
    struct span channel, struct span class_id, uint64_t least, const struct recall *recall)
{
	struct cose_signers signers;
	struct trust_question question = {.purpose = TRUST_RECALL,
	    .channel = channel,
	    .signers = &signers,
	    .approvals = TRUST_APPROVALS_UNSEEN};

	REFUSE_IF(signed_file_verify(crypto, &recall->file, &trust->keys, &signers));
	REFUSE_IF(trust_judge(trust, &question));
	if (!bytes_equal(recall->product, trust->product) ||
	    !bytes_equal(recall->channel, channel) ||
	    (class_id.p && !bytes_equal(recall->class_id, class_id)))
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
