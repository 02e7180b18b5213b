/* tests/unit/api/authority_test.c: authorities made, taken in and retired while the server runs. */
#include "tests/unit/api/request_scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "ca/ceremony.h"
#include "tests/lib/pki.h"

TestSuite(api_authority, .timeout = 120);

#define AUTHORITIES "/api/v1/authorities"
#define LAB         "{\"name\":\"lab\",\"parent\":\"issuing\",\"subject\":\"CN=Lab CA,O=Acme\"}"

static bool has_key(struct request_scene *s, const char *name)
{
	char path[128];

	snprintf(path, sizeof path, "%s/%s", s->directory, name);
	return access(path, F_OK) == 0;
}

static X509 *of_der(struct span der)
{
	const unsigned char *p = der.p;
	X509 *x = d2i_X509(NULL, &p, (long)der.n);

	cr_assert_not_null(x);
	return x;
}

/* The PEM of an answer's member, its escapes undone. */
static char *pem_of(struct request_scene *s, const char *json, const char *name)
{
	const char *escaped = people_member(s, json, name);
	char *text = arena_strdup(&s->arena, escaped), *out = text;

	for (const char *in = escaped; *in; in++) {
		bool newline = in[0] == '\\' && in[1] == 'n';

		*out++ = newline ? '\n' : *in;
		in += newline;
	}
	*out = '\0';
	return text;
}

static X509 *certificate_of(struct request_scene *s, const char *json)
{
	BIO *in = BIO_new_mem_buf(pem_of(s, json, "certificate"), -1);
	X509 *x = PEM_read_bio_X509(in, NULL, NULL, NULL);

	BIO_free(in);
	cr_assert_not_null(x);
	return x;
}

/* What OpenSSL says of the path from x to the scene's root. */
static int verify(struct request_scene *s, X509 *x)
{
	X509 *root = of_der(buf_span(&s->root)), *issuing = of_der(buf_span(&s->issuing));
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *context = X509_STORE_CTX_new();
	STACK_OF(X509) *between = sk_X509_new_null();
	int error;

	X509_STORE_add_cert(store, root);
	sk_X509_push(between, issuing);
	X509_STORE_CTX_init(context, store, x, between);
	X509_STORE_CTX_set_flags(context, X509_V_FLAG_X509_STRICT);
	X509_verify_cert(context);
	error = X509_STORE_CTX_get_error(context);
	X509_STORE_CTX_free(context);
	X509_STORE_free(store);
	sk_X509_free(between);
	X509_free(root);
	X509_free(issuing);
	return error;
}

/* ---- below one whose key is here ---- */

Test(api_authority, is_made_below_one_whose_key_is_here)
{
	struct request_scene *s = request_scene_new();
	struct told t = people_post(s, "ada", AUTHORITIES, LAB);
	X509 *x;

	EXPECT(t, 201, "");
	cr_expect_str_eq(t.location, AUTHORITIES "/lab");
	x = certificate_of(s, t.body);
	cr_expect_eq(verify(s, x), X509_V_OK);
	cr_expect_eq(X509_get_pathlen(x), 0);
	/* The parent's name constraints are repeated. */
	NAME_CONSTRAINTS *nc = X509_get_ext_d2i(x, NID_name_constraints, NULL, NULL);
	cr_assert_not_null(nc);
	cr_expect_eq(sk_GENERAL_SUBTREE_num(nc->permittedSubtrees), 1);
	NAME_CONSTRAINTS_free(nc);
	X509_free(x);
	cr_expect(has_key(s, "ca.lab.key"));
	cr_expect_eq(pg_number(&s->database, "SELECT count(*) FROM log_entry e JOIN log_salt ON "
					     "entry_id = e.id WHERE kind = 'authority.created'"),
	    3);
	/* It issues at once, under a profile that names it. */
	EXPECT(people_put_new(s, "ada", "/api/v1/profiles/lab",
		   "{\"authority\":\"lab\",\"subject\":[{\"attribute\":\"serialNumber\","
		   "\"value\":\"{serial}\"}]}"),
	    201, "");
	request_scene_free(s);
}

