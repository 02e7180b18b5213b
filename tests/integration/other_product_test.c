/*
 * Who is bound to y200 calls for x100, by every way that leads there: filters, ids, bodies that mix
 * both, documents, requests, credentials. api_matrix_test.c holds one call of each operation to its
 * rule; here is what one can try beside it.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/integration/api_scene.h"
#include "tests/lib/program.h"

static struct api_scene scene;

#define JSON "application/json"

/* Of a shipped role, bound to y200. */
static const char *outsider(const char *role)
{
	for (int i = 0; i < API_ROLES; i++)
		if (strcmp(api_role_names[i], role) == 0)
			return scene.tokens[i][REACH_OUT];
	cr_assert_fail("no role %s", role);
	return NULL;
}

static void fill(const char *pattern, char *text, size_t size)
{
	const struct {
		const char *name, *id;
	} ids[] = {{"{device}", scene.device}, {"{certificate}", scene.certificate},
	    {"{enrollment}", scene.enrollment}, {"{alarm}", scene.alarm}};
	const char *at = strchr(pattern, '{');

	snprintf(text, size, "%s", pattern);
	for (size_t i = 0; at && i < sizeof(ids) / sizeof(ids[0]); i++)
		if (strncmp(at, ids[i].name, strlen(ids[i].name)) == 0)
			snprintf(text, size, "%.*s%s%s", (int)(at - pattern), pattern, ids[i].id,
			    at + strlen(ids[i].name));
}

/* ---- lists ---- */

static const struct {
	const char *role, *path;
} lists[] = {
    {"viewer", "devices"},
    {"viewer", "devices?product=x100"},
    {"viewer", "devices?serial=M-1"},
    {"factory", "devices?product=x100&serial=M-1"},
    {"viewer", "devices?state=enrolled"},
    {"viewer", "certificates"},
    {"viewer", "certificates?product=x100"},
    {"viewer", "certificates?device={device}"},
    {"viewer", "certificates?serial=M-1"},
    {"viewer", "certificates?serial_number=0102"},
    {"viewer", "certificates?subject=CN%3DM-1"},
    {"viewer", "certificates?authority=issuing"},
    {"viewer", "enrollments"},
    {"viewer", "enrollments?serial=M-2"},
    {"viewer", "enrollments?state=open"},
    {"viewer", "enrollments?label=approval"},
    {"viewer", "enrollments?outcome=pending"},
    {"auditor", "alarms"},
};

static size_t listed(const char *token, const char *path)
{
	AUTO(api_reply) r = {0};

	api_ask(&scene, &(struct api_ask){.method = "GET", .path = path, .token = token}, &r);
	cr_assert_eq(r.status, 200, "%s: %d %s", path, r.status, buf_cstr(&r.body));
	cr_expect_not(strstr(buf_cstr(&r.body), "M-1") || strstr(buf_cstr(&r.body), "M-2") ||
			  strstr(buf_cstr(&r.body), "x100"),
	    "%s tells: %s", path, buf_cstr(&r.body));
	return json_array_size(json_object_get(r.json, "items"));
}

static void lists_do_not_show_it(void)
{
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		AUTO(api_reply) r = {0};
		char part[128], path[160];

		fill(lists[i].path, part, sizeof(part));
		snprintf(path, sizeof(path), "/api/v1/%s", part);
		cr_expect_eq(listed(outsider(lists[i].role), path), 0, "%s", path);
		/* It is there, for others: else nothing was shown. */
		api_root(&scene, "GET", path, NULL, NULL, 200, &r);
		cr_expect_gt(json_array_size(json_object_get(r.json, "items")), 0, "%s", path);
	}
}

/* ---- by its id it is not there, as one that nobody has ---- */

