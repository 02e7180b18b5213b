/* clients/device/boot/boot_state.c: two records, and power that fails at every octet. */
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

TestSuite(boot_state, .init = start, .fini = stop);

/* ---- every step, cut everywhere -------------------------------------------------------------- */

static enum refusal do_stage(void)
{
	struct boot_image image;

	return signet_boot_stage(&f.device, 1, 0, 3, &image);
}

static enum refusal do_choose(void)
{
	struct boot_choice choice;

	return signet_boot_choose(&f.device, &choice);
}

static enum refusal do_confirm(void)
{
	return signet_boot_confirm(&f.device, 1);
}

static enum refusal do_roll_back(void)
{
	return signet_boot_roll_back(&f.device);
}

static enum refusal do_trust(void)
{
	return signet_boot_take_trust(&f.device, 1);
}

static enum refusal do_recall(void)
{
	return signet_boot_take_recall(&f.device, 0);
}

static void nothing(void)
{
}

static void staged(void)
{
	assert_done(do_stage());
}

static void started(void)
{
	staged();
	flash_starts(&f, BOOT_TRIAL, 1);
}

static void used_up(void)
{
	started();
	flash_starts(&f, BOOT_TRIAL, 1);
	flash_starts(&f, BOOT_TRIAL, 1);
}

static const struct step {
	const char *name;
	void (*before)(void);
	enum refusal (*step)(void);
	unsigned writes;
} steps[] = {
    {"stage", nothing, do_stage, 1},
    {"stage again", started, do_stage, 1},
    {"first try", staged, do_choose, 1},
    {"second try", started, do_choose, 1},
    {"tries used up", used_up, do_choose, 1},
    {"confirm", started, do_confirm, 2},
    {"roll back", staged, do_roll_back, 1},
    {"take trust", started, do_trust, 2},
    {"take recall", started, do_recall, 2},
    {"start the confirmed", nothing, do_choose, 0},
};

/* 5 is confirmed in slot 0, 6 lies in slot 1; a newer statement and a list lie in their places. */
static void prepare(void)
{
	const uint64_t recalled[] = {4};

	flash_confirm(&f, 0, 5);
	flash_install(&f, 1, 6);
	maker_trust(f.maker, &(struct maker_trust){.version = 2}, &f.trust[1]);
	maker_recall(f.maker,
	    &(struct maker_recall){.number = 1, .sequences = recalled, .count = 1}, &f.recall[0]);
}

struct memory {
	uint8_t records[BOOT_STATE_RECORDS][BOOT_STATE_SIZE];
};

static struct memory save(void)
{
	struct memory m;

	memcpy(m.records, f.records, sizeof(m.records));
	f.writes = 0;
	return m;
}

static void restore(const struct memory *m)
{
	memcpy(f.records, m->records, sizeof(m->records));
	f.writes = 0;
	flash_power(&f);
}

/* The state is the one before or the one after, and something that is good starts. */
static void check_cut(const struct step *s, const struct memory *before, const char *old,
    const char *new, unsigned write)
{
	for (unsigned at = 0; at <= BOOT_STATE_SIZE; at++) {
		char now[FLASH_TEXT_SIZE];
		struct boot_choice choice;
		struct boot_state state;

		restore(before);
		f.cut_write = (int)write;
		f.cut_at = at;
		if (s->step() == REFUSAL_NONE && !f.off)
			cr_assert_fail("%s: no cut in write %u", s->name, write);
		flash_power(&f);
		state = flash_state(&f);
		flash_state_text(&state, now);
		cr_assert(strcmp(now, old) == 0 || strcmp(now, new) == 0, "%s, cut at %u.%u: %s",
		    s->name, write, at, now);
		if (at == BOOT_STATE_SIZE)
			cr_assert_str_eq(now, new);
		assert_done(signet_boot_choose(&f.device, &choice));
	}
}

Test(boot_state, is_the_old_or_the_new_one_wherever_power_fails)
{
	prepare();
	for (size_t i = 0; i < COUNT(steps); i++) {
		const struct step *s = &steps[i];
		struct memory first = save(), before;
		struct boot_state state;
		char old[FLASH_TEXT_SIZE], new[FLASH_TEXT_SIZE];

		s->before();
		before = save();
		state = flash_state(&f);
		flash_state_text(&state, old);
		assert_done(s->step());
		cr_assert_eq(f.writes, s->writes, "%s: %u writes", s->name, f.writes);
		state = flash_state(&f);
		flash_state_text(&state, new);
		cr_assert(s->writes == 0 || strcmp(old, new) != 0, "%s", s->name);
		for (unsigned write = 0; write < s->writes; write++)
			for (f.rest = 0; f.rest < REST_COUNT; f.rest++)
				check_cut(s, &before, old, new, write);
		restore(&first);
	}
}

