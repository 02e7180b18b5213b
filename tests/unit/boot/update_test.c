/* clients/device/boot/boot_update.c, boot_trust.c: how the state goes on, and how it does not. */
#include "tests/unit/boot/flash.h"

#include <criterion/criterion.h>

static struct flash f;

static void start(void)
{
	flash_start(&f);
}

static void stop(void)
{
	flash_stop(&f);
}

TestSuite(boot_update, .init = start, .fini = stop);

static enum refusal stage(void)
{
	struct boot_image image;

	return signet_boot_stage(&f.device, 1, 0, 2, &image);
}

static enum refusal choose(void)
{
	struct boot_choice choice;

	return signet_boot_choose(&f.device, &choice);
}

static enum refusal confirm(void)
{
	return signet_boot_confirm(&f.device, 1);
}

static enum refusal roll_back(void)
{
	return signet_boot_roll_back(&f.device);
}

/* ---- the table of signet-boot-update.h ------------------------------------------------------- */

typedef enum refusal act(void);

static const struct transition {
	const char *name;
	act *before[4], *then;
	enum refusal want;
	enum boot_trial phase;
} transitions[] = {
    {"none, stage", {NULL}, stage, REFUSAL_NONE, TRIAL_STAGED},
    {"none, confirm", {NULL}, confirm, REFUSAL_BOOT_NO_TRIAL, TRIAL_NONE},
    {"none, roll back", {NULL}, roll_back, REFUSAL_BOOT_NO_TRIAL, TRIAL_NONE},
    {"staged, stage", {stage}, stage, REFUSAL_NONE, TRIAL_STAGED},
    {"staged, choose", {stage}, choose, REFUSAL_NONE, TRIAL_STARTED},
    {"staged, confirm", {stage}, confirm, REFUSAL_BOOT_NOT_STARTED, TRIAL_STAGED},
    {"staged, roll back", {stage}, roll_back, REFUSAL_NONE, TRIAL_FAILED},
    {"started, choose", {stage, choose}, choose, REFUSAL_NONE, TRIAL_STARTED},
    {"started, confirm", {stage, choose}, confirm, REFUSAL_NONE, TRIAL_NONE},
    {"last try, confirm", {stage, choose, choose}, confirm, REFUSAL_NONE, TRIAL_NONE},
    {"started, roll back", {stage, choose}, roll_back, REFUSAL_NONE, TRIAL_FAILED},
    {"used up, choose", {stage, choose, choose}, choose, REFUSAL_NONE, TRIAL_FAILED},
    {"failed, stage", {stage, roll_back}, stage, REFUSAL_NONE, TRIAL_STAGED},
    {"failed, choose", {stage, roll_back}, choose, REFUSAL_NONE, TRIAL_FAILED},
    {"failed, confirm", {stage, roll_back}, confirm, REFUSAL_BOOT_NO_TRIAL, TRIAL_FAILED},
    {"failed, roll back", {stage, roll_back}, roll_back, REFUSAL_BOOT_NO_TRIAL, TRIAL_FAILED},
};

Test(boot_update, goes_from_phase_to_phase_as_the_table_says)
{
	uint8_t records[BOOT_STATE_RECORDS][BOOT_STATE_SIZE];

	flash_confirm(&f, 0, 5);
	flash_install(&f, 1, 6);
	memcpy(records, f.records, sizeof(records));
	for (size_t i = 0; i < COUNT(transitions); i++) {
		const struct transition *t = &transitions[i];
		enum refusal why;

		memcpy(f.records, records, sizeof(records));
		for (size_t j = 0; t->before[j]; j++)
			assert_done(t->before[j]());
		why = t->then();
		cr_assert_eq(why, t->want, "%s: %s", t->name, refusal_code(why));
		cr_assert_eq(flash_state(&f).phase, t->phase, "%s", t->name);
		cr_assert_eq(flash_state(&f).confirmed.sequence,
		    t->then == confirm && t->want == REFUSAL_NONE ? 6 : 5, "%s", t->name);
		cr_assert_eq(flash_state(&f).counter, flash_state(&f).confirmed.sequence);
	}
}

/* ---- staging and confirming ------------------------------------------------------------------ */

