/* clients/device/verify.c: what the whole way of enroll_test.c does not reach. */
#include "clients/device/verify.h"

#include <time.h>

#include <criterion/criterion.h>

#include "clients/device/reason.h"
#include "tests/unit/device/mint.h"

static EVP_PKEY *root_key, *middle_key, *leaf_key;
static struct certs anchors, middles;
static struct device_time now;

static void setup(void)
{
	struct err err = {0};
	X509 *root, *middle;

	root_key = mint_key();
	middle_key = mint_key();
	leaf_key = mint_key();
	root = mint_cert(&(struct mint_wish){.cn = "Root", .key = root_key, .ca = true});
	middle = mint_cert(&(struct mint_wish){
	    .cn = "Middle", .key = middle_key, .issuer = root, .issuer_key = root_key, .ca = true});
	cr_assert(certs_add(&anchors, root, &err).ok);
	cr_assert(certs_add(&middles, middle, &err).ok);
	now = device_time((int64_t)time(NULL), 0, false);
}

static void teardown(void)
{
	certs_free(&anchors);
	certs_free(&middles);
	EVP_PKEY_free(root_key);
	EVP_PKEY_free(middle_key);
	EVP_PKEY_free(leaf_key);
}

TestSuite(device_verify, .init = setup, .fini = teardown);

/* A leaf as wished, below the intermediate. */
static X509 *leaf(struct mint_wish w)
{
	w.cn = "Leaf";
	w.key = leaf_key;
	w.issuer = middles.items[0];
	w.issuer_key = middle_key;
	return mint_cert(&w);
}

static enum device_reason judge(X509 *cert, const char *serial, struct certs *ret_chain)
{
	AUTO(certs) answer = {0};
	AUTO(buf) spki = {0};
	struct issued_check check = {
	    .unit_serial = serial, .anchors = &anchors, .intermediates = &middles, .time = now};
	struct err err = {0};

	cert_spki(cert, &spki);
	check.spki = buf_span(&spki);
	cr_assert(certs_add(&answer, cert, &err).ok);
	if (verify_issued(&check, &answer, ret_chain, &err).ok)
		return WHY_COUNT;
	cr_assert(device_reason_of(&err), "%s", err.message);
	return (enum device_reason)(device_reason_of(&err) - device_reasons);
}

Test(device_verify, chain_holds_what_lies_below_the_anchor)
{
	AUTO(certs) chain = {0};

	cr_assert_eq(judge(leaf((struct mint_wish){.eku = "clientAuth"}), NULL, &chain), WHY_COUNT);
	cr_assert_eq(chain.count, 2);
	cr_assert_eq(X509_cmp(chain.items[1], middles.items[0]), 0);
}

Test(device_verify, no_extended_key_usage_is_any)
{
	AUTO(certs) chain = {0};

	cr_assert_eq(judge(leaf((struct mint_wish){0}), NULL, &chain), WHY_COUNT);
}

Test(device_verify, key_usage_must_allow_signing)
{
	AUTO(certs) chain = {0};

	cr_assert_eq(
	    judge(leaf((struct mint_wish){.key_usage = "critical,keyAgreement"}), NULL, &chain),
	    WHY_CERT_USAGE);
}

/* X.520: serialNumber matches by caseIgnoreMatch; a CA may normalise it. */
Test(device_verify, serial_number_matches_whatever_its_case)
{
	AUTO(certs) chain = {0};
	struct mint_wish w = {.unit_serial = "SN-00AB"};

	cr_assert_eq(judge(leaf(w), "sn-00ab", &chain), WHY_COUNT);
	cr_assert_eq(judge(leaf(w), "sn-00ac", &chain), WHY_CERT_IDENTITY);
}

Test(device_verify, intermediate_that_has_ended_breaks_the_chain)
{
	AUTO(certs) chain = {0};
	struct err err = {0};
	X509 *old = mint_cert(&(struct mint_wish){.cn = "Middle",
	    .key = middle_key,
	    .issuer = anchors.items[0],
	    .issuer_key = root_key,
	    .ca = true,
	    .not_before = now.now - 7200,
	    .not_after = now.now - 3600});
	X509 *cert = leaf((struct mint_wish){0});

	certs_free(&middles);
	cr_assert(certs_add(&middles, old, &err).ok);
	cr_assert_eq(judge(cert, NULL, &chain), WHY_CERT_CHAIN);
}

static const struct time_case {
	const char *name;
	int64_t clock, floor;
	bool no_clock;
	int64_t want_now;
	bool want_works;
} time_cases[] = {
    {"clock above the floor", 2000, 1000, false, 2000, true},
    {"clock at the floor", 1000, 1000, false, 1000, true},
    {"clock below the floor", 999, 1000, false, 1000, false},
    {"clock never believed", 2000, 1000, true, 1000, false},
    {"nothing known yet", 5, 0, false, 5, true},
};

Test(device_verify, time_is_never_below_the_floor)
{
	for (size_t i = 0; i < COUNT(time_cases); i++) {
		const struct time_case *c = &time_cases[i];
		struct device_time t = device_time(c->clock, c->floor, c->no_clock);

		cr_assert_eq(t.now, c->want_now, "%s", c->name);
		cr_assert_eq(t.clock_works, c->want_works, "%s", c->name);
	}
}
