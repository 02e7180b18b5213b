/* Factory reset: the server is told, then nothing is left but the IDevID. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "tests/unit/device/rig.h"

static struct rig *enrolled(void)
{
	struct rig *rig = rig_new(0);

	cr_assert_eq(rig_enroll(rig, NULL), SIGNET_DONE, "%s", rig->why.text);
	return rig;
}

static void expect_result(
    struct rig *rig, enum signet_result got, enum signet_result want, const char *code)
{
	cr_expect_eq(got, want, "%s: %s", rig->why.code, rig->why.text);
	cr_expect_str_eq(rig->why.code, code, "%s", rig->why.text);
}

/* How many names stand in a directory. */
static int names_in(const char *directory)
{
	char command[256];
	int count = -1;
	FILE *f;

	snprintf(command, sizeof(command), "ls -A %s | wc -l", directory);
	f = popen(command, "r");
	cr_assert(f && fscanf(f, "%d", &count) == 1);
	pclose(f);
	return count;
}

/* The lock, and where the IDevID lies. */
static void expect_nobodys(struct rig *rig)
{
	cr_expect_eq(names_in(rig->store), 2);
	cr_expect_str_eq(rig_status(rig)->identity, "IDevID");
	cr_expect_null(rig->status.server);
	cr_expect_null(rig->status.anchor_digest);
	cr_expect_null(rig->status.pending);
	cr_expect_eq(rig->status.time_floor, 0);
}

static void expect_as_before(struct rig *rig)
{
	cr_expect_str_eq(rig_status(rig)->identity, "LDevID");
	cr_expect_null(rig->status.pending);
	cr_expect_eq(rig_renew(rig, NULL), SIGNET_DONE, "%s", rig->why.text);
}

Test(device_reset, the_server_is_told_and_nothing_is_left)
{
	struct rig *rig = enrolled();

	expect_result(rig, rig_reset(rig, NULL), SIGNET_DONE, "");
	cr_expect_eq(rig->r->resets, 1);
	cr_expect_str_eq(rig->r->shown, "Test Issuing CA", "it was the LDevID that told");
	expect_nobodys(rig);
	cr_expect_eq(access(rig->idevid_key, R_OK), 0);
	cr_expect_eq(rig_enroll(rig, NULL), SIGNET_DONE, "the next owner: %s", rig->why.text);
	rig_free(rig);
}

Test(device_reset, who_refuses_the_ldevid_is_told_by_the_idevid)
{
	struct rig *rig = enrolled();

	rig->r->reset_refuses_ldevid = true;
	expect_result(rig, rig_reset(rig, NULL), SIGNET_DONE, "");
	cr_expect_eq(rig->r->resets, 2);
	expect_nobodys(rig);
	rig_free(rig);
}

Test(device_reset, refused_nothing_is_erased)
{
	struct rig *rig = enrolled();

	rig->r->reset_status = 403;
	expect_result(rig, rig_reset(rig, NULL), SIGNET_REFUSED, "server.refused-identity");
	expect_as_before(rig);
	rig_free(rig);
}

Test(device_reset, unreachable_nothing_is_erased)
{
	struct rig *rig = enrolled();
	struct signet_reset how = {.patience = {.attempts = 2}};

	rig->r->reset_status = 500;
	expect_result(rig, rig_reset(rig, &how), SIGNET_BAD_ANSWER, "server.failed");
	cr_expect_eq(rig->r->resets, 2);
	expect_as_before(rig);
	rig_free(rig);
}

Test(device_reset, a_busy_server_is_asked_again)
{
	struct rig *rig = enrolled();

	rig->r->reset_busy = 2;
	expect_result(rig, rig_reset(rig, NULL), SIGNET_DONE, "");
	cr_expect_eq(rig->r->resets, 3);
	expect_nobodys(rig);
	rig_free(rig);
}

/* ---- by force ---- */

Test(device_reset, forced_it_erases_and_tells_later_by_the_idevid)
{
	struct rig *rig = enrolled();
	struct signet_reset force = {.force = true, .patience = {.attempts = 1}};
	struct signet_reset if_begun = {.if_begun = true, .patience = {.attempts = 1}};

	rig->r->reset_status = 500;
	expect_result(rig, rig_reset(rig, &force), SIGNET_DONE, "");
	cr_expect_str_eq(rig_status(rig)->identity, "IDevID");
	cr_expect_str_eq(rig->status.pending, "untold");
	cr_expect_str_eq(rig->status.pending_operation, "reset");
	cr_expect_neq(rig_reset(rig, &if_begun), SIGNET_DONE, "it does not answer yet");
	rig->r->reset_status = 0;
	expect_result(rig, rig_reset(rig, &if_begun), SIGNET_DONE, "");
	expect_nobodys(rig);
	expect_result(rig, rig_reset(rig, &if_begun), SIGNET_NOT_DUE, "reset.none");
	rig_free(rig);
}

