/* tests/unit/ca/mass_revoke_test.c: what a selection finds, and that it is revoked, once, whoever
 * dies. */
#include <criterion/criterion.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ca/mass_revoke.h"
#include "ca/revoke.h"
#include "sql/election.h"
#include "tests/lib/pg.h"

TestSuite(ca_mass_revoke, .timeout = 120);

#define NOW  INT64_C(1800000000)
#define MANY 2500 /* certificates of product 1 and authority 1, of 2500 devices */

struct rig {
	struct pg_database database;
	struct db *db;
	struct rng rng;
	struct arena arena;
	struct err err;
	struct actor actor;
};

/*
 * Beside the many: certificates 2501 of product 2, authority 1, batch "B7", the key of 2502; 2502 a
 * server's, authority 2, RSA-2048; 2503 of product 1, expired; 2504 of product 1, authority 2,
 * issued long ago.
 */
static struct rig rig_make(void)
{
	struct rig r = {.database = pg_database_new(true), .rng = rng_system()};

	r.actor =
	    (struct actor){.name = "alice", .person = "alice", .permission_mask = PERMISSION_ALL};
	r.db = pg_open(&r.database);
	pg_exec(&r.database,
	    "INSERT INTO device (product_id, serial, batch) SELECT 1, 'D' || i, CASE WHEN i <= 40 THEN "
	    "'B1' END FROM generate_series(1, 2500) i;"
	    "INSERT INTO device (product_id, serial, batch) VALUES (2, 'E', 'B7'), (1, 'F', NULL);"
	    "INSERT INTO certificate (authority_id, serial, device_id, product_id, key_digest, subject, "
	    "not_before, not_after, der, shard, issued_at, key_algorithm) "
	    "SELECT CASE WHEN i IN (2502, 2504) THEN 2 ELSE 1 END, "
	    "decode(lpad(to_hex(i), 4, '0'), 'hex'), "
	    "CASE WHEN i <= 2501 THEN i WHEN i <> 2502 THEN 2502 END, "
	    "CASE i WHEN 2501 THEN 2 WHEN 2502 THEN 0 ELSE 1 END, "
	    "sha256(decode(lpad(to_hex(least(i, 2502) + (i = 2501)::int), 4, '0'), 'hex')), '0', "
	    "to_timestamp(1700000000), "
	    "to_timestamp(CASE i WHEN 2503 THEN 1799999999 ELSE 1900000000 END), 'der', i % 3, "
	    "to_timestamp(CASE i WHEN 2504 THEN 1600000000 ELSE 1750000000 + i END), "
	    "CASE i WHEN 2502 THEN 'RSA-2048' ELSE 'EC-P256' END FROM generate_series(1, 2504) i;"
	    "INSERT INTO public_key (digest, device_id, kind) SELECT DISTINCT ON (key_digest) key_digest, "
	    "device_id, 'ldevid' FROM certificate WHERE id <= 2501");
	return r;
}

static void rig_free(struct rig *r)
{
	arena_free(&r->arena);
	db_close(r->db);
	pg_database_drop(&r->database);
}

static struct mass_selector all(void)
{
	return (struct mass_selector){
	    .within = {.all = true}, .valid_at = NOW, .newest = INT64_MAX};
}

static struct mass_found count(struct rig *r, const struct mass_selector *s)
{
	struct mass_found found;

	cr_assert(
	    mass_selection_count(r->db, s, &r->arena, &found, &r->err).ok, "%s", r->err.cause);
	return found;
}

