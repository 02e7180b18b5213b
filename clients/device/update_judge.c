/* clients/device/update_judge.c: may this release be installed? All that an image is not needed
 * for. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "clients/device/update_judge.h"
#include "signing/format/suit_process.h"

const char *const update_check_names[CHECK_COUNT] = {
    [CHECK_FORMAT] = "format",
    [CHECK_SIGNATURE] = "signature",
    [CHECK_DEVICE] = "device",
    [CHECK_TRUST] = "trust",
    [CHECK_APPROVALS] = "approvals",
    [CHECK_LOG] = "log",
    [CHECK_RECALL] = "recall",
    [CHECK_SEQUENCE] = "sequence",
    [CHECK_COMPONENTS] = "components",
};

/* What a judgement needs at hand. */
struct judging {
	struct signet_update *update;
	struct boot_state state;
	struct trust trust;
	struct update_release *release;
	struct update_judged *judged;
};

PRINTF(3, 4)
static void found(struct judging *j, enum update_check check, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(j->judged->text[check], sizeof(j->judged->text[check]), format, args);
	va_end(args);
	j->judged->failed = check + 1;
}

/* ---- bundle ---- */

/* Where a bundle's refusal belongs; what comes before it in this order was passed. */
static enum update_check check_of(enum refusal refusal)
{
	static const struct {
		const char *prefix;
		enum update_check check;
	} rows[] = {
	    {"bundle.size", CHECK_FORMAT},
	    {"bundle.format", CHECK_FORMAT},
	    {"bundle.record", CHECK_APPROVALS},
	    {"bundle.chain", CHECK_APPROVALS},
	    {"bundle.approver", CHECK_APPROVALS},
	    {"bundle.", CHECK_LOG},
	    {"cbor.", CHECK_FORMAT},
	    {"cose.", CHECK_SIGNATURE},
	    {"trust.approvals", CHECK_APPROVALS},
	    {"trust.", CHECK_TRUST},
	    {"suit.vendor", CHECK_DEVICE},
	    {"suit.class", CHECK_DEVICE},
	    {"suit.", CHECK_SIGNATURE},
	};
	const char *code = refusal_code(refusal);

	for (size_t i = 0; i < COUNT(rows); i++)
		if (strncmp(code, rows[i].prefix, strlen(rows[i].prefix)) == 0)
			return rows[i].check;
	return CHECK_FORMAT;
}

static struct status verify_bundle(struct judging *j, struct span file, struct err *err)
{
	struct signet_update *u = j->update;
	const struct bundle_check check = {
	    .trust = &j->trust, .channel = u->boot.channel, .class_id = SPAN_OF(u->boot.class_id)};
	enum refusal refusal = REFUSAL_NONE;
	struct err why = {0};

	if (release_bundle_verify(&check, file, &j->release->seen, &refusal, &why).ok)
		return STATUS_OK;
	j->judged->failed = check_of(refusal);
	return err_refuse(err,
	    refusal == REFUSAL_NONE ? UPDATE_WHY(UPDATE_BUNDLE) : update_refusal_reason(refusal),
	    "%s", why.message);
}

static void tell_of_bundle(struct judging *j)
{
	const struct bundle_seen *seen = &j->release->seen;
	const struct release_record *r = &seen->record;
	char id[UUID_TEXT_SIZE];

	found(j, CHECK_FORMAT, "a bundle of release %.*s, sequence %" PRIu64,
	    SPAN_PRINT(r->version), r->sequence);
	found(j, CHECK_SIGNATURE, "%zu of the trusted keys signed the manifest",
	    seen->suit.signers.count);
	uuid_text(j->update->boot.class_id, id);
	found(j, CHECK_DEVICE, "made for %.*s, channel %.*s, class %s", SPAN_PRINT(r->product),
	    SPAN_PRINT(r->channel), id);
	found(j, CHECK_TRUST, "trust statement %" PRIu64 " lets these keys sign it",
	    j->trust.version);
	found(j, CHECK_APPROVALS, "%zu approved it, none of them asked for it", r->approval_count);
	if (!j->trust.log_origin.p)
		found(j, CHECK_LOG, "the trust statement names no log");
	else
		found(j, CHECK_LOG, "entry %" PRIu64 " of %" PRIu64 " in the log %.*s",
		    seen->log_index, seen->log_size,
		    j->trust.log_origin.n < 80 ? (int)j->trust.log_origin.n : 80,
		    (const char *)j->trust.log_origin.p);
}

/* ---- log ---- */

