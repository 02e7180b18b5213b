/* access/build_release.c: signing keys and channels, linked and checked. */
#include <openssl/pem.h>
#include <string.h>

#include "access/build_internal.h"
#include "access/release_policy.h"
#include "base/algorithm.h"
#include "base/encode.h"

DEFINE_AUTO_PTR(BIO, BIO_free)
DEFINE_AUTO_PTR(X509, X509_free)

/* ---- signing keys ---- */

static struct status check_public_key(const struct builder *b, const struct access_item *item,
    const struct signing_key *k, struct buf *spki)
{
	const struct key_algorithm *algorithm = NULL;
	const char *wanted = signing_algorithm_keys[k->algorithm];
	struct err why = {0};

	if (!base64_decode(span_str(k->public_key), spki, &why).ok ||
	    !key_algorithm_of_spki(buf_span(spki), &algorithm, &why).ok)
		return build_fail(b, item, "public_key", "%s", why.message);
	if (strcmp(algorithm->name, wanted) != 0)
		return build_fail(b, item, "algorithm", "%s is for a key of %s, this is one of %s",
		    signing_algorithms[k->algorithm], wanted, algorithm->name);
	return STATUS_OK;
}

static struct status check_own_certificate(
    const struct builder *b, const struct access_item *item, X509 *own, const struct buf *spki)
{
	unsigned char *der = NULL;
	const int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(own), &der);
	const bool same = n > 0 && span_equal(span(der, (size_t)n), buf_span(spki));

	OPENSSL_free(der);
	if (!same)
		return build_fail(b, item, "chain", "the first certificate is of another key");
	return STATUS_OK;
}

static struct status check_chain(const struct builder *b, const struct access_item *item,
    const struct signing_key *k, const struct buf *spki)
{
	AUTO_PTR(BIO) pem = BIO_new_mem_buf(k->chain, -1);
	size_t n = 0;

	for (;; n++) {
		AUTO_PTR(X509) certificate = PEM_read_bio_X509(pem, NULL, NULL, NULL);

		if (!certificate)
			break;
		if (n == 0)
			TRY(check_own_certificate(b, item, certificate, spki));
	}
	return n ? STATUS_OK : build_fail(b, item, "chain", "no certificate in PEM is there");
}

static struct status check_key_is_new(
    const struct builder *b, const struct access_item *item, const struct signing_key *k)
{
	for (size_t i = 0; i < b->a->signing_key_count; i++)
		if (strcmp(b->a->signing_keys[i].public_key, k->public_key) == 0)
			return build_fail(b, item, "public_key",
			    "signing-key '%.63s' is this key already", b->a->signing_keys[i].name);
	return STATUS_OK;
}

struct status build_signing_key(const struct builder *b, const struct access_item *item)
{
	struct signing_key *k = &b->a->signing_keys[b->a->signing_key_count];
	AUTO(buf) spki = {0};

	*k = *(const struct signing_key *)item->document;
	TRY(check_public_key(b, item, k, &spki));
	TRY(check_key_is_new(b, item, k));
	TRY(build_products(b, item, &k->products));
	if (k->chain)
		TRY(check_chain(b, item, k, &spki));
	b->a->signing_key_count++;
	return STATUS_OK;
}

/* ---- channels ---- */

static struct status link_key(
    const struct builder *b, const struct access_item *item, struct channel *c, const char *name)
{
	const struct signing_key *k = access_signing_key(b->a, name);

	if (!k)
		return build_fail(b, item, "keys", "there is no signing-key '%.63s'", name);
	if (c->production && k->test)
		return build_fail(b, item, "keys",
		    "'%.63s' is a test key, and this is a production channel", name);
	if (!scope_has(&k->products, c->product_name))
		return build_fail(
		    b, item, "keys", "'%.63s' does not sign for '%.63s'", name, c->product_name);
	if (c->formats >> RELEASE_CMS & 1 && !k->chain)
		return build_fail(b, item, "keys",
		    "'%.63s' has no certificate, which the format cms needs", name);
	c->keys[c->key_count++] = k;
	return STATUS_OK;
}

static struct status link_keys(
    const struct builder *b, const struct access_item *item, struct channel *c)
{
	TRY(build_no_doubles(b, item, "keys", &c->key_names));
	c->keys = arena_alloc(b->arena, c->key_names.count * sizeof(struct signing_key *));
	c->key_count = 0;
	for (size_t i = 0; i < c->key_names.count; i++) {
		const struct access_item at = build_at(item, "keys", i);

		TRY(link_key(b, &at, c, c->key_names.items[i]));
	}
	return STATUS_OK;
}