static const struct {
	const char *claim, *body, *code;
	int status;
} refused[] = {
    {"of a name that is taken",
	"{\"name\":\"issuing\",\"parent\":\"issuing\",\"subject\":\"CN=Lab CA,O=Acme\"}",
	"authority.there", 409},
    {"of no fit name",
	"{\"name\":\"La b\",\"parent\":\"issuing\",\"subject\":\"CN=Lab CA,O=Acme\"}",
	"authority.order", 422},
    {"below nobody", "{\"name\":\"lab\",\"parent\":\"nobody\",\"subject\":\"CN=Lab CA,O=Acme\"}",
	"authority.parent", 422},
    {"below a root whose key is offline",
	"{\"name\":\"lab\",\"parent\":\"root\",\"subject\":\"CN=Lab CA,O=Acme\"}",
	"authority.offline", 409},
    {"with a longer path than the parent allows",
	"{\"name\":\"lab\",\"parent\":\"issuing\",\"subject\":\"CN=Lab CA,O=Acme\",\"path_length\":1}",
	"authority.order", 422},
    {"of a name outside of the parent's constraints",
	"{\"name\":\"lab\",\"parent\":\"issuing\",\"subject\":\"CN=Lab CA,O=Other\"}",
	"authority.order", 422},
    {"permitting what the parent does not",
	"{\"name\":\"lab\",\"parent\":\"issuing\",\"subject\":\"CN=Lab CA,O=Acme\","
	"\"permit_directory\":[\"O=Other\"]}",
	"authority.order", 422},
    {"of an algorithm that there is not",
	"{\"name\":\"lab\",\"parent\":\"issuing\",\"subject\":\"CN=Lab CA,O=Acme\","
	"\"algorithm\":\"EC-P100\"}",
	"authority.order", 422},
    {"with a URL that is none",
	"{\"name\":\"lab\",\"parent\":\"issuing\",\"subject\":\"CN=Lab CA,O=Acme\","
	"\"crl_url\":\"ftp://x\"}",
	"authority.order", 422},
    {"of no subject", "{\"name\":\"lab\",\"parent\":\"issuing\"}", "body.member", 400},
    {"for a second only",
	"{\"name\":\"lab\",\"parent\":\"issuing\",\"subject\":\"CN=L,O=Acme\",\"validity\":\"1s\"}",
	"body.member", 400},
    {"with a member that there is not",
	"{\"name\":\"lab\",\"parent\":\"issuing\",\"subject\":\"CN=L,O=Acme\",\"root\":true}",
	"body.member", 400},
};

Test(api_authority, what_cannot_be_made_is_refused_and_leaves_nothing)
{
	struct request_scene *s = request_scene_new();

	for (size_t i = 0; i < COUNT(refused); i++) {
		struct told t = people_post(s, "ada", AUTHORITIES, refused[i].body);

		cr_expect_eq(t.status, refused[i].status, "%s: %d %s", refused[i].claim, t.status,
		    t.message);
		cr_expect_str_eq(
		    t.code, refused[i].code, "%s: %s %s", refused[i].claim, t.code, t.message);
	}
	cr_expect_eq(pg_number(&s->database, "SELECT count(*) FROM authority"), 2);
	EXPECT(people_post(s, "bob", AUTHORITIES, LAB), 403, "access.denied");
	EXPECT(people_post(s, "vic", AUTHORITIES, LAB), 403, "access.denied");
	request_scene_free(s);
}

Test(api_authority, none_stands_below_one_of_path_length_0)
{
	struct request_scene *s = request_scene_new();

	EXPECT(people_post(s, "ada", AUTHORITIES, LAB), 201, "");
	EXPECT(people_post(s, "ada", AUTHORITIES,
		   "{\"name\":\"sub\",\"parent\":\"lab\",\"subject\":\"CN=Sub CA,O=Acme\"}"),
	    422, "authority.order");
	request_scene_free(s);
}

