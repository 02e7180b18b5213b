/* tests/unit/signing/approval_test.c: requests, who may approve them, and what ends them. */
#include "tests/unit/signing/approval_scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "signing/format/entry.h"

TestSuite(approval, .timeout = 120);

#define EXPECT_REFUSED(call, code)                                                     \
	do {                                                                           \
		struct err err_ = {0};                                                 \
		struct status done_ = (call);                                          \
		cr_expect(!done_.ok, "not refused");                                   \
		cr_expect_str_eq(                                                      \
		    err_code(&err_), (code), "%s: %s", err_code(&err_), err_.message); \
	} while (0)
#define EXPECT_DONE(call)                                                                     \
	do {                                                                                  \
		struct err err_ = {0};                                                        \
		struct status done_ = (call);                                                 \
		cr_expect(done_.ok, "%s %s (%s)", err_code(&err_), err_.message, err_.cause); \
	} while (0)
#define STEP(s, step, id, who) scene_step((s), (s)->db, (step), (id), (who), &err_)

/* ---- the digest ---- */

static struct digest digest_of(const struct stored_call *call, const char *plan)
{
	const struct digest p = sha256(span_str(plan));
	struct digest d;

	approval_digest(call, &p, &d);
	return d;
}

Test(approval_digest, covers_every_member_and_tells_absent_from_empty)
{
	const struct stored_call base = {.method = "PUT",
	    .path = "/a",
	    .query = "q=1",
	    .if_match = "\"1\"",
	    .content_type = "application/json",
	    .body = SPAN_LITERAL("{}")};
	struct stored_call others[9];
	const struct digest d = digest_of(&base, "plan");
	struct digest e;

	for (size_t i = 0; i < COUNT(others); i++)
		others[i] = base;
	others[0].method = "POST";
	others[1].path = "/b";
	others[2].query = NULL;
	others[3].query = "";
	others[4].if_match = NULL;
	others[5].content_type = "application/yaml";
	others[6].body = SPAN_LITERAL("{ }");
	others[7].query = "q=1\"1\"";
	others[7].if_match = "";
	others[8].if_match = NULL;
	others[8].if_none_match = "\"1\"";
	for (size_t i = 0; i < COUNT(others); i++) {
		e = digest_of(&others[i], "plan");
		cr_expect_neq(memcmp(&d, &e, sizeof d), 0, "case %zu", i);
	}
	e = digest_of(&base, "another plan");
	cr_expect_neq(memcmp(&d, &e, sizeof d), 0);
	e = digest_of(&base, "plan");
	cr_expect_eq(memcmp(&d, &e, sizeof d), 0);
}

/* Computed by hand from RFC 8949: whoever audits must arrive at the same bytes. */
Test(approval_digest, is_sha256_over_the_cbor_that_the_header_says)
{
	const struct stored_call call = {.method = "POST", .path = "/x"};
	const struct digest plan = {{0}};
	uint8_t cbor[] = {0x89, 0x01, 0x64, 'P', 'O', 'S', 'T', 0x62, '/', 'x', 0xf6, 0xf6, 0xf6,
	    0xf6, 0x40, 0x58, 0x20, [17 + 31] = 0};
	const struct digest want = sha256(SPAN_OF(cbor));
	struct digest got;

	approval_digest(&call, &plan, &got);
	cr_expect_eq(memcmp(&got, &want, sizeof got), 0);
}

/* ---- asking ---- */

