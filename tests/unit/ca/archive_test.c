/* tests/unit/ca/archive_test.c: what goes into the archive, what the log says of it, and the
 * counts. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/encode.h"
#include "ca/archive.h"
#include "signing/format/entry.h"
#include "sql/certificate_view.h"
#include "sql/statistic.h"
#include "tests/lib/pg.h"

/*
 * Authority 1 archives after an hour, 2 never, 3 after a day. Of each 300 certificates that ended
 * two hours ago, and one that is good for long.
 */
static const char fill[] =
    "INSERT INTO authority (name, certificate, subject, ski, chain, spec, version) VALUES "
    "('hour', '\\x00', '\\x00', '\\x01', '{}', '{\"archive_after\":3600}', 1), "
    "('never', '\\x00', '\\x00', '\\x02', '{}', '{}', 1), "
    "('day', '\\x00', '\\x00', '\\x03', '{}', '{\"archive_after\":86400}', 1);"
    "INSERT INTO product (name, manufacturer, model, spec, version) VALUES ('p', 'M', 'P', '{}', 1);"
    "INSERT INTO device (product_id, serial, state) SELECT 1, 'S' || n, 'enrolled' FROM generate_series(1, 3) n;"
    "INSERT INTO certificate (authority_id, serial, device_id, product_id, key_digest, subject, not_before, "
    "not_after, der, issued_at) SELECT a, int8send(a * 1000 + n), a, 1, sha256(int8send(n)), '\\x3000', "
    "now() - interval '1 year', CASE n WHEN 0 THEN now() + interval '1 year' ELSE "
    "date_trunc('second', now() - interval '2 hours') + n * interval '1 second' END, "
    "convert_to('der ' || a || ' ' || n, 'UTF8'), now() - interval '1 year' "
    "FROM generate_series(1, 3) a, generate_series(0, 300) n";

struct rig {
	struct pg_database database;
	struct db *db;
	struct clock clock;
	struct rng rng;
	struct archive_place place;
	struct err err;
};

static void rig_make(struct rig *r)
{
	memset(r, 0, sizeof(*r));
	r->database = pg_database_new(true);
	pg_exec(&r->database, fill);
	r->db = pg_open(&r->database);
	r->clock = clock_system();
	r->rng = rng_system();
}

static void rig_free(struct rig *r)
{
	db_close(r->db);
	pg_database_drop(&r->database);
}

static size_t archive_all(struct rig *r)
{
	size_t all = 0, moved;
	bool end = false;

	r->place = (struct archive_place){0};
	for (int i = 0; !end; i++) {
		cr_assert(i < 20);
		cr_assert(
		    archive_some(r->db, &r->clock, &r->rng, &r->place, &moved, &end, &r->err).ok,
		    "%s %s", r->err.message, r->err.cause);
		all += moved;
	}
	return all;
}

/* The entry of a batch commits to the record that is made of the archive's rows now. */
static bool committed(struct rig *r, int64_t batch)
{
	AUTO(arena) arena = {0};
	AUTO(buf) record = {0};
	struct archive_batch b;
	char sql[200];
	uint8_t salt[ENTRY_SALT_SIZE];
	AUTO(buf) bytes = {0}, salt_bytes = {0};
	struct entry entry;

	cr_assert(archive_batch_get(r->db, batch, &arena, &b, &r->err).ok);
	archive_record(&b, &record);
	snprintf(sql, sizeof(sql),
	    "SELECT encode(e.entry, 'hex') FROM log_entry e JOIN log_salt s ON s.entry_id = e.id "
	    "WHERE s.record_kind = 'archive' AND s.record_id = %lld",
	    (long long)batch);
	cr_assert(hex_decode(span_str(pg_value(&r->database, sql)), &bytes, &r->err).ok);
	snprintf(sql, sizeof(sql),
	    "SELECT encode(salt, 'hex') FROM log_salt WHERE record_kind = 'archive' AND record_id = %lld",
	    (long long)batch);
	cr_assert(hex_decode(span_str(pg_value(&r->database, sql)), &salt_bytes, &r->err).ok);
	cr_assert(entry_decode(buf_span(&bytes), &entry, &r->err).ok);
	cr_assert_eq(salt_bytes.n, sizeof(salt));
	memcpy(salt, salt_bytes.p, sizeof(salt));
	cr_expect_str_eq(entry.kind, "certificate.archived");
	return entry_commits_to(&entry, salt, buf_span(&record));
}

