/* clients/device/boot/boot_verify.c, boot_images.c: what is good, and why what is not. */
#include "tests/unit/boot/flash.h"

#include <criterion/criterion.h>

#include "signing/format/suit_process.h"

static struct flash f;

static void start(void)
{
	flash_start(&f);
	flash_confirm(&f, 0, 5);
}

static void stop(void)
{
	flash_stop(&f);
}

TestSuite(boot_verify, .init = start, .fini = stop);

static enum refusal verify(void)
{
	struct boot_image image;

	return signet_boot_verify_slot(&f.device, 1, &image);
}

/* ---- releases -------------------------------------------------------------------------------- */

static const uint8_t three[] = {1, 2, 3};

static const struct maker_component only_main[] = {{.id = "main", .image = {three, 3}}};
static const struct maker_component one_more[] = {{.id = "main", .image = {three, 3}},
    {.id = "radio", .image = {three, 3}}, {.id = "modem", .image = {three, 3}}};
static const struct maker_component other_id[] = {
    {.id = "main", .image = {three, 3}}, {.id = "modem", .image = {three, 3}}};

static const struct release {
	const char *name;
	enum refusal want;
	uint64_t sequence;
	struct maker_release release;
} releases[] = {
    {"newer", REFUSAL_NONE, 6, {0}},
    {"much newer", REFUSAL_NONE, UINT64_MAX, {0}},
    {"by another key that may", REFUSAL_NONE, 6, {.key = 1}},
    {"by two keys", REFUSAL_NONE, 6, {.second_key = 2}},
    {"by one that may and one that is not known", REFUSAL_NONE, 6, {.second_key = 3}},
    {"the confirmed one again", REFUSAL_NONE, 5, {0}},
    {"older", REFUSAL_SUIT_SEQUENCE, 4, {0}},
    {"same number, another manifest", REFUSAL_SUIT_SEQUENCE_SAME, 5, {.notes = true}},
    {"another channel", REFUSAL_SUIT_CLASS, 6, {.channel = "beta"}},
    {"another model", REFUSAL_SUIT_CLASS, 6, {.model = "P2"}},
    {"by a key that is not known", REFUSAL_SUIT_UNSIGNED, 6, {.key = 2}},
    {"a component less", REFUSAL_BOOT_COMPONENTS, 6,
	{.components = only_main, .component_count = 1}},
    {"a component more", REFUSAL_BOOT_COMPONENTS, 6,
	{.components = one_more, .component_count = 3}},
};

Test(boot_verify, a_release_is_good_or_refused_with_its_reason)
{
	for (size_t i = 0; i < COUNT(releases); i++) {
		const struct release *r = &releases[i];
		enum refusal why;

		flash_install_as(&f, 1, r->sequence, &r->release);
		why = verify();
		cr_assert_eq(why, r->want, "%s: %s", r->name, refusal_code(why));
	}
}

Test(boot_verify, components_of_another_name_are_refused)
{
	flash_install_as(
	    &f, 1, 6, &(struct maker_release){.components = other_id, .component_count = 2});
	buf_reset(&f.images[1][0]);
	buf_put(&f.images[1][0], SPAN_OF(three));
	assert_refused(verify(), REFUSAL_BOOT_COMPONENTS);
}

Test(boot_verify, another_vendor_is_refused)
{
	flash_install(&f, 1, 6);
	f.device.vendor_id[15] ^= 1;
	assert_refused(verify(), REFUSAL_SUIT_VENDOR);
}

/* ---- trust and recall ------------------------------------------------------------------------ */

static const struct judged {
	const char *name;
	enum refusal want;
	struct maker_trust trust;
	struct maker_release release;
} judged[] = {
    {"revoked", REFUSAL_TRUST_REVOKED, {.revoked = 1}, {0}},
    {"another is revoked", REFUSAL_NONE, {.revoked = 2}, {0}},
    {"the second signer is revoked", REFUSAL_NONE, {.revoked = 2}, {.second_key = 2}},
    {"one signer of two", REFUSAL_TRUST_SIGNERS, {.signers = 2}, {0}},
    {"two of two", REFUSAL_NONE, {.signers = 2}, {.second_key = 2}},
    {"two of two, one revoked", REFUSAL_TRUST_REVOKED, {.signers = 2, .revoked = 2},
	{.second_key = 2}},
    {"granted from a later number", REFUSAL_TRUST_RANGE, {.first = 7}, {0}},
    {"granted from this number", REFUSAL_NONE, {.first = 6}, {0}},
    {"named no more", REFUSAL_SUIT_UNSIGNED, {.keys = 2}, {0}},
    {"approvals are the installer's", REFUSAL_NONE, {.approvals = 2}, {0}},
};

