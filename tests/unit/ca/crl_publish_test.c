/* tests/unit/ca/crl_publish_test.c: lists from the store, as others verify with them. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/x509.h>

#include "base/encode.h"
#include "base/file.h"
#include "ca/crl_by_hand.h"
#include "ca/crl_scope.h"
#include "issue_fixture.h"
#include "tests/lib/pg.h"

#define ROOT    INT64_C(76)
#define ISSUING INT64_C(77)

/* ---- a store with two authorities, and a clock to be set ---- */

struct scene {
	struct world w;
	struct pg_database database;
	struct db *db, *reader;
	int64_t now;
	struct clock clock;
	struct arena arena;
	struct crl_state *states;
	size_t state_count;
	struct crl_row row; /* the last publication */
};

static int64_t scene_time(void *context)
{
	return ((struct scene *)context)->now;
}

static void scene_new(struct scene *s)
{
	*s = (struct scene){0};
	world_make(&s->w, "EC-P256", "EC-P256");
	s->now = s->w.now;
	s->clock = (struct clock){scene_time, s};
	s->w.root.id = ROOT;
	s->w.root.name = arena_strdup(&s->w.arena, "root");
	s->w.root.crl_url = arena_strdup(&s->w.arena, "http://pki.example/crl/root.crl");
	s->w.issuing.id = ISSUING;
	s->w.issuing.key_uri = arena_strdup(&s->w.arena, "file:issuing.key");
	s->database = pg_database_new(true);
	s->db = pg_open(&s->database);
	s->reader = pg_open(&s->database);
}

static void scene_free(struct scene *s)
{
	db_close(s->db);
	db_close(s->reader);
	pg_database_drop(&s->database);
	arena_free(&s->arena);
	world_free(&s->w);
}

static const struct crl_state *state(struct scene *s, int64_t authority_id, int64_t shard)
{
	struct err err = {0};

	cr_assert(crl_shards_add(s->db, authority_id, shard + 1, &err).ok, "%s", err.cause);
	cr_assert(crl_states_read(s->db, &s->arena, &s->states, &s->state_count, &err).ok);
	for (size_t i = 0; i < s->state_count; i++)
		if (s->states[i].authority_id == authority_id && s->states[i].shard == shard)
			return &s->states[i];
	abort(); /* it was added */
}

static struct crl_publisher publisher(struct scene *s)
{
	return (struct crl_publisher){s->db, s->reader, fixture_directory(), &s->clock, &s->w.rng};
}

static struct crl_task task(struct scene *s, const struct authority *a, int64_t shard)
{
	return (struct crl_task){.authority = a, .state = state(s, a->id, shard)};
}

static bool try_publish(struct scene *s, const struct crl_task *t, enum crl_due what)
{
	const struct crl_publisher p = publisher(s);
	struct err err = {0};
	bool taken = false;

	cr_assert(db_begin(s->db, &err).ok);
	cr_assert(crl_publish(&p, t, t->authority->key, what, &s->row, &taken, &err).ok, "%s (%s)",
	    err.message, err.cause);
	if (taken)
		cr_assert(db_commit(s->db, &err).ok);
	db_rollback(s->db);
	return taken;
}

static void publish(struct scene *s, int64_t shard, enum crl_due what)
{
	const struct crl_task t = task(s, &s->w.issuing, shard);

	cr_assert(try_publish(s, &t, what));
}

/* What would be due now, after `ms` of a clock that only rises. */
static enum crl_due due(struct scene *s, int64_t ms)
{
	const struct crl_task t = task(s, &s->w.issuing, 0);

	return crl_due(&t, s->now, &(struct crl_ages){ms, ms});
}

/* ---- events, as ca/revoke.h writes them ---- */

