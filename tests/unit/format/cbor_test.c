#include "signing/format/cbor.h"

#include <criterion/criterion.h>

/* RFC 8949 appendix A, those of our kinds. */
static const struct {
	enum cbor_major major;
	uint64_t value;
	struct span bytes;
} heads[] = {
    {CBOR_UINT, 0, SPAN_LITERAL("\x00")},
    {CBOR_UINT, 23, SPAN_LITERAL("\x17")},
    {CBOR_UINT, 24, SPAN_LITERAL("\x18\x18")},
    {CBOR_UINT, 100, SPAN_LITERAL("\x18\x64")},
    {CBOR_UINT, 255, SPAN_LITERAL("\x18\xff")},
    {CBOR_UINT, 256, SPAN_LITERAL("\x19\x01\x00")},
    {CBOR_UINT, 1000, SPAN_LITERAL("\x19\x03\xe8")},
    {CBOR_UINT, 65535, SPAN_LITERAL("\x19\xff\xff")},
    {CBOR_UINT, 65536, SPAN_LITERAL("\x1a\x00\x01\x00\x00")},
    {CBOR_UINT, 1000000, SPAN_LITERAL("\x1a\x00\x0f\x42\x40")},
    {CBOR_UINT, 4294967295, SPAN_LITERAL("\x1a\xff\xff\xff\xff")},
    {CBOR_UINT, 4294967296, SPAN_LITERAL("\x1b\x00\x00\x00\x01\x00\x00\x00\x00")},
    {CBOR_UINT, 1000000000000, SPAN_LITERAL("\x1b\x00\x00\x00\xe8\xd4\xa5\x10\x00")},
    {CBOR_UINT, UINT64_MAX, SPAN_LITERAL("\x1b\xff\xff\xff\xff\xff\xff\xff\xff")},
    {CBOR_NEGATIVE, 999, SPAN_LITERAL("\x39\x03\xe7")},
    {CBOR_ARRAY, 25, SPAN_LITERAL("\x98\x19")},
    {CBOR_MAP, 2, SPAN_LITERAL("\xa2")},
    {CBOR_TAG, 32, SPAN_LITERAL("\xd8\x20")},
    {CBOR_SIMPLE, 20, SPAN_LITERAL("\xf4")},
    {CBOR_SIMPLE, 255, SPAN_LITERAL("\xf8\xff")},
};

Test(format_cbor, heads_are_written_and_read_as_in_the_rfc)
{
	for (size_t i = 0; i < COUNT(heads); i++) {
		AUTO(buf) out = {0};
		enum cbor_major major;
		uint64_t value;
		cbor_put_head(&out, heads[i].major, heads[i].value);
		cr_expect(span_equal(buf_span(&out), heads[i].bytes), "row %zu", i);
		struct span in = heads[i].bytes;
		cr_assert(cbor_take_head(&in, &major, &value), "row %zu", i);
		cr_expect_eq(major, heads[i].major);
		cr_expect_eq(value, heads[i].value);
		cr_expect_eq(in.n, 0);
	}
}

Test(format_cbor, signed_numbers_have_their_shortest_form)
{
	static const struct {
		int64_t value;
		struct span bytes;
	} cases[] = {
	    {0, SPAN_LITERAL("\x00")},
	    {-1, SPAN_LITERAL("\x20")},
	    {-24, SPAN_LITERAL("\x37")},
	    {-100, SPAN_LITERAL("\x38\x63")},
	    {-1000, SPAN_LITERAL("\x39\x03\xe7")},
	    {INT64_MIN, SPAN_LITERAL("\x3b\x7f\xff\xff\xff\xff\xff\xff\xff")},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO(buf) out = {0};
		cbor_put_int(&out, cases[i].value);
		cr_expect(span_equal(buf_span(&out), cases[i].bytes), "row %zu", i);
	}
}

/* RFC 8949 4.2.1: shortest form, no indefinite lengths; 3: 28 to 30 are reserved. */
Test(format_cbor, what_is_not_deterministic_is_refused)
{
	static const struct {
		const char *name;
		struct span bytes;
	} cases[] = {
	    {"nothing", SPAN_LITERAL("")},
	    {"23 in one more octet", SPAN_LITERAL("\x18\x17")},
	    {"255 in two", SPAN_LITERAL("\x19\x00\xff")},
	    {"65535 in four", SPAN_LITERAL("\x1a\x00\x00\xff\xff")},
	    {"2^32 - 1 in eight", SPAN_LITERAL("\x1b\x00\x00\x00\x00\xff\xff\xff\xff")},
	    {"reserved 28", SPAN_LITERAL("\x1c")},
	    {"reserved 30", SPAN_LITERAL("\x1e")},
	    {"indefinite array", SPAN_LITERAL("\x9f\xff")},
	    {"indefinite bytes", SPAN_LITERAL("\x5f\x41\x00\xff")},
	    {"break", SPAN_LITERAL("\xff")},
	    {"head cut", SPAN_LITERAL("\x19\x01")},
	    {"simple value 24 in two octets", SPAN_LITERAL("\xf8\x18")},
	    {"half float", SPAN_LITERAL("\xf9\x3c\x00")},
	    {"double float", SPAN_LITERAL("\xfb\x3f\xf1\x99\x99\x99\x99\x99\x9a")},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct span in = cases[i].bytes;
		enum cbor_major major;
		uint64_t value;
		cr_expect_not(cbor_take_head(&in, &major, &value), "%s", cases[i].name);
		cr_expect(in.p == cases[i].bytes.p && in.n == cases[i].bytes.n, "%s: untouched",
		    cases[i].name);
	}
}

Test(format_cbor, strings_run_within_their_input)
{
	AUTO(buf) out = {0};
	struct span text, bytes;
	cbor_put_text(&out, "IETF");
	cbor_put_bytes(&out, SPAN_LITERAL("\x01\x02"));
	cr_assert(span_equal(buf_span(&out), SPAN_LITERAL("\x64IETF\x42\x01\x02")));
	struct span in = buf_span(&out);
	cr_expect_not(cbor_take_bytes(&in, &bytes), "text is not bytes");
	cr_assert(cbor_take_text(&in, &text));
	cr_expect(span_equal_str(text, "IETF"));
	cr_expect_not(cbor_take_text(&in, &text), "bytes are not text");
	cr_assert(cbor_take_bytes(&in, &bytes));
	cr_expect_eq(in.n, 0);
	in = span(out.p, 4);
	cr_expect_not(cbor_take_text(&in, &text), "cut");
	in = SPAN_LITERAL("\x5b\xff\xff\xff\xff\xff\xff\xff\xff");
	cr_expect_not(cbor_take_bytes(&in, &bytes), "a length beyond everything");
}