Test(boot_verify, the_statement_in_force_decides)
{
	for (size_t i = 0; i < COUNT(judged); i++) {
		struct maker_trust trust = judged[i].trust;
		enum refusal why;

		trust.version = i + 2;
		assert_done(flash_take_trust(&f, &trust));
		flash_install_as(&f, 1, 6, &judged[i].release);
		why = verify();
		cr_assert_eq(why, judged[i].want, "%s: %s", judged[i].name, refusal_code(why));
	}
}

/* The statement of before, still in its place, is not the one that the state holds on to. */
Test(boot_verify, an_older_statement_is_not_believed_though_it_lies_there)
{
	flash_install(&f, 1, 6);
	assert_done(flash_take_trust(&f, &(struct maker_trust){.version = 2, .revoked = 1}));
	assert_refused(verify(), REFUSAL_TRUST_REVOKED);
	buf_reset(&f.trust[1]);
	buf_put(&f.trust[1], buf_span(&f.trust[0]));
	assert_refused(verify(), REFUSAL_BOOT_TRUST_LOST);
}

Test(boot_verify, with_any_octet_of_the_statement_changed_nothing_new_is_good)
{
	flash_install(&f, 1, 6);
	for (size_t i = 0; i < f.trust[0].n; i++) {
		f.trust[0].p[i] ^= 1;
		assert_refused(verify(), REFUSAL_BOOT_TRUST_LOST);
		f.trust[0].p[i] ^= 1;
	}
	assert_done(verify());
}

Test(boot_verify, a_copy_of_the_statement_stands_in_for_a_lost_one)
{
	flash_install(&f, 1, 6);
	buf_put(&f.trust[1], buf_span(&f.trust[0]));
	buf_reset(&f.trust[0]);
	assert_done(verify());
}

Test(boot_verify, what_is_recalled_is_refused_and_without_the_list_all_is)
{
	const uint64_t recalled[] = {2, 6, 8};
	const struct maker_recall list = {.number = 4, .sequences = recalled, .count = 3};

	flash_install(&f, 1, 6);
	assert_done(flash_take_recall(&f, &list));
	assert_refused(verify(), REFUSAL_RECALL_RECALLED);
	flash_install(&f, 1, 7);
	assert_done(verify());
	for (int i = 0; i < BOOT_PLACES; i++)
		if (f.recall[i].n)
			f.recall[i].p[f.recall[i].n - 1] ^= 1;
	assert_refused(verify(), REFUSAL_BOOT_RECALL_LOST);
}

/* ---- octets ---------------------------------------------------------------------------------- */

Test(boot_verify, with_any_octet_of_the_envelope_changed_or_missing_it_is_refused)
{
	struct buf *envelope = &f.envelopes[1];
	size_t n;

	flash_install(&f, 1, 6);
	n = envelope->n;
	for (size_t i = 0; i < n; i++) {
		envelope->p[i] ^= 0x40;
		cr_assert_neq(verify(), REFUSAL_NONE, "octet %zu", i);
		envelope->p[i] ^= 0x40;
	}
	for (envelope->n = 0; envelope->n < n; envelope->n++)
		cr_assert_neq(verify(), REFUSAL_NONE, "%zu octets", envelope->n);
	assert_done(verify());
	buf_put_byte(envelope, 0);
	assert_refused(verify(), REFUSAL_CBOR_TRAILING);
}

