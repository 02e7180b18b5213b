/* clients/device/trust.c, and what session.c believes of a server. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <openssl/pem.h>

#include "tests/unit/device/rig.h"

static void assert_result(
    struct rig *rig, enum signet_result got, enum signet_result want, const char *code)
{
	cr_assert_eq(got, want, "%s: %s", rig->why.code, rig->why.text);
	cr_assert_str_eq(rig->why.code, code, "%s", rig->why.text);
}

Test(device_trust, wrong_pin_is_refused_and_no_identity_is_shown)
{
	struct rig *rig = rig_new(0);

	mint_pin(rig->r->stranger, rig->pin);
	assert_result(rig, rig_enroll(rig, NULL), SIGNET_NOT_TRUSTED, "trust.pin");
	cr_assert_str_eq(
	    rig->r->shown, "", "the IDevID was shown to a server that nobody verified");
	cr_assert_eq(rig->r->enrollments, 0);
	rig_free(rig);
}

/* cacerts alone prove nothing: anybody can serve the right root. Its chain must lead there. */
Test(device_trust, right_root_served_by_an_impostor_is_refused)
{
	struct rig *rig = rig_new(0);
	EVP_PKEY *key = mint_key();
	X509 *fake = mint_cert(&(struct mint_wish){.cn = "localhost",
	    .key = key,
	    .issuer = rig->r->stranger,
	    .issuer_key = rig->r->stranger_key,
	    .san = "DNS:localhost"});

	SSL_CTX_use_certificate(rig->r->tls, fake);
	SSL_CTX_use_PrivateKey(rig->r->tls, key);
	assert_result(rig, rig_enroll(rig, NULL), SIGNET_NOT_TRUSTED, "tls.untrusted");
	cr_assert_str_eq(rig->r->shown, "");
	cr_assert_null(rig_status(rig)->anchor_digest, "nothing is kept of an impostor");
	X509_free(fake);
	EVP_PKEY_free(key);
	rig_free(rig);
}

Test(device_trust, server_with_another_name_is_refused)
{
	struct rig *rig = rig_new(0);
	EVP_PKEY *key = mint_key();
	X509 *other = mint_cert(&(struct mint_wish){.cn = "localhost",
	    .key = key,
	    .issuer = rig->r->ca,
	    .issuer_key = rig->r->ca_key,
	    .san = "DNS:other.example"});

	SSL_CTX_use_certificate(rig->r->tls, other);
	SSL_CTX_use_PrivateKey(rig->r->tls, key);
	assert_result(rig, rig_enroll(rig, NULL), SIGNET_NOT_TRUSTED, "tls.untrusted");
	X509_free(other);
	EVP_PKEY_free(key);
	rig_free(rig);
}

Test(device_trust, pin_may_have_colons_and_capitals)
{
	struct rig *rig = rig_new(0);
	char pin[97];
	size_t n = 0;

	for (size_t i = 0; i < 64; i += 2) {
		pin[n++] = (char)(rig->pin[i] >= 'a' ? rig->pin[i] - 32 : rig->pin[i]);
		pin[n++] = (char)(rig->pin[i + 1] >= 'a' ? rig->pin[i + 1] - 32 : rig->pin[i + 1]);
		pin[n++] = i == 62 ? '\0' : ':';
	}
	rig->settings.pin = pin;
	cr_assert_eq(rig_enroll(rig, NULL), SIGNET_DONE, "%s", rig->why.text);
	rig_free(rig);
}

Test(device_trust, stored_anchor_serves_later_runs)
{
	struct rig *rig = rig_new(0);

	cr_assert_eq(rig_enroll(rig, NULL), SIGNET_DONE, "%s", rig->why.text);
	cr_assert_str_eq(rig_status(rig)->anchor_digest, rig->pin);
	rig->r->offer_other_root = true; /* only a bootstrap would ask for it */
	cr_assert_eq(rig_renew(rig, NULL), SIGNET_DONE, "%s", rig->why.text);
	rig_free(rig);
}

