/* tests/unit/server/admin_test.c: the first administrator, and the end of bootstrap. */
#include <string.h>

#include <criterion/criterion.h>

#include "access/shipped_roles.h"
#include "ca/token_keys.h"
#include "server/admin.h"
#include "tests/unit/server/server_scene.h"

/* It is good for the administrator, by the keys of the scene. */
static void check_token(struct scene *s, const char *text, const char *name)
{
	const struct hsm_config store = {s->config.keys.directory, s->config.keys.passphrase_file};
	AUTO_REF(db) db = NULL;
	AUTO_REF(hsm) hsm = NULL;
	AUTO_REF(token_keys) keys = token_keys_new();
	AUTO(arena) arena = {0};
	struct service_key_context c = {
	    .clock = &s->invocation.clock, .rng = &s->invocation.rng, .who = "test"};
	struct token_claims claims;
	struct err err = {0};

	cr_assert(command_db(&s->invocation, &db, &err).ok, "%s", err.message);
	cr_assert(hsm_open(&store, &hsm, &err).ok, "%s", err.message);
	c.db = db;
	c.hsm = hsm;
	cr_assert(token_keys_load(keys, &c, &err).ok, "%s", err.message);
	cr_assert(token_verify(
		      keys, span_str(text), clock_now(&s->invocation.clock), &arena, &claims, &err)
		      .ok,
	    "%s (%s)", err.message, err.cause);
	cr_expect_str_eq(claims.principal, name);
	cr_expect_eq(claims.expires_at - claims.issued_at, 3600);
}

static enum err_kind make(struct scene *s, const struct admin_order *order, struct err *err)
{
	AUTO(arena) arena = {0};
	struct policy_outcome outcome;
	const char *token = NULL;

	err_clear(err);
	if (!admin_make(&s->invocation, order, &arena, &outcome, &token, err).ok)
		return err->kind;
	cr_expect_eq(pg_number(&s->database, "SELECT count(*) FROM token WHERE expires_at > now()"
					     " AND created_by LIKE 'os:%'") > 0,
	    true);
	check_token(s, token, order->name);
	return ERR_NONE;
}

static struct policy *current(struct scene *s)
{
	AUTO_REF(db) db = NULL;
	struct policy *p = NULL;
	struct err err = {0};

	cr_assert(command_db(&s->invocation, &db, &err).ok, "%s", err.message);
	cr_assert(policy_load(db, NULL, &p, &err).ok, "%s", err.message);
	return p;
}

Test(server_admin, the_first_has_everything_and_ends_bootstrap, .timeout = 60)
{
	struct scene s;
	const struct admin_order alice = {.name = "alice", .ttl = 3600},
				 bob = {.name = "bob", .ttl = 3600};
	struct err err = {0};
	struct policy *p;
	struct actor actor;

	scene_new(&s, false);
	scene_init(&s);
	cr_assert_eq(make(&s, &alice, &err), ERR_NONE, "%s", err.message);
	p = current(&s);
	cr_expect(access_has_administrator(p->access));
	actor = actor_principal(access_principal(p->access, "alice"));
	for (int x = PERMISSION_NEVER + 1; x < PERMISSION_COUNT; x++)
		cr_expect(access_may(p->access, &actor, (enum permission)x, NULL, NULL, 0), "%s",
		    permission_name((enum permission)x));
	for (const struct shipped_role *r = shipped_roles; r->name; r++)
		cr_expect_not_null(access_role(p->access, r->name), "%s", r->name);
	policy_release(p);
	cr_expect_eq(make(&s, &bob, &err), ERR_DENIED);
	cr_expect_str_eq(err_code(&err), "access.bootstrap-over");
	scene_free(&s);
}

