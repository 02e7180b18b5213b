#include "tests/unit/device/update_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "base/file.h"

static void rig_sleep(void *context, int64_t milliseconds)
{
	struct update_rig *rig = context;

	(void)milliseconds;
	rig->sleeps++;
}

static void rig_progress(void *context, const char *line)
{
	struct update_rig *rig = context;
	size_t n = strlen(rig->progress);

	snprintf(rig->progress + n, sizeof(rig->progress) - n, "%s\n", line);
}

struct update_rig *update_rig_raw(void)
{
	struct update_rig *rig = mem_alloc(sizeof(*rig));

	snprintf(rig->dir, sizeof(rig->dir), "/tmp/signet-update-test-XXXXXX");
	cr_assert(mkdtemp(rig->dir));
	snprintf(rig->directory, sizeof(rig->directory), "%s/update", rig->dir);
	snprintf(rig->bundle, sizeof(rig->bundle), "%s/bundle", rig->dir);
	rig->maker = maker_new("sensor", "stable", "S1");
	rig->settings = (struct signet_update_settings){.directory = rig->directory};
	rig->hooks =
	    (struct signet_hooks){.sleep = rig_sleep, .progress = rig_progress, .context = rig};
	return rig;
}

const char *update_rig_file(struct update_rig *rig, const char *name, struct span bytes)
{
	static char paths[4][160];
	static unsigned next;
	char *path = paths[next++ % COUNT(paths)];
	struct err err = {0};

	snprintf(path, sizeof(paths[0]), "%s/%s", rig->dir, name);
	cr_assert(file_replace(path, bytes, 0600, &err).ok, "%s", err.message);
	return path;
}

enum signet_result update_rig_init(struct update_rig *rig, const struct maker_trust *trust)
{
	const struct maker_trust plain = {0};
	AUTO(buf) file = {0};
	char digest[2 * SHA256_SIZE + 1];
	struct digest d;
	struct signet_update_product product = {.product = "sensor",
	    .channel = "stable",
	    .model = "S1",
	    .vendor_domain = "maker.example",
	    .trust_digest = digest,
	    .download_ca = rig->download_ca};

	maker_trust(rig->maker, trust ? trust : &plain, &file);
	d = sha256(buf_span(&file));
	hex_text(SPAN_OF(d.bytes), digest);
	product.trust_file = update_rig_file(rig, "trust.cbor", buf_span(&file));
	return signet_update_init(&rig->settings, &product, &rig->why);
}

struct update_rig *update_rig_new(const struct maker_trust *trust)
{
	struct update_rig *rig = update_rig_raw();

	cr_assert_eq(update_rig_init(rig, trust), SIGNET_DONE, "%s", rig->why.text);
	return rig;
}

void update_rig_free(struct update_rig *rig)
{
	char command[128];

	signet_update_close(rig->update);
	maker_free(rig->maker);
	snprintf(command, sizeof(command), "rm -rf %s", rig->dir);
	cr_assert(system(command) == 0);
	free(rig);
}

static struct signet_update *open_rig(struct update_rig *rig)
{
	signet_update_close(rig->update);
	rig->update = NULL;
	cr_assert_eq(signet_update_open(&rig->settings, &rig->hooks, &rig->update, &rig->why),
	    SIGNET_DONE, "%s", rig->why.text);
	return rig->update;
}

struct maker_release update_rig_release(
    uint64_t sequence, const char *image, struct maker_component *component)
{
	*component = (struct maker_component){.id = "main", .image = span_str(image)};
	return (struct maker_release){
	    .sequence = sequence, .components = component, .component_count = 1};
}

void update_rig_bundle(struct update_rig *rig, const struct maker_release *release)
{
	AUTO(buf) file = {0};

	maker_bundle(rig->maker, release, &file);
	update_rig_file(rig, "bundle", buf_span(&file));
}

enum signet_result update_rig_install(
    struct update_rig *rig, const struct signet_update_install *how)
{
	struct signet_update_install mine = how ? *how : (struct signet_update_install){0};

	mine.bundle = mine.bundle ? mine.bundle : rig->bundle;
	return signet_update_install(open_rig(rig), NULL, &mine, &rig->why);
}

enum signet_result update_rig_deliver(struct update_rig *rig, const struct maker_release *release)
{
	struct signet_update_image images[4];
	char paths[4][160];

	update_rig_bundle(rig, release);
	for (size_t i = 0; i < release->component_count; i++) {
		const struct maker_component *c = &release->components[i];
		char name[80];

		snprintf(name, sizeof(name), "image-%s", c->id);
		snprintf(paths[i], sizeof(paths[i]), "%s", update_rig_file(rig, name, c->image));
		images[i] = (struct signet_update_image){c->id, paths[i]};
	}
	return update_rig_install(rig, &(struct signet_update_install){.images = images,
					   .image_count = release->component_count});
}

enum signet_result update_rig_take(struct update_rig *rig, struct span file)
{
	const char *path = update_rig_file(rig, "taken", file);

	return signet_update_take(open_rig(rig), path, &rig->why);
}

enum signet_result update_rig_boot(struct update_rig *rig)
{
	return signet_update_boot(open_rig(rig), &rig->start, &rig->why);
}

enum signet_result update_rig_confirm(struct update_rig *rig)
{
	return signet_update_confirm(open_rig(rig), &rig->why);
}

enum signet_result update_rig_rollback(struct update_rig *rig)
{
	return signet_update_rollback(open_rig(rig), &rig->why);
}

const struct signet_update_status *update_rig_status(struct update_rig *rig)
{
	cr_assert_eq(signet_update_status(open_rig(rig), &rig->status, &rig->why), SIGNET_DONE,
	    "%s", rig->why.text);
	return &rig->status;
}

void update_rig_run(struct update_rig *rig, uint64_t sequence, const char *image)
{
	struct maker_component component;
	const struct maker_release release = update_rig_release(sequence, image, &component);

	cr_assert_eq(
	    update_rig_deliver(rig, &release), SIGNET_DONE, "%s: %s", rig->why.code, rig->why.text);
	cr_assert_eq(update_rig_boot(rig), SIGNET_DONE, "%s", rig->why.text);
	cr_assert_eq(rig->start.image.sequence, sequence);
	cr_assert_eq(update_rig_confirm(rig), SIGNET_DONE, "%s", rig->why.text);
}

bool update_rig_runs(struct update_rig *rig, const char *image)
{
	AUTO(buf) bytes = {0};
	char path[160];
	struct err err = {0};

	snprintf(path, sizeof(path), "%s/slot-%s/image-0", rig->directory, rig->start.image.slot);
	return file_read(path, 1 << 20, &bytes, &err).ok && span_equal_str(buf_span(&bytes), image);
}
