/* tests/unit/access/requirement_test.c: who must agree, by the stricter of old and new. */
#include <string.h>

#include <criterion/criterion.h>

#include "access/requirement.h"
#include "tests/unit/access/access_scene.h"

#define PEOPLE                                                                                            \
	"kind: role\nname: officer\npermissions: [request.approve]\n---\n"                                \
	"kind: role\nname: other\npermissions: [request.approve]\n---\n"                                  \
	"kind: oidc-issuer\nname: ci\nissuer: https://ci\naudience: us\njwks_url: https://ci/k\n---\n"    \
	"kind: principal\nname: ann\ntype: person\nidentities: [{issuer: ci, subject: '7'}]\n---\n"       \
	"kind: principal\nname: bea\ntype: person\n---\n"                                                 \
	"kind: principal\nname: cia\ntype: person\n---\n"                                                 \
	"kind: principal\nname: dee\ntype: person\ndisabled: true\n---\n"                                 \
	"kind: principal\nname: robot\ntype: service\n---\n"                                              \
	"kind: principal\nname: late\ntype: person\n---\n"                                                \
	"kind: principal\nname: wrong\ntype: person\n---\n"                                               \
	"kind: binding\nname: a\nprincipal: ann\nrole: officer\n---\n"                                    \
	"kind: binding\nname: b\nprincipal: bea\nrole: officer\n---\n"                                    \
	"kind: binding\nname: c\nprincipal: cia\nrole: officer\nproducts: [x100]\n---\n"                  \
	"kind: binding\nname: d\nprincipal: dee\nrole: officer\n---\n"                                    \
	"kind: binding\nname: r\nprincipal: robot\nrole: officer\n---\n"                                  \
	"kind: binding\nname: l\nprincipal: late\nrole: officer\nexpires_at: 2027-01-15T08:00:00Z\n---\n" \
	"kind: binding\nname: w\nprincipal: wrong\nrole: other\n---\n"
#define POLICY(name, acts, count, more)                                              \
	"kind: approval-policy\nname: " name "\nacts: [" acts "]\napprovals: " count \
	"\nrole: officer\n" more "---\n"

static const struct demand {
	const char *claim, *last, *next;
	struct act act;
	const char *want; /* "policy:approvals:hours policy:..." */
} demands[] = {
    {"none asks", "", "", {ACT_ROLE_CHANGE, NULL, NULL}, ""},
    {"another act", POLICY("p", "label.change", "1", ""), POLICY("p", "label.change", "1", ""),
	{ACT_ROLE_CHANGE, NULL, NULL}, ""},
    {"the same before and after", POLICY("p", "role.change", "2", ""),
	POLICY("p", "role.change", "2", ""), {ACT_ROLE_CHANGE, NULL, NULL}, "p:2:168 "},
    {"taken away by the change itself", POLICY("p", "approval-policy.change", "2", ""), "",
	{ACT_APPROVAL_POLICY_CHANGE, NULL, NULL}, "p:2:168 "},
    {"made by the change itself", "", POLICY("p", "approval-policy.change", "2", ""),
	{ACT_APPROVAL_POLICY_CHANGE, NULL, NULL}, "p:2:168 "},
    {"weakened", POLICY("p", "role.change", "3", "expires: 1h\n"),
	POLICY("p", "role.change", "1", "expires: 2h\n"), {ACT_ROLE_CHANGE, NULL, NULL}, "p:3:1 "},
    {"sharpened", POLICY("p", "role.change", "1", "expires: 2h\n"),
	POLICY("p", "role.change", "3", "expires: 1h\n"), {ACT_ROLE_CHANGE, NULL, NULL}, "p:3:1 "},
    {"two that ask", POLICY("p", "role.change", "1", "") POLICY("q", "role.change", "2", ""),
	POLICY("p", "role.change", "1", ""), {ACT_ROLE_CHANGE, NULL, NULL}, "p:1:168 q:2:168 "},
    {"for its product", POLICY("p", "label.change", "1", "products: [x100]\n"), "",
	{ACT_LABEL_CHANGE, "x100", NULL}, "p:1:168 "},
    {"for another product", POLICY("p", "label.change", "1", "products: [x100]\n"), "",
	{ACT_LABEL_CHANGE, "x200", NULL}, ""},
    {"for all products at once", POLICY("p", "label.change", "1", "products: [x100]\n"), "",
	{ACT_LABEL_CHANGE, NULL, NULL}, "p:1:168 "},
};

