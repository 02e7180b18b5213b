/*
 * Trust statements. What is read can be written again from what was read, octet for octet: there is
 * one form only. Signatures are by a cryptography that believes those whose last octet is not ff.
 */
#include <stdlib.h>

#include "signing/format/trust_build.h"
#include "tests/fuzz/fuzz_signed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct grants {
	struct trust_build_grant rows[TRUST_GRANTS_MAX];
	struct span kids[TRUST_GRANTS_MAX][TRUST_KEYS_MAX];
	struct span channels[TRUST_GRANTS_MAX][TRUST_CHANNELS_MAX];
};

static void take_all(const struct trust_items *items, struct span *ret_spans)
{
	struct cbor_in in = cbor_in(items->items);
	uint64_t n;

	for (size_t i = 0; i < items->count; i++) {
		enum cbor_major major = cbor_in_head(&in, &n);

		must(in.refusal == REFUSAL_NONE && (major == CBOR_BYTES || major == CBOR_TEXT));
		must(n <= in.rest.n);
		ret_spans[i] = span(in.rest.p, (size_t)n);
		in.rest = span(in.rest.p + n, in.rest.n - (size_t)n);
	}
	must(in.rest.n == 0);
}

static void take_grants(const struct trust *trust, struct grants *g)
{
	struct trust_grant grant;
	size_t i;

	for (i = 0; trust_grant(trust, i, &grant); i++) {
		take_all(&grant.kids, g->kids[i]);
		take_all(&grant.channels, g->channels[i]);
		g->rows[i] = (struct trust_build_grant){.kid_count = grant.kids.count,
		    .channel_count = grant.channels.count,
		    .kids = g->kids[i],
		    .channels = g->channels[i],
		    .signers = grant.signers,
		    .first = grant.first,
		    .last = grant.last,
		    .approvals = grant.approvals,
		    .may_recall = grant.may_recall};
	}
	must(i == trust->grants.count);
}

static void write_again(const struct trust *trust)
{
	struct cose_key keys[TRUST_KEYS_MAX], next[TRUST_KEYS_MAX];
	struct span revoked[TRUST_KEYS_MAX];
	AUTO(arena) arena = {0};
	struct grants *grants = arena_alloc(&arena, sizeof(*grants));
	AUTO(buf) payload = {0};
	struct trust_build build = {.product = trust->product,
	    .version = trust->version,
	    .key_count = trust->keys.count,
	    .grant_count = trust->grants.count,
	    .revoked_count = trust->revoked.count,
	    .next_count = trust->next.count,
	    .keys = keys,
	    .grants = grants->rows,
	    .revoked = revoked,
	    .next_threshold = trust->next_threshold,
	    .next = next,
	    .log_origin = trust->log_origin,
	    .log_key = trust->log_key,
	    .created = trust->created};
	struct err err = {0};

	for (size_t i = 0; i < build.key_count; i++)
		must(trust_key(trust, i, &keys[i]));
	for (size_t i = 0; i < build.next_count; i++)
		must(trust_next_key(trust, i, &next[i]));
	take_all(&trust->revoked, revoked);
	take_grants(trust, grants);
	memcpy(build.vendor_id, trust->vendor_id.p, UUID_SIZE);
	must(trust_build_payload(&build, &payload, &err).ok);
	/* "Until the largest number" is written by leaving it away; it can also be said. */
	if (payload.n == trust->file.payload.n)
		must(span_equal(buf_span(&payload), trust->file.payload));
	else
		must(payload.n < trust->file.payload.n);
}

static void judge(const struct trust *trust)
{
	struct cose_signers signers = {.count = 0};
	struct cose_key key;
	struct trust_question q = {.channel = SPAN_LITERAL("stable"), .signers = &signers};

	for (size_t i = 0; i < COSE_SIGNATURES_MAX && trust_key(trust, i, &key); i++)
		signers.kids[signers.count++] = key.kid;
	for (int purpose = TRUST_INSTALL; purpose <= TRUST_RECALL; purpose++) {
		q.purpose = (enum trust_purpose)purpose;
		(void)!trust_judge(trust, &q);
	}
	signers.count = 0;
	must(trust_judge(trust, &q) != REFUSAL_NONE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct trust trust;

	if (trust_read(span(data, size), &trust) != REFUSAL_NONE)
		return 0;
	must(trust.version > 0 && trust.next_threshold > 0);
	judge(&trust);
	(void)!trust_accept(&fuzz_credulous, NULL, &trust);
	must(trust_accept(&fuzz_credulous, &trust, &trust) == REFUSAL_TRUST_OLD);
	write_again(&trust);
	must(trust_read(span(data, size - 1), &trust) != REFUSAL_NONE);
	return 0;
}
