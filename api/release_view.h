/* api/release_view.h: releases as clients see them, and what handlers of releases have in common.
 */
#ifndef SIGNET_API_RELEASE_VIEW_H
#define SIGNET_API_RELEASE_VIEW_H

#include "api/route.h"
#include "base/json.h"
#include "signing/release.h"

#define RELEASE_PENDING_RETRY 1 /* seconds: a proof is there within two */

/* One of a list: without steps and request. For call_answer_rows(). */
void release_put_row(struct json *j, const void *row);
/* Whole, from the store, with the row's status or this one (0: the row's). The ETag is that of the
 * text: it changes with every approval as well. */
struct status release_answer(const struct call *call, const struct release_row *row, int status,
    struct http_response *response, struct err *err);
/* 200 with a file whose ETag is its SHA-256, or 304. */
void release_answer_file(
    const struct call *call, struct span bytes, struct http_response *response);

struct release_context release_context_of(const struct call *call);
/* Of policy. ERR_MISSING object.unknown. */
struct status release_product_of(const struct call *call, const char *name,
    struct release_product *ret_product, struct err *err);
/* The one whose id stands in the path, where release.read reaches it. ERR_MISSING release.unknown.
 */
struct status release_seen(struct call *call, struct release_row *ret_row, struct err *err);
/* The same, where the row's own permission reaches it, too. ERR_DENIED access.denied. */
struct status release_held(struct call *call, struct release_row *ret_row, struct err *err);

#endif
