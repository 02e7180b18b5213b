/* Errors with two faces. */
#include "base/err.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>

static const struct reason reason = {"csr.signature", ERR_INPUT, "the rule", "the cure"};

Test(base_err, first_set_wins)
{
	struct err err = {0};

	cr_assert_not(err_set(&err, ERR_INPUT, "length %d", 7).ok);
	cr_assert_not(err_set(&err, ERR_INTERNAL, "later").ok);
	cr_assert_not(err_refuse(&err, &reason, "later").ok);
	errno = ENOENT;
	cr_assert_not(err_errno(&err, ERR_CONFIG, "later").ok);
	cr_assert_eq(err.kind, ERR_INPUT);
	cr_assert_null(err.reason);
	cr_assert_str_eq(err.message, "length 7");
	cr_assert_str_empty(err.cause);
}

Test(base_err, refusal_takes_its_kind_from_the_reason)
{
	struct err err = {0};

	(void)err_refuse(&err, &reason, "bad %s", "signature");
	cr_assert_eq(err.kind, ERR_INPUT);
	cr_assert_eq(err.reason, &reason);
	cr_assert_str_eq(err_code(&err), "csr.signature");
	cr_assert_str_eq(err.message, "bad signature");
}

Test(base_err, errno_is_the_private_cause)
{
	struct err err = {0};

	errno = ENOENT;
	(void)err_errno(&err, ERR_CONFIG, "file '%s' cannot be opened", "x");
	cr_assert_str_eq(err.message, "file 'x' cannot be opened");
	cr_assert_str_eq(err.cause, "No such file or directory");
}

Test(base_err, crypto_queue_is_the_private_cause_and_is_emptied)
{
	struct err err = {0}, second = {0};

	ERR_raise_data(ERR_LIB_EVP, EVP_R_UNSUPPORTED_ALGORITHM, "name=%s", "nonsense");
	ERR_raise(ERR_LIB_EVP, EVP_R_DECODE_ERROR);
	(void)err_crypto(&err, ERR_KEY, "the key cannot be read");
	cr_assert_str_eq(err.message, "the key cannot be read");
	cr_assert_not_null(strstr(err.cause, "name=nonsense"), "%s", err.cause);
	cr_assert_not_null(strstr(err.cause, "; decode error"), "%s", err.cause);
	cr_assert_eq(ERR_peek_error(), 0);

	/* Emptied also where the error stands already. */
	ERR_raise(ERR_LIB_EVP, EVP_R_DECODE_ERROR);
	(void)err_crypto(&err, ERR_KEY, "later");
	cr_assert_eq(ERR_peek_error(), 0);

	(void)err_crypto(&second, ERR_KEY, "nothing in the queue");
	cr_assert_str_empty(second.cause);
}

Test(base_err, a_long_queue_is_cut)
{
	struct err err = {0};

	for (int i = 0; i < 15; i++)
		ERR_raise_data(
		    ERR_LIB_EVP, EVP_R_DECODE_ERROR, "a tail of forty characters, more or less");
	(void)err_crypto(&err, ERR_KEY, "x");
	cr_assert_eq(strlen(err.cause), sizeof(err.cause) - 1);
	cr_assert_eq(ERR_peek_error(), 0);
}

Test(base_err, cause_is_added_once)
{
	struct err err = {0};

	(void)err_set(&err, ERR_DATABASE, "the database is away");
	err_cause(&err, "SQLSTATE %s", "57P01");
	err_cause(&err, "another");
	cr_assert_str_eq(err.cause, "SQLSTATE 57P01");
}

Test(base_err, long_messages_are_cut)
{
	struct err err = {0};

	(void)err_set(&err, ERR_INPUT, "%0500d", 1);
	cr_assert_eq(strlen(err.message), sizeof(err.message) - 1);
}

Test(base_err, clear_makes_it_new)
{
	struct err err = {0};

	(void)err_refuse(&err, &reason, "x");
	err_clear(&err);
	cr_assert_eq(err.kind, ERR_NONE);
	(void)err_set(&err, ERR_BUSY, "y");
	cr_assert_str_eq(err.message, "y");
	cr_assert_str_eq(err_code(&err), "busy");
}

Test(base_err, each_kind_has_a_code)
{
	static const char *const want[] = {"none", "input", "unauthenticated", "denied",
	    "not-found", "method-not-allowed", "conflict", "stale", "unconditional", "unfit",
	    "range", "too-large", "media-type", "pending", "busy", "limit", "database-unavailable",
	    "key-unavailable", "configuration", "internal"};

	for (int kind = ERR_NONE; kind <= ERR_INTERNAL; kind++) {
		struct err err = {.kind = (enum err_kind)kind};

		cr_assert_str_eq(err_code(&err), want[kind]);
	}
}

Test(base_err, nobody_asked)
{
	/* A caller without interest in why passes NULL. */
	cr_assert_not(err_set(NULL, ERR_INPUT, "x").ok);
	err_cause(NULL, "x");
}