/* A signature of 2420 octets: of the whole every 16th octet is changed, and of its ends each. */
Test(boot_verify, by_ml_dsa_44_beside_ed25519_it_is_good_and_changed_it_is_refused)
{
	struct buf *envelope = &f.envelopes[1];

	if (!maker_rekey(f.maker, "ML-DSA-44"))
		cr_skip_test("this OpenSSL does not have ML-DSA-44");
	assert_done(flash_take_trust(
	    &f, &(struct maker_trust){.version = 2, .next = 2, .signed_by = 0xf, .signers = 2}));
	flash_install(&f, 1, 6);
	assert_refused(verify(), REFUSAL_TRUST_SIGNERS);
	flash_install_as(&f, 1, 6, &(struct maker_release){.second_key = 2});
	assert_done(verify());
	for (size_t i = 0; i < envelope->n; i += i < 64 || i + 64 > envelope->n ? 1 : 16) {
		envelope->p[i] ^= 0x40;
		cr_assert_neq(verify(), REFUSAL_NONE, "octet %zu", i);
		envelope->p[i] ^= 0x40;
	}
	assert_done(verify());
	/* The signers of before are none by now. */
	assert_refused(
	    flash_take_trust(&f, &(struct maker_trust){.version = 3}), REFUSAL_TRUST_QUORUM_OLD);
	assert_done(flash_take_trust(&f, &(struct maker_trust){.version = 3, .next = 2}));
}

Test(boot_verify, with_any_octet_of_an_image_changed_it_is_refused)
{
	flash_install(&f, 1, 6);
	for (size_t c = 0; c < FLASH_COMPONENTS; c++)
		for (size_t i = 0; i < f.images[1][c].n; i++) {
			f.images[1][c].p[i] ^= 1;
			assert_refused(verify(), REFUSAL_SUIT_IMAGE);
			f.images[1][c].p[i] ^= 1;
		}
	assert_done(verify());
}

Test(boot_verify, a_truncated_image_is_refused_and_what_stands_behind_it_is_not_read)
{
	struct buf *image = &f.images[1][1];

	flash_install(&f, 1, 6);
	image->n--;
	assert_refused(verify(), REFUSAL_BOOT_READ);
	image->n = 0;
	assert_refused(verify(), REFUSAL_BOOT_READ);
	image->n = FLASH_IMAGE / 2;
	buf_put_byte(image, 7);
	assert_done(verify());
}

Test(boot_verify, swapped_components_are_refused)
{
	struct buf *images = f.images[1], main_image;

	flash_install(&f, 1, 6);
	main_image = images[0];
	images[0] = images[1];
	images[1] = main_image;
	cr_assert_neq(verify(), REFUSAL_NONE);
	/* Of one size, too. */
	images[0].n = 0;
	for (size_t i = 0; i < images[1].n; i++)
		buf_put_byte(&images[0], images[1].p[i]);
	assert_refused(verify(), REFUSAL_SUIT_IMAGE);
}

Test(boot_verify, a_size_that_is_not_the_images_is_refused)
{
	const uint64_t sizes[] = {1, FLASH_IMAGE - 1, FLASH_IMAGE + 1, UINT64_MAX};

	for (size_t i = 0; i < COUNT(sizes); i++) {
		const struct maker_component all[] = {
		    {.id = "main", .image = buf_span(&f.images[0][0]), .size = sizes[i]},
		    {.id = "radio", .image = buf_span(&f.images[0][1])}};

		flash_install_as(
		    &f, 1, 6, &(struct maker_release){.components = all, .component_count = 2});
		cr_assert_neq(verify(), REFUSAL_NONE);
	}
}

Test(boot_verify, digests_of_all_three_sizes_are_compared)
{
	const int algorithms[] = {COSE_SHA256, COSE_SHA384, COSE_SHA512};

	for (size_t i = 0; i < COUNT(algorithms); i++) {
		struct maker_component all[FLASH_COMPONENTS] = {{.id = "radio"}, {.id = "main"}};

		/* In another order than the device's, since order says nothing. */
		for (size_t c = 0; c < FLASH_COMPONENTS; c++) {
			all[c].image = buf_span(&f.images[0][1 - c]);
			all[c].algorithm = algorithms[i];
		}
		flash_install_as(
		    &f, 1, 6, &(struct maker_release){.components = all, .component_count = 2});
		for (size_t c = 0; c < FLASH_COMPONENTS; c++) {
			buf_reset(&f.images[1][c]);
			buf_put(&f.images[1][c], buf_span(&f.images[0][c]));
		}
		assert_done(verify());
		f.images[1][0].p[0] ^= 1;
		assert_refused(verify(), REFUSAL_SUIT_IMAGE);
	}
}

