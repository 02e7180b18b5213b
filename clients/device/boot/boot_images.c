/*
 * clients/device/boot/boot_images.c: what a manifest says of its images, and that they are these.
 *
 * The smallest command processor that starts an image (draft-ietf-suit-manifest: conditions vendor,
 * class and image match; directives set-component-index and override-parameters). It runs the
 * shared and the validate sequence; any other command or parameter there is refused, since whoever
 * wrote it meant something by it. An updater has the whole one, signing/format/suit_process.h.
 */
#include "clients/device/boot/boot_internal.h"

#include "signing/format/suit_process.h"

enum parameter {
	PARAMETER_VENDOR = 1,
	PARAMETER_CLASS = 2,
	PARAMETER_IMAGE = 3,
	PARAMETER_SIZE = 14,
};

struct component {
	struct suit_digest image;
	size_t size;
	unsigned good; /* bit i: parameter i is set; of an id, and it is this device's */
};

struct run {
	const struct boot_device *d;
	const struct suit_manifest *manifest;
	unsigned slot;
	unsigned compared;                                /* bit i: component i of the device */
	struct component components[BOOT_COMPONENTS_MAX]; /* by the manifest's number */
};

static enum refusal compare_image(
    const struct run *run, unsigned component, const struct component *want)
{
	const struct boot_crypto *crypto = run->d->crypto;
	const struct boot_flash *flash = run->d->flash;
	uint8_t octets[BOOT_READ_MAX];
	size_t at, n;

	if (!crypto->hash_start(crypto->context, want->image.algorithm))
		return REFUSAL_SUIT_ALGORITHM;
	for (at = 0; at < want->size; at += n) {
		n = want->size - at < sizeof(octets) ? want->size - at : sizeof(octets);
		if (!flash->read_image(flash->context, run->slot, component, at, octets, n) ||
		    !crypto->hash_more(crypto->context, octets, n))
			return REFUSAL_BOOT_READ;
	}
	/* It has room for any digest. */
	if (!crypto->hash_end(crypto->context, octets, &n) ||
	    !bytes_equal(span(octets, n), want->image.bytes))
		return REFUSAL_SUIT_IMAGE;
	return REFUSAL_NONE;
}

static void set_parameter(
    const struct boot_device *d, struct component *c, unsigned parameter, struct cbor_in *in)
{
	const uint8_t *own = parameter == PARAMETER_CLASS ? d->class_id : d->vendor_id;
	unsigned good = 1;
	uint64_t size;
	struct cbor_in digest;
	struct span id;

	switch (parameter) {
	case PARAMETER_VENDOR:
	case PARAMETER_CLASS:
		cbor_take_exactly(in, CBOR_ID_SIZE, &id);
		good = bytes_equal(id, span(own, CBOR_ID_SIZE));
		break;
	case PARAMETER_IMAGE:
		digest = cbor_in(cbor_in_bytes(in));
		suit_in_digest(&digest, &c->image);
		if (cbor_in_end(&digest) != REFUSAL_NONE)
			cbor_in_refuse(in, digest.refusal);
		break;
	case PARAMETER_SIZE:
		size = cbor_in_uint(in);
		c->size = (size_t)size;
		good = c->size == size;
		break;
	default: cbor_in_refuse(in, REFUSAL_SUIT_UNSUPPORTED); return;
	}
	c->good = (c->good & ~(1U << parameter)) | good << parameter;
}

static enum refusal override(const struct boot_device *d, struct component *c, struct cbor_in *in)
{
	int last = -1;

	for (size_t pairs = cbor_in_map(in, 1, 4); pairs; pairs--)
		set_parameter(d, c, (unsigned)cbor_in_key(in, &last), in);
	return in->refusal;
}

static enum refusal match_ids(const struct component *c, unsigned wanted)
{
	const unsigned wrong = ~c->good & wanted;