static void event(struct scene *s, const struct issued *of, int reason, bool lifted)
{
	AUTO(buf) sql = {0};
	char serial[2 * SERIAL_SIZE + 1];

	hex_text(SPAN_OF(of->serial), serial);
	buf_printf(&sql,
	    "INSERT INTO crl_shard (authority_id, shard) VALUES (77, %d) ON CONFLICT DO NOTHING; "
	    "UPDATE crl_shard SET sequence = sequence + 1 WHERE authority_id = 77 AND shard = %d; "
	    "INSERT INTO revocation (authority_id, serial, certificate_id, shard, reason, "
	    "revoked_at, not_after, sequence, resumed_at) "
	    "SELECT 77, '\\x%s', (SELECT count(*) + 1 FROM revocation), shard, %d, "
	    "to_timestamp(%lld), to_timestamp(%lld), sequence, %s FROM crl_shard "
	    "WHERE authority_id = 77 AND shard = %d ON CONFLICT (authority_id, serial) DO UPDATE "
	    "SET reason = excluded.reason, sequence = excluded.sequence, "
	    "resumed_at = excluded.resumed_at",
	    of->shard, of->shard, serial, reason, (long long)s->now, (long long)of->not_after,
	    lifted ? "now()" : "NULL", of->shard);
	pg_exec(&s->database, buf_cstr(&sql));
}

/* ---- the lists ---- */

static void read_part(struct scene *s, int64_t id, bool delta, struct buf *out)
{
	struct err err = {0};
	bool there = true;

	for (int64_t part = 0; there; part++)
		cr_assert(crl_chunk_get(s->db, id, delta, part, out, &there, &err).ok);
}

static X509_CRL *list(struct scene *s, int64_t shard, bool delta)
{
	const struct crl_state *st = state(s, ISSUING, shard);
	AUTO(buf) der = {0};
	const unsigned char *p;
	X509_CRL *crl;

	read_part(s, delta ? st->delta.id : st->full.id, delta, &der);
	p = der.p;
	crl = d2i_X509_CRL(NULL, &p, (long)der.n);
	cr_assert(crl && p == der.p + der.n);
	return crl;
}

/* Entries of the stored list. */
static int entries(struct scene *s, bool delta)
{
	X509_CRL *crl = list(s, 0, delta);
	int n = sk_X509_REVOKED_num(X509_CRL_get_REVOKED(crl));

	X509_CRL_free(crl);
	return n < 0 ? 0 : n;
}

static void write_list(
    struct scene *s, int64_t authority_id, int64_t shard, bool delta, const char *name)
{
	const struct crl_state *st = state(s, authority_id, shard);
	AUTO(buf) der = {0};
	struct span one;

	read_part(s, delta ? st->delta.id : st->full.id, delta, &der);
	one = buf_span(&der);
	(void)fixture_file(name, "X509 CRL", &one, 1);
}

static void write_chain(struct scene *s)
{
	const struct span root = buf_span(&s->w.root_der), issuing = buf_span(&s->w.issuing_der);

	(void)fixture_file("root.pem", "CERTIFICATE", &root, 1);
	(void)fixture_file("issuing.pem", "CERTIFICATE", &issuing, 1);
}

static void write_leaf(const struct issued *leaf, const char *name)
{
	const struct span der = buf_span(&leaf->der);

	(void)fixture_file(name, "CERTIFICATE", &der, 1);
}

/* "OK", or the word that openssl's verifier has for what is wrong. */
static void verifies(const char *leaf, const char *lists, const char *flags, const char *says)
{
	AUTO(buf) out = {0};

	(void)fixture_run(&out,
	    "openssl verify -crl_check_all %s -CAfile root.pem -untrusted issuing.pem %s %s", flags,
	    lists, leaf);
	cr_expect(
	    strstr(buf_cstr(&out), says), "%s with %s %s: %s", leaf, lists, flags, buf_cstr(&out));
}

/* The root's own list, by its key. */
static void publish_root(struct scene *s)
{
	struct crl_publisher p = publisher(s);
	const struct crl_task t = task(s, &s->w.root, 0);
	struct err err = {0};
	bool taken;

	p.reader = NULL;
	cr_assert(db_begin(s->db, &err).ok);
	cr_assert(crl_publish(&p, &t, s->w.root.key, CRL_ALL, &s->row, &taken, &err).ok, "%s",
	    err.message);
	cr_assert(taken && db_commit(s->db, &err).ok);
	cr_expect_eq(s->row.next_update - s->row.this_update, 365 * DAY, "a root's lasts a year");
}

