/* Recall lists. What is read can be written again from what was read, octet for octet. */
#include "signing/format/trust_build.h"
#include "tests/fuzz/fuzz_signed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_again(const struct recall *recall)
{
	uint64_t sequences[RECALL_SEQUENCES_MAX];
	struct cbor_in in = cbor_in(recall->sequences.items);
	AUTO(buf) payload = {0};
	struct recall_build build = {.product = recall->product,
	    .channel = recall->channel,
	    .number = recall->number,
	    .sequence_count = recall->sequences.count,
	    .sequences = sequences,
	    .has_successor = recall->has_successor,
	    .successor = recall->successor,
	    .successor_version = recall->successor_version,
	    .created = recall->created};
	struct err err = {0};

	for (size_t i = 0; i < build.sequence_count; i++) {
		sequences[i] = cbor_in_uint(&in);
		must(recall_has(recall, sequences[i]));
		must(!recall->has_successor || recall->successor != sequences[i]);
	}
	must(cbor_in_end(&in) == REFUSAL_NONE);
	memcpy(build.class_id, recall->class_id.p, UUID_SIZE);
	must(recall_build_payload(&build, &payload, &err).ok);
	must(span_equal(buf_span(&payload), recall->file.payload));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cose_signers signers;
	struct recall recall;
	const struct trust_items none = {SPAN_NONE, 0};

	if (recall_read(span(data, size), &recall) != REFUSAL_NONE)
		return 0;
	must(recall.number > 0);
	if (signed_file_verify(&fuzz_credulous, &recall.file, &none, &signers) == REFUSAL_NONE)
		must(signers.count == 0);
	write_again(&recall);
	must(recall_read(span(data, size - 1), &recall) != REFUSAL_NONE);
	return 0;
}
