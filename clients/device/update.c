/* clients/device/update.c: the handle, provisioning, and what a start, a confirmation and a way
 * back do. */
#include "clients/device/update_records.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"

#define RUNNING_FILE "running"

void update_progress(const struct signet_update *u, const char *format, ...)
{
	char line[512];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	u->hooks.progress(u->hooks.context, line);
}

enum signet_result update_finish(struct signet_update *u, const struct signet_device *d,
    struct status s, const struct err *err, struct signet_reason *ret_reason)
{
	update_unlock(u);
	return device_finish(d, s, err, ret_reason);
}

/* ---- what is in force ---- */

struct status update_state(struct signet_update *u, struct boot_state *ret_state, struct err *err)
{
	return update_refuse(err, signet_boot_read_state(&u->boot, ret_state));
}

/* One of the places holds the file of this digest. */
bool update_in_force(struct signet_update *u, enum boot_file file, const struct boot_pin *pin,
    struct span *ret_octets)
{
	for (unsigned place = 0; place < BOOT_PLACES; place++) {
		struct digest d;

		if (!u->flash.file(u, file, place, ret_octets))
			continue;
		d = sha256(*ret_octets);
		if (memcmp(d.bytes, pin->digest, sizeof(d.bytes)) == 0)
			return true;
	}
	return false;
}

struct status update_trust(struct signet_update *u, const struct boot_state *state,
    struct span *ret_file, struct trust *ret_trust, struct err *err)
{
	if (!update_in_force(u, BOOT_FILE_TRUST, &state->trust, ret_file))
		return update_refuse(err, REFUSAL_BOOT_TRUST_LOST);
	return update_refuse(err, trust_read(*ret_file, ret_trust));
}

struct status update_recall(struct signet_update *u, const struct boot_state *state,
    struct recall *ret_recall, bool *ret_there, struct err *err)
{
	struct span file;

	*ret_there = state->recall.number != 0;
	if (!*ret_there)
		return STATUS_OK;
	if (!update_in_force(u, BOOT_FILE_RECALL, &state->recall, &file))
		return update_refuse(err, REFUSAL_BOOT_RECALL_LOST);
	return update_refuse(err, recall_read(file, ret_recall));
}

struct status update_take_up(
    struct signet_update *u, enum boot_file file, struct span bytes, struct err *err)
{
	char name[UPDATE_NAME_MAX];
	unsigned place;

	TRY(update_refuse(err, signet_boot_spare_place(&u->boot, file, &place)));
	update_file_name(file, place, name);
	TRY(update_put(u, name, bytes, err));
	return update_refuse(err, file == BOOT_FILE_TRUST
				      ? signet_boot_take_trust(&u->boot, place)
				      : signet_boot_take_recall(&u->boot, place));
}

/* ---- the handle ---- */

static unsigned slot_by_name(const char *name)
{
	for (unsigned i = 0; i < BOOT_SLOTS; i++)
		if (strcmp(name, update_slot_names[i]) == 0)
			return i;
	return BOOT_NO_SLOT;
}

static struct status set_running(struct signet_update *u, const char *running, struct err *err)
{
	AUTO(buf) noted = {0};

	u->running = BOOT_NO_SLOT;
	if (!running) {
		if (update_get(u, RUNNING_FILE, 8, &noted, &(struct err){0}).ok && noted.n == 2)
			noted.n--, u->running = slot_by_name(buf_cstr(&noted));
		return STATUS_OK;
	}
	u->running = slot_by_name(running);
	if (u->running == BOOT_NO_SLOT && strcmp(running, "none") != 0)
		return err_refuse(err, UPDATE_WHY(UPDATE_SETTING),
		    "the running slot is a, b or none, not '%.20s'", running);
	return STATUS_OK;
}

static struct signet_update *handle_new(const struct signet_hooks *hooks)
{
	struct signet_update *u = mem_alloc(sizeof(*u));