Test(ca_mass_revoke, a_selection_finds_what_each_of_its_members_says)
{
	struct rig r = rig_make();
	static const int64_t one[] = {1}, two[] = {2};
	uint8_t key[SHA256_SIZE];
	struct digest digest = sha256(SPAN_LITERAL("\x09\xc6")); /* of 2501 and 2502 */
	const struct {
		const char *name;
		struct mass_selector s;
		int64_t certificates, devices;
	} cases[] = {
	    {"all that is valid", {0}, 2503, 2502},
	    {"certificate", {.certificate_id = 7}, 1, 1},
	    {"expired certificate", {.certificate_id = 2503}, 0, 0},
	    {"no certificate", {.certificate_id = 9999}, 0, 0},
	    {"device", {.device_id = 2502}, 1, 1},
	    {"product", {.product_id = 1}, 2501, 2501},
	    {"batch", {.batch = "B1"}, 40, 40},
	    {"batch of another product", {.batch = "B7", .product_id = 1}, 0, 0},
	    {"authority", {.authority_id = 2}, 2, 1},
	    {"authority and product", {.authority_id = 2, .product_id = 1}, 1, 1},
	    {"key, of a device and of a server", {.key_digest = span(key, sizeof(key))}, 2, 1},
	    {"algorithm", {.algorithm = "RSA-2048"}, 1, 0},
	    {"window", {.issued_after = 1750000001, .issued_before = 1750000011}, 10, 10},
	    {"before", {.issued_before = 1700000000}, 1, 1},
	    {"within one product", {.within = {.ids = two, .count = 1}}, 1, 1},
	    {"within another", {.authority_id = 2, .within = {.ids = one, .count = 1}}, 1, 1},
	    {"within none", {.within = {.ids = one, .count = 0}}, 0, 0},
	};

	memcpy(key, digest.bytes, sizeof(key));
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct mass_selector s = cases[i].s;
		struct mass_found found;

		s.within.all = !s.within.ids;
		s.valid_at = NOW;
		s.newest = INT64_MAX;
		found = count(&r, &s);
		cr_expect_eq(found.certificates, cases[i].certificates, "%s: %" PRId64,
		    cases[i].name, found.certificates);
		cr_expect_eq(
		    found.devices, cases[i].devices, "%s: %" PRId64, cases[i].name, found.devices);
	}
	rig_free(&r);
}

Test(ca_mass_revoke, whose_algorithm_is_not_known_is_counted_where_one_is_asked_for)
{
	struct rig r = rig_make();
	struct mass_selector s = all();

	pg_exec(
	    &r.database, "UPDATE certificate SET key_algorithm = NULL WHERE id BETWEEN 5 AND 7");
	s.algorithm = "EC-P256";
	cr_expect_eq(count(&r, &s).unknown, 3);
	cr_expect_eq(count(&r, &s).certificates, 2499);
	/* The rest of the selection holds for them as well. */
	s.batch = "B1";
	s.within = (struct scope){.ids = (const int64_t[]){2}, .count = 1};
	cr_expect_eq(count(&r, &s).unknown, 0);
	s.within = all().within;
	s.certificate_id = 6;
	cr_expect_eq(count(&r, &s).unknown, 1);
	s.algorithm = NULL;
	cr_expect_eq(count(&r, &s).unknown, 0);
	cr_expect_eq(count(&r, &s).certificates, 1);
	rig_free(&r);
}

Test(ca_mass_revoke, a_selection_that_names_nothing_is_none)
{
	struct mass_selector s = all();
	struct err err = {0};

	cr_expect_not(mass_selector_check(&s, &err).ok);
	cr_expect_str_eq(err_code(&err), "mass.selector");
	s.issued_before = 1;
	err_clear(&err);
	cr_expect(mass_selector_check(&s, &err).ok);
}

/* Whatever is issued later: neither the number nor the digest is another one. */
Test(ca_mass_revoke, a_selection_is_fixed_by_its_newest_certificate)
{
	struct rig r = rig_make();
	struct mass_selector s = all();
	struct mass_found before, after, less;

	s.product_id = 1;
	cr_assert(mass_selection_newest(r.db, &s.newest, &r.err).ok);
	cr_expect_eq(s.newest, 2504);
	before = count(&r, &s);
	pg_exec(&r.database,
	    "INSERT INTO certificate (authority_id, serial, device_id, product_id, key_digest, subject, "
	    "not_before, not_after, der) SELECT 1, '\\x777777', 1, 1, sha256('new'), '0', now(), "
	    "'infinity', 'der'");
	after = count(&r, &s);
	cr_expect_eq(memcmp(&before.digest, &after.digest, sizeof(before.digest)), 0);
	cr_expect_eq(before.certificates, after.certificates);
	s.newest++;
	less = count(&r, &s);
	cr_expect_neq(memcmp(&before.digest, &less.digest, sizeof(before.digest)), 0);
	rig_free(&r);
}

/* ---- acts ---- */

static int64_t make(struct rig *r, const struct mass_selector *selector, int reason)
{
	struct mass_selector s = *selector;
	const struct status fixed = mass_selection_newest(r->db, &s.newest, &r->err);
	const struct mass_found found = count(r, &s);
	const struct mass_order order = {.selector = &s,
	    .found = &found,
	    .text = "{}",
	    .reason = reason,
	    .actor = &r->actor,
	    .now = NOW};
	struct status done;
	int64_t id = 0;

	cr_assert(fixed.ok);
	err_clear(&r->err);
	cr_assert(db_begin(r->db, &r->err).ok);
	done = mass_revoke_make(r->db, &order, &r->rng, &id, &r->err);
	if (!done.ok) {
		db_rollback(r->db);
		return 0;
	}
	cr_assert(db_commit(r->db, &r->err).ok);
	return id;
}

