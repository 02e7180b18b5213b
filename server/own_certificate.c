#include "server/own_certificate.h"

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "base/file.h"
#include "ca/act.h"
#include "ca/certificate_record.h"
#include "ca/issue.h"
#include "ca/profile.h"
#include "server/staple.h"
#include "sql/server_certificate.h"

/* A leaf and a handful of authorities, with ML-DSA keys. */
#define PEM_SIZE_MAX ((size_t)256 << 10)
/* Longer than the longest list of the configuration. */
#define ADDRESSES_MAX 32

static void pem_path(const struct server *s, struct buf *out)
{
	buf_printf(out, "%s/tls-%s.pem", s->config->state_directory, s->config->tls.node);
}

static void forget(struct own_certificate *own)
{
	X509_free(own->certificate);
	sk_X509_pop_free(own->chain, X509_free);
	own->certificate = NULL;
	own->chain = NULL;
}

static int64_t time_of(const ASN1_TIME *t)
{
	struct tm parts;

	return ASN1_TIME_to_tm(t, &parts) == 1 ? (int64_t)timegm(&parts) : 0;
}

static void put_der(X509 *certificate, struct buf *out)
{
	unsigned char *der = NULL;
	int n = i2d_X509(certificate, &der);

	if (n > 0)
		buf_put(out, span(der, (size_t)n));
	OPENSSL_free(der);
}

static void put_pem(X509 *certificate, struct buf *out)
{
	AUTO(buf) der = {0};

	put_der(certificate, &der);
	pem_encode("CERTIFICATE", buf_span(&der), out);
}

/* It becomes the one in use, for new connections; own takes certificate and chain over. */
static struct status use(
    struct server *s, X509 *certificate, STACK_OF(X509) * chain, struct err *err)
{
	struct own_certificate before = s->own;
	struct status renewed;

	s->own.certificate = certificate;
	s->own.chain = chain;
	renewed = server_renew_tls(s, err);
	if (!renewed.ok) {
		forget(&s->own);
		s->own = before;
		return renewed;
	}
	forget(&before);
	staple_set_certificate(s->staple, certificate);
	atomic_store(&s->certificate_not_before, time_of(X509_get0_notBefore(certificate)));
	atomic_store(&s->certificate_not_after, time_of(X509_get0_notAfter(certificate)));
	metric_set(&s->metrics, METRIC_TLS_NOT_AFTER, atomic_load(&s->certificate_not_after));
	return STATUS_OK;
}

/* The node's key, opened once; made where `algorithm` says of what kind. */
static struct status open_key(
    struct server *s, const struct key_algorithm *algorithm, struct err *err)
{
	char uri[128];
	struct err missing = {0};

	if (s->own.key)
		return STATUS_OK;
	snprintf(uri, sizeof(uri), "file:server-%s.key", s->config->tls.node);
	if (hsm_key_open(s->hsm, uri, &s->own.key, &missing).ok)
		return STATUS_OK;
	if (missing.kind != ERR_MISSING || !algorithm) {
		*err = missing;
		return STATUS_FAILED;
	}
	return hsm_key_generate(s->hsm, uri, algorithm, &s->own.key, err);
}

/* ---- from the state directory ---- */

static struct status read_pem(
    struct span pem, X509 **ret_certificate, STACK_OF(X509) * *ret_chain, struct err *err)
{
	BIO *in = BIO_new_mem_buf(pem.p, (int)pem.n);
	STACK_OF(X509) *chain = sk_X509_new_null();
	X509 *certificate = in ? PEM_read_bio_X509(in, NULL, NULL, NULL) : NULL, *next;

	while (certificate && chain && (next = PEM_read_bio_X509(in, NULL, NULL, NULL)))
		if (!sk_X509_push(chain, next))
			X509_free(next);
	ERR_clear_error();
	BIO_free(in);
	if (!certificate || !chain) {
		X509_free(certificate);
		sk_X509_pop_free(chain, X509_free);
		return err_set(err, ERR_CONFIG, "holds no certificate");
	}
	*ret_certificate = certificate;
	*ret_chain = chain;
	return STATUS_OK;
}

