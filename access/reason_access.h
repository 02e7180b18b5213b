/*
 * access/reason_access.h: reasons to refuse what somebody may not do, and changes of policy.
 * Rows of the table in ca/reason.h, nothing else. id, code, kind, rule, advice.
 */
#ifndef SIGNET_ACCESS_REASON_ACCESS_H
#define SIGNET_ACCESS_REASON_ACCESS_H

#define REASONS_ACCESS(X)                                                                         \
	X(ACCESS_GRANT, "access.grant", ERR_DENIED,                                               \
	    "nobody grants, or makes credentials for, more than they hold themselves, nor for "   \
	    "longer",                                                                             \
	    "let somebody do it who holds what the message names")                                \
	X(ACCESS_LAST_ADMINISTRATOR, "access.last-administrator", ERR_CONFLICT,                   \
	    "an enabled person or service keeps a role with access.manage, without a limit and "  \
	    "without an end",                                                                     \
	    "make another administrator first")                                                   \
	X(ACCESS_BOOTSTRAP_OVER, "access.bootstrap-over", ERR_DENIED,                             \
	    "once there is an administrator, policy is changed by those whom policy allows to",   \
	    "use `signet apply` as a principal; in an emergency, --break-glass REASON, which is " \
	    "recorded as an alarm")                                                               \
	X(POLICY_KEPT, "policy.kept", ERR_CONFLICT,                                               \
	    "certificates name authorities, profiles, labels, trust anchors and products for "    \
	    "ever",                                                                               \
	    "change the document instead")                                                        \
	X(POLICY_FILES, "policy.files", ERR_DENIED,                                               \
	    "only signetd on the server's machine reads files of that machine",                   \
	    "put the file's content into the document: certificate, jwks")

#endif
