/* tests/unit/sql/db_test.c: connections that break, statements that fail, values that travel. */
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#include "base/clock.h"
#include "sql/db_internal.h"
#include "sql/policy.h"
#include "tests/lib/pg.h"

static struct status add_device(struct db *db, const char *serial, struct err *err)
{
	const char *const serials[] = {serial};
	AUTO(buf) room = {0};
	const struct sql_param params[] = {
	    sql_int(1), sql_array_text(&room, serials, 1), sql_time(1000), sql_text(NULL)};

	return sql_run(db, STATEMENT_device_add_many, params, COUNT(params), NULL, err);
}

/* A statement that fails with a unique violation the second time. */
static struct sql_call product_call(struct sql_param *params, const char *name, const char *model)
{
	params[0] = sql_text(name);
	params[1] = sql_text("{}");
	params[2] = sql_int(1);
	params[3] = sql_time(1000);
	params[4] = sql_text("m");
	params[5] = sql_text(model);
	return (struct sql_call){.statement = STATEMENT_product_put, .params = params, .n = 6};
}

Test(sql_db, a_wrong_address_is_said_at_once)
{
	const struct db_config config = {.conninfo = "host=/nonexistent dbname=x"};
	struct db *db = NULL;
	struct err err = {0};

	cr_expect(!db_open(&config, &db, &err).ok);
	cr_expect_eq(err.kind, ERR_DATABASE);
	cr_expect(strstr(err.cause, "/nonexistent"), "%s", err.cause);
	/* What is private stays private. */
	cr_expect(!strstr(err.message, "/nonexistent"), "%s", err.message);
	cr_expect_null(db);
}

Test(sql_db, between_attempts_the_answer_comes_at_once)
{
	const struct db_config config = {.conninfo = "host=/nonexistent dbname=x"};
	AUTO_REF(db) db = db_new(&config);
	struct err err = {0};
	int64_t start;

	cr_expect(!db_ping(db, &err).ok);
	start = monotonic_ms();
	for (int i = 0; i < 100; i++) {
		err_clear(&err);
		cr_expect(!db_ping(db, &err).ok);
		cr_expect_eq(err.kind, ERR_DATABASE);
	}
	cr_expect(monotonic_ms() - start < 150);
	cr_expect(strstr(err.cause, "next attempt"), "%s", err.cause);
	cr_expect_eq(db_socket(db), -1);
}

Test(sql_db, delays_double_up_to_five_seconds)
{
	const struct db_config config = {.conninfo = "host=/nonexistent dbname=x"};
	AUTO_REF(db) db = db_new(&config);
	static const int64_t want[] = {200, 400, 800, 1600, 3200, 5000, 5000};
	struct err err = {0};

	for (size_t i = 0; i < COUNT(want); i++) {
		db->retry_at = 0; /* as if the time had passed */
		cr_expect(!db_ping(db, &err).ok);
		cr_expect_eq(db->delay, want[i]);
	}
}

Test(sql_db, after_a_restart_the_next_statement_works, .timeout = 60)
{
	struct pg_database d = pg_database_apart();
	AUTO_REF(db) db = pg_open(&d);
	struct err err = {0};

	cr_assert(add_device(db, "A", &err).ok, "%s", err.cause);
	pg_restart(&d);
	cr_assert(add_device(db, "B", &err).ok, "%s (%s)", err.message, err.cause);
	cr_expect_eq(pg_number(&d, "SELECT count(*) FROM device"), 2);
	pg_database_drop(&d);
}

Test(sql_db, while_it_is_away_errors_then_recovery_alone, .timeout = 60)
{
	struct pg_database d = pg_database_apart();
	AUTO_REF(db) db = pg_open(&d);
	struct err err = {0};
	int64_t deadline;

	pg_stop(&d);
	cr_expect(!db_ping(db, &err).ok);
	cr_expect_eq(err.kind, ERR_DATABASE);
	pg_start(&d);
	deadline = monotonic_ms() + 6000;
	do {
		err_clear(&err);
	} while (!db_ping(db, &err).ok && monotonic_ms() < deadline);
	cr_expect_eq(err.kind, ERR_NONE, "%s", err.cause);
	pg_database_drop(&d);
}

