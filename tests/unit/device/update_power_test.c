/*
 * The power goes while a device updates: trust statement and recall list taken up, release fetched,
 * written, staged, started, confirmed. Whenever that is, a verified image starts, whole, and the
 * next run brings the update to its end.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "base/file.h"
#include "tests/lib/files.h"
#include "tests/unit/device/power.h"
#include "tests/unit/device/update_rig.h"

#define IMAGE_SIZE ((size_t)300 << 10) /* several writes */
#define CUTS       60                  /* UPDATE_CUTS says another number */
#define FEWEST     40                  /* calls that there are at least */

struct scene {
	struct update_rig *rig;
	struct files files;
	struct buf one, two; /* images */
	char trust[160], recall[160], before[160];
};

static void put_noise(struct buf *out, uint32_t seed)
{
	for (size_t i = 0; i < IMAGE_SIZE; i++) {
		seed = seed * 1664525 + 1013904223;
		buf_put_byte(out, (uint8_t)(seed >> 24));
	}
}

static void shell(const char *format, const char *a, const char *b)
{
	char command[512];

	snprintf(command, sizeof(command), format, a, b);
	cr_assert_eq(system(command), 0, "%s", command);
}

static void keep_file(struct scene *s, const char *name, struct buf *bytes, char *ret_path)
{
	snprintf(ret_path, 160, "%s", update_rig_file(s->rig, name, buf_span(bytes)));
}

/* Release 1 is confirmed, 2 is there to be had; all of that is kept in `before`. */
static struct scene *scene_new(void)
{
	static const uint64_t recalled[] = {1};
	struct scene *s = mem_alloc(sizeof(*s));
	AUTO(buf) trust = {0};
	AUTO(buf) recall = {0};
	struct maker_component c = {.id = "main"};
	struct maker_release r = {.sequence = 1, .components = &c, .component_count = 1};

	s->rig = update_rig_new(NULL);
	put_noise(&s->one, 1);
	put_noise(&s->two, 2);
	c.image = buf_span(&s->one);
	cr_assert_eq(update_rig_deliver(s->rig, &r), SIGNET_DONE, "%s", s->rig->why.text);
	cr_assert_eq(update_rig_boot(s->rig), SIGNET_DONE);
	cr_assert_eq(update_rig_confirm(s->rig), SIGNET_DONE);
	s->files.body = buf_span(&s->two);
	files_start(&s->files, 0);
	r.sequence = 2;
	c.image = buf_span(&s->two);
	c.uri = s->files.url;
	update_rig_bundle(s->rig, &r);
	maker_trust(
	    s->rig->maker, &(struct maker_trust){.version = 2, .next = 2, .signed_by = 15}, &trust);
	maker_recall(s->rig->maker,
	    &(struct maker_recall){.number = 1, .sequences = recalled, .count = 1}, &recall);
	keep_file(s, "trust-2", &trust, s->trust);
	keep_file(s, "recall-1", &recall, s->recall);
	snprintf(s->before, sizeof(s->before), "%s/before", s->rig->dir);
	shell("cp -a %s %s", s->rig->directory, s->before);
	return s;
}

static void scene_free(struct scene *s)
{
	files_stop(&s->files);
	buf_free(&s->one);
	buf_free(&s->two);
	update_rig_free(s->rig);
	free(s);
}

static void scene_again(struct scene *s)
{
	shell("rm -rf %s%s", s->rig->directory, "");
	shell("cp -a %s %s", s->before, s->rig->directory);
}

static bool good(enum signet_result result)
{
	return result == SIGNET_DONE || result == SIGNET_NOT_DUE;
}

static bool take(struct scene *s, const char *path)
{
	struct signet_update *u = NULL;
	bool taken = signet_update_open(&s->rig->settings, NULL, &u, NULL) == SIGNET_DONE &&
		     good(signet_update_take(u, path, &s->rig->why));

	signet_update_close(u);
	return taken;
}

/* The whole of it, from wherever it stands. */
static bool update(void *context)
{
	struct scene *s = context;

	if (take(s, s->trust) && take(s, s->recall) && good(update_rig_install(s->rig, NULL)) &&
	    update_rig_boot(s->rig) == SIGNET_DONE && good(update_rig_confirm(s->rig)))
		return true;
	fprintf(stderr, "%s: %s\n", s->rig->why.code, s->rig->why.text);
	return false;
}

