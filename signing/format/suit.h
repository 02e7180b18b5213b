/*
 * signing/format/suit.h: read and verify SUIT envelopes (draft-ietf-suit-manifest). No heap, no
 * library, no recursion.
 *
 *   107({2: bstr [bstr digest, * bstr COSE_Sign1], 3: bstr manifest, severed elements 16, 20, 23})
 *
 * Order: structure of the envelope, digest of the manifest, signatures; only then is the manifest
 * looked at. What was read are spans into the envelope. Running its commands: suit_process.h.
 */
#ifndef SIGNET_FORMAT_SUIT_H
#define SIGNET_FORMAT_SUIT_H

#include "signing/format/cose.h"

#define SUIT_ENVELOPE_MAX ((size_t)64 << 10) /* two ML-DSA-87 signatures and long texts */
#ifndef SUIT_COMPONENTS_MAX                  /* a device may know of fewer */
#define SUIT_COMPONENTS_MAX 8                /* a state of some 90 octets each */
#endif
#define SUIT_COMMANDS_MAX 64 /* in one sequence: eight for each component */

/* [algorithm, octets] */
struct suit_digest {
	struct span whole; /* SUIT_Digest, CBOR: what is signed */
	int algorithm;     /* COSE_SHA256, COSE_SHA384, COSE_SHA512 */
	struct span bytes;
};

enum suit_element {
	SUIT_VALIDATE = 7,
	SUIT_LOAD = 8,
	SUIT_INVOKE = 9,
	SUIT_PAYLOAD_FETCH = 16,
	SUIT_INSTALL = 20,
	SUIT_TEXT = 23,
};

#define SUIT_ELEMENTS 6 /* those of enum suit_element, in this order */

/* Contents of octet strings; p NULL: not there. Sequences are well-formed. */
struct suit_manifest {
	uint64_t sequence;
	size_t component_count; /* 1 .. SUIT_COMPONENTS_MAX */
	struct span components; /* component_count identifiers, each an array of bstr */
	struct span shared;
	struct span elements[SUIT_ELEMENTS]; /* severed ones too, their digest checked */
	struct span severed[SUIT_ELEMENTS];  /* digest, CBOR, of a severed one */
	struct span reference_uri;
	int extension; /* first of the extensions' elements that stands there, not read; 0: none */
};

struct suit {
	struct suit_digest digest;
	struct span manifest; /* contents of the bstr */
	struct suit_manifest m;
	struct cose_signers signers; /* at least one */
};

/*
 * All of it. SUIT_UNSIGNED: no key of these has signed. ret_suit is of no use after a refusal. The
 * envelope must live as long as ret_suit.
 */
MUST_USE enum refusal suit_verify(const struct boot_crypto *crypto, const struct cose_keys *keys,
    struct span envelope, struct suit *ret_suit);
/*
 * The same where the tag was left away, which a media type may stand for. Everything that Signet
 * stores or sends has it.
 */
MUST_USE enum refusal suit_verify_untagged(const struct boot_crypto *crypto,
    const struct cose_keys *keys, struct span envelope, struct suit *ret_suit);

/*
 * An envelope whose manifest is known by the octets of its SUIT_Digest, from where nobody but the
 * caller writes. No signature is looked at; signers.count is 0. SUIT_DIGEST: it is another.
 */
MUST_USE enum refusal suit_read_known(const struct boot_crypto *crypto, struct span known,
    struct span envelope, struct suit *ret_suit);

/* A SUIT_Digest that stands as an item here. */
void suit_in_digest(struct cbor_in *in, struct suit_digest *ret_digest);
/* Is it the digest of these parts? SUIT_DIGEST, SUIT_ALGORITHM. */
MUST_USE enum refusal suit_digest_check(const struct boot_crypto *crypto,
    const struct suit_digest *digest, const struct span *parts, size_t count);
/* The manifest alone, without verifying it: for the one who has made it. What is severed is away.
 */
MUST_USE enum refusal suit_manifest_read(struct span manifest, struct suit_manifest *ret_manifest);
/* The element, and whether it is severed and away. p NULL: not there. */
struct span suit_manifest_element(
    const struct suit_manifest *m, enum suit_element element, bool *ret_away);
/*
 * The i-th component's identifier as one name; SPAN_NONE where it has several parts or i is beyond
 * them. Ours have one: the component's id as text.
 */
struct span suit_component_name(const struct suit_manifest *m, size_t i);

#endif
