#include "tests/unit/ca/policy_scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "base/file.h"
#include "ca/act.h"
#include "ca/certificate.h"
#include "ca/policy_document.h"
#include "sql/policy.h"

const char *const policy_good = "kind: profile\n"
				"name: device\n"
				"authority: issuing\n"
				"subject:\n"
				"  - {attribute: CN, value: \"{product} {serial}\"}\n"
				"  - {attribute: serialNumber, value: \"{serial}\"}\n"
				"extended_key_usage: [clientAuth]\n"
				"---\n"
				"kind: trust-anchor\n"
				"name: acme\n"
				"manufacturer: Acme\n"
				"certificate_file: ca.pem\n"
				"product: {from: subject.CN, match: 'Acme (.*)'}\n"
				"serial: {from: subject.serialNumber, normalise: [trim, upper]}\n"
				"---\n"
				"kind: product\n"
				"name: x100\n"
				"manufacturer: Acme\n"
				"model: X100\n"
				"---\n"
				"kind: product\n"
				"name: x200\n"
				"manufacturer: Acme\n"
				"model: X200\n"
				"---\n"
				"kind: label\n"
				"name: factory\n"
				"unlabelled: true\n"
				"profile: device\n"
				"trust_anchors: [acme]\n"
				"products: [x100]\n";

static void must(struct status s, const struct err *err)
{
	if (!s.ok)
		cr_assert_fail("%s (%s)", err->message, err->cause);
}

static void certificate_der(X509 *x, struct buf *out)
{
	unsigned char *der = NULL;
	int n = i2d_X509(x, &der);

	cr_assert(n > 0);
	buf_put(out, span(der, (size_t)n));
	OPENSSL_free(der);
}

static void store_authority(struct policy_scene *s, const char *name, const char *key_uri,
    X509 *certificate, X509 *issuer, int64_t parent, int64_t *ret_id)
{
	AUTO(buf) der = {0};
	AUTO(buf) issuer_der = {0};
	AUTO(buf) spec = {0};
	struct clock clock = clock_system();
	struct rng rng = rng_system();
	struct certificate_view view;
	struct authority_new a = {.name = name, .parent_id = parent};
	struct span chain;

	certificate_der(certificate, &der);
	must(certificate_read(buf_span(&der), &view, &s->err), &s->err);
	must(policy_authority_spec(
		 name, key_uri, NULL, NULL, "http://ca.example/issuing.cer", &spec, &s->err),
	    &s->err);
	a.spec = buf_cstr(&spec);
	a.certificate = buf_span(&der);
	a.subject = view.subject;
	a.ski = view.subject;
	if (issuer) {
		certificate_der(issuer, &issuer_der);
		chain = buf_span(&issuer_der);
		a.chain = &chain;
		a.chain_count = 1;
	}
	must(policy_store_authority(s->db, &a, "init", &clock, &rng, ret_id, &s->err), &s->err);
}

static void put_file(struct policy_scene *s, const char *name, struct span bytes)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", s->directory, name);
	must(file_create(path, bytes, 0600, &s->err), &s->err);
}

static void put_certificate(struct policy_scene *s, const char *name, X509 *one, X509 *two)
{
	AUTO(buf) pem = {0};

	pki_pem_certificate(one, &pem);
	if (two)
		pki_pem_certificate(two, &pem);
	put_file(s, name, buf_span(&pem));
}

static void put_with_key(struct policy_scene *s)
{
	AUTO(buf) pem = {0};

	pki_pem_key(s->other.key, &pem);
	buf_put_str(&pem, "some text\n");
	pki_pem_certificate(s->other.certificate, &pem);
	put_file(s, "with-key.pem", buf_span(&pem));
}

/* Self-issued, but its signature is another key's. */
static void put_broken(struct policy_scene *s)
{
	X509 *x = X509_dup(s->other.certificate);

	cr_assert(x && X509_sign(x, s->maker.key, EVP_sha256()) > 0);
	put_certificate(s, "broken.pem", x, NULL);
	X509_free(x);
}

