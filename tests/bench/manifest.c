/*
 * Manifests signed over the real server: each release is made by one of many pipelines, approved by
 * two persons beforehand, and then signed in three formats (SUIT, JWS, CMS): one redeemed request,
 * one transaction with its log entry, durable before it is answered. First with requests in
 * parallel over kept connections, then one alone: signed, and its bundle with the log's proof
 * fetched.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "tests/bench/bench.h"
#include "tests/lib/program.h"

#define MANIFESTS_STANDARD 6000
#define WARM_UP            200
#define ALONE              200
#define CLIENTS_STANDARD   16
#define CLIENTS_MAX        64
#define PREPARERS          4
#define HEADERS            2400 /* a token and its header's name */
#define OPEN_EACH          90   /* requests of a pipeline: a principal may have 100 that are open */
#define SIGNATURES         3    /* of a manifest: one for each format */

/* Everybody has a credential of their own; who asks approves nothing. */
struct who {
	char headers[HEADERS];
};

struct release {
	long long id, request;
};

struct load {
	struct bench *b;
	struct who admin, alice, carol;
	struct who *pipelines;
	int pipeline_count;
	struct release *releases;
	bool (*step)(struct load *l, struct https *c, int i);
	int end;
	atomic_int next, failed;
};

static void fail(const char *what)
{
	fprintf(stderr, "bench: manifest: %s\n", what);
	exit(1);
}

/* ---- calls ---- */

/* The answer's body in ret_body, of `want` status. */
static bool call(struct https *c, const struct who *who, const char *method, const char *path,
    const char *body, int want, struct buf *ret_body)
{
	struct https_reply r = {0};
	const bool good =
	    https_request(c, method, path, who->headers, span_str(body), &r) && r.status == want;

	if (good && ret_body)
		buf_put(ret_body, buf_span(&r.body));
	else if (!good && r.status != 503)
		fprintf(stderr, "bench: %s %s: %d %s\n", method, path, r.status, buf_cstr(&r.body));
	https_reply_free(&r);
	return good;
}

/* The number behind the first member of this name. */
static long long number_in(struct buf *json, const char *name)
{
	char key[40];
	const char *at;

	snprintf(key, sizeof(key), "\"%s\":", name);
	at = strstr(buf_cstr(json), key);
	return at ? atoll(at + strlen(key)) : 0;
}

static bool text_in(struct buf *json, const char *name, char *text, size_t size)
{
	char key[40];
	const char *at;

	snprintf(key, sizeof(key), "\"%s\":\"", name);
	at = strstr(buf_cstr(json), key);
	if (at)
		snprintf(
		    text, size, "%.*s", (int)strcspn(at + strlen(key), "\""), at + strlen(key));
	return at != NULL;
}

/* ---- who takes part ---- */

static const char people[] =
    "{kind: product, name: x100, manufacturer: Test, model: X100, vendor_domain: test.example}\n"
    "---\n{kind: principal, name: alice, type: person}\n"
    "---\n{kind: principal, name: carol, type: person}\n"
    "---\n{kind: binding, name: alice-releases, principal: alice, role: release-manager}\n"
    "---\n{kind: binding, name: carol-releases, principal: carol, role: release-manager}\n";
static const char channel[] =
    "{kind: channel, name: x100-stable, product: x100, channel: stable, production: true,\n"
    "  keys: [x100-key], approvals: [{role: release-manager, count: 2}]}\n";
static const char signing_key[] =
    "{\"name\":\"x100-key\",\"products\":[\"x100\"],\"authority\":\"issuing\"}";

static void open_connection(struct load *l, struct https *ret_connection)
{
	const struct https_options o = {.port = l->b->fixture.servers[0].operator_port};

	if (!https_open(&o, ret_connection))
		fail("no connection");
}

static void keep_token(struct who *who, const char *token)
{
	snprintf(who->headers, HEADERS,
	    "Authorization: Bearer %s\r\nContent-Type: application/json\r\n", token);
}

/* Made on the server's machine; good once the server has heard of the principal. */
static void let_in(struct load *l, struct https *c, const char *name, struct who *ret_who)
{
	const struct fixture *f = &l->b->fixture;
	char config[160], out[160], token[HEADERS - 100];
	AUTO(buf) text = {0};
	struct err err = {0};
	const char *at;

	snprintf(config, sizeof(config), "%s/signetd-0.yaml", f->dir);
	snprintf(out, sizeof(out), "%s/%s.out", f->dir, name);
	program_must(out, "signetd", "--config", config, "token", name, "--break-glass",
	    "a measurement", NULL);
	if (!file_read(out, 65536, &text, &err).ok || !(at = strstr(buf_cstr(&text), "eyJ")))
		fail("no token");
	snprintf(token, sizeof(token), "%.*s", (int)strcspn(at, " \r\n"), at);
	keep_token(ret_who, token);
	bench_await(c, ret_who->headers);
}

