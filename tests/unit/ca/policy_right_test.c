/* tests/unit/ca/policy_right_test.c: who may change what of policy, and what it takes. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#include "access/shipped_roles.h"
#include "base/file.h"
#include "tests/unit/ca/policy_scene.h"

#define PROFILE(validity)                                                      \
	"kind: profile\nname: device\nauthority: issuing\nvalidity: " validity \
	"\nsubject:\n  - {attribute: CN, value: \"{product} {serial}\"}\n"     \
	"  - {attribute: serialNumber, value: \"{serial}\"}\n"                 \
	"extended_key_usage: [clientAuth]\n"
#define PRODUCT(name, model)                                               \
	"kind: product\nname: " name "\nmanufacturer: Acme\nmodel: " model \
	"\nmud_url: https://mud/x\n"
#define LABEL(name, more) \
	"kind: label\nname: " name "\nprofile: device\ntrust_anchors: [acme]\n" more
#define BINDING(name, who, role, more) \
	"kind: binding\nname: " name "\nprincipal: " who "\nrole: " role "\n" more

/* alice: everything; kim: access and what she reads; lara: x100; oscar: profiles and authorities.
 */
static const char people[] =
    "kind: role\nname: line\npermissions: [label.manage, product.manage, device.register]\n---\n"
    "kind: role\nname: keeper\npermissions: [access.manage, device.read]\n---\n"
    "kind: role\nname: reader\npermissions: [device.read]\n---\n"
    "kind: principal\nname: alice\ntype: person\n---\n"
    "kind: principal\nname: kim\ntype: person\n---\n"
    "kind: principal\nname: lara\ntype: person\n---\n"
    "kind: principal\nname: oscar\ntype: person\n---\n" BINDING(
	"alice", "alice", "admin", "") "---\n" BINDING("kim", "kim", "keeper",
	"products: [x100, x200]\n") "---\n" BINDING("kim-too", "kim", "keeper",
	"expires_at: 2099-01-01T00:00:00Z\n") "---\n" BINDING("lara", "lara", "line",
	"products: [x100]\n") "---\n" BINDING("oscar", "oscar", "authority-officer",
	"") "---\n" LABEL("other", "products: [x200]\n");

static struct policy_scene *scene(void)
{
	struct policy_scene *s = policy_scene_new();
	AUTO(buf) text = {0};

	policy_scene_good(s);
	for (const struct shipped_role *r = shipped_roles; r->name; r++)
		buf_printf(&text, "%s---\n", r->document);
	buf_put_str(&text, people);
	cr_assert_eq(policy_scene_apply(s, buf_cstr(&text)), ERR_NONE, "%s", s->err.message);
	return s;
}

/* A snapshot to take actors from; released with the scene's arena in mind, after the last use. */
static struct policy *current(struct policy_scene *s)
{
	struct policy *p = NULL;
	struct err err = {0};

	cr_assert(policy_load(s->db, NULL, &p, &err).ok, "%s", err.message);
	return p;
}

static struct actor actor(const struct policy *p, const char *name)
{
	struct actor a;

	if (strcmp(name, "local") == 0)
		return actor_local("os:root");
	a = actor_principal(access_principal(p->access, name));
	a.credential = a.principal ? CREDENTIAL_TOKEN : CREDENTIAL_NONE;
	return a;
}

