/* tests/unit/ca/service_certificate_test.c: which names a service gets, with which key, and which
 * not. */
#include <criterion/criterion.h>
#include <openssl/pem.h>
#include <string.h>

#include "ca/service_certificate.h"
#include "ca/service_name.h"
#include "tests/lib/pg.h"
#include "tests/lib/pki.h"
#include "tests/unit/ca/issue_fixture.h"

/* Behind our own headers: it has macros of names that they have. */
static const uint32_t signs = 1U << KU_DIGITAL_SIGNATURE;
#include <openssl/x509v3.h>

/* ---- names ---- */

static struct str_list list(char **items, size_t n)
{
	return (struct str_list){items, n};
}

Test(ca_service_name, nothing_is_permitted_that_no_row_permits)
{
	static char exact[] = "api.example.com", one[] = "*.svc.example", all[] = ".deep.example";
	char *rows[] = {exact, one, all};
	const struct profile p = {.permit_dns = list(rows, 3)}, none = {0};
	static const struct {
		const char *name;
		bool permitted;
	} cases[] = {
	    {"api.example.com", true},
	    {"x.api.example.com", false},
	    {"xapi.example.com", false},
	    {"API.example.com", false},
	    {"a.svc.example", true},
	    {"a.b.svc.example", false},
	    {"svc.example", false},
	    {"*.svc.example", false},
	    {"a.deep.example", true},
	    {"a.b.deep.example", true},
	    {"deep.example", false},
	    {"xdeep.example", false},
	    {"*.deep.example", false},
	    {".deep.example", false},
	    {"a..deep.example", false},
	    {"a.deep.example.", false},
	    {"", false},
	    {"a b.deep.example", false},
	};
	char why[200];

	for (size_t i = 0; i < COUNT(cases); i++) {
		cr_expect_eq(service_dns_permitted(&p, cases[i].name, why, sizeof(why)),
		    cases[i].permitted, "%s", cases[i].name);
		cr_expect_not(service_dns_permitted(&none, cases[i].name, why, sizeof(why)));
	}
}

