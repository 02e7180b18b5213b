/* tests/unit/signing/release_publish_test.c: what devices find, and what they must leave. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <string.h>

#include "signing/format/recall.h"
#include "signing/recall.h"
#include "signing/release_window.h"
#include "tests/unit/signing/release_scene.h"

static struct release_scene *s;
static void open_scene(void)
{
	s = release_scene_new();
}
static void close_scene(void)
{
	release_scene_free(s);
}
TestSuite(release_publish, .timeout = 180, .init = open_scene, .fini = close_scene);
TestSuite(release_recall, .timeout = 180, .init = open_scene, .fini = close_scene);

static struct release_newest newest(void)
{
	struct release_newest n;
	struct err err = {0};

	cr_assert(release_newest(s->context.db, s->product.id, "stable", &s->arena, &n, &err).ok,
	    "%s", err.message);
	return n;
}

static void expect_publish(int64_t id, const char *code)
{
	struct release_row row;
	struct err err = {0};

	cr_expect_not(scene_publish(s, id, &row, &err).ok, "%s", code);
	cr_expect_str_eq(err_code(&err), code, "%s: %s", err_code(&err), err.message);
}

Test(release_publish, devices_find_the_newest_and_its_bundle_stays)
{
	const struct release_row first = scene_published(s, "1"), second = scene_published(s, "2");
	const struct release_newest n = newest();
	struct span bytes, again;
	struct digest digest;
	struct err err = {0};
	const struct release_row row = scene_release(s, second.id);

	cr_expect_eq(n.id, second.id);
	cr_expect_gt(n.sequence, first.sequence);
	cr_expect_str_eq(n.version, "2");
	cr_assert(release_bundle_get(s->context.db, n.id, &s->arena, &bytes, &digest, &err).ok);
	cr_expect_eq(n.size, (int64_t)bytes.n);
	digest = sha256(bytes);
	cr_expect_eq(memcmp(&digest, &n.sha256, sizeof(digest)), 0);
	/* the same octets, although the log has grown */
	scene_act(&s->log, 3);
	scene_prove(s);
	cr_assert(release_bundle(&s->context, &row, 0, &s->arena, &again, &err).ok);
	cr_expect(span_equal(bytes, again));
}

Test(release_publish, only_what_is_signed_and_proven_is_published)
{
	struct release_row row = scene_created(s, "1");
	struct err err = {0};

	expect_publish(row.id, "release.state");
	cr_assert(scene_sign_release(s, row.id, &row, &err).ok);
	expect_publish(row.id, "log.pending");
	scene_prove(s);
	cr_expect(scene_publish(s, row.id, &row, &err).ok, "%s", err.message);
	/* again: nothing happens */
	cr_expect(scene_publish(s, row.id, &row, &err).ok, "%s", err.message);
	cr_expect_eq(pg_number(&s->log.database, "SELECT count(*) FROM release_bundle"), 1);
	cr_expect_eq(pg_number(&s->log.database,
			 "SELECT count(*) FROM log_entry WHERE kind = 'release.published'"),
	    1);
}

Test(release_publish, nothing_older_than_what_was_published)
{
	const struct release_row old = scene_signed(s, "1"), new = scene_published(s, "2");
	struct release_row row;
	struct err err = {0};

	expect_publish(old.id, "release.older");
	cr_assert(scene_recall(s, new.id, 0, &row, &err).ok, "%s", err.message);
	expect_publish(old.id, "release.older");
}

Test(release_publish, another_channel_has_an_order_of_its_own)
{
	struct release_new n = release_scene_content(s, "1");
	struct release_row beta, row;
	struct err err = {0};
	bool made;

	n.channel = "beta";
	cr_assert(scene_create(s, &n, "alice", &beta, &made, &err).ok, "%s", err.message);
	cr_assert(scene_sign_release(s, beta.id, &row, &err).ok, "%s", err.message);
	(void)scene_published(s, "2");
	cr_expect(scene_publish(s, beta.id, &row, &err).ok, "%s", err.message);
}

/* ---- windows ---- */

/* RELEASE_NOW is a Friday at 08:00 UTC. */
#define FRIDAY (1U << 4)
#define MONDAY (1U << 0)
#define HOUR   INT64_C(3600)

static void set_windows(const struct release_window *rows, size_t n)
{
	s->stable->windows.items = arena_alloc(&s->arena, n * sizeof(*rows));
	s->stable->windows.count = n;
	memcpy(s->stable->windows.items, rows, n * sizeof(*rows));
}