static struct mass_turn step(struct rig *r)
{
	struct mass_turn turn;

	err_clear(&r->err);
	cr_assert(mass_revoke_step(r->db, NOW + 1, &r->rng, &turn, &r->err).ok, "%s (%s)",
	    r->err.message, r->err.cause);
	return turn;
}

Test(ca_mass_revoke, it_goes_on_batch_by_batch_until_all_is_done)
{
	struct rig r = rig_make();
	struct mass_selector s = all();
	static const struct {
		int64_t looked, revoked, left;
		bool ended;
	} turns[] = {{1000, 999, 1501, false}, {1000, 1000, 501, false}, {501, 501, 0, true}};
	int64_t id;

	pg_exec(&r.database,
	    "INSERT INTO crl_shard VALUES (1, 1, 1);"
	    "INSERT INTO revocation (authority_id, serial, certificate_id, shard, reason, revoked_at, "
	    "not_after, sequence) SELECT authority_id, serial, id, shard, 4, now(), not_after, 1 FROM "
	    "certificate WHERE id = 1");
	s.product_id = 1;
	id = make(&r, &s, REASON_CESSATION_OF_OPERATION);
	cr_assert_neq(id, 0, "%s", r.err.message);
	for (size_t i = 0; i < COUNT(turns); i++) {
		const struct mass_turn t = step(&r);

		cr_expect_eq(t.id, id);
		cr_expect_eq(t.looked, turns[i].looked, "turn %zu", i);
		cr_expect_eq(t.revoked, turns[i].revoked, "turn %zu", i);
		cr_expect_eq(t.left, turns[i].left, "turn %zu", i);
		cr_expect_eq(t.ended, turns[i].ended, "turn %zu", i);
		cr_expect_not(t.differs);
	}
	cr_expect_eq(step(&r).id, 0, "nothing is left to do");
	cr_expect_eq(
	    pg_number(&r.database, "SELECT count(*) FROM revocation WHERE reason = 5"), 2500);
	cr_expect_eq(
	    pg_number(&r.database, "SELECT count(*) FROM status_change WHERE mass_act_id = 1 "
				   "AND who = 'alice'"),
	    2500);
	cr_expect_eq(pg_number(&r.database,
			 "SELECT count(DISTINCT record_id) FROM log_salt WHERE record_kind = "
			 "'status-change'"),
	    2500);
	cr_expect_str_eq(pg_value(&r.database,
			     "SELECT concat_ws(' ', state, done, revoked, total) FROM mass_act"),
	    "done 2501 2500 2501");
	cr_expect_str_eq(
	    pg_value(&r.database, "SELECT string_agg(kind, ' ' ORDER BY id) FROM log_entry "
				  "WHERE kind LIKE 'mass%'"),
	    "mass-revocation.started mass-revocation.done");
	/* The same again: nothing is done twice. */
	id = make(&r, &s, REASON_CESSATION_OF_OPERATION);
	while (step(&r).id)
		;
	cr_expect_str_eq(
	    pg_value(&r.database, "SELECT concat_ws(' ', state, done, revoked, total) FROM "
				  "mass_act WHERE id = 2"),
	    "done 2501 0 2501");
	rig_free(&r);
}

/* A batch is whole or not at all, and the next one begins where it ended. */
Test(ca_mass_revoke, who_dies_is_followed_by_another)
{
	struct rig r = rig_make(), other = r;
	struct mass_selector s = all();
	struct mass_turn turn;
	bool elected;

	s.product_id = 1;
	cr_assert_neq(make(&r, &s, REASON_SUPERSEDED), 0);
	(void)step(&r);
	/* Another server holds the election and dies with its transaction. */
	other.db = pg_open(&r.database);
	cr_assert(db_begin(other.db, &other.err).ok);
	cr_assert(election_try(other.db, ELECTION_MASS_ACT, &elected, &other.err).ok && elected);
	cr_expect_eq(step(&r).id, 0, "it is another's turn");
	db_close(other.db);
	/* A batch that fails in its midst leaves nothing. */
	pg_exec(&r.database,
	    "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; "
	    "END $$; CREATE TRIGGER no BEFORE INSERT ON log_salt FOR EACH ROW EXECUTE FUNCTION no()");
	cr_expect_not(mass_revoke_step(r.db, NOW, &r.rng, &turn, &r.err).ok);
	cr_expect_eq(turn.id, 1);
	cr_expect_eq(pg_number(&r.database, "SELECT count(*) FROM revocation"), 1000);
	cr_expect_eq(pg_number(&r.database, "SELECT done FROM mass_act"), 1000);
	pg_exec(&r.database, "DROP TRIGGER no ON log_salt");
	while (step(&r).id)
		;
	cr_expect_eq(pg_number(&r.database, "SELECT count(*) FROM revocation"), 2501);
	cr_expect_eq(pg_number(&r.database, "SELECT count(*) FROM status_change"), 2501);
	rig_free(&r);
}

