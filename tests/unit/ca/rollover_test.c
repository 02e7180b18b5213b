/* Links between authorities, and what cacerts and TLS chains carry because of them. */
#include <criterion/criterion.h>

#include <string.h>

#include "ca/authority_chain.h"
#include "ca/certs_only.h"
#include "ca/policy_internal.h"
#include "issue_fixture.h"

/* ---- one link ---- */

struct pair {
	struct world w;
	struct hsm_key *old_key, *new_key;
	struct buf old, new, new_with_old, old_with_new;
};

static void make_root(struct pair *p, struct hsm_key *key, const char *subject, int path_length,
    int64_t years, struct buf *ret)
{
	struct err err = {0};
	const struct ceremony_request request = {.subject = subject,
	    .key = key,
	    .not_before = p->w.now,
	    .not_after = p->w.now + years * 365 * DAY,
	    .path_length = path_length};

	cr_assert(ceremony_make(&request, p->w.now, &p->w.rng, ret, &err).ok, "%s", err.message);
}

static struct status link_of(struct pair *p, const struct buf *certificate,
    const struct buf *issuer, struct hsm_key *key, struct buf *ret, struct err *err)
{
	struct authority of = {.name = NULL}, by = {.name = NULL};

	cr_assert(authority_of_certificate(buf_span(certificate), &of, err).ok);
	cr_assert(authority_of_certificate(buf_span(issuer), &by, err).ok);
	return ceremony_link(
	    &(struct ceremony_link){.certificate = buf_span(certificate),
		.not_before = of.not_before,
		.not_after = of.not_after < by.not_after ? of.not_after : by.not_after,
		.issuer_certificate = buf_span(issuer),
		.issuer_key = key},
	    p->w.now, &p->w.rng, ret, err);
}

/* The old root was made ten years ago; both of the same name. */
static void pair_make(struct pair *p, const char *subject, int path_length)
{
	struct err err = {0};

	world_make(&p->w, "EC-P384", "EC-P256");
	p->old_key = fixture_key("EC-P256");
	p->new_key = fixture_key("EC-P384");
	p->w.now -= 3650 * DAY;
	make_root(p, p->old_key, "CN=R,O=Acme", path_length, 30, &p->old);
	p->w.now += 3650 * DAY;
	make_root(p, p->new_key, subject, CEREMONY_PATH_NONE, 30, &p->new);
	cr_assert(
	    link_of(p, &p->old, &p->new, p->new_key, &p->old_with_new, &err).ok, "%s", err.message);
}

static void pair_free(struct pair *p)
{
	buf_free(&p->old);
	buf_free(&p->new);
	buf_free(&p->new_with_old);
	buf_free(&p->old_with_new);
	world_free(&p->w);
}

static void write_pem(const char *name, const struct buf *der)
{
	const struct span one = buf_span(der);

	fixture_file(name, "CERTIFICATE", &one, 1);
}

static void expect_links_verify(struct pair *p)
{
	struct err err = {0};

	cr_assert(
	    link_of(p, &p->new, &p->old, p->old_key, &p->new_with_old, &err).ok, "%s", err.message);
	write_pem("old.pem", &p->old);
	write_pem("new.pem", &p->new);
	write_pem("new-with-old.pem", &p->new_with_old);
	write_pem("old-with-new.pem", &p->old_with_new);
	fixture_must("OK", "openssl verify -x509_strict -CAfile old.pem new-with-old.pem");
	fixture_must("OK", "openssl verify -x509_strict -CAfile new.pem old-with-new.pem");
	fixture_must("Verified", "certtool --verify --load-ca-certificate old.pem --infile "
				 "new-with-old.pem");
}

Test(ca_rollover, links_of_roots_of_one_name_verify_elsewhere)
{
	struct pair p = {0};

	pair_make(&p, "CN=R,O=Acme", CEREMONY_PATH_NONE);
	expect_links_verify(&p);
	pair_free(&p);
}

Test(ca_rollover, links_of_roots_of_two_names_verify_elsewhere)
{
	struct pair p = {0};

	pair_make(&p, "CN=R 2,O=Acme", CEREMONY_PATH_NONE);
	expect_links_verify(&p);
	pair_free(&p);
}

