/* clients/device/enroll.c and attempt.c: the whole way to an identity, against a server that may
 * misbehave. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <criterion/criterion.h>
#include <openssl/x509v3.h>

#include "tests/unit/device/rig.h"

#define ASSERT_DONE(rig, call)                                                                     \
	do {                                                                                       \
		enum signet_result result_ = (call);                                               \
		cr_assert_eq(result_, SIGNET_DONE, "%s: %s\n%s", (rig)->why.code, (rig)->why.text, \
		    (rig)->progress);                                                              \
	} while (0)

static void assert_enrolled(struct rig *rig, uint32_t generation)
{
	struct signet_status *st = rig_status(rig);
	X509 *cert = rig_current(rig);

	cr_assert_str_eq(st->identity, "LDevID");
	cr_assert(st->valid);
	cr_assert_eq(st->generation, generation);
	cr_assert_null(st->pending);
	cr_assert_not_null(cert);
	cr_assert_eq(X509_cmp(cert, rig->r->last_issued), 0);
	X509_free(cert);
}

static void enroll_with_tls(int version)
{
	struct rig *rig = rig_new(version);

	rig->r->demand_binding = true;
	ASSERT_DONE(rig, rig_enroll(rig, NULL));
	cr_assert(rig->r->binding_seen && rig->r->binding_good);
	cr_assert_eq(rig->r->tls_version, version);
	cr_assert_eq(rig->r->enrollments, 1);
	cr_assert_str_eq(
	    rig->r->shown, "Test Issuing CA", "the new identity was used before it counted");
	assert_enrolled(rig, 1);
	rig_free(rig);
}

/* RFC 7030 3.5: "tls-unique"; RFC 9266 for TLS 1.3. */
Test(device_enroll, request_is_bound_by_tls_unique)
{
	enroll_with_tls(TLS1_2_VERSION);
}

Test(device_enroll, request_is_bound_by_tls_exporter)
{
	enroll_with_tls(TLS1_3_VERSION);
}

Test(device_enroll, ca_file_serves_as_trust)
{
	struct rig *rig = rig_new(0);

	rig->settings.pin = NULL;
	rig->settings.ca_file = rig->root_file;
	ASSERT_DONE(rig, rig_enroll(rig, NULL));
	assert_enrolled(rig, 1);
	rig_free(rig);
}

Test(device_enroll, issuing_ca_beside_the_certificate_is_tolerated)
{
	struct rig *rig = rig_new(0);

	rig->r->send_issuer_too = true;
	ASSERT_DONE(rig, rig_enroll(rig, NULL));
	assert_enrolled(rig, 1);
	rig_free(rig);
}

Test(device_enroll, valid_identity_is_not_replaced_unless_told)
{
	struct rig *rig = rig_new(0);

	ASSERT_DONE(rig, rig_enroll(rig, NULL));
	ASSERT_DONE(rig, rig_enroll(rig, NULL));
	cr_assert_eq(rig->r->enrollments, 1);
	ASSERT_DONE(rig, rig_enroll(rig, &(struct signet_enrollment){.again = true}));
	cr_assert_eq(rig->r->enrollments, 2);
	assert_enrolled(rig, 2);
	rig_free(rig);
}

Test(device_enroll, second_run_needs_only_the_store)
{
	struct rig *rig = rig_new(0);

	rig->r->pending = 1;
	cr_assert_eq(rig_enroll(rig, NULL), SIGNET_PENDING);
	rig->settings = rig->later;
	ASSERT_DONE(rig, rig_enroll(rig, NULL));
	assert_enrolled(rig, 1);
	rig_free(rig);
}

Test(device_enroll, without_pin_and_ca_file_it_refuses_before_it_connects)
{
	struct rig *rig = rig_new(0);

	rig->settings.pin = NULL;
	cr_assert_eq(rig_enroll(rig, NULL), SIGNET_BAD_ARGUMENT);
	cr_assert_str_eq(rig->why.code, "trust.none");
	cr_assert_eq(rig->r->connections, 0);
	rig_free(rig);
}

/* ---- what came back is judged before anything is replaced ---- */

