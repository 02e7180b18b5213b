/* clients/device/verify.c: see verify.h. */
#include "clients/device/verify.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "base/clock.h"
#include "clients/device/reason.h"

/* A server whose clock is ahead of ours by this much issues certificates that begin a little later.
 */
#define CLOCK_SKEW_SECONDS 300
#define AUTH_LEVEL         1 /* OpenSSL's: no SHA-1 and no RSA-1024 in a chain */

DEFINE_AUTO_PTR(X509_STORE_CTX, X509_STORE_CTX_free)

struct device_time device_time(int64_t clock, int64_t floor, bool no_clock)
{
	struct device_time t = {.now = floor, .clock_works = !no_clock && clock >= floor};

	if (t.clock_works)
		t.now = clock;
	return t;
}

X509_STORE *verify_store(const struct certs *anchors)
{
	X509_STORE *store = X509_STORE_new();

	for (size_t i = 0; store && i < anchors->count; i++)
		X509_STORE_add_cert(store, anchors->items[i]);
	return store;
}

static int tolerate_not_yet_valid(int ok, X509_STORE_CTX *context)
{
	if (!ok && X509_STORE_CTX_get_error(context) == X509_V_ERR_CERT_NOT_YET_VALID) {
		X509_STORE_CTX_set_error(context, X509_V_OK);
		return 1;
	}
	return ok;
}

X509_STORE_CTX_verify_cb verify_prepare(X509_VERIFY_PARAM *param, const struct device_time *time)
{
	X509_VERIFY_PARAM_set_time(param, (time_t)time->now);
	X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST);
	return time->clock_works ? NULL : tolerate_not_yet_valid;
}

static bool is_ca(X509 *cert)
{
	return X509_check_ca(cert) == 1; /* 1: by basicConstraints, not by guessing */
}

/* The one certificate for our key. Others must be CA certificates. */
static struct status find_ours(
    const struct issued_check *check, const struct certs *answer, X509 **ret_ours, struct err *err)
{
	X509 *ours = NULL;
	size_t others = 0;

	for (size_t i = 0; i < answer->count; i++) {
		AUTO(buf) spki = {0};

		cert_spki(answer->items[i], &spki);
		if (span_equal(buf_span(&spki), check->spki)) {
			if (ours)
				return err_refuse(err, WHY(CERT_COUNT),
				    "the server sent two certificates for our key");
			ours = answer->items[i];
		} else if (!is_ca(answer->items[i])) {
			others++;
		}
	}
	if (ours && others)
		return err_refuse(
		    err, WHY(CERT_COUNT), "the server sent %zu certificates of others too", others);
	if (!ours && answer->count == 0)
		return err_refuse(err, WHY(CERT_COUNT), "the server sent no certificate");
	if (!ours)
		return err_refuse(err, WHY(CERT_KEY),
		    "none of the %zu certificates that the server sent is for our key",
		    answer->count);
	*ret_ours = ours;
	return STATUS_OK;
}

static struct status check_validity(const struct issued_check *check, X509 *cert, struct err *err)
{
	char now[TIME_TEXT_SIZE], limit[TIME_TEXT_SIZE];
	int64_t begins, ends;

	cert_times(cert, &begins, &ends);
	time_text(check->time.now, now);
	if (ends <= check->time.now || ends <= begins) {
		time_text(ends, limit);
		return err_refuse(err, WHY(CERT_VALIDITY),
		    "the certificate ended at %s, by our time it is %s", limit, now);
	}
	if (check->time.clock_works && begins > check->time.now + CLOCK_SKEW_SECONDS) {
		time_text(begins, limit);
		return err_refuse(err, WHY(CERT_VALIDITY),
		    "the certificate begins at %s, by our clock it is %s", limit, now);
	}
	return STATUS_OK;
}

static struct status check_identity(const struct issued_check *check, X509 *cert, struct err *err)
{
	AUTO(buf) serial = {0};

	if (!check->unit_serial)
		return STATUS_OK;
	if (!cert_unit_serial(cert, &serial))
		return err_refuse(err, WHY(CERT_IDENTITY),
		    "the certificate carries no serialNumber, ours is '%s'", check->unit_serial);
	/* X.520 clause 6.2.9: serialNumber matches by caseIgnoreMatch, spaces around it do not
	 * count. */
	if (!span_equal_nocase(span_trim(buf_span(&serial)), check->unit_serial))
		return err_refuse(err, WHY(CERT_IDENTITY),
		    "the certificate is for serialNumber '%.64s', ours is '%s'", buf_cstr(&serial),
		    check->unit_serial);
	return STATUS_OK;
}