static const struct {
	const char *role, *method, *path, *headers, *body;
} ids[] = {
    {"viewer", "GET", "devices/{device}", NULL, NULL},
    {"registration-officer", "PATCH", "devices/{device}", "If-Match: *\r\n",
	"{\"state\":\"suspended\"}"},
    {"registration-officer", "PATCH", "devices/{device}", "If-Match: \"1\"\r\n",
	"{\"state\":\"retired\"}"},
    {"viewer", "GET", "certificates/{certificate}", NULL, NULL},
    {"viewer", "GET", "certificates/{certificate}/pem", NULL, NULL},
    {"viewer", "GET", "enrollments/{enrollment}", NULL, NULL},
    {"registration-officer", "POST", "enrollments/{enrollment}/approve", NULL, NULL},
    {"registration-officer", "POST", "enrollments/{enrollment}/reject", NULL, NULL},
};

static void ask_id(size_t i, const char *path, struct api_reply *r)
{
	api_ask(&scene,
	    &(struct api_ask){ids[i].method, path, outsider(ids[i].role), ids[i].body ? JSON : NULL,
		ids[i].headers, ids[i].body},
	    r);
}

static void ids_are_of_nothing(void)
{
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		AUTO(api_reply) hidden = {0};
		AUTO(api_reply) none = {0};
		char part[128], path[160];

		fill(ids[i].path, part, sizeof(part));
		snprintf(path, sizeof(path), "/api/v1/%s", part);
		ask_id(i, path, &hidden);
		snprintf(path, sizeof(path), "/api/v1/%.*s987654321%s",
		    (int)strcspn(ids[i].path, "{"), ids[i].path, strchr(ids[i].path, '}') + 1);
		ask_id(i, path, &none);
		cr_expect_eq(
		    hidden.status, 404, "%s %s: %d", ids[i].method, ids[i].path, hidden.status);
		cr_expect_eq(none.status, 404, "%s: %d", path, none.status);
		cr_expect_str_eq(hidden.code, none.code);
		cr_expect_not(
		    strstr(buf_cstr(&hidden.body), "M-1") || strstr(buf_cstr(&hidden.body), "x100"),
		    "%s", buf_cstr(&hidden.body));
	}
}

/* ---- what is made or changed ---- */

static const struct {
	const char *name, *role, *method, *path, *type, *headers, *body;
} acts[] = {
    {"a device of it", "factory", "POST", "devices", JSON, NULL,
	"{\"product\":\"x100\",\"serials\":[\"O-1\"]}"},
    {"a file of devices of it", "factory", "POST", "devices/import?product=x100", "text/csv", NULL,
	"serial\nO-2\n"},
    {"a file of both", "factory", "POST", "devices/import", "text/csv", NULL,
	"product,serial\ny200,O-3\nx100,O-4\n"},
    {"NDJSON of both", "factory", "POST", "devices/import", "application/x-ndjson", NULL,
	"{\"product\":\"y200\",\"serial\":\"O-5\"}\n{\"product\":\"x100\",\"serial\":\"O-6\"}\n"},
    {"a label of both", "release-manager", "PUT", "labels/o-both", JSON, "If-None-Match: *\r\n",
	"{\"profile\":\"device\",\"trust_anchors\":[\"test\"],\"products\":[\"y200\",\"x100\"]}"},
    {"a label of all", "release-manager", "PUT", "labels/o-all", JSON, "If-None-Match: *\r\n",
	"{\"profile\":\"device\",\"trust_anchors\":[\"test\"]}"},
    {"its label taken for y200", "release-manager", "PUT", "labels/bound", JSON, "If-Match: *\r\n",
	"{\"profile\":\"device\",\"trust_anchors\":[\"test\"],\"products\":[\"y200\"]}"},
    {"its label, applied", "release-manager", "POST", "apply", "application/yaml", NULL,
	"{kind: label, name: o-x, profile: device, trust_anchors: [test], products: [x100]}\n"},
    {"a right to it", "admin", "PUT", "bindings/o-1", JSON, "If-None-Match: *\r\n",
	"{\"principal\":\"viewer-out\",\"role\":\"viewer\",\"products\":[\"x100\"]}"},
    {"a right to both", "admin", "PUT", "bindings/o-2", JSON, "If-None-Match: *\r\n",
	"{\"principal\":\"viewer-out\",\"role\":\"viewer\",\"products\":[\"y200\",\"x100\"]}"},
    {"a right to all", "admin", "PUT", "bindings/o-3", JSON, "If-None-Match: *\r\n",
	"{\"principal\":\"viewer-out\",\"role\":\"viewer\"}"},
    {"somebody's right to it taken away", "admin", "DELETE", "bindings/viewer-in", NULL,
	"If-Match: *\r\n", NULL},
    {"somebody's right to it turned to y200", "admin", "PUT", "bindings/viewer-in", JSON,
	"If-Match: *\r\n",
	"{\"principal\":\"viewer-in\",\"role\":\"viewer\",\"products\":[\"y200\"]}"},
    {"a token of who has it", "admin", "POST", "tokens", JSON, NULL,
	"{\"principal\":\"viewer-in\"}"},
    {"a token of who has all", "admin", "POST", "tokens", JSON, NULL, "{\"principal\":\"root\"}"},
    {"a certificate of who has it", "admin", "POST", "principals/viewer-in/certificates", JSON,
	NULL, "{\"csr\":\"none\"}"},
};

