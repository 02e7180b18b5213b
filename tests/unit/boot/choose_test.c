/* clients/device/boot/boot_choose.c: the table of signet-boot.h, row by row. */
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

TestSuite(boot_choose, .init = start, .fini = stop);

static void stage(unsigned slot, uint64_t sequence, unsigned tries)
{
	struct boot_image image;

	flash_install(&f, slot, sequence);
	assert_done(signet_boot_stage(&f.device, slot, BOOT_NO_SLOT, tries, &image));
	cr_assert_eq(image.sequence, sequence);
	cr_assert_eq(image.slot, slot);
}

static struct boot_choice choose(void)
{
	struct boot_choice choice;

	assert_done(signet_boot_choose(&f.device, &choice));
	return choice;
}

static void damage(unsigned slot)
{
	f.images[slot][1].p[FLASH_IMAGE / 2 - 1] ^= 1;
}

Test(boot_choose, nothing_starts_without_a_state)
{
	struct boot_choice choice;

	flash_install(&f, 0, 1);
	memset(f.records, 0xff, sizeof(f.records));
	assert_refused(signet_boot_choose(&f.device, &choice), REFUSAL_BOOT_STATE);
	cr_assert_eq(choice.image.slot, BOOT_NO_SLOT);
}

Test(boot_choose, nothing_starts_from_empty_slots)
{
	struct boot_choice choice;

	assert_refused(signet_boot_choose(&f.device, &choice), REFUSAL_BOOT_NOTHING);
	cr_assert_eq(choice.image.slot, BOOT_NO_SLOT);
}

/* As a factory leaves it: images in a slot, nothing staged. */
Test(boot_choose, the_newest_good_slot_starts_when_nothing_is_confirmed)
{
	flash_install(&f, 1, 3);
	flash_starts(&f, BOOT_RESCUE, 1);
	flash_install(&f, 0, 2);
	flash_starts(&f, BOOT_RESCUE, 1);
	flash_install(&f, 0, 4);
	flash_starts(&f, BOOT_RESCUE, 0);
	damage(0);
	flash_starts(&f, BOOT_RESCUE, 1);
}

Test(boot_choose, a_trial_has_so_many_tries_and_then_the_confirmed_image_starts)
{
	flash_confirm(&f, 0, 5);
	stage(1, 6, 3);
	for (unsigned left = 3; left--;) {
		flash_starts(&f, BOOT_TRIAL, 1);
		cr_assert_eq(flash_state(&f).tries, left);
		cr_assert_eq(flash_state(&f).phase, TRIAL_STARTED);
	}
	cr_assert_eq(choose().trial_why, REFUSAL_BOOT_TRIES);
	cr_assert_eq(flash_state(&f).phase, TRIAL_FAILED);
	flash_starts(&f, BOOT_CONFIRMED, 0);
	cr_assert_eq(choose().trial_why, REFUSAL_NONE);
}

Test(boot_choose, the_counter_rises_with_confirming_only)
{
	flash_confirm(&f, 0, 5);
	stage(1, 6, 2);
	flash_starts(&f, BOOT_TRIAL, 1);
	cr_assert_eq(flash_state(&f).counter, 5);
	assert_done(signet_boot_confirm(&f.device, 1));
	cr_assert_eq(flash_state(&f).counter, 6);
	flash_starts(&f, BOOT_CONFIRMED, 1);
}

Test(boot_choose, a_damaged_trial_fails_at_once)
{
	struct boot_choice choice;

	flash_confirm(&f, 0, 5);
	stage(1, 6, 3);
	damage(1);
	choice = choose();
	cr_assert_eq(choice.kind, BOOT_CONFIRMED);
	cr_assert_eq(choice.trial_why, REFUSAL_SUIT_IMAGE);
	cr_assert_eq(flash_state(&f).phase, TRIAL_FAILED);
}

/* What was staged was verified; another release in its place was not chosen by anybody. */
Test(boot_choose, a_trial_that_was_overwritten_does_not_start)
{
	flash_confirm(&f, 0, 5);
	stage(1, 6, 3);
	flash_install(&f, 1, 7);
	cr_assert_eq(choose().trial_why, REFUSAL_BOOT_CHANGED);
	flash_starts(&f, BOOT_CONFIRMED, 0);
}

Test(boot_choose, a_trial_revoked_or_recalled_after_staging_does_not_start)
{
	const uint64_t recalled[] = {6};

	flash_confirm(&f, 0, 5);
	stage(1, 6, 3);
	assert_done(flash_take_recall(
	    &f, &(struct maker_recall){.number = 1, .sequences = recalled, .count = 1}));
	cr_assert_eq(choose().trial_why, REFUSAL_RECALL_RECALLED);
	stage(1, 7, 3);
	assert_done(flash_take_trust(&f, &(struct maker_trust){.version = 2, .revoked = 1}));
	cr_assert_eq(choose().trial_why, REFUSAL_TRUST_REVOKED);
}

/* ---- the confirmed image, whatever is said of it --------------------------------------------- */

static void check_confirmed(bool recalled, bool unvouched)
{
	struct boot_choice choice = choose();

	cr_assert_eq(choice.kind, BOOT_CONFIRMED);
	cr_assert(choice.confirmed);
	cr_assert_eq(choice.recalled, recalled);
	cr_assert_eq(choice.unvouched, unvouched);
}

