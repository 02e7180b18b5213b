#include "signing/format/suit_process.h"

#include "tests/lib/shared.h"
#include "tests/unit/format/suit_keys.h"

struct device {
	struct suit_device table;
	unsigned slot; /* the one that SUIT_CONDITION_SLOT holds for */
	enum refusal answer;
	char did[256];
};

/* Writes down what it is asked: "fetch 0, image 0, ..." */
static enum refusal act(void *context, enum suit_command command, size_t component,
    const struct suit_component *parameters)
{
	static const struct {
		enum suit_command command;
		const char *name;
	} names[] = {{SUIT_CONDITION_IMAGE, "image"}, {SUIT_CONDITION_SLOT, "slot"},
	    {SUIT_WRITE, "write"}, {SUIT_FETCH, "fetch"}, {SUIT_COPY, "copy"},
	    {SUIT_RUN_INVOKE, "invoke"}, {SUIT_CONDITION_CONTENT, "content"}, {SUIT_SWAP, "swap"}};
	struct device *d = context;
	size_t n = strlen(d->did);

	for (size_t i = 0; i < COUNT(names); i++)
		if (names[i].command == command)
			snprintf(d->did + n, sizeof(d->did) - n, "%s%s %zu", n ? ", " : "",
			    names[i].name, component);
	if (command == SUIT_CONDITION_SLOT)
		return parameters->slot.value == d->slot ? REFUSAL_NONE : REFUSAL_SUIT_SLOT;
	return d->answer;
}

static void device_init(struct device *d)
{
	*d = (struct device){.table = {.vendor = SPAN_OF(sk_vendor),
				 .class = SPAN_OF(sk_class),
				 .act = act,
				 .context = d}};
}

/* ---- examples ------------------------------------------------------------------------------- */

Test(format_suit_process, examples_run_as_the_draft_says)
{
	static const struct {
		const char *name;
		unsigned slot;
		enum suit_element element;
		const char *did;
		enum refusal expected;
	} cases[] = {
	    {"0", 0, SUIT_VALIDATE, "image 0", REFUSAL_NONE},
	    {"0", 0, SUIT_INVOKE, "invoke 0", REFUSAL_NONE},
	    {"0", 0, SUIT_INSTALL, "", REFUSAL_NONE},
	    {"1", 0, SUIT_INSTALL, "fetch 0, image 0", REFUSAL_NONE},
	    {"2", 0, SUIT_INSTALL, "fetch 0, image 0", REFUSAL_NONE},
	    {"2.severed", 0, SUIT_INSTALL, "", REFUSAL_SUIT_SEVERED},
	    {"3", 0, SUIT_INSTALL, "slot 0, slot 0, fetch 0, image 0", REFUSAL_NONE},
	    {"3", 1, SUIT_INSTALL, "slot 0, slot 0, slot 0, slot 0, fetch 0, image 0",
		REFUSAL_NONE},
	    {"3", 2, SUIT_INSTALL, "slot 0, slot 0", REFUSAL_SUIT_SLOT},
	    {"4", 0, SUIT_PAYLOAD_FETCH, "fetch 1, image 1", REFUSAL_NONE},
	    {"4", 0, SUIT_INSTALL, "copy 0, image 0", REFUSAL_NONE},
	    {"4", 0, SUIT_LOAD, "copy 2, image 2", REFUSAL_NONE},
	    {"5", 0, SUIT_INSTALL, "fetch 0, image 0, fetch 1, image 1", REFUSAL_NONE},
	    {"5", 0, SUIT_VALIDATE, "image 0, image 1", REFUSAL_NONE},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO(buf) envelope = {0};
		AUTO(crypto_openssl) state = {0};
		const struct boot_crypto crypto = crypto_openssl(&state);
		char name[64];
		struct device device;
		struct suit_run run;
		struct suit suit;
		struct span known;

		snprintf(name, sizeof(name), "suit/manifest-spec/example%s.suit", cases[i].name);
		if (!shared_read(name, &envelope))
			cr_skip_test("%s is not here", name);
		/* 82 2f 58 20 and the digest: its signature is another test's */
		known = span(envelope.p + 13, 32);
		SK_CHECK(suit_read_known(&crypto, known, buf_span(&envelope), &suit), REFUSAL_NONE,
		    "%s", name);
		device_init(&device);
		device.slot = cases[i].slot;
		SK_CHECK(suit_run_start(&run, &suit.m, &device.table), REFUSAL_NONE, "%s", name);
		SK_CHECK(suit_run(&run, cases[i].element), cases[i].expected, "%s, %d", name,
		    cases[i].element);
		cr_expect_str_eq(device.did, cases[i].did, "%s: %s", name, device.did);
	}
}

