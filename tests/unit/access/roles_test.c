/*
 * tests/unit/access/roles_test.c: what each shipped role may do, and the page that says so.
 *
 * The table is written by hand, from what the roles are for: a permission that slips into a
 * role, or out of it, must be put here too by somebody who means it.
 */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "access/access_help.h"
#include "access/shipped_roles.h"
#include "base/file.h"
#include "tests/unit/access/access_scene.h"

/* Of each permission, who has it: a letter for admin, authority-Officer, Registration-officer,
 * release-Manager, Signer, Factory, aUditor, Viewer in their places; a dot for who has not. */
static const char *const roles[] = {"admin", "authority-officer", "registration-officer",
    "release-manager", "signer", "factory", "auditor", "viewer"};
static const struct {
	const char *permission, *who;
} matrix[] = {
    {"policy.read", "AORMS.UV"},
    {"authority.manage", "AO......"},
    {"profile.manage", "AO......"},
    {"label.manage", "A..M...."},
    {"trust-anchor.manage", "AO......"},
    {"product.manage", "A..M...."},
    {"device.read", "A.RM.FUV"},
    {"device.register", "A.R..F.."},
    {"device.manage", "A.R....."},
    {"certificate.read", "AORM.FUV"},
    {"certificate.revoke", "AOR....."},
    {"certificate.issue", "AO......"},
    {"enrollment.read", "A.R..FUV"},
    {"enrollment.decide", "A.R....."},
    {"alarm.read", "AOR...UV"},
    {"access.read", "A.....U."},
    {"access.manage", "A......."},
    {"approval-policy.manage", "A......."},
    {"token.read", "A.....U."},
    {"token.create", "A......."},
    {"token.revoke", "A......."},
    {"request.read", "AORMS.U."},
    {"request.approve", "AORM...."},
    {"refusal.read", "A.....U."},
    {"release.read", "A..MS.UV"},
    {"release.create", "A...S..."},
    {"release.publish", "A..MS..."},
    {"release.recall", "A..M...."},
    {"channel.manage", "A..M...."},
    {"signing-key.manage", "A......."},
    {"trust.publish", "A..M...."},
    {"log.read", "AO.MS.U."},
    {"log.manage", "A......."},
};

/* A person for each role, named as it, and one more who has it for x100 alone. */
static struct access_scene *everybody(void)
{
	AUTO(buf) text = {0};

	for (const struct shipped_role *r = shipped_roles; r->name; r++)
		buf_printf(&text,
		    "%s---\nkind: principal\nname: %s\ntype: person\n---\n"
		    "kind: binding\nname: %s\nprincipal: %s\nrole: %s\n---\n"
		    "kind: principal\nname: %s-x100\ntype: person\n---\n"
		    "kind: binding\nname: %s-x100\nprincipal: %s-x100\nrole: %s\nproducts: [x100]\n---\n",
		    r->document, r->name, r->name, r->name, r->name, r->name, r->name, r->name,
		    r->name);
	return access_scene_new(buf_cstr(&text));
}

static void check_cell(struct access_scene *s, const char *role, enum permission p, bool has)
{
	struct actor all = scene_actor(s, role);
	struct actor some = scene_actor(s, arena_printf(&s->arena, "%s-x100", role));
	const char *name = permission_name(p);

	cr_expect_eq(access_may(&s->access, &all, p, NULL, NULL, NOW), has, "%s %s", role, name);
	cr_expect_eq(
	    access_may(&s->access, &all, p, "x200", "beta", NOW), has, "%s %s", role, name);
	cr_expect_eq(
	    access_may(&s->access, &some, p, "x100", "beta", NOW), has, "%s %s", role, name);
	cr_expect_not(access_may(&s->access, &some, p, "x200", NULL, NOW), "%s %s", role, name);
	cr_expect_not(access_may(&s->access, &some, p, NULL, NULL, NOW), "%s %s", role, name);
}

Test(access_roles, each_shipped_role_has_what_the_table_says_and_no_more)
{
	struct access_scene *s = everybody();

	cr_assert_eq(
	    COUNT(matrix) + 1, (size_t)PERMISSION_COUNT, "a permission is not in the table");
	for (size_t i = 0; i < COUNT(matrix); i++) {
		enum permission p = permission_by_name(matrix[i].permission);

		cr_assert_neq((int)p, PERMISSION_NEVER, "%s", matrix[i].permission);
		for (size_t j = 0; j < COUNT(roles); j++)
			check_cell(s, roles[j], p, matrix[i].who[j] != '.');
	}
	cr_expect_eq(s->access.role_count, COUNT(roles), "a role is not in the table");
	access_scene_free(s);
}

Test(access_roles, the_page_is_what_the_tables_say)
{
	static const char page[] = "docs/roles.md", begin[] = "<!-- tables -->\n",
			  end[] = "<!-- end of tables -->\n";
	AUTO(buf) text = {0};
	AUTO(buf) want = {0};
	struct err err = {0};
	const char *from, *to;

	cr_assert(file_read(page, 1 << 20, &text, &err).ok, "%s", err.message);
	from = strstr(buf_cstr(&text), begin);
	to = strstr(buf_cstr(&text), end);
	cr_assert(from && to && from < to, "the marks are gone from %s", page);
	buf_put(&want, span(text.p, (size_t)(from + strlen(begin) - (const char *)text.p)));
	access_help(&want);
	buf_put_str(&want, to);
	if (getenv("SIGNET_WRITE_DOCS"))
		cr_assert(file_replace(page, buf_span(&want), 0644, &err).ok, "%s", err.message);
	else
		cr_expect_str_eq(
		    buf_cstr(&want), (const char *)text.p, "run once with SIGNET_WRITE_DOCS=1");
}
