/*
 * A revocation list of a million entries: how long it takes from the commit of the last revocation
 * until the list is built and signed, until it is stored, and until it is served; and how much
 * memory the server takes for it. Rows come in by COPY, with as many reasons and times as a fleet
 * has. The list itself lies in a file that is mapped, so what counts is anonymous memory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <libpq-fe.h>

#include "base/clock.h"
#include "tests/bench/bench.h"

#define REVOKED_STANDARD 1000000
#define BATCH            65536 /* octets to a piece of COPY */

static PGconn *open_owner(const struct fixture *f)
{
	PGconn *c = PQconnectdb(f->owner);

	if (PQstatus(c) != CONNECTION_OK) {
		fprintf(stderr, "bench: %s\n", PQerrorMessage(c));
		exit(1);
	}
	return c;
}

static void must_run(PGconn *c, const char *sql, ExecStatusType want)
{
	PGresult *r = PQexec(c, sql);

	if (PQresultStatus(r) != want) {
		fprintf(stderr, "bench: %s\n", PQerrorMessage(c));
		exit(1);
	}
	PQclear(r);
}

static void send_rows(PGconn *c, struct buf *rows)
{
	if (PQputCopyData(c, (const char *)rows->p, (int)rows->n) != 1) {
		fprintf(stderr, "bench: %s\n", PQerrorMessage(c));
		exit(1);
	}
	buf_reset(rows);
}

/* The i-th: serials look random, and are not. */
static void put_row(struct buf *rows, long long authority, long i, int64_t now)
{
	static const int reasons[] = {0, 1, 4, 5, 9};
	const uint64_t mixed = ((uint64_t)i + 1) * 0x9e3779b97f4a7c15U;
	char revoked[TIME_TEXT_SIZE], ends[TIME_TEXT_SIZE];

	time_text(now - i % 1000000, revoked);
	time_text(now + 31536000, ends);
	buf_printf(rows, "%lld\t\\\\x4%07lx%016llx%08lx\t%ld\t0\t%d\t%s\t%s\t%ld\n", authority, i,
	    (unsigned long long)mixed, i, i + 1000000000, reasons[i % 5], revoked, ends, i + 1);
}

/* In the caller's transaction. */
static void load(PGconn *c, long long authority, long revoked)
{
	AUTO(buf) rows = {0};
	const int64_t now = (int64_t)time(NULL);

	must_run(c,
	    "COPY revocation (authority_id, serial, certificate_id, shard, reason, revoked_at, "
	    "not_after, sequence) FROM STDIN",
	    PGRES_COPY_IN);
	for (long i = 0; i < revoked; i++) {
		put_row(&rows, authority, i, now);
		if (rows.n > BATCH)
			send_rows(c, &rows);
	}
	send_rows(c, &rows);
	if (PQputCopyEnd(c, NULL) != 1) {
		fprintf(stderr, "bench: %s\n", PQerrorMessage(c));
		exit(1);
	}
	for (PGresult *r; (r = PQgetResult(c)) != NULL; PQclear(r))
		if (PQresultStatus(r) != PGRES_COMMAND_OK) {
			fprintf(stderr, "bench: %s\n", PQerrorMessage(c));
			exit(1);
		}
}

static long long number(struct fixture *f, const char *sql)
{
	char text[32];

	fixture_sql(f, sql, text, sizeof(text));
	return atoll(text);
}

/* Kilobytes of a line of /proc/PID/status. */
static long status_kb(pid_t pid, const char *name)
{
	char path[64], line[256];
	const size_t n = strlen(name);
	long kb = 0;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	FILE *f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, name, n) == 0)
			kb = atol(line + n + 1);
	if (f)
		fclose(f);
	return kb;
}

