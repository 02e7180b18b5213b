#include "tests/bench/floor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/ec.h>
#include <openssl/evp.h>

static double cpu_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void must(int ok)
{
	if (ok > 0)
		return;
	fprintf(stderr, "bench: OpenSSL refused\n");
	exit(1);
}

static double measure_keygen_derive(int rounds, EVP_PKEY *peer)
{
	EVP_PKEY_CTX *generator = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	must(EVP_PKEY_keygen_init(generator));
	must(EVP_PKEY_CTX_set_ec_paramgen_curve_nid(generator, NID_X9_62_prime256v1));
	double start = cpu_us();
	for (int i = 0; i < rounds; i++) {
		EVP_PKEY *key = NULL;
		unsigned char shared[32];
		size_t n = sizeof(shared);
		must(EVP_PKEY_keygen(generator, &key));
		EVP_PKEY_CTX *derive = EVP_PKEY_CTX_new(key, NULL);
		must(EVP_PKEY_derive_init(derive));
		must(EVP_PKEY_derive_set_peer(derive, peer));
		must(EVP_PKEY_derive(derive, shared, &n));
		EVP_PKEY_CTX_free(derive);
		EVP_PKEY_free(key);
	}
	double each = (cpu_us() - start) / rounds;
	EVP_PKEY_CTX_free(generator);
	return each;
}

static double measure_sign(int rounds, EVP_PKEY *key, unsigned char *signature, size_t *ret_n)
{
	static const unsigned char digest[32] = {1, 2, 3};
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
	must(EVP_PKEY_sign_init(context));
	double start = cpu_us();
	for (int i = 0; i < rounds; i++) {
		*ret_n = 80;
		must(EVP_PKEY_sign(context, signature, ret_n, digest, sizeof(digest)));
	}
	double each = (cpu_us() - start) / rounds;
	EVP_PKEY_CTX_free(context);
	return each;
}

static double measure_verify(int rounds, EVP_PKEY *key, const unsigned char *signature, size_t n)
{
	static const unsigned char digest[32] = {1, 2, 3};
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
	must(EVP_PKEY_verify_init(context));
	double start = cpu_us();
	for (int i = 0; i < rounds; i++)
		must(EVP_PKEY_verify(context, signature, n, digest, sizeof(digest)));
	double each = (cpu_us() - start) / rounds;
	EVP_PKEY_CTX_free(context);
	return each;
}

struct floor_cost floor_measure(int rounds)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	EVP_PKEY *peer = EVP_EC_gen("P-256");
	must(key && peer);
	unsigned char signature[80];
	size_t n = 0;
	measure_sign(rounds / 10 + 1, key, signature, &n); /* warm up */
	struct floor_cost cost = {0};
	cost.keygen_derive = measure_keygen_derive(rounds, peer);
	cost.sign = measure_sign(rounds, key, signature, &n);
	cost.verify = measure_verify(rounds, key, signature, n);
	EVP_PKEY_free(key);
	EVP_PKEY_free(peer);
	return cost;
}
