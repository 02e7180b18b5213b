/* server/rollover_internal.h: what the parts of the ceremony share. */
#ifndef SIGNET_SERVER_ROLLOVER_INTERNAL_H
#define SIGNET_SERVER_ROLLOVER_INTERNAL_H

#include "ca/policy.h"
#include "hsm/hsm.h"
#include "server/rollover.h"

#define KEY_URI_MAX 160

/* One certificate that is made, and the row that it goes into. */
struct piece {
	const char *name;            /* of the authority; NULL: it makes none, it is a link */
	const struct authority *old; /* whom it follows, or whose key a link certifies */
	struct hsm_key *key;
	struct buf certificate;
};

struct rolling {
	const struct invocation *v;
	const struct rollover_options *o;
	struct db *db;
	struct policy *policy;
	struct hsm *hsm, *old_root_hsm, *new_root_hsm;
	struct hsm_key *old_root_key;
	const struct authority *old_root; /* whose successor is made; NULL: no root is made */
	const struct authority *upper;    /* the root there is that signs */
	const struct authority *issuing;  /* who is followed below */
	int64_t now;
	struct piece root, new_with_old, old_with_new, below;
};

static inline const char *rollover_key_uri(const char *authority, char uri[static KEY_URI_MAX])
{
	snprintf(uri, KEY_URI_MAX, "file:%s.key", authority);
	return uri;
}

/* The root that signs what is made below. */
static inline struct span rollover_upper(const struct rolling *r)
{
	return r->old_root ? buf_span(&r->root.certificate) : r->upper->certificate;
}

/* rollover_plan.c: who is meant, and can it be done? */
struct status rollover_plan(struct rolling *r, struct err *err);
/* rollover_store.c: all of it in one transaction. */
struct status rollover_store(struct rolling *r, FILE *out, struct err *err);

#endif