Test(approval, the_same_call_by_the_same_requester_is_the_same_request_while_it_is_open)
{
	struct approval_scene *s = approval_scene_new();
	struct request_row asked = scene_asked(s), other = scene_asked(s);
	int64_t id = scene_ask(s, &asked), next;

	cr_expect_eq(scene_ask(s, &asked), id);
	other.call.body = SPAN_LITERAL("{\"kind\":\"label\" }");
	cr_expect_neq(scene_ask(s, &other), id);
	other = scene_asked(s);
	other.requester = other.person = "mallory";
	cr_expect_neq(scene_ask(s, &other), id);
	other = scene_asked(s);
	other.person = "github/5"; /* another run, another person behind it */
	cr_expect_neq(scene_ask(s, &other), id);
	other = scene_asked(s);
	other.plan = sha256(SPAN_LITERAL("from elsewhere to that"));
	cr_expect_neq(scene_ask(s, &other), id);

	EXPECT_DONE(STEP(s, STEP_WITHDRAW, id, "alice"));
	next = scene_ask(s, &asked);
	cr_expect_neq(next, id, "a request that has ended was opened again");
	s->context.now += SCENE_WAIT;
	cr_expect_neq(scene_ask(s, &asked), next, "an overdue request was taken for an open one");
	cr_expect_str_eq(scene_row(s, next).state, "expired");
	approval_scene_free(s);
}

Test(approval, what_was_asked_is_kept_as_it_was)
{
	struct approval_scene *s = approval_scene_new();
	struct request_row asked = scene_asked(s), row;
	static const char *const permissions[] = {"label.manage"};

	asked.permissions = permissions;
	asked.permission_count = 1;
	asked.token_id = 5;
	asked.call.query = "dry_run=false";
	row = scene_row(s, scene_ask(s, &asked));
	cr_expect_str_eq(row.state, "open");
	cr_expect_eq(row.created_at, SCENE_NOW);
	cr_expect_eq(row.expires_at, SCENE_NOW + SCENE_WAIT);
	cr_expect_str_eq(row.requester, "alice");
	cr_expect_str_eq(row.acts.kinds[0], "label.change");
	cr_expect_str_eq(row.acts.products[0], "x100");
	cr_expect_str_eq(row.acts.channels[0], "");
	cr_expect_str_eq(row.call.query, "dry_run=false");
	cr_expect(span_equal(row.call.body, asked.call.body));
	cr_expect_str_eq(row.permissions[0], "label.manage");
	cr_expect_eq(row.token_id, 5);
	cr_expect_eq(row.requirement_count, 1);
	cr_expect_str_eq(row.requirements[0].role, "officer");
	cr_expect_eq(row.requirements[0].approvals, 2);
	approval_scene_free(s);
}

Test(approval, one_principal_has_a_bounded_number_of_open_requests)
{
	struct approval_scene *s = approval_scene_new();
	struct request_row asked = scene_asked(s);
	char path[32];
	int64_t id = 0, first = 0;

	asked.call.path = path;
	for (int i = 0; i < APPROVAL_OPEN_MAX; i++) {
		snprintf(path, sizeof path, "/api/v1/labels/l%d", i);
		id = scene_ask(s, &asked);
		first = first ? first : id;
	}
	cr_expect_eq(scene_ask(s, &asked), id, "one that is open already takes no more room");
	snprintf(path, sizeof path, "/api/v1/labels/more");
	EXPECT_REFUSED(
	    approval_request(&s->context, &asked, SCENE_WAIT, &id, &err_), "request.too-many");
	EXPECT_DONE(STEP(s, STEP_WITHDRAW, first, "alice"));
	(void)scene_ask(s, &asked);
	approval_scene_free(s);
}

/* ---- who may approve ---- */

static const struct voter {
	const char *claim, *name, *requester, *person, *code; /* code NULL: may */
} voters[] = {
    {"an officer", "bob", "alice", "alice", NULL},
    {"an officer of the product", "dave", "alice", "alice", NULL},
    {"an officer of another product", "judy", "alice", "alice", "approval.role"},
    {"somebody without the role", "heidi", "alice", "alice", "approval.role"},
    {"somebody without any role", "mallory", "alice", "alice", "approval.role"},
    {"a disabled officer", "erin", "alice", "alice", "approval.role"},
    {"an officer whose binding has expired", "frank", "alice", "alice", "approval.role"},
    {"a service with the role", "machine", "alice", "alice", "approval.role"},
    {"the requester, an officer", "bob", "bob", "bob", "approval.own"},
    {"the person behind a run", "bob", "ci", "bob", "approval.own"},
    {"a run that asked", "ci", "ci", "bob", "approval.own"},
    {"another than the person behind a run", "carol", "ci", "bob", NULL},
    {"the person behind a run, mapped later", "ivan", "ci", "github/77", "approval.role"},
    {"whoever, where nobody is behind the run", "bob", "ci", NULL, "approval.person"},
    {"whoever, where a stranger is behind the run", "bob", "ci", "github/78", "approval.person"},
    {"whoever, of an issuer that is not there", "bob", "ci", "forge/77", "approval.person"},
};

