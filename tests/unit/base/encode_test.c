/* base64, hex, SHA-256. */
#include "base/encode.h"

#include <criterion/criterion.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

Test(base_encode, base64_vectors_of_rfc_4648_section_10)
{
	static const struct {
		const char *plain, *text;
	} rows[] = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="},
	    {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};

	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(buf) text = {0};
		AUTO(buf) plain = {0};
		struct err err = {0};

		base64_encode(span_str(rows[i].plain), &text);
		cr_assert_str_eq(buf_cstr(&text), rows[i].text);
		cr_assert(base64_decode(buf_span(&text), &plain, &err).ok, "%s", err.message);
		cr_assert_str_eq(buf_cstr(&plain), rows[i].plain);
	}
}

Test(base_encode, base64_agrees_with_openssl)
{
	uint8_t bytes[257], text[400];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 167 + 13);
	for (size_t n = 0; n <= sizeof(bytes); n++) {
		AUTO(buf) ours = {0};
		AUTO(buf) back = {0};
		struct err err = {0};
		int theirs = EVP_EncodeBlock(text, bytes, (int)n);

		base64_encode(span(bytes, n), &ours);
		cr_assert(span_equal(buf_span(&ours), span(text, (size_t)theirs)));
		cr_assert(base64_decode(buf_span(&ours), &back, &err).ok);
		cr_assert(span_equal(buf_span(&back), span(bytes, n)));
	}
}

Test(base_encode, base64_wrapped_lines_end_in_crlf)
{
	AUTO(buf) text = {0};
	AUTO(buf) back = {0};
	struct err err = {0};

	base64_encode_wrapped(SPAN_LITERAL("0123456789"), 8, &text);
	cr_assert_str_eq(buf_cstr(&text), "MDEyMzQ1\r\nNjc4OQ==\r\n");
	cr_assert(base64_decode(buf_span(&text), &back, &err).ok);
	cr_assert_str_eq(buf_cstr(&back), "0123456789");
	buf_reset(&text);
	base64_encode_wrapped(SPAN_NONE, 64, &text);
	cr_assert_eq(text.n, 0);
}

Test(base_encode, base64_white_space_is_skipped)
{
	static const char *const rows[] = {
	    "Zm9vYg==", "Zm9v\r\nYg==\r\n", " Z\tm 9\nv\rYg = = ", "\r\nZm9vYg==", "Zm9vY\ng=\n="};

	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(buf) plain = {0};
		struct err err = {0};

		cr_assert(
		    base64_decode(span_str(rows[i]), &plain, &err).ok, "%zu: %s", i, err.message);
		cr_assert_str_eq(buf_cstr(&plain), "foob");
	}
}

Test(base_encode, base64_defects_are_refused)
{
	static const struct {
		const char *defect;
		struct span text;
	} rows[] = {
	    {"one digit", SPAN_LITERAL("Z")},
	    {"padding missing", SPAN_LITERAL("Zg")},
	    {"padding half", SPAN_LITERAL("Zg=")},
	    {"padding too long", SPAN_LITERAL("Zg===")},
	    {"padding after a whole group", SPAN_LITERAL("Zm9v=")},
	    {"group of padding", SPAN_LITERAL("Zm9v====")},
	    {"padding alone", SPAN_LITERAL("====")},
	    {"padding first", SPAN_LITERAL("=Zg=")},
	    {"one digit and padding", SPAN_LITERAL("Z===")},
	    {"three digits, two pads", SPAN_LITERAL("Zm8==")},
	    {"data after padding", SPAN_LITERAL("Zg==Zg==")},
	    {"trailing bits of two", SPAN_LITERAL("Zh==")},
	    {"trailing bits of three", SPAN_LITERAL("Zm9=")},
	    {"url alphabet", SPAN_LITERAL("Zm-_")},
	    {"NUL", SPAN_LITERAL("Zm9v\0")},
	    {"high bit", SPAN_LITERAL("Zm9\xff")},
	    {"vertical tab", SPAN_LITERAL("Zm9v\v")},
	    {"PEM header", SPAN_LITERAL("-----BEGIN CERTIFICATE REQUEST-----\n")},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(buf) out = {0};
		struct err err = {0};

		buf_put_str(&out, "before");
		cr_assert_not(base64_decode(rows[i].text, &out, &err).ok, "%s", rows[i].defect);
		cr_assert_eq(err.kind, ERR_INPUT);
		cr_assert_str_eq(buf_cstr(&out), "before", "%s", rows[i].defect);
	}
}

Test(base_encode, base64_every_octet_is_in_the_alphabet_or_refused)
{
	for (int c = 0; c < 256; c++) {
		uint8_t text[] = {'A', 'A', 'A', (uint8_t)c};
		bool digit = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
			     (c >= '0' && c <= '9') || c == '+' || c == '/';
		AUTO(buf) out = {0};
		struct err err = {0};

		/* "AAA=" is right as well: three digits whose last bits are zero. */
		cr_assert_eq(
		    base64_decode(SPAN_OF(text), &out, &err).ok, digit || c == '=', "%d", c);
	}
}

Test(base_encode, hex_both_ways)
{
	AUTO(buf) text = {0};
	AUTO(buf) back = {0};
	struct err err = {0};
	char fixed[9];

	hex_encode(SPAN_LITERAL("\x00\x9f\xab\xff"), &text);
	cr_assert_str_eq(buf_cstr(&text), "009fabff");
	hex_text(SPAN_LITERAL("\x00\x9f\xab\xff"), fixed);
	cr_assert_str_eq(fixed, "009fabff");
	cr_assert(hex_decode(SPAN_LITERAL("00:9F:abff"), &back, &err).ok, "%s", err.message);
	cr_assert(span_equal(buf_span(&back), SPAN_LITERAL("\x00\x9f\xab\xff")));
}

Test(base_encode, hex_defects_are_refused)
{
	static const char *const rows[] = {
	    "0", "0g", "00:", ":00", "00::11", "0:0", "00 11", "@0", "0`", "00:1"};

	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(buf) out = {0};
		struct err err = {0};

		cr_assert_not(hex_decode(span_str(rows[i]), &out, &err).ok, "'%s'", rows[i]);
		cr_assert_eq(err.kind, ERR_INPUT);
		cr_assert_eq(out.n, 0);
	}
}

Test(base_encode, sha256_vectors_of_fips_180)
{
	static const struct {
		const char *text, *hex;
	} rows[] = {
	    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
	    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct digest d = sha256(span_str(rows[i].text));
		char hex[2 * SHA256_SIZE + 1];

		hex_text(SPAN_OF(d.bytes), hex);
		cr_assert_str_eq(hex, rows[i].hex);
	}
	cr_assert_eq(sha256(SPAN_NONE).bytes[0], 0xe3);
}
