/* Durable enrollments over a new mutual-TLS connection each: rate, latency, the server's CPU
 * against the floor. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/encode.h"
#include "tests/bench/bench.h"

#define UNITS_STANDARD   4000
#define UNITS_WARM_UP    200
#define CLIENTS_STANDARD 4
#define CLIENTS_MAX      64

struct unit {
	EVP_PKEY *key;
	X509 *idevid;
	struct buf body;
};

struct load {
	const struct fixture *fixture;
	struct unit *units;
	int64_t *latency_us;
	int count, clients;
	bool fetch; /* GET cacerts instead: what a connection costs without an enrollment */
	atomic_int next, failed;
};

static void units_make(struct load *l, const char *prefix, int first)
{
	EVP_PKEY *ldevid = NULL;
	for (int i = 0; i < l->count; i++) {
		struct unit *u = &l->units[i];
		char serial[32];
		snprintf(serial, sizeof(serial), "%s-%07d", prefix, first + i);
		u->key = pki_key("EC-P256");
		u->idevid = pki_idevid(&l->fixture->maker, u->key,
		    &(struct pki_idevid){.product = "X100", .serial = serial});
		ldevid = pki_key("EC-P256");
		AUTO(buf) csr = {0};
		pki_csr(ldevid, &(struct pki_csr){.common_name = serial}, &csr);
		base64_encode(buf_span(&csr), &u->body);
		EVP_PKEY_free(ldevid);
	}
}

static void units_free(struct load *l)
{
	for (int i = 0; i < l->count; i++) {
		EVP_PKEY_free(l->units[i].key);
		X509_free(l->units[i].idevid);
		buf_free(&l->units[i].body);
	}
	free(l->units);
	free(l->latency_us);
}

static bool unit_enroll(struct load *l, struct unit *u, SSL_CTX *context)
{
	struct https_options o = {.port = l->fixture->servers[0].device_port,
	    .certificate = u->idevid,
	    .key = u->key,
	    .shared = context};
	struct https c;
	struct https_reply reply = {0};
	if (!https_open(&o, &c))
		return false;
	bool answered =
	    l->fetch ? https_request(&c, "GET", "/.well-known/est/cacerts", NULL, SPAN_NONE, &reply)
		     : https_request(&c, "POST", "/.well-known/est/simpleenroll",
			   "Content-Type: application/pkcs10\r\n", buf_span(&u->body), &reply);
	bool ok = answered && reply.status == 200;
	https_reply_free(&reply);
	https_close(&c);
	return ok;
}

static void *client(void *argument)
{
	struct load *l = argument;
	struct https_options o = {
	    .trusted = l->fixture->root, .groups = "P-256", .tls_version = TLS1_3_VERSION};
	SSL_CTX *context = https_context(&o);
	for (int i; (i = atomic_fetch_add(&l->next, 1)) < l->count;) {
		int64_t start = monotonic_us();
		if (!unit_enroll(l, &l->units[i], context))
			atomic_fetch_add(&l->failed, 1);
		l->latency_us[i] = monotonic_us() - start;
	}
	SSL_CTX_free(context);
	return NULL;
}

/* Run the units from `first` to `last`. */
static void load_run(struct load *l, int first, int last)
{
	int all = l->count;
	pthread_t threads[CLIENTS_MAX];
	atomic_store(&l->next, first);
	l->count = last;
	for (int i = 0; i < l->clients; i++)
		pthread_create(&threads[i], NULL, client, l);
	for (int i = 0; i < l->clients; i++)
		pthread_join(threads[i], NULL);
	l->count = all;
}

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

struct cost {
	double seconds, server_us;
};

/* All units behind the warm-up, with what they cost the server. */
static struct cost load_measure(struct load *l)
{
	pid_t server = l->fixture->servers[0].pid;
	double cpu = process_cpu_us(server);
	int64_t start = monotonic_us();
	load_run(l, UNITS_WARM_UP, l->count);
	struct cost cost = {(double)(monotonic_us() - start) / 1e6, process_cpu_us(server) - cpu};
	if (atomic_load(&l->failed)) {
		fprintf(stderr, "bench: %d requests failed\n", atomic_load(&l->failed));
		exit(1);
	}
	return cost;
}

static void report(struct bench *b, struct load *l, struct cost cost)
{
	int n = l->count - UNITS_WARM_UP;
	int64_t *latency = l->latency_us + UNITS_WARM_UP;
	qsort(latency, (size_t)n, sizeof(*latency), by_value);
	double each = cost.server_us / n, floor = floor_enrollment(b->floor);
	bench_result(b, "est_enroll_per_s", n / cost.seconds, "enrollments/s");
	bench_result(b, "est_enroll_p50_ms", (double)latency[n / 2] / 1e3, "ms");
	bench_result(b, "est_enroll_p99_ms", (double)latency[n * 99 / 100] / 1e3, "ms");
	bench_result(b, "est_enroll_cpu_us", each, "us of server CPU");
	bench_result(b, "est_floor_us", floor, "us of CPU");
	bench_result(b, "est_floor_ratio", floor / each, "floor / server CPU");
}

void bench_enroll(struct bench *b)
{
	const char *asked = getenv("BENCH_UNITS");
	const char *clients = getenv("BENCH_CLIENTS");
	struct load l = {.fixture = &b->fixture,
	    .count = asked ? atoi(asked) : UNITS_STANDARD,
	    .clients = clients ? atoi(clients) : CLIENTS_STANDARD};
	if (l.clients < 1 || l.clients > CLIENTS_MAX)
		l.clients = CLIENTS_STANDARD;
	if (l.count <= UNITS_WARM_UP * 2)
		l.count = UNITS_WARM_UP * 2;
	l.units = mem_array((size_t)l.count, sizeof(*l.units));
	l.latency_us = mem_array((size_t)l.count, sizeof(*l.latency_us));
	units_make(&l, "B", 0);
	load_run(&l, 0, UNITS_WARM_UP);
	struct cost cost = load_measure(&l);
	bench_floor_again(b);
	report(b, &l, cost);
	l.fetch = true;
	cost = load_measure(&l);
	bench_result(b, "est_connection_cpu_us", cost.server_us / (l.count - UNITS_WARM_UP),
	    "us of server CPU: a new mutual-TLS connection and one cached answer");
	units_free(&l);
}

struct bench_rate bench_enroll_round(
    const struct fixture *f, const char *prefix, int first, int count)
{
	struct load l = {.fixture = f, .count = count, .clients = CLIENTS_STANDARD};
	double cpu;
	int64_t start;
	struct bench_rate rate;

	l.units = mem_array((size_t)count, sizeof(*l.units));
	l.latency_us = mem_array((size_t)count, sizeof(*l.latency_us));
	units_make(&l, prefix, first);
	cpu = process_cpu_us(f->servers[0].pid);
	start = monotonic_us();
	load_run(&l, 0, count);
	rate.per_s = count / ((double)(monotonic_us() - start) / 1e6);
	rate.cpu_us = (process_cpu_us(f->servers[0].pid) - cpu) / count;
	if (atomic_load(&l.failed)) {
		fprintf(stderr, "bench: %d enrollments failed\n", atomic_load(&l.failed));
		exit(1);
	}
	units_free(&l);
	return rate;
}
