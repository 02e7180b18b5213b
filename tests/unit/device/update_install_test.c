/* Installing, starting, confirming, going back; and what is refused before anything is changed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "tests/unit/device/update_rig.h"

Test(update_install, first_release_is_tried_and_confirmed)
{
	struct update_rig *rig = update_rig_new(NULL);
	struct maker_component c;
	const struct maker_release one = update_rig_release(1, "image one", &c);

	cr_assert_eq(update_rig_deliver(rig, &one), SIGNET_DONE, "%s", rig->why.text);
	cr_assert_str_eq(update_rig_status(rig)->phase, "staged");
	cr_assert_eq(update_rig_boot(rig), SIGNET_DONE, "%s", rig->why.text);
	cr_assert_str_eq(rig->start.kind, "trial");
	cr_assert_str_eq(rig->start.image.version, "1.1");
	cr_assert(update_rig_runs(rig, "image one"));
	cr_assert_eq(update_rig_status(rig)->counter, 0, "only confirming raises it");
	cr_assert_eq(update_rig_confirm(rig), SIGNET_DONE, "%s", rig->why.text);
	cr_assert_eq(update_rig_status(rig)->counter, 1);
	cr_assert_str_eq(rig->status.phase, "none");
	cr_assert_eq(rig->status.confirmed.sequence, 1);
	cr_assert_eq(update_rig_confirm(rig), SIGNET_NOT_DUE, "again, there is nothing to confirm");
	update_rig_free(rig);
}

Test(update_install, next_release_goes_to_the_other_slot)
{
	struct update_rig *rig = update_rig_new(NULL);
	char first[2];

	update_rig_run(rig, 1, "image one");
	snprintf(first, sizeof(first), "%s", update_rig_status(rig)->confirmed.slot);
	update_rig_run(rig, 2, "image two");
	cr_assert_str_neq(update_rig_status(rig)->confirmed.slot, first);
	cr_assert_eq(update_rig_boot(rig), SIGNET_DONE);
	cr_assert_str_eq(rig->start.kind, "confirmed");
	cr_assert(update_rig_runs(rig, "image two"));
	update_rig_run(rig, 3, "image three");
	cr_assert_str_eq(update_rig_status(rig)->confirmed.slot, first);
	update_rig_free(rig);
}

Test(update_install, trial_that_is_not_confirmed_falls_back_by_itself)
{
	struct update_rig *rig = update_rig_new(NULL);
	struct maker_component c;
	const struct maker_release two = update_rig_release(2, "image two", &c);

	update_rig_run(rig, 1, "image one");
	cr_assert_eq(update_rig_deliver(rig, &two), SIGNET_DONE, "%s", rig->why.text);
	for (int i = 0; i < 3; i++) {
		cr_assert_eq(update_rig_boot(rig), SIGNET_DONE, "%s", rig->why.text);
		cr_assert_str_eq(rig->start.kind, "trial", "start %d", i);
	}
	cr_assert_eq(update_rig_boot(rig), SIGNET_DONE, "%s", rig->why.text);
	cr_assert_str_eq(rig->start.kind, "confirmed");
	cr_assert(update_rig_runs(rig, "image one"));
	cr_assert_str_eq(update_rig_status(rig)->phase, "failed");
	cr_assert_eq(update_rig_deliver(rig, &two), SIGNET_REFUSED, "not again by itself");
	cr_assert_str_eq(rig->why.code, "update.failed-before");
	cr_assert_eq(update_rig_confirm(rig), SIGNET_NOT_DUE);
	update_rig_free(rig);
}

Test(update_install, failed_trial_is_tried_again_when_it_is_said)
{
	struct update_rig *rig = update_rig_new(NULL);
	struct maker_component c;
	const struct maker_release two = update_rig_release(2, "image two", &c);
	struct signet_update_install again = {.again = true};

	update_rig_run(rig, 1, "image one");
	cr_assert_eq(update_rig_deliver(rig, &two), SIGNET_DONE, "%s", rig->why.text);
	cr_assert_eq(update_rig_boot(rig), SIGNET_DONE);
	cr_assert_eq(update_rig_rollback(rig), SIGNET_DONE, "%s", rig->why.text);
	cr_assert_eq(update_rig_boot(rig), SIGNET_DONE);
	cr_assert(update_rig_runs(rig, "image one"));
	/* It stands in its slot: nothing needs to be fetched. */
	cr_assert_eq(update_rig_install(rig, &again), SIGNET_BAD_ARGUMENT);
	cr_assert_str_eq(
	    rig->why.code, "update.uri", "there is no URI, and no file: %s", rig->why.text);
	update_rig_free(rig);
}