/* ---- commands: manifests of our own, signed by a key that may -------------------------------- */

enum piece {
	END,
	FIRST,  /* select component 0 */
	SECOND, /* component 1 */
	THIRD,  /* component 2, which there is not */
	BOTH,   /* true */
	NONE,   /* false */
	LIST,   /* [0, 1] */
	IDS,    /* override vendor and class */
	OTHER_CLASS,
	VENDOR, /* conditions */
	CLASS,
	IMAGE0, /* override digest and size of the first image; of the second */
	IMAGE1,
	SIZELESS, /* digest of the first image alone */
	TWICE,    /* a parameter that stands twice */
	URI,      /* a parameter that nothing here needs */
	COMPARE,  /* condition image match */
	ABORT,
	TRY_EACH,
};

static void put_parameter_image(struct buf *out, unsigned component)
{
	const struct buf *image = &f.images[1][component];
	const struct digest d = sha256(buf_span(image));
	AUTO(buf) digest = {0};

	cbor_put_head(&digest, CBOR_ARRAY, 2);
	cbor_put_int(&digest, COSE_SHA256);
	cbor_put_bytes(&digest, SPAN_OF(d.bytes));
	cbor_put_uint(out, 3);
	cbor_put_bytes(out, buf_span(&digest));
}

static void put_ids(struct buf *out, bool other)
{
	uint8_t class[16];

	memcpy(class, f.device.class_id, sizeof(class));
	class[0] ^= other;
	cbor_put_head(out, CBOR_MAP, 2);
	cbor_put_uint(out, 1);
	cbor_put_bytes(out, SPAN_OF(f.device.vendor_id));
	cbor_put_uint(out, 2);
	cbor_put_bytes(out, SPAN_OF(class));
}

static void put_command(struct buf *out, unsigned command, unsigned argument)
{
	cbor_put_uint(out, command);
	cbor_put_uint(out, argument);
}

static void put_parameters(struct buf *out, enum piece p)
{
	const bool sized = p == IMAGE0 || p == IMAGE1;

	cbor_put_uint(out, SUIT_OVERRIDE);
	if (p == IDS || p == OTHER_CLASS) {
		put_ids(out, p == OTHER_CLASS);
		return;
	}
	cbor_put_head(out, CBOR_MAP, p == SIZELESS || p == URI ? 1 : 2);
	if (sized || p == SIZELESS)
		put_parameter_image(out, p == IMAGE1);
	if (sized || p == TWICE)
		put_command(out, 14, (unsigned)f.images[1][p == IMAGE1].n);
	if (p == TWICE)
		put_command(out, 14, 1);
	if (p == URI) {
		cbor_put_uint(out, 21);
		cbor_put_text(out, "x");
	}
}

static void put_piece(struct buf *out, enum piece p)
{
	switch (p) {
	case FIRST:
	case SECOND:
	case THIRD: put_command(out, SUIT_SET_COMPONENT, p - FIRST); break;
	case BOTH:
	case NONE:
		cbor_put_uint(out, SUIT_SET_COMPONENT);
		cbor_put_head(out, CBOR_SIMPLE, p == BOTH ? 21 : 20);
		break;
	case LIST:
		cbor_put_uint(out, SUIT_SET_COMPONENT);
		cbor_put_head(out, CBOR_ARRAY, 2);
		put_command(out, 0, 1);
		break;
	case VENDOR: put_command(out, SUIT_CONDITION_VENDOR, 15); break;
	case CLASS: put_command(out, SUIT_CONDITION_CLASS, 15); break;
	case COMPARE: put_command(out, SUIT_CONDITION_IMAGE, 15); break;
	case ABORT: put_command(out, SUIT_CONDITION_ABORT, 15); break;
	case TRY_EACH:
		cbor_put_uint(out, SUIT_TRY_EACH);
		cbor_put_head(out, CBOR_ARRAY, 0);
		break;
	default: put_parameters(out, p); break;
	}
}

#define PIECES 16

