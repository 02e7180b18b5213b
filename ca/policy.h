/*
 * ca/policy.h: policy as it is in force: an immutable snapshot of what the database holds.
 *
 * A snapshot is built whole (ca/policy_load.c), checked whole, and swapped in; a
 * request holds one reference from its start to its end and is judged by it alone.
 */
#ifndef SIGNET_CA_POLICY_H
#define SIGNET_CA_POLICY_H

#include "access/access.h"
#include "base/clock.h"
#include "ca/policy_model.h"

struct db;
struct log;

struct policy {
	int64_t version; /* the database's policy version that it was built from */
	int64_t built_at;
	struct authority *authorities;
	size_t authority_count;
	struct profile *profiles;
	size_t profile_count;
	struct trust_anchor *anchors;
	size_t anchor_count;
	struct product *products;
	size_t product_count;
	struct label *labels;
	size_t label_count;
	struct access *access; /* who may do what; never NULL once it is built */
	struct arena arena;
	/* the rest is policy.c's */
	int references; /* atomic */
};

/* Lookups; NULL: none. Few rows: linear. */
struct authority *policy_authority(const struct policy *p, const char *name);
struct profile *policy_profile(const struct policy *p, const char *name);
struct trust_anchor *policy_anchor(const struct policy *p, const char *name);
struct product *policy_product(const struct policy *p, const char *manufacturer, const char *model);
/* segment NULL or "": the unlabelled one. */
struct label *policy_label(const struct policy *p, const char *segment);
/* The authority with this SKI (AKI of a certificate that one of ours may have issued). */
struct authority *policy_authority_by_ski(const struct policy *p, struct span ski);

/*
 * Build a snapshot from the database and open the authorities' keys. A key that
 * will not open does not fail the snapshot: the authority has key NULL and says why.
 * ERR_DATABASE, ERR_CONFIG (inconsistent policy: cannot be, since apply checks).
 */
struct status policy_load(
    struct db *db, struct hsm *hsm, struct policy **ret_policy, struct err *err);
void policy_release(struct policy *p); /* NULL allowed; the last one frees */

/* The one place that says which snapshot is current. Thread-safe. */
struct policy_holder;
struct policy_holder *policy_holder_new(void);
void policy_holder_free(struct policy_holder *h);
struct policy *policy_current(
    struct policy_holder *h); /* a reference to release; NULL before the first */
void policy_swap(struct policy_holder *h, struct policy *next); /* takes next over */
/*
 * Who has seen in the store that there is version `seen` is not judged by an older one: where the
 * current snapshot is older, load and swap in the newest, one caller at a time while the others
 * wait. On failure the current one stays.
 */
struct status policy_refresh(
    struct policy_holder *h, struct db *db, struct hsm *hsm, int64_t seen, struct err *err);

DEFINE_AUTO_REF(policy, policy_release)

#endif
