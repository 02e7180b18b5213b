/* tests/bench/held_load.c: see held.h. Rows in PostgreSQL's binary COPY format. */
#include "tests/bench/held.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <libpq-fe.h>

#include "base/clock.h"
#include "tests/bench/bench.h"

#define DER_SIZE       640 /* of a P-256 LDevID of ours */
#define FLUSH_SIZE     (1 << 20)
#define POSTGRES_EPOCH INT64_C(946684800) /* 2000-01-01 */
#define YEAR           INT64_C(31536000)

/* ---- randomness that is the same in each run ---- */

static uint64_t mix(uint64_t x)
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static void fill(uint64_t seed, uint8_t *out, size_t n)
{
	for (size_t i = 0; i < n; i += 8) {
		const uint64_t word = mix(seed * 1000 + i);

		memcpy(out + i, &word, n - i < 8 ? n - i : 8);
	}
}

enum { /* seeds apart */
	SEED_KEY = 1,
	SEED_IDEVID,
	SEED_SERIAL,
	SEED_DER
};

static uint64_t seed_of(int kind, long i)
{
	return (uint64_t)kind << 56 | (uint64_t)i;
}

void held_key(long certificate, uint8_t digest[static 32])
{
	fill(seed_of(SEED_KEY, certificate), digest, 32);
}

void held_serial(long device, char *text, size_t size)
{
	snprintf(text, size, "H-%09ld", device);
}

/* ---- rows ---- */

struct copy {
	PGconn *c;
	struct buf out;
};

static void fail(PGconn *c, const char *what)
{
	fprintf(stderr, "bench: %s: %s\n", what, PQerrorMessage(c));
	exit(1);
}

static void run(PGconn *c, const char *sql)
{
	PGresult *r = PQexec(c, sql);
	const ExecStatusType s = PQresultStatus(r);

	if (s != PGRES_COMMAND_OK && s != PGRES_TUPLES_OK && s != PGRES_COPY_IN)
		fail(c, sql);
	PQclear(r);
}

static void put_number(struct buf *out, uint64_t value, size_t octets)
{
	while (octets-- > 0)
		buf_put_byte(out, (uint8_t)(value >> octets * 8));
}

static void field(struct copy *to, const void *bytes, size_t n)
{
	put_number(&to->out, n, 4);
	buf_put(&to->out, span(bytes, n));
}

static void field_text(struct copy *to, const char *text)
{
	field(to, text, strlen(text));
}

static void field_int(struct copy *to, int64_t value)
{
	put_number(&to->out, 8, 4);
	put_number(&to->out, (uint64_t)value, 8);
}

static void field_time(struct copy *to, int64_t seconds)
{
	field_int(to, (seconds - POSTGRES_EPOCH) * 1000000);
}

static void field_bool(struct copy *to, bool value)
{
	put_number(&to->out, 1, 4);
	buf_put_byte(&to->out, value);
}

static void field_random(struct copy *to, uint64_t seed, size_t n)
{
	uint8_t bytes[DER_SIZE];

	fill(seed, bytes, n);
	field(to, bytes, n);
}

static void flush(struct copy *to)
{
	if (PQputCopyData(to->c, (const char *)to->out.p, (int)to->out.n) != 1)
		fail(to->c, "COPY");
	buf_reset(&to->out);
}

static void row(struct copy *to, int fields)
{
	if (to->out.n > FLUSH_SIZE)
		flush(to);
	put_number(&to->out, (uint64_t)fields, 2);
}

