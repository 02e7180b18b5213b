/*
 * The same thing asked for twice at once, each on a connection of its own, on a whole Signet: one
 * of them does it. And bodies that end too early, or never.
 */
#include <criterion/criterion.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libpq-fe.h>

#include "base/clock.h"
#include "tests/integration/api_scene.h"

#define CALLERS_MOST 512
#define JSON         "application/json"

static struct api_scene scene;

static long long number(const char *sql)
{
	char text[32];

	fixture_sql(&scene.fixture, sql, text, sizeof(text));
	return atoll(text);
}

/* ---- callers at once ---- */

struct caller {
	struct api_ask ask;
	struct https connection;
	pthread_barrier_t *start;
	pthread_t thread;
	struct https_reply reply;
	bool answered;
	int64_t ms;
};

static void *call_now(void *context)
{
	struct caller *c = context;
	AUTO(buf) headers = {0};
	int64_t before;

	buf_printf(&headers, "Authorization: Bearer %s\r\n", c->ask.token);
	if (c->ask.type)
		buf_printf(&headers, "Content-Type: %s\r\n", c->ask.type);
	if (c->ask.headers)
		buf_put_str(&headers, c->ask.headers);
	pthread_barrier_wait(c->start);
	before = monotonic_ms();
	c->answered = https_request(&c->connection, c->ask.method, c->ask.path, buf_cstr(&headers),
	    span_str(c->ask.body), &c->reply);
	c->ms = monotonic_ms() - before;
	return NULL;
}

/* n callers, each with its ask; their connections are there before the first one speaks. */
static void call_at_once(struct caller *callers, size_t n)
{
	const struct https_options o = {
	    .port = scene.fixture.servers[0].operator_port, .timeout_ms = 20000};
	pthread_barrier_t start;

	pthread_barrier_init(&start, NULL, (unsigned)n);
	for (size_t i = 0; i < n; i++) {
		callers[i].start = &start;
		cr_assert(https_open(&o, &callers[i].connection));
	}
	for (size_t i = 0; i < n; i++)
		cr_assert_eq(pthread_create(&callers[i].thread, NULL, call_now, &callers[i]), 0);
	for (size_t i = 0; i < n; i++) {
		pthread_join(callers[i].thread, NULL);
		cr_assert(callers[i].answered, "caller %zu has no answer", i);
		https_close(&callers[i].connection);
	}
	pthread_barrier_destroy(&start);
}

static const char *code_of(struct caller *c, char code[static 64])
{
	if (!https_header(&c->reply, "X-Signet-Reason", code, 64))
		code[0] = '\0';
	return code;
}

static size_t answered(struct caller *callers, size_t n, int status, const char *code)
{
	char text[64];
	size_t found = 0;

	for (size_t i = 0; i < n; i++)
		found += callers[i].reply.status == status &&
			 strcmp(code_of(&callers[i], text), code) == 0;
	return found;
}

static void callers_free(struct caller *callers, size_t n)
{
	for (size_t i = 0; i < n; i++)
		https_reply_free(&callers[i].reply);
}

/* ---- one key, one act ---- */

#define AT_ONCE 4

static void one_key_is_one_act(void)
{
	for (int round = 0; round < 10; round++) {
		struct caller callers[AT_ONCE] = {0};
		const long long acts = number("SELECT count(*) FROM policy_change");
		char key[48], body[96];

		snprintf(key, sizeof(key), "Idempotency-Key: once-%d\r\n", round);
		snprintf(
		    body, sizeof(body), "{\"product\":\"x100\",\"serials\":[\"ONCE-%d\"]}", round);
		for (size_t i = 0; i < AT_ONCE; i++)
			callers[i].ask = (struct api_ask){
			    "POST", "/api/v1/devices", scene.root, JSON, key, body};
		call_at_once(callers, AT_ONCE);
		for (size_t i = 0; i < AT_ONCE; i++) {
			cr_expect_eq(
			    callers[i].reply.status, 200, "%s", buf_cstr(&callers[i].reply.body));
			/* Done again, it would say that the device is known. */
			cr_expect_str_eq(
			    buf_cstr(&callers[i].reply.body), buf_cstr(&callers[0].reply.body));
			cr_expect_not_null(
			    strstr(buf_cstr(&callers[i].reply.body), "\"created\":1"));
		}
		cr_expect_eq(number("SELECT count(*) FROM policy_change"), acts + 1);
		callers_free(callers, AT_ONCE);
	}
}

/* A secret is shown to one of them alone. */
static void one_key_is_one_token(void)
{
	struct caller callers[AT_ONCE] = {0};
	const long long before = number("SELECT count(*) FROM token");

	for (size_t i = 0; i < AT_ONCE; i++)
		callers[i].ask = (struct api_ask){"POST", "/api/v1/tokens", scene.root, JSON,
		    "Idempotency-Key: token-once\r\n", "{}"};
	call_at_once(callers, AT_ONCE);
	cr_expect_eq(answered(callers, AT_ONCE, 201, ""), 1);
	cr_expect_eq(answered(callers, AT_ONCE, 409, "idempotency.secret"), AT_ONCE - 1);
	cr_expect_eq(number("SELECT count(*) FROM token"), before + 1);
	callers_free(callers, AT_ONCE);
}