Test(access_requirement, the_stricter_of_before_and_after_counts)
{
	for (size_t i = 0; i < COUNT(demands); i++) {
		const struct demand *d = &demands[i];
		AUTO(buf) last_text = {0};
		AUTO(buf) next_text = {0};
		AUTO(buf) got = {0};
		struct access_scene *last, *next;
		struct requirement *list;
		size_t n;

		buf_printf(&last_text, PEOPLE "%s", d->last);
		buf_printf(&next_text, PEOPLE "%s", d->next);
		last = access_scene_new(buf_cstr(&last_text));
		next = access_scene_new(buf_cstr(&next_text));
		n = access_requirements(
		    &last->access, &next->access, &d->act, 1, &last->arena, &list);
		for (size_t j = 0; j < n; j++)
			buf_printf(&got, "%s:%lld:%lld ", list[j].policy,
			    (long long)list[j].approvals, (long long)list[j].expires / 3600);
		cr_expect_str_eq(buf_cstr(&got), d->want, "%s: %s", d->claim, buf_cstr(&got));
		access_scene_free(last);
		access_scene_free(next);
	}
}

static const struct approval {
	const char *claim, *approver, *requester, *product;
	bool counts;
} approvals[] = {
    {"an officer", "bea", "ann", NULL, true},
    {"an officer, of nobody's request", "bea", NULL, NULL, true},
    {"the requester", "ann", "ann", NULL, false},
    {"the person behind the run that asks", "ann", "ci/7", NULL, false},
    {"another than the person behind the run", "bea", "ci/7", NULL, true},
    {"where the person behind the run is nobody here", "ann", "ci/8", NULL, false},
    {"without the role", "wrong", "ann", NULL, false},
    {"no person", "robot", "ann", NULL, false},
    {"disabled", "dee", "ann", NULL, false},
    {"whose role has ended", "late", "ann", NULL, false},
    {"not there", "eve", "ann", NULL, false},
    {"for one's product", "cia", "ann", "x100", true},
    {"for another product", "cia", "ann", "x200", false},
    {"for one product, where all are concerned", "cia", "ann", NULL, false},
};

Test(access_approval, who_counts_as_an_approver)
{
	struct access_scene *s = access_scene_new(PEOPLE);

	for (size_t i = 0; i < COUNT(approvals); i++) {
		const struct approval *a = &approvals[i];
		const struct requirement r = {.policy = "p",
		    .act = {ACT_LABEL_CHANGE, a->product, NULL},
		    .role = "officer",
		    .approvals = 1};

		cr_expect_eq(access_approval_counts(&s->access, &r, a->approver, a->requester, NOW),
		    a->counts, "%s", a->claim);
	}
	access_scene_free(s);
}

Test(access_approval, one_person_counts_once)
{
	static const char *const names[] = {"bea", "bea", "ann", "robot", "bea"};
	struct access_scene *s = access_scene_new(PEOPLE);
	const struct requirement r = {.act = {ACT_LABEL_CHANGE, NULL, NULL}, .role = "officer"};

	cr_expect_eq(access_approvals(&s->access, &r, names, COUNT(names), NULL, NOW), 2);
	cr_expect_eq(access_approvals(&s->access, &r, names, COUNT(names), "ann", NOW), 1);
	cr_expect_eq(access_approvals(&s->access, &r, names, 0, NULL, NOW), 0);
	access_scene_free(s);
}