Test(sql_db, a_transaction_that_lost_its_connection_stays_lost, .timeout = 60)
{
	struct pg_database d = pg_database_new(true);
	AUTO_REF(db) db = pg_open(&d);
	struct err err = {0};

	cr_assert(db_begin(db, &err).ok);
	cr_assert(add_device(db, "A", &err).ok);
	pg_exec(&d,
	    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'signet_server' "
	    "AND datname = current_database()");
	cr_expect(!add_device(db, "B", &err).ok);
	cr_expect_eq(err.kind, ERR_DATABASE);
	err_clear(&err);
	/* Not on a new connection, where it would stand alone. */
	cr_expect(!add_device(db, "C", &err).ok);
	cr_expect_eq(err.kind, ERR_DATABASE);
	err_clear(&err);
	cr_expect(!db_commit(db, &err).ok);
	cr_expect_eq(pg_number(&d, "SELECT count(*) FROM device"), 0);
	err_clear(&err);
	cr_expect(add_device(db, "D", &err).ok, "%s", err.cause);
	pg_database_drop(&d);
}

Test(sql_db, a_slow_statement_is_cut_off)
{
	struct pg_database d = pg_database_new(true);
	const struct db_config config = {.conninfo = d.server, .statement_timeout_ms = 300};
	AUTO_REF(db) db = db_new(&config);
	AUTO_REF(db) other = pg_open(&d);
	struct err err = {0};
	int64_t version, start = monotonic_ms();

	/* Somebody else holds the row. */
	cr_assert(db_begin(other, &err).ok);
	cr_assert(policy_lock(other, &version, &err).ok);
	cr_expect(!policy_lock(db, &version, &err).ok);
	cr_expect_eq(err.kind, ERR_DATABASE);
	cr_expect(strstr(err.message, "in time"), "%s", err.message);
	cr_expect(monotonic_ms() - start < 3000);
	db_rollback(other);
	err_clear(&err);
	cr_expect(db_ping(db, &err).ok, "%s", err.cause);
	pg_database_drop(&d);
}

Test(sql_db, many_act_by_policy_at_once_but_nobody_while_it_changes)
{
	struct pg_database d = pg_database_new(true);
	const struct db_config config = {.conninfo = d.server, .statement_timeout_ms = 300};
	AUTO_REF(db) one = db_new(&config);
	AUTO_REF(db) two = db_new(&config);
	AUTO_REF(db) changer = db_new(&config);
	struct err err = {0};
	int64_t version, held = -1;

	cr_assert(db_begin(one, &err).ok && policy_hold(one, &version, &err).ok);
	cr_assert(db_begin(two, &err).ok);
	cr_assert(policy_hold(two, &held, &err).ok, "%s", err.message);
	cr_expect_eq(held, version);
	cr_assert(db_begin(changer, &err).ok);
	cr_expect(
	    !policy_lock(changer, &version, &err).ok, "policy changes while others act by it");
	db_rollback(changer);
	db_rollback(one);
	db_rollback(two);

	err_clear(&err);
	cr_assert(db_begin(changer, &err).ok && policy_lock(changer, &version, &err).ok, "%s",
	    err.message);
	cr_assert(db_begin(one, &err).ok);
	cr_expect(!policy_hold(one, &held, &err).ok, "somebody acts by policy while it changes");
	db_rollback(one);
	err_clear(&err);
	cr_assert(policy_bump(changer, version + 1, 1700000000, &err).ok, "%s", err.message);
	cr_assert(db_commit(changer, &err).ok);
	cr_assert(db_begin(one, &err).ok && policy_hold(one, &held, &err).ok, "%s", err.message);
	cr_expect_eq(held, version + 1);
	db_rollback(one);
	pg_database_drop(&d);
}

