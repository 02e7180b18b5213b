/* What the threads of one server tell each other of the log. */
#include <criterion/criterion.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/clock.h"
#include "signing/log_board.h"

TestSuite(signing_log_board, .timeout = 60);

Test(signing_log_board, is_unsound_until_somebody_compared)
{
	struct log_board *b = log_board_new(2);
	char why[64];

	cr_expect_eq(log_board_health(b, why, sizeof(why)), LOG_AWAY);
	log_board_judge(b, LOG_REFUSED, "it lies behind");
	cr_expect_eq(log_board_health(b, why, 8), LOG_REFUSED);
	cr_expect_str_eq(why, "it lies");
	log_board_judge(b, LOG_SOUND, "");
	cr_expect_eq(log_board_health(b, why, sizeof(why)), LOG_SOUND);
	cr_expect_eq(log_board_health(NULL, why, sizeof(why)), LOG_SOUND);
	log_board_free(b);
}

Test(signing_log_board, tiles_are_found_by_all_of_their_name)
{
	struct log_board *b = log_board_new(2);
	AUTO(arena) arena = {0};
	AUTO(buf) large = {0};
	struct span bytes;

	log_board_keep(b, 1, 0, 7, SPAN_LITERAL("seven"));
	cr_assert(log_board_find(b, 1, 0, 7, &arena, &bytes));
	cr_expect(span_equal_str(bytes, "seven"));
	cr_expect_not(log_board_find(b, 2, 0, 7, &arena, &bytes));
	cr_expect_not(log_board_find(b, 1, -1, 7, &arena, &bytes));
	cr_expect_not(log_board_find(b, 1, 0, 7 + LOG_BOARD_TILES, &arena, &bytes));
	/* Who comes later to the same place stays. */
	log_board_keep(b, 1, 0, 7 + LOG_BOARD_TILES, SPAN_LITERAL("other"));
	cr_expect_not(log_board_find(b, 1, 0, 7, &arena, &bytes));
	buf_reserve(&large, LOG_BOARD_TILE_MAX + 1);
	large.n = LOG_BOARD_TILE_MAX + 1;
	memset(large.p, 0, large.n);
	log_board_keep(b, 1, 0, 8, buf_span(&large));
	cr_expect_not(log_board_find(b, 1, 0, 8, &arena, &bytes), "more than was to be kept");
	log_board_free(b);
}

Test(signing_log_board, what_is_shown_is_a_copy)
{
	struct log_board *b = log_board_new(2);
	AUTO(arena) arena = {0};
	struct log_shown s = log_board_shown(b, &arena);

	cr_expect_eq(s.origin_id, 0);
	log_board_show(b, 3, "vkey", 12, "note\n");
	s = log_board_shown(b, &arena);
	log_board_show(b, 3, "vkey", 13, "later\n");
	cr_expect_eq(s.size, 12);
	cr_expect(span_equal_str(s.note, "note\n"));
	cr_expect_str_eq(s.vkey, "vkey");
	log_board_free(b);
}

Test(signing_log_board, no_more_wait_than_there_are_places)
{
	struct log_board *b = log_board_new(2);

	cr_expect(log_board_enter(b));
	cr_expect(log_board_enter(b));
	cr_expect_not(log_board_enter(b));
	log_board_leave(b);
	cr_expect(log_board_enter(b));
	cr_expect_not(log_board_enter(b));
	log_board_free(b);
}

struct rounds {
	struct log_board *board;
	atomic_bool stop;
	atomic_int done;
};

static void *integrator(void *context)
{
	struct rounds *r = context;
	struct pollfd asked = {.fd = log_board_event(r->board), .events = POLLIN};

	while (!atomic_load(&r->stop)) {
		(void)poll(&asked, 1, 10000);
		log_board_begin(r->board);
		atomic_fetch_add(&r->done, 1);
		log_board_end(r->board);
	}
	return NULL;
}

static void *asker(void *context)
{
	struct rounds *r = context;

	for (int i = 0; i < 200; i++)
		cr_expect(log_board_await(r->board, 5000));
	return NULL;
}

/* Nobody is woken by a round that began before they asked, and nobody waits for the clock. */
Test(signing_log_board, who_asks_is_woken_by_a_round_of_their_own)
{
	struct rounds r = {.board = log_board_new(2)};
	pthread_t thread, askers[4];
	int64_t begun = monotonic_ms();

	pthread_create(&thread, NULL, integrator, &r);
	for (int i = 0; i < 4; i++)
		pthread_create(&askers[i], NULL, asker, &r);
	for (int i = 0; i < 4; i++)
		pthread_join(askers[i], NULL);
	cr_expect_lt(monotonic_ms() - begun, 5000, "somebody waited for the clock");
	cr_expect_geq(atomic_load(&r.done), 200);
	atomic_store(&r.stop, true);
	(void)log_board_await(r.board, 1000);
	pthread_join(thread, NULL);
	log_board_free(r.board);
}

Test(signing_log_board, waiting_ends_when_time_is_up_or_nobody_integrates)
{
	struct log_board *b = log_board_new(2);
	int64_t begun = monotonic_ms();

	cr_expect_not(log_board_await(b, 50));
	cr_expect_geq(monotonic_ms() - begun, 49);
	log_board_close(b);
	cr_expect_not(log_board_await(b, 10000));
	cr_expect_lt(monotonic_ms() - begun, 5000);
	log_board_free(b);
}
