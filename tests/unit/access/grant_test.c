/* tests/unit/access/grant_test.c: nobody gives more than they hold, and somebody stays. */
#include <string.h>

#include <criterion/criterion.h>

#include "tests/unit/access/access_scene.h"

/* What is there before each attempt. */
#define ROLES                                                                        \
	"kind: role\nname: keeper\npermissions: [access.manage, device.read]\n---\n" \
	"kind: role\nname: reader\npermissions: [device.read]\n---\n"                \
	"kind: role\nname: decider\npermissions: [enrollment.decide]\n---\n"         \
	"kind: role\nname: root\npermissions: [access.manage, device.read, enrollment.decide]\n---\n"
#define PEOPLE                                                                \
	"kind: principal\nname: keeper\ntype: person\n---\n"                  \
	"kind: principal\nname: local\ntype: person\n---\n"                   \
	"kind: principal\nname: short\ntype: person\n---\n"                   \
	"kind: principal\nname: root\ntype: person\n---\n"                    \
	"kind: principal\nname: decider\ntype: person\n---\n"                 \
	"kind: principal\nname: sleeper\ntype: person\ndisabled: true\n---\n" \
	"kind: principal\nname: runner\ntype: ci\n---\n"                      \
	"kind: principal\nname: idler\ntype: ci\n---\n"
#define BINDINGS                                                                            \
	"kind: binding\nname: keeper\nprincipal: keeper\nrole: keeper\n---\n"               \
	"kind: binding\nname: local\nprincipal: local\nrole: root\nproducts: [x100]\n---\n" \
	"kind: binding\nname: short\nprincipal: short\nrole: root\n"                        \
	"expires_at: 2028-01-01T00:00:00Z\n---\n"                                           \
	"kind: binding\nname: root\nprincipal: root\nrole: root\n---\n"                     \
	"kind: binding\nname: decider\nprincipal: decider\nrole: decider\n---\n"            \
	"kind: binding\nname: sleeper\nprincipal: sleeper\nrole: decider\n---\n"            \
	"kind: binding\nname: runner\nprincipal: runner\nrole: decider\n---\n"
#define ISSUER(audience)                                                       \
	"kind: oidc-issuer\nname: ci\nissuer: https://ci\naudience: " audience \
	"\njwks_url: https://ci/k\n---\n"
#define RULE(principal, id)                                                   \
	"kind: oidc-rule\nname: rule\nissuer: ci\nprincipal: " principal "\n" \
	"claims: [{claim: project_id, value: '" id "'}]\n---\n"
#define BIND(who, role, more) \
	"kind: binding\nname: new\nprincipal: " who "\nrole: " role "\n" more "---\n"
#define BEFORE ROLES PEOPLE BINDINGS ISSUER("us") RULE("runner", "1")
#define SAME   ROLES PEOPLE BINDINGS ISSUER("us") RULE("runner", "1")

