/* tests/unit/ca/revoke_test.c: revoked, held, resumed: rows, events and log entries of it. */
#include <criterion/criterion.h>

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/encode.h"
#include "ca/revoke.h"
#include "ca/status_record.h"
#include "signing/format/entry.h"
#include "tests/lib/pg.h"

TestSuite(ca_revoke, .timeout = 120);

#define NOW  INT64_C(1800000000)
#define MANY 2500

struct rig {
	struct pg_database database;
	struct db *db;
	struct rng rng;
	struct err err;
};

/*
 * Devices 1 and 2; certificates 1 to 4 of device 1 (4 expired), 5 of device 2, 6 a server's, all of
 * authority 1; 2 is in shard 1, 7 of authority 2. 8 has the key of 1.
 */
static struct rig rig_make(void)
{
	struct rig r = {.database = pg_database_new(true), .rng = rng_system()};

	r.db = pg_open(&r.database);
	pg_exec(&r.database,
	    "INSERT INTO device (product_id, serial) VALUES (1, 'A'), (1, 'B');"
	    "INSERT INTO certificate (authority_id, serial, device_id, key_digest, subject, "
	    "not_before, not_after, der, shard) "
	    "SELECT CASE WHEN i = 7 THEN 2 ELSE 1 END, decode(lpad(to_hex(i), 4, '0'), 'hex'), "
	    "CASE WHEN i <= 4 THEN 1 WHEN i = 5 THEN 2 END, "
	    "sha256(decode(lpad(to_hex(CASE WHEN i = 8 THEN 1 ELSE i END), 4, '0'), 'hex')), '0', "
	    "to_timestamp(1700000000), "
	    "to_timestamp(CASE WHEN i = 4 THEN 1799999999 ELSE 1900000000 END), 'der', "
	    "CASE WHEN i = 2 THEN 1 ELSE 0 END FROM generate_series(1, 8) i;"
	    "INSERT INTO public_key (digest, device_id, kind) SELECT key_digest, device_id, 'ldevid' "
	    "FROM certificate WHERE device_id IS NOT NULL");
	return r;
}

static void rig_free(struct rig *r)
{
	db_close(r->db);
	pg_database_drop(&r->database);
}

static struct status_order order_of(enum status_verb verb, int reason)
{
	return (struct status_order){.change = verb, .reason = reason, .who = "alice", .now = NOW};
}

/* In a transaction of its own: how many changed, or the code of the refusal. */
static const char *run(struct rig *r, const struct status_order *order, int64_t device_id)
{
	static _Thread_local char changed[24];
	size_t n;
	struct status done;

	err_clear(&r->err);
	cr_assert(db_begin(r->db, &r->err).ok, "%s", r->err.cause);
	done = device_id ? status_change_device(r->db, device_id, order, &r->rng, &n, &r->err)
			 : status_change(r->db, order, &r->rng, &n, &r->err);
	if (!done.ok) {
		db_rollback(r->db);
		return err_code(&r->err);
	}
	cr_assert(db_commit(r->db, &r->err).ok, "%s", r->err.cause);
	snprintf(changed, sizeof(changed), "%zu", n);
	return changed;
}

static const char *one(struct rig *r, int64_t id, enum status_verb verb, int reason)
{
	struct status_order order = order_of(verb, reason);

	order.certificates = &id;
	order.count = 1;
	return run(r, &order, 0);
}

static const char *device(struct rig *r, int64_t id, enum status_verb verb, int reason)
{
	const struct status_order order = order_of(verb, reason);

	return run(r, &order, id);
}

static const char *standing(struct rig *r, int64_t id)
{
	char sql[200];

	snprintf(sql, sizeof(sql),
	    "SELECT coalesce((SELECT CASE WHEN resumed_at IS NULL THEN reason::text ELSE 'good' END "
	    "FROM revocation WHERE certificate_id = %" PRId64 "), 'good')",
	    id);
	return pg_value(&r->database, sql);
}

