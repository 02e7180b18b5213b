/*
 * signing/format/cosignature.h: what a witness says of a checkpoint (C2SP tlog-cosignature),
 * in its Ed25519 form: "as of this time I saw no larger tree, and it grew from those I saw before".
 *
 * In a note (note.h) it stands as signature of a key of type VKEY_COSIGNATURE:
 * time (8 octets, big-endian) and Ed25519 signature over the message below.
 */
#ifndef SIGNET_FORMAT_COSIGNATURE_H
#define SIGNET_FORMAT_COSIGNATURE_H

#include "base/span.h"

#define COSIGNATURE_SIZE 72

struct cosignature {
	int64_t time; /* seconds since 1970; not negative */
	uint8_t signature[64];
};

/* Append the message: "cosignature/v1\ntime T\n" and the checkpoint's text. */
void cosignature_message(int64_t time, struct span text, struct buf *out);
void cosignature_encode(const struct cosignature *c, uint8_t ret_octets[static COSIGNATURE_SIZE]);
/* False: not COSIGNATURE_SIZE octets, or a time above 2^63 - 1. */
MUST_USE bool cosignature_decode(struct span octets, struct cosignature *ret_cosignature);

#endif