Test(sql_db, timeouts_hold_on_every_connection)
{
	struct pg_database d = pg_database_new(true);
	AUTO_REF(db) db = pg_open(&d);
	struct err err = {0};
	const char *const want[][2] = {{"statement_timeout", "10s"}, {"lock_timeout", "5s"},
	    {"idle_in_transaction_session_timeout", "30s"}, {"synchronous_commit", "on"},
	    {"search_path", "public, pg_temp"}};

	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < COUNT(want); i++) {
			char show[80];
			PGresult *pg;

			cr_assert(db_use(db, &err).ok);
			snprintf(show, sizeof(show), "SHOW %s", want[i][0]);
			pg = PQexec(db->connection, show);
			cr_expect_str_eq(PQgetvalue(pg, 0, 0), want[i][1], "%s", want[i][0]);
			PQclear(pg);
		}
		db_drop(db);
	}
	pg_database_drop(&d);
}

Test(sql_db, durability_cannot_be_switched_off_for_the_database)
{
	struct pg_database d = pg_database_new(true);
	AUTO_REF(db) db = NULL;
	char sql[160];
	PGresult *pg;

	snprintf(sql, sizeof(sql), "ALTER DATABASE %s SET synchronous_commit = off", d.name);
	pg_exec(&d, sql);
	db = pg_open(&d);
	pg = PQexec(db->connection, "SHOW synchronous_commit");
	cr_expect_str_eq(PQgetvalue(pg, 0, 0), "on");
	PQclear(pg);
	pg_database_drop(&d);
}

/* ---- statements ---- */

Test(sql_run, a_conflict_names_its_constraint)
{
	struct pg_database d = pg_database_new(true);
	AUTO_REF(db) db = pg_open(&d);
	struct sql_param a[6], b[6];
	struct sql_call calls[] = {product_call(a, "one", "X"), product_call(b, "two", "X")};
	struct err err = {0};

	cr_expect(!sql_run_all(db, calls, 2, &err).ok);
	cr_expect_eq(err.kind, ERR_CONFLICT, "%s (%s)", err.message, err.cause);
	cr_expect_str_eq(sql_constraint(db), "product_model");
	cr_expect(strstr(err.cause, "product_model"), "%s", err.cause);
	cr_expect(!sql_retryable(db));
	/* The two were one: neither is there, and the connection goes on. */
	cr_expect_eq(pg_number(&d, "SELECT count(*) FROM product"), 0);
	err_clear(&err);
	cr_expect(db_ping(db, &err).ok, "%s", err.cause);
	pg_database_drop(&d);
}

Test(sql_run, several_in_one_round_trip_are_one_transaction)
{
	struct pg_database d = pg_database_new(true);
	AUTO_REF(db) db = pg_open(&d);
	struct sql_param a[6], b[6];
	struct sql_call calls[] = {product_call(a, "one", "X"), product_call(b, "two", "Y")};
	struct err err = {0};

	cr_assert(sql_run_all(db, calls, 2, &err).ok, "%s (%s)", err.message, err.cause);
	for (int i = 0; i < 2; i++) {
		cr_expect_eq(sql_rows(&calls[i].result), 1);
		cr_expect(sql_get_int(&calls[i].result, 0, 0) > 0);
		sql_result_free(&calls[i].result);
	}
	cr_expect_eq(pg_number(&d, "SELECT count(DISTINCT xmin::text) FROM product"), 1);
	cr_expect_eq(pg_number(&d, "SELECT count(*) FROM product"), 2);
	pg_database_drop(&d);
}

Test(sql_run, the_first_failure_of_several_is_reported_and_nothing_is_kept)
{
	struct pg_database d = pg_database_new(true);
	AUTO_REF(db) db = pg_open(&d);
	struct sql_param a[6], b[6], c[6];
	struct sql_call calls[] = {product_call(a, "one", "X"), product_call(b, "two", NULL),
	    product_call(c, "three", "Z")};
	struct err err = {0};

	cr_expect(!sql_run_all(db, calls, 3, &err).ok);
	cr_expect(strstr(err.cause, "model"), "%s", err.cause);
	for (int i = 0; i < 3; i++)
		cr_expect_null(calls[i].result.pg);
	cr_expect_eq(pg_number(&d, "SELECT count(*) FROM product"), 0);
	err_clear(&err);
	cr_expect(db_ping(db, &err).ok, "%s", err.cause);
	pg_database_drop(&d);
}

