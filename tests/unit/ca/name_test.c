#include "ca/name.h"

#include <criterion/criterion.h>
#include <openssl/x509.h>
#include <string.h>

#include "issue_fixture.h"

static X509_NAME *read_back(const struct buf *name)
{
	const unsigned char *p = name->p;
	X509_NAME *n = d2i_X509_NAME(NULL, &p, (long)name->n);
	cr_assert_not_null(n);
	return n;
}

/* RFC 4514: the text starts with the last RDN; OpenSSL prints it the same way. */
Test(ca_name, text_makes_the_name_that_openssl_reads)
{
	AUTO(buf) der = {0};
	struct err err = {0};
	char ours[NAME_TEXT_SIZE];
	cr_assert(name_from_text("CN=Acme Root,O=Acme,C=DE", &der, &err).ok, "%s", err.message);
	X509_NAME *name = read_back(&der);
	BIO *out = BIO_new(BIO_s_mem());
	X509_NAME_print_ex(out, name, 0, XN_FLAG_RFC2253);
	char *text;
	long n = BIO_get_mem_data(out, &text);
	name_text(buf_span(&der), ours, sizeof(ours));
	cr_assert_eq((size_t)n, strlen(ours));
	cr_assert_eq(memcmp(text, ours, (size_t)n), 0);
	cr_assert_str_eq(ours, "CN=Acme Root,O=Acme,C=DE");
	BIO_free(out);
	X509_NAME_free(name);
}

Test(ca_name, text_without_equals_is_a_common_name)
{
	AUTO(buf) der = {0};
	struct err err = {0};
	char text[NAME_TEXT_SIZE];
	cr_assert(name_from_text("Acme Device Root, 2026", &der, &err).ok, "%s", err.message);
	name_text(buf_span(&der), text, sizeof(text));
	cr_assert_str_eq(text, "CN=Acme Device Root\\, 2026");
}

/* RFC 5280 A.1: string types that are the attribute's own. */
Test(ca_name, string_types_are_those_of_the_standard)
{
	static const struct {
		const char *text;
		int type;
	} cases[] = {
	    {"C=DE", V_ASN1_PRINTABLESTRING}, {"serialNumber=SN-1", V_ASN1_PRINTABLESTRING},
	    {"dnQualifier=a1", V_ASN1_PRINTABLESTRING}, {"DC=example", V_ASN1_IA5STRING},
	    {"emailAddress=a@example.com", V_ASN1_IA5STRING}, {"CN=x", V_ASN1_UTF8STRING},
	    {"O=x", V_ASN1_UTF8STRING}, {"OU=x", V_ASN1_UTF8STRING}, {"L=x", V_ASN1_UTF8STRING},
	    {"ST=x", V_ASN1_UTF8STRING}, {"title=x", V_ASN1_UTF8STRING},
	    {"GN=x", V_ASN1_UTF8STRING}, {"SN=x", V_ASN1_UTF8STRING}, {"UID=x", V_ASN1_UTF8STRING},
	    {"1.3.6.1.4.1.37244.2.1=FFF1", V_ASN1_UTF8STRING}, /* Matter's vendor identifier */
	    {"2.5.4.6=DE", V_ASN1_PRINTABLESTRING},            /* a dotted OID is its attribute */
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO(buf) der = {0};
		struct err err = {0};
		cr_assert(name_from_text(cases[i].text, &der, &err).ok, "%s", err.message);
		X509_NAME *name = read_back(&der);
		X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, 0);
		cr_expect_eq(ASN1_STRING_type(X509_NAME_ENTRY_get_data(entry)), cases[i].type, "%s",
		    cases[i].text);
		X509_NAME_free(name);
	}
}