Test(boot_update, a_slot_in_use_is_not_staged_nor_spare)
{
	struct boot_image image;
	unsigned slot;

	flash_confirm(&f, 0, 5);
	flash_install(&f, 0, 6);
	assert_refused(signet_boot_stage(&f.device, 0, 1, 1, &image), REFUSAL_BOOT_SLOT);
	flash_install(&f, 1, 6);
	assert_refused(signet_boot_stage(&f.device, 1, 1, 1, &image), REFUSAL_BOOT_SLOT);
	assert_done(signet_boot_spare_slot(&f.device, 0, &slot));
	cr_assert_eq(slot, 1);
	/* The trial runs from 1, the confirmed one is in 0. */
	assert_refused(signet_boot_spare_slot(&f.device, 1, &slot), REFUSAL_BOOT_SLOT);
}

Test(boot_update, without_a_confirmed_image_the_slot_that_does_not_run_is_spare)
{
	unsigned slot;

	assert_done(signet_boot_spare_slot(&f.device, 0, &slot));
	cr_assert_eq(slot, 1);
	assert_done(signet_boot_spare_slot(&f.device, 1, &slot));
	cr_assert_eq(slot, 0);
}

Test(boot_update, no_tries_and_too_many_are_refused)
{
	struct boot_image image;

	flash_install(&f, 1, 6);
	assert_refused(signet_boot_stage(&f.device, 1, 0, 0, &image), REFUSAL_BOOT_TRIES);
	assert_refused(
	    signet_boot_stage(&f.device, 1, 0, BOOT_TRIES_MAX + 1, &image), REFUSAL_BOOT_TRIES);
	assert_done(signet_boot_stage(&f.device, 1, 0, BOOT_TRIES_MAX, &image));
}

Test(boot_update, what_is_not_good_is_not_staged)
{
	flash_confirm(&f, 0, 5);
	flash_install(&f, 1, 4);
	assert_refused(stage(), REFUSAL_SUIT_SEQUENCE);
	flash_install_as(&f, 1, 6, &(struct maker_release){.key = 2});
	assert_refused(stage(), REFUSAL_SUIT_UNSIGNED);
	cr_assert_eq(flash_state(&f).phase, TRIAL_NONE);
}

Test(boot_update, a_revoked_key_does_not_even_install_the_confirmed_image_again)
{
	flash_confirm(&f, 0, 5);
	flash_install(&f, 1, 5);
	assert_done(stage());
	assert_done(roll_back());
	assert_done(flash_take_trust(&f, &(struct maker_trust){.version = 2, .revoked = 1}));
	assert_refused(stage(), REFUSAL_TRUST_REVOKED);
}

/* One number is one manifest, confirmed or not. */
Test(boot_update, another_release_with_the_trials_number_is_not_staged)
{
	flash_confirm(&f, 0, 5);
	flash_install(&f, 1, 6);
	assert_done(stage());
	flash_install_as(&f, 1, 6, &(struct maker_release){.notes = true});
	assert_refused(stage(), REFUSAL_SUIT_SEQUENCE_SAME);
}

Test(boot_update, only_the_trial_confirms_itself)
{
	flash_confirm(&f, 0, 5);
	flash_install(&f, 1, 6);
	assert_done(stage());
	assert_done(choose());
	assert_refused(signet_boot_confirm(&f.device, 0), REFUSAL_BOOT_NOT_STARTED);
	assert_refused(signet_boot_confirm(&f.device, BOOT_NO_SLOT), REFUSAL_BOOT_NOT_STARTED);
	assert_done(confirm());
}

Test(boot_update, a_trial_revoked_recalled_or_overwritten_while_it_runs_is_not_confirmed)
{
	const uint64_t recalled[] = {6};

	flash_confirm(&f, 0, 5);
	flash_install(&f, 1, 6);
	assert_done(stage());
	assert_done(choose());
	flash_install(&f, 1, 7);
	assert_refused(confirm(), REFUSAL_BOOT_CHANGED);
	flash_install(&f, 1, 6);
	assert_done(flash_take_recall(
	    &f, &(struct maker_recall){.number = 1, .sequences = recalled, .count = 1}));
	assert_refused(confirm(), REFUSAL_RECALL_RECALLED);
	assert_done(flash_take_trust(&f, &(struct maker_trust){.version = 2, .revoked = 1}));
	assert_refused(confirm(), REFUSAL_TRUST_REVOKED);
	cr_assert_eq(flash_state(&f).counter, 5);
}

/* A revoked key installs nothing more; what another key signs replaces the image, and is confirmed.
 */