	if (wrong & 1U << PARAMETER_VENDOR)
		return REFUSAL_SUIT_VENDOR;
	return wrong & 1U << PARAMETER_CLASS ? REFUSAL_SUIT_CLASS : REFUSAL_NONE;
}

/* Vendor and class are asked for whether the manifest has their conditions or not. */
static enum refusal match_image(struct run *run, size_t number)
{
	const struct boot_device *d = run->d;
	const struct component *c = &run->components[number];
	struct span name = suit_component_name(run->manifest, number);

	REFUSE_IF(match_ids(c, 1U << PARAMETER_VENDOR | 1U << PARAMETER_CLASS));
	if (~c->good & (1U << PARAMETER_IMAGE | 1U << PARAMETER_SIZE))
		return REFUSAL_SUIT_PARAMETER;
	for (unsigned i = 0; i < d->component_count; i++)
		if (bytes_equal(name, d->components[i])) {
			run->compared |= 1U << i;
			return compare_image(run, i, c);
		}
	return REFUSAL_BOOT_COMPONENTS;
}

static enum refusal run_command(
    struct run *run, size_t number, int command, struct cbor_in *argument)
{
	struct component *c = &run->components[number];

	if (command == SUIT_OVERRIDE)
		return override(run->d, c, argument);
	if (command < SUIT_CONDITION_VENDOR || command > SUIT_CONDITION_IMAGE)
		return REFUSAL_SUIT_UNSUPPORTED;
	cbor_in_small(argument, SUIT_REPORT_MAX);
	REFUSE_IF(argument->refusal);
	if (command == SUIT_CONDITION_IMAGE)
		return match_image(run, number);
	/* The conditions of vendor and class have their parameters' numbers. */
	return match_ids(c, 1U << command);
}

/* Commands and their arguments in turn; that they are pairs was seen when the manifest was read. */
static enum refusal run_sequence(struct run *run, struct span commands)
{
	struct cbor_in in = cbor_in(commands);
	/* A single component need not be selected. */
	uint32_t count = (uint32_t)run->manifest->component_count, first = 0, end = count == 1;

	size_t n = commands.n ? cbor_in_array(&in, 2, (size_t)2 * SUIT_COMMANDS_MAX) : 0;

	for (; n; n -= 2) {
		int command = cbor_in_int(&in);
		struct cbor_in argument = cbor_in(cbor_in_item(&in));

		if (command == SUIT_SET_COMPONENT) {
			/* By its number, or true: all of them. */
			bool all = cbor_in_peek(&argument) == CBOR_SIMPLE;

			first = all ? 0 : cbor_in_small(&argument, count - 1);
			end = !all ? first + 1 : cbor_in_bool(&argument) ? count : 0;
			REFUSE_IF(cbor_in_end(&argument));
			if (!end)
				return REFUSAL_SUIT_COMPONENT;
			continue;
		}
		if (first >= end)
			return REFUSAL_SUIT_COMPONENT;
		for (uint32_t i = first; i < end; i++) {
			struct cbor_in each = argument;

			REFUSE_IF(run_command(run, i, command, &each));
		}
	}
	return cbor_in_end(&in);
}

enum refusal boot_check_images(
    const struct boot_device *d, unsigned slot, const struct suit_manifest *manifest)
{
	struct run run = {.d = d, .manifest = manifest, .slot = slot};
	bool away;

	if (manifest->component_count != d->component_count ||
	    manifest->component_count > BOOT_COMPONENTS_MAX)
		return REFUSAL_BOOT_COMPONENTS;
	/* An extension can change what the rest means. */
	if (manifest->extension)
		return REFUSAL_SUIT_UNSUPPORTED;
	REFUSE_IF(run_sequence(&run, manifest->shared));
	REFUSE_IF(run_sequence(&run, suit_manifest_element(manifest, SUIT_VALIDATE, &away)));
	/* Each of ours must have been among what the manifest compared. */
	return run.compared == (1U << d->component_count) - 1 ? REFUSAL_NONE
							      : REFUSAL_BOOT_COMPONENTS;
}
