#include "tests/unit/device/rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <openssl/pem.h>

static int64_t rig_now(void *context)
{
	const struct rig *rig = context;

	return rig->now ? rig->now : (int64_t)time(NULL);
}

static void rig_sleep(void *context, int64_t milliseconds)
{
	struct rig *rig = context;

	if (rig->sleeps < (int)COUNT(rig->slept_ms))
		rig->slept_ms[rig->sleeps] = milliseconds;
	rig->sleeps++;
	if (rig->now)
		rig->now += milliseconds / 1000;
	if (rig->on_sleep)
		rig->on_sleep(rig);
}

static bool rig_random(void *context, uint8_t *bytes, size_t n)
{
	(void)context;
	memset(bytes, 0, n); /* no jitter: always the lowest */
	return true;
}

static void rig_progress(void *context, const char *line)
{
	struct rig *rig = context;
	size_t n = strlen(rig->progress);

	snprintf(rig->progress + n, sizeof(rig->progress) - n, "%s\n", line);
}

struct rig *rig_new(int tls_version)
{
	struct rig *rig = mem_alloc(sizeof(*rig));

	unsetenv("https_proxy");
	rig->r = responder_start(tls_version);
	snprintf(rig->dir, sizeof(rig->dir), "/tmp/signet-device-test-XXXXXX");
	cr_assert(mkdtemp(rig->dir));
	snprintf(rig->store, sizeof(rig->store), "%s/store", rig->dir);
	snprintf(rig->idevid_cert, sizeof(rig->idevid_cert), "%s/idevid.pem", rig->dir);
	snprintf(rig->idevid_key, sizeof(rig->idevid_key), "%s/idevid.key", rig->dir);
	snprintf(rig->root_file, sizeof(rig->root_file), "%s/root.pem", rig->dir);
	mint_write_cert(rig->idevid_cert, rig->r->idevid);
	mint_write_key(rig->idevid_key, rig->r->idevid_key);
	mint_write_cert(rig->root_file, rig->r->root);
	mint_pin(rig->r->root, rig->pin);
	rig->settings = (struct signet_settings){.store = rig->store,
	    .server = rig->r->url,
	    .idevid_cert = rig->idevid_cert,
	    .idevid_key = rig->idevid_key,
	    .pin = rig->pin};
	rig->later = (struct signet_settings){.store = rig->store};
	rig->hooks = (struct signet_hooks){rig_now, rig_sleep, rig_random, rig_progress, rig};
	return rig;
}

void rig_free(struct rig *rig)
{
	char command[128];

	signet_device_close(rig->device);
	responder_stop(rig->r);
	snprintf(command, sizeof(command), "rm -rf %s", rig->dir);
	cr_assert(system(command) == 0);
	free(rig);
}

enum signet_result rig_enroll(struct rig *rig, const struct signet_enrollment *how)
{
	struct signet_device *d;
	enum signet_result result = signet_device_open(&rig->settings, &rig->hooks, &d, &rig->why);

	if (result == SIGNET_DONE)
		result = signet_device_enroll(d, how, &rig->why);
	signet_device_close(d);
	return result;
}

enum signet_result rig_renew(struct rig *rig, const struct signet_renewal *how)
{
	struct signet_device *d;
	enum signet_result result = signet_device_open(&rig->later, &rig->hooks, &d, &rig->why);

	if (result == SIGNET_DONE)
		result = signet_device_renew(d, how, &rig->why);
	signet_device_close(d);
	return result;
}

enum signet_result rig_reset(struct rig *rig, const struct signet_reset *how)
{
	struct signet_device *d;
	enum signet_result result = signet_device_open(&rig->later, &rig->hooks, &d, &rig->why);

	if (result == SIGNET_DONE)
		result = signet_device_reset(d, how, &rig->why);
	signet_device_close(d);
	return result;
}

struct signet_status *rig_status(struct rig *rig)
{
	struct signet_reason why;

	signet_device_close(rig->device);
	cr_assert_eq(signet_device_open(&rig->later, &rig->hooks, &rig->device, &why), SIGNET_DONE,
	    "%s", why.text);
	cr_assert_eq(
	    signet_device_status(rig->device, &rig->status, &why), SIGNET_DONE, "%s", why.text);
	return &rig->status;
}

X509 *rig_current(const struct rig *rig)
{
	char path[160];
	FILE *f;
	X509 *cert;

	snprintf(path, sizeof(path), "%s/current/cert.pem", rig->store);
	f = fopen(path, "r");
	if (!f)
		return NULL;
	cert = PEM_read_X509(f, NULL, NULL, NULL);
	fclose(f);
	return cert;
}
