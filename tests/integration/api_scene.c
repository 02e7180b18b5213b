/* tests/integration/api_scene.c: see api_scene.h. */
#include "tests/integration/api_scene.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "tests/lib/program.h"

const char *const api_role_names[API_ROLES] = {"admin", "authority-officer", "registration-officer",
    "release-manager", "signer", "factory", "auditor", "viewer"};
const char *const api_reach_names[REACHES] = {"all", "in", "out"};

/* ---- asking ---- */

#define ASKED_MOST   10 /* on one connection: fewer than the failures that one address may have */
#define IDLE_MOST_MS 20000 /* the server ends what idles for a minute */

static void connect_again(struct api_scene *s)
{
	struct https_options o = {.port = s->fixture.servers[0].operator_port};

	if (s->connected && s->asked < ASKED_MOST && monotonic_ms() < s->asked_at + IDLE_MOST_MS)
		return;
	if (s->connected)
		https_close(&s->connection);
	o.source = 0x010000 + ++s->source;
	s->asked = 0;
	s->connected = https_open(&o, &s->connection);
	cr_assert(s->connected, "no connection");
}

static void header_of(struct https_reply *r, const char *name, char *text, size_t size)
{
	if (!https_header(r, name, text, size))
		text[0] = 0;
}

void api_ask(struct api_scene *s, const struct api_ask *ask, struct api_reply *ret_reply)
{
	AUTO(buf) headers = {0};
	struct https_reply r = {0};
	char connection[16];

	connect_again(s);
	s->asked++;
	s->asked_at = monotonic_ms();
	if (ask->token)
		buf_printf(&headers, "Authorization: Bearer %s\r\n", ask->token);
	if (ask->type)
		buf_printf(&headers, "Content-Type: %s\r\n", ask->type);
	if (ask->headers)
		buf_put_str(&headers, ask->headers);
	cr_assert(https_request(&s->connection, ask->method, ask->path, buf_cstr(&headers),
		      span_str(ask->body), &r),
	    "%s %s: no answer", ask->method, ask->path);
	*ret_reply = (struct api_reply){.status = r.status};
	header_of(&r, "X-Signet-Reason", ret_reply->code, sizeof(ret_reply->code));
	header_of(&r, "ETag", ret_reply->etag, sizeof(ret_reply->etag));
	header_of(&r, "Location", ret_reply->location, sizeof(ret_reply->location));
	header_of(&r, "Content-Type", ret_reply->type, sizeof(ret_reply->type));
	header_of(&r, "Retry-After", ret_reply->retry_after, sizeof(ret_reply->retry_after));
	ret_reply->json =
	    json_loadb((const char *)r.body.p, r.body.n, JSON_REJECT_DUPLICATES, NULL);
	ret_reply->body = buf_take(&r.body);
	header_of(&r, "Connection", connection, sizeof(connection));
	if (r.closed || strcmp(connection, "close") == 0)
		s->asked = ASKED_MOST;
	https_reply_free(&r);
}

void api_reply_free(struct api_reply *r)
{
	json_decref(r->json);
	buf_free(&r->body);
	*r = (struct api_reply){0};
}

void api_root(struct api_scene *s, const char *method, const char *path, const char *headers,
    const char *body, int want_status, struct api_reply *ret_reply)
{
	AUTO(api_reply) unwanted = {0};
	struct api_reply *r = ret_reply ? ret_reply : &unwanted;
	const char *type = !body                              ? NULL
			   : body[0] == '{' || body[0] == '[' ? "application/json"
							      : "application/yaml";

	api_ask(s,
	    &(struct api_ask){.method = method,
		.path = path,
		.token = s->root,
		.type = type,
		.headers = headers,
		.body = body},
	    r);
	cr_assert_eq(r->status, want_status, "%s %s: %d %s", method, path, r->status,
	    r->body.n ? buf_cstr(&r->body) : "");
}

/* ---- who ---- */