Test(approval, who_may_approve_is_a_person_with_the_role_in_scope_who_did_not_ask)
{
	struct approval_scene *s = approval_scene_new();

	for (size_t i = 0; i < COUNT(voters); i++) {
		const struct voter *v = &voters[i];
		struct request_row asked = scene_asked(s);
		struct err err = {0};
		struct status done;
		int64_t id;
		char path[32];

		snprintf(path, sizeof path, "/api/v1/labels/%zu", i);
		asked.call.path = path;
		asked.requester = v->requester;
		asked.person = v->person;
		id = scene_ask(s, &asked);
		for (int reject = 0; reject < 2; reject++) {
			if (!v->code && reject)
				continue; /* an approver has one verdict */
			err_clear(&err);
			done = scene_step(
			    s, s->db, reject ? STEP_REJECT : STEP_APPROVE, id, v->name, &err);
			cr_expect_eq(done.ok, !v->code, "%s: %s", v->claim, err.message);
			if (v->code)
				cr_expect_str_eq(err_code(&err), v->code, "%s: %s, not %s",
				    v->claim, err_code(&err), v->code);
		}
		cr_expect_eq(scene_row(s, id).verdict_count, v->code ? 0 : 1, "%s", v->claim);
	}
	approval_scene_free(s);
}

Test(approval, whoever_made_the_credential_of_an_approver_cannot_use_it_to_agree)
{
	struct approval_scene *s = approval_scene_new();
	struct request_row asked = scene_asked(s);
	const int64_t id = scene_ask(s, &asked);
	const struct request_row row = scene_row(s, id);
	struct actor bob = scene_actor(s, "bob", "carol");
	struct approval_vote vote = {.who = &bob, .approve = true, .digest = &row.digest};

	EXPECT_REFUSED(
	    approval_decide(&s->context, &s->access, id, &vote, &err_), "approval.credential");
	vote.approve = false;
	EXPECT_REFUSED(
	    approval_decide(&s->context, &s->access, id, &vote, &err_), "approval.credential");
	/* The requester's own making is the requester. */
	bob.person = "alice";
	EXPECT_REFUSED(approval_decide(&s->context, &s->access, id, &vote, &err_), "approval.own");
	bob.person = NULL;
	EXPECT_REFUSED(
	    approval_decide(&s->context, &s->access, id, &vote, &err_), "approval.credential");
	bob.person = "bob";
	vote.approve = true;
	EXPECT_DONE(approval_decide(&s->context, &s->access, id, &vote, &err_));
	approval_scene_free(s);
}

Test(approval, names_the_digest_of_exactly_this_request)
{
	struct approval_scene *s = approval_scene_new();
	struct request_row asked = scene_asked(s), other = scene_asked(s);
	const struct actor bob = scene_actor(s, "bob", NULL);
	struct digest digest;
	int64_t id, other_id;

	other.call.body = SPAN_LITERAL("{}");
	id = scene_ask(s, &asked);
	other_id = scene_ask(s, &other);
	digest = scene_row(s, other_id).digest;
	EXPECT_REFUSED(
	    approval_decide(&s->context, &s->access, id,
		&(struct approval_vote){.who = &bob, .approve = true, .digest = &digest}, &err_),
	    "approval.digest");
	EXPECT_REFUSED(approval_decide(&s->context, &s->access, id,
			   &(struct approval_vote){.who = &bob, .approve = true}, &err_),
	    "input");
	cr_expect_eq(scene_row(s, id).verdict_count, 0);
	approval_scene_free(s);
}

