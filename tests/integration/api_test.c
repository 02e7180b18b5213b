/*
 * The API's manners: conditions, retries, pages, imports, refusals that explain themselves, and a
 * description that holds together. One whole Signet serves all of it.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/integration/api_scene.h"

static struct api_scene scene;

static const char *text_of(const json_t *object, const char *member)
{
	const char *text = json_string_value(json_object_get(object, member));

	return text ? text : "";
}

/* One call as the administrator whose answer is not looked at further. */
static void expect(const char *method, const char *path, const char *headers, const char *type,
    const char *body, int status, const char *code)
{
	AUTO(api_reply) r = {0};

	api_ask(&scene, &(struct api_ask){method, path, scene.root, type, headers, body}, &r);
	cr_expect(r.status == status && strcmp(r.code, code) == 0, "%s %s: %d %s, not %d %s: %s",
	    method, path, r.status, r.code, status, code, r.body.n ? buf_cstr(&r.body) : "");
}

#define JSON "application/json"

/* ---- what is refused before anything is done ---- */

static void malformed_calls(void)
{
	static const struct {
		const char *method, *path, *headers, *type, *body;
		int status;
		const char *code;
	} cases[] = {
	    {"GET", "/api/v1/nothing", NULL, NULL, NULL, 404, "http.path"},
	    {"DELETE", "/api/v1/devices", NULL, NULL, NULL, 405, "http.method"},
	    {"GET", "/api/v1/devices?colour=red", NULL, NULL, NULL, 400, "query.parameter"},
	    {"GET", "/api/v1/devices?state=made&state=made", NULL, NULL, NULL, 400,
		"query.parameter"},
	    {"GET", "/api/v1/devices?state=broken", NULL, NULL, NULL, 400, "query.parameter"},
	    {"GET", "/api/v1/devices?serial=%ff", NULL, NULL, NULL, 400, "query.parameter"},
	    {"GET", "/api/v1/devices?serial=%0", NULL, NULL, NULL, 400, "query.parameter"},
	    {"GET", "/api/v1/devices?limit=501", NULL, NULL, NULL, 400, "query.parameter"},
	    {"GET", "/api/v1/devices?limit=0", NULL, NULL, NULL, 400, "query.parameter"},
	    {"GET", "/api/v1/devices?after=zz", NULL, NULL, NULL, 400, "query.cursor"},
	    {"GET", "/api/v1/devices?after=6e61", NULL, NULL, NULL, 400, "query.cursor"},
	    {"GET", "/api/v1/devices?after=692d31", NULL, NULL, NULL, 400, "query.cursor"},
	    {"GET", "/api/v1/devices?after=693939393939393939393939393939393939393939", NULL, NULL,
		NULL, 400, "query.cursor"},
	    {"GET", "/api/v1/certificates?expires_before=tomorrow", NULL, NULL, NULL, 400,
		"query.parameter"},
	    {"GET", "/api/v1/certificates?serial_number=abc", NULL, NULL, NULL, 400,
		"query.parameter"},
	    {"GET", "/api/v1/devices/0", NULL, NULL, NULL, 404, "object.unknown"},
	    {"GET", "/api/v1/devices/99999999999999999999", NULL, NULL, NULL, 404,
		"object.unknown"},
	    {"GET", "/api/v1/devices/1x", NULL, NULL, NULL, 404, "object.unknown"},
	    {"POST", "/api/v1/devices", NULL, "text/plain", "{}", 415, "http.media-type"},
	    {"POST", "/api/v1/devices", NULL, JSON, "{", 400, "body.json"},
	    {"POST", "/api/v1/devices", NULL, JSON, "[]", 400, "body.json"},
	    {"POST", "/api/v1/devices", NULL, JSON, "{\"a\":1,\"a\":1}", 400, "body.json"},
	    {"POST", "/api/v1/devices", NULL, JSON, "{} {}", 400, "body.json"},
	    {"POST", "/api/v1/devices", NULL, JSON, "[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", 400,
		"body.json"},
	    {"POST", "/api/v1/devices", NULL, JSON, "{\"product\":\"x100\"}", 400, "body.member"},
	    {"POST", "/api/v1/devices", NULL, JSON, "{\"product\":\"x100\",\"serials\":[7]}", 400,
		"body.member"},
	    {"POST", "/api/v1/devices", NULL, JSON,
		"{\"product\":\"x100\",\"serials\":[\"A\"],\"more\":1}", 400, "body.member"},
	    {"POST", "/api/v1/devices", "Idempotency-Key: with blank\r\n", JSON,
		"{\"product\":\"x100\",\"serials\":[\"A\"]}", 400, "idempotency.key"},
	    {"PUT", "/api/v1/labels/open", NULL, JSON, "{}", 428, "condition.required"},
	    {"PUT", "/api/v1/labels/open", "If-Match: 1\r\n", JSON, "{}", 400,
		"condition.malformed"},
	    {"PUT", "/api/v1/labels/open", "If-Match: W/\"1\"\r\n", JSON, "{}", 400,
		"condition.malformed"},
	    {"PUT", "/api/v1/labels/open", "If-Match: *\r\n", JSON, "{\"name\":\"other\"}", 422,
		"document.refused"},
	    {"PUT", "/api/v1/labels/open", "If-Match: *\r\n", JSON, "{\"colour\":1}", 400,
		"body.member"},
	    {"PUT", "/api/v1/trust-anchors/test", "If-Match: *\r\n", JSON,
		"{\"manufacturer\":\"Test\",\"certificate_file\":\"/etc/passwd\",\"product\":"
		"{\"from\":\"subject.OU\"},\"serial\":{\"from\":\"subject.CN\"}}",
		403, "policy.files"},
	    {"PATCH", "/api/v1/devices/1", "If-Match: *\r\n", JSON, "{\"state\":\"made\"}", 409,
		"device.move"},
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		expect(cases[i].method, cases[i].path, cases[i].headers, cases[i].type,
		    cases[i].body, cases[i].status, cases[i].code);
}

/* ---- a refusal explains itself, also later ---- */

static void refusals_are_kept(void)
{
	AUTO(api_reply) r = {0};
	AUTO(api_reply) kept = {0};

	api_ask(&scene,
	    &(struct api_ask){.method = "GET",
		.path = "/api/v1/devices?colour=red",
		.token = scene.tokens[7][REACH_ALL]},
	    &r);
	cr_assert(text_of(r.json, "instance")[0], "%s", buf_cstr(&r.body));
	api_root(&scene, "GET", text_of(r.json, "instance"), NULL, NULL, 200, &kept);
	cr_expect_str_eq(text_of(kept.json, "principal"), "viewer-all");
	cr_expect_str_eq(text_of(kept.json, "code"), "query.parameter");
	cr_expect_str_eq(text_of(kept.json, "path"), "/api/v1/devices");
	cr_expect_str_eq(text_of(kept.json, "message"), text_of(r.json, "detail"));
	cr_expect_str_eq(text_of(kept.json, "request_id"), text_of(r.json, "request_id"));
	cr_expect(text_of(kept.json, "advice")[0] && text_of(kept.json, "rule")[0]);
}

/* Of a bad credential the caller learns nothing; the auditor does. */
static void causes_are_for_auditors(void)
{
	AUTO(api_reply) r = {0};
	AUTO(api_reply) kept = {0};

	api_ask(&scene,
	    &(struct api_ask){.method = "GET", .path = "/api/v1/devices", .token = "a.b.c"}, &r);
	cr_expect_eq(r.status, 401);
	cr_expect(strstr(buf_cstr(&r.body), "jwt.") == NULL, "%s", buf_cstr(&r.body));
	api_root(&scene, "GET", text_of(r.json, "instance"), NULL, NULL, 200, &kept);
	cr_expect(text_of(kept.json, "cause")[0], "%s", buf_cstr(&kept.body));
}

/* ---- conditions ---- */

static void conditions(void)
{
	AUTO(api_reply) one = {0};
	AUTO(api_reply) two = {0};
	char match[64];

	api_root(&scene, "PUT", "/api/v1/products/cond", "If-None-Match: *\r\n",
	    "{\"manufacturer\":\"C\",\"model\":\"1\"}", 201, &one);
	cr_assert(one.etag[0]);
	expect("PUT", "/api/v1/products/cond", "If-None-Match: *\r\n", JSON,
	    "{\"manufacturer\":\"C\",\"model\":\"1\"}", 412, "condition.failed");
	expect("PUT", "/api/v1/products/cond-not", "If-Match: *\r\n", JSON,
	    "{\"manufacturer\":\"C\",\"model\":\"9\"}", 412, "condition.failed");
	snprintf(match, sizeof(match), "If-None-Match: %s\r\n", one.etag);
	expect("GET", "/api/v1/products/cond", match, NULL, NULL, 304, "");
	snprintf(match, sizeof(match), "If-Match: %s\r\n", one.etag);
	api_root(&scene, "PUT", "/api/v1/products/cond", match,
	    "{\"manufacturer\":\"C\",\"model\":\"2\"}", 200, &two);
	cr_expect(strcmp(one.etag, two.etag) != 0);
	/* Who still holds the first one has not seen the second. */
	expect("PUT", "/api/v1/products/cond", match, JSON,
	    "{\"manufacturer\":\"C\",\"model\":\"3\"}", 412, "condition.failed");
}

/* ---- retries ---- */

static void retries(void)
{
	static const char key[] = "Idempotency-Key: 7d3c\r\n";
	static const char body[] = "{\"product\":\"x100\",\"serials\":[\"IDEM-1\",\"IDEM-2\"]}";
	AUTO(api_reply) one = {0};
	AUTO(api_reply) two = {0};
	char count[16];

	api_root(&scene, "POST", "/api/v1/devices", key, body, 200, &one);
	api_root(&scene, "POST", "/api/v1/devices", key, body, 200, &two);
	cr_expect_eq(json_integer_value(json_object_get(one.json, "created")), 2);
	cr_expect(json_equal(one.json, two.json), "%s", buf_cstr(&two.body));
	expect("POST", "/api/v1/devices", key, JSON,
	    "{\"product\":\"x100\",\"serials\":[\"OTHER\"]}", 422, "idempotency.reused");
	fixture_sql(&scene.fixture, "SELECT count(*) FROM device WHERE serial LIKE 'IDEM-%'", count,
	    sizeof(count));
	cr_expect_str_eq(count, "2");
	/* Another principal's key is another key. */
	{
		AUTO(api_reply) r = {0};

		api_ask(&scene,
		    &(struct api_ask){
			"POST", "/api/v1/devices", scene.tokens[5][REACH_ALL], JSON, key, body},
		    &r);
		cr_expect_eq(r.status, 200);
		cr_expect_eq(json_integer_value(json_object_get(r.json, "known")), 2);
	}
	/* What was refused is not answered again: the key is free. */
	expect("POST", "/api/v1/devices", "Idempotency-Key: later\r\n", JSON,
	    "{\"product\":\"none\",\"serials\":[\"A\"]}", 422, "document.refused");
	api_root(&scene, "POST", "/api/v1/devices", "Idempotency-Key: later\r\n", body, 200, NULL);
	/* A token is shown once, and kept nowhere. */
	api_root(&scene, "POST", "/api/v1/tokens", "Idempotency-Key: t\r\n", "{}", 201, NULL);
	expect("POST", "/api/v1/tokens", "Idempotency-Key: t\r\n", JSON, "{}", 409,
	    "idempotency.secret");
	fixture_sql(&scene.fixture,
	    "SELECT count(*) FROM idempotency WHERE convert_from(body, 'UTF8') LIKE '%eyJ%'", count,
	    sizeof(count));
	cr_expect_str_eq(count, "0");
}

/* ---- pages ---- */

/* Walks a list; every id once, falling. */
static int walk(const char *path, const char *token, int limit, long long *ret_last)
{
	char next[256] = "";
	long long last = INT64_MAX;
	int n = 0;

	for (int page = 0; page < 100; page++) {
		AUTO(api_reply) r = {0};
		AUTO(buf) url = {0};
		json_t *item;
		size_t i;

		buf_printf(&url, "%s%slimit=%d", path, strchr(path, '?') ? "&" : "?", limit);
		if (next[0])
			buf_printf(&url, "&after=%s", next);
		api_ask(&scene,
		    &(struct api_ask){.method = "GET", .path = buf_cstr(&url), .token = token}, &r);
		cr_assert_eq(
		    r.status, 200, "%s: %d %s", buf_cstr(&url), r.status, buf_cstr(&r.body));
		json_array_foreach(json_object_get(r.json, "items"), i, item)
		{
			long long id = json_integer_value(json_object_get(item, "id"));

			cr_expect(id < last, "%s: %lld behind %lld", path, id, last);
			last = id;
			n++;
		}
		snprintf(next, sizeof(next), "%s", text_of(r.json, "next"));
		if (!next[0])
			break;
	}
	*ret_last = last;
	return n;
}

static void pages(void)
{
	const char *in = scene.tokens[7][REACH_IN], *out = scene.tokens[7][REACH_OUT];
	long long last;
	int all;

	fixture_sql(&scene.fixture,
	    "INSERT INTO device (product_id, serial) SELECT p.id, 'P-' || n FROM product p, "
	    "generate_series(1, 30) n WHERE p.name IN ('x100', 'y200')",
	    NULL, 0);
	all = walk("/api/v1/devices", scene.root, 7, &last);
	cr_expect_geq(all, 60);
	cr_expect_eq(walk("/api/v1/devices", in, 7, &last) + walk("/api/v1/devices", out, 7, &last),
	    all, "what both see is all there is");
	cr_expect_eq(walk("/api/v1/devices?product=y200", scene.root, 4, &last), 30);
	cr_expect_eq(walk("/api/v1/devices?product=y200", in, 4, &last), 0);
	cr_expect_eq(walk("/api/v1/devices?serial=P-7", scene.root, 1, &last), 2);
	cr_expect_eq(walk("/api/v1/devices?serial=P-7", in, 1, &last), 1);
	cr_expect_eq(walk("/api/v1/devices?state=retired", scene.root, 5, &last), 0);
	cr_expect_eq(walk("/api/v1/devices?product=nosuch", scene.root, 5, &last), 0);
	cr_expect_eq(walk("/api/v1/enrollments?outcome=pending", out, 5, &last), 0);
	cr_expect_eq(walk("/api/v1/enrollments?outcome=pending", in, 5, &last), 1);
	cr_expect_eq(walk("/api/v1/alarms", out, 5, &last), 0);
}

/* Every filter finds the certificate of the scene, and none finds it for the others. */
static void certificates_are_found(void)
{
	static const char *const filters[] = {"device={device}", "product=x100", "serial=M-1",
	    "serial_number=0102", "authority=issuing&serial=M-1", "subject=CN%3DM-1",
	    "expires_before=2999-01-01T00:00:00Z&product=x100",
	    "expires_after=2020-01-01T00:00:00Z&serial=M-1",
	    "issued_after=2020-01-01T00:00:00Z&product=x100",
	    "product=x100&authority=issuing&subject=CN%3DM-1"};
	static const char *const misses[] = {"device=987654", "product=y200", "serial=M-9",
	    "serial_number=0103", "authority=root", "subject=CN%3DM", "authority=nosuch",
	    "expires_before=2020-01-01T00:00:00Z", "expires_after=2999-01-01T00:00:00Z",
	    "issued_after=2999-01-01T00:00:00Z"};
	char path[256];
	long long last;

	for (size_t i = 0; i < COUNT(filters); i++) {
		snprintf(path, sizeof(path), "/api/v1/certificates?%s", filters[i]);
		if (strstr(path, "{device}"))
			snprintf(
			    path, sizeof(path), "/api/v1/certificates?device=%s", scene.device);
		cr_expect_eq(walk(path, scene.root, 1, &last), 1, "%s", path);
		cr_expect_eq(walk(path, scene.tokens[7][REACH_IN], 1, &last), 1, "in: %s", path);
		cr_expect_eq(walk(path, scene.tokens[7][REACH_OUT], 1, &last), 0, "out: %s", path);
	}
	for (size_t i = 0; i < COUNT(misses); i++) {
		snprintf(path, sizeof(path), "/api/v1/certificates?%s", misses[i]);
		cr_expect_eq(walk(path, scene.root, 1, &last), 0, "%s", path);
	}
}

/* ---- imports ---- */

static void imports(void)
{
	static const struct {
		const char *query, *type, *body;
		int status;
		int created, known; /* or the line and the count of faults */
	} cases[] = {
	    {"", "text/csv", "product,serial\nx100,C-1\nx100,\"C-2\"\n\n", 200, 2, 0},
	    {"", "text/csv", "serial,product\r\nC-1,x100\r\nC-3,y200\r\n", 200, 1, 1},
	    {"?product=x100", "text/csv", "\xef\xbb\xbfserial\nC-4\n", 200, 1, 0},
	    {"", "application/x-ndjson",
		"{\"product\":\"x100\",\"serial\":\"N-1\"}\n\n{\"serial\":\"N-1\",\"product\":\"y200\"}\n",
		200, 2, 0},
	    {"?product=x100", "application/x-ndjson", "{\"serial\":\"N-2\"}", 200, 1, 0},
	    {"", "text/csv", "product,serial\nx100,D-1\nx100\n", 400, 3, 1},
	    {"", "text/csv", "product,colour\nx100,D-1\n", 400, 1, 2},
	    {"", "text/csv", "product,serial\nx100,\"D-1\nx100,D-2\n", 400, 2, 1},
	    {"", "text/csv", "serial\nD-1\n", 400, 2, 1},
	    {"", "application/x-ndjson", "{\"serial\":\"D-1\"}\n", 400, 1, 1},
	    {"", "application/x-ndjson",
		"{\"product\":\"x100\",\"serial\":\"D-1\"}\n{\"product\":7}\n[]\n", 400, 2, 2},
	    {"", "text/csv", "product,serial\nx100,D-1\nnosuch,D-2\n", 422, 3, 1},
	    {"", "text/csv", "product,serial\n", 400, 0, 0},
	};
	char count[16];

	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO(api_reply) r = {0};
		char path[64];
		json_t *errors;

		snprintf(path, sizeof(path), "/api/v1/devices/import%s", cases[i].query);
		api_ask(&scene,
		    &(struct api_ask){"POST", path, scene.root, cases[i].type, NULL, cases[i].body},
		    &r);
		cr_expect_eq(
		    r.status, cases[i].status, "import %zu: %d %s", i, r.status, buf_cstr(&r.body));
		if (r.status == 200) {
			cr_expect(json_integer_value(json_object_get(r.json, "created")) ==
					  cases[i].created &&
				      json_integer_value(json_object_get(r.json, "known")) ==
					  cases[i].known,
			    "import %zu: %s", i, buf_cstr(&r.body));
			continue;
		}
		errors = json_object_get(r.json, "errors");
		cr_expect_eq((int)json_array_size(errors), cases[i].known, "import %zu: %s", i,
		    buf_cstr(&r.body));
		if (cases[i].known)
			cr_expect_eq(
			    json_integer_value(json_object_get(json_array_get(errors, 0), "line")),
			    cases[i].created, "import %zu: %s", i, buf_cstr(&r.body));
	}
	/* All or nothing. */
	fixture_sql(&scene.fixture, "SELECT count(*) FROM device WHERE serial LIKE 'D-%'", count,
	    sizeof(count));
	cr_expect_str_eq(count, "0");
}

