#include <criterion/criterion.h>
#include <string.h>

#include "ca/certificate.h"
#include "tests/unit/ca/trust_scene.h"

#define CHAIN(...) ((const struct made *const[]){__VA_ARGS__, NULL})

static void expect_code(struct scene *s, const struct made *leaf, const struct made *const *chain,
    const char *code, const char *name)
{
	cr_expect_not(scene_judge(s, leaf, chain), "%s is accepted", name);
	cr_expect_str_eq(
	    err_code(&s->err), code, "%s: %s: %s", name, err_code(&s->err), s->err.message);
}

static void expect_good(
    struct scene *s, const struct made *leaf, const struct made *const *chain, const char *name)
{
	cr_expect(
	    scene_judge(s, leaf, chain), "%s: %s: %s", name, err_code(&s->err), s->err.message);
}

/* ---- what is right ---- */

Test(ca_trust, an_idevid_without_expiry_ski_and_eku_is_accepted)
{
	struct scene s;
	scene_init(&s);
	struct made root = make_authority("Acme Root", NULL), leaf = make_idevid(&root);
	scene_trust(&s, &root);
	cr_assert(scene_judge(&s, &leaf, NULL), "%s", s.err.message);
	cr_expect_str_eq(s.identity.manufacturer, "Acme");
	cr_expect_str_eq(s.identity.model, "X100");
	cr_expect_str_eq(s.identity.serial, "SN-0042");
	cr_expect_eq(s.identity.product, &s.products[0]);
	cr_expect_eq(s.identity.anchor, &s.anchors[0]);
	cr_expect_eq(s.identity.path_count, 1);
	struct digest digest = sha256(leaf.der);
	cr_expect_eq(memcmp(&digest, &s.identity.certificate_digest, sizeof(digest)), 0);
	AUTO(buf) spki = {0};
	cr_assert(key_spki(leaf.key, &spki, &s.err).ok);
	digest = sha256(buf_span(&spki));
	cr_expect_eq(memcmp(&digest, &s.identity.key_digest, sizeof(digest)), 0);
}

Test(ca_trust, every_key_algorithm_is_accepted)
{
	static const char *const names[] = {"EC-P256", "EC-P384", "ED25519", "RSA-2048"};
	for (size_t i = 0; i < COUNT(names); i++) {
		struct scene s;
		scene_init(&s);
		struct made root = make(NULL, &(struct plan){.algorithm = names[i],
						  .subject = {"CN", "Root"},
						  .extensions = {AUTHORITY_EXTENSIONS}});
		struct made leaf = make(&root, &(struct plan){.algorithm = names[i],
						   .subject = {IDEVID_SUBJECT},
						   .extensions = {IDEVID_USAGE, BELOW}});
		scene_trust(&s, &root);
		expect_good(&s, &leaf, NULL, names[i]);
	}
}

Test(ca_trust, up_to_three_intermediates_in_any_order_are_accepted)
{
	struct scene s;
	scene_init(&s);
	struct made root = make_authority("Root", NULL), a = make_authority("A", &root),
		    b = make_authority("B", &a), c = make_authority("C", &b);
	struct made below_a = make_idevid(&a), below_b = make_idevid(&b), below_c = make_idevid(&c);
	scene_trust(&s, &root);
	expect_good(&s, &below_a, CHAIN(&a), "one");
	cr_expect_eq(s.identity.path_count, 2);
	expect_good(&s, &below_b, CHAIN(&b, &a), "two");
	expect_good(&s, &below_c, CHAIN(&c, &b, &a), "three");
	cr_expect_eq(s.identity.path_count, 4);
	/* RFC 8446 4.4.2: "arbitrary orderings" and "extraneous certificates" */
	expect_good(&s, &below_c, CHAIN(&a, &b, &c), "three, the other way round");
	expect_good(&s, &below_c, CHAIN(&c, &b, &a, &root), "the root beside them");
	struct made stranger = make_authority("Stranger", NULL);
	expect_good(&s, &below_a, CHAIN(&stranger, &a), "a stranger beside them");
}

Test(ca_trust, four_intermediates_are_too_many)
{
	struct scene s;
	scene_init(&s);
	struct made root = make_authority("Root", NULL), a = make_authority("A", &root),
		    b = make_authority("B", &a), c = make_authority("C", &b),
		    d = make_authority("D", &c), leaf = make_idevid(&d);
	scene_trust(&s, &root);
	expect_code(&s, &leaf, CHAIN(&d, &c, &b, &a), "idevid.path", "four");
	expect_code(
	    &s, &leaf, CHAIN(&a, &a, &a, &a, &a, &a, &a, &a, &a), "idevid.path", "nine sent");
}