static const struct attempt {
	const char *claim, *who;
	const char *text; /* or, with `removed`, the kind */
	const char *removed;
	const char *code; /* NULL: it is done */
} attempts[] = {
    {"an admin, a profile", "alice", PROFILE("2y"), NULL, NULL},
    {"an officer, a profile", "oscar", PROFILE("2y"), NULL, NULL},
    {"another role, a profile", "lara", PROFILE("2y"), NULL, "access.denied"},
    {"another role, a profile that is as it was", "lara",
	"kind: product\nname: x100\n"
	"manufacturer: Acme\nmodel: X100\n",
	NULL, NULL},
    {"nobody", "eve", PROFILE("2y"), NULL, "access.denied"},
    {"nobody, a product", "eve", PRODUCT("x100", "X100"), NULL, "access.denied"},
    {"in scope, a product", "lara", PRODUCT("x100", "X100"), NULL, NULL},
    {"out of scope, a product", "lara", PRODUCT("x200", "X200"), NULL, "access.denied"},
    {"out of scope, a new product", "lara", PRODUCT("x300", "X300"), NULL, "access.denied"},
    {"one in scope and one not", "lara", PRODUCT("x100", "X100") "---\n" PRODUCT("x200", "X200"),
	NULL, "access.denied"},
    {"in scope, a device", "lara", "kind: device\nproduct: x100\nserial: SN1\n", NULL, NULL},
    {"out of scope, a device", "lara", "kind: device\nproduct: x200\nserial: SN1\n", NULL,
	"access.denied"},
    /* Who may not change it learns nothing of what is there. */
    {"what would not fit, without the right", "lara",
	"kind: profile\nname: device\nauthority: nothing\n"
	"subject: [{attribute: CN, value: x}]\n",
	NULL, "access.denied"},
    {"a device of a product that is not there", "lara",
	"kind: device\nproduct: x900\nserial: SN1\n", NULL, "access.denied"},
    {"in scope, a label", "lara", LABEL("line", "products: [x100]\n"), NULL, NULL},
    {"partly in scope, a label", "lara", LABEL("line", "products: [x100, x200]\n"), NULL,
	"access.denied"},
    {"a label for all products", "lara", LABEL("line", ""), NULL, "access.denied"},
    {"a label of others made one's own", "lara", LABEL("other", "products: [x100]\n"), NULL,
	"access.denied"},
    {"the label of paths without one", "lara",
	LABEL("factory", "products: [x100]\nunlabelled: true\nretry_after: 2m\n"), NULL,
	"access.denied"},
    {"oneself everything", "kim", BINDING("new", "kim", "admin", ""), NULL, "access.grant"},
    {"oneself another role", "kim", BINDING("new", "kim", "line", "products: [x100]\n"), NULL,
	"access.grant"},
    {"oneself what one has, for ever", "kim", BINDING("new", "kim", "keeper", ""), NULL,
	"access.grant"},
    {"others what one has", "kim",
	BINDING("new", "lara", "reader", "expires_at: 2098-01-01T00:00:00Z\n"), NULL, NULL},
    {"a role wider than one's own, that others have", "kim",
	"kind: role\nname: reader\npermissions: [device.read, log.manage]\n---\n" BINDING(
	    "new", "lara", "reader", "expires_at: 2098-01-01T00:00:00Z\n"),
	NULL, "access.grant"},
    {"who must agree, without that permission", "kim",
	"kind: approval-policy\nname: p\nacts: [role.change]\napprovals: 1\nrole: keeper\n", NULL,
	"access.denied"},
    {"the log's witnesses, without that permission", "kim", "kind: log-policy\nname: log\n", NULL,
	"access.denied"},
    {"the last administrator's binding", "kim", "binding", "alice", "access.last-administrator"},
    {"the last administrator disabled", "kim",
	"kind: principal\nname: alice\ntype: person\ndisabled: true\n", NULL,
	"access.last-administrator"},
    {"the last administrator for a time only", "alice",
	BINDING("alice", "alice", "admin", "expires_at: 2099-01-01T00:00:00Z\n"), NULL,
	"access.last-administrator"},
    {"the last administrator's role emptied", "alice",
	"kind: role\nname: admin\npermissions: [policy.read]\n", NULL, "access.last-administrator"},
    {"another administrator first", "alice",
	BINDING("oscar-too", "oscar", "admin",
	    "") "---\n"
		"kind: principal\nname: alice\ntype: person\ndisabled: true\n",
	NULL, NULL},
    {"operators' certificates by who holds less than operators", "oscar",
	"kind: authority\nname: root\noperators: true\n", NULL, "access.grant"},
    {"operators' certificates by who holds everything", "alice",
	"kind: authority\nname: root\noperators: true\n", NULL, NULL},
    {"the machine, once there is an administrator", "local", PROFILE("2y"), NULL,
	"access.bootstrap-over"},
    {"the machine's files from afar", "alice",
	"kind: trust-anchor\nname: acme\nmanufacturer: Acme\ncertificate_file: ca.pem\n"
	"product: {from: subject.CN}\nserial: {from: subject.serialNumber}\n",
	NULL, "policy.files"},
    {"the machine's files from afar, of keys", "alice",
	"kind: oidc-issuer\nname: i\nissuer: https://i\naudience: a\njwks_file: ca.pem\n", NULL,
	"policy.files"},
    {"a label taken away", "alice", "label", "other", "policy.kept"},
    {"what is not there taken away", "alice", "role", "nothing", "not-found"},
    {"a kind that is not there taken away", "alice", "rule", "nothing", "not-found"},
    {"a role that bindings name taken away", "alice", "role", "keeper", "configuration"},
    {"a binding taken away", "kim", "binding", "kim", NULL},
    {"a binding taken away without the right", "lara", "binding", "lara", "access.denied"},
};

static struct policy_edit edit_of(const struct attempt *t, const struct actor *who)
{
	struct policy_edit e = {.actor = who};

