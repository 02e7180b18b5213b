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
#include "base/file.h"
#include "tests/integration/api_scene.h"
#include "tests/lib/program.h"

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
	for (int i = 0; i < 500 && asked.status != 202; i++) {
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

/* ---- many ---- */

#define MASS "/api/v1/mass-revocations"

/* MASS_CERTIFICATES says how many; a tenth of them is of product y200. */
static long fleet_size(void)
{
	const char *text = getenv("MASS_CERTIFICATES");

	return text ? strtol(text, NULL, 10) : 12000;
}

static void make_fleet(long n)
{
	char sql[1600], text[32];

	snprintf(sql, sizeof(sql),
	    "WITH made AS (INSERT INTO device (product_id, serial, state, batch) SELECT (SELECT id FROM "
	    "product WHERE name = CASE WHEN i %% 10 = 0 THEN 'y200' ELSE 'x100' END), 'F-' || i, "
	    "'enrolled', 'B' || i %% 7 FROM generate_series(1, %ld) i RETURNING id, product_id) "
	    "INSERT INTO certificate (authority_id, serial, device_id, product_id, key_digest, subject, "
	    "not_before, not_after, der, key_algorithm) SELECT (SELECT id FROM authority WHERE name = "
	    "'issuing'), substr(sha256(int8send(id)), 1, 16), id, product_id, sha256(int8send(id)), "
	    "'\\x3000', now(), now() + interval '1 year', sha256(int8send(id)) || "
	    "decode(repeat('00', 500), 'hex'), 'Ed25519' FROM made",
	    n);
	fixture_sql(&scene.fixture, sql, text, sizeof(text));
	fixture_sql(&scene.fixture, "ANALYZE certificate, device, public_key", text, sizeof(text));
}

static void mass(
    const char *token, const char *selector, const char *more, struct api_reply *ret_reply)
{
	char body[400];

	snprintf(
	    body, sizeof(body), "{\"selector\":%s,\"reason\":\"superseded\"%s}", selector, more);
	api_ask(&scene,
	    &(struct api_ask){
		.method = "POST", .path = MASS, .token = token, .type = JSON, .body = body},
	    ret_reply);
}

static long long int_of(const json_t *object, const char *member)
{
	return json_integer_value(json_object_get(object, member));
}

static const char *token_of(const char *role, enum api_reach reach)
{
	for (int i = 0; i < API_ROLES; i++)
		if (strcmp(api_role_names[i], role) == 0)
			return scene.tokens[i][reach];
	cr_assert_fail("no role %s", role);
	return NULL;
}

/* Each says what it would find, and nothing has changed. */
static void the_blast_radius_is_told_first(long n)
{
	static const char *const refused[][3] = {
	    {"{}", "mass.selector", ""},
	    {"{\"batch\":\"none\"}", "mass.empty", ""},
	    {"{\"authority\":\"nobody\"}", "body.member", ""},
	    {"{\"algorithm\":\"Enigma\"}", "body.member", ""},
	    {"{\"key_digest\":\"zz\"}", "body.member", ""},
	    {"{\"colour\":\"red\"}", "body.member", ""},
	    {"{\"product\":\"x100\"}", "status.invalidity",
		",\"invalidity_at\":\"2099-01-01T00:00:00Z\""},
	};
	const char *officer = token_of("registration-officer", REACH_IN);

	for (size_t i = 0; i < COUNT(refused); i++) {
		AUTO(api_reply) r = {0};

		mass(scene.root, refused[i][0], refused[i][2], &r);
		cr_expect_str_eq(r.code, refused[i][1], "%s", refused[i][0]);
	}
	{
		AUTO(api_reply) r = {0};

		mass(scene.root, "{\"algorithm\":\"Ed25519\"}", ",\"dry_run\":true", &r);
		cr_assert_eq(r.status, 200, "%s", buf_cstr(&r.body));
		cr_expect_eq(int_of(r.json, "certificates"), n);
		cr_expect_eq(int_of(r.json, "devices"), n);
		cr_expect_eq(json_array_size(json_object_get(r.json, "products")), 2);
		cr_expect_eq(json_array_size(json_object_get(r.json, "authorities")), 1);
		cr_expect_eq(json_array_size(json_object_get(r.json, "sample")), 10);
	}
	{
		/* Who may revoke of one product selects among its certificates. */
		AUTO(api_reply) r = {0};
		AUTO(api_reply) other = {0};

		mass(officer, "{\"algorithm\":\"Ed25519\"}", ",\"dry_run\":true", &r);
		cr_assert_eq(r.status, 200, "%s", buf_cstr(&r.body));
		cr_expect_eq(int_of(r.json, "certificates"), n - n / 10);
		cr_expect_eq(json_array_size(json_object_get(r.json, "products")), 1);
		mass(officer, "{\"product\":\"y200\"}", ",\"dry_run\":true", &other);
		cr_expect_eq(other.status, 403);
		cr_expect_str_eq(other.code, "access.denied");
	}
	cr_expect_eq(number("SELECT count(*) FROM mass_act WHERE state = 'running'"), 0);
}

static void await_end(const char *path, struct api_reply *ret_reply)
{
	for (int i = 0; i < 10000; i++) {
		api_reply_free(ret_reply);
		api_root(&scene, "GET", path, NULL, NULL, 200, ret_reply);
		if (strcmp(text_of(ret_reply->json, "state"), "running") != 0)
			return;
		usleep(100000);
	}
}

/* The one that works is killed, and the other goes on. */
static void a_fleet_is_revoked_whoever_dies(long n)
{
	const char *acts = "SELECT done FROM mass_act WHERE state = 'running'";
	AUTO(api_reply) made = {0};
	AUTO(api_reply) end = {0};
	long long before = -1;

	mass(scene.root, "{\"algorithm\":\"Ed25519\"}", "", &made);
	cr_assert_eq(made.status, 201, "%s", buf_cstr(&made.body));
	cr_expect_eq(int_of(made.json, "total"), n);
	for (int kills = 0; kills < 3; kills++) {
		long long now = number(acts);

		for (int i = 0; i < 400 && now <= before; i++) {
			usleep(10000);
			now = number(acts);
		}
		before = now;
		fixture_server_kill(&scene.fixture, 1);
		fixture_server_start(&scene.fixture, 1);
	}
	await_end(made.location, &end);
	cr_expect_str_eq(text_of(end.json, "state"), "done", "%s", buf_cstr(&end.body));
	cr_expect_eq(int_of(end.json, "done"), n);
	cr_expect_eq(int_of(end.json, "revoked"), n);
	cr_expect_eq(number("SELECT count(*) FROM revocation r JOIN certificate c ON c.id = "
			    "r.certificate_id WHERE c.key_algorithm = 'Ed25519' AND r.reason = 4"),
	    n);
	cr_expect_eq(
	    number("SELECT count(*) - count(DISTINCT certificate_id) FROM status_change WHERE "
		   "mass_act_id IS NOT NULL"),
	    0, "none twice");
	fprintf(stderr, "mass revocation: %ld certificates, %lld a second by the rows' times\n", n,
	    number("SELECT total / greatest(1, extract(epoch FROM ended_at - created_at)::bigint) "
		   "FROM mass_act ORDER BY id DESC LIMIT 1"));
}

/* An administrator of nobody else's making, who may agree to what root asks for. */
static void make_second(char *token, size_t size)
{
	char config[160], out[160];
	AUTO(buf) text = {0};
	struct err err = {0};
	const char *at;

	snprintf(config, sizeof(config), "%s/signetd-0.yaml", scene.fixture.dir);
	snprintf(out, sizeof(out), "%s/second.out", scene.fixture.dir);
	program_must(out, "signetd", "--config", config, "admin", "second", "--break-glass",
	    "somebody who may agree", NULL);
	cr_assert(file_read(out, 65536, &text, &err).ok, "%s", err.message);
	at = strstr(buf_cstr(&text), "eyJ");
	cr_assert(at != NULL, "no token in: %s", buf_cstr(&text));
	snprintf(token, size, "%.*s", (int)strcspn(at, " \r\n"), at);
}

/* What is agreed to is what was there then. */
static void others_agree_to_exactly_these(void)
{
	AUTO(api_reply) asked = {0};
	AUTO(api_reply) seen = {0};
	AUTO(api_reply) redeemed = {0};
	AUTO(api_reply) end = {0};
	char path[160], body[160], location[128], second[2048];

	make_second(second, sizeof(second));
	api_root(&scene, "PUT", "/api/v1/approval-policies/many", "If-None-Match: *\r\n",
	    "{\"acts\":[\"certificate.revoke-many\"],\"approvals\":1,\"role\":\"admin\"}", 201,
	    NULL);
	fixture_sql(&scene.fixture,
	    "WITH d AS (INSERT INTO device (product_id, serial, state, batch) SELECT id, 'G-' || i, "
	    "'enrolled', 'G' FROM product, generate_series(1, 3) i WHERE name = 'x100' RETURNING *) "
	    "INSERT INTO certificate (authority_id, serial, device_id, product_id, key_digest, subject, "
	    "not_before, not_after, der) SELECT 2, int8send(id), id, product_id, sha256(int8send(id)), "
	    "'\\x3000', now(), now() + interval '1 year', '\\x3000' FROM d",
	    body, sizeof(body));
	for (int i = 0; i < 500 && asked.status != 202; i++) {
		usleep(50000); /* policy is heard of within a moment */
		api_reply_free(&asked);
		mass(scene.root, "{\"batch\":\"G\",\"product\":\"x100\"}",
		    i < 20 ? ",\"dry_run\":true" : "", &asked);
	}
	cr_assert_eq(asked.status, 202, "%s", buf_cstr(&asked.body));
	snprintf(location, sizeof(location), "%s", asked.location);
	/* Issued meanwhile: not among them. */
	fixture_sql(&scene.fixture,
	    "INSERT INTO certificate (authority_id, serial, device_id, product_id, key_digest, subject, "
	    "not_before, not_after, der) SELECT 2, '\\x99', id, product_id, sha256('late'), '\\x3000', "
	    "now(), now() + interval '1 year', '\\x3000' FROM device WHERE serial = 'G-1'",
	    body, sizeof(body));
	api_root(&scene, "GET", location, NULL, NULL, 200, &seen);
	snprintf(body, sizeof(body), "{\"digest\":\"%s\"}", text_of(seen.json, "digest"));
	snprintf(path, sizeof(path), "%s/approve", location);
	{
		AUTO(api_reply) r = {0};

		api_ask(&scene,
		    &(struct api_ask){.method = "POST",
			.path = path,
			.token = second,
			.type = JSON,
			.body = body},
		    &r);
		cr_assert_eq(r.status, 200, "%s", buf_cstr(&r.body));
	}
	snprintf(path, sizeof(path), "%s/redeem", location);
	api_ask(&scene, &(struct api_ask){.method = "POST", .path = path, .token = scene.root},
	    &redeemed);
	cr_assert_eq(redeemed.status, 201, "%s", buf_cstr(&redeemed.body));
	cr_expect_eq(int_of(redeemed.json, "total"), 3);
	await_end(redeemed.location, &end);
	cr_expect_str_eq(text_of(end.json, "state"), "done");
	cr_expect_eq(int_of(end.json, "revoked"), 3);
	cr_expect_gt(int_of(end.json, "request"), 0);
	cr_expect_eq(number("SELECT count(*) FROM revocation r JOIN certificate c ON c.id = "
			    "r.certificate_id WHERE c.serial = '\\x99'"),
	    0);
	cr_expect_eq(number("SELECT count(*) FROM status_change WHERE request_id IS NOT NULL AND "
			    "mass_act_id IS NOT NULL"),
	    3);
}

/* Again and again, and not for want of the database: somebody must look. */
static void one_that_cannot_go_on_ends_with_an_alarm(void)
{
	AUTO(api_reply) made = {0};
	AUTO(api_reply) end = {0};
	char text[64];

	fixture_sql(&scene.fixture,
	    "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END "
	    "$$; CREATE TRIGGER no BEFORE INSERT ON status_change FOR EACH ROW EXECUTE FUNCTION no()",
	    text, sizeof(text));
	mass(token_of("registration-officer", REACH_IN), "{\"certificate\":1}", "", &made);
	cr_expect_str_eq(made.code, "mass.empty", "a server's is of no product");
	api_reply_free(&made);
	mass(scene.root, "{\"issued_after\":\"2020-01-01T00:00:00Z\"}", "", &made);
	cr_assert_eq(made.status, 201, "%s", buf_cstr(&made.body));
	await_end(made.location, &end);
	cr_expect_str_eq(text_of(end.json, "state"), "failed");
	cr_expect(text_of(end.json, "failure")[0] != '\0');
	cr_expect_eq(number("SELECT count(*) FROM alarm WHERE kind = 'mass-revocation'"), 1);
	fixture_sql(&scene.fixture, "DROP TRIGGER no ON status_change", text, sizeof(text));
}

Test(revoke, a_fleet_is_revoked_as_it_was_agreed_to, .timeout = 1800)
{
	const long n = fleet_size();

	api_scene_start(&scene);
	make_fleet(n);
	https_close(&scene.connection); /* it has idled for long */
	scene.connected = false;
	the_blast_radius_is_told_first(n);
	fixture_server_start(&scene.fixture, 1);
	a_fleet_is_revoked_whoever_dies(n);
	one_that_cannot_go_on_ends_with_an_alarm();
	others_agree_to_exactly_these();
	api_scene_stop(&scene);
}

Test(revoke, what_is_no_longer_good_is_so_at_once, .timeout = 600)
{
	api_scene_start(&scene);
	fixture_server_start(&scene.fixture, 1);
	one_goes_from_state_to_state();
	others_must_agree();
	a_device_takes_its_certificates_along();
	api_scene_stop(&scene);
}
