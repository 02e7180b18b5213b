#include "ca/profile.h"

#include <criterion/criterion.h>
#include <string.h>

#include "ca/extension.h"
#include "ca/general_name.h"
#include "issue_fixture.h"

static void bend_attribute(struct world *w)
{
	w->subject[1].attribute = arena_strdup(&w->arena, "XX");
}
static void bend_variable(struct world *w)
{
	w->subject[2].value = arena_strdup(&w->arena, "a {model} b");
}
static void bend_open_brace(struct world *w)
{
	w->subject[2].value = arena_strdup(&w->arena, "ab{serial");
}
static void bend_empty(struct world *w)
{
	w->subject[2].value = arena_strdup(&w->arena, "");
}
static void bend_dns_variable(struct world *w)
{
	w->san[2].value = arena_strdup(&w->arena, "{dns}");
}
static void bend_country(struct world *w)
{
	w->subject[0].value = arena_strdup(&w->arena, "Germany");
}
static void bend_san_type(struct world *w)
{
	w->san[2].type = arena_strdup(&w->arena, "fax");
}
static void bend_dns(struct world *w)
{
	w->san[2].value = arena_strdup(&w->arena, "a_b.example");
}
static void bend_uri(struct world *w)
{
	w->san[1].value = arena_strdup(&w->arena, "devices/a");
}
static void bend_ip(struct world *w)
{
	w->san[3].value = arena_strdup(&w->arena, "192.0.2.256");
}
static void bend_email(struct world *w)
{
	w->san[4].value = arena_strdup(&w->arena, "devices");
}
static void bend_hw_missing(struct world *w)
{
	w->san[0].hw_type = NULL;
}
static void bend_hw_wrong(struct world *w)
{
	w->san[0].hw_type = arena_strdup(&w->arena, "3.1");
}
static void bend_hw_extra(struct world *w)
{
	w->san[2].hw_type = arena_strdup(&w->arena, "1.2.3");
}
static void bend_cert_sign(struct world *w)
{
	w->profile.key_usage |= 1U << KU_KEY_CERT_SIGN;
}
static void bend_crl_sign(struct world *w)
{
	w->profile.key_usage |= 1U << KU_CRL_SIGN;
}
static void bend_encipher_only(struct world *w)
{
	w->keys[2] = w->keys[0];
	w->profile.key_usage |= 1U << KU_ENCIPHER_ONLY;
}
static void bend_ec_encipherment(struct world *w)
{
	w->profile.key_usage |= 1U << KU_KEY_ENCIPHERMENT;
}
static void bend_ed_agreement(struct world *w)
{
	w->keys[0] = w->keys[2];
	w->profile.key_usage |= 1U << KU_KEY_AGREEMENT;
}
static void bend_rsa_agreement(struct world *w)
{
	w->keys[0] = arena_strdup(&w->arena, "RSA-2048");
	w->profile.key_usage |= 1U << KU_KEY_AGREEMENT;
}
static void bend_key_name(struct world *w)
{
	w->keys[0] = arena_strdup(&w->arena, "DSA-1024");
}
static void bend_no_keys(struct world *w)
{
	w->profile.key_algorithms.count = 0;
}
static void bend_eku(struct world *w)
{
	w->usages[0] = arena_strdup(&w->arena, "clientauth");
}
static void bend_ocsp(struct world *w)
{
	w->usages[0] = arena_strdup(&w->arena, "OCSPSigning");
}
static void bend_ra(struct world *w)
{
	w->usages[0] = arena_strdup(&w->arena, "1.3.6.1.5.5.7.3.28");
}
static void bend_any(struct world *w)
{
	w->usages[0] = arena_strdup(&w->arena, "anyExtendedKeyUsage");
}
static void bend_policy(struct world *w)
{
	w->policies[0] = arena_strdup(&w->arena, "1.2.03");
}
static void bend_policy_name(struct world *w)
{
	w->policies[0] = arena_strdup(&w->arena, "clientAuth");
}
static void bend_no_validity(struct world *w)
{
	w->profile.validity = 0;
}
static void bend_nameless(struct world *w)
{
	w->profile.subject.count = w->profile.san.count = 0;
}
static void bend_https_crl(struct world *w)
{
	w->issuing.crl_url = arena_strdup(&w->arena, "https://a.example/c");
}
static void bend_no_ski(struct world *w)
{
	w->issuing.ski = SPAN_NONE;
}