Test(update_install, rollback_without_a_trial_is_refused)
{
	struct update_rig *rig = update_rig_new(NULL);

	update_rig_run(rig, 1, "image one");
	cr_assert_eq(update_rig_rollback(rig), SIGNET_BAD_UPDATE);
	cr_assert_str_eq(rig->why.code, "boot.no-trial");
	update_rig_free(rig);
}

Test(update_install, what_is_installed_is_nothing_to_do)
{
	struct update_rig *rig = update_rig_new(NULL);
	struct maker_component c;
	const struct maker_release two = update_rig_release(2, "image two", &c);

	update_rig_run(rig, 1, "image one");
	cr_assert_eq(update_rig_install(rig, NULL), SIGNET_NOT_DUE);
	cr_assert_str_eq(rig->why.code, "update.current");
	cr_assert_eq(update_rig_deliver(rig, &two), SIGNET_DONE, "%s", rig->why.text);
	cr_assert_eq(
	    update_rig_install(rig, NULL), SIGNET_DONE, "staged already: %s", rig->why.text);
	cr_assert_eq(update_rig_boot(rig), SIGNET_DONE);
	cr_assert_eq(update_rig_install(rig, NULL), SIGNET_NOT_DUE);
	cr_assert_str_eq(rig->why.code, "update.running");
	update_rig_free(rig);
}

Test(update_install, several_components_in_any_order)
{
	static const char *const ids[] = {"main", "radio"};
	struct update_rig *rig = update_rig_raw();
	AUTO(buf) trust = {0};
	struct digest d;
	char digest[65];
	const struct maker_component both[] = {
	    {.id = "radio", .image = SPAN_LITERAL("radio's"), .algorithm = -43},
	    {.id = "main", .image = SPAN_LITERAL("main's"), .algorithm = -44}};
	struct maker_release one = {.sequence = 1, .components = both, .component_count = 2};
	struct signet_update_product p = {.product = "sensor",
	    .channel = "stable",
	    .model = "S1",
	    .components = ids,
	    .component_count = 2,
	    .trust_digest = digest};

	maker_trust(rig->maker, &(struct maker_trust){0}, &trust);
	d = sha256(buf_span(&trust));
	hex_text(SPAN_OF(d.bytes), digest);
	p.trust_file = update_rig_file(rig, "trust", buf_span(&trust));
	cr_assert_eq(signet_update_init(&rig->settings, &p, &rig->why), SIGNET_DONE);
	cr_assert_eq(update_rig_deliver(rig, &one), SIGNET_DONE, "%s", rig->why.text);
	cr_assert_eq(update_rig_boot(rig), SIGNET_DONE, "%s", rig->why.text);
	cr_assert(update_rig_runs(rig, "main's"), "image-0 is the first that the device has");
	one.component_count = 1;
	one.sequence = 2;
	cr_assert_eq(update_rig_deliver(rig, &one), SIGNET_BAD_UPDATE, "one is missing");
	cr_assert_str_eq(rig->why.code, "boot.components");
	update_rig_free(rig);
}

Test(update_install, newer_release_takes_the_place_of_one_that_waits)
{
	struct update_rig *rig = update_rig_new(NULL);
	struct maker_component c;
	struct maker_release next = update_rig_release(2, "image two", &c);

	update_rig_run(rig, 1, "image one");
	cr_assert_eq(update_rig_deliver(rig, &next), SIGNET_DONE, "%s", rig->why.text);
	next = update_rig_release(3, "image three", &c);
	cr_assert_eq(update_rig_deliver(rig, &next), SIGNET_DONE, "%s", rig->why.text);
	cr_assert_eq(update_rig_boot(rig), SIGNET_DONE, "%s", rig->why.text);
	cr_assert(update_rig_runs(rig, "image three"));
	/* While that runs, its slot and the confirmed one are in use. */
	next = update_rig_release(4, "image four", &c);
	cr_assert_eq(update_rig_deliver(rig, &next), SIGNET_BAD_UPDATE);
	cr_assert_str_eq(rig->why.code, "boot.slot");
	cr_assert_eq(update_rig_rollback(rig), SIGNET_DONE);
	cr_assert_eq(update_rig_boot(rig), SIGNET_DONE);
	cr_assert(update_rig_runs(rig, "image one"));
	cr_assert_eq(update_rig_deliver(rig, &next), SIGNET_DONE, "%s", rig->why.text);
	update_rig_free(rig);
}