/* Each event has one entry that commits to it. */
static void expect_log_agrees(struct rig *r)
{
	const int64_t n = pg_number(&r->database, "SELECT count(*) FROM status_change");

	cr_expect_eq(pg_number(&r->database, "SELECT count(*) FROM log_entry"), n);
	for (int64_t id = 1; id <= n; id++) {
		AUTO(arena) arena = {0};
		AUTO(buf) record = {0};
		AUTO(buf) bytes = {0};
		AUTO(buf) salt = {0};
		struct status_columns c;
		struct entry entry;
		char sql[300];
#define TIED                                                                      \
	" FROM log_salt JOIN log_entry e ON e.id = entry_id WHERE record_kind = " \
	"'status-change' AND record_id = %" PRId64

		cr_assert(status_columns_get(r->db, id, &arena, &c, &r->err).ok);
		status_record(&c, &record);
		snprintf(sql, sizeof(sql), "SELECT encode(entry, 'hex')" TIED, id);
		cr_assert(hex_decode(span_str(pg_value(&r->database, sql)), &bytes, &r->err).ok);
		snprintf(sql, sizeof(sql), "SELECT encode(salt, 'hex')" TIED, id);
		cr_assert(hex_decode(span_str(pg_value(&r->database, sql)), &salt, &r->err).ok);
		cr_assert(entry_decode(buf_span(&bytes), &entry, &r->err).ok);
		cr_assert_eq(salt.n, ENTRY_SALT_SIZE);
		cr_expect(
		    entry_commits_to(&entry, salt.p, buf_span(&record)), "event %" PRId64, id);
		snprintf(sql, sizeof(sql), "certificate.%s", c.change);
		cr_expect_str_eq(entry.kind, sql);
		cr_expect_eq(entry.time, c.at);
	}
}

Test(ca_revoke, reasons_are_those_of_rfc_5280)
{
	static const struct {
		int number;
		const char *name;
	} rows[] = {{0, "unspecified"}, {1, "keyCompromise"}, {2, "cACompromise"},
	    {3, "affiliationChanged"}, {4, "superseded"}, {5, "cessationOfOperation"},
	    {6, "certificateHold"}, {8, "removeFromCRL"}, {9, "privilegeWithdrawn"},
	    {10, "aACompromise"}};

	for (size_t i = 0; i < COUNT(rows); i++) {
		cr_expect_str_eq(revocation_reason_name(rows[i].number), rows[i].name);
		cr_expect_eq(revocation_reason_by_name(rows[i].name), rows[i].number);
	}
	cr_expect_null(revocation_reason_name(7));
	cr_expect_null(revocation_reason_name(11));
	cr_expect_null(revocation_reason_name(-1));
	cr_expect_eq(revocation_reason_by_name("keycompromise"), -1);
}

/* Put together by hand from RFC 8949. */
Test(ca_revoke, the_record_is_deterministic_cbor)
{
	const struct status_columns c = {.certificate_id = 1,
	    .authority_id = 2,
	    .serial = SPAN_LITERAL("\x01\x02"),
	    .change = "held",
	    .reason = 6,
	    .at = 24,
	    .who = "al",
	    .sequence = 256};
	AUTO(buf) out = {0};
	AUTO(buf) text = {0};

	status_record(&c, &out);
	hex_encode(buf_span(&out), &text);
	cr_expect_str_eq(buf_cstr(&text), "ae0101020103020442010205"
					  "6468656c64"
					  "0606071818080009"
					  "62616c"
					  "0a600b000c000d000e190100");
}

/* Each step on what the steps before it left. */
static const struct {
	enum status_verb verb;
	int reason;
	const char *want, *standing;
} steps[] = {
    {STATUS_RESUME, 0, "0", "good"},
    {STATUS_HOLD, 0, "1", "6"},
    {STATUS_HOLD, 0, "0", "6"},
    {STATUS_RESUME, 0, "1", "good"},
    {STATUS_RESUME, 0, "0", "good"},
    {STATUS_REVOKE, REASON_CERTIFICATE_HOLD, "status.reason", "good"},
    {STATUS_REVOKE, REASON_REMOVE_FROM_CRL, "status.reason", "good"},
    {STATUS_REVOKE, 7, "status.reason", "good"},
    {STATUS_HOLD, 0, "1", "6"},
    {STATUS_REVOKE, REASON_SUPERSEDED, "1", "4"},
    {STATUS_REVOKE, REASON_SUPERSEDED, "0", "4"},
    {STATUS_REVOKE, REASON_UNSPECIFIED, "status.revoked", "4"},
    {STATUS_HOLD, 0, "status.revoked", "4"},
    {STATUS_RESUME, 0, "status.revoked", "4"},
    {STATUS_REVOKE, REASON_KEY_COMPROMISE, "1", "1"},
    {STATUS_REVOKE, REASON_KEY_COMPROMISE, "0", "1"},
    {STATUS_REVOKE, REASON_SUPERSEDED, "status.revoked", "1"},
};

