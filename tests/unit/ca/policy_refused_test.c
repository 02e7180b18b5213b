/* tests/unit/ca/policy_refused_test.c: wrong documents, one defect each: named, placed, nothing
 * kept. */
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#include "tests/unit/ca/policy_scene.h"

#define PROFILE(more) \
	"kind: profile\nname: p\nauthority: issuing\nsubject: [{attribute: CN, value: \"{serial}\"}]\n" more
#define ANCHOR(more)                                                              \
	"kind: trust-anchor\nname: a\nmanufacturer: Other\nproduct: {value: Y}\n" \
	"serial: {from: subject.serialNumber}\n" more
#define LABEL(more)   "kind: label\nname: l\nprofile: device\ntrust_anchors: [acme]\n" more
#define PRODUCT(more) "kind: product\nname: q\n" more

static const struct wrong {
	const char *defect;
	const char *text;
	int line;
	const char *says;
} wrongs[] = {
    /* the file */
    {"empty file", "", 0, "no document"},
    {"not yaml", "kind: [label\n", 2, ""},
    {"not a map", "- kind: label\n", 1, "map"},
    {"no kind", "name: x\n", 1, "kind"},
    {"unknown kind", "\nkind: lable\nname: x\n", 2, "lable"},
    {"kind is a list", "kind: [label]\n", 1, "kind"},
    {"second document wrong",
	PRODUCT("manufacturer: Acme\nmodel: Q\n") "---\nkind: label\nname: l\n", 6, "profile"},
    {"same document twice",
	PRODUCT("manufacturer: Acme\nmodel: Q\n") "---\n" PRODUCT("manufacturer: Acme\nmodel: R\n"),
	7, "line 1"},
    {"member twice", PRODUCT("manufacturer: A\nmanufacturer: B\nmodel: Q\n"), 4, "manufacturer"},
    {"alias", "kind: product\nname: &n q\nmanufacturer: *n\nmodel: q\n", 2, ""},
    /* names */
    {"name missing", "kind: product\nmanufacturer: A\nmodel: Q\n", 1, "name"},
    {"name with blank", "kind: product\nname: a b\nmanufacturer: A\nmodel: Q\n", 2, "name"},
    {"name with slash", "kind: product\nname: a/b\nmanufacturer: A\nmodel: Q\n", 2, "name"},
    {"name in capitals", "kind: product\nname: Q\nmanufacturer: A\nmodel: Q\n", 2, "name"},
    {"name with dots first", "kind: product\nname: ..\nmanufacturer: A\nmodel: Q\n", 2, "name"},
    {"name too long",
	"kind: product\nname: q123456789012345678901234567890123456789012345678901234567890123\n"
	"manufacturer: A\nmodel: Q\n",
	2, "63"},
    /* authorities */
    {"unknown authority", "kind: authority\nname: nobody\nkey_uri: file:x.key\n", 2,
	"signet authority issue"},
    {"authority with https url",
	"kind: authority\nname: issuing\nkey_uri: file:x.key\n"
	"crl_url: https://ca.example/x.crl\n",
	4, "http"},
    {"authority url without scheme",
	"kind: authority\nname: issuing\nkey_uri: file:x.key\nissuer_url: ca.example/x\n", 4, ""},
    {"key uri of unknown scheme", "kind: authority\nname: issuing\nkey_uri: /etc/x.key\n", 3,
	"file:"},
    /* profiles */
    {"unknown member", PROFILE("validty: 1y\n"), 5, "validity"},
    {"profile of unknown authority",
	"kind: profile\nname: p\nauthority: nobody\nsubject: [{attribute: CN, value: x}]\n", 3,
	"nobody"},
    {"profile of an offline root",
	"kind: profile\nname: p\nauthority: root\nsubject: [{attribute: CN, value: x}]\n", 3,
	"offline"},
    {"profile without subject", "kind: profile\nname: p\nauthority: issuing\n", 1, "subject"},
    {"validity not a time", PROFILE("validity: soon\n"), 5, "soon"},
    {"validity too short", PROFILE("validity: 1s\n"), 5, "validity"},
    {"unknown key algorithm", PROFILE("key_algorithms: [EC-P257]\n"), 5, "EC-P257"},
    {"weak key algorithm", PROFILE("key_algorithms: [RSA-1024]\n"), 5, "RSA-1024"},
    {"unknown template variable",
	"kind: profile\nname: p\nauthority: issuing\nsubject: [{attribute: CN, value: \"{name}\"}]\n",
	4, "name"},
    {"unknown subject attribute",
	"kind: profile\nname: p\nauthority: issuing\nsubject: [{attribute: XX, value: x}]\n", 0,
	"XX"},
    {"unknown key usage", PROFILE("key_usage: [signing]\n"), 5, "signing"},
    {"unknown extended key usage", PROFILE("extended_key_usage: [clientauth]\n"), 5, "clientauth"},
    {"unknown san type", PROFILE("san: [{type: dnsname, value: x}]\n"), 5, "dnsname"},
    {"bool as text", PROFILE("no_expiry: \"true\"\n"), 5, "no_expiry"},
    /* trust anchors */
    {"anchor without certificate", ANCHOR(""), 1, "certificate"},
    {"anchor file missing", ANCHOR("certificate_file: none.pem\n"), 6, "none.pem"},
    {"anchor file without pem", ANCHOR("certificate_file: text.pem\n"), 6, "PEM"},
    {"anchor inline without pem", ANCHOR("certificate: hello\n"), 6, "PEM"},
    {"anchor file and inline", ANCHOR("certificate_file: other.pem\ncertificate: x\n"), 6, "both"},
    {"anchor with two certificates", ANCHOR("certificate_file: two.pem\n"), 6, "two"},
    {"anchor is a leaf", ANCHOR("certificate_file: leaf.pem\n"), 6, ""},
    {"anchor with a broken signature", ANCHOR("certificate_file: broken.pem\n"), 6, "signature"},
    {"anchor with a weak key", ANCHOR("certificate_file: weak.pem\n"), 6, "RSA"},
    {"anchor that another is", ANCHOR("certificate_file: ca.pem\n"), 6, "acme"},
    {"product from nowhere",
	"kind: trust-anchor\nname: a\nmanufacturer: O\ncertificate_file: other.pem\n"
	"product: {from: issuer.CN}\nserial: {from: subject.CN}\n",
	5, "issuer.CN"},
    {"product from and value",
	"kind: trust-anchor\nname: a\nmanufacturer: O\ncertificate_file: other.pem\n"
	"product: {from: subject.CN, value: Y}\nserial: {from: subject.CN}\n",
	5, "not both"},
    {"serial constant",
	"kind: trust-anchor\nname: a\nmanufacturer: O\ncertificate_file: other.pem\n"
	"product: {value: Y}\nserial: {value: S}\n",
	6, "constant"},
    {"expression unbalanced",
	"kind: trust-anchor\nname: a\nmanufacturer: O\ncertificate_file: other.pem\n"
	"product: {value: Y}\nserial: {from: subject.CN, match: '([0-9]+'}\n",
	6, "match"},
    {"expression that leaves its brackets",
	"kind: trust-anchor\nname: a\nmanufacturer: O\ncertificate_file: other.pem\n"
	"product: {value: Y}\nserial: {from: subject.CN, match: 'a)|(b'}\n",
	6, "match"},
    {"upper and lower",
	"kind: trust-anchor\nname: a\nmanufacturer: O\ncertificate_file: other.pem\n"
	"product: {value: Y}\nserial: {from: subject.CN, normalise: [upper, lower]}\n",
	6, "exclude"},
    {"unknown leniency", ANCHOR("certificate_file: other.pem\nleniencies: [everything]\n"), 7,
	"missing-aki"},
    /* products */
    {"product without model", PRODUCT("manufacturer: Acme\n"), 1, "model"},
    {"model taken", PRODUCT("manufacturer: Acme\nmodel: X100\n"), 4, "x100"},
    {"mud url in clear", PRODUCT("manufacturer: A\nmodel: Q\nmud_url: http://mud.example/q\n"), 5,
	"https"},
    /* labels */
    {"label named like an operation",
	"kind: label\nname: simpleenroll\nprofile: device\ntrust_anchors: [acme]\n", 2,
	"RFC 7030 3.2.2"},
    {"label with a dot", "kind: label\nname: a.b\nprofile: device\ntrust_anchors: [acme]\n", 2,
	"path segment"},
    {"second unlabelled", LABEL("unlabelled: true\n"), 5, "factory"},
    {"label of unknown profile", "kind: label\nname: l\nprofile: none\ntrust_anchors: [acme]\n", 3,
	"none"},
    {"label of unknown anchor", "kind: label\nname: l\nprofile: device\ntrust_anchors: [nobody]\n",
	4, "nobody"},
    {"label without anchors", "kind: label\nname: l\nprofile: device\ntrust_anchors: []\n", 4,
	"trust_anchors"},
    {"label with an anchor twice",
	"kind: label\nname: l\nprofile: device\ntrust_anchors: [acme, acme]\n", 4, "twice"},
    {"label of unknown product", LABEL("products: [none]\n"), 5, "none"},
    {"product of another manufacturer",
	"kind: product\nname: z\nmanufacturer: Zeta\nmodel: Z\n---\n" LABEL("products: [z]\n"), 10,
	"Zeta"},
    {"unknown registration", LABEL("registration: all\n"), 5, "approval"},
    {"renewal longer than the validity", LABEL("renew_before: 1y\n"), 5, "31536000"},
    {"late before it may renew", LABEL("renew_before: 10d\noverdue: 11d\n"), 6, "864000"},
    {"never early, and never in time", LABEL("renew_before: 0\nrenew_early: refuse\n"), 6,
	"in time"},
    {"hints over nothing", LABEL("renew_spread: 0\n"), 5, "renew_spread"},
    {"archived while it may renew",
	"kind: authority\nname: issuing\nkey_uri: file:issuing.key\narchive_after: 1d\n---\n" LABEL(
	    "renew_grace: 2d\n"),
	10,
	"label 'l': renew_grace: 172800 s is more than the archive_after of authority 'issuing', 86400 s"},
    {"neither left nor revoked", LABEL("superseded: keep\n"), 5, "revoke"},
    {"retry at once", LABEL("retry_after: 0\n"), 5, "retry_after"},
    /* devices */
    {"device of unknown product", "kind: device\nproduct: none\nserial: A\n", 2, "none"},
    {"device without serial", "kind: device\nproduct: x100\n", 1, "serial"},
    {"serial with a slash", "kind: device\nproduct: x100\nserial: A/1\n", 3, "'/'"},
    {"serial with a control character", "kind: device\nproduct: x100\nserial: \"A\\x01B\"\n", 3,
	"control"},
    {"serial beyond ASCII", "kind: device\nproduct: x100\nserial: \"A\xc3\x84\"\n", 3, "ASCII"},
    {"serial not in normal form", "kind: device\nproduct: x100\nserial: abc\n", 3, "ABC"},
    {"third serial wrong", "kind: devices\nproduct: x100\nserials:\n- A1\n- A2\n- a3\n", 6, "A3"},
    {"no serials", "kind: devices\nproduct: x100\nserials: []\n", 3, "serials"},
    {"device among good ones",
	"kind: devices\nproduct: x100\nserials: [A1, A2]\n---\nkind: device\nproduct: none\nserial: A\n",
	6, "none"},
};