Test(approval, one_person_counts_once)
{
	struct approval_scene *s = approval_scene_new();
	struct request_row asked = scene_asked(s), row;
	int64_t id = scene_ask(s, &asked);

	EXPECT_DONE(STEP(s, STEP_APPROVE, id, "bob"));
	EXPECT_REFUSED(STEP(s, STEP_APPROVE, id, "bob"), "approval.twice");
	EXPECT_REFUSED(STEP(s, STEP_REJECT, id, "bob"), "approval.twice");
	row = scene_row(s, id);
	cr_expect_eq(approval_have(&s->access, &row, &row.requirements[0], SCENE_NOW), 1);
	cr_expect(!approval_ready(&s->access, &row, SCENE_NOW));
	EXPECT_REFUSED(STEP(s, STEP_REDEEM, id, "alice"), "approval.lacking");
	EXPECT_DONE(STEP(s, STEP_APPROVE, id, "dave"));
	row = scene_row(s, id);
	cr_expect(approval_ready(&s->access, &row, SCENE_NOW));
	EXPECT_DONE(STEP(s, STEP_REDEEM, id, "alice"));
	approval_scene_free(s);
}

/* ---- what ends it ---- */

static const struct {
	enum scene_step step;
	const char *who, *state;
	int64_t later; /* seconds */
} ends[] = {
    {STEP_REJECT, "carol", "rejected", 0},
    {STEP_WITHDRAW, "alice", "withdrawn", 0},
    {STEP_REDEEM, "alice", "redeemed", 0},
    {STEP_EXPIRE, "alice", "expired", SCENE_WAIT},
};

Test(approval, a_request_that_has_ended_stays_ended)
{
	static const struct {
		enum scene_step step;
		const char *who;
	} tries[] = {{STEP_APPROVE, "gina"}, {STEP_REJECT, "gina"}, {STEP_WITHDRAW, "alice"},
	    {STEP_REDEEM, "alice"}};
	struct approval_scene *s = approval_scene_new();
	struct request_row asked = scene_asked(s);

	for (size_t i = 0; i < COUNT(ends); i++) {
		int64_t id = scene_ask(s, &asked);
		struct request_row row;

		EXPECT_DONE(STEP(s, STEP_APPROVE, id, "bob"));
		EXPECT_DONE(STEP(s, STEP_APPROVE, id, "dave"));
		s->context.now += ends[i].later;
		EXPECT_DONE(STEP(s, ends[i].step, id, ends[i].who));
		for (size_t t = 0; t < COUNT(tries); t++)
			EXPECT_REFUSED(STEP(s, tries[t].step, id, tries[t].who),
			    ends[i].later ? "request.expired" : "request.ended");
		row = scene_row(s, id);
		cr_expect_str_eq(row.state, ends[i].state);
		cr_expect_eq(row.closed_at, s->context.now);
		cr_expect_str_eq(
		    row.closed_by, ends[i].step == STEP_EXPIRE ? "signetd" : ends[i].who);
		/* Neither can the server's role, whatever its program does. */
		cr_expect_str_eq(pg_state_as(s->database.server,
				     "UPDATE request SET state = 'open', closed_at = NULL"),
		    "23514");
	}
	approval_scene_free(s);
}

Test(approval, an_overdue_request_is_refused_even_before_the_job_has_marked_it)
{
	struct approval_scene *s = approval_scene_new();
	struct request_row asked = scene_asked(s);
	int64_t id = scene_ask(s, &asked);

	EXPECT_DONE(STEP(s, STEP_APPROVE, id, "bob"));
	s->context.now += SCENE_WAIT - 1;
	EXPECT_DONE(STEP(s, STEP_APPROVE, id, "dave"));
	s->context.now += 1;
	EXPECT_REFUSED(STEP(s, STEP_APPROVE, id, "carol"), "request.expired");
	EXPECT_REFUSED(STEP(s, STEP_REDEEM, id, "alice"), "request.expired");
	cr_expect_str_eq(scene_row(s, id).state, "open");
	approval_scene_free(s);
}

