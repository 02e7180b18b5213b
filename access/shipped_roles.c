/* access/shipped_roles.c: see shipped_roles.h. */
#include "access/shipped_roles.h"

#include <stddef.h>

/* clang-format off */
const struct shipped_role shipped_roles[] = {
    {SHIPPED_ADMIN, "everything; the first administrator has it",
	"kind: role\n"
	"name: admin\n"
	"permissions: [policy.read, authority.manage, profile.manage, label.manage, trust-anchor.manage,\n"
	"  product.manage, device.read, device.register, device.manage, certificate.read,\n"
	"  certificate.revoke, certificate.issue, enrollment.read, enrollment.decide, alarm.read, access.read,\n"
	"  access.manage, approval-policy.manage, token.read, token.create, token.revoke, request.read,\n"
	"  request.approve, refusal.read, log.read, log.manage, release.read, release.create,\n"
	"  release.publish, release.recall, channel.manage, signing-key.manage, trust.publish]\n"},
    {"authority-officer", "keeps authorities, profiles and trust anchors, issues and revokes; approves requests",
	"kind: role\n"
	"name: authority-officer\n"
	"permissions: [policy.read, authority.manage, profile.manage, trust-anchor.manage, certificate.read,\n"
	"  certificate.revoke, certificate.issue, alarm.read, request.read, request.approve, log.read]\n"},
    {"registration-officer", "keeps devices, revokes, decides on enrollments that wait; approves requests",
	"kind: role\n"
	"name: registration-officer\n"
	"permissions: [policy.read, device.read, device.register, device.manage, certificate.read,\n"
	"  certificate.revoke, enrollment.read, enrollment.decide, alarm.read, request.read, request.approve]\n"},
    {"release-manager", "keeps products, labels and channels, publishes and recalls releases; approves requests",
	"kind: role\n"
	"name: release-manager\n"
	"permissions: [policy.read, product.manage, label.manage, device.read, certificate.read,\n"
	"  request.read, request.approve, log.read, release.read, release.publish, release.recall,\n"
	"  channel.manage, trust.publish]\n"},
    {"signer", "a pipeline: has releases signed, publishes them, follows its own requests and their proofs",
	"kind: role\n"
	"name: signer\n"
	"permissions: [policy.read, request.read, log.read, release.read, release.create,\n"
	"  release.publish]\n"},
    {"factory", "a production line: makes devices known and watches them enroll",
	"kind: role\n"
	"name: factory\n"
	"permissions: [device.read, device.register, enrollment.read, certificate.read]\n"},
    {"auditor", "sees everything and changes nothing",
	"kind: role\n"
	"name: auditor\n"
	"permissions: [policy.read, device.read, certificate.read, enrollment.read, alarm.read, access.read,\n"
	"  token.read, request.read, refusal.read, log.read, release.read]\n"},
    {"viewer", "sees policy, devices and certificates",
	"kind: role\n"
	"name: viewer\n"
	"permissions: [policy.read, device.read, certificate.read, enrollment.read, alarm.read,\n"
	"  release.read]\n"},
    {NULL, NULL, NULL},
};
/* clang-format on */