/* The last word of what `signetd admin` printed: the token. */
static void make_root(struct api_scene *s)
{
	char config[160], out[160];
	AUTO(buf) text = {0};
	struct err err = {0};
	const char *at;

	snprintf(config, sizeof(config), "%s/signetd-0.yaml", s->fixture.dir);
	snprintf(out, sizeof(out), "%s/admin.out", s->fixture.dir);
	program_must(out, "signetd", "--config", config, "admin", "root", NULL);
	cr_assert(file_read(out, 65536, &text, &err).ok, "%s", err.message);
	at = strstr(buf_cstr(&text), "eyJ");
	cr_assert(at != NULL, "no token in: %s", buf_cstr(&text));
	snprintf(s->root, sizeof(s->root), "%.*s", (int)strcspn(at, " \r\n"), at);
}

/* The server hears of new policy within a moment. */
static void await_root(struct api_scene *s)
{
	for (int i = 0; i < 100; i++) {
		AUTO(api_reply) r = {0};

		api_ask(s,
		    &(struct api_ask){.method = "GET", .path = "/api/v1/whoami", .token = s->root},
		    &r);
		if (r.status == 200)
			return;
		usleep(50000);
	}
	cr_assert_fail("the administrator's token is not taken");
}

static void put_principals(struct api_scene *s)
{
	static const char *const limits[REACHES] = {"", "products: [x100]\n", "products: [y200]\n"};
	AUTO(buf) yaml = {0};

	for (int role = 0; role < API_ROLES; role++) {
		for (int reach = 0; reach < REACHES; reach++) {
			const char *r = api_role_names[role], *w = api_reach_names[reach];

			buf_printf(&yaml,
			    "---\nkind: principal\nname: %s-%s\ntype: person\n"
			    "---\nkind: binding\nname: %s-%s\nprincipal: %s-%s\nrole: %s\n%s",
			    r, w, r, w, r, w, r, limits[reach]);
		}
	}
	api_root(s, "POST", "/api/v1/apply", NULL, buf_cstr(&yaml), 200, NULL);
}

/* Its server hears of the new principals within a moment. */
static void make_token(struct api_scene *s, const char *principal, char *token, size_t size)
{
	char body[128];

	snprintf(body, sizeof(body), "{\"principal\":\"%s\"}", principal);
	for (int i = 0; i < 100; i++) {
		AUTO(api_reply) r = {0};

		api_ask(s,
		    &(struct api_ask){.method = "POST",
			.path = "/api/v1/tokens",
			.token = s->root,
			.type = "application/json",
			.body = body},
		    &r);
		if (r.status == 201) {
			snprintf(
			    token, size, "%s", json_string_value(json_object_get(r.json, "token")));
			return;
		}
		usleep(50000);
	}
	cr_assert_fail("no token for %s", principal);
}

static void make_tokens(struct api_scene *s)
{
	for (int role = 0; role < API_ROLES; role++) {
		for (int reach = 0; reach < REACHES; reach++) {
			char name[64];

			snprintf(name, sizeof(name), "%s-%s", api_role_names[role],
			    api_reach_names[reach]);
			make_token(s, name, s->tokens[role][reach], sizeof(s->tokens[role][reach]));
		}
	}
}

/* ---- what there is to see, all of it of product x100 ---- */