Test(sql_run, several_on_a_connection_that_dies_are_an_error)
{
	struct pg_database d = pg_database_new(true);
	AUTO_REF(db) db = pg_open(&d);
	struct sql_param a[6], b[6];
	struct sql_call calls[] = {product_call(a, "one", "X"), product_call(b, "two", "Y")};
	struct err err = {0};

	cr_assert(db_begin(db, &err).ok);
	pg_exec(&d,
	    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'signet_server' "
	    "AND datname = current_database()");
	cr_expect(!sql_run_all(db, calls, 2, &err).ok);
	cr_expect_eq(err.kind, ERR_DATABASE, "%s (%s)", err.message, err.cause);
	db_rollback(db);
	err_clear(&err);
	cr_expect(db_ping(db, &err).ok, "%s", err.cause);
	pg_database_drop(&d);
}

Test(sql_run, a_failed_transaction_cannot_be_committed)
{
	struct pg_database d = pg_database_new(true);
	AUTO_REF(db) db = pg_open(&d);
	struct sql_param a[6];
	struct sql_call call = product_call(a, "one", NULL);
	struct err err = {0};

	cr_assert(db_begin(db, &err).ok);
	cr_assert(add_device(db, "A", &err).ok);
	cr_expect(!sql_run(db, call.statement, call.params, call.n, NULL, &err).ok);
	cr_expect_eq(err.kind, ERR_INTERNAL);
	err_clear(&err);
	cr_expect(!db_commit(db, &err).ok);
	cr_expect_eq(pg_number(&d, "SELECT count(*) FROM device"), 0);
	pg_database_drop(&d);
}

Test(sql_run, a_deadlock_can_be_tried_again)
{
	struct pg_database d = pg_database_new(true);
	AUTO_REF(db) db = pg_open(&d);
	struct err err = {0};

	/* PostgreSQL's own words for a lost race, by a trigger: a real one needs a second of
	 * waiting. */
	pg_exec(&d,
	    "CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS "
	    "$$BEGIN RAISE EXCEPTION 'deadlock detected' USING ERRCODE = '40P01'; END$$;"
	    "CREATE TRIGGER lose BEFORE INSERT ON device FOR EACH ROW EXECUTE FUNCTION lose()");
	cr_expect(!add_device(db, "A", &err).ok);
	cr_expect_eq(err.kind, ERR_DATABASE);
	cr_expect(sql_retryable(db));
	pg_database_drop(&d);
}

Test(sql_run, every_statement_can_be_prepared)
{
	struct pg_database d = pg_database_new(true);
	AUTO_REF(db) db = pg_open(&d);

	for (int i = 0; i < STATEMENT_COUNT; i++) {
		PGresult *pg =
		    PQprepare(db->connection, sql_texts[i].name, sql_texts[i].text, 0, NULL);

		cr_expect_eq(PQresultStatus(pg), PGRES_COMMAND_OK, "%s: %s", sql_texts[i].name,
		    PQresultErrorMessage(pg));
		PQclear(pg);
	}
	pg_database_drop(&d);
}

/* ---- notifications ---- */

Test(sql_db, a_notification_wakes_and_silence_times_out)
{
	struct pg_database d = pg_database_new(true);
	AUTO_REF(db) db = pg_open(&d);
	struct err err = {0};
	bool notified = true;

	cr_assert(db_listen(db, "signet_policy", &err).ok);
	cr_assert(db_wait(db, 50, &notified, &err).ok);
	cr_expect(!notified);
	pg_exec(&d, "NOTIFY signet_policy, '7'");
	cr_assert(db_wait(db, 2000, &notified, &err).ok);
	cr_expect(notified);
	cr_assert(db_wait(db, 50, &notified, &err).ok);
	cr_expect(!notified);
	pg_database_drop(&d);
}

Test(sql_db, a_new_connection_listens_again_and_counts_as_notified, .timeout = 60)
{
	struct pg_database d = pg_database_new(true);
	AUTO_REF(db) db = pg_open(&d);
	struct err err = {0};
	bool notified = false;

	cr_assert(db_listen(db, "signet_policy", &err).ok);
	pg_exec(&d,
	    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'signet_server' "
	    "AND datname = current_database()");
	/* What was sent meanwhile is lost: look anyway. */
	cr_assert(db_wait(db, 2000, &notified, &err).ok, "%s", err.cause);
	cr_expect(notified);
	pg_exec(&d, "NOTIFY signet_policy");
	notified = false;
	cr_assert(db_wait(db, 2000, &notified, &err).ok);
	cr_expect(notified);
	pg_database_drop(&d);
}

