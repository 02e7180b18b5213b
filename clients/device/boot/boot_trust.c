/* clients/device/boot/boot_trust.c: trust statement and recall list: taken up once, pinned then. */
#include "clients/device/boot/boot_internal.h"

#include "signing/format/recall.h"

enum {
	TRUST_KEYS = 4,
	TRUST_GRANTS = 5,
	TRUST_REVOKED = 6,
	RECALL_SEQUENCES = 4
};

static bool read_place(const struct boot_device *d, enum boot_file file, unsigned place,
    struct span *ret_octets, uint8_t ret_digest[BOOT_DIGEST_SIZE])
{
	return place < BOOT_PLACES && d->flash->file(d->flash->context, file, place, ret_octets) &&
	       boot_sha256(d->crypto, *ret_octets, ret_digest);
}

unsigned boot_pinned(const struct boot_device *d, enum boot_file file, const struct boot_pin *pin,
    struct span *ret_octets)
{
	uint8_t digest[BOOT_DIGEST_SIZE];
	unsigned place = 0;

	while (place < BOOT_PLACES && (!read_place(d, file, place, ret_octets, digest) ||
					  memcmp(digest, pin->digest, sizeof(digest)) != 0))
		place++;
	return place;
}

/* ---- what the boot loader reads of them ------------------------------------------------------ */

static void skip(struct cbor_in *in, size_t items)
{
	while (items--)
		cbor_in_item(in);
}

/*
 * A pinned file was read with care when it was taken up, and is the same to the octet: now a member
 * of its payload is only found.
 */
static struct trust_items find(struct span file, unsigned key)
{
	struct cbor_in in = cbor_in(file);
	const uint8_t *start;
	size_t count;

	/* Name with its key, key of the payload. */
	cbor_in_tag(&in, CBOR_TAG_SELF);
	cbor_in_map(&in, 3, 3);
	skip(&in, 3);
	in = cbor_in(cbor_in_bytes(&in));
	cbor_in_map(&in, 1, 16);
	skip(&in, 2 * key + 1);
	count = cbor_in_array(&in, 0, RECALL_SEQUENCES_MAX);
	start = in.rest.p;
	skip(&in, count);
	return (struct trust_items){span(start, (size_t)(in.rest.p - start)), count};
}

enum refusal boot_find_trust(
    const struct boot_device *d, const struct boot_state *state, struct trust *ret_trust)
{
	struct span file;

	if (boot_pinned(d, BOOT_FILE_TRUST, &state->trust, &file) == BOOT_PLACES)
		return REFUSAL_BOOT_TRUST_LOST;
	ret_trust->keys = find(file, TRUST_KEYS);
	ret_trust->grants = find(file, TRUST_GRANTS);
	ret_trust->revoked = find(file, TRUST_REVOKED);
	return REFUSAL_NONE;
}

enum refusal boot_find_recalled(
    const struct boot_device *d, const struct boot_state *state, uint64_t sequence)
{
	struct recall recall;
	struct span file;

	if (state->recall.number == 0)
		return REFUSAL_NONE;
	if (boot_pinned(d, BOOT_FILE_RECALL, &state->recall, &file) == BOOT_PLACES)
		return REFUSAL_BOOT_RECALL_LOST;
	recall.sequences = find(file, RECALL_SEQUENCES);
	return recall_has(&recall, sequence) ? REFUSAL_RECALL_RECALLED : REFUSAL_NONE;
}

/* ---- taking up ------------------------------------------------------------------------------- */

/* Quorums of the one in force and of its own; product and vendor. In force NULL: there is none. */
static enum refusal accept(
    const struct boot_device *d, const struct trust *in_force, const struct trust *statement)
{
	REFUSE_IF(trust_accept(d->crypto, in_force, statement));
	return bytes_equal(statement->product, d->product) &&
		       bytes_equal(statement->vendor_id, SPAN_OF(d->vendor_id))
		   ? REFUSAL_NONE
		   : REFUSAL_TRUST_PRODUCT;
}