static void make_objects(struct api_scene *s)
{
	struct fixture *f = &s->fixture;

	fixture_sql(f,
	    "INSERT INTO device (product_id, serial, state, first_enrolled_at) "
	    "SELECT id, 'M-1', 'enrolled', now() FROM product WHERE name = 'x100' RETURNING id",
	    s->device, sizeof(s->device));
	fixture_sql(f,
	    "INSERT INTO certificate (authority_id, serial, device_id, product_id, key_digest, "
	    "subject, subject_text, not_before, not_after, der) "
	    "SELECT (SELECT id FROM authority WHERE name = 'issuing'), '\\x0102', d.id, "
	    "d.product_id, sha256('x'), '\\x3000', 'CN=M-1', now(), now() + interval '1 year', "
	    "'\\x3000' FROM device d WHERE serial = 'M-1' RETURNING id",
	    s->certificate, sizeof(s->certificate));
	fixture_sql(f,
	    "INSERT INTO enrollment (label, operation, outcome, product, serial, key_digest, "
	    "peer_address, request_id, stranger, state, expires_at) VALUES ('approval', 'enroll', "
	    "'pending', 'x100', 'M-2', sha256('y'), '192.0.2.1', '0', false, 'open', "
	    "now() + interval '1 day') RETURNING id",
	    s->enrollment, sizeof(s->enrollment));
	fixture_sql(f,
	    "INSERT INTO alarm (kind, device_id, detail) SELECT 'clone', id, 'two of them' "
	    "FROM device WHERE serial = 'M-1' RETURNING id",
	    s->alarm, sizeof(s->alarm));
	fixture_sql(f,
	    "INSERT INTO refused_call (at, method, path, status, code, message, peer, request_id) "
	    "VALUES (now(), 'GET', '/', 404, 'http.path', 'x', '192.0.2.1', '0') RETURNING id",
	    s->refused, sizeof(s->refused));
	fixture_sql(f,
	    "INSERT INTO mass_act (created_at, who, product_id, valid_at, newest, selector, digest, "
	    "total, products, reason, state, ended_at) SELECT now(), 'root', id, now(), 0, "
	    "'{\"product\":\"x100\"}', sha256(''), 0, ARRAY[id], 4, 'done', now() FROM product "
	    "WHERE name = 'x100' RETURNING id",
	    s->mass, sizeof(s->mass));
}

static const char release_policy[] =
    "---\n{kind: product, name: x100, manufacturer: Test, model: X100, vendor_domain: maker.example}\n"
    "---\n{kind: product, name: y200, manufacturer: Test, model: Y200, vendor_domain: maker.example}\n"
    "---\n{kind: channel, name: x100-stable, product: x100, channel: stable, keys: [acme]}\n";

static void make_release(struct api_scene *s)
{
	AUTO(api_reply) r = {0};

	api_root(s, "POST", "/api/v1/signing-keys", NULL,
	    "{\"name\":\"acme\",\"authority\":\"issuing\"}", 201, NULL);
	api_root(s, "POST", "/api/v1/apply", NULL, release_policy, 200, NULL);
	api_root(s, "POST", "/api/v1/releases", NULL,
	    "{\"product\":\"x100\",\"channel\":\"stable\",\"version\":\"1.0\",\"components\":[{"
	    "\"id\":\"main\",\"size\":7,\"digests\":{\"sha256\":"
	    "\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"}}]}",
	    201, &r);
	snprintf(s->release, sizeof(s->release), "%lld",
	    (long long)json_integer_value(json_object_get(r.json, "id")));
	fixture_sql(&s->fixture,
	    "INSERT INTO trust_statement (product_id, product, version, bytes, sha256, "
	    "published_at, published_by) SELECT id, name, 1, '\\xd9d9f7', sha256('\\xd9d9f7'), now(), "
	    "'root' FROM product WHERE name = 'x100' RETURNING id",
	    s->trust, sizeof(s->trust));
}

void api_scene_start(struct api_scene *s)
{
	AUTO(api_reply) r = {0};

	memset(s, 0, sizeof(*s));
	fixture_start(&s->fixture);
	make_root(s);
	await_root(s);
	put_principals(s);
	make_tokens(s);
	make_objects(s);
	make_release(s);
	api_root(s, "GET", "/api/v1/openapi.json", NULL, NULL, 200, &r);
	s->openapi = TAKE(r.json);
	cr_assert(s->openapi != NULL, "openapi.json is no JSON");
}

