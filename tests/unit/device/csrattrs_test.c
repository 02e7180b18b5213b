/* clients/device/csrattrs.c: RFC 9908, both styles, and what is not DER. */
#include "clients/device/csrattrs.h"

#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "base/encode.h"

#define CHALLENGE  "06092a864886f70d010907"
#define EC_P384    "301206072a8648ce3d0201310706052b81040022"
#define SHA384     "06082a8648ce3d040303"
#define SHA256_RSA "06092a864886f70d01010b"

static struct status parse(const char *hex, struct csrattrs *a, struct err *err)
{
	AUTO(buf) der = {0};
	struct err hex_err = {0};

	cr_assert(hex_decode(span_str(hex), &der, &hex_err).ok, "%s", hex_err.message);
	return csrattrs_parse(buf_span(&der), a, err);
}

static void good(const char *hex, struct csrattrs *a)
{
	struct err err = {0};

	cr_assert(parse(hex, a, &err).ok, "%s", err.message);
}

Test(device_csrattrs, empty_is_no_wish)
{
	AUTO(csrattrs) a = {0};

	good("3000", &a);
	cr_assert(!a.binding && !a.key && !a.signature && !a.extensions.n && !a.subject.n);
}

Test(device_csrattrs, older_style_key_curve_hash_and_binding)
{
	AUTO(csrattrs) a = {0};

	good("3029" CHALLENGE EC_P384 SHA384, &a);
	cr_assert(a.binding);
	cr_assert_str_eq(a.key->name, "EC-P384");
	cr_assert_str_eq(a.signature->name, "ecdsa-with-SHA384");
}

Test(device_csrattrs, rsa_size_and_hash)
{
	AUTO(csrattrs) a = {0};

	/* SEQUENCE { rsaEncryption, SET { INTEGER 4096 } }, sha256WithRSAEncryption */
	good("301e30110609"
	     "2a864886f70d010101"
	     "3104"
	     "02021000" SHA256_RSA,
	    &a);
	cr_assert_str_eq(a.key->name, "RSA-4096");
	cr_assert_str_eq(a.signature->evp_type, "RSA");
	cr_assert_str_eq(a.signature->digest, "SHA256");
}

/* RFC 7030 4.5.2: what is not known "MUST be ignored". */
Test(device_csrattrs, unknown_oids_and_attributes_are_ignored)
{
	AUTO(csrattrs) a = {0};

	/* 1.2.3.4, and SEQUENCE { 1.2.3.5, SET { NULL } } */
	good("3010"
	     "06032a0304"
	     "3009"
	     "06032a0305"
	     "3102"
	     "0500",
	    &a);
	cr_assert(!a.binding && !a.key && !a.signature);
}

Test(device_csrattrs, unknown_curve_is_named)
{
	AUTO(csrattrs) a = {0};

	/* secp521r1 */
	good("3014"
	     "301206072a8648ce3d0201310706052b81040023",
	    &a);
	cr_assert_null(a.key);
	cr_assert_str_eq(a.key_unknown, "1.3.132.0.35");
}

#define TEMPLATE_OID "060b2a864886f70d010910023d"

static void put(struct buf *out, const char *hex)
{
	struct err err = {0};

	cr_assert(hex_decode(span_str(hex), out, &err).ok, "%s", err.message);
}

/* A CsrAttrs with a template, and outside of it the wish for an RSA key, which then must not count.
 */
static void make_template(struct buf *out, const char *key_hex, const char *attributes_hex)
{
	size_t list = der_begin(out, DER_SEQUENCE), attribute, set, body, name, rdn;

	put(out, "30110609"
		 "2a864886f70d010101"
		 "3104"
		 "02021000");
	put(out, CHALLENGE);
	attribute = der_begin(out, DER_SEQUENCE);
	put(out, TEMPLATE_OID);
	set = der_begin(out, DER_SET);
	body = der_begin(out, DER_SEQUENCE);
	der_put_uint(out, 0);
	name = der_begin(out, DER_SEQUENCE);
	rdn = der_begin(out, DER_SET);
	put(out, "30050603550405"); /* serialNumber, without a value */
	der_end(out, rdn);
	rdn = der_begin(out, DER_SET);
	put(out, "300b060355040a0c0441636d65"); /* O=Acme */
	der_end(out, rdn);
	der_end(out, name);
	put(out, key_hex);
	put(out, attributes_hex);
	der_end(out, body);
	der_end(out, set);
	der_end(out, attribute);
	der_end(out, list);
}

