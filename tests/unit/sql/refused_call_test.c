/* What strangers cause is bounded, by count and by age, apart from what known callers cause. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "sql/idempotency.h"
#include "sql/refused_call.h"
#include "tests/lib/pg.h"

#define DAY INT64_C(86400)
#define NOW INT64_C(1800000000)

static void add(struct db *db, const char *principal, int64_t at)
{
	const struct refused_call row = {.at = at,
	    .principal = principal,
	    .method = "GET",
	    .path = "/",
	    .status = 403,
	    .code = "access.denied",
	    .message = "no",
	    .peer = "192.0.2.1",
	    .request_id = "r"};
	struct err err = {0};
	int64_t id;

	cr_assert(refused_call_add(db, &row, &id, &err).ok, "%s", err.cause);
}

static long long left(const struct pg_database *d, const char *where)
{
	char sql[128];

	snprintf(
	    sql, sizeof(sql), "SELECT count(*) FROM refused_call WHERE principal IS %s", where);
	return pg_number(d, sql);
}

Test(sql_refused_call, purging_keeps_the_newest_of_each_kind)
{
	struct pg_database d = pg_database_new(true);
	AUTO_REF(db) db = pg_open(&d);
	struct err err = {0};
	int64_t removed = 0;

	for (int i = 0; i < 10; i++) {
		add(db, NULL, NOW - i * DAY);
		add(db, "alice", NOW - i * DAY);
	}
	cr_assert(
	    refused_call_purge(db, false, 4, NOW - 100 * DAY, &removed, &err).ok, "%s", err.cause);
	cr_expect_eq(removed, 6);
	cr_expect_eq(left(&d, "NULL"), 4);
	cr_expect_eq(left(&d, "NOT NULL"), 10);
	cr_assert(
	    refused_call_purge(db, true, 100, NOW - 3 * DAY, &removed, &err).ok, "%s", err.cause);
	cr_expect_eq(left(&d, "NOT NULL"), 4);
	cr_expect_eq(left(&d, "NULL"), 4);
	pg_database_drop(&d);
}

/* ---- Idempotency-Key ---- */

static bool take(
    struct db *db, const struct idempotency_key *key, struct idempotency_answer *answer)
{
	AUTO(arena) arena = {0};
	struct digest call;
	struct err err = {0};
	bool known;

	cr_assert(
	    idempotency_take(db, key, &arena, &known, &call, answer, &err).ok, "%s", err.cause);
	return known;
}

Test(sql_idempotency, a_key_is_known_for_a_while_and_then_free)
{
	struct pg_database d = pg_database_new(true);
	AUTO_REF(db) db = pg_open(&d);
	struct idempotency_key key = {
	    .principal = "alice", .key = "k", .now = NOW, .free_before = NOW - DAY};
	const struct idempotency_answer kept = {.status = 201, .body = SPAN_LITERAL("{}")};
	struct idempotency_answer got = {0};
	struct err err = {0};
	int64_t removed;

	cr_expect_not(take(db, &key, &got));
	cr_assert(idempotency_keep(db, &key, &kept, &err).ok, "%s", err.cause);
	cr_expect(take(db, &key, &got));
	cr_expect_eq(got.status, 201);
	key.now = NOW + 2 * DAY;
	key.free_before = NOW + DAY;
	cr_expect_not(take(db, &key, &got));
	cr_assert(idempotency_purge(db, NOW + 3 * DAY, &removed, &err).ok, "%s", err.cause);
	cr_expect_eq(removed, 1);
	pg_database_drop(&d);
}

/* Two at once: the second waits for the end of the first, and sees whether it came to anything. */
Test(sql_idempotency, who_comes_second_waits_for_the_first)
{
	struct pg_database d = pg_database_new(true);
	AUTO_REF(db) one = pg_open(&d);
	AUTO_REF(db) two = db_new(&(struct db_config){d.server, 300, "second"});
	const struct idempotency_key key = {
	    .principal = "alice", .key = "k", .now = NOW, .free_before = NOW - DAY};
	struct idempotency_answer got = {0};
	AUTO(arena) arena = {0};
	struct digest call;
	struct err err = {0};
	bool known;

	cr_assert(db_begin(one, &err).ok);
	cr_expect_not(take(one, &key, &got));
	cr_assert(db_begin(two, &err).ok);
	cr_expect_not(idempotency_take(two, &key, &arena, &known, &call, &got, &err).ok,
	    "the second did not wait");
	db_rollback(two);
	/* The first came to nothing: the key is free. */
	db_rollback(one);
	cr_expect_not(take(two, &key, &got));
	pg_database_drop(&d);
}
