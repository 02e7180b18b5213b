/* tests/unit/signing/release_request_test.c: releases that wait for approvals, and who agreed. */
#include <criterion/criterion.h>
#include <string.h>

#include "signing/approval.h"
#include "signing/format/bundle.h"
#include "signing/format/entry.h"
#include "signing/format/release_record.h"
#include "signing/release_log.h"
#include "sql/log_view.h"
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
TestSuite(release_request, .timeout = 180, .init = open_scene, .fini = close_scene);

static struct approval_context approvals(void)
{
	return (struct approval_context){s->context.db, s->context.now, &s->rng};
}

static struct actor person(const char *name)
{
	return (struct actor){.principal = access_principal(&s->access, name),
	    .name = name,
	    .person = name,
	    .credential = CREDENTIAL_TOKEN,
	    .permission_mask = PERMISSION_ALL};
}

static void begin(void)
{
	struct err err = {0};

	cr_assert(db_begin(s->context.db, &err).ok, "%s", err.message);
}
static void commit(struct status done, struct err *err)
{
	cr_assert(done.ok, "%s (%s)", err->message, err->cause);
	cr_assert(db_commit(s->context.db, err).ok, "%s", err->message);
}

/* alice asks for `count` approvals of managers, as the API would. */
static int64_t ask(const struct release_row *row, int64_t count)
{
	const struct act act = {
	    .kind = ACT_RELEASE_SIGN, .product = row->product, .channel = row->channel};
	const struct requirement wanted = {
	    .policy = "x100-stable", .act = act, .role = "manager", .approvals = count};
	const struct release_actor by = {.name = "alice", .person = "alice"};
	const struct approval_context c = approvals();
	AUTO(release_plan) plan = {0};
	struct err err = {0};
	int64_t id;
	struct request_row asked = {.requester = "alice",
	    .person = "alice",
	    .acts = approval_acts(&act, 1, &s->arena),
	    .call = {.method = "POST",
		.path = arena_printf(&s->arena, "/api/v1/releases/%lld/sign", (long long)row->id)},
	    .policy_version = 1};

	cr_assert(release_plan(&s->context, &s->product, row, &by, &s->arena, &plan, &err).ok, "%s",
	    err.message);
	asked.plan = plan.digest;
	asked.difference = plan.difference;
	approval_requirements(&wanted, 1, &s->arena, &asked);
	begin();
	cr_assert(approval_request(&c, &asked, 3600, &id, &err).ok, "%s", err.message);
	commit(release_requested(&s->context, row->id, id, &by, &err), &err);
	return id;
}

static struct request_row request_of(int64_t id)
{
	struct request_row row;
	struct err err = {0};

	cr_assert(request_get(s->context.db, id, &s->arena, &row, &err).ok, "%s", err.message);
	return row;
}

static void decide(int64_t id, const char *name, bool approve)
{
	const struct approval_context c = approvals();
	const struct request_row row = request_of(id);
	const struct actor who = person(name);
	const struct approval_vote vote = {.who = &who, .approve = approve, .digest = &row.digest};
	struct err err = {0};

	begin();
	commit(approval_decide(&c, &s->access, id, &vote, &err), &err);
}

static void expect_state(int64_t id, const char *state)
{
	cr_expect_str_eq(scene_release(s, id).state, state);
}

static const char *steps_of(int64_t id)
{
	return pg_value(&s->log.database,
	    arena_printf(&s->arena,
		"SELECT string_agg(t.step, ' ' ORDER BY t.id) FROM release_step t JOIN log_salt l "
		"ON l.record_kind = 'release-step' AND l.record_id = t.id JOIN log_entry e ON "
		"e.id = l.entry_id AND e.kind = 'release.' || t.step WHERE t.release_id = %lld",
		(long long)id));
}

Test(release_request, it_is_approved_with_the_last_approval)
{
	const struct release_row row = scene_created(s, "1");
	const int64_t id = ask(&row, 2);

	expect_state(row.id, "requested");
	decide(id, "bob", true);
	expect_state(row.id, "requested");
	decide(id, "carol", true);
	expect_state(row.id, "approved");
	cr_expect_str_eq(steps_of(row.id), "created requested approved");
}

Test(release_request, it_returns_when_its_request_is_rejected_withdrawn_or_expired)
{
	struct approval_context c = approvals();
	const struct actor alice = person("alice");
	struct release_row row = scene_created(s, "1");
	struct err err = {0};
	int64_t id;
	size_t n;

	decide(ask(&row, 2), "bob", false);
	expect_state(row.id, "draft");
	row = scene_release(s, row.id);
	id = ask(&row, 1);
	begin();
	commit(approval_withdraw(&c, id, &alice, &err), &err);
	expect_state(row.id, "draft");
	row = scene_release(s, row.id);
	decide(ask(&row, 1), "bob", true);
	expect_state(row.id, "approved");
	c.now += 4000;
	begin();
	commit(approval_expire(&c, 10, &n, &err), &err);
	cr_expect_eq(n, 1);
	expect_state(row.id, "draft");
	cr_expect_str_eq(steps_of(row.id),
	    "created requested returned requested returned requested approved returned");
}

