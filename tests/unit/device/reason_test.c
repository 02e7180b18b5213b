/* clients/device/reason.c */
#include "clients/device/reason.h"

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
	for (int r = SIGNET_DONE; r <= SIGNET_FAILED; r++)
		cr_assert_str_neq(signet_result_name((enum signet_result)r), "unknown");
	cr_assert_str_eq(signet_result_name((enum signet_result)99), "unknown");
}
