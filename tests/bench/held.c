/*
 * Ten million certificates held: how quickly devices enroll, and how long lists take, against an
 * empty store in the same run, in turns, since neighbours come and go. BENCH_HELD says how many
 * (10000000).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/clock.h"
#include "base/encode.h"
#include "tests/bench/bench.h"
#include "tests/bench/held.h"

#define HELD_STANDARD 10000000L
#define ROUNDS        12
#define ROUND_UNITS   500
#define LIST_REQUESTS 400 /* of each kind */
#define DISK_LEFT     (INT64_C(5) << 30)

static int by_size(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, size_t n)
{
	qsort(values, n, sizeof(*values), by_size);
	return (values[(n - 1) / 2] + values[n / 2]) / 2;
}

/* ---- enrollments ---- */

struct rates {
	double ratio[ROUNDS], empty[ROUNDS], held[ROUNDS], empty_cpu[ROUNDS], held_cpu[ROUNDS];
};

static void enroll_in_turns(
    const struct fixture *empty, const struct fixture *held, struct rates *r)
{
	/* Statements are prepared, caches warm. */
	bench_enroll_round(empty, "W", 0, ROUND_UNITS);
	bench_enroll_round(held, "W", 0, 2 * ROUND_UNITS);
	for (int i = 0; i < ROUNDS; i++) {
		const struct bench_rate e =
		    bench_enroll_round(empty, "E", i * ROUND_UNITS, ROUND_UNITS);
		const struct bench_rate h =
		    bench_enroll_round(held, "E", i * ROUND_UNITS, ROUND_UNITS);

		r->ratio[i] = h.per_s / e.per_s;
		r->empty[i] = e.per_s;
		r->held[i] = h.per_s;
		r->empty_cpu[i] = e.cpu_us;
		r->held_cpu[i] = h.cpu_us;
	}
}

/* ---- lists ---- */

struct place { /* somewhere in the store */
	long certificate, device, batch;
	char key[65], cursor[64];
};

static struct place place_of(long i, long n)
{
	struct place p = {.certificate = 1 + (i * 7919L * 104729L) % (n - 1)};
	const long devices = n / HELD_PER_DEVICE;
	uint8_t digest[32];
	char plain[32];
	AUTO(buf) cursor = {0};

	p.device = p.certificate % devices;
	p.batch = p.device / HELD_BATCH;
	held_key(p.certificate, digest);
	hex_text(SPAN_OF(digest), p.key);
	snprintf(plain, sizeof(plain), "i%ld", p.certificate);
	hex_encode(span_str(plain), &cursor);
	snprintf(p.cursor, sizeof(p.cursor), "%s", buf_cstr(&cursor));
	return p;
}

static const char *const kinds[] = {"page", "product", "serial", "key", "expiry", "revoked",
    "label", "batch", "device_batch", "device_product", "statistics"};

static void path_of(size_t kind, const struct place *p, char *path, size_t size)
{
#define CERTIFICATES "/api/v1/certificates?limit=50&"
#define DEVICES      "/api/v1/devices?limit=50&"
	switch (kind) {
	case 0: snprintf(path, size, CERTIFICATES "after=%s", p->cursor); break;
	case 1: snprintf(path, size, CERTIFICATES "product=x100&after=%s", p->cursor); break;
	case 2: snprintf(path, size, CERTIFICATES "serial=H-%09ld", p->device); break;
	case 3: snprintf(path, size, CERTIFICATES "key=%s", p->key); break;
	case 4:
		snprintf(
		    path, size, CERTIFICATES "expires_after=2020-01-01T00:00:00Z&product=y200");
		break;
	case 5: snprintf(path, size, CERTIFICATES "status=revoked&after=%s", p->cursor); break;
	case 6: snprintf(path, size, CERTIFICATES "label=open&after=%s", p->cursor); break;
	case 7: snprintf(path, size, CERTIFICATES "batch=lot-%06ld", p->batch); break;
	case 8: snprintf(path, size, DEVICES "batch=lot-%06ld", p->batch); break;
	case 9: snprintf(path, size, DEVICES "product=x100&state=enrolled"); break;
	default: snprintf(path, size, "/api/v1/statistics"); break;
	}
}

static void connect(const struct fixture *f, struct https *c, char *headers, size_t size)
{
	const struct https_options o = {.port = f->servers[0].operator_port};
	char token[2048];

	bench_token(f, token, sizeof(token));
	snprintf(headers, size, "Authorization: Bearer %s\r\n", token);
	if (!https_open(&o, c)) {
		fprintf(stderr, "bench: no connection\n");
		exit(1);
	}
	bench_await(c, headers);
}