/* RFC 4210 4.4: OldWithNew begins with the old key, long before its issuer. */
Test(ca_rollover, the_old_roots_link_lives_as_long_as_the_old_key)
{
	struct pair p = {0};
	struct authority old = {.name = NULL}, link = {.name = NULL};
	struct err err = {0};

	pair_make(&p, "CN=R,O=Acme", CEREMONY_PATH_NONE);
	cr_assert(authority_of_certificate(buf_span(&p.old), &old, &err).ok);
	cr_assert(authority_of_certificate(buf_span(&p.old_with_new), &link, &err).ok);
	cr_expect_eq(link.not_before, old.not_before);
	cr_expect_eq(link.not_after, old.not_after);
	cr_expect(span_equal(link.subject, old.subject) && span_equal(link.ski, old.ski) &&
		  span_equal(link.spki, old.spki));
	pair_free(&p);
}

Test(ca_rollover, a_limited_path_has_room_for_a_link_or_it_is_refused)
{
	static const struct {
		int path_length;
		bool fits;
		int link;
	} cases[] = {{0, false, 0}, {1, true, 0}, {3, true, 2}};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct pair p = {0};
		struct err err = {0};
		bool made;

		pair_make(&p, "CN=R,O=Acme", cases[i].path_length);
		made = link_of(&p, &p.new, &p.old, p.old_key, &p.new_with_old, &err).ok;
		cr_expect_eq(made, cases[i].fits, "%d: %s", cases[i].path_length, err.message);
		if (made)
			cr_expect_eq(
			    ceremony_path_length(buf_span(&p.new_with_old)), cases[i].link);
		else
			cr_expect_eq(err.kind, ERR_CONFIG);
		pair_free(&p);
	}
}

Test(ca_rollover, a_link_is_signed_by_the_key_of_its_issuer_or_not_at_all)
{
	struct pair p = {0};
	struct err err = {0};

	pair_make(&p, "CN=R,O=Acme", CEREMONY_PATH_NONE);
	cr_expect_not(link_of(&p, &p.new, &p.old, p.new_key, &p.new_with_old, &err).ok);
	cr_expect_eq(err.kind, ERR_CONFIG);
	cr_expect_eq(p.new_with_old.n, 0);
	pair_free(&p);
}

/* ---- chains ---- */

/* 0: the old root, 1: issuing below it, 2: the new root, 3: issuing below that. */
struct hierarchy {
	struct pair p;
	struct buf issuing[2], anew;
	struct span chains[2], links[3];
	struct authority authorities[4];
	struct policy policy;
};

static void make_issuing(
    struct hierarchy *h, const struct buf *root, struct hsm_key *key, struct buf *ret)
{
	struct err err = {0};
	const struct ceremony_request request = {.subject = "CN=I,O=Acme",
	    .key = fixture_key("EC-P256"),
	    .not_before = h->p.w.now,
	    .not_after = h->p.w.now + 3650 * DAY,
	    .issuer_certificate = buf_span(root),
	    .issuer_key = key};

	cr_assert(
	    ceremony_make(&request, h->p.w.now, &h->p.w.rng, ret, &err).ok, "%s", err.message);
}

static void put(struct hierarchy *h, size_t i, const struct buf *der, struct span *chain)
{
	struct authority *a = &h->authorities[i];
	struct err err = {0};

	a->id = (int64_t)i + 1;
	cr_assert(authority_of_certificate(buf_span(der), a, &err).ok);
	a->chain = chain;
	a->chain_count = chain ? 1 : 0;
}

static void hierarchy_make(struct hierarchy *h)
{
	struct err err = {0};

	pair_make(&h->p, "CN=R,O=Acme", CEREMONY_PATH_NONE);
	cr_assert(link_of(&h->p, &h->p.new, &h->p.old, h->p.old_key, &h->p.new_with_old, &err).ok);
	make_issuing(h, &h->p.old, h->p.old_key, &h->issuing[0]);
	make_issuing(h, &h->p.new, h->p.new_key, &h->issuing[1]);
	h->chains[0] = buf_span(&h->p.old);
	h->chains[1] = buf_span(&h->p.new);
	put(h, 0, &h->p.old, NULL);
	put(h, 1, &h->issuing[0], &h->chains[0]);
	put(h, 2, &h->p.new, NULL);
	put(h, 3, &h->issuing[1], &h->chains[1]);
	h->links[0] = buf_span(&h->p.old_with_new);
	h->links[1] = buf_span(&h->p.new_with_old);
	h->policy = (struct policy){
	    .authorities = h->authorities, .authority_count = 4, .built_at = h->p.w.now};
}