Test(boot_state, is_not_there_until_the_first_record_is_whole)
{
	const struct memory first = save();
	const struct digest pin = sha256(buf_span(&f.trust[0]));
	char whole[FLASH_TEXT_SIZE], now[FLASH_TEXT_SIZE];
	struct boot_state state = flash_state(&f);

	flash_state_text(&state, whole);
	(void)first;
	for (f.rest = 0; f.rest < REST_COUNT; f.rest++)
		for (f.cut_at = 0; f.cut_at <= BOOT_STATE_SIZE; f.cut_at++)
			for (int write = 0; write < 2; write++) {
				enum refusal why;

				memset(f.records, 0xff, sizeof(f.records));
				f.writes = 0;
				f.cut_write = write;
				why = signet_boot_provision(&f.device, pin.bytes, 0);
				flash_power(&f);
				if (signet_boot_read_state(&f.device, &state) != REFUSAL_NONE) {
					cr_assert(write == 0 && why == REFUSAL_BOOT_WRITE);
					assert_refused(do_choose(), REFUSAL_BOOT_STATE);
					continue;
				}
				flash_state_text(&state, now);
				cr_assert_str_eq(now, whole);
			}
}

/* ---- what a record must be ------------------------------------------------------------------- */

Test(boot_state, with_any_octet_changed_a_record_counts_for_nothing)
{
	struct memory good;
	char old[FLASH_TEXT_SIZE], now[FLASH_TEXT_SIZE];
	struct boot_state state;
	unsigned older;

	prepare();
	staged();
	state = flash_state(&f);
	older = 1 - (unsigned)(state.generation & 1);
	good = save();
	memset(f.records[1 - older], 0, BOOT_STATE_SIZE);
	state = flash_state(&f);
	flash_state_text(&state, old);
	for (size_t at = 0; at < BOOT_STATE_SIZE; at++) {
		restore(&good);
		f.records[1 - older][at] ^= 0x10;
		state = flash_state(&f);
		flash_state_text(&state, now);
		cr_assert_str_eq(now, old, "octet %zu", at);
		f.records[older][at] ^= 0x01;
		assert_refused(do_stage(), REFUSAL_BOOT_STATE);
		assert_refused(do_choose(), REFUSAL_BOOT_STATE);
	}
}

Test(boot_state, in_the_other_records_place_counts_for_nothing)
{
	struct boot_state state;
	unsigned newer;

	prepare();
	staged();
	state = flash_state(&f);
	newer = (unsigned)(state.generation & 1);
	memcpy(f.records[1 - newer], f.records[newer], BOOT_STATE_SIZE);
	memset(f.records[newer], 0xff, BOOT_STATE_SIZE);
	assert_refused(signet_boot_read_state(&f.device, &state), REFUSAL_BOOT_STATE);
}

/* A step that raises something is in both records, so that no loss of one lowers it. */
Test(boot_state, that_was_raised_survives_the_loss_of_either_record)
{
	prepare();
	started();
	assert_done(do_confirm());
	assert_done(do_trust());
	assert_done(do_recall());
	for (unsigned lost = 0; lost < BOOT_STATE_RECORDS; lost++) {
		struct memory both = save();
		struct boot_state state;

		memset(f.records[lost], 0xff, BOOT_STATE_SIZE);
		state = flash_state(&f);
		cr_assert_eq(state.counter, 6);
		cr_assert_eq(state.trust.number, 2);
		cr_assert_eq(state.recall.number, 1);
		restore(&both);
	}
}

Test(boot_state, that_cannot_be_written_is_refused_and_the_old_one_holds)
{
	char old[FLASH_TEXT_SIZE], now[FLASH_TEXT_SIZE];
	struct boot_state state;

	prepare();
	state = flash_state(&f);
	flash_state_text(&state, old);
	for (int silent = 0; silent < 2; silent++) {
		f.writes_fail = !silent;
		f.writes_nothing = silent;
		assert_refused(do_stage(), REFUSAL_BOOT_WRITE);
		assert_refused(do_trust(), REFUSAL_BOOT_WRITE);
		assert_refused(do_recall(), REFUSAL_BOOT_WRITE);
		state = flash_state(&f);
		flash_state_text(&state, now);
		cr_assert_str_eq(now, old);
	}
}

/* A try that cannot be taken would be one without end. */
Test(boot_state, that_cannot_take_a_try_starts_the_confirmed_image)
{
	struct boot_choice choice;

	prepare();
	staged();
	for (int silent = 0; silent < 2; silent++) {
		f.writes_fail = !silent;
		f.writes_nothing = silent;
		assert_done(signet_boot_choose(&f.device, &choice));
		cr_assert_eq(choice.kind, BOOT_CONFIRMED);
		cr_assert_eq(choice.trial_why, REFUSAL_BOOT_WRITE);
		cr_assert_eq(flash_state(&f).tries, 3);
	}
	f.writes_nothing = false;
	flash_starts(&f, BOOT_TRIAL, 1);
}

Test(boot_state, is_not_written_by_starting_what_is_confirmed)
{
	prepare();
	f.writes = 0;
	for (int i = 0; i < 3; i++)
		flash_starts(&f, BOOT_CONFIRMED, 0);
	cr_assert_eq(f.writes, 0);
}
