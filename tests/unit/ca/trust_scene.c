#include "tests/unit/ca/trust_scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "ca/certificate.h"
#include "ca/extension.h"
#include "tests/lib/pki.h"

/* What a test makes is held here to its end: the leak checker then sees it as in use. */
static struct kept {
	void *p;
	struct kept *next;
} * kept_first;

static void *keep(void *p)
{
	struct kept *k = mem_alloc(sizeof(*k));
	*k = (struct kept){p, kept_first};
	kept_first = k;
	return p;
}

static X509_NAME *name_of(const char *const *pairs)
{
	X509_NAME *name = X509_NAME_new();
	for (; pairs[0]; pairs += 2)
		cr_assert(X509_NAME_add_entry_by_txt(
		    name, pairs[0], MBSTRING_UTF8, (const unsigned char *)pairs[1], -1, -1, 0));
	return name;
}

static void add_extension(X509 *c, X509 *issuer, const char *name, const char *value)
{
	X509V3_CTX context;
	X509V3_set_ctx(&context, issuer, c, NULL, NULL, 0);
	X509_EXTENSION *e = X509V3_EXT_nconf(NULL, &context, name, value);
	cr_assert(e && X509_add_ext(c, e, -1), "%s=%s", name, value);
	X509_EXTENSION_free(e);
}

static void set_times(X509 *c, const struct plan *plan)
{
	ASN1_TIME_set(X509_getm_notBefore(c), plan->not_before ? plan->not_before : NOW - YEAR);
	if (plan->not_after)
		ASN1_TIME_set(X509_getm_notAfter(c), plan->not_after);
	else
		ASN1_TIME_set_string_X509(X509_getm_notAfter(c), "99991231235959Z");
}

static void set_names(X509 *c, const struct made *issuer, const struct plan *plan)
{
	X509_NAME *name = name_of(plan->subject);
	X509_set_subject_name(c, name);
	if (plan->issuer_name) {
		X509_NAME_free(name);
		name = name_of((const char *const[]){"CN", plan->issuer_name, NULL});
		X509_set_issuer_name(c, name);
	} else {
		X509_set_issuer_name(c, issuer ? X509_get_subject_name(issuer->certificate) : name);
	}
	X509_NAME_free(name);
}

static void break_signature(struct made *m)
{
	uint8_t *der = keep(mem_alloc(m->der.n));
	memcpy(der, m->der.p, m->der.n);
	der[m->der.n - 1] ^= 1;
	const unsigned char *p = der;
	m->certificate = keep(d2i_X509(NULL, &p, (long)m->der.n));
	cr_assert_not_null(m->certificate);
	m->der = span(der, m->der.n);
}

static const EVP_MD *digest_for(const EVP_PKEY *key, const struct plan *plan)
{
	if (plan->sha1)
		return EVP_sha1();
	return EVP_PKEY_is_a(key, "ED25519") ? NULL : EVP_sha256();
}

struct made make(const struct made *issuer, const struct plan *plan)
{
	static long serial = 1000;
	struct made m = {.key = plan->key, .certificate = keep(X509_new())};
	if (!m.key)
		m.key = keep(pki_key(plan->algorithm ? plan->algorithm : "EC-P256"));
	X509_set_version(m.certificate, plan->version_1 ? X509_VERSION_1 : X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(m.certificate), ++serial);
	X509_set_pubkey(m.certificate, m.key);
	set_names(m.certificate, issuer, plan);
	set_times(m.certificate, plan);
	for (const char *const *e = plan->extensions; e[0]; e += 2)
		add_extension(
		    m.certificate, issuer ? issuer->certificate : m.certificate, e[0], e[1]);
	EVP_PKEY *signer = issuer ? issuer->key : m.key;
	cr_assert(X509_sign(m.certificate, signer, digest_for(signer, plan)) > 0);
	uint8_t *der = NULL;
	int n = i2d_X509(m.certificate, &der);
	cr_assert_gt(n, 0);
	m.der = span(keep(der), (size_t)n);
	if (plan->broken)
		break_signature(&m);
	return m;
}

struct made make_authority(const char *common_name, const struct made *parent)
{
	struct plan plan = {.subject = {"CN", common_name}, .extensions = {AUTHORITY_EXTENSIONS}};
	struct plan below = {
	    .subject = {"CN", common_name}, .extensions = {AUTHORITY_EXTENSIONS, BELOW}};
	return make(parent, parent ? &below : &plan);
}

struct made make_idevid(const struct made *issuer)
{
	return make(issuer,
	    &(struct plan){.subject = {IDEVID_SUBJECT}, .extensions = {IDEVID_USAGE, BELOW}});
}

/* ---- policy ---- */

static char acme[] = "Acme", x100[] = "X100", y200[] = "Y200", ou[] = "subject.OU",
	    serial_number[] = "subject.serialNumber", test[] = "test";

void scene_init(struct scene *s)
{
	memset(s, 0, sizeof(*s));
	s->products[0] =
	    (struct product){.id = 1, .name = x100, .manufacturer = acme, .model = x100};
	s->products[1] =
	    (struct product){.id = 2, .name = y200, .manufacturer = acme, .model = y200};
	s->policy.products = s->products;
	s->policy.product_count = COUNT(s->products);
	s->policy.anchors = s->anchors;
	s->label.name = test;
	s->label.anchors = s->pointers;
}

struct trust_anchor *scene_trust(struct scene *s, const struct made *anchor)
{
	struct trust_anchor *a = &s->anchors[s->label.anchor_count];
	struct certificate_view view;
	const struct extension *ski;
	cr_assert(certificate_read(anchor->der, &view, &s->err).ok, "%s", s->err.message);
	*a = (struct trust_anchor){.id = 7,
	    .name = test,
	    .manufacturer = acme,
	    .product = {.from = ou},
	    .serial = {.from = serial_number},
	    .certificate = anchor->der,
	    .subject = view.subject,
	    .spki = view.spki,
	    .key = X509_get0_pubkey(anchor->certificate),
	    .not_before = view.not_before,
	    .not_after = view.not_after};
	ski = certificate_extension(&view, OID_SUBJECT_KEY_ID);
	if (ski)
		cr_assert(subject_key_id_read(ski->value, &a->ski));
	s->pointers[s->label.anchor_count++] = a;
	s->policy.anchor_count++;
	return a;
}

void scene_match(struct identity_field *field, const char *from, const char *match)
{
	char whole[200];
	*field = (struct identity_field){.from = keep(mem_strdup(from))};
	if (!match)
		return;
	field->match = keep(mem_strdup(match));
	field->compiled = keep(mem_alloc(sizeof(*field->compiled)));
	snprintf(whole, sizeof(whole), "^(%s)$", match);
	cr_assert_eq(regcomp(field->compiled, whole, REG_EXTENDED), 0);
}

bool scene_judge(struct scene *s, const struct made *leaf, const struct made *const *chain)
{
	STACK_OF(X509) *stack = NULL;
	if (chain)
		stack = sk_X509_new_null();
	for (; chain && *chain; chain++)
		sk_X509_push(stack, (*chain)->certificate);
	struct credentials credentials = {leaf->certificate, stack, leaf->der};
	err_clear(&s->err);
	memset(&s->identity, 0, sizeof(s->identity));
	bool ok =
	    trust_identify(&s->policy, &s->label, &credentials, NOW, &s->identity, &s->err).ok;
	sk_X509_free(stack);
	cr_assert_eq(ERR_peek_error(), 0, "the error queue is empty");
	cr_assert(ok || s->identity.path_count == 0, "untouched on failure");
	return ok;
}
