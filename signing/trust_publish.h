/*
 * signing/trust_publish.h: hand out a product's trust statement (signing/format/trust.h). The
 * server checks and distributes: it has none of the keys that sign these.
 */
#ifndef SIGNET_SIGNING_TRUST_PUBLISH_H
#define SIGNET_SIGNING_TRUST_PUBLISH_H

#include "signing/release_publish.h"
#include "sql/trust_statement.h"

/* The product that a statement is for, to find who may publish it. In the arena. ERR_INPUT
 * trust.form. */
struct status trust_product(
    struct span file, struct arena *arena, const char **ret_product, struct err *err);

/* Digest and what approvers read: version, keys, grants, from what to what. ERR_INPUT trust.form.
 */
struct status trust_plan(const struct release_context *c, const struct release_product *product,
    struct span file, struct arena *arena, struct release_step_plan *ret_plan, struct err *err);

/*
 * Store it: the first of its product, or signed by the quorum of the newest one and by its own,
 * with the next version. The one that is newest already is left as it is (ret_made false). Log
 * entry "trust.published". ERR_INPUT trust.form; ERR_UNFIT trust.product; ERR_DENIED trust.quorum;
 * ERR_CONFLICT trust.version.
 */
struct status trust_publish(const struct release_context *c, const struct release_product *product,
    struct span file, const struct release_actor *by, struct arena *arena,
    struct trust_row *ret_row, bool *ret_made, struct err *err);

#endif