Test(boot_update, after_a_revocation_the_next_key_takes_over)
{
	flash_confirm(&f, 0, 5);
	assert_done(flash_take_trust(&f, &(struct maker_trust){.version = 2, .revoked = 1}));
	flash_install(&f, 1, 6);
	assert_refused(stage(), REFUSAL_TRUST_REVOKED);
	flash_starts(&f, BOOT_CONFIRMED, 0);
	flash_install_as(&f, 1, 6, &(struct maker_release){.key = 1});
	assert_done(stage());
	assert_done(choose());
	assert_done(confirm());
	flash_starts(&f, BOOT_CONFIRMED, 1);
}

/* ---- provisioning ---------------------------------------------------------------------------- */

static enum refusal provision(const struct maker_trust *want, bool other_pin, uint64_t counter)
{
	struct digest pin;

	memset(f.records, 0xff, sizeof(f.records));
	buf_reset(&f.trust[0]);
	maker_trust(f.maker, want, &f.trust[0]);
	pin = sha256(buf_span(&f.trust[0]));
	pin.bytes[0] ^= other_pin;
	return signet_boot_provision(&f.device, pin.bytes, counter);
}

Test(boot_update, provisioning_takes_the_pinned_statement_of_its_product_once)
{
	assert_refused(provision(&(struct maker_trust){0}, true, 0), REFUSAL_BOOT_PIN);
	assert_refused(provision(&(struct maker_trust){.product = "Acme Valve"}, false, 0),
	    REFUSAL_TRUST_PRODUCT);
	assert_refused(
	    provision(&(struct maker_trust){.signed_by = 1}, false, 0), REFUSAL_TRUST_QUORUM_NEW);
	f.device.vendor_id[0] ^= 1;
	assert_refused(provision(&(struct maker_trust){0}, false, 0), REFUSAL_TRUST_PRODUCT);
	f.device.vendor_id[0] ^= 1;
	assert_done(provision(&(struct maker_trust){.version = 3}, false, 40));
	cr_assert_eq(flash_state(&f).trust.number, 3);
	cr_assert_eq(flash_state(&f).counter, 40);
	assert_refused(signet_boot_provision(&f.device, sha256(buf_span(&f.trust[0])).bytes, 0),
	    REFUSAL_BOOT_PROVISIONED);
	flash_install(&f, 1, 39);
	assert_refused(stage(), REFUSAL_SUIT_SEQUENCE);
	flash_install(&f, 1, 40);
	assert_done(stage());
}

Test(boot_update, provisioning_without_a_statement_is_refused)
{
	const uint8_t pin[BOOT_DIGEST_SIZE] = {0};

	memset(f.records, 0xff, sizeof(f.records));
	buf_reset(&f.trust[0]);
	assert_refused(signet_boot_provision(&f.device, pin, 0), REFUSAL_BOOT_READ);
}

/* ---- taking up ------------------------------------------------------------------------------- */

static const struct taken {
	const char *name;
	struct maker_trust trust;
	enum refusal want;
} statements[] = {
    {"lower", {.version = 1}, REFUSAL_TRUST_OLD},
    {"same number, other content", {.version = 2, .revoked = 2}, REFUSAL_TRUST_OLD},
    {"another product", {.version = 3, .product = "Acme Valve"}, REFUSAL_TRUST_PRODUCT},
    {"one signature", {.version = 3, .signed_by = 1}, REFUSAL_TRUST_QUORUM_OLD},
    {"new signers, by the old alone", {.version = 3, .next = 2, .signed_by = 3},
	REFUSAL_TRUST_QUORUM_NEW},
    {"new signers, by the new alone", {.version = 3, .next = 2, .signed_by = 12},
	REFUSAL_TRUST_QUORUM_OLD},
    {"new signers, by one each", {.version = 3, .next = 2, .signed_by = 5},
	REFUSAL_TRUST_QUORUM_OLD},
    {"new signers, by both", {.version = 3, .next = 2, .signed_by = 15}, REFUSAL_NONE},
    {"by the old ones again", {.version = 4, .next = 0, .signed_by = 3}, REFUSAL_TRUST_QUORUM_OLD},
    {"much newer", {.version = 1000, .next = 2}, REFUSAL_NONE},
};

