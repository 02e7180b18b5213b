#include "signing/format/suit_build.h"

#include "tests/unit/format/suit_keys.h"

Test(format_suit_build, the_same_release_gives_the_same_octets)
{
	AUTO(buf) one = {0};
	AUTO(buf) again = {0};
	AUTO(buf) other = {0};

	sk_manifest(5, 2, &one);
	sk_manifest(5, 2, &again);
	sk_manifest(6, 2, &other);
	cr_expect(span_equal(buf_span(&one), buf_span(&again)));
	cr_expect_not(span_equal(buf_span(&one), buf_span(&other)));
}

/* What the reader finds of it, and each command in its order. */
struct seen {
	unsigned count;
	int commands[16];
};

static enum refusal see(void *context, enum suit_command command, size_t component,
    const struct suit_component *parameters)
{
	struct seen *seen = context;

	(void)parameters;
	seen->commands[seen->count++] = 100 * (int)component + (int)command;
	return REFUSAL_NONE;
}

static void run_manifest(size_t components, struct seen *seen, struct suit_run *run)
{
	static const enum suit_element elements[] = {SUIT_INSTALL, SUIT_VALIDATE, SUIT_INVOKE};
	static struct buf manifest;
	static struct suit_manifest m;
	static struct suit_device device;

	buf_reset(&manifest);
	sk_manifest(5, components, &manifest);
	device = (struct suit_device){
	    .vendor = SPAN_OF(sk_vendor), .class = SPAN_OF(sk_class), .act = see, .context = seen};
	cr_assert_eq(suit_manifest_read(buf_span(&manifest), &m), REFUSAL_NONE);
	cr_assert_eq(suit_run_start(run, &m, &device), REFUSAL_NONE);
	for (size_t i = 0; i < COUNT(elements); i++)
		SK_CHECK(suit_run(run, elements[i]), REFUSAL_NONE, "%zu", i);
	SK_CHECK(suit_run_is_for(run), REFUSAL_NONE, "for it");
}

Test(format_suit_build, what_is_written_is_read_and_run)
{
	static const int one[] = {
	    SUIT_FETCH, SUIT_CONDITION_IMAGE, SUIT_CONDITION_IMAGE, SUIT_RUN_INVOKE};
	static const int two[] = {SUIT_FETCH, SUIT_CONDITION_IMAGE, SUIT_CONDITION_IMAGE,
	    100 + SUIT_CONDITION_IMAGE, SUIT_RUN_INVOKE};
	struct seen seen = {0};
	struct suit_run run;

	run_manifest(1, &seen, &run);
	cr_assert_eq(seen.count, COUNT(one));
	cr_expect_eq(memcmp(seen.commands, one, sizeof(one)), 0);
	seen.count = 0;
	run_manifest(2, &seen, &run);
	cr_assert_eq(seen.count, COUNT(two));
	cr_expect_eq(memcmp(seen.commands, two, sizeof(two)), 0);
	cr_expect_eq(run.components[0].size.value, 34768);
	cr_expect_eq(run.components[1].image.algorithm, COSE_SHA512);
	cr_expect_eq(run.components[1].image.bytes.n, 64);
	cr_expect_null(run.components[1].uri.p);
}

Test(format_suit_build, a_release_that_cannot_be_written_is_refused)
{
	static const uint8_t digest[32] = {9};
	static const char *const long_id =
	    "0123456789012345678901234567890123456789012345678901234567890123456789";
	static const struct {
		const char *what;
		struct suit_release_component of[2];
		size_t count;
	} cases[] = {
	    {"none", {{0}}, 0},
	    {"without id", {{"", COSE_SHA256, {digest, 32}, 1, NULL}}, 1},
	    {"long id", {{long_id, COSE_SHA256, {digest, 32}, 1, NULL}}, 1},
	    {"id not UTF-8", {{"\xff", COSE_SHA256, {digest, 32}, 1, NULL}}, 1},
	    {"twice",
		{{"a", COSE_SHA256, {digest, 32}, 1, NULL},
		    {"a", COSE_SHA256, {digest, 32}, 1, NULL}},
		2},
	    {"short digest", {{"a", COSE_SHA256, {digest, 31}, 1, NULL}}, 1},
	    {"digest of another length", {{"a", COSE_SHA384, {digest, 32}, 1, NULL}}, 1},
	    {"signature for a digest", {{"a", COSE_ES256, {digest, 32}, 1, NULL}}, 1},
	    {"empty URI", {{"a", COSE_SHA256, {digest, 32}, 1, ""}}, 1},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct suit_release release = sk_release(1, 1);
		AUTO(buf) out = {0};
		struct err err = {0};

		release.components = cases[i].of;
		release.component_count = cases[i].count;
		cr_expect_not(suit_build_manifest(&release, &out, &err).ok, "%s", cases[i].what);
		cr_expect_eq(err.kind, ERR_INPUT);
		cr_expect_eq(out.n, 0);
	}
}

Test(format_suit_build, notes_are_cut_between_characters_and_text_can_be_left_out)
{
	struct suit_release release = sk_release(1, 1);
	AUTO(buf) notes = {0};
	AUTO(buf) with = {0};
	AUTO(buf) without = {0};
	struct suit_manifest m;
	struct err err = {0};
	bool away;

	for (int i = 0; i < 300; i++)
		buf_put_str(&notes, "\xc3\xa9");
	buf_put_byte(&notes, 'x');
	release.notes = buf_cstr(&notes);
	cr_assert(suit_build_manifest(&release, &with, &err).ok);
	cr_assert_eq(suit_manifest_read(buf_span(&with), &m), REFUSAL_NONE);
	cr_expect_lt(suit_manifest_element(&m, SUIT_TEXT, &away).n, 700);
	release.notes = release.version = release.vendor = NULL;
	release.vendor_domain = release.model = NULL;
	cr_assert(suit_build_manifest(&release, &without, &err).ok);
	cr_assert_eq(suit_manifest_read(buf_span(&without), &m), REFUSAL_NONE);
	cr_expect_null(suit_manifest_element(&m, SUIT_TEXT, &away).p);
}

/* RFC 9562 appendix A.4 */
Test(format_suit_build, ids_are_uuids_of_version_5)
{
	uint8_t uuid[UUID_SIZE], vendor[UUID_SIZE], class_id[UUID_SIZE], other[UUID_SIZE];
	char text[UUID_TEXT_SIZE];

	uuid_vendor("www.example.com", uuid);
	uuid_text(uuid, text);
	cr_expect_str_eq(text, "2ed6657d-e927-568b-95e1-2665a8aea6a2");
	uuid_vendor("vendor.example", vendor);
	uuid_class(vendor, "X100", "stable", class_id);
	uuid_v5(vendor, SPAN_LITERAL("X100/stable"), other);
	cr_expect_eq(memcmp(class_id, other, UUID_SIZE), 0);
	uuid_class(vendor, "X100", "beta", other);
	cr_expect_neq(memcmp(class_id, other, UUID_SIZE), 0);
}
