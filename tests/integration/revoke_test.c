/*
 * Revocation through the API of a whole Signet: states, scopes and approvals, and what it closes at
 * once on every server.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/encode.h"
#include "tests/integration/api_scene.h"

#define JSON "application/json"

static struct api_scene scene;

static const char *text_of(const json_t *object, const char *member)
{
	const char *text = json_string_value(json_object_get(object, member));

	return text ? text : "";
}

static long long number(const char *sql)
{
	char text[64];

	fixture_sql(&scene.fixture, sql, text, sizeof(text));
	return atoll(text);
}

/* ---- one certificate ---- */

static const struct step {
	const char *act, *body;
	int status;
	const char *code, *state, *reason;
} steps[] = {
    {"resume", NULL, 200, "", "good", ""},
    {"hold", NULL, 200, "", "held", "certificateHold"},
    {"hold", NULL, 200, "", "held", "certificateHold"},
    {"resume", NULL, 200, "", "good", ""},
    {"revoke", "{}", 400, "body.member", "good", ""},
    {"revoke", "{\"reason\":\"stolen\"}", 422, "status.reason", "good", ""},
    {"revoke", "{\"reason\":\"certificateHold\"}", 422, "status.reason", "good", ""},
    {"revoke", "{\"reason\":\"removeFromCRL\"}", 422, "status.reason", "good", ""},
    {"revoke", "{\"reason\":\"superseded\",\"invalidity_at\":\"2099-01-01T00:00:00Z\"}", 422,
	"status.invalidity", "good", ""},
    {"hold", NULL, 200, "", "held", "certificateHold"},
    {"revoke", "{\"reason\":\"superseded\",\"invalidity_at\":\"2026-01-01T00:00:00Z\"}", 200, "",
	"revoked", "superseded"},
    {"revoke", "{\"reason\":\"superseded\"}", 200, "", "revoked", "superseded"},
    {"resume", NULL, 409, "status.revoked", "revoked", "superseded"},
    {"hold", NULL, 409, "status.revoked", "revoked", "superseded"},
    {"revoke", "{\"reason\":\"unspecified\"}", 409, "status.revoked", "revoked", "superseded"},
    {"revoke", "{\"reason\":\"keyCompromise\"}", 200, "", "revoked", "keyCompromise"},
};

static void act_on(const char *id, const char *act, const char *body, struct api_reply *ret_reply)
{
	char path[96];

	snprintf(path, sizeof(path), "/api/v1/certificates/%s/%s", id, act);
	api_ask(&scene,
	    &(struct api_ask){.method = "POST",
		.path = path,
		.token = scene.root,
		.type = body ? JSON : NULL,
		.body = body},
	    ret_reply);
}

static void expect_shown(const char *id, const char *state, const char *reason)
{
	AUTO(api_reply) r = {0};
	char path[96];

	snprintf(path, sizeof(path), "/api/v1/certificates/%s", id);
	api_root(&scene, "GET", path, NULL, NULL, 200, &r);
	cr_expect_str_eq(text_of(r.json, "status"), state, "certificate %s", id);
	cr_expect_str_eq(text_of(r.json, "reason"), reason, "certificate %s", id);
}

static void one_goes_from_state_to_state(void)
{
	for (size_t i = 0; i < COUNT(steps); i++) {
		AUTO(api_reply) r = {0};

		act_on(scene.certificate, steps[i].act, steps[i].body, &r);
		cr_expect(r.status == steps[i].status && strcmp(r.code, steps[i].code) == 0,
		    "step %zu: %d %s", i, r.status, r.body.n ? buf_cstr(&r.body) : "");
		expect_shown(scene.certificate, steps[i].state, steps[i].reason);
	}
	cr_expect_eq(number("SELECT count(*) FROM status_change"), 5);
	cr_expect_eq(
	    number("SELECT count(*) FROM log_salt WHERE record_kind = 'status-change'"), 5);
	cr_expect_eq(
	    number("SELECT count(*) FROM revocation WHERE extract(epoch FROM invalidity_at) "
		   "= 1767225600"),
	    1);
}

/* ---- with approvals ---- */

static void others_must_agree(void)
{
	AUTO(api_reply) asked = {0};
	AUTO(api_reply) again = {0};
	char id[24];

	fixture_sql(&scene.fixture,
	    "INSERT INTO certificate (authority_id, serial, device_id, product_id, key_digest, "
	    "subject, not_before, not_after, der) SELECT authority_id, '\\x0203', device_id, "
	    "product_id, sha256('z'), subject, not_before, not_after, der FROM certificate "
	    "WHERE serial = '\\x0102' RETURNING id",
	    id, sizeof(id));
	api_root(&scene, "PUT", "/api/v1/approval-policies/revoking", "If-None-Match: *\r\n",
	    "{\"acts\":[\"certificate.revoke\"],\"approvals\":1,\"role\":\"registration-officer\"}",
	    201, NULL);
	for (int i = 0; i < 100 && asked.status != 202; i++) {
		api_reply_free(&asked);
		act_on(id, "hold", NULL, &asked); /* policy is heard of within a moment */
		if (asked.status == 200)
			act_on(id, "resume", NULL, &again);
		api_reply_free(&again);
		usleep(20000);
	}
	cr_expect_eq(asked.status, 202, "%s", asked.body.n ? buf_cstr(&asked.body) : "");
	expect_shown(id, "good", "");
	api_root(&scene, "DELETE", "/api/v1/approval-policies/revoking", "If-Match: *\r\n", NULL,
	    204, NULL);
}

