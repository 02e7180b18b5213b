/* clients/device/boot/boot_update.c: trials: staged, confirmed, rolled back. */
#include "clients/device/boot/boot_internal.h"

static bool in_use(const struct boot_state *state, unsigned slot, unsigned running)
{
	return slot == state->confirmed.slot || slot == running;
}

enum refusal signet_boot_stage(const struct boot_device *d, unsigned slot, unsigned running,
    unsigned tries, struct boot_image *ret_image)
{
	struct boot_state state;
	struct boot_choice choice = {.kind = BOOT_TRIAL};

	REFUSE_IF(signet_boot_read_state(d, &state));
	if (in_use(&state, slot, running))
		return REFUSAL_BOOT_SLOT;
	if (tries == 0 || tries > BOOT_TRIES_MAX)
		return REFUSAL_BOOT_TRIES;
	REFUSE_IF(boot_verify(d, &state, slot, &choice));
	state.trial = choice.image;
	state.phase = TRIAL_STAGED;
	state.tries = (uint8_t)tries;
	REFUSE_IF(boot_commit(d, &state));
	*ret_image = choice.image;
	return REFUSAL_NONE;
}

enum refusal signet_boot_confirm(const struct boot_device *d, unsigned running)
{
	struct boot_state state;
	struct boot_choice choice = {.kind = BOOT_TRIAL};

	REFUSE_IF(signet_boot_read_state(d, &state));
	if (state.phase == TRIAL_NONE || state.phase == TRIAL_FAILED)
		return REFUSAL_BOOT_NO_TRIAL;
	if (state.phase != TRIAL_STARTED || running != state.trial.slot)
		return REFUSAL_BOOT_NOT_STARTED;
	REFUSE_IF(boot_verify(d, &state, state.trial.slot, &choice));
	if (!boot_same_image(&choice.image, &state.trial))
		return REFUSAL_BOOT_CHANGED;
	state.counter = choice.image.sequence;
	state.confirmed = choice.image;
	state.trial = (struct boot_image){.slot = BOOT_NO_SLOT};
	state.phase = TRIAL_NONE;
	state.tries = 0;
	return boot_commit_raised(d, &state);
}

enum refusal signet_boot_roll_back(const struct boot_device *d)
{
	struct boot_state state;

	REFUSE_IF(signet_boot_read_state(d, &state));
	if (state.phase == TRIAL_NONE || state.phase == TRIAL_FAILED)
		return REFUSAL_BOOT_NO_TRIAL;
	state.phase = TRIAL_FAILED;
	state.tries = 0;
	return boot_commit(d, &state);
}

enum refusal signet_boot_spare_slot(
    const struct boot_device *d, unsigned running, unsigned *ret_slot)
{
	struct boot_state state;

	REFUSE_IF(signet_boot_read_state(d, &state));
	for (unsigned i = 0; i < BOOT_SLOTS; i++)
		if (!in_use(&state, i, running)) {
			*ret_slot = i;
			return REFUSAL_NONE;
		}
	return REFUSAL_BOOT_SLOT;
}