	if (t->removed) {
		e.remove_kind = t->text;
		e.remove_name = t->removed;
	} else {
		e.text = span_str(t->text);
	}
	return e;
}

Test(ca_policy_right, a_change_is_for_those_who_may, .timeout = 120)
{
	struct policy_scene *s = scene();
	struct policy *p = current(s);
	long long before = policy_scene_state(s);

	for (size_t i = 0; i < COUNT(attempts); i++) {
		const struct attempt *t = &attempts[i];
		const struct actor who = actor(p, t->who);
		struct policy_edit e = edit_of(t, &who);
		enum err_kind kind;

		/* What would be done is not done; what is refused is tried in earnest. */
		e.dry_run = !t->code;
		kind = policy_scene_edit(s, &e);
		cr_expect_eq(kind == ERR_NONE, !t->code, "%s: %s", t->claim, s->err.message);
		if (t->code)
			cr_expect_str_eq(err_code(&s->err), t->code, "%s: %s: %s", t->claim,
			    err_code(&s->err), s->err.message);
		cr_expect_eq(policy_scene_state(s), before, "%s left something", t->claim);
	}
	policy_release(p);
	policy_scene_free(s);
}

Test(ca_policy_right, a_refusal_names_what_is_lacking)
{
	struct policy_scene *s = scene();
	struct policy *p = current(s);
	const struct actor lara = actor(p, "lara"), kim = actor(p, "kim");

	(void)policy_scene_edit(
	    s, &(struct policy_edit){.actor = &lara, .text = span_str(PRODUCT("x200", "X200"))});
	cr_expect_str_eq(
	    s->err.message, "product 'x200': 'lara' lacks product.manage for product x200");
	(void)policy_scene_edit(s, &(struct policy_edit){.actor = &kim,
				       .text = span_str(BINDING("new", "kim", "line", ""))});
	cr_expect_str_eq(s->err.message,
	    "this would give label.manage for all products, without an "
	    "end, which 'kim' does not hold");
	policy_release(p);
	policy_scene_free(s);
}

/* ---- bootstrap and its end ---- */

Test(ca_policy_right, broken_glass_is_recorded_with_its_reason_and_an_alarm)
{
	struct policy_scene *s = scene();
	struct policy *p = current(s);
	const struct actor alice = actor(p, "alice");
	struct policy_edit e = {
	    .text = span_str(PROFILE("2y")), .break_glass = "alice lost her key"};

	cr_assert_eq(policy_scene_edit(s, &e), ERR_NONE, "%s", s->err.message);
	cr_expect_eq(
	    pg_number(&s->database,
		"SELECT count(*) FROM policy_change WHERE kind = 'break-glass' AND who = 'tester' AND "
		"convert_from(record, 'UTF8') LIKE '%alice lost her key%'"),
	    1);
	cr_expect_eq(pg_number(&s->database, "SELECT count(*) FROM log_entry WHERE kind IN "
					     "('policy.break-glass', 'alarm.break-glass')"),
	    2);
	cr_expect_eq(pg_number(&s->database,
			 "SELECT count(*) FROM alarm a JOIN log_salt l ON l.record_kind = "
			 "'alarm' AND l.record_id = a.id WHERE a.kind = 'break-glass'"),
	    1);
	/* The glass is on the server's machine. */
	e.actor = &alice;
	e.text = span_str(PROFILE("3y"));
	cr_expect_eq(policy_scene_edit(s, &e), ERR_DENIED);
	policy_release(p);
	policy_scene_free(s);
}

/* ---- differences ---- */

static const struct policy_difference *difference(const struct policy_change *c, const char *path)
{
	for (size_t i = 0; i < c->difference_count; i++)
		if (strcmp(c->differences[i].path, path) == 0)
			return &c->differences[i];
	return NULL;
}

static void expect_difference(
    const struct policy_change *c, const char *path, const char *old, const char *new)
{
	const struct policy_difference *d = difference(c, path);

	if (!d) {
		cr_expect_fail("%s '%s': no difference at %s", c->kind, c->name, path);
		return;
	}
	cr_expect(old ? d->old && strcmp(d->old, old) == 0 : !d->old, "%s: old %s", path, d->old);
	cr_expect(new ? d->new &&strcmp(d->new, new) == 0 : !d->new, "%s: new %s", path, d->new);
}

