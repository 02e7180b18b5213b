/*
 * server/admin.h: the first administrator and first tokens, made on the server's machine.
 *
 * The shipped roles that are missing, a person with the role admin, without a limit and without an
 * end, and a token to begin with: in one transaction. From then on bootstrap is over.
 */
#ifndef SIGNET_SERVER_ADMIN_H
#define SIGNET_SERVER_ADMIN_H

#include "ca/policy_apply.h"
#include "server/command.h"

struct admin_order {
	const char *name;
	int64_t ttl;             /* of the token, seconds */
	const char *break_glass; /* why, although there is an administrator; NULL */
};
#define ADMIN_TTL_STANDARD (12 * INT64_C(3600))

/*
 * What changed, and the token, which leaves after the commit alone. ERR_DENIED
 * access.bootstrap-over: there is an administrator. ERR_CONFLICT: the name is that of a disabled
 * principal or of no person, or the role admin is not what it was when it was shipped.
 */
struct status admin_make(const struct invocation *v, const struct admin_order *order,
    struct arena *arena, struct policy_outcome *ret_outcome, const char **ret_token,
    struct err *err);
/*
 * A token of a principal that is there: a person's first credential that is the person's own. One
 * that another principal makes has its maker behind it, and approves nothing. Once there is an
 * administrator it wants a reason, and is recorded with an alarm: it could be somebody else's.
 */
struct status admin_make_token(const struct invocation *v, const struct admin_order *order,
    struct arena *arena, const char **ret_token, struct err *err);

#endif