static void link_roots(struct hierarchy *h)
{
	h->authorities[0].links = &h->links[0];
	h->authorities[2].links = &h->links[1];
	h->authorities[0].link_count = h->authorities[2].link_count = 1;
}

static void hierarchy_free(struct hierarchy *h)
{
	arena_free(&h->policy.arena);
	buf_free(&h->issuing[0]);
	buf_free(&h->issuing[1]);
	buf_free(&h->anew);
	pair_free(&h->p);
}

/* These, in this order, and no others. */
static void expect_cacerts(
    struct hierarchy *h, size_t authority, int64_t now, const struct buf *const *wanted, size_t n)
{
	AUTO(arena) arena = {0};
	AUTO(buf) body = {0};
	struct span ders[8];

	for (size_t i = 0; i < n; i++)
		ders[i] = buf_span(wanted[i]);
	certs_only_base64(ders, n, &body);
	cr_expect(
	    span_equal(authority_cacerts(&h->authorities[authority], now, &arena), buf_span(&body)),
	    "authority %zu", authority);
}

Test(ca_rollover, cacerts_of_both_sides_carry_both_roots_and_both_links)
{
	struct hierarchy h = {0};

	hierarchy_make(&h);
	link_roots(&h);
	authority_chains_build(&h.policy);
	expect_cacerts(&h, 1, h.p.w.now,
	    (const struct buf *[]){
		&h.issuing[0], &h.p.old, &h.p.new, &h.p.old_with_new, &h.p.new_with_old},
	    5);
	expect_cacerts(&h, 3, h.p.w.now,
	    (const struct buf *[]){
		&h.issuing[1], &h.p.new, &h.p.old, &h.p.old_with_new, &h.p.new_with_old},
	    5);
	hierarchy_free(&h);
}

Test(ca_rollover, roots_that_no_link_joins_stay_apart)
{
	struct hierarchy h = {0};

	hierarchy_make(&h);
	authority_chains_build(&h.policy);
	expect_cacerts(&h, 1, h.p.w.now, (const struct buf *[]){&h.issuing[0], &h.p.old}, 2);
	expect_cacerts(&h, 3, h.p.w.now, (const struct buf *[]){&h.issuing[1], &h.p.new}, 2);
	hierarchy_free(&h);
}

/* Whether the snapshot is older than the end or younger. */
Test(ca_rollover, the_old_root_and_the_links_go_when_it_ends)
{
	for (int built_after = 0; built_after < 2; built_after++) {
		struct hierarchy h = {0};
		int64_t end;

		hierarchy_make(&h);
		link_roots(&h);
		end = h.authorities[0].not_after;
		h.policy.built_at = built_after ? end + 1 : h.p.w.now;
		authority_chains_build(&h.policy);
		expect_cacerts(&h, 3, end + 1, (const struct buf *[]){&h.issuing[1], &h.p.new}, 2);
		if (!built_after)
			cr_expect(authority_cacerts(&h.authorities[3], end, NULL).n > 0,
			    "on its last second it is still there");
		hierarchy_free(&h);
	}
}

static size_t certificates_in(struct buf *pem)
{
	size_t n = 0;

	for (const char *at = buf_cstr(pem); (at = strstr(at, "BEGIN CERT")); at++)
		n++;
	return n;
}

Test(ca_rollover, a_servers_chain_leads_to_either_root_and_drops_a_link_that_ended)
{
	struct hierarchy h = {0};
	AUTO(buf) pem = {0};
	AUTO(buf) later = {0};

	hierarchy_make(&h);
	link_roots(&h);
	authority_chains_build(&h.policy);
	authority_put_chain(&h.authorities[3], h.p.w.now, &pem);
	cr_expect_eq(certificates_in(&pem), 2, "itself and NewWithOld");
	fixture_file("chain.pem", NULL, (struct span[]){buf_span(&pem)}, 1);
	write_pem("old.pem", &h.p.old);
	write_pem("new.pem", &h.p.new);
	write_pem("issuing.pem", &h.issuing[1]);
	fixture_must(
	    "OK", "openssl verify -x509_strict -CAfile old.pem -untrusted chain.pem issuing.pem");
	fixture_must(
	    "OK", "openssl verify -x509_strict -CAfile new.pem -untrusted chain.pem issuing.pem");
	authority_put_chain(&h.authorities[3], h.authorities[0].not_after + 1, &later);
	cr_expect_eq(certificates_in(&later), 1);
	hierarchy_free(&h);
}

