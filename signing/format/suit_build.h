/*
 * signing/format/suit_build.h: write SUIT manifests and envelopes, and COSE signatures. Hosts only.
 *
 * The same release gives the same manifest, octet for octet. Signing is somebody else's:
 *
 *   suit_build_manifest(&release, &manifest, err);
 *   suit_build_digest(buf_span(&manifest), &digest);
 *   for each key: cose_put_tbs(...); its signature over that, raw (ecdsa.h), into a cose_made
 *   suit_build_envelope(buf_span(&manifest), made, count, &envelope);
 */
#ifndef SIGNET_FORMAT_SUIT_BUILD_H
#define SIGNET_FORMAT_SUIT_BUILD_H

#include "base/err.h"
#include "signing/format/suit.h"
#include "signing/format/uuid.h"

#define SUIT_BUILD_ID_MAX    64 /* octets of a component's id */
#define SUIT_BUILD_URI_MAX   512
#define SUIT_BUILD_NOTES_MAX 500 /* octets of notes that are written, cut between characters */

struct suit_release_component {
	const char *id; /* "main"; within the release once */
	int algorithm;  /* of the digest: COSE_SHA256, COSE_SHA384, COSE_SHA512 */
	struct span digest;
	uint64_t size;
	const char *uri; /* NULL: whoever installs knows where it is */
};

struct suit_release {
	uint8_t vendor_id[UUID_SIZE], class_id[UUID_SIZE]; /* uuid.h */
	uint64_t sequence;
	size_t component_count; /* 1 .. SUIT_COMPONENTS_MAX */
	const struct suit_release_component *components;
	/* For people; the text element is left out where all are NULL. */
	const char *version, *vendor, *vendor_domain, *model, *notes;
};

/* Append the manifest (contents of its bstr). ERR_INPUT: what is given cannot be written, and why.
 */
MUST_USE struct status suit_build_manifest(
    const struct suit_release *release, struct buf *out, struct err *err);
/* Append the SUIT_Digest (CBOR) by SHA-256 of a manifest as suit_build_manifest() has made it. */
void suit_build_digest(struct span manifest, struct buf *out);

/* A signature as COSE has it. */
struct cose_made {
	int algorithm;
	struct span kid;
	struct span signature; /* raw */
};

/* Append what is to be signed: Sig_structure. For envelopes aad is SPAN_NONE, payload the digest.
 */
void cose_put_tbs(
    int algorithm, struct span kid, struct span external_aad, struct span payload, struct buf *out);
/* Append COSE_Sign1, tagged, detached. */
void cose_put_sign1(const struct cose_made *made, struct buf *out);
/* Append the envelope, tagged. */
void suit_build_envelope(
    struct span manifest, const struct cose_made *made, size_t count, struct buf *out);

#endif