	u->fd = u->lock_fd = -1;
	for (unsigned slot = 0; slot < BOOT_SLOTS; slot++)
		for (unsigned i = 0; i < BOOT_COMPONENTS_MAX; i++)
			u->images[slot][i] = -1;
	u->running = BOOT_NO_SLOT;
	u->hooks = device_hooks(hooks);
	u->crypto = crypto_openssl(&u->openssl);
	update_flash(u);
	return u;
}

void signet_update_close(struct signet_update *u)
{
	if (!u)
		return;
	update_directory_close(u);
	for (size_t i = 0; i < UPDATE_FILES; i++)
		for (size_t place = 0; place < BOOT_PLACES; place++)
			buf_free(&u->files[i][place]);
	crypto_openssl_free(&u->openssl);
	arena_free(&u->arena);
	arena_free(&u->said);
	free(u);
}
DEFINE_AUTO_REF(signet_update, signet_update_close)

static struct status check_directory(const struct signet_update_settings *settings, struct err *err)
{
	if (!settings->directory || !*settings->directory)
		return err_refuse(err, UPDATE_WHY(UPDATE_SETTING), "no directory is named");
	return STATUS_OK;
}

static struct status open_update(
    struct signet_update *u, const struct signet_update_settings *settings, struct err *err)
{
	TRY(check_directory(settings, err));
	TRY(update_directory_open(u, settings->directory, false, err));
	TRY(update_config_load(u, err));
	return set_running(u, settings->running, err);
}

enum signet_result signet_update_open(const struct signet_update_settings *settings,
    const struct signet_hooks *hooks, struct signet_update **ret_update,
    struct signet_reason *ret_reason)
{
	AUTO_REF(signet_update) u = handle_new(hooks);
	struct err err = {0};
	struct status s = open_update(u, settings, &err);

	*ret_update = s.ok ? TAKE(u) : NULL;
	return device_finish(NULL, s, &err, ret_reason);
}

/* ---- provisioning ---- */

static struct status check_name(const char *what, const char *name, struct err *err)
{
	size_t n = name ? strlen(name) : 0;

	for (size_t i = 0; i < n; i++)
		if (name[i] < 0x20 || name[i] > 0x7e)
			n = 0;
	if (!n || n > CBOR_NAME_MAX)
		return err_refuse(err, UPDATE_WHY(UPDATE_SETTING),
		    "%s is 1 to %d printable characters of ASCII", what, CBOR_NAME_MAX);
	return STATUS_OK;
}

static struct status check_product(const struct signet_update_product *p, struct err *err)
{
	TRY(check_name("the product", p->product, err));
	TRY(check_name("the channel", p->channel, err));
	if (p->model)
		TRY(check_name("the model", p->model, err));
	if (p->component_count > BOOT_COMPONENTS_MAX)
		return err_refuse(err, UPDATE_WHY(UPDATE_SETTING),
		    "a device has %d components at most", BOOT_COMPONENTS_MAX);
	for (size_t i = 0; i < p->component_count; i++) {
		TRY(check_name("a component's id", p->components[i], err));
		for (size_t k = 0; k < i; k++)
			if (strcmp(p->components[i], p->components[k]) == 0)
				return err_refuse(err, UPDATE_WHY(UPDATE_SETTING),
				    "component '%s' is named twice", p->components[i]);
	}
	return STATUS_OK;
}

/* The file whose digest came by another way, and nothing else. */
static struct status read_first_trust(const struct signet_update_product *p, struct buf *ret_file,
    struct digest *ret_digest, struct trust *ret_trust, struct err *err)
{
	AUTO(buf) wanted = {0};
	struct err why = {0};

