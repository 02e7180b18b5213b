/* ca/policy_build.c: documents become a snapshot: copied, linked, compiled, checked. */
#include "ca/policy_internal.h"

#include <stdio.h>
#include <string.h>

#include <openssl/objects.h>

#include "access/release_policy.h"
#include "base/encode.h"
#include "ca/authority_chain.h"
#include "ca/crl_scope.h"
#include "ca/csrattrs.h"
#include "ca/general_name.h"
#include "ca/issue.h"
#include "ca/trust_internal.h"

struct builder {
	struct policy *p;
	const struct policy_item *items;
	size_t count;
	struct err *err;
};

/* The item that the n-th object of a kind was made from. */
static const struct policy_item *item_of(
    const struct builder *b, enum policy_kind_id kind, size_t index)
{
	for (size_t i = 0; i < b->count; i++)
		if (b->items[i].kind == kind && index-- == 0)
			return &b->items[i];
	return NULL;
}

static size_t count_of(const struct builder *b, enum policy_kind_id kind)
{
	size_t n = 0;

	for (size_t i = 0; i < b->count; i++)
		n += b->items[i].kind == kind;
	return n;
}

static void copy_name(const struct builder *b, const struct policy_item *item, char **ret_name)
{
	*ret_name = arena_strdup(&b->p->arena, item->name);
}

/* ---- authorities ---- */

static struct status check_urls(
    const struct builder *b, const struct authority *a, const struct policy_item *item)
{
	const struct {
		const char *member, *url;
	} urls[] = {{"ocsp_url", a->ocsp_url}, {"issuer_url", a->issuer_url}};
	const char *member;
	char why[160];

	if (!crl_scope_fits(a, &member, why, sizeof(why)))
		return policy_fail(item, member, b->err, "%s", why);

	for (size_t i = 0; i < COUNT(urls); i++)
		if (urls[i].url && !uri_fits(span_str(urls[i].url), "http", why, sizeof(why)))
			return policy_fail(item, urls[i].member, b->err, "%s", why);
	return STATUS_OK;
}

static struct status check_key_uri(
    const struct builder *b, const struct authority *a, const struct policy_item *item)
{
	if (a->key_uri && strncmp(a->key_uri, "file:", 5) != 0 &&
	    strncmp(a->key_uri, "pkcs11:", 7) != 0)
		return policy_fail(
		    item, "key_uri", b->err, "'%.80s' is neither file: nor pkcs11:", a->key_uri);
	return STATUS_OK;
}

static struct status build_authority(const struct builder *b, size_t i)
{
	const struct policy_item *item = item_of(b, POLICY_AUTHORITY, i);
	struct authority *a = &b->p->authorities[i];

	*a = ((const struct authority_document *)item->document)->authority;
	copy_name(b, item, &a->name);
	a->id = item->id;
	TRY(authority_read(a, item, b->err));
	TRY(check_urls(b, a, item));
	TRY(check_key_uri(b, a, item));
	return STATUS_OK;
}

static void link_parents(const struct builder *b)
{
	struct policy *p = b->p;

	for (size_t i = 0; i < p->authority_count; i++) {
		const struct policy_item *item = item_of(b, POLICY_AUTHORITY, i);

		for (size_t j = 0; j < p->authority_count; j++)
			if (item->row->parent_id && p->authorities[j].id == item->row->parent_id)
				p->authorities[i].parent = &p->authorities[j];
	}
}

/* ---- profiles ---- */

/* "profile "device": san dns: why": the name is said by policy_fail, the member gives the line. */
static struct status refuse_compiled(
    const struct builder *b, const struct policy_item *item, const char *why)
{
	const char *title_end = strstr(why, "\": ");
	char member[64];

	if (strncmp(why, "profile \"", 9) == 0 && title_end)
		why = title_end + 3;
	snprintf(member, sizeof(member), "%.*s", (int)strcspn(why, ": "), why);
	if (!doc_get(item->node, member))
		return policy_fail(item, NULL, b->err, "%s", why);
	return policy_fail(
	    item, member, b->err, "%s", why + strlen(member) + strspn(why + strlen(member), ": "));
}

static struct status build_profile(const struct builder *b, size_t i)
{
	const struct policy_item *item = item_of(b, POLICY_PROFILE, i);
	struct profile *f = &b->p->profiles[i];
	struct err why = {0};

