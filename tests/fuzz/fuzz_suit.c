/*
 * SUIT envelopes. First octet: 0, a manifest alone; 1, an envelope as it is; else an envelope whose
 * digests and signatures hold, by a cryptography that believes everything, so that what stands
 * behind them is reached. What is accepted has one form: neither cut nor lengthened it is accepted
 * again; and every span of it lies within the input.
 */
#include <stdlib.h>

#include "signing/format/crypto_openssl.h"
#include "signing/format/suit_process.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* ---- cryptography that believes everything -------------------------------------------------- */

static bool hash_start(void *context, int algorithm)
{
	size_t *n = context;

	*n = algorithm == COSE_SHA512 ? 64 : algorithm == COSE_SHA384 ? 48 : 32;
	return true;
}

static bool hash_more(void *context, const uint8_t *p, size_t n)
{
	(void)context;
	return n == 0 || p != NULL;
}

/* Zeros, as they stand in the seeds. */
static bool hash_end(void *context, uint8_t *ret_digest, size_t *ret_n)
{
	const size_t *n = context;

	memset(ret_digest, 0, *n);
	*ret_n = *n;
	return true;
}

static bool has(void *context, int algorithm)
{
	(void)context;
	return algorithm != COSE_ML_DSA_87;
}

static bool verify(void *context, int algorithm, struct span key, const struct span *parts,
    size_t count, struct span signature)
{
	(void)context;
	must(algorithm < 0 && key.n == 65 && count == 7 && parts[0].n == 12);
	return signature.n == 64 && signature.p[63] != 0xff;
}

static bool get_key(const void *context, size_t i, struct cose_key *ret_key)
{
	static const uint8_t point[65] = {4};

	(void)context;
	*ret_key = (struct cose_key){SPAN_LITERAL("k"), COSE_ES256, SPAN_OF(point)};
	return i == 0;
}

/* ---- what is accepted ----------------------------------------------------------------------- */

static bool within(struct span part, struct span whole)
{
	return !part.p || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

struct device {
	struct span whole;
	unsigned acts;
};

static enum refusal act(
    void *context, enum suit_command command, size_t component, const struct suit_component *c)
{
	struct device *d = context;

	must(component < SUIT_COMPONENTS_MAX);
	must(within(c->uri, d->whole) && within(c->content, d->whole));
	must(within(c->image.bytes, d->whole) && within(c->invoke_args, d->whole));
	must(command != SUIT_COPY || c->source.value < SUIT_COMPONENTS_MAX);
	return d->acts++ % 5 == 4 ? REFUSAL_SUIT_SLOT : REFUSAL_NONE;
}

static void run(const struct suit_manifest *m, struct span whole)
{
	static const enum suit_element elements[] = {
	    SUIT_PAYLOAD_FETCH, SUIT_INSTALL, SUIT_VALIDATE, SUIT_LOAD, SUIT_INVOKE};
	struct device d = {.whole = whole};
	struct suit_device device = {.act = act, .context = &d};
	struct suit_run r;

	for (size_t i = 0; i <= m->component_count; i++)
		must(within(suit_component_name(m, i), whole));
	if (suit_run_start(&r, m, &device) != REFUSAL_NONE)
		return;
	/* Be whoever it is for. */
	(void)!suit_run_shared(&r);
	device.vendor = r.components[0].vendor;
	device.class = r.components[0].class;
	device.device = r.components[0].device;
	for (size_t i = 0; i < COUNT(elements); i++)
		(void)!suit_run(&r, elements[i]);
	(void)!suit_run_is_for(&r);
}

static void try_manifest(struct span in)
{
	struct suit_manifest m;

	if (suit_manifest_read(in, &m) != REFUSAL_NONE)
		return;
	must(m.component_count >= 1 && m.component_count <= SUIT_COMPONENTS_MAX);
	run(&m, in);
	must(suit_manifest_read(span(in.p, in.n - 1), &m) != REFUSAL_NONE);
}

static void try_envelope(const struct boot_crypto *crypto, struct span in)
{
	const struct cose_keys keys = {get_key, NULL};
	AUTO(buf) longer = {0};
	struct suit suit;

	(void)!suit_verify_untagged(crypto, &keys, in, &suit);
	if (suit_verify(crypto, &keys, in, &suit) != REFUSAL_NONE)
		return;
	must(suit.signers.count >= 1 && within(suit.manifest, in));
	must(suit_read_known(crypto, suit.digest.bytes, in, &suit) == REFUSAL_NONE);
	run(&suit.m, in);
	must(suit_verify(crypto, &keys, span(in.p, in.n - 1), &suit) != REFUSAL_NONE);
	buf_put(&longer, in);
	buf_put_byte(&longer, 0);
	must(suit_verify(crypto, &keys, buf_span(&longer), &suit) != REFUSAL_NONE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(crypto_openssl) state = {0};
	const struct boot_crypto real = crypto_openssl(&state);
	size_t digest = 32;
	const struct boot_crypto credulous = {
	    hash_start, hash_more, hash_end, has, verify, &digest};

	if (size == 0)
		return 0;
	if (data[0] == 0)
		try_manifest(span(data + 1, size - 1));
	else
		try_envelope(data[0] == 1 ? &real : &credulous, span(data + 1, size - 1));
	return 0;
}