static double list_p99(struct https *c, const char *headers, size_t kind, long n)
{
	static double took[LIST_REQUESTS];
	char path[256];

	for (long i = -20; i < LIST_REQUESTS; i++) {
		const struct place p = place_of(i < 0 ? LIST_REQUESTS - i : i, n);
		const int64_t begun = monotonic_us();

		path_of(kind, &p, path, sizeof(path));
		if (!bench_ask(c, path, headers)) {
			fprintf(stderr, "bench: GET %s failed\n", path);
			exit(1);
		}
		if (i >= 0)
			took[i] = (double)(monotonic_us() - begun) / 1000;
	}
	qsort(took, LIST_REQUESTS, sizeof(took[0]), by_size);
	return took[LIST_REQUESTS * 99 / 100];
}

static void lists(struct bench *b, const struct fixture *empty, const struct fixture *held, long n)
{
	static char headers[2][2100];
	struct https c[2];
	double worst = 0;

	connect(empty, &c[0], headers[0], sizeof(headers[0]));
	connect(held, &c[1], headers[1], sizeof(headers[1]));
	for (size_t kind = 0; kind < COUNT(kinds); kind++) {
		const double there = list_p99(&c[0], headers[0], kind, n);
		const double here = list_p99(&c[1], headers[1], kind, n);
		char name[64];

		snprintf(name, sizeof(name), "held_%s_p99_ms", kinds[kind]);
		bench_note(name, here, "ms");
		snprintf(name, sizeof(name), "  empty store");
		bench_note(name, there, "ms");
		if (here > worst)
			worst = here;
	}
	https_close(&c[0]);
	https_close(&c[1]);
	bench_result(b, "held_list_p99_ms", worst, "ms: the slowest kind of list");
}

/* ---- the whole ---- */

/* As many as were asked for, or as the disk has room for. */
static long room_for(long wanted, const char *dir)
{
	struct statvfs v;
	int64_t room = 0;

	if (statvfs(dir, &v) == 0)
		room = (int64_t)v.f_bavail * (int64_t)v.f_frsize - DISK_LEFT;
	printf("held: %ld certificates want %.1f GB below %s, %.1f GB are free to use\n", wanted,
	    (double)(wanted * HELD_BYTES_EACH) / 1e9, dir, (double)room / 1e9);
	if (room < wanted * HELD_BYTES_EACH)
		return room < 0 ? 0 : (long)(room / HELD_BYTES_EACH);
	return wanted;
}

static void report(struct bench *b, struct rates *r, long n)
{
	const double ratio = median(r->ratio, ROUNDS);

	bench_note("held_empty_per_s", median(r->empty, ROUNDS), "enrollments/s, empty store");
	bench_note("held_full_per_s", median(r->held, ROUNDS), "enrollments/s, that many held");
	bench_note(
	    "held_empty_cpu_us", median(r->empty_cpu, ROUNDS), "us of server CPU, empty store");
	bench_note(
	    "held_full_cpu_us", median(r->held_cpu, ROUNDS), "us of server CPU, that many held");
	if (n >= HELD_STANDARD)
		bench_result(b, "held_10m_rate_ratio", ratio, "enrollment rate held / empty");
	else
		bench_note("held_rate_ratio", ratio, "enrollment rate held / empty, of fewer");
}

static void measure(struct bench *b, const struct fixture *empty, struct fixture *held, long n)
{
	static struct rates rates;
	const int64_t begun = monotonic_ms();

	fixture_server_stop(held, 0);
	held_load(held, n);
	bench_note("held_certificates", (double)n, "certificates held");
	bench_note("held_load", (double)(monotonic_ms() - begun) / 1000, "s");
	fixture_server_start(held, 0);
	enroll_in_turns(empty, held, &rates);
	report(b, &rates, n);
	lists(b, empty, held, n);
}

void bench_held(struct bench *b)
{
	const char *wanted = getenv("BENCH_HELD");
	static struct fixture empty, held; /* with nothing of other measures in them */
	long n;

	fixture_start(&empty);
	fixture_start(&held);
	n = room_for(wanted ? atol(wanted) : HELD_STANDARD, held.dir);
	if (n < 1000)
		printf("held: not measured\n");
	else
		measure(b, &empty, &held, n);
	fixture_stop(&held);
	fixture_stop(&empty);
}
