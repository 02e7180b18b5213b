/* access/access_internal.h: what decisions are made of. */
#ifndef SIGNET_ACCESS_ACCESS_INTERNAL_H
#define SIGNET_ACCESS_ACCESS_INTERNAL_H

#include "access/access.h"

/* The principal as `a` has it; NULL: nobody, unknown there, or disabled. */
const struct principal *actor_in_force(const struct access *a, const struct actor *who);
/* Is the name in the list? An empty list has every name, NULL ("all of them") included. */
bool scope_has(const struct str_list *scope, const char *name);
bool binding_gives(const struct binding *b, enum permission p, int64_t now);
bool binding_allows(const struct binding *b, enum permission p, const char *product,
    const char *channel, int64_t now);

#endif
