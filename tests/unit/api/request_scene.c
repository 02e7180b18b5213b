/* tests/unit/api/request_scene.c: see request_scene.h. */
#include "tests/unit/api/request_scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "api/perform.h"
#include "base/file.h"
#include "ca/act.h"
#include "ca/ceremony.h"
#include "ca/policy_apply.h"
#include "ca/policy_document.h"
#include "ca/reason.h"
#include "signing/signer.h"
#include "sql/policy.h"

#define DAY INT64_C(86400)

static const char *const documents =
    "kind: profile\n"
    "name: device\n"
    "authority: issuing\n"
    "subject: [{attribute: serialNumber, value: \"{serial}\"}]\n"
    "---\n"
    "{kind: product, name: x100, manufacturer: Acme, model: X100}\n"
    "---\n"
    "{kind: product, name: y200, manufacturer: Acme, model: Y200}\n"
    "---\n"
    "kind: role\n"
    "name: admin\n"
    "permissions: [policy.read, authority.manage, profile.manage, label.manage, trust-anchor.manage,\n"
    "  product.manage, device.read, device.register, device.manage, certificate.read,\n"
    "  enrollment.read, enrollment.decide, alarm.read, access.read, access.manage,\n"
    "  approval-policy.manage, token.read, token.create, token.revoke, request.read,\n"
    "  request.approve, refusal.read, log.read, log.manage]\n"
    "---\n"
    "{kind: role, name: officer, permissions: [policy.read, request.read, request.approve]}\n"
    "---\n"
    "kind: role\n"
    "name: registrar\n"
    "permissions: [enrollment.read, enrollment.decide, request.read, request.approve]\n"
    "---\n"
    "{kind: role, name: viewer, permissions: [policy.read]}\n"
    "---\n"
    "{kind: principal, name: ada, type: person}\n"
    "---\n"
    "{kind: principal, name: bob, type: person}\n"
    "---\n"
    "{kind: principal, name: carol, type: person}\n"
    "---\n"
    "{kind: principal, name: gina, type: person}\n"
    "---\n"
    "{kind: principal, name: dave, type: person}\n"
    "---\n"
    "{kind: principal, name: reg, type: person}\n"
    "---\n"
    "{kind: principal, name: rob, type: person}\n"
    "---\n"
    "{kind: principal, name: vic, type: person}\n"
    "---\n"
    "{kind: principal, name: ci, type: ci}\n"
    "---\n"
    "{kind: binding, name: ada-admin, principal: ada, role: admin}\n"
    "---\n"
    "{kind: binding, name: ci-admin, principal: ci, role: admin}\n"
    "---\n"
    "{kind: binding, name: bob-officer, principal: bob, role: officer}\n"
    "---\n"
    "{kind: binding, name: carol-officer, principal: carol, role: officer}\n"
    "---\n"
    "{kind: binding, name: gina-officer, principal: gina, role: officer}\n"
    "---\n"
    "{kind: binding, name: dave-officer, principal: dave, role: officer, products: [x100]}\n"
    "---\n"
    "{kind: binding, name: reg-registrar, principal: reg, role: registrar, products: [x100]}\n"
    "---\n"
    "{kind: binding, name: rob-registrar, principal: rob, role: registrar}\n"
    "---\n"
    "{kind: binding, name: vic-viewer, principal: vic, role: viewer}\n";

static void must(struct status s, const struct err *err)
{
	if (!s.ok)
		cr_assert_fail("%s (%s)", err->message, err->cause);
}

static int64_t scene_now(void *context)
{
	return ((struct request_scene *)context)->now;
}

/* ---- authorities ---- */

static void open_keys(struct request_scene *s)
{
	struct err err = {0};
	char path[96];
	struct hsm_config config = {.key_directory = s->directory, .passphrase_file = path};

	snprintf(s->directory, sizeof(s->directory), "/tmp/signet-request-XXXXXX");
	cr_assert(mkdtemp(s->directory) != NULL);
	snprintf(path, sizeof(path), "%s/passphrase", s->directory);
	must(file_create(path, SPAN_LITERAL("a long enough passphrase"), 0600, &err), &err);
	must(hsm_open(&config, &s->hsm, &err), &err);
	must(hsm_open(&config, &s->offline, &err), &err);
}

static void store_authority(struct request_scene *s, const char *name, const char *uri,
    struct span der, int64_t parent, const struct span *chain, int64_t *ret_id)
{
	struct err err = {0};
	AUTO(buf) spec = {0};
	struct authority read = {0};
	struct authority_new row = {.name = name,
	    .certificate = der,
	    .parent_id = parent,
	    .chain = chain,
	    .chain_count = chain ? 1 : 0};

	must(authority_of_certificate(der, &read, &err), &err);
	must(policy_authority_spec(name, uri, NULL, NULL, NULL, &spec, &err), &err);
	row.spec = buf_cstr(&spec);
	row.subject = read.subject;
	row.ski = read.ski;
	must(policy_store_authority(s->db, &row, "init", &s->api.clock, &s->api.rng, ret_id, &err),
	    &err);
}