Test(update_install, release_before_the_one_that_failed_can_still_be_had)
{
	struct update_rig *rig = update_rig_new(NULL);
	struct maker_component c;
	const struct maker_release two = update_rig_release(2, "image two", &c);
	AUTO(buf) early = {0};

	update_rig_run(rig, 1, "image one");
	maker_bundle(rig->maker, &two, &early);
	{
		struct maker_component d;
		const struct maker_release three = update_rig_release(3, "image three", &d);

		cr_assert_eq(update_rig_deliver(rig, &three), SIGNET_DONE);
		cr_assert_eq(update_rig_boot(rig), SIGNET_DONE);
		cr_assert_eq(update_rig_rollback(rig), SIGNET_DONE);
		cr_assert_eq(update_rig_boot(rig), SIGNET_DONE);
	}
	/* Its checkpoint is smaller than that of 3, and larger than the confirmed one's. */
	update_rig_file(rig, "bundle", buf_span(&early));
	cr_assert_eq(update_rig_install(rig,
			 &(struct signet_update_install){
			     .images = &(struct signet_update_image){"main",
				 update_rig_file(rig, "image-main", span_str("image two"))},
			     .image_count = 1}),
	    SIGNET_DONE, "%s: %s", rig->why.code, rig->why.text);
	update_rig_free(rig);
}

/* ---- what is refused ---- */

struct attack {
	const char *name;
	struct maker_release release; /* components are set */
	const char *code;
};

/* After release 5 is confirmed. */
static const struct attack attacks[] = {
    {"other product", {.sequence = 6, .product = "lamp"}, "bundle.record"},
    {"other model", {.sequence = 6, .model = "S2"}, "suit.class"},
    {"other channel", {.sequence = 6, .channel = "beta"}, "suit.class"},
    {"other channel in the record", {.sequence = 6, .record_channel = "beta"}, "bundle.record"},
    {"older sequence", {.sequence = 4}, "suit.sequence"},
    {"key that nobody trusts", {.sequence = 6, .key = 2}, "suit.unsigned"},
    {"approval by the requester", {.sequence = 6, .requester_approves = true}, "bundle.approver"},
    {"one approver twice", {.sequence = 6, .approver_twice = true}, "bundle.approver"},
    {"too few approvals", {.sequence = 6, .approvals = 1}, "trust.approvals"},
    {"approval of another digest", {.sequence = 6, .other_digest = true}, "bundle.record"},
    {"entry of another record", {.sequence = 6, .other_entry = true}, "bundle.entry"},
    {"proof from another log", {.sequence = 6, .log = 1}, "bundle.proof"},
    {"log rolled back", {.sequence = 6, .log_rolled_back = true}, "bundle.checkpoint"},
};

Test(update_install, attacks_are_refused_by_name, .timeout = 120)
{
	for (size_t i = 0; i < COUNT(attacks); i++) {
		const struct attack *a = &attacks[i];
		struct update_rig *rig = update_rig_new(&(struct maker_trust){.approvals = 2});
		struct maker_component c;
		struct maker_release release = update_rig_release(0, "image", &c);
		const struct maker_component *components = release.components;

		update_rig_run(rig, 4, "image four");
		update_rig_run(rig, 5, "image five");
		release = a->release;
		release.components = components;
		release.component_count = 1;
		cr_assert_eq(update_rig_deliver(rig, &release), SIGNET_BAD_UPDATE, "%s: %s",
		    a->name, rig->why.text);
		cr_assert_str_eq(rig->why.code, a->code, "%s: %s", a->name, rig->why.text);
		cr_assert_eq(update_rig_boot(rig), SIGNET_DONE, "%s", a->name);
		cr_assert_str_eq(rig->start.kind, "confirmed", "%s", a->name);
		cr_assert(update_rig_runs(rig, "image five"), "%s", a->name);
		update_rig_free(rig);
	}
}

