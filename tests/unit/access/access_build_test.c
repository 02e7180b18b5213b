/* tests/unit/access/access_build_test.c: documents that are refused, with their line. */
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#include "tests/unit/access/access_scene.h"

/* Eleven lines before what is tried. */
#define BEFORE                                                                                                         \
	"kind: role\nname: reader\npermissions: [device.read]\n---\n"                                                  \
	"kind: principal\nname: alice\ntype: person\n---\n"                                                            \
	"kind: oidc-issuer\nname: ci\nissuer: https://ci.example\naudience: us\njwks_url: https://ci.example/k\n---\n" \
	"kind: principal\nname: runner\ntype: ci\n---\n"
#define AT(line) "access.yaml:" line ": "
#define VKEY     "w+0123abcd+AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static const struct refused {
	const char *document, *message;
} refused[] = {
    {"kind: role\nname: r\npermissions: [device.read, device.raed]\n",
	AT("21") "role 'r': permissions: there is no permission 'device.raed'"},
    {"kind: role\nname: r\npermissions:\n  - device.read\n  - self\n",
	AT("23") "role 'r': permissions: there is no permission 'self'"},
    {"kind: role\nname: r\npermissions: [device.read, device.read]\n",
	AT("21") "role 'r': permissions: 'device.read' stands here twice"},
    {"kind: principal\nname: p\ntype: ci\nidentities: [{issuer: ci, subject: '1'}]\n",
	AT("22") "principal 'p': identities: only a person has outside identities"},
    {"kind: principal\nname: p\ntype: person\nidentities: [{issuer: no, subject: '1'}]\n",
	AT("22") "principal 'p': identities: there is no oidc-issuer 'no'"},
    {"kind: principal\nname: p\ntype: person\nidentities: [{issuer: ci, subject: '1'}]\n---\n"
     "kind: principal\nname: q\ntype: person\nidentities:\n  - {issuer: ci, subject: '2'}\n"
     "  - {issuer: ci, subject: '1'}\n",
	AT("29") "principal 'q': identities: '1' of 'ci' is 'p' already"},
    {"kind: binding\nname: b\nprincipal: bob\nrole: reader\n",
	AT("21") "binding 'b': principal: there is no principal 'bob'"},
    {"kind: binding\nname: b\nprincipal: alice\nrole: writer\n",
	AT("22") "binding 'b': role: there is no role 'writer'"},
    {"kind: binding\nname: b\nprincipal: alice\nrole: reader\nproducts: [x100, x999]\n",
	AT("23") "binding 'b': products: there is no product 'x999'"},
    /* An empty list would look like nothing and be everything. */
    {"kind: binding\nname: b\nprincipal: alice\nrole: reader\nproducts: []\n",
	AT("23") "binding 'b': member 'products': 0 items, at least 1 are wanted"},
    {"kind: binding\nname: b\nprincipal: alice\nrole: reader\nchannels: []\n",
	AT("23") "binding 'b': member 'channels': 0 items, at least 1 are wanted"},
    {"kind: binding\nname: b\nprincipal: alice\nrole: reader\nchannels: ['Beta!']\n",
	AT("23") "binding 'b': channels: 'Beta!': a channel has a-z 0-9 - . _ and begins with a letter "
		 "or digit"},
    {"kind: binding\nname: b\nprincipal: alice\nrole: reader\nexpires_at: 2027-13-01T00:00:00Z\n",
	AT("23") "binding 'b': expires_at: '2027-13-01T00:00:00Z' is not a time such as "
		 "2027-01-01T00:00:00Z"},
    {"kind: oidc-issuer\nname: i\nissuer: https://i\naudience: a\n",
	AT("19") "oidc-issuer 'i': jwks_url: either jwks_url or jwks (or jwks_file) must be there, "
		 "not both"},
    {"kind: oidc-issuer\nname: i\nissuer: https://i\naudience: a\njwks: '{}'\njwks_url: https://i\n",
	AT("23") "oidc-issuer 'i': jwks: either jwks_url or jwks (or jwks_file) must be there, not "
		 "both"},
    {"kind: oidc-issuer\nname: i\nissuer: https://ci.example\naudience: a\njwks_url: https://i\n",
	AT("21") "oidc-issuer 'i': issuer: oidc-issuer 'ci' is this one already"},
    {"kind: oidc-issuer\nname: i\nissuer: https://i\naudience: a\njwks: '{}'\nalgorithms: [HS256]\n",
	AT("24") "oidc-issuer 'i': member 'algorithms[0]': 'HS256' is not one of RS256, ES256, ES384"},
    {"kind: oidc-issuer\nname: i\nissuer: https://i\naudience: a\njwks: '{}'\nalgorithms: [none]\n",
	AT("24") "oidc-issuer 'i': member 'algorithms[0]': 'none' is not one of RS256, ES256, ES384"},
    {"kind: oidc-issuer\nname: i\nissuer: https://i\naudience: a\njwks: '{}'\n",
	AT("23") "oidc-issuer 'i': jwks: the key set has no list of 1 to 128 keys"},
    {"kind: oidc-issuer\nname: i\nissuer: https://i\naudience: a\njwks_url: http://ci.example/k\n",
	AT("23") "oidc-issuer 'i': jwks_url: 'http://ci.example/k' cannot be asked: clear http:// would let anybody on the way answer"},
    {"kind: oidc-rule\nname: r\nissuer: no\nprincipal: runner\nclaims: [{claim: a_id, value: '1'}]\n",
	AT("21") "oidc-rule 'r': issuer: there is no oidc-issuer 'no'"},
    {"kind: oidc-rule\nname: r\nissuer: ci\nprincipal: no\nclaims: [{claim: a_id, value: '1'}]\n",
	AT("22") "oidc-rule 'r': principal: there is no principal 'no'"},
    {"kind: oidc-rule\nname: r\nissuer: ci\nprincipal: alice\nclaims: [{claim: a_id, value: '1'}]\n",
	AT("22") "oidc-rule 'r': principal: 'alice' is of type person, a rule is for a ci"},
    {"kind: oidc-rule\nname: r\nissuer: ci\nprincipal: runner\n"
     "claims: [{claim: repository, value: acme/x100}]\n",
	AT("23") "oidc-rule 'r': claims: one must be a numeric id such as repository_id or "
		 "project_id: names can be given to somebody else"},
    {"kind: oidc-rule\nname: r\nissuer: ci\nprincipal: runner\n"
     "claims: [{claim: repository_id, value: '12a'}]\n",
	AT("23") "oidc-rule 'r': claims: one must be a numeric id such as repository_id or "
		 "project_id: names can be given to somebody else"},
    {"kind: oidc-rule\nname: r\nissuer: ci\nprincipal: runner\n"
     "claims:\n  - {claim: repository_id, value: '1'}\n  - {claim: ref, value: 'refs/*/main'}\n",
	AT("25") "oidc-rule 'r': claims: ref: '*' stands at the end or nowhere"},
    {"kind: oidc-rule\nname: r\nissuer: ci\nprincipal: runner\n"
     "claims:\n  - {claim: repository_id, value: '1'}\n  - {claim: ref, value: 'refs/heads/ma*'}\n",
	AT("25") "oidc-rule 'r': claims: ref: '*' stands after '/' or ':' only, or it would match what "
		 "merely begins like this"},
    {"kind: oidc-rule\nname: r\nissuer: ci\nprincipal: runner\n"
     "claims:\n  - {claim: repository_id, value: '1'}\n  - {claim: ref, value: '*'}\n",
	AT("25") "oidc-rule 'r': claims: ref: '*' stands after '/' or ':' only, or it would match what "
		 "merely begins like this"},
    {"kind: oidc-rule\nname: r\nissuer: ci\nprincipal: runner\n"
     "claims:\n  - {claim: repository_id, value: '1'}\n  - {claim: project_id, value: '1/*'}\n",
	AT("25") "oidc-rule 'r': claims: project_id: an id is matched whole"},
    {"kind: oidc-rule\nname: r\nissuer: ci\nprincipal: runner\n"
     "claims:\n  - {claim: a_id, value: '1'}\n  - {claim: a_id, value: '2'}\n",
	AT("25") "oidc-rule 'r': claims: claim 'a_id' stands here twice"},
    {"kind: approval-policy\nname: p\nacts: [role.change]\napprovals: 2\nrole: no\n",
	AT("23") "approval-policy 'p': role: there is no role 'no'"},
    {"kind: approval-policy\nname: p\nacts: [role.cahnge]\napprovals: 2\nrole: reader\n",
	AT("21") "approval-policy 'p': acts: there is no act 'role.cahnge'"},
    {"kind: approval-policy\nname: p\nacts: [role.change]\napprovals: 0\nrole: reader\n",
	AT("22") "approval-policy 'p': member 'approvals': '0' is not within 1 to 16"},
    {"kind: approval-policy\nname: p\nacts: [role.change]\napprovals: 1\nrole: reader\n"
     "products: [x9]\n",
	AT("24") "approval-policy 'p': products: there is no product 'x9'"},
    {"kind: log-policy\nname: other\n",
	AT("20") "log-policy 'other': name: there is one log, and its policy is named log"},
    {"kind: log-policy\nname: log\nquorum: 1\n",
	AT("21") "log-policy 'log': quorum: 1 of 0 witnesses"},
    {"kind: log-policy\nname: log\nquorum: 1\nwitnesses: [{name: v, vkey: '" VKEY
     "', url: https://w}]\n",
	AT("22") "log-policy 'log': witnesses: the vkey of 'v' is not its name, a plus, 8 hex digits, a "
		 "plus and base64"},
};

