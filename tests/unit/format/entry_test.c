#include "signing/format/entry.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/encode.h"

static const uint8_t salt[ENTRY_SALT_SIZE] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
    17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32};

static struct buf encoded(void)
{
	struct buf out = {0};
	entry_encode("certificate.issued", 1800000000, salt, SPAN_LITERAL("record"), &out);
	return out;
}

Test(format_entry, what_was_written_is_read_back)
{
	struct err err = {0};
	struct entry e;
	AUTO(buf) out = encoded();
	cr_assert(entry_decode(buf_span(&out), &e, &err).ok, "%s", err.message);
	cr_expect_str_eq(e.kind, "certificate.issued");
	cr_expect_eq(e.time, 1800000000);
	cr_expect(entry_commits_to(&e, salt, SPAN_LITERAL("record")));
	cr_expect_not(entry_commits_to(&e, salt, SPAN_LITERAL("recorD")));
	uint8_t other[ENTRY_SALT_SIZE] = {0};
	cr_expect_not(entry_commits_to(&e, other, SPAN_LITERAL("record")));
}

/* Another program computes the same commitment. */
Test(format_entry, the_commitment_is_hmac_sha256_by_openssl)
{
	struct err err = {0};
	struct entry e;
	char hex[65], command[300], line[200] = "";
	AUTO(buf) out = encoded();
	cr_assert(entry_decode(buf_span(&out), &e, &err).ok);
	hex_text(SPAN_OF(salt), hex);
	snprintf(command, sizeof(command),
	    "printf record | openssl dgst -sha256 -mac HMAC -macopt hexkey:%s -r", hex);
	FILE *f = popen(command, "r");
	cr_assert(f && fgets(line, sizeof(line), f));
	pclose(f);
	hex_text(SPAN_OF(e.commitment), hex);
	cr_expect_eq(strncmp(line, hex, 64), 0, "%s", line);
}

Test(format_entry, the_bytes_are_fixed)
{
	AUTO(buf) out = encoded();
	static const char start[] = "\xa4\x01\x01\x02\x72"
				    "certificate.issued"
				    "\x03\x1a\x6b\x49\xd2\x00\x04\x58\x20";
	cr_assert_eq(out.n, sizeof(start) - 1 + 32);
	cr_assert_eq(memcmp(out.p, start, sizeof(start) - 1), 0);
}

Test(format_entry, every_truncation_is_refused_and_bytes_behind_too)
{
	struct entry e;
	AUTO(buf) out = encoded();
	for (size_t n = 0; n < out.n; n++) {
		struct err err = {0};
		cr_expect_not(entry_decode(span(out.p, n), &e, &err).ok, "cut at %zu", n);
		cr_expect_eq(err.kind, ERR_INPUT);
	}
	struct err err = {0};
	buf_put_byte(&out, 0);
	cr_expect_not(entry_decode(buf_span(&out), &e, &err).ok);
}

Test(format_entry, defects_are_refused)
{
	static const struct {
		const char *name;
		size_t offset;
		uint8_t value;
	} cases[] = {
	    {"map of three", 0, 0xa3},
	    {"map of five", 0, 0xa5},
	    {"an array", 0, 0x84},
	    {"key 2 first", 1, 2},
	    {"version 2", 2, 2},
	    {"kind as bytes", 4, 0x52},
	    {"kind with a space", 5, ' '},
	    {"kind with a newline", 5, '\n'},
	    {"time below zero", 24, 0x3a},
	    {"commitment as text", 30, 0x78},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err err = {0};
		struct entry e;
		AUTO(buf) out = encoded();
		cr_assert_neq(out.p[cases[i].offset], cases[i].value);
		out.p[cases[i].offset] = cases[i].value;
		cr_expect_not(entry_decode(buf_span(&out), &e, &err).ok, "%s", cases[i].name);
	}
}

Test(format_entry, kinds_are_bounded)
{
	for (size_t n = 0; n <= ENTRY_KIND_MAX + 1; n++) {
		char kind[ENTRY_KIND_MAX + 2] = "";
		struct err err = {0};
		struct entry e;
		AUTO(buf) out = {0};
		memset(kind, 'a', n);
		entry_encode(kind, 1, salt, SPAN_NONE, &out);
		cr_expect_eq(entry_decode(buf_span(&out), &e, &err).ok,
		    n > 0 && n <= ENTRY_KIND_MAX, "%zu characters", n);
	}
}
