#include "tests/unit/ca/enroll_scene.h"

#include <criterion/criterion.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static int64_t scene_time(void *context)
{
	return ((const struct scene *)context)->now;
}

static void must(struct status done, const struct err *err)
{
	cr_assert(done.ok, "%s (%s)", err->message, err->cause);
}

static void der_of(X509 *certificate, struct buf *out)
{
	unsigned char *der = NULL;
	int n = i2d_X509(certificate, &der);

	cr_assert_gt(n, 0);
	buf_put(out, span(der, (size_t)n));
	OPENSSL_free(der);
}

static struct span subject_der(X509 *certificate)
{
	const unsigned char *p;
	size_t n;

	cr_assert(X509_NAME_get0_der(X509_get_subject_name(certificate), &p, &n));
	return span(p, n);
}

static struct span key_id(X509 *certificate)
{
	const ASN1_OCTET_STRING *id = X509_get0_subject_key_id(certificate);

	cr_assert_not_null(id);
	return span(ASN1_STRING_get0_data(id), (size_t)ASN1_STRING_length(id));
}

static void set_authority(struct scene *s)
{
	static char name[] = "issuing";
	struct hsm_config config = {.key_directory = s->keys};
	char path[96], passphrase[] = "correct horse battery staple";
	AUTO(buf) pem = {0};
	struct err err = {0};
	FILE *f;

	snprintf(path, sizeof path, "%s/passphrase", s->keys);
	f = fopen(path, "w");
	cr_assert_not_null(f);
	fputs(passphrase, f);
	fclose(f);
	cr_assert_eq(chmod(path, 0600), 0);
	config.passphrase_file = path;
	must(hsm_open(&config, &s->hsm, &err), &err);
	s->ours = pki_authority("Signet Issuing", NULL, 0);
	pki_pem_key(s->ours.key, &pem);
	must(hsm_key_import(
		 s->hsm, "file:issuing.key", buf_span(&pem), NULL, &s->authority.key, &err),
	    &err);
	der_of(s->ours.certificate, &s->ours_der);
	must(key_spki(s->ours.key, &s->ours_spki, &err), &err);
	s->authority.id = 1;
	s->authority.name = name;
	s->authority.certificate = buf_span(&s->ours_der);
	s->authority.subject = subject_der(s->ours.certificate);
	s->authority.ski = key_id(s->ours.certificate);
	s->authority.spki = buf_span(&s->ours_spki);
	s->authority.not_before = s->now - 86400;
	s->authority.not_after = s->now + 20 * 365 * 86400;
}

static void set_profile(struct scene *s, struct profile *p, int64_t id, char *name)
{
	static char cn[] = "CN", o[] = "O", serial[] = "{serial}", maker[] = "{manufacturer}";
	static char uri[] = "uri", urn[] = "urn:dev:test:{serial}";
	static char p256[] = "EC-P256", ed25519[] = "Ed25519";
	static char *algorithms[] = {p256, ed25519};
	struct err err = {0};

	s->names[0] = (struct subject_part){cn, serial};
	s->names[1] = (struct subject_part){o, maker};
	s->alternative[0] = (struct san_part){.type = uri, .value = urn};
	*p = (struct profile){
	    .id = id,
	    .name = name,
	    .authority = &s->authority,
	    .key_algorithms = {algorithms, COUNT(algorithms)},
	    .validity = 30 * 86400,
	    .subject = {s->names, 2},
	    .san = {s->alternative, 1},
	    .key_usage = 1, /* digitalSignature; OpenSSL has a macro of the name */
	};
	must(profile_compile(p, &s->policy.arena, &err), &err);
}

