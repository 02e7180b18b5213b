/* Spans, buffers, secrets, arenas. Memory errors are the sanitizers' to find: sizes cross every
 * growth. */
#include "base/span.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

Test(base_span, equality_takes_length_and_bytes)
{
	cr_assert(span_equal(SPAN_NONE, span("", 0)));
	cr_assert(span_equal(SPAN_LITERAL("abc"), span_str("abc")));
	cr_assert_not(span_equal(SPAN_LITERAL("abc"), span_str("abd")));
	cr_assert_not(span_equal(SPAN_LITERAL("abc"), span_str("ab")));
	cr_assert_not(span_equal(SPAN_LITERAL("a\0b"), span_str("a")));
	cr_assert(span_equal_str(SPAN_NONE, ""));
	cr_assert(span_equal(span_str(NULL), SPAN_NONE));
}

Test(base_span, constant_time_equality_agrees)
{
	cr_assert(span_equal_constant_time(SPAN_NONE, SPAN_NONE));
	cr_assert(span_equal_constant_time(SPAN_LITERAL("secret"), SPAN_LITERAL("secret")));
	cr_assert_not(span_equal_constant_time(SPAN_LITERAL("secret"), SPAN_LITERAL("secreT")));
	cr_assert_not(span_equal_constant_time(SPAN_LITERAL("secret"), SPAN_LITERAL("secre")));
}

Test(base_span, letters_fold_in_ascii_only)
{
	cr_assert(span_equal_nocase(SPAN_LITERAL("Content-TYPE"), "content-type"));
	cr_assert_not(span_equal_nocase(SPAN_LITERAL("content-typ"), "content-type"));
	/* '@' and '`', '[' and '{' differ in the same bit as letters do. */
	cr_assert_not(span_equal_nocase(SPAN_LITERAL("@["), "`{"));
	cr_assert_not(span_equal_nocase(SPAN_LITERAL("\xc4"), "\xe4"));
}

Test(base_span, prefix)
{
	cr_assert(span_starts(SPAN_LITERAL("simpleenroll"), "simple"));
	cr_assert(span_starts(SPAN_LITERAL("simple"), "simple"));
	cr_assert(span_starts(SPAN_NONE, ""));
	cr_assert_not(span_starts(SPAN_LITERAL("simpl"), "simple"));
}

Test(base_span, trim_takes_white_space_at_both_ends)
{
	cr_assert(span_equal_str(span_trim(SPAN_LITERAL(" \t a b\r\n\v\f")), "a b"));
	cr_assert_eq(span_trim(SPAN_LITERAL(" \t\r\n")).n, 0);
	cr_assert_eq(span_trim(SPAN_NONE).n, 0);
}

Test(base_buf, grows_and_keeps_what_it_has)
{
	AUTO(buf) b = {0};

	for (int i = 0; i < 10000; i++)
		buf_put_byte(&b, (uint8_t)i);
	cr_assert_eq(b.n, 10000);
	for (int i = 0; i < 10000; i++)
		cr_assert_eq(b.p[i], (uint8_t)i);
	buf_put(&b, SPAN_NONE);
	buf_put_str(&b, "");
	cr_assert_eq(b.n, 10000);
}

Test(base_buf, cstr_ends_at_any_length)
{
	AUTO(buf) b = {0};

	cr_assert_str_eq(buf_cstr(&b), "");
	for (size_t n = 1; n < 300; n++) {
		buf_put_byte(&b, 'x');
		cr_assert_eq(strlen(buf_cstr(&b)), n);
		cr_assert_eq(b.n, n);
	}
}

Test(base_buf, printf_fits_at_any_room)
{
	for (int before = 0; before < 80; before++) {
		AUTO(buf) b = {0};
		AUTO(buf) want = {0};

		for (int i = 0; i < before; i++)
			buf_put_byte(&b, '.');
		buf_put(&want, buf_span(&b));
		buf_printf(&b, "%s-%d", "0123456789012345678901234567890123456789", 42);
		buf_put_str(&want, "0123456789012345678901234567890123456789-42");
		cr_assert(span_equal(buf_span(&b), buf_span(&want)));
	}
}