Test(boot_update, a_statement_is_taken_by_the_old_and_the_new_quorum)
{
	uint64_t version = 2;

	assert_done(flash_take_trust(&f, &(struct maker_trust){.version = 2}));
	for (size_t i = 0; i < COUNT(statements); i++) {
		enum refusal why = flash_take_trust(&f, &statements[i].trust);

		cr_assert_eq(
		    why, statements[i].want, "%s: %s", statements[i].name, refusal_code(why));
		if (why == REFUSAL_NONE)
			version = statements[i].trust.version;
		cr_assert_eq(flash_state(&f).trust.number, version);
	}
}

Test(boot_update, the_statement_in_force_again_changes_nothing)
{
	f.writes = 0;
	assert_done(signet_boot_take_trust(&f.device, 0));
	cr_assert_eq(f.writes, 0);
	assert_refused(signet_boot_take_trust(&f.device, 1), REFUSAL_BOOT_READ);
	assert_refused(signet_boot_take_trust(&f.device, BOOT_PLACES), REFUSAL_BOOT_READ);
}

/* Nobody can say who signs the next one. */
Test(boot_update, when_the_statement_is_lost_no_other_takes_its_place)
{
	buf_reset(&f.trust[0]);
	maker_trust(f.maker, &(struct maker_trust){.version = 2}, &f.trust[1]);
	assert_refused(signet_boot_take_trust(&f.device, 1), REFUSAL_BOOT_TRUST_LOST);
}

static const uint64_t one[] = {1}, two[] = {1, 2};

static const struct listed {
	const char *name;
	struct maker_recall recall;
	enum refusal want;
} lists[] = {
    {"first", {.number = 3, .sequences = one, .count = 1}, REFUSAL_NONE},
    {"lower", {.number = 2, .sequences = two, .count = 2}, REFUSAL_RECALL_OLD},
    {"same number, other content", {.number = 3, .sequences = two, .count = 2}, REFUSAL_RECALL_OLD},
    {"another channel", {.number = 4, .sequences = two, .count = 2, .channel = "beta"},
	REFUSAL_RECALL_OTHER},
    {"by a key of nobody", {.number = 4, .sequences = two, .count = 2, .key = 2},
	REFUSAL_TRUST_KEY},
    {"higher", {.number = 4, .sequences = two, .count = 2}, REFUSAL_NONE},
    {"empty", {.number = 5}, REFUSAL_NONE},
};

Test(boot_update, a_list_is_taken_when_its_number_rises)
{
	uint64_t number = 0;

	for (size_t i = 0; i < COUNT(lists); i++) {
		enum refusal why = flash_take_recall(&f, &lists[i].recall);

		cr_assert_eq(why, lists[i].want, "%s: %s", lists[i].name, refusal_code(why));
		if (why == REFUSAL_NONE)
			number = lists[i].recall.number;
		cr_assert_eq(flash_state(&f).recall.number, number);
	}
}

Test(boot_update, a_key_that_may_not_recall_or_is_revoked_recalls_nothing)
{
	const struct maker_recall list = {.number = 1, .sequences = one, .count = 1};

	assert_done(flash_take_trust(&f, &(struct maker_trust){.version = 2, .no_recall = true}));
	cr_assert_neq(flash_take_recall(&f, &list), REFUSAL_NONE);
	assert_done(flash_take_trust(&f, &(struct maker_trust){.version = 3, .revoked = 1}));
	assert_refused(flash_take_recall(&f, &list), REFUSAL_TRUST_REVOKED);
	assert_done(flash_take_trust(&f, &(struct maker_trust){.version = 4}));
	assert_done(flash_take_recall(&f, &list));
	f.writes = 0;
	assert_done(signet_boot_take_recall(&f.device, f.recall[0].n ? 0 : 1));
	cr_assert_eq(f.writes, 0);
}

/* ---- places ---------------------------------------------------------------------------------- */

Test(boot_update, the_place_of_the_file_in_force_is_never_spare)
{
	for (uint64_t version = 2; version < 6; version++) {
		unsigned place;
		struct digest there;

		assert_done(flash_take_trust(&f, &(struct maker_trust){.version = version}));
		assert_done(signet_boot_spare_place(&f.device, BOOT_FILE_TRUST, &place));
		there = sha256(buf_span(&f.trust[1 - place]));
		cr_assert_arr_eq(there.bytes, flash_state(&f).trust.digest, BOOT_DIGEST_SIZE);
		buf_reset(&f.trust[place]);
		flash_install(&f, 1, version);
		assert_done(stage());
	}
}