static void copy_begin(struct copy *to, PGconn *c, const char *sql)
{
	static const uint8_t head[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0";

	*to = (struct copy){.c = c};
	run(c, sql);
	buf_put(&to->out, span(head, 19));
}

static void copy_end(struct copy *to)
{
	PGresult *r;

	put_number(&to->out, 0xffff, 2);
	flush(to);
	if (PQputCopyEnd(to->c, NULL) != 1)
		fail(to->c, "COPY");
	r = PQgetResult(to->c);
	if (PQresultStatus(r) != PGRES_COMMAND_OK)
		fail(to->c, "COPY");
	PQclear(r);
	while ((r = PQgetResult(to->c)))
		PQclear(r);
	buf_free(&to->out);
}

/* ---- what is there already, and its numbers ---- */

struct store {
	PGconn *c;
	long certificates, devices;
	int64_t first_device, first_certificate, first_enrollment;
	int64_t authority, profile, label, products[2];
	int64_t now;
};

static int64_t number(PGconn *c, const char *sql)
{
	PGresult *r = PQexec(c, sql);
	int64_t value;

	if (PQresultStatus(r) != PGRES_TUPLES_OK || PQntuples(r) != 1)
		fail(c, sql);
	value = strtoll(PQgetvalue(r, 0, 0), NULL, 10);
	PQclear(r);
	return value;
}

static void look(struct store *s)
{
	s->first_device = 1 + number(s->c, "SELECT coalesce(max(id), 0) FROM device");
	s->first_certificate = 1 + number(s->c, "SELECT coalesce(max(id), 0) FROM certificate");
	s->first_enrollment = 1 + number(s->c, "SELECT coalesce(max(id), 0) FROM enrollment");
	s->authority = number(s->c, "SELECT id FROM authority WHERE name = 'issuing'");
	s->profile = number(s->c, "SELECT id FROM profile WHERE name = 'device'");
	s->label = number(s->c, "SELECT id FROM label WHERE name = 'open'");
	s->products[0] = number(s->c, "SELECT id FROM product WHERE name = 'x100'");
	s->products[1] = number(s->c, "SELECT id FROM product WHERE name = 'y200'");
	s->now = (int64_t)time(NULL);
}

/* Rows arrive through a year, the last one now. */
static int64_t issued_at(const struct store *s, long i)
{
	return s->now - YEAR * 9 / 10 +
	       (int64_t)((double)i / (double)s->certificates * (double)(YEAR * 9 / 10));
}

static void load_devices(const struct store *s)
{
	struct copy to;
	char serial[32], batch[32];

	copy_begin(&to, s->c,
	    "COPY device (id, product_id, serial, state, idevid_key, created_at, first_enrolled_at, "
	    "issuances, batch, announced) FROM STDIN (FORMAT binary)");
	for (long i = 0; i < s->devices; i++) {
		held_serial(i, serial, sizeof(serial));
		snprintf(batch, sizeof(batch), "lot-%06ld", i / HELD_BATCH);
		row(&to, 10);
		field_int(&to, s->first_device + i);
		field_int(&to, s->products[i % 2]);
		field_text(&to, serial);
		field_text(&to, "enrolled");
		field_random(&to, seed_of(SEED_IDEVID, i), 32);
		field_time(&to, issued_at(s, i));
		field_time(&to, issued_at(s, i));
		field_int(&to, HELD_PER_DEVICE);
		field_text(&to, batch);
		field_bool(&to, false);
	}
	copy_end(&to);
}

static void load_keys(const struct store *s)
{
	struct copy to;
	uint8_t digest[32];

	copy_begin(&to, s->c,
	    "COPY public_key (digest, device_id, kind, first_seen_at) FROM STDIN (FORMAT binary, FREEZE)");
	for (long i = 0; i < s->certificates; i++) {
		held_key(i, digest);
		row(&to, 4);
		field(&to, digest, sizeof(digest));
		field_int(&to, s->first_device + i % s->devices);
		field_text(&to, "ldevid");
		field_time(&to, issued_at(s, i));
	}
	for (long i = 0; i < s->devices; i++) {
		row(&to, 4);
		field_random(&to, seed_of(SEED_IDEVID, i), 32);
		field_int(&to, s->first_device + i);
		field_text(&to, "idevid");
		field_time(&to, issued_at(s, i));
	}
	copy_end(&to);
}

static void put_certificate(const struct store *s, struct copy *to, long i)
{
	char serial[32], subject[96];
	uint8_t number_octets[16], digest[32];

	held_serial(i % s->devices, serial, sizeof(serial));
	snprintf(subject, sizeof(subject), "serialNumber=%s,CN=%s,O=Test", serial,
	    i % s->devices % 2 ? "Y200" : "X100");
	fill(seed_of(SEED_SERIAL, i), number_octets, sizeof(number_octets));
	number_octets[0] = (uint8_t)((number_octets[0] & 0x3f) | 0x40);
	held_key(i, digest);
	row(to, 16);
	field_int(to, s->first_certificate + i);
	field_int(to, s->authority);
	field(to, number_octets, sizeof(number_octets));
	field_int(to, s->first_device + i % s->devices);
	field_int(to, s->profile);
	field_int(to, s->label);
	field(to, digest, sizeof(digest));
	field_random(to, seed_of(SEED_DER, i) ^ 1, 64);
	field_time(to, issued_at(s, i));
	field_time(to, issued_at(s, i) + YEAR);
	field_random(to, seed_of(SEED_DER, i), DER_SIZE);
	field_time(to, issued_at(s, i));
	field_time(to, issued_at(s, i) + 60);
	field_int(to, s->products[i % s->devices % 2]);
	field_text(to, subject);
	field_text(to, "EC-P256");
}

static void load_certificates(const struct store *s)
{
	struct copy to;

	copy_begin(&to, s->c,
	    "COPY certificate (id, authority_id, serial, device_id, profile_id, label_id, key_digest, "
	    "subject, not_before, not_after, der, issued_at, first_used_at, product_id, subject_text, "
	    "key_algorithm) FROM STDIN (FORMAT binary, FREEZE)");
	for (long i = 0; i < s->certificates; i++)
		put_certificate(s, &to, i);
	copy_end(&to);
}

static void load_enrollments(const struct store *s)
{
	struct copy to;
	char serial[32];
	uint8_t digest[32];

	copy_begin(&to, s->c,
	    "COPY enrollment (id, at, label, operation, outcome, message, device_id, product, serial, "
	    "key_digest, idevid_digest, certificate_id, peer_address, request_id, stranger) "
	    "FROM STDIN (FORMAT binary, FREEZE)");
	for (long i = 0; i < s->certificates; i++) {
		held_serial(i % s->devices, serial, sizeof(serial));
		held_key(i, digest);
		row(&to, 15);
		field_int(&to, s->first_enrollment + i);
		field_time(&to, issued_at(s, i));
		field_text(&to, "");
		field_text(&to, i < s->devices ? "enroll" : "reenroll");
		field_text(&to, "issued");
		field_text(&to, "certificate issued");
		field_int(&to, s->first_device + i % s->devices);
		field_text(&to, i % s->devices % 2 ? "y200" : "x100");
		field_text(&to, serial);
		field(&to, digest, sizeof(digest));
		field_random(&to, seed_of(SEED_IDEVID, i % s->devices) ^ 1, 32);
		field_int(&to, s->first_certificate + i);
		field_text(&to, "198.51.100.7");
		field_random(&to, seed_of(SEED_DER, i) ^ 2, 0);
		field_bool(&to, false);
	}
	copy_end(&to);
}

/* ---- the whole ---- */

/* Indices and constraints of a table as statements that take them away, and make them again. */
static const char take_away[] =
    "CREATE TEMP TABLE held_index AS "
    "SELECT i.indexrelid::regclass::text AS name, t.relname AS on_table, k.conname, "
    "  CASE WHEN k.conname IS NULL THEN pg_get_indexdef(i.indexrelid) "
    "    ELSE format('ALTER TABLE %I ADD CONSTRAINT %I %s', t.relname, k.conname, "
    "      pg_get_constraintdef(k.oid)) END AS again "
    "FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid "
    "LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.contype IN ('p', 'u') "
    "WHERE t.relname IN ('certificate', 'public_key', 'enrollment');"
    "DO $$ DECLARE x record; BEGIN "
    "FOR x IN SELECT * FROM held_index LOOP "
    "  IF x.conname IS NULL THEN EXECUTE 'DROP INDEX ' || x.name; "
    "  ELSE EXECUTE format('ALTER TABLE %I DROP CONSTRAINT %I', x.on_table, x.conname); END IF; "
    "END LOOP; END $$";
static const char make_again[] =
    "DO $$ DECLARE x record; BEGIN "
    "FOR x IN SELECT * FROM held_index LOOP EXECUTE x.again; END LOOP; END $$";

/* Rows frozen and outside the cluster's log: the table must have been emptied in the transaction.
 */
static void load_table(
    const struct store *s, const char *table, void (*load)(const struct store *s))
{
	char sql[300];
	const int64_t begun = monotonic_ms();

	run(s->c, "BEGIN");
	snprintf(sql, sizeof(sql),
	    "CREATE TEMP TABLE kept_%s ON COMMIT DROP AS SELECT * FROM %s; TRUNCATE %s", table,
	    table, table);
	run(s->c, sql);
	load(s);
	snprintf(sql, sizeof(sql), "INSERT INTO %s OVERRIDING SYSTEM VALUE SELECT * FROM kept_%s",
	    table, table);
	run(s->c, sql);
	run(s->c, "COMMIT");
	snprintf(sql, sizeof(sql), "held_load_%s", table);
	bench_note(sql, (double)(monotonic_ms() - begun) / 1000, "s");
}

static void renumber(const struct store *s, const char *table)
{
	char sql[200];

	snprintf(sql, sizeof(sql),
	    "SELECT setval(pg_get_serial_sequence('%s', 'id'), (SELECT max(id) FROM %s))", table,
	    table);
	run(s->c, sql);
}

static void finish(const struct store *s)
{
	const int64_t begun = monotonic_ms();

	run(s->c, make_again);
	bench_note("held_indices", (double)(monotonic_ms() - begun) / 1000, "s");
	renumber(s, "device");
	renumber(s, "certificate");
	renumber(s, "enrollment");
	run(s->c,
	    "INSERT INTO revocation (authority_id, serial, certificate_id, shard, reason, revoked_at, "
	    "not_after, sequence) SELECT authority_id, serial, id, 0, CASE id % 400 WHEN 0 THEN 6 ELSE 1 END, "
	    "issued_at, not_after, id FROM certificate WHERE id % 200 = 0 AND device_id IS NOT NULL;"
	    "DELETE FROM statistic; DELETE FROM statistic_change;"
	    "INSERT INTO statistic SELECT * FROM statistic_counted");
	run(s->c, "VACUUM (FREEZE, ANALYZE) device");
	run(s->c, "ANALYZE");
}

static PGconn *superuser(const struct fixture *f)
{
	char conninfo[320];
	const char *user = strstr(f->owner, "user=");
	PGconn *c;

	snprintf(conninfo, sizeof(conninfo), "%.*suser=postgres", (int)(user ? user - f->owner : 0),
	    f->owner);
	c = PQconnectdb(conninfo);
	if (PQstatus(c) != CONNECTION_OK)
		fail(c, "connect");
	return c;
}

static void set(struct fixture *f, const char *const *settings, size_t n)
{
	PGconn *c = superuser(f);

	for (size_t i = 0; i < n; i++)
		run(c, settings[i]);
	PQfinish(c);
	fixture_database_stop(f);
	fixture_database_start(f);
}

void held_load(struct fixture *f, long certificates)
{
	static const char *const quick[] = {"ALTER SYSTEM SET wal_level = minimal",
	    "ALTER SYSTEM SET max_wal_senders = 0", "ALTER SYSTEM SET maintenance_work_mem = '1GB'",
	    "ALTER SYSTEM SET autovacuum = off"};
	static const char *const usual[] = {"ALTER SYSTEM RESET ALL", "CHECKPOINT"};
	struct store s = {.certificates = certificates, .devices = certificates / HELD_PER_DEVICE};

	set(f, quick, COUNT(quick));
	s.c = superuser(f);
	/* No trigger counts, none checks references. */
	run(s.c, "SET session_replication_role = replica; SET synchronous_commit = off");
	look(&s);
	load_devices(&s);
	run(s.c, take_away);
	load_table(&s, "public_key", load_keys);
	load_table(&s, "certificate", load_certificates);
	load_table(&s, "enrollment", load_enrollments);
	finish(&s);
	PQfinish(s.c);
	set(f, usual, COUNT(usual));
}