static const struct {
	void (*bend)(struct world *w);
	const char *defect, *wanted;
} bad_profiles[] = {
    {bend_attribute, "unknown attribute", "\"XX\" is neither a known attribute nor an OID"},
    {bend_variable, "unknown variable", "subject CN: unknown variable \"{model}\" at character 3"},
    {bend_open_brace, "brace not closed", "subject CN: \"{\" at character 3 is never closed"},
    {bend_empty, "empty template", "subject CN: the template is empty"},
    {bend_dns_variable, "a server's variable",
	"san dns: unknown variable \"{dns}\" at character 1"},
    {bend_country, "country of seven letters", "subject C: 7 characters, allowed are 2 to 2"},
    {bend_san_type, "unknown SAN type", "san fax: unknown type"},
    {bend_dns, "underscore in a host", "san dns: dNSName label at character 1"},
    {bend_ip, "octet over 255", "san ip: \"192.0.2.256\" is no IPv4 or IPv6 address"},
    {bend_email, "mailbox without a domain", "san email: not of the form local@domain"},
    {bend_hw_missing, "no hardware type", "san hardware-module-name: hw_type is required"},
    {bend_hw_wrong, "hardware type is no OID", "hw_type \"3.1\" is no OID"},
    {bend_hw_extra, "hardware type of a host", "san dns: hw_type belongs to hardware-module-name"},
    {bend_cert_sign, "keyCertSign in a leaf", "key_usage: keyCertSign is for authorities only"},
    {bend_crl_sign, "cRLSign in a leaf", "key_usage: cRLSign is for authorities only"},
    {bend_encipher_only, "encipherOnly alone", "key_usage: encipherOnly needs keyAgreement"},
    {bend_ec_encipherment, "EC key that enciphers",
	"key_usage: keyEncipherment is not for EC-P256"},
    {bend_ed_agreement, "Ed25519 key that agrees", "key_usage: keyAgreement is not for Ed25519"},
    {bend_rsa_agreement, "RSA key that agrees", "key_usage: keyAgreement is not for RSA-2048"},
    {bend_key_name, "unknown key algorithm", "key_algorithms: \"DSA-1024\" is not known"},
    {bend_no_keys, "no key algorithm", "key_algorithms: 1 to 16 are needed"},
    {bend_eku, "EKU in wrong case",
	"extended_key_usage: \"clientauth\" is no known name and no OID"},
    {bend_ocsp, "device that answers OCSP", "extended_key_usage: OCSPSigning is not for devices"},
    {bend_ra, "device that passes for the EST server",
	"extended_key_usage: cmcRA is not for devices"},
    {bend_any, "device that may do anything",
	"extended_key_usage: anyExtendedKeyUsage is not for devices"},
    {bend_policy, "policy with a leading zero", "certificate_policies: \"1.2.03\" is no OID"},
    {bend_policy_name, "policy by an EKU name", "certificate_policies: \"clientAuth\" is no OID"},
    {bend_no_validity, "no validity", "validity: it or no_expiry is needed"},
    {bend_nameless, "neither subject nor SAN", "subject: it or san is needed"},
    {bend_https_crl, "CRL by https", "crl_url: scheme \"https\""},
    {bend_no_ski, "authority without key identifier", "has no subject key identifier"},
    {bend_uri, "relative URI", "san uri: not an absolute URI"},
};

Test(ca_profile, unfit_profiles_are_refused_by_member)
{
	AUTO(world) w;
	world_make(&w, "EC-P256", "EC-P256");
	for (size_t i = 0; i < COUNT(bad_profiles); i++) {
		struct world bent = w;
		struct err err = {0};
		AUTO(arena) arena = {0};
		/* the struct's lists point into it */
		bent.profile.authority = &bent.issuing;
		bent.profile.subject.items = bent.subject;
		bent.profile.san.items = bent.san;
		bent.profile.key_algorithms.items = bent.keys;
		bent.profile.extended_key_usage.items = bent.usages;
		bent.profile.certificate_policies.items = bent.policies;
		bad_profiles[i].bend(&bent);
		w.arena = bent.arena;
		cr_expect_not(
		    profile_compile(&bent.profile, &arena, &err).ok, "%s", bad_profiles[i].defect);
		cr_expect_eq(err.kind, ERR_CONFIG, "%s", bad_profiles[i].defect);
		cr_expect(strstr(err.message, bad_profiles[i].wanted), "%s: %s",
		    bad_profiles[i].defect, err.message);
		cr_expect(strstr(err.message, "profile \"device\": "), "%s", err.message);
		cr_expect_null(bent.profile.compiled);
	}
}

