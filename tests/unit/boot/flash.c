/* tests/unit/boot/flash.c */
#include "tests/unit/boot/flash.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "signing/format/bundle.h"
#include "signing/format/uuid.h"

static const struct span components[FLASH_COMPONENTS] = {
    {(const uint8_t *)"main", 4},
    {(const uint8_t *)"radio", 5},
};

/* ---- the table that the library reads and writes by ------------------------------------------ */

static bool give(const struct buf *b, struct span *ret)
{
	*ret = buf_span(b);
	return b->n != 0;
}

static bool file(void *context, enum boot_file which, unsigned place, struct span *ret)
{
	const struct flash *f = context;

	cr_assert_lt(place, BOOT_PLACES);
	if (f->off)
		return false;
	switch (which) {
	case BOOT_FILE_ENVELOPE: return give(&f->envelopes[place], ret);
	case BOOT_FILE_TRUST: return give(&f->trust[place], ret);
	default: return give(&f->recall[place], ret);
	}
}

static bool read_image(void *context, unsigned slot, unsigned component, uint64_t offset,
    uint8_t *ret_octets, size_t n)
{
	const struct flash *f = context;
	const struct buf *image = &f->images[slot][component];

	cr_assert(n > 0 && n <= BOOT_READ_MAX);
	if (f->off || offset > image->n || n > image->n - offset)
		return false;
	memcpy(ret_octets, image->p + offset, n);
	return true;
}

static bool read_state(void *context, unsigned which, uint8_t ret_record[BOOT_STATE_SIZE])
{
	const struct flash *f = context;

	cr_assert_lt(which, BOOT_STATE_RECORDS);
	if (f->off)
		return false;
	memcpy(ret_record, f->records[which], BOOT_STATE_SIZE);
	return true;
}

static void tear(struct flash *f, uint8_t *record, const uint8_t *wanted)
{
	memcpy(record, wanted, f->cut_at);
	for (size_t i = f->cut_at; i < BOOT_STATE_SIZE && f->rest != REST_OLD; i++)
		record[i] = (uint8_t)(f->rest == REST_ERASED ? 0xff : i * 37 + f->cut_at);
	f->off = true;
}

static bool write_state(void *context, unsigned which, const uint8_t record[BOOT_STATE_SIZE])
{
	struct flash *f = context;

	cr_assert_lt(which, BOOT_STATE_RECORDS);
	if (f->off || f->writes_fail)
		return false;
	if (f->writes_nothing)
		return true;
	if ((int)f->writes++ == f->cut_write) {
		tear(f, f->records[which], record);
		return false;
	}
	memcpy(f->records[which], record, BOOT_STATE_SIZE);
	return true;
}

/* ---- the device ------------------------------------------------------------------------------ */

void flash_start(struct flash *f)
{
	*f = (struct flash){.cut_write = FLASH_STEADY};
	f->crypto = crypto_openssl(&f->openssl);
	f->table = (struct boot_flash){file, read_image, read_state, write_state, f};
	f->device = (struct boot_device){.crypto = &f->crypto,
	    .flash = &f->table,
	    .product = SPAN_LITERAL(FLASH_PRODUCT),
	    .channel = SPAN_LITERAL(FLASH_CHANNEL),
	    .components = components,
	    .component_count = FLASH_COMPONENTS};
	uuid_vendor("maker.example", f->device.vendor_id);
	uuid_class(f->device.vendor_id, FLASH_MODEL, FLASH_CHANNEL, f->device.class_id);
	memset(f->records, 0xff, sizeof(f->records));
	f->maker = maker_new(FLASH_PRODUCT, FLASH_CHANNEL, FLASH_MODEL);
	maker_trust(f->maker, &(struct maker_trust){.version = 1}, &f->trust[0]);
	assert_done(signet_boot_provision(&f->device, sha256(buf_span(&f->trust[0])).bytes, 0));
}

void flash_stop(struct flash *f)
{
	for (size_t i = 0; i < BOOT_SLOTS; i++) {
		buf_free(&f->envelopes[i]);
		buf_free(&f->trust[i]);
		buf_free(&f->recall[i]);
		for (size_t j = 0; j < FLASH_COMPONENTS; j++)
			buf_free(&f->images[i][j]);
	}
	crypto_openssl_free(&f->openssl);
	maker_free(f->maker);
}