static const struct spoilt_case {
	const char *name;
	enum fault fault;
	enum signet_result result;
	const char *code;
} spoilt_cases[] = {
    {"key of another", FAULT_KEY_OF_ANOTHER, SIGNET_BAD_CERTIFICATE, "certificate.key"},
    {"unknown issuer", FAULT_ISSUER_UNKNOWN, SIGNET_BAD_CERTIFICATE, "certificate.chain"},
    {"certificate of another device too", FAULT_DEVICE_CERT_OF_ANOTHER_TOO, SIGNET_BAD_CERTIFICATE,
	"certificate.count"},
    {"two for our key", FAULT_TWO_FOR_OUR_KEY, SIGNET_BAD_CERTIFICATE, "certificate.count"},
    {"no certificate", FAULT_NO_CERTIFICATE, SIGNET_BAD_CERTIFICATE, "certificate.count"},
    {"serial of another", FAULT_SERIAL_OF_ANOTHER, SIGNET_BAD_CERTIFICATE, "certificate.identity"},
    {"serial missing", FAULT_SERIAL_MISSING, SIGNET_BAD_CERTIFICATE, "certificate.identity"},
    {"expired", FAULT_EXPIRED, SIGNET_BAD_CERTIFICATE, "certificate.validity"},
    {"not yet valid", FAULT_NOT_YET_VALID, SIGNET_BAD_CERTIFICATE, "certificate.validity"},
    {"for servers only", FAULT_SERVER_ONLY_USAGE, SIGNET_BAD_CERTIFICATE, "certificate.usage"},
    {"not base64", FAULT_NOT_BASE64, SIGNET_BAD_ANSWER, "answer.malformed"},
    {"CMS cut short", FAULT_CMS_TRUNCATED, SIGNET_BAD_ANSWER, "answer.malformed"},
    {"something behind the CMS", FAULT_CMS_TRAILING, SIGNET_BAD_ANSWER, "answer.malformed"},
    {"wrong media type", FAULT_WRONG_TYPE, SIGNET_BAD_ANSWER, "answer.type"},
    {"closed in the middle", FAULT_CLOSE_MID_BODY, SIGNET_NETWORK, "network.broken"},
    {"huge body", FAULT_HUGE_BODY, SIGNET_BAD_ANSWER, "answer.size"},
    {"400", FAULT_REFUSE_400, SIGNET_REFUSED, "server.refused"},
    {"403", FAULT_REFUSE_403, SIGNET_REFUSED, "server.refused-identity"},
    {"500", FAULT_INTERNAL_500, SIGNET_BAD_ANSWER, "server.failed"},
};

static void assert_refused(struct rig *rig, const struct spoilt_case *c, enum signet_result result)
{
	cr_assert_eq(result, c->result, "%s: %s: %s", c->name, rig->why.code, rig->why.text);
	cr_assert_str_eq(rig->why.code, c->code, "%s: %s", c->name, rig->why.text);
}

Test(device_enroll, spoilt_answers_leave_the_device_with_its_idevid)
{
	for (size_t i = 0; i < COUNT(spoilt_cases); i++) {
		struct rig *rig = rig_new(0);

		rig->r->fault = spoilt_cases[i].fault;
		assert_refused(rig, &spoilt_cases[i], rig_enroll(rig, NULL));
		cr_assert_str_eq(rig_status(rig)->identity, "IDevID", "%s", spoilt_cases[i].name);
		rig->r->fault = FAULT_NONE;
		ASSERT_DONE(rig, rig_enroll(rig, NULL));
		cr_assert_str_eq(rig_status(rig)->identity, "LDevID", "%s", spoilt_cases[i].name);
		rig_free(rig);
	}
}

Test(device_renew, spoilt_answers_leave_the_old_identity)
{
	struct rig *rig = rig_new(0);
	X509 *before, *after;

	ASSERT_DONE(rig, rig_enroll(rig, NULL));
	before = rig_current(rig);
	rig->later.idevid_cert = NULL;
	for (size_t i = 0; i < COUNT(spoilt_cases); i++) {
		rig->r->fault = spoilt_cases[i].fault;
		assert_refused(rig, &spoilt_cases[i], rig_renew(rig, NULL));
		after = rig_current(rig);
		cr_assert_eq(X509_cmp(before, after), 0, "%s", spoilt_cases[i].name);
		X509_free(after);
	}
	X509_free(before);
	rig_free(rig);
}

Test(device_enroll, words_of_the_server_are_shown_made_printable)
{
	struct rig *rig = rig_new(0);

	rig->r->fault = FAULT_REFUSE_400;
	cr_assert_eq(rig_enroll(rig, NULL), SIGNET_REFUSED);
	cr_assert_not_null(strstr(rig->why.text, "bad key: ?[31mnot"), "%s", rig->why.text);
	cr_assert_str_eq(rig->why.server, "bad key: ?[31mnot\nallowed");
	cr_assert_eq(rig->why.http_status, 400);
	rig_free(rig);
}

