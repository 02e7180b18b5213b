/*
 * tests/unit/boot/flash.h: a device whose flash is memory, whose power can fail in the middle of a
 * write, and a maker for it.
 */
#ifndef SIGNET_TESTS_BOOT_FLASH_H
#define SIGNET_TESTS_BOOT_FLASH_H

#include "clients/device/boot/signet-boot-update.h"
#include "signing/format/crypto_openssl.h"
#include "tests/lib/maker.h"

#define FLASH_PRODUCT    "Acme Pump"
#define FLASH_CHANNEL    "stable"
#define FLASH_MODEL      "P1"
#define FLASH_COMPONENTS 2
#define FLASH_IMAGE      1000 /* octets of "main"; "radio" has half of it */
#define FLASH_STEADY     (-1)

/* What is left of a record behind the octets that were written: erased, the old ones, anything. */
enum flash_rest {
	REST_ERASED,
	REST_OLD,
	REST_NOISE,
	REST_COUNT,
};

struct flash {
	struct boot_device device;
	struct boot_flash table;
	struct boot_crypto crypto;
	struct crypto_openssl openssl;
	struct maker *maker;
	struct buf envelopes[BOOT_SLOTS], images[BOOT_SLOTS][FLASH_COMPONENTS];
	struct buf trust[BOOT_PLACES], recall[BOOT_PLACES];
	uint8_t records[BOOT_STATE_RECORDS][BOOT_STATE_SIZE];
	unsigned writes; /* of the state, done or torn, since it was set to 0 */
	/* The power fails when `cut_at` octets of write number `cut_write` (from 0) are done. */
	int cut_write;
	unsigned cut_at;
	enum flash_rest rest;
	bool off;            /* the power has failed: nothing is read or written any more */
	bool writes_fail;    /* worn out: says so */
	bool writes_nothing; /* worn out: and does not say so */
};

/* Empty but for the trust statement, version 1, in place 0, and its pin in the state. */
void flash_start(struct flash *f);
void flash_stop(struct flash *f);
void flash_power(struct flash *f); /* on again */

/* Put a release of this sequence number into the slot; content follows from the number. */
void flash_install(struct flash *f, unsigned slot, uint64_t sequence);
/* The same with what `want` says; its sequence, version and components are set here. */
void flash_install_as(
    struct flash *f, unsigned slot, uint64_t sequence, const struct maker_release *want);
/* Install, stage, start, confirm. */
void flash_confirm(struct flash *f, unsigned slot, uint64_t sequence);
/* Write such a statement or list into the spare place and take it up. */
enum refusal flash_take_trust(struct flash *f, const struct maker_trust *want);
enum refusal flash_take_recall(struct flash *f, const struct maker_recall *want);
struct boot_state flash_state(const struct flash *f);
/* Choose, which must name something: kind and slot. */
void flash_starts(struct flash *f, enum boot_kind kind, unsigned slot);
/* All but the generation, for comparing. */
#define FLASH_TEXT_SIZE 300
void flash_state_text(const struct boot_state *s, char ret_text[FLASH_TEXT_SIZE]);

#define assert_refused(call, wanted)                                                         \
	do {                                                                                 \
		enum refusal refused_ = (call);                                              \
		cr_assert_eq(refused_, (wanted), "%s instead of %s", refusal_code(refused_), \
		    refusal_code(wanted));                                                   \
	} while (0)
#define assert_done(call) assert_refused(call, REFUSAL_NONE)

#endif
