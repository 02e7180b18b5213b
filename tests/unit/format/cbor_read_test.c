#include "signing/format/cbor_read.h"

#include <criterion/criterion.h>

#include "signing/format/cbor_fields.h"

static void check_item(const char *what, struct span bytes, enum refusal expected)
{
	struct cbor_in in = cbor_in(bytes);

	cbor_in_item(&in);
	cr_expect_str_eq(refusal_code(cbor_in_end(&in)), refusal_code(expected), "%s", what);
}

#define ITEM(what, octets, expected) check_item(what, SPAN_LITERAL(octets), REFUSAL_##expected)

Test(format_cbor_read, one_item_is_deterministic_or_refused)
{
	ITEM("number", "\x00", NONE);
	ITEM("nothing", "", CBOR_END);
	ITEM("number cut", "\x19\x01", CBOR_END);
	ITEM("string cut",
	    "\x43"
	    "ab",
	    CBOR_END);
	ITEM("string longer than memory",
	    "\x5b\xff\xff\xff\xff\xff\xff\xff\xff"
	    "a",
	    CBOR_END);
	ITEM("array cut", "\x82\x00", CBOR_END);
	ITEM("array of very many", "\x9b\xff\xff\xff\xff\xff\xff\xff\xff\x00", CBOR_END);
	ITEM("map of very many", "\xbb\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00", CBOR_END);
	ITEM("indefinite string", "\x5f\x41\x00\xff", CBOR_INDEFINITE);
	ITEM("indefinite array", "\x9f\xff", CBOR_INDEFINITE);
	ITEM("indefinite map within", "\x81\xbf\xff", CBOR_INDEFINITE);
	ITEM("break", "\xff", CBOR_INDEFINITE);
	ITEM("reserved", "\x1c", CBOR_RESERVED);
	ITEM("half float", "\xf9\x00\x00", CBOR_RESERVED);
	ITEM("double", "\xfb\x00\x00\x00\x00\x00\x00\x00\x00", CBOR_RESERVED);
	ITEM("simple below 32 in two octets", "\xf8\x14", CBOR_LONG);
	ITEM("simple of 32", "\xf8\x20", NONE);
	ITEM("23 in two octets", "\x18\x17", CBOR_LONG);
	ITEM("255 in three", "\x19\x00\xff", CBOR_LONG);
	ITEM("65535 in five", "\x1a\x00\x00\xff\xff", CBOR_LONG);
	ITEM("2^32-1 in nine", "\x1b\x00\x00\x00\x00\xff\xff\xff\xff", CBOR_LONG);
	ITEM("2^32 in nine", "\x1b\x00\x00\x00\x01\x00\x00\x00\x00", NONE);
	ITEM("length written long",
	    "\x58\x01"
	    "a",
	    CBOR_LONG);
	ITEM("keys rising", "\xa2\x01\x00\x02\x00", NONE);
	ITEM("keys of text",
	    "\xa2\x61"
	    "a\x00\x61"
	    "b\x00",
	    NONE);
	ITEM("key twice", "\xa2\x01\x00\x01\x00", CBOR_DUPLICATE);
	ITEM("keys falling", "\xa2\x02\x00\x01\x00", CBOR_ORDER);
	ITEM("key twice, within", "\x81\xa2\x01\x00\x01\x00", CBOR_DUPLICATE);
	ITEM("behind", "\x00\x00", CBOR_TRAILING);
	ITEM("eight deep", "\x81\x81\x81\x81\x81\x81\x81\x00", NONE);
	ITEM("nine deep", "\x81\x81\x81\x81\x81\x81\x81\x81\x00", CBOR_DEPTH);
	ITEM("nine deep by tags", "\xc1\xc1\xc1\xc1\xc1\xc1\xc1\xc1\x00", CBOR_DEPTH);
	ITEM("a list for a key", "\xa1\x81\x00\x00", CBOR_TYPE);
}

struct object {
	struct span name;
	uint64_t number;
	bool flag;
};

static const struct cbor_field fields[] = {
    {cbor_field_name, offsetof(struct object, name), 0, true},
    {cbor_field_uint, offsetof(struct object, number), 2, true},
    {cbor_field_bool, offsetof(struct object, flag), 5, false},
};
CBOR_SHAPE(shape, fields, CBOR_KEY);

static void check_map(const char *what, struct span bytes, enum refusal expected)
{
	struct object object = {.number = 0};

	cr_expect_str_eq(refusal_code(cbor_read_fields(bytes, &shape, &object)),
	    refusal_code(expected), "%s", what);
}