/* ---- one has seen what it changes ---- */

static void one_condition_holds(void)
{
	AUTO(api_reply) first = {0};
	char match[64], bodies[AT_ONCE][64];

	api_root(&scene, "PUT", "/api/v1/products/raced", "If-None-Match: *\r\n",
	    "{\"manufacturer\":\"R\",\"model\":\"0\"}", 201, &first);
	for (int round = 1; round <= 10; round++) {
		struct caller callers[AT_ONCE] = {0};
		AUTO(api_reply) now = {0};

		api_root(&scene, "GET", "/api/v1/products/raced", NULL, NULL, 200, &now);
		snprintf(match, sizeof(match), "If-Match: %s\r\n", now.etag);
		for (size_t i = 0; i < AT_ONCE; i++) {
			snprintf(bodies[i], sizeof(bodies[i]),
			    "{\"manufacturer\":\"R\",\"model\":\"%d-%zu\"}", round, i);
			callers[i].ask = (struct api_ask){
			    "PUT", "/api/v1/products/raced", scene.root, JSON, match, bodies[i]};
		}
		call_at_once(callers, AT_ONCE);
		cr_expect_eq(answered(callers, AT_ONCE, 200, ""), 1);
		cr_expect_eq(answered(callers, AT_ONCE, 412, "condition.failed"), AT_ONCE - 1);
		callers_free(callers, AT_ONCE);
	}
}

/* ---- who waits for a proof ---- */

/* Reading goes on; the integrator waits until the connection ends. */
static PGconn *stop_integration(void)
{
	PGconn *c = PQconnectdb(scene.fixture.owner);
	PGresult *r = PQexec(c, "BEGIN; LOCK TABLE log_leaf IN SHARE MODE");

	cr_assert_eq(PQresultStatus(r), PGRES_COMMAND_OK, "%s", PQerrorMessage(c));
	PQclear(r);
	return c;
}

static void new_entry_path(char *path, size_t size)
{
	char id[32];

	fixture_sql(&scene.fixture,
	    "INSERT INTO log_entry (at, kind, entry) VALUES (now(), 'test.done', 'x') RETURNING id",
	    id, sizeof(id));
	snprintf(path, size, "/api/v1/log/proof?entry=%s", id);
}

static void expect_half_refused(struct caller *callers, size_t workers)
{
	const size_t waited = answered(callers, workers, 503, "log.proof");
	char text[16];

	cr_expect_leq(waited, workers / 2);
	cr_expect_geq(waited, 1);
	cr_expect_eq(answered(callers, workers, 503, "log.proof-room"), workers - waited);
	for (size_t i = 0; i < workers; i++)
		cr_expect(https_header(&callers[i].reply, "Retry-After", text, sizeof(text)) &&
			  atoi(text) > 0);
}

/* Of those who wait for a proof in vain, the one who waited least. */
static long long shortest_wait(struct caller *callers, size_t n)
{
	long long shortest = LLONG_MAX;
	char text[64];

	for (size_t i = 0; i < n; i++)
		if (strcmp(code_of(&callers[i], text), "log.proof") == 0 &&
		    callers[i].ms < shortest)
			shortest = callers[i].ms;
	return shortest;
}

/* Who waited has given its place back: a proof is had as ever. */
static void expect_places(const char *path)
{
	int status = 0;

	for (int i = 0; i < 400 && status != 200; i++) {
		AUTO(api_reply) r = {0};

		api_ask(&scene,
		    &(struct api_ask){.method = "GET", .path = path, .token = scene.root}, &r);
		status = r.status;
		cr_expect_str_neq(r.code, "log.proof-room");
		usleep(50000);
	}
	cr_expect_eq(status, 200);
}

/* As many as there are workers want a proof that does not come; others are served meanwhile. */
static void waiting_for_proofs_leaves_workers(void)
{
	const size_t workers = (size_t)sysconf(_SC_NPROCESSORS_ONLN) * 4;
	struct caller callers[CALLERS_MOST + 1] = {0};
	PGconn *lock = stop_integration();
	char path[64];

	cr_assert_leq(workers, CALLERS_MOST);
	new_entry_path(path, sizeof(path));
	for (size_t i = 0; i < workers; i++)
		callers[i].ask =
		    (struct api_ask){.method = "GET", .path = path, .token = scene.root};
	callers[workers].ask =
	    (struct api_ask){.method = "GET", .path = "/api/v1/devices", .token = scene.root};
	call_at_once(callers, workers + 1);
	PQfinish(lock);
	expect_half_refused(callers, workers);
	cr_expect_eq(callers[workers].reply.status, 200);
	cr_expect_lt(callers[workers].ms, shortest_wait(callers, workers),
	    "another call waited %lld ms", (long long)callers[workers].ms);
	callers_free(callers, workers + 1);
	expect_places(path);
}