Test(ca_trust, an_anchor_may_be_an_intermediate)
{
	struct scene s;
	scene_init(&s);
	struct made root = make_authority("Root", NULL), a = make_authority("A", &root),
		    other = make_authority("B", &root), leaf = make_idevid(&a),
		    twin = make_idevid(&other);
	scene_trust(&s, &a);
	expect_good(&s, &leaf, CHAIN(&a), "below the pinned one");
	expect_code(&s, &twin, CHAIN(&other, &root), "idevid.untrusted", "below its sister");
}

Test(ca_trust, the_path_names_who_may_revoke_leaf_first)
{
	struct scene s;
	scene_init(&s);
	struct made root = make_authority("Root", NULL), a = make_authority("A", &root),
		    leaf = make_idevid(&a);
	scene_trust(&s, &root);
	cr_assert(scene_judge(&s, &leaf, CHAIN(&a)));
	const struct made *const issuers[] = {&a, &root}, *const subjects[] = {&leaf, &a};
	for (size_t i = 0; i < 2; i++) {
		struct certificate_view issuer, subject;
		AUTO(buf) both = {0};
		cr_assert(certificate_read(issuers[i]->der, &issuer, &s.err).ok);
		cr_assert(certificate_read(subjects[i]->der, &subject, &s.err).ok);
		buf_put(&both, issuer.subject);
		buf_put(&both, issuer.spki);
		struct digest want = sha256(buf_span(&both));
		cr_expect_eq(memcmp(&want, &s.identity.path[i].issuer, sizeof(want)), 0);
		cr_expect(span_equal(
		    subject.serial, span(s.identity.path[i].serial, s.identity.path[i].serial_n)));
	}
}

Test(ca_trust, anchors_of_one_name_are_told_apart_by_key_or_signature)
{
	struct scene s;
	scene_init(&s);
	struct made old = make_authority("Root", NULL), new = make_authority("Root", NULL);
	struct made leaf = make_idevid(&new);
	struct made bare =
	    make(&new, &(struct plan){.subject = {IDEVID_SUBJECT}, .extensions = {IDEVID_USAGE}});
	scene_trust(&s, &old);
	struct trust_anchor *second = scene_trust(&s, &new);
	expect_good(&s, &leaf, NULL, "by key identifier");
	cr_expect_eq(s.identity.anchor, second);
	second->leniencies = 1U << LENIENT_MISSING_AKI;
	expect_good(&s, &bare, NULL, "by signature");
	cr_expect_eq(s.identity.anchor, second);
}

/* ---- leaves that are wrong in one respect ---- */

struct leaf_case {
	const char *name, *code;
	struct plan plan;
};