	if (!p->trust_digest || !hex_decode(span_str(p->trust_digest), &wanted, &why).ok ||
	    wanted.n != SHA256_SIZE)
		return err_refuse(err, UPDATE_WHY(UPDATE_SETTING),
		    "the trust statement's digest is 64 hex digits");
	if (!p->trust_file || !file_read(p->trust_file, TRUST_SIZE_MAX, ret_file, &why).ok)
		return err_refuse(err, UPDATE_WHY(UPDATE_FILE), "trust statement: %s",
		    p->trust_file ? why.message : "no file is named");
	*ret_digest = sha256(buf_span(ret_file));
	if (!span_equal(SPAN_OF(ret_digest->bytes), buf_span(&wanted)))
		return err_refuse(err, UPDATE_WHY(UPDATE_TRUST),
		    "'%s' has another digest than the one given", p->trust_file);
	TRY(update_refuse_as(
	    err, trust_read(buf_span(ret_file), ret_trust), "'%s'", p->trust_file));
	if (!span_equal_str(ret_trust->product, p->product))
		return update_refuse_as(err, REFUSAL_TRUST_PRODUCT, "'%s' is of '%.*s'",
		    p->trust_file, SPAN_PRINT(ret_trust->product));
	return STATUS_OK;
}

static struct status check_vendor(
    const struct signet_update_product *p, const struct trust *trust, struct err *err)
{
	uint8_t vendor[UUID_SIZE];

	if (!p->vendor_domain)
		return STATUS_OK;
	uuid_vendor(p->vendor_domain, vendor);
	if (!span_equal(trust->vendor_id, SPAN_OF(vendor)))
		return err_refuse(err, UPDATE_WHY(UPDATE_VENDOR),
		    "the trust statement is of another vendor than '%.200s'", p->vendor_domain);
	return STATUS_OK;
}

static struct status write_config(struct signet_update *u, const struct signet_update_product *p,
    const struct trust *trust, struct err *err)
{
	static const char *const standard[] = {"main"};
	const char *const *ids = p->component_count ? p->components : standard;
	const size_t count = p->component_count ? p->component_count : COUNT(standard);
	struct update_config *c = &u->config;
	char vendor[2 * UUID_SIZE + 1] = "";

	hex_text(trust->vendor_id, vendor);
	*c = (struct update_config){.product = arena_strdup(&u->arena, p->product),
	    .channel = arena_strdup(&u->arena, p->channel),
	    .model = arena_strdup(&u->arena, p->model ? p->model : p->product),
	    .vendor_id = arena_strdup(&u->arena, vendor),
	    .download_ca = p->download_ca ? arena_strdup(&u->arena, p->download_ca) : NULL};
	c->components.count = count;
	c->components.items = arena_alloc(&u->arena, count * sizeof(char *));
	for (size_t i = 0; i < count; i++)
		c->components.items[i] = arena_strdup(&u->arena, ids[i]);
	TRY(update_config_apply(u, err));
	return update_config_save(u, c, err);
}

static struct status init_update(struct signet_update *u,
    const struct signet_update_settings *settings, const struct signet_update_product *p,
    struct err *err)
{
	AUTO(buf) file = {0};
	struct boot_state state;
	struct digest digest;
	struct trust trust;
	char name[UPDATE_NAME_MAX];

	TRY(check_directory(settings, err));
	TRY(check_product(p, err));
	TRY(read_first_trust(p, &file, &digest, &trust, err));
	TRY(check_vendor(p, &trust, err));
	TRY(update_directory_open(u, settings->directory, true, err));
	TRY(update_lock(u, err));
	/* What stands in a state is not to be changed by files: look before anything is written. */
	u->boot = (struct boot_device){.crypto = &u->crypto, .flash = &u->flash};
	if (signet_boot_read_state(&u->boot, &state) == REFUSAL_NONE)
		return update_refuse(err, REFUSAL_BOOT_PROVISIONED);
	TRY(write_config(u, p, &trust, err));
	update_file_name(BOOT_FILE_TRUST, 0, name);
	TRY(update_put(u, name, buf_span(&file), err));
	return update_refuse(err, signet_boot_provision(&u->boot, digest.bytes, p->counter));
}