/* ---- values ---- */

static const int64_t times[] = {0, 1, -1, 946684799, 946684800, 1800000000,
    253402300799 /* year 9999 */, -62135596800 /* year 1 */};

Test(sql_value, times_come_back_as_they_went)
{
	struct pg_database d = pg_database_new(true);
	AUTO_REF(db) db = pg_open(&d);
	struct err err = {0};

	for (size_t i = 0; i < COUNT(times); i++) {
		const struct sql_param bump[] = {sql_int((int64_t)i), sql_time(times[i])};
		AUTO(sql_result) r = {0};

		cr_assert(
		    sql_run(db, STATEMENT_policy_bump, bump, 2, NULL, &err).ok, "%s", err.cause);
		cr_expect_eq(
		    pg_number(&d, "SELECT extract(epoch FROM changed_at) FROM policy_version"),
		    times[i]);
		/* And back, through the same statement that others read times with. */
		r.pg = PQexecParams(db->connection, "SELECT changed_at FROM policy_version", 0,
		    NULL, NULL, NULL, NULL, 1);
		cr_expect_eq(sql_get_time(&r, 0, 0), times[i]);
	}
	pg_database_drop(&d);
}

Test(sql_value, arrays_hold_anything_but_nul)
{
	struct pg_database d = pg_database_new(true);
	AUTO_REF(db) db = pg_open(&d);
	const char *const serials[] = {
	    "plain", "with \"quotes\" and {braces}, commas", "\\x00", "ümläut", "NULL"};
	AUTO(arena) arena = {0};
	struct err err = {0};
	const char **added;
	size_t n;

	cr_assert(
	    device_add_many(db, 7, NULL, serials, COUNT(serials), 1000, &arena, &added, &n, &err)
		.ok,
	    "%s", err.cause);
	cr_expect_eq(n, COUNT(serials));
	/* In which order they come back is PostgreSQL's choice. */
	for (size_t i = 0; i < COUNT(serials); i++) {
		size_t found = 0;

		for (size_t j = 0; j < n; j++)
			found += strcmp(added[j], serials[i]) == 0;
		cr_expect_eq(found, 1, "'%s' came back %zu times", serials[i], found);
	}
	cr_assert(device_add_many(db, 7, NULL, serials, 0, 1000, &arena, &added, &n, &err).ok);
	cr_expect_eq(n, 0);
	pg_database_drop(&d);
}

Test(sql_value, byte_arrays_come_back_element_by_element)
{
	struct pg_database d = pg_database_new(true);
	AUTO_REF(db) db = pg_open(&d);
	const struct span chain[] = {
	    SPAN_LITERAL("\x00\x01"), SPAN_LITERAL(""), SPAN_LITERAL("third")};
	const struct authority_new a = {.name = "a",
	    .spec = "{}",
	    .certificate = SPAN_LITERAL("c"),
	    .subject = SPAN_LITERAL("s"),
	    .ski = SPAN_LITERAL("k"),
	    .chain = chain,
	    .chain_count = 3};
	AUTO(arena) arena = {0};
	struct policy_rows rows;
	struct err err = {0};
	int64_t id;

	cr_assert(policy_authority_insert(db, &a, 1, 1000, &id, &err).ok, "%s (%s)", err.message,
	    err.cause);
	cr_assert(policy_rows_read(db, &arena, &rows, &err).ok);
	cr_assert_eq(rows.count, 1);
	cr_assert_eq(rows.rows[0].chain_count, 3);
	for (int i = 0; i < 3; i++)
		cr_expect(span_equal(rows.rows[0].chain[i], chain[i]));
	/* The same name again: refused by name, nothing changed. */
	cr_expect(!policy_authority_insert(db, &a, 1, 1000, &id, &err).ok);
	cr_expect_eq(err.kind, ERR_CONFLICT);
	cr_expect(strstr(err.message, "'a'"), "%s", err.message);
	pg_database_drop(&d);
}