/* ---- with other people's verifiers ---- */

Test(ca_crl_publish, openssl_and_gnutls_agree_with_the_store)
{
	struct scene s;
	struct issued good, revoked, held;

	scene_new(&s);
	good = world_issue(&s.w);
	revoked = world_issue(&s.w);
	held = world_issue(&s.w);
	event(&s, &revoked, 1, false);
	event(&s, &held, 6, false);
	publish(&s, 0, CRL_ALL);
	publish_root(&s);
	write_chain(&s);
	write_leaf(&good, "good.pem");
	write_leaf(&revoked, "revoked.pem");
	write_leaf(&held, "held.pem");
	write_list(&s, ISSUING, 0, false, "full.pem");
	write_list(&s, ROOT, 0, false, "rootlist.pem");
	verifies("good.pem", "-CRLfile full.pem -CRLfile rootlist.pem", "", "good.pem: OK");
	verifies(
	    "revoked.pem", "-CRLfile full.pem -CRLfile rootlist.pem", "", "certificate revoked");
	verifies("held.pem", "-CRLfile full.pem -CRLfile rootlist.pem", "", "certificate revoked");
	verifies("good.pem", "-CRLfile full.pem", "", "unable to get certificate CRL");
	if (fixture_run(&(struct buf){0}, "command -v certtool >certtool.path") == 0) {
		fixture_must("Verified", "certtool --verify-crl --load-ca-certificate issuing.pem "
					 "--infile full.pem");
		fixture_must("Verified", "certtool --verify-crl --load-ca-certificate root.pem "
					 "--infile rootlist.pem");
	}
	issued_free(&good);
	issued_free(&revoked);
	issued_free(&held);
	scene_free(&s);
}

#define BOTH "-CRLfile old.pem -CRLfile delta.pem -CRLfile rootlist.pem"
Test(ca_crl_publish, a_delta_brings_an_old_full_list_up_to_date)
{
	struct scene s;
	struct issued good, revoked, held;

	scene_new(&s);
	s.w.issuing.delta_url = arena_strdup(&s.w.arena, "http://pki.example/crl/acme-1-delta.crl");
	good = world_issue(&s.w);
	revoked = world_issue(&s.w);
	held = world_issue(&s.w);
	event(&s, &held, 6, false);
	publish(&s, 0, CRL_ALL);
	publish_root(&s);
	write_list(&s, ISSUING, 0, false, "old.pem");
	write_list(&s, ROOT, 0, false, "rootlist.pem");
	s.now++;
	event(&s, &revoked, 4, false);
	event(&s, &held, 6, true);
	publish(&s, 0, CRL_DELTA);
	cr_expect_not(s.row.full.there);
	cr_expect_eq(s.row.base_number, 1);
	cr_expect_eq(entries(&s, true), 2, "one revoked, one removed");
	write_list(&s, ISSUING, 0, true, "delta.pem");
	write_chain(&s);
	write_leaf(&good, "good.pem");
	write_leaf(&revoked, "revoked.pem");
	write_leaf(&held, "held.pem");
	/* OpenSSL takes thisUpdate at its word: a moment has to pass. */
	verifies("good.pem", BOTH, "-attime $(( $(date +%s) + 5 )) -extended_crl -use_deltas",
	    "good.pem: OK");
	verifies("revoked.pem", BOTH, "-attime $(( $(date +%s) + 5 )) -extended_crl -use_deltas",
	    "certificate revoked");
	verifies("held.pem", BOTH, "-attime $(( $(date +%s) + 5 )) -extended_crl -use_deltas",
	    "held.pem: OK");
	/* without the delta the old list says what was */
	verifies("revoked.pem", "-CRLfile old.pem -CRLfile rootlist.pem",
	    "-attime $(( $(date +%s) + 5 ))", "revoked.pem: OK");
	verifies("held.pem", "-CRLfile old.pem -CRLfile rootlist.pem",
	    "-attime $(( $(date +%s) + 5 ))", "certificate revoked");
	issued_free(&good);
	issued_free(&revoked);
	issued_free(&held);
	scene_free(&s);
}

