/* CSR attributes, read back by openssl asn1parse. RFC 9908. */

#include "ca/csrattrs.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/encode.h"
#include "issue_fixture.h"

static void encode(struct world *w, int style, bool with_pop, struct buf *out)
{
	struct err err = {0};
	struct label label = {.name = arena_strdup(&w->arena, "l"), .csrattrs = style};
	cr_assert(profile_compile(&w->profile, &w->arena, &err).ok, "%s", err.message);
	cr_assert(csrattrs_encode(&label, &w->profile, with_pop, out, &err).ok, "%s", err.message);
	struct span der = buf_span(out);
	fixture_file("attrs.der", NULL, &der, 1);
}

/* How often does asn1parse print this? */
static size_t occurrences(const char *text)
{
	AUTO(buf) out = {0};
	size_t count = 0;
	cr_assert_eq(fixture_run(&out, "openssl asn1parse -inform DER -in attrs.der"), 0, "%s",
	    buf_cstr(&out));
	for (const char *at = buf_cstr(&out); (at = strstr(at, text)); at++)
		count++;
	return count;
}

#define REQUEST_TEMPLATE   "1.2.840.113549.1.9.16.2.61"
#define EXTENSION_TEMPLATE "1.2.840.113549.1.9.16.2.62"

/* RFC 9908 3.2: one key type, one extension request; RFC 7030 3.5: challengePassword where required
 */
Test(ca_csrattrs, classic_style)
{
	AUTO(world) w;
	AUTO(buf) out = {0};
	world_make(&w, "EC-P256", "EC-P256");
	encode(&w, CSRATTRS_CLASSIC, true, &out);
	cr_expect_eq(occurrences(":challengePassword"), 1);
	cr_expect_eq(occurrences(":id-ecPublicKey"), 1);
	cr_expect_eq(occurrences(":prime256v1"), 1);
	cr_expect_eq(occurrences(":ecdsa-with-SHA256"), 1);
	cr_expect_eq(occurrences(":Extension Request"), 1);
	cr_expect_eq(occurrences(":X509v3 Key Usage"), 1);
	cr_expect_eq(occurrences(":X509v3 Extended Key Usage"), 1);
	cr_expect_eq(occurrences(":X509v3 Authority Key Identifier"), 0);
	cr_expect_eq(occurrences(REQUEST_TEMPLATE), 0);
}

/* The whole of a small one, put together by hand. */
Test(ca_csrattrs, classic_bytes)
{
	AUTO(world) w;
	AUTO(buf) out = {0};
	world_make(&w, "EC-P256", "EC-P256");
	w.profile.extended_key_usage.count = 0;
	encode(&w, CSRATTRS_CLASSIC, true, &out);
	struct span wanted = fixture_hex(&w.arena,
	    "304d06092a864886f70d010907301506072a8648ce3d0201310a06082a8648ce3d0301070608"
	    "2a8648ce3d040302301f06092a864886f70d01090e31123010300e0603551d0f0101ff040403"
	    "020780");
	cr_assert_eq(out.n, wanted.n);
	cr_assert_arr_eq(out.p, wanted.p, wanted.n);
}

Test(ca_csrattrs, challenge_password_only_where_binding_is_wanted)
{
	AUTO(world) w;
	AUTO(buf) out = {0};
	world_make(&w, "EC-P256", "EC-P256");
	encode(&w, CSRATTRS_BOTH, false, &out);
	cr_expect_eq(occurrences(":challengePassword"), 0);
}

/* RFC 9908 3.2: an RSA key's size stands as an INTEGER. */
Test(ca_csrattrs, rsa_size_stands_in_the_key_attribute)
{
	AUTO(world) w;
	AUTO(buf) out = {0};
	world_make(&w, "EC-P256", "EC-P256");
	w.keys[0] = arena_strdup(&w.arena, "RSA-3072");
	encode(&w, CSRATTRS_CLASSIC, false, &out);
	cr_expect_eq(occurrences(":rsaEncryption"), 1);
	cr_expect_eq(occurrences("INTEGER           :0C00"), 1);
	cr_expect_eq(occurrences(":sha256WithRSAEncryption"), 1);
}

Test(ca_csrattrs, ed25519_is_said_once)
{
	AUTO(world) w;
	AUTO(buf) out = {0};
	world_make(&w, "EC-P256", "EC-P256");
	w.keys[0] = w.keys[2];
	encode(&w, CSRATTRS_CLASSIC, false, &out);
	cr_expect_eq(occurrences(":ED25519"), 1);
}