static struct status check_usage(X509 *cert, struct err *err)
{
	uint32_t extended = X509_get_extended_key_usage(cert); /* all bits where there is none */

	if (!(extended & XKU_SSL_CLIENT) && !(extended & XKU_ANYEKU))
		return err_refuse(
		    err, WHY(CERT_USAGE), "the certificate's extended key usage lacks clientAuth");
	if (!(X509_get_key_usage(cert) & KU_DIGITAL_SIGNATURE))
		return err_refuse(
		    err, WHY(CERT_USAGE), "the certificate's key usage lacks digitalSignature");
	return STATUS_OK;
}

/* Borrowed certificates as OpenSSL wants them. */
static STACK_OF(X509) * stack_of(const struct certs *a, const struct certs *b)
{
	STACK_OF(X509) *stack = sk_X509_new_null();

	for (size_t i = 0; stack && i < a->count; i++)
		sk_X509_push(stack, a->items[i]);
	for (size_t i = 0; stack && i < b->count; i++)
		sk_X509_push(stack, b->items[i]);
	return stack;
}

static bool is_anchor(const struct certs *anchors, X509 *cert)
{
	for (size_t i = 0; i < anchors->count; i++)
		if (X509_cmp(anchors->items[i], cert) == 0)
			return true;
	return false;
}

static struct status run_verify(const struct issued_check *check, X509_STORE_CTX *context,
    struct certs *ret_chain, struct err *err)
{
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(context);
	X509_STORE_CTX_verify_cb callback = verify_prepare(param, &check->time);
	/* How far the clocks may be apart was judged before, with a better message. */
	X509_STORE_CTX_set_verify_cb(context, callback ? callback : tolerate_not_yet_valid);
	X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_CLIENT);
	X509_VERIFY_PARAM_set_auth_level(
	    param, 1); /* 80 bits: no SHA-1, no RSA-1024 in the chain */

	if (X509_verify_cert(context) != 1) {
		ERR_clear_error();
		return err_refuse(err, WHY(CERT_CHAIN),
		    "the certificate does not lead to our trust anchor: %s",
		    X509_verify_cert_error_string(X509_STORE_CTX_get_error(context)));
	}
	STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(context);
	for (int i = 0; i < sk_X509_num(chain); i++) {
		X509 *cert = sk_X509_value(chain, i);

		if (!is_anchor(check->anchors, cert))
			TRY(certs_add(ret_chain, cert_share(cert), err));
	}
	return STATUS_OK;
}

static struct status check_chain(const struct issued_check *check, X509 *cert,
    const struct certs *answer, struct certs *ret_chain, struct err *err)
{
	AUTO_PTR(X509_STORE) store = verify_store(check->anchors);
	AUTO_PTR(X509_STORE_CTX) context = X509_STORE_CTX_new();
	STACK_OF(X509) *untrusted = stack_of(check->intermediates, answer);
	struct status s;

	if (!store || !context || !untrusted ||
	    X509_STORE_CTX_init(context, store, cert, untrusted) != 1)
		s = err_crypto(err, ERR_INTERNAL, "the certificate cannot be verified");
	else
		s = run_verify(check, context, ret_chain, err);
	sk_X509_free(untrusted);
	return s;
}

bool verify_authority(X509 *cert, const struct certs *anchors, const struct certs *intermediates,
    const struct device_time *time)
{
	static const struct certs none = {0};
	AUTO_PTR(X509_STORE) store = verify_store(anchors);
	AUTO_PTR(X509_STORE_CTX) context = X509_STORE_CTX_new();
	STACK_OF(X509) *untrusted = stack_of(intermediates, &none);
	bool good = false;

	if (store && context && untrusted && is_ca(cert) &&
	    X509_STORE_CTX_init(context, store, cert, untrusted) == 1) {
		X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(context);

		X509_STORE_CTX_verify_cb callback = verify_prepare(param, time);

		if (callback)
			X509_STORE_CTX_set_verify_cb(context, callback);
		X509_VERIFY_PARAM_set_auth_level(param, AUTH_LEVEL);
		good = X509_verify_cert(context) == 1;
	}
	ERR_clear_error();
	sk_X509_free(untrusted);
	return good;
}

struct status verify_issued(const struct issued_check *check, const struct certs *answer,
    struct certs *ret_chain, struct err *err)
{
	X509 *ours = NULL;

	TRY(find_ours(check, answer, &ours, err));
	TRY(check_validity(check, ours, err));
	TRY(check_identity(check, ours, err));
	TRY(check_usage(ours, err));
	return check_chain(check, ours, answer, ret_chain, err);
}