/* ---- approval, busy servers, trouble ---- */

Test(device_enroll, pending_keeps_the_key)
{
	struct rig *rig = rig_new(0);
	EVP_PKEY *first, *second;

	rig->r->pending = 1;
	rig->r->retry_after = 7;
	cr_assert_eq(rig_enroll(rig, NULL), SIGNET_PENDING);
	cr_assert_eq(rig->why.retry_after, 7);
	cr_assert_str_eq(rig_status(rig)->pending, "asked");
	cr_assert_str_eq(rig->status.pending_operation, "enroll");
	first = X509_REQ_get_pubkey(rig->r->csr);
	ASSERT_DONE(rig, rig_enroll(rig, NULL));
	second = X509_REQ_get_pubkey(rig->r->csr);
	cr_assert_eq(EVP_PKEY_eq(first, second), 1, "the approval is found again by the key");
	cr_assert(rig->r->binding_good, "with a fresh binding");
	EVP_PKEY_free(first);
	EVP_PKEY_free(second);
	rig_free(rig);
}

Test(device_enroll, wait_polls_as_often_as_the_server_says)
{
	struct rig *rig = rig_new(0);
	struct signet_enrollment how = {.patience = {.wait = 100}};

	rig->r->pending = 3;
	rig->r->retry_after = 30;
	ASSERT_DONE(rig, rig_enroll(rig, &how));
	cr_assert_eq(rig->sleeps, 3);
	cr_assert_eq(rig->slept_ms[0], 30000);
	cr_assert_not_null(strstr(rig->progress, "asking again in 30 s"));
	rig_free(rig);
}

Test(device_enroll, wait_ends)
{
	struct rig *rig = rig_new(0);
	struct signet_enrollment how = {.patience = {.wait = 100}};

	rig->r->pending = 1000;
	rig->r->retry_after = 30;
	cr_assert_eq(rig_enroll(rig, &how), SIGNET_PENDING);
	cr_assert_eq(rig->sleeps, 3, "90 of 100 seconds");
	rig_free(rig);
}

Test(device_enroll, busy_server_is_asked_again_when_it_said)
{
	struct rig *rig = rig_new(0);

	rig->r->busy = 2;
	rig->r->retry_after = 5;
	ASSERT_DONE(rig, rig_enroll(rig, NULL));
	cr_assert_eq(rig->sleeps, 2);
	cr_assert_eq(rig->slept_ms[0], 5000);
	rig_free(rig);
}

Test(device_enroll, busy_longer_than_patience_is_busy)
{
	struct rig *rig = rig_new(0);

	rig->r->busy = 100;
	rig->r->retry_after = 600;
	cr_assert_eq(rig_enroll(rig, NULL), SIGNET_BUSY);
	cr_assert_eq(rig->why.retry_after, 600);
	cr_assert_eq(rig->sleeps, 0);
	rig_free(rig);
}

static EVP_PKEY *key_before_sleep;

static void heal(struct rig *rig)
{
	key_before_sleep = X509_REQ_get_pubkey(rig->r->csr);
	rig->r->fault = FAULT_NONE;
}

Test(device_enroll, lost_answer_is_asked_for_again_with_the_same_key)
{
	struct rig *rig = rig_new(0);

	rig->r->fault = FAULT_CLOSE_BEFORE_ANSWER;
	rig->on_sleep = heal;
	ASSERT_DONE(rig, rig_enroll(rig, NULL));
	cr_assert_eq(rig->sleeps, 1);
	cr_assert_eq(EVP_PKEY_eq(key_before_sleep, X509_get0_pubkey(rig->r->last_issued)), 1);
	assert_enrolled(rig, 1);
	EVP_PKEY_free(key_before_sleep);
	rig_free(rig);
}

Test(device_enroll, dropped_connection_gets_a_new_binding)
{
	struct rig *rig = rig_new(0);

	rig->r->demand_binding = true;
	rig->r->drop_after_get = true;
	ASSERT_DONE(rig, rig_enroll(rig, NULL));
	cr_assert(rig->r->binding_good);
	cr_assert_eq(rig->sleeps, 0, "at once, not as trouble");
	rig_free(rig);
}

