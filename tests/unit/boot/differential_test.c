/*
 * tests/unit/boot/differential_test.c: two processors read the same hostile manifests, the boot
 * loader's (clients/device/boot/boot_images.c) and the whole one (signing/format/suit_process.c).
 *
 * Manifests as Signet writes them are spoilt at random, signed by a key that may, and shown to
 * both. What starts must be what an updater would have installed, and the other way round for
 * whatever Signet itself can write: a manifest on which they differ is a way around one of them.
 */
#include "tests/unit/boot/flash.h"

#include <criterion/criterion.h>

#include "signing/format/cbor.h"
#include "signing/format/suit_process.h"

#define MANIFESTS    6000
#define COMMANDS_MAX 24
#define COMMAND_SIZE 160
#define EDITS_MAX    4

static struct flash f;

static void start(void)
{
	flash_start(&f);
	flash_confirm(&f, 0, 5);
	flash_install(&f, 1, 6);
}

static void stop(void)
{
	flash_stop(&f);
}

TestSuite(boot_differential, .init = start, .fini = stop, .timeout = 120);

/* ---- chance, the same in each run ---- */

static uint64_t chance = 0x9e3779b97f4a7c15;

static unsigned roll(unsigned sides)
{
	chance ^= chance << 13;
	chance ^= chance >> 7;
	chance ^= chance << 17;
	return (unsigned)(chance >> 32) % sides;
}

/* ---- commands ---- */

struct command {
	uint8_t bytes[COMMAND_SIZE];
	size_t n;
	bool beyond; /* what a boot loader need not know */
};

struct sequence {
	struct command commands[COMMANDS_MAX];
	size_t count;
};

struct manifest {
	struct sequence shared, validate;
	bool exchanged; /* the components' names */
	bool beyond;
};

static void keep(struct command *c, const struct buf *b)
{
	cr_assert_leq(b->n, sizeof(c->bytes));
	memcpy(c->bytes, b->p, b->n);
	c->n = b->n;
}

static struct command select_component(unsigned which)
{
	struct command c = {.beyond = which == 5};
	AUTO(buf) b = {0};

	cbor_put_uint(&b, SUIT_SET_COMPONENT);
	if (which < 3) {
		cbor_put_uint(&b, which);
	} else if (which < 5) {
		cbor_put_head(&b, CBOR_SIMPLE, which == 3 ? 21 : 20);
	} else {
		cbor_put_head(&b, CBOR_ARRAY, 2);
		cbor_put_uint(&b, 0);
		cbor_put_uint(&b, 1);
	}
	keep(&c, &b);
	return c;
}

static struct command condition(unsigned command, unsigned report)
{
	struct command c = {.beyond = command != SUIT_CONDITION_VENDOR &&
				      command != SUIT_CONDITION_CLASS &&
				      command != SUIT_CONDITION_IMAGE};
	AUTO(buf) b = {0};

	cbor_put_uint(&b, command);
	cbor_put_uint(&b, report);
	keep(&c, &b);
	return c;
}

enum fault {
	RIGHT,
	FLIPPED,
	SHORT,
	OF_ANOTHER_TYPE,
	FAULTS,
};

static void put_id(struct buf *b, unsigned key, const uint8_t id[16], enum fault fault)
{
	uint8_t bytes[16];

	memcpy(bytes, id, sizeof(bytes));
	bytes[3] ^= fault == FLIPPED;
	cbor_put_uint(b, key);
	if (fault == OF_ANOTHER_TYPE)
		cbor_put_uint(b, 1);
	else
		cbor_put_bytes(b, span(bytes, fault == SHORT ? 15 : 16));
}

static void put_image(struct buf *b, unsigned component, enum fault fault)
{
	struct digest d = sha256(buf_span(&f.images[1][component]));
	AUTO(buf) digest = {0};

	d.bytes[3] ^= fault == FLIPPED;
	cbor_put_head(&digest, CBOR_ARRAY, 2);
	cbor_put_int(&digest, fault == OF_ANOTHER_TYPE ? -99 : COSE_SHA256);
	cbor_put_bytes(&digest, span(d.bytes, fault == SHORT ? 31 : 32));
	cbor_put_uint(b, 3);
	cbor_put_bytes(b, buf_span(&digest));
}

static void put_size(struct buf *b, unsigned component, enum fault fault)
{
	cbor_put_uint(b, 14);
	if (fault == OF_ANOTHER_TYPE)
		cbor_put_text(b, "x");
	else
		cbor_put_uint(b, f.images[1][component].n - (fault != RIGHT));
}

