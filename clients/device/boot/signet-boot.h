/*
 * clients/device/boot/signet-boot.h: which image may start. A boot loader calls this.
 *
 * libsignet-boot is freestanding C11: no heap, no mutable data, no C library but memcpy, memset
 * and memcmp, a bounded stack. You supply two tables: crypto functions (signing/format/crypto.h)
 * and flash functions (below); and you say what this device is. Nothing is kept between calls:
 * whatever must outlive one stands in the state, which is yours to protect.
 *
 *   slots        two; each holds a SUIT envelope and one image for each component
 *   state        two records of BOOT_STATE_SIZE octets, written in turn
 *   trust        two places for the trust statement (signing/format/trust.h)
 *   recall       two places for the recall list (signing/format/recall.h)
 *
 * The boot loader calls signet_boot_choose() and starts what it names. All that changes the state
 * otherwise is the updater's: signet-boot-update.h, which can run in the application.
 *
 * What starts. Each row holds only if those above did not; "good" means: its manifest is signed by
 * a key that the trust statement grants this channel and sequence, it is for this vendor and class,
 * not recalled, not below the counter, and each component's image has the manifest's digest.
 *
 *   state                                what happens                         starts
 *   no whole record                      nothing is believed                  nothing: boot.state
 *   trial with tries left                one try is taken, durably; then it
 *                                        is verified: good, and the manifest
 *                                        that was staged                      the trial
 *   trial, no tries left or not good     marked failed, durably               (the next row)
 *   confirmed, images as its manifest    a revoked key and a recall do not
 *   digest in the state says             stop it                              the confirmed
 *   confirmed is damaged, or none yet    a slot that is good, or holds the
 *                                        confirmed manifest; the highest
 *                                        sequence of them                     a rescue
 *   otherwise                                                                 nothing: boot.nothing
 *
 * A try that cannot be written down is not started. A rescue changes nothing in the state.
 *
 * The confirmed image and its signer. Its manifest digest stands in the state, so what may start is
 * already fixed to the octet. Its signature is verified nevertheless, by whatever key of it the
 * trust statement still names, revoked or not; if the statement is lost, or names none of them any
 * more, the state alone speaks for it, and the choice says so (unvouched). A statement can thus
 * never stop a device that has no other image.
 *
 * Power may fail at any octet written: a torn record is not whole, and the older one holds.
 *
 * Not reentrant with respect to your crypto table: one hash is under way at a time.
 */
#ifndef SIGNET_DEVICE_BOOT_H
#define SIGNET_DEVICE_BOOT_H

#include "signing/format/crypto.h"
#include "signing/format/refusal.h"

#define BOOT_SLOTS          2
#define BOOT_PLACES         2
#define BOOT_STATE_RECORDS  2
#define BOOT_STATE_SIZE     256
#define BOOT_DIGEST_SIZE    32 /* SHA-256 */
#define BOOT_COMPONENTS_MAX 4
#define BOOT_NO_SLOT        0xff

enum boot_file {
	BOOT_FILE_ENVELOPE, /* one for each slot */
	BOOT_FILE_TRUST,    /* one for each place */
	BOOT_FILE_RECALL,   /* one for each place */
};

/* Yours. false: it cannot be read or written, or is not there. */
struct boot_flash {
	/*
	 * The octets of a file, exactly as many as were stored. Flash that is mapped into memory
	 * gives its address; for other flash read into a buffer of your own, one for each file and
	 * place. They must not change until the function of this library that asked returns.
	 */
	bool (*file)(void *context, enum boot_file file, unsigned place, struct span *ret_octets);
	/* n octets (at most BOOT_READ_MAX) of a component's image in a slot. */
	bool (*read_image)(void *context, unsigned slot, unsigned component, uint64_t offset,
	    uint8_t *ret_octets, size_t n);
	/* A state record, 0 or 1. It need not have been written ever. */
	bool (*read_state)(void *context, unsigned which, uint8_t ret_record[BOOT_STATE_SIZE]);
	/* Durable when it returns. Torn by a power cut, the record may hold anything; the other
	 * record must be untouched: give each an erase block of its own. */
	bool (*write_state)(void *context, unsigned which, const uint8_t record[BOOT_STATE_SIZE]);
	void *context;
};
#define BOOT_READ_MAX 256

/* What this device is; constant, and under the same protection as the boot loader's code. */
struct boot_device {
	const struct boot_crypto *crypto;
	const struct boot_flash *flash;
	struct span product; /* by its name in trust statements and recall lists */
	struct span channel;
	uint8_t vendor_id[16]; /* as the JSON manifest of any release says it */
	uint8_t class_id[16];  /* UUID of vendor, model and channel */
	/* Ids of the components, 1 to BOOT_COMPONENTS_MAX. A manifest must name just these, in any
	 * order; read_image() gets the index in this array. */
	const struct span *components;
	unsigned component_count;
};

/* An image by its manifest. */
struct boot_image {
	uint64_t sequence;
	uint8_t digest[BOOT_DIGEST_SIZE]; /* of the manifest, as in its SUIT_Digest */
	uint8_t slot;                     /* BOOT_NO_SLOT: there is none */
};

enum boot_kind {
	BOOT_CONFIRMED,
	BOOT_TRIAL,
	BOOT_RESCUE,
};

struct boot_choice {
	struct boot_image image;
	enum boot_kind kind;
	bool confirmed; /* its manifest is the confirmed one: of BOOT_TRIAL never */
	bool recalled;  /* it is confirmed, but on the recall list: update it soon */
	bool unvouched; /* it is confirmed, but no key of the trust statement vouches for it */
	enum refusal trial_why;     /* why the trial does not start; REFUSAL_NONE: there is none */
	enum refusal confirmed_why; /* the same for the confirmed image */
};

/*
 * Choose. ret_choice is set in every case, its image.slot BOOT_NO_SLOT on a refusal.
 * "boot.state": no whole state record. "boot.nothing": no slot holds what may start.
 */
MUST_USE enum refusal signet_boot_choose(
    const struct boot_device *d, struct boot_choice *ret_choice);

/* Is what this slot holds good, as the table above says? Changes nothing. */
MUST_USE enum refusal signet_boot_verify_slot(
    const struct boot_device *d, unsigned slot, struct boot_image *ret_image);

#endif