Test(format_suit_process, extensions_are_refused_by_name_when_they_are_run)
{
	static const struct {
		const char *name;
		bool tagged;
	} files[] = {{"S0", true}, {"U", false}, {"U0", true}};
	AUTO(crypto_openssl) state = {0};
	const struct boot_crypto crypto = crypto_openssl(&state);

	for (size_t i = 0; i < COUNT(files); i++) {
		AUTO(buf) envelope = {0};
		AUTO(buf) tagged = {0};
		enum refusal refusal;
		struct device device;
		struct suit_run run;
		struct suit suit;
		char name[64];

		snprintf(
		    name, sizeof(name), "suit/libcsuit/suit_manifest_exp%s.suit", files[i].name);
		if (!shared_read(name, &envelope))
			cr_skip_test("%s is not here", name);
		if (!files[i].tagged)
			buf_put(&tagged, SPAN_LITERAL("\xd8\x6b"));
		buf_put(&tagged, buf_span(&envelope));
		SK_CHECK(
		    suit_read_known(&crypto, span(tagged.p + 13, 32), buf_span(&tagged), &suit),
		    REFUSAL_NONE, "%s", name);
		device_init(&device);
		refusal = suit_run_start(&run, &suit.m, &device.table);
		if (refusal == REFUSAL_NONE)
			refusal = suit_run(&run, SUIT_INSTALL);
		SK_CHECK(refusal, REFUSAL_SUIT_UNSUPPORTED, "%s", name);
		cr_expect_str_eq(device.did, "");
	}
}

/* ---- sequences of our own ------------------------------------------------------------------- */

struct sequence {
	const char *what;
	struct span shared, install;
	const char *did;
	enum refusal expected;
};

static void run_sequence(const struct sequence *s, size_t components)
{
	static const char *const ids[] = {"\x81\x41"
					  "a",
	    "\x81\x41"
	    "b",
	    "\x81\x41"
	    "c"};
	AUTO(buf) common = {0};
	AUTO(buf) manifest = {0};
	struct suit_manifest m;
	struct device device;
	struct suit_run run;
	enum refusal refusal;

	cbor_put_head(&common, CBOR_MAP, s->shared.n ? 2 : 1);
	cbor_put_uint(&common, 2);
	cbor_put_head(&common, CBOR_ARRAY, components);
	for (size_t i = 0; i < components; i++)
		buf_put_str(&common, ids[i]);
	if (s->shared.n) {
		cbor_put_uint(&common, 4);
		cbor_put_bytes(&common, s->shared);
	}
	buf_put(&manifest, SPAN_LITERAL("\xa4\x01\x01\x02\x01\x03"));
	cbor_put_bytes(&manifest, buf_span(&common));
	cbor_put_uint(&manifest, SUIT_INSTALL);
	cbor_put_bytes(&manifest, s->install);
	SK_CHECK(suit_manifest_read(buf_span(&manifest), &m), REFUSAL_NONE, "%s", s->what);
	device_init(&device);
	SK_CHECK(suit_run_start(&run, &m, &device.table), REFUSAL_NONE, "%s", s->what);
	refusal = suit_run(&run, SUIT_INSTALL);
	SK_CHECK(refusal, s->expected, "%s", s->what);
	cr_expect_str_eq(device.did, s->did, "%s: %s", s->what, device.did);
}

#define L   SPAN_LITERAL
#define URI "\x14\xa1\x15\x61u"

