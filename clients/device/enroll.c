/*
 * clients/device/enroll.c: from asking to the current identity, in two phases.
 *
 *     nothing -> asked (key stored) -> staged (certificate stored) -> used once -> current
 *
 * Each arrow is one durable write, made in the order that leaves the old identity whole until the
 * last one. The next run finds in state.json how far the last one came, and goes on from there.
 */
#include "base/clock.h"
#include "clients/device/attempt.h"
#include "clients/device/hint.h"

#define STAGED_SECONDS_MAX 86400

/* ---- where the last run stopped ---- */

static struct status forget_pending(struct signet_device *d, uint32_t current, struct err *err)
{
	d->state.generation = 0;
	d->state.phase = PENDING_NONE;
	d->state.operation = 0;
	d->state.since = 0;
	d->state.retry_at = 0;
	TRY(state_save(d->store, &d->state, err));
	return d->store->ops->prune(d->store, current, 0, err);
}

/*
 * Take the store for ourselves, read the state again (another program may have changed it since it
 * was opened) and clear up: a generation that became current is no longer pending, one that nobody
 * knows of goes away.
 */
static struct status recover(struct signet_device *d, uint32_t *ret_current, struct err *err)
{
	uint32_t current = 0;

	TRY(d->store->ops->lock(d->store, err));
	TRY(reset_settle(d, err));
	d->state = (struct device_state){0};
	TRY(state_load(d->store, &d->state, err));
	TRY(d->store->ops->current(d->store, &current, err));
	if (d->state.phase != PENDING_NONE && d->state.generation == (int64_t)current)
		TRY(forget_pending(d, current, err));
	TRY(d->store->ops->prune(d->store, current,
	    d->state.phase == PENDING_NONE ? 0 : (uint32_t)d->state.generation, err));
	*ret_current = current;
	return STATUS_OK;
}

static struct status require_server(struct signet_device *d, struct err *err)
{
	if (!d->config.server)
		return err_refuse(err, WHY(SERVER_URL), "no server is named, now or in the store");
	TRY(config_save(d->store, &d->config, err));
	return trust_ready(d, err);
}

/* ---- second phase ---- */

static struct status use_once(struct signet_device *d, struct identity *fresh, struct err *err)
{
	AUTO_REF(session) s = NULL;
	AUTO(certs) cacerts = {0};
	struct session_config config = {
	    .server = d->config.server,
	    .label = d->config.label,
	    .anchors = &d->anchors,
	    .time = device_time_now(d),
	    .identity = &fresh->chain,
	    .key = fresh->key,
	};

	TRY(session_open(&config, &s, err));
	TRY(est_cacerts(s, &cacerts, &d->said, err));
	renewal_wished(d, (uint32_t)d->state.generation, fresh->chain.items[0]);
	return STATUS_OK;
}

static bool refused_for_good(const struct err *why)
{
	return device_reason_is(why, WHY_TLS_REFUSED) ||
	       device_reason_is(why, WHY_REFUSED_IDENTITY) || device_reason_is(why, WHY_REFUSED);
}

static struct status try_until_used(
    struct signet_device *d, struct identity *fresh, struct retry *retry, struct err *err)
{
	for (;;) {
		struct err why = {0};
		int64_t pause;

		if (use_once(d, fresh, &why).ok)
			return STATUS_OK;
		pause =
		    device_reason_transient(&why) ? retry_trouble(retry, d->said.retry_after) : -1;
		if (pause < 0) {
			*err = why;
			return STATUS_FAILED;
		}
		device_progress(d, "%s; trying the new identity again in %lld s", why.message,
		    (long long)((pause + 999) / 1000));
		d->hooks.sleep(d->hooks.context, pause);
	}
}

/* Use the staged identity once; accepted, it becomes the current one. Refused, the old one stays.
 */
static struct status confirm(
    struct signet_device *d, uint32_t current, struct retry *retry, struct err *err)
{
	AUTO(identity) fresh = {0};
	uint32_t generation = (uint32_t)d->state.generation;
	struct err why = {0};

	TRY(identity_load(d, generation, &fresh, err));
	if (!try_until_used(d, &fresh, retry, &why).ok) {
		if (!refused_for_good(&why)) {
			*err = why; /* still staged: the next run tries again */
			return STATUS_FAILED;
		}
		TRY(forget_pending(d, current, err));
		return err_refuse(err, WHY(NEW_IDENTITY_REFUSED),
		    "the server issued a certificate and does not accept it: %.200s", why.message);
	}
	TRY(d->store->ops->activate(d->store, generation, err));
	device_progress(
	    d, "the server accepted the new identity; generation %u is current", generation);
	return forget_pending(d, generation, err);
}

static bool still_valid(const struct signet_device *d, const struct identity *i)
{
	int64_t begins, ends;

	cert_times(i->chain.items[0], &begins, &ends);
	return ends > device_time_now(d).now;
}

/*
 * A staged certificate that ended while the device lay in a drawer is worth nothing. One that could
 * not be used for so long may be refused in a way that looks like a broken network: begin anew.
 */
static bool staged_is_usable(struct signet_device *d)
{
	AUTO(identity) fresh = {0};

	return d->state.phase == PENDING_STAGED &&
	       device_time_now(d).now - d->state.since < STAGED_SECONDS_MAX &&
	       identity_load(d, (uint32_t)d->state.generation, &fresh, &(struct err){0}).ok &&
	       still_valid(d, &fresh);
}

