/*
 * Tokens as strangers send them. First octet 0: the rest is the token; else: the rest is a header
 * and, behind a line feed, claims, which are signed here, so that what lies behind the signature is
 * reached. What nobody signed never verifies; what was signed does, where its header says ES256;
 * claims that were read say the same each time.
 */
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "access/jws.h"
#include "base/algorithm.h"
#include "base/base64url.h"
#include "base/der.h"
#include "tests/fuzz/fuzz_key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static EVP_PKEY *key;
static struct jws_key verifier;
static struct arena kept;

static void must(bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	AUTO(buf) spki = {0};
	struct err err = {0};

	(void)argc;
	(void)argv;
	key = fuzz_key();
	must(key_spki(key, &spki, &err).ok);
	must(jws_key_from_spki(buf_span(&spki), "k", NULL, &kept, &verifier));
	return 0;
}

/* By OpenSSL's own reader of ECDSA signatures. */
static void put_signature(const struct buf *text, struct buf *out)
{
	const struct key_algorithm *a = key_algorithm_by_name("EC-P256");
	AUTO(buf) der = {0};
	unsigned char raw[64];
	const unsigned char *p;
	struct err err = {0};
	ECDSA_SIG *s;

	must(signature_make(key, a->signature, buf_span(text), &der, &err).ok);
	p = der.p;
	s = d2i_ECDSA_SIG(NULL, &p, (long)der.n);
	must(s && BN_bn2binpad(ECDSA_SIG_get0_r(s), raw, 32) == 32 &&
	     BN_bn2binpad(ECDSA_SIG_get0_s(s), raw + 32, 32) == 32);
	ECDSA_SIG_free(s);
	base64url_encode(SPAN_OF(raw), out);
}

static void sign(struct span in, struct buf *out)
{
	const uint8_t *line = in.n ? memchr(in.p, '\n', in.n) : NULL;
	size_t n = line ? (size_t)(line - in.p) : in.n;

	base64url_encode(span(in.p, n), out);
	n += line != NULL;
	buf_put_byte(out, '.');
	base64url_encode(span(in.p + n, in.n - n), out);
	AUTO(buf) text = {0};
	buf_put(&text, buf_span(out));
	buf_put_byte(out, '.');
	put_signature(&text, out);
}

static void read_claims(const struct jws *t)
{
	static const char *const names[] = {"iss", "sub", "aud", "jti", "iat", "exp", "actor_id"};
	const struct jws_times times = {.now = 1800000000, .skew = 60, .max_age = 600};
	AUTO(arena) arena = {0};
	struct err err = {0};
	int64_t number;

	for (size_t i = 0; i < COUNT(names); i++) {
		const char *text = jws_text(t, names[i]);
		const char *as_text = jws_as_text(t, names[i], &arena);

		must(!text || (as_text && strcmp(text, as_text) == 0));
		must(!text || !jws_number(t, names[i], &number));
	}
	if (jws_check_times(t, &times, &err).ok)
		must(jws_number(t, "iat", &number) && number <= times.now + times.skew &&
		     jws_number(t, "exp", &number) && times.now < number + times.skew);
	must(!jws_is_for(t, "signet") || jws_as_text(t, "aud", &arena) == NULL ||
	     strcmp(jws_text(t, "aud"), "signet") == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(buf) token = {0};
	AUTO_REF(jws) t = NULL;
	struct err err = {0};
	bool good;

	if (size == 0)
		return 0;
	if (data[0])
		sign(span(data + 1, size - 1), &token);
	else
		buf_put(&token, span(data + 1, size - 1));
	if (!jws_read(buf_span(&token), &t, &err).ok) {
		must(err.reason != NULL);
		return 0;
	}
	must(!jws_key_id(t) || *jws_key_id(t));
	good = jws_verify(t, &verifier, &err).ok;
	must(good == (data[0] && jws_algorithm(t) == JWS_ES256));
	read_claims(t);
	must(ERR_peek_error() == 0);
	return 0;
}
