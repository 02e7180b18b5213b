/* ca/authority_chain.c: see authority_chain.h. */
#include "ca/authority_chain.h"

#include <string.h>

#include "base/encode.h"
#include "ca/ceremony.h"
#include "ca/certificate.h"
#include "ca/certs_only.h"
#include "ca/extension.h"

static int64_t end_of(struct span certificate)
{
	struct certificate_view view;
	struct err unread = {0};

	return certificate_read(certificate, &view, &unread).ok ? view.not_after : 0;
}

struct authority *authority_issuer_of(const struct policy *p, struct span certificate)
{
	struct certificate_view view;
	const struct extension *e;
	struct span key_id = SPAN_NONE;
	struct err unread = {0};

	if (!certificate_read(certificate, &view, &unread).ok)
		return NULL;
	e = certificate_extension(&view, OID_AUTHORITY_KEY_ID);
	if (!e || !authority_key_id_read(e->value, &key_id) || key_id.n == 0)
		return NULL;
	for (size_t i = 0; i < p->authority_count; i++)
		if (span_equal(p->authorities[i].subject, view.issuer) &&
		    span_equal(p->authorities[i].ski, key_id))
			return &p->authorities[i];
	return NULL;
}

static bool is_root(const struct authority *a)
{
	return a->chain_count == 0;
}

/* ---- certified anew ---- */

/* The links of an issuing authority are certificates of its own: the newest is the one in use. */
static void use_newest(struct policy *p, struct authority *a)
{
	struct authority *above = authority_issuer_of(p, a->links[a->link_count - 1]);
	struct authority read = {.name = NULL};
	struct err unread = {0};
	struct span *chain;

	if (!above || !authority_of_certificate(a->links[a->link_count - 1], &read, &unread).ok)
		return;
	chain = arena_alloc(&p->arena, (above->chain_count + 1) * sizeof(*chain));
	chain[0] = above->certificate;
	for (size_t i = 0; i < above->chain_count; i++)
		chain[i + 1] = above->chain[i];
	a->chain = chain;
	a->chain_count = above->chain_count + 1;
	a->certificate = read.certificate;
	a->not_before = read.not_before;
	a->not_after = read.not_after;
	a->parent = above;
}

/* ---- roots that belong together ---- */

static struct authority *root_of(const struct policy *p, struct authority *a)
{
	if (is_root(a))
		return a;
	for (size_t i = 0; i < p->authority_count; i++)
		if (is_root(&p->authorities[i]) &&
		    span_equal(p->authorities[i].certificate, a->chain[a->chain_count - 1]))
			return &p->authorities[i];
	return NULL;
}

static bool linked(const struct policy *p, const struct authority *a, const struct authority *b)
{
	for (size_t i = 0; i < a->link_count; i++)
		if (authority_issuer_of(p, a->links[i]) == b)
			return true;
	for (size_t i = 0; i < b->link_count; i++)
		if (authority_issuer_of(p, b->links[i]) == a)
			return true;
	return false;
}

/* Mark the roots to which links lead from those that are marked, until there are no more. */
static void spread(const struct policy *p, bool *marked)
{
	bool more = true;

	while (more) {
		more = false;
		for (size_t i = 0; i < p->authority_count; i++)
			for (size_t j = 0; j < p->authority_count; j++)
				if (marked[i] && !marked[j] && is_root(&p->authorities[j]) &&
				    linked(p, &p->authorities[i], &p->authorities[j]))
					more = marked[j] = true;
	}
}

/* ---- cacerts ---- */

struct bag {
	struct span *certificates;
	size_t count;
};

static void add(struct bag *bag, struct span certificate)
{
	for (size_t i = 0; i < bag->count; i++)
		if (span_equal(bag->certificates[i], certificate))
			return;
	bag->certificates[bag->count++] = certificate;
}

static void add_all(struct bag *bag, const struct span *certificates, size_t count)
{
	for (size_t i = 0; i < count; i++)
		add(bag, certificates[i]);
}

static size_t room_for(const struct policy *p, const struct authority *a)
{
	size_t n = 2 + a->chain_count + a->first_chain_count + a->link_count;

	for (size_t i = 0; i < p->authority_count; i++)
		n += 1 + p->authorities[i].link_count;
	return n;
}

/*
 * From a root along the links that those before it, or those after it, signed: each one's name is
 * the issuer of the one before, so that a reader who takes the first that fits does not go astray.
 */