/* As after a commit that failed, or whose outcome nobody learnt. */
Test(api_authority, a_key_that_was_left_is_used_and_one_in_use_is_not)
{
	struct request_scene *s = request_scene_new();
	AUTO_REF(hsm_key) left = NULL;
	struct err err = {0};
	X509 *x;
	struct told t;
	EVP_PKEY *public;
	const struct key_algorithm *a;

	cr_assert(hsm_key_generate(
	    s->hsm, "file:ca.lab.key", key_algorithm_by_name("EC-P256"), &left, &err)
		      .ok);
	EXPECT(people_post(s, "ada", AUTHORITIES,
		   "{\"name\":\"lab\",\"parent\":\"issuing\",\"subject\":\"CN=Lab CA,O=Acme\","
		   "\"algorithm\":\"EC-P384\"}"),
	    409, "authority.there");
	t = people_post(s, "ada", AUTHORITIES, LAB);
	EXPECT(t, 201, "");
	x = certificate_of(s, t.body);
	cr_assert(public_key_from_spki(hsm_key_spki(left), &a, &public, &err).ok);
	cr_expect_eq(EVP_PKEY_eq(X509_get0_pubkey(x), public), 1);
	EVP_PKEY_free(public);
	X509_free(x);
	/* Another name, and its key file is a copy of one in use. */
	{
		char command[300];

		snprintf(command, sizeof command, "cp -p %s/issuing.key %s/ca.copy.key",
		    s->directory, s->directory);
		cr_assert_eq(system(command), 0);
	}
	EXPECT(people_post(s, "ada", AUTHORITIES,
		   "{\"name\":\"copy\",\"parent\":\"issuing\",\"subject\":\"CN=Copy CA,O=Acme\"}"),
	    409, "authority.there");
	request_scene_free(s);
}

Test(api_authority, waits_for_approvals_and_no_key_is_made_before)
{
	struct request_scene *s = request_scene_new();
	struct told t;
	int64_t id;

	request_scene_policy(s, "{kind: approval-policy, name: two, acts: [authority.issue, "
				"authority.retire], approvals: 2, role: officer, expires: 1d}");
	/* What could never be made is refused before anybody is asked. */
	EXPECT(people_post(s, "ada", AUTHORITIES, refused[3].body), 409, "authority.offline");
	EXPECT(people_post(s, "ada", AUTHORITIES, refused[5].body), 422, "authority.order");
	t = people_post(s, "ada", AUTHORITIES, LAB);
	id = people_requested(&t);
	cr_expect(strstr(t.body, "\"path\":\"/authorities/lab\""), "%s", t.body);
	EXPECT(people_approve(s, "bob", id), 200, "");
	EXPECT(people_step(s, "ada", id, "redeem"), 403, "approval.lacking");
	cr_expect(!has_key(s, "ca.lab.key"));
	EXPECT(people_approve(s, "carol", id), 200, "");
	t = people_step(s, "bob", id, "redeem");
	EXPECT(t, 201, "");
	cr_expect(has_key(s, "ca.lab.key"));
	cr_expect_eq(
	    pg_number(&s->database,
		"SELECT count(*) FROM policy_change WHERE name = 'lab' AND who = 'ada' AND "
		"convert_from(record, 'UTF8') LIKE '%bob%carol%'"),
	    1);
	EXPECT(people_step(s, "ada", id, "redeem"), 409, "request.ended");
	request_scene_free(s);
}

/* ---- below one whose key is offline ---- */

static struct buf root_signs(struct request_scene *s, const char *key_uri, int path_length)
{
	AUTO_REF(hsm_key) key = NULL;
	struct err err = {0};
	struct buf der = {0};

	cr_assert(hsm_key_open(s->hsm, key_uri, &key, &err).ok);
	cr_assert(ceremony_make(&(struct ceremony_request){.subject = "CN=Two,O=Acme",
				    .key = key,
				    .not_before = s->now,
				    .not_after = s->now + 365 * 86400,
				    .path_length = path_length,
				    .issuer_certificate = buf_span(&s->root),
				    .issuer_key = s->root_key},
		      s->now, &s->api.rng, &der, &err)
		      .ok,
	    "%s", err.message);
	return der;
}

static const char *chain_body(struct request_scene *s, struct span first, struct span second)
{
	AUTO(buf) pem = {0};
	AUTO(buf) body = {0};

	pem_encode("CERTIFICATE", first, &pem);
	if (second.n)
		pem_encode("CERTIFICATE", second, &pem);
	buf_put_str(&body, "{\"chain\":\"");
	for (size_t i = 0; i < pem.n; i++)
		if (pem.p[i] == '\n')
			buf_put_str(&body, "\\n");
		else
			buf_put_byte(&body, pem.p[i]);
	buf_put_str(&body, "\"}");
	return arena_strdup(&s->arena, buf_cstr(&body));
}