static bool placed(const char *message, const char *file, int line)
{
	char place[128];

	if (line == 0)
		return true;
	snprintf(place, sizeof(place), "%s:%d:", file, line);
	return strncmp(message, place, strlen(place)) == 0;
}

Test(ca_policy_apply, wrong_documents_are_refused_with_their_line, .timeout = 120)
{
	struct policy_scene *s = policy_scene_new();
	long long before;

	policy_scene_good(s);
	before = policy_scene_state(s);
	for (size_t i = 0; i < COUNT(wrongs); i++) {
		const struct wrong *w = &wrongs[i];
		enum err_kind kind = policy_scene_apply(s, w->text);

		cr_expect_eq(kind, ERR_CONFIG, "%s: kind %d, \"%s\" (%s)", w->defect, (int)kind,
		    s->err.message, s->err.cause);
		cr_expect(strncmp(s->err.message, s->file, strlen(s->file)) == 0,
		    "%s: no file in \"%s\"", w->defect, s->err.message);
		cr_expect(placed(s->err.message, s->file, w->line), "%s: line %d is not in \"%s\"",
		    w->defect, w->line, s->err.message);
		cr_expect(strstr(s->err.message, w->says), "%s: \"%s\" does not say \"%s\"",
		    w->defect, s->err.message, w->says);
	}
	cr_expect_eq(policy_scene_state(s), before, "something was half applied");
	policy_scene_free(s);
}

