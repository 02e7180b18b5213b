/*
 * clients/device/update_install.c: a release into the spare slot, and the switch.
 *
 *   judged -> the slot's envelope goes -> images, each hashed as it comes -> bundle, envelope ->
 *   signet_boot_stage(): all of it verified once more as it stands there, and one record written
 *
 * Whatever is cut short is taken up again: a slot without an envelope is nothing to a boot loader,
 * and its record "incoming" says of which release the octets are that stand in it.
 */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "clients/device/update_image.h"
#include "clients/device/update_records.h"

#define TRIES_STANDARD 3

/* One run. */
struct installing {
	struct signet_update *update;
	const struct signet_update_install *how;
	struct update_release *release;
	unsigned slot;
	struct update_incoming incoming;
	unsigned component; /* of the image under way */
	struct arena arena;
};

/* ---- incoming ---- */

static struct status incoming_save(struct installing *in, struct err *err)
{
	return update_incoming_save(in->update, in->slot, &in->incoming, err);
}

/* Images of another release are of no use. */
static struct status empty_slot(struct installing *in, struct err *err)
{
	char name[UPDATE_NAME_MAX];

	for (unsigned i = 0; i < BOOT_COMPONENTS_MAX; i++) {
		update_image_name(in->slot, i, name);
		TRY(update_remove(in->update, name, err));
	}
	return STATUS_OK;
}

/* The envelope first: from then on the slot is nothing to the boot loader. */
static struct status prepare_slot(struct installing *in, struct err *err)
{
	const struct update_release *r = in->release;
	char name[UPDATE_NAME_MAX], manifest[2 * SHA256_SIZE + 1];
	struct update_incoming before = {0};

	hex_text(r->seen.record.manifest_digest, manifest);
	update_images_forget(in->update);
	update_slot_file(in->slot, "envelope", name);
	TRY(update_remove(in->update, name, err));
	if (update_incoming_load(in->update, in->slot, &before, &in->arena).ok && before.manifest &&
	    strcmp(before.manifest, manifest) == 0 && before.etags.count == r->image_count) {
		in->incoming = before;
		return STATUS_OK;
	}
	TRY(empty_slot(in, err));
	in->incoming.manifest = arena_strdup(&in->arena, manifest);
	in->incoming.etags.count = r->image_count;
	in->incoming.etags.items = arena_alloc(&in->arena, r->image_count * sizeof(char *));
	for (size_t i = 0; i < r->image_count; i++)
		in->incoming.etags.items[i] = arena_strdup(&in->arena, "");
	return incoming_save(in, err);
}

static struct status note_etag(void *context, const char *etag, struct err *err)
{
	struct installing *in = context;
	char **kept = &in->incoming.etags.items[in->component];

	if (strcmp(*kept, etag ? etag : "") == 0)
		return STATUS_OK;
	*kept = arena_strdup(&in->arena, etag ? etag : "");
	return incoming_save(in, err);
}

/* ---- images ---- */

static const char *file_at_hand(
    const struct signet_update_image *images, size_t count, struct span id)
{
	for (size_t i = 0; i < count; i++)
		if (span_equal_str(id, images[i].component))
			return images[i].file;
	return NULL;
}

static struct status fetch_image(struct installing *in, struct update_sink *sink, struct err *err)
{
	const char *etag = in->incoming.etags.items[in->component];
	struct update_download d = {.update = in->update,
	    .sink = sink,
	    .how = in->how,
	    .download_ca = in->update->config.download_ca,
	    .etag = *etag ? mem_strdup(etag) : NULL,
	    .began = note_etag,
	    .context = in};
	struct status s;

	update_progress(in->update, "fetching component '%.*s', %" PRIu64 " octets%s",
	    SPAN_PRINT(sink->image->id), sink->image->size,
	    sink->have && etag[0] ? ", the rest" : "");
	s = update_download(&d, err);
	free(d.etag);
	return s;
}

/* Bring it to its end by what is there, then by what is missing. */
static struct status fill(struct installing *in, struct update_sink *sink, struct err *err)
{
	const char *file = file_at_hand(in->how->images, in->how->image_count, sink->image->id);

	if (!file && sink->have < sink->image->size)
		return fetch_image(in, sink, err);
	if (!file)
		return STATUS_OK;
	TRY(update_sink_restart(sink, err));
	return update_sink_copy(sink, file, err);
}

/*
 * What stood in the slot before may have been torn by a power cut, or be of an image that the
 * server has replaced: when the whole turns out wrong, it is got once more from its beginning.
 */
static struct status install_image(
    struct installing *in, const struct update_image *image, struct err *err)
{
	AUTO(update_sink) sink = {.fd = -1};
	struct err why = {0};
	bool resumed;
	int fd = -1;

