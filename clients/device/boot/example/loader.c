/*
 * clients/device/boot/example/loader.c: a boot loader around libsignet-boot, to begin from.
 *
 *   boot-example FLASH
 *
 * FLASH is a file that stands for a chip: mapped into memory as flash is, laid out as below. On a
 * target nothing changes but the last third: the addresses, how a sector is erased and written, the
 * crypto table, and the jump instead of the printing. docs/boot.md walks through it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "clients/device/boot/signet-boot.h"
#include "signing/format/crypto_openssl.h"

/* ---- what this device is -------------------------------------------------------------------- */

static const struct span components[] = {{(const uint8_t *)"main", 4}};

/* UUIDs of vendor maker.example, and of its model P1 on channel stable. */
#define VENDOR_ID                                                                                 \
	0x46, 0x38, 0xe6, 0x2c, 0x74, 0x25, 0x55, 0xc8, 0xb2, 0x99, 0x24, 0x7f, 0x78, 0x70, 0xa1, \
	    0x1f
#define CLASS_ID                                                                                  \
	0xdb, 0xe2, 0xac, 0xee, 0xde, 0xb2, 0x50, 0x37, 0x88, 0x18, 0xb2, 0x67, 0x69, 0x0b, 0x6d, \
	    0xca

/* ---- where things are: each in erase blocks of its own --------------------------------------- */

static const uint32_t state_at[BOOT_STATE_RECORDS] = {0x00000, 0x01000};
static const uint32_t trust_at[BOOT_PLACES] = {0x02000, 0x04000};
static const uint32_t recall_at[BOOT_PLACES] = {0x06000, 0x08000};
static const uint32_t envelope_at[BOOT_SLOTS] = {0x0a000, 0x0c000};
static const uint32_t image_at[BOOT_SLOTS] = {0x10000, 0x20000};

#define FILE_MAX   0x2000 /* a file has four octets of length before it; erased: none */
#define IMAGE_MAX  0x10000
#define FLASH_SIZE 0x30000

struct chip {
	uint8_t *flash; /* where it is mapped */
	size_t size;
};

/* ---- the flash table --------------------------------------------------------------------------
 */

static bool file(void *context, enum boot_file which, unsigned place, struct span *ret_octets)
{
	static const uint32_t *const where[] = {[BOOT_FILE_ENVELOPE] = envelope_at,
	    [BOOT_FILE_TRUST] = trust_at,
	    [BOOT_FILE_RECALL] = recall_at};
	const struct chip *chip = context;
	const uint8_t *p = chip->flash + where[which][place];
	uint32_t n = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];

	*ret_octets = span(p + 4, n);
	return n <= FILE_MAX - 4;
}

static bool read_image(void *context, unsigned slot, unsigned component, uint64_t offset,
    uint8_t *ret_octets, size_t n)
{
	const struct chip *chip = context;

	/* One component: the whole area is its. */
	(void)component;
	if (offset > IMAGE_MAX || n > IMAGE_MAX - offset)
		return false;
	memcpy(ret_octets, chip->flash + image_at[slot] + offset, n);
	return true;
}

static bool read_state(void *context, unsigned which, uint8_t ret_record[BOOT_STATE_SIZE])
{
	const struct chip *chip = context;

	memcpy(ret_record, chip->flash + state_at[which], BOOT_STATE_SIZE);
	return true;
}

/* On a target: erase the sector, write it, wait until it is done. */
static bool write_state(void *context, unsigned which, const uint8_t record[BOOT_STATE_SIZE])
{
	struct chip *chip = context;

	memcpy(chip->flash + state_at[which], record, BOOT_STATE_SIZE);
	return msync(chip->flash, chip->size, MS_SYNC) == 0;
}

/* ---- starting ---------------------------------------------------------------------------------
 */

/* Here a target jumps: to image_at[choice->image.slot]. */
static void start(const struct boot_choice *choice)
{
	static const char *const kinds[] = {
	    [BOOT_CONFIRMED] = "confirmed", [BOOT_TRIAL] = "trial", [BOOT_RESCUE] = "rescue"};

	printf("slot %u sequence %llu %s\n", choice->image.slot,
	    (unsigned long long)choice->image.sequence, kinds[choice->kind]);
}

static int boot(struct chip *chip)
{
	AUTO(crypto_openssl) openssl = {0};
	const struct boot_crypto crypto = crypto_openssl(&openssl);
	const struct boot_flash flash = {file, read_image, read_state, write_state, chip};
	const struct boot_device device = {.crypto = &crypto,
	    .flash = &flash,
	    .product = SPAN_LITERAL("Acme Pump"),
	    .channel = SPAN_LITERAL("stable"),
	    .vendor_id = {VENDOR_ID},
	    .class_id = {CLASS_ID},
	    .components = components,
	    .component_count = COUNT(components)};
	struct boot_choice choice;
	enum refusal why = signet_boot_choose(&device, &choice);

	if (why == REFUSAL_NONE)
		start(&choice);
	else
		printf("nothing starts: %s\n", refusal_code(why));
	return why == REFUSAL_NONE ? 0 : 1;
}

int main(int argc, char **argv)
{
	struct chip chip = {.size = FLASH_SIZE};
	int fd = argc == 2 ? open(argv[1], O_RDWR | O_CLOEXEC) : -1;
	int code;

	if (fd < 0 || lseek(fd, 0, SEEK_END) != FLASH_SIZE) {
		fprintf(stderr, "usage: boot-example FLASH (a file of %d octets)\n", FLASH_SIZE);
		return 2;
	}
	chip.flash = mmap(NULL, chip.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (chip.flash == MAP_FAILED)
		return 2;
	code = boot(&chip);
	munmap(chip.flash, chip.size);
	return code;
}
