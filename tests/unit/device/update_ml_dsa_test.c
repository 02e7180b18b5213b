/* Updates whose statement, bundle and recall list ML-DSA keys have signed, where OpenSSL has them.
 */
#include <criterion/criterion.h>

#include "tests/unit/device/update_rig.h"

static void runs_by(const char *algorithm)
{
	static const uint64_t recalled[] = {1};
	struct update_rig *rig = update_rig_raw();
	struct maker_component c;
	struct maker_release two = update_rig_release(2, "image two", &c);
	AUTO(buf) list = {0};

	if (!maker_rekey(rig->maker, algorithm)) {
		update_rig_free(rig);
		cr_skip_test("this OpenSSL does not have %s", algorithm);
	}
	cr_assert_eq(update_rig_init(rig, &(struct maker_trust){.next = 2, .signers = 2}),
	    SIGNET_DONE, "%s", rig->why.text);
	cr_assert_eq(update_rig_deliver(rig, &two), SIGNET_BAD_UPDATE, "one of two");
	cr_assert_str_eq(rig->why.code, "trust.signers");
	two.second_key = 2;
	cr_assert_eq(update_rig_deliver(rig, &two), SIGNET_DONE, "%s", rig->why.text);
	cr_assert_eq(update_rig_boot(rig), SIGNET_DONE, "%s", rig->why.text);
	cr_assert_eq(update_rig_confirm(rig), SIGNET_DONE, "%s", rig->why.text);
	cr_assert(update_rig_runs(rig, "image two"));
	maker_trust(rig->maker, &(struct maker_trust){.version = 2, .next = 2}, &list);
	cr_assert_eq(update_rig_take(rig, buf_span(&list)), SIGNET_DONE, "%s", rig->why.text);
	buf_reset(&list);
	maker_recall(rig->maker,
	    &(struct maker_recall){.number = 1, .sequences = recalled, .count = 1}, &list);
	list.p[list.n - 1] ^= 1;
	cr_assert_eq(update_rig_take(rig, buf_span(&list)), SIGNET_BAD_UPDATE, "changed");
	list.p[list.n - 1] ^= 1;
	cr_assert_eq(update_rig_take(rig, buf_span(&list)), SIGNET_DONE, "%s", rig->why.text);
	update_rig_free(rig);
}

Test(update_ml_dsa, signed_by_ml_dsa_44)
{
	runs_by("ML-DSA-44");
}

Test(update_ml_dsa, signed_by_ml_dsa_65)
{
	runs_by("ML-DSA-65");
}

Test(update_ml_dsa, signed_by_ml_dsa_87)
{
	runs_by("ML-DSA-87");
}
