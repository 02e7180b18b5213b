/* clients/device/boot/boot_verify.c: is what a slot holds good? */
#include "clients/device/boot/boot_internal.h"

#include "signing/format/recall.h"
#include "signing/format/trust.h"

/* ---- manifest: who signed it, for whom, what is said of it ----------------------------------- */

static bool other_of_same_number(const struct boot_image *known, const struct boot_image *image)
{
	return known->slot != BOOT_NO_SLOT && known->sequence == image->sequence &&
	       !boot_same_image(known, image);
}

/* Not below what was confirmed; and one sequence is one manifest. */
static enum refusal check_sequence(const struct boot_state *state, const struct boot_image *image)
{
	if (image->sequence < state->counter)
		return REFUSAL_SUIT_SEQUENCE;
	if (other_of_same_number(&state->confirmed, image) ||
	    other_of_same_number(&state->trial, image))
		return REFUSAL_SUIT_SEQUENCE_SAME;
	return REFUSAL_NONE;
}

static enum refusal judge(const struct boot_device *d, const struct trust *trust,
    const struct suit *suit, enum trust_purpose purpose)
{
	struct trust_question question = {
	    .purpose = purpose,
	    .channel = d->channel,
	    .sequence = suit->m.sequence,
	    .signers = &suit->signers,
	    .approvals = TRUST_APPROVALS_UNSEEN,
	};

	return trust_judge(trust, &question);
}

/*
 * Signatures and grants. What is confirmed already is known by its digest: its signature must not
 * be wrong, but it needs no leave.
 */
static enum refusal vouch(const struct boot_device *d, const struct boot_state *state,
    struct span envelope, struct boot_choice *choice, struct suit *ret_suit)
{
	bool may_be_confirmed = choice->kind != BOOT_TRIAL && state->confirmed.slot != BOOT_NO_SLOT;
	struct trust trust;
	struct cose_keys keys;
	enum refusal why = boot_find_trust(d, state, &trust);

	if (why == REFUSAL_NONE) {
		keys = trust_keys(&trust);
		why = suit_verify(d->crypto, &keys, envelope, ret_suit);
	}
	choice->unvouched =
	    may_be_confirmed && (why == REFUSAL_BOOT_TRUST_LOST || why == REFUSAL_SUIT_UNSIGNED) &&
	    suit_read_known(d->crypto, SPAN_OF(state->confirmed.digest), envelope, ret_suit) ==
		REFUSAL_NONE;
	if (!choice->unvouched)
		REFUSE_IF(why);
	if (ret_suit->digest.bytes.n != BOOT_DIGEST_SIZE)
		return REFUSAL_SUIT_ALGORITHM;
	choice->image.sequence = ret_suit->m.sequence;
	memcpy(choice->image.digest, ret_suit->digest.bytes.p, BOOT_DIGEST_SIZE);
	choice->confirmed = may_be_confirmed && boot_same_image(&choice->image, &state->confirmed);
	if (!choice->unvouched) {
		why =
		    judge(d, &trust, ret_suit, choice->confirmed ? TRUST_CONFIRMED : TRUST_INSTALL);
		choice->unvouched = why != REFUSAL_NONE;
	}
	return choice->confirmed ? REFUSAL_NONE : why;
}

enum refusal boot_verify(const struct boot_device *d, const struct boot_state *state, unsigned slot,
    struct boot_choice *choice)
{
	struct suit suit;
	struct span envelope;
	enum refusal recalled;

	choice->image.slot = (uint8_t)slot;
	if (slot >= BOOT_SLOTS ||
	    !d->flash->file(d->flash->context, BOOT_FILE_ENVELOPE, slot, &envelope))
		return REFUSAL_BOOT_READ;
	REFUSE_IF(vouch(d, state, envelope, choice, &suit));
	recalled = boot_find_recalled(d, state, choice->image.sequence);
	if (!choice->confirmed) {
		REFUSE_IF(recalled);
		REFUSE_IF(check_sequence(state, &choice->image));
	}
	choice->recalled = recalled == REFUSAL_RECALL_RECALLED;
	return boot_check_images(d, slot, &suit.m);
}

enum refusal signet_boot_verify_slot(
    const struct boot_device *d, unsigned slot, struct boot_image *ret_image)
{
	struct boot_state state;
	struct boot_choice choice = {.kind = BOOT_TRIAL};

	REFUSE_IF(signet_boot_read_state(d, &state));
	REFUSE_IF(boot_verify(d, &state, slot, &choice));
	*ret_image = choice.image;
	return REFUSAL_NONE;
}
