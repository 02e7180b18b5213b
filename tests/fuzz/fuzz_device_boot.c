/*
 * A boot loader on flash that anybody may have written: envelope, trust statement, recall list,
 * images, state. Signatures and digests are let through (every digest is zero), so that what stands
 * behind them is reached. An input is
 *
 *   state record (224 octets), then four times a length (2 octets) and so many octets: envelope,
 *   trust statement, recall list, image of either component.
 *
 * Whatever stands there: what is chosen is a slot, a try is used before it is given, and only then.
 */
#include <stdlib.h>
#include <string.h>

#include "clients/device/boot/signet-boot-update.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define RECORD (BOOT_STATE_SIZE - BOOT_DIGEST_SIZE)

struct input {
	struct span envelope, trust, recall, image;
	uint8_t records[BOOT_STATE_RECORDS][BOOT_STATE_SIZE];
	size_t digest_size;
};

static void must(bool holds)
{
	if (!holds)
		abort();
}

static bool hash_start(void *context, int algorithm)
{
	struct input *in = context;

	in->digest_size = algorithm == -44 ? 64 : algorithm == -43 ? 48 : 32;
	return algorithm == -16 || algorithm == -43 || algorithm == -44;
}

static bool hash_more(void *context, const uint8_t *p, size_t n)
{
	(void)context;
	for (size_t i = 0; i < n; i++)
		if (p[i] == 0 && p[n - 1] == 1)
			return true; /* every octet is ours to read */
	return true;
}

static bool hash_end(void *context, uint8_t *ret_digest, size_t *ret_n)
{
	const struct input *in = context;

	memset(ret_digest, 0, in->digest_size);
	*ret_n = in->digest_size;
	return true;
}

static bool has(void *context, int algorithm)
{
	(void)context;
	return algorithm > -48;
}

static bool verify(void *context, int algorithm, struct span key, const struct span *parts,
    size_t count, struct span signature)
{
	for (size_t i = 0; i < count; i++)
		must(hash_more(context, parts[i].p, parts[i].n));
	return hash_more(context, key.p, key.n) && has(context, algorithm) &&
	       signature.p[0] != 0xff;
}

static bool file(void *context, enum boot_file which, unsigned place, struct span *ret)
{
	const struct input *in = context;

	must(place < 2);
	*ret = which == BOOT_FILE_ENVELOPE ? in->envelope
	       : which == BOOT_FILE_TRUST  ? in->trust
					   : in->recall;
	return ret->n != 0;
}

static bool read_image(void *context, unsigned slot, unsigned component, uint64_t offset,
    uint8_t *ret_octets, size_t n)
{
	const struct input *in = context;

	must(slot < BOOT_SLOTS && component < 2 && n > 0 && n <= BOOT_READ_MAX);
	if (offset > in->image.n || n > in->image.n - offset)
		return false;
	memcpy(ret_octets, in->image.p + offset, n);
	return true;
}

static bool read_state(void *context, unsigned which, uint8_t ret_record[BOOT_STATE_SIZE])
{
	const struct input *in = context;

	memcpy(ret_record, in->records[which], BOOT_STATE_SIZE);
	return true;
}

static bool write_state(void *context, unsigned which, const uint8_t record[BOOT_STATE_SIZE])
{
	struct input *in = context;

	memcpy(in->records[which], record, BOOT_STATE_SIZE);
	return true;
}

static struct span take(struct span *in)
{
	struct span part = SPAN_NONE;
	size_t n;

	if (in->n < 2)
		return part;
	n = (size_t)in->p[0] << 8 | in->p[1];
	if (n > in->n - 2)
		n = in->n - 2;
	part = span(in->p + 2, n);
	in->p += 2 + n;
	in->n -= 2 + n;
	return part;
}

static void try_choose(const struct boot_device *d)
{
	struct boot_state before, after;
	struct boot_choice choice;
	enum refusal known = signet_boot_read_state(d, &before);
	enum refusal why = signet_boot_choose(d, &choice);

	must((why == REFUSAL_NONE) == (choice.image.slot < BOOT_SLOTS));
	if (known != REFUSAL_NONE) {
		must(why == REFUSAL_BOOT_STATE);
		return;
	}
	must(signet_boot_read_state(d, &after) == REFUSAL_NONE);
	must(after.counter == before.counter && after.trust.number == before.trust.number);
	if (why == REFUSAL_NONE && choice.kind == BOOT_TRIAL)
		must(after.tries == before.tries - 1 && after.phase == TRIAL_STARTED &&
		     choice.image.sequence >= before.counter);
	else
		must(after.tries <= before.tries);
	if (why == REFUSAL_NONE && !choice.confirmed)
		must(choice.image.sequence >= before.counter);
}

static void try_update(const struct boot_device *d)
{
	struct boot_state before, after;
	struct boot_image image;
	unsigned place;

	if (signet_boot_read_state(d, &before) != REFUSAL_NONE)
		return;
	for (place = 0; place < 2; place++) {
		must(signet_boot_take_trust(d, place) < REFUSAL_COUNT);
		must(signet_boot_take_recall(d, place) < REFUSAL_COUNT);
		if (signet_boot_stage(d, place, BOOT_NO_SLOT, 1, &image) == REFUSAL_NONE)
			must(image.sequence >= before.counter && image.slot == place);
	}
	must(signet_boot_read_state(d, &after) == REFUSAL_NONE);
	must(after.counter == before.counter && after.trust.number >= before.trust.number &&
	     after.recall.number >= before.recall.number);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct span components[] = {
	    {(const uint8_t *)"main", 4}, {(const uint8_t *)"radio", 5}};
	struct input in = {0};
	const struct boot_crypto crypto = {hash_start, hash_more, hash_end, has, verify, &in};
	const struct boot_flash flash = {file, read_image, read_state, write_state, &in};
	struct boot_device d = {.crypto = &crypto,
	    .flash = &flash,
	    .product = SPAN_LITERAL("Acme Pump"),
	    .channel = SPAN_LITERAL("stable"),
	    .components = components};
	struct span rest = span(data, size);

	if (size < RECORD)
		return 0;
	/* One octet of the record that nothing else uses says how many components there are. */
	d.component_count = 1 + (data[RECORD - 1] & 1U);
	memcpy(in.records[data[15] & 1], data, RECORD);
	rest.p += RECORD;
	rest.n -= RECORD;
	in.envelope = take(&rest);
	in.trust = take(&rest);
	in.recall = take(&rest);
	in.image = take(&rest);
	try_choose(&d);
	try_update(&d);
	return 0;
}