/* The state of the statement's log that a bundle's proof comes with. Judged by its signature. */
static struct status tree_of(
    const struct judging *j, struct span proof_file, struct merkle_tree *ret_tree, struct err *err)
{
	struct note *note = arena_alloc(&j->update->said, sizeof(*note));
	struct checkpoint checkpoint;
	struct note_seen seen;
	struct log_proof proof;
	struct vkey key;

	TRY(vkey_make(j->trust.log_origin, VKEY_ED25519, j->trust.log_key.p, &key, err));
	TRY(log_proof_parse(proof_file, &proof, err));
	TRY(checkpoint_open(proof.checkpoint, &key, 1, note, &checkpoint, &seen, err));
	*ret_tree = checkpoint.tree;
	return STATUS_OK;
}

/* What came with the confirmed release; false: nothing, or of another log. */
static bool confirmed_tree(const struct judging *j, struct merkle_tree *ret_tree)
{
	const struct boot_image *image = &j->state.confirmed;
	AUTO(buf) file = {0};
	struct release_bundle bundle;
	struct release_record record;
	char name[UPDATE_NAME_MAX];

	if (image->slot >= BOOT_SLOTS)
		return false;
	update_slot_file(image->slot, "bundle", name);
	return update_get(j->update, name, BUNDLE_SIZE_MAX, &file, &(struct err){0}).ok &&
	       release_bundle_read(buf_span(&file), &bundle) == REFUSAL_NONE &&
	       release_record_read(bundle.record, &record) == REFUSAL_NONE &&
	       span_equal(record.manifest_digest, SPAN_OF(image->digest)) &&
	       tree_of(j, bundle.proof, ret_tree, &(struct err){0}).ok;
}

/* Last of all: an old bundle is refused for its number, which says more than its checkpoint. */
static struct status judge_log(struct judging *j, struct err *err)
{
	struct merkle_tree before, now;
	struct err why = {0};

	if (!j->trust.log_origin.p)
		return STATUS_OK;
	j->judged->failed = CHECK_LOG;
	if (!tree_of(j, j->release->seen.bundle.proof, &now, &why).ok)
		return update_refuse_as(err, REFUSAL_BUNDLE_PROOF, "%s", why.message);
	if (confirmed_tree(j, &before)) {
		if (now.size < before.size)
			return update_refuse_as(err, REFUSAL_BUNDLE_CHECKPOINT,
			    "a checkpoint of %" PRIu64 " entries after one of %" PRIu64, now.size,
			    before.size);
		if (now.size == before.size && !merkle_equal(&now.root, &before.root))
			return update_refuse_as(err, REFUSAL_BUNDLE_CHECKPOINT,
			    "two checkpoints of %" PRIu64 " entries that differ", now.size);
	}
	j->judged->failed = CHECK_COUNT;
	return STATUS_OK;
}

/* ---- recall, sequence ---- */

static struct status judge_recall(struct judging *j, struct err *err)
{
	struct recall recall;
	bool there;

	TRY(update_recall(j->update, &j->state, &recall, &there, err));
	if (there && recall_has(&recall, j->release->seen.record.sequence))
		return update_refuse(err, REFUSAL_RECALL_RECALLED);
	if (there)
		found(j, CHECK_RECALL, "not on recall list %" PRIu64, recall.number);
	else
		found(j, CHECK_RECALL, "no recall list is in force");
	return STATUS_OK;
}

static bool same_image(const struct judging *j, const struct boot_image *image)
{
	return span_equal(j->release->seen.record.manifest_digest, SPAN_OF(image->digest));
}

static struct status judge_trial(struct judging *j, bool again, struct err *err)
{
	const uint64_t sequence = j->release->seen.record.sequence;

	if (j->state.phase == TRIAL_NONE || sequence != j->state.trial.sequence)
		return STATUS_OK;
	if (!same_image(j, &j->state.trial))
		return update_refuse(err, REFUSAL_SUIT_SEQUENCE_SAME);
	if (j->state.phase == TRIAL_STARTED)
		return err_refuse(
		    err, UPDATE_WHY(UPDATE_RUNNING), "release %" PRIu64 " is on trial", sequence);
	if (j->state.phase == TRIAL_FAILED && !again)
		return err_refuse(err, UPDATE_WHY(UPDATE_FAILED_BEFORE),
		    "release %" PRIu64 " was tried and did not confirm itself", sequence);
	return STATUS_OK;
}

static struct status judge_sequence(struct judging *j, bool again, struct err *err)
{
	const struct boot_state *st = &j->state;
	const uint64_t sequence = j->release->seen.record.sequence;
	const bool has = st->confirmed.slot != BOOT_NO_SLOT;

