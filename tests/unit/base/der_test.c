/* DER: what the reader refuses, and what the writer makes read back by it and by OpenSSL. */
#include "base/der.h"

#include <criterion/criterion.h>
#include <openssl/asn1.h>
#include <openssl/objects.h>
#include <string.h>

#include "base/clock.h"

#define BYTES(...) SPAN_OF(((const uint8_t[]){__VA_ARGS__}))

Test(base_der, items_are_taken_off_the_front)
{
	struct span in = BYTES(0x02, 0x01, 0x05, 0x04, 0x00, 0x30, 0x02, 0x05, 0x00);
	struct der_item item;

	cr_assert(der_next(&in, &item));
	cr_assert_eq(item.tag, DER_INTEGER);
	cr_assert_eq(item.body.n, 1);
	cr_assert_eq(item.whole.n, 3);
	cr_assert(der_next(&in, &item));
	cr_assert_eq(item.tag, DER_OCTET_STRING);
	cr_assert_eq(item.body.n, 0);
	cr_assert(der_peek(in, DER_SEQUENCE));
	cr_assert(der_next(&in, &item));
	cr_assert_eq(item.whole.n, 4);
	cr_assert_eq(in.n, 0);
	cr_assert_not(der_peek(in, DER_SEQUENCE));
	cr_assert_not(der_next(&in, &item));
}

