/*
 * Linked into the unit tests of all folders but hsm/: keys are written with scrypt p=1 instead of
 * 5. Both are read; making and opening several keys in every test took most of its time.
 */
#include <dlfcn.h>
#include <stdlib.h>

#include <openssl/pkcs12.h>

typedef X509_ALGOR *make_scheme(const EVP_CIPHER *cipher, const unsigned char *salt, int salt_n,
    unsigned char *iv, uint64_t n, uint64_t r, uint64_t p);

/* Found before OpenSSL's own, which makes it. */
X509_ALGOR *PKCS5_pbe2_set_scrypt(const EVP_CIPHER *cipher, const unsigned char *salt, int salt_n,
    unsigned char *iv, uint64_t n, uint64_t r, uint64_t p)
{
	make_scheme *make;

	*(void **)&make = dlsym(RTLD_NEXT, "PKCS5_pbe2_set_scrypt");
	if (!make)
		abort();
	return make(cipher, salt, salt_n, iv, n, r, p > 1 ? 1 : p);
}