static void make_authorities(struct request_scene *s)
{
	const struct key_algorithm *p256 = key_algorithm_by_name("EC-P256");
	static const char *const permitted[] = {"O=Acme"};
	AUTO_REF(hsm_key) key = NULL;
	struct err err = {0};
	int64_t root_id, id;
	struct span root_der;

	must(hsm_key_generate(s->offline, "file:root.key", p256, &s->root_key, &err), &err);
	must(hsm_key_generate(s->hsm, "file:issuing.key", p256, &key, &err), &err);
	must(ceremony_make(&(struct ceremony_request){.subject = "CN=Root,O=Acme",
			       .key = s->root_key,
			       .not_before = s->now - DAY,
			       .not_after = s->now + 7300 * DAY,
			       .path_length = CEREMONY_PATH_NONE},
		 s->now, &s->api.rng, &s->root, &err),
	    &err);
	root_der = buf_span(&s->root);
	must(ceremony_make(&(struct ceremony_request){.subject = "CN=Issuing,O=Acme",
			       .key = key,
			       .not_before = s->now - DAY,
			       .not_after = s->now + 3650 * DAY,
			       .path_length = 1,
			       .constraints = {.permitted_directory = permitted,
				   .permitted_directory_count = 1},
			       .issuer_certificate = root_der,
			       .issuer_key = s->root_key},
		 s->now, &s->api.rng, &s->issuing, &err),
	    &err);
	store_authority(s, "root", NULL, root_der, 0, NULL, &root_id);
	store_authority(
	    s, "issuing", "file:issuing.key", buf_span(&s->issuing), root_id, &root_der, &id);
}

/* ---- the scene ---- */

void request_scene_policy(struct request_scene *s, const char *yaml)
{
	const struct actor local = actor_local("tester");
	const struct policy_edit edit = {.file_name = "scene.yaml",
	    .text = span_str(yaml),
	    .actor = &local,
	    .break_glass = "a test sets its scene"};
	AUTO(arena) arena = {0};
	struct policy_outcome outcome;
	struct err err = {0};

	must(policy_apply(s->db, &edit, &s->api.clock, &arena, &outcome, &err), &err);
}

void request_scene_again(struct request_scene *s)
{
	request_scene_policy(s, documents);
}

struct request_scene *request_scene_new(void)
{
	struct request_scene *s = mem_alloc(sizeof(*s));

	s->database = pg_database_new(true);
	s->db = pg_open(&s->database);
	s->now = clock_now(&(struct clock){.now = clock_system().now});
	s->api.clock = (struct clock){scene_now, s};
	s->api.rng = rng_system();
	open_keys(s);
	s->api.hsm = s->hsm;
	s->api.signer = signer_new(s->hsm);
	s->api.metrics = &s->metrics;
	make_authorities(s);
	request_scene_policy(s, documents);
	return s;
}

void request_scene_free(struct request_scene *s)
{
	char command[96];

	policy_release(s->stale);
	policy_release(s->policy);
	signer_free(s->api.signer);
	hsm_key_free(s->root_key);
	hsm_close(s->hsm);
	hsm_close(s->offline);
	buf_free(&s->root);
	buf_free(&s->issuing);
	db_close(s->db);
	pg_database_drop(&s->database);
	arena_free(&s->arena);
	snprintf(command, sizeof(command), "rm -rf %s", s->directory);
	cr_expect_eq(system(command), 0);
	free(s);
}

/* ---- calls ---- */

static struct actor actor_of(const struct policy *p, const struct ask *ask)
{
	struct actor a = actor_principal(access_principal(p->access, ask->as));

	a.credential = CREDENTIAL_TOKEN;
	a.permission_mask = ask->mask ? ask->mask : PERMISSION_ALL;
	a.token_id = ask->token_id;
	a.one_request = ask->token_id != 0;
	a.request_id = ask->request_id;
	a.release_id = ask->release_id;
	a.provenance = ask->provenance;
	if (ask->provenance)
		a.root_token_id = ask->token_id;
	if (ask->person)
		a.person = ask->person;
	return a;
}

static void put_header(
    struct http_request *q, struct http_header *headers, const char *name, const char *value)
{
	if (value)
		headers[q->header_count++] = (struct http_header){name, value};
}

/* As a server that hears of every change at once. */
static struct policy *current(struct request_scene *s)
{
	struct err err = {0};
	int64_t version;

	must(policy_version_read(s->db, &version, &err), &err);
	if (s->policy && s->policy->version == version)
		return s->policy;
	policy_release(s->policy);
	s->policy = NULL;
	must(policy_load(s->db, s->hsm, &s->policy, &err), &err);
	return s->policy;
}

