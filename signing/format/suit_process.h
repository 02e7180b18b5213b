/*
 * signing/format/suit_process.h: run the command sequences of a verified manifest. No heap, no
 * library; sequences nest at most SUIT_NESTING_MAX deep.
 *
 *   suit_run_start(&run, &suit.m, &device);
 *   suit_run(&run, SUIT_INSTALL);     fetches, writes, copies by device.act
 *   suit_run(&run, SUIT_VALIDATE);    compares images by device.act
 *   suit_run(&run, SUIT_INVOKE);
 *
 * Each runs the shared sequence first, with all parameters unset. What is not supported is refused
 * when it is run, by SUIT_UNSUPPORTED, as extensions' elements are.
 */
#ifndef SIGNET_FORMAT_SUIT_PROCESS_H
#define SIGNET_FORMAT_SUIT_PROCESS_H

#include "signing/format/suit.h"

#define SUIT_NESTING_MAX 3  /* a sequence in a try-each in a sequence */
#define SUIT_REPORT_MAX  15 /* record and system information, on success and failure */

enum suit_command {
	SUIT_CONDITION_VENDOR = 1,
	SUIT_CONDITION_CLASS = 2,
	SUIT_CONDITION_IMAGE = 3,
	SUIT_CONDITION_SLOT = 5,
	SUIT_CONDITION_CONTENT = 6,
	SUIT_SET_COMPONENT = 12,
	SUIT_CONDITION_ABORT = 14,
	SUIT_TRY_EACH = 15,
	SUIT_WRITE = 18,
	SUIT_OVERRIDE = 20,
	SUIT_FETCH = 21,
	SUIT_COPY = 22,
	SUIT_RUN_INVOKE = 23,
	SUIT_CONDITION_DEVICE = 24,
	SUIT_SWAP = 31,
	SUIT_RUN_SEQUENCE = 32,
};

struct suit_number {
	uint64_t value;
	bool set;
};

/* A component's parameters as they stand; p NULL: not set. Borrowed from the envelope. */
struct suit_component {
	struct span vendor, class, device; /* 16 octets each */
	struct suit_digest image;
	struct span uri, content, invoke_args;
	struct suit_number size, slot;
	struct suit_number source; /* another component's index; within bounds when it is used */
};

/*
 * What the device does and is. `act` is asked for SUIT_CONDITION_IMAGE (is the image of that digest
 * and size there? else SUIT_IMAGE), SUIT_CONDITION_SLOT (else SUIT_SLOT), SUIT_CONDITION_CONTENT
 * (compare in constant time), SUIT_WRITE, SUIT_FETCH, SUIT_COPY, SUIT_RUN_INVOKE, SUIT_SWAP; what
 * parameters the command needs is there, SUIT_FETCH and SUIT_WRITE come with an image digest or not
 * (look at image.bytes.p). REFUSAL_NONE: done, or it matches. SUIT_UNSUPPORTED: not done here.
 */
struct suit_device {
	struct span vendor, class, device; /* 16 octets each; p NULL: has none */
	enum refusal (*act)(void *context, enum suit_command command, size_t component,
	    const struct suit_component *parameters);
	void *context;
};

struct suit_run {
	const struct suit_manifest *manifest;
	const struct suit_device *device;
	uint32_t selected; /* bit i: component i */
	struct suit_component components[SUIT_COMPONENTS_MAX];
};

/* Manifest and device must outlive the run. SUIT_UNSUPPORTED: it has an extension's element. */
MUST_USE enum refusal suit_run_start(
    struct suit_run *run, const struct suit_manifest *manifest, const struct suit_device *device);
/*
 * The shared sequence alone: run->components then say what the manifest is about. Checks vendor and
 * class. Any device that would be changed is not: nothing that acts may stand there.
 */
MUST_USE enum refusal suit_run_shared(struct suit_run *run);
/*
 * Of what the shared sequence has set: has the first component both vendor and class, and are those
 * of all components the device's? Whether a manifest also states the conditions is its author's
 * affair; this does not rely on it. SUIT_PARAMETER, SUIT_VENDOR, SUIT_CLASS.
 */
MUST_USE enum refusal suit_run_is_for(const struct suit_run *run);
/* The shared and this one; an element that is not there does nothing. SUIT_SEVERED: it is away. */
MUST_USE enum refusal suit_run(struct suit_run *run, enum suit_element element);

#endif
