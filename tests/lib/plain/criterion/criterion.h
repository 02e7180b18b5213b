/*
 * The part of Criterion's interface that our tests use, for ThreadSanitizer: Criterion's sandbox
 * maps memory where TSan keeps its own. Found before the real header when FLAVOUR=tsan. Each test
 * runs in a forked process, one at a time; a report of TSan fails its test.
 */
#ifndef SIGNET_TESTS_PLAIN_CRITERION_H
#define SIGNET_TESTS_PLAIN_CRITERION_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* A check without a message has an empty one. */
#pragma GCC diagnostic ignored "-Wformat-zero-length"

struct plain_options {
	void (*init)(void);
	void (*fini)(void);
	double timeout; /* seconds; 0: 300 */
	bool disabled;
	const char *description;
};

struct plain_test {
	const char *suite, *name;
	void (*run)(void);
	struct plain_options options;
	struct plain_test *next;
};

struct plain_suite {
	const char *name;
	struct plain_options options;
	struct plain_suite *next;
};

void plain_register(struct plain_test *t);
void plain_suite_register(struct plain_suite *s);
void plain_fail(const char *file, int line, const char *what, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void plain_skip(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
extern bool plain_abort; /* assert: ends the test; expect: goes on */

#define Test(suite_, name_, ...)                                                   \
	static void suite_##_##name_##_run(void);                                  \
	__attribute__((constructor)) static void suite_##_##name_##_register(void) \
	{                                                                          \
		static struct plain_test test = {.suite = #suite_,                 \
		    .name = #name_,                                                \
		    .run = suite_##_##name_##_run,                                 \
		    .options = {__VA_ARGS__}};                                     \
		plain_register(&test);                                             \
	}                                                                          \
	static void suite_##_##name_##_run(void)

/* What begins and ends each test of a suite. Time-outs of suites: each test has the standard one.
 */
#define TestSuite(suite_, ...)                                                                 \
	__attribute__((constructor)) static void suite_##_suite_register(void)                 \
	{                                                                                      \
		static struct plain_suite suite = {.name = #suite_, .options = {__VA_ARGS__}}; \
		plain_suite_register(&suite);                                                  \
	}                                                                                      \
	extern int plain_suite_##suite_

#define PLAIN_CHECK(ends, condition, what, ...)                               \
	do {                                                                  \
		if (!(condition)) {                                           \
			plain_abort = (ends);                                 \
			plain_fail(__FILE__, __LINE__, what, "" __VA_ARGS__); \
		}                                                             \
	} while (0)

#define cr_skip(...)               plain_skip("" __VA_ARGS__)
#define cr_skip_test(...)          plain_skip("" __VA_ARGS__)
#define cr_log_warn(...)           (fprintf(stderr, __VA_ARGS__), fputc('\n', stderr))
#define cr_log_info(...)           cr_log_warn(__VA_ARGS__)
#define cr_fatal(...)              PLAIN_CHECK(true, false, "failed", ##__VA_ARGS__)
#define cr_fail(...)               PLAIN_CHECK(false, false, "failed", ##__VA_ARGS__)
#define cr_assert_fail(...)        PLAIN_CHECK(true, false, "failed", ##__VA_ARGS__)
#define cr_expect_fail(...)        PLAIN_CHECK(false, false, "failed", ##__VA_ARGS__)
#define cr_assert(c, ...)          PLAIN_CHECK(true, c, #c, ##__VA_ARGS__)
#define cr_assert_not(c, ...)      PLAIN_CHECK(true, !(c), "!(" #c ")", ##__VA_ARGS__)
#define cr_assert_null(c, ...)     PLAIN_CHECK(true, !(c), #c " is NULL", ##__VA_ARGS__)
#define cr_assert_not_null(c, ...) PLAIN_CHECK(true, (c), #c " is not NULL", ##__VA_ARGS__)
#define cr_assert_eq(a, b, ...)    PLAIN_CHECK(true, (a) == (b), #a " == " #b, ##__VA_ARGS__)
#define cr_assert_neq(a, b, ...)   PLAIN_CHECK(true, (a) != (b), #a " != " #b, ##__VA_ARGS__)
#define cr_assert_lt(a, b, ...)    PLAIN_CHECK(true, (a) < (b), #a " < " #b, ##__VA_ARGS__)
#define cr_assert_leq(a, b, ...)   PLAIN_CHECK(true, (a) <= (b), #a " <= " #b, ##__VA_ARGS__)
#define cr_assert_gt(a, b, ...)    PLAIN_CHECK(true, (a) > (b), #a " > " #b, ##__VA_ARGS__)
#define cr_assert_geq(a, b, ...)   PLAIN_CHECK(true, (a) >= (b), #a " >= " #b, ##__VA_ARGS__)
#define cr_assert_str_eq(a, b, ...) \
	PLAIN_CHECK(true, strcmp(a, b) == 0, #a " is " #b, ##__VA_ARGS__)
#define cr_assert_str_neq(a, b, ...) \
	PLAIN_CHECK(true, strcmp(a, b) != 0, #a " is not " #b, ##__VA_ARGS__)
#define cr_assert_arr_eq(a, b, n, ...) \
	PLAIN_CHECK(true, memcmp(a, b, n) == 0, #a " is " #b, ##__VA_ARGS__)
#define cr_expect(c, ...)               PLAIN_CHECK(false, c, #c, ##__VA_ARGS__)
#define cr_expect_not(c, ...)           PLAIN_CHECK(false, !(c), "!(" #c ")", ##__VA_ARGS__)
#define cr_expect_null(c, ...)          PLAIN_CHECK(false, !(c), #c " is NULL", ##__VA_ARGS__)
#define cr_expect_not_null(c, ...)      PLAIN_CHECK(false, (c), #c " is not NULL", ##__VA_ARGS__)
#define cr_expect_eq(a, b, ...)         PLAIN_CHECK(false, (a) == (b), #a " == " #b, ##__VA_ARGS__)
#define cr_expect_neq(a, b, ...)        PLAIN_CHECK(false, (a) != (b), #a " != " #b, ##__VA_ARGS__)
#define cr_expect_lt(a, b, ...)         PLAIN_CHECK(false, (a) < (b), #a " < " #b, ##__VA_ARGS__)
#define cr_expect_leq(a, b, ...)        PLAIN_CHECK(false, (a) <= (b), #a " <= " #b, ##__VA_ARGS__)
#define cr_expect_gt(a, b, ...)         PLAIN_CHECK(false, (a) > (b), #a " > " #b, ##__VA_ARGS__)
#define cr_expect_geq(a, b, ...)        PLAIN_CHECK(false, (a) >= (b), #a " >= " #b, ##__VA_ARGS__)
#define cr_expect_str_empty(a, ...)     PLAIN_CHECK(false, !*(a), #a " is empty", ##__VA_ARGS__)
#define cr_expect_str_not_empty(a, ...) PLAIN_CHECK(false, *(a), #a " is not empty", ##__VA_ARGS__)
#define cr_expect_str_neq(a, b, ...) \
	PLAIN_CHECK(false, strcmp(a, b) != 0, #a " is not " #b, ##__VA_ARGS__)
#define cr_expect_str_eq(a, b, ...) \
	PLAIN_CHECK(false, strcmp(a, b) == 0, #a " is " #b, ##__VA_ARGS__)
#define cr_expect_arr_eq(a, b, n, ...) \
	PLAIN_CHECK(false, memcmp(a, b, n) == 0, #a " is " #b, ##__VA_ARGS__)
#define cr_expect_arr_neq(a, b, n, ...) \
	PLAIN_CHECK(false, memcmp(a, b, n) != 0, #a " is not " #b, ##__VA_ARGS__)

#endif