Test(update_install, same_sequence_with_another_digest_is_refused)
{
	struct update_rig *rig = update_rig_new(NULL);
	struct maker_component c;
	struct maker_release other = update_rig_release(1, "another one", &c);

	update_rig_run(rig, 1, "image one");
	cr_assert_eq(update_rig_deliver(rig, &other), SIGNET_BAD_UPDATE);
	cr_assert_str_eq(rig->why.code, "suit.sequence-same");
	/* The same of a trial. */
	other = update_rig_release(2, "image two", &c);
	cr_assert_eq(update_rig_deliver(rig, &other), SIGNET_DONE, "%s", rig->why.text);
	other = update_rig_release(2, "another two", &c);
	cr_assert_eq(update_rig_deliver(rig, &other), SIGNET_BAD_UPDATE);
	cr_assert_str_eq(rig->why.code, "suit.sequence-same");
	update_rig_free(rig);
}

/* ---- images ---- */

static enum signet_result deliver_with(struct update_rig *rig, const char *there)
{
	struct maker_component c;
	const struct maker_release one = update_rig_release(1, "the image as it is", &c);
	const struct signet_update_image image = {
	    "main", update_rig_file(rig, "there", span_str(there))};

	update_rig_bundle(rig, &one);
	return update_rig_install(
	    rig, &(struct signet_update_install){.images = &image, .image_count = 1});
}

Test(update_install, image_that_is_not_the_manifests_is_refused)
{
	struct update_rig *rig = update_rig_new(NULL);

	cr_assert_eq(deliver_with(rig, "the image as it Is"), SIGNET_BAD_UPDATE);
	cr_assert_str_eq(rig->why.code, "suit.image", "swapped: %s", rig->why.text);
	cr_assert_eq(deliver_with(rig, "the image as it i"), SIGNET_BAD_UPDATE);
	cr_assert_str_eq(rig->why.code, "suit.image", "truncated: %s", rig->why.text);
	cr_assert_eq(deliver_with(rig, "the image as it is, and more"), SIGNET_BAD_UPDATE);
	cr_assert_str_eq(rig->why.code, "update.size", "too long: %s", rig->why.text);
	cr_assert_eq(update_rig_boot(rig), SIGNET_BAD_UPDATE, "nothing may start");
	cr_assert_str_eq(rig->why.code, "boot.nothing");
	cr_assert_eq(deliver_with(rig, "the image as it is"), SIGNET_DONE, "%s", rig->why.text);
	update_rig_free(rig);
}

Test(update_install, image_spoilt_in_its_slot_does_not_start)
{
	struct update_rig *rig = update_rig_new(NULL);
	struct maker_component c;
	const struct maker_release two = update_rig_release(2, "image two", &c);
	char command[256];

	update_rig_run(rig, 1, "image one");
	cr_assert_eq(update_rig_deliver(rig, &two), SIGNET_DONE, "%s", rig->why.text);
	snprintf(command, sizeof(command),
	    "printf X | dd of=%s/slot-%s/image-0 conv=notrunc status=none", rig->directory,
	    update_rig_status(rig)->trial.slot);
	cr_assert_eq(system(command), 0);
	cr_assert_eq(update_rig_boot(rig), SIGNET_DONE, "%s", rig->why.text);
	cr_assert_str_eq(rig->start.kind, "confirmed");
	cr_assert_str_eq(rig->start.trial_why, "suit.image");
	cr_assert(update_rig_runs(rig, "image one"));
	update_rig_free(rig);
}

