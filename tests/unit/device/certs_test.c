/* clients/device/certs.c */
#include "clients/device/certs.h"

#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "tests/unit/device/mint.h"

static X509 *simple(EVP_PKEY *key, const char *serial)
{
	return mint_cert(&(struct mint_wish){
	    .cn = "Sensor", .unit_serial = serial, .key = key, .san = "DNS:abc"});
}

Test(device_certs, pem_holds_several_and_other_things)
{
	EVP_PKEY *key = mint_key();
	X509 *cert = simple(key, "SN-1");
	AUTO(buf) pem = {0};
	AUTO(certs) list = {0};
	struct err err = {0};

	buf_put_str(&pem, "words before\n");
	cert_to_pem(cert, &pem);
	cert_to_pem(cert, &pem);
	cr_assert(certs_from_pem(buf_span(&pem), &list, &err).ok, "%s", err.message);
	cr_assert_eq(list.count, 2);
	X509_free(cert);
	EVP_PKEY_free(key);
}

Test(device_certs, damaged_pem_is_refused)
{
	AUTO(certs) list = {0};
	struct err err = {0};

	cr_assert_not(certs_from_pem(SPAN_LITERAL("nothing"), &list, &err).ok);
	err_clear(&err);
	cr_assert_not(certs_from_pem(SPAN_LITERAL("-----BEGIN CERTIFICATE-----\nMIIB\n"
						  "-----END CERTIFICATE-----\n"),
	    &list, &err)
			  .ok);
	cr_assert_eq(list.count, 0);
}

Test(device_certs, cms_gives_its_certificates_and_no_prefix_of_it_does)
{
	EVP_PKEY *key = mint_key();
	X509 *cert = simple(key, "SN-1"), *two[2] = {cert, cert};
	AUTO(buf) cms = {0};
	AUTO(certs) list = {0};
	struct err err = {0};

	mint_certs_only(two, 2, &cms);
	cr_assert(certs_from_cms(buf_span(&cms), &list, &err).ok, "%s", err.message);
	cr_assert_eq(list.count, 2);
	for (size_t n = 0; n < cms.n; n++) {
		uint8_t *copy = malloc(n ? n : 1);
		struct err why = {0};

		memcpy(copy, cms.p, n);
		cr_assert_not(certs_from_cms(span(copy, n), &list, &why).ok, "%zu octets", n);
		cr_assert_eq(list.count, 2);
		free(copy);
	}
	X509_free(cert);
	EVP_PKEY_free(key);
}

Test(device_certs, list_is_bounded)
{
	EVP_PKEY *key = mint_key();
	X509 *cert = simple(key, "SN-1"), *many[CERTS_MAX + 1];
	AUTO(buf) cms = {0};
	AUTO(certs) list = {0};
	struct err err = {0};

	for (size_t i = 0; i < COUNT(many); i++)
		many[i] = cert;
	mint_certs_only(many, COUNT(many), &cms);
	cr_assert_not(certs_from_cms(buf_span(&cms), &list, &err).ok);
	cr_assert_eq(err.kind, ERR_TOO_LARGE);
	X509_free(cert);
	EVP_PKEY_free(key);
}

Test(device_certs, what_stands_in_a_certificate)
{
	EVP_PKEY *key = mint_key();
	X509 *cert = mint_cert(&(struct mint_wish){.cn = "Sensor\x1b[2J",
	    .unit_serial = "SN-1",
	    .key = key,
	    .san = "DNS:abc",
	    .not_before = 1000000,
	    .not_after = 253402300799});
	AUTO(buf) serial = {0};
	AUTO(buf) name = {0};
	AUTO(buf) san = {0};
	int64_t begins, ends;
	bool critical = true;

	cr_assert(cert_unit_serial(cert, &serial));
	cr_assert(span_equal_str(buf_span(&serial), "SN-1"));
	cert_times(cert, &begins, &ends);
	cr_assert_eq(begins, 1000000);
	cr_assert_eq(ends, 253402300799, "RFC 5280 4.1.2.5: no well-defined expiration date");
	cr_assert(cert_san(cert, &san, &critical) && !critical);
	cert_name_text(X509_get_subject_name(cert), &name);
	cr_assert_null(memchr(name.p, 0x1b, name.n), "a name must not steer a terminal");
	X509_free(cert);
	EVP_PKEY_free(key);
}
