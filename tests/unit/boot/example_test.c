/* clients/device/boot/example: the boot loader of docs/boot.md, as a program on a file of flash. */
#include "tests/unit/boot/flash.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/lib/program.h"

/* As the example lays it out. */
#define FLASH_SIZE 0x30000
#define TRUST_AT   0x2000
#define ENVELOPES  0xa000
#define ENVELOPE_N 0x2000
#define IMAGES     0x10000
#define IMAGE_N    0x10000

static struct flash f;
static char dir[64];

static void start(void)
{
	snprintf(dir, sizeof(dir), "/tmp/signet-boot-example-XXXXXX");
	cr_assert(mkdtemp(dir));
	flash_start(&f);
	f.device.component_count = 1;
}

static void stop(void)
{
	char command[96];

	flash_stop(&f);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	cr_assert(system(command) == 0);
}

TestSuite(boot_example, .init = start, .fini = stop);

static void put_file(uint8_t *at, const struct buf *octets)
{
	if (!octets->n)
		return;
	for (unsigned i = 0; i < 4; i++)
		at[i] = (uint8_t)(octets->n >> (24 - 8 * i));
	memcpy(at + 4, octets->p, octets->n);
}

/* One component, so that it fits the example. */
static void install(unsigned slot, uint64_t sequence)
{
	static const uint8_t firmware[] = "a small firmware";
	const struct maker_component only[] = {{.id = "main", .image = SPAN_OF(firmware)}};

	flash_install_as(
	    &f, slot, sequence, &(struct maker_release){.components = only, .component_count = 1});
	buf_reset(&f.images[slot][0]);
	buf_put(&f.images[slot][0], SPAN_OF(firmware));
}

static void chip_path(char ret_path[96])
{
	snprintf(ret_path, 96, "%s/flash", dir);
}

static void write_chip(void)
{
	uint8_t *chip = mem_alloc(FLASH_SIZE);
	char path[96];
	FILE *file;

	memset(chip, 0xff, FLASH_SIZE);
	for (unsigned i = 0; i < 2; i++) {
		memcpy(chip + 0x1000 * i, f.records[i], BOOT_STATE_SIZE);
		put_file(chip + TRUST_AT + 0x2000 * i, &f.trust[i]);
		put_file(chip + ENVELOPES + ENVELOPE_N * i, &f.envelopes[i]);
		if (f.images[i][0].n)
			memcpy(chip + IMAGES + IMAGE_N * i, f.images[i][0].p, f.images[i][0].n);
	}
	chip_path(path);
	file = fopen(path, "w");
	cr_assert(file && fwrite(chip, FLASH_SIZE, 1, file) == 1 && fclose(file) == 0);
	free(chip);
}

/* What a power-on prints, and what it leaves of the state. */
static void power_on(int want_code, const char *want)
{
	char path[96], log[96];
	AUTO(buf) said = {0};
	AUTO(buf) chip = {0};
	struct err err = {0};

	chip_path(path);
	snprintf(log, sizeof(log), "%s/log", dir);
	unlink(log);
	cr_assert_eq(program_wait(program_start(log, "boot-example", path, NULL)), want_code);
	cr_assert(file_read(log, 4096, &said, &err).ok, "%s", err.message);
	cr_assert_str_eq(buf_cstr(&said), want);
	cr_assert(file_read(path, FLASH_SIZE, &chip, &err).ok, "%s", err.message);
	for (unsigned i = 0; i < 2; i++)
		memcpy(f.records[i], chip.p + 0x1000 * i, BOOT_STATE_SIZE);
}

Test(boot_example, starts_a_trial_so_often_and_then_what_is_confirmed)
{
	struct boot_image image;

	install(0, 5);
	write_chip();
	power_on(0, "slot 0 sequence 5 rescue\n");
	assert_done(signet_boot_stage(&f.device, 0, BOOT_NO_SLOT, 1, &image));
	write_chip();
	power_on(0, "slot 0 sequence 5 trial\n");
	assert_done(signet_boot_confirm(&f.device, 0));
	install(1, 6);
	assert_done(signet_boot_stage(&f.device, 1, 0, 2, &image));
	write_chip();
	power_on(0, "slot 1 sequence 6 trial\n");
	cr_assert_eq(flash_state(&f).tries, 1);
	power_on(0, "slot 1 sequence 6 trial\n");
	power_on(0, "slot 0 sequence 5 confirmed\n");
	cr_assert_eq(flash_state(&f).phase, TRIAL_FAILED);
}

Test(boot_example, starts_nothing_that_is_not_signed)
{
	install(0, 5);
	f.images[0][0].p[3] ^= 1;
	write_chip();
	power_on(1, "nothing starts: boot.nothing\n");
	memset(f.records, 0, sizeof(f.records));
	write_chip();
	power_on(1, "nothing starts: boot.state\n");
}
