/* api/mass_revocation_view.h: mass revocations and what a selection finds, as JSON. */
#ifndef SIGNET_API_MASS_REVOCATION_VIEW_H
#define SIGNET_API_MASS_REVOCATION_VIEW_H

#include "api/route.h"
#include "base/json.h"
#include "ca/mass_revoke.h"

/* A MassRevocation; item is a struct mass_act_row. */
void mass_put_act(struct json *j, const void *item);
void mass_answer_act(
    const struct call *call, struct http_response *response, const struct mass_act_row *row);
/* A MassSelection, with status 200: what the order would revoke, and some of it. */
void mass_answer_selection(const struct call *call, struct http_response *response,
    const struct mass_order *order, const int64_t *sample, size_t count);

#endif