static void put_sequence(struct buf *out, const enum piece pieces[PIECES])
{
	AUTO(buf) commands = {0};
	AUTO(buf) sequence = {0};
	size_t n = 0;

	for (; pieces[n] != END; n++)
		put_piece(&commands, pieces[n]);
	cbor_put_head(&sequence, CBOR_ARRAY, 2 * n);
	buf_put(&sequence, buf_span(&commands));
	cbor_put_bytes(out, buf_span(&sequence));
}

static void put_common(struct buf *out, const enum piece shared[PIECES])
{
	AUTO(buf) common = {0};

	cbor_put_head(&common, CBOR_MAP, 2);
	cbor_put_uint(&common, 2);
	cbor_put_head(&common, CBOR_ARRAY, FLASH_COMPONENTS);
	for (size_t i = 0; i < FLASH_COMPONENTS; i++) {
		cbor_put_head(&common, CBOR_ARRAY, 1);
		cbor_put_bytes(&common, f.device.components[i]);
	}
	cbor_put_uint(&common, 4);
	put_sequence(&common, shared);
	cbor_put_bytes(out, buf_span(&common));
}

static const struct commands {
	const char *name;
	enum refusal want;
	enum piece shared[PIECES], validate[PIECES];
	int extension;
} commands[] = {
    {"as Signet writes it", REFUSAL_NONE,
	{FIRST, IDS, IMAGE0, SECOND, IDS, IMAGE1, FIRST, VENDOR, CLASS},
	{FIRST, COMPARE, SECOND, COMPARE}, 0},
    {"all at once", REFUSAL_NONE, {BOTH, IDS, VENDOR, CLASS, FIRST, IMAGE0, SECOND, IMAGE1},
	{BOTH, COMPARE}, 0},
    {"compared in the shared sequence", REFUSAL_NONE,
	{BOTH, IDS, FIRST, IMAGE0, COMPARE, SECOND, IMAGE1, COMPARE}, {FIRST, VENDOR}, 0},
    {"no condition but the images", REFUSAL_NONE, {BOTH, IDS, FIRST, IMAGE0, SECOND, IMAGE1},
	{BOTH, COMPARE}, 0},
    {"nothing compared", REFUSAL_BOOT_COMPONENTS,
	{BOTH, IDS, VENDOR, CLASS, FIRST, IMAGE0, SECOND, IMAGE1}, {BOTH, VENDOR}, 0},
    {"no validate", REFUSAL_BOOT_COMPONENTS, {BOTH, IDS, VENDOR, CLASS}, {END}, 0},
    {"one compared twice, one never", REFUSAL_BOOT_COMPONENTS,
	{BOTH, IDS, FIRST, IMAGE0, SECOND, IMAGE1}, {FIRST, COMPARE, COMPARE}, 0},
    {"digests exchanged", REFUSAL_BOOT_READ, {BOTH, IDS, FIRST, IMAGE1, SECOND, IMAGE0},
	{SECOND, COMPARE, FIRST, COMPARE}, 0},
    {"no ids", REFUSAL_SUIT_VENDOR, {FIRST, IMAGE0, SECOND, IMAGE1}, {BOTH, COMPARE}, 0},
    {"ids of one component", REFUSAL_SUIT_VENDOR, {FIRST, IDS, IMAGE0, SECOND, IMAGE1},
	{BOTH, COMPARE}, 0},
    {"another class, and no condition", REFUSAL_SUIT_CLASS,
	{BOTH, OTHER_CLASS, FIRST, IMAGE0, SECOND, IMAGE1}, {BOTH, COMPARE}, 0},
    {"another class behind the condition", REFUSAL_SUIT_CLASS,
	{BOTH, IDS, CLASS, OTHER_CLASS, FIRST, IMAGE0, SECOND, IMAGE1}, {BOTH, COMPARE}, 0},
    {"no size", REFUSAL_SUIT_PARAMETER, {BOTH, IDS, FIRST, SIZELESS, SECOND, IMAGE1},
	{BOTH, COMPARE}, 0},
    {"no digest", REFUSAL_SUIT_PARAMETER, {BOTH, IDS, SECOND, IMAGE1}, {BOTH, COMPARE}, 0},
    {"nothing selected", REFUSAL_SUIT_COMPONENT, {IDS}, {BOTH, COMPARE}, 0},
    {"nothing selected in validate", REFUSAL_SUIT_COMPONENT,
	{BOTH, IDS, FIRST, IMAGE0, SECOND, IMAGE1}, {COMPARE}, 0},
    {"false selected", REFUSAL_SUIT_COMPONENT, {NONE, IDS}, {BOTH, COMPARE}, 0},
    {"no such component", REFUSAL_CBOR_TYPE, {THIRD, IDS}, {BOTH, COMPARE}, 0},
    {"a list selected", REFUSAL_CBOR_TYPE, {LIST, IDS}, {BOTH, COMPARE}, 0},
    {"another parameter", REFUSAL_SUIT_UNSUPPORTED, {BOTH, IDS, URI}, {BOTH, COMPARE}, 0},
    {"a parameter twice", REFUSAL_CBOR_DUPLICATE, {FIRST, IDS, TWICE}, {BOTH, COMPARE}, 0},
    {"abort", REFUSAL_SUIT_UNSUPPORTED, {BOTH, IDS, FIRST, IMAGE0, SECOND, IMAGE1},
	{BOTH, COMPARE, ABORT}, 0},
    {"try each", REFUSAL_SUIT_UNSUPPORTED, {BOTH, IDS, TRY_EACH}, {BOTH, COMPARE}, 0},
    {"an extension", REFUSAL_SUIT_UNSUPPORTED, {BOTH, IDS, FIRST, IMAGE0, SECOND, IMAGE1},
	{BOTH, COMPARE}, 24},
};