Test(ca_crl_publish, a_list_of_another_shard_speaks_of_nobody_here)
{
	struct scene s;
	struct issued leaf;
	char own[64], others[64];

	scene_new(&s);
	s.w.issuing.crl_shards = 2;
	s.w.issuing.crl_url = arena_strdup(&s.w.arena, "http://pki.example/crl/acme-1/{shard}.crl");
	leaf = world_issue(&s.w);
	event(&s, &leaf, 1, false);
	publish(&s, 0, CRL_ALL);
	publish(&s, 1, CRL_ALL);
	publish_root(&s);
	write_chain(&s);
	write_leaf(&leaf, "leaf.pem");
	write_list(&s, ISSUING, 0, false, "0.pem");
	write_list(&s, ISSUING, 1, false, "1.pem");
	write_list(&s, ROOT, 0, false, "rootlist.pem");
	snprintf(own, sizeof(own), "-CRLfile %d.pem -CRLfile rootlist.pem", leaf.shard);
	snprintf(others, sizeof(others), "-CRLfile %d.pem -CRLfile rootlist.pem", 1 - leaf.shard);
	verifies("leaf.pem", own, "-extended_crl", "certificate revoked");
	verifies("leaf.pem", others, "-extended_crl", "scope");
	issued_free(&leaf);
	scene_free(&s);
}

/* ---- numbers and times ---- */

Test(ca_crl_publish, neither_number_nor_this_update_falls_when_the_clock_is_set_back)
{
	struct scene s;
	struct crl_row first;
	struct issued leaf;

	scene_new(&s);
	leaf = world_issue(&s.w);
	publish(&s, 0, CRL_ALL);
	first = s.row;
	s.now -= 3600;
	event(&s, &leaf, 1, false);
	cr_expect_eq(due(&s, 5000), CRL_ALL, "what is revoked is told, whatever the clock says");
	publish(&s, 0, CRL_ALL);
	cr_expect_eq(s.row.number, first.number + 1);
	cr_expect_gt(s.row.this_update, first.this_update);
	cr_expect_gt(s.row.next_update, first.next_update);
	cr_expect_eq(entries(&s, false), 1);
	issued_free(&leaf);
	scene_free(&s);
}

Test(ca_crl_publish, of_two_that_publish_at_once_one_does)
{
	struct scene s;
	struct crl_task t;

	scene_new(&s);
	t = task(&s, &s.w.issuing, 0);
	cr_expect(try_publish(&s, &t, CRL_ALL));
	/* The unique number stops the second one before the swap does. */
	const struct crl_publisher p = publisher(&s);
	struct err err = {0};
	bool taken = true;
	cr_assert(db_begin(s.db, &err).ok);
	cr_expect_not(
	    crl_publish(&p, &t, s.w.issuing.key, CRL_ALL, &s.row, &taken, &err).ok && taken);
	db_rollback(s.db);
	cr_expect_eq(pg_number(&s.database, "SELECT count(*) FROM crl"), 1);
	cr_expect_eq(pg_number(&s.database, "SELECT number FROM crl_shard"), 1);
	scene_free(&s);
}

Test(ca_crl_publish, who_is_killed_before_the_commit_leaves_nothing)
{
	struct scene s;
	struct err err = {0};
	bool taken = false;

	scene_new(&s);
	publish(&s, 0, CRL_ALL);
	const struct crl_publisher p = publisher(&s);
	const struct crl_task t = task(&s, &s.w.issuing, 0);
	cr_assert(db_begin(s.db, &err).ok);
	cr_assert(crl_publish(&p, &t, s.w.issuing.key, CRL_ALL, &s.row, &taken, &err).ok && taken);
	pg_exec(&s.database,
	    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = "
	    "current_database() AND usename = 'signet_server' AND state = 'idle in transaction'");
	cr_expect_not(db_commit(s.db, &err).ok);
	db_close(s.db);
	s.db = pg_open(&s.database);
	cr_expect_eq(state(&s, ISSUING, 0)->number, 1);
	cr_expect_eq(pg_number(&s.database, "SELECT count(*) FROM crl"), 1);
	cr_expect_eq(
	    pg_number(&s.database, "SELECT count(*) FROM log_salt WHERE record_kind = 'crl'"), 1);
	publish(&s, 0, CRL_ALL);
	cr_expect_eq(s.row.number, 2);
	scene_free(&s);
}