/* `which`: bit i is parameter i of these; `wrong`: the one with the fault. */
static struct command override(
    unsigned which, unsigned component, unsigned wrong, enum fault fault, bool twice)
{
	struct command c = {.beyond = which & 16};
	AUTO(buf) b = {0};
	size_t n = 0;

	for (unsigned i = 0; i < 5; i++)
		n += which >> i & 1;
	cbor_put_uint(&b, SUIT_OVERRIDE);
	cbor_put_head(&b, CBOR_MAP, n + twice);
	if (which & 1)
		put_id(&b, 1, f.device.vendor_id, wrong == 0 ? fault : RIGHT);
	if (which & 2)
		put_id(&b, 2, f.device.class_id, wrong == 1 ? fault : RIGHT);
	if (which & 4)
		put_image(&b, component, wrong == 2 ? fault : RIGHT);
	if (which & 8)
		put_size(&b, component, wrong == 3 ? fault : RIGHT);
	if (which & 16) {
		cbor_put_uint(&b, 21);
		cbor_put_text(&b, "https://x.example/y");
	}
	if (twice)
		put_size(&b, component, RIGHT);
	keep(&c, &b);
	return c;
}

/* try-each or run-sequence, around the comparison of the image */
static struct command nested(unsigned command)
{
	struct command c = {.beyond = true};
	AUTO(buf) b = {0};

	cbor_put_uint(&b, command);
	if (command == SUIT_TRY_EACH)
		cbor_put_head(&b, CBOR_ARRAY, 1);
	cbor_put_bytes(&b, SPAN_LITERAL("\x82\x03\x0f"));
	keep(&c, &b);
	return c;
}

static struct command any_command(void)
{
	static const unsigned conditions[] = {1, 2, 3, 3, 3, 14, 24, 99};

	switch (roll(8)) {
	case 0:
	case 1: return select_component(roll(6));
	case 2:
	case 3: return condition(conditions[roll(COUNT(conditions))], roll(6) ? 15 : 16);
	case 4: return nested(roll(2) ? SUIT_TRY_EACH : SUIT_RUN_SEQUENCE);
	case 5: return override(1 + roll(31), roll(2), roll(4), RIGHT, roll(5) == 0);
	default: return override(1 + roll(15), roll(2), roll(4), (enum fault)roll(FAULTS), false);
	}
}

/* ---- manifests ---- */

static void add(struct sequence *s, struct command c)
{
	s->commands[s->count++] = c;
}

/* As Signet writes it. */
static void make(struct manifest *m)
{
	memset(m, 0, sizeof(*m));
	for (unsigned i = 0; i < FLASH_COMPONENTS; i++) {
		add(&m->shared, select_component(i));
		add(&m->shared, override(15, i, 0, RIGHT, false));
		add(&m->validate, select_component(i));
		add(&m->validate, condition(SUIT_CONDITION_IMAGE, 15));
	}
	add(&m->shared, select_component(0));
	add(&m->shared, condition(SUIT_CONDITION_VENDOR, 15));
	add(&m->shared, condition(SUIT_CONDITION_CLASS, 15));
}

static void insert(struct sequence *s, size_t at, struct command c)
{
	if (s->count == COMMANDS_MAX)
		return;
	memmove(&s->commands[at + 1], &s->commands[at], (s->count - at) * sizeof(c));
	s->commands[at] = c;
	s->count++;
}

static void edit(struct sequence *s)
{
	const size_t at = roll((unsigned)s->count + 1), other = roll((unsigned)s->count + 1);
	struct command c;

	if (at == s->count || other == s->count) {
		insert(s, s->count, any_command());
		return;
	}
	c = s->commands[at];
	switch (roll(5)) {
	case 0: insert(s, at, any_command()); break;
	case 1: s->commands[at] = any_command(); break;
	case 2: insert(s, other, c); break;
	case 3:
		s->commands[at] = s->commands[other];
		s->commands[other] = c;
		break;
	default:
		if (s->count > 1) {
			memmove(&s->commands[at], &s->commands[at + 1],
			    (s->count - at - 1) * sizeof(c));
			s->count--;
		}
		break;
	}
}

static void spoil(struct manifest *m)
{
	for (unsigned n = roll(EDITS_MAX); n; n--)
		edit(roll(2) ? &m->shared : &m->validate);
	m->exchanged = roll(30) == 0;
	for (size_t i = 0; i < m->shared.count; i++)
		m->beyond |= m->shared.commands[i].beyond;
	for (size_t i = 0; i < m->validate.count; i++)
		m->beyond |= m->validate.commands[i].beyond;
}

static void put_sequence(struct buf *out, unsigned key, const struct sequence *s)
{
	AUTO(buf) b = {0};

	cbor_put_head(&b, CBOR_ARRAY, 2 * s->count);
	for (size_t i = 0; i < s->count; i++)
		buf_put(&b, span(s->commands[i].bytes, s->commands[i].n));
	cbor_put_uint(out, key);
	cbor_put_bytes(out, buf_span(&b));
}

static void put_manifest(struct buf *out, const struct manifest *m)
{
	AUTO(buf) common = {0};

	cbor_put_head(&common, CBOR_MAP, 2);
	cbor_put_uint(&common, 2);
	cbor_put_head(&common, CBOR_ARRAY, FLASH_COMPONENTS);
	for (unsigned i = 0; i < FLASH_COMPONENTS; i++) {
		cbor_put_head(&common, CBOR_ARRAY, 1);
		cbor_put_bytes(&common, f.device.components[i ^ m->exchanged]);
	}
	put_sequence(&common, 4, &m->shared);
	cbor_put_head(out, CBOR_MAP, 4);
	cbor_put_uint(out, 1);
	cbor_put_uint(out, 1);
	cbor_put_uint(out, 2);
	cbor_put_uint(out, 6);
	cbor_put_uint(out, 3);
	cbor_put_bytes(out, buf_span(&common));
	put_sequence(out, SUIT_VALIDATE, &m->validate);
}

