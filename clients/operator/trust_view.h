/* clients/operator/trust_view.h: a trust statement for people and for machines. */
#ifndef SIGNET_OPERATOR_TRUST_VIEW_H
#define SIGNET_OPERATOR_TRUST_VIEW_H

#include <jansson.h>

#include "clients/operator/text.h"
#include "clients/operator/trust_file.h"

/*
 * All that it says, and which of its signers have signed: "yes", "no", or "broken" where a
 * signature does not verify. Freed by the caller.
 */
json_t *trust_view(const struct trust_file *file);
void trust_view_print(const struct screen *out, const json_t *view);

#endif