Test(ca_archive, what_expired_long_ago_goes_and_its_digest_stays, .timeout = 120)
{
	struct rig r;
	int64_t id, not_after;
	static const uint8_t serial[] = {0, 0, 0, 0, 0, 0, 1001 >> 8, 1001 & 0xff};

	rig_make(&r);
	cr_expect_eq(archive_all(&r), 300);
	cr_expect_eq(
	    pg_number(&r.database, "SELECT count(*) FROM certificate WHERE authority_id = 1"), 1);
	cr_expect_eq(
	    pg_number(&r.database, "SELECT count(*) FROM certificate WHERE authority_id > 1"), 602);
	cr_expect_eq(
	    pg_number(&r.database,
		"SELECT count(*) FROM certificate_archive WHERE authority_id = 1 AND der_digest = "
		"sha256(convert_to('der 1 ' || get_byte(serial, 6) * 256 + get_byte(serial, 7) - 1000, "
		"'UTF8'))"),
	    300);
	/* 200 and 100, each with its entry, which the rows must fit. */
	cr_expect_eq(pg_number(&r.database, "SELECT count(*) FROM certificate_archive_batch"), 2);
	cr_expect(committed(&r, 1));
	cr_expect(committed(&r, 2));
	pg_exec(&r.database,
	    "UPDATE certificate_archive SET der_digest = sha256('x') WHERE id = (SELECT min(id) FROM "
	    "certificate_archive WHERE batch_id = 2)");
	cr_expect_not(committed(&r, 2), "a digest was changed");
	pg_exec(&r.database, "DELETE FROM certificate_archive WHERE id = (SELECT min(id) FROM "
			     "certificate_archive WHERE batch_id = 1)");
	cr_expect_not(committed(&r, 1), "a row was deleted");
	/* OCSP asks so. */
	cr_assert(archive_known(r.db, 1, SPAN_OF(serial), &id, &not_after, &r.err).ok);
	cr_expect(
	    id > 0 || pg_number(&r.database, "SELECT count(*) FROM certificate_archive") == 299);
	cr_assert(archive_known(r.db, 2, SPAN_OF(serial), &id, &not_after, &r.err).ok);
	cr_expect_eq(id, 0);
	cr_expect_eq(archive_all(&r), 0, "once");
	rig_free(&r);
}

Test(ca_archive, what_a_label_still_renews_stays, .timeout = 60)
{
	struct rig r;

	rig_make(&r);
	pg_exec(&r.database,
	    "INSERT INTO label (name, spec, version) VALUES ('l', '{\"renew_grace\":10000}', 1)");
	cr_expect_eq(archive_all(&r), 0);
	rig_free(&r);
}

