/* Authorities made, read back by others; existing ones taken over or refused. */

#include "ca/ceremony.h"

#include <criterion/criterion.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>

#include "ca/extension.h"
#include "ca/general_name.h"
#include "ca/lint.h"
#include "ca/name.h"
#include "issue_fixture.h"
#include "tests/lib/pki.h"

static struct ceremony_request root_request(const struct world *w)
{
	return (struct ceremony_request){
	    .subject = "CN=R,O=Acme",
	    .key = fixture_key("EC-P256"),
	    .not_before = w->now - DAY,
	    .not_after = w->now + CEREMONY_ROOT_VALIDITY,
	    .path_length = CEREMONY_PATH_NONE,
	};
}

/* ---- making ---- */

Test(ca_ceremony, root_and_issuing_authority_verify_elsewhere)
{
	AUTO(world) w;
	world_make(&w, "EC-P384", "EC-P256");
	struct span root = buf_span(&w.root_der), issuing = buf_span(&w.issuing_der);
	fixture_file("root.pem", "CERTIFICATE", &root, 1);
	fixture_file("issuing.pem", "CERTIFICATE", &issuing, 1);
	fixture_file("chain.pem", "CERTIFICATE", (struct span[]){issuing, root}, 2);
	fixture_must("issuing.pem: OK",
	    "openssl verify -x509_strict -check_ss_sig -CAfile root.pem issuing.pem");
	fixture_must(
	    "root.pem: OK", "openssl verify -x509_strict -check_ss_sig -CAfile root.pem root.pem");
	fixture_must("Verified", "certtool --verify-chain --infile chain.pem");
}

static void expect_texts(const char *file, const char *const *wanted, const char *const *unwanted)
{
	AUTO(buf) out = {0};
	cr_assert_eq(
	    fixture_run(&out, "openssl x509 -in %s -noout -text -nameopt RFC2253", file), 0);
	for (; *wanted; wanted++)
		cr_expect(strstr(buf_cstr(&out), *wanted), "\"%s\" is missing in %s", *wanted,
		    buf_cstr(&out));
	for (; *unwanted; unwanted++)
		cr_expect_null(
		    strstr(buf_cstr(&out), *unwanted), "\"%s\" in %s", *unwanted, buf_cstr(&out));
}

Test(ca_ceremony, root_has_the_profile_of_rfc_5280)
{
	AUTO(world) w;
	world_make(&w, "EC-P384", "EC-P256");
	struct span root = buf_span(&w.root_der);
	fixture_file("root.pem", "CERTIFICATE", &root, 1);
	expect_texts("root.pem",
	    (const char *const[]){"Version: 3", "Subject: CN=Acme Device Root,O=Acme,C=DE",
		"Issuer: CN=Acme Device Root,O=Acme,C=DE", "X509v3 Basic Constraints: critical",
		"CA:TRUE, pathlen:1", "X509v3 Key Usage: critical", "Certificate Sign, CRL Sign",
		"X509v3 Subject Key Identifier", "ecdsa-with-SHA384", NULL},
	    (const char *const[]){"Authority Key Identifier", "CRL Distribution",
		"Authority Information", "Digital Signature", NULL});
}

Test(ca_ceremony, issuing_authority_has_its_issuers_urls_and_constraints)
{
	AUTO(world) w;
	world_make(&w, "EC-P384", "EC-P256");
	struct span issuing = buf_span(&w.issuing_der);
	fixture_file("issuing.pem", "CERTIFICATE", &issuing, 1);
	expect_texts("issuing.pem",
	    (const char *const[]){"CA:TRUE, pathlen:0", "Certificate Sign, CRL Sign",
		"X509v3 Authority Key Identifier", "X509v3 Name Constraints: critical",
		"DNS:example", "URI:http://pki.example/crl/root.crl",
		"CA Issuers - URI:http://pki.example/ca/root.cer", NULL},
	    (const char *const[]){"OCSP - URI", "Digital Signature", NULL});
}

