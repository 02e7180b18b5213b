/*
 * access/act_kind.h: the kinds of acts that an approval policy can ask approvals for.
 *
 * A row: id, name, the permission that the one who acts needs, help. The act of a policy document
 * is its kind + ".change", whether it is made, changed or removed.
 */
#ifndef SIGNET_ACCESS_ACT_KIND_H
#define SIGNET_ACCESS_ACT_KIND_H

#include "access/permission.h"

#define ACT_KINDS(X)                                                                           \
	X(AUTHORITY_ISSUE, "authority.issue", AUTHORITY_MANAGE, "make an authority")           \
	X(AUTHORITY_RETIRE, "authority.retire", AUTHORITY_MANAGE, "retire an authority")       \
	X(AUTHORITY_CHANGE, "authority.change", AUTHORITY_MANAGE,                              \
	    "change an authority's document")                                                  \
	X(PROFILE_CHANGE, "profile.change", PROFILE_MANAGE, "change a profile")                \
	X(LABEL_CHANGE, "label.change", LABEL_MANAGE, "change a label")                        \
	X(TRUST_ANCHOR_CHANGE, "trust-anchor.change", TRUST_ANCHOR_MANAGE,                     \
	    "add or change a trust anchor")                                                    \
	X(PRODUCT_CHANGE, "product.change", PRODUCT_MANAGE, "change a product")                \
	X(ROLE_CHANGE, "role.change", ACCESS_MANAGE, "change a role")                          \
	X(PRINCIPAL_CHANGE, "principal.change", ACCESS_MANAGE, "change a principal")           \
	X(BINDING_CHANGE, "binding.change", ACCESS_MANAGE, "give or take a role")              \
	X(OIDC_ISSUER_CHANGE, "oidc-issuer.change", ACCESS_MANAGE, "change an OIDC issuer")    \
	X(OIDC_RULE_CHANGE, "oidc-rule.change", ACCESS_MANAGE, "change an OIDC rule")          \
	X(APPROVAL_POLICY_CHANGE, "approval-policy.change", APPROVAL_POLICY_MANAGE,            \
	    "change an approval policy")                                                       \
	X(LOG_POLICY_CHANGE, "log-policy.change", LOG_MANAGE, "change the log's witnesses")    \
	X(DEVICE_REGISTER, "device.register", DEVICE_REGISTER, "make devices known")           \
	X(DEVICE_CHANGE, "device.change", DEVICE_MANAGE, "suspend, resume or retire a device") \
	X(CERTIFICATE_REVOKE, "certificate.revoke", CERTIFICATE_REVOKE,                        \
	    "revoke, hold or resume a certificate")                                            \
	X(CERTIFICATE_REVOKE_MANY, "certificate.revoke-many", CERTIFICATE_REVOKE,              \
	    "revoke all certificates that a selection finds")                                  \
	X(CERTIFICATE_ISSUE, "certificate.issue", CERTIFICATE_ISSUE,                           \
	    "have a certificate issued for a service or a person")                             \
	X(ENROLLMENT_APPROVE, "enrollment.approve", ENROLLMENT_DECIDE,                         \
	    "approve an enrollment that waits")                                                \
	X(TOKEN_CREATE, "token.create", TOKEN_CREATE, "make credentials for somebody else")    \
	X(CHANNEL_CHANGE, "channel.change", CHANNEL_MANAGE, "change a channel of a product")   \
	X(SIGNING_KEY_CHANGE, "signing-key.change", SIGNING_KEY_MANAGE,                        \
	    "make, change, retire or revoke a signing key")                                    \
	X(RELEASE_SIGN, "release.sign", RELEASE_CREATE, "have a release signed for a channel") \
	X(RELEASE_PUBLISH, "release.publish", RELEASE_PUBLISH,                                 \
	    "let devices find a release on a channel")                                         \
	X(RELEASE_RECALL, "release.recall", RELEASE_RECALL,                                    \
	    "tell devices to leave a release of a channel")                                    \
	X(TRUST_PUBLISH, "trust.publish", TRUST_PUBLISH, "hand out a product's trust statement")

enum act_kind {
	ACT_NONE,
#define ACT_ID(id, name, permission, help) ACT_##id,
	ACT_KINDS(ACT_ID)
#undef ACT_ID
	ACT_KIND_COUNT
};

/* Never NULL; "none" for ACT_NONE. */
const char *act_kind_name(enum act_kind kind);
const char *act_kind_help(enum act_kind kind);
enum permission act_kind_permission(enum act_kind kind); /* PERMISSION_NEVER for ACT_NONE */
/* ACT_NONE: there is none of this name. */
enum act_kind act_kind_by_name(const char *name);
/* "trust-anchor" -> ACT_TRUST_ANCHOR_CHANGE; "device" and "devices" -> ACT_DEVICE_REGISTER. */
enum act_kind act_kind_of_document(const char *document_kind);

/* One act, as approvals see it. */
struct act {
	enum act_kind kind;
	const char *product; /* name of a product document; NULL: it concerns all of them */
	const char *channel; /* NULL: it concerns all of them, or channels have no part in it */
};

#endif
