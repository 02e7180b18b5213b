/* api/enrollment.h: enrollments listed and explained: handlers of /api/v1/enrollments. */
#ifndef SIGNET_API_ENROLLMENT_H
#define SIGNET_API_ENROLLMENT_H

#include "api/page.h"
#include "api/route.h"
#include "base/json.h"

struct enrollment_view; /* sql/enrollment_view.h */

struct enrollment_list_query {
	struct page_query page;
	char *outcome, *state, *label, *product, *serial;
};
extern const struct field enrollment_list_fields[];

struct status enrollment_list_get(
    struct call *call, struct http_response *response, struct err *err);
/* From the stored record alone: the rule, the value and the fix. */
struct status enrollment_one_get(
    struct call *call, struct http_response *response, struct err *err);

/* What is there and the caller's to see. */
struct status enrollment_find(
    const struct call *call, struct enrollment_view *ret_row, struct err *err);
/* One of them, as clients see it. */
void enrollment_json(struct json *j, const char *name, const struct enrollment_view *e);

#endif
