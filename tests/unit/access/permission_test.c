/* tests/unit/access/permission_test.c: the tables of permissions and acts. */
#include <string.h>

#include <criterion/criterion.h>

#include "access/act_kind.h"

Test(access_permission, names_are_read_back_and_are_each_once)
{
	for (int p = PERMISSION_NEVER + 1; p < PERMISSION_COUNT; p++) {
		const char *name = permission_name((enum permission)p);

		cr_expect_eq((int)permission_by_name(name), p, "%s", name);
		cr_expect(strchr(name, '.') != NULL, "%s", name);
		cr_expect(permission_help((enum permission)p)[0] != 0, "%s", name);
	}
}

Test(access_permission, what_a_row_forgot_to_say_is_nobody)
{
	cr_expect_eq(PERMISSION_NEVER, 0);
	cr_expect_str_eq(permission_name((enum permission)999), "never");
	static const char *const no[] = {
	    "", "never", "self", "public", "device", "policy", "POLICY.READ", "policy.read ", NULL};

	for (size_t i = 0; i < COUNT(no); i++)
		cr_expect_eq((int)permission_by_name(no[i]), PERMISSION_NEVER);
}

Test(access_act_kind, every_act_needs_a_permission)
{
	for (int k = ACT_NONE + 1; k < ACT_KIND_COUNT; k++) {
		enum permission p = act_kind_permission((enum act_kind)k);

		cr_expect_eq((int)act_kind_by_name(act_kind_name((enum act_kind)k)), k);
		cr_expect(p > PERMISSION_NEVER && p < PERMISSION_COUNT, "%s",
		    act_kind_name((enum act_kind)k));
	}
	cr_expect_eq(act_kind_permission(ACT_NONE), PERMISSION_NEVER);
	cr_expect_eq(act_kind_permission((enum act_kind)999), PERMISSION_NEVER);
}

Test(access_act_kind, a_document_has_an_act)
{
	cr_expect_eq(act_kind_of_document("trust-anchor"), ACT_TRUST_ANCHOR_CHANGE);
	cr_expect_eq(act_kind_of_document("log-policy"), ACT_LOG_POLICY_CHANGE);
	cr_expect_eq(act_kind_of_document("devices"), ACT_DEVICE_REGISTER);
	cr_expect_eq(act_kind_of_document("enrollment"), ACT_NONE);
}
