/*
 * ca/policy_apply.h: change policy: documents of a file, or one that is removed, all or nothing.
 *
 * What would be in force is built whole and checked before anything is written. Then whoever
 * changes it is judged by what is stored, read under the lock on policy, whatever snapshot the
 * actor is of:
 *  - the permission of each changed document's act, in its scope (access/act_kind.h): a label for
 *    its products, a binding for its products and channels, devices for theirs, the rest for all;
 *  - nobody grants more than they hold, be it by roles, bindings or principals or by rules
 *    that make credentials (access/access.h);
 *  - an administrator that is there is never the last one to go;
 *  - signetd on the server's machine (actor_local) may do everything until there is an
 *    administrator, and nothing afterwards, but to break the glass: with a reason, a log entry
 *    and an alarm;
 *  - the approvals that the policies before and after the change ask for (access/requirement.h).
 */
#ifndef SIGNET_CA_POLICY_APPLY_H
#define SIGNET_CA_POLICY_APPLY_H

#include "access/requirement.h"
#include "base/clock.h"
#include "base/encode.h"
#include "ca/policy.h"

/* Who agreed: evidence for the records, counted again by the rights of now. */
struct policy_approval {
	int64_t request_id;
	const char *requester_person; /* as in struct actor; NULL: none known */
	const char *const *approvers; /* principals, in the order in which they agreed */
	size_t approver_count;
};

#define POLICY_ABSENT (-1)

struct policy_edit {
	const char
	    *file_name;   /* for messages; a local actor's documents may name files beside it */
	struct span text; /* YAML or JSON documents; SPAN_NONE: something is removed */
	const char *remove_kind, *remove_name;
	const struct actor *actor;
	bool dry_run;
	/* The version that the one document has now; POLICY_ABSENT: it must not be there; 0: any.
	 * ERR_STALE (condition.failed) where it is not so. */
	int64_t expected_version;
	const char *break_glass;                /* local actors: why; NULL: the glass stays whole */
	const struct policy_approval *approval; /* NULL: nobody was asked */
};

struct policy_difference {
	const char *path;      /* JSON pointer (RFC 6901) into the document: "/validity" */
	const char *old, *new; /* JSON texts; NULL: absent there */
};
struct policy_change {
	const char *kind, *name;
	enum policy_effect {
		POLICY_UNCHANGED,
		POLICY_CREATED,
		POLICY_CHANGED,
		POLICY_REMOVED
	} what;
	int64_t version;              /* of the document, afterwards; 0: devices have none */
	size_t devices, devices_made; /* of kind devices: how many, and how many of them are new */
	struct policy_difference *differences;
	size_t difference_count;
};

/* All in the arena that policy_apply() is given, or as long as its edit. */
struct policy_outcome {
	int64_t version; /* of policy, afterwards; of a dry run: before */
	struct policy_change *changes;
	size_t change_count;
	struct act *acts; /* that the changes are */
	size_t act_count;
	struct requirement *requirements; /* what the acts need, met or not */
	size_t requirement_count;
	/* SHA-256 over (kind, name, old document, new document) of every change: what is agreed to
	 */
	struct digest plan;
};

/*
 * Within the caller's transaction, or in one of its own when there is none; on failure, and of
 * a dry run, nothing stays in either. Same documents again: changes nothing.
 * ERR_CONFIG: "file:line: ..."; ERR_DENIED, ERR_CONFLICT, ERR_MISSING: access/reason_access.h,
 * access.denied. ERR_PENDING (approval.needed): requirements, and no approval given. Then, and only
 * then, ret_outcome is filled in although it failed. A dry run does not fail so.
 */
struct status policy_apply(struct db *db, const struct policy_edit *edit, const struct clock *clock,
    struct arena *arena, struct policy_outcome *ret_outcome, struct err *err);

#endif