	TRY(update_image_open(in->update, in->slot, image->component, &fd, err));
	TRY(update_sink_open(&sink, image, fd, err));
	TRY(update_sink_resume(&sink, err));
	resumed = sink.have != 0;
	TRY(fill(in, &sink, err));
	if (update_sink_end(&sink, &why).ok)
		return STATUS_OK;
	if (resumed && why.reason == update_refusal_reason(REFUSAL_SUIT_IMAGE)) {
		update_progress(in->update, "what was there of it is damaged; from the beginning");
		TRY(update_sink_restart(&sink, err));
		TRY(note_etag(in, NULL, err));
		TRY(fill(in, &sink, err));
		return update_sink_end(&sink, err);
	}
	*err = why;
	return STATUS_FAILED;
}

/* Before anything is changed: can every image be had at all? */
static struct status check_sources(const struct installing *in, struct err *err)
{
	for (size_t i = 0; i < in->how->image_count; i++) {
		const char *id = in->how->images[i].component;
		bool known = false;

		for (size_t k = 0; k < in->release->image_count; k++)
			known = known || span_equal_str(in->release->images[k].id, id);
		if (!known)
			return update_refuse_as(
			    err, REFUSAL_BOOT_COMPONENTS, "component '%.64s'", id);
	}
	for (size_t i = 0; i < in->release->image_count; i++) {
		const struct update_image *image = &in->release->images[i];

		if (!image->uri.n && image->size &&
		    !file_at_hand(in->how->images, in->how->image_count, image->id))
			return err_refuse(err, UPDATE_WHY(UPDATE_URI),
			    "component '%.*s' has no URI, and no file is named for it",
			    SPAN_PRINT(image->id));
	}
	return STATUS_OK;
}

/* ---- the order ---- */

static struct status stage(struct installing *in, struct span file, struct err *err)
{
	struct signet_update *u = in->update;
	const unsigned tries =
	    in->how->tries > 0 ? (unsigned)in->how->tries : (unsigned)TRIES_STANDARD;
	struct boot_image image;
	char name[UPDATE_NAME_MAX];

	update_slot_file(in->slot, "bundle", name);
	TRY(update_put(u, name, file, err));
	update_slot_file(in->slot, "envelope", name);
	TRY(update_put(u, name, in->release->seen.bundle.envelope, err));
	update_images_forget(u);
	TRY(update_refuse(err, signet_boot_stage(&u->boot, in->slot, u->running, tries, &image)));
	update_progress(u,
	    "release %.*s (sequence %" PRIu64 ") stands in slot %s; the next start tries it",
	    SPAN_PRINT(in->release->seen.record.version), image.sequence,
	    update_slot_names[in->slot]);
	return STATUS_OK;
}

/* Is it there already, waiting for a start? */
static bool is_staged(const struct boot_state *state, const struct update_release *r)
{
	return state->phase == TRIAL_STAGED &&
	       span_equal(r->seen.record.manifest_digest, SPAN_OF(state->trial.digest));
}

static struct status install(struct installing *in, struct span file, struct err *err)
{
	struct boot_state state;

	TRY(update_state(in->update, &state, err));
	if (is_staged(&state, in->release)) {
		update_progress(
		    in->update, "it stands in its slot already; the next start tries it");
		return STATUS_OK;
	}
	TRY(check_sources(in, err));
	TRY(update_refuse(
	    err, signet_boot_spare_slot(&in->update->boot, in->update->running, &in->slot)));
	TRY(prepare_slot(in, err));
	for (size_t i = 0; i < in->release->image_count; i++) {
		in->component = (unsigned)i;
		TRY(install_image(in, &in->release->images[i], err));
	}
	return stage(in, file, err);
}

static struct status get_bundle(struct signet_update *u, struct signet_device *d,
    const struct signet_update_install *how, struct buf *out, struct err *err)
{
	struct update_offer offer = {0};
	struct boot_state state;
	struct err why = {0};

	if (how->bundle)
		return file_read(how->bundle, BUNDLE_SIZE_MAX, out, &why).ok
			   ? STATUS_OK
			   : err_refuse(err, UPDATE_WHY(UPDATE_FILE), "%s", why.message);
	if (!d)
		return err_refuse(err, UPDATE_WHY(UPDATE_SETTING),
		    "a bundle in a file, or a device that can ask for one");
	TRY(update_ask(u, d, &offer, err));
	TRY(update_state(u, &state, err));
	if (state.confirmed.slot != BOOT_NO_SLOT &&
	    (uint64_t)offer.sequence <= state.confirmed.sequence)
		return err_refuse(err, UPDATE_WHY(UPDATE_CURRENT),
		    "release %" PRIu64 " is confirmed here, and the newest is %" PRId64,
		    state.confirmed.sequence, offer.sequence);
	if (!offer.sequence)
		return err_refuse(
		    err, UPDATE_WHY(UPDATE_CURRENT), "no release is published for this channel");
	return update_fetch_bundle(u, d, &offer, out, err);
}