#define MAP(what, octets, expected) check_map(what, SPAN_LITERAL(octets), REFUSAL_##expected)

Test(format_cbor_read, maps_hold_what_the_table_says)
{
	MAP("all",
	    "\xa3\x00\x61"
	    "a\x02\x07\x05\xf5",
	    NONE);
	MAP("what may be away",
	    "\xa2\x00\x61"
	    "a\x02\x07",
	    NONE);
	MAP("first missing", "\xa1\x02\x07", CBOR_MISSING);
	MAP("last missing",
	    "\xa1\x00\x61"
	    "a",
	    CBOR_MISSING);
	MAP("middle missing",
	    "\xa2\x00\x61"
	    "a\x05\xf5",
	    CBOR_MISSING);
	MAP("empty", "\xa0", CBOR_MISSING);
	MAP("unknown between",
	    "\xa3\x00\x61"
	    "a\x01\x00\x02\x07",
	    CBOR_KEY);
	MAP("unknown behind",
	    "\xa3\x00\x61"
	    "a\x02\x07\x18\x64\x00",
	    CBOR_KEY);
	MAP("negative",
	    "\xa3\x00\x61"
	    "a\x02\x07\x20\x00",
	    CBOR_KEY);
	MAP("text as key",
	    "\xa3\x00\x61"
	    "a\x02\x07\x61"
	    "b\x00",
	    CBOR_TYPE);
	MAP("twice",
	    "\xa3\x00\x61"
	    "a\x02\x07\x02\x07",
	    CBOR_DUPLICATE);
	MAP("falling",
	    "\xa3\x00\x61"
	    "a\x05\xf5\x02\x07",
	    CBOR_MISSING);
	MAP("behind",
	    "\xa2\x00\x61"
	    "a\x02\x07\x00",
	    CBOR_TRAILING);
	MAP("not a map", "\x82\x00\x01", CBOR_TYPE);
	MAP("a number for a name", "\xa2\x00\x00\x02\x07", CBOR_TYPE);
	MAP("a name of no octets", "\xa2\x00\x60\x02\x07", CBOR_TEXT);
	MAP("a name with a newline", "\xa2\x00\x61\x0a\x02\x07", CBOR_TEXT);
	MAP("a name beyond ASCII", "\xa2\x00\x62\xc3\xa9\x02\x07", CBOR_TEXT);
	MAP("neither true nor false",
	    "\xa3\x00\x61"
	    "a\x02\x07\x05\xf6",
	    CBOR_TYPE);
	MAP("too many", "\xb8\x18", CBOR_COUNT);
}

Test(format_cbor_read, numbers_have_bounds)
{
	struct cbor_in in = cbor_in(SPAN_LITERAL("\x1a\x7f\xff\xff\xff"));

	cr_expect_eq(cbor_in_int(&in), INT32_MAX);
	in = cbor_in(SPAN_LITERAL("\x3a\x7f\xff\xff\xff"));
	cr_expect_eq(cbor_in_int(&in), INT32_MIN);
	in = cbor_in(SPAN_LITERAL("\x1a\x80\x00\x00\x00"));
	cr_expect_eq(cbor_in_int(&in), 0);
	cr_expect_eq(in.refusal, REFUSAL_CBOR_TYPE);
	in = cbor_in(SPAN_LITERAL("\x08"));
	cr_expect_eq(cbor_in_small(&in, 7), 0);
	cr_expect_eq(in.refusal, REFUSAL_CBOR_TYPE);
}

Test(format_cbor_read, the_first_refusal_stays_and_nothing_more_is_taken)
{
	struct cbor_in in = cbor_in(SPAN_LITERAL("\x61"
						 "a\x01"));

	cr_expect_eq(cbor_in_uint(&in), 0);
	cr_expect_eq(cbor_in_text(&in).n, 0);
	cr_expect_eq(cbor_in_array(&in, 0, 9), 0);
	cr_expect_eq(cbor_in_end(&in), REFUSAL_CBOR_TYPE);
}

Test(format_cbor_read, every_refusal_has_a_code_of_its_own)
{
	for (int i = 0; i < REFUSAL_COUNT; i++) {
		cr_expect(*refusal_text((enum refusal)i), "%d", i);
		for (int other = 0; other < i; other++)
			cr_expect_str_neq(refusal_code((enum refusal)i),
			    refusal_code((enum refusal)other), "%d and %d", i, other);
	}
}
