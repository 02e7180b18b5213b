/* tests/unit/ca/policy_holder_test.c: snapshots change hands under load; for TSan and ASan. */
#include <pthread.h>
#include <stdatomic.h>

#include <criterion/criterion.h>

#include "ca/policy_internal.h"

#define READERS 4
#define SWAPS   2000

static struct policy *numbered(int64_t n)
{
	struct policy *p = policy_new();

	/* Twice the same number, in memory that goes with the snapshot: a torn or freed one shows.
	 */
	p->version = n;
	p->labels = arena_alloc(&p->arena, sizeof(*p->labels));
	p->labels[0].name = arena_printf(&p->arena, "label-%lld", (long long)n);
	p->labels[0].unlabelled = true;
	p->labels[0].id = n;
	p->label_count = 1;
	return p;
}

struct race {
	struct policy_holder *holder;
	atomic_bool stop;
	atomic_long reads, wrong;
};

static void *read_on(void *context)
{
	struct race *race = context;
	int64_t last = 0;

	while (!atomic_load(&race->stop)) {
		struct policy *p = policy_current(race->holder);

		/* One request sees one snapshot, and never an older one than the request before. */
		if (policy_label(p, NULL)->id != p->version || p->version < last)
			atomic_fetch_add(&race->wrong, 1);
		last = p->version;
		atomic_fetch_add(&race->reads, 1);
		policy_release(p);
	}
	return NULL;
}

Test(ca_policy_holder, swaps_under_load_tear_nothing_and_lose_nothing, .timeout = 120)
{
	struct race race = {.holder = policy_holder_new()};
	pthread_t readers[READERS];

	policy_swap(race.holder, numbered(1));
	for (int i = 0; i < READERS; i++)
		cr_assert_eq(pthread_create(&readers[i], NULL, read_on, &race), 0);
	for (int64_t n = 2; n < SWAPS; n++)
		policy_swap(race.holder, numbered(n));
	while (atomic_load(&race.reads) < SWAPS)
		;
	atomic_store(&race.stop, true);
	for (int i = 0; i < READERS; i++)
		pthread_join(readers[i], NULL);
	cr_expect_eq(atomic_load(&race.wrong), 0);
	policy_holder_free(race.holder);
}

Test(ca_policy_holder, a_reference_outlives_the_swap)
{
	struct policy_holder *h = policy_holder_new();
	struct policy *held;

	cr_expect_null(policy_current(h));
	policy_swap(h, numbered(1));
	held = policy_current(h);
	policy_swap(h, numbered(2));
	policy_holder_free(h);
	cr_expect_str_eq(held->labels[0].name, "label-1");
	policy_release(held);
	policy_release(NULL);
	policy_holder_free(NULL);
}