static void put_files(struct policy_scene *s)
{
	EVP_PKEY *key = pki_key("EC-P256"), *short_key = pki_key("RSA-1024");
	X509 *leaf = pki_idevid(&s->maker, key, &(struct pki_idevid){.serial = "1"});
	X509 *weak = X509_dup(s->other.certificate);

	cr_assert(X509_set_pubkey(weak, short_key) && X509_sign(weak, short_key, EVP_sha256()) > 0);
	put_certificate(s, "ca.pem", s->maker.certificate, NULL);
	put_certificate(s, "other.pem", s->other.certificate, NULL);
	put_certificate(s, "two.pem", s->maker.certificate, s->other.certificate);
	put_certificate(s, "leaf.pem", leaf, NULL);
	put_certificate(s, "weak.pem", weak, NULL);
	put_with_key(s);
	put_broken(s);
	put_file(s, "text.pem", SPAN_LITERAL("no certificate\n"));
	X509_free(leaf);
	X509_free(weak);
	EVP_PKEY_free(key);
	EVP_PKEY_free(short_key);
}

struct policy_scene *policy_scene_new(void)
{
	struct policy_scene *s = mem_alloc(sizeof(*s));
	int64_t root_id, issuing_id;

	snprintf(s->directory, sizeof(s->directory), "/tmp/signet-policy-XXXXXX");
	cr_assert(mkdtemp(s->directory) != NULL);
	snprintf(s->file, sizeof(s->file), "%s/policy.yaml", s->directory);
	s->database = pg_database_new(true);
	s->db = pg_open(&s->database);
	s->root = pki_authority("Root", NULL, -1);
	s->issuing = pki_authority("Issuing", &s->root, 0);
	s->maker = pki_authority("Acme Device CA", NULL, -1);
	s->other = pki_authority("Other Device CA", NULL, -1);
	store_authority(s, "root", NULL, s->root.certificate, NULL, 0, &root_id);
	store_authority(s, "issuing", "file:issuing.key", s->issuing.certificate,
	    s->root.certificate, root_id, &issuing_id);
	put_files(s);
	return s;
}

void policy_scene_free(struct policy_scene *s)
{
	char command[128];

	db_close(s->db);
	pg_database_drop(&s->database);
	pki_authority_free(&s->root);
	pki_authority_free(&s->issuing);
	pki_authority_free(&s->maker);
	pki_authority_free(&s->other);
	arena_free(&s->arena);
	snprintf(command, sizeof(command), "rm -rf %s", s->directory);
	cr_expect_eq(system(command), 0);
	free(s);
}

enum err_kind policy_scene_edit(struct policy_scene *s, const struct policy_edit *edit)
{
	struct policy_edit whole = *edit;
	const struct actor local = actor_local("tester");
	struct clock clock = clock_system();
	struct status status;

	err_clear(&s->err);
	s->outcome = (struct policy_outcome){0};
	if (!whole.actor)
		whole.actor = &local;
	if (!whole.file_name)
		whole.file_name = s->file;
	status = policy_apply(s->db, &whole, &clock, &s->arena, &s->outcome, &s->err);
	s->changes = s->outcome.changes;
	s->change_count = s->outcome.change_count;
	return status.ok ? ERR_NONE : s->err.kind;
}

enum err_kind policy_scene_apply(struct policy_scene *s, const char *text)
{
	return policy_scene_edit(s, &(struct policy_edit){.text = span_str(text)});
}

enum err_kind policy_scene_try(struct policy_scene *s, const char *text)
{
	return policy_scene_edit(s, &(struct policy_edit){.text = span_str(text), .dry_run = true});
}

void policy_scene_good(struct policy_scene *s)
{
	cr_assert_eq(
	    policy_scene_apply(s, policy_good), ERR_NONE, "%s (%s)", s->err.message, s->err.cause);
}

long long policy_scene_state(struct policy_scene *s)
{
	return pg_number(&s->database,
	    "SELECT hashtext(string_agg(t, ';')) FROM ("
	    " SELECT version::text AS t FROM policy_version"
	    " UNION ALL SELECT a::text FROM authority a UNION ALL SELECT p::text FROM profile p"
	    " UNION ALL SELECT a::text FROM trust_anchor a UNION ALL SELECT p::text FROM product p"
	    " UNION ALL SELECT l::text FROM label l UNION ALL SELECT a::text FROM access_document a"
	    " UNION ALL SELECT d::text FROM device d"
	    " UNION ALL SELECT e::text FROM log_entry e UNION ALL SELECT c::text FROM policy_change c"
	    " ORDER BY 1) x");
}