/* RFC 7093 section 2 method 1, computed from the key by another program. */
Test(ca_ceremony, key_identifier_is_the_left_of_sha256_over_the_key)
{
	AUTO(world) w;
	world_make(&w, "EC-P256", "EC-P256");
	struct span root = buf_span(&w.root_der);
	fixture_file("root.pem", "CERTIFICATE", &root, 1);
	fixture_must(NULL,
	    "openssl x509 -in root.pem -noout -pubkey | openssl pkey -pubin -outform DER | "
	    "tail -c 65 | sha256sum | cut -c1-40 > wanted; "
	    "openssl x509 -in root.pem -noout -ext subjectKeyIdentifier | tail -1 | "
	    "tr -d ' :' | tr A-F a-f > found; cmp wanted found");
}

/* What our own lint says about names below an authority. */
static bool lint_allows(const struct authority *issuer, struct span tbs_der, int64_t now)
{
	struct tbs tbs;
	struct err err = {0};
	char why[200];
	const struct lint *l = lints;
	while (strcmp(l->name, "name_outside_issuer_constraints") != 0)
		l++;
	cr_assert(tbs_parse(tbs_der, &tbs, &err).ok, "%s", err.message);
	return l->check(&tbs, &(struct lint_context){issuer, false, now}, why, sizeof(why));
}

/* A leaf below `issuer`, signed whatever the lints say. Returns what ours would have said. */
static bool sign_leaf(const struct world *w, const char *subject, const char *dns,
    const struct authority *issuer, struct hsm_key *key, const char *file)
{
	AUTO(buf) name = {0};
	AUTO(buf) names = {0};
	AUTO(buf) extensions = {0};
	AUTO(buf) tbs = {0};
	AUTO(buf) der = {0};
	struct err err = {0};
	cr_assert(name_from_text(subject, &name, &err).ok, "%s", err.message);
	size_t mark = der_begin(&names, DER_SEQUENCE);
	der_put(&names, GENERAL_DNS, span_str(dns));
	der_end(&names, mark);
	extension_put(&extensions, OID_SUBJECT_ALT_NAME, false, buf_span(&names));
	tbs_write(
	    &(struct tbs_parts){
		.serial = SPAN_LITERAL("\x41"),
		.algorithm = hsm_key_algorithm(key)->signature->identifier,
		.issuer = issuer->subject,
		.not_before = w->now - 60,
		.not_after = w->now + DAY,
		.subject = buf_span(&name),
		.spki = hsm_key_spki(w->device_key),
		.extensions = buf_span(&extensions),
	    },
	    &tbs);
	cr_assert(certificate_sign(buf_span(&tbs), key, &der, &err).ok);
	struct span leaf = buf_span(&der);
	fixture_file(file, "CERTIFICATE", &leaf, 1);
	return lint_allows(issuer, buf_span(&tbs), w->now);
}

/* GnuTLS 3.7 holds leaves to DNS names, not to directory names. What we write as constraints is
 * what OpenSSL and GnuTLS hold leaves to. RFC 5280 4.2.1.10 */