Test(ca_policy_difference, each_member_that_changes_is_told)
{
	struct policy_scene *s = scene();

	cr_assert_eq(policy_scene_try(s,
			 "kind: profile\nname: device\nauthority: issuing\nvalidity: 2y\nsubject:\n"
			 "  - {attribute: CN, value: \"{product} \\\"{serial}\\\"\"}\n"
			 "  - {attribute: serialNumber, value: \"{serial}\"}\n"
			 "extended_key_usage: [clientAuth, serverAuth]\n---\n"
			 "kind: product\nname: x300\nmanufacturer: Acme\nmodel: X300\n---\n"
			 "kind: product\nname: x100\nmanufacturer: Acme\nmodel: X100\n"),
	    ERR_NONE, "%s", s->err.message);
	cr_assert_eq(s->change_count, 3);
	cr_expect_eq(s->changes[0].difference_count, 3);
	expect_difference(&s->changes[0], "/validity", NULL, "63072000");
	expect_difference(&s->changes[0], "/subject/0/value", "\"{product} {serial}\"",
	    "\"{product} \\\"{serial}\\\"\"");
	expect_difference(&s->changes[0], "/extended_key_usage", "[\"clientAuth\"]",
	    "[\"clientAuth\",\"serverAuth\"]");
	expect_difference(&s->changes[1], "/model", NULL, "\"X300\"");
	cr_expect_eq(s->changes[1].difference_count, 2);
	cr_expect_eq(s->changes[2].difference_count, 0);
	cr_expect_eq((int)s->changes[2].what, POLICY_UNCHANGED);
	policy_scene_free(s);
}

Test(ca_policy_difference, the_plan_is_of_what_changes_and_nothing_else)
{
	struct policy_scene *s = scene();
	struct digest one, same, other;

	(void)policy_scene_try(s, PROFILE("2y"));
	one = s->outcome.plan;
	(void)policy_scene_try(s,
	    "kind: product\nname: x100\nmanufacturer: Acme\nmodel: X100\n---\n"
	    "# another way to say it\n" PROFILE("730d"));
	same = s->outcome.plan;
	(void)policy_scene_try(s, PROFILE("3y"));
	other = s->outcome.plan;
	cr_expect_arr_eq(one.bytes, same.bytes, SHA256_SIZE);
	cr_expect_arr_neq(one.bytes, other.bytes, SHA256_SIZE);
	/* From another start it is another plan. */
	cr_assert_eq(policy_scene_edit(s, &(struct policy_edit){.text = span_str(PROFILE("5y")),
					      .break_glass = "to start from elsewhere"}),
	    ERR_NONE);
	(void)policy_scene_try(s, PROFILE("2y"));
	cr_expect_arr_neq(s->outcome.plan.bytes, one.bytes, SHA256_SIZE);
	policy_scene_free(s);
}

/* ---- removal ---- */

Test(ca_policy_removal, what_is_removed_counts_no_more_and_its_history_stays)
{
	struct policy_scene *s = scene();
	struct policy *p = current(s);
	const struct actor alice = actor(p, "alice"), lara = actor(p, "lara");
	const struct policy_edit removal = {
	    .actor = &alice, .remove_kind = "binding", .remove_name = "lara"};
	struct policy *after;

	cr_assert_eq(policy_scene_edit(s, &removal), ERR_NONE, "%s", s->err.message);
	cr_assert_eq(s->change_count, 1);
	cr_expect_eq((int)s->changes[0].what, POLICY_REMOVED);
	expect_difference(&s->changes[0], "/products", "[\"x100\"]", NULL);
	after = current(s);
	cr_expect_not(
	    access_may(after->access, &lara, PERMISSION_PRODUCT_MANAGE, "x100", NULL, 1800000000));
	cr_expect_eq(pg_number(&s->database, "SELECT count(*) FROM access_document WHERE kind = "
					     "'binding' AND name = 'lara' AND removed"),
	    1);
	cr_expect_eq(
	    pg_number(&s->database,
		"SELECT count(*) FROM policy_change c JOIN log_salt l ON l.record_id = c.id "
		"AND l.record_kind = 'policy_change' JOIN log_entry e ON e.id = l.entry_id "
		"WHERE e.kind = 'policy.removed' AND c.name = 'lara' AND c.who = 'alice'"),
	    1);
	cr_expect_eq(policy_scene_edit(s, &removal), ERR_MISSING);
	/* It may come back. */
	cr_expect_eq(
	    policy_scene_edit(
		s, &(struct policy_edit){.actor = &alice,
		       .text = span_str(BINDING("lara", "lara", "line", "products: [x100]\n"))}),
	    ERR_NONE, "%s", s->err.message);
	cr_expect_eq((int)s->changes[0].what, POLICY_CREATED);
	policy_release(after);
	policy_release(p);
	policy_scene_free(s);
}

/* ---- as it was looked at ---- */