static struct status link_requesters(
    const struct builder *b, const struct access_item *item, const struct channel *c)
{
	TRY(build_no_doubles(b, item, "requesters", &c->requesters));
	for (size_t i = 0; i < c->requesters.count; i++) {
		const struct access_item at = build_at(item, "requesters", i);

		if (!access_principal(b->a, c->requesters.items[i]))
			return build_fail(b, &at, "requesters", "there is no principal '%.63s'",
			    c->requesters.items[i]);
	}
	return STATUS_OK;
}

static struct status link_approvals(
    const struct builder *b, const struct access_item *item, struct channel *c)
{
	struct channel_approvals *rows = c->approvals.items;

	for (size_t i = 0; i < c->approvals.count; i++) {
		const struct access_item at = build_at(item, "approvals", i);

		rows[i].role = access_role(b->a, rows[i].role_name);
		if (!rows[i].role)
			return build_fail(
			    b, &at, "approvals", "there is no role '%.63s'", rows[i].role_name);
		for (size_t j = 0; j < i; j++)
			if (rows[j].role == rows[i].role)
				return build_fail(b, &at, "approvals",
				    "role '%.63s' stands here twice", rows[i].role_name);
	}
	return STATUS_OK;
}

static const char *source_problem(const struct channel *c, const struct channel_source *s)
{
	const char *star = strchr(s->ref, '*');

	if (s->repository_id[strspn(s->repository_id, "0123456789")])
		return "repository_id is a number: a name can be given to somebody else";
	if (strncmp(s->ref, "refs/", 5) != 0)
		return "ref is a whole ref, such as refs/heads/main";
	if (star && (star[1] || star[-1] != '/'))
		return "'*' stands at the end of a ref, after '/'";
	if (c->production && s->any_ref)
		return "any_ref is not for a production channel";
	return NULL;
}

static struct status link_sources(
    const struct builder *b, const struct access_item *item, struct channel *c)
{
	struct channel_source *rows = c->sources.items;

	for (size_t i = 0; i < c->sources.count; i++) {
		const struct access_item at = build_at(item, "sources", i);
		const char *problem = source_problem(c, &rows[i]);

		if (problem)
			return build_fail(b, &at, "sources", "%s", problem);
		rows[i].issuer = access_oidc_issuer(b->a, rows[i].issuer_name);
		if (!rows[i].issuer)
			return build_fail(b, &at, "sources", "there is no oidc-issuer '%.63s'",
			    rows[i].issuer_name);
	}
	return STATUS_OK;
}

/* "08:30" -> 510; "24:00" -> 1440; -1: no time of day */
static int minute_of(const char *text)
{
	const char *const digits = "0123456789";
	int hour, minute;

	if (strlen(text) != 5 || text[2] != ':' || strspn(text, digits) != 2 ||
	    strspn(text + 3, digits) != 2)
		return -1;
	hour = (text[0] - '0') * 10 + text[1] - '0';
	minute = (text[3] - '0') * 10 + text[4] - '0';
	return minute < 60 && hour * 60 + minute <= 24 * 60 ? hour * 60 + minute : -1;
}

static struct status link_windows(
    const struct builder *b, const struct access_item *item, struct channel *c)
{
	struct release_window *rows = c->windows.items;

	for (size_t i = 0; i < c->windows.count; i++) {
		const struct access_item at = build_at(item, "windows", i);

		rows[i].from_minute = minute_of(rows[i].from);
		rows[i].to_minute = minute_of(rows[i].to);
		if (rows[i].from_minute < 0 || rows[i].to_minute < 0)
			return build_fail(b, &at, "windows", "a time of day is written as 08:00");
		if (rows[i].from_minute >= rows[i].to_minute)
			return build_fail(b, &at, "windows",
			    "it ends before it begins; over midnight, write two");
	}
	return STATUS_OK;
}

struct status build_channel(const struct builder *b, const struct access_item *item)
{
	struct channel *c = &b->a->channels[b->a->channel_count];

	*c = *(const struct channel *)item->document;
	c->formats |= 1U << RELEASE_SUIT;
	if (!build_has_product(b, c->product_name))
		return build_fail(
		    b, item, "product", "there is no product '%.63s'", c->product_name);
	if (!build_channel_fits(c->channel))
		return build_fail(b, item, "channel",
		    "a channel has a-z 0-9 - . _ and begins with a letter or digit");
	if (access_channel(b->a, c->product_name, c->channel))
		return build_fail(b, item, "channel",
		    "channel document '%.63s' is this one already",
		    access_channel(b->a, c->product_name, c->channel)->name);
	TRY(link_keys(b, item, c));
	TRY(link_requesters(b, item, c));
	TRY(link_approvals(b, item, c));
	TRY(link_sources(b, item, c));
	TRY(link_windows(b, item, c));
	b->a->channel_count++;
	return STATUS_OK;
}