static void set_anchor(struct scene *s)
{
	static char name[] = "acme-root", maker[] = "Acme", ou[] = "subject.OU",
		    number[] = "subject.serialNumber";
	struct err err = {0};

	s->maker = pki_authority("Acme Device Root", NULL, -1);
	der_of(s->maker.certificate, &s->maker_der);
	must(key_spki(s->maker.key, &s->maker_spki, &err), &err);
	s->anchor = (struct trust_anchor){
	    .id = 1,
	    .name = name,
	    .manufacturer = maker,
	    .product = {.from = ou},
	    .serial = {.from = number},
	    .certificate = buf_span(&s->maker_der),
	    .subject = subject_der(s->maker.certificate),
	    .ski = key_id(s->maker.certificate),
	    .spki = buf_span(&s->maker_spki),
	    .x509 = s->maker.certificate,
	    .key = s->maker.key,
	    .not_before = s->now - 86400,
	    .not_after = s->now + 20 * 365 * 86400,
	};
	s->anchors[0] = &s->anchor;
}

static void set_policy(struct scene *s)
{
	static char field[] = "field", acme[] = "Acme", x100[] = "X100", y200[] = "Y200",
		    acme_x100[] = "acme-x100", acme_y200[] = "acme-y200", ldevid[] = "ldevid",
		    other[] = "other";

	s->all_products[0] =
	    (struct product){.id = 1, .name = acme_x100, .manufacturer = acme, .model = x100};
	s->all_products[1] =
	    (struct product){.id = 2, .name = acme_y200, .manufacturer = acme, .model = y200};
	s->products[0] = &s->all_products[0];
	set_profile(s, &s->profiles[0], 1, ldevid);
	set_profile(s, &s->profiles[1], 2, other);
	s->label = (struct label){
	    .id = 1,
	    .name = field,
	    .unlabelled = true,
	    .profile = &s->profiles[0],
	    .anchors = s->anchors,
	    .anchor_count = 1,
	    .products = s->products,
	    .product_count = 1,
	    .registration = REGISTRATION_OPEN,
	    .pop = POP_OFF,
	    .retry_after = 120,
	    .approval_expires = 86400,
	    .resend = 600,
	    .device_limit = 24,
	};
	s->policy.authorities = &s->authority;
	s->policy.authority_count = 1;
	s->policy.profiles = s->profiles;
	s->policy.profile_count = 2;
	s->policy.anchors = &s->anchor;
	s->policy.anchor_count = 1;
	s->policy.products = s->all_products;
	s->policy.product_count = 2;
	s->policy.labels = &s->label;
	s->policy.label_count = 1;
}

static struct scene *scene_on(struct pg_database database)
{
	struct scene *s = mem_alloc(sizeof *s);

	s->now = (int64_t)time(NULL);
	s->clock = (struct clock){scene_time, s};
	s->rng = rng_system();
	snprintf(s->keys, sizeof s->keys, "/tmp/enroll-test-XXXXXX");
	cr_assert_not_null(mkdtemp(s->keys));
	s->database = database;
	s->db = pg_open(&s->database);
	s->stranger = pki_authority("Nobody", NULL, -1);
	set_authority(s);
	set_anchor(s);
	set_policy(s);
	return s;
}

struct scene *scene_new(void)
{
	return scene_on(pg_database_new(true));
}

struct scene *scene_new_apart(void)
{
	return scene_on(pg_database_apart());
}

void scene_free(struct scene *s)
{
	char command[96];

	db_close(s->db);
	pg_database_drop(&s->database);
	hsm_key_free(s->authority.key);
	hsm_close(s->hsm);
	pki_authority_free(&s->maker);
	pki_authority_free(&s->ours);
	pki_authority_free(&s->stranger);
	buf_free(&s->maker_der);
	buf_free(&s->maker_spki);
	buf_free(&s->ours_der);
	buf_free(&s->ours_spki);
	arena_free(&s->policy.arena);
	snprintf(command, sizeof command, "rm -rf %s", s->keys);
	cr_expect_eq(system(command), 0);
	free(s);
}

struct holder scene_idevid(struct scene *s, const char *product, const char *serial)
{
	const struct pki_idevid want = {.product = product, .serial = serial};
	struct holder h = {.key = pki_key("EC-P256")};

	h.certificate = pki_idevid(&s->maker, h.key, &want);
	return h;
}

void holder_free(struct holder *h)
{
	EVP_PKEY_free(h->key);
	X509_free(h->certificate);
	*h = (struct holder){0};
}

