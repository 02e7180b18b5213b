/* clients/operator/release_check_internal.h: what release_check.c and check_files.c share. */
#ifndef SIGNET_OPERATOR_RELEASE_CHECK_INTERNAL_H
#define SIGNET_OPERATOR_RELEASE_CHECK_INTERNAL_H

#include "clients/operator/release_check.h"
#include "signing/format/bundle_verify.h"

struct checking {
	const struct release_check *check;
	struct bundle_seen seen;
	struct suit_manifest manifest;
	struct span digest; /* octets within the SUIT_Digest of the envelope */
	struct digest digest_room;
	json_t *checks;
};

/* A line of the report. */
void checking_say(struct checking *c, const char *what, const char *format, ...) PRINTF(3, 4);
/* Append a certificate's SubjectPublicKeyInfo. */
bool certificate_spki(struct span der, struct buf *out);
/* Manifest and its digest out of an envelope whose signatures nobody can verify here. */
struct status envelope_unverified(struct checking *c, struct err *err);
/* Are the manifest's components the files? */
struct status check_components(struct checking *c, struct err *err);
/* manifest.json, JWS and CMS, as far as they are there. */
struct status check_beside(struct checking *c, struct err *err);

#endif
