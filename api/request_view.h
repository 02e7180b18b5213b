/* api/request_view.h: requests as clients see them. */
#ifndef SIGNET_API_REQUEST_VIEW_H
#define SIGNET_API_REQUEST_VIEW_H

#include "api/route.h"
#include "base/json.h"
#include "sql/request.h"

struct policy_outcome; /* ca/policy_apply.h */

/* One request as an object. Not whole: without what can be large, the body and the difference. */
void request_json(struct json *j, const char *name, const struct call *call,
    const struct request_row *row, bool whole);

/* [{kind, name, effect, difference: [{path, old, new}]}], in the arena. */
const char *request_difference(const struct policy_outcome *outcome, struct arena *arena);

#endif