Test(release_request, who_made_it_does_not_approve_it_though_another_asks)
{
	const struct approval_context c = approvals();
	const struct release_new content = release_scene_content(s, "1");
	const struct actor bob = person("bob");
	struct approval_vote vote = {.who = &bob, .approve = true};
	struct request_row asked;
	struct release_row row;
	struct err err = {0};
	bool made;
	int64_t id;

	cr_assert(scene_create(s, &content, "bob", &row, &made, &err).ok, "%s", err.message);
	id = ask(&row, 1);
	asked = request_of(id);
	vote.digest = &asked.digest;
	begin();
	cr_expect_not(approval_decide(&c, &s->access, id, &vote, &err).ok);
	cr_expect_str_eq(err_code(&err), "approval.own");
	db_rollback(s->context.db);
	expect_state(row.id, "requested");
	decide(id, "carol", true);
	expect_state(row.id, "approved");
}

Test(release_request, asking_again_while_it_waits_changes_nothing)
{
	const struct release_row row = scene_created(s, "1");
	const struct release_actor by = {.name = "alice", .person = "alice"};
	const int64_t id = ask(&row, 2);
	struct err err = {0};

	begin();
	commit(release_requested(&s->context, row.id, id, &by, &err), &err);
	cr_expect_str_eq(steps_of(row.id), "created requested");
	begin();
	cr_expect_not(release_requested(&s->context, row.id, id + 1, &by, &err).ok);
	cr_expect_str_eq(err_code(&err), "release.state");
	db_rollback(s->context.db);
}

/* ---- who agreed ---- */

static void sign_by(int64_t release_id, int64_t request_id, struct err *err, bool *ret_ok)
{
	const struct release_row row = scene_release(s, release_id);
	const struct request_row request = request_of(request_id);
	const struct release_actor by = {"alice", "alice", request_id};
	const struct release_evidence evidence =
	    release_evidence_of(&s->access, &request, s->context.now, &s->arena);
	AUTO(release_plan) plan = {0};
	struct release_row after;
	struct status done;

	cr_assert(release_plan(&s->context, &s->product, &row, &by, &s->arena, &plan, err).ok, "%s",
	    err->message);
	cr_expect_eq(memcmp(&plan.digest, &request.plan, sizeof(plan.digest)), 0);
	begin();
	done = release_sign(&s->context, &row, &plan, &evidence, &by, &s->arena, &after, err);
	*ret_ok = done.ok;
	if (done.ok)
		commit(done, err);
	else
		db_rollback(s->context.db);
}

Test(release_request, a_bundle_says_who_agreed_to_which_request)
{
	const struct release_row row = scene_created(s, "1");
	const int64_t id = ask(&row, 2);
	struct release_bundle bundle;
	struct release_record record;
	struct release_row after;
	struct span bytes;
	struct err err = {0};
	bool ok;

	decide(id, "bob", true);
	decide(id, "carol", true);
	sign_by(row.id, id, &err, &ok);
	cr_assert(ok, "%s", err.message);
	scene_prove(s);
	after = scene_release(s, row.id);
	cr_expect_eq(after.request_id, id);
	cr_assert(
	    release_bundle(&s->context, &after, 0, &s->arena, &bytes, &err).ok, "%s", err.message);
	cr_assert_eq(release_bundle_read(bytes, &bundle), REFUSAL_NONE);
	cr_assert_eq(release_record_read(bundle.record, &record), REFUSAL_NONE);
	cr_expect_eq(record.approval_count, 2);
	cr_expect(span_equal_str(record.approvals[0].approver, "bob"));
	cr_expect(span_equal_str(record.approvals[0].role, "manager"));
	cr_expect(span_equal_str(record.approvals[1].approver, "carol"));
	cr_expect(span_equal_str(record.requester, "alice"));
	cr_expect(span_equal(record.request_digest, SPAN_OF(request_of(id).digest.bytes)));
	cr_expect_str_eq(steps_of(row.id), "created requested approved signed");
}