enum refusal signet_boot_provision(
    const struct boot_device *d, const uint8_t trust_digest[BOOT_DIGEST_SIZE], uint64_t counter)
{
	struct boot_state state;
	struct trust first;
	struct span file;

	if (signet_boot_read_state(d, &state) == REFUSAL_NONE)
		return REFUSAL_BOOT_PROVISIONED;
	state = (struct boot_state){
	    .counter = counter, .confirmed.slot = BOOT_NO_SLOT, .trial.slot = BOOT_NO_SLOT};
	if (!read_place(d, BOOT_FILE_TRUST, 0, &file, state.trust.digest))
		return REFUSAL_BOOT_READ;
	if (memcmp(state.trust.digest, trust_digest, BOOT_DIGEST_SIZE) != 0)
		return REFUSAL_BOOT_PIN;
	REFUSE_IF(trust_read(file, &first));
	REFUSE_IF(accept(d, NULL, &first));
	state.trust.number = first.version;
	return boot_commit_raised(d, &state);
}

/* The statement in force. */
static enum refusal read_in_force(
    const struct boot_device *d, const struct boot_state *state, struct trust *ret_trust)
{
	struct span file;

	if (boot_pinned(d, BOOT_FILE_TRUST, &state->trust, &file) == BOOT_PLACES)
		return REFUSAL_BOOT_TRUST_LOST;
	return trust_read(file, ret_trust);
}

enum refusal signet_boot_take_trust(const struct boot_device *d, unsigned place)
{
	struct boot_state state;
	struct boot_pin pin;
	struct trust in_force, statement;
	struct span file;

	REFUSE_IF(signet_boot_read_state(d, &state));
	if (!read_place(d, BOOT_FILE_TRUST, place, &file, pin.digest))
		return REFUSAL_BOOT_READ;
	if (memcmp(pin.digest, state.trust.digest, BOOT_DIGEST_SIZE) == 0)
		return REFUSAL_NONE;
	REFUSE_IF(trust_read(file, &statement));
	REFUSE_IF(read_in_force(d, &state, &in_force));
	REFUSE_IF(accept(d, &in_force, &statement));
	pin.number = statement.version;
	state.trust = pin;
	return boot_commit_raised(d, &state);
}

enum refusal signet_boot_take_recall(const struct boot_device *d, unsigned place)
{
	struct boot_state state;
	struct boot_pin pin;
	struct trust in_force;
	struct recall recall;
	struct span file;

	REFUSE_IF(signet_boot_read_state(d, &state));
	if (!read_place(d, BOOT_FILE_RECALL, place, &file, pin.digest))
		return REFUSAL_BOOT_READ;
	if (state.recall.number && memcmp(pin.digest, state.recall.digest, BOOT_DIGEST_SIZE) == 0)
		return REFUSAL_NONE;
	REFUSE_IF(recall_read(file, &recall));
	REFUSE_IF(read_in_force(d, &state, &in_force));
	/* One number, one list. */
	if (recall.number <= state.recall.number)
		return REFUSAL_RECALL_OLD;
	REFUSE_IF(
	    recall_verify(d->crypto, &in_force, d->channel, SPAN_OF(d->class_id), 0, &recall));
	pin.number = recall.number;
	state.recall = pin;
	return boot_commit_raised(d, &state);
}

enum refusal signet_boot_spare_place(
    const struct boot_device *d, enum boot_file file, unsigned *ret_place)
{
	struct boot_state state;
	struct span octets;

	REFUSE_IF(signet_boot_read_state(d, &state));
	/* Without one in force any place will do. */
	*ret_place = boot_pinned(d, file, file == BOOT_FILE_RECALL ? &state.recall : &state.trust,
			 &octets) == 0;
	return REFUSAL_NONE;
}
