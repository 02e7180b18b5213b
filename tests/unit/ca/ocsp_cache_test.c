/* tests/unit/ca/ocsp_cache_test.c: what is kept, what is dropped, and when nothing is to be
 * believed. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/clock.h"
#include "ca/ocsp_cache.h"

static const struct ocsp_state good = {OCSP_GOOD, 0, 0}, revoked = {OCSP_REVOKED, 1, 5},
			       unknown = {OCSP_UNKNOWN, 0, 0};

static struct ocsp_key key_of(uint8_t serial[static 16], uint64_t number)
{
	memset(serial, 0x41, 16);
	memcpy(serial, &number, sizeof(number));
	return (struct ocsp_key){1, span(serial, 16)};
}

static struct ocsp_answer *answer_of(size_t n)
{
	struct ocsp_answer *a = ocsp_answer_new();

	for (size_t i = 0; i < n; i++)
		buf_put_byte(&a->der, 1);
	return a;
}

/* -1: not known. */
static int status_of(struct ocsp_cache *c, const struct ocsp_key *key)
{
	struct ocsp_state state;
	struct ocsp_answer *answer;

	if (!ocsp_cache_find(c, key, 0, &state, &answer))
		return -1;
	ocsp_answer_release(answer);
	return (int)state.status;
}

Test(ca_ocsp_cache, keeps_by_authority_and_serial_until_dropped)
{
	struct ocsp_cache *c = ocsp_cache_new(7);
	uint8_t a[16];
	const struct ocsp_key key = key_of(a, 1), other = {2, key.serial};

	ocsp_cache_keep_state(c, ocsp_cache_epoch(c), &key, &revoked);
	cr_expect_eq(status_of(c, &key), OCSP_REVOKED);
	cr_expect_eq(status_of(c, &other), -1);
	ocsp_cache_drop(c, &key);
	cr_expect_eq(status_of(c, &key), -1);
	ocsp_cache_free(c);
}

Test(ca_ocsp_cache, what_was_never_issued_is_not_kept)
{
	struct ocsp_cache *c = ocsp_cache_new(7);
	uint8_t a[16];
	const struct ocsp_key key = key_of(a, 1), none = {1, SPAN_NONE};

	ocsp_cache_keep_state(c, ocsp_cache_epoch(c), &key, &unknown);
	ocsp_cache_keep_state(c, ocsp_cache_epoch(c), &none, &good);
	cr_expect_eq(status_of(c, &key), -1);
	cr_expect_eq(status_of(c, &none), -1);
	ocsp_cache_free(c);
}

/* Read as good, revoked meanwhile, kept too late: the good would stand. */
Test(ca_ocsp_cache, what_was_read_before_something_was_dropped_is_not_kept)
{
	struct ocsp_cache *c = ocsp_cache_new(7);
	uint8_t a[16];
	const struct ocsp_key key = key_of(a, 1);
	struct ocsp_answer *answer = answer_of(10), *found = NULL;
	struct ocsp_state state;
	uint64_t epoch = ocsp_cache_epoch(c);

	ocsp_cache_drop(c, &key);
	ocsp_cache_keep_state(c, epoch, &key, &good);
	cr_expect_eq(status_of(c, &key), -1);
	epoch = ocsp_cache_epoch(c);
	ocsp_cache_clear(c);
	ocsp_cache_keep_state(c, epoch, &key, &good);
	cr_expect_eq(status_of(c, &key), -1);
	/* The same with an answer: its state was read anew, it was signed of the old one. */
	ocsp_cache_keep_state(c, ocsp_cache_epoch(c), &key, &revoked);
	ocsp_cache_keep_answer(c, epoch, &key, 0, answer);
	cr_assert(ocsp_cache_find(c, &key, 0, &state, &found));
	cr_expect_null(found);
	ocsp_answer_release(answer);
	ocsp_cache_free(c);
}

Test(ca_ocsp_cache, answers_are_kept_by_spelling_and_outlive_the_cache)
{
	struct ocsp_cache *c = ocsp_cache_new(7);
	uint8_t a[16];
	const struct ocsp_key key = key_of(a, 1);
	struct ocsp_answer *answer = answer_of(10), *found = NULL, *none = NULL;
	struct ocsp_state state;

	ocsp_cache_keep_answer(c, ocsp_cache_epoch(c), &key, 2, answer);
	cr_expect_eq(status_of(c, &key), -1, "an answer without a state");
	ocsp_cache_keep_state(c, ocsp_cache_epoch(c), &key, &good);
	ocsp_cache_keep_answer(c, ocsp_cache_epoch(c), &key, 2, answer);
	cr_assert(ocsp_cache_find(c, &key, 2, &state, &found));
	cr_expect_eq(found, answer);
	cr_assert(ocsp_cache_find(c, &key, 1, &state, &none));
	cr_expect_null(none);
	ocsp_answer_release(answer);
	ocsp_cache_free(c);
	cr_expect_eq(found->der.n, 10);
	ocsp_answer_release(found);
}

