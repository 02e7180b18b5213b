/* JSON is written as RFC 8259 says, whatever the bytes. */
#include "base/json.h"

#include <criterion/criterion.h>

#include "base/utf8.h"

Test(base_json, commas_and_colons_fall_into_place)
{
	AUTO(buf) out = {0};
	struct json j = {.out = &out};

	json_object_begin(&j, NULL);
	json_str(&j, "a", "x");
	json_array_begin(&j, "b");
	json_int(&j, NULL, -1);
	json_int(&j, NULL, INT64_MIN);
	json_array_begin(&j, NULL);
	json_array_end(&j);
	json_object_begin(&j, NULL);
	json_object_end(&j);
	json_bool(&j, NULL, true);
	json_array_end(&j);
	json_object_begin(&j, "c");
	json_bool(&j, "d", false);
	json_str(&j, "e", NULL);
	json_object_end(&j);
	json_span(&j, "f", SPAN_LITERAL("y"));
	json_object_end(&j);
	cr_assert_str_eq(buf_cstr(&out), "{\"a\":\"x\",\"b\":[-1,-9223372036854775808,[],{},true],"
					 "\"c\":{\"d\":false,\"e\":null},\"f\":\"y\"}");
}

Test(base_json, strings_are_escaped)
{
	static const struct {
		const char *name;
		struct span in;
		const char *want;
	} rows[] = {
	    {"empty", SPAN_LITERAL(""), "\"\""},
	    {"quote and backslash", SPAN_LITERAL("a\"b\\c"), "\"a\\\"b\\\\c\""},
	    {"line ends", SPAN_LITERAL("a\nb\rc\td"), "\"a\\nb\\rc\\td\""},
	    {"controls", SPAN_LITERAL("\x00\x01\x1b\x1f\x7f"),
		"\"\\u0000\\u0001\\u001b\\u001f\\u007f\""},
	    {"slash stays", SPAN_LITERAL("a/b"), "\"a/b\""},
	    {"utf-8 stays", SPAN_LITERAL("\xc3\xa9\xe2\x82\xac\xf0\x9f\x94\x91"),
		"\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x94\x91\""},
	    {"C1 controls", SPAN_LITERAL("\xc2\x85\xc2\x9b\xc2\xa0"), "\"\\u0085\\u009b\xc2\xa0\""},
	    {"line and paragraph separator", SPAN_LITERAL("\xe2\x80\xa8\xe2\x80\xa9"),
		"\"\\u2028\\u2029\""},
	    {"byte order mark", SPAN_LITERAL("\xef\xbb\xbf"), "\"\\ufeff\""},
	    {"no characters", SPAN_LITERAL("\xef\xbf\xbe\xef\xbf\xbf"), "\"\\ufffe\\uffff\""},
	    {"lone continuation", SPAN_LITERAL("a\x80z"), "\"a\xef\xbf\xbdz\""},
	    {"cut short", SPAN_LITERAL("a\xe2\x82"), "\"a\xef\xbf\xbd\xef\xbf\xbd\""},
	    {"overlong slash", SPAN_LITERAL("\xc0\xaf"), "\"\xef\xbf\xbd\xef\xbf\xbd\""},
	    {"surrogate", SPAN_LITERAL("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
	    {"past U+10FFFF", SPAN_LITERAL("\xf4\x90\x80\x80"),
		"\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(buf) out = {0};

		json_quote(&out, rows[i].in);
		cr_assert_str_eq(buf_cstr(&out), rows[i].want, "%s", rows[i].name);
	}
}

static size_t put_utf8(uint32_t c, uint8_t out[static 4])
{
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const uint8_t heads[] = {0, 0, 0xc0, 0xe0, 0xf0};

	for (size_t i = n; i > 1; i--, c >>= 6)
		out[i - 1] = (uint8_t)(0x80 | (c & 0x3f));
	out[0] = (uint8_t)(heads[n] | c);
	return n;
}

Test(base_utf8, each_character_but_surrogates_is_well_formed)
{
	for (uint32_t c = 0; c < 0x110000; c++) {
		uint8_t bytes[4];
		size_t n = put_utf8(c, bytes);
		bool surrogate = c >= 0xd800 && c <= 0xdfff;

		cr_assert_eq(utf8_length(span(bytes, n)), surrogate ? 0 : n, "U+%04X", c);
		if (n > 1)
			cr_assert_eq(utf8_length(span(bytes, n - 1)), 0, "U+%04X cut", c);
	}
}

Test(base_utf8, overlong_forms_are_refused)
{
	static const struct span rows[] = {SPAN_LITERAL("\xc0\x80"), SPAN_LITERAL("\xc1\xbf"),
	    SPAN_LITERAL("\xe0\x9f\xbf"), SPAN_LITERAL("\xf0\x8f\xbf\xbf"),
	    SPAN_LITERAL("\xf5\x80\x80\x80"), SPAN_LITERAL("\xff"), SPAN_LITERAL("\xc3\xc3")};

	for (size_t i = 0; i < COUNT(rows); i++)
		cr_assert_not(utf8_valid(rows[i]), "%zu", i);
	cr_assert(utf8_valid(SPAN_LITERAL("Z\xc3\xbcrich")));
	cr_assert(utf8_valid(SPAN_NONE));
	cr_assert_not(utf8_valid(SPAN_LITERAL("Z\xfcrich")));
}