Test(device_reset, who_enrolls_again_tells_first_and_never_after)
{
	struct rig *rig = enrolled();
	struct signet_reset force = {.force = true, .patience = {.attempts = 1}};
	struct signet_reset if_begun = {.if_begun = true};
	int resets;

	rig->r->reset_status = 500;
	cr_assert_eq(rig_reset(rig, &force), SIGNET_DONE);
	resets = rig->r->resets;
	cr_expect_eq(rig_enroll(rig, NULL), SIGNET_DONE, "%s", rig->why.text);
	cr_expect_eq(rig->r->resets, resets + 1);
	expect_result(rig, rig_reset(rig, &if_begun), SIGNET_NOT_DUE, "reset.none");
	cr_expect_eq(rig->r->resets, resets + 1, "that would revoke what it has now");
	expect_as_before(rig);
	rig_free(rig);
}

Test(device_reset, forced_against_a_refusal_nobody_is_told_later)
{
	struct rig *rig = enrolled();
	struct signet_reset force = {.force = true};

	rig->r->reset_status = 403;
	expect_result(rig, rig_reset(rig, &force), SIGNET_DONE, "");
	expect_nobodys(rig);
	rig_free(rig);
}

Test(device_reset, a_device_that_never_enrolled_has_nobody_to_tell)
{
	struct rig *rig = rig_new(0);

	rig->later = rig->settings;
	rig->later.server = NULL;
	rig->later.pin = NULL;
	expect_result(rig, rig_reset(rig, NULL), SIGNET_DONE, "");
	cr_expect_eq(rig->r->requests, 0);
	rig_free(rig);
}

/* ---- the product's data ---- */

static void make_data(const struct rig *rig, char path[static 128])
{
	AUTO(buf) command = {0};

	snprintf(path, 128, "%s/data", rig->dir);
	buf_printf(&command,
	    "mkdir -p %s/a/b && echo secret >%s/a/b/file && echo secret >%s/other && "
	    "echo stays >%s/outside && ln -s %s/outside %s/link && ln -s %s %s/a/up",
	    path, path, path, rig->dir, rig->dir, path, rig->dir, path);
	cr_assert_eq(system(buf_cstr(&command)), 0);
}

Test(device_reset, the_products_data_goes_too_and_links_lead_nowhere)
{
	struct rig *rig = enrolled();
	char data[128], outside[160], kept[192];
	struct signet_reset how = {.data = data};
	struct stat st;

	make_data(rig, data);
	snprintf(outside, sizeof(outside), "%s/outside", rig->dir);
	snprintf(kept, sizeof(kept), "%s/other", rig->dir);
	/* A second name of a file elsewhere: the name goes, the bytes are another's. */
	cr_assert_eq(link(outside, kept), 0);
	expect_result(rig, rig_reset(rig, &how), SIGNET_DONE, "");
	cr_expect_eq(names_in(data), 0);
	cr_expect(stat(outside, &st) == 0 && st.st_size == 6);
	rig_free(rig);
}

Test(device_reset, a_directory_that_holds_what_must_stay_is_refused)
{
	struct rig *rig = enrolled();
	char inside[160], file[160];
	const char *const wrong[] = {"/", rig->dir, rig->store, inside, "/no/such/directory", file};

	snprintf(inside, sizeof(inside), "%s/current", rig->store);
	snprintf(file, sizeof(file), "%s", rig->root_file);
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct signet_reset how = {.data = wrong[i], .force = true};

		expect_result(rig, rig_reset(rig, &how), SIGNET_BAD_ARGUMENT, "reset.data");
	}
	cr_expect_eq(rig->r->resets, 0);
	expect_as_before(rig);
	rig_free(rig);
}

struct eraser {
	int calls;
	bool works;
};

static bool count_and_erase(void *context)
{
	struct eraser *e = context;

	e->calls++;
	return e->works;
}

Test(device_reset, a_product_that_cannot_erase_its_data_is_asked_again)
{
	struct rig *rig = enrolled();
	struct eraser eraser = {0};
	struct signet_reset how = {.erase = count_and_erase, .context = &eraser};

	expect_result(rig, rig_reset(rig, &how), SIGNET_STORE_FAILED, "reset.erase");
	cr_expect_str_eq(rig_status(rig)->pending, "erasing");
	cr_expect_str_eq(rig->status.identity, "IDevID", "the LDevID is gone by then");
	expect_result(rig, rig_enroll(rig, NULL), SIGNET_STORE_FAILED, "reset.unfinished");
	expect_result(rig, rig_renew(rig, NULL), SIGNET_STORE_FAILED, "reset.unfinished");
	eraser.works = true;
	how.if_begun = true;
	expect_result(rig, rig_reset(rig, &how), SIGNET_DONE, "");
	cr_expect_eq(eraser.calls, 2);
	expect_nobodys(rig);
	rig_free(rig);
}