Test(ca_service_name, addresses_are_permitted_by_range)
{
	static char four[] = "10.1.0.0/16", host[] = "192.0.2.7", six[] = "2001:db8::/33";
	char *rows[] = {four, host, six};
	const struct profile p = {.permit_ip = list(rows, 3)};
	static const struct {
		const char *text;
		bool permitted;
	} cases[] = {
	    {"10.1.2.3", true},
	    {"10.2.0.1", false},
	    {"192.0.2.7", true},
	    {"192.0.2.8", false},
	    {"2001:db8:7fff::1", true},
	    {"2001:db8:8000::1", false},
	    {"::ffff:10.1.2.3", false},
	};
	static const char *const wrong[] = {
	    "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "x", "", "10.0.0.0/8/8"};
	struct service_address a;
	char why[200];

	for (size_t i = 0; i < COUNT(cases); i++) {
		cr_assert(service_address_read(cases[i].text, &a));
		cr_expect_eq(service_ip_permitted(&p, &a), cases[i].permitted, "%s", cases[i].text);
	}
	for (size_t i = 0; i < COUNT(wrong); i++)
		cr_expect_not(service_permit_ip_fits(wrong[i], why, sizeof(why)), "%s", wrong[i]);
	for (size_t i = 0; i < COUNT(rows); i++)
		cr_expect(service_permit_ip_fits(rows[i], why, sizeof(why)), "%s", why);
}

/* ---- certificates ---- */

static char web_name[] = "web", other_name[] = "web-two", device_name[] = "device",
	    alice_name[] = "alice";
static char cn[] = "CN", dns_value[] = "{dns}", serial_value[] = "{serial}", ec[] = "EC-P256";
static char server_auth[] = "serverAuth", permit_dns[] = ".web.example", permit_ip[] = "10.0.0.0/8";
static char *keys[] = {ec}, *usages[] = {server_auth}, *permits[] = {permit_dns},
	    *ranges[] = {permit_ip};
static struct subject_part service_subject = {cn, dns_value}, device_subject = {cn, serial_value};

struct rig {
	struct pg_database database;
	struct db *db;
	struct world world;
	struct profile profiles[3];
	struct policy policy;
	struct actor alice;
	struct arena arena;
	struct service_made made;
	struct err err;
};

static struct profile profile_of(struct rig *r, int64_t id, char *name, int use)
{
	struct profile p = {.id = id,
	    .name = name,
	    .authority_name = r->world.issuing.name,
	    .authority = &r->world.issuing,
	    .use = use,
	    .key_algorithms = list(keys, 1),
	    .validity = 86400,
	    .key_usage = signs,
	    .extended_key_usage = list(usages, 1)};

	p.subject = (struct map_list){use == USE_SERVICE ? &service_subject : &device_subject, 1};
	if (use == USE_SERVICE) {
		p.permit_dns = list(permits, 1);
		p.permit_ip = list(ranges, 1);
	}
	cr_assert(profile_compile(&p, &r->arena, &r->err).ok, "%s", r->err.message);
	return p;
}

static void rig_make(struct rig *r)
{
	memset(r, 0, sizeof(*r));
	r->database = pg_database_new(true);
	r->db = pg_open(&r->database);
	world_make(&r->world, "EC-P256", "EC-P256");
	r->world.issuing.id = 1;
	r->profiles[0] = profile_of(r, 1, web_name, USE_SERVICE);
	r->profiles[1] = profile_of(r, 2, other_name, USE_SERVICE);
	r->profiles[2] = profile_of(r, 3, device_name, USE_DEVICE);
	r->policy = (struct policy){.profiles = r->profiles,
	    .profile_count = 3,
	    .authorities = &r->world.issuing,
	    .authority_count = 1};
	r->alice = (struct actor){.name = alice_name, .credential = CREDENTIAL_TOKEN};
}

static void rig_free(struct rig *r)
{
	db_close(r->db);
	pg_database_drop(&r->database);
	world_free(&r->world);
	arena_free(&r->arena);
}

struct asked {
	const char *profile;
	const char *csr_name, *csr_san; /* of the request */
	char *dns[2];                   /* of the call; NULL: none */
	char *ip;
};

static const char *make(struct rig *r, EVP_PKEY *key, const struct asked *a)
{
	const struct pki_csr want = {.common_name = a->csr_name, .san = a->csr_san};
	struct asked asked = *a;
	const struct str_list dns = list(asked.dns, asked.dns[1] ? 2 : asked.dns[0] ? 1 : 0);
	const struct str_list ip = list(&asked.ip, asked.ip ? 1 : 0);
	AUTO(buf) der = {0};
	AUTO(buf) text = {0};
	struct service_wish wish = {.policy = &r->policy,
	    .by = &r->alice,
	    .profile = a->profile,
	    .dns = &dns,
	    .ip = &ip,
	    .now = r->world.now};

	pki_csr(key, &want, &der);
	base64_encode(buf_span(&der), &text);
	wish.csr = buf_cstr(&text);
	err_clear(&r->err);
	return service_certificate_make(r->db, &wish, &r->world.rng, &r->arena, &r->made, &r->err)
		       .ok
		   ? "good"
		   : err_code(&r->err);
}

static char api[] = "api.web.example", www[] = "www.web.example", evil[] = "evil.example.net",
	    ten[] = "10.1.2.3", eleven[] = "11.1.2.3";

Test(ca_service_certificate, names_are_the_calls_and_the_profiles, .timeout = 120)
{
	static const struct {
		const char *claim, *code;
		struct asked asked;
	} cases[] = {
	    {"permitted name", "good", {web_name, "api.web.example", NULL, {api, NULL}, NULL}},
	    {"two names and an address", "good",
		{web_name, "api.web.example", "DNS:www.web.example,IP:10.1.2.3", {api, www}, ten}},
	    {"an address alone", "good", {web_name, "10.1.2.3", NULL, {NULL, NULL}, ten}},
	    {"no name", "service.name", {web_name, "api.web.example", NULL, {NULL, NULL}, NULL}},
	    {"name of nobody's", "service.name",
		{web_name, "api.web.example", NULL, {api, evil}, NULL}},
	    {"address outside", "service.name",
		{web_name, "api.web.example", NULL, {api, NULL}, eleven}},
	    {"common name beside", "service.csr-name",
		{web_name, "evil.example.net", NULL, {api, NULL}, NULL}},
	    {"name beside", "service.csr-name",
		{web_name, "api.web.example", "DNS:www.web.example", {api, NULL}, NULL}},
	    {"address beside", "service.csr-name",
		{web_name, "api.web.example", "IP:10.9.9.9", {api, NULL}, ten}},
	    {"mail address", "service.csr-name",
		{web_name, "api.web.example", "email:a@web.example", {api, NULL}, NULL}},
	    {"profile of devices", "service.profile",
		{device_name, "api.web.example", NULL, {api, NULL}, NULL}},
	    {"no such profile", "service.profile",
		{"none", "api.web.example", NULL, {api, NULL}, NULL}},
	};
	struct rig r;

	rig_make(&r);
	for (size_t i = 0; i < COUNT(cases); i++) {
		EVP_PKEY *key = pki_key("EC-P256");

		cr_expect_str_eq(make(&r, key, &cases[i].asked), cases[i].code, "%s: %s",
		    cases[i].claim, r.err.message);
		EVP_PKEY_free(key);
	}
	cr_expect_eq(pg_number(&r.database, "SELECT count(*) FROM certificate"), 3);
	cr_expect_eq(
	    pg_number(&r.database,
		"SELECT count(*) FROM certificate c JOIN log_salt s ON s.record_kind = 'certificate' "
		"AND s.record_id = c.id WHERE c.profile_id = 1"),
	    3);
	cr_expect_eq(pg_number(&r.database,
			 "SELECT count(*) FROM policy_change WHERE kind = 'service-certificate'"),
	    3);
	rig_free(&r);
}

Test(ca_service_certificate, it_says_the_names_and_is_for_servers, .timeout = 60)
{
	struct rig r;
	EVP_PKEY *key = pki_key("EC-P256");
	const struct asked asked = {web_name, "api.web.example", NULL, {api, www}, ten};
	X509 *x;
	BIO *in;

	rig_make(&r);
	cr_assert_str_eq(make(&r, key, &asked), "good", "%s", r.err.message);
	in = BIO_new_mem_buf(r.made.pem, -1);
	x = PEM_read_bio_X509(in, NULL, NULL, NULL);
	cr_assert_not_null(x);
	cr_expect_eq(X509_check_host(x, api, 0, 0, NULL), 1);
	cr_expect_eq(X509_check_host(x, www, 0, 0, NULL), 1);
	cr_expect_eq(X509_check_host(x, evil, 0, 0, NULL), 0);
	cr_expect_eq(X509_check_ip_asc(x, ten, 0), 1);
	cr_expect_eq(X509_check_purpose(x, X509_PURPOSE_SSL_SERVER, 0), 1);
	cr_expect_eq(X509_check_purpose(x, X509_PURPOSE_SSL_CLIENT, 0), 0);
	X509_free(x);
	BIO_free(in);
	EVP_PKEY_free(key);
	rig_free(&r);
}

Test(ca_service_certificate, a_key_stays_with_its_names, .timeout = 120)
{
	const struct asked asked = {web_name, "api.web.example", NULL, {api, NULL}, NULL};
	const struct asked more = {web_name, "api.web.example", NULL, {api, www}, NULL};
	const struct asked other = {other_name, "api.web.example", NULL, {api, NULL}, NULL};
	struct rig r;
	EVP_PKEY *key = pki_key("EC-P256"), *new_key = pki_key("EC-P256");
	int64_t first;

	rig_make(&r);
	cr_assert_str_eq(make(&r, key, &asked), "good", "%s", r.err.message);
	first = r.made.id;
	cr_expect_eq(r.made.renews, 0);
	cr_expect_str_eq(make(&r, key, &asked), "good", "%s", r.err.message);
	cr_expect_eq(r.made.renews, first);
	cr_expect_str_eq(make(&r, key, &more), "service.key");
	cr_expect_str_eq(make(&r, key, &other), "service.key");
	cr_expect_str_eq(make(&r, new_key, &other), "good", "%s", r.err.message);
	/* A key that was reported is not certified again, nor is a device's. */
	pg_exec(&r.database, "UPDATE public_key SET compromised_at = now()");
	cr_expect_str_eq(make(&r, key, &asked), "service.key");
	pg_exec(&r.database, "UPDATE public_key SET compromised_at = NULL, kind = 'ldevid'");
	cr_expect_str_eq(make(&r, key, &asked), "service.key");
	EVP_PKEY_free(key);
	EVP_PKEY_free(new_key);
	rig_free(&r);
}

Test(ca_service_certificate, one_subject_has_its_share_of_a_day, .timeout = 120)
{
	const struct asked asked = {web_name, "api.web.example", NULL, {api, NULL}, NULL};
	struct rig r;
	EVP_PKEY *key = pki_key("EC-P256");

	rig_make(&r);
	for (int i = 0; i < SERVICE_DAY_MAX; i++)
		cr_assert_str_eq(make(&r, key, &asked), "good", "%s", r.err.message);
	cr_expect_str_eq(make(&r, key, &asked), "service.limit");
	r.world.now += 86401;
	cr_expect_str_eq(make(&r, key, &asked), "good", "%s", r.err.message);
	EVP_PKEY_free(key);
	rig_free(&r);
}

Test(ca_service_certificate, profiles_for_services_say_so, .timeout = 60)
{
	static char dns_type[] = "dns", wildcard[] = "*.*.example", ocsp[] = "OCSPSigning";
	static struct san_part san = {dns_type, api, NULL};
	char *wrong[] = {wildcard}, *reserved[] = {ocsp};
	struct rig r;
	struct profile p;

	rig_make(&r);
	p = r.profiles[2];
	p.permit_dns = list(permits, 1);
	cr_expect_not(profile_compile(&p, &r.arena, &r.err).ok, "a device's profile permits names");
	err_clear(&r.err);
	p = r.profiles[0];
	p.san = (struct map_list){&san, 1};
	cr_expect_not(profile_compile(&p, &r.arena, &r.err).ok, "san");
	err_clear(&r.err);
	p = r.profiles[0];
	p.san = (struct map_list){0};
	p.permit_dns = list(wrong, 1);
	cr_expect_not(profile_compile(&p, &r.arena, &r.err).ok, "row");
	err_clear(&r.err);
	p.permit_dns = list(permits, 1);
	p.extended_key_usage = list(reserved, 1);
	cr_expect_not(profile_compile(&p, &r.arena, &r.err).ok, "OCSPSigning");
	rig_free(&r);
}