static void put_manifest(struct buf *out, const struct commands *c)
{
	const bool validate = c->validate[0] != END;

	cbor_put_head(out, CBOR_MAP, (uint64_t)3 + validate + (c->extension != 0));
	put_command(out, 1, 1);
	put_command(out, 2, 6);
	cbor_put_uint(out, 3);
	put_common(out, c->shared);
	if (validate) {
		cbor_put_uint(out, SUIT_VALIDATE);
		put_sequence(out, c->validate);
	}
	if (c->extension)
		put_command(out, (unsigned)c->extension, 0);
}

static enum refusal compare(void *context, enum suit_command command, size_t component,
    const struct suit_component *parameters)
{
	const struct digest d = sha256(buf_span(&f.images[1][component]));

	(void)context;
	return command == SUIT_CONDITION_IMAGE &&
		       span_equal(SPAN_OF(d.bytes), parameters->image.bytes)
		   ? REFUSAL_NONE
		   : REFUSAL_SUIT_IMAGE;
}

/* What a boot loader takes, the whole processor takes, too. */
static enum refusal run_whole(struct span bytes)
{
	const struct suit_device device = {.vendor = SPAN_OF(f.device.vendor_id),
	    .class = SPAN_OF(f.device.class_id),
	    .act = compare};
	struct suit_manifest m;
	struct suit_run run;

	REFUSE_IF(suit_manifest_read(bytes, &m));
	REFUSE_IF(suit_run_start(&run, &m, &device));
	return suit_run(&run, SUIT_VALIDATE);
}

Test(boot_verify, commands_are_run_or_refused_by_name)
{
	flash_install(&f, 1, 6);
	for (size_t i = 0; i < COUNT(commands); i++) {
		AUTO(buf) manifest = {0};
		enum refusal why;

		put_manifest(&manifest, &commands[i]);
		buf_reset(&f.envelopes[1]);
		maker_envelope(f.maker, buf_span(&manifest), 0, &f.envelopes[1]);
		why = verify();
		cr_assert_eq(why, commands[i].want, "%s: %s", commands[i].name, refusal_code(why));
		if (why == REFUSAL_NONE) {
			why = run_whole(buf_span(&manifest));
			cr_assert_eq(
			    why, REFUSAL_NONE, "%s: %s", commands[i].name, refusal_code(why));
		}
	}
}

Test(boot_verify, a_slot_that_is_empty_or_not_there_is_refused)
{
	struct boot_image image;

	buf_reset(&f.envelopes[1]);
	assert_refused(verify(), REFUSAL_BOOT_READ);
	assert_refused(signet_boot_verify_slot(&f.device, BOOT_SLOTS, &image), REFUSAL_BOOT_READ);
}