struct told people_call(struct request_scene *s, const struct ask *ask)
{
	struct err err = {0};
	AUTO_REF(policy) fresh = NULL;
	struct arena *arena = &s->arena;
	struct http_header headers[4];
	struct http_request q = {.id = "0123456789abcdef",
	    .method = ask->method,
	    .path = ask->path,
	    .query = ask->query,
	    .headers = headers,
	    .body = span_str(ask->body),
	    .arena = arena};
	struct http_response response = {0};
	struct call call = {.api = &s->api, .db = ask->db ? ask->db : s->db, .request = &q};
	const struct route *route;
	const char *allow;
	struct told told = {0};

	put_header(&q, headers, "Content-Type",
	    ask->type   ? ask->type
	    : ask->body ? "application/json"
			: NULL);
	put_header(&q, headers, "If-Match", ask->if_match);
	put_header(&q, headers, "If-None-Match", ask->if_none_match);
	put_header(&q, headers, "Idempotency-Key", ask->key);
	if (ask->db)
		must(policy_load(call.db, s->hsm, &fresh, &err), &err);
	call.policy = s->stale ? s->stale : fresh ? fresh : current(s);
	must(route_find(
		 LISTENER_OPERATOR, q.method, q.path, arena, &route, &call.segment, &allow, &err),
	    &err);
	call.actor = actor_of(call.policy, ask);
	if (perform_as(route, &call, &response, &err).ok) {
		told.status = response.status;
		told.body = response.body.n ? arena_strndup(arena, (const char *)response.body.p,
						  response.body.n)
					    : arena_strdup(arena, "");
		told.location = http_response_header(&response, "Location");
		told.etag = http_response_header(&response, "ETag");
	} else {
		/* As perform() has it: documents are the caller's. */
		if (err.kind == ERR_CONFIG && !err.reason) {
			err.reason = &reasons[REASON_DOCUMENT_REFUSED];
			err.kind = err.reason->kind;
		}
		told.status = http_status_of(err.kind);
		told.body = arena_strdup(arena, "");
		snprintf(told.code, sizeof(told.code), "%s", err_code(&err));
		snprintf(
		    told.message, sizeof(told.message), "%.200s (%.100s)", err.message, err.cause);
	}
	return told;
}

struct told people_post(struct request_scene *s, const char *as, const char *path, const char *body)
{
	return people_call(
	    s, &(struct ask){.as = as, .method = HTTP_POST, .path = path, .body = body});
}

struct told people_get(struct request_scene *s, const char *as, const char *path)
{
	return people_call(s, &(struct ask){.as = as, .method = HTTP_GET, .path = path});
}

struct told people_put_new(
    struct request_scene *s, const char *as, const char *path, const char *body)
{
	return people_call(
	    s, &(struct ask){
		   .as = as, .method = HTTP_PUT, .path = path, .body = body, .if_none_match = "*"});
}

struct told people_put(struct request_scene *s, const char *as, const char *path, const char *body)
{
	struct told now = people_get(s, "ada", path);

	cr_assert_eq(now.status, 200, "%s", now.message);
	return people_call(
	    s, &(struct ask){
		   .as = as, .method = HTTP_PUT, .path = path, .body = body, .if_match = now.etag});
}

int64_t people_requested(const struct told *t)
{
	const char *id;

	cr_assert_eq(t->status, 202, "%d %s: %s", t->status, t->code, t->message);
	id = strrchr(t->location, '/');
	cr_assert_not_null(id);
	return strtoll(id + 1, NULL, 10);
}

const char *people_member(struct request_scene *s, const char *json, const char *name)
{
	const char *key = arena_printf(&s->arena, "\"%s\":", name);
	const char *at = strstr(json, key);
	const char *end;

	if (!at)
		return "";
	at += strlen(key);
	if (*at == '"')
		return end = strchr(at + 1, '"'),
		       arena_strndup(&s->arena, at + 1, (size_t)(end - at - 1));
	end = at + strcspn(at, ",}]\n");
	return arena_strndup(&s->arena, at, (size_t)(end - at));
}

static const char *path_of(struct request_scene *s, int64_t id, const char *step)
{
	return arena_printf(
	    &s->arena, "/api/v1/requests/%lld%s%s", (long long)id, step[0] ? "/" : "", step);
}

struct told people_approve(struct request_scene *s, const char *as, int64_t id)
{
	struct told shown = people_get(s, as, path_of(s, id, ""));

	if (shown.status != 200)
		return shown;
	return people_post(s, as, path_of(s, id, "approve"),
	    arena_printf(&s->arena, "{\"digest\":\"%s\"}", people_member(s, shown.body, "digest")));
}

struct told people_step(struct request_scene *s, const char *as, int64_t id, const char *step)
{
	return people_call(s, &(struct ask){.as = as,
				  .method = HTTP_POST,
				  .path = path_of(s, id, step),
				  .body = strcmp(step, "reject") == 0 ? "{}" : NULL});
}
