/* Each call of the integrator's tables fails once: what starts then is still what may. */
#include "tests/unit/boot/flash.h"

#include <criterion/criterion.h>

static struct flash f;

/* Between the library and the flash: call number `failing` fails. */
static struct faults {
	struct boot_crypto crypto;
	struct boot_flash flash;
	unsigned calls, failing;
} faults;

static bool goes_well(void)
{
	return faults.calls++ != faults.failing;
}

static bool hash_start(void *context, int algorithm)
{
	return goes_well() && f.crypto.hash_start(context, algorithm);
}

static bool hash_more(void *context, const uint8_t *p, size_t n)
{
	return goes_well() && f.crypto.hash_more(context, p, n);
}

static bool hash_end(void *context, uint8_t *ret_digest, size_t *ret_n)
{
	return goes_well() && f.crypto.hash_end(context, ret_digest, ret_n);
}

static bool has(void *context, int algorithm)
{
	return goes_well() && f.crypto.has(context, algorithm);
}

static bool verify(void *context, int algorithm, struct span key, const struct span *parts,
    size_t count, struct span signature)
{
	return goes_well() && f.crypto.verify(context, algorithm, key, parts, count, signature);
}

static bool file(void *context, enum boot_file which, unsigned place, struct span *ret)
{
	return goes_well() && f.table.file(context, which, place, ret);
}

static bool read_image(void *context, unsigned slot, unsigned component, uint64_t offset,
    uint8_t *ret_octets, size_t n)
{
	return goes_well() && f.table.read_image(context, slot, component, offset, ret_octets, n);
}

static bool read_state(void *context, unsigned which, uint8_t ret_record[BOOT_STATE_SIZE])
{
	return goes_well() && f.table.read_state(context, which, ret_record);
}

static bool write_state(void *context, unsigned which, const uint8_t record[BOOT_STATE_SIZE])
{
	return goes_well() && f.table.write_state(context, which, record);
}

static void start(void)
{
	flash_start(&f);
	flash_confirm(&f, 0, 5);
	faults = (struct faults){
	    .crypto = {hash_start, hash_more, hash_end, has, verify, f.crypto.context},
	    .flash = {file, read_image, read_state, write_state, &f},
	};
}

static void stop(void)
{
	flash_stop(&f);
}

TestSuite(boot_fault, .init = start, .fini = stop);

/* The device with call number `failing` of this call failing. */
static struct boot_device faulty(unsigned failing)
{
	struct boot_device d = f.device;

	d.crypto = &faults.crypto;
	d.flash = &faults.flash;
	faults.calls = 0;
	faults.failing = failing;
	return d;
}

Test(boot_fault, a_trial_starts_with_its_try_taken_or_not_at_all)
{
	uint8_t records[BOOT_STATE_RECORDS][BOOT_STATE_SIZE];
	struct boot_choice choice;
	struct boot_image image;
	bool failed = true;

	flash_install(&f, 1, 6);
	assert_done(signet_boot_stage(&f.device, 1, 0, 3, &image));
	memcpy(records, f.records, sizeof(records));
	for (unsigned i = 0; failed; i++) {
		struct boot_device d = faulty(i);
		enum refusal why;

		memcpy(f.records, records, sizeof(records));
		why = signet_boot_choose(&d, &choice);
		failed = faults.calls > i;
		if (why != REFUSAL_NONE) {
			cr_assert_eq(choice.image.slot, BOOT_NO_SLOT);
			continue;
		}
		if (choice.kind == BOOT_TRIAL)
			cr_assert(flash_state(&f).tries == 2 && choice.image.slot == 1);
		else
			cr_assert_eq(choice.image.slot, choice.kind == BOOT_CONFIRMED ? 0 : 1);
		cr_assert(failed || choice.kind == BOOT_TRIAL);
	}
}

/* The images differ from the manifest: not one failure may hide that. */
Test(boot_fault, what_is_not_good_never_starts)
{
	struct boot_choice choice;
	bool failed = true;

	f.images[0][0].p[17] ^= 1;
	flash_install_as(&f, 1, 6, &(struct maker_release){.channel = "beta"});
	for (unsigned i = 0; failed; i++) {
		struct boot_device d = faulty(i);

		cr_assert_neq(signet_boot_choose(&d, &choice), REFUSAL_NONE, "call %u", i);
		failed = faults.calls > i;
	}
}

static enum refusal stage(const struct boot_device *d)
{
	struct boot_image image;

	return signet_boot_stage(d, 1, 0, 3, &image);
}

/* What was written and cannot be read back may hold or not; the one who is told reads the state. */
Test(boot_fault, a_refusal_to_stage_changes_nothing_but_for_a_write_in_doubt)
{
	bool failed = true;

	flash_install(&f, 1, 6);
	for (unsigned i = 0; failed; i++) {
		struct boot_device d = faulty(i);
		enum refusal why = stage(&d);
		bool staged = flash_state(&f).phase == TRIAL_STAGED;

		failed = faults.calls > i;
		cr_assert(staged ? why == REFUSAL_NONE || why == REFUSAL_BOOT_WRITE
				 : why != REFUSAL_NONE);
		if (staged)
			assert_done(signet_boot_roll_back(&f.device));
	}
}

Test(boot_fault, what_is_not_good_is_never_staged)
{
	bool failed = true;

	flash_install(&f, 1, 6);
	f.images[1][1].p[0] ^= 1;
	for (unsigned i = 0; failed; i++) {
		struct boot_device d = faulty(i);

		cr_assert_neq(stage(&d), REFUSAL_NONE);
		failed = faults.calls > i;
		cr_assert_eq(flash_state(&f).phase, TRIAL_NONE);
	}
}
