/*
 * clients/device/boot/signet-boot-update.h: how the state of a device goes on. An updater calls
 * this; so does the factory, once.
 *
 * Every function here reads the state, decides, and writes it in one step: when it returns
 * REFUSAL_NONE the step is durable; after any other refusal, and when power fails before, nothing
 * has happened. (But for "boot.write": what cannot be read back may hold all the same. Read the
 * state then.)
 *
 * Files go first: write them to a spare slot or place, make them durable, then call. What is in
 * force is never overwritten, since spare means that the state does not need it.
 *
 *   provision   the factory, once: the first trust statement and the lowest sequence
 *   stage       the other slot holds an image that is good: try it, so many times
 *   choose      (the boot loader's) takes one try, starts it
 *   confirm     the running trial works: it is the confirmed image, the counter rises to it
 *   roll_back   the trial is given up; the confirmed image starts next
 *   take_trust  a newer trust statement, by the old and the new quorum
 *   take_recall a newer recall list
 *
 *   trial       stage       choose               confirm    roll_back
 *   none        -> staged   -                    refused    refused
 *   staged      -> staged   -> started, tries-1  refused    -> failed
 *   started     refused*    -> started, tries-1  -> none    -> failed
 *               (*the slot it runs from)  no tries left, not good: -> failed
 *   failed      -> staged   -                    refused    refused
 *
 * Only ever upwards: the counter (on confirm), the trust version, the recall number. Such a step is
 * written to both records, so that the loss of either lowers nothing.
 */
#ifndef SIGNET_DEVICE_BOOT_UPDATE_H
#define SIGNET_DEVICE_BOOT_UPDATE_H

#include "clients/device/boot/signet-boot.h"

enum boot_trial {
	TRIAL_NONE,
	TRIAL_STAGED,
	TRIAL_STARTED,
	TRIAL_FAILED, /* kept, so that an updater knows what not to try again */
};

/* A signed file that the state holds on to: accepted once, known by its digest from then on. */
struct boot_pin {
	uint64_t number; /* trust version or recall number; 0: none (recall only) */
	uint8_t digest[BOOT_DIGEST_SIZE]; /* SHA-256 of the whole file */
};

struct boot_state {
	uint64_t generation; /* rises with each record written */
	uint64_t counter;    /* no sequence below it is ever started as new */
	struct boot_pin trust, recall;
	struct boot_image confirmed;
	struct boot_image trial;
	uint8_t phase; /* enum boot_trial */
	uint8_t tries; /* that the trial has left */
};

#define BOOT_TRIES_MAX 15 /* a trial that needs more than this does not work */

/* "boot.state": no whole record. */
MUST_USE enum refusal signet_boot_read_state(
    const struct boot_device *d, struct boot_state *ret_state);

/*
 * Write the first state. The trust statement in place 0 must have this SHA-256, be of this product,
 * and be signed by its own quorum. counter: the lowest sequence that may run, 0 for any.
 * "boot.provisioned": there is a state already.
 */
MUST_USE enum refusal signet_boot_provision(
    const struct boot_device *d, const uint8_t trust_digest[BOOT_DIGEST_SIZE], uint64_t counter);

/*
 * Try what this slot holds, at most `tries` times (1 to BOOT_TRIES_MAX). `running`: the slot that
 * the caller runs from, BOOT_NO_SLOT when from none. "boot.slot": the slot is in use.
 * "suit.sequence", "suit.sequence-same": below the counter; as high as an image that is known,
 * but another one. Else whatever signet_boot_verify_slot() finds.
 */
MUST_USE enum refusal signet_boot_stage(const struct boot_device *d, unsigned slot,
    unsigned running, unsigned tries, struct boot_image *ret_image);

/*
 * The trial works: called from it, with the slot that it runs from. It is verified once more, since
 * its key can have been revoked, or itself recalled, meanwhile. "boot.no-trial",
 * "boot.not-started": there is none, or it is not this one that runs.
 */
MUST_USE enum refusal signet_boot_confirm(const struct boot_device *d, unsigned running);

/* "boot.no-trial": there is none under way. */
MUST_USE enum refusal signet_boot_roll_back(const struct boot_device *d);

/*
 * Take up the file in this place. The one already held, again: nothing to do, REFUSAL_NONE.
 * A lower version or number, or the same with other content, is refused ("trust.old",
 * "recall.old"). "boot.trust-lost": the statement in force is in neither place.
 */
MUST_USE enum refusal signet_boot_take_trust(const struct boot_device *d, unsigned place);
MUST_USE enum refusal signet_boot_take_recall(const struct boot_device *d, unsigned place);

/*
 * Where the next one can be written. "boot.slot": every slot is in use: confirm or roll back first.
 * Of places there is always a spare one; it may hold a copy of the file in force, which then
 * survives the loss of the other.
 */
MUST_USE enum refusal signet_boot_spare_slot(
    const struct boot_device *d, unsigned running, unsigned *ret_slot);
MUST_USE enum refusal signet_boot_spare_place(
    const struct boot_device *d, enum boot_file file, unsigned *ret_place);

#endif