static const struct attempt {
	const char *claim, *grantor, *after;
	const char *lacking; /* NULL: it is theirs to give */
} attempts[] = {
    {"nothing", "keeper", SAME, NULL},
    {"what one has", "keeper", SAME BIND("decider", "reader", ""), NULL},
    {"a part of what one has", "keeper", SAME BIND("decider", "reader", "products: [x100]\n"),
	NULL},
    {"what one has not", "keeper", SAME BIND("idler", "root", ""),
	"enrollment.decide for all products, without an end"},
    {"oneself what one has not", "keeper", SAME BIND("keeper", "decider", ""),
	"enrollment.decide for all products, without an end"},
    {"what the receiver has already", "keeper", SAME BIND("decider", "decider", ""), NULL},
    {"what the receiver has already, for a part", "keeper",
	SAME BIND("decider", "decider", "products: [x200]\nchannels: [beta]\n"), NULL},
    {"for all products, who has one", "local", SAME BIND("idler", "reader", ""),
	"device.read for all products, without an end"},
    {"for another product", "local", SAME BIND("idler", "reader", "products: [x100, x200]\n"),
	"device.read for product x200, without an end"},
    {"for one's product", "local", SAME BIND("idler", "reader", "products: [x100]\n"), NULL},
    {"for a channel of it", "local",
	SAME BIND("idler", "reader", "products: [x100]\nchannels: [beta]\n"), NULL},
    {"for longer than one has it", "short", SAME BIND("idler", "reader", ""),
	"device.read for all products, without an end"},
    {"for longer than one has it oneself", "short", SAME BIND("short", "root", ""),
	"device.read for all products, without an end"},
    {"for a second longer", "short",
	SAME BIND("idler", "reader", "expires_at: 2028-01-01T00:00:01Z\n"),
	"device.read for all products"},
    {"as long as one has it", "short",
	SAME BIND("idler", "reader", "expires_at: 2028-01-01T00:00:00Z\n"), NULL},
    {"what ended long ago", "keeper",
	SAME BIND("idler", "root", "expires_at: 2020-01-01T00:00:00Z\n"), NULL},
    {"by a role that others have", "keeper",
	"kind: role\nname: keeper\npermissions: [access.manage, device.read]\n---\n"
	"kind: role\nname: reader\npermissions: [device.read]\n---\n"
	"kind: role\nname: decider\npermissions: [enrollment.decide, enrollment.read]\n---\n"
	"kind: role\nname: root\npermissions: [access.manage, device.read, enrollment.decide]\n---\n" PEOPLE
	    BINDINGS ISSUER("us") RULE("runner", "1"),
	"enrollment.read for all products, without an end"},
    {"by a role that nobody has", "keeper",
	"kind: role\nname: new\npermissions: [log.manage]\n---\n" SAME, NULL},
    {"by taking a permission out of a role", "keeper",
	"kind: role\nname: keeper\npermissions: [access.manage, device.read]\n---\n"
	"kind: role\nname: reader\npermissions: [device.read]\n---\n"
	"kind: role\nname: decider\npermissions: [device.read]\n---\n"
	"kind: role\nname: root\npermissions: [access.manage, device.read]\n---\n" PEOPLE BINDINGS
	    ISSUER("us") RULE("runner", "1"),
	NULL},
    {"by waking who holds more", "keeper",
	ROLES "kind: principal\nname: keeper\ntype: person\n---\n"
	      "kind: principal\nname: local\ntype: person\n---\n"
	      "kind: principal\nname: short\ntype: person\n---\n"
	      "kind: principal\nname: root\ntype: person\n---\n"
	      "kind: principal\nname: decider\ntype: person\n---\n"
	      "kind: principal\nname: sleeper\ntype: person\n---\n"
	      "kind: principal\nname: runner\ntype: ci\n---\n"
	      "kind: principal\nname: idler\ntype: ci\n---\n" BINDINGS ISSUER("us")
		  RULE("runner", "1"),
	"enrollment.decide for all products, without an end"},
    {"to who sleeps: not yet anything", "keeper", SAME BIND("sleeper", "root", ""), NULL},
    {"credentials of who holds more, by a rule", "keeper",
	ROLES PEOPLE BINDINGS ISSUER("us") RULE("runner", "2"),
	"enrollment.decide for all products, without an end"},
    {"credentials of who holds nothing, by a rule", "keeper",
	ROLES PEOPLE BINDINGS ISSUER("us") RULE("idler", "1"), NULL},
    {"credentials of who holds more, by the keys that are believed", "keeper",
	ROLES PEOPLE BINDINGS ISSUER("them") RULE("runner", "1"),
	"enrollment.decide for all products, without an end"},
    {"credentials of who holds as much, by a rule", "root",
	ROLES PEOPLE BINDINGS ISSUER("us") RULE("runner", "2"), NULL},
    {"a rule taken away", "keeper", ROLES PEOPLE BINDINGS ISSUER("us"), NULL},
    {"by one who is not there", "eve", SAME BIND("idler", "reader", ""),
	"device.read for all products, without an end"},
    {"by one who sleeps", "sleeper", SAME BIND("idler", "decider", ""),
	"enrollment.decide for all products, without an end"},
};

Test(access_grant, nobody_gives_more_than_they_hold)
{
	struct access_scene *before = access_scene_new(BEFORE);

	for (size_t i = 0; i < COUNT(attempts); i++) {
		const struct attempt *a = &attempts[i];
		struct access_scene *after = access_scene_new(a->after);
		struct actor grantor = scene_actor(before, a->grantor);
		const char *what = NULL;
		bool covered = access_grant_covered(
		    &before->access, &after->access, &grantor, NOW, &after->arena, &what);

		cr_expect_eq(covered, !a->lacking, "%s: %s", a->claim, what ? what : "given");
		if (!covered && a->lacking)
			cr_expect_str_eq(what, a->lacking, "%s: %s", a->claim, what);
		access_scene_free(after);
	}
	access_scene_free(before);
}