Test(device_trust, another_pin_begins_anew)
{
	struct rig *rig = rig_new(0);
	struct signet_enrollment again = {.again = true};

	cr_assert_eq(rig_enroll(rig, NULL), SIGNET_DONE, "%s", rig->why.text);
	mint_pin(rig->r->stranger, rig->pin);
	assert_result(rig, rig_enroll(rig, &again), SIGNET_NOT_TRUSTED, "trust.pin");
	rig_free(rig);
}

Test(device_trust, system_authorities_are_not_ours)
{
	struct rig *rig = rig_new(0);

	rig->settings.pin = NULL;
	rig->settings.ca_file = rig->root_file;
	mint_write_cert(rig->root_file, rig->r->stranger);
	setenv("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt", 1);
	assert_result(rig, rig_enroll(rig, NULL), SIGNET_NOT_TRUSTED, "tls.untrusted");
	rig_free(rig);
}

Test(device_trust, demanded_binding_without_extended_master_secret_is_refused)
{
	struct rig *rig = rig_new(TLS1_2_VERSION);

	/* SEQUENCE { OID challengePassword } */
	buf_put(&rig->r->csrattrs,
	    SPAN_LITERAL("\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x07"));
	SSL_CTX_set_options(rig->r->tls, SSL_OP_NO_EXTENDED_MASTER_SECRET);
	assert_result(rig, rig_enroll(rig, NULL), SIGNET_NOT_TRUSTED, "tls.binding");
	cr_assert_eq(rig->r->enrollments, 0);
	rig_free(rig);
}

Test(device_trust, plain_http_and_paths_are_not_servers)
{
	static const char *const wrong[] = {"http://localhost:1", "localhost:8443", "https://", "",
	    "https://host/path", "https://user@host", "https://host?x", "https://ho st"};

	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct rig *rig = rig_new(0);

		rig->settings.server = wrong[i];
		assert_result(rig, rig_enroll(rig, NULL), SIGNET_BAD_ARGUMENT, "argument.server");
		rig_free(rig);
	}
}

/* ---- the root that follows: RFC 7030 4.1.3, OldWithNew and NewWithOld ---- */

static void enroll_with_successor(bool linked, X509 *(*link)(struct rig *rig, EVP_PKEY *key))
{
	struct rig *rig = rig_new(0);
	EVP_PKEY *key = mint_key();
	X509 *fresh = mint_cert(&(struct mint_wish){.cn = "New Root", .key = key, .ca = true});
	X509 *cross = link(rig, key);
	char pem[160], command[256];

	rig->r->offer_too[0] = fresh;
	rig->r->offer_too[1] = cross;
	cr_assert_eq(rig_enroll(rig, NULL), SIGNET_DONE, "%s", rig->why.text);
	snprintf(pem, sizeof(pem), "%s/anchors.pem", rig->store);
	snprintf(command, sizeof(command), "test $(grep -c BEGIN %s) = %d", pem, linked ? 2 : 1);
	cr_assert_eq(system(command), 0);
	cr_assert_str_eq(
	    rig_status(rig)->anchor_digest, rig->pin, "the pinned root stays the first");
	X509_free(fresh);
	X509_free(cross);
	EVP_PKEY_free(key);
	rig_free(rig);
}

static X509 *link_by_old_root(struct rig *rig, EVP_PKEY *key)
{
	return mint_cert(&(struct mint_wish){.cn = "New Root",
	    .key = key,
	    .issuer = rig->r->root,
	    .issuer_key = rig->r->root_key,
	    .ca = true});
}

static X509 *link_by_stranger(struct rig *rig, EVP_PKEY *key)
{
	return mint_cert(&(struct mint_wish){.cn = "New Root",
	    .key = key,
	    .issuer = rig->r->stranger,
	    .issuer_key = rig->r->stranger_key,
	    .ca = true});
}

static X509 *link_for_another_key(struct rig *rig, EVP_PKEY *key)
{
	(void)key;
	return mint_cert(&(struct mint_wish){.cn = "New Root",
	    .key = rig->r->stranger_key,
	    .issuer = rig->r->root,
	    .issuer_key = rig->r->root_key,
	    .ca = true});
}

static X509 *link_that_is_no_ca(struct rig *rig, EVP_PKEY *key)
{
	return mint_cert(&(struct mint_wish){
	    .cn = "New Root", .key = key, .issuer = rig->r->root, .issuer_key = rig->r->root_key});
}

