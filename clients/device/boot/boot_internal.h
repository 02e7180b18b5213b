/* clients/device/boot/boot_internal.h: what the files of this folder share. */
#ifndef SIGNET_DEVICE_BOOT_INTERNAL_H
#define SIGNET_DEVICE_BOOT_INTERNAL_H

#include "clients/device/boot/signet-boot-update.h"
#include "signing/format/bytes.h"
#include "signing/format/suit.h"
#include "signing/format/trust.h"

/* SHA-256. false: your table could not. */
MUST_USE bool boot_sha256(
    const struct boot_crypto *crypto, struct span octets, uint8_t ret_digest[BOOT_DIGEST_SIZE]);

/* Make `s` the state, durably. REFUSAL_BOOT_WRITE: not done, or not to be read back. */
MUST_USE enum refusal boot_commit(const struct boot_device *d, struct boot_state *s);
/* The same where something was raised: into both records. */
MUST_USE enum refusal boot_commit_raised(const struct boot_device *d, struct boot_state *s);
/* The same where nothing depends on it. */
void boot_commit_if_possible(const struct boot_device *d, struct boot_state *s);

/* Which place holds the file that the state holds on to? BOOT_PLACES: none. */
unsigned boot_pinned(const struct boot_device *d, enum boot_file file, const struct boot_pin *pin,
    struct span *ret_octets);
/* Keys, grants and revoked of the statement in force; the rest of ret_trust is not set. */
MUST_USE enum refusal boot_find_trust(
    const struct boot_device *d, const struct boot_state *state, struct trust *ret_trust);
/* REFUSAL_RECALL_RECALLED: on the list in force. */
MUST_USE enum refusal boot_find_recalled(
    const struct boot_device *d, const struct boot_state *state, uint64_t sequence);

/*
 * Envelope, statement, recall list, sequence, then every image of this slot. choice->kind, set by
 * the caller, says as what it is to start: a BOOT_TRIAL needs leave as a new one until it is
 * confirmed, the others may be the confirmed one, which needs none. Sets image, confirmed, recalled
 * and unvouched; after a refusal they are of no use.
 */
MUST_USE enum refusal boot_verify(const struct boot_device *d, const struct boot_state *state,
    unsigned slot, struct boot_choice *choice);
/* What the manifest says of the images, and that they are these. */
MUST_USE enum refusal boot_check_images(
    const struct boot_device *d, unsigned slot, const struct suit_manifest *manifest);

static inline bool boot_same_image(const struct boot_image *a, const struct boot_image *b)
{
	return a->sequence == b->sequence && memcmp(a->digest, b->digest, BOOT_DIGEST_SIZE) == 0;
}

#endif
