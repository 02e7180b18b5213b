/* tests/unit/base/base64url_test.c: one text for each row of bytes. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/base64url.h"

static const struct pair {
	const char *bytes, *text;
} pairs[] = {
    /* RFC 4648 section 10, without padding. */
    {"", ""},
    {"f", "Zg"},
    {"fo", "Zm8"},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg"},
    {"fooba", "Zm9vYmE"},
    {"foobar", "Zm9vYmFy"},
    {"\xfb\xff\xfe", "-__-"},
};

Test(base_base64url, vectors_go_both_ways)
{
	for (size_t i = 0; i < COUNT(pairs); i++) {
		AUTO(buf) text = {0};
		AUTO(buf) bytes = {0};
		struct err err = {0};

		base64url_encode(span_str(pairs[i].bytes), &text);
		cr_expect_str_eq(buf_cstr(&text), pairs[i].text);
		cr_assert(base64url_decode(span_str(pairs[i].text), &bytes, &err).ok);
		cr_expect(span_equal(buf_span(&bytes), span_str(pairs[i].bytes)));
	}
}

static const char *const wrong[] = {"Z", "Zg==", "Zg=", "Zh", "Zm9", "Zm9v\n", " Zm9v", "Zm 9v",
    "+//+", "Zm9vY", "Zm9v.", "Zm\x80v"};

Test(base_base64url, any_other_text_is_refused_and_leaves_nothing)
{
	for (size_t i = 0; i < COUNT(wrong); i++) {
		AUTO(buf) bytes = {0};
		struct err err = {0};

		buf_put_str(&bytes, "kept");
		cr_expect(!base64url_decode(span_str(wrong[i]), &bytes, &err).ok, "%s", wrong[i]);
		cr_expect_eq(err.kind, ERR_INPUT);
		cr_expect(span_equal_str(buf_span(&bytes), "kept"));
	}
}
