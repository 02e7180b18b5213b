/*
 * tests/unit/device/update_file_test.c: files that are not what they should be in their CBOR. Each
 * is one that a device takes, but for one thing.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "signing/format/bundle.h"
#include "signing/format/recall.h"
#include "signing/format/trust.h"
#include "tests/unit/device/update_rig.h"

TestSuite(update_file, .timeout = 60);

/* 55799(map of fewer than 24 pairs), {0: name, 1: ...}: where these stand. */
#define AT_MAP  3
#define AT_NAME 5

static size_t second_key(const struct buf *file)
{
	return (size_t)AT_NAME + 1 + (file->p[AT_NAME] & 31);
}

/* Of the value behind the second key: a version, or the octets that are signed. */
static void indefinite(struct buf *file)
{
	file->p[second_key(file) + 1] |= 31;
}

static void length_written_long(struct buf *file)
{
	const size_t at = second_key(file) + 1;
	const uint8_t head = file->p[at];
	const size_t follow = (head & 31) < 24 ? 0 : (size_t)1 << ((head & 31) - 24);
	AUTO(buf) rest = {0};

	buf_put(&rest, span(file->p + at + 1, file->n - at - 1));
	file->n = at;
	buf_put_byte(file, (uint8_t)((head & 0xe0) | 27));
	for (size_t i = follow ? follow : 1; i < 8; i++)
		buf_put_byte(file, 0);
	if (!follow)
		buf_put_byte(file, head & 31);
	buf_put(file, buf_span(&rest));
}

static void key_twice(struct buf *file)
{
	file->p[second_key(file)] = 0;
}

static void unknown_key(struct buf *file)
{
	file->p[AT_MAP]++;
	buf_put(file, SPAN_LITERAL("\x17\x00"));
}

static void octets_behind(struct buf *file)
{
	buf_put_byte(file, 0);
}

/* It says that it goes on for longer than there is memory. */
static void length_bomb(struct buf *file)
{
	file->n = second_key(file) + 1;
	buf_put(file, SPAN_LITERAL("\x5b\x7f\xff\xff\xff\xff\xff\xff\xff"));
}

static void cut(struct buf *file)
{
	file->n--;
}

static const struct {
	const char *name;
	void (*spoil)(struct buf *file);
	const char *code, *bundle_code; /* NULL: the same */
} attacks[] = {
    {"indefinite length", indefinite, "cbor.indefinite", NULL},
    {"length written long", length_written_long, "cbor.long", NULL},
    {"a key twice", key_twice, "cbor.duplicate", NULL},
    {"an unknown key", unknown_key, "cbor.key", NULL},
    {"octets behind", octets_behind, "cbor.trailing", NULL},
    {"a length bomb", length_bomb, "cbor.end", "cbor.type"},
    {"the last octet away", cut, "cbor.end", NULL},
};

static void expect(const struct update_rig *rig, enum signet_result result, const char *file,
    const char *name, const char *code)
{
	cr_expect_eq(result, SIGNET_BAD_UPDATE, "%s: %s", file, name);
	cr_expect_str_eq(rig->why.code, code, "%s: %s: %s", file, name, rig->why.code);
}

Test(update_file, cbor_that_is_not_deterministic_is_refused_by_name)
{
	static const uint64_t recalled[] = {9};
	struct update_rig *rig = update_rig_new(NULL);
	struct maker_component c;
	const struct maker_release release = update_rig_release(1, "image", &c);

	for (size_t i = 0; i < COUNT(attacks); i++) {
		const char *code = attacks[i].code, *name = attacks[i].name;
		AUTO(buf) trust = {0};
		AUTO(buf) recall = {0};
		AUTO(buf) bundle = {0};

		maker_trust(rig->maker, &(struct maker_trust){.version = 2}, &trust);
		attacks[i].spoil(&trust);
		expect(rig, update_rig_take(rig, buf_span(&trust)), "trust statement", name, code);
		maker_recall(rig->maker,
		    &(struct maker_recall){.number = 1, .sequences = recalled, .count = 1},
		    &recall);
		attacks[i].spoil(&recall);
		expect(rig, update_rig_take(rig, buf_span(&recall)), "recall list", name, code);
		maker_bundle(rig->maker, &release, &bundle);
		attacks[i].spoil(&bundle);
		update_rig_file(rig, "bundle", buf_span(&bundle));
		expect(rig, update_rig_install(rig, NULL), "bundle", name,
		    attacks[i].bundle_code ? attacks[i].bundle_code : code);
	}
	cr_expect_eq(update_rig_status(rig)->trust_version, 1);
	cr_expect_eq(update_rig_status(rig)->recall_number, 0);
	update_rig_free(rig);
}