Test(device_enroll, server_that_ends_each_connection_is_asked_unbound)
{
	struct rig *rig = rig_new(0);

	rig->r->close_each = true;
	ASSERT_DONE(rig, rig_enroll(rig, NULL));
	cr_assert_not(rig->r->binding_seen);
	rig_free(rig);
}

/* RFC 9908 and RFC 7030 3.5: challengePassword in csrattrs demands the binding; it is never
 * dropped. */
Test(device_enroll, server_that_demands_a_binding_is_never_asked_unbound)
{
	struct rig *rig = rig_new(0);

	buf_put(&rig->r->csrattrs,
	    SPAN_LITERAL("\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x07"));
	rig->r->close_each = true;
	cr_assert_eq(rig_enroll(rig, NULL), SIGNET_NETWORK, "%s", rig->why.text);
	cr_assert(rig->r->binding_seen && !rig->r->binding_good);
	cr_assert_eq(rig->r->issued, 0);
	rig_free(rig);
}

Test(device_enroll, server_that_is_away_is_a_network_error)
{
	struct rig *rig = rig_new(0);

	rig->settings.server = "https://127.0.0.1:1";
	cr_assert_eq(rig_enroll(rig, NULL), SIGNET_NETWORK);
	cr_assert_str_eq(rig->why.code, "network.connect");
	cr_assert(rig->why.advice[0]);
	rig_free(rig);
}

/* ---- renewal ---- */

Test(device_renew, new_key_same_names)
{
	struct rig *rig = rig_new(0);
	EVP_PKEY *before, *after;

	rig->r->demand_binding = true;
	ASSERT_DONE(rig, rig_enroll(rig, NULL));
	before = X509_get_pubkey(rig->r->last_issued);
	ASSERT_DONE(rig, rig_renew(rig, NULL));
	after = X509_get_pubkey(rig->r->last_issued);
	cr_assert_eq(rig->r->reenrollments, 1);
	cr_assert_neq(EVP_PKEY_eq(before, after), 1);
	/* RFC 7030 4.2.2: "MUST be identical to the corresponding fields in the certificate" */
	cr_assert_eq(X509_NAME_cmp(X509_REQ_get_subject_name(rig->r->csr),
			 X509_get_subject_name(rig->r->last_issued)),
	    0);
	assert_enrolled(rig, 2);
	EVP_PKEY_free(before);
	EVP_PKEY_free(after);
	rig_free(rig);
}

Test(device_renew, same_key_when_told)
{
	struct rig *rig = rig_new(0);
	EVP_PKEY *before, *after;

	ASSERT_DONE(rig, rig_enroll(rig, NULL));
	before = X509_get_pubkey(rig->r->last_issued);
	ASSERT_DONE(rig, rig_renew(rig, &(struct signet_renewal){.same_key = true}));
	after = X509_get_pubkey(rig->r->last_issued);
	cr_assert_eq(EVP_PKEY_eq(before, after), 1);
	assert_enrolled(rig, 2);
	EVP_PKEY_free(before);
	EVP_PKEY_free(after);
	rig_free(rig);
}

Test(device_renew, if_due_waits_for_the_last_third)
{
	struct rig *rig = rig_new(0);
	struct signet_renewal how = {.if_due = true};

	rig->now = (int64_t)time(NULL);
	rig->r->issue_not_before = rig->now;
	rig->r->lifetime = 1000;
	ASSERT_DONE(rig, rig_enroll(rig, NULL));
	rig->now += 669;
	cr_assert_eq(rig_renew(rig, &how), SIGNET_NOT_DUE);
	rig->now += 1;
	ASSERT_DONE(rig, rig_renew(rig, &how));
	cr_assert_eq(rig_renew(rig, &(struct signet_renewal){.if_due = true, .remaining = 20}),
	    SIGNET_NOT_DUE);
	rig_free(rig);
}

Test(device_renew, expired_identity_falls_back_to_the_idevid)
{
	struct rig *rig = rig_new(0);

	rig->now = (int64_t)time(NULL);
	rig->r->lifetime = 7200;
	ASSERT_DONE(rig, rig_enroll(rig, NULL));
	rig->now += 7200;
	rig->r->lifetime = 1000000;
	ASSERT_DONE(rig, rig_renew(rig, NULL));
	cr_assert_eq(rig->r->reenrollments, 0);
	cr_assert_eq(rig->r->enrollments, 2);
	assert_enrolled(rig, 2);
	rig_free(rig);
}