/* OpenSSL's own object table must agree with ours about what each short name is. */
Test(ca_name, short_names_are_openssls)
{
	static const char *const names[] = {"CN", "SN", "serialNumber", "C", "L", "ST", "O", "OU",
	    "title", "GN", "dnQualifier", "DC", "UID", "emailAddress"};
	AUTO(arena) arena = {0};
	for (size_t i = 0; i < COUNT(names); i++) {
		struct name_type type;
		struct err err = {0};
		ASN1_OBJECT *object = OBJ_txt2obj(names[i], 0);
		cr_assert_not_null(object, "%s", names[i]);
		cr_assert(name_type_find(names[i], &arena, &type, &err).ok);
		cr_expect_eq(OBJ_length(object), type.oid.n, "%s", names[i]);
		cr_expect_eq(
		    memcmp(OBJ_get0_data(object), type.oid.p, type.oid.n), 0, "%s", names[i]);
		ASN1_OBJECT_free(object);
	}
}

Test(ca_name, escapes_are_undone_and_made)
{
	AUTO(buf) der = {0};
	struct err err = {0};
	char text[NAME_TEXT_SIZE];
	cr_assert(name_from_text("CN=a\\,b\\+c\\\"d\\\\e\\3Cf,O=\\C3\\A9t\\C3\\A9", &der, &err).ok,
	    "%s", err.message);
	name_text(buf_span(&der), text, sizeof(text));
	cr_assert_str_eq(text, "CN=a\\,b\\+c\\\"d\\\\e\\<f,O=\xc3\xa9t\xc3\xa9");
}