/* ---- apply ---- */

static void dry_runs(void)
{
	AUTO(api_reply) dry = {0};
	AUTO(api_reply) wet = {0};
	AUTO(api_reply) again = {0};
	json_t *change;

	api_root(&scene, "POST", "/api/v1/apply?dry_run=true", NULL,
	    "---\n{kind: product, name: dry, manufacturer: D, model: '1'}\n", 200, &dry);
	change = json_array_get(json_object_get(dry.json, "changes"), 0);
	cr_expect_str_eq(text_of(change, "effect"), "created");
	expect("GET", "/api/v1/products/dry", NULL, NULL, NULL, 404, "object.unknown");
	api_root(&scene, "POST", "/api/v1/apply", NULL,
	    "[{\"kind\":\"product\",\"name\":\"dry\",\"manufacturer\":\"D\",\"model\":\"1\"},"
	    "{\"kind\":\"product\",\"name\":\"dry2\",\"manufacturer\":\"D\",\"model\":\"2\"}]",
	    200, &wet);
	cr_expect_eq((int)json_array_size(json_object_get(wet.json, "changes")), 2);
	api_root(&scene, "POST", "/api/v1/apply?dry_run=true", NULL,
	    "---\n{kind: product, name: dry, manufacturer: D, model: '3'}\n", 200, &again);
	change = json_array_get(json_object_get(again.json, "changes"), 0);
	change = json_array_get(json_object_get(change, "difference"), 0);
	cr_expect_str_eq(text_of(change, "path"), "/model");
	cr_expect_str_eq(text_of(change, "old"), "1");
	cr_expect_str_eq(text_of(change, "new"), "3");
	expect("POST", "/api/v1/apply", NULL, JSON, "{\"kind\":\"product\",\"kind\":\"label\"}",
	    400, "body.json");
}