/* CPU of the database's processes that work for the lists. */
static double database_cpu_us(struct fixture *f)
{
	char pids[64];
	double all = 0;

	fixture_sql(f,
	    "SELECT string_agg(pid::text, ' ') FROM pg_stat_activity WHERE application_name IN "
	    "('signetd-crl', 'signetd-crl-read')",
	    pids, sizeof(pids));
	for (char *p = pids, *end; *p; p = end + (*end == ' '))
		all += process_cpu_us((pid_t)strtol(p, &end, 10));
	return all;
}

static bool is_served(const struct fixture *f, size_t bytes)
{
	struct https_options options = {.port = f->servers[0].public_port, .clear = true};
	struct https_reply reply = {0};
	struct https c;
	bool served;

	if (!https_open(&options, &c))
		return false;
	served = https_request(&c, "GET", "/crl/issuing.crl", NULL, SPAN_NONE, &reply) &&
		 reply.status == 200 && reply.body.n > bytes;
	https_reply_free(&reply);
	https_close(&c);
	return served;
}

void bench_crl(struct bench *b)
{
	const char *asked = getenv("BENCH_REVOKED");
	const long revoked = asked ? atol(asked) : REVOKED_STANDARD;
	struct fixture *f = &b->fixture;
	const pid_t pid = f->servers[0].pid;
	const long long authority = number(f, "SELECT id FROM authority WHERE name = 'issuing'");
	const struct timespec little = {0, 2000000};
	PGconn *c = open_owner(f);
	char sql[400];
	long anonymous_before, anonymous = 0;

	must_run(c, "BEGIN", PGRES_COMMAND_OK);
	load(c, authority, revoked);
	anonymous_before = status_kb(pid, "RssAnon");
	must_run(c, "ANALYZE revocation", PGRES_COMMAND_OK);
	snprintf(sql, sizeof(sql),
	    "UPDATE crl_shard SET sequence = %ld WHERE authority_id = %lld AND shard = 0", revoked,
	    authority);
	must_run(c, sql, PGRES_COMMAND_OK);
	must_run(c, "SELECT pg_notify('signet_status', '')", PGRES_TUPLES_OK);
	must_run(c, "COMMIT", PGRES_COMMAND_OK);
	snprintf(sql, sizeof(sql), "SELECT max(full_entries) FROM crl WHERE full_entries >= %ld",
	    revoked);
	int64_t start = monotonic_us();
	double cpu = process_cpu_us(pid), database = database_cpu_us(f);
	while (number(f, sql) < revoked) {
		long kb = status_kb(pid, "RssAnon");

		if (kb > anonymous)
			anonymous = kb;
		nanosleep(&little, NULL);
	}
	double stored = (double)(monotonic_us() - start) / 1e6;
	while (!is_served(f, (size_t)revoked * 30))
		nanosleep(&little, NULL);
	double served = (double)(monotonic_us() - start) / 1e6;
	double used = process_cpu_us(pid) - cpu;

	database = database_cpu_us(f) - database;
	bench_result(b, "crl_1m_s", stored, "s to read, sign and store a list of a million");
	bench_note("crl_1m_build_s",
	    (double)number(f, "SELECT max(build_ms) FROM crl WHERE full_entries > 0") / 1e3,
	    "s of it until it is signed");
	bench_note("crl_1m_served_s", served, "s until it was fetched from the public listener");
	bench_note("crl_1m_cpu_s", used / 1e6, "s of server CPU until then");
	bench_note("crl_1m_database_cpu_s", database / 1e6,
	    "s of the database's CPU, reading and storing");
	bench_result(b, "crl_1m_memory_mb", (double)(anonymous - anonymous_before) / 1024,
	    "MB of anonymous memory more at most, while it was made");
	bench_note("crl_1m_peak_mb", (double)status_kb(pid, "VmHWM") / 1024,
	    "MB resident at most, mapped lists included");
	bench_note("crl_1m_mb", (double)number(f, "SELECT max(full_bytes) FROM crl") / 1048576,
	    "MB of DER");
	PQfinish(c);
}