Test(ca_profile, profile_is_checked_without_its_authority)
{
	AUTO(world) w;
	struct err err = {0};
	world_make(&w, "EC-P256", "EC-P256");
	w.profile.authority = NULL;
	cr_assert(profile_compile(&w.profile, &w.arena, &err).ok, "%s", err.message);
	cr_assert_null(w.profile.compiled->authority);
}

/* ---- templates ---- */

static void render(const char *template, bool percent, const char *wanted)
{
	AUTO(arena) arena = {0};
	AUTO(buf) out = {0};
	struct template t;
	struct err err = {0};
	char why[200];
	struct issue_subject device = {.manufacturer = "A&B", .product = "X 1", .serial = "S/1"};
	cr_assert(template_compile("member", template, TEMPLATE_FOR_DEVICES, &arena, &t, &err).ok,
	    "%s", err.message);
	cr_assert(template_render(&t, &device, percent, &out, why, sizeof(why)), "%s", why);
	cr_expect_str_eq(buf_cstr(&out), wanted);
}

Test(ca_template, variables_are_replaced)
{
	render("plain", false, "plain");
	render("{serial}", false, "S/1");
	render("{device}", false, "A&B X 1 S/1");
	render("a{product}b{manufacturer}c", false, "aX 1bA&Bc");
	render("{{serial}", false, "{serial}");
	render("{{{serial}}", false, "{S/1}");
}

Test(ca_template, only_variables_are_percent_encoded)
{
	render("urn:x:{serial}", true, "urn:x:S%2F1");
	render("urn:x/{device}", true, "urn:x/A%26B%20X%201%20S%2F1");
}

/* ---- syntax of general names ---- */

Test(ca_general_name, host_names)
{
	static const struct {
		const char *name;
		bool fits;
	} cases[] = {
	    {"example", true},
	    {"a.example", true},
	    {"*.example", true},
	    {"1a.2b", true},
	    {"a-b.example", true},
	    {"", false},
	    {".example", false},
	    {"example.", false},
	    {"a..b", false},
	    {"-a.example", false},
	    {"a-.example", false},
	    {"a_b", false},
	    {"a.*.example", false},
	    {"a b", false},
	    {"\xc3\xa9.example", false},
	    {"a234567890123456789012345678901234567890123456789012345678901234.example", false},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		char why[200];
		cr_expect_eq(dns_name_fits(span_str(cases[i].name), why, sizeof(why)),
		    cases[i].fits, "\"%s\"", cases[i].name);
	}
}

Test(ca_general_name, uris)
{
	static const struct {
		const char *uri, *scheme;
		bool fits;
	} cases[] = {
	    {"http://a.example/b?c=d#e", "http", true},
	    {"urn:a:b", NULL, true},
	    {"HTTP://a.example", "http", true},
	    {"https://a.example", "http", false},
	    {"http:/a", "http", false},
	    {"http:///a", "http", false},
	    {"http://", "http", false},
	    {"/a/b", NULL, false},
	    {"a", NULL, false},
	    {"1a:b", NULL, false},
	    {"a:", NULL, false},
	    {"urn:a b", NULL, false},
	    {"urn:a%2", NULL, false},
	    {"urn:a%zz", NULL, false},
	    {"urn:a%2F", NULL, true},
	    {"urn:\xc3\xa9", NULL, false},
	    {"", NULL, false},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		char why[200];
		cr_expect_eq(uri_fits(span_str(cases[i].uri), cases[i].scheme, why, sizeof(why)),
		    cases[i].fits, "\"%s\"", cases[i].uri);
	}
}

/* Key usages by key, against the words of RFC 3279, 5480, 8410 and 9881. */
Test(ca_profile, key_usages_fit_the_kind_of_key)
{
	const uint32_t encipher = 1U << KU_KEY_ENCIPHERMENT | 1U << KU_DATA_ENCIPHERMENT;
	const uint32_t agree = 1U << KU_KEY_AGREEMENT;
	const uint32_t sign =
	    1U << KU_DIGITAL_SIGNATURE | 1U << KU_KEY_CERT_SIGN | 1U << KU_CRL_SIGN;
	for (const struct key_algorithm *a = key_algorithms; a->name; a++) {
		uint32_t allowed = key_usage_allowed(a);
		cr_expect_eq(allowed & sign, sign, "%s", a->name);
		cr_expect_eq(
		    (allowed & encipher) != 0, strcmp(a->evp_type, "RSA") == 0, "%s", a->name);
		cr_expect_eq((allowed & agree) != 0, strcmp(a->evp_type, "EC") == 0, "%s", a->name);
	}
}
