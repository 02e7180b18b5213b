/*
 * access/requirement.h: who must agree before an act is done.
 *
 * Acts that approval policies name need them; the signing of a release also what its channel's
 * document asks, under that document's name. A change of the policies themselves is held to those
 * before it and those after it: the stricter of both.
 */
#ifndef SIGNET_ACCESS_REQUIREMENT_H
#define SIGNET_ACCESS_REQUIREMENT_H

#include "access/access.h"

/* One of several; all must be met. Strings are those of the snapshots and of the act. */
struct requirement {
	const char *policy; /* name of the approval-policy, or channel document, that asks */
	struct act act;
	const char *role; /* that each approver holds, in the act's scope */
	int64_t approvals;
	int64_t expires; /* seconds that a request may wait */
};

/*
 * What `acts` need by the policies of `last` and of `next` (the same where nothing of policy
 * changes). A policy that names products asks for acts on these, and for acts on all products. The
 * same from both: once, with the higher number and the shorter time. ret_list in the arena; none:
 * nobody needs to agree.
 */
size_t access_requirements(const struct access *last, const struct access *next,
    const struct act *acts, size_t act_count, struct arena *arena, struct requirement **ret_list);

/*
 * Does this one's approval count? An enabled person who holds the role in the act's scope, and not
 * the requester: `requester_person` is the person who asked, or who is behind the CI run that asked
 * (struct actor: person; an "ISSUER/SUBJECT" is looked up again, in case it was mapped since). As
 * long as that one is nobody's identity here, anybody could be the one: then nobody counts.
 */
MUST_USE bool access_approval_counts(const struct access *a, const struct requirement *r,
    const char *approver, const char *requester_person, int64_t now);
/*
 * Can it be told who may not approve what this one asks for? Not of a CI run behind which no person
 * is named, or one who is nobody's identity here. `requester`: the principal; `person`: as above.
 */
MUST_USE bool access_requester_known(
    const struct access *a, const char *requester, const char *person);
/* Is `name` the person that `person` (as above; NULL: nobody) stands for here? */
MUST_USE bool access_is_person(const struct access *a, const char *person, const char *name);
/* How many different ones of these names count. */
size_t access_approvals(const struct access *a, const struct requirement *r,
    const char *const *approvers, size_t count, const char *requester_person, int64_t now);

#endif