/* RFC 9908 section 4: a client that knows templates uses only the template. */
Test(device_csrattrs, template_alone_counts)
{
	AUTO(csrattrs) a = {0};
	AUTO(buf) der = {0};
	struct err err = {0};

	/* [0] { id-ecPublicKey, P-256 }; [1] { extensionReqTemplate { { SAN, no value } } } */
	make_template(&der,
	    "a015"
	    "3013"
	    "06072a8648ce3d0201"
	    "06082a8648ce3d030107",
	    "a11a"
	    "3018"
	    "060b2a864886f70d010910023e"
	    "3109"
	    "3007"
	    "3005"
	    "0603551d11");
	cr_assert(csrattrs_parse(buf_span(&der), &a, &err).ok, "%s", err.message);
	cr_assert_str_eq(a.key->name, "EC-P256", "not the RSA of the older style");
	cr_assert(a.subject.n > 0);
	cr_assert(a.extensions.n > 0);
	cr_assert(a.binding, "the wish for a bound request is never dropped");
}

Test(device_csrattrs, template_rsa_placeholder_gives_the_size)
{
	AUTO(csrattrs) a = {0};
	AUTO(buf) der = {0};
	AUTO(buf) key = {0};
	AUTO(buf) hex = {0};
	uint8_t modulus[256] = {0x80};
	struct err err = {0};
	size_t tag = der_begin(&key, DER_CONTEXT_CONSTRUCTED | 0), bits;
	AUTO(buf) rsa = {0};

	put(&key, "300d06092a864886f70d0101010500");
	bits = der_begin(&rsa, DER_SEQUENCE);
	der_put_unsigned(&rsa, SPAN_OF(modulus));
	der_put_uint(&rsa, 65537);
	der_end(&rsa, bits);
	der_put_bits(&key, buf_span(&rsa));
	der_end(&key, tag);
	hex_encode(buf_span(&key), &hex);
	make_template(&der, buf_cstr(&hex), "");
	cr_assert(csrattrs_parse(buf_span(&der), &a, &err).ok, "%s", err.message);
	cr_assert_str_eq(a.key->name, "RSA-2048");
}

static const struct bad_case {
	const char *name, *hex;
} bad_cases[] = {
    {"empty input", ""},
    {"not a sequence", "3100"},
    {"cut short", "300b06092a86"},
    {"something behind", "300000"},
    {"indefinite length", "3080" CHALLENGE "0000"},
    {"long form of a short length", "30810b" CHALLENGE},
    {"a number in the list", "3003020101"},
    {"attribute without values", "300d300b" CHALLENGE},
    {"attribute with something behind", "300b300906032a030531000500"},
    {"RSA size is no number", "3011300f06092a864886f70d01010131020500"},
    {"negative RSA size", "3012301006092a864886f70d0101013103020180"},
    {"two extension requests in one", "3013301106092a864886f70d01090e310430003000"},
};

Test(device_csrattrs, what_is_not_well_formed_is_refused)
{
	for (size_t i = 0; i < COUNT(bad_cases); i++) {
		AUTO(csrattrs) a = {0};
		AUTO(buf) der = {0};
		struct err err = {0};

		cr_assert(
		    hex_decode(span_str(bad_cases[i].hex), &der, &err).ok, "%s", bad_cases[i].name);
		cr_assert_not(csrattrs_parse(buf_span(&der), &a, &err).ok, "%s", bad_cases[i].name);
		cr_assert_str_eq(err_code(&err), "answer.csrattrs", "%s", bad_cases[i].name);
	}
}

Test(device_csrattrs, too_many_items_are_refused)
{
	AUTO(csrattrs) a = {0};
	AUTO(buf) der = {0};
	struct err err = {0};
	size_t list = der_begin(&der, DER_SEQUENCE);

	for (int i = 0; i <= CSRATTRS_ITEMS_MAX; i++)
		put(&der, "06032a0304");
	der_end(&der, list);
	cr_assert_not(csrattrs_parse(buf_span(&der), &a, &err).ok);
}

/* Every prefix of a good answer is refused, and none is read beyond its end. */
Test(device_csrattrs, every_prefix_is_refused)
{
	AUTO(buf) der = {0};

	make_template(&der,
	    "a015"
	    "3013"
	    "06072a8648ce3d0201"
	    "06082a8648ce3d030107",
	    "a11a"
	    "3018"
	    "060b2a864886f70d010910023e"
	    "3109"
	    "3007"
	    "3005"
	    "0603551d11");
	for (size_t n = 0; n < der.n; n++) {
		AUTO(csrattrs) a = {0};
		struct err err = {0};
		uint8_t *copy = malloc(n ? n : 1); /* so that a sanitizer sees the end */

		memcpy(copy, der.p, n);
		cr_assert_not(csrattrs_parse(span(copy, n), &a, &err).ok, "%zu octets", n);
		free(copy);
	}
}
