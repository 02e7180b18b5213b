/* ca/policy_load.c: what the database holds becomes a snapshot, with the keys that are on this
 * node. */
#include "ca/policy_internal.h"

#include <stdio.h>
#include <string.h>

/* A key that is for another certificate would sign what nobody can verify. */
static void adopt_key(struct authority *a, struct hsm_key *key)
{
	if (span_equal(hsm_key_spki(key), a->spki)) {
		a->key = key;
		return;
	}
	snprintf(a->key_problem, sizeof(a->key_problem),
	    "the key at %.80s is not that of the authority's certificate", a->key_uri);
	hsm_key_free(key);
}

static void open_key(struct hsm *hsm, struct authority *a)
{
	struct err why = {0};
	struct hsm_key *key = NULL;

	if (!a->key_uri)
		return;
	if (!hsm)
		snprintf(a->key_problem, sizeof(a->key_problem), "no key store is open");
	else if (hsm_key_open(hsm, a->key_uri, &key, &why).ok)
		adopt_key(a, key);
	else
		snprintf(a->key_problem, sizeof(a->key_problem), "%.150s", why.message);
}

struct status policy_load(
    struct db *db, struct hsm *hsm, struct policy **ret_policy, struct err *err)
{
	AUTO_REF(policy) p = policy_new();
	struct clock clock = clock_system();
	struct policy_rows rows;
	struct policy_item *items;

	TRY(policy_rows_read(db, &p->arena, &rows, err));
	TRY(policy_items_of_rows(&rows, &p->arena, &items, err));
	p->version = rows.version;
	p->built_at = clock_now(&clock);
	TRY(policy_build(p, items, rows.count, err));
	for (size_t i = 0; i < p->authority_count; i++)
		open_key(hsm, &p->authorities[i]);
	*ret_policy = TAKE(p);
	return STATUS_OK;
}