static struct status run(struct signet_update *u, struct signet_device *d,
    const struct signet_update_install *how, struct err *err)
{
	struct update_release *release = arena_alloc(&u->said, sizeof(*release));
	struct update_judged *judged = arena_alloc(&u->said, sizeof(*judged));
	struct installing in = {.update = u, .how = how, .release = release};
	AUTO(buf) bundle = {0};
	struct status s;

	if (how->tries < 0 || how->tries > BOOT_TRIES_MAX)
		return err_refuse(err, UPDATE_WHY(UPDATE_SETTING), "1 to %d tries", BOOT_TRIES_MAX);
	TRY(update_lock(u, err));
	TRY(get_bundle(u, d, how, &bundle, err));
	TRY(update_judge(u, buf_span(&bundle), how->again, release, judged, err));
	s = install(&in, buf_span(&bundle), err);
	arena_free(&in.arena);
	return s;
}

enum signet_result signet_update_install(struct signet_update *u, struct signet_device *device,
    const struct signet_update_install *how, struct signet_reason *ret_reason)
{
	static const struct signet_update_install plain = {0};
	struct err err = {0};

	arena_free(&u->said);
	if (device)
		device->said = (struct est_said){0};
	return update_finish(u, device, run(u, device, how ? how : &plain, &err), &err, ret_reason);
}

/* ---- verify ---- */

static void add_row(struct signet_update *u, struct signet_update_report *report, const char *name,
    const char *result, const char *text)
{
	if (report->count < SIGNET_UPDATE_CHECKS_MAX)
		report->rows[report->count++] = (struct signet_update_check_row){
		    arena_strdup(&u->said, name), result, arena_strdup(&u->said, text)};
}

static void report_judged(struct signet_update *u, const struct update_judged *judged,
    const struct err *why, struct signet_update_report *report)
{
	for (unsigned i = 0; i < CHECK_COUNT; i++) {
		const bool refused = i == judged->failed;

		add_row(u, report, update_check_names[i],
		    refused              ? "refused"
		    : i < judged->failed ? "ok"
					 : "not checked",
		    refused ? why->message : judged->text[i]);
	}
}

static struct status verify_image(struct signet_update *u, const struct update_image *image,
    const char *file, struct signet_update_report *report, struct err *err)
{
	AUTO(update_sink) sink = {.fd = -1};
	struct err why = {0};
	char name[CBOR_NAME_MAX + 16];
	struct status s;

	snprintf(name, sizeof(name), "image %.*s", SPAN_PRINT(image->id));
	s = update_sink_open(&sink, image, -1, &why);
	if (s.ok)
		s = update_sink_copy(&sink, file, &why);
	if (s.ok)
		s = update_sink_end(&sink, &why);
	add_row(u, report, name, s.ok ? "ok" : "refused",
	    s.ok ? "size and digest are the manifest's" : why.message);
	if (!s.ok)
		*err = why;
	return s;
}

static struct status verify(struct signet_update *u, const char *path,
    const struct signet_update_image *images, size_t count, struct signet_update_report *report,
    struct err *err)
{
	struct update_release *r = arena_alloc(&u->said, sizeof(*r));
	struct update_judged *judged = arena_alloc(&u->said, sizeof(*judged));
	AUTO(buf) bundle = {0};
	struct err why = {0};
	struct status s;

	if (!file_read(path, BUNDLE_SIZE_MAX, &bundle, &why).ok)
		return err_refuse(err, UPDATE_WHY(UPDATE_FILE), "%s", why.message);
	s = update_judge(u, buf_span(&bundle), false, r, judged, &why);
	if (r->seen.record.version.p) {
		report->sequence = r->seen.record.sequence;
		report->version = arena_strndup(
		    &u->said, (const char *)r->seen.record.version.p, r->seen.record.version.n);
	}
	report_judged(u, judged, &why, report);
	if (!s.ok)
		*err = why;
	for (size_t i = 0; s.ok && i < r->image_count; i++) {
		const char *file = file_at_hand(images, count, r->images[i].id);

		if (file)
			s = verify_image(u, &r->images[i], file, report, err);
	}
	return s;
}

enum signet_result signet_update_verify(struct signet_update *u, const char *bundle,
    const struct signet_update_image *images, size_t image_count,
    struct signet_update_report *ret_report, struct signet_reason *ret_reason)
{
	struct err err = {0};

	arena_free(&u->said);
	*ret_report = (struct signet_update_report){0};
	return update_finish(
	    u, NULL, verify(u, bundle, images, image_count, ret_report, &err), &err, ret_reason);
}
