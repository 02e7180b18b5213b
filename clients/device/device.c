/* clients/device/device.c: the handle, and what every public call has in common. */
#include "clients/device/device_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/file.h"

#define IDEVID_PEM_MAX ((size_t)64 << 10)

/* ---- hooks ---- */

static int64_t system_now(void *context)
{
	struct clock clock = clock_system();

	(void)context;
	return clock_now(&clock);
}

static void system_sleep(void *context, int64_t milliseconds)
{
	struct timespec rest = {milliseconds / 1000, (milliseconds % 1000) * 1000000};

	(void)context;
	nanosleep(&rest, NULL); /* cut short by a signal: we only ask a little earlier */
}

static bool system_random(void *context, uint8_t *bytes, size_t n)
{
	struct rng rng = rng_system();
	struct err err = {0};

	(void)context;
	return rng_fill(&rng, bytes, n, &err).ok;
}

static void no_progress(void *context, const char *line)
{
	(void)context, (void)line;
}

struct signet_hooks device_hooks(const struct signet_hooks *given)
{
	struct signet_hooks h = given ? *given : (struct signet_hooks){0};

	h.now = h.now ? h.now : system_now;
	h.sleep = h.sleep ? h.sleep : system_sleep;
	h.random = h.random ? h.random : system_random;
	h.progress = h.progress ? h.progress : no_progress;
	return h;
}

void device_progress(const struct signet_device *d, const char *format, ...)
{
	char line[512];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	d->hooks.progress(d->hooks.context, line);
}

struct device_time device_time_now(const struct signet_device *d)
{
	return device_time(d->hooks.now(d->hooks.context), d->state.time_floor, d->config.no_clock);
}

void device_time_proven(struct signet_device *d, int64_t seconds)
{
	if (seconds > d->state.time_floor)
		d->state.time_floor = seconds;
}

/* ---- identities ---- */

void identity_free(struct identity *i)
{
	certs_free(&i->chain);
	device_key_free(i->key);
	i->key = NULL;
}

struct status identity_load(
    struct signet_device *d, uint32_t generation, struct identity *ret, struct err *err)
{
	AUTO(buf) pem = {0};
	AUTO(buf) spki = {0};

	TRY(d->store->ops->cert_load(d->store, generation, &pem, err));
	TRY(certs_from_pem(buf_span(&pem), &ret->chain, err));
	TRY(d->store->ops->key_open(d->store, generation, &ret->key, err));
	cert_spki(ret->chain.items[0], &spki);
	if (!span_equal(buf_span(&spki), buf_span(&ret->key->spki)))
		return err_refuse(
		    err, WHY(STORE), "key and certificate of generation %u do not fit", generation);
	return STATUS_OK;
}

static struct status idevid_chain(const char *path, struct certs *ret_chain, struct err *err)
{
	AUTO(buf) pem = {0};
	struct err why = {0};

	if (!file_read(path, IDEVID_PEM_MAX, &pem, &why).ok ||
	    !certs_from_pem(buf_span(&pem), ret_chain, &why).ok)
		return err_refuse(
		    err, WHY(IDEVID), "IDevID certificate '%s': %s", path, why.message);
	return STATUS_OK;
}

struct status identity_idevid(struct signet_device *d, struct identity *ret, struct err *err)
{
	AUTO(buf) spki = {0};

	if (!d->config.idevid_cert || !d->config.idevid_key)
		return err_refuse(err, WHY(NO_IDENTITY), "no IDevID is configured");
	TRY(idevid_chain(d->config.idevid_cert, &ret->chain, err));
	TRY(device_key_from_file(d->config.idevid_key, &ret->key, err));
	cert_spki(ret->chain.items[0], &spki);
	if (!span_equal(buf_span(&spki), buf_span(&ret->key->spki)))
		return err_refuse(err, WHY(IDEVID), "IDevID key '%s' does not fit certificate '%s'",
		    d->config.idevid_key, d->config.idevid_cert);
	return STATUS_OK;
}

/* ---- settings ---- */

static struct status set_server(struct signet_device *d, const char *server, struct err *err)
{
	size_t n = strlen(server);

