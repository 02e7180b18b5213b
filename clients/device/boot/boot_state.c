/*
 * clients/device/boot/boot_state.c: the state, in two records written in turn.
 *
 * All numbers big-endian:
 *     0  magic "SGNTBOOT"
 *     8  generation, counter, trust version, recall number, sequences of the confirmed image and of
 *        the trial (8 each)
 *    56  SHA-256 of trust statement and recall list, manifest digests of the same two images
 *   184  slots of the same two images, phase, tries (1 each)
 *   188  zeros
 *   224  SHA-256 of all before
 * A record stands where its generation says: even ones in record 0, odd ones in record 1. So the
 * next one always goes over the older of the two, or over one that is not whole.
 */
#include "clients/device/boot/boot_internal.h"

enum {
	AT_MAGIC = 0,
	AT_GENERATION = 8, /* last octet: 15 */
	AT_NUMBERS = AT_GENERATION,
	AT_DIGESTS = AT_NUMBERS + 6 * 8,
	AT_SMALL = AT_DIGESTS + 4 * BOOT_DIGEST_SIZE,
	AT_DIGEST = BOOT_STATE_SIZE - BOOT_DIGEST_SIZE,
};

static const uint8_t magic[8] = {'S', 'G', 'N', 'T', 'B', 'O', 'O', 'T'};

bool boot_sha256(
    const struct boot_crypto *crypto, struct span octets, uint8_t ret_digest[BOOT_DIGEST_SIZE])
{
	uint8_t digest[CRYPTO_DIGEST_MAX];
	size_t n = 0;

	if (!crypto->hash_start(crypto->context, COSE_SHA256) ||
	    !crypto->hash_more(crypto->context, octets.p, octets.n) ||
	    !crypto->hash_end(crypto->context, digest, &n) || n != BOOT_DIGEST_SIZE)
		return false;
	memcpy(ret_digest, digest, BOOT_DIGEST_SIZE);
	return true;
}

static void number(uint8_t *at, uint64_t *value, bool store)
{
	uint64_t rest = *value;

	for (unsigned i = 8; i--; at++) {
		if (store)
			*at = (uint8_t)(rest >> 56);
		rest = rest << 8 | *at;
	}
	*value = rest;
}

/* Both ways, so that they cannot differ: into the record, or out of it. */
static void transfer(uint8_t record[BOOT_STATE_SIZE], struct boot_state *s, bool store)
{
	uint64_t *const numbers[] = {&s->generation, &s->counter, &s->trust.number,
	    &s->recall.number, &s->confirmed.sequence, &s->trial.sequence};
	uint8_t *const digests[] = {
	    s->trust.digest, s->recall.digest, s->confirmed.digest, s->trial.digest};
	uint8_t *const small[] = {&s->confirmed.slot, &s->trial.slot, &s->phase, &s->tries};

	for (unsigned i = 0; i < COUNT(numbers); i++)
		number(record + AT_NUMBERS + 8 * i, numbers[i], store);
	for (unsigned i = 0; i < COUNT(digests); i++) {
		uint8_t *at = record + AT_DIGESTS + BOOT_DIGEST_SIZE * i;

		memcpy(store ? at : digests[i], store ? digests[i] : at, BOOT_DIGEST_SIZE);
	}
	for (unsigned i = 0; i < COUNT(small); i++)
		*(store ? record + AT_SMALL + i : small[i]) =
		    store ? *small[i] : record[AT_SMALL + i];
}

/* false: it is not whole, or not one of ours. */
static bool read_record(const struct boot_device *d, unsigned which, struct boot_state *ret_state)
{
	uint8_t record[BOOT_STATE_SIZE], digest[BOOT_DIGEST_SIZE];

	if (!d->flash->read_state(d->flash->context, which, record) ||
	    memcmp(record, magic, sizeof(magic)) != 0 ||
	    !boot_sha256(d->crypto, span(record, AT_DIGEST), digest) ||
	    memcmp(record + AT_DIGEST, digest, sizeof(digest)) != 0)
		return false;
	transfer(record, ret_state, false);
	return (ret_state->generation & 1) == which;
}

enum refusal signet_boot_read_state(const struct boot_device *d, struct boot_state *ret_state)
{
	struct boot_state odd;
	bool even = read_record(d, 0, ret_state);

	if (!read_record(d, 1, &odd))
		return even ? REFUSAL_NONE : REFUSAL_BOOT_STATE;
	if (!even || odd.generation > ret_state->generation)
		*ret_state = odd;
	return REFUSAL_NONE;
}

enum refusal boot_commit(const struct boot_device *d, struct boot_state *s)
{
	uint8_t record[BOOT_STATE_SIZE];
	struct boot_state written;
	unsigned which;

	s->generation++;
	which = s->generation & 1;
	memset(record, 0, sizeof(record));
	memcpy(record, magic, sizeof(magic));
	transfer(record, s, true);
	if (!boot_sha256(d->crypto, span(record, AT_DIGEST), record + AT_DIGEST) ||
	    !d->flash->write_state(d->flash->context, which, record))
		return REFUSAL_BOOT_WRITE;
	/* Worn flash can fail without a word. */
	return read_record(d, which, &written) && written.generation == s->generation
		   ? REFUSAL_NONE
		   : REFUSAL_BOOT_WRITE;
}

void boot_commit_if_possible(const struct boot_device *d, struct boot_state *s)
{
	if (boot_commit(d, s) != REFUSAL_NONE)
		return;
}

enum refusal boot_commit_raised(const struct boot_device *d, struct boot_state *s)
{
	REFUSE_IF(boot_commit(d, s));
	/* It holds already; should this one fail, the next step writes that record anyway. */
	boot_commit_if_possible(d, s);
	return REFUSAL_NONE;
}