Test(base_der, what_der_forbids_is_refused_and_the_input_untouched)
{
	static const uint8_t long_body[300] = {0};
	static const struct {
		const char *defect;
		uint8_t head[8];
		size_t n, zeros;
	} rows[] = {
	    {"nothing", {0}, 0, 0},
	    {"tag alone", {0x04}, 1, 0},
	    {"body missing", {0x04, 0x01}, 2, 0},
	    {"body short", {0x04, 0x05, 1, 2, 3, 4}, 6, 0},
	    {"indefinite length", {0x30, 0x80, 0, 0}, 4, 0},
	    {"indefinite length, primitive", {0x04, 0x80, 0, 0}, 4, 0},
	    {"reserved length ff", {0x04, 0xff}, 2, 300},
	    {"long form of 1", {0x04, 0x81, 0x01, 0}, 4, 0},
	    {"long form of 127", {0x04, 0x81, 0x7f}, 3, 127},
	    {"leading zero in length", {0x04, 0x82, 0x00, 0x80}, 4, 128},
	    {"leading zero before zero", {0x04, 0x82, 0x00, 0x00}, 4, 0},
	    {"length octets missing", {0x04, 0x82, 0x01}, 3, 0},
	    {"length octets all missing", {0x04, 0x81}, 2, 0},
	    {"past the parent by one", {0x04, 0x81, 0x81}, 3, 128},
	    {"length near 4 GB", {0x04, 0x84, 0xff, 0xff, 0xff, 0xff}, 6, 10},
	    {"five length octets", {0x04, 0x85, 0x01, 0, 0, 0, 0}, 7, 10},
	    {"eight length octets", {0x04, 0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, 8, 10},
	    {"tag of two octets", {0x1f, 0x81, 0x01, 0}, 4, 0},
	    {"context tag of two octets", {0xbf, 0x21, 0x00}, 3, 0},
	    {"end of contents", {0, 0}, 2, 0},
	    {"constructed octet string", {0x24, 0x02, 0x04, 0x00}, 4, 0},
	    {"constructed bit string", {0x23, 0x00}, 2, 0},
	    {"constructed utf8 string", {0x2c, 0x00}, 2, 0},
	    {"primitive sequence", {0x10, 0x00}, 2, 0},
	    {"primitive set", {0x11, 0x00}, 2, 0},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(buf) bytes = {0};
		struct span in, before;
		struct der_item item;

		buf_put(&bytes, span(rows[i].head, rows[i].n));
		buf_put(&bytes, span(long_body, rows[i].zeros));
		in = before = buf_span(&bytes);
		cr_assert_not(der_next(&in, &item), "%s", rows[i].defect);
		cr_assert_eq(in.p, before.p, "%s", rows[i].defect);
		cr_assert_eq(in.n, before.n, "%s", rows[i].defect);
	}
}

/* A little of everything, as a certificate has it. */
static void put_sample(struct buf *out)
{
	size_t outer = der_begin(out, DER_SEQUENCE), inner;

	der_put_uint(out, 300);
	der_put_oid(out, "1.2.840.113549.1.1.11");
	der_put_bool(out, true);
	der_put_time(out, 1795396408);
	inner = der_begin(out, DER_CONTEXT_CONSTRUCTED | 3);
	der_put_bits(
	    out, SPAN_LITERAL("a bit string that is long enough for a long length: "
			      "................................................................"
			      "................................................................"));
	der_end(out, inner);
	der_end(out, outer);
}

static bool take_sample(struct span in)
{
	struct span seq, oid, tagged, bits;
	uint64_t number;
	int64_t time;
	bool truth;

	return der_take(&in, DER_SEQUENCE, &seq) && in.n == 0 && der_take_uint(&seq, &number) &&
	       number == 300 && der_take(&seq, DER_OID, &oid) && der_take_bool(&seq, &truth) &&
	       truth && der_take_time(&seq, &time) && time == 1795396408 &&
	       der_take(&seq, DER_CONTEXT_CONSTRUCTED | 3, &tagged) && seq.n == 0 &&
	       der_take_bits(&tagged, &bits) && tagged.n == 0 && bits.n == 180;
}

Test(base_der, truncation_at_every_octet_is_refused)
{
	AUTO(buf) whole = {0};

	put_sample(&whole);
	cr_assert(take_sample(buf_span(&whole)));
	for (size_t n = 0; n < whole.n; n++) {
		/* A copy of its own: reading past the end is then seen by the sanitizer. */
		AUTO(buf) cut = {0};

		buf_put(&cut, span(whole.p, n));
		cr_assert_not(take_sample(buf_span(&cut)), "cut at %zu", n);
	}
}

Test(base_der, take_wants_its_tag)
{
	struct span in = BYTES(0x04, 0x01, 0xaa), before = in, got = SPAN_NONE;

	cr_assert_not(der_take(&in, DER_INTEGER, &got));
	cr_assert_not(der_take_whole(&in, DER_SEQUENCE, &got));
	cr_assert_eq(in.p, before.p);
	cr_assert_null(got.p);
	cr_assert(der_take_whole(&in, DER_OCTET_STRING, &got));
	cr_assert_eq(got.n, 3);
	cr_assert_eq(in.n, 0);
}

Test(base_der, integers)
{
	static const struct {
		const char *name;
		uint8_t bytes[12];
		size_t n;
		bool ok;
		uint64_t value;
	} rows[] = {
	    {"zero", {2, 1, 0}, 3, true, 0},
	    {"127", {2, 1, 0x7f}, 3, true, 127},
	    {"128", {2, 2, 0, 0x80}, 4, true, 128},
	    {"largest", {2, 9, 0, 255, 255, 255, 255, 255, 255, 255, 255}, 11, true, UINT64_MAX},
	    {"2^63 - 1", {2, 8, 127, 255, 255, 255, 255, 255, 255, 255}, 10, true, INT64_MAX},
	    {"empty", {2, 0}, 2, false, 0},
	    {"negative", {2, 1, 0x80}, 3, false, 0},
	    {"minus one", {2, 1, 0xff}, 3, false, 0},
	    {"needless zero", {2, 2, 0, 0x7f}, 4, false, 0},
	    {"zero twice", {2, 2, 0, 0}, 4, false, 0},
	    {"negative padded", {2, 2, 0xff, 0x80}, 4, false, 0},
	    {"2^64", {2, 9, 1, 0, 0, 0, 0, 0, 0, 0, 0}, 11, false, 0},
	    {"too long", {2, 10, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0}, 12, false, 0},
	    {"enumerated", {10, 1, 1}, 3, false, 0},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct span in = span(rows[i].bytes, rows[i].n);
		uint64_t value = 4711;

		cr_assert_eq(der_take_uint(&in, &value), rows[i].ok, "%s", rows[i].name);
		cr_assert_eq(value, rows[i].ok ? rows[i].value : 4711, "%s", rows[i].name);
		cr_assert_eq(in.n, rows[i].ok ? 0 : rows[i].n, "%s", rows[i].name);
	}
}

Test(base_der, written_integers_agree_with_openssl)
{
	static const uint64_t values[] = {0, 1, 127, 128, 255, 256, 32767, 32768, UINT32_MAX,
	    (uint64_t)INT64_MAX, (uint64_t)INT64_MAX + 1, UINT64_MAX};

	for (size_t i = 0; i < COUNT(values); i++) {
		ASN1_INTEGER *theirs = ASN1_INTEGER_new();
		AUTO(buf) ours = {0};
		uint8_t *der = NULL;
		struct span in;
		uint64_t back;
		int n;

		ASN1_INTEGER_set_uint64(theirs, values[i]);
		n = i2d_ASN1_INTEGER(theirs, &der);
		der_put_uint(&ours, values[i]);
		cr_assert(span_equal(buf_span(&ours), span(der, (size_t)n)), "%zu", i);
		in = buf_span(&ours);
		cr_assert(der_take_uint(&in, &back));
		cr_assert_eq(back, values[i]);
		OPENSSL_free(der);
		ASN1_INTEGER_free(theirs);
	}
}

Test(base_der, unsigned_bytes_are_positive_and_minimal)
{
	static const struct {
		struct span in, want;
	} rows[] = {
	    {SPAN_LITERAL(""), SPAN_LITERAL("\x02\x01\x00")},
	    {SPAN_LITERAL("\0\0"), SPAN_LITERAL("\x02\x01\x00")},
	    {SPAN_LITERAL("\0\x7f"), SPAN_LITERAL("\x02\x01\x7f")},
	    {SPAN_LITERAL("\x80"), SPAN_LITERAL("\x02\x02\x00\x80")},
	    {SPAN_LITERAL("\0\0\xff\x01"), SPAN_LITERAL("\x02\x03\x00\xff\x01")},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(buf) out = {0};

		der_put_unsigned(&out, rows[i].in);
		cr_assert(span_equal(buf_span(&out), rows[i].want), "%zu", i);
	}
}

Test(base_der, bit_strings)
{
	static const struct {
		const char *name;
		struct span in;
		bool ok;
		size_t n;
	} rows[] = {
	    {"two octets", SPAN_LITERAL("\x03\x03\x00\xaa\xbb"), true, 2},
	    {"no bits", SPAN_LITERAL("\x03\x01\x00"), true, 0},
	    {"unused octet missing", SPAN_LITERAL("\x03\x00"), false, 0},
	    {"unused bits", SPAN_LITERAL("\x03\x02\x04\xf0"), false, 0},
	    {"unused bits of none", SPAN_LITERAL("\x03\x01\x01"), false, 0},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct span in = rows[i].in, bits = SPAN_NONE;

		cr_assert_eq(der_take_bits(&in, &bits), rows[i].ok, "%s", rows[i].name);
		cr_assert_eq(bits.n, rows[i].n);
		cr_assert_eq(in.n, rows[i].ok ? 0 : rows[i].in.n, "%s", rows[i].name);
	}
}

/* X.690 11.2.2: "the bitstring shall have all trailing 0 bits removed" */
Test(base_der, named_bits_have_no_trailing_zeros)
{
	static const struct {
		uint32_t bits;
		struct span want;
	} rows[] = {
	    {0, SPAN_LITERAL("\x03\x01\x00")},
	    {1 << 0, SPAN_LITERAL("\x03\x02\x07\x80")},          /* digitalSignature */
	    {1 << 5 | 1 << 6, SPAN_LITERAL("\x03\x02\x01\x06")}, /* keyCertSign, cRLSign */
	    {1 << 7, SPAN_LITERAL("\x03\x02\x00\x01")},
	    {1 << 8, SPAN_LITERAL("\x03\x03\x07\x00\x80")}, /* decipherOnly */
	    {1 << 0 | 1 << 8, SPAN_LITERAL("\x03\x03\x07\x80\x80")},
	    {1u << 9, SPAN_LITERAL("\x03\x01\x00")}, /* beyond count */
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(buf) out = {0};

		der_put_named_bits(&out, rows[i].bits, 9);
		cr_assert(span_equal(buf_span(&out), rows[i].want), "%zu", i);
	}
}

/* X.690 11.1: TRUE "shall have all eight bits set to one" */
Test(base_der, booleans_are_00_or_ff)
{
	for (int c = 0; c < 256; c++) {
		uint8_t bytes[] = {1, 1, (uint8_t)c};
		struct span in = SPAN_OF(bytes);
		bool value = c == 0;

		cr_assert_eq(der_take_bool(&in, &value), c == 0 || c == 0xff);
		if (c == 0 || c == 0xff)
			cr_assert_eq(value, c == 0xff);
	}
	struct span none = BYTES(1, 0), two = BYTES(1, 2, 0xff, 0xff);
	bool value;
	cr_assert_not(der_take_bool(&none, &value));
	cr_assert_not(der_take_bool(&two, &value));
}

static struct span time_item(struct buf *out, uint8_t tag, const char *text)
{
	der_put(out, tag, span_str(text));
	return buf_span(out);
}

Test(base_der, times_are_read)
{
	static const struct {
		uint8_t tag;
		const char *text, *want;
	} rows[] = {
	    {DER_UTC_TIME, "500101000000Z", "1950-01-01T00:00:00Z"},
	    {DER_UTC_TIME, "491231235959Z", "2049-12-31T23:59:59Z"},
	    {DER_UTC_TIME, "991231235959Z", "1999-12-31T23:59:59Z"},
	    {DER_UTC_TIME, "000229120000Z", "2000-02-29T12:00:00Z"},
	    {DER_GENERALIZED_TIME, "19491231235959Z", "1949-12-31T23:59:59Z"},
	    {DER_GENERALIZED_TIME, "20260101000000Z", "2026-01-01T00:00:00Z"},
	    {DER_GENERALIZED_TIME, "20500101000000Z", "2050-01-01T00:00:00Z"},
	    {DER_GENERALIZED_TIME, "99991231235959Z", "9999-12-31T23:59:59Z"},
	    {DER_GENERALIZED_TIME, "24000229000000Z", "2400-02-29T00:00:00Z"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(buf) item = {0};
		struct span in = time_item(&item, rows[i].tag, rows[i].text);
		struct err err = {0};
		int64_t got, want;

		cr_assert(time_parse(rows[i].want, &want, &err).ok);
		cr_assert(der_take_time(&in, &got), "%s", rows[i].text);
		cr_assert_eq(got, want, "%s", rows[i].text);
		cr_assert_eq(in.n, 0);
	}
	cr_assert_eq(TIME_NO_EXPIRY, INT64_C(253402300799));
}

/* RFC 5280 4.1.2.5.1: UTCTime "MUST be expressed in Greenwich Mean Time (Zulu) and MUST include
 * seconds"; 4.1.2.5.2: GeneralizedTime "MUST NOT include fractional seconds". */
Test(base_der, times_of_another_form_are_refused)
{
	static const struct {
		uint8_t tag;
		const char *text;
	} rows[] = {
	    {DER_UTC_TIME, ""},
	    {DER_UTC_TIME, "2601010000Z"},
	    {DER_UTC_TIME, "260101000000"},
	    {DER_UTC_TIME, "260101000000+0000"},
	    {DER_UTC_TIME, "260101000000z"},
	    {DER_UTC_TIME, "20260101000000Z"},
	    {DER_UTC_TIME, "260229000000Z"},
	    {DER_UTC_TIME, "261301000000Z"},
	    {DER_UTC_TIME, "260100000000Z"},
	    {DER_UTC_TIME, "260101240000Z"},
	    {DER_UTC_TIME, "260101006000Z"},
	    {DER_UTC_TIME, "161231235960Z"},
	    {DER_UTC_TIME, "2601010000-1Z"},
	    {DER_UTC_TIME, "2 0101000000Z"},
	    {DER_GENERALIZED_TIME, "260101000000Z"},
	    {DER_GENERALIZED_TIME, "20260101000000.5Z"},
	    {DER_GENERALIZED_TIME, "20260101000000"},
	    {DER_GENERALIZED_TIME, "202601010000Z"},
	    {DER_GENERALIZED_TIME, "2026010100000aZ"},
	    {DER_GENERALIZED_TIME, "21000229000000Z"},
	    {DER_IA5_STRING, "260101000000Z"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(buf) item = {0};
		struct span in = time_item(&item, rows[i].tag, rows[i].text);
		int64_t got = 42;

		cr_assert_not(der_take_time(&in, &got), "%s", rows[i].text);
		cr_assert_eq(got, 42);
		cr_assert_eq(in.n, item.n);
	}
}

/* RFC 5280 4.1.2.5: "MUST always encode certificate validity dates through the year 2049 as
 * UTCTime; certificate validity dates in 2050 or later MUST be encoded as GeneralizedTime" */
Test(base_der, times_are_written_in_the_form_of_their_year)
{
	static const struct {
		const char *time, *want;
	} rows[] = {
	    {"1949-12-31T23:59:59Z", "\x18\x0f"
				     "19491231235959Z"},
	    {"1950-01-01T00:00:00Z", "\x17\x0d"
				     "500101000000Z"},
	    {"2000-02-29T12:34:56Z", "\x17\x0d"
				     "000229123456Z"},
	    {"2049-12-31T23:59:59Z", "\x17\x0d"
				     "491231235959Z"},
	    {"2050-01-01T00:00:00Z", "\x18\x0f"
				     "20500101000000Z"},
	    {"9999-12-31T23:59:59Z", "\x18\x0f"
				     "99991231235959Z"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(buf) out = {0};
		struct err err = {0};
		int64_t seconds, back;
		struct span in;

		cr_assert(time_parse(rows[i].time, &seconds, &err).ok);
		der_put_time(&out, seconds);
		cr_assert_str_eq(buf_cstr(&out), rows[i].want);
		in = buf_span(&out);
		cr_assert(der_take_time(&in, &back));
		cr_assert_eq(back, seconds);
	}
	AUTO(buf) out = {0};
	der_put_generalized_time(&out, 1795396408);
	cr_assert_str_eq(buf_cstr(&out), "\x18\x0f"
					 "20261123011328Z");
}

Test(base_der, lengths_grow_as_they_must)
{
	static const size_t sizes[] = {0, 1, 127, 128, 255, 256, 65535, 65536, 70000};

	for (size_t i = 0; i < COUNT(sizes); i++) {
		AUTO(buf) body = {0};
		AUTO(buf) put = {0};
		AUTO(buf) begun = {0};
		struct span in, got, inner;
		size_t outer, mark;

		for (size_t k = 0; k < sizes[i]; k++)
			buf_put_byte(&body, (uint8_t)(k * 31));
		der_put(&put, DER_OCTET_STRING, buf_span(&body));
		outer = der_begin(&begun, DER_SEQUENCE);
		mark = der_begin(&begun, DER_OCTET_STRING);
		buf_put(&begun, buf_span(&body));
		der_end(&begun, mark);
		der_end(&begun, outer);
		in = buf_span(&begun);
		cr_assert(der_take(&in, DER_SEQUENCE, &got));
		cr_assert_eq(in.n, 0);
		cr_assert(span_equal(got, buf_span(&put)));
		cr_assert(der_take(&got, DER_OCTET_STRING, &inner));
		cr_assert(span_equal(inner, buf_span(&body)));
	}
}

Test(base_der, oids_agree_with_openssl)
{
	static const char *const rows[] = {"1.2.840.10045.2.1", "2.5.29.15", "0.0", "0.39", "1.39",
	    "2.999.3", "2.47", "2.48", "1.3.6.1.5.5.7.1.25", "2.16.840.1.101.3.4.3.17",
	    "1.2.4294967296", "2.18446744073709551535"};

	for (size_t i = 0; i < COUNT(rows); i++) {
		ASN1_OBJECT *theirs = OBJ_txt2obj(rows[i], 1);
		AUTO(buf) ours = {0};
		char text[100];

		cr_assert(der_oid_from_text(rows[i], &ours), "%s", rows[i]);
		cr_assert(
		    span_equal(buf_span(&ours), span(OBJ_get0_data(theirs), OBJ_length(theirs))),
		    "%s", rows[i]);
		der_oid_text(buf_span(&ours), text, sizeof(text));
		cr_assert_str_eq(text, rows[i]);
		ASN1_OBJECT_free(theirs);
	}
}

Test(base_der, wrong_oid_text_is_refused)
{
	static const char *const rows[] = {"", "1", "1.", ".1", "1..2", "1.2.", "3.1", "0.40",
	    "1.40", "1.2.a", "1.2 ", " 1.2", "-1.2", "1.02", "01.2", "1.2.18446744073709551616",
	    "2.18446744073709551600"};

	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(buf) out = {0};

		cr_assert_not(der_oid_from_text(rows[i], &out), "'%s'", rows[i]);
		cr_assert_eq(out.n, 0, "'%s'", rows[i]);
	}
}

Test(base_der, oid_octets_that_are_none_read_as_a_question)
{
	static const struct span rows[] = {SPAN_LITERAL(""), SPAN_LITERAL("\x80\x01"),
	    SPAN_LITERAL("\x2a\x80\x01"), SPAN_LITERAL("\x2a\x86"),
	    SPAN_LITERAL("\x2a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f")};
	char text[64];

	for (size_t i = 0; i < COUNT(rows); i++) {
		der_oid_text(rows[i], text, sizeof(text));
		cr_assert_str_eq(text, "?", "%zu", i);
	}
	der_oid_text(SPAN_LITERAL("\x2a\x86\x48"), text, 5);
	cr_assert_str_eq(text, "?");
	der_oid_text(SPAN_LITERAL("\x2a\x03"), text, 6);
	cr_assert_str_eq(text, "1.2.3");
}