Test(ca_policy_version, a_change_from_another_start_is_refused)
{
	struct policy_scene *s = scene();
	struct policy *p = current(s);
	const struct actor alice = actor(p, "alice");
	struct policy_edit e = {.actor = &alice, .text = span_str(PROFILE("2y"))};
	int64_t version = pg_number(&s->database, "SELECT version FROM profile");

	e.expected_version = version + 1;
	cr_expect_eq(policy_scene_edit(s, &e), ERR_STALE);
	e.expected_version = POLICY_ABSENT;
	cr_expect_eq(policy_scene_edit(s, &e), ERR_STALE);
	e.expected_version = version;
	cr_assert_eq(policy_scene_edit(s, &e), ERR_NONE, "%s", s->err.message);
	cr_expect_eq(s->changes[0].version, pg_number(&s->database, "SELECT version FROM profile"));
	cr_expect_eq(s->outcome.version, s->changes[0].version);
	e.text = span_str(PROFILE("3y"));
	cr_expect_eq(policy_scene_edit(s, &e), ERR_STALE, "the second of two from one start");
	e.text = span_str(PRODUCT("x300", "X300"));
	e.expected_version = 1;
	cr_expect_eq(policy_scene_edit(s, &e), ERR_STALE, "what is not there has no version");
	e.expected_version = POLICY_ABSENT;
	cr_expect_eq(policy_scene_edit(s, &e), ERR_NONE, "%s", s->err.message);
	e.text = span_str(PRODUCT("x300", "X300") "---\n" PROFILE("3y"));
	cr_expect_eq(policy_scene_edit(s, &e), ERR_INPUT, "of two documents");
	policy_release(p);
	policy_scene_free(s);
}

/* ---- the caller's transaction ---- */

Test(ca_policy_transaction, a_change_is_its_callers_to_commit)
{
	struct policy_scene *s = scene();
	struct policy *p = current(s);
	const struct actor alice = actor(p, "alice"), lara = actor(p, "lara");
	struct policy_edit e = {.actor = &alice, .text = span_str(PROFILE("2y"))};
	long long before = policy_scene_state(s);
	struct err err = {0};

	cr_assert(db_begin(s->db, &err).ok);
	cr_assert_eq(policy_scene_edit(s, &e), ERR_NONE, "%s", s->err.message);
	cr_expect(db_in_transaction(s->db));
	db_rollback(s->db);
	cr_expect_eq(policy_scene_state(s), before, "what was rolled back stayed");

	/* A dry run and a refusal undo their own part, and that alone. */
	cr_assert(db_begin(s->db, &err).ok);
	e.text = span_str(PRODUCT("x100", "X100"));
	cr_assert_eq(policy_scene_edit(s, &e), ERR_NONE, "%s", s->err.message);
	e.dry_run = true;
	e.text = span_str(PROFILE("2y") "---\nkind: device\nproduct: x100\nserial: SN1\n");
	cr_assert_eq(policy_scene_edit(s, &e), ERR_NONE, "%s", s->err.message);
	e.dry_run = false;
	e.actor = &lara;
	e.text = span_str("kind: device\nproduct: x100\nserial: SN1\n---\n"
			  "kind: device\nproduct: x200\nserial: SN2\n");
	cr_assert_eq(policy_scene_edit(s, &e), ERR_DENIED);
	cr_assert(db_commit(s->db, &err).ok, "%s", err.message);
	cr_expect_eq(pg_number(&s->database, "SELECT count(*) FROM device"), 0);
	cr_expect_eq(pg_number(&s->database,
			 "SELECT count(*) FROM product WHERE spec::text LIKE '%https://mud/x%'"),
	    1);
	cr_expect_eq(pg_number(&s->database,
			 "SELECT count(*) FROM profile WHERE spec::text LIKE '%63072000%'"),
	    0);
	policy_release(p);
	policy_scene_free(s);
}

/* ---- two at once ---- */

struct racer {
	struct policy_scene *s;
	const struct actor *who;
	const char *text;
	struct err err;
	bool ok;
};

static void *race(void *context)
{
	struct racer *r = context;
	AUTO_REF(db) db = pg_open(&r->s->database);
	AUTO(arena) arena = {0};
	struct clock clock = clock_system();
	const struct policy_edit e = {
	    .file_name = "race.yaml", .actor = r->who, .text = span_str(r->text)};
	struct policy_outcome outcome;

	r->ok = policy_apply(db, &e, &clock, &arena, &outcome, &r->err).ok;
	return NULL;
}