Test(release_publish, a_window_opens_and_closes_to_the_minute)
{
	static const struct release_window rows[] = {
	    {.days = FRIDAY, .from_minute = 8 * 60, .to_minute = 9 * 60},
	    {.days = MONDAY, .from_minute = 0, .to_minute = 24 * 60}};
	static const struct {
		int64_t after;
		bool open;
		int64_t next; /* hours behind RELEASE_NOW */
	} cases[] = {
	    {-1, false, 0},
	    {0, true, 64},
	    {HOUR - 1, true, 64},
	    {HOUR, false, 64},
	    {64 * HOUR - 1, false, 64}, /* Monday, 00:00 */
	    {64 * HOUR, true, 168},
	    {88 * HOUR - 1, true, 168},
	    {88 * HOUR, false, 168},
	};

	set_windows(rows, COUNT(rows));
	for (size_t i = 0; i < COUNT(cases); i++) {
		const int64_t now = RELEASE_NOW + cases[i].after;

		cr_expect_eq(release_window_open(s->stable, now), cases[i].open, "case %zu", i);
		cr_expect_eq(release_window_next(s->stable, now),
		    RELEASE_NOW + cases[i].next * HOUR, "case %zu", i);
	}
}

Test(release_publish, outside_of_a_window_the_next_one_is_named)
{
	static const struct release_window monday = {
	    .days = MONDAY, .from_minute = 540, .to_minute = 600};
	const struct release_row signed_one = scene_signed(s, "1");
	struct release_row row;
	struct err err = {0};

	scene_prove(s);
	set_windows(&monday, 1);
	cr_expect_not(scene_publish(s, signed_one.id, &row, &err).ok);
	cr_expect_str_eq(err_code(&err), "release.window");
	cr_expect(strstr(err.message, "2027-01-18T09:00:00Z"), "%s", err.message);
}

/* ---- recall ---- */

static bool key_at(const void *context, size_t i, struct cose_key *ret_key)
{
	const struct signer_key *k = context;

	*ret_key = k->public;
	return i == 0;
}

/* The list of stable in force; signed by the channel's key. */
static struct recall list_in_force(void)
{
	AUTO(crypto_openssl) state = {0};
	const struct boot_crypto crypto = crypto_openssl(&state);
	AUTO_REF(signer_key) k = NULL;
	struct cose_signers signers;
	struct recall_row row;
	struct recall list;
	struct err err = {0};

	cr_assert(recall_newest(s->context.db, s->product.id, "stable", &s->arena, &row, &err).ok);
	cr_assert_neq(row.id, 0);
	cr_assert_eq(recall_read(row.bytes, &list), REFUSAL_NONE);
	cr_expect_eq(list.number, (uint64_t)row.number);
	cr_assert(signer_open(s->context.signer, s->stable->keys[0], &k, &err).ok);
	cr_expect_eq(
	    cose_verify_all(&crypto, &(struct cose_keys){key_at, k}, list.file.signatures.items,
		list.file.signatures.count, RECALL_AAD, list.file.payload, &signers),
	    REFUSAL_NONE);
	cr_expect_eq(signers.count, 1);
	return list;
}

Test(release_recall, a_list_names_what_is_recalled_and_where_to_go)
{
	const struct release_row a = scene_published(s, "1"), b = scene_published(s, "2"),
				 c = scene_published(s, "3");
	struct recall first, second;
	struct release_row row;
	struct err err = {0};

	cr_assert(scene_recall(s, a.id, b.id, &row, &err).ok, "%s", err.message);
	cr_expect_str_eq(row.state, "recalled");
	first = list_in_force();
	cr_expect_eq(first.sequences.count, 1);
	cr_expect(recall_has(&first, (uint64_t)a.sequence));
	cr_expect_eq(first.successor, (uint64_t)b.sequence);
	cr_expect(span_equal_str(first.successor_version, "2"));
	cr_assert(scene_recall(s, b.id, 0, &row, &err).ok, "%s", err.message);
	second = list_in_force();
	cr_expect_gt(second.number, first.number);
	cr_expect(recall_has(&second, (uint64_t)a.sequence));
	cr_expect(recall_has(&second, (uint64_t)b.sequence));
	cr_expect_eq(second.successor, (uint64_t)c.sequence);
	cr_expect_eq(newest().id, c.id);
}