Test(access_build, wrong_documents_are_refused_with_their_line)
{
	for (size_t i = 0; i < COUNT(refused); i++) {
		AUTO(buf) text = {0};
		struct access_scene *s;

		buf_put_str(&text, BEFORE);
		buf_put_str(&text, refused[i].document);
		s = access_scene_try(buf_cstr(&text));
		cr_expect_not(s->ok, "taken: %s", refused[i].document);
		cr_expect_str_eq(s->err.message, refused[i].message);
		cr_expect_eq((int)s->err.kind, ERR_CONFIG);
		access_scene_free(s);
	}
}

Test(access_build, the_order_of_documents_does_not_matter)
{
	struct access_scene *s = access_scene_new(
	    "kind: log-policy\nname: log\nquorum: 1\nwitnesses:\n"
	    "  - {name: w, vkey: '" VKEY "', url: https://w}\n---\n"
	    "kind: oidc-rule\nname: r\nissuer: ci\nprincipal: runner\n"
	    "claims:\n  - {claim: repository_id, value: 12}\n  - {claim: ref, value: 'refs/heads/*'}\n"
	    "---\n"
	    "kind: approval-policy\nname: p\nacts: [role.change]\napprovals: 2\nrole: reader\n"
	    "products: [x200]\n---\n"
	    "kind: binding\nname: b\nprincipal: alice\nrole: reader\nproducts: [x100]\n---\n" BEFORE);

	cr_expect_eq(s->access.bindings[0].principal, access_principal(&s->access, "alice"));
	cr_assert_not_null(s->access.oidc_rules[0].issuer);
	cr_expect_str_eq(s->access.oidc_rules[0].issuer->issuer, "https://ci.example");
	cr_expect_eq(s->access.approval_policies[0].acts, UINT64_C(1) << ACT_ROLE_CHANGE);
	cr_assert_not_null(s->access.log_policy);
	access_scene_free(s);
}
