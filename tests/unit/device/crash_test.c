/*
 * Power cuts. Whatever call is cut, the device must still hold an identity that its key fits, and
 * the next run must succeed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <openssl/pem.h>

#include "tests/unit/device/power.h"
#include "tests/unit/device/rig.h"

/* What is run, for power_run(). */
struct act {
	struct rig *rig;
	enum signet_result (*act)(struct rig *rig);
};

static bool act_done(void *context)
{
	const struct act *a = context;

	return a->act(a->rig) == SIGNET_DONE;
}

/* Run in a child whose power goes at call n. True: it came to its end before. */
static bool run_with_power_until(
    struct rig *rig, enum signet_result (*act)(struct rig *rig), long n, bool half)
{
	struct act a = {rig, act};

	return power_run(act_done, &a, &(struct power_cut){.at = n, .torn = half ? 500 : 0});
}

static enum signet_result act_enroll(struct rig *rig)
{
	return rig_enroll(rig, NULL);
}

static enum signet_result act_renew(struct rig *rig)
{
	return rig_renew(rig, NULL);
}

/* Certificate and key, read as another program would, must fit. */
static void assert_usable(const struct rig *rig, long n)
{
	char path[160];
	FILE *f;
	EVP_PKEY *key;
	X509 *cert = rig_current(rig);

	cr_assert(cert, "call %ld: no certificate", n);
	snprintf(path, sizeof(path), "%s/current/key.pem", rig->store);
	f = fopen(path, "r");
	cr_assert(f, "call %ld: no key", n);
	key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
	fclose(f);
	cr_assert(key, "call %ld: the key is damaged", n);
	cr_assert_eq(X509_check_private_key(cert, key), 1, "call %ld: key and certificate", n);
	EVP_PKEY_free(key);
	X509_free(cert);
}

/* Nothing may be left but what belongs there. */
static void assert_tidy(const struct rig *rig, long n)
{
	char command[256];
	FILE *f;
	int count = 0;

	snprintf(command, sizeof(command),
	    "ls -A %s | grep -vxE 'lock|config.json|state.json|anchors.pem|current|identity-[0-9]+' | wc -l",
	    rig->store);
	f = popen(command, "r");
	cr_assert(f && fscanf(f, "%d", &count) == 1);
	pclose(f);
	cr_assert_eq(count, 0, "call %ld: litter in the store", n);
	snprintf(command, sizeof(command), "ls -d %s/identity-* | wc -l", rig->store);
	f = popen(command, "r");
	cr_assert(f && fscanf(f, "%d", &count) == 1);
	pclose(f);
	cr_assert_eq(count, 1, "call %ld: %d generations", n, count);
}

static void cut_enrollment(bool half)
{
	struct rig *rig = rig_new(0);
	char command[128];
	bool whole = false;
	long n;

	snprintf(command, sizeof(command), "rm -rf %s", rig->store);
	rig->later = rig->settings; /* the store may not know the IDevID yet */
	for (n = 1; !whole; n++) {
		cr_assert(system(command) == 0);
		whole = run_with_power_until(rig, act_enroll, n, half);
		/* Not enrolled, or enrolled: the IDevID or the LDevID is there. */
		cr_assert_str_neq(rig_status(rig)->identity, "none", "call %ld", n);
		cr_assert_eq(rig_enroll(rig, NULL), SIGNET_DONE, "call %ld: %s", n, rig->why.text);
		assert_usable(rig, n);
		assert_tidy(rig, n);
	}
	cr_assert_gt(n, 30, "only %ld calls were counted", n);
	rig_free(rig);
}

Test(device_power_cut, enrollment_cut_at_any_call, .timeout = 300)
{
	cut_enrollment(false);
}

Test(device_power_cut, enrollment_cut_with_half_a_write, .timeout = 300)
{
	cut_enrollment(true);
}

