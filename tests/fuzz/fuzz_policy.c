/*
 * Policy documents as `signetd bootstrap` reads them: parsed, bound, linked, compiled and checked
 * against an authority that is there; what is accepted must render to a text that is accepted again
 * and renders the same. Nothing may be half-built.
 */
#include <stdlib.h>
#include <string.h>

#include "access/reach.h"
#include "ca/policy_internal.h"
#include "tests/lib/pki.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_MAX     65536
#define DOCUMENTS_MAX 64

static struct span issuing_der(void)
{
	static struct span der;
	if (!der.p) {
		struct pki_authority ca = pki_authority("Fuzz", NULL, 0);
		unsigned char *p = NULL;
		int n = i2d_X509(ca.certificate, &p);
		der = span(p, (size_t)n);
		pki_authority_free(&ca);
	}
	return der;
}

/* The one document that is stored: the authority "issuing". */
static struct policy_row issuing_row(struct arena *arena)
{
	struct buf spec = {0};
	struct err err = {0};
	if (!policy_authority_spec("issuing", "file:issuing.key", NULL, NULL, NULL, &spec, &err).ok)
		abort();
	struct policy_row row = {.kind = "authority",
	    .id = 1,
	    .name = "issuing",
	    .version = 1,
	    .spec = arena_strndup(arena, (const char *)spec.p, spec.n),
	    .certificate = issuing_der()};
	buf_free(&spec);
	return row;
}

static void must_come_back(const struct policy_item *item)
{
	struct buf again = {0};
	struct doc_file file = {0};
	struct policy_item second;
	struct err err = {0};
	struct arena arena = {0};
	const struct field *fields = policy_kinds[item->kind].fields;
	doc_render(fields, item->document, &again);
	if (!doc_parse("again", buf_span(&again), &file, &err).ok || file.count != 1 ||
	    !policy_bind("again", file.documents[0], item->kind, &arena, &second, &err).ok)
		abort();
	struct buf third = {0};
	doc_render(fields, second.document, &third);
	if (!span_equal(buf_span(&again), buf_span(&third)))
		abort();
	buf_free(&again);
	buf_free(&third);
	doc_free(&file);
	arena_free(&arena);
}

static size_t items_read(
    const struct doc_file *file, struct arena *arena, struct policy_item *items)
{
	size_t n = 0;
	struct err err = {0};
	for (size_t i = 0; i < file->count && n < DOCUMENTS_MAX; i++) {
		const struct doc_node *kind = doc_get(file->documents[i], "kind");
		const struct policy_kind *k =
		    kind && kind->text ? policy_kind_by_name(kind->text) : NULL;
		enum policy_kind_id id = k ? (enum policy_kind_id)(k - policy_kinds) : POLICY_KINDS;
		/* Authorities come from the store; devices are written, not linked. */
		if (id == POLICY_AUTHORITY || id >= POLICY_STORED)
			continue;
		err_clear(&err);
		if (!policy_bind("fuzz", file->documents[i], id, arena, &items[n], &err).ok)
			continue;
		if (id == POLICY_OIDC_ISSUER &&
		    ((struct oidc_issuer *)items[n].document)->jwks_file)
			continue;
		if (id == POLICY_TRUST_ANCHOR &&
		    ((struct trust_anchor_document *)items[n].document)->certificate_file)
			continue; /* read beside the file, by the caller */
		must_come_back(&items[n]);
		items[n].id = (int64_t)n + 2;
		n++;
	}
	return n;
}

/* What is decided, what is explained and what lists show must be one thing. */
static void must_agree(const struct access *a, const struct principal *p, enum permission x)
{
	struct arena arena = {0};
	struct actor who = actor_principal(p);
	const char *what;
	bool may = access_may(a, &who, x, NULL, NULL, 0);
	struct reach reach = access_reach(a, &who, x, 0, &arena);
	struct explanation why = access_explain(a, &who, x, NULL, NULL, 0, &arena);
	if (may != reach.all_products || may != why.allowed || may != (why.missing_count == 0))
		abort();
	for (size_t i = 0; i < reach.product_count; i++)
		if (!access_may(a, &who, x, reach.products[i], NULL, 0))
			abort();
	if (p->disabled && reach.any)
		abort();
	/* What somebody holds is theirs to have a credential for; what changes nothing gives
	 * nothing. */
	if (!p->disabled && !access_covers(a, &who, p, PERMISSION_ALL, 0, &arena, &what))
		abort();
	if (!access_grant_covered(a, a, &who, 0, &arena, &what))
		abort();
	arena_free(&arena);
}

static void must_be_consistent(const struct access *a)
{
	for (size_t i = 0; i < a->principal_count; i++)
		for (int x = PERMISSION_NEVER + 1; x < PERMISSION_COUNT; x++)
			must_agree(a, &a->principals[i], (enum permission)x);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct doc_file file = {0};
	struct err err = {0};
	if (size > INPUT_MAX)
		return -1;
	if (!doc_parse("fuzz", span(data, size), &file, &err).ok)
		return 0;
	struct arena arena = {0};
	struct policy_item *items = NULL;
	struct policy_row row = issuing_row(&arena);
	struct policy_rows rows = {.version = 1, .rows = &row, .count = 1};
	if (!policy_items_of_rows(&rows, &arena, &items, &err).ok)
		abort();
	struct policy_item all[DOCUMENTS_MAX + 1];
	all[0] = items[0];
	size_t n = 1 + items_read(&file, &arena, all + 1);
	struct policy *p = policy_new();
	err_clear(&err);
	if (policy_build(p, all, n, &err).ok)
		must_be_consistent(p->access);
	else if (!err.message[0])
		abort(); /* refused without a word */
	policy_release(p);
	arena_free(&arena);
	doc_free(&file);
	return 0;
}