static void apply(struct load *l, struct https *c, const char *documents)
{
	struct who as_yaml = l->admin;

	memcpy(strstr(as_yaml.headers, "application/json"), "application/yaml",
	    strlen("application/yaml"));
	if (!call(c, &as_yaml, "POST", "/api/v1/apply", documents, 200, NULL))
		fail("policy is not taken");
}

static void make_pipelines(struct load *l, struct https *c)
{
	AUTO(buf) documents = {0};
	char name[32];

	for (int i = 0; i < l->pipeline_count; i++)
		buf_printf(&documents,
		    "---\n{kind: principal, name: pipeline-%d, type: service}\n"
		    "---\n{kind: binding, name: pipeline-%d, principal: pipeline-%d, role: signer}\n",
		    i, i, i);
	apply(l, c, buf_cstr(&documents));
	for (int i = 0; i < l->pipeline_count; i++) {
		snprintf(name, sizeof(name), "pipeline-%d", i);
		let_in(l, c, name, &l->pipelines[i]);
	}
}

static void prepare(struct load *l)
{
	char token[HEADERS - 100];
	struct https c;

	bench_token(&l->b->fixture, token, sizeof(token));
	keep_token(&l->admin, token);
	open_connection(l, &c);
	bench_await(&c, l->admin.headers);
	apply(l, &c, people);
	let_in(l, &c, "alice", &l->alice);
	let_in(l, &c, "carol", &l->carol);
	make_pipelines(l, &c);
	if (!call(&c, &l->admin, "POST", "/api/v1/signing-keys", signing_key, 201, NULL))
		fail("no signing key");
	apply(l, &c, channel);
	https_close(&c);
}

/* ---- steps ---- */

static const struct who *pipeline_of(const struct load *l, int i)
{
	return &l->pipelines[i % l->pipeline_count];
}

static bool approve(struct load *l, struct https *c, long long request, const char *digest)
{
	char path[96], body[96];

	snprintf(path, sizeof(path), "/api/v1/requests/%lld/approve", request);
	snprintf(body, sizeof(body), "{\"digest\":\"%s\"}", digest);
	return call(c, &l->alice, "POST", path, body, 200, NULL) &&
	       call(c, &l->carol, "POST", path, body, 200, NULL);
}

/* Made, asked for, and approved. */
static bool step_prepare(struct load *l, struct https *c, int i)
{
	struct release *r = &l->releases[i];
	char body[512], path[96], digest[65];
	AUTO(buf) made = {0}, asked = {0};

	snprintf(body, sizeof(body),
	    "{\"product\":\"x100\",\"channel\":\"stable\",\"version\":\"1.0.%d\",\"components\":"
	    "[{\"id\":\"main\",\"digests\":{\"sha256\":\"%064x\"},\"size\":%d,"
	    "\"uri\":\"https://firmware.test.example/x100/1.0.%d.bin\"}]}",
	    i, i + 1, 100000 + i, i);
	if (!call(c, pipeline_of(l, i), "POST", "/api/v1/releases", body, 201, &made))
		return false;
	r->id = number_in(&made, "id");
	snprintf(path, sizeof(path), "/api/v1/releases/%lld/sign", r->id);
	if (!call(c, pipeline_of(l, i), "POST", path, "", 202, &asked))
		return false;
	r->request = number_in(&asked, "id");
	return text_in(&asked, "digest", digest, sizeof(digest)) &&
	       approve(l, c, r->request, digest);
}

static bool step_sign(struct load *l, struct https *c, int i)
{
	char path[96];

	snprintf(path, sizeof(path), "/api/v1/requests/%lld/redeem", l->releases[i].request);
	return call(c, pipeline_of(l, i), "POST", path, "", 200, NULL);
}

/* With the log's proof in it, as soon as there is one. */
static bool fetch_bundle(struct load *l, struct https *c, int i)
{
	char path[96];

	snprintf(path, sizeof(path), "/api/v1/releases/%lld/bundle", l->releases[i].id);
	for (int tries = 0; tries < 1000; tries++) {
		if (call(c, pipeline_of(l, i), "GET", path, "", 200, NULL))
			return true;
		usleep(2000);
	}
	return false;
}

/* ---- in parallel ---- */

static void *client(void *argument)
{
	struct load *l = argument;
	struct https c;

	open_connection(l, &c);
	for (int i; (i = atomic_fetch_add(&l->next, 1)) < l->end;)
		if (!l->step(l, &c, i))
			atomic_fetch_add(&l->failed, 1);
	https_close(&c);
	return NULL;
}