/* ---- bodies that are not all there ---- */

static const struct cut {
	const char *name, *body;
	int length; /* as announced; 0: chunked */
	bool cut;   /* RST, not close_notify */
} cuts[] = {
    {"half a body, closed", "{\"product\":\"x100\",\"serials\":[\"CUT-1\"]", 400, false},
    {"half a body, cut", "{\"product\":\"x100\",\"serials\":[\"CUT-2\"]", 400, true},
    {"JSON that is whole before the body is", "{\"product\":\"x100\",\"serials\":[\"CUT-3\"]}", 400,
	false},
    {"the same, cut", "{\"product\":\"x100\",\"serials\":[\"CUT-4\"]}", 400, true},
    {"no body at all", "", 400, true},
    {"a chunk and no last one", "2a\r\n{\"product\":\"x100\",\"serials\":[\"CUT-5\"]}   \r\n", 0,
	false},
    {"a chunk that ends early", "100\r\n{\"product\":\"x100\",\"serials\":[\"CUT-6\"]}", 0, true},
};

static void head_of(int length, struct buf *out)
{
	buf_printf(out,
	    "POST /api/v1/devices HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n"
	    "Content-Type: application/json\r\n",
	    scene.root);
	if (length)
		buf_printf(out, "Content-Length: %d\r\n\r\n", length);
	else
		buf_put_str(out, "Transfer-Encoding: chunked\r\n\r\n");
}

static void send_cut(const struct cut *t, const struct https_options *o)
{
	AUTO(buf) text = {0};
	struct https c;

	head_of(t->length, &text);
	buf_put_str(&text, t->body);
	cr_assert(https_open(o, &c));
	cr_assert(https_send(&c, buf_span(&text)), "%s", t->name);
	if (t->cut)
		https_cut(&c);
	else
		https_close(&c);
}

static long connections_open(void)
{
	static const char name[] = "\nsignet_connections_open ";
	char text[65536];
	const char *at;

	cr_assert_eq(fixture_get(&scene.fixture, 0, "/metrics", text, sizeof(text)), 200);
	at = strstr(text, name);
	cr_assert_not_null(at);
	return atol(at + sizeof(name) - 1);
}

static void await_connections(long most)
{
	long open = most + 1;

	for (int i = 0; i < 400 && open > most; i++) {
		usleep(50000);
		open = connections_open();
	}
	cr_expect_leq(open, most, "%ld connections stay open, %ld were there before", open, most);
}

/* One octet now and then, in time for whoever only asks whether something comes. */
static void send_slowly(const struct https_options *o)
{
	static const char body[] = "{\"product\":\"x100\",\"serials\":[\"SLOW-1\"]}";
	int64_t end = monotonic_ms() + 10000;
	AUTO(buf) head = {0};
	struct https c;
	char answer[512];
	size_t sent = 0;
	int n;

	head_of(400, &head);
	cr_assert(https_open(o, &c));
	cr_assert(https_send(&c, buf_span(&head)));
	do
		usleep(300000);
	while (monotonic_ms() < end &&
	       https_send(&c, span(sent < sizeof(body) - 1 ? &body[sent] : " ", 1)) && ++sent);
	cr_expect_lt(monotonic_ms(), end, "it took the body as slowly as it came");
	/* 408, or nothing: never an answer to the call. */
	n = https_receive(&c, answer, sizeof(answer) - 1);
	answer[n > 0 ? n : 0] = '\0';
	cr_expect(n <= 0 || strncmp(answer, "HTTP/1.1 408", 12) == 0, "%s", answer);
	https_cut(&c);
}

static void bodies_that_are_cut_do_nothing(void)
{
	const struct https_options o = {.port = scene.fixture.servers[0].operator_port};
	const long before = connections_open();
	const long long changes = number("SELECT count(*) FROM policy_change");

	for (int round = 0; round < 3; round++)
		for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++)
			send_cut(&cuts[i], &o);
	send_slowly(&o);
	await_connections(before);
	cr_expect_eq(number("SELECT count(*) FROM device WHERE serial LIKE 'CUT-%' "
			    "OR serial LIKE 'SLOW-%'"),
	    0);
	cr_expect_eq(number("SELECT count(*) FROM policy_change"), changes);
	api_root(&scene, "POST", "/api/v1/devices", NULL,
	    "{\"product\":\"x100\",\"serials\":[\"WHOLE-1\"]}", 200, NULL);
}

Test(at_once, calls_of_one_key_or_one_condition_are_one_act, .timeout = 600)
{
	api_scene_start(&scene);
	one_key_is_one_act();
	one_key_is_one_token();
	one_condition_holds();
	waiting_for_proofs_leaves_workers();
	bodies_that_are_cut_do_nothing();
	api_scene_stop(&scene);
}