Test(device_trust, successor_that_the_old_root_vouches_for_is_taken_in)
{
	enroll_with_successor(true, link_by_old_root);
}

Test(device_trust, successor_that_a_stranger_vouches_for_is_not)
{
	enroll_with_successor(false, link_by_stranger);
}

Test(device_trust, successor_with_another_key_is_not)
{
	enroll_with_successor(false, link_for_another_key);
}

Test(device_trust, successor_vouched_for_by_no_ca_certificate_is_not)
{
	enroll_with_successor(false, link_that_is_no_ca);
}

static X509 *link_that_has_ended(struct rig *rig, EVP_PKEY *key)
{
	int64_t now = (int64_t)time(NULL);

	return mint_cert(&(struct mint_wish){.cn = "New Root",
	    .key = key,
	    .issuer = rig->r->root,
	    .issuer_key = rig->r->root_key,
	    .not_before = now - 20 * 86400,
	    .not_after = now - 10 * 86400,
	    .ca = true});
}

static X509 *link_under_another_name(struct rig *rig, EVP_PKEY *key)
{
	return mint_cert(&(struct mint_wish){.cn = "Other Root",
	    .key = key,
	    .issuer = rig->r->root,
	    .issuer_key = rig->r->root_key,
	    .ca = true});
}

/* Names the old root as its issuer, and is signed by somebody else. */
static X509 *link_with_a_forged_signature(struct rig *rig, EVP_PKEY *key)
{
	return mint_cert(&(struct mint_wish){.cn = "New Root",
	    .key = key,
	    .issuer = rig->r->root,
	    .issuer_key = rig->r->stranger_key,
	    .ca = true});
}

Test(device_trust, successor_whose_link_has_ended_is_not)
{
	enroll_with_successor(false, link_that_has_ended);
}

Test(device_trust, successor_of_another_name_than_its_link_is_not)
{
	enroll_with_successor(false, link_under_another_name);
}

Test(device_trust, successor_whose_link_is_forged_is_not)
{
	enroll_with_successor(false, link_with_a_forged_signature);
}

static int anchors_of(const struct rig *rig)
{
	char command[200];
	int count = -1;
	FILE *f;

	snprintf(command, sizeof(command), "grep -c BEGIN %s/anchors.pem", rig->store);
	f = popen(command, "r");
	cr_assert(f && fscanf(f, "%d", &count) == 1);
	pclose(f);
	return count;
}

/* The newest first, all of one name, as an operator who never renames would have it. */
Test(device_trust, two_successors_are_followed_at_once_in_whatever_order)
{
	struct rig *rig = rig_new(0);
	EVP_PKEY *second = mint_key(), *third = mint_key();
	X509 *two = mint_cert(&(struct mint_wish){.cn = "Root", .key = second, .ca = true});
	X509 *three = mint_cert(&(struct mint_wish){.cn = "Root", .key = third, .ca = true});

	rig->r->offer_too[0] = three;
	rig->r->offer_too[1] = mint_cert(&(struct mint_wish){
	    .cn = "Root", .key = third, .issuer = two, .issuer_key = second, .ca = true});
	rig->r->offer_too[2] = two;
	rig->r->offer_too[3] = mint_cert(&(struct mint_wish){.cn = "Root",
	    .key = second,
	    .issuer = rig->r->root,
	    .issuer_key = rig->r->root_key,
	    .ca = true});
	cr_assert_eq(rig_enroll(rig, NULL), SIGNET_DONE, "%s", rig->why.text);
	cr_expect_eq(anchors_of(rig), 3);
	for (size_t i = 0; i < 4; i++)
		X509_free(rig->r->offer_too[i]);
	EVP_PKEY_free(second);
	EVP_PKEY_free(third);
	rig_free(rig);
}

Test(device_trust, a_bag_with_far_too_many_certificates_is_refused)
{
	struct rig *rig = rig_new(0);

	rig->r->offer_too[0] = rig->r->stranger;
	rig->r->offer_many = 100;
	cr_expect_eq(rig_enroll(rig, NULL), SIGNET_BAD_ANSWER, "%s", rig->why.text);
	cr_expect_eq(rig->r->enrollments, 0);
	rig_free(rig);
}