enum signet_result signet_update_init(const struct signet_update_settings *settings,
    const struct signet_update_product *product, struct signet_reason *ret_reason)
{
	AUTO_REF(signet_update) u = handle_new(NULL);
	struct err err = {0};

	return device_finish(NULL, init_update(u, settings, product, &err), &err, ret_reason);
}

/* ---- take ---- */

/* Which of the two a file is, says its name for itself; what cannot be read need not be written. */
static struct status read_kind(
    struct span file, const char *path, enum boot_file *ret_kind, struct err *err)
{
	struct trust trust;
	struct recall recall;
	enum refusal refusal = recall_read(file, &recall);

	*ret_kind = BOOT_FILE_RECALL;
	if (refusal == REFUSAL_RECALL_FORMAT || refusal == REFUSAL_RECALL_SIZE) {
		*ret_kind = BOOT_FILE_TRUST;
		refusal = trust_read(file, &trust);
	}
	return update_refuse_as(err, refusal, "'%s'", path);
}

static struct status take(struct signet_update *u, const char *path, struct err *err)
{
	AUTO(buf) file = {0};
	struct boot_state before, after;
	struct err why = {0};
	enum boot_file kind;

	if (!file_read(path, TRUST_SIZE_MAX, &file, &why).ok)
		return err_refuse(err, UPDATE_WHY(UPDATE_FILE), "%s", why.message);
	TRY(update_lock(u, err));
	TRY(update_state(u, &before, err));
	TRY(read_kind(buf_span(&file), path, &kind, err));
	TRY(update_take_up(u, kind, buf_span(&file), err));
	TRY(update_state(u, &after, err));
	if (before.trust.number == after.trust.number &&
	    before.recall.number == after.recall.number)
		return err_refuse(
		    err, UPDATE_WHY(UPDATE_CURRENT), "'%s' is in force already", path);
	return STATUS_OK;
}

enum signet_result signet_update_take(
    struct signet_update *u, const char *file, struct signet_reason *ret_reason)
{
	struct err err = {0};

	return update_finish(u, NULL, take(u, file, &err), &err, ret_reason);
}

/* ---- confirm, roll back ---- */

static struct status confirm(struct signet_update *u, struct err *err)
{
	struct boot_state state;

	TRY(update_lock(u, err));
	TRY(update_state(u, &state, err));
	if (state.phase == TRIAL_NONE || state.phase == TRIAL_FAILED)
		return err_refuse(
		    err, UPDATE_WHY(UPDATE_CONFIRMED), "there is no trial to confirm");
	TRY(update_refuse(err, signet_boot_confirm(&u->boot, u->running)));
	update_progress(u, "release %llu is confirmed; nothing older starts any more",
	    (unsigned long long)state.trial.sequence);
	return STATUS_OK;
}

enum signet_result signet_update_confirm(struct signet_update *u, struct signet_reason *ret_reason)
{
	struct err err = {0};

	return update_finish(u, NULL, confirm(u, &err), &err, ret_reason);
}

static struct status roll_back(struct signet_update *u, struct err *err)
{
	TRY(update_lock(u, err));
	TRY(update_refuse(err, signet_boot_roll_back(&u->boot)));
	update_progress(u, "the trial is given up; the confirmed image starts next");
	return STATUS_OK;
}

enum signet_result signet_update_rollback(struct signet_update *u, struct signet_reason *ret_reason)
{
	struct err err = {0};

	return update_finish(u, NULL, roll_back(u, &err), &err, ret_reason);
}

/* ---- boot, status ---- */

/* As the bundle beside the image says, where that is the bundle of this image. */
static const char *version_in_slot(struct signet_update *u, const struct boot_image *image)
{
	AUTO(buf) file = {0};
	struct release_record record;
	struct release_bundle bundle;
	char name[UPDATE_NAME_MAX];

	update_slot_file(image->slot, "bundle", name);
	if (!update_get(u, name, BUNDLE_SIZE_MAX, &file, &(struct err){0}).ok ||
	    release_bundle_read(buf_span(&file), &bundle) != REFUSAL_NONE ||
	    release_record_read(bundle.record, &record) != REFUSAL_NONE ||
	    !span_equal(record.manifest_digest, SPAN_OF(image->digest)))
		return NULL;
	return arena_strndup(&u->said, (const char *)record.version.p, record.version.n);
}

