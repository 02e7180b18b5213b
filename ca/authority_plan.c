/* ca/authority_plan.c: what approvers of an order agree to; see authority_make.h. */
#include <stdio.h>

#include "base/json.h"
#include "ca/authority_make.h"
#include "ca/certificate.h"
#include "ca/name.h"
#include "ca/policy.h"

static void put_names(struct json *j, const char *name, const char *const *names, size_t count)
{
	if (count == 0)
		return;
	json_array_begin(j, name);
	for (size_t i = 0; i < count; i++)
		json_str(j, NULL, names[i]);
	json_array_end(j);
}

/* What is not said is not there, so that older orders keep their digests. */
static void put_points(struct json *j, const struct authority_order *o)
{
	json_str(j, "crl_url", o->crl_url);
	if (o->delta_url)
		json_str(j, "delta_url", o->delta_url);
	if (o->crl_shards)
		json_int(j, "crl_shards", o->crl_shards);
	json_str(j, "ocsp_url", o->ocsp_url);
	json_str(j, "issuer_url", o->issuer_url);
}

static void put_order(struct json *j, const char *name, const struct authority_order *o)
{
	const struct ceremony_constraints *c = &o->constraints;

	json_object_begin(j, name);
	json_str(j, "name", o->name);
	json_str(j, "parent", o->parent);
	json_str(j, "subject", o->subject);
	json_str(j, "algorithm", o->algorithm);
	json_int(j, "validity", o->validity);
	json_int(j, "path_length", o->path_length);
	put_names(j, "permit_dns", c->permitted_dns, c->permitted_dns_count);
	put_names(j, "exclude_dns", c->excluded_dns, c->excluded_dns_count);
	put_names(j, "permit_directory", c->permitted_directory, c->permitted_directory_count);
	put_names(j, "exclude_directory", c->excluded_directory, c->excluded_directory_count);
	put_points(j, o);
	json_bool(j, "operators", o->operators);
	if (o->chain.n)
		json_span(j, "chain", o->chain);
	json_object_end(j);
}

struct digest authority_plan(const struct policy *p, const struct authority_order *order)
{
	const struct authority *parent = order->parent ? policy_authority(p, order->parent) : NULL;
	AUTO(buf) text = {0};
	struct json j = {.out = &text};

	put_order(&j, NULL, order);
	if (parent)
		buf_put(&text, parent->spki);
	return sha256(buf_span(&text));
}

/* Who agrees to a certificate reads what it says, not its octets. */
static void put_certificate(struct json *j, struct span certificate)
{
	const struct digest digest = sha256(certificate);
	char name[512], time[TIME_TEXT_SIZE], hex[2 * SHA256_SIZE + 1];
	struct certificate_view view;
	struct err unread = {0};

	hex_text(SPAN_OF(digest.bytes), hex);
	json_str(j, "fingerprint", hex);
	if (!certificate_read(certificate, &view, &unread).ok)
		return;
	name_text(view.subject, name, sizeof(name));
	json_str(j, "subject", name);
	name_text(view.issuer, name, sizeof(name));
	json_str(j, "issuer", name);
	time_text(view.not_before, time);
	json_str(j, "not_before", time);
	time_text(view.not_after, time);
	json_str(j, "not_after", time);
}

static void put_taken(struct json *j, const char *name, const struct authority_order *o,
    const struct ceremony_chain *chain)
{
	json_object_begin(j, name);
	json_str(j, "name", o->name);
	put_certificate(j, chain->certificates[0]);
	put_points(j, o);
	json_bool(j, "operators", o->operators);
	json_object_end(j);
}

const char *authority_difference(const struct authority_order *order, struct arena *arena)
{
	AUTO(buf) text = {0};
	struct json j = {.out = &text};
	struct ceremony_chain chain = {0};
	struct err unread = {0};

	json_array_begin(&j, NULL);
	json_object_begin(&j, NULL);
	json_str(&j, "path", arena_printf(arena, "/authorities/%s", order->name));
	json_str(&j, "old", NULL);
	if (order->chain.n && ceremony_chain_read(order->chain, arena, &chain, &unread).ok)
		put_taken(&j, "new", order, &chain);
	else
		put_order(&j, "new", order);
	json_object_end(&j);
	json_array_end(&j);
	return arena_strdup(arena, buf_cstr(&text));
}