Test(device_trust, a_root_that_has_ended_is_dropped_when_another_is_there)
{
	struct rig *rig = rig_new(0);
	int64_t now = (int64_t)time(NULL);
	char path[160];
	FILE *f;
	X509 *old = mint_cert(&(struct mint_wish){.cn = "Ended Root",
	    .key = rig->r->stranger_key,
	    .not_before = now - 20 * 86400,
	    .not_after = now - 86400,
	    .ca = true});

	cr_assert_eq(rig_enroll(rig, NULL), SIGNET_DONE, "%s", rig->why.text);
	snprintf(path, sizeof(path), "%s/anchors.pem", rig->store);
	f = fopen(path, "a");
	cr_assert(f && PEM_write_X509(f, old));
	fclose(f);
	cr_expect_eq(anchors_of(rig), 2);
	cr_assert_eq(rig_renew(rig, NULL), SIGNET_DONE, "%s", rig->why.text);
	cr_expect_eq(anchors_of(rig), 1);
	cr_expect_str_eq(rig_status(rig)->anchor_digest, rig->pin);
	X509_free(old);
	rig_free(rig);
}

/* ---- time ---- */

Test(device_time, clock_at_1970_can_enroll_and_learns_the_time)
{
	struct rig *rig = rig_new(0);
	int64_t begins, ends;

	rig->now = 1000;
	cr_assert_eq(rig_enroll(rig, NULL), SIGNET_DONE, "%s", rig->why.text);
	cert_times(rig->r->last_issued, &begins, &ends);
	cr_assert_geq(rig_status(rig)->time_floor, begins);
	cr_assert_geq(rig->status.effective_time, begins);
	cr_assert(rig->status.valid);
	rig_free(rig);
}

Test(device_time, never_goes_back_below_what_was_verified)
{
	struct rig *rig = rig_new(0);
	int64_t floor;

	cr_assert_eq(rig_enroll(rig, NULL), SIGNET_DONE, "%s", rig->why.text);
	floor = rig_status(rig)->time_floor;
	rig->now = 86400;
	cr_assert_eq(rig_status(rig)->effective_time, floor);
	cr_assert_eq(rig_renew(rig, NULL), SIGNET_DONE, "%s", rig->why.text);
	rig_free(rig);
}

/* A clock that was set back must not revive a server certificate that ended before the floor. */
Test(device_time, expired_server_stays_expired_for_a_clock_set_back)
{
	struct rig *rig = rig_new(0);
	EVP_PKEY *key = mint_key();
	int64_t now = (int64_t)time(NULL);
	X509 *old = mint_cert(&(struct mint_wish){.cn = "localhost",
	    .key = key,
	    .issuer = rig->r->ca,
	    .issuer_key = rig->r->ca_key,
	    .san = "DNS:localhost",
	    .not_before = now - 20 * 86400,
	    .not_after = now - 10 * 86400});

	cr_assert_eq(rig_enroll(rig, NULL), SIGNET_DONE, "%s", rig->why.text);
	SSL_CTX_use_certificate(rig->r->tls, old);
	SSL_CTX_use_PrivateKey(rig->r->tls, key);
	rig->now = now - 15 * 86400;
	assert_result(rig, rig_renew(rig, NULL), SIGNET_NOT_TRUSTED, "tls.untrusted");
	X509_free(old);
	EVP_PKEY_free(key);
	rig_free(rig);
}

Test(device_time, trusted_clock_ahead_of_the_servers_certificate_refuses)
{
	struct rig *rig = rig_new(0);

	rig->now = (int64_t)time(NULL) + 20 * 365 * 86400LL;
	assert_result(rig, rig_enroll(rig, NULL), SIGNET_NOT_TRUSTED, "tls.untrusted");
	rig_free(rig);
}

Test(device_time, clock_none_ignores_a_wrong_clock)
{
	struct rig *rig = rig_new(0);

	rig->now = (int64_t)time(NULL) + 20 * 365 * 86400LL;
	rig->settings.clock = "none";
	cr_assert_eq(rig_enroll(rig, NULL), SIGNET_DONE, "%s", rig->why.text);
	cr_assert(rig_status(rig)->valid);
	rig_free(rig);
}