Test(approval, is_withdrawn_by_the_requester_and_redeemed_by_the_requester_or_an_approver)
{
	struct approval_scene *s = approval_scene_new();
	struct request_row asked = scene_asked(s);
	int64_t id = scene_ask(s, &asked);

	EXPECT_REFUSED(STEP(s, STEP_WITHDRAW, id, "bob"), "request.not-yours");
	EXPECT_DONE(STEP(s, STEP_APPROVE, id, "bob"));
	EXPECT_DONE(STEP(s, STEP_APPROVE, id, "carol"));
	EXPECT_REFUSED(STEP(s, STEP_WITHDRAW, id, "bob"), "request.not-yours");
	EXPECT_REFUSED(STEP(s, STEP_REDEEM, id, "gina"), "request.not-yours");
	EXPECT_DONE(STEP(s, STEP_REDEEM, id, "carol"));
	cr_expect_str_eq(scene_row(s, id).closed_by, "carol");
	approval_scene_free(s);
}

/* ---- between approval and redemption ---- */

enum between {
	NOTHING,
	APPROVER_DISABLED,
	ROLE_TAKEN,
	BINDING_EXPIRES,
	SCOPE_NARROWED,
	MADE_A_SERVICE,
	IDENTITY_MAPPED
};

static void happen(struct approval_scene *s, enum between what)
{
	switch (what) {
	case NOTHING: break;
	case APPROVER_DISABLED: scene_principal(s, "carol")->disabled = true; break;
	case ROLE_TAKEN: scene_binding(s, "carol")->role = &s->access.roles[1]; break;
	case BINDING_EXPIRES: scene_binding(s, "carol")->expires = SCENE_NOW; break;
	case SCOPE_NARROWED:
		scene_binding(s, "carol")->products = scene_binding(s, "judy")->products;
		break;
	case MADE_A_SERVICE: scene_principal(s, "carol")->type = PRINCIPAL_SERVICE; break;
	case IDENTITY_MAPPED:
		scene_principal(s, "carol")->identities = scene_principal(s, "ivan")->identities;
		scene_principal(s, "ivan")->identities = (struct map_list){NULL, 0};
		break;
	}
}

static const struct {
	const char *claim;
	enum between what;
	const char *code;
} betweens[] = {
    {"nothing happens", NOTHING, NULL},
    {"an approver is disabled", APPROVER_DISABLED, "approval.lacking"},
    {"an approver's role is taken away", ROLE_TAKEN, "approval.lacking"},
    {"an approver's binding expires", BINDING_EXPIRES, "approval.lacking"},
    {"an approver's scope no longer reaches", SCOPE_NARROWED, "approval.lacking"},
    {"an approver is no person any more", MADE_A_SERVICE, "approval.lacking"},
    {"an approver turns out to be behind the run", IDENTITY_MAPPED, "approval.lacking"},
};

Test(approval, rights_are_looked_at_again_when_it_is_redeemed)
{
	for (size_t i = 0; i < COUNT(betweens); i++) {
		struct approval_scene *s = approval_scene_new();
		struct request_row asked = scene_asked(s);
		struct err err = {0};
		int64_t id;
		struct status done;

		asked.requester = "ci";
		asked.person = "github/77";
		id = scene_ask(s, &asked);
		EXPECT_DONE(STEP(s, STEP_APPROVE, id, "bob"));
		EXPECT_DONE(STEP(s, STEP_APPROVE, id, "carol"));
		happen(s, betweens[i].what);
		done = scene_step(s, s->db, STEP_REDEEM, id, "ci", &err);
		cr_expect_eq(done.ok, !betweens[i].code, "%s: %s", betweens[i].claim, err.message);
		if (betweens[i].code)
			cr_expect_str_eq(err_code(&err), betweens[i].code, "%s", betweens[i].claim);
		cr_expect_str_eq(
		    scene_row(s, id).state, done.ok ? "redeemed" : "open", "%s", betweens[i].claim);
		approval_scene_free(s);
	}
}