static void text_of_san(X509 *certificate, char *text, size_t size)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	const GENERAL_NAME *first;

	text[0] = 0;
	if (!names)
		return;
	first = sk_GENERAL_NAME_value(names, 0);
	snprintf(text, size, "URI:%.*s", ASN1_STRING_length(first->d.uniformResourceIdentifier),
	    (const char *)ASN1_STRING_get0_data(first->d.uniformResourceIdentifier));
	GENERAL_NAMES_free(names);
}

/* What a client would send: a renewal repeats Subject and subjectAltName. */
static void body_of(const struct ask *ask, struct buf *ret_base64)
{
	struct pki_csr csr = {.common_name = "whatever", .challenge = ask->challenge};
	AUTO(buf) der = {0};
	char san[128];

	if (ask->body.p) {
		buf_put(ret_base64, ask->body);
		return;
	}
	if (ask->reenroll && ask->as) {
		text_of_san(ask->as->certificate, san, sizeof san);
		csr.subject = X509_get_subject_name(ask->as->certificate);
		csr.san = san[0] ? san : NULL;
	}
	if (ask->no_renewal) {
		csr.subject = NULL;
		csr.common_name = ask->no_renewal;
	}
	if (ask->san)
		csr.san = ask->san[0] ? ask->san : NULL;
	pki_csr(ask->key, &csr, &der);
	base64_encode(buf_span(&der), ret_base64);
}

struct answer scene_ask(struct scene *s, const struct ask *ask)
{
	static const uint8_t unique[12] = {7}, exporter[32] = {9};
	AUTO(buf) body = {0};
	AUTO(buf) der = {0};
	struct answer a = {0};
	struct enroll_request q = {
	    .policy = &s->policy,
	    .label_segment = ask->segment,
	    .reenroll = ask->reenroll,
	    .tls_version = ask->tls12 ? TLS1_2_VERSION : TLS1_3_VERSION,
	    .extended_master_secret = true,
	    .tls_unique = SPAN_OF(unique),
	    .tls_exporter = SPAN_OF(exporter),
	    .peer_address = "192.0.2.7",
	    .request_id = "0123456789abcdef",
	    .clock = &s->clock,
	    .rng = &s->rng,
	    .budget = &s->budget,
	};

	body_of(ask, &body);
	q.body = buf_span(&body);
	if (ask->as) {
		der_of(ask->as->certificate, &der);
		q.credentials = (struct credentials){ask->as->certificate, NULL, buf_span(&der)};
	}
	a.done = enroll(ask->db ? ask->db : s->db, &q, &a.reply, &a.err);
	return a;
}

void answer_free(struct answer *a)
{
	enroll_reply_free(&a->reply);
}

struct holder answer_holder(const struct answer *a, EVP_PKEY *key)
{
	const unsigned char *p = a->reply.certificate.p;
	struct holder h = {
	    .key = key, .certificate = d2i_X509(NULL, &p, (long)a->reply.certificate.n)};

	cr_assert_not_null(h.certificate, "%s: %s", err_code(&a->err), a->err.message);
	EVP_PKEY_up_ref(key);
	return h;
}

void expect_refused(struct scene *s, const struct ask *ask, const char *code)
{
	struct answer a = scene_ask(s, ask);

	cr_expect_not(a.done.ok, "%s: was answered with a certificate", code);
	cr_expect_str_eq(err_code(&a.err), code, "%s: %s: %s (%s)", code, err_code(&a.err),
	    a.err.message, a.err.cause);
	cr_expect_eq(a.reply.certificate.n, 0, "%s: a certificate came along", code);
	answer_free(&a);
}

void expect_certificate(struct scene *s, const struct ask *ask, enum enroll_outcome outcome)
{
	struct answer a = scene_ask(s, ask);

	cr_expect(a.done.ok, "%s: %s (%s)", err_code(&a.err), a.err.message, a.err.cause);
	cr_expect_eq(a.reply.outcome, outcome, "outcome %d", (int)a.reply.outcome);
	cr_expect_gt(a.reply.certificate.n, 0);
	answer_free(&a);
}