static bool fits_key(X509 *certificate, const struct hsm_key *key)
{
	unsigned char *der = NULL;
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
	bool fits = n > 0 && span_equal(span(der, (size_t)n), hsm_key_spki(key));

	OPENSSL_free(der);
	return fits;
}

static struct status load(struct server *s, struct span pem, const char *path, struct err *err)
{
	STACK_OF(X509) *chain = NULL;
	X509 *certificate = NULL;

	TRY(open_key(s, NULL, err));
	TRY(read_pem(pem, &certificate, &chain, err));
	if (fits_key(certificate, s->own.key) &&
	    time_of(X509_get0_notAfter(certificate)) > clock_now(&s->api.clock))
		return use(s, certificate, chain, err);
	X509_free(certificate);
	sk_X509_pop_free(chain, X509_free);
	return err_set(err, ERR_CONFIG, "%s has ended, or is not of this node's key", path);
}

struct status own_certificate_load(struct server *s, struct err *err)
{
	AUTO(buf) path = {0};
	AUTO(buf) pem = {0};
	struct hsm_key *before = s->own.key;
	struct status loaded;

	pem_path(s, &path);
	TRY(file_read(buf_cstr(&path), PEM_SIZE_MAX, &pem, err));
	/* The key may have been replaced together with the certificate. */
	s->own.key = NULL;
	loaded = load(s, buf_span(&pem), buf_cstr(&path), err);
	if (loaded.ok) {
		hsm_key_free(before);
		return loaded;
	}
	if (before) {
		hsm_key_free(s->own.key);
		s->own.key = before;
	}
	return loaded;
}

/* ---- is a new one due? ---- */

static bool names_are_covered(const struct config *c, X509 *certificate)
{
	for (size_t i = 0; i < c->tls.names.count; i++)
		if (X509_check_host(certificate, c->tls.names.items[i], 0,
			X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, NULL) != 1)
			return false;
	for (size_t i = 0; i < c->tls.addresses.count; i++)
		if (X509_check_ip_asc(certificate, c->tls.addresses.items[i], 0) != 1)
			return false;
	return true;
}

static bool issued_by(const struct authority *a, X509 *certificate)
{
	const ASN1_OCTET_STRING *aki = X509_get0_authority_key_id(certificate);

	return aki && span_equal(a->ski,
			  span(ASN1_STRING_get0_data(aki), (size_t)ASN1_STRING_length(aki)));
}

static bool is_due(const struct server *s, const struct authority *a)
{
	X509 *own = s->own.certificate;
	int64_t now = clock_now(&s->api.clock);

	if (!own || !issued_by(a, own) || !names_are_covered(s->config, own))
		return true;
	/* Renewing cannot help where the authority itself ends first. */
	return time_of(X509_get0_notAfter(own)) - s->config->tls.renew_before <= now &&
	       time_of(X509_get0_notAfter(own)) < a->not_after;
}

/* ---- a new one ---- */

struct addresses {
	uint8_t bytes[ADDRESSES_MAX][16];
	struct span spans[ADDRESSES_MAX];
	size_t count;
};

static struct status read_addresses(const struct config *c, struct addresses *ret, struct err *err)
{
	for (size_t i = 0; i < c->tls.addresses.count && i < ADDRESSES_MAX; i++) {
		const char *text = c->tls.addresses.items[i];
		uint8_t *to = ret->bytes[i];

		if (inet_pton(AF_INET, text, to) == 1)
			ret->spans[i] = span(to, 4);
		else if (inet_pton(AF_INET6, text, to) == 1)
			ret->spans[i] = span(to, 16);
		else
			return err_set(err, ERR_CONFIG, "tls.addresses: '%s' is no address", text);
		ret->count = i + 1;
	}
	return STATUS_OK;
}

static struct issue_subject subject_of(const struct config *c, const struct addresses *a)
{
	struct issue_subject subject = {0};

	if (c->tls.names.count > 0) {
		subject.dns = c->tls.names.items[0];
		subject.more_dns = (const char *const *)c->tls.names.items + 1;
		subject.more_dns_count = c->tls.names.count - 1;
	}
	if (a->count > 0) {
		subject.ip = a->spans[0];
		subject.more_ip = a->spans + 1;
		subject.more_ip_count = a->count - 1;
	}
	return subject;
}