Test(release_recall, the_newest_has_no_successor_yet)
{
	const struct release_row a = scene_published(s, "1"), b = scene_published(s, "2");
	struct release_row row;
	struct err err = {0};

	cr_assert(scene_recall(s, b.id, 0, &row, &err).ok, "%s", err.message);
	cr_expect_not(list_in_force().has_successor);
	cr_expect_eq(newest().id, a.id);
	/* again: nothing happens */
	cr_assert(scene_recall(s, b.id, 0, &row, &err).ok, "%s", err.message);
	cr_expect_eq(pg_number(&s->log.database, "SELECT count(*) FROM recall_list"), 1);
}

Test(release_recall, a_successor_is_published_newer_and_of_the_channel)
{
	const struct release_row a = scene_published(s, "1"), b = scene_published(s, "2"),
				 c = scene_signed(s, "3");
	const int64_t wrong[] = {b.id, a.id, c.id, 4711};
	struct release_row row;

	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct err err = {0};

		cr_expect_not(scene_recall(s, b.id, wrong[i], &row, &err).ok);
		cr_expect_str_eq(err_code(&err), "release.successor", "%zu: %s", i, err.message);
	}
	cr_expect_str_eq(scene_release(s, b.id).state, "published");
}

Test(release_recall, what_is_not_signed_is_not_recalled)
{
	const struct release_row a = scene_created(s, "1");
	struct release_row row;
	struct err err = {0};

	cr_expect_not(scene_recall(s, a.id, 0, &row, &err).ok);
	cr_expect_str_eq(err_code(&err), "release.state");
}

/* ---- two at once ---- */

struct racer {
	struct db *db;
	int64_t id;
	pthread_barrier_t *start;
	pthread_t thread;
	bool ok, retryable;
	struct err err;
};

static void *run(void *context)
{
	const struct release_actor by = {.name = "bob", .person = "bob"};
	struct racer *r = context;
	struct release_context c = s->context;
	AUTO(arena) arena = {0};
	struct release_row row;
	struct status done;

	c.db = r->db;
	if (!release_get(r->db, r->id, &arena, &row, &r->err).ok)
		return NULL;
	pthread_barrier_wait(r->start);
	if (!db_begin(r->db, &r->err).ok)
		return NULL;
	done = release_recall(&c, &(struct release_recall){&row, 0}, &by, &arena, &row, &r->err);
	if (done.ok)
		done = db_commit(r->db, &r->err);
	r->ok = done.ok;
	r->retryable = db_retryable(r->db);
	if (!done.ok)
		db_rollback(r->db);
	return NULL;
}

static void race(struct racer *r, size_t n)
{
	pthread_barrier_t start;

	pthread_barrier_init(&start, NULL, (unsigned)n);
	for (size_t i = 0; i < n; i++) {
		r[i].start = &start;
		r[i].db = pg_open(&s->log.database);
		cr_assert_eq(pthread_create(&r[i].thread, NULL, run, &r[i]), 0);
	}
	for (size_t i = 0; i < n; i++) {
		pthread_join(r[i].thread, NULL);
		db_close(r[i].db);
	}
	pthread_barrier_destroy(&start);
}

/* Both succeed, one after the other, or one is told to try again; no list forgets the other's. */
Test(release_recall, two_at_once_are_in_one_line)
{
	for (int round = 0; round < 5; round++) {
		const struct release_row a =
		    scene_published(s, arena_printf(&s->arena, "a%d", round));
		const struct release_row b =
		    scene_published(s, arena_printf(&s->arena, "b%d", round));
		struct racer r[] = {{.id = a.id}, {.id = b.id}};
		size_t won = 0;
		struct recall list;

		race(r, 2);
		for (size_t i = 0; i < 2; i++) {
			struct release_row row;
			struct err err = {0};

			won += r[i].ok;
			cr_expect(r[i].ok || r[i].retryable, "%s", r[i].err.message);
			if (!r[i].ok)
				cr_expect(
				    scene_recall(s, r[i].id, 0, &row, &err).ok, "%s", err.message);
		}
		cr_expect_geq(won, 1);
		list = list_in_force();
		cr_expect(recall_has(&list, (uint64_t)a.sequence));
		cr_expect(recall_has(&list, (uint64_t)b.sequence));
	}
}

Test(release_recall, the_same_twice_at_once_is_once)
{
	const struct release_row a = scene_published(s, "1");
	struct racer r[] = {{.id = a.id}, {.id = a.id}, {.id = a.id}};
	size_t won = 0;

	race(r, COUNT(r));
	for (size_t i = 0; i < COUNT(r); i++) {
		won += r[i].ok;
		cr_expect(r[i].ok || r[i].retryable, "%s", r[i].err.message);
	}
	cr_expect_eq(won, 1);
	cr_expect_eq(pg_number(&s->log.database, "SELECT count(*) FROM recall_list"), 1);
}