Test(ca_revoke, a_certificate_goes_from_state_to_state_and_each_step_is_logged)
{
	struct rig r = rig_make();

	for (size_t i = 0; i < COUNT(steps); i++) {
		cr_expect_str_eq(
		    one(&r, 1, steps[i].verb, steps[i].reason), steps[i].want, "step %zu", i);
		cr_expect_str_eq(standing(&r, 1), steps[i].standing, "step %zu", i);
	}
	cr_expect_eq(pg_number(&r.database, "SELECT sequence FROM crl_shard WHERE authority_id = 1 "
					    "AND shard = 0"),
	    5);
	cr_expect_str_eq(pg_value(&r.database,
			     "SELECT string_agg(change || ' ' || reason || ' ' || sequence, ', ' "
			     "ORDER BY id) FROM status_change"),
	    "held 6 1, resumed 8 2, held 6 3, revoked 4 4, revoked 1 5");
	expect_log_agrees(&r);
	rig_free(&r);
}

Test(ca_revoke, a_revocation_counts_since_the_hold_before_it)
{
	struct rig r = rig_make();
	const int64_t id = 1;
	struct status_order order = order_of(STATUS_HOLD, 0);

	order.certificates = &id;
	order.count = 1;
	cr_expect_str_eq(run(&r, &order, 0), "1");
	order.change = STATUS_RESUME;
	order.now = NOW + 10;
	cr_expect_str_eq(run(&r, &order, 0), "1");
	order.change = STATUS_HOLD;
	order.now = NOW + 20;
	cr_expect_str_eq(run(&r, &order, 0), "1");
	order.change = STATUS_REVOKE;
	order.reason = REASON_KEY_COMPROMISE;
	order.invalidity_at = NOW - 500;
	order.now = NOW + 30;
	cr_expect_str_eq(run(&r, &order, 0), "1");
	cr_expect_str_eq(
	    pg_value(&r.database,
		"SELECT extract(epoch FROM revoked_at)::bigint - 1800000000 || ' ' || "
		"extract(epoch FROM invalidity_at)::bigint - 1800000000 || ' ' || sequence "
		"FROM revocation"),
	    "20 -500 4");
	order.invalidity_at = 0;
	cr_expect_str_eq(run(&r, &order, 0), "0", "without a date, the one that is there stays");
	order.invalidity_at = NOW - 900;
	cr_expect_str_eq(run(&r, &order, 0), "1", "another date is something else");
	order.invalidity_at = NOW + 31;
	cr_expect_str_eq(run(&r, &order, 0), "status.invalidity");
	expect_log_agrees(&r);
	rig_free(&r);
}

Test(ca_revoke, a_compromised_key_is_marked_whoever_it_was_of)
{
	struct rig r = rig_make();
	const int64_t ids[] = {1, 8, 6, 1};
	struct status_order order = order_of(STATUS_REVOKE, REASON_KEY_COMPROMISE);

	cr_expect_str_eq(one(&r, 5, STATUS_REVOKE, REASON_SUPERSEDED), "1");
	cr_expect_eq(pg_number(&r.database,
			 "SELECT count(*) FROM public_key WHERE compromised_at IS NOT NULL"),
	    0);
	order.certificates = ids;
	order.count = COUNT(ids);
	cr_expect_str_eq(run(&r, &order, 0), "3", "one of them stands there twice");
	cr_expect_str_eq(pg_value(&r.database,
			     "SELECT string_agg(c.id || ' ' || k.kind, ', ' ORDER BY c.id) FROM "
			     "certificate c JOIN public_key k ON k.digest = c.key_digest WHERE "
			     "k.compromised_at = to_timestamp(1800000000)"),
	    "1 ldevid, 6 server, 8 ldevid");
	expect_log_agrees(&r);
	rig_free(&r);
}

