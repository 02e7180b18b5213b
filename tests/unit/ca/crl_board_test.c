/* tests/unit/ca/crl_board_test.c: lists that are shown, while they are replaced. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "ca/crl_board.h"
#include "issue_fixture.h"

static struct crl_file file_of(const char *text)
{
	AUTO_REF(crl_copy) copy = NULL;
	struct crl_file file;
	struct err err = {0};

	cr_assert(crl_copy_new(fixture_directory(), &copy, &err).ok);
	cr_assert(crl_copy_add(copy, span_str(text), &err).ok);
	cr_assert(crl_copy_end(copy, &file, &err).ok, "%s", err.message);
	return file;
}

static bool put(struct crl_board *b, int64_t authority, int64_t shard, bool delta, int64_t number,
    const char *text)
{
	AUTO(crl_file) file = file_of(text);
	const struct crl_shown shown = {.authority_id = authority,
	    .shard = shard,
	    .delta = delta,
	    .number = number,
	    .this_update = 1000 + number,
	    .next_update = 9000 - number,
	    .entries = number};

	return crl_board_put(b, &shown, &file);
}

static void says(
    struct crl_board *b, int64_t authority, int64_t shard, bool delta, const char *text)
{
	struct crl_shown shown;
	void *owner = NULL;
	bool found = crl_board_find(b, authority, shard, delta, &shown, &owner);

	cr_expect_eq(found, text != NULL);
	if (found)
		cr_expect(
		    span_equal_str(shown.der, text ? text : ""), "%.*s", SPAN_PRINT(shown.der));
	crl_shown_release(owner);
}

Test(ca_crl_board, each_list_is_found_by_what_it_is)
{
	struct crl_board *b = crl_board_new();

	for (int64_t a = 3; a > 0; a--)
		for (int64_t s = 0; s < 40; s++) {
			char text[32];

			snprintf(text, sizeof(text), "%d %d", (int)a, (int)s);
			cr_expect(put(b, a, (s * 7) % 40, false, 1, text));
			cr_expect(put(b, a, (s * 7) % 40, true, 1, "delta"));
		}
	says(b, 2, 0, false, "2 0");
	says(b, 1, 7, false, "1 1");
	says(b, 3, 39, true, "delta");
	says(b, 4, 0, false, NULL);
	says(b, 1, 40, false, NULL);
	crl_board_drop(b, 3, 39, true);
	says(b, 3, 39, true, NULL);
	cr_expect_eq(crl_board_number(b, 3, 39, true), 0);
	cr_expect_eq(crl_board_sum(b).lists, 239);
	crl_board_free(b);
}

Test(ca_crl_board, no_list_goes_backwards)
{
	struct crl_board *b = crl_board_new();

	cr_expect(put(b, 1, 0, false, 5, "five"));
	cr_expect_not(put(b, 1, 0, false, 4, "four"));
	cr_expect_not(put(b, 1, 0, false, 5, "another five"));
	says(b, 1, 0, false, "five");
	cr_expect(put(b, 1, 0, false, 6, "six"));
	cr_expect_eq(crl_board_number(b, 1, 0, false), 6);
	cr_expect_eq(crl_board_sum(b).oldest_this_update, 1006);
	crl_board_free(b);
}

Test(ca_crl_board, a_list_that_is_being_sent_outlives_the_next_one)
{
	struct crl_board *b = crl_board_new();
	struct crl_shown shown;
	void *owner = NULL;

	cr_expect(put(b, 1, 0, false, 1, "the first"));
	cr_assert(crl_board_find(b, 1, 0, false, &shown, &owner));
	cr_expect(put(b, 1, 0, false, 2, "the second"));
	crl_board_free(b);
	cr_expect(span_equal_str(shown.der, "the first"));
	crl_shown_release(owner);
}

struct reading {
	struct crl_board *board;
	atomic_bool stop;
	atomic_long backwards;
};

static void *read_on(void *context)
{
	struct reading *r = context;
	int64_t last = 0;

	while (!atomic_load(&r->stop)) {
		struct crl_shown shown;
		void *owner = NULL;

		if (!crl_board_find(r->board, 1, 0, false, &shown, &owner))
			continue;
		if (shown.number < last || !span_equal_str(shown.der, "the same"))
			atomic_fetch_add(&r->backwards, 1);
		last = shown.number;
		crl_shown_release(owner);
	}
	return NULL;
}

Test(ca_crl_board, many_read_while_one_writes)
{
	struct reading r = {.board = crl_board_new()};
	pthread_t threads[3];

	for (size_t i = 0; i < COUNT(threads); i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, read_on, &r), 0);
	for (int64_t n = 1; n <= 500; n++)
		cr_expect(put(r.board, 1, 0, false, n, "the same"));
	atomic_store(&r.stop, true);
	for (size_t i = 0; i < COUNT(threads); i++)
		pthread_join(threads[i], NULL);
	cr_expect_eq(atomic_load(&r.backwards), 0);
	crl_board_free(r.board);
}
