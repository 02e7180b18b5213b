/* tests/unit/ca/crl_scope_test.c: whose list speaks of a certificate, and where it is. */
#include <criterion/criterion.h>
#include <string.h>

#include "ca/crl_scope.h"
#include "ca/extension.h"
#include "issue_fixture.h"

static void is_url(const char *template, int64_t shard, const char *want)
{
	AUTO(buf) url = {0};

	cr_expect_eq(
	    crl_url_put(template, shard, &url), want != NULL, "%s %d", template, (int)shard);
	if (want)
		cr_expect_str_eq(buf_cstr(&url), want);
}

Test(ca_crl_scope, a_url_is_that_of_one_shard)
{
	is_url("http://a.example/{shard}.crl", 0, "http://a.example/0.crl");
	is_url("http://a.example/{shard}.crl", 1023, "http://a.example/1023.crl");
	is_url("http://a.example/{shard}/x", 7, "http://a.example/7/x");
	is_url("http://a.example/all.crl", 0, "http://a.example/all.crl");
	is_url("http://a.example/all.crl", 1, NULL);
}

Test(ca_crl_scope, shards_are_of_like_size)
{
	const struct authority a = {.crl_shards = 16};
	struct rng rng = rng_system();
	struct err err = {0};
	size_t counts[16] = {0};

	for (size_t i = 0; i < 16000; i++) {
		uint8_t serial[SERIAL_SIZE];

		cr_assert(rng_fill(&rng, serial, sizeof(serial), &err).ok);
		counts[crl_shard_of(&a, SPAN_OF(serial))]++;
	}
	for (size_t i = 0; i < 16; i++) /* eight standard deviations */
		cr_expect(counts[i] > 750 && counts[i] < 1250, "shard %zu has %zu", i, counts[i]);
}

Test(ca_crl_scope, a_certificate_names_the_list_of_its_shard)
{
	AUTO(world) w = {0};
	char name[80];

	world_make(&w, "EC-P256", "EC-P256");
	w.issuing.crl_shards = 64;
	w.issuing.crl_url = arena_strdup(&w.arena, "http://pki.example/crl/acme-1/{shard}.crl");
	w.issuing.delta_url =
	    arena_strdup(&w.arena, "http://pki.example/crl/acme-1/{shard}-delta.crl");
	AUTO(issued) issued = world_issue(&w);
	const struct span der = buf_span(&issued.der);

	(void)fixture_file("sharded.der", NULL, &der, 1);
	cr_expect_eq(issued.shard, issued.serial[15] % 64);
	snprintf(name, sizeof(name), "http://pki.example/crl/acme-1/%d.crl", issued.shard);
	fixture_must(name, "openssl x509 -in sharded.der -ext crlDistributionPoints -noout");
	snprintf(name, sizeof(name), "http://pki.example/crl/acme-1/%d-delta.crl", issued.shard);
	fixture_must(name, "openssl x509 -in sharded.der -ext freshestCRL -noout");
}

static const struct {
	const char *what;
	struct authority a;
	const char *member; /* NULL: it fits */
} fits[] = {
    {"nothing said", {0}, NULL},
    {"one list", {.crl_url = "http://a.example/a.crl"}, NULL},
    {"https", {.crl_url = "https://a.example/a.crl"}, "crl_url"},
    {"shards", {.crl_url = "http://a.example/{shard}.crl", .crl_shards = 4}, NULL},
    {"shards without a place", {.crl_url = "http://a.example/a.crl", .crl_shards = 4}, "crl_url"},
    {"shards without a URL", {.crl_shards = 4}, "crl_shards"},
    {"another variable", {.crl_url = "http://a.example/{serial}.crl"}, "crl_url"},
    {"deltas of nothing", {.delta_url = "http://a.example/d.crl"}, "delta_url"},
    {"deltas without a place",
	{.crl_url = "http://a.example/{shard}.crl",
	    .delta_url = "http://a.example/d.crl",
	    .crl_shards = 4},
	"delta_url"},
    {"made anew too late", {.crl_validity = 3600, .crl_every = 3600}, "crl_every"},
    {"made anew in time", {.crl_validity = 3600, .crl_every = 3599}, NULL},
};

Test(ca_crl_scope, what_does_not_go_together_is_refused)
{
	for (size_t i = 0; i < COUNT(fits); i++) {
		const char *member = NULL;
		char why[200] = "";
		bool fit = crl_scope_fits(&fits[i].a, &member, why, sizeof(why));

		cr_expect_eq(fit, fits[i].member == NULL, "%s: %s", fits[i].what, why);
		if (fits[i].member)
			cr_expect_str_eq(member, fits[i].member, "%s: %s", fits[i].what, why);
	}
}
