/*
 * A list of 50 among a million certificates, through the API over TLS, kept alive: pages anywhere
 * in the list, of one product, of one device, and of those that end soon, in turn. The store is
 * filled by SQL: what is measured is the list.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libpq-fe.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/file.h"
#include "tests/bench/bench.h"
#include "tests/lib/program.h"

#define CERTIFICATES_STANDARD 1000000
#define REQUESTS              2000
#define WARM_UP               100

static void must_run(PGconn *c, const char *sql)
{
	PGresult *r = PQexec(c, sql);

	if (PQresultStatus(r) != PGRES_COMMAND_OK && PQresultStatus(r) != PGRES_TUPLES_OK) {
		fprintf(stderr, "bench: %s\n", PQerrorMessage(c));
		exit(1);
	}
	PQclear(r);
}

static void fill(struct bench *b, long n)
{
	PGconn *c = PQconnectdb(b->fixture.owner);
	const int64_t begun = monotonic_ms();
	char sql[1200];

	must_run(c, "SET synchronous_commit = off");
	snprintf(sql, sizeof(sql),
	    "INSERT INTO device (product_id, serial, state, first_enrolled_at) "
	    "SELECT p.id, 'L-' || n, 'enrolled', now() FROM generate_series(1, %ld) n "
	    "JOIN product p ON p.name = (ARRAY['x100', 'y200'])[1 + n %% 2]",
	    n / 4);
	must_run(c, sql);
	/* Four of each device, with a DER of the usual size. */
	snprintf(sql, sizeof(sql),
	    "INSERT INTO certificate (authority_id, serial, device_id, product_id, key_digest, "
	    "subject, subject_text, not_before, not_after, der, issued_at) "
	    "SELECT (SELECT id FROM authority WHERE name = 'issuing'), "
	    "int8send(n) || int8send(n::bigint * 7919), d.id, d.product_id, sha256(int8send(n)), "
	    "'\\x3000', 'O=Test,CN=X100,serialNumber=L-' || n, now(), now() + (n %% 400) * "
	    "interval '1 day', decode(repeat(md5(n::text), 18), 'hex'), now() "
	    "FROM generate_series(1, %ld) n JOIN device d ON d.serial = 'L-' || 1 + n %% %ld",
	    n, n / 4);
	must_run(c, sql);
	must_run(c, "ANALYZE");
	PQfinish(c);
	bench_note("list_fill", (double)(monotonic_ms() - begun) / 1000, "s");
}

void bench_token(const struct fixture *f, char *token, size_t size)
{
	char config[160], out[160];
	AUTO(buf) text = {0};
	struct err err = {0};
	const char *at;

	snprintf(config, sizeof(config), "%s/signetd-0.yaml", f->dir);
	snprintf(out, sizeof(out), "%s/admin.out", f->dir);
	program_must(out, "signetd", "--config", config, "admin", "bench", NULL);
	if (!file_read(out, 65536, &text, &err).ok || !(at = strstr(buf_cstr(&text), "eyJ"))) {
		fprintf(stderr, "bench: no token\n");
		exit(1);
	}
	snprintf(token, size, "%.*s", (int)strcspn(at, " \r\n"), at);
}

/* A page that begins somewhere; the cursor is that of api/page.h. */
static void path_of(long i, long n, char *path, size_t size)
{
	char plain[32];
	AUTO(buf) cursor = {0};
	const long somewhere = 1 + (i * 7919L * 104729L) % n;

	switch (i % 4) {
	case 0:
		snprintf(plain, sizeof(plain), "i%ld", somewhere);
		hex_encode(span_str(plain), &cursor);
		snprintf(path, size, "/api/v1/certificates?limit=50&after=%s", buf_cstr(&cursor));
		break;
	case 1: snprintf(path, size, "/api/v1/certificates?limit=50&product=x100"); break;
	case 2:
		snprintf(path, size, "/api/v1/certificates?limit=50&serial=L-%ld",
		    1 + somewhere % (n / 4));
		break;
	default:
		snprintf(path, size,
		    "/api/v1/certificates?limit=50&expires_after=2020-01-01T00:00:00Z&product=y200");
	}
}

bool bench_ask(struct https *c, const char *path, const char *headers)
{
	struct https_reply r = {0};
	const bool good = https_request(c, "GET", path, headers, SPAN_NONE, &r) && r.status == 200;

	https_reply_free(&r);
	return good;
}

static int by_size(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Its server hears of the principal within a moment. */
void bench_await(struct https *c, const char *headers)
{
	for (int i = 0; i < 10; i++) {
		if (bench_ask(c, "/api/v1/whoami", headers))
			return;
		usleep(500000);
	}
	fprintf(stderr, "bench: the token is not taken\n");
	exit(1);
}

/* The four kinds of list, each by its median. */
static void tell_kinds(const double *took)
{
	static const char *const names[] = {
	    "list_page_ms", "list_product_ms", "list_serial_ms", "list_expiry_ms"};
	static double some[REQUESTS / 4];

	for (size_t kind = 0; kind < COUNT(names); kind++) {
		for (size_t i = 0; i < COUNT(some); i++)
			some[i] = took[i * 4 + kind];
		qsort(some, COUNT(some), sizeof(some[0]), by_size);
		bench_note(names[kind], some[COUNT(some) / 2], "ms");
	}
}

void bench_list(struct bench *b)
{
	const char *wanted = getenv("BENCH_CERTIFICATES");
	const long n = wanted ? atol(wanted) : CERTIFICATES_STANDARD;
	static double took[REQUESTS];
	char token[2048], headers[2100], path[256];
	struct https_options o = {.port = b->fixture.servers[0].operator_port};
	struct https c;

	fill(b, n);
	bench_token(&b->fixture, token, sizeof(token));
	snprintf(headers, sizeof(headers), "Authorization: Bearer %s\r\n", token);
	if (!https_open(&o, &c)) {
		fprintf(stderr, "bench: no connection\n");
		exit(1);
	}
	bench_await(&c, headers);
	for (long i = -WARM_UP; i < REQUESTS; i++) {
		const int64_t begun = monotonic_us();

		path_of(i < 0 ? -i : i, n, path, sizeof(path));
		if (!bench_ask(&c, path, headers)) {
			fprintf(stderr, "bench: GET %s failed\n", path);
			exit(1);
		}
		if (i >= 0)
			took[i] = (double)(monotonic_us() - begun) / 1000;
	}
	https_close(&c);
	tell_kinds(took);
	qsort(took, REQUESTS, sizeof(took[0]), by_size);
	bench_note("list_1m_median_ms", took[REQUESTS / 2], "ms");
	bench_result(b, "list_1m_p99_ms", took[REQUESTS * 99 / 100], "ms");
}