/* Each of two administrators takes the other away: together they would leave none. */
Test(ca_policy_race, of_two_administrators_one_stays, .timeout = 120)
{
	struct policy_scene *s = scene();
	struct policy *p = current(s);
	const struct actor alice = actor(p, "alice"), oscar = actor(p, "oscar");

	for (int round = 0; round < 5; round++) {
		struct racer racers[] = {
		    {s, &alice, "kind: principal\nname: oscar\ntype: person\ndisabled: true\n", {0},
			false},
		    {s, &oscar, "kind: principal\nname: alice\ntype: person\ndisabled: true\n", {0},
			false}};
		pthread_t threads[2];

		cr_assert_eq(
		    policy_scene_edit(
			s, &(struct policy_edit){.break_glass = "both of them, for the race",
			       .text = span_str(
				   "kind: principal\nname: alice\ntype: person\n---\n"
				   "kind: principal\nname: oscar\ntype: person\n---\n" BINDING(
				       "oscar-too", "oscar", "admin", ""))}),
		    ERR_NONE, "%s", s->err.message);
		for (int i = 0; i < 2; i++)
			cr_assert_eq(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
		for (int i = 0; i < 2; i++)
			cr_assert_eq(pthread_join(threads[i], NULL), 0);
		cr_expect_eq(racers[0].ok + racers[1].ok, 1, "%s / %s", racers[0].err.message,
		    racers[1].err.message);
		cr_expect_eq(
		    pg_number(&s->database,
			"SELECT count(*) FROM access_document WHERE kind = 'principal' AND name "
			"IN ('alice', 'oscar') AND spec::text NOT LIKE '%disabled%'"),
		    1);
	}
	policy_release(p);
	policy_scene_free(s);
}

/* ---- approvals ---- */

#define TWO(name, count)                                                                          \
	"kind: approval-policy\nname: " name "\nacts: [profile.change, approval-policy.change]\n" \
	"approvals: " count "\nrole: authority-officer\n"

static struct policy_scene *scene_with_policy(void)
{
	struct policy_scene *s = scene();
	const struct policy_edit e = {.break_glass = "to set the scene",
	    .text = span_str("kind: principal\nname: otto\ntype: person\n---\n"
			     "kind: principal\nname: olga\ntype: person\n---\n" BINDING(
				 "otto", "otto", "authority-officer", "") "---\n" BINDING("olga",
				 "olga", "authority-officer", "") "---\n" TWO("two", "2"))};

	cr_assert_eq(policy_scene_edit(s, &e), ERR_NONE, "%s", s->err.message);
	return s;
}

Test(ca_policy_approval, an_act_that_needs_approvals_is_not_done_without)
{
	struct policy_scene *s = scene_with_policy();
	struct policy *p = current(s);
	const struct actor alice = actor(p, "alice");
	struct policy_edit e = {.actor = &alice, .text = span_str(PROFILE("2y"))};
	long long before = policy_scene_state(s);

	cr_assert_eq(policy_scene_edit(s, &e), ERR_PENDING);
	cr_expect_str_eq(err_code(&s->err), "approval.needed");
	cr_assert_eq(s->outcome.requirement_count, 1);
	cr_expect_str_eq(s->outcome.requirements[0].policy, "two");
	cr_expect_eq(s->outcome.requirements[0].approvals, 2);
	cr_assert_eq(s->outcome.act_count, 1);
	cr_expect_eq((int)s->outcome.acts[0].kind, ACT_PROFILE_CHANGE);
	cr_expect_eq(s->change_count, 1, "what it would do is told");
	cr_expect_eq(policy_scene_state(s), before);
	/* A dry run says so too. */
	e.dry_run = true;
	cr_assert_eq(policy_scene_edit(s, &e), ERR_NONE);
	cr_expect_eq(s->outcome.requirement_count, 1);
	/* What needs none is done. */
	e.dry_run = false;
	e.text = span_str(PRODUCT("x100", "X100"));
	cr_expect_eq(policy_scene_edit(s, &e), ERR_NONE, "%s", s->err.message);
	cr_expect_eq(s->outcome.requirement_count, 0);
	policy_release(p);
	policy_scene_free(s);
}

static const struct consent {
	const char *claim, *requester, *approvers[3];
	size_t count;
	bool enough;
} consents[] = {
    {"nobody", "alice", {NULL}, 0, false},
    {"one", "alice", {"otto"}, 1, false},
    {"one twice", "alice", {"otto", "otto"}, 2, false},
    {"one of another role", "alice", {"otto", "kim"}, 2, false},
    {"the requester among them", "olga", {"otto", "olga"}, 2, false},
    {"two", "alice", {"otto", "olga"}, 2, true},
};

Test(ca_policy_approval, approvals_are_counted_once_more)
{
	struct policy_scene *s = scene_with_policy();
	struct policy *p = current(s);
	const struct actor alice = actor(p, "alice");

	for (size_t i = 0; i < COUNT(consents); i++) {
		const struct consent *c = &consents[i];
		const struct policy_approval approval = {42, c->requester, c->approvers, c->count};
		const struct policy_edit e = {
		    .actor = &alice, .text = span_str(PROFILE("2y")), .approval = &approval};
		enum err_kind kind = policy_scene_edit(s, &e);

		cr_expect_eq(
		    kind, c->enough ? ERR_NONE : ERR_DENIED, "%s: %s", c->claim, s->err.message);
		if (!c->enough)
			cr_expect_str_eq(err_code(&s->err), "approval.lacking", "%s", c->claim);
	}
	/* The record that the log entry commits to says who agreed to what. */
	cr_expect_eq(
	    pg_number(&s->database,
		"SELECT count(*) FROM policy_change WHERE kind = 'profile' AND who = 'alice' "
		"AND convert_from(record, 'UTF8') LIKE "
		"'%\"who\":\"alice\",\"request\":42,\"approvers\":[\"otto\",\"olga\"],%'"),
	    1);
	policy_release(p);
	policy_scene_free(s);
}

Test(ca_policy_approval, a_rule_cannot_be_taken_away_without_what_it_asks_for)
{
	struct policy_scene *s = scene_with_policy();
	struct policy *p = current(s);
	const struct actor alice = actor(p, "alice");
	const struct policy_edit edits[] = {
	    {.actor = &alice, .remove_kind = "approval-policy", .remove_name = "two"},
	    {.actor = &alice, .text = span_str(TWO("two", "1"))},
	    {.actor = &alice,
		.text = span_str("kind: approval-policy\nname: two\n"
				 "acts: [product.change]\napprovals: 1\n"
				 "role: authority-officer\n")},
	};

	for (size_t i = 0; i < COUNT(edits); i++) {
		cr_expect_eq(policy_scene_edit(s, &edits[i]), ERR_PENDING, "%zu", i);
		cr_assert_eq(s->outcome.requirement_count, 1);
		cr_expect_eq(s->outcome.requirements[0].approvals, 2, "%zu", i);
	}
	policy_release(p);
	policy_scene_free(s);
}

/* The person behind a pipeline's run stands in the record. */
Test(ca_policy_approval, the_person_behind_a_run_is_recorded)
{
	struct policy_scene *s = scene();
	struct policy *p = current(s);
	struct actor lara = actor(p, "lara");
	const struct policy_edit e = {.actor = &lara, .text = span_str(PRODUCT("x100", "X100"))};

	lara.person = "github/12345";
	cr_assert_eq(policy_scene_edit(s, &e), ERR_NONE, "%s", s->err.message);
	cr_expect_eq(
	    pg_number(&s->database,
		"SELECT count(*) FROM policy_change WHERE convert_from(record, 'UTF8') LIKE "
		"'%\"who\":\"lara\",\"person\":\"github/12345\",\"kind\"%'"),
	    1);
	policy_release(p);
	policy_scene_free(s);
}

/* ---- many ---- */

Test(ca_policy_right, a_change_beside_a_thousand_bindings_takes_no_seconds, .timeout = 120)
{
	struct policy_scene *s = scene();
	struct policy *p = current(s);
	const struct actor alice = actor(p, "alice");
	struct policy_edit e = {.actor = &alice};
	AUTO(buf) text = {0};
	int64_t start;

	for (int i = 0; i < 1000; i++)
		buf_printf(&text,
		    "kind: principal\nname: p%d\ntype: person\n---\n"
		    "kind: binding\nname: p%d\nprincipal: p%d\nrole: viewer\nproducts: "
		    "[x100]\n---\n",
		    i, i, i);
	e.text = buf_span(&text);
	cr_assert_eq(policy_scene_edit(s, &e), ERR_NONE, "%s", s->err.message);
	start = monotonic_ms();
	e.text = span_str(BINDING("one-more", "p7", "reader", ""));
	cr_assert_eq(policy_scene_edit(s, &e), ERR_NONE, "%s", s->err.message);
	/* Tens of milliseconds; others use the machine, too. */
	cr_expect_lt(monotonic_ms() - start, 5000);
	policy_release(p);
	policy_scene_free(s);
}

/* ---- files beside a document ---- */

/* Anybody with a token can send that: it costs little, and holds no lock. */
Test(ca_policy_right, more_documents_than_a_call_takes_are_refused_unread, .timeout = 120)
{
	struct policy_scene *s = scene();
	struct policy *p = current(s);
	const struct actor eve = actor(p, "eve"), local = actor_local("os:root");
	AUTO(buf) text = {0};
	struct policy_edit e = {.actor = &eve, .dry_run = true};

	for (int i = 0; i <= 2000; i++)
		buf_printf(&text, "kind: principal\nname: p%d\ntype: person\n---\n", i);
	e.text = buf_span(&text);
	cr_expect_eq(policy_scene_edit(s, &e), ERR_CONFIG);
	cr_expect_not_null(strstr(s->err.message, "at most 2000"), "%s", s->err.message);
	/* Devices stand by themselves: an import has thousands. */
	AUTO(buf) units = {0};
	for (int i = 0; i < 5000; i++)
		buf_printf(&units, "kind: device\nproduct: nosuch\nserial: D%d\n---\n", i);
	e.text = buf_span(&units);
	cr_expect_neq(policy_scene_edit(s, &e), ERR_NONE);
	cr_expect_null(strstr(s->err.message, "at most"), "%s", s->err.message);
	/* Who has the machine may. */
	e.text = buf_span(&text);
	e.actor = &local;
	cr_expect_eq(policy_scene_edit(s, &e), ERR_NONE, "%s", s->err.message);
	policy_release(p);
	policy_scene_free(s);
}

Test(ca_policy_file, a_key_set_is_read_once_and_kept_in_the_document)
{
	/* The public key of RFC 7517 A.1. */
	static const char keys[] =
	    "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"use\":\"sig\",\"kid\":\"1\","
	    "\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\","
	    "\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\"}]}";
	static const char document[] = "kind: oidc-issuer\nname: ci\nissuer: https://ci.example\n"
				       "audience: us\njwks_file: keys.json\nalgorithms: [ES256]\n";
	struct policy_scene *s = policy_scene_new();
	char path[128];

	snprintf(path, sizeof(path), "%s/keys.json", s->directory);
	cr_expect_eq(policy_scene_apply(s, document), ERR_CONFIG, "the file is not there");
	err_clear(&s->err);
	cr_assert(file_create(path, span_str(keys), 0600, &s->err).ok, "%s", s->err.message);
	cr_assert_eq(policy_scene_apply(s, document), ERR_NONE, "%s", s->err.message);
	cr_expect_eq(
	    pg_number(&s->database,
		"SELECT count(*) FROM access_document WHERE spec->>'jwks' LIKE '%MKBCTNIcKUSD%'"
		" AND spec->>'jwks_file' IS NULL"),
	    1);
	cr_expect_eq(policy_scene_apply(s, document), ERR_NONE, "%s", s->err.message);
	cr_expect_eq((int)s->changes[0].what, POLICY_UNCHANGED);
	policy_scene_free(s);
}

/* ---- by what is stored, not by what the caller knows ---- */

Test(ca_policy_right, rights_are_those_of_now_whatever_snapshot_the_actor_is_of)
{
	struct policy_scene *s = scene();
	struct policy *old = current(s);
	const struct actor alice = actor(old, "alice"), lara = actor(old, "lara");
	const struct policy_edit edit = {.actor = &lara, .text = span_str(PRODUCT("x100", "X100"))};

	cr_assert_eq(policy_scene_edit(s,
			 &(struct policy_edit){
			     .actor = &alice, .remove_kind = "binding", .remove_name = "lara"}),
	    ERR_NONE, "%s", s->err.message);
	cr_expect(
	    access_may(old->access, &lara, PERMISSION_PRODUCT_MANAGE, "x100", NULL, 1800000000),
	    "the old snapshot knows nothing of it");
	cr_expect_eq(policy_scene_edit(s, &edit), ERR_DENIED);
	cr_expect_str_eq(err_code(&s->err), "access.denied");
	policy_release(old);
	policy_scene_free(s);
}

Test(ca_policy_approval, an_approver_who_lost_the_role_counts_no_more)
{
	static const char *const approvers[] = {"otto", "olga"};
	const struct policy_approval approval = {42, "alice", approvers, 2};
	struct policy_scene *s = scene_with_policy();
	struct policy *old = current(s);
	const struct actor alice = actor(old, "alice");
	const struct policy_edit edit = {
	    .actor = &alice, .text = span_str(PROFILE("2y")), .approval = &approval};

	cr_assert_eq(policy_scene_edit(s,
			 &(struct policy_edit){
			     .actor = &alice, .remove_kind = "binding", .remove_name = "olga"}),
	    ERR_NONE, "%s", s->err.message);
	cr_expect_eq(policy_scene_edit(s, &edit), ERR_DENIED);
	cr_expect_str_eq(err_code(&s->err), "approval.lacking");
	policy_release(old);
	policy_scene_free(s);
}