Test(ca_mass_revoke, what_is_canceled_goes_no_further)
{
	struct rig r = rig_make();
	struct mass_selector s = all();
	struct mass_act_row row;

	s.product_id = 1;
	cr_assert_neq(make(&r, &s, REASON_SUPERSEDED), 0);
	(void)step(&r);
	for (int i = 0; i < 2; i++) {
		struct status done;

		cr_assert(db_begin(r.db, &r.err).ok);
		cr_assert(mass_act_lock(r.db, 1, &r.arena, &row, &r.err).ok);
		done = mass_revoke_cancel(r.db, &row, &r.actor, NOW, &r.rng, &r.err);
		cr_expect_eq(done.ok, i == 0);
		cr_assert(db_commit(r.db, &r.err).ok);
	}
	cr_expect_str_eq(err_code(&r.err), "mass.ended");
	cr_expect_eq(step(&r).id, 0);
	cr_expect_eq(pg_number(&r.database, "SELECT count(*) FROM revocation"), 1000);
	cr_expect_str_eq(pg_value(&r.database, "SELECT state || ' ' || ended_by FROM mass_act"),
	    "canceled alice");
	rig_free(&r);
}

Test(ca_mass_revoke, one_that_fails_says_so_with_an_alarm_in_the_log)
{
	struct rig r = rig_make();
	struct mass_selector s = all();

	s.product_id = 1;
	cr_assert_neq(make(&r, &s, REASON_SUPERSEDED), 0);
	for (int i = 0; i < 2; i++)
		cr_assert(mass_revoke_fail(r.db, 1, "it does not go on", NOW, &r.rng, &r.err).ok,
		    "%s", r.err.cause);
	cr_expect_eq(step(&r).id, 0);
	cr_expect_str_eq(pg_value(&r.database, "SELECT state || ': ' || failure FROM mass_act"),
	    "failed: it does not go on");
	cr_expect_eq(
	    pg_number(&r.database, "SELECT count(*) FROM alarm WHERE kind = 'mass-revocation'"), 1);
	cr_expect_eq(
	    pg_number(&r.database, "SELECT count(*) FROM log_salt WHERE record_kind = 'alarm'"), 1);
	rig_free(&r);
}

Test(ca_mass_revoke, what_finds_nothing_or_has_no_reason_is_refused)
{
	struct rig r = rig_make();
	struct mass_selector s = all();

	cr_expect_eq(make(&r, &s, REASON_SUPERSEDED), 0);
	cr_expect_str_eq(err_code(&r.err), "mass.selector");
	s.batch = "none";
	cr_expect_eq(make(&r, &s, REASON_SUPERSEDED), 0);
	cr_expect_str_eq(err_code(&r.err), "mass.empty");
	s.batch = "B1";
	cr_expect_eq(make(&r, &s, REASON_CERTIFICATE_HOLD), 0);
	cr_expect_str_eq(err_code(&r.err), "status.reason");
	cr_expect_neq(make(&r, &s, REASON_KEY_COMPROMISE), 0);
	while (step(&r).id)
		;
	cr_expect_eq(pg_number(&r.database,
			 "SELECT count(*) FROM public_key WHERE compromised_at IS NOT NULL"),
	    40);
	rig_free(&r);
}

/* A selection of a few among very many leads to them by an index, batch by batch. */
Test(ca_mass_revoke, a_narrow_one_does_not_look_through_all)
{
	struct rig r = rig_make();
	struct mass_selector s = all();
	int64_t id;

	s.device_id = 2502;
	id = make(&r, &s, REASON_SUPERSEDED);
	cr_assert_neq(id, 0);
	pg_exec(&r.database, "UPDATE mass_act SET newest = 900000000");
	cr_expect(step(&r).ended, "in one turn");
	s = all();
	s.batch = "B1";
	cr_assert_neq(make(&r, &s, REASON_SUPERSEDED), 0);
	pg_exec(&r.database, "UPDATE mass_act SET newest = 250000 WHERE state = 'running'");
	cr_expect_not(step(&r).ended);
	cr_expect_not(step(&r).ended);
	cr_expect(step(&r).ended, "in windows");
	rig_free(&r);
}