Test(ca_revoke, all_of_an_order_or_nothing)
{
	struct rig r = rig_make();
	const int64_t ids[] = {3, 1, 2}, unknown[] = {3, 99};
	struct status_order order = order_of(STATUS_REVOKE, REASON_SUPERSEDED);

	cr_expect_str_eq(one(&r, 2, STATUS_REVOKE, REASON_UNSPECIFIED), "1");
	order.certificates = ids;
	order.count = COUNT(ids);
	cr_expect_str_eq(run(&r, &order, 0), "status.revoked");
	order.certificates = unknown;
	order.count = COUNT(unknown);
	cr_expect_str_eq(run(&r, &order, 0), "not-found");
	cr_expect_eq(pg_number(&r.database, "SELECT count(*) FROM revocation"), 1);
	order.certificates = ids;
	order.count = COUNT(ids);
	order.skip_revoked = true;
	cr_expect_str_eq(run(&r, &order, 0), "2");
	cr_expect_str_eq(standing(&r, 2), "0", "it keeps its reason");
	cr_expect_str_eq(pg_value(&r.database,
			     "SELECT string_agg(shard || ' ' || sequence, ', ' ORDER BY shard) "
			     "FROM crl_shard WHERE authority_id = 1"),
	    "0 2, 1 1");
	expect_log_agrees(&r);
	rig_free(&r);
}

Test(ca_revoke, suspension_holds_and_resumption_lifts_what_it_held)
{
	struct rig r = rig_make();

	cr_expect_str_eq(one(&r, 1, STATUS_HOLD, 0), "1", "held alone");
	cr_expect_str_eq(one(&r, 3, STATUS_REVOKE, REASON_SUPERSEDED), "1");
	cr_expect_str_eq(device(&r, 1, STATUS_HOLD, 0), "1", "2: 4 has expired");
	cr_expect_str_eq(standing(&r, 2), "6");
	cr_expect_str_eq(standing(&r, 5), "good", "another device's");
	cr_expect_str_eq(one(&r, 2, STATUS_RESUME, 0), "status.suspended");
	cr_expect_str_eq(device(&r, 1, STATUS_HOLD, 0), "0");
	cr_expect_str_eq(device(&r, 1, STATUS_RESUME, 0), "1");
	cr_expect_str_eq(standing(&r, 1), "6", "what was held alone stays held");
	cr_expect_str_eq(standing(&r, 2), "good");
	cr_expect_str_eq(standing(&r, 3), "4");

	cr_expect_str_eq(device(&r, 1, STATUS_HOLD, 0), "1");
	cr_expect_str_eq(one(&r, 2, STATUS_HOLD, 0), "1", "held alone, too, from now on");
	cr_expect_str_eq(device(&r, 1, STATUS_RESUME, 0), "0");
	cr_expect_str_eq(standing(&r, 2), "6");
	cr_expect_str_eq(one(&r, 2, STATUS_RESUME, 0), "1");

	cr_expect_str_eq(device(&r, 1, STATUS_REVOKE, REASON_CESSATION_OF_OPERATION), "2");
	cr_expect_str_eq(standing(&r, 1), "5");
	cr_expect_str_eq(standing(&r, 2), "5");
	cr_expect_str_eq(standing(&r, 3), "4");
	cr_expect_str_eq(standing(&r, 4), "good", "it has expired");
	expect_log_agrees(&r);
	rig_free(&r);
}

Test(ca_revoke, who_acted_stands_in_each_event)
{
	struct rig r = rig_make();
	const int64_t id = 7;
	struct status_order order = order_of(STATUS_REVOKE, REASON_AA_COMPROMISE);

	order.certificates = &id;
	order.count = 1;
	order.person = "bob";
	order.request_id = 11;
	order.mass_act_id = 12;
	cr_expect_str_eq(run(&r, &order, 0), "1");
	cr_expect_str_eq(pg_value(&r.database, "SELECT concat_ws(' ', authority_id, encode(serial, "
					       "'hex'), who, person, request_id, mass_act_id) FROM "
					       "status_change"),
	    "2 0007 alice bob 11 12");
	expect_log_agrees(&r);
	rig_free(&r);
}