Test(release_request, an_approval_by_the_requester_signs_nothing)
{
	const struct release_row row = scene_created(s, "1");
	const struct release_actor by = {"alice", "alice", 0};
	const struct digest digest = {{0}};
	const struct release_approver own = {"alice", "manager", RELEASE_NOW},
				      twice[] = {{"bob", "manager", RELEASE_NOW},
					  {"bob", "manager", RELEASE_NOW}};
	const struct release_evidence wrong[] = {{&digest, &own, 1}, {&digest, twice, 2}};

	for (size_t i = 0; i < COUNT(wrong); i++) {
		AUTO(release_plan) plan = {0};
		struct release_row after;
		struct err err = {0};

		cr_assert(
		    release_plan(&s->context, &s->product, &row, &by, &s->arena, &plan, &err).ok);
		begin();
		cr_expect_not(
		    release_sign(&s->context, &row, &plan, &wrong[i], &by, &s->arena, &after, &err)
			.ok);
		cr_expect_str_eq(err_code(&err), "release.bundle");
		db_rollback(s->context.db);
	}
	expect_state(row.id, "draft");
}

Test(release_request, an_approver_who_lost_the_role_is_no_evidence)
{
	const struct release_row row = scene_created(s, "1");
	const int64_t id = ask(&row, 2);
	struct release_evidence e;
	struct request_row request;

	decide(id, "bob", true);
	decide(id, "carol", true);
	s->access.bindings[0].expires = RELEASE_NOW - 1;
	request = request_of(id);
	e = release_evidence_of(&s->access, &request, s->context.now, &s->arena);
	cr_expect_eq(e.approver_count, 1);
	cr_expect_str_eq(e.approvers[0].name, "carol");
}

/* ---- the log ---- */

/* Every step's entry is found again from the rows, and a change of any of them is seen. */
static bool all_steps_hold(void)
{
	bool hold = true;

	for (int64_t id = 1;; id++) {
		const char *where = arena_printf(&s->arena,
		    "FROM log_entry e JOIN log_salt l ON l.entry_id = e.id WHERE l.record_kind = "
		    "'release-step' AND l.record_id = %lld",
		    (long long)id);
		AUTO(buf) record = {0};
		AUTO(buf) bytes = {0};
		AUTO(buf) salt = {0};
		struct entry entry;
		const char *kind, *fault;
		struct err err = {0};

		kind = arena_strdup(&s->arena,
		    pg_value(&s->log.database, arena_printf(&s->arena, "SELECT e.kind %s", where)));
		if (!kind[0])
			return hold;
		if (!release_record_again(
			s->context.db, kind, RELEASE_NOW, id, &s->arena, &record, &fault, &err)
			 .ok)
			return false;
		cr_assert(hex_decode(
		    span_str(pg_value(&s->log.database,
			arena_printf(&s->arena, "SELECT encode(e.entry, 'hex') %s", where))),
		    &bytes, &err)
			      .ok);
		cr_assert(hex_decode(
		    span_str(pg_value(&s->log.database,
			arena_printf(&s->arena, "SELECT encode(l.salt, 'hex') %s", where))),
		    &salt, &err)
			      .ok);
		cr_assert(entry_decode(buf_span(&bytes), &entry, &err).ok);
		hold &= !fault && entry_commits_to(&entry, salt.p, buf_span(&record));
	}
}

Test(release_request, the_log_holds_every_column_of_a_release)
{
	static const char *const changes[] = {
	    "UPDATE release SET sequence = sequence + 1000",
	    "UPDATE release SET version = 'x'",
	    "UPDATE release SET channel = 'beta'",
	    "UPDATE release SET class_id = decode(repeat('00', 16), 'hex')",
	    "UPDATE release SET spec = '{}'",
	    "UPDATE release SET provenance = '{}'",
	    "UPDATE release SET manifest = '\\x00'",
	    "UPDATE release SET manifest_digest = sha256('x')",
	    "UPDATE release SET json_manifest = '{}'",
	    "UPDATE release SET json_digest = sha256('x')",
	    "UPDATE release_step SET who = 'mallory' WHERE step = 'created'",
	    "UPDATE release_step SET person = 'mallory' WHERE step = 'published'",
	    "UPDATE release_step SET request_id = 7 WHERE step = 'published'",
	    "UPDATE release_step SET at = at + interval '1 s' WHERE step = 'signed'",
	    "UPDATE release_step SET step = 'returned' WHERE step = 'created'",
	    "UPDATE release_signature SET record = '\\x00'",
	    "UPDATE release_signature SET chain = ''",
	    "UPDATE release_signature SET signed_at = signed_at + interval '1 s'",
	    "UPDATE release_bundle SET bytes = '\\x00'",
	    "UPDATE release_bundle SET sha256 = sha256('x')",
	    "UPDATE recall_list SET bytes = '\\x00'",
	    "DELETE FROM release_bundle",
	    "DELETE FROM release_signature",
	    "DELETE FROM recall_list",
	};
	struct release_row row;
	struct err err = {0};

	row = scene_published(s, "1");
	cr_assert(scene_recall(s, row.id, 0, &row, &err).ok, "%s", err.message);
	pg_exec(&s->log.database, "ALTER TABLE release DISABLE TRIGGER ALL");
	cr_assert(all_steps_hold());
	for (size_t i = 0; i < COUNT(changes); i++) {
		pg_exec(&s->log.database,
		    "CREATE TABLE kept_r AS TABLE release; CREATE TABLE kept_s AS TABLE "
		    "release_step; CREATE TABLE kept_g AS TABLE release_signature; CREATE TABLE "
		    "kept_b AS TABLE release_bundle; CREATE TABLE kept_l AS TABLE recall_list");
		pg_exec(&s->log.database, changes[i]);
		cr_expect_not(all_steps_hold(), "%s", changes[i]);
		pg_exec(&s->log.database,
		    "SET session_replication_role = replica; DELETE FROM release; DELETE FROM "
		    "release_step; DELETE FROM release_signature; DELETE FROM release_bundle; "
		    "DELETE FROM recall_list; INSERT INTO release OVERRIDING SYSTEM VALUE TABLE "
		    "kept_r; INSERT INTO release_step OVERRIDING SYSTEM VALUE TABLE kept_s; INSERT "
		    "INTO release_signature TABLE kept_g; INSERT INTO release_bundle TABLE kept_b; "
		    "INSERT INTO recall_list OVERRIDING SYSTEM VALUE TABLE kept_l; DROP TABLE "
		    "kept_r, kept_s, kept_g, kept_b, kept_l");
	}
	cr_assert(all_steps_hold());
}

