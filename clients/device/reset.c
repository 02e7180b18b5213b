/*
 * clients/device/reset.c: factory reset, see signet-device-reset.h.
 *
 *     nothing -> telling -> erasing -> nothing
 *                   |          `-----> untold -> nothing       (forced, the server was not reached)
 *                   `-> nothing                                (not told: nothing was erased)
 *
 * Each arrow is one durable write of reset.json, which is the last that goes. Every step may be
 * done twice: the next run begins the phase anew that it finds.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "clients/device/device_internal.h"
#include "clients/device/erase.h"

/* ---- the product's data ---- */

static bool holds(const char *directory, const char *path)
{
	size_t n = strlen(directory);

	while (n > 0 && directory[n - 1] == '/')
		n--;
	return path && strncmp(directory, path, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

/* Its true name, in the arena: a link that is turned meanwhile must not lead elsewhere. */
static struct status check_data(
    struct signet_device *d, const char *path, char **ret_path, struct err *err)
{
	const char *const spared[] = {d->store_path, d->config.idevid_cert, d->config.idevid_key};
	char *true_path = realpath(path, NULL);
	struct stat st;
	const bool directory = true_path && stat(true_path, &st) == 0 && S_ISDIR(st.st_mode);

	*ret_path = directory ? arena_strdup(&d->arena, true_path) : NULL;
	free(true_path);
	if (!directory)
		return err_refuse(err, WHY(RESET_DATA), "'%.200s' is no directory", path);
	for (size_t i = 0; i < COUNT(spared); i++)
		if (holds(*ret_path, spared[i]))
			return err_refuse(err, WHY(RESET_DATA),
			    "'%.200s' holds '%.200s', which must stay", *ret_path, spared[i]);
	if (holds(d->store_path, *ret_path))
		return err_refuse(err, WHY(RESET_DATA), "'%.200s' is in the key store", *ret_path);
	return STATUS_OK;
}

/* ---- telling ---- */

static struct status tell_once(struct signet_device *d, const struct reset_record *record,
    struct identity *shown, struct err *err)
{
	AUTO_REF(session) s = NULL;
	const struct session_config config = {
	    .server = record->server,
	    .anchors = &d->anchors,
	    .time = device_time_now(d),
	    .identity = &shown->chain,
	    .key = shown->key,
	};

	TRY(session_open(&config, &s, err));
	return est_reset(s, &d->said, err);
}

static struct status tell_as(struct signet_device *d, const struct reset_record *record,
    struct identity *shown, struct retry *retry, struct err *err)
{
	for (;;) {
		struct err why = {0};
		int64_t pause;

		if (tell_once(d, record, shown, &why).ok)
			return STATUS_OK;
		pause = retry && device_reason_transient(&why)
			    ? retry_trouble(retry, d->said.retry_after)
			    : -1;
		if (pause < 0) {
			*err = why;
			return STATUS_FAILED;
		}
		device_progress(d, "%s; telling the server again in %lld s", why.message,
		    (long long)((pause + 999) / 1000));
		d->hooks.sleep(d->hooks.context, pause);
	}
}

static bool load_ldevid(struct signet_device *d, struct identity *ret)
{
	struct err none = {0};
	uint32_t current = 0;

	return d->store->ops->current(d->store, &current, &none).ok && current &&
	       identity_load(d, current, ret, &none).ok;
}

/* A refusal of the one is no refusal of the other: an LDevID may have ended, or be revoked. */
static struct status tell(struct signet_device *d, const struct reset_record *record,
    struct retry *retry, struct err *err)
{
	AUTO(identity) ldevid = {0};
	AUTO(identity) idevid = {0};
	const bool has_ldevid = load_ldevid(d, &ldevid);
	const bool has_idevid = identity_idevid(d, &idevid, &(struct err){0}).ok;
	struct err why = {0};

	if (!record->server || !d->anchors.count || (!has_ldevid && !has_idevid))
		return STATUS_OK; /* no server ever knew us, or none can be told */
	device_progress(d, "telling %s of the reset", record->server);
	if (has_ldevid && tell_as(d, record, &ldevid, retry, &why).ok)
		return STATUS_OK;
	if (has_ldevid && (!has_idevid || device_result(&why) != SIGNET_REFUSED)) {
		*err = why;
		return STATUS_FAILED;
	}
	return tell_as(d, record, &idevid, retry, err);
}

/* ---- erasing ---- */

/* Where the IDevID lies is no secret of the owner's, and the next one needs it. */
static struct status forget_config(struct signet_device *d, struct err *err)
{
	d->config = (struct device_config){.idevid_cert = d->config.idevid_cert,
	    .idevid_key = d->config.idevid_key,
	    .no_clock = d->config.no_clock};
	if (d->config.idevid_cert || d->config.idevid_key || d->config.no_clock)
		return config_save(d->store, &d->config, err);
	return d->store->ops->remove(d->store, STORE_CONFIG, err);
}

static struct status erase_data(struct signet_device *d, const struct reset_record *record,
    const struct signet_reset *how, struct err *err)
{
	struct err why = {0};

	if (record->data)
		device_progress(d, "erasing what is in %s", record->data);
	if (record->data && !erase_tree(record->data, &why).ok)
		return err_refuse(err, WHY(RESET_ERASE), "%s", why.message);
	if (how->erase && !how->erase(how->context))
		return err_refuse(err, WHY(RESET_ERASE), "the product could not erase its data");
	return STATUS_OK;
}

static struct status forget_server(struct signet_device *d, struct err *err)
{
	TRY(d->store->ops->remove(d->store, STORE_ANCHORS, err));
	certs_free(&d->anchors);
	return d->store->ops->remove(d->store, STORE_RESET, err);
}

static struct status erase(struct signet_device *d, struct reset_record *record,
    const struct signet_reset *how, struct err *err)
{
	device_progress(d, "erasing identities, keys and records");
	TRY(d->store->ops->forget(d->store, err));
	TRY(d->store->ops->remove(d->store, STORE_STATE, err));
	d->state = (struct device_state){0};
	TRY(erase_data(d, record, how, err));
	TRY(forget_config(d, err));
	if (record->told || !record->server || !d->config.idevid_cert || !d->config.idevid_key)
		return forget_server(d, err);
	device_progress(
	    d, "%s does not know of it yet; it is told when it can be reached", record->server);
	record->phase = RESET_UNTOLD;
	record->data = NULL;
	return reset_record_save(d->store, record, err);
}

/* ---- the order ---- */

static struct status begin(struct signet_device *d, const struct signet_reset *how,
    struct reset_record *record, struct err *err)
{
	*record = (struct reset_record){.phase = RESET_TELLING, .server = d->config.server};
	if (how->data)
		TRY(check_data(d, how->data, &record->data, err));
	return reset_record_save(d->store, record, err);
}

/* Not told: as if it had never been begun, unless it is to be done all the same. */
static struct status give_up(struct signet_device *d, const struct err *why, struct err *err)
{
	TRY(d->store->ops->remove(d->store, STORE_RESET, err));
	*err = *why;
	return STATUS_FAILED;
}

static struct status telling(struct signet_device *d, const struct signet_reset *how,
    struct reset_record *record, struct err *err)
{
	struct retry retry = retry_start(&how->patience, &d->hooks);
	struct err why = {0};

	record->told = tell(d, record, &retry, &why).ok;
	if (!record->told && !how->force)
		return give_up(d, &why, err);
	if (!record->told)
		device_progress(d, "%s: %s", err_code(&why), why.message);
	/* Who refuses for good is not asked again. */
	record->told = record->told || device_result(&why) == SIGNET_REFUSED;
	record->phase = RESET_ERASING;
	return reset_record_save(d->store, record, err);
}

static struct status tell_late(struct signet_device *d, const struct signet_reset *how,
    const struct reset_record *record, struct err *err)
{
	struct retry retry = retry_start(&how->patience, &d->hooks);
	struct err why = {0};

	if (!tell(d, record, &retry, &why).ok && device_result(&why) != SIGNET_REFUSED) {
		*err = why;
		return STATUS_FAILED;
	}
	return forget_server(d, err);
}

struct status reset_run(struct signet_device *d, const struct signet_reset *how, struct err *err)
{
	struct reset_record record = {0};
	bool begun;

	TRY(d->store->ops->lock(d->store, err));
	TRY(reset_record_load(d->store, &record, &begun, &d->arena, err));
	if (!begun && how->if_begun)
		return err_refuse(err, WHY(RESET_NONE), "no factory reset is under way");
	if (begun && record.phase == RESET_UNTOLD)
		return tell_late(d, how, &record, err);
	if (!begun)
		TRY(begin(d, how, &record, err));
	if (record.phase == RESET_TELLING)
		TRY(telling(d, how, &record, err));
	return erase(d, &record, how, err);
}

struct status reset_settle(struct signet_device *d, struct err *err)
{
	struct reset_record record = {0};
	struct err why = {0};
	bool begun;

	TRY(reset_record_load(d->store, &record, &begun, &d->arena, err));
	if (!begun)
		return STATUS_OK;
	if (record.phase != RESET_UNTOLD)
		return err_refuse(
		    err, WHY(RESET_UNFINISHED), "a factory reset was begun and is not finished");
	/* Told after an enrollment, it would undo that: now, or never. */
	if (!tell(d, &record, NULL, &why).ok)
		device_progress(d, "%s was not told of the reset: %s", record.server, why.message);
	d->said = (struct est_said){0};
	return forget_server(d, err);
}