Test(api_authority, comes_in_two_steps_where_the_parents_key_is_offline)
{
	struct request_scene *s = request_scene_new();
	AUTO(buf) der = {0};
	struct told t;
	BIO *in;
	X509_REQ *csr;
	X509 *x;

	EXPECT(people_post(s, "ada", AUTHORITIES "/two/certificate",
		   chain_body(s, buf_span(&s->issuing), buf_span(&s->root))),
	    409, "authority.key");
	t = people_post(s, "ada", AUTHORITIES "/two/key", "{\"subject\":\"CN=Two,O=Acme\"}");
	EXPECT(t, 201, "");
	in = BIO_new_mem_buf(pem_of(s, t.body, "csr"), -1);
	csr = PEM_read_bio_X509_REQ(in, NULL, NULL, NULL);
	cr_assert_not_null(csr);
	cr_expect_eq(X509_REQ_verify(csr, X509_REQ_get0_pubkey(csr)), 1);
	X509_REQ_free(csr);
	BIO_free(in);
	/* Again is the same key: the request may have been lost. */
	EXPECT(people_post(s, "ada", AUTHORITIES "/two/key", "{\"subject\":\"CN=Two,O=Acme\"}"),
	    201, "");

	der = root_signs(s, "file:ca.two.key", 0);
	EXPECT(people_post(s, "ada", AUTHORITIES "/two/certificate",
		   chain_body(s, buf_span(&der), SPAN_NONE)),
	    422, "authority.order");
	EXPECT(people_post(s, "ada", AUTHORITIES "/two/certificate",
		   chain_body(s, buf_span(&s->issuing), buf_span(&s->root))),
	    422, "authority.order");
	EXPECT(people_post(s, "ada", AUTHORITIES "/two/certificate", "{\"chain\":\"x\"}"), 422,
	    "authority.order");
	t = people_post(s, "ada", AUTHORITIES "/two/certificate",
	    chain_body(s, buf_span(&der), buf_span(&s->root)));
	EXPECT(t, 201, "");
	x = certificate_of(s, t.body);
	cr_expect_eq(verify(s, x), X509_V_OK);
	X509_free(x);
	cr_expect_eq(pg_number(&s->database,
			 "SELECT count(*) FROM authority c JOIN authority p ON p.id = c.parent_id "
			 "WHERE c.name = 'two' AND p.name = 'root'"),
	    1);
	EXPECT(people_post(s, "ada", AUTHORITIES "/two/key", "{\"subject\":\"CN=Two,O=Acme\"}"),
	    409, "authority.there");
	request_scene_free(s);
}

Test(api_authority, who_agrees_to_a_certificate_reads_what_it_says)
{
	struct request_scene *s = request_scene_new();
	AUTO(buf) der = {0};
	struct told t;

	request_scene_policy(s, "{kind: approval-policy, name: two, acts: [authority.issue], "
				"approvals: 2, role: officer, expires: 1d}");
	EXPECT(people_post(s, "ada", AUTHORITIES "/two/key", "{\"subject\":\"CN=Two,O=Acme\"}"),
	    201, "");
	EXPECT(people_post(s, "ada", AUTHORITIES "/two/certificate",
		   chain_body(s, buf_span(&s->issuing), buf_span(&s->root))),
	    422, "authority.order");
	der = root_signs(s, "file:ca.two.key", 0);
	t = people_post(s, "ada", AUTHORITIES "/two/certificate",
	    chain_body(s, buf_span(&der), buf_span(&s->root)));
	EXPECT(t, 202, "");
	cr_expect(strstr(t.body, "\"new\":{\"name\":\"two\",\"fingerprint\":\""), "%s", t.body);
	cr_expect(strstr(t.body, "\"subject\":\"CN=Two,O=Acme\""), "%s", t.body);
	request_scene_free(s);
}

/* ---- retiring ---- */