Test(ca_crl_publish, after_a_restored_backup_numbers_go_on_far_behind)
{
	struct scene s;
	struct err err = {0};
	struct issued leaf;

	scene_new(&s);
	s.w.issuing.delta_url = arena_strdup(&s.w.arena, "http://pki.example/crl/acme-1-delta.crl");
	leaf = world_issue(&s.w);
	publish(&s, 0, CRL_ALL);
	struct db *owner = NULL;
	cr_assert(db_open(&(struct db_config){.conninfo = s.database.owner}, &owner, &err).ok);
	cr_assert(crl_numbers_jump(owner, 1000, &err).ok, "%s %s", err.message, err.cause);
	db_close(owner);
	cr_expect_eq(due(&s, 5000), CRL_ALL);
	event(&s, &leaf, 1, false);
	publish(&s, 0, CRL_ALL);
	cr_expect_eq(s.row.number, 1002);
	cr_expect_eq(s.row.base_number, 1002, "no delta adds to what was lost");
	s.now++;
	publish(&s, 0, CRL_ALL);
	cr_expect_eq(s.row.base_number, 1002);
	issued_free(&leaf);
	scene_free(&s);
}

/* ---- what a list has ---- */

static size_t entries_of(struct scene *s, int64_t authority_id)
{
	AUTO_REF(crl_reader) reader = NULL;
	struct crl_read_row row;
	struct err err = {0};
	bool there = true;
	size_t n = 0;

	cr_assert(db_begin(s->db, &err).ok);
	cr_assert(crl_read_full(s->db, authority_id, 0, s->now, &reader, &err).ok, "%s", err.cause);
	while (there) {
		cr_assert(crl_read_next(reader, &there, &row, &err).ok, "%s", err.cause);
		n += there;
	}
	db_rollback(s->db);
	return n;
}

/* A list of either would be taken for one of the other: GnuTLS and OpenSSL's extended checks do. */
Test(ca_crl_publish, offline_roots_of_one_name_tell_of_each_others_revocations)
{
	struct scene s;

	scene_new(&s);
	pg_exec(&s.database,
	    "INSERT INTO authority (id, name, certificate, subject, ski, parent_id, chain, spec, version) "
	    "OVERRIDING SYSTEM VALUE VALUES "
	    "(1, 'root', '', 'A', '1', NULL, '{}', '{}', 1), (2, 'root-2', '', 'A', '2', NULL, '{}', '{}', 1), "
	    "(3, 'other', '', 'B', '3', NULL, '{}', '{}', 1), (4, 'below', '', 'A', '4', 1, '{x}', '{}', 1), "
	    "(5, 'online', '', 'A', '5', NULL, '{}', '{\"key_uri\":\"file:x.key\"}', 1);"
	    "INSERT INTO revocation (authority_id, serial, certificate_id, shard, reason, revoked_at, "
	    "not_after, sequence) SELECT i, decode(lpad(to_hex(i), 2, '0'), 'hex'), i, 0, 1, now(), "
	    "'infinity', 1 FROM generate_series(1, 5) i");
	cr_expect_eq(entries_of(&s, 1), 2);
	cr_expect_eq(entries_of(&s, 2), 2);
	for (int64_t id = 3; id <= 5; id++)
		cr_expect_eq(entries_of(&s, id), 1, "%d", (int)id);
	scene_free(&s);
}

