/* tests/unit/access/access_test.c: what is allowed, to whom, where and until when. */
#include <string.h>

#include <criterion/criterion.h>

#include "access/reach.h"
#include "tests/unit/access/access_scene.h"

static const char documents[] =
    "kind: role\nname: reader\npermissions: [device.read, policy.read]\n---\n"
    "kind: role\nname: keeper\npermissions: [device.register]\n---\n"
    "kind: principal\nname: alice\ntype: person\n---\n"
    "kind: principal\nname: bob\ntype: person\n---\n"
    "kind: principal\nname: gone\ntype: person\ndisabled: true\n---\n"
    "kind: principal\nname: nobody\ntype: service\n---\n"
    "kind: binding\nname: alice-reads\nprincipal: alice\nrole: reader\n---\n"
    "kind: binding\nname: gone-reads\nprincipal: gone\nrole: reader\n---\n"
    "kind: binding\nname: bob-x100\nprincipal: bob\nrole: reader\nproducts: [x100]\n---\n"
    "kind: binding\nname: bob-x200\nprincipal: bob\nrole: reader\nproducts: [x200, x100]\n"
    "expires_at: 2027-01-15T08:00:01Z\n---\n"
    "kind: binding\nname: bob-beta\nprincipal: bob\nrole: keeper\nproducts: [x300]\n"
    "channels: [beta]\n---\n"
    "kind: binding\nname: bob-past\nprincipal: bob\nrole: keeper\n"
    "expires_at: 2027-01-15T08:00:00Z\n";

static const struct question {
	const char *claim, *who;
	enum permission permission;
	const char *product, *channel;
	int64_t at;
	bool allowed;
} questions[] = {
    {"unlimited, all products", "alice", PERMISSION_DEVICE_READ, NULL, NULL, NOW, true},
    {"unlimited, one product", "alice", PERMISSION_DEVICE_READ, "x300", NULL, NOW, true},
    {"unlimited, one channel", "alice", PERMISSION_DEVICE_READ, "x300", "beta", NOW, true},
    {"another permission", "alice", PERMISSION_DEVICE_REGISTER, NULL, NULL, NOW, false},
    {"limited, its product", "bob", PERMISSION_DEVICE_READ, "x100", NULL, NOW, true},
    {"limited, its product's channel", "bob", PERMISSION_DEVICE_READ, "x100", "beta", NOW, true},
    {"limited, another product", "bob", PERMISSION_DEVICE_READ, "x300", NULL, NOW, false},
    {"limited, a product that begins so", "bob", PERMISSION_DEVICE_READ, "x1000", NULL, NOW, false},
    {"limited, all products", "bob", PERMISSION_DEVICE_READ, NULL, NULL, NOW, false},
    {"before its end", "bob", PERMISSION_DEVICE_READ, "x200", NULL, NOW, true},
    {"at its end", "bob", PERMISSION_DEVICE_READ, "x200", NULL, NOW + 1, false},
    {"after its end", "bob", PERMISSION_DEVICE_READ, "x200", NULL, NOW + 1000, false},
    {"ended, unlimited", "bob", PERMISSION_DEVICE_REGISTER, "x100", NULL, NOW, false},
    {"limited to a channel, that one", "bob", PERMISSION_DEVICE_REGISTER, "x300", "beta", NOW,
	true},
    {"limited to a channel, another", "bob", PERMISSION_DEVICE_REGISTER, "x300", "stable", NOW,
	false},
    {"limited to a channel, none", "bob", PERMISSION_DEVICE_REGISTER, "x300", NULL, NOW, false},
    {"disabled", "gone", PERMISSION_DEVICE_READ, "x100", NULL, NOW, false},
    {"no binding", "nobody", PERMISSION_DEVICE_READ, "x100", NULL, NOW, false},
    {"no such principal", "eve", PERMISSION_DEVICE_READ, "x100", NULL, NOW, false},
    {"self", "nobody", PERMISSION_SELF, NULL, NULL, NOW, true},
    {"self, disabled", "gone", PERMISSION_SELF, NULL, NULL, NOW, false},
    {"self, nobody", "eve", PERMISSION_SELF, NULL, NULL, NOW, false},
    {"public, nobody", "eve", PERMISSION_PUBLIC, NULL, NULL, NOW, true},
    {"a device's", "alice", PERMISSION_DEVICE, NULL, NULL, NOW, false},
    {"a row that says nothing", "alice", PERMISSION_NEVER, NULL, NULL, NOW, false},
};