Test(device_power_cut, renewal_cut_at_any_call, .timeout = 300)
{
	struct rig *rig = rig_new(0);
	bool whole = false;
	long n;

	cr_assert_eq(rig_enroll(rig, NULL), SIGNET_DONE, "%s", rig->why.text);
	for (n = 1; !whole; n++) {
		whole = run_with_power_until(rig, act_renew, n, n % 2);
		assert_usable(rig, n);
		cr_assert(rig_status(rig)->valid, "call %ld", n);
		cr_assert_str_eq(rig->status.identity, "LDevID");
		cr_assert_eq(rig_renew(rig, NULL), SIGNET_DONE, "call %ld: %s", n, rig->why.text);
		assert_usable(rig, n);
		assert_tidy(rig, n);
	}
	cr_assert_gt(n, 20, "only %ld calls were counted", n);
	rig_free(rig);
}

static enum signet_result act_reset(struct rig *rig)
{
	return rig_reset(rig, NULL);
}

/* Whenever the power goes: as before, or a reset that is finished by the next start. */
Test(device_power_cut, reset_cut_at_any_call, .timeout = 300)
{
	const struct signet_reset if_begun = {.if_begun = true};
	struct rig *rig = rig_new(0);
	bool whole = false;
	long n;

	for (n = 1; !whole; n++) {
		enum signet_result ended;

		cr_assert_eq(rig_enroll(rig, NULL), SIGNET_DONE, "call %ld: %s", n, rig->why.text);
		whole = run_with_power_until(rig, act_reset, n, n % 2);
		ended = rig_reset(rig, &if_begun);
		if (ended == SIGNET_NOT_DUE && strcmp(rig_status(rig)->identity, "LDevID") == 0) {
			assert_usable(rig, n); /* not begun, as far as the disk knows */
			continue;
		}
		cr_assert(ended == SIGNET_DONE || ended == SIGNET_NOT_DUE, "call %ld: %s", n,
		    rig->why.text);
		cr_assert_str_eq(rig_status(rig)->identity, "IDevID", "call %ld", n);
		cr_assert_null(rig->status.server, "call %ld", n);
		cr_assert_null(rig->status.anchor_digest, "call %ld", n);
		cr_assert_null(rig->status.pending, "call %ld", n);
	}
	cr_assert_gt(n, 15, "only %ld calls were counted", n);
	rig_free(rig);
}

static void forget_successor(const struct rig *rig)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/anchors.pem", rig->store);
	mint_write_cert(path, rig->r->root);
}

/* A root that follows is taken in whole or not at all, and learnt anew where it was not. */
Test(device_power_cut, following_a_root_cut_at_any_call, .timeout = 300)
{
	struct rig *rig = rig_new(0);
	EVP_PKEY *key = mint_key();
	char command[160];
	bool whole = false;
	long n;

	cr_assert_eq(rig_enroll(rig, NULL), SIGNET_DONE, "%s", rig->why.text);
	rig->r->offer_too[0] =
	    mint_cert(&(struct mint_wish){.cn = "New Root", .key = key, .ca = true});
	rig->r->offer_too[1] = mint_cert(&(struct mint_wish){.cn = "New Root",
	    .key = key,
	    .issuer = rig->r->root,
	    .issuer_key = rig->r->root_key,
	    .ca = true});
	snprintf(command, sizeof(command), "test $(grep -c BEGIN %s/anchors.pem) = 2", rig->store);
	for (n = 1; !whole; n++) {
		whole = run_with_power_until(rig, act_renew, n, n % 2);
		cr_assert_str_eq(rig_status(rig)->anchor_digest, rig->pin, "call %ld", n);
		cr_assert_eq(rig_renew(rig, NULL), SIGNET_DONE, "call %ld: %s", n, rig->why.text);
		cr_assert_eq(system(command), 0, "call %ld", n);
		assert_tidy(rig, n);
		forget_successor(rig);
	}
	X509_free(rig->r->offer_too[0]);
	X509_free(rig->r->offer_too[1]);
	EVP_PKEY_free(key);
	rig_free(rig);
}