Test(update_install, bundle_flipped_anywhere_is_refused, .timeout = 300)
{
	struct update_rig *rig = update_rig_new(NULL);
	struct maker_component c;
	const struct maker_release one = update_rig_release(1, "image", &c);
	struct signet_update_settings settings = rig->settings;
	struct signet_update *u = NULL;
	AUTO(buf) file = {0};

	maker_bundle(rig->maker, &one, &file);
	cr_assert_eq(signet_update_open(&settings, NULL, &u, &rig->why), SIGNET_DONE);
	for (size_t i = 0; i < file.n; i += 1 + file.n / 700) {
		const char *path;

		file.p[i] ^= 0x10;
		path = update_rig_file(rig, "flipped", buf_span(&file));
		cr_assert_neq(signet_update_verify(u, path, NULL, 0, &rig->report, &rig->why),
		    SIGNET_DONE, "octet %zu", i);
		cr_assert(rig->why.code[0], "octet %zu has no reason", i);
		file.p[i] ^= 0x10;
	}
	cr_assert_eq(signet_update_verify(u, update_rig_file(rig, "whole", buf_span(&file)), NULL,
			 0, &rig->report, &rig->why),
	    SIGNET_DONE, "%s", rig->why.text);
	signet_update_close(u);
	update_rig_free(rig);
}

Test(update_install, bundle_cut_anywhere_or_with_more_is_refused)
{
	struct update_rig *rig = update_rig_new(NULL);
	struct maker_component c;
	const struct maker_release one = update_rig_release(1, "image", &c);
	AUTO(buf) file = {0};

	maker_bundle(rig->maker, &one, &file);
	for (size_t n = 0; n < file.n; n += 97) {
		update_rig_file(rig, "bundle", span(file.p, n));
		cr_assert_eq(update_rig_install(rig, NULL), SIGNET_BAD_UPDATE, "%zu octets", n);
	}
	buf_put_byte(&file, 0);
	update_rig_file(rig, "bundle", buf_span(&file));
	cr_assert_eq(update_rig_install(rig, NULL), SIGNET_BAD_UPDATE);
	update_rig_free(rig);
}

/* ---- trust and recall ---- */

Test(update_trust, newer_statement_needs_the_old_and_the_new_quorum)
{
	static const struct {
		const char *name;
		struct maker_trust want;
		const char *code; /* NULL: taken */
	} rows[] = {
	    {"by its own keys alone", {.version = 2, .next = 2}, "trust.quorum-old"},
	    {"by the old keys alone", {.version = 2, .next = 2, .signed_by = 3},
		"trust.quorum-new"},
	    {"by one of the old", {.version = 2, .next = 2, .signed_by = 13}, "trust.quorum-old"},
	    {"of another product", {.version = 2, .product = "lamp"}, "trust.product"},
	    {"by both", {.version = 2, .next = 2, .signed_by = 15}, NULL},
	    {"an old one", {.version = 1}, "trust.old"},
	    {"the same version with other content", {.version = 2, .next = 2, .approvals = 1},
		"trust.old"},
	    {"the next by the new keys", {.version = 3, .next = 2}, NULL},
	};
	struct update_rig *rig = update_rig_new(NULL);

	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(buf) file = {0};
		enum signet_result result;

		maker_trust(rig->maker, &rows[i].want, &file);
		result = update_rig_take(rig, buf_span(&file));
		cr_assert_eq(result, rows[i].code ? SIGNET_BAD_UPDATE : SIGNET_DONE, "%s: %s: %s",
		    rows[i].name, rig->why.code, rig->why.text);
		if (rows[i].code)
			cr_assert_str_eq(rig->why.code, rows[i].code, "%s", rows[i].name);
	}
	cr_assert_eq(update_rig_status(rig)->trust_version, 3);
	update_rig_free(rig);
}

Test(update_trust, revoked_key_installs_nothing_more_and_what_is_confirmed_goes_on)
{
	struct update_rig *rig = update_rig_new(NULL);
	struct maker_component c;
	struct maker_release two = update_rig_release(2, "image two", &c);
	AUTO(buf) file = {0};

	update_rig_run(rig, 1, "image one");
	maker_trust(rig->maker, &(struct maker_trust){.version = 2, .revoked = 1}, &file);
	cr_assert_eq(update_rig_take(rig, buf_span(&file)), SIGNET_DONE, "%s", rig->why.text);
	cr_assert_eq(update_rig_deliver(rig, &two), SIGNET_BAD_UPDATE);
	cr_assert_str_eq(rig->why.code, "trust.revoked");
	cr_assert_eq(update_rig_boot(rig), SIGNET_DONE, "%s", rig->why.text);
	cr_assert_str_eq(rig->start.kind, "confirmed");
	cr_assert(update_rig_runs(rig, "image one"));
	/* Its successor is signed by another key. */
	two.key = 1;
	cr_assert_eq(update_rig_deliver(rig, &two), SIGNET_DONE, "%s", rig->why.text);
	update_rig_free(rig);
}