static struct status sign(
    struct server *s, struct authority *a, struct issued *ret, struct err *err)
{
	AUTO(arena) arena = {0};
	struct addresses addresses = {.count = 0};
	struct issue_subject subject;
	struct profile *profile;

	TRY(read_addresses(s->config, &addresses, err));
	TRY(profile_server(a, &arena, &profile, err));
	subject = subject_of(s->config, &addresses);
	return issue_certificate(profile, &subject, hsm_key_spki(s->own.key),
	    hsm_key_algorithm(s->own.key), clock_now(&s->api.clock), &s->api.rng, ret, err);
}

static struct status store(struct server *s, struct db *db, const struct authority *a,
    const struct issued *issued, struct err *err)
{
	AUTO(log_line) line = {0};
	AUTO(buf) record = {0};
	const struct certificate_columns columns = {
	    .der = buf_span(&issued->der), .authority_id = a->id};
	struct server_certificate row = {
	    .authority_id = a->id,
	    .serial = SPAN_OF(issued->serial),
	    .key_digest = issued->key_digest,
	    .subject = buf_span(&issued->subject),
	    .not_before = issued->not_before,
	    .not_after = issued->not_after,
	    .der = buf_span(&issued->der),
	    .shard = issued->shard,
	    .key_algorithm = issued->algorithm->name,
	};
	int64_t id;

	certificate_record(&columns, &record);
	TRY(log_line_make("certificate.issued", clock_now(&s->api.clock), &s->api.rng,
	    buf_span(&record), &line, err));
	return server_certificate_store(db, &row, &line, &id, err);
}

static struct status put_to_use(
    struct server *s, const struct authority *a, struct span der, struct err *err)
{
	AUTO(buf) path = {0};
	AUTO(buf) pem = {0};
	STACK_OF(X509) *chain = NULL;
	X509 *certificate = NULL;

	issued_put_chain(a, der, clock_now(&s->api.clock), &pem);
	pem_path(s, &path);
	TRY(file_replace(buf_cstr(&path), buf_span(&pem), 0644, err));
	TRY(read_pem(buf_span(&pem), &certificate, &chain, err));
	return use(s, certificate, chain, err);
}

static struct status issue(struct server *s, struct db *db, struct authority *a, struct err *err)
{
	AUTO(issued) issued = {0};

	TRY(open_key(s, key_algorithm_by_name("EC-P256"), err));
	TRY(sign(s, a, &issued, err));
	/* Durable before anybody sees it. */
	TRY(store(s, db, a, &issued, err));
	return put_to_use(s, a, buf_span(&issued.der), err);
}

/* A root that follows another, or has ended, changes what stands behind the same certificate. */
static struct status keep_chain(struct server *s, const struct authority *a, struct err *err)
{
	AUTO(buf) wanted = {0};
	AUTO(buf) held = {0};
	AUTO(buf) leaf = {0};

	put_pem(s->own.certificate, &held);
	for (int i = 0; i < sk_X509_num(s->own.chain); i++)
		put_pem(sk_X509_value(s->own.chain, i), &held);
	put_der(s->own.certificate, &leaf);
	issued_put_chain(a, buf_span(&leaf), clock_now(&s->api.clock), &wanted);
	if (span_equal(buf_span(&held), buf_span(&wanted)))
		return STATUS_OK;
	return put_to_use(s, a, buf_span(&leaf), err);
}

struct status own_certificate_keep(
    struct server *s, struct db *db, bool *ret_issued, struct err *err)
{
	AUTO_REF(policy) policy = policy_current(s->policies);
	struct authority *a = policy ? policy_authority(policy, s->config->tls.authority) : NULL;

	*ret_issued = false;
	if (!policy)
		return STATUS_OK;
	if (!a)
		return err_set(err, ERR_CONFIG, "tls.authority: there is no authority '%s'",
		    s->config->tls.authority);
	if (!is_due(s, a))
		return keep_chain(s, a, err);
	if (!a->key)
		return err_set(
		    err, ERR_KEY, "authority '%s' has no key here: %s", a->name, a->key_problem);
	TRY(issue(s, db, a, err));
	*ret_issued = true;
	return STATUS_OK;
}