/* ---- what the log does not tell of ---- */

static size_t strays(enum log_stray_source source)
{
	struct log_stray *list;
	struct err err = {0};
	int64_t last;
	size_t n;

	cr_assert(
	    log_strays_read(s->context.db, source, 1, 0, 1000, &s->arena, &list, &n, &last, &err)
		.ok,
	    "%s (%s)", err.message, err.cause);
	return n;
}

Test(release_request, what_was_done_past_the_log_is_found)
{
	static const struct {
		const char *sql;
		enum log_stray_source source;
	} cases[] = {
	    {"INSERT INTO release_step (release_id, step, at, who) SELECT id, 'published', now(), "
	     "'mallory' FROM release WHERE version = '2'",
		LOG_STRAY_RELEASE_STEP},
	    {"UPDATE release SET state = 'published' WHERE version = '4'", LOG_STRAY_RELEASE_STEP},
	    {"INSERT INTO release (product_id, product, channel, version, sequence, class_id, spec, "
	     "manifest, manifest_digest, json_manifest, json_digest, created_at, created_by) SELECT "
	     "product_id, product, channel, '3', 4711, class_id, spec, manifest, manifest_digest, "
	     "json_manifest, json_digest, created_at, created_by FROM release WHERE version = '1'",
		LOG_STRAY_RELEASE},
	    {"INSERT INTO release_bundle SELECT id, 'x', sha256('x') FROM release WHERE version = "
	     "'4'",
		LOG_STRAY_RELEASE},
	    {"DELETE FROM release_signature WHERE release_id = (SELECT id FROM release WHERE "
	     "version = '5')",
		LOG_STRAY_RELEASE},
	    {"INSERT INTO recall_list (product_id, channel, number, previous, step_id, bytes, "
	     "sha256, created_at) SELECT product_id, 'stable', 4711, 4710, 4711, 'x', sha256('x'), "
	     "now() FROM release LIMIT 1",
		LOG_STRAY_RECALL},
	    {"INSERT INTO trust_statement (product_id, product, version, bytes, sha256, "
	     "published_at, published_by) SELECT product_id, product, 1, 'x', sha256('x'), now(), "
	     "'mallory' FROM release LIMIT 1",
		LOG_STRAY_TRUST},
	};
	struct release_row row;
	struct err err = {0};

	row = scene_published(s, "1");
	cr_assert(scene_recall(s, row.id, 0, &row, &err).ok, "%s", err.message);
	(void)scene_signed(s, "2");
	(void)scene_signed(s, "4");
	(void)scene_signed(s, "5");
	pg_exec(&s->log.database, "ALTER TABLE release DISABLE TRIGGER ALL");
	for (int i = LOG_STRAY_RELEASE_STEP; i <= LOG_STRAY_TRUST; i++)
		cr_expect_eq(strays((enum log_stray_source)i), 0, "source %d", i);
	for (size_t i = 0; i < COUNT(cases); i++) {
		const size_t before = strays(cases[i].source);

		pg_exec(&s->log.database, cases[i].sql);
		cr_expect_eq(strays(cases[i].source), before + 1, "%s", cases[i].sql);
	}
}