Test(ca_crl_publish, an_entry_stays_for_one_period_past_its_end_and_one_full_list)
{
	struct scene s;
	struct issued leaf;
	int64_t every;

	scene_new(&s);
	s.w.profile.validity = 7200;
	every = crl_every(&s.w.issuing);
	leaf = world_issue(&s.w);
	event(&s, &leaf, 1, false);
	publish(&s, 0, CRL_ALL);
	s.now = leaf.not_after + 60;
	publish(&s, 0, CRL_ALL);
	cr_expect_eq(entries(&s, false), 1, "the first list past its end still has it");
	s.now += 60;
	publish(&s, 0, CRL_ALL);
	cr_expect_eq(entries(&s, false), 1, "so do those of the same period");
	s.now = leaf.not_after + every + 120;
	publish(&s, 0, CRL_ALL);
	cr_expect_eq(entries(&s, false), 0);
	issued_free(&leaf);
	scene_free(&s);
}

Test(ca_crl_publish, a_new_url_joins_the_old_ones_and_begins_new_deltas)
{
	struct scene s;
	AUTO(buf) text = {0};
	const struct crl_url_row urls[] = {{ISSUING, "http://pki.example/crl/acme-1.crl"},
	    {ISSUING, "http://new.example/crl/{shard}.crl"},
	    {ROOT, "http://pki.example/other.crl"}};
	struct crl_task t;

	scene_new(&s);
	s.w.issuing.delta_url = arena_strdup(&s.w.arena, "http://pki.example/crl/acme-1-delta.crl");
	publish(&s, 0, CRL_ALL);
	s.w.issuing.crl_url = arena_strdup(&s.w.arena, urls[1].url);
	t = task(&s, &s.w.issuing, 0);
	t.urls = urls;
	t.url_count = COUNT(urls);
	cr_expect_eq(crl_due(&t, s.now, &(struct crl_ages){9000, 9000}), CRL_ALL);
	cr_assert(try_publish(&s, &t, CRL_DELTA));
	cr_expect(s.row.full.there, "a delta has its base's scope: a new base is needed");
	cr_expect_eq(s.row.base_number, 2);
	write_list(&s, ISSUING, 0, false, "renamed.pem");
	cr_assert_eq(fixture_run(&text, "openssl crl -in renamed.pem -noout -text"), 0);
	cr_expect(strstr(buf_cstr(&text), "URI:http://pki.example/crl/acme-1.crl"));
	cr_expect(strstr(buf_cstr(&text), "URI:http://new.example/crl/0.crl"));
	cr_expect_null(strstr(buf_cstr(&text), "other.crl"));
	scene_free(&s);
}

Test(ca_crl_publish, a_delta_adds_to_the_oldest_list_that_somebody_may_hold)
{
	struct scene s;
	struct issued leaves[3];

	scene_new(&s);
	s.w.issuing.delta_url = arena_strdup(&s.w.arena, "http://pki.example/crl/acme-1-delta.crl");
	for (int i = 0; i < 3; i++) {
		leaves[i] = world_issue(&s.w);
		publish(&s, 0, CRL_ALL);
		event(&s, &leaves[i], 1, false);
		s.now += 3600;
	}
	publish(&s, 0, CRL_ALL);
	cr_expect_eq(s.row.base_number, 1);
	cr_expect_eq(entries(&s, true), 3);
	s.now +=
	    crl_validity(&s.w.issuing) - 2 * 3600 - 60; /* the first has ended, the second not */
	publish(&s, 0, CRL_ALL);
	cr_expect_eq(s.row.base_number, 2);
	cr_expect_eq(entries(&s, true), 2);
	for (int i = 0; i < 3; i++)
		issued_free(&leaves[i]);
	scene_free(&s);
}

/* ---- when ---- */

Test(ca_crl_publish, what_is_revoked_is_due_at_once_and_the_rest_by_the_clock)
{
	struct scene s;
	struct issued leaf;

	scene_new(&s);
	cr_expect_eq(due(&s, 0), CRL_ALL, "there is none");
	publish(&s, 0, CRL_ALL);
	cr_expect_eq(due(&s, 5000), CRL_LATER);
	leaf = world_issue(&s.w);
	event(&s, &leaf, 1, false);
	cr_expect_eq(due(&s, 0), CRL_LATER, "a second lies between two lists");
	cr_expect_eq(due(&s, CRL_APART_MS), CRL_ALL);
	s.now++;
	publish(&s, 0, CRL_ALL);
	cr_expect_eq(due(&s, 5000), CRL_LATER);
	cr_expect_eq(
	    due(&s, crl_every(&s.w.issuing) * 1000), CRL_ALL, "by the clock that only rises");
	s.now += crl_every(&s.w.issuing);
	cr_expect_eq(due(&s, 5000), CRL_ALL, "by the clock on the wall");
	issued_free(&leaf);
	scene_free(&s);
}

