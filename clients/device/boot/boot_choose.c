/* clients/device/boot/boot_choose.c: the trial, else the confirmed image, else a rescue. */
#include "clients/device/boot/boot_internal.h"

/* The try is taken before anything is looked at: what hangs or resets while it is verified or runs
 * has used one up. */
static enum refusal try_trial(
    const struct boot_device *d, struct boot_state *state, struct boot_choice *choice)
{
	enum refusal why = REFUSAL_BOOT_TRIES;

	if (state->tries) {
		state->tries--;
		state->phase = TRIAL_STARTED;
		REFUSE_IF(boot_commit(d, state));
		why = boot_verify(d, state, state->trial.slot, choice);
		if (why == REFUSAL_NONE && !boot_same_image(&choice->image, &state->trial))
			why = REFUSAL_BOOT_CHANGED;
		if (why == REFUSAL_NONE)
			return REFUSAL_NONE;
	}
	state->phase = TRIAL_FAILED;
	/* Where that cannot be written the next start finds the same and tries again. */
	boot_commit_if_possible(d, state);
	return why;
}

static enum refusal try_confirmed(
    const struct boot_device *d, const struct boot_state *state, struct boot_choice *choice)
{
	REFUSE_IF(boot_verify(d, state, state->confirmed.slot, choice));
	return choice->confirmed ? REFUSAL_NONE : REFUSAL_BOOT_CHANGED;
}

/* Whatever would be installed now, or is the confirmed one in another slot: the newer. */
static enum refusal try_rescue(
    const struct boot_device *d, const struct boot_state *state, struct boot_choice *choice)
{
	enum refusal first = boot_verify(d, state, 0, choice);
	uint64_t sequence = choice->image.sequence;

	if (boot_verify(d, state, 1, choice) == REFUSAL_NONE &&
	    (first != REFUSAL_NONE || choice->image.sequence > sequence))
		return REFUSAL_NONE;
	return first == REFUSAL_NONE ? boot_verify(d, state, 0, choice) : REFUSAL_BOOT_NOTHING;
}

static enum refusal choose(const struct boot_device *d, struct boot_choice *choice)
{
	struct boot_state state;

	REFUSE_IF(signet_boot_read_state(d, &state));
	if (state.phase == TRIAL_STAGED || state.phase == TRIAL_STARTED) {
		choice->kind = BOOT_TRIAL;
		choice->trial_why = try_trial(d, &state, choice);
		if (choice->trial_why == REFUSAL_NONE)
			return REFUSAL_NONE;
	}
	if (state.confirmed.slot != BOOT_NO_SLOT) {
		choice->kind = BOOT_CONFIRMED;
		choice->confirmed_why = try_confirmed(d, &state, choice);
		if (choice->confirmed_why == REFUSAL_NONE)
			return REFUSAL_NONE;
	}
	choice->kind = BOOT_RESCUE;
	return try_rescue(d, &state, choice);
}

enum refusal signet_boot_choose(const struct boot_device *d, struct boot_choice *ret_choice)
{
	enum refusal why;

	memset(ret_choice, 0, sizeof(*ret_choice));
	why = choose(d, ret_choice);
	if (why != REFUSAL_NONE)
		ret_choice->image.slot = BOOT_NO_SLOT;
	return why;
}