/* Fault: an order is as many statements for a thousand certificates as for one. */
Test(ca_revoke, devices_with_more_certificates_than_one_batch_holds)
{
	struct rig r = rig_make();
	char want[24];

	pg_exec(&r.database,
	    "INSERT INTO certificate (authority_id, serial, device_id, key_digest, subject, "
	    "not_before, not_after, der, shard) SELECT 1, decode(lpad(to_hex(i), 8, '0'), 'hex'), 2, "
	    "sha256(decode(lpad(to_hex(i), 8, '0'), 'hex')), '0', now(), 'infinity', 'der', i % 3 "
	    "FROM generate_series(1, 2500) i");
	snprintf(want, sizeof(want), "%d", MANY + 1);
	cr_expect_str_eq(device(&r, 2, STATUS_HOLD, 0), want);
	cr_expect_eq(pg_number(&r.database, "SELECT sum(sequence) FROM crl_shard"), MANY + 1);
	cr_expect_eq(pg_number(&r.database, "SELECT count(*) FROM (SELECT DISTINCT r.shard, "
					    "r.sequence FROM revocation r) s"),
	    MANY + 1);
	cr_expect_eq(pg_number(&r.database, "SELECT count(DISTINCT record_id) FROM log_salt WHERE "
					    "record_kind = 'status-change'"),
	    MANY + 1);
	cr_expect_str_eq(device(&r, 2, STATUS_RESUME, 0), want);
	cr_expect_str_eq(device(&r, 2, STATUS_RESUME, 0), "0");
	rig_free(&r);
}

/* ---- many at once ---- */

#define THREADS 4
#define ROUNDS  25

static void *flip(void *context)
{
	struct rig *shared = context;
	struct rig r = {.database = shared->database, .rng = rng_system()};
	const int64_t forth[] = {1, 2, 3, 7}, back[] = {7, 3, 2, 1};

	r.db = pg_open(&r.database);
	for (int i = 0; i < ROUNDS; i++) {
		struct status_order order = order_of(i % 2 ? STATUS_RESUME : STATUS_HOLD, 0);

		order.certificates = i % 3 ? forth : back;
		order.count = COUNT(forth);
		(void)run(&r, &order, 0);
		cr_assert(r.err.kind == ERR_NONE, "%s (%s)", r.err.message, r.err.cause);
	}
	db_close(r.db);
	return NULL;
}

/* Nobody waits for somebody who waits for them, and no number of a shard is given twice. */
Test(ca_revoke, of_many_at_once_each_has_its_place_in_the_order)
{
	struct rig r = rig_make();
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, flip, &r), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	cr_expect_eq(pg_number(&r.database, "SELECT sum(sequence) FROM crl_shard"),
	    pg_number(&r.database, "SELECT count(*) FROM status_change"));
	cr_expect_eq(
	    pg_number(&r.database,
		"SELECT count(*) FROM (SELECT lag(s.id) OVER w > s.id AS wrong FROM "
		"status_change s JOIN certificate c ON c.id = s.certificate_id WINDOW w AS "
		"(PARTITION BY c.authority_id, c.shard ORDER BY s.sequence)) x WHERE wrong"),
	    0);
	rig_free(&r);
}

Test(ca_revoke, nodes_are_told_once_it_is_durable)
{
	struct rig r = rig_make();
	struct db *other = pg_open(&r.database);
	bool told = true;

	cr_assert(db_listen(other, "signet_status", &r.err).ok);
	cr_assert(db_wait(other, 0, &told, &r.err).ok);
	cr_expect_str_eq(one(&r, 1, STATUS_HOLD, 0), "1");
	cr_assert(db_wait(other, 5000, &told, &r.err).ok);
	cr_expect(told);
	cr_expect_str_eq(one(&r, 1, STATUS_HOLD, 0), "0");
	cr_assert(db_wait(other, 100, &told, &r.err).ok);
	cr_expect_not(told, "nothing changed");
	db_close(other);
	rig_free(&r);
}

/* Whoever asks, by whatever statement. */
Test(ca_revoke, the_store_itself_refuses_to_forget)
{
	struct rig r = rig_make();
	static const char *const refused[] = {
	    "UPDATE revocation SET reason = 6",
	    "UPDATE revocation SET resumed_at = now()",
	    "UPDATE revocation SET sequence = 0",
	    "DELETE FROM revocation",
	    "DELETE FROM status_change",
	    "UPDATE status_change SET reason = 0",
	};

	cr_expect_str_eq(one(&r, 1, STATUS_REVOKE, REASON_SUPERSEDED), "1");
	for (size_t i = 0; i < COUNT(refused); i++)
		cr_expect_str_neq(
		    pg_state_as(r.database.server, refused[i]), "00000", "%s", refused[i]);
	rig_free(&r);
}
