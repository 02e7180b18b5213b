/* clients/device/reason.c and update_reason.c */
#include "clients/device/update_reason.h"

#include <string.h>

#include <criterion/criterion.h>

Test(device_reason, every_row_is_whole_and_its_code_is_its_own)
{
	for (size_t i = 0; i < WHY_COUNT; i++) {
		const struct device_reason_row *row = &device_reasons[i];

		cr_assert(row->reason.code && row->reason.rule && row->reason.advice, "row %zu", i);
		cr_assert_neq(row->reason.kind, ERR_NONE, "%s", row->reason.code);
		cr_assert_neq(row->result, SIGNET_DONE, "%s", row->reason.code);
		cr_assert_lt(strlen(row->reason.code), sizeof(((struct signet_reason *)0)->code));
		cr_assert_lt(
		    strlen(row->reason.advice), sizeof(((struct signet_reason *)0)->advice));
		for (size_t j = 0; j < i; j++)
			cr_assert_str_neq(row->reason.code, device_reasons[j].reason.code);
	}
}

static void assert_whole(const struct device_reason_row *row)
{
	cr_assert(row->reason.code && row->reason.rule && row->reason.advice);
	cr_assert_neq(row->reason.kind, ERR_NONE, "%s", row->reason.code);
	cr_assert_lt(strlen(row->reason.code), sizeof(((struct signet_reason *)0)->code));
	cr_assert_lt(strlen(row->reason.advice), sizeof(((struct signet_reason *)0)->advice));
	for (size_t j = 0; j < WHY_COUNT; j++)
		cr_assert_str_neq(row->reason.code, device_reasons[j].reason.code);
}

Test(device_reason, rows_of_updates_are_whole_and_their_codes_their_own)
{
	for (size_t i = 0; i < WHY_UPDATE_COUNT; i++) {
		assert_whole(&update_reasons[i]);
		for (size_t j = 0; j < i; j++)
			cr_assert_str_neq(
			    update_reasons[i].reason.code, update_reasons[j].reason.code);
	}
}

Test(device_reason, refusals_of_the_readers_are_reasons_too)
{
	for (int r = REFUSAL_NONE + 1; r < REFUSAL_COUNT; r++) {
		struct err err = {0};

		cr_assert_not(update_refuse(&err, (enum refusal)r).ok);
		cr_assert_str_eq(err_code(&err), refusal_code((enum refusal)r));
		cr_assert_eq(device_result(&err), SIGNET_BAD_UPDATE, "%s", err_code(&err));
		assert_whole(device_reason_of(&err));
	}
	cr_assert(update_refuse(&(struct err){0}, REFUSAL_NONE).ok);
}

Test(device_reason, what_failed_below_keeps_its_own_reason)
{
	struct err below = {0}, plain = {0}, err = {0};

	(void)err_refuse(&below, WHY(IDEVID), "the key").ok;
	(void)device_wrap(&err, WHY(STORE), &below).ok;
	cr_assert(device_reason_is(&err, WHY_IDEVID));
	err_clear(&err);
	(void)err_set(&plain, ERR_CONFIG, "the disk").ok;
	(void)device_wrap(&err, WHY(STORE), &plain).ok;
	cr_assert(device_reason_is(&err, WHY_STORE));
	cr_assert_str_eq(err.message, "the disk");
}

Test(device_reason, every_result_has_a_name)
{
	for (int r = SIGNET_DONE; r <= SIGNET_BAD_UPDATE; r++)
		cr_assert_str_neq(signet_result_name((enum signet_result)r), "unknown");
	cr_assert_str_eq(signet_result_name((enum signet_result)99), "unknown");
}