/* As many certificates as one likes, answers as large as one likes. */
Test(ca_ocsp_cache, is_bounded_in_entries_and_octets)
{
	struct ocsp_cache *c = ocsp_cache_new(7);
	size_t known = 0, answers = 0;

	for (uint64_t i = 0; i < 3 * OCSP_CACHE_ENTRIES; i++) {
		uint8_t a[16];
		const struct ocsp_key key = key_of(a, i * 7919);
		struct ocsp_answer *answer = answer_of(2000);

		ocsp_cache_keep_state(c, ocsp_cache_epoch(c), &key, &good);
		ocsp_cache_keep_answer(c, ocsp_cache_epoch(c), &key, 0, answer);
		ocsp_answer_release(answer);
	}
	for (uint64_t i = 0; i < 3 * OCSP_CACHE_ENTRIES; i++) {
		uint8_t a[16];
		const struct ocsp_key key = key_of(a, i * 7919);
		struct ocsp_answer *found = NULL;
		struct ocsp_state state;

		known += ocsp_cache_find(c, &key, 0, &state, &found);
		answers += found != NULL;
		ocsp_answer_release(found);
	}
	cr_expect(known <= OCSP_CACHE_ENTRIES && known > OCSP_CACHE_ENTRIES / 2, "%zu", known);
	cr_expect(answers * 2000 <= OCSP_CACHE_BYTES && answers > 1000, "%zu", answers);
	ocsp_cache_free(c);
}

Test(ca_ocsp_cache, is_fresh_only_while_the_store_is_heard)
{
	struct ocsp_cache *c = ocsp_cache_new(7);

	cr_expect(!ocsp_cache_is_fresh(c));
	cr_expect_eq(ocsp_cache_age(c), INT64_MAX);
	ocsp_cache_heard(c, monotonic_ms());
	cr_expect(ocsp_cache_is_fresh(c));
	ocsp_cache_heard(c, monotonic_ms() - OCSP_FRESH_MS - 1);
	cr_expect(!ocsp_cache_is_fresh(c));
	ocsp_cache_free(c);
}

/* ---- many at once; ThreadSanitizer looks on ---- */

#define KEYS 64
struct crowd {
	struct ocsp_cache *cache;
	atomic_int truth[KEYS]; /* what the store says */
	atomic_int wrong;
	atomic_bool stop;
};

/* Reads the store, keeps what it said; what it finds was true at some time since it began. */
static void *reader(void *context)
{
	struct crowd *w = context;

	for (uint64_t i = 0; !atomic_load(&w->stop); i++) {
		const size_t at = i * 31 % KEYS;
		uint8_t a[16];
		const struct ocsp_key key = key_of(a, at);
		const uint64_t epoch = ocsp_cache_epoch(w->cache);
		const struct ocsp_state said =
		    atomic_load(&w->truth[at]) == OCSP_GOOD ? good : revoked;
		struct ocsp_answer *answer = answer_of(50);

		ocsp_cache_keep_state(w->cache, epoch, &key, &said);
		answer->status = said.status;
		ocsp_cache_keep_answer(w->cache, epoch, &key, 0, answer);
		ocsp_answer_release(answer);
	}
	return NULL;
}

/* Revokes one by one, drops it, and looks: from then on nobody may find it good. */
static void *feed(void *context)
{
	struct crowd *w = context;

	for (size_t at = 0; at < KEYS; at++) {
		uint8_t a[16];
		const struct ocsp_key key = key_of(a, at);

		atomic_store(&w->truth[at], OCSP_REVOKED);
		ocsp_cache_drop(w->cache, &key);
		for (int i = 0; i < 2000; i++) {
			struct ocsp_answer *found = NULL;
			struct ocsp_state state;

			if (!ocsp_cache_find(w->cache, &key, 0, &state, &found))
				continue;
			if (state.status != OCSP_REVOKED ||
			    (found && found->status != OCSP_REVOKED))
				atomic_fetch_add(&w->wrong, 1);
			ocsp_answer_release(found);
		}
	}
	atomic_store(&w->stop, true);
	return NULL;
}

Test(ca_ocsp_cache, nobody_finds_good_what_was_revoked_and_dropped)
{
	struct crowd w = {.cache = ocsp_cache_new(7)};
	pthread_t threads[4];

	for (size_t i = 0; i < COUNT(threads); i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, i == 0 ? feed : reader, &w), 0);
	for (size_t i = 0; i < COUNT(threads); i++)
		pthread_join(threads[i], NULL);
	cr_expect_eq(atomic_load(&w.wrong), 0);
	ocsp_cache_free(w.cache);
}