	*f = ((const struct profile_document *)item->document)->profile;
	copy_name(b, item, &f->name);
	f->id = item->id;
	f->authority = policy_authority(b->p, f->authority_name);
	if (!f->authority)
		return policy_fail(
		    item, "authority", b->err, "there is no authority '%.63s'", f->authority_name);
	if (!f->authority->key_uri)
		return policy_fail(item, "authority", b->err,
		    "authority '%.63s' has its key offline: it cannot issue here",
		    f->authority_name);
	if (!profile_compile(f, &b->p->arena, &why).ok)
		return refuse_compiled(b, item, why.message);
	return STATUS_OK;
}

/* ---- trust anchors ---- */

static bool attribute_is_known(const char *text)
{
	ASN1_OBJECT *o = OBJ_txt2obj(text, 0); /* names and dotted OIDs */
	bool known = o != NULL;

	ASN1_OBJECT_free(o);
	return known;
}

static bool source_is_known(const char *from)
{
	if (strncmp(from, "subject.", 8) == 0)
		return attribute_is_known(from + 8);
	return strcmp(from, "san.hwSerialNum") == 0 || strcmp(from, "san.hwType") == 0;
}

static struct status compile_match(const struct builder *b, const struct policy_item *item,
    const char *member, struct identity_field *f)
{
	char *whole = arena_printf(&b->p->arena, "^(%s)$", f->match);
	regex_t *compiled = arena_alloc(&b->p->arena, sizeof(*compiled));
	int code = regcomp(compiled, f->match, REG_EXTENDED);
	char why[128];

	/* First as it is written: a)|(b would hide in the brackets. */
	if (code == 0) {
		regfree(compiled);
		code = regcomp(compiled, whole, REG_EXTENDED);
	}
	if (code != 0) {
		regerror(code, compiled, why, sizeof(why));
		return policy_fail(item, member, b->err, "match '%.80s': %s", f->match, why);
	}
	/* From here on policy_release() frees it. */
	f->compiled = compiled;
	return STATUS_OK;
}

static struct status build_field(const struct builder *b, const struct policy_item *item,
    const char *member, struct identity_field *f)
{
	const uint32_t both = 1U << NORMALISE_UPPER | 1U << NORMALISE_LOWER;

	f->compiled = NULL;
	if (!f->from == !f->value)
		return policy_fail(
		    item, member, b->err, "either from or value must be there, not both");
	if (f->value && f->match)
		return policy_fail(
		    item, member, b->err, "match has no sense with a constant value");
	if (f->from && !source_is_known(f->from))
		return policy_fail(item, member, b->err,
		    "from '%.60s' is neither subject.ATTRIBUTE nor san.hwSerialNum nor san.hwType",
		    f->from);
	if ((f->normalise & both) == both)
		return policy_fail(
		    item, member, b->err, "normalise: upper and lower exclude each other");
	return f->match ? compile_match(b, item, member, f) : STATUS_OK;
}

static struct status refuse_twin(const struct builder *b, size_t i, const struct policy_item *item)
{
	const struct trust_anchor *a = &b->p->anchors[i];

	for (size_t j = 0; j < i; j++) {
		const struct trust_anchor *other = &b->p->anchors[j];

		if (span_equal(a->spki, other->spki) && span_equal(a->subject, other->subject))
			return policy_fail(item, anchor_source(item), b->err,
			    "trust anchor '%.63s' has the same key and name", other->name);
	}
	return STATUS_OK;
}

static struct status build_anchor(const struct builder *b, size_t i)
{
	const struct policy_item *item = item_of(b, POLICY_TRUST_ANCHOR, i);
	struct trust_anchor *a = &b->p->anchors[i];

	*a = ((const struct trust_anchor_document *)item->document)->anchor;
	copy_name(b, item, &a->name);
	a->id = item->id;
	TRY(build_field(b, item, "product", &a->product));
	TRY(build_field(b, item, "serial", &a->serial));
	if (a->serial.value)
		return policy_fail(item, "serial", b->err,
		    "value: a constant cannot tell one unit from another, use from");
	TRY(anchor_read(a, item, &b->p->arena, b->err));
	return refuse_twin(b, i, item);
}

/* ---- products ---- */

static struct status build_product(const struct builder *b, size_t i)
{
	const struct policy_item *item = item_of(b, POLICY_PRODUCT, i);
	struct product *q = &b->p->products[i];
	char why[160];