	while (n && server[n - 1] == '/')
		n--;
	if (strncmp(server, "https://", 8) != 0 || n <= 8 || n > 1000 ||
	    memchr(server + 8, '/', n - 8) || strpbrk(server, "@?# \t\r\n"))
		return err_refuse(
		    err, WHY(SERVER_URL), "'%.200s' is not https://host[:port]", server);
	d->config.server = arena_strndup(&d->arena, server, n);
	return STATUS_OK;
}

static struct status set_label(struct signet_device *d, const char *label, struct err *err)
{
	static const char *const operations[] = {
	    "cacerts", "simpleenroll", "simplereenroll", "fullcmc", "serverkeygen", "csrattrs"};
	static const char letters[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

	/* RFC 7030 section 3.2.2: a label "MUST NOT be the same as any of the path segments" of
	 * EST. */
	for (size_t i = 0; i < COUNT(operations); i++)
		if (strcmp(label, operations[i]) == 0)
			return err_refuse(err, WHY(LABEL), "label '%s' is an EST operation", label);
	if (strlen(label) > 128 || label[strspn(label, letters)] || label[0] == '.')
		return err_refuse(err, WHY(LABEL), "label '%.128s' is not a path segment", label);
	d->config.label = *label ? arena_strdup(&d->arena, label) : NULL;
	return STATUS_OK;
}

static struct status set_pin(struct signet_device *d, const char *pin, struct err *err)
{
	AUTO(buf) bytes = {0};
	char text[2 * SHA256_SIZE + 1];
	struct err why = {0};

	if (!hex_decode(span_str(pin), &bytes, &why).ok || bytes.n != SHA256_SIZE)
		return err_refuse(err, WHY(ARGUMENT),
		    "pin '%.100s' is not the 64 hex digits of a SHA-256 fingerprint", pin);
	hex_text(buf_span(&bytes), text);
	d->config.pin = arena_strdup(&d->arena, text);
	d->pin_given = true;
	return STATUS_OK;
}

static struct status set_algorithm(struct signet_device *d, const char *name, struct err *err)
{
	const struct key_algorithm *a = key_algorithm_by_name(name);

	if (!a)
		return err_refuse(err, WHY(ALGORITHM), "key algorithm '%.40s' is not known", name);
	if (!key_algorithm_available(a))
		return err_refuse(err, WHY(ALGORITHM), "this OpenSSL has no %s", name);
	d->config.algorithm = arena_strdup(&d->arena, name);
	return STATUS_OK;
}

/* The store must find it from any working directory later. */
static char *absolute(struct signet_device *d, const char *path)
{
	char *whole = realpath(path, NULL);
	char *kept = arena_strdup(&d->arena, whole ? whole : path);

	free(whole);
	return kept;
}

static struct status apply_settings(
    struct signet_device *d, const struct signet_settings *s, struct err *err)
{
	if (s->pin && s->ca_file)
		return err_refuse(err, WHY(ARGUMENT), "give a pin or a CA file, not both");
	if (s->clock && strcmp(s->clock, "system") != 0 && strcmp(s->clock, "none") != 0)
		return err_refuse(
		    err, WHY(ARGUMENT), "clock is 'system' or 'none', not '%.20s'", s->clock);
	if (s->server)
		TRY(set_server(d, s->server, err));
	if (s->label)
		TRY(set_label(d, s->label, err));
	if (s->pin)
		TRY(set_pin(d, s->pin, err));
	if (s->algorithm)
		TRY(set_algorithm(d, s->algorithm, err));
	if (s->clock)
		d->config.no_clock = strcmp(s->clock, "none") == 0;
	if (s->idevid_cert)
		d->config.idevid_cert = absolute(d, s->idevid_cert);
	if (s->idevid_key)
		d->config.idevid_key = absolute(d, s->idevid_key);
	if (s->ca_file) {
		d->ca_file = absolute(d, s->ca_file);
		d->config.pin = NULL;
	}
	return STATUS_OK;
}

/* ---- public ---- */

enum signet_result device_finish(
    const struct signet_device *d, struct status s, const struct err *err, struct signet_reason *r)
{
	enum signet_result result = s.ok ? SIGNET_DONE : device_result(err);

	if (!r)
		return result;
	*r = (struct signet_reason){0};
	if (d) {
		r->http_status = d->said.http_status;
		r->retry_after = d->said.retry_after;
	}
	if (s.ok)
		return result;
	if (d)
		snprintf(r->server, sizeof(r->server), "%s", d->said.text);
	snprintf(r->code, sizeof(r->code), "%s", err_code(err));
	if (err->cause[0])
		snprintf(r->text, sizeof(r->text), "%.310s (%.310s)", err->message, err->cause);
	else
		snprintf(r->text, sizeof(r->text), "%s", err->message);
	if (err->reason)
		snprintf(r->advice, sizeof(r->advice), "%s", err->reason->advice);
	return result;
}

static struct status open_device(struct signet_device *d, const struct signet_settings *settings,
    const struct signet_hooks *hooks, struct err *err)
{
	d->hooks = device_hooks(hooks);
	if (!settings->store || !*settings->store)
		return err_refuse(err, WHY(ARGUMENT), "no key store is named");
	TRY(store_file_open(settings->store, &d->store, err));
	d->store_path = absolute(d, settings->store);
	TRY(config_load(d->store, &d->config, &d->arena, err));
	TRY(state_load(d->store, &d->state, err));
	TRY(trust_load(d, err));
	return apply_settings(d, settings, err);
}

enum signet_result signet_device_open(const struct signet_settings *settings,
    const struct signet_hooks *hooks, struct signet_device **ret_device,
    struct signet_reason *ret_reason)
{
	struct signet_device *d = mem_alloc(sizeof(*d));
	struct err err = {0};
	struct status s = open_device(d, settings, hooks, &err);
	enum signet_result result = device_finish(NULL, s, &err, ret_reason);