static const struct leaf_case leaf_cases[] = {
    {"expired", "idevid.expired",
	{.subject = {IDEVID_SUBJECT}, .extensions = {IDEVID_USAGE, BELOW}, .not_after = NOW - 1}},
    {"not yet valid", "idevid.not-yet-valid",
	{.subject = {IDEVID_SUBJECT}, .extensions = {IDEVID_USAGE, BELOW}, .not_before = NOW + 1}},
    {"no AKI", "idevid.aki", {.subject = {IDEVID_SUBJECT}, .extensions = {IDEVID_USAGE}}},
    {"AKI of another key", "idevid.aki",
	{.subject = {IDEVID_SUBJECT},
	    .extensions = {IDEVID_USAGE, "authorityKeyIdentifier", "DER:30:06:80:04:01:02:03:04"}}},
    {"AKI cannot be read", "idevid.malformed",
	{.subject = {IDEVID_SUBJECT},
	    .extensions = {IDEVID_USAGE, "authorityKeyIdentifier", "DER:04:00"}}},
    {"no keyUsage", "idevid.key-usage", {.subject = {IDEVID_SUBJECT}, .extensions = {BELOW}}},
    {"keyUsage without digitalSignature", "idevid.key-usage",
	{.subject = {IDEVID_SUBJECT}, .extensions = {"keyUsage", "keyAgreement", BELOW}}},
    {"EKU of a server", "idevid.key-usage",
	{.subject = {IDEVID_SUBJECT},
	    .extensions = {IDEVID_USAGE, BELOW, "extendedKeyUsage", "serverAuth"}}},
    {"an authority", "idevid.path",
	{.subject = {IDEVID_SUBJECT},
	    .extensions = {IDEVID_USAGE, BELOW, "basicConstraints", "critical,CA:TRUE"}}},
    {"unknown critical extension", "idevid.extension",
	{.subject = {IDEVID_SUBJECT},
	    .extensions = {IDEVID_USAGE, BELOW, "1.3.6.1.4.1.99999.7", "critical,DER:05:00"}}},
    {"critical CRL distribution point", "idevid.extension",
	{.subject = {IDEVID_SUBJECT},
	    .extensions = {IDEVID_USAGE, BELOW, "crlDistributionPoints",
		"critical,URI:http://a/b"}}},
    {"an extension twice", "idevid.malformed",
	{.subject = {IDEVID_SUBJECT},
	    .extensions = {IDEVID_USAGE, BELOW, "2.5.29.17", "DER:30:03:82:01:61", "2.5.29.17",
		"DER:30:03:82:01:62"}}},
    {"version 1", "idevid.malformed", {.subject = {IDEVID_SUBJECT}, .version_1 = true}},
    {"broken signature", "idevid.signature",
	{.subject = {IDEVID_SUBJECT}, .extensions = {IDEVID_USAGE, BELOW}, .broken = true}},
    {"signed with SHA-1", "idevid.signature",
	{.subject = {IDEVID_SUBJECT}, .extensions = {IDEVID_USAGE, BELOW}, .sha1 = true}},
    {"another issuer's name", "idevid.untrusted",
	{.subject = {IDEVID_SUBJECT}, .extensions = {IDEVID_USAGE, BELOW}, .issuer_name = "Other"}},
    {"RSA key of 1024 bits", "idevid.key",
	{.algorithm = "RSA-1024",
	    .subject = {IDEVID_SUBJECT},
	    .extensions = {IDEVID_USAGE, BELOW}}},
    {"no serial number", "idevid.identity",
	{.subject = {"OU", "X100"}, .extensions = {IDEVID_USAGE, BELOW}}},
    {"no product", "idevid.identity",
	{.subject = {"serialNumber", "1"}, .extensions = {IDEVID_USAGE, BELOW}}},
    {"two serial numbers", "idevid.identity",
	{.subject = {IDEVID_SUBJECT, "serialNumber", "2"}, .extensions = {IDEVID_USAGE, BELOW}}},
    {"product that is not known", "idevid.product",
	{.subject = {"OU", "Z", "serialNumber", "1"}, .extensions = {IDEVID_USAGE, BELOW}}},
    {"serial number beyond ASCII", "idevid.identity",
	{.subject = {"OU", "X100", "CN", "r\xc3\xb6hre"}, .extensions = {IDEVID_USAGE, BELOW}}},
    {"serial number with a slash", "idevid.identity",
	{.subject = {"OU", "X100", "CN", "a/b"}, .extensions = {IDEVID_USAGE, BELOW}}},
};

Test(ca_trust, defective_leaves_are_refused)
{
	struct scene s;
	scene_init(&s);
	struct made root = make_authority("Root", NULL);
	struct trust_anchor *anchor = scene_trust(&s, &root);
	for (size_t i = 0; i < COUNT(leaf_cases); i++) {
		struct made leaf = make(&root, &leaf_cases[i].plan);
		bool by_name =
		    strstr(leaf_cases[i].name, "beyond") || strstr(leaf_cases[i].name, "slash");
		scene_match(&anchor->serial, by_name ? "subject.CN" : "subject.serialNumber", NULL);
		expect_code(&s, &leaf, NULL, leaf_cases[i].code, leaf_cases[i].name);
	}
}

