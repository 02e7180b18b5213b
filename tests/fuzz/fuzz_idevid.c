/*
 * IDevIDs and their chains. Input: one octet, then items of a 16-bit length and that many octets:
 * the device's certificate, then what is sent beside it. First octet 0: certificates as they are;
 * else: the first item is a TBSCertificate, signed here by the anchor, so that what lies behind the
 * signature is reached. Whatever is accepted has the identity that ca/trust.h promises.
 */
#include <stdlib.h>
#include <string.h>

#include "ca/trust.h"
/* Behind it: its KU_... macros would break our enum. */
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "tests/fuzz/fuzz_key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

#define NOW INT64_C(1800000000)

static char acme[] = "Acme", x100[] = "X100", ou[] = "subject.OU",
	    serial[] = "subject.serialNumber", hardware[] = "san.hwSerialNum";
static struct product product = {.id = 1, .name = x100, .manufacturer = acme, .model = x100};
static struct trust_anchor anchors[2];
static struct trust_anchor *pointers[] = {&anchors[0], &anchors[1]};
static struct policy policy = {
    .products = &product, .product_count = 1, .anchors = anchors, .anchor_count = 2};
static struct label labels[] = {
    {.anchors = &pointers[0], .anchor_count = 1}, {.anchors = &pointers[1], .anchor_count = 1}};

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void add_extension(X509 *c, int nid, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
	must(e && X509_add_ext(c, e, -1));
	X509_EXTENSION_free(e);
}

/* CN=Root, without SKI, so that any AKI fits. */
static X509 *make_anchor(EVP_PKEY *key)
{
	X509 *c = X509_new();
	X509_NAME *name = X509_NAME_new();

	must(c && name &&
	     X509_NAME_add_entry_by_txt(
		 name, "CN", MBSTRING_UTF8, (const unsigned char *)"Root", -1, -1, 0));
	X509_set_version(c, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(c), 1);
	X509_set_subject_name(c, name);
	X509_set_issuer_name(c, name);
	ASN1_TIME_set(X509_getm_notBefore(c), 0);
	ASN1_TIME_set_string_X509(X509_getm_notAfter(c), "99991231235959Z");
	X509_set_pubkey(c, key);
	add_extension(c, NID_basic_constraints, "critical,CA:TRUE");
	add_extension(c, NID_key_usage, "critical,keyCertSign");
	must(X509_sign(c, key, EVP_sha256()) > 0);
	X509_NAME_free(name);
	return c;
}

static struct span keep_der(unsigned char *der, int n)
{
	must(n > 0);
	return span(der, (size_t)n);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	EVP_PKEY *key = fuzz_key();
	X509 *c = make_anchor(key);
	unsigned char *der = NULL, *name = NULL, *spki = NULL;
	int n = i2d_X509(c, &der), name_n = i2d_X509_NAME(X509_get_subject_name(c), &name),
	    spki_n = i2d_PUBKEY(key, &spki);

	(void)argc;
	(void)argv;
	anchors[0] = (struct trust_anchor){.id = 1,
	    .name = acme,
	    .manufacturer = acme,
	    .product = {.from = ou},
	    .serial = {.from = serial, .normalise = 1U << NORMALISE_TRIM | 1U << NORMALISE_UPPER},
	    .certificate = keep_der(der, n),
	    .subject = keep_der(name, name_n),
	    .spki = keep_der(spki, spki_n),
	    .x509 = c,
	    .key = key,
	    .not_after = TIME_NO_EXPIRY};
	anchors[1] = anchors[0];
	anchors[1].product = (struct identity_field){.value = x100};
	anchors[1].serial = (struct identity_field){.from = hardware};
	anchors[1].leniencies =
	    1U << LENIENT_EXPIRED | 1U << LENIENT_MISSING_AKI | 1U << LENIENT_MISSING_KEY_USAGE;
	return 0;
}

static bool take_item(struct span *in, struct span *ret)
{
	if (in->n < 2)
		return false;
	size_t n = (size_t)in->p[0] << 8 | in->p[1];
	*in = span(in->p + 2, in->n - 2);
	if (n > in->n)
		n = in->n;
	*ret = span(in->p, n);
	*in = span(in->p + n, in->n - n);
	return true;
}

static void check(const struct identity *identity)
{
	const char *texts[] = {identity->model, identity->serial};

	for (size_t i = 0; i < COUNT(texts); i++) {
		size_t n = strlen(texts[i]);
		must(n >= 1 && n <= IDENTITY_TEXT_MAX && !strchr(texts[i], '/'));
		for (size_t c = 0; c < n; c++)
			must(texts[i][c] >= ' ' && texts[i][c] <= '~');
	}
	must(identity->product == &product && strcmp(identity->manufacturer, "Acme") == 0);
	must(identity->path_count >= 1 && identity->path_count <= 4);
	for (size_t i = 0; i < identity->path_count; i++)
		must(identity->path[i].serial_n >= 1 && identity->path[i].serial_n <= 20);
}

static void judge(struct span leaf, STACK_OF(X509) * chain)
{
	/* Never looked into: the DER is. */
	struct credentials credentials = {anchors[0].x509, chain, leaf};

	for (size_t i = 0; i < COUNT(labels); i++) {
		struct identity identity = {0};
		struct err err = {0};

		if (trust_identify(&policy, &labels[i], &credentials, NOW, &identity, &err).ok)
			check(&identity);
		else
			must(err.reason != NULL && identity.path_count == 0);
		must(ERR_peek_error() == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(buf) signed_here = {0};
	struct span in, leaf, item;
	STACK_OF(X509) *chain = sk_X509_new_null();

	in = span(data + 1, size ? size - 1 : 0);
	if (size && take_item(&in, &leaf)) {
		if (data[0]) {
			fuzz_sign(anchors[0].key, leaf, &signed_here);
			leaf = buf_span(&signed_here);
		}
		while (take_item(&in, &item)) {
			const unsigned char *p = item.p;
			X509 *c = d2i_X509(NULL, &p, (long)item.n);
			if (c)
				sk_X509_push(chain, c);
		}
		ERR_clear_error();
		judge(leaf, chain);
	}
	sk_X509_pop_free(chain, X509_free);
	return 0;
}