/* ---- devices ---- */

struct unit {
	EVP_PKEY *idevid_key, *key;
	X509 *idevid;
};

/* Enroll at server i with the IDevID: the answer's status and reason. */
static int enroll(const struct unit *u, int i, char code[static 64])
{
	struct https_options o = {.port = scene.fixture.servers[i].device_port,
	    .certificate = u->idevid,
	    .key = u->idevid_key};
	struct https c;
	struct https_reply reply = {0};
	AUTO(buf) csr = {0};
	AUTO(buf) body = {0};
	int status;

	pki_csr(u->key, &(struct pki_csr){.common_name = "L-1"}, &csr);
	base64_encode(buf_span(&csr), &body);
	cr_assert(https_open(&o, &c));
	cr_assert(https_request(&c, "POST", "/.well-known/est/simpleenroll",
	    "Content-Type: application/pkcs10\r\n", buf_span(&body), &reply));
	status = reply.status;
	if (!https_header(&reply, "X-Signet-Reason", code, 64))
		code[0] = '\0';
	https_reply_free(&reply);
	https_close(&c);
	return status;
}

static void move(const char *id, const char *state)
{
	char path[96], body[64];

	snprintf(path, sizeof(path), "/api/v1/devices/%s", id);
	snprintf(body, sizeof(body), "{\"state\":\"%s\"}", state);
	api_root(&scene, "PATCH", path, "If-Match: *\r\n", body, 200, NULL);
}

/* On server 1 in the request that follows the answer of server 0: nothing is cached. */
static void expect_closed(const struct unit *u, const char *want)
{
	char code[64];

	for (int i = 0; i < FIXTURE_SERVERS; i++) {
		cr_expect_eq(enroll(u, i, code), 403, "server %d", i);
		cr_expect_str_eq(code, want, "server %d", i);
	}
}

static void a_device_takes_its_certificates_along(void)
{
	struct unit u = {.idevid_key = pki_key("EC-P256"), .key = pki_key("EC-P256")};
	char device[24], held[24], code[64], certificate[24];

	u.idevid = pki_idevid(&scene.fixture.maker, u.idevid_key,
	    &(struct pki_idevid){.product = "X100", .serial = "L-1"});
	cr_assert_eq(enroll(&u, 0, code), 200, "%s", code);
	EVP_PKEY_free(u.key);
	u.key = pki_key("EC-P256");
	cr_assert_eq(enroll(&u, 1, code), 200, "%s", code);
	EVP_PKEY_free(u.key);
	u.key = pki_key("EC-P256");
	fixture_sql(
	    &scene.fixture, "SELECT id FROM device WHERE serial = 'L-1'", device, sizeof(device));
	fixture_sql(&scene.fixture,
	    "SELECT min(c.id), max(c.id) FROM certificate c JOIN device d ON d.id = c.device_id WHERE "
	    "d.serial = 'L-1'",
	    held, sizeof(held));
	fixture_sql(&scene.fixture,
	    "SELECT max(c.id) FROM certificate c JOIN device d ON d.id = c.device_id WHERE "
	    "d.serial = 'L-1'",
	    certificate, sizeof(certificate));
	{
		AUTO(api_reply) r = {0};

		act_on(held, "hold", NULL, &r);
		cr_assert_eq(r.status, 200);
	}
	move(device, "suspended");
	expect_closed(&u, "device.suspended");
	expect_shown(certificate, "held", "certificateHold");
	{
		AUTO(api_reply) r = {0};

		act_on(certificate, "resume", NULL, &r);
		cr_expect(r.status == 409 && strcmp(r.code, "status.suspended") == 0, "%d %s",
		    r.status, r.code);
	}
	move(device, "enrolled");
	expect_shown(certificate, "good", "");
	expect_shown(held, "held", "certificateHold");
	cr_expect_eq(enroll(&u, 1, code), 200, "%s", code);
	EVP_PKEY_free(u.key);
	u.key = pki_key("EC-P256");
	move(device, "retired");
	expect_closed(&u, "device.retired");
	expect_shown(certificate, "revoked", "cessationOfOperation");
	expect_shown(held, "revoked", "cessationOfOperation");
	X509_free(u.idevid);
	EVP_PKEY_free(u.idevid_key);
	EVP_PKEY_free(u.key);
}

Test(revoke, what_is_no_longer_good_is_so_at_once, .timeout = 200)
{
	api_scene_start(&scene);
	fixture_server_start(&scene.fixture, 1);
	one_goes_from_state_to_state();
	others_must_agree();
	a_device_takes_its_certificates_along();
	api_scene_stop(&scene);
}
