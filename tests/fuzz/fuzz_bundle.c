/*
 * Bundles and the records in them. What is read can be written again, octet for octet. First octet:
 * 0, a record alone; else a bundle, which is also verified against a statement without keys.
 */
#include "signing/format/bundle_verify.h"
#include "tests/fuzz/fuzz_signed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_record(struct span in)
{
	struct release_record record;
	AUTO(buf) again = {0};

	if (release_record_read(in, &record) != REFUSAL_NONE)
		return;
	(void)!release_record_judge(&record);
	release_record_put(&record, &again);
	must(span_equal(buf_span(&again), in));
}

static void try_bundle(struct span in)
{
	struct release_bundle bundle;
	AUTO(buf) again = {0};

	if (release_bundle_read(in, &bundle) != REFUSAL_NONE)
		return;
	try_record(bundle.record);
	release_bundle_put(&bundle, &again);
	must(span_equal(buf_span(&again), in));
	must(release_bundle_read(span(in.p, in.n - 1), &bundle) != REFUSAL_NONE);
}

/* With no keys at all, so that it ends at the envelope; all before it is read for good. */
static void verify(struct span in)
{
	static const uint8_t vendor[16];
	struct trust trust = {.product = SPAN_LITERAL("X100"), .vendor_id = SPAN_OF(vendor)};
	struct bundle_check check = {.trust = &trust, .channel = SPAN_LITERAL("stable")};
	struct bundle_seen seen;
	enum refusal refusal;
	struct err err = {0};

	must(!release_bundle_verify(&check, in, &seen, &refusal, &err).ok);
	must(refusal != REFUSAL_NONE && err.message[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in;

	if (size == 0)
		return 0;
	in = span(data + 1, size - 1);
	if (data[0] == 0) {
		try_record(in);
		return 0;
	}
	try_bundle(in);
	verify(in);
	return 0;
}
