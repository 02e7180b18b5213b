/*
 * access/permission.h: what can be allowed, named once.
 *
 * Roles list these names, routes name one each, tokens can be narrowed to some of them. A row: id,
 * name, help. Names are stable: they stand in stored roles.
 */
#ifndef SIGNET_ACCESS_PERMISSION_H
#define SIGNET_ACCESS_PERMISSION_H

#include "base/base.h"

#define PERMISSIONS(X)                                                                            \
	X(POLICY_READ, "policy.read",                                                             \
	    "see authorities, profiles, labels, trust anchors and products")                      \
	X(AUTHORITY_MANAGE, "authority.manage", "issue, change and retire authorities")           \
	X(PROFILE_MANAGE, "profile.manage", "change what certificates look like")                 \
	X(LABEL_MANAGE, "label.manage", "change where and how devices enroll")                    \
	X(TRUST_ANCHOR_MANAGE, "trust-anchor.manage", "change whose IDevIDs are accepted")        \
	X(PRODUCT_MANAGE, "product.manage", "change products")                                    \
	X(DEVICE_READ, "device.read", "see devices")                                              \
	X(DEVICE_REGISTER, "device.register", "make devices known")                               \
	X(DEVICE_MANAGE, "device.manage", "suspend, resume and retire devices")                   \
	X(CERTIFICATE_READ, "certificate.read", "see and search certificates")                    \
	X(CERTIFICATE_REVOKE, "certificate.revoke", "revoke, hold and resume certificates")       \
	X(CERTIFICATE_ISSUE, "certificate.issue",                                                 \
	    "have certificates issued for services and people, by profiles that say so")          \
	X(ENROLLMENT_READ, "enrollment.read", "see enrollments and why they were refused")        \
	X(ENROLLMENT_DECIDE, "enrollment.decide", "approve and reject enrollments that wait")     \
	X(ALARM_READ, "alarm.read", "see alarms")                                                 \
	X(ACCESS_READ, "access.read",                                                             \
	    "see principals, roles, bindings, OIDC issuers and rules, and approval policies")     \
	X(ACCESS_MANAGE, "access.manage",                                                         \
	    "change principals, roles, bindings, OIDC issuers and rules; never beyond what the "  \
	    "one who changes holds")                                                              \
	X(APPROVAL_POLICY_MANAGE, "approval-policy.manage", "change who must agree to what")      \
	X(TOKEN_READ, "token.read", "see which tokens there are, never the tokens themselves")    \
	X(TOKEN_CREATE, "token.create", "make credentials for others who hold no more")           \
	X(TOKEN_REVOKE, "token.revoke", "revoke the tokens of others")                            \
	X(REQUEST_READ, "request.read", "see requests and their approvals")                       \
	X(REQUEST_APPROVE, "request.approve",                                                     \
	    "approve and reject requests, where the approval policy asks for one's role")         \
	X(REFUSAL_READ, "refusal.read", "see calls that were refused, and why")                   \
	X(RELEASE_READ, "release.read",                                                           \
	    "see releases, their manifests, bundles and trust statements")                        \
	X(RELEASE_CREATE, "release.create",                                                       \
	    "describe a release and ask for its signature, as its channel allows")                \
	X(RELEASE_PUBLISH, "release.publish", "let devices find a release that is signed")        \
	X(RELEASE_RECALL, "release.recall", "tell devices to leave a release")                    \
	X(CHANNEL_MANAGE, "channel.manage",                                                       \
	    "change who may release on a channel, with which keys and approvals")                 \
	X(SIGNING_KEY_MANAGE, "signing-key.manage",                                               \
	    "make, retire and revoke keys that sign releases")                                    \
	X(TRUST_PUBLISH, "trust.publish", "hand out a trust statement that its keys have signed") \
	X(LOG_READ, "log.read", "read the log's records and proofs")                              \
	X(LOG_MANAGE, "log.manage", "change the log's witnesses")

enum permission {
	PERMISSION_NEVER, /* what a row says that forgot to say: nobody */
#define PERMISSION_ID(id, name, help) PERMISSION_##id,
	PERMISSIONS(PERMISSION_ID)
#undef PERMISSION_ID
	PERMISSION_COUNT,
	/* of routes alone; no role can hold these */
	PERMISSION_SELF = PERMISSION_COUNT, /* whoever has proven to be somebody */
	PERMISSION_PUBLIC,                  /* anybody */
	PERMISSION_DEVICE                   /* a device, by rules of its own (EST) */
};
_Static_assert(PERMISSION_COUNT <= 64, "a set of permissions is a uint64_t");

/* A set of permissions: bit 1 << id. */
#define PERMISSION_BIT(p) (UINT64_C(1) << (p))
#define PERMISSION_ALL    UINT64_MAX

/* "device.read"; of the pseudo permissions "never" "self" "public" "device". Never NULL. */
const char *permission_name(enum permission p);
const char *permission_help(enum permission p);
/* Of those that roles can hold. PERMISSION_NEVER: there is none of this name. */
enum permission permission_by_name(const char *name);

#endif