	if (has && sequence == st->confirmed.sequence) {
		if (!same_image(j, &st->confirmed))
			return update_refuse(err, REFUSAL_SUIT_SEQUENCE_SAME);
		return err_refuse(err, UPDATE_WHY(UPDATE_CURRENT),
		    "release %" PRIu64 " is the confirmed one", sequence);
	}
	if (sequence < st->counter || (has && sequence < st->confirmed.sequence))
		return update_refuse_as(err, REFUSAL_SUIT_SEQUENCE,
		    "sequence %" PRIu64 ", where %" PRIu64 " is the least", sequence,
		    has && st->confirmed.sequence > st->counter ? st->confirmed.sequence
								: st->counter);
	TRY(judge_trial(j, again, err));
	found(
	    j, CHECK_SEQUENCE, "%" PRIu64 ", above the counter of %" PRIu64, sequence, st->counter);
	return STATUS_OK;
}

/* ---- components ---- */

/* The install sequence, for what it would fetch: nothing is done. */
static enum refusal note_fetch(void *context, enum suit_command command, size_t component,
    const struct suit_component *parameters)
{
	struct span *uris = context;

	if (command == SUIT_FETCH)
		uris[component] = parameters->uri;
	return command == SUIT_FETCH || command == SUIT_CONDITION_IMAGE ? REFUSAL_NONE
									: REFUSAL_SUIT_UNSUPPORTED;
}

static struct status component_index(
    struct judging *j, struct span id, unsigned *ret_index, struct err *err)
{
	const struct boot_device *b = &j->update->boot;

	for (unsigned i = 0; i < b->component_count; i++) {
		if (!span_equal(b->components[i], id))
			continue;
		*ret_index = i;
		return STATUS_OK;
	}
	return update_refuse_as(err, REFUSAL_BOOT_COMPONENTS, "component '%.*s'",
	    id.n < 64 ? (int)id.n : 64, (const char *)id.p);
}

static struct status read_image(struct judging *j, const struct suit_manifest *m, size_t i,
    const struct suit_component *c, struct span uri, struct err *err)
{
	struct update_image *image = &j->release->images[i];

	if (!c->size.set || !c->image.bytes.p || c->size.value > INT64_MAX)
		return update_refuse(err, REFUSAL_SUIT_PARAMETER);
	*image = (struct update_image){.id = suit_component_name(m, i),
	    .algorithm = c->image.algorithm,
	    .digest = c->image.bytes,
	    .size = c->size.value,
	    .uri = uri};
	TRY(component_index(j, image->id, &image->component, err));
	for (size_t k = 0; k < i; k++)
		if (j->release->images[k].component == image->component)
			return update_refuse(err, REFUSAL_BOOT_COMPONENTS);
	return STATUS_OK;
}

static struct status judge_components(struct judging *j, struct err *err)
{
	const struct suit_manifest *m = &j->release->seen.suit.m;
	const struct boot_device *b = &j->update->boot;
	struct span uris[SUIT_COMPONENTS_MAX] = {{0}};
	const struct suit_device device = {.vendor = SPAN_OF(b->vendor_id),
	    .class = SPAN_OF(b->class_id),
	    .act = note_fetch,
	    .context = uris};
	struct suit_run run;
	uint64_t size = 0;

	if (m->component_count != b->component_count)
		return update_refuse(err, REFUSAL_BOOT_COMPONENTS);
	TRY(update_refuse(err, suit_run_start(&run, m, &device)));
	TRY(update_refuse(err, suit_run(&run, SUIT_INSTALL)));
	for (size_t i = 0; i < m->component_count; i++) {
		TRY(read_image(j, m, i, &run.components[i], uris[i], err));
		size += j->release->images[i].size;
	}
	j->release->image_count = m->component_count;
	found(j, CHECK_COMPONENTS, "%zu of %" PRIu64 " octets", m->component_count, size);
	return STATUS_OK;
}

struct status update_judge(struct signet_update *u, struct span file, bool again,
    struct update_release *ret_release, struct update_judged *ret_judged, struct err *err)
{
	struct judging j = {.update = u, .release = ret_release, .judged = ret_judged};
	struct span statement;

	*ret_judged = (struct update_judged){.failed = CHECK_FORMAT};
	*ret_release = (struct update_release){.image_count = 0};
	TRY(update_state(u, &j.state, err));
	TRY(update_trust(u, &j.state, &statement, &j.trust, err));
	TRY(verify_bundle(&j, file, err));
	tell_of_bundle(&j);
	TRY(judge_recall(&j, err));
	TRY(judge_sequence(&j, again, err));
	TRY(judge_components(&j, err));
	return judge_log(&j, err);
}
