/*
 * tests/bench/floor.h: what the crypto of one enrollment costs, with nothing around it.
 *
 * One P-256 key generation and derivation (ECDHE), two signatures (the handshake, the certificate),
 * three verifications (the client's CertificateVerify, its IDevID, its request), each by OpenSSL's
 * EVP with everything fetched beforehand.
 */
#ifndef SIGNET_BENCH_FLOOR_H
#define SIGNET_BENCH_FLOOR_H

struct floor_cost { /* microseconds of this thread's CPU, each */
	double keygen_derive, sign, verify;
};

struct floor_cost floor_measure(int rounds);

static inline double floor_enrollment(struct floor_cost c)
{
	return c.keygen_derive + 2 * c.sign + 3 * c.verify;
}
static inline double floor_bulk(struct floor_cost c)
{
	return c.sign + c.verify;
}

#endif