Test(device_renew, refused_identity_falls_back_to_the_idevid)
{
	struct rig *rig = rig_new(0);

	ASSERT_DONE(rig, rig_enroll(rig, NULL));
	rig->r->refuse_ldevid_enroll = true;
	ASSERT_DONE(rig, rig_renew(rig, NULL));
	cr_assert_eq(rig->r->reenrollments, 1);
	cr_assert_eq(rig->r->enrollments, 2);
	rig_free(rig);
}

Test(device_renew, trouble_does_not_fall_back)
{
	struct rig *rig = rig_new(0);

	ASSERT_DONE(rig, rig_enroll(rig, NULL));
	rig->r->busy = 100;
	cr_assert_eq(rig_renew(rig, NULL), SIGNET_BUSY);
	cr_assert_eq(rig->r->enrollments, 1);
	rig_free(rig);
}

Test(device_renew, without_identity_says_enroll)
{
	struct rig *rig = rig_new(0);

	cr_assert_eq(rig_renew(rig, NULL), SIGNET_NO_IDENTITY);
	cr_assert_not_null(strstr(rig->why.advice, "enroll"));
	rig_free(rig);
}

/* ---- two phases ---- */

/* The server issues a certificate, and does not accept it. */
static void refuse_new_identity(struct rig *rig, const char *want_shown)
{
	X509 *before = rig_current(rig), *after;

	cr_assert_eq(rig_renew(rig, NULL), SIGNET_REFUSED, "%s: %s", rig->why.code, rig->why.text);
	cr_assert_str_eq(rig->why.code, "identity.new-refused", "%s", rig->why.text);
	after = rig_current(rig);
	cr_assert_eq(X509_cmp(before, after), 0, "%s", want_shown);
	cr_assert_null(rig_status(rig)->pending);
	X509_free(before);
	X509_free(after);
}

Test(device_two_phases, old_identity_stays_when_the_new_one_is_refused_by_http)
{
	struct rig *rig = rig_new(0);

	ASSERT_DONE(rig, rig_enroll(rig, NULL));
	rig->r->refuse_after_issue = true;
	refuse_new_identity(rig, "403");
	rig_free(rig);
}

static void refuse_in_tls(int version)
{
	struct rig *rig = rig_new(version);

	ASSERT_DONE(rig, rig_enroll(rig, NULL));
	rig->r->refuse_in_tls_after_issue = true;
	refuse_new_identity(rig, "alert");
	rig_free(rig);
}

Test(device_two_phases, old_identity_stays_when_tls12_refuses_the_new_one)
{
	refuse_in_tls(TLS1_2_VERSION);
}

Test(device_two_phases, old_identity_stays_when_tls13_refuses_the_new_one)
{
	refuse_in_tls(TLS1_3_VERSION);
}

Test(device_two_phases, staged_identity_is_taken_up_by_the_next_run)
{
	struct rig *rig = rig_new(0);

	ASSERT_DONE(rig, rig_enroll(rig, NULL));
	rig->r->busy_after_issue = 100;
	cr_assert_eq(rig_renew(rig, NULL), SIGNET_BUSY, "%s", rig->why.text);
	cr_assert_str_eq(rig_status(rig)->pending, "staged");
	cr_assert_eq(rig->status.generation, 1);
	rig->r->busy_after_issue = 0;
	ASSERT_DONE(rig, rig_renew(rig, NULL));
	cr_assert_eq(rig->r->issued, 2, "nothing was issued again");
	assert_enrolled(rig, 2);
	rig_free(rig);
}

/* A server that resets the connection instead of refusing must not hold us for ever. */
Test(device_two_phases, staged_identity_that_cannot_be_used_for_a_day_is_given_up)
{
	struct rig *rig = rig_new(0);

	rig->now = (int64_t)time(NULL);
	rig->r->lifetime = 30 * 86400;
	ASSERT_DONE(rig, rig_enroll(rig, NULL));
	rig->r->busy_after_issue = 1000;
	cr_assert_eq(rig_renew(rig, NULL), SIGNET_BUSY);
	rig->now += 86000;
	cr_assert_eq(rig_renew(rig, NULL), SIGNET_BUSY);
	cr_assert_eq(rig->r->issued, 2, "still the staged one");
	rig->now += 1000;
	cr_assert_eq(rig_renew(rig, NULL), SIGNET_BUSY);
	cr_assert_eq(rig->r->issued, 3, "a new one was asked for");
	rig_free(rig);
}