void flash_power(struct flash *f)
{
	f->off = false;
	f->cut_write = FLASH_STEADY;
}

static void put_image(struct buf *out, size_t n, uint64_t seed)
{
	buf_reset(out);
	for (size_t i = 0; i < n; i++)
		buf_put_byte(out, (uint8_t)(seed * 31 + i * 7 + (i >> 8)));
}

void flash_install_as(
    struct flash *f, unsigned slot, uint64_t sequence, const struct maker_release *want)
{
	struct buf *images = f->images[slot];
	struct maker_component all[FLASH_COMPONENTS] = {{.id = "main"}, {.id = "radio"}};
	struct maker_release release = *want;
	struct release_bundle bundle;
	AUTO(buf) file_octets = {0};
	char version[32];

	for (size_t i = 0; i < FLASH_COMPONENTS; i++) {
		put_image(&images[i], FLASH_IMAGE / (i + 1), sequence + 100 * i);
		all[i].image = buf_span(&images[i]);
	}
	snprintf(version, sizeof(version), "1.%lu", sequence);
	release.sequence = sequence;
	release.version = version;
	if (!release.component_count) {
		release.components = all;
		release.component_count = FLASH_COMPONENTS;
	}
	maker_bundle(f->maker, &release, &file_octets);
	assert_done(release_bundle_read(buf_span(&file_octets), &bundle));
	buf_reset(&f->envelopes[slot]);
	buf_put(&f->envelopes[slot], bundle.envelope);
}

void flash_install(struct flash *f, unsigned slot, uint64_t sequence)
{
	flash_install_as(f, slot, sequence, &(struct maker_release){0});
}

void flash_confirm(struct flash *f, unsigned slot, uint64_t sequence)
{
	struct boot_image image;

	flash_install(f, slot, sequence);
	assert_done(signet_boot_stage(&f->device, slot, BOOT_NO_SLOT, 1, &image));
	flash_starts(f, BOOT_TRIAL, slot);
	assert_done(signet_boot_confirm(&f->device, slot));
}

enum refusal flash_take_trust(struct flash *f, const struct maker_trust *want)
{
	unsigned place;

	assert_done(signet_boot_spare_place(&f->device, BOOT_FILE_TRUST, &place));
	buf_reset(&f->trust[place]);
	maker_trust(f->maker, want, &f->trust[place]);
	return signet_boot_take_trust(&f->device, place);
}

enum refusal flash_take_recall(struct flash *f, const struct maker_recall *want)
{
	unsigned place;

	assert_done(signet_boot_spare_place(&f->device, BOOT_FILE_RECALL, &place));
	buf_reset(&f->recall[place]);
	maker_recall(f->maker, want, &f->recall[place]);
	return signet_boot_take_recall(&f->device, place);
}

struct boot_state flash_state(const struct flash *f)
{
	struct boot_state s;

	assert_done(signet_boot_read_state(&f->device, &s));
	return s;
}

void flash_starts(struct flash *f, enum boot_kind kind, unsigned slot)
{
	struct boot_choice choice;

	assert_done(signet_boot_choose(&f->device, &choice));
	cr_assert_eq(choice.kind, kind, "kind %d, trial %s, confirmed %s", choice.kind,
	    refusal_code(choice.trial_why), refusal_code(choice.confirmed_why));
	cr_assert_eq(choice.image.slot, slot);
}

static void put_image_text(struct buf *out, const char *name, const struct boot_image *image)
{
	buf_printf(out, " %s %lu in %u ", name, image->sequence, image->slot);
	hex_encode(span(image->digest, 4), out);
}

void flash_state_text(const struct boot_state *s, char ret_text[FLASH_TEXT_SIZE])
{
	AUTO(buf) text = {0};

	buf_printf(&text, "counter %lu trust %lu recall %lu", s->counter, s->trust.number,
	    s->recall.number);
	hex_encode(span(s->trust.digest, 4), &text);
	hex_encode(span(s->recall.digest, 4), &text);
	put_image_text(&text, "confirmed", &s->confirmed);
	put_image_text(&text, "trial", &s->trial);
	buf_printf(&text, " phase %u tries %u", s->phase, s->tries);
	cr_assert_lt(text.n, FLASH_TEXT_SIZE);
	memcpy(ret_text, buf_cstr(&text), text.n + 1);
}