Test(access_may, nothing_is_allowed_that_no_binding_allows)
{
	struct access_scene *s = access_scene_new(documents);

	for (size_t i = 0; i < COUNT(questions); i++) {
		const struct question *q = &questions[i];
		struct actor who = scene_actor(s, q->who);
		struct explanation why = access_explain(
		    &s->access, &who, q->permission, q->product, q->channel, q->at, &s->arena);

		cr_expect_eq(
		    access_may(&s->access, &who, q->permission, q->product, q->channel, q->at),
		    q->allowed, "%s", q->claim);
		/* What is explained is what is decided. */
		cr_expect_eq(why.allowed, q->allowed, "%s", q->claim);
		cr_expect_eq(why.missing_count > 0, !q->allowed, "%s", q->claim);
		if (q->permission < PERMISSION_COUNT)
			cr_expect_eq(why.because_count > 0, q->allowed, "%s", q->claim);
	}
	access_scene_free(s);
}

Test(access_may, a_narrowed_token_gives_what_it_names_alone)
{
	struct access_scene *s = access_scene_new(documents);
	struct actor who = scene_actor(s, "alice");

	who.permission_mask = PERMISSION_BIT(PERMISSION_POLICY_READ);
	cr_expect(access_may(&s->access, &who, PERMISSION_POLICY_READ, NULL, NULL, NOW));
	cr_expect_not(access_may(&s->access, &who, PERMISSION_DEVICE_READ, NULL, NULL, NOW));
	cr_expect_not(access_reach(&s->access, &who, PERMISSION_DEVICE_READ, NOW, &s->arena).any);
	who.permission_mask = 0;
	cr_expect_not(access_may(&s->access, &who, PERMISSION_POLICY_READ, NULL, NULL, NOW));
	cr_expect(access_may(&s->access, &who, PERMISSION_SELF, NULL, NULL, NOW));
	access_scene_free(s);
}

Test(access_may, an_actor_of_an_older_snapshot_is_judged_by_this_one)
{
	struct access_scene *last = access_scene_new(documents);
	struct access_scene *next =
	    access_scene_new("kind: role\nname: reader\npermissions: [device.read]\n---\n"
			     "kind: principal\nname: alice\ntype: person\ndisabled: true\n---\n"
			     "kind: binding\nname: alice-reads\nprincipal: alice\nrole: reader\n");
	struct actor alice = scene_actor(last, "alice"), bob = scene_actor(last, "bob");

	cr_expect_not(access_may(&next->access, &alice, PERMISSION_DEVICE_READ, NULL, NULL, NOW));
	cr_expect_not(access_may(&next->access, &bob, PERMISSION_DEVICE_READ, "x100", NULL, NOW));
	cr_expect_not(access_may(&next->access, &bob, PERMISSION_SELF, NULL, NULL, NOW));
	access_scene_free(last);
	access_scene_free(next);
}

Test(access_may, nobody_is_nobody_and_the_machine_is_the_machine)
{
	struct access_scene *s = access_scene_new(documents);
	struct actor nobody = actor_nobody(), local = actor_local("os:root");

	for (int p = PERMISSION_NEVER; p <= PERMISSION_DEVICE; p++) {
		bool pseudo = p == PERMISSION_NEVER || p == PERMISSION_DEVICE;

		cr_expect_eq(access_may(&s->access, &nobody, (enum permission)p, NULL, NULL, NOW),
		    p == PERMISSION_PUBLIC, "%d", p);
		cr_expect_eq(access_may(&s->access, &local, (enum permission)p, NULL, NULL, NOW),
		    !pseudo, "%d", p);
	}
	access_scene_free(s);
}

/* ---- reach ---- */