Test(ca_policy_apply, a_good_change_beside_a_wrong_one_is_not_kept)
{
	struct policy_scene *s = policy_scene_new();
	long long before;

	policy_scene_good(s);
	before = policy_scene_state(s);
	cr_expect_eq(
	    policy_scene_apply(s, "kind: product\nname: good\nmanufacturer: Acme\nmodel: G\n---\n"
				  "kind: devices\nproduct: x100\nserials: [A1]\n---\n"
				  "kind: label\nname: bad\nprofile: none\ntrust_anchors: [acme]\n"),
	    ERR_CONFIG);
	cr_expect_eq(policy_scene_state(s), before);
	policy_scene_free(s);
}

Test(ca_policy_apply, a_change_that_breaks_a_stored_document_is_refused)
{
	struct policy_scene *s = policy_scene_new();

	policy_scene_good(s);
	/* The stored label would renew 30 days before the end of a certificate of one day. */
	cr_expect_eq(
	    policy_scene_apply(s, "kind: profile\nname: device\nauthority: issuing\nvalidity: 1d\n"
				  "subject: [{attribute: CN, value: \"{serial}\"}]\n"),
	    ERR_CONFIG);
	cr_expect(strstr(s->err.message, "label 'factory'"), "%s", s->err.message);
	policy_scene_free(s);
}
