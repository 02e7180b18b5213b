/*
 * Log entries a second: appended durably, given their place in the tree, and covered by a signed
 * checkpoint that is shown. The clock stops when the last one is. Entries and salts are as large as
 * those of certificates; they are made by the database, so that what is measured is the log.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <libpq-fe.h>

#include "base/clock.h"
#include "tests/bench/bench.h"

#define ENTRIES_STANDARD 200000
#define AT_ONCE          100 /* acts in one transaction, as an import or a bulk issue has them */
#define SINGLE_SHARE     10  /* one act each: a tenth of the entries, for they take longer */
#define WRITERS_AT_ONCE  2
#define WRITERS_SINGLE   16 /* commits share their fsync */
#define WRITERS_MAX      16

struct appending {
	const struct fixture *fixture;
	long each, transactions;
	atomic_long next;
};

static void must_run(PGconn *c, const char *sql)
{
	PGresult *r = PQexec(c, sql);

	if (PQresultStatus(r) != PGRES_COMMAND_OK && PQresultStatus(r) != PGRES_TUPLES_OK) {
		fprintf(stderr, "bench: %s\n", PQerrorMessage(c));
		exit(1);
	}
	PQclear(r);
}

static PGconn *connect_as_server(const struct fixture *f)
{
	PGconn *c = PQconnectdb(f->database);

	if (PQstatus(c) != CONNECTION_OK) {
		fprintf(stderr, "bench: %s\n", PQerrorMessage(c));
		exit(1);
	}
	/* $1: of which the entries are made; 82 octets, with certificate.issued and a commitment.
	 */
	must_run(c, "PREPARE append (bigint, bigint) AS WITH e AS ("
		    "INSERT INTO log_entry (at, kind, entry) SELECT now(), 'certificate.issued',"
		    " '\\xa401010272636572746966696361746500'::bytea || sha256(int8send($1 + i))"
		    " || sha256(int8send($1 - i)) FROM generate_series(1, $2) i RETURNING id)"
		    "INSERT INTO log_salt (entry_id, salt, record_kind, record_id)"
		    " SELECT id, sha256(int8send(id)), 'certificate', id FROM e");
	return c;
}

static void *append(void *context)
{
	struct appending *a = context;
	PGconn *c = connect_as_server(a->fixture);
	char sql[96];

	for (long i; (i = atomic_fetch_add(&a->next, 1)) < a->transactions;) {
		snprintf(sql, sizeof(sql), "EXECUTE append (%lld, %ld)",
		    (long long)monotonic_us() * 1000 + i, a->each);
		must_run(c, sql);
	}
	PQfinish(c);
	return NULL;
}

static long long published(struct fixture *f)
{
	char text[32];

	fixture_sql(f, "SELECT coalesce(published, -1) FROM log_origin ORDER BY id DESC LIMIT 1",
	    text, sizeof(text));
	return atoll(text);
}

static void await(struct fixture *f, long long size)
{
	struct timespec little = {0, 5000000};

	while (published(f) < size)
		nanosleep(&little, NULL);
}

struct rates {
	double whole, appended;
};

static struct rates measure(struct bench *b, long each, long transactions, int writers)
{
	struct appending a = {&b->fixture, each, transactions, 0};
	pthread_t threads[WRITERS_MAX];
	char text[32];
	long long before;
	double entries = (double)each * (double)transactions;

	fixture_sql(&b->fixture, "SELECT count(*) FROM log_entry", text, sizeof(text));
	before = atoll(text);
	await(&b->fixture, before);
	int64_t start = monotonic_us();
	for (int i = 0; i < writers; i++)
		pthread_create(&threads[i], NULL, append, &a);
	for (int i = 0; i < writers; i++)
		pthread_join(threads[i], NULL);
	double appended = (double)(monotonic_us() - start) / 1e6;
	await(&b->fixture, before + each * transactions);
	return (struct rates){
	    entries / ((double)(monotonic_us() - start) / 1e6), entries / appended};
}

void bench_log(struct bench *b)
{
	const char *asked = getenv("BENCH_ENTRIES");
	long entries = asked ? atol(asked) : ENTRIES_STANDARD;
	double cpu = process_cpu_us(b->fixture.servers[0].pid);
	struct rates many = measure(b, AT_ONCE, entries / AT_ONCE, WRITERS_AT_ONCE);
	double used = process_cpu_us(b->fixture.servers[0].pid) - cpu;
	struct rates single = measure(b, 1, entries / SINGLE_SHARE, WRITERS_SINGLE);

	bench_result(b, "log_entries_per_s", many.whole,
	    "entries/s durable, integrated, signed; 100 in a transaction");
	bench_result(b, "log_single_entries_per_s", single.whole,
	    "entries/s durable, integrated, signed; 1 in a transaction, 16 connections");
	bench_note("log_appended_per_s", many.appended, "entries/s, the appending alone");
	bench_note("log_entry_cpu_us", used / (double)entries, "us of server CPU an entry");
}