Test(access_grant, a_narrowed_token_grants_no_more_than_it_has)
{
	struct access_scene *before = access_scene_new(BEFORE);
	struct access_scene *after = access_scene_new(SAME BIND("idler", "reader", ""));
	struct actor grantor = scene_actor(before, "root");
	const char *what;

	grantor.permission_mask = PERMISSION_BIT(PERMISSION_ACCESS_MANAGE);
	cr_expect_not(access_grant_covered(
	    &before->access, &after->access, &grantor, NOW, &after->arena, &what));
	access_scene_free(before);
	access_scene_free(after);
}

Test(access_covers, a_credential_is_for_no_more_than_one_holds)
{
	struct access_scene *s = access_scene_new(BEFORE);
	const struct access *a = &s->access;
	struct actor keeper = scene_actor(s, "keeper"), root = scene_actor(s, "root");
	const struct principal *decider = access_principal(a, "decider");
	const uint64_t some = PERMISSION_BIT(PERMISSION_DEVICE_READ);
	const char *what;

	cr_expect(access_covers(a, &root, decider, PERMISSION_ALL, NOW, &s->arena, &what));
	cr_expect_not(access_covers(a, &keeper, decider, PERMISSION_ALL, NOW, &s->arena, &what));
	cr_expect_str_eq(what, "enrollment.decide for all products, without an end");
	cr_expect_not(access_covers(
	    a, &keeper, access_principal(a, "sleeper"), PERMISSION_ALL, NOW, &s->arena, &what));
	/* Narrowed to what the grantor has. */
	cr_expect(
	    access_covers(a, &keeper, access_principal(a, "root"), some, NOW, &s->arena, &what));
	/* A narrowed token makes no wide one, not even for its own principal. */
	root.permission_mask = some;
	cr_expect_not(
	    access_covers(a, &root, root.principal, PERMISSION_ALL, NOW, &s->arena, &what));
	cr_expect(access_covers(a, &root, root.principal, some, NOW, &s->arena, &what));
	access_scene_free(s);
}

static const struct {
	const char *claim, *documents;
	bool has;
} administrators[] = {
    {"nobody", "kind: principal\nname: p\ntype: person\n", false},
    {"a person",
	"kind: principal\nname: p\ntype: person\n---\n"
	"kind: binding\nname: b\nprincipal: p\nrole: r\n",
	true},
    {"a service",
	"kind: principal\nname: p\ntype: service\n---\n"
	"kind: binding\nname: b\nprincipal: p\nrole: r\n",
	true},
    {"a pipeline",
	"kind: principal\nname: p\ntype: ci\n---\n"
	"kind: binding\nname: b\nprincipal: p\nrole: r\n",
	false},
    {"a line",
	"kind: principal\nname: p\ntype: line\n---\n"
	"kind: binding\nname: b\nprincipal: p\nrole: r\n",
	false},
    {"disabled",
	"kind: principal\nname: p\ntype: person\ndisabled: true\n---\n"
	"kind: binding\nname: b\nprincipal: p\nrole: r\n",
	false},
    {"for a product",
	"kind: principal\nname: p\ntype: person\n---\n"
	"kind: binding\nname: b\nprincipal: p\nrole: r\nproducts: [x100]\n",
	false},
    {"for a channel",
	"kind: principal\nname: p\ntype: person\n---\n"
	"kind: binding\nname: b\nprincipal: p\nrole: r\nchannels: [c]\n",
	false},
    {"for a time",
	"kind: principal\nname: p\ntype: person\n---\n"
	"kind: binding\nname: b\nprincipal: p\nrole: r\nexpires_at: 2099-01-01T00:00:00Z\n",
	false},
    {"another role",
	"kind: principal\nname: p\ntype: person\n---\n"
	"kind: role\nname: s\npermissions: [approval-policy.manage]\n---\n"
	"kind: binding\nname: b\nprincipal: p\nrole: s\n",
	false},
};

Test(access_administrator, one_is_a_person_or_a_service_without_limit_or_end)
{
	for (size_t i = 0; i < COUNT(administrators); i++) {
		AUTO(buf) text = {0};
		struct access_scene *s;

		buf_printf(&text, "kind: role\nname: r\npermissions: [access.manage]\n---\n%s",
		    administrators[i].documents);
		s = access_scene_new(buf_cstr(&text));
		cr_expect_eq(access_has_administrator(&s->access), administrators[i].has, "%s",
		    administrators[i].claim);
		access_scene_free(s);
	}
}