Test(ca_name, unfit_text_is_refused)
{
	static const struct {
		const char *defect, *text, *wanted;
	} cases[] = {
	    {"unknown attribute", "XY=a", "\"XY\" is neither"},
	    {"no equals", "CN=a,b", "no '='"},
	    {"empty value", "CN=", "0 characters"},
	    {"country of three letters", "C=DEU", "3 characters, allowed are 2 to 2"},
	    {"underscore in serialNumber", "serialNumber=a_b", "PrintableString"},
	    {"multi-valued RDN", "CN=a+O=b", "one attribute"},
	    {"hex value", "CN=#0401", "\"#\" values"},
	    {"lone backslash", "CN=a\\", "backslash"},
	    {"not UTF-8", "CN=\\FF", "UTF8String"},
	    {"control character", "CN=a\\0Ab", "control character"},
	    {"empty", "", "0 characters"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO(buf) der = {0};
		struct err err = {0};
		cr_expect_not(name_from_text(cases[i].text, &der, &err).ok, "%s", cases[i].defect);
		cr_expect_eq(err.kind, ERR_CONFIG);
		cr_expect(
		    strstr(err.message, cases[i].wanted), "%s: %s", cases[i].defect, err.message);
	}
}

/* RFC 5280 A.1: upper bounds count characters, not octets. */
Test(ca_name, bounds_count_characters)
{
	struct err err = {0};
	AUTO(buf) text = {0};
	AUTO(buf) der = {0};
	buf_put_str(&text, "CN=");
	for (int i = 0; i < 64; i++)
		buf_put_str(&text, "\xc3\xa9");
	cr_assert(name_from_text(buf_cstr(&text), &der, &err).ok, "%s", err.message);
	buf_put_str(&text, "\xc3\xa9");
	cr_assert_not(name_from_text(buf_cstr(&text), &der, &err).ok);
	cr_assert(strstr(err.message, "65 characters, allowed are 1 to 64"), "%s", err.message);
}

/* What a stranger's certificate says cannot forge a log line or break a terminal. */
Test(ca_name, hostile_names_are_escaped)
{
	AUTO(arena) arena = {0};
	char text[NAME_TEXT_SIZE];
	/* SEQUENCE { SET { SEQUENCE { CN, UTF8String "a\n\x1b\xff" } } } */
	name_text(fixture_hex(&arena, "300f310d300b06035504030c04610a1bff"), text, sizeof(text));
	cr_assert_str_eq(text, "CN=a\\0A\\1B\\FF");
	name_text(fixture_hex(&arena, "300c310a300806035504030201ff"), text, sizeof(text));
	cr_assert_str_eq(text, "CN=#0201ff");
	name_text(fixture_hex(&arena, "3003020101"), text, sizeof(text));
	cr_assert_str_eq(text, "?");
	name_text(SPAN_NONE, text, sizeof(text));
	cr_assert_str_eq(text, "?");
}

Test(ca_name, long_text_is_cut_between_characters)
{
	AUTO(buf) der = {0};
	struct err err = {0};
	char text[12];
	cr_assert(name_from_text("CN=aaa\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", &der, &err).ok);
	name_text(buf_span(&der), text, sizeof(text));
	cr_assert_str_eq(text, "CN=aaa\xc3\xa9...");
}

/* As another program would write it: one attribute, its string type given. */
static void put_as(struct buf *out, const char *text, int type)
{
	X509_NAME *name = X509_NAME_new();
	uint8_t *der = NULL;
	X509_NAME_add_entry_by_txt(
	    name, "C", V_ASN1_PRINTABLESTRING, (const uint8_t *)"DE", -1, -1, 0);
	X509_NAME_add_entry_by_txt(name, "CN", type, (const uint8_t *)text, -1, -1, 0);
	int n = i2d_X509_NAME(name, &der);
	cr_assert_gt(n, 0);
	buf_put(out, span(der, (size_t)n));
	OPENSSL_free(der);
	X509_NAME_free(name);
}

/* RFC 5280 7.1: PrintableString and UTF8String of the same characters are the same; nothing else
 * is. */
Test(ca_name, names_are_equal_whatever_directory_string_they_are)
{
	static const struct {
		const char *text;
		int type;
		bool equal;
	} cases[] = {
	    {"X100", V_ASN1_UTF8STRING, true},
	    {"X100", V_ASN1_PRINTABLESTRING, true},
	    {"X100", V_ASN1_IA5STRING, false},
	    {"X100", V_ASN1_T61STRING, false},
	    {"x100", V_ASN1_PRINTABLESTRING, false},
	    {"X100 ", V_ASN1_PRINTABLESTRING, false},
	    {"X10", V_ASN1_PRINTABLESTRING, false},
	};
	struct err err = {0};
	AUTO(buf) ours = {0};
	cr_assert(name_from_text("CN=X100,C=DE", &ours, &err).ok);
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO(buf) theirs = {0};
		put_as(&theirs, cases[i].text, cases[i].type);
		cr_expect_eq(
		    name_equal(buf_span(&ours), buf_span(&theirs)), cases[i].equal, "%zu", i);
		cr_expect_eq(
		    name_equal(buf_span(&theirs), buf_span(&ours)), cases[i].equal, "%zu", i);
	}
}

/* One RDN more, one fewer, another order, another type, bytes behind: not equal. */
Test(ca_name, names_of_other_parts_are_not_equal)
{
	static const char *const others[] = {
	    "CN=a", "C=DE", "CN=a,O=b,C=DE", "C=DE,CN=a", "OU=a,C=DE"};
	struct err err = {0};
	AUTO(buf) name = {0};
	cr_assert(name_from_text("CN=a,C=DE", &name, &err).ok);
	for (size_t i = 0; i < COUNT(others); i++) {
		AUTO(buf) other = {0};
		cr_assert(name_from_text(others[i], &other, &err).ok);
		cr_expect_not(name_equal(buf_span(&name), buf_span(&other)), "%s", others[i]);
		cr_expect_not(name_equal(buf_span(&other), buf_span(&name)), "%s", others[i]);
	}
	AUTO(buf) longer = {0};
	buf_put(&longer, buf_span(&name));
	buf_put_byte(&longer, 0);
	cr_expect_not(name_equal(buf_span(&name), buf_span(&longer)));
	cr_expect_not(name_equal(buf_span(&name), SPAN_NONE));
}