/* ---- both phases ---- */

/*
 * A key that waits for an approval or for a better network is kept: the server finds the request
 * again by it. One that was refused, or got a certificate that we cannot take, would be again.
 */
static struct status ask_or_forget(struct attempt *a, uint32_t current, struct err *err)
{
	struct err why = {0};
	enum signet_result result;

	if (attempt_run(a, &why).ok)
		return STATUS_OK;
	result = device_result(&why);
	if (a->device->state.phase == PENDING_ASKED &&
	    (result == SIGNET_REFUSED || result == SIGNET_BAD_CERTIFICATE))
		TRY(forget_pending(a->device, current, err));
	*err = why;
	return STATUS_FAILED;
}

static struct status obtain(struct attempt *a, uint32_t current, struct err *err)
{
	if (staged_is_usable(a->device)) {
		device_progress(a->device, "taking up generation %u, which was issued before",
		    (unsigned)a->device->state.generation);
	} else {
		if (a->device->state.phase == PENDING_STAGED)
			TRY(forget_pending(a->device, current, err));
		TRY(ask_or_forget(a, current, err));
	}
	return confirm(a->device, current, a->retry, err);
}

struct status enroll_run(
    struct signet_device *d, const struct signet_enrollment *how, struct err *err)
{
	AUTO(identity) idevid = {0};
	AUTO(identity) current = {0};
	struct retry retry = retry_start(&how->patience, &d->hooks);
	struct attempt a = {
	    .device = d, .operation = OPERATION_ENROLL, .shown = &idevid, .retry = &retry};
	uint32_t generation = 0;

	TRY(recover(d, &generation, err));
	TRY(require_server(d, err));
	if (generation && !how->again && d->state.phase == PENDING_NONE &&
	    identity_load(d, generation, &current, &(struct err){0}).ok &&
	    still_valid(d, &current)) {
		device_progress(d, "there is a valid LDevID already (generation %u); nothing to do",
		    generation);
		return STATUS_OK;
	}
	TRY(identity_idevid(d, &idevid, err));
	return obtain(&a, generation, err);
}

int64_t renewal_due(const struct signet_device *d, uint32_t generation, X509 *cert, int remaining)
{
	int64_t begins, ends;

	if (!remaining && d->state.renew_generation == (int64_t)generation &&
	    hint_fits(d->state.renew_at, cert))
		return d->state.renew_at;
	cert_times(cert, &begins, &ends);
	return ends - (ends - begins) / 100 * (remaining ? remaining : RENEWAL_REMAINING);
}

void renewal_wished(struct signet_device *d, uint32_t generation, X509 *cert)
{
	if (!hint_fits(d->said.renew_at, cert))
		return;
	d->state.renew_at = d->said.renew_at;
	d->state.renew_generation = generation;
}

static struct status check_due(const struct signet_device *d, uint32_t generation, X509 *cert,
    const struct signet_renewal *how, struct err *err)
{
	int64_t due = renewal_due(d, generation, cert, how->remaining);
	char text[TIME_TEXT_SIZE];

	if (!how->if_due || d->state.phase != PENDING_NONE || device_time_now(d).now >= due)
		return STATUS_OK;
	time_text(due, text);
	return err_refuse(err, WHY(NOT_DUE), "renewal is due at %s", text);
}

/* The LDevID cannot renew itself: begin anew with the IDevID. */
static struct status fall_back(const struct attempt *a, uint32_t generation, struct err *err)
{
	AUTO(identity) idevid = {0};
	struct attempt anew = *a;

	a->device->said = (struct est_said){0}; /* what was said to the LDevID */
	TRY(identity_idevid(a->device, &idevid, err));
	anew.operation = OPERATION_ENROLL;
	anew.shown = &idevid;
	return obtain(&anew, generation, err);
}

static struct status renew_or_fall_back(struct attempt *a, uint32_t generation, struct err *err)
{
	struct signet_device *d = a->device;
	struct err why = {0};
	bool can_fall_back = d->config.idevid_cert && d->config.idevid_key;

	if (can_fall_back && !still_valid(d, a->shown)) {
		device_progress(d, "the LDevID has expired; enrolling with the IDevID");
		return fall_back(a, generation, err);
	}
	if (obtain(a, generation, &why).ok)
		return STATUS_OK;
	if (!can_fall_back || !refused_for_good(&why)) {
		*err = why;
		return STATUS_FAILED;
	}
	device_progress(d, "%s; enrolling with the IDevID", why.message);
	return fall_back(a, generation, err);
}

struct status renew_run(struct signet_device *d, const struct signet_renewal *how, struct err *err)
{
	AUTO(identity) current = {0};
	struct retry retry = retry_start(&how->patience, &d->hooks);
	struct attempt a = {
	    .device = d, .operation = OPERATION_RENEW, .shown = &current, .retry = &retry};
	uint32_t generation = 0;

	if (how->remaining < 0 || how->remaining > 99)
		return err_refuse(
		    err, WHY(ARGUMENT), "remaining is 1 to 99 percent, not %d", how->remaining);
	TRY(recover(d, &generation, err));
	if (!generation)
		return err_refuse(err, WHY(NO_IDENTITY), "there is no LDevID to renew yet");
	TRY(identity_load(d, generation, &current, err));
	TRY(check_due(d, generation, current.chain.items[0], how, err));
	TRY(require_server(d, err));
	a.same_key_as = how->same_key ? generation : 0;
	return renew_or_fall_back(&a, generation, err);
}
