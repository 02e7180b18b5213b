/* ca/ceremony_take.c: check an existing hierarchy before it is taken over. */

#include "ca/ceremony.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

#include "ca/certificate.h"
#include "ca/extension.h"

#define PEM_CHAIN_MAX 262144 /* eight certificates of the largest kind, and comments */

DEFINE_AUTO_PTR(BIO, BIO_free)

struct link {
	struct certificate_view view;
	struct authority authority;
};

/* ---- PEM ---- */

struct status ceremony_chain_read(
    struct span pem, struct arena *arena, struct ceremony_chain *chain, struct err *err)
{
	AUTO_PTR(BIO) in = NULL;
	char *name = NULL, *header = NULL;
	unsigned char *data = NULL;
	long n = 0;
	if (pem.n > PEM_CHAIN_MAX)
		return err_set(
		    err, ERR_CONFIG, "the chain is larger than %d octets", PEM_CHAIN_MAX);
	in = BIO_new_mem_buf(pem.p, (int)pem.n);
	ERR_set_mark();
	while (in && PEM_read_bio(in, &name, &header, &data, &n)) {
		bool certificate = strcmp(name, PEM_STRING_X509) == 0;
		if (certificate && chain->count < CEREMONY_CHAIN_MAX)
			chain->certificates[chain->count] =
			    arena_copy(arena, span(data, (size_t)n));
		chain->count += certificate;
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_free(data);
	}
	ERR_pop_to_mark();
	if (chain->count == 0 || chain->count > CEREMONY_CHAIN_MAX)
		return err_set(err, ERR_CONFIG,
		    "the chain has %zu PEM certificates, 2 to %d are needed", chain->count,
		    CEREMONY_CHAIN_MAX);
	return STATUS_OK;
}

/* ---- one certificate ---- */

static struct status check_path_length(const struct link *link, size_t below, struct err *err)
{
	struct basic_constraints basic = {0};
	const struct extension *e = certificate_extension(&link->view, OID_BASIC_CONSTRAINTS);
	if (e && basic_constraints_read(e->value, &basic) && basic.has_path_length &&
	    basic.path_length < below)
		return err_set(err, ERR_CONFIG,
		    "its path length %llu does not suffice for %zu authorities below it",
		    (unsigned long long)basic.path_length, below);
	return STATUS_OK;
}

static struct status check_link(
    struct link *link, struct span der, size_t below, int64_t now, struct err *err)
{
	TRY(authority_of_certificate(der, &link->authority, err));
	TRY(certificate_read(der, &link->view, err));
	if (now < link->view.not_before || now > link->view.not_after) {
		char when[TIME_TEXT_SIZE];
		bool early = now < link->view.not_before;
		time_text(early ? link->view.not_before : link->view.not_after, when);
		return err_set(err, ERR_CONFIG, "it is %s %s",
		    early ? "not valid before" : "expired since", when);
	}
	return check_path_length(link, below, err);
}

/* ---- one certificate and the one above it ---- */

static struct status check_key_id(
    const struct link *link, const struct link *above, struct err *err)
{
	struct span key_id = SPAN_NONE;
	const struct extension *e = certificate_extension(&link->view, OID_AUTHORITY_KEY_ID);
	if (e && (!authority_key_id_read(e->value, &key_id) ||
		     (key_id.n > 0 && !span_equal(key_id, above->authority.ski))))
		return err_set(
		    err, ERR_CONFIG, "its authority key identifier is not that of the next one");
	return STATUS_OK;
}

static struct status check_signature(
    const struct link *link, const struct link *above, struct err *err)
{
	AUTO_PTR(EVP_PKEY) key = NULL;
	const struct key_algorithm *a;
	const struct signature_algorithm *signature =
	    signature_algorithm_of(link->view.signature_algorithm);
	if (!signature)
		return err_set(err, ERR_CONFIG, "its signature algorithm is not one of ours");
	TRY(public_key_from_spki(above->view.spki, &a, &key, err));
	if (!signature_verify(key, signature, link->view.tbs, link->view.signature))
		return err_set(err, ERR_CONFIG, "its signature does not verify with the key of %s",
		    link == above ? "itself" : "the next one");
	return STATUS_OK;
}

static struct status check_pair(const struct link *link, const struct link *above, struct err *err)
{
	/* RFC 5280 6.1.3 (a)(4), and byte for byte: everybody's comparison agrees on that */
	if (!span_equal(link->view.issuer, above->view.subject))
		return err_set(err, ERR_CONFIG, "its issuer is not the subject of %s",
		    link == above ? "itself: the root is missing" : "the next one");
	TRY(check_key_id(link, above, err));
	return check_signature(link, above, err);
}

/* ---- all ---- */

static struct status check_ends(
    const struct link *links, size_t count, struct span key_spki, struct err *err)
{
	if (!span_equal(links[0].view.spki, key_spki))
		return err_set(err, ERR_CONFIG, "certificate 1: the key given is not its key");
	/* The key of a root is never loaded by a running server. */
	if (count == 1)
		return err_set(err, ERR_CONFIG,
		    "certificate 1: a root alone; an issuing authority below it is needed");
	return STATUS_OK;
}

struct status ceremony_take(struct span chain_pem, struct span key_spki, int64_t now,
    struct arena *arena, struct ceremony_chain *ret_chain, struct err *err)
{
	struct ceremony_chain chain = {.count = 0};
	TRY(ceremony_chain_read(chain_pem, arena, &chain, err));
	struct link *links = arena_alloc(arena, chain.count * sizeof(*links));
	for (size_t i = 0; i < chain.count; i++) {
		struct err why = {0};
		if (!check_link(&links[i], chain.certificates[i], i, now, &why).ok)
			return err_set(err, ERR_CONFIG, "certificate %zu: %s", i + 1, why.message);
	}
	for (size_t i = 0; i < chain.count; i++) {
		struct err why = {0};
		size_t above = i + 1 < chain.count ? i + 1 : i;
		if (!check_pair(&links[i], &links[above], &why).ok)
			return err_set(err, ERR_CONFIG, "certificate %zu: %s", i + 1, why.message);
	}
	TRY(check_ends(links, chain.count, key_spki, err));
	*ret_chain = chain;
	return STATUS_OK;
}