/* ---- the description ---- */

static void walk_refs(json_t *at, int *count)
{
	const char *key, *ref = json_string_value(json_object_get(at, "$ref"));
	json_t *member;
	size_t i;

	if (ref) {
		json_t *to = scene.openapi;
		char path[128], *part, *rest = NULL;

		snprintf(path, sizeof(path), "%s", ref);
		cr_assert(strncmp(path, "#/", 2) == 0, "%s", ref);
		for (part = strtok_r(path + 2, "/", &rest); part; part = strtok_r(NULL, "/", &rest))
			to = json_object_get(to, part);
		cr_expect(to != NULL, "%s leads nowhere", ref);
		(*count)++;
	}
	if (json_is_object(at))
		json_object_foreach(at, key, member) walk_refs(member, count);
	else
		json_array_foreach(at, i, member) walk_refs(member, count);
}

static void description(void)
{
	json_t *path, *operation, *seen = json_object();
	const char *key, *method;
	int refs = 0, operations = 0;

	cr_expect_str_eq(text_of(scene.openapi, "openapi"), "3.1.0");
	walk_refs(scene.openapi, &refs);
	cr_expect_gt(refs, 100);
	json_object_foreach(json_object_get(scene.openapi, "paths"), key, path)
	{
		json_object_foreach(path, method, operation)
		{
			const char *id = text_of(operation, "operationId");

			cr_expect(
			    id[0] && !json_object_get(seen, id), "%s %s: id '%s'", method, key, id);
			json_object_set_new(seen, id, json_true());
			cr_expect(text_of(operation, "x-signet-permission")[0], "%s", id);
			cr_expect(json_object_size(json_object_get(operation, "responses")) > 1,
			    "%s", id);
			operations++;
		}
	}
	cr_expect_geq(operations, 60);
	cr_expect_gt(
	    json_array_size(json_object_get(
		json_object_get(
		    json_object_get(json_object_get(scene.openapi, "components"), "schemas"),
		    "Problem"),
		"x-signet-codes")),
	    50);
	json_decref(seen);
}

Test(api, calls_are_answered_as_the_guide_says, .timeout = 600)
{
	api_scene_start(&scene);
	description();
	malformed_calls();
	refusals_are_kept();
	causes_are_for_auditors();
	conditions();
	retries();
	pages();
	certificates_are_found();
	imports();
	dry_runs();
	api_scene_stop(&scene);
}