Test(ca_trust, accepted_variants_of_leaves)
{
	static const struct leaf_case cases[] = {
	    {"EKU of a client", NULL,
		{.subject = {IDEVID_SUBJECT},
		    .extensions = {IDEVID_USAGE, BELOW, "extendedKeyUsage",
			"serverAuth,clientAuth"}}},
	    {"any EKU", NULL,
		{.subject = {IDEVID_SUBJECT},
		    .extensions = {IDEVID_USAGE, BELOW, "extendedKeyUsage",
			"anyExtendedKeyUsage"}}},
	    {"CA:FALSE", NULL,
		{.subject = {IDEVID_SUBJECT},
		    .extensions = {IDEVID_USAGE, BELOW, "basicConstraints", "critical,CA:FALSE"}}},
	    {"with SKI", NULL,
		{.subject = {IDEVID_SUBJECT},
		    .extensions = {IDEVID_USAGE, BELOW, "subjectKeyIdentifier", "hash"}}},
	    {"AKI with issuer and serial number", NULL,
		{.subject = {IDEVID_SUBJECT},
		    .extensions = {IDEVID_USAGE, "authorityKeyIdentifier", "keyid,issuer:always"}}},
	    {"critical policies", NULL,
		{.subject = {IDEVID_SUBJECT},
		    .extensions = {IDEVID_USAGE, BELOW, "certificatePolicies",
			"critical,DER:30:09:30:07:06:05:67:81:05:0b:01"}}},
	    {"unknown extension that is not critical", NULL,
		{.subject = {IDEVID_SUBJECT},
		    .extensions = {IDEVID_USAGE, BELOW, "1.3.6.1.4.1.99999.7", "DER:05:00"}}},
	    {"valid to this second", NULL,
		{.subject = {IDEVID_SUBJECT},
		    .extensions = {IDEVID_USAGE, BELOW},
		    .not_after = NOW}},
	};
	struct scene s;
	scene_init(&s);
	struct made root = make_authority("Root", NULL);
	scene_trust(&s, &root);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct made leaf = make(&root, &cases[i].plan);
		expect_good(&s, &leaf, NULL, cases[i].name);
	}
}

Test(ca_trust, each_leniency_allows_what_it_names_and_no_more)
{
	static const struct {
		const char *name;
		enum trust_leniency allows;
		size_t row; /* of leaf_cases */
	} cases[] = {
	    {"expired", LENIENT_EXPIRED, 0},
	    {"no AKI", LENIENT_MISSING_AKI, 2},
	    {"no keyUsage", LENIENT_MISSING_KEY_USAGE, 5},
	};
	struct scene s;
	scene_init(&s);
	struct made root = make_authority("Root", NULL);
	struct trust_anchor *anchor = scene_trust(&s, &root);
	const uint32_t all =
	    1U << LENIENT_EXPIRED | 1U << LENIENT_MISSING_AKI | 1U << LENIENT_MISSING_KEY_USAGE;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct leaf_case *c = &leaf_cases[cases[i].row];
		struct made leaf = make(&root, &c->plan);
		cr_assert_str_eq(c->name, cases[i].name);
		anchor->leniencies = 1U << cases[i].allows;
		expect_good(&s, &leaf, NULL, c->name);
		anchor->leniencies = all & ~(1U << cases[i].allows);
		expect_code(&s, &leaf, NULL, c->code, c->name);
	}
	/* With every leniency all the other defects stay what they are. */
	anchor->leniencies = all;
	for (size_t i = 0; i < COUNT(leaf_cases); i++) {
		struct made leaf = make(&root, &leaf_cases[i].plan);
		if (i != 0 && i != 2 && i != 5 && !strstr(leaf_cases[i].name, "beyond") &&
		    !strstr(leaf_cases[i].name, "slash"))
			expect_code(&s, &leaf, NULL, leaf_cases[i].code, leaf_cases[i].name);
	}
}

/* ---- who asks without right ---- */

Test(ca_trust, nobody_and_strangers_are_refused)
{
	struct scene s;
	scene_init(&s);
	struct made root = make_authority("Root", NULL),
		    stranger = make_authority("Stranger", NULL),
		    imitation = make_authority("Root", NULL), nobody = {0};
	struct made of_stranger = make_idevid(&stranger), of_imitation = make_idevid(&imitation);
	struct made alone =
	    make(NULL, &(struct plan){.subject = {IDEVID_SUBJECT}, .extensions = {IDEVID_USAGE}});
	scene_trust(&s, &root);
	expect_code(&s, &nobody, NULL, "idevid.missing", "no certificate");
	cr_expect_eq(s.err.kind, ERR_AUTH);
	expect_code(&s, &of_stranger, NULL, "idevid.untrusted", "another manufacturer");
	expect_code(&s, &of_stranger, CHAIN(&stranger), "idevid.untrusted", "with its own root");
	expect_code(&s, &of_imitation, NULL, "idevid.untrusted", "an authority of the same name");
	expect_code(
	    &s, &of_imitation, CHAIN(&imitation), "idevid.untrusted", "with that authority");
	expect_code(&s, &alone, NULL, "idevid.untrusted", "self-signed");
}