static void acts_are_refused(void)
{
	static const char state[] =
	    "SELECT (SELECT version FROM policy_version) || ' ' || (SELECT count(*) FROM policy_change)"
	    " || ' ' || (SELECT count(*) FROM device) || ' ' || (SELECT count(*) FROM token)";
	char before[96], after[96];

	fixture_sql(&scene.fixture, state, before, sizeof(before));
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		AUTO(api_reply) r = {0};
		char path[160];

		snprintf(path, sizeof(path), "/api/v1/%s", acts[i].path);
		api_ask(&scene,
		    &(struct api_ask){acts[i].method, path, outsider(acts[i].role), acts[i].type,
			acts[i].headers, acts[i].body},
		    &r);
		cr_expect_eq(r.status, 403, "%s: %d %s", acts[i].name, r.status,
		    r.body.n ? buf_cstr(&r.body) : "");
	}
	fixture_sql(&scene.fixture, state, after, sizeof(after));
	cr_expect_str_eq(after, before, "something was done");
}

/* The same for y200 goes through: it is the product that they were refused for. */
static void own_product_is_theirs(void)
{
	static const char device[] = "{\"product\":\"y200\",\"serials\":[\"O-9\"]}";
	AUTO(api_reply) made = {0};
	AUTO(api_reply) labelled = {0};

	api_ask(&scene,
	    &(struct api_ask){"POST", "/api/v1/devices", outsider("factory"), JSON, NULL, device},
	    &made);
	cr_expect_eq(made.status, 200, "%s", buf_cstr(&made.body));
	api_ask(&scene,
	    &(struct api_ask){"PUT", "/api/v1/labels/o-own", outsider("release-manager"), JSON,
		"If-None-Match: *\r\n",
		"{\"profile\":\"device\",\"trust_anchors\":[\"test\"],\"products\":[\"y200\"]}"},
	    &labelled);
	cr_expect_eq(labelled.status, 201, "%s", buf_cstr(&labelled.body));
}

/* ---- requests for it ---- */

static const char approvals[] =
    "kind: approval-policy\nname: o-change\nacts: [device.change]\napprovals: 1\n"
    "role: registration-officer\n";

