/*
 * Revocation lists of manufacturers. First octet 0: the rest is the list; else: the rest is a
 * TBSCertList, which is signed here. Whatever is accepted can be walked to its last octet.
 */
#include <stdlib.h>

#include "ca/trust.h"

#include <openssl/err.h>

#include "tests/fuzz/fuzz_key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

#define NOW INT64_C(1800000000)

/* SEQUENCE { SET { SEQUENCE { CN, UTF8String "Root" } } } */
static const uint8_t root[] = {
    0x30, 15, 0x31, 13, 0x30, 11, 6, 3, 0x55, 4, 3, 12, 4, 'R', 'o', 'o', 't'};
static struct trust_anchor anchor;
static struct buf spki, certificate;

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* The least that is a certificate of version 3, for its keyUsage (which it has not). */
static void put_certificate(EVP_PKEY *key)
{
	AUTO(buf) tbs = {0};
	size_t mark = der_begin(&tbs, DER_SEQUENCE),
	       inner = der_begin(&tbs, DER_CONTEXT_CONSTRUCTED);

	der_put_uint(&tbs, 2);
	der_end(&tbs, inner);
	der_put_uint(&tbs, 1);
	buf_put(&tbs, key_algorithm_by_name("EC-P256")->signature->identifier);
	buf_put(&tbs, SPAN_OF(root));
	inner = der_begin(&tbs, DER_SEQUENCE);
	der_put_time(&tbs, 0);
	der_put_time(&tbs, TIME_NO_EXPIRY);
	der_end(&tbs, inner);
	buf_put(&tbs, SPAN_OF(root));
	buf_put(&tbs, buf_span(&spki));
	der_end(&tbs, mark);
	fuzz_sign(key, buf_span(&tbs), &certificate);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct err err = {0};
	EVP_PKEY *key = fuzz_key();

	(void)argc;
	(void)argv;
	must(key_spki(key, &spki, &err).ok);
	put_certificate(key);
	anchor = (struct trust_anchor){.certificate = buf_span(&certificate),
	    .subject = SPAN_OF(root),
	    .spki = buf_span(&spki),
	    .key = key};
	return 0;
}

static void check(struct trust_crl *crl)
{
	struct span serial;
	int64_t when;

	while (trust_crl_next(&crl->revoked, &serial, &when))
		must(serial.n >= 1 && serial.n <= 20);
	must(crl->revoked.n == 0);
	must(crl->this_update <= NOW && crl->next_update > NOW && crl->number <= INT64_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(buf) signed_here = {0};
	struct span der;
	struct trust_crl crl = {0};
	struct err err = {0};

	if (size == 0)
		return 0;
	der = span(data + 1, size - 1);
	if (data[0]) {
		fuzz_sign(anchor.key, der, &signed_here);
		der = buf_span(&signed_here);
	}
	if (trust_crl_parse(&anchor, der, SPAN_NONE, NOW, &crl, &err).ok)
		check(&crl);
	else
		must(err.kind == ERR_INPUT || err.kind == ERR_TOO_LARGE);
	must(ERR_peek_error() == 0);
	return 0;
}