	*q = ((const struct product_document *)item->document)->product;
	copy_name(b, item, &q->name);
	q->id = item->id;
	/* RFC 8520 5: "MUD URLs MUST use the 'https' scheme" */
	if (q->mud_url && !uri_fits(span_str(q->mud_url), "https", why, sizeof(why)))
		return policy_fail(item, "mud_url", b->err, "%s", why);
	for (size_t j = 0; j < i; j++) {
		const struct product *other = &b->p->products[j];

		if (strcmp(q->manufacturer, other->manufacturer) == 0 &&
		    strcmp(q->model, other->model) == 0)
			return policy_fail(item, "model", b->err,
			    "product '%.63s' is this model of this manufacturer already",
			    other->name);
	}
	return STATUS_OK;
}

/* ---- labels ---- */

static struct status check_label_name(const struct builder *b, const struct policy_item *item)
{
	/* RFC 7030 3.2.2: "the CA label MUST NOT be the same as any defined operation path segment"
	 */
	static const char *const operations[] = {
	    "cacerts", "simpleenroll", "simplereenroll", "fullcmc", "serverkeygen", "csrattrs"};

	if (item->name[strspn(item->name, "abcdefghijklmnopqrstuvwxyz0123456789-")])
		return policy_fail(
		    item, "name", b->err, "a label has a-z 0-9 - only: it is a path segment");
	for (size_t i = 0; i < COUNT(operations); i++)
		if (strcmp(item->name, operations[i]) == 0)
			return policy_fail(item, "name", b->err,
			    "an EST operation has this name (RFC 7030 3.2.2)");
	return STATUS_OK;
}

static struct status link_anchors(
    const struct builder *b, const struct policy_item *item, struct label *l)
{
	l->anchor_count = l->anchor_names.count;
	l->anchors = arena_alloc(&b->p->arena, l->anchor_count * sizeof(*l->anchors));
	for (size_t i = 0; i < l->anchor_count; i++) {
		l->anchors[i] = policy_anchor(b->p, l->anchor_names.items[i]);
		if (!l->anchors[i])
			return policy_fail(item, "trust_anchors", b->err,
			    "there is no trust anchor '%.63s'", l->anchor_names.items[i]);
		for (size_t j = 0; j < i; j++)
			if (l->anchors[j] == l->anchors[i])
				return policy_fail(item, "trust_anchors", b->err,
				    "'%.63s' stands here twice", l->anchor_names.items[i]);
	}
	return STATUS_OK;
}

static struct product *product_by_name(const struct policy *p, const char *name)
{
	for (size_t i = 0; i < p->product_count; i++)
		if (strcmp(p->products[i].name, name) == 0)
			return &p->products[i];
	return NULL;
}

static bool some_anchor_vouches(const struct label *l, const struct product *q)
{
	for (size_t i = 0; i < l->anchor_count; i++)
		if (strcmp(l->anchors[i]->manufacturer, q->manufacturer) == 0)
			return true;
	return false;
}

static struct status link_products(
    const struct builder *b, const struct policy_item *item, struct label *l)
{
	l->product_count = l->product_names.count;
	l->products = arena_alloc(&b->p->arena, l->product_count * sizeof(*l->products));
	for (size_t i = 0; i < l->product_count; i++) {
		const char *name = l->product_names.items[i];

		l->products[i] = product_by_name(b->p, name);
		if (!l->products[i])
			return policy_fail(
			    item, "products", b->err, "there is no product '%.63s'", name);
		if (!some_anchor_vouches(l, l->products[i]))
			return policy_fail(item, "products", b->err,
			    "product '%.63s' is of manufacturer '%.64s', of whom this label has no trust "
			    "anchor",
			    name, l->products[i]->manufacturer);
	}
	return STATUS_OK;
}

static struct status check_times(
    const struct builder *b, const struct policy_item *item, const struct label *l)
{
	if (l->overdue > l->renew_before)
		return policy_fail(item, "overdue", b->err,
		    "%lld s is more than the %lld s of renew_before", (long long)l->overdue,
		    (long long)l->renew_before);
	if (l->renew_early == RENEW_EARLY_REFUSE && l->renew_before == 0)
		return policy_fail(
		    item, "renew_early", b->err, "renew_before is 0: nobody could renew in time");
	if (!l->profile->no_expiry && l->renew_before >= l->profile->validity)
		return policy_fail(item, "renew_before", b->err,
		    "%lld s is not less than the %lld s that certificates of profile '%.63s' last",
		    (long long)l->renew_before, (long long)l->profile->validity, l->profile->name);
	return STATUS_OK;
}