/* Made where nobody else could use it: the credential is no reason to refuse an approval. */
static void own_token(const char *name, char *token, size_t size)
{
	char config[160], out[160];
	AUTO(buf) text = {0};
	struct err err = {0};
	const char *at;

	snprintf(config, sizeof(config), "%s/signetd-0.yaml", scene.fixture.dir);
	snprintf(out, sizeof(out), "%s/token.out", scene.fixture.dir);
	(void)unlink(out);
	program_must(out, "signetd", "--config", config, "token", name, "--break-glass",
	    "the first login of this person", NULL);
	cr_assert(file_read(out, 65536, &text, &err).ok, "%s", err.message);
	at = strstr(buf_cstr(&text), "eyJ");
	cr_assert_not_null(at);
	snprintf(token, size, "%.*s", (int)strcspn(at, " \r\n"), at);
}

static void request_about_it(char *id, size_t size)
{
	AUTO(api_reply) r = {0};
	char path[96];

	api_root(&scene, "POST", "/api/v1/apply", NULL, approvals, 200, NULL);
	snprintf(path, sizeof(path), "/api/v1/devices/%s", scene.device);
	api_ask(&scene,
	    &(struct api_ask){"PATCH", path, scene.tokens[2][REACH_IN], JSON, "If-Match: *\r\n",
		"{\"state\":\"retired\"}"},
	    &r);
	cr_assert_eq(r.status, 202, "%d %s", r.status, buf_cstr(&r.body));
	snprintf(id, size, "%lld",
	    (long long)json_integer_value(
		json_object_get(json_object_get(r.json, "request"), "id")));
	cr_assert_gt(atoll(id), 0, "%s", buf_cstr(&r.body));
}

static void requests_are_not_theirs(void)
{
	static const char *const steps[] = {"approve", "reject", "redeem", "withdraw"};
	char officer[2048], id[24], path[96], digest[96], body[128], state[16];

	own_token("registration-officer-out", officer, sizeof(officer));
	request_about_it(id, sizeof(id));
	cr_expect_eq(listed(officer, "/api/v1/requests"), 0);
	snprintf(path, sizeof(path), "/api/v1/requests/%s", id);
	{
		AUTO(api_reply) r = {0};

		api_ask(
		    &scene, &(struct api_ask){.method = "GET", .path = path, .token = officer}, &r);
		cr_expect_eq(r.status, 404, "%d %s", r.status, buf_cstr(&r.body));
	}
	fixture_sql(&scene.fixture,
	    "SELECT encode(digest, 'hex') FROM request ORDER BY id DESC LIMIT 1", digest,
	    sizeof(digest));
	snprintf(body, sizeof(body), "{\"digest\":\"%s\"}", digest);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		AUTO(api_reply) r = {0};
		const char *with = i == 0 ? body : i == 1 ? "{}" : NULL;

		snprintf(path, sizeof(path), "/api/v1/requests/%s/%s", id, steps[i]);
		api_ask(&scene,
		    &(struct api_ask){"POST", path, officer, with ? JSON : NULL, NULL, with}, &r);
		cr_expect(r.status == 403 || r.status == 404, "%s: %d %s", steps[i], r.status,
		    r.body.n ? buf_cstr(&r.body) : "");
	}
	fixture_sql(&scene.fixture, "SELECT state FROM request ORDER BY id DESC LIMIT 1", state,
	    sizeof(state));
	cr_expect_str_eq(state, "open");
	/* It is the product that they were refused for: who has it approves. */
	own_token("registration-officer-all", officer, sizeof(officer));
	{
		AUTO(api_reply) r = {0};

		snprintf(path, sizeof(path), "/api/v1/requests/%s/approve", id);
		api_ask(&scene, &(struct api_ask){"POST", path, officer, JSON, NULL, body}, &r);
		cr_expect_eq(r.status, 200, "%d %s", r.status, buf_cstr(&r.body));
	}
}

Test(api, who_is_bound_to_one_product_reaches_no_other, .timeout = 600)
{
	api_scene_start(&scene);
	lists_do_not_show_it();
	ids_are_of_nothing();
	acts_are_refused();
	own_product_is_theirs();
	requests_are_not_theirs();
	api_scene_stop(&scene);
}