static void run(struct load *l, bool (*step)(struct load *, struct https *, int), int first,
    int end, int clients)
{
	pthread_t threads[CLIENTS_MAX];

	l->step = step;
	l->end = end;
	atomic_store(&l->next, first);
	for (int i = 0; i < clients; i++)
		pthread_create(&threads[i], NULL, client, l);
	for (int i = 0; i < clients; i++)
		pthread_join(threads[i], NULL);
	if (atomic_load(&l->failed))
		fail("calls failed");
}

/* Of all that work for the database. */
static double database_cpu_us(struct fixture *f)
{
	char pids[2048];
	double all = 0;

	fixture_sql(
	    f, "SELECT string_agg(pid::text, ' ') FROM pg_stat_activity", pids, sizeof(pids));
	for (char *p = pids, *end; *p; p = end + (*end == ' '))
		all += process_cpu_us((pid_t)strtol(p, &end, 10));
	return all;
}

static void measure_many(struct load *l, int first, int count, int clients)
{
	struct fixture *f = &l->b->fixture;
	const pid_t server = f->servers[0].pid;
	const double database = database_cpu_us(f), cpu = process_cpu_us(server),
		     own = process_cpu_us(getpid());
	const int64_t begun = monotonic_us();
	double seconds;

	run(l, step_sign, first, first + count, clients);
	seconds = (double)(monotonic_us() - begun) / 1e6;
	bench_result(l->b, "manifest_per_s", count / seconds,
	    "manifests/s, approved by two, signed in three formats, logged");
	bench_note("manifest_cpu_us", (process_cpu_us(server) - cpu) / count, "us of server CPU");
	bench_note("manifest_database_us", (database_cpu_us(f) - database) / count,
	    "us of the database's CPU");
	bench_note("manifest_client_us", (process_cpu_us(getpid()) - own) / count,
	    "us of the client's CPU");
	bench_floor_again(l->b);
	bench_note("manifest_floor_us", SIGNATURES * l->b->floor.sign, "us: its signatures alone");
}

/* ---- one alone ---- */

static int by_value(const void *a, const void *b)
{
	const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void measure_alone(struct load *l, int first)
{
	static int64_t whole[ALONE], until_signed[ALONE];
	const int half = ALONE / 2, nearly_all = ALONE * 99 / 100;
	struct https c;

	open_connection(l, &c);
	for (int i = 0; i < ALONE; i++) {
		const int64_t begun = monotonic_us();

		if (!step_sign(l, &c, first + i))
			fail("not signed");
		until_signed[i] = monotonic_us() - begun;
		if (!fetch_bundle(l, &c, first + i))
			fail("no bundle");
		whole[i] = monotonic_us() - begun;
	}
	https_close(&c);
	qsort(whole, ALONE, sizeof(whole[0]), by_value);
	qsort(until_signed, ALONE, sizeof(until_signed[0]), by_value);
	bench_note("manifest_signed_p50_ms", (double)until_signed[half] / 1e3,
	    "ms: signed and logged, one alone");
	bench_note("manifest_p50_ms", (double)whole[half] / 1e3, "ms: and its bundle fetched");
	bench_result(l->b, "manifest_p99_ms", (double)whole[nearly_all] / 1e3,
	    "ms: one alone, signed, and its bundle with the log's proof fetched");
}

/* ---- all of it ---- */

static int setting(const char *name, int standard, int most)
{
	const char *text = getenv(name);
	const int value = text ? atoi(text) : standard;

	return value < 1 || value > most ? standard : value;
}

void bench_manifest(struct bench *b)
{
	struct load l = {.b = b};
	const int count = setting("BENCH_MANIFESTS", MANIFESTS_STANDARD, 10000000);
	const int clients = setting("BENCH_CLIENTS", CLIENTS_STANDARD, CLIENTS_MAX);
	const int all = WARM_UP + count + ALONE;
	int64_t begun;

	l.releases = mem_array((size_t)all, sizeof(*l.releases));
	l.pipeline_count = (all + OPEN_EACH - 1) / OPEN_EACH;
	l.pipelines = mem_array((size_t)l.pipeline_count, sizeof(*l.pipelines));
	prepare(&l);
	begun = monotonic_us();
	run(&l, step_prepare, 0, all, PREPARERS);
	bench_note("manifest_prepare_per_s", all / ((double)(monotonic_us() - begun) / 1e6),
	    "releases/s made, asked for and approved by two");
	/* As in a store that has run for longer than autovacuum naps. */
	fixture_sql(&b->fixture,
	    "ANALYZE approval, log_entry, log_leaf, log_salt, release, release_step, request, "
	    "request_requirement, token",
	    NULL, 0);
	run(&l, step_sign, 0, WARM_UP, clients);
	measure_many(&l, WARM_UP, count, clients);
	measure_alone(&l, WARM_UP + count);
	free(l.pipelines);
	free(l.releases);
}