static void use_issuing(struct request_scene *s)
{
	struct pki_authority maker = pki_authority("Acme Device CA", NULL, -1);
	AUTO(buf) pem = {0};
	AUTO(buf) yaml = {0};

	pki_pem_certificate(maker.certificate, &pem);
	buf_put_str(&yaml, "kind: trust-anchor\nname: acme\nmanufacturer: Acme\n"
			   "product: {from: subject.OU}\nserial: {from: subject.serialNumber}\n"
			   "certificate: |\n");
	for (char *save = NULL, *line = strtok_r((char *)(uintptr_t)buf_cstr(&pem), "\n", &save);
	     line; line = strtok_r(NULL, "\n", &save))
		buf_printf(&yaml, "  %s\n", line);
	buf_put_str(&yaml, "---\n{kind: label, name: lab, profile: device, trust_anchors: [acme], "
			   "products: [x100]}\n");
	request_scene_policy(s, buf_cstr(&yaml));
	pki_authority_free(&maker);
}

Test(api_authority, is_not_retired_under_a_label_and_issues_nothing_afterwards)
{
	struct request_scene *s = request_scene_new();
	struct told t;

	use_issuing(s);
	EXPECT(people_post(s, "ada", AUTHORITIES, LAB), 201, "");
	EXPECT(people_post(s, "ada", AUTHORITIES "/issuing/retire", NULL), 409, "authority.in-use");
	EXPECT(people_put_new(s, "ada", "/api/v1/profiles/device2",
		   "{\"authority\":\"lab\",\"subject\":[{\"attribute\":\"serialNumber\","
		   "\"value\":\"{serial}\"}]}"),
	    201, "");
	EXPECT(
	    people_put(s, "ada", "/api/v1/labels/lab",
		"{\"profile\":\"device2\",\"trust_anchors\":[\"acme\"],\"products\":[\"x100\"]}"),
	    200, "");
	EXPECT(people_post(s, "vic", AUTHORITIES "/issuing/retire", NULL), 403, "access.denied");
	/* Nor under the server's own certificate, however it is asked for. */
	s->api.tls_authority = "issuing";
	EXPECT(people_post(s, "ada", AUTHORITIES "/issuing/retire", NULL), 409, "authority.in-use");
	EXPECT(people_put(s, "ada", AUTHORITIES "/issuing",
		   "{\"key_uri\":\"file:issuing.key\",\"state\":\"retired\"}"),
	    409, "authority.in-use");
	s->api.tls_authority = "lab";
	t = people_post(s, "ada", AUTHORITIES "/issuing/retire", NULL);
	EXPECT(t, 200, "");
	cr_expect(strstr(t.body, "\"state\":\"retired\""), "%s", t.body);
	/* No label goes back to it, nothing is issued below it, its certificate is still there. */
	cr_expect_eq(
	    people_put(s, "ada", "/api/v1/labels/lab",
		"{\"profile\":\"device\",\"trust_anchors\":[\"acme\"],\"products\":[\"x100\"]}")
		.status,
	    422);
	EXPECT(people_post(s, "ada", AUTHORITIES,
		   "{\"name\":\"lab2\",\"parent\":\"issuing\",\"subject\":\"CN=Lab 2,O=Acme\"}"),
	    422, "authority.parent");
	cr_expect(strstr(people_get(s, "ada", AUTHORITIES "/issuing").body, "BEGIN CERTIFICATE"));
	EXPECT(people_post(s, "ada", AUTHORITIES "/nobody/retire", NULL), 404, "object.unknown");
	request_scene_free(s);
}

Test(api_authority, is_retired_with_approvals)
{
	struct request_scene *s = request_scene_new();
	struct told t;
	int64_t id;

	request_scene_policy(s, "{kind: approval-policy, name: two, acts: [authority.retire], "
				"approvals: 1, role: officer, expires: 1d}");
	t = people_post(s, "ada", AUTHORITIES "/issuing/retire", NULL);
	id = people_requested(&t);
	EXPECT(people_approve(s, "bob", id), 200, "");
	EXPECT(people_step(s, "ada", id, "redeem"), 200, "");
	cr_expect(
	    strstr(people_get(s, "ada", AUTHORITIES "/issuing").body, "\"state\":\"retired\""));
	request_scene_free(s);
}