Test(update_trust, trial_whose_key_is_revoked_is_not_confirmed)
{
	struct update_rig *rig = update_rig_new(NULL);
	struct maker_component c;
	const struct maker_release two = update_rig_release(2, "image two", &c);
	AUTO(buf) file = {0};

	update_rig_run(rig, 1, "image one");
	cr_assert_eq(update_rig_deliver(rig, &two), SIGNET_DONE, "%s", rig->why.text);
	cr_assert_eq(update_rig_boot(rig), SIGNET_DONE);
	maker_trust(rig->maker, &(struct maker_trust){.version = 2, .revoked = 1}, &file);
	cr_assert_eq(update_rig_take(rig, buf_span(&file)), SIGNET_DONE, "%s", rig->why.text);
	cr_assert_eq(update_rig_confirm(rig), SIGNET_BAD_UPDATE);
	cr_assert_str_eq(rig->why.code, "trust.revoked");
	cr_assert_eq(update_rig_boot(rig), SIGNET_DONE, "%s", rig->why.text);
	cr_assert(update_rig_runs(rig, "image one"), "back to the confirmed one");
	update_rig_free(rig);
}

Test(update_recall, recalled_release_is_refused_and_left_only_for_its_successor)
{
	static const uint64_t recalled[] = {1, 2};
	struct update_rig *rig = update_rig_new(NULL);
	struct maker_component c;
	const struct maker_release two = update_rig_release(2, "image two", &c);
	AUTO(buf) file = {0};

	update_rig_run(rig, 1, "image one");
	maker_recall(rig->maker,
	    &(struct maker_recall){
		.number = 3, .sequences = recalled, .count = 2, .successor = 3, .version = "1.3"},
	    &file);
	cr_assert_eq(update_rig_take(rig, buf_span(&file)), SIGNET_DONE, "%s", rig->why.text);
	cr_assert_eq(update_rig_take(rig, buf_span(&file)), SIGNET_NOT_DUE);
	cr_assert(update_rig_status(rig)->recalled);
	cr_assert_eq(update_rig_deliver(rig, &two), SIGNET_BAD_UPDATE);
	cr_assert_str_eq(rig->why.code, "recall.recalled");
	cr_assert_eq(update_rig_boot(rig), SIGNET_DONE, "%s", rig->why.text);
	cr_assert(rig->start.recalled);
	cr_assert(update_rig_runs(rig, "image one"), "it has nothing better");
	update_rig_run(rig, 3, "image three");
	cr_assert_not(update_rig_status(rig)->recalled);
	update_rig_free(rig);
}

Test(update_recall, list_of_others_or_older_is_refused)
{
	static const uint64_t recalled[] = {9};
	static const struct {
		const char *name;
		struct maker_recall want;
		const char *code;
	} rows[] = {
	    {"of another channel", {.number = 6, .channel = "beta"}, "recall.other"},
	    {"older", {.number = 4}, "recall.old"},
	    {"by a key that nobody trusts", {.number = 6, .key = 2}, "trust.key"},
	};
	struct update_rig *rig = update_rig_new(NULL);
	AUTO(buf) first = {0};

	maker_recall(rig->maker,
	    &(struct maker_recall){.number = 5, .sequences = recalled, .count = 1}, &first);
	cr_assert_eq(update_rig_take(rig, buf_span(&first)), SIGNET_DONE, "%s", rig->why.text);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct maker_recall want = rows[i].want;
		AUTO(buf) file = {0};

		want.sequences = recalled;
		want.count = 1;
		maker_recall(rig->maker, &want, &file);
		cr_assert_eq(
		    update_rig_take(rig, buf_span(&file)), SIGNET_BAD_UPDATE, "%s", rows[i].name);
		cr_assert_str_eq(rig->why.code, rows[i].code, "%s", rows[i].name);
	}
	cr_assert_eq(update_rig_status(rig)->recall_number, 5);
	update_rig_free(rig);
}