/* RFC 9908 3.4: CertificationRequestInfoTemplate; a name without a value is the client's. */
Test(ca_csrattrs, template_style)
{
	AUTO(world) w;
	AUTO(buf) out = {0};
	world_make(&w, "EC-P256", "EC-P256");
	encode(&w, CSRATTRS_TEMPLATE, true, &out);
	cr_expect_eq(occurrences(REQUEST_TEMPLATE), 1);
	cr_expect_eq(occurrences(":challengePassword"), 1);
	cr_expect_eq(occurrences(":countryName"), 1);
	cr_expect_eq(occurrences(":DE"), 1);
	cr_expect_eq(occurrences(":serialNumber"), 1);
	cr_expect_eq(occurrences(":commonName"), 1);
	cr_expect_eq(occurrences("UTF8STRING"), 0);
	cr_expect_eq(occurrences(":id-ecPublicKey"), 1);
	/* SAN is the device's: the template form of the extension request, never both */
	cr_expect_eq(occurrences(EXTENSION_TEMPLATE), 1);
	cr_expect_eq(occurrences(":Extension Request"), 0);
	cr_expect_eq(occurrences(":X509v3 Subject Alternative Name"), 1);
}

/* RFC 9908 3.4: values that are all known stand in an ordinary extension request. */
Test(ca_csrattrs, template_with_known_values_has_an_extension_request)
{
	AUTO(world) w;
	AUTO(buf) out = {0};
	world_make(&w, "EC-P256", "EC-P256");
	w.profile.san = (struct map_list){&w.san[2], 3};
	encode(&w, CSRATTRS_TEMPLATE, false, &out);
	cr_expect_eq(occurrences(":Extension Request"), 1);
	cr_expect_eq(occurrences(EXTENSION_TEMPLATE), 0);
	cr_expect_eq(occurrences(":X509v3 Subject Alternative Name"), 1);
}

/* A small template whole: version, NameTemplate, [0] key, [1] attributes, both IMPLICIT. */
Test(ca_csrattrs, template_bytes)
{
	AUTO(world) w;
	AUTO(buf) out = {0};
	world_make(&w, "EC-P256", "EC-P256");
	w.profile.subject = (struct map_list){&w.subject[2], 1};
	w.profile.san.count = 0;
	w.profile.extended_key_usage.count = 0;
	encode(&w, CSRATTRS_TEMPLATE, false, &out);
	struct span wanted = fixture_hex(&w.arena,
	    "305b3059060b2a864886f70d010910023d314a30480201003009310730050603550403a01530"
	    "1306072a8648ce3d020106082a8648ce3d030107a121301f06092a864886f70d01090e311230"
	    "10300e0603551d0f0101ff040403020780");
	cr_assert_eq(out.n, wanted.n);
	cr_assert_arr_eq(out.p, wanted.p, wanted.n);
}

Test(ca_csrattrs, rsa_template_has_a_placeholder_of_its_size)
{
	AUTO(world) w;
	AUTO(buf) out = {0};
	world_make(&w, "EC-P256", "EC-P256");
	w.keys[0] = arena_strdup(&w.arena, "RSA-2048");
	encode(&w, CSRATTRS_TEMPLATE, false, &out);
	cr_expect_eq(occurrences("BIT STRING"), 1);
	cr_expect_eq(occurrences("l= 271 prim: BIT STRING"), 1); /* 2048 bits and 65537 */
}

Test(ca_csrattrs, both_styles_stand_beside_each_other)
{
	AUTO(world) w;
	AUTO(buf) out = {0};
	world_make(&w, "EC-P256", "EC-P256");
	encode(&w, CSRATTRS_BOTH, true, &out);
	cr_expect_eq(occurrences(":challengePassword"), 1);
	cr_expect_eq(occurrences(":Extension Request"), 1);
	cr_expect_eq(occurrences(REQUEST_TEMPLATE), 1);
}

Test(ca_csrattrs, none_is_nothing)
{
	AUTO(world) w;
	AUTO(buf) out = {0};
	world_make(&w, "EC-P256", "EC-P256");
	encode(&w, CSRATTRS_NONE, false, &out);
	cr_assert_eq(out.n, 0);
}

/* RFC 7030 3.5: "the server MUST include" the OID where it requires linking; bytes of its 4.5.2. */
Test(ca_csrattrs, required_binding_is_said_even_where_nothing_else_is)
{
	AUTO(world) w;
	AUTO(buf) out = {0};
	world_make(&w, "EC-P256", "EC-P256");
	encode(&w, CSRATTRS_NONE, true, &out);
	struct span wanted = fixture_hex(&w.arena, "300b06092a864886f70d010907");
	cr_assert_eq(out.n, wanted.n);
	cr_assert_arr_eq(out.p, wanted.p, wanted.n);
}

Test(ca_csrattrs, profile_that_is_not_compiled_is_our_fault)
{
	AUTO(buf) out = {0};
	struct err err = {0};
	char name[] = "l";
	struct label label = {.name = name};
	struct profile profile = {.compiled = NULL};
	cr_assert_not(csrattrs_encode(&label, &profile, true, &out, &err).ok);
	cr_assert_eq(err.kind, ERR_INTERNAL);
}