Test(server_admin, another_one_breaks_the_glass, .timeout = 60)
{
	struct scene s;
	const struct admin_order alice = {.name = "alice", .ttl = 3600};
	const struct admin_order bob = {
	    .name = "bob", .ttl = 3600, .break_glass = "alice is on leave"};
	struct err err = {0};

	scene_new(&s, false);
	scene_init(&s);
	cr_assert_eq(make(&s, &alice, &err), ERR_NONE, "%s", err.message);
	cr_assert_eq(make(&s, &bob, &err), ERR_NONE, "%s", err.message);
	cr_expect_eq(
	    pg_number(&s.database, "SELECT count(*) FROM alarm WHERE kind = 'break-glass'"), 1);
	scene_free(&s);
}

static const struct {
	const char *claim, *before, *name;
	enum err_kind kind;
} wrong[] = {
    {"a name with other characters", NULL, "Alice B", ERR_CONFIG},
    {"a name that is text of a document", NULL, "a\nrole: admin", ERR_CONFIG},
    {"a long name", NULL, "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeee", ERR_CONFIG},
    {"no name", NULL, "", ERR_CONFIG},
    {"a service's name", "kind: principal\nname: alice\ntype: service\n", "alice", ERR_CONFLICT},
    {"who is disabled", "kind: principal\nname: alice\ntype: person\ndisabled: true\n", "alice",
	ERR_CONFLICT},
    {"a role admin that is none", "kind: role\nname: admin\npermissions: [policy.read]\n", "alice",
	ERR_CONFLICT},
};

static enum err_kind make_token(struct scene *s, const struct admin_order *order, struct err *err)
{
	AUTO(arena) arena = {0};
	const char *token = NULL;

	err_clear(err);
	if (!admin_make_token(&s->invocation, order, &arena, &token, err).ok)
		return err->kind;
	check_token(s, token, order->name);
	return ERR_NONE;
}

Test(server_admin, a_persons_own_first_token_is_made_here_and_told, .timeout = 60)
{
	struct scene s;
	const struct admin_order alice = {.name = "alice", .ttl = 3600},
				 eve = {.name = "eve", .ttl = 3600},
				 quiet = {.name = "bob", .ttl = 3600},
				 told = {.name = "bob", .ttl = 3600, .break_glass = "his first"};
	struct err err = {0};

	scene_new(&s, false);
	scene_init(&s);
	scene_policy(&s, "kind: principal\nname: bob\ntype: person\n");
	cr_expect_eq(make_token(&s, &eve, &err), ERR_MISSING, "%s", err.message);
	cr_expect_eq(make_token(&s, &quiet, &err), ERR_NONE, "%s", err.message);
	cr_assert_eq(make(&s, &alice, &err), ERR_NONE, "%s", err.message);
	cr_expect_eq(make_token(&s, &quiet, &err), ERR_DENIED);
	cr_expect_str_eq(err_code(&err), "access.bootstrap-over");
	cr_expect_eq(pg_number(&s.database, "SELECT count(*) FROM alarm"), 0);
	cr_expect_eq(make_token(&s, &told, &err), ERR_NONE, "%s", err.message);
	cr_expect_eq(pg_number(&s.database, "SELECT count(*) FROM alarm"), 1);
	/* Nobody stands behind it but bob. */
	cr_expect_eq(pg_number(&s.database,
			 "SELECT count(*) FROM token WHERE principal = 'bob' AND person IS NULL"),
	    2);
	scene_free(&s);
}

Test(server_admin, what_makes_no_administrator_is_refused, .timeout = 120)
{
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct scene s;
		const struct admin_order order = {.name = wrong[i].name, .ttl = 3600};
		struct err err = {0};
		struct policy *p;

		scene_new(&s, false);
		scene_init(&s);
		if (wrong[i].before)
			scene_policy(&s, wrong[i].before);
		cr_expect_eq(
		    make(&s, &order, &err), wrong[i].kind, "%s: %s", wrong[i].claim, err.message);
		p = current(&s);
		cr_expect_not(access_has_administrator(p->access), "%s", wrong[i].claim);
		cr_expect_eq(
		    pg_number(&s.database, "SELECT count(*) FROM token"), 0, "%s", wrong[i].claim);
		policy_release(p);
		scene_free(&s);
	}
}