/* ---- provisioning ---- */

Test(update_init, first_statement_is_the_pinned_one)
{
	struct update_rig *rig = update_rig_raw();
	struct signet_update_product p = {.product = "sensor", .channel = "stable"};
	AUTO(buf) file = {0};
	char digest[65];
	struct digest d;

	maker_trust(rig->maker, &(struct maker_trust){0}, &file);
	d = sha256(buf_span(&file));
	d.bytes[31] ^= 1;
	hex_text(SPAN_OF(d.bytes), digest);
	p.trust_file = update_rig_file(rig, "trust", buf_span(&file));
	p.trust_digest = digest;
	cr_assert_eq(signet_update_init(&rig->settings, &p, &rig->why), SIGNET_BAD_UPDATE);
	cr_assert_str_eq(rig->why.code, "update.trust");
	d.bytes[31] ^= 1;
	hex_text(SPAN_OF(d.bytes), digest);
	p.vendor_domain = "another.example";
	cr_assert_eq(signet_update_init(&rig->settings, &p, &rig->why), SIGNET_BAD_ARGUMENT);
	cr_assert_str_eq(rig->why.code, "update.vendor");
	p.vendor_domain = NULL;
	p.product = "lamp";
	cr_assert_eq(signet_update_init(&rig->settings, &p, &rig->why), SIGNET_BAD_UPDATE);
	cr_assert_str_eq(rig->why.code, "trust.product");
	p.product = "sensor";
	cr_assert_eq(
	    signet_update_init(&rig->settings, &p, &rig->why), SIGNET_DONE, "%s", rig->why.text);
	cr_assert_eq(signet_update_init(&rig->settings, &p, &rig->why), SIGNET_BAD_UPDATE);
	cr_assert_str_eq(rig->why.code, "boot.provisioned");
	update_rig_free(rig);
}

Test(update_init, nothing_works_before_it)
{
	struct update_rig *rig = update_rig_raw();
	struct signet_update *u;

	cr_assert_eq(signet_update_open(&rig->settings, NULL, &u, &rig->why), SIGNET_STORE_FAILED);
	cr_assert_str_eq(rig->why.code, "update.none");
	cr_assert_null(u);
	update_rig_free(rig);
}

/* ---- verify ---- */

Test(update_verify, says_each_check)
{
	static const char *const names[] = {"format", "signature", "device", "trust", "approvals",
	    "log", "recall", "sequence", "components", "image main"};
	struct update_rig *rig = update_rig_new(NULL);
	struct maker_component c;
	struct maker_release one = update_rig_release(1, "image", &c);
	struct signet_update_image image = {"main", NULL};
	char path[160];
	struct signet_update *u = NULL;

	snprintf(path, sizeof(path), "%s", update_rig_file(rig, "image", span_str("image")));
	image.file = path;
	update_rig_bundle(rig, &one);
	cr_assert_eq(signet_update_open(&rig->settings, NULL, &u, &rig->why), SIGNET_DONE);
	cr_assert_eq(signet_update_verify(u, rig->bundle, &image, 1, &rig->report, &rig->why),
	    SIGNET_DONE, "%s", rig->why.text);
	cr_assert_eq(rig->report.count, COUNT(names));
	for (size_t i = 0; i < COUNT(names); i++) {
		cr_assert_str_eq(rig->report.rows[i].name, names[i]);
		cr_assert_str_eq(rig->report.rows[i].result, "ok", "%s", names[i]);
		cr_assert(rig->report.rows[i].text[0], "%s", names[i]);
	}
	one.other_entry = true;
	update_rig_bundle(rig, &one);
	cr_assert_eq(signet_update_verify(u, rig->bundle, NULL, 0, &rig->report, &rig->why),
	    SIGNET_BAD_UPDATE);
	for (size_t i = 0; i < rig->report.count; i++)
		cr_assert_str_eq(rig->report.rows[i].result,
		    i < 5    ? "ok"
		    : i == 5 ? "refused"
			     : "not checked",
		    "%s", names[i]);
	signet_update_close(u);
	update_rig_free(rig);
}
