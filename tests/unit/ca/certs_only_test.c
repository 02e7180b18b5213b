#include <criterion/criterion.h>
#include <openssl/pkcs7.h>

#include "ca/certs_only.h"
#include "tests/lib/pki.h"

static struct span der_of(X509 *certificate, struct buf *room)
{
	unsigned char *der = NULL;
	int n = i2d_X509(certificate, &der);

	cr_assert_gt(n, 0);
	buf_put(room, span(der, (size_t)n));
	OPENSSL_free(der);
	return buf_span(room);
}

/* OpenSSL reads what we write: RFC 7030 4.1.3, "a certs-only CMC Simple PKI Response". */
Test(ca_certs_only, openssl_finds_the_certificates_in_order)
{
	struct pki_authority root = pki_authority("root", NULL, -1);
	struct pki_authority low = pki_authority("low", &root, 0);
	AUTO(buf) a = {0};
	AUTO(buf) b = {0};
	AUTO(buf) out = {0};
	struct span both[2] = {der_of(low.certificate, &a), der_of(root.certificate, &b)};
	const unsigned char *p;
	PKCS7 *cms;

	certs_only_encode(both, 2, &out);
	p = out.p;
	cms = d2i_PKCS7(NULL, &p, (long)out.n);
	cr_assert_not_null(cms);
	cr_expect_eq(p, out.p + out.n, "bytes left behind");
	cr_assert(PKCS7_type_is_signed(cms));
	cr_expect_eq(ASN1_INTEGER_get(cms->d.sign->version), 1);
	cr_assert_eq(sk_X509_num(cms->d.sign->cert), 2);
	cr_expect_eq(X509_cmp(sk_X509_value(cms->d.sign->cert, 0), low.certificate), 0);
	cr_expect_eq(X509_cmp(sk_X509_value(cms->d.sign->cert, 1), root.certificate), 0);
	PKCS7_free(cms);
	pki_authority_free(&low);
	pki_authority_free(&root);
}