Test(access_reach, lists_are_cut_to_what_is_allowed)
{
	struct access_scene *s = access_scene_new(documents);
	struct actor alice = scene_actor(s, "alice"), bob = scene_actor(s, "bob"),
		     gone = scene_actor(s, "gone");
	struct reach all = access_reach(&s->access, &alice, PERMISSION_DEVICE_READ, NOW, &s->arena);
	struct reach some = access_reach(&s->access, &bob, PERMISSION_DEVICE_READ, NOW, &s->arena);
	struct reach later =
	    access_reach(&s->access, &bob, PERMISSION_DEVICE_READ, NOW + 1, &s->arena);
	struct reach channel =
	    access_reach(&s->access, &bob, PERMISSION_DEVICE_REGISTER, NOW, &s->arena);
	struct reach none = access_reach(&s->access, &gone, PERMISSION_DEVICE_READ, NOW, &s->arena);

	cr_expect(all.any && all.all_products && all.product_count == 0);
	cr_assert(some.any && !some.all_products && some.product_count == 2);
	cr_expect_str_eq(some.products[0], "x100");
	cr_expect_str_eq(some.products[1], "x200");
	cr_expect(later.any && later.product_count == 1);
	cr_expect_not(channel.any, "what is limited to a channel is not in a list of devices");
	cr_expect_not(none.any);
	access_scene_free(s);
}

/* ---- why ---- */

static void expect_missing(struct access_scene *s, struct actor who, enum permission p,
    const char *product, const char *channel, const char *line)
{
	struct explanation why =
	    access_explain(&s->access, &who, p, product, channel, NOW, &s->arena);

	for (size_t i = 0; i < why.missing_count; i++)
		if (strcmp(why.missing[i], line) == 0)
			return;
	cr_expect_fail("nobody says: %s; but: %s", line, why.missing_count ? why.missing[0] : "");
}

Test(access_explain, what_is_missing_is_named)
{
	struct access_scene *s = access_scene_new(documents);
	struct actor narrow = scene_actor(s, "alice");

	narrow.permission_mask = PERMISSION_BIT(PERMISSION_POLICY_READ);
	expect_missing(s, narrow, PERMISSION_DEVICE_READ, NULL, NULL,
	    "the token was narrowed and lacks device.read");
	expect_missing(s, scene_actor(s, "bob"), PERMISSION_DEVICE_READ, "x300", NULL,
	    "binding 'bob-x100' (role 'reader') is for products x100 only");
	expect_missing(s, scene_actor(s, "bob"), PERMISSION_DEVICE_REGISTER, "x300", NULL,
	    "binding 'bob-beta' (role 'keeper') is for channels beta only");
	expect_missing(s, scene_actor(s, "bob"), PERMISSION_DEVICE_REGISTER, NULL, NULL,
	    "binding 'bob-past' (role 'keeper') ended at 2027-01-15T08:00:00Z");
	expect_missing(s, scene_actor(s, "alice"), PERMISSION_DEVICE_REGISTER, NULL, NULL,
	    "no binding gives 'alice' a role with device.register; roles that have it: keeper");
	expect_missing(s, scene_actor(s, "alice"), PERMISSION_ACCESS_MANAGE, NULL, NULL,
	    "no binding gives 'alice' a role with access.manage; roles that have it: none");
	expect_missing(s, scene_actor(s, "gone"), PERMISSION_DEVICE_READ, NULL, NULL,
	    "principal 'gone' is disabled");
	expect_missing(s, actor_nobody(), PERMISSION_DEVICE_READ, NULL, NULL,
	    "nobody is named: no credential was presented");
	access_scene_free(s);
}

Test(access_explain, the_bindings_that_allow_it_are_named)
{
	struct access_scene *s = access_scene_new(documents);
	struct actor bob = scene_actor(s, "bob");
	struct explanation why =
	    access_explain(&s->access, &bob, PERMISSION_DEVICE_READ, "x100", NULL, NOW, &s->arena);

	cr_assert_eq(why.because_count, 2);
	cr_expect_str_eq(why.because[0]->name, "bob-x100");
	cr_expect_str_eq(why.because[1]->name, "bob-x200");
	access_scene_free(s);
}