Test(ca_archive, the_door_gives_away_what_policy_gives_away, .timeout = 60)
{
	struct rig r;
	AUTO(arena) arena = {0};
	struct certificate_row row;
	struct span der;

	rig_make(&r);
	pg_exec(&r.database,
	    "SET ROLE signet_server; SELECT certificate_archive_move(7, (SELECT array_agg(id) FROM certificate))");
	cr_expect_eq(pg_number(&r.database, "SELECT count(*) FROM certificate_archive"), 300);
	cr_expect_eq(
	    pg_number(&r.database,
		"SELECT count(*) FROM certificate_archive WHERE authority_id <> 1 OR not_after > now()"),
	    0);
	/* One that is there has its DER; one in the archive says so. */
	cr_assert(certificate_get(r.db, pg_number(&r.database, "SELECT min(id) FROM certificate"),
	    &arena, &row, &der, &r.err)
		      .ok);
	cr_expect(der.n > 0 && !row.archived_at);
	pg_exec(&r.database,
	    "INSERT INTO certificate_archive_batch (id, at, count) OVERRIDING SYSTEM VALUE "
	    "VALUES (7, now(), 300)");
	cr_assert(
	    certificate_get(r.db, pg_number(&r.database, "SELECT min(id) FROM certificate_archive"),
		&arena, &row, &der, &r.err)
		.ok);
	cr_expect(der.n == 0 && row.archived_at && row.der_digest.n == 32);
	cr_expect_str_eq(row.device_serial, "S1");
	rig_free(&r);
}

/* ---- counts ---- */

static size_t drift(struct rig *r, bool mend)
{
	AUTO(arena) arena = {0};
	struct statistic_drift *rows;
	size_t n;

	cr_assert(statistic_drift(r->db, mend, &arena, &rows, &n, &r->err).ok, "%s %s",
	    r->err.message, r->err.cause);
	return n;
}

Test(ca_statistic, counts_are_what_counting_says, .timeout = 120)
{
	static const char *const acts[] = {
	    "INSERT INTO revocation (authority_id, serial, certificate_id, shard, reason, revoked_at, not_after, "
	    "sequence) SELECT authority_id, serial, id, 0, CASE id % 2 WHEN 0 THEN 6 ELSE 1 END, now(), not_after, "
	    "id FROM certificate WHERE id % 10 = 0 OR id % 7 = 0",
	    "UPDATE revocation SET resumed_at = now(), sequence = sequence + 1 WHERE reason = 6 AND certificate_id "
	    "% 4 = 0",
	    "UPDATE revocation SET resumed_at = NULL, sequence = sequence + 1 WHERE resumed_at IS NOT NULL AND "
	    "certificate_id % 8 = 0",
	    "UPDATE revocation SET reason = 4, sequence = sequence + 1 WHERE reason = 6 AND resumed_at IS NULL AND "
	    "certificate_id % 3 = 0",
	    "UPDATE device SET state = 'suspended' WHERE id = 1",
	    "UPDATE device SET issuances = issuances + 1",
	    "INSERT INTO device (product_id, serial) VALUES (1, 'S1'), (1, 'S9') ON CONFLICT (product_id, serial) "
	    "DO UPDATE SET announced = true",
	    "SELECT statistic_fold()",
	};
	struct rig r;
	int64_t changes;

	rig_make(&r);
	cr_expect_eq(drift(&r, false), 0);
	for (size_t i = 0; i < COUNT(acts); i++) {
		pg_exec(&r.database, acts[i]);
		cr_expect_eq(drift(&r, false), 0, "%s", acts[i]);
	}
	cr_expect_eq(archive_all(&r), 300);
	cr_expect_eq(drift(&r, false), 0, "archived");
	cr_assert(statistic_fold(r.db, &changes, &r.err).ok);
	cr_expect_eq(pg_number(&r.database, "SELECT count(*) FROM statistic_change"), 0);
	cr_expect_eq(
	    pg_number(&r.database, "SELECT sum(count) FROM statistic_now WHERE state = 'issued'"),
	    903);
	cr_expect_eq(drift(&r, false), 0, "folded");
	/* Behind their back. */
	pg_exec(&r.database, "ALTER TABLE device DISABLE TRIGGER statistic_device_moved;"
			     "UPDATE device SET state = 'retired' WHERE id = 2;"
			     "ALTER TABLE device ENABLE TRIGGER statistic_device_moved");
	cr_expect_eq(drift(&r, false), 2, "one state has one more, one has one less");
	cr_expect_eq(drift(&r, true), 2);
	cr_expect_eq(drift(&r, false), 0, "put right");
	rig_free(&r);
}