static void follow(const struct policy *p, const struct authority *root, bool back, struct bag *bag)
{
	const struct authority *next = root;

	while (next) {
		root = next;
		next = NULL;
		for (size_t i = 0; i < root->link_count && !next; i++) {
			struct authority *issuer = authority_issuer_of(p, root->links[i]);

			if (!issuer || (back ? issuer->id >= root->id : issuer->id <= root->id))
				continue;
			add(bag, root->links[i]);
			next = issuer;
		}
	}
}

/* Those who trust an older root first: who comes new finds the newest at once. */
static void fill_links(struct policy *p, struct authority *a)
{
	const struct authority *root = root_of(p, a);
	struct bag bag = {arena_alloc(&p->arena, room_for(p, a) * sizeof(struct span)), 0};

	if (root) {
		follow(p, root, true, &bag);
		follow(p, root, false, &bag);
	}
	a->root_links = bag.certificates;
	a->root_link_count = bag.count;
}

/* The authority's own way to its root stands first: some clients look no further. */
static void fill(struct policy *p, struct authority *a)
{
	bool *marked = arena_alloc(&p->arena, p->authority_count * sizeof(*marked));
	struct bag bag = {arena_alloc(&p->arena, room_for(p, a) * sizeof(struct span)), 0};
	const struct authority *root = root_of(p, a);

	add(&bag, a->certificate);
	add_all(&bag, a->chain, a->chain_count);
	if (!is_root(a)) {
		add(&bag, a->first_certificate);
		add_all(&bag, a->links, a->link_count);
		add_all(&bag, a->first_chain, a->first_chain_count);
	}
	if (root)
		marked[root - p->authorities] = true;
	spread(p, marked);
	for (size_t i = 0; i < p->authority_count; i++)
		if (marked[i])
			add(&bag, p->authorities[i].certificate);
	for (size_t i = 0; i < p->authority_count; i++)
		if (marked[i])
			add_all(&bag, p->authorities[i].links, p->authorities[i].link_count);
	a->offered = bag.certificates;
	a->offered_count = bag.count;
}

/* What has ended goes; but for the authority's own chain, whose end is its own affair. */
static void encode(const struct authority *a, int64_t now, int64_t *ret_until, struct buf *out)
{
	struct span *alive = mem_alloc(a->offered_count * sizeof(*alive));
	size_t n = 0;

	*ret_until = INT64_MAX;
	for (size_t i = 0; i < a->offered_count; i++) {
		const int64_t end = end_of(a->offered[i]);
		const bool own = i <= a->chain_count;

		if (!own && end < now)
			continue;
		if (!own && end < *ret_until)
			*ret_until = end;
		alive[n++] = a->offered[i];
	}
	certs_only_base64(alive, n, out);
	free(alive);
}

void authority_chains_build(struct policy *p)
{
	for (size_t i = 0; i < p->authority_count; i++) {
		struct authority *a = &p->authorities[i];

		a->first_certificate = a->certificate;
		a->first_chain = a->chain;
		a->first_chain_count = a->chain_count;
		if (!is_root(a) && a->link_count > 0)
			use_newest(p, a);
	}
	for (size_t i = 0; i < p->authority_count; i++) {
		struct authority *a = &p->authorities[i];
		AUTO(buf) body = {0};

		fill(p, a);
		fill_links(p, a);
		encode(a, p->built_at, &a->cacerts_until, &body);
		a->cacerts_base64 = arena_copy(&p->arena, buf_span(&body));
	}
}

struct span authority_cacerts(const struct authority *a, int64_t now, struct arena *arena)
{
	AUTO(buf) body = {0};
	int64_t until;

	if (now <= a->cacerts_until)
		return a->cacerts_base64;
	encode(a, now, &until, &body);
	return arena_copy(arena, buf_span(&body));
}

/* ---- TLS ---- */

static void put(struct span certificate, int64_t now, struct buf *out)
{
	if (end_of(certificate) >= now)
		pem_encode("CERTIFICATE", certificate, out);
}

void authority_put_chain(const struct authority *a, int64_t now, struct buf *out)
{
	if (is_root(a))
		return; /* a root that issues itself */
	pem_encode("CERTIFICATE", a->certificate, out);
	for (size_t i = 0; i + 1 < a->chain_count; i++)
		pem_encode("CERTIFICATE", a->chain[i], out);
	for (size_t i = 0; i < a->root_link_count; i++)
		put(a->root_links[i], now, out);
}