static struct status suffices(struct approval_scene *s, int64_t id, const char *plan,
    const struct requirement *more, size_t n, struct err *err)
{
	const struct request_row row = scene_row(s, id);
	const struct digest p = sha256(span_str(plan));
	struct approval approval = {.request = &row};
	struct status done = approval_suffices(&s->access, &approval, &p, more, n, SCENE_NOW, err);

	cr_expect_eq(approval.applied, done.ok);
	return done;
}

Test(approval, policy_as_it_was_and_as_it_is_must_both_be_met)
{
	struct approval_scene *s = approval_scene_new();
	struct request_row asked = scene_asked(s);
	const struct act act = {.kind = ACT_LABEL_CHANGE, .product = "x100"};
	struct requirement three = {
	    .policy = "three", .act = act, .role = "officer", .approvals = 3};
	struct requirement other = {.policy = "other", .act = act, .role = "other", .approvals = 1};
	int64_t id = scene_ask(s, &asked);

	EXPECT_DONE(STEP(s, STEP_APPROVE, id, "bob"));
	/* No policy asks any more: what it asked at first holds for this request. */
	EXPECT_REFUSED(suffices(s, id, "from this to that", NULL, 0, &err_), "approval.lacking");
	EXPECT_DONE(STEP(s, STEP_APPROVE, id, "carol"));
	EXPECT_DONE(suffices(s, id, "from this to that", NULL, 0, &err_));
	/* It asks for more by now. */
	EXPECT_REFUSED(suffices(s, id, "from this to that", &three, 1, &err_), "approval.lacking");
	EXPECT_REFUSED(suffices(s, id, "from this to that", &other, 1, &err_), "approval.lacking");
	EXPECT_DONE(STEP(s, STEP_APPROVE, id, "dave"));
	EXPECT_DONE(suffices(s, id, "from this to that", &three, 1, &err_));
	approval_scene_free(s);
}

Test(approval, of_one_plan_is_none_of_another)
{
	struct approval_scene *s = approval_scene_new();
	struct request_row asked = scene_asked(s);
	int64_t id = scene_ask(s, &asked);

	EXPECT_DONE(STEP(s, STEP_APPROVE, id, "bob"));
	EXPECT_DONE(STEP(s, STEP_APPROVE, id, "carol"));
	EXPECT_REFUSED(
	    suffices(s, id, "from something new to that", NULL, 0, &err_), "request.changed");
	approval_scene_free(s);
}

/* Rows that were tampered with: the digest of an approval is compared again. */
Test(approval, that_named_another_digest_does_not_count)
{
	struct approval_scene *s = approval_scene_new();
	struct request_row asked = scene_asked(s);
	int64_t id = scene_ask(s, &asked);

	EXPECT_DONE(STEP(s, STEP_APPROVE, id, "bob"));
	EXPECT_DONE(STEP(s, STEP_APPROVE, id, "carol"));
	pg_exec(&s->database,
	    "UPDATE approval SET digest = decode(repeat('00', 32), 'hex') WHERE principal = 'bob'");
	EXPECT_REFUSED(STEP(s, STEP_REDEEM, id, "alice"), "approval.lacking");
	approval_scene_free(s);
}

/* ---- the log ---- */