Test(base_buf, take_hands_over)
{
	AUTO(buf) a = {0};

	buf_put_str(&a, "mine");
	AUTO(buf) b = buf_take(&a);
	cr_assert_null(a.p);
	cr_assert_eq(a.n, 0);
	cr_assert_eq(a.cap, 0);
	cr_assert(span_equal_str(buf_span(&b), "mine"));
}

Test(base_buf, reset_keeps_the_memory)
{
	AUTO(buf) b = {0};
	const uint8_t *p;

	buf_put_str(&b, "something");
	p = b.p;
	buf_reset(&b);
	buf_put_str(&b, "else");
	cr_assert_eq(b.p, p);
	cr_assert(span_equal_str(buf_span(&b), "else"));
	buf_free(NULL);
	buf_free(&b);
	buf_free(&b);
	cr_assert_null(b.p);
}

Test(base_secret, copies_and_forgets)
{
	struct secret s = secret_copy(SPAN_LITERAL("passphrase"));
	AUTO(secret) empty = secret_copy(SPAN_NONE);

	cr_assert(span_equal_str(secret_span(&s), "passphrase"));
	cr_assert_eq(empty.n, 0);
	secret_free(&s);
	cr_assert_null(s.p);
	cr_assert_eq(s.n, 0);
	secret_free(&s);
	secret_free(NULL);
}

Test(base_secret, new_is_zeroed)
{
	AUTO(secret) s = secret_new(100);

	for (size_t i = 0; i < s.n; i++)
		cr_assert_eq(s.p[i], 0);
}

Test(base_arena, pieces_are_apart_aligned_and_zeroed)
{
	AUTO(arena) a = {0};
	uint8_t *pieces[600];

	for (size_t i = 0; i < COUNT(pieces); i++) {
		pieces[i] = arena_alloc(&a, i);
		cr_assert_eq((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
		for (size_t k = 0; k < i; k++)
			cr_assert_eq(pieces[i][k], 0);
		memset(pieces[i], (int)(i & 0xff), i);
	}
	for (size_t i = 0; i < COUNT(pieces); i++)
		for (size_t k = 0; k < i; k++)
			cr_assert_eq(pieces[i][k], (uint8_t)i);
}

Test(base_arena, large_wishes_do_not_waste_the_block_in_use)
{
	AUTO(arena) a = {0};
	const uint8_t *first = arena_alloc(&a, 16), *second;

	memset(arena_alloc(&a, (size_t)1 << 20), 1, (size_t)1 << 20);
	second = arena_alloc(&a, 16);
	cr_assert_eq(second - first, 16);
}

Test(base_arena, strings)
{
	AUTO(arena) a = {0};
	struct span copy = arena_copy(&a, SPAN_LITERAL("a\0b"));

	cr_assert_str_eq(arena_strdup(&a, "label"), "label");
	cr_assert_str_eq(arena_strndup(&a, "label", 3), "lab");
	cr_assert_str_eq(arena_strndup(&a, "la", 3), "la");
	cr_assert_str_eq(arena_printf(&a, "%d-%s", 7, "x"), "7-x");
	cr_assert(span_equal(copy, SPAN_LITERAL("a\0b")));
	cr_assert_eq(arena_copy(&a, SPAN_NONE).n, 0);
	arena_free(NULL);
}

Test(base_mem, never_null_and_zeroed)
{
	uint8_t *none = mem_alloc(0), *some = mem_array(10, 10);
	char *text = mem_strndup("signet", 3);

	cr_assert_not_null(none);
	for (int i = 0; i < 100; i++)
		cr_assert_eq(some[i], 0);
	cr_assert_str_eq(text, "sig");
	some = mem_grow(some, 1000);
	cr_assert_eq(some[99], 0);
	free(none);
	free(some);
	free(text);
}

Test(base_mem, overflowing_arrays_end_the_process, .signal = SIGABRT)
{
	mem_array(SIZE_MAX / 2, 3);
}
