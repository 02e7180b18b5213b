/*
 * signing/json_manifest.h: what a release says as canonical JSON: sorted members, no spaces,
 *integers, lower-case hex. It is the payload of the JWS, and what the CMS is over. The same release
 *gives the same octets.
 *
 *	{"channel","class_id","components":[{"digest":{"sha256",..},"id","size","uri"}],
 *	 "format":"signet-manifest/1","model","notes","product","provenance":{..},
 *	 "sbom":{"digest","format"},"sequence","supersedes","vendor","vendor_domain","vendor_id",
 *	 "version"}
 *
 * notes, provenance, sbom, supersedes and uri are left out where there are none.
 */
#ifndef SIGNET_SIGNING_JSON_MANIFEST_H
#define SIGNET_SIGNING_JSON_MANIFEST_H

#include "signing/format/uuid.h"
#include "signing/release.h"

#define JSON_MANIFEST_FORMAT "signet-manifest/1"

struct json_manifest {
	const struct release_product *product;
	const struct release_new *content; /* checked */
	int64_t sequence;
	uint8_t vendor_id[UUID_SIZE], class_id[UUID_SIZE];
};
void json_manifest_put(const struct json_manifest *m, struct buf *out);
/* The vendor id that such a manifest, as stored, states. False: it is none of ours. */
MUST_USE bool json_manifest_vendor(struct span manifest, uint8_t ret_id[static UUID_SIZE]);

/*
 * The part of it that whoever released said: components, notes, SBOM, what it supersedes. Stored
 * with the release; one member alone (NULL where it is absent) for finding what differs.
 */
void json_content_put(const struct release_new *content, struct buf *out);
extern const char *const json_content_members[]; /* "components" "notes" ..., ended by NULL */
/* "\"notes\":\"...\"" appended; nothing where it is absent. */
void json_content_member(const struct release_new *content, const char *member, struct buf *out);

#endif