/* The imitation copies name and key identifier too: only the signature tells. */
Test(ca_trust, an_imitation_down_to_the_key_identifier_fails_by_its_signature)
{
	struct scene s;
	scene_init(&s);
	struct plan plan = {.subject = {"CN", "Root"},
	    .extensions = {"basicConstraints", "critical,CA:TRUE", "keyUsage", "keyCertSign",
		"subjectKeyIdentifier", "01:02:03:04"}};
	struct made root = make(NULL, &plan), imitation = make(NULL, &plan);
	struct made leaf = make_idevid(&imitation);
	scene_trust(&s, &root);
	expect_code(&s, &leaf, NULL, "idevid.signature", "imitation");
	expect_code(&s, &leaf, CHAIN(&imitation), "idevid.signature", "imitation, sent");
}

Test(ca_trust, a_device_certificate_issues_nothing)
{
	struct scene s;
	scene_init(&s);
	struct made root = make_authority("Root", NULL);
	struct made device =
	    make(&root, &(struct plan){.subject = {IDEVID_SUBJECT},
			    .extensions = {IDEVID_USAGE, BELOW, "subjectKeyIdentifier", "hash"}});
	struct made forged = make_idevid(&device);
	scene_trust(&s, &root);
	expect_code(&s, &forged, CHAIN(&device), "idevid.path", "issued by a device");
}

/* ---- intermediates that are wrong in one respect ---- */

Test(ca_trust, defective_intermediates_are_refused)
{
	static const struct leaf_case cases[] = {
	    {"not an authority", "idevid.path",
		{.subject = {"CN", "A"},
		    .extensions = {"basicConstraints", "CA:FALSE", "keyUsage", "keyCertSign",
			"subjectKeyIdentifier", "hash", BELOW}}},
	    {"no basicConstraints", "idevid.path",
		{.subject = {"CN", "A"},
		    .extensions = {"keyUsage", "keyCertSign", "subjectKeyIdentifier", "hash",
			BELOW}}},
	    {"no keyCertSign", "idevid.key-usage",
		{.subject = {"CN", "A"},
		    .extensions = {"basicConstraints", "CA:TRUE", "keyUsage", "cRLSign",
			"subjectKeyIdentifier", "hash", BELOW}}},
	    {"no keyUsage", "idevid.key-usage",
		{.subject = {"CN", "A"},
		    .extensions = {"basicConstraints", "CA:TRUE", "subjectKeyIdentifier", "hash",
			BELOW}}},
	    {"expired", "idevid.expired",
		{.subject = {"CN", "A"},
		    .extensions = {AUTHORITY_EXTENSIONS, BELOW},
		    .not_after = NOW - 1}},
	    {"not yet valid", "idevid.not-yet-valid",
		{.subject = {"CN", "A"},
		    .extensions = {AUTHORITY_EXTENSIONS, BELOW},
		    .not_before = NOW + 1}},
	    {"name constraints", "idevid.extension",
		{.subject = {"CN", "A"},
		    .extensions = {AUTHORITY_EXTENSIONS, BELOW, "nameConstraints",
			"critical,permitted;DNS:a.example"}}},
	    {"name constraints that are not critical", "idevid.extension",
		{.subject = {"CN", "A"},
		    .extensions = {AUTHORITY_EXTENSIONS, BELOW, "nameConstraints",
			"permitted;DNS:a.example"}}},
	    {"policy constraints", "idevid.extension",
		{.subject = {"CN", "A"},
		    .extensions = {AUTHORITY_EXTENSIONS, BELOW, "policyConstraints",
			"critical,requireExplicitPolicy:0"}}},
	    {"broken signature", "idevid.signature",
		{.subject = {"CN", "A"},
		    .extensions = {AUTHORITY_EXTENSIONS, BELOW},
		    .broken = true}},
	    {"path length with CA:FALSE", "idevid.malformed",
		{.subject = {"CN", "A"},
		    .extensions = {"basicConstraints", "DER:30:03:02:01:00", "keyUsage",
			"keyCertSign", "subjectKeyIdentifier", "hash", BELOW}}},
	    {"weak key", "idevid.key",
		{.algorithm = "RSA-1024",
		    .subject = {"CN", "A"},
		    .extensions = {AUTHORITY_EXTENSIONS, BELOW}}},
	};
	struct scene s;
	scene_init(&s);
	struct made root = make_authority("Root", NULL);
	/* These cover the device certificate, never the authorities above it. */
	scene_trust(&s, &root)->leniencies =
	    1U << LENIENT_EXPIRED | 1U << LENIENT_MISSING_KEY_USAGE;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct made a = make(&root, &cases[i].plan), leaf = make_idevid(&a);
		expect_code(&s, &leaf, CHAIN(&a), cases[i].code, cases[i].name);
	}
}