Test(ca_ceremony, constraints_bind_other_verifiers)
{
	static const char *const permitted[] = {"inside.example"};
	static const char *const excluded[] = {"no.inside.example"};
	static const char *const directory[] = {"O=Acme,C=DE"};
	static const struct {
		const char *subject, *dns;
		bool allowed, dns_allowed;
	} leaves[] = {
	    {"CN=a,O=Acme,C=DE", "a.inside.example", true, true},
	    {"CN=a,O=Acme,C=DE", "inside.example", true, true},
	    {"CN=a,O=Acme,C=DE", "a.no.inside.example", false, false},
	    {"CN=a,O=Acme,C=DE", "a.example", false, false},
	    {"CN=a,O=Other,C=DE", "a.inside.example", false, true},
	};
	AUTO(world) w;
	AUTO(buf) root = {0};
	struct err err = {0};
	struct authority authority = {0};
	world_make(&w, "EC-P256", "EC-P256");
	struct ceremony_request r = root_request(&w);
	r.constraints =
	    (struct ceremony_constraints){permitted, 1, excluded, 1, directory, 1, NULL, 0};
	r.path_length = 0;
	cr_assert(ceremony_make(&r, w.now, &w.rng, &root, &err).ok, "%s", err.message);
	cr_assert(authority_of_certificate(buf_span(&root), &authority, &err).ok);
	struct span der = buf_span(&root);
	fixture_file("root.pem", "CERTIFICATE", &der, 1);
	expect_texts("root.pem",
	    (const char *const[]){"Name Constraints: critical", "Permitted:", "DNS:inside.example",
		"DirName:", "Excluded:", "DNS:no.inside.example", NULL},
	    (const char *const[]){NULL});
	for (size_t i = 0; i < COUNT(leaves); i++) {
		AUTO(buf) output = {0};
		bool ours =
		    sign_leaf(&w, leaves[i].subject, leaves[i].dns, &authority, r.key, "leaf.pem");
		cr_expect_eq(ours, leaves[i].allowed, "%s %s", leaves[i].subject, leaves[i].dns);
		int code = fixture_run(&output, "openssl verify -CAfile root.pem leaf.pem");
		cr_expect_eq(code == 0, leaves[i].allowed, "%s %s: %s", leaves[i].subject,
		    leaves[i].dns, buf_cstr(&output));
		code = fixture_run(&output,
		    "cat leaf.pem root.pem > chain.pem; certtool --verify-chain --infile chain.pem");
		cr_expect_eq(code == 0, leaves[i].dns_allowed, "%s %s: %s", leaves[i].subject,
		    leaves[i].dns, buf_cstr(&output));
	}
}

Test(ca_ceremony, validity_is_cut_at_the_issuers_end)
{
	AUTO(world) w;
	AUTO(buf) der = {0};
	struct err err = {0};
	struct authority root = {0}, made = {0};
	world_make(&w, "EC-P256", "EC-P256");
	struct ceremony_request r = root_request(&w);
	AUTO(buf) root_der = {0};
	cr_assert(ceremony_make(&r, w.now, &w.rng, &root_der, &err).ok);
	struct ceremony_request below = root_request(&w);
	below.subject = "Below";
	below.issuer_certificate = buf_span(&root_der);
	below.issuer_key = r.key;
	below.not_after = TIME_NO_EXPIRY;
	cr_assert(ceremony_make(&below, w.now, &w.rng, &der, &err).ok, "%s", err.message);
	cr_assert(authority_of_certificate(buf_span(&root_der), &root, &err).ok);
	cr_assert(authority_of_certificate(buf_span(&der), &made, &err).ok);
	cr_assert_eq(made.not_after, root.not_after);
}

static void bend_no_subject(struct ceremony_request *r)
{
	r->subject = "";
}
static void bend_country(struct ceremony_request *r)
{
	r->subject = "CN=x,C=Germany";
}
static void bend_times(struct ceremony_request *r)
{
	r->not_after = r->not_before;
}
static void bend_path(struct ceremony_request *r)
{
	r->path_length = -2;
}
static void bend_root_url(struct ceremony_request *r)
{
	r->crl_url = "http://a.example/c";
}
static void bend_half_issuer(struct ceremony_request *r)
{
	r->issuer_key = r->key;
}
static void bend_wildcard(struct ceremony_request *r)
{
	static const char *const names[] = {"*.example"};
	r->constraints.permitted_dns = names;
	r->constraints.permitted_dns_count = 1;
}
static void bend_constraint(struct ceremony_request *r)
{
	static const char *const names[] = {"a_b"};
	r->constraints.excluded_dns = names;
	r->constraints.excluded_dns_count = 1;
}
static void bend_directory(struct ceremony_request *r)
{
	static const char *const names[] = {"XY=z"};
	r->constraints.permitted_directory = names;
	r->constraints.permitted_directory_count = 1;
}