/* ---- two verdicts ---- */

static enum refusal by_boot(struct span manifest)
{
	struct boot_image image;

	buf_reset(&f.envelopes[1]);
	maker_envelope(f.maker, manifest, 0, &f.envelopes[1]);
	return signet_boot_verify_slot(&f.device, 1, &image);
}

struct compared {
	const struct suit_manifest *manifest;
	unsigned components; /* bit i: the device's component i */
};

/* As an updater compares, which asks for vendor and class of each image that it writes. */
static enum refusal compare(
    void *context, enum suit_command command, size_t number, const struct suit_component *c)
{
	struct compared *seen = context;
	const struct span name = suit_component_name(seen->manifest, number);

	if (command != SUIT_CONDITION_IMAGE)
		return REFUSAL_SUIT_UNSUPPORTED;
	if (!span_equal(c->vendor, SPAN_OF(f.device.vendor_id)))
		return REFUSAL_SUIT_VENDOR;
	if (!span_equal(c->class, SPAN_OF(f.device.class_id)))
		return REFUSAL_SUIT_CLASS;
	for (unsigned i = 0; i < FLASH_COMPONENTS; i++) {
		const struct span image = buf_span(&f.images[1][i]);
		struct digest d;

		if (!span_equal(name, f.device.components[i]))
			continue;
		if (!c->size.set || c->size.value > image.n)
			return REFUSAL_SUIT_IMAGE;
		d = sha256(span(image.p, (size_t)c->size.value));
		seen->components |= 1U << i;
		return span_equal(c->image.bytes, SPAN_OF(d.bytes)) ? REFUSAL_NONE
								    : REFUSAL_SUIT_IMAGE;
	}
	return REFUSAL_BOOT_COMPONENTS;
}

static enum refusal by_whole(struct span bytes)
{
	struct suit_manifest m;
	struct compared seen = {.manifest = &m};
	const struct suit_device device = {.vendor = SPAN_OF(f.device.vendor_id),
	    .class = SPAN_OF(f.device.class_id),
	    .act = compare,
	    .context = &seen};
	struct suit_run run;

	REFUSE_IF(suit_manifest_read(bytes, &m));
	if (m.component_count != FLASH_COMPONENTS)
		return REFUSAL_BOOT_COMPONENTS;
	REFUSE_IF(suit_run_start(&run, &m, &device));
	REFUSE_IF(suit_run(&run, SUIT_VALIDATE));
	return seen.components == (1U << FLASH_COMPONENTS) - 1 ? REFUSAL_NONE
							       : REFUSAL_BOOT_COMPONENTS;
}

static void tell(unsigned number, struct span manifest, enum refusal boot, enum refusal whole)
{
	AUTO(buf) hex = {0};

	hex_encode(manifest, &hex);
	cr_assert_fail("manifest %u: the boot loader says %s, the whole processor %s: %s", number,
	    refusal_code(boot), refusal_code(whole), buf_cstr(&hex));
}

Test(boot_differential, both_processors_take_and_refuse_the_same_manifests)
{
	static struct manifest m;
	unsigned taken = 0, refused = 0;

	for (unsigned i = 0; i < MANIFESTS; i++) {
		AUTO(buf) bytes = {0};
		enum refusal boot, whole;

		make(&m);
		spoil(&m);
		put_manifest(&bytes, &m);
		boot = by_boot(buf_span(&bytes));
		whole = by_whole(buf_span(&bytes));
		if (boot == REFUSAL_NONE ? whole != REFUSAL_NONE
					 : whole == REFUSAL_NONE && !m.beyond)
			tell(i, buf_span(&bytes), boot, whole);
		*(boot == REFUSAL_NONE ? &taken : &refused) += 1;
	}
	cr_assert_gt(taken, MANIFESTS / 10, "%u were taken", taken);
	cr_assert_gt(refused, MANIFESTS / 10, "%u were refused", refused);
}

/* Signed, but spoilt after it was written: what no writer of commands comes upon. */
Test(boot_differential, nothing_starts_that_the_whole_processor_refuses_wherever_an_octet_differs)
{
	static struct manifest m;
	AUTO(buf) bytes = {0};
	static const uint8_t masks[] = {0x01, 0x02, 0x04, 0x08, 0x20, 0x40, 0x80, 0xff};

	make(&m);
	put_manifest(&bytes, &m);
	for (size_t i = 0; i < bytes.n; i++)
		for (size_t k = 0; k < COUNT(masks); k++) {
			enum refusal boot, whole;

			bytes.p[i] ^= masks[k];
			boot = by_boot(buf_span(&bytes));
			whole = by_whole(buf_span(&bytes));
			if (boot == REFUSAL_NONE && whole != REFUSAL_NONE)
				tell((unsigned)i, buf_span(&bytes), boot, whole);
			bytes.p[i] ^= masks[k];
		}
}