Test(ca_trust, path_lengths_are_honoured)
{
	struct scene s;
	scene_init(&s);
	struct plan none = {.subject = {"CN", "Root 0"},
	    .extensions = {"basicConstraints", "critical,CA:TRUE,pathlen:0", "keyUsage",
		"keyCertSign", "subjectKeyIdentifier", "hash"}};
	struct made root = make_authority("Root", NULL), tight = make(NULL, &none);
	none.subject[1] = "A";
	struct plan below = none;
	below.extensions[6] = "authorityKeyIdentifier";
	below.extensions[7] = "keyid:always";
	struct made a = make(&root, &below), b = make_authority("B", &a);
	struct made below_a = make_idevid(&a), below_b = make_idevid(&b);
	struct made c = make_authority("C", &tight), below_c = make_idevid(&c),
		    below_tight = make_idevid(&tight);
	scene_trust(&s, &root);
	scene_trust(&s, &tight);
	expect_good(&s, &below_a, CHAIN(&a), "none below A");
	expect_code(&s, &below_b, CHAIN(&b, &a), "idevid.path", "one below A");
	expect_good(&s, &below_tight, NULL, "none below the anchor");
	expect_code(&s, &below_c, CHAIN(&c), "idevid.path", "one below the anchor");
	/* RFC 5280 6.1.4 (l): self-issued ones do not count */
	struct made again = make(&a,
	    &(struct plan){.subject = {"CN", "A"}, .extensions = {AUTHORITY_EXTENSIONS, BELOW}});
	struct made below_again = make_idevid(&again);
	expect_good(&s, &below_again, CHAIN(&again, &a), "A has changed its key");
}

Test(ca_trust, an_anchor_that_expired_or_is_not_one_is_refused)
{
	struct scene s;
	scene_init(&s);
	struct made old = make(NULL, &(struct plan){.subject = {"CN", "Old"},
					 .extensions = {AUTHORITY_EXTENSIONS},
					 .not_after = NOW - 1});
	struct made leaf = make_idevid(&old);
	scene_trust(&s, &old)->leniencies = 1U << LENIENT_EXPIRED;
	expect_code(&s, &leaf, NULL, "idevid.expired", "expired anchor");
	struct made constrained =
	    make(NULL, &(struct plan){.subject = {"CN", "C"},
			   .extensions = {AUTHORITY_EXTENSIONS, "nameConstraints",
			       "critical,excluded;DNS:a"}});
	struct made device = make_idevid(&old);
	err_clear(&s.err);
	cr_expect(trust_anchor_check(old.der, &s.err).ok, "%s", s.err.message);
	cr_expect_not(trust_anchor_check(constrained.der, &s.err).ok);
	cr_expect_eq(s.err.kind, ERR_CONFIG);
	err_clear(&s.err);
	cr_expect_not(trust_anchor_check(device.der, &s.err).ok);
}

/* Nothing of a certificate can change unnoticed but what its own signature does not cover. */
Test(ca_trust, every_flipped_bit_of_a_leaf_is_refused)
{
	struct scene s;
	scene_init(&s);
	struct made root = make_authority("Root", NULL), leaf = make_idevid(&root);
	scene_trust(&s, &root);
	AUTO(buf) copy = {0};
	buf_reserve(&copy, leaf.der.n);
	uint8_t *der = copy.p;
	for (size_t bit = 0; bit < leaf.der.n * 8; bit++) {
		memcpy(der, leaf.der.p, leaf.der.n);
		der[bit / 8] ^= (uint8_t)(1 << bit % 8);
		struct made changed = {leaf.key, leaf.certificate, span(der, leaf.der.n)};
		cr_expect_not(scene_judge(&s, &changed, NULL), "bit %zu", bit);
	}
	for (size_t n = 1; n < leaf.der.n; n++) {
		struct made cut = {leaf.key, leaf.certificate, span(leaf.der.p, n)};
		cr_expect_not(scene_judge(&s, &cut, NULL), "cut at %zu", n);
	}
}