Test(format_suit_process, commands_do_what_they_should_or_are_refused)
{
	static const struct sequence cases[] = {
	    {"fetch", L(""), L("\x84" URI "\x15\x0f"), "fetch 0", REFUSAL_NONE},
	    {"fetch without uri", L(""), L("\x82\x15\x0f"), "", REFUSAL_SUIT_PARAMETER},
	    {"image without digest", L(""), L("\x82\x03\x0f"), "", REFUSAL_SUIT_PARAMETER},
	    {"vendor not set", L(""), L("\x82\x01\x0f"), "", REFUSAL_SUIT_PARAMETER},
	    {"slot not set", L(""), L("\x82\x05\x0f"), "", REFUSAL_SUIT_PARAMETER},
	    {"invoke", L(""), L("\x82\x17\x02"), "invoke 0", REFUSAL_NONE},
	    {"report that is not one", L(""), L("\x82\x17\x10"), "", REFUSAL_CBOR_TYPE},
	    {"argument that is not a report", L(""), L("\x82\x17\xa0"), "", REFUSAL_CBOR_TYPE},
	    {"abort", L(""), L("\x82\x0e\x00"), "", REFUSAL_SUIT_ABORT},
	    {"unknown command", L(""), L("\x82\x18\x63\x00"), "", REFUSAL_SUIT_UNSUPPORTED},
	    {"custom command", L(""), L("\x82\x20\x00"), "", REFUSAL_SUIT_UNSUPPORTED},
	    {"unknown parameter", L(""), L("\x82\x14\xa1\x18\x63\x00"), "",
		REFUSAL_SUIT_UNSUPPORTED},
	    {"strict order off", L(""), L("\x82\x14\xa1\x0c\xf4"), "", REFUSAL_SUIT_UNSUPPORTED},
	    {"parameters of none", L(""), L("\x82\x14\xa0"), "", REFUSAL_NONE},
	    {"vendor of another length", L(""), L("\x82\x14\xa1\x01\x41\x00"), "",
		REFUSAL_CBOR_TYPE},
	    {"swap with itself", L(""), L("\x84\x14\xa1\x16\x00\x18\x1f\x0f"), "swap 0",
		REFUSAL_NONE},
	    {"copy from beyond", L(""), L("\x84\x14\xa1\x16\x01\x16\x0f"), "",
		REFUSAL_SUIT_PARAMETER},
	    {"fetch in the shared sequence", L("\x84" URI "\x15\x0f"), L("\x82\x17\x02"), "",
		REFUSAL_SUIT_SHARED},
	    {"write in a try-each of the shared sequence",
		L("\x84\x14\xa1\x12\x41x\x0f\x81\x43\x82\x12\x0f"), L("\x82\x17\x02"), "",
		REFUSAL_SUIT_SHARED},
	    {"parameters end with their element", L("\x82" URI), L("\x82\x15\x0f"), "fetch 0",
		REFUSAL_NONE},
	    {"try-each: the second", L(""), L("\x82\x0f\x82\x43\x82\x0e\x00\x43\x82\x17\x02"),
		"invoke 0", REFUSAL_NONE},
	    {"try-each: none", L(""), L("\x82\x0f\x82\x43\x82\x0e\x00\x43\x82\x0e\x00"), "",
		REFUSAL_SUIT_ABORT},
	    {"try-each: none, and that is well", L(""), L("\x82\x0f\x82\x43\x82\x0e\x00\xf6"), "",
		REFUSAL_NONE},
	    {"try-each: nil not at the end", L(""), L("\x82\x0f\x82\xf6\x43\x82\x0e\x00"), "",
		REFUSAL_CBOR_TYPE},
	    {"try-each: what is not a condition ends it", L(""),
		L("\x82\x0f\x82\x43\x82\x03\x0f\x43\x82\x17\x02"), "", REFUSAL_SUIT_PARAMETER},
	    {"run-sequence", L(""), L("\x82\x18\x20\x43\x82\x17\x02"), "invoke 0", REFUSAL_NONE},
	    {"run-sequence of no sequence", L(""), L("\x82\x18\x20\x17"), "", REFUSAL_CBOR_TYPE},
	    {"nested twice", L(""), L("\x82\x18\x20\x47\x82\x18\x20\x43\x82\x17\x02"), "invoke 0",
		REFUSAL_NONE},
	    {"nested too deep", L(""),
		L("\x82\x18\x20\x4b\x82\x18\x20\x47\x82\x18\x20\x43\x82\x17\x02"), "",
		REFUSAL_CBOR_DEPTH},
	    {"component that is not there", L(""), L("\x84\x0c\x01\x17\x02"), "",
		REFUSAL_SUIT_COMPONENT},
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		run_sequence(&cases[i], 1);
}

Test(format_suit_process, with_several_components_each_sequence_says_which)
{
	static const struct sequence cases[] = {
	    {"one", L(""), L("\x84\x0c\x01\x17\x02"), "invoke 1", REFUSAL_NONE},
	    {"none", L(""), L("\x82\x17\x02"), "", REFUSAL_SUIT_COMPONENT},
	    {"not left over from the shared", L("\x84\x0c\x01\x14\xa1\x15\x61u"), L("\x82\x17\x02"),
		"", REFUSAL_SUIT_COMPONENT},
	    {"all", L(""), L("\x84\x0c\xf5\x17\x02"), "invoke 0, invoke 1, invoke 2", REFUSAL_NONE},
	    {"a list", L(""), L("\x84\x0c\x82\x00\x02\x17\x02"), "invoke 0, invoke 2",
		REFUSAL_NONE},
	    {"false", L(""), L("\x84\x0c\xf4\x17\x02"), "", REFUSAL_SUIT_COMPONENT},
	    {"an empty list", L(""), L("\x84\x0c\x80\x17\x02"), "", REFUSAL_CBOR_COUNT},
	    {"beyond", L(""), L("\x84\x0c\x82\x00\x03\x17\x02"), "", REFUSAL_SUIT_COMPONENT},
	    {"a large number", L(""), L("\x84\x0c\x18\x40\x17\x02"), "", REFUSAL_SUIT_COMPONENT},
	    {"sequences within run for each", L(""),
		L("\x84\x0c\xf5\x18\x20\x45\x84\x17\x02\x17\x02"),
		"invoke 0, invoke 0, invoke 1, invoke 1, invoke 2, invoke 2", REFUSAL_NONE},
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		run_sequence(&cases[i], 3);
}

Test(format_suit_process, a_manifest_for_another_vendor_class_or_device_is_refused)
{
	static const uint8_t other[UUID_SIZE] = {1};
	static const struct {
		struct span vendor, class;
		enum refusal expected;
	} cases[] = {
	    {SPAN_OF(sk_vendor), SPAN_OF(sk_class), REFUSAL_NONE},
	    {SPAN_OF(other), SPAN_OF(sk_class), REFUSAL_SUIT_VENDOR},
	    {SPAN_OF(sk_vendor), SPAN_OF(other), REFUSAL_SUIT_CLASS},
	    {SPAN_OF(sk_vendor), {NULL, 0}, REFUSAL_SUIT_CLASS},
	};
	AUTO(buf) manifest = {0};
	struct suit_manifest m;

	sk_manifest(1, 2, &manifest);
	cr_assert_eq(suit_manifest_read(buf_span(&manifest), &m), REFUSAL_NONE);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct device device;
		struct suit_run run;

		device_init(&device);
		device.table.vendor = cases[i].vendor;
		device.table.class = cases[i].class;
		cr_assert_eq(suit_run_start(&run, &m, &device.table), REFUSAL_NONE);
		SK_CHECK(suit_run_shared(&run), cases[i].expected, "%zu", i);
		if (cases[i].expected == REFUSAL_NONE)
			SK_CHECK(suit_run_is_for(&run), REFUSAL_NONE, "%zu", i);
	}
}

/* Conditions are the author's; who it is for is not left to him. */
Test(format_suit_process, a_manifest_without_conditions_is_for_nobody_else)
{
	static const uint8_t bare[] = "\xa3\x01\x01\x02\x01\x03\x47\xa1\x02\x81\x81\x42hi";
	struct suit_manifest m;
	struct device device;
	struct suit_run run;

	cr_assert_eq(suit_manifest_read(span(bare, sizeof(bare) - 1), &m), REFUSAL_NONE);
	device_init(&device);
	cr_assert_eq(suit_run_start(&run, &m, &device.table), REFUSAL_NONE);
	SK_CHECK(suit_run_shared(&run), REFUSAL_NONE, "nothing to run");
	SK_CHECK(suit_run_is_for(&run), REFUSAL_SUIT_PARAMETER, "nobody");
}

Test(format_suit_process, what_the_device_refuses_ends_the_run)
{
	AUTO(buf) manifest = {0};
	struct suit_manifest m;
	struct device device;
	struct suit_run run;

	sk_manifest(1, 2, &manifest);
	cr_assert_eq(suit_manifest_read(buf_span(&manifest), &m), REFUSAL_NONE);
	device_init(&device);
	device.answer = REFUSAL_SUIT_IMAGE;
	cr_assert_eq(suit_run_start(&run, &m, &device.table), REFUSAL_NONE);
	SK_CHECK(suit_run(&run, SUIT_VALIDATE), REFUSAL_SUIT_IMAGE, "validate");
	cr_expect_str_eq(device.did, "image 0");
}