/* Which of the two stands whole in the slot that starts; 0: neither. */
static int starts(struct scene *s)
{
	AUTO(buf) bytes = {0};
	char path[160];
	struct err err = {0};

	snprintf(
	    path, sizeof(path), "%s/slot-%s/image-0", s->rig->directory, s->rig->start.image.slot);
	if (!file_read(path, 2 * IMAGE_SIZE, &bytes, &err).ok)
		return 0;
	return span_equal(buf_span(&bytes), buf_span(&s->one))   ? 1
	       : span_equal(buf_span(&bytes), buf_span(&s->two)) ? 2
								 : 0;
}

static void cut_and_look(struct scene *s, const struct power_cut *cut)
{
	int image;

	scene_again(s);
	(void)power_run(update, s, cut);
	cr_assert_eq(update_rig_boot(s->rig), SIGNET_DONE, "call %ld, torn %d, keep %d: %s: %s",
	    cut->at, cut->torn, cut->keep, s->rig->why.code, s->rig->why.text);
	image = starts(s);
	cr_assert_eq((uint64_t)image, s->rig->start.image.sequence, "call %ld, torn %d, keep %d",
	    cut->at, cut->torn, cut->keep);
	cr_assert_geq(update_rig_status(s->rig)->counter, 1);
	cr_assert(update(s), "call %ld, torn %d, keep %d: not finished: %s: %s", cut->at, cut->torn,
	    cut->keep, s->rig->why.code, s->rig->why.text);
	cr_assert_eq(update_rig_boot(s->rig), SIGNET_DONE, "%s", s->rig->why.text);
	cr_assert_eq(starts(s), 2, "call %ld", cut->at);
	update_rig_status(s->rig);
	cr_assert_eq(s->rig->status.confirmed.sequence, 2, "call %ld", cut->at);
	cr_assert_eq(s->rig->status.counter, 2);
	cr_assert_eq(s->rig->status.trust_version, 2);
	cr_assert_eq(s->rig->status.recall_number, 1);
}

Test(update_power_cut, cut_at_every_call, .timeout = 600)
{
	struct scene *s = scene_new();
	long calls = power_count(update, s);

	cr_assert_gt(calls, FEWEST, "only %ld calls were counted", calls);
	for (long n = 1; n <= calls; n++)
		cut_and_look(s, &(struct power_cut){.at = n});
	scene_free(s);
}

Test(update_power_cut, cut_at_random_points_of_calls_and_writes, .timeout = 1800)
{
	const char *wished = getenv("UPDATE_CUTS"), *seed_text = getenv("UPDATE_SEED");
	const int cuts = wished ? atoi(wished) : CUTS;
	unsigned seed = seed_text ? (unsigned)strtoul(seed_text, NULL, 10) : 1;
	struct scene *s = scene_new();
	long calls = power_count(update, s);

	for (int i = 0; i < cuts; i++) {
		const struct power_cut cut = {.at = 1 + rand_r(&seed) % calls,
		    .torn = rand_r(&seed) % 1000,
		    .keep = rand_r(&seed) % 2};

		cut_and_look(s, &cut);
	}
	cr_log_info("%d power cuts, at %ld calls", cuts, calls);
	scene_free(s);
}

static bool provision(void *context)
{
	struct update_rig *rig = context;
	const enum signet_result result = update_rig_init(rig, NULL);

	return result == SIGNET_DONE || strcmp(rig->why.code, "boot.provisioned") == 0;
}

Test(update_power_cut, provisioning_cut_at_every_call, .timeout = 120)
{
	struct update_rig *rig = update_rig_raw();
	bool whole = false;

	for (long n = 1; !whole; n++) {
		shell("rm -rf %s%s", rig->directory, "");
		whole = power_run(provision, rig, &(struct power_cut){.at = n});
		cr_assert(provision(rig), "call %ld: %s", n, rig->why.text);
		update_rig_run(rig, 1, "image one");
	}
	update_rig_free(rig);
}
