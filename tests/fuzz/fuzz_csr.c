/*
 * Requests as strangers send them. First octet 0: the rest is the request; else: the rest is a
 * CertificationRequestInfo, which is signed here, so that what lies behind the signature is
 * reached. Whatever is accepted lies within the input, and its key digest is that of its key.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "ca/csr.h"
#include "tests/fuzz/fuzz_key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static EVP_PKEY *key;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	key = fuzz_key();
	return 0;
}

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void within(struct span whole, struct span part)
{
	must(!part.p || (part.p >= whole.p && part.n <= whole.n &&
			    (size_t)(part.p - whole.p) <= whole.n - part.n));
}

static void check(struct span der, const struct csr *csr)
{
	const struct span parts[] = {csr->info, csr->subject, csr->spki, csr->san,
	    csr->challenge_password, csr->change_subject_name};
	struct digest digest = sha256(csr->spki);

	for (size_t i = 0; i < COUNT(parts); i++)
		within(der, parts[i]);
	must(csr->subject.n && csr->spki.n && csr->key_algorithm && csr->signature_algorithm);
	must(memcmp(&digest, &csr->key_digest, sizeof(digest)) == 0);
	must(csr->challenge_password.n <= 255);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(buf) signed_here = {0};
	struct span der;
	struct csr csr = {0};
	struct err err = {0};

	if (size == 0)
		return 0;
	der = span(data + 1, size - 1);
	if (data[0]) {
		fuzz_sign(key, der, &signed_here);
		der = buf_span(&signed_here);
	}
	if (csr_parse(der, &csr, &err).ok)
		check(der, &csr);
	else
		must(err.reason != NULL && csr.der.p == NULL);
	must(ERR_peek_error() == 0);
	return 0;
}