void api_scene_stop(struct api_scene *s)
{
	json_decref(s->openapi);
	if (s->connected)
		https_close(&s->connection);
	fixture_stop(&s->fixture);
}

/* ---- schemas: what our own tables can say of JSON Schema ---- */

static json_t *resolve(const struct api_scene *s, json_t *schema)
{
	const char *ref = json_string_value(json_object_get(schema, "$ref"));
	json_t *at = s->openapi;
	char part[64];

	if (!ref)
		return schema;
	cr_assert(strncmp(ref, "#/", 2) == 0, "%s", ref);
	for (ref += 2; at && *ref; ref += *ref == '/') {
		const size_t n = strcspn(ref, "/");

		snprintf(part, sizeof(part), "%.*s", (int)n, ref);
		at = json_object_get(at, part);
		ref += n;
	}
	cr_assert(at != NULL, "a reference leads nowhere");
	return at;
}

static bool is_of(const char *type, const json_t *v)
{
	return (strcmp(type, "object") == 0 && json_is_object(v)) ||
	       (strcmp(type, "array") == 0 && json_is_array(v)) ||
	       (strcmp(type, "string") == 0 && json_is_string(v)) ||
	       (strcmp(type, "integer") == 0 && json_is_integer(v)) ||
	       (strcmp(type, "boolean") == 0 && json_is_boolean(v)) ||
	       (strcmp(type, "null") == 0 && json_is_null(v));
}

static bool type_fits(json_t *type, const json_t *v)
{
	json_t *one;
	size_t i;

	if (!type)
		return true;
	if (json_is_string(type))
		return is_of(json_string_value(type), v);
	json_array_foreach(type, i, one) if (is_of(json_string_value(one), v)) return true;
	return false;
}

static bool listed(json_t *names, json_t *v)
{
	json_t *one;
	size_t i;

	if (!names)
		return true;
	json_array_foreach(names, i, one) if (json_equal(one, v)) return true;
	return false;
}

static bool members_fit(
    const struct api_scene *s, json_t *schema, json_t *value, char *why, size_t size)
{
	json_t *properties = json_object_get(schema, "properties"), *member, *name;
	json_t *required = json_object_get(schema, "required");
	const char *key;
	size_t i;

	json_array_foreach(required, i, name)
	{
		if (json_object_get(value, json_string_value(name)))
			continue;
		snprintf(why, size, "%s is missing", json_string_value(name));
		return false;
	}
	json_object_foreach(value, key, member)
	{
		json_t *of = json_object_get(properties, key);

		if (properties && !of) {
			snprintf(why, size, "%s stands in no schema", key);
			return false;
		}
		if (of && !api_fits(s, of, member, why, size)) {
			snprintf(why + strlen(why), size - strlen(why), " (in %s)", key);
			return false;
		}
	}
	return true;
}

bool api_fits(const struct api_scene *s, json_t *schema, json_t *value, char *why, size_t size)
{
	json_t *any, *one, *items;
	size_t i;

	schema = resolve(s, schema);
	any = json_object_get(schema, "anyOf");
	json_array_foreach(any, i, one) if (api_fits(s, one, value, why, size)) return true;
	if (any)
		return false;
	if (!type_fits(json_object_get(schema, "type"), value) ||
	    !listed(json_object_get(schema, "enum"), value)) {
		snprintf(why, size, "another type or name than its schema says");
		return false;
	}
	items = json_object_get(schema, "items");
	if (items)
		json_array_foreach(
		    value, i, one) if (!api_fits(s, items, one, why, size)) return false;
	return !json_is_object(value) || members_fit(s, schema, value, why, size);
}

json_t *api_answer_schema(json_t *operation, int status)
{
	char text[8];
	json_t *response, *content;

	snprintf(text, sizeof(text), "%d", status);
	response = json_object_get(json_object_get(operation, "responses"), text);
	content = json_object_get(response, "content");
	return json_object_get(json_object_get(content, "application/json"), "schema");
}