Test(boot_choose, a_revoked_key_does_not_stop_the_confirmed_image)
{
	flash_confirm(&f, 0, 5);
	assert_done(flash_take_trust(&f, &(struct maker_trust){.version = 2, .revoked = 1}));
	check_confirmed(false, false);
}

Test(boot_choose, a_recall_does_not_stop_the_confirmed_image_and_is_told)
{
	const uint64_t recalled[] = {3, 5, 9};

	flash_confirm(&f, 0, 5);
	assert_done(flash_take_recall(
	    &f, &(struct maker_recall){.number = 1, .sequences = recalled, .count = 3}));
	check_confirmed(true, false);
}

Test(boot_choose, a_key_that_is_named_no_more_does_not_stop_the_confirmed_image)
{
	flash_confirm(&f, 0, 5);
	assert_done(flash_take_trust(&f, &(struct maker_trust){.version = 2, .keys = 2}));
	check_confirmed(false, true);
}

Test(boot_choose, a_grant_that_begins_later_does_not_stop_the_confirmed_image)
{
	flash_confirm(&f, 0, 5);
	assert_done(flash_take_trust(&f, &(struct maker_trust){.version = 2, .first = 6}));
	check_confirmed(false, true);
}

Test(boot_choose, a_lost_trust_statement_does_not_stop_the_confirmed_image)
{
	flash_confirm(&f, 0, 5);
	f.trust[0].p[f.trust[0].n / 2] ^= 1;
	check_confirmed(false, true);
	buf_reset(&f.trust[0]);
	check_confirmed(false, true);
}

Test(boot_choose, a_lost_recall_list_does_not_stop_the_confirmed_image)
{
	const uint64_t recalled[] = {5};

	flash_confirm(&f, 0, 5);
	assert_done(flash_take_recall(
	    &f, &(struct maker_recall){.number = 1, .sequences = recalled, .count = 1}));
	buf_reset(&f.recall[1]);
	buf_reset(&f.recall[0]);
	check_confirmed(false, false);
}

Test(boot_choose, what_overwrote_the_confirmed_image_is_a_rescue_at_most)
{
	struct boot_choice choice;

	flash_confirm(&f, 0, 5);
	flash_install(&f, 0, 6);
	choice = choose();
	cr_assert_eq(choice.kind, BOOT_RESCUE);
	cr_assert_eq(choice.confirmed_why, REFUSAL_BOOT_CHANGED);
	cr_assert(!choice.confirmed);
}

/* ---- rescue ---------------------------------------------------------------------------------- */

Test(boot_choose, an_older_image_is_no_rescue)
{
	struct boot_choice choice;

	flash_confirm(&f, 0, 5);
	flash_confirm(&f, 1, 6);
	flash_starts(&f, BOOT_CONFIRMED, 1);
	damage(1);
	assert_refused(signet_boot_choose(&f.device, &choice), REFUSAL_BOOT_NOTHING);
	cr_assert_eq(choice.confirmed_why, REFUSAL_SUIT_IMAGE);
}

Test(boot_choose, a_newer_image_rescues_though_its_trial_failed)
{
	flash_confirm(&f, 0, 5);
	stage(1, 6, 1);
	assert_done(signet_boot_roll_back(&f.device));
	flash_starts(&f, BOOT_CONFIRMED, 0);
	damage(0);
	f.writes = 0;
	flash_starts(&f, BOOT_RESCUE, 1);
	cr_assert_eq(f.writes, 0);
	cr_assert_eq(choose().confirmed_why, REFUSAL_SUIT_IMAGE);
}

Test(boot_choose, a_copy_of_the_confirmed_image_rescues_though_its_key_is_revoked)
{
	struct boot_choice choice;

	flash_confirm(&f, 0, 5);
	flash_install(&f, 1, 5);
	/* The maker's signatures differ each time; the manifest does not. */
	assert_done(flash_take_trust(&f, &(struct maker_trust){.version = 2, .revoked = 1}));
	damage(0);
	choice = choose();
	cr_assert_eq(choice.kind, BOOT_RESCUE);
	cr_assert_eq(choice.image.slot, 1);
	cr_assert(choice.confirmed);
}

static const struct rescue {
	const char *name;
	struct maker_release want;
	bool revoked, recalled, lost;
} no_rescue[] = {
    {.name = "another channel", .want = {.channel = "beta"}},
    {.name = "another model", .want = {.model = "P2"}},
    {.name = "a key of nobody", .want = {.key = 2}},
    {.name = "revoked", .revoked = true},
    {.name = "recalled", .recalled = true},
    {.name = "no statement", .lost = true},
};

Test(boot_choose, what_would_not_be_installed_is_no_rescue)
{
	const uint64_t recalled[] = {6};

	for (size_t i = 0; i < COUNT(no_rescue); i++) {
		const struct rescue *r = &no_rescue[i];
		struct boot_choice choice;

		flash_stop(&f);
		flash_start(&f);
		flash_confirm(&f, 0, 5);
		flash_install_as(&f, 1, 6, &r->want);
		if (r->revoked)
			assert_done(flash_take_trust(
			    &f, &(struct maker_trust){.version = 2, .revoked = 1}));
		if (r->recalled)
			assert_done(flash_take_recall(
			    &f, &(struct maker_recall){
				    .number = 1, .sequences = recalled, .count = 1}));
		if (r->lost)
			buf_reset(&f.trust[0]);
		damage(0);
		cr_assert_eq(
		    signet_boot_choose(&f.device, &choice), REFUSAL_BOOT_NOTHING, "%s", r->name);
	}
}