Test(ca_ceremony, unfit_requests_are_refused)
{
	static const struct {
		void (*bend)(struct ceremony_request *r);
		const char *wanted;
	} cases[] = {
	    {bend_no_subject, "an authority needs a name"},
	    {bend_country, "C: 7 characters"},
	    {bend_times, "notAfter lies before notBefore"},
	    {bend_path, "path length -2"},
	    {bend_root_url, "nobody revokes a root"},
	    {bend_half_issuer, "an issuer has a certificate and a key"},
	    {bend_wildcard, "no wildcard"},
	    {bend_constraint, "name constraint \"a_b\""},
	    {bend_directory, "\"XY\" is neither"},
	};
	AUTO(world) w;
	world_make(&w, "EC-P256", "EC-P256");
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO(buf) der = {0};
		struct err err = {0};
		struct ceremony_request r = root_request(&w);
		cases[i].bend(&r);
		cr_expect_not(
		    ceremony_make(&r, w.now, &w.rng, &der, &err).ok, "%s", cases[i].wanted);
		cr_expect_eq(err.kind, ERR_CONFIG, "%s", err.message);
		cr_expect(
		    strstr(err.message, cases[i].wanted), "%s: %s", cases[i].wanted, err.message);
		cr_expect_eq(der.n, 0);
	}
}

/* ---- under an issuer ---- */

static void refused_below(struct world *w, struct span issuer_der, struct hsm_key *issuer_key,
    int64_t now, const char *wanted)
{
	AUTO(buf) der = {0};
	struct err err = {0};
	struct ceremony_request r = root_request(w);
	r.subject = "Below";
	r.path_length = 0;
	r.issuer_certificate = issuer_der;
	r.issuer_key = issuer_key;
	cr_expect_not(ceremony_make(&r, now, &w->rng, &der, &err).ok, "%s", wanted);
	cr_expect_eq(err.kind, ERR_CONFIG);
	cr_expect(strstr(err.message, wanted), "%s: %s", wanted, err.message);
}

Test(ca_ceremony, unfit_issuers_are_refused)
{
	AUTO(world) w;
	world_make(&w, "EC-P256", "EC-P256");
	struct span issuing = buf_span(&w.issuing_der);
	refused_below(&w, issuing, w.issuing.key, w.now, "the issuer's path length is 0");
	refused_below(
	    &w, issuing, w.device_key, w.now, "the issuer's key is not that of its certificate");
	refused_below(&w, issuing, w.issuing.key, w.issuing.not_after + 1, "expired");
	AUTO(issued) leaf = world_issue(&w);
	refused_below(&w, buf_span(&leaf.der), w.device_key, w.now, "it is no CA");
}

/* ---- taking over ---- */

struct chain {
	struct buf pem;
	struct buf spki;
};

static void chain_auto(struct chain *c)
{
	buf_free(&c->pem);
	buf_free(&c->spki);
}

static void add(struct chain *c, const struct pki_authority *a)
{
	pki_pem_certificate(a->certificate, &c->pem);
}

static void set_key(struct chain *c, EVP_PKEY *key)
{
	struct err err = {0};
	cr_assert(key_spki(key, &c->spki, &err).ok);
}

static void expect_taken(const struct chain *c, int64_t now, size_t count, const char *refusal)
{
	AUTO(arena) arena = {0};
	struct ceremony_chain chain = {.count = 99};
	struct err err = {0};
	bool ok =
	    ceremony_take(buf_span(&c->pem), buf_span(&c->spki), now, &arena, &chain, &err).ok;
	if (!refusal) {
		cr_expect(ok, "%s", err.message);
		cr_expect_eq(chain.count, count);
		return;
	}
	cr_expect_not(ok, "%s", refusal);
	cr_expect_eq(err.kind, ERR_CONFIG);
	cr_expect(strstr(err.message, refusal), "%s: %s", refusal, err.message);
	cr_expect_eq(chain.count, 99); /* untouched */
}

/* A hierarchy that somebody else made, with OpenSSL's own writer. */
Test(ca_ceremony, foreign_hierarchy_is_taken_over)
{
	AUTO(chain) c = {0};
	struct pki_authority root = pki_authority("Root", NULL, 2);
	struct pki_authority middle = pki_authority("Middle", &root, 1);
	struct pki_authority issuing = pki_authority("Issuing", &middle, 0);
	add(&c, &issuing);
	buf_put_str(&c.pem, "a comment between\n");
	add(&c, &middle);
	add(&c, &root);
	set_key(&c, issuing.key);
	expect_taken(&c, (int64_t)time(NULL), 3, NULL);
	pki_authority_free(&issuing);
	pki_authority_free(&middle);
	pki_authority_free(&root);
}