	if (!s.ok)
		signet_device_close(d);
	*ret_device = s.ok ? d : NULL;
	return result;
}

void signet_device_close(struct signet_device *d)
{
	if (!d)
		return;
	store_close(d->store);
	certs_free(&d->anchors);
	arena_free(&d->arena);
	arena_free(&d->status_arena);
	free(d);
}

enum signet_result signet_device_enroll(
    struct signet_device *d, const struct signet_enrollment *how, struct signet_reason *ret_reason)
{
	static const struct signet_enrollment plain = {0};
	struct err err = {0};

	d->said = (struct est_said){0};
	return device_finish(d, enroll_run(d, how ? how : &plain, &err), &err, ret_reason);
}

enum signet_result signet_device_renew(
    struct signet_device *d, const struct signet_renewal *how, struct signet_reason *ret_reason)
{
	static const struct signet_renewal plain = {0};
	struct err err = {0};

	d->said = (struct est_said){0};
	return device_finish(d, renew_run(d, how ? how : &plain, &err), &err, ret_reason);
}

enum signet_result signet_device_reset(
    struct signet_device *d, const struct signet_reset *how, struct signet_reason *ret_reason)
{
	static const struct signet_reset plain = {0};
	struct err err = {0};

	d->said = (struct est_said){0};
	return device_finish(d, reset_run(d, how ? how : &plain, &err), &err, ret_reason);
}

enum signet_result signet_device_status(
    struct signet_device *d, struct signet_status *ret_status, struct signet_reason *ret_reason)
{
	struct err err = {0};

	return device_finish(d, status_run(d, ret_status, &err), &err, ret_reason);
}

const char *signet_result_name(enum signet_result result)
{
	static const char *const names[] = {
	    [SIGNET_DONE] = "done",
	    [SIGNET_PENDING] = "pending",
	    [SIGNET_NOT_DUE] = "not-due",
	    [SIGNET_BAD_ARGUMENT] = "bad-argument",
	    [SIGNET_STORE_FAILED] = "store-failed",
	    [SIGNET_NO_IDENTITY] = "no-identity",
	    [SIGNET_NOT_TRUSTED] = "not-trusted",
	    [SIGNET_NETWORK] = "network",
	    [SIGNET_BUSY] = "busy",
	    [SIGNET_REFUSED] = "refused",
	    [SIGNET_BAD_ANSWER] = "bad-answer",
	    [SIGNET_BAD_CERTIFICATE] = "bad-certificate",
	    [SIGNET_FAILED] = "failed",
	    [SIGNET_BAD_UPDATE] = "bad-update",
	};

	return (size_t)result < COUNT(names) && names[result] ? names[result] : "unknown";
}