static struct status encode_csrattrs(
    const struct builder *b, struct label *l, bool with_pop, struct span *ret_base64)
{
	AUTO(buf) der = {0};
	AUTO(buf) text = {0};

	TRY(csrattrs_encode(l, l->profile, with_pop, &der, b->err));
	base64_encode(buf_span(&der), &text);
	*ret_base64 = der.n ? arena_copy(&b->p->arena, buf_span(&text)) : SPAN_NONE;
	return STATUS_OK;
}

static struct status one_unlabelled(
    const struct builder *b, size_t i, const struct policy_item *item)
{
	for (size_t j = 0; j < i; j++)
		if (b->p->labels[i].unlabelled && b->p->labels[j].unlabelled)
			return policy_fail(item, "unlabelled", b->err,
			    "label '%.63s' serves paths without a label already",
			    b->p->labels[j].name);
	return STATUS_OK;
}

static struct status check_authority(
    const struct builder *b, const struct policy_item *item, const struct label *l)
{
	const struct authority *a = l->profile->authority;

	/* Whoever has a certificate of that authority is an operator. */
	if (a->operators)
		return policy_fail(item, "profile", b->err,
		    "authority '%.63s' is for operators: no device gets a certificate from it",
		    a->name);
	if (a->state == AUTHORITY_RETIRED)
		return policy_fail(
		    item, "profile", b->err, "authority '%.63s' is retired", a->name);
	/* What is in the archive renews nothing. */
	if (a->archive_after > 0 && a->archive_after < l->renew_grace)
		return policy_fail(item, "renew_grace", b->err,
		    "%lld s is more than the archive_after of authority '%.63s', %lld s",
		    (long long)l->renew_grace, a->name, (long long)a->archive_after);
	return STATUS_OK;
}

static struct status build_label(const struct builder *b, size_t i)
{
	const struct policy_item *item = item_of(b, POLICY_LABEL, i);
	struct label *l = &b->p->labels[i];

	*l = ((const struct label_document *)item->document)->label;
	copy_name(b, item, &l->name);
	l->id = item->id;
	TRY(check_label_name(b, item));
	l->profile = policy_profile(b->p, l->profile_name);
	if (!l->profile)
		return policy_fail(
		    item, "profile", b->err, "there is no profile '%.63s'", l->profile_name);
	if (l->profile->use != USE_DEVICE)
		return policy_fail(item, "profile", b->err,
		    "profile '%.63s' is not for devices: its use is another", l->profile_name);
	TRY(check_authority(b, item, l));
	TRY(link_anchors(b, item, l));
	TRY(link_products(b, item, l));
	TRY(check_times(b, item, l));
	TRY(one_unlabelled(b, i, item));
	TRY(encode_csrattrs(b, l, l->pop != POP_OFF, &l->csrattrs_base64));
	return encode_csrattrs(b, l, false, &l->csrattrs_no_pop_base64);
}

/* ---- models as the anchors read them ---- */

/* A model that no anchor's normal form leaves as it is would never be recognised. */
static struct status check_model(const struct builder *b, size_t i)
{
	const struct product *q = &b->p->products[i];
	const struct trust_anchor *last = NULL;
	char text[IDENTITY_TEXT_MAX + 1];

	for (size_t j = 0; j < b->p->anchor_count; j++) {
		const struct trust_anchor *a = &b->p->anchors[j];

		if (strcmp(a->manufacturer, q->manufacturer) != 0)
			continue;
		if (a->product.value)
			return STATUS_OK;
		snprintf(text, sizeof(text), "%s", q->model);
		identity_normalise(a->product.normalise, text);
		if (strcmp(text, q->model) == 0)
			return STATUS_OK;
		last = a;
	}
	if (!last)
		return STATUS_OK;
	return policy_fail(item_of(b, POLICY_PRODUCT, i), "model", b->err,
	    "'%.64s' is not as trust anchor '%.63s' normalises it: '%.64s'", q->model, last->name,
	    text);
}

/* ---- who may do what ---- */

/* Names only: access knows nothing else of products. */
static const char **names_of_products(
    const struct builder *b, size_t *ret_count, struct arena *arena)
{
	size_t n = count_of(b, POLICY_PRODUCT);
	const char **names = arena_alloc(arena, n * sizeof(*names));

	for (size_t i = 0; i < n; i++)
		names[i] = item_of(b, POLICY_PRODUCT, i)->name;
	*ret_count = n;
	return names;
}

static struct status build_access(const struct builder *b)
{
	struct arena *arena = &b->p->arena;
	struct access_item *items = arena_alloc(arena, b->count * sizeof(*items));
	size_t n = 0, product_count;
	const char **products = names_of_products(b, &product_count, arena);