Test(approval, every_step_is_in_the_log_and_fits_its_row)
{
	struct approval_scene *s = approval_scene_new();
	struct request_row asked = scene_asked(s);
	struct db *db = s->db;
	int64_t id;

	for (size_t i = 0; i < COUNT(ends); i++) {
		id = scene_ask(s, &asked);
		EXPECT_DONE(STEP(s, STEP_APPROVE, id, "bob"));
		EXPECT_DONE(STEP(s, STEP_APPROVE, id, "dave"));
		s->context.now += ends[i].later;
		EXPECT_DONE(STEP(s, ends[i].step, id, ends[i].who));
	}
	cr_expect_str_eq(
	    pg_value(&s->database, "SELECT string_agg(kind, ' ' ORDER BY id) FROM log_entry"),
	    "request.created request.approved request.approved request.rejected "
	    "request.created request.approved request.approved request.withdrawn "
	    "request.created request.approved request.approved request.redeemed "
	    "request.created request.approved request.approved request.expired");
	for (int n = 1; n <= 16; n++) {
		char sql[200];
		AUTO(buf) record = {0};
		AUTO(buf) cbor = {0};
		AUTO(buf) salt = {0};
		struct entry entry;
		struct err err = {0};

#define OF(column)                                                                                \
	(snprintf(sql, sizeof sql,                                                                \
	     "SELECT " column " FROM log_entry JOIN log_salt ON entry_id = id WHERE id = %d", n), \
	    pg_value(&s->database, sql))
		cr_assert(hex_decode(span_str(OF("encode(entry, 'hex')")), &cbor, &err).ok);
		cr_assert(hex_decode(span_str(OF("encode(salt, 'hex')")), &salt, &err).ok);
		cr_assert(entry_decode(buf_span(&cbor), &entry, &err).ok);
		cr_assert(approval_record(
			      db, entry.kind, strtoll(OF("record_id"), NULL, 10), &record, &err)
			      .ok,
		    "%s", err.message);
		cr_expect(entry_commits_to(&entry, salt.p, buf_span(&record)),
		    "entry %d: %s does not fit %s", n, entry.kind, buf_cstr(&record));
	}
	approval_scene_free(s);
}

Test(approval, what_cannot_be_logged_does_not_happen)
{
	struct approval_scene *s = approval_scene_new();
	struct request_row asked = scene_asked(s);
	struct db *db = s->db;
	struct err err = {0};
	int64_t id = scene_ask(s, &asked), none;

	pg_exec(&s->database, "REVOKE INSERT ON log_entry FROM signet_server");
	for (int step = STEP_APPROVE; step <= STEP_WITHDRAW; step++) {
		const char *who = step == STEP_WITHDRAW ? "alice" : "bob";

		cr_expect(!scene_step(s, db, (enum scene_step)step, id, who, &err).ok);
		err_clear(&err);
	}
	cr_expect_str_eq(scene_row(s, id).state, "open");
	cr_expect_eq(scene_row(s, id).verdict_count, 0);
	asked.call.path = "/other";
	cr_assert(db_begin(db, &err).ok);
	cr_expect(!approval_request(&s->context, &asked, SCENE_WAIT, &none, &err).ok);
	db_rollback(db);
	cr_expect_eq(pg_number(&s->database, "SELECT count(*) FROM request"), 1);
	approval_scene_free(s);
}

/* ---- lists ---- */

Test(approval_list, shows_what_is_in_reach_and_ones_own)
{
	struct approval_scene *s = approval_scene_new();
	static const struct act of_all = {.kind = ACT_ROLE_CHANGE};
	static const char *const x100[] = {"x100"}, *const y200[] = {"y200"};
	struct request_row asked = scene_asked(s), wide = scene_asked(s);
	struct {
		struct request_filter filter;
		size_t n;
	} cases[] = {
	    {{.all_products = true}, 2},
	    {{.all_products = true, .state = "open"}, 2},
	    {{.all_products = true, .state = "redeemed"}, 0},
	    {{.all_products = true, .act = "role.change"}, 1},
	    {{.all_products = true, .requester = "ci"}, 1},
	    {{.products = x100, .product_count = 1}, 1},
	    {{.products = y200, .product_count = 1}, 0},
	    {{.products = y200, .product_count = 1, .own = "ci"}, 1},
	    {{.product_count = 0}, 0},
	    {{.product_count = 0, .own = "alice"}, 1},
	};

	(void)scene_ask(s, &asked);
	wide.requester = "ci";
	wide.acts = approval_acts(&of_all, 1, &s->arena);
	(void)scene_ask(s, &wide);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct request_row *rows;
		struct err err = {0};
		size_t n = 99;

		cases[i].filter.limit = 50;
		cr_assert(request_list(s->db, &cases[i].filter, &s->arena, &rows, &n, &err).ok,
		    "%s (%s)", err.message, err.cause);
		cr_expect_eq(n, cases[i].n, "case %zu: %zu rows", i, n);
		if (n == 1)
			cr_expect_eq(rows[0].requirement_count, 1);
	}
	approval_scene_free(s);
}