/* The same key below the new root: one authority, two certificates. */
Test(ca_rollover, a_key_certified_anew_issues_by_its_newest_certificate)
{
	struct hierarchy h = {0};
	struct err err = {0};
	const struct authority *a = &h.authorities[1];

	hierarchy_make(&h);
	link_roots(&h);
	cr_assert(ceremony_link(&(struct ceremony_link){.certificate = buf_span(&h.issuing[0]),
				    .not_before = h.p.w.now,
				    .not_after = h.p.w.now + 5000 * DAY,
				    .issuer_certificate = buf_span(&h.p.new),
				    .issuer_key = h.p.new_key},
		      h.p.w.now, &h.p.w.rng, &h.anew, &err)
		      .ok,
	    "%s", err.message);
	h.links[2] = buf_span(&h.anew);
	h.authorities[1].links = &h.links[2];
	h.authorities[1].link_count = 1;
	authority_chains_build(&h.policy);
	cr_expect(span_equal(a->certificate, buf_span(&h.anew)));
	cr_expect_eq(a->not_after, h.p.w.now + 5000 * DAY);
	cr_expect(a->chain_count == 1 && span_equal(a->chain[0], buf_span(&h.p.new)));
	cr_expect_eq(a->parent, &h.authorities[2]);
	expect_cacerts(&h, 1, h.p.w.now,
	    (const struct buf *[]){
		&h.anew, &h.p.new, &h.issuing[0], &h.p.old, &h.p.old_with_new, &h.p.new_with_old},
	    6);
	hierarchy_free(&h);
}

/* ---- the document of who follows ---- */

Test(ca_rollover, urls_that_hold_the_name_get_the_new_one)
{
	static const struct {
		const char *url, *want;
	} cases[] = {
	    {"http://p.example/crl/issuing.crl", "http://p.example/crl/issuing-2.crl"},
	    {"http://p.example/crl/issuing/{shard}.crl",
		"http://p.example/crl/issuing-2/{shard}.crl"},
	    {"http://p.example/ca/issuing", "http://p.example/ca/issuing-2"},
	    {"http://p.example/crl/issuing-old.crl", NULL},
	    {"http://p.example/crl/reissuing.crl", NULL},
	    {"http://p.example/crl.crl", NULL},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO(arena) arena = {0};
		const char *got =
		    policy_successor_url(cases[i].url, "issuing", "issuing-2", &arena);

		if (cases[i].want)
			cr_expect(got && strcmp(got, cases[i].want) == 0, "%s", cases[i].url);
		else
			cr_expect_null(got, "%s", cases[i].url);
	}
}

Test(ca_rollover, a_successors_document_says_all_that_the_old_one_says)
{
	char name[] = "issuing", key[] = "file:issuing.key", crl[] = "http://p.example/issuing.crl",
	     ocsp[] = "http://p.example/ocsp", other[] = "http://p.example/x.cer";
	const struct authority old = {.name = name,
	    .key_uri = key,
	    .crl_url = crl,
	    .ocsp_url = ocsp,
	    .issuer_url = other,
	    .state = AUTHORITY_RETIRED};
	AUTO(buf) spec = {0};
	struct err err = {0};

	cr_assert(policy_successor_spec(&old,
	    &(struct policy_successor){.name = "issuing-2", .key_uri = "file:issuing-2.key"}, &spec,
	    &err)
		      .ok);
	cr_expect(strstr(buf_cstr(&spec), "\"name\":\"issuing-2\""));
	cr_expect(strstr(buf_cstr(&spec), "\"key_uri\":\"file:issuing-2.key\""));
	cr_expect(strstr(buf_cstr(&spec), "\"crl_url\":\"http://p.example/issuing-2.crl\""));
	cr_expect(strstr(buf_cstr(&spec), "\"ocsp_url\":\"http://p.example/ocsp\""));
	cr_expect_null(strstr(buf_cstr(&spec), "x.cer"), "it cannot be both's");
	cr_expect_null(strstr(buf_cstr(&spec), "retired"));
	cr_expect_not(policy_successor_spec(
	    &old, &(struct policy_successor){.name = "Not a Name"}, &spec, &err)
			  .ok);
}