Test(ca_ceremony, unfit_hierarchies_are_refused)
{
	int64_t now = (int64_t)time(NULL);
	struct pki_authority root = pki_authority("Root", NULL, -1);
	struct pki_authority other = pki_authority("Root", NULL, -1); /* same name, other key */
	struct pki_authority short_root = pki_authority("Short", NULL, 0);
	struct pki_authority issuing = pki_authority("Issuing", &root, -1);
	struct pki_authority deep = pki_authority("Deep", &short_root, 0);
	struct pki_authority deeper = pki_authority("Deeper", &deep, 0);
	const struct {
		const struct pki_authority *chain[3];
		EVP_PKEY *key;
		int64_t now;
		const char *wanted;
	} cases[] = {
	    {{&issuing, &root}, root.key, now, "certificate 1: the key given is not its key"},
	    {{&root, &issuing}, root.key, now, "certificate 1: its issuer is not the subject"},
	    {{&issuing, NULL}, issuing.key, now,
		"certificate 1: its issuer is not the subject of itself"},
	    {{&issuing, &other}, issuing.key, now, "certificate 1: its authority key identifier"},
	    {{&root, NULL}, root.key, now, "certificate 1: a root alone"},
	    {{&issuing, &root}, issuing.key, now + 200 * 365 * DAY,
		"certificate 1: it is expired since"},
	    {{&issuing, &root}, issuing.key, INT64_C(86400),
		"certificate 1: it is not valid before"},
	    {{&deeper, &deep, &short_root}, deeper.key, now, "certificate 2: its path length 0"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO(chain) c = {0};
		for (size_t j = 0; j < 3 && cases[i].chain[j]; j++)
			add(&c, cases[i].chain[j]);
		set_key(&c, cases[i].key);
		expect_taken(&c, cases[i].now, 0, cases[i].wanted);
	}
	struct pki_authority *all[] = {&root, &other, &short_root, &issuing, &deep, &deeper};
	for (size_t i = 0; i < COUNT(all); i++)
		pki_authority_free(all[i]);
}

Test(ca_ceremony, chain_of_something_else_is_refused)
{
	AUTO(chain) none = {0};
	AUTO(chain) many = {0};
	AUTO(chain) leaf = {0};
	int64_t now = (int64_t)time(NULL);
	struct pki_authority root = pki_authority("Root", NULL, -1);
	EVP_PKEY *key = pki_key("EC-P256");
	X509 *idevid = pki_idevid(&root, key, &(struct pki_idevid){.product = "X", .serial = "1"});
	buf_put_str(&none.pem, "not PEM");
	set_key(&none, root.key);
	expect_taken(&none, now, 0, "0 PEM certificates");
	for (int i = 0; i < 9; i++)
		add(&many, &root);
	set_key(&many, root.key);
	expect_taken(&many, now, 0, "9 PEM certificates");
	pki_pem_certificate(idevid, &leaf.pem);
	add(&leaf, &root);
	set_key(&leaf, key);
	expect_taken(&leaf, now, 0, "certificate 1: it is no CA");
	X509_free(idevid);
	EVP_PKEY_free(key);
	pki_authority_free(&root);
}

Test(ca_ceremony, chain_with_a_changed_signature_is_refused)
{
	AUTO(world) w;
	AUTO(chain) c = {0};
	AUTO(buf) der = {0};
	world_make(
	    &w, "Ed25519", "EC-P256"); /* a changed Ed25519 signature stays well-formed DER */
	buf_put(&der, buf_span(&w.issuing_der));
	der.p[der.n - 1] ^= 1;
	struct span changed = buf_span(&der), root = buf_span(&w.root_der);
	const char *path =
	    fixture_file("changed.pem", "CERTIFICATE", (struct span[]){changed, root}, 2);
	FILE *f = fopen(path, "r");
	uint8_t text[8192];
	buf_put(&c.pem, span(text, fread(text, 1, sizeof(text), f)));
	fclose(f);
	buf_put(&c.spki, w.issuing.spki);
	expect_taken(&c, w.now, 0, "certificate 1: its signature does not verify");
}
