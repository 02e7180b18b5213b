/*
 * signing/format/note.h: signed notes and the keys that verify them (C2SP signed-note).
 *
 *   text, ending in a newline
 *   (empty line)
 *   — <key name> <base64 of key ID, 4 octets, and signature>       one line or more
 *
 * A key is written as a vkey: <name>+<key ID in hex>+<base64 of type and public key>.
 * Notes are read in place, without heap: what was parsed borrows from the bytes given.
 *
 * Signing is somebody else's: sign note_message() with Ed25519 under the key, then append the
 * signature by note_put_signature().
 */
#ifndef SIGNET_FORMAT_NOTE_H
#define SIGNET_FORMAT_NOTE_H

#include "base/err.h"
#include "base/span.h"

/* Sixteen post-quantum signatures, the least to accept, are 107 KiB in base64. */
#define NOTE_SIZE_MAX       ((size_t)128 << 10)
#define NOTE_SIGNATURES_MAX 64
#define NOTE_NAME_MAX       255 /* what an ML-DSA cosignature can hold of a name */
#define NOTE_KEY_ID_SIZE    4
#define NOTE_KEY_SIZE       32 /* Ed25519 */
#define NOTE_SIGNATURE_SIZE 64 /* Ed25519 */
/* type and ML-DSA-44 key, the largest that is assigned, with room for an ECDSA or foreign one */
#define VKEY_MATERIAL_MAX 2048

enum vkey_type {
	VKEY_ED25519 = 0x01,
	VKEY_ECDSA = 0x02,
	VKEY_COSIGNATURE = 0x04, /* Ed25519 with a time, see cosignature.h */
	VKEY_TREE_HEAD = 0x05,
	VKEY_COSIGNATURE_ML_DSA_44 = 0x06,
	VKEY_OTHER = 0xff,
};

struct vkey {
	char name[NOTE_NAME_MAX + 1];
	uint8_t type; /* enum vkey_type, or one not yet assigned */
	uint8_t id[NOTE_KEY_ID_SIZE];
	/* The public key where vkey_verifies(); else the SHA-256 of it, which tells keys apart. */
	uint8_t key[NOTE_KEY_SIZE];
};

/* UTF-8, 1 to NOTE_NAME_MAX octets, no Unicode space, no '+', no control character. */
bool note_name_is_good(struct span name);
/* ERR_INPUT: not a good name. type: VKEY_ED25519 or VKEY_COSIGNATURE. */
MUST_USE struct status vkey_make(struct span name, enum vkey_type type,
    const uint8_t key[static NOTE_KEY_SIZE], struct vkey *ret_key, struct err *err);
/*
 * The whole of `text`, without a newline. Types that nothing here verifies are read as well.
 * ERR_INPUT: malformed, or the key ID is not that of the key.
 */
MUST_USE struct status vkey_parse(struct span text, struct vkey *ret_key, struct err *err);
/* Append in writing. For keys where vkey_verifies(). */
void vkey_put(const struct vkey *key, struct buf *out);
/* Of a type whose signatures note_verify() verifies: 01 and 04. Signatures of others are unknown.
 */
bool vkey_verifies(const struct vkey *key);
/* The same public key, whatever name, type and ID. */
bool vkey_same_key(const struct vkey *a, const struct vkey *b);

struct note_signature {
	struct span name;
	uint8_t id[NOTE_KEY_ID_SIZE];
	struct span line;   /* the whole line with its newline */
	struct span base64; /* of ID and signature; well-formed */
	unsigned number;    /* of the line, from 1 */
};

struct note {
	struct span text; /* what is signed, with its last newline */
	size_t count;
	struct note_signature signatures[NOTE_SIGNATURES_MAX];
};

/*
 * ERR_INPUT: malformed (which line, and why). ERR_TOO_LARGE: over one of the bounds above. ret_note
 * is of no use after a failure.
 */
MUST_USE struct status note_parse(struct span file, struct note *ret_note, struct err *err);
/* Signature lines alone, as a witness answers: a note whose text is `text`. Errors as above. */
MUST_USE struct status note_parse_signatures(
    struct span text, struct span lines, struct note *ret_note, struct err *err);

/* What a key had to say of a note. */
struct note_seen {
	bool verified;
	int64_t time; /* of the newest cosignature, seconds since 1970; 0 for other types */
	size_t which; /* note->signatures[which] is the one */
};

/*
 * What does this key say? verified is false where it says nothing, or is of a type that nothing
 * here verifies. ERR_DENIED: a signature under its name and ID does not verify, so that the whole
 * note is to be refused ("verifiers MUST verify the signature").
 */
MUST_USE struct status note_verify_one(
    const struct note *note, const struct vkey *key, struct note_seen *ret_seen, struct err *err);
/*
 * The same of `count` keys; ret_seen has a row for each. Signatures of unknown keys are ignored.
 * ERR_DENIED: as above, or no key has signed.
 */
MUST_USE struct status note_verify(const struct note *note, const struct vkey *keys, size_t count,
    struct note_seen *ret_seen, struct err *err);

/*
 * Append what the key signs. The text is as checkpoint_put() writes it: UTF-8 without control
 * characters but newline, the last octet a newline. `time` is for VKEY_COSIGNATURE alone.
 */
void note_message(const struct vkey *key, struct span text, int64_t time, struct buf *out);
/* Append text and empty line, the start of a note. */
void note_put_text(struct span text, struct buf *out);
/* Append one signature line. */
void note_put_signature(const struct vkey *key, int64_t time,
    const uint8_t signature[static NOTE_SIGNATURE_SIZE], struct buf *out);

#endif