Test(ca_crl_publish, a_costly_full_list_waits_for_its_share_while_deltas_come)
{
	struct scene s;
	struct issued leaf;
	struct crl_state costly;
	struct crl_task t;

	scene_new(&s);
	s.w.issuing.delta_url = arena_strdup(&s.w.arena, "http://pki.example/crl/acme-1-delta.crl");
	publish(&s, 0, CRL_ALL);
	leaf = world_issue(&s.w);
	event(&s, &leaf, 1, false);
	t = task(&s, &s.w.issuing, 0);
	costly = *t.state;
	costly.full.build_ms = 3000;
	t.state = &costly;
	cr_expect_eq(crl_due(&t, s.now, &(struct crl_ages){5000, 5000}), CRL_DELTA);
	cr_expect_eq(crl_due(&t, s.now, &(struct crl_ages){5000, 27000}), CRL_ALL);
	costly.delta.sequence = costly.sequence; /* the delta has come */
	costly.delta.number = costly.full.number + 1;
	cr_expect_eq(crl_due(&t, s.now, &(struct crl_ages){5000, 20000}), CRL_LATER);
	cr_expect_eq(crl_due(&t, s.now, &(struct crl_ages){5000, 27000}), CRL_ALL);
	costly.delta = (struct crl_row){0};
	cr_expect_eq(crl_due(&t, s.now, &(struct crl_ages){5000, 5000}), CRL_ALL, "no deltas here");
	issued_free(&leaf);
	scene_free(&s);
}

Test(ca_crl_publish, a_list_that_nobody_makes_anew_is_an_alarm_once)
{
	struct scene s;
	struct crl_task t;
	struct err err = {0};

	scene_new(&s);
	publish(&s, 0, CRL_ALL);
	t = task(&s, &s.w.issuing, 0);
	cr_expect_not(crl_is_late(t.state, s.now + crl_validity(&s.w.issuing) / 2));
	s.now += crl_validity(&s.w.issuing) * 3 / 4;
	for (int i = 0; i < 2; i++) {
		bool raised = false;

		cr_assert(db_begin(s.db, &err).ok);
		cr_assert(
		    crl_late_alarm(s.db, &t, s.now, &s.w.rng, &raised, &err).ok, "%s", err.cause);
		cr_assert(db_commit(s.db, &err).ok);
		cr_expect_eq(raised, i == 0);
	}
	cr_expect_eq(
	    pg_number(&s.database,
		"SELECT count(*) FROM alarm a JOIN log_salt l ON l.record_kind = 'alarm' AND "
		"l.record_id = a.id WHERE a.kind = 'crl-late'"),
	    1);
	t = task(&s, &s.w.issuing, 0);
	cr_expect_not(crl_is_late(t.state, s.now));
	scene_free(&s);
}

Test(ca_crl_publish, a_key_that_refuses_writes_nothing_and_the_transaction_goes_on)
{
	struct scene s;
	struct err err = {0};
	bool taken = false;

	scene_new(&s);
	const struct crl_publisher p = publisher(&s);
	const struct crl_task t = task(&s, &s.w.issuing, 0);
	cr_assert(db_begin(s.db, &err).ok);
	cr_expect_not(
	    crl_publish(&p, &t, fixture_dead_key("EC-P256"), CRL_ALL, &s.row, &taken, &err).ok);
	cr_expect_eq(err.kind, ERR_KEY);
	err_clear(&err);
	cr_expect(crl_publish(&p, &t, s.w.issuing.key, CRL_ALL, &s.row, &taken, &err).ok && taken);
	cr_expect(db_commit(s.db, &err).ok);
	cr_expect_eq(pg_number(&s.database, "SELECT count(*) FROM crl"), 1);
	scene_free(&s);
}