	for (size_t i = 0; i < b->count; i++) {
		const struct policy_item *from = &b->items[i];

		if (from->kind >= POLICY_ROLE && from->kind < POLICY_STORED)
			items[n++] = (struct access_item){
			    .kind = (enum access_kind)(from->kind - POLICY_ROLE),
			    .document = from->document,
			    .file = from->file,
			    .node = from->node};
	}
	b->p->access = arena_alloc(arena, sizeof(*b->p->access));
	return access_build(items, n, products, product_count, arena, b->p->access, b->err);
}

struct status policy_build_access(
    struct policy *p, const struct policy_item *items, size_t count, struct err *err)
{
	const struct builder b = {p, items, count, err};

	return build_access(&b);
}

/* ---- keys that sign releases ---- */

/* URIs of keys of our own: tokens, log, servers, OCSP (ca/service_key.h, server/, ca/ocsp*). */
static const char *const own_keys[] = {"file:token", "file:log", "file:server-", "file:ocsp-"};

static const char *whose_key(const struct policy *p, const struct signing_key *k, struct span spki)
{
	for (size_t i = 0; i < p->authority_count; i++) {
		const struct authority *a = &p->authorities[i];

		if (span_equal(a->spki, spki) ||
		    (a->key_uri && strcmp(a->key_uri, k->key_uri) == 0))
			return "an authority's";
	}
	for (size_t i = 0; i < COUNT(own_keys); i++)
		if (strncmp(k->key_uri, own_keys[i], strlen(own_keys[i])) == 0)
			return "one of the server's own";
	return NULL;
}

/* A key is for one thing: what an authority's signs is a certificate, and nothing else. */
static struct status check_signing_keys(const struct builder *b)
{
	for (size_t i = 0; i < b->count; i++) {
		const struct signing_key *k = b->items[i].document;
		AUTO(buf) spki = {0};
		const char *whose;

		if (b->items[i].kind != POLICY_SIGNING_KEY)
			continue;
		TRY(base64_decode(span_str(k->public_key), &spki, b->err));
		whose = whose_key(b->p, k, buf_span(&spki));
		if (whose)
			return policy_fail(&b->items[i], "key_uri", b->err,
			    "the key is %s: it signs no releases", whose);
	}
	return STATUS_OK;
}

/* ---- all ---- */

static void make_room(struct builder *b)
{
	struct policy *p = b->p;
	size_t n[POLICY_STORED];

	for (int k = 0; k < POLICY_STORED; k++)
		n[k] = count_of(b, (enum policy_kind_id)k);
	p->authorities = arena_alloc(&p->arena, n[POLICY_AUTHORITY] * sizeof(*p->authorities));
	p->profiles = arena_alloc(&p->arena, n[POLICY_PROFILE] * sizeof(*p->profiles));
	p->anchors = arena_alloc(&p->arena, n[POLICY_TRUST_ANCHOR] * sizeof(*p->anchors));
	p->products = arena_alloc(&p->arena, n[POLICY_PRODUCT] * sizeof(*p->products));
	p->labels = arena_alloc(&p->arena, n[POLICY_LABEL] * sizeof(*p->labels));
	/* Counted first, so that what a failed build leaves is freed. */
	p->authority_count = n[POLICY_AUTHORITY];
	p->anchor_count = n[POLICY_TRUST_ANCHOR];
}

/* In the order in which they refer to each other; look-ups see only what is built. */
static struct status build_all(struct builder *b)
{
	struct policy *p = b->p;
	size_t products = count_of(b, POLICY_PRODUCT), profiles = count_of(b, POLICY_PROFILE);
	size_t labels = count_of(b, POLICY_LABEL);

	for (size_t i = 0; i < p->authority_count; i++)
		TRY(build_authority(b, i));
	link_parents(b);
	authority_chains_build(p);
	for (; p->profile_count < profiles; p->profile_count++)
		TRY(build_profile(b, p->profile_count));
	for (size_t i = 0; i < p->anchor_count; i++)
		TRY(build_anchor(b, i));
	for (; p->product_count < products; p->product_count++)
		TRY(build_product(b, p->product_count));
	for (size_t i = 0; i < products; i++)
		TRY(check_model(b, i));
	for (; p->label_count < labels; p->label_count++)
		TRY(build_label(b, p->label_count));
	TRY(build_access(b));
	return check_signing_keys(b);
}

struct status policy_build(
    struct policy *p, const struct policy_item *items, size_t count, struct err *err)
{
	struct builder b = {p, items, count, err};

	make_room(&b);
	return build_all(&b);
}