static void describe_slot(
    struct signet_update *u, const struct boot_image *image, struct signet_update_slot *ret_slot)
{
	*ret_slot = (struct signet_update_slot){0};
	if (image->slot >= BOOT_SLOTS)
		return;
	ret_slot->sequence = image->sequence;
	ret_slot->slot = update_slot_names[image->slot];
	ret_slot->version = version_in_slot(u, image);
	hex_text(SPAN_OF(image->digest), ret_slot->digest);
}

static struct status boot(
    struct signet_update *u, struct signet_update_start *ret_start, struct err *err)
{
	static const char *const kinds[] = {
	    [BOOT_CONFIRMED] = "confirmed", [BOOT_TRIAL] = "trial", [BOOT_RESCUE] = "rescue"};
	struct signet_update_start start = {0};
	struct boot_choice choice;
	char noted[2] = "?\n";

	TRY(update_lock(u, err));
	TRY(update_refuse(err, signet_boot_choose(&u->boot, &choice)));
	describe_slot(u, &choice.image, &start.image);
	start.kind = kinds[choice.kind];
	start.trial_why = choice.trial_why == REFUSAL_NONE ? NULL : refusal_code(choice.trial_why);
	start.recalled = choice.recalled;
	start.unvouched = choice.unvouched;
	u->running = choice.image.slot;
	noted[0] = update_slot_names[choice.image.slot % BOOT_SLOTS][0];
	TRY(update_put(u, RUNNING_FILE, span(noted, sizeof(noted)), err));
	*ret_start = start;
	return STATUS_OK;
}

enum signet_result signet_update_boot(struct signet_update *u,
    struct signet_update_start *ret_start, struct signet_reason *ret_reason)
{
	struct err err = {0};

	arena_free(&u->said);
	return update_finish(u, NULL, boot(u, ret_start, &err), &err, ret_reason);
}

static struct status status(
    struct signet_update *u, struct signet_update_status *ret_status, struct err *err)
{
	static const char *const phases[] = {[TRIAL_NONE] = "none",
	    [TRIAL_STAGED] = "staged",
	    [TRIAL_STARTED] = "started",
	    [TRIAL_FAILED] = "failed"};
	struct signet_update_status st = {
	    .product = u->config.product, .channel = u->config.channel};
	struct boot_state state;
	struct recall recall;
	bool listed;

	TRY(update_state(u, &state, err));
	TRY(update_recall(u, &state, &recall, &listed, err));
	st.running = u->running < BOOT_SLOTS ? update_slot_names[u->running] : NULL;
	describe_slot(u, &state.confirmed, &st.confirmed);
	if (state.phase != TRIAL_NONE)
		describe_slot(u, &state.trial, &st.trial);
	st.phase = phases[state.phase];
	st.tries = state.phase == TRIAL_STAGED || state.phase == TRIAL_STARTED ? state.tries : 0;
	st.counter = state.counter;
	st.trust_version = state.trust.number;
	st.recall_number = state.recall.number;
	st.recalled = listed && st.confirmed.slot && recall_has(&recall, state.confirmed.sequence);
	uuid_text(u->boot.vendor_id, st.vendor_id);
	uuid_text(u->boot.class_id, st.class_id);
	*ret_status = st;
	return STATUS_OK;
}

enum signet_result signet_update_status(struct signet_update *u,
    struct signet_update_status *ret_status, struct signet_reason *ret_reason)
{
	struct err err = {0};

	arena_free(&u->said);
	return update_finish(u, NULL, status(u, ret_status, &err), &err, ret_reason);
}
