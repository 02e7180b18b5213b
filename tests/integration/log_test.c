/*
 * The log as others see it: read by a program that was written from the specifications alone
 * (tests/log), while servers are killed, and after somebody has tampered with the database.
 * LOG_ACTS sets how many acts (standard: 20,000), LOG_SEED repeats a run.
 */
#include <criterion/criterion.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/file.h"
#include "sql/log.h"
#include "tests/lib/fixture.h"
#include "tests/lib/program.h"

#define ACTS_STANDARD 20000
#define WRITERS       4

static void pause_ms(long ms)
{
	struct timespec t = {ms / 1000, (ms % 1000) * 1000000};
	nanosleep(&t, NULL);
}

static long long number(struct fixture *f, const char *sql)
{
	char text[64];

	fixture_sql(f, sql, text, sizeof(text));
	return atoll(text);
}

/* A program of tests/log, wherever the test is run. */
static const char *script(const char *name, char *path, size_t size)
{
	snprintf(path, size, "%s/../../tests/log/%s", program_directory(), name);
	if (access(path, X_OK) != 0)
		snprintf(path, size, "tests/log/%s", name);
	return path;
}

/* 0: the log of server i is as it must be, and grew from all that was seen of it. */
static int read_log(struct fixture *f, int i, const char *quick)
{
	char path[256], url[64], seen[96], log[96];

	snprintf(url, sizeof(url), "http://127.0.0.1:%d/log", f->servers[i].public_port);
	snprintf(seen, sizeof(seen), "%s/seen", f->dir);
	snprintf(log, sizeof(log), "%s/read_log.log", f->dir);
	return program_wait(program_start(
	    log, script("read_log", path, sizeof(path)), "--seen", seen, url, quick, NULL));
}

static void show(struct fixture *f, const char *name)
{
	char path[96], line[512];
	FILE *log;

	snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	log = fopen(path, "r");
	while (log && fgets(line, sizeof(line), log))
		fputs(line, stderr);
	if (log)
		fclose(log);
}

#define EXPECT_SOUND(f, i)                                                       \
	do {                                                                     \
		int code_ = read_log((f), (i), NULL);                            \
		if (code_ != 0)                                                  \
			show((f), "read_log.log");                               \
		cr_expect_eq(code_, 0, "the reader of server %d says: no", (i)); \
	} while (0)

/* Every entry is a leaf, and a checkpoint of that size is shown. */
static bool caught_up(struct fixture *f)
{
	return number(f, "SELECT count(*) FROM log_entry") ==
	       number(f, "SELECT coalesce(published, -1) FROM log_origin ORDER BY id DESC LIMIT 1");
}

static void await_log(struct fixture *f, long most_ms)
{
	int64_t end = monotonic_ms() + most_ms;

	while (!caught_up(f) && monotonic_ms() < end)
		pause_ms(20);
	cr_assert(caught_up(f), "the log does not catch up");
}

static void append_many(struct fixture *f, long n)
{
	char sql[512], none[8];

	snprintf(sql, sizeof(sql),
	    "WITH e AS (INSERT INTO log_entry (at, kind, entry) SELECT now(), 'test.done',"
	    " convert_to('entry ' || gen_random_uuid(), 'UTF8') FROM generate_series(1, %ld)"
	    " RETURNING id) INSERT INTO log_salt (entry_id, salt, record_kind, record_id)"
	    " SELECT id, sha256(id::text::bytea), 'test', id FROM e",
	    n);
	fixture_sql(f, sql, none, sizeof(none));
}

Test(log, a_reader_made_from_the_specifications_reads_it_at_every_size, .timeout = 900)
{
	/* Around the sizes where bundles and tiles fill up, and where a level begins. */
	static const long grows[] = {1, 200, 55, 1, 1, 254, 65200};
	struct fixture f;

	fixture_start(&f);
	for (size_t i = 0; i < sizeof(grows) / sizeof(grows[0]); i++) {
		append_many(&f, grows[i]);
		await_log(&f, 240000);
		EXPECT_SOUND(&f, 0);
	}
	fixture_stop(&f);
}

/* How many of ten acts, one after the other, are shown later than that. */
static int count_late(struct fixture *f)
{
	int late = 0;

	for (int i = 0; i < 10; i++) {
		const int64_t begun = monotonic_ms();

		append_many(f, 1);
		await_log(f, 20000);
		late += monotonic_ms() - begun > 2000;
	}
	return late;
}

/* Ten in a row; a machine that does much else gets three tries. */
Test(log, an_act_is_shown_within_two_seconds, .timeout = 900)
{
	struct fixture f;
	int late = 1;

	fixture_start(&f);
	for (int i = 0; i < 3 && late; i++)
		late = count_late(&f);
	cr_expect_eq(late, 0, "%d of 10 were late", late);
	fixture_stop(&f);
}

/* ---- two servers, one database, one killed ---- */

struct storm {
	struct fixture fixture;
	atomic_bool stop;
	atomic_long acts; /* committed, for certain */
	long wanted;
};

/* A transaction of some acts; now and then one that hesitates, or thinks better of it. */
static void write_some(struct storm *s, struct db *db, unsigned *random)
{
	long n = 1 + rand_r(random) % 8;
	bool late = rand_r(random) % 50 == 0, undo = rand_r(random) % 20 == 0, ok = true;
	struct err err = {0};

	if (!db_begin(db, &err).ok)
		return;
	for (long i = 0; ok && i < n; i++) {
		struct log_line line = {.kind = "test.done", .at = time(NULL)};

		for (size_t k = 0; k < sizeof(line.salt); k++)
			line.salt[k] = (uint8_t)rand_r(random);
		buf_printf(&line.entry, "entry %u %lld %ld", *random, (long long)monotonic_us(), i);
		ok = sql_log_append(db, &line, "test", 1, &err).ok;
		log_line_free(&line);
	}
	if (late)
		pause_ms(rand_r(random) % 300);
	if (ok && !undo && db_commit(db, &err).ok)
		atomic_fetch_add(&s->acts, n);
	db_rollback(db);
}

static void *writer(void *context)
{
	struct storm *s = context;
	unsigned random = (unsigned)monotonic_us() ^ (unsigned)(uintptr_t)&random;
	struct db *db = db_new(&(struct db_config){.conninfo = s->fixture.database});

	while (atomic_load(&s->acts) < s->wanted && !atomic_load(&s->stop)) {
		write_some(s, db, &random);
		pause_ms(rand_r(&random) % 4);
	}
	db_close(db);
	return NULL;
}

/* One unit asks once, whichever server is up; what becomes of it is the log's to tell. */
static void enroll_once(struct storm *s, int unit)
{
	char name[32];
	struct https_options o = {
	    .port = s->fixture.servers[unit % 2].device_port, .timeout_ms = 2000};
	struct https c;
	struct https_reply reply = {0};
	AUTO(buf) csr = {0};
	AUTO(buf) body = {0};
	EVP_PKEY *idevid_key = pki_key("EC-P256"), *key = pki_key("EC-P256");

	snprintf(name, sizeof(name), "L-%06d", unit);
	o.key = idevid_key;
	o.certificate = pki_idevid(
	    &s->fixture.maker, idevid_key, &(struct pki_idevid){.product = "X100", .serial = name});
	pki_csr(key, &(struct pki_csr){.common_name = name}, &csr);
	base64_encode(buf_span(&csr), &body);
	if (https_open(&o, &c)) {
		if (!https_request(&c, "POST", "/.well-known/est/simpleenroll",
			"Content-Type: application/pkcs10\r\n", buf_span(&body), &reply))
			reply.status = 0;
		https_reply_free(&reply);
		https_cut(&c);
	}
	X509_free(o.certificate);
	EVP_PKEY_free(idevid_key);
	EVP_PKEY_free(key);
}

static void *enroller(void *context)
{
	struct storm *s = context;

	for (int unit = 0; !atomic_load(&s->stop); unit++) {
		enroll_once(s, unit);
		pause_ms(20);
	}
	return NULL;
}

/* What strangers saw on the way must all be of one log. A server that is down says nothing. */
static void *watcher(void *context)
{
	struct storm *s = context;

	for (int i = 0; !atomic_load(&s->stop); i++) {
		(void)read_log(&s->fixture, i % 2, "--quick");
		pause_ms(500);
	}
	return NULL;
}

static void expect_one_log(struct fixture *f)
{
	static const char *const none[] = {
	    "SELECT count(*) FROM log_entry e WHERE NOT EXISTS"
	    " (SELECT FROM log_leaf l WHERE l.entry_id = e.id)",
	    "SELECT count(*) FROM log_leaf l WHERE NOT EXISTS"
	    " (SELECT FROM log_entry e WHERE l.entry_id = e.id)",
	    "SELECT count(*) - count(DISTINCT entry_id) FROM log_leaf",
	    "SELECT max(index) + 1 - count(*) FROM log_leaf",
	    "SELECT count(*) FROM certificate c WHERE NOT EXISTS (SELECT FROM log_salt"
	    " WHERE record_kind = 'certificate' AND record_id = c.id)",
	    "SELECT count(*) - 1 FROM log_origin",
	};

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		cr_expect_eq(number(f, none[i]), 0, "not 0: %s", none[i]);
}

static void storm_run(struct storm *s)
{
	pthread_t writers[WRITERS], others[2];
	int kills = 0;

	for (int i = 0; i < WRITERS; i++)
		pthread_create(&writers[i], NULL, writer, s);
	pthread_create(&others[0], NULL, enroller, s);
	pthread_create(&others[1], NULL, watcher, s);
	while (atomic_load(&s->acts) < s->wanted) {
		int victim = (int)(random() % 2);

		pause_ms(100 + random() % 600);
		fixture_server_kill(&s->fixture, victim);
		fixture_server_start(&s->fixture, victim);
		kills++;
	}
	atomic_store(&s->stop, true);
	for (int i = 0; i < WRITERS; i++)
		pthread_join(writers[i], NULL);
	pthread_join(others[0], NULL);
	pthread_join(others[1], NULL);
	printf("log: %ld acts, %d kills, %lld certificates\n", atomic_load(&s->acts), kills,
	    number(&s->fixture, "SELECT count(*) FROM certificate"));
}

Test(log, two_servers_of_which_one_is_killed_make_one_log_without_gap_or_fork, .timeout = 1800)
{
	struct storm s = {.wanted = ACTS_STANDARD};
	const char *asked = getenv("LOG_ACTS"), *seed = getenv("LOG_SEED");
	unsigned start = seed ? (unsigned)strtoul(seed, NULL, 10) : (unsigned)time(NULL);

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("log: seed %u\n", start);
	srandom(start);
	if (asked)
		s.wanted = atol(asked);
	fixture_start(&s.fixture);
	fixture_server_start(&s.fixture, 1);
	storm_run(&s);
	await_log(&s.fixture, 60000);
	expect_one_log(&s.fixture);
	cr_expect_geq(number(&s.fixture, "SELECT count(*) FROM log_leaf"), s.wanted);
	EXPECT_SOUND(&s.fixture, 0);
	EXPECT_SOUND(&s.fixture, 1);
	fixture_stop(&s.fixture);
}

/* ---- a database that was put back ---- */

static void shell(const char *format, const struct fixture *f)
{
	char command[512];

	snprintf(command, sizeof(command), format, f->dir, f->dir);
	cr_assert_eq(system(command), 0, "%s", command);
}

/* The whole cluster, as it is on disk. */
static void backup(struct fixture *f)
{
	cr_assert_eq(fixture_server_stop(f, 0), 0);
	fixture_database_stop(f);
	shell("cp -a %s/pg/data %s/backup", f);
	fixture_database_start(f);
	fixture_server_start(f, 0);
}

static void put_back(struct fixture *f)
{
	cr_assert_eq(fixture_server_stop(f, 0), 0);
	fixture_database_stop(f);
	shell("rm -rf %s/pg/data", f);
	shell("mv %s/backup %s/pg/data", f);
}

static int restore(struct fixture *f, const char *yes)
{
	char config[96], log[96];

	snprintf(config, sizeof(config), "%s/signetd-0.yaml", f->dir);
	snprintf(log, sizeof(log), "%s/restore.log", f->dir);
	return program_wait(
	    program_start(log, "signetd", "--config", config, "restore", yes, NULL));
}

static int enroll_status(struct fixture *f, char *text, size_t size)
{
	struct https_options o = {.port = f->servers[0].device_port, .timeout_ms = 5000};
	struct https c;
	struct https_reply reply = {0};
	AUTO(buf) csr = {0};
	AUTO(buf) body = {0};
	EVP_PKEY *idevid_key = pki_key("EC-P256"), *key = pki_key("EC-P256");
	int status;

	o.key = idevid_key;
	o.certificate = pki_idevid(
	    &f->maker, idevid_key, &(struct pki_idevid){.product = "X100", .serial = "R-1"});
	pki_csr(key, &(struct pki_csr){.common_name = "R-1"}, &csr);
	base64_encode(buf_span(&csr), &body);
	cr_assert(https_open(&o, &c));
	cr_assert(https_request(&c, "POST", "/.well-known/est/simpleenroll",
	    "Content-Type: application/pkcs10\r\n", buf_span(&body), &reply));
	status = reply.status;
	snprintf(text, size, "%s", buf_cstr(&reply.body));
	https_reply_free(&reply);
	https_close(&c);
	X509_free(o.certificate);
	EVP_PKEY_free(idevid_key);
	EVP_PKEY_free(key);
	return status;
}

static void expect_refused(struct fixture *f)
{
	char text[1024] = "";

	for (int i = 0; i < 400 && !strstr(text, "lies behind"); i++) {
		pause_ms(50);
		cr_expect_eq(fixture_get(f, 0, "/readyz", text, sizeof(text)), 503);
	}
	cr_expect(strstr(text, "lies behind") && strstr(text, "signetd restore"), "%s", text);
	cr_expect_eq(enroll_status(f, text, sizeof(text)), 503);
	cr_expect(strstr(text, "log.refused"), "%s", text);
	cr_expect_eq(fixture_get(f, 0, "/healthz", text, sizeof(text)), 200);
}

static void expect_restored(struct fixture *f)
{
	char text[256];

	fixture_sql(f, "SELECT name FROM log_origin ORDER BY id DESC LIMIT 1", text, sizeof(text));
	cr_expect_str_eq(text + strlen(text) - 2, "/2", "%s", text);
	fixture_sql(f,
	    "SELECT e.kind FROM log_leaf l JOIN log_entry e ON e.id = l.entry_id"
	    " WHERE origin_id = (SELECT max(id) FROM log_origin) AND index = 0",
	    text, sizeof(text));
	cr_expect_str_eq(text, "log.restored");
	/* What the backup had stands behind it, in the same order. */
	cr_expect_eq(
	    number(f,
		"SELECT count(*) FROM log_leaf a LEFT JOIN log_leaf b ON b.entry_id = a.entry_id"
		" AND b.index = a.index + 1 AND b.origin_id <> a.origin_id"
		" WHERE a.origin_id = (SELECT min(id) FROM log_origin) AND b.index IS NULL"),
	    0);
	cr_expect_geq(number(f, "SELECT max(id) FROM log_entry"), 10000000);
	cr_expect_geq(number(f, "SELECT version FROM policy_version"), 10000000);
	cr_expect_eq(number(f, "SELECT count(*) FROM log_origin"), 2);
}

Test(log, a_database_that_was_put_back_is_refused_until_it_is_restored, .timeout = 600)
{
	struct fixture f;
	char text[1024];

	fixture_start(&f);
	append_many(&f, 300);
	await_log(&f, 20000);
	EXPECT_SOUND(&f, 0);
	backup(&f);
	append_many(&f, 100);
	await_log(&f, 20000);
	put_back(&f);
	fixture_database_start(&f);
	fixture_server_launch(&f, 0);
	expect_refused(&f);
	cr_expect_eq(restore(&f, NULL), 1, "restored without a word of confirmation");
	expect_refused(&f);
	cr_expect_eq(restore(&f, "--yes"), 0);
	cr_expect_eq(fixture_server_stop(&f, 0), 0);
	cr_expect_eq(restore(&f, "--yes"), 0, "a second time changes nothing");
	fixture_server_start(&f, 0);
	append_many(&f, 10);
	await_log(&f, 20000);
	expect_restored(&f);
	/* A stranger's memory of the old log is of another one. */
	shell("rm %s/seen; : %s", &f);
	EXPECT_SOUND(&f, 0);
	cr_expect_eq(enroll_status(&f, text, sizeof(text)), 200, "%s", text);
	fixture_stop(&f);
}

/* ---- witnesses ---- */

#define WITNESSES 3

struct witnesses {
	pid_t pids[WITNESSES];
	char vkeys[WITNESSES][256], urls[WITNESSES][64];
};

static void read_line(const char *path, char *text, size_t size)
{
	AUTO(buf) file = {0};
	struct err err = {0};

	for (int i = 0; i < 400 && !file_exists(path); i++)
		pause_ms(50);
	cr_assert(file_read(path, 4096, &file, &err).ok, "%s", err.message);
	snprintf(text, size, "%.*s", (int)strcspn(buf_cstr(&file), "\n"), buf_cstr(&file));
}

static void witness_path(struct fixture *f, int i, const char *name, char *path, size_t size)
{
	snprintf(path, size, "%s/witness-%d%s%s", f->dir, i, name[0] ? "/" : "", name);
}

/* port "": any; a witness that comes back has the one that it had. */
static void witness_start(struct fixture *f, struct witnesses *w, int i, const char *port)
{
	char state[96], name[32], path[128], log[96], vkey[256];

	witness_path(f, i, "", state, sizeof(state));
	snprintf(name, sizeof(name), "witness%d.example", i);
	snprintf(log, sizeof(log), "%s/witness.log", f->dir);
	fixture_sql(f, "SELECT vkey FROM log_origin ORDER BY id DESC LIMIT 1", vkey, sizeof(vkey));
	w->pids[i] = program_start(log, script("witness", path, sizeof(path)), state, name, vkey,
	    port[0] ? port : NULL, NULL);
}

static void witness_mood(struct fixture *f, int i, const char *mood)
{
	char path[128];
	struct err err = {0};

	witness_path(f, i, "mood", path, sizeof(path));
	cr_assert(file_replace(path, span_str(mood), 0644, &err).ok);
}

static void witness_stop(struct witnesses *w, int i)
{
	kill(w->pids[i], SIGKILL);
	(void)program_wait(w->pids[i]);
}

static void apply_log_policy(struct fixture *f, const struct witnesses *w, int quorum)
{
	char config[96], log[96], path[96];
	AUTO(buf) text = {0};
	struct err err = {0};

	buf_printf(&text, "kind: log-policy\nname: log\nquorum: %d\nwitnesses:\n", quorum);
	for (int i = 0; i < WITNESSES; i++)
		buf_printf(&text, "  - {name: witness%d.example, vkey: \"%s\", url: \"%s\"}\n", i,
		    w->vkeys[i], w->urls[i]);
	snprintf(config, sizeof(config), "%s/signetd-0.yaml", f->dir);
	snprintf(path, sizeof(path), "%s/log-policy.yaml", f->dir);
	snprintf(log, sizeof(log), "%s/bootstrap.log", f->dir);
	cr_assert(file_replace(path, buf_span(&text), 0644, &err).ok);
	program_must(log, "signetd", "--config", config, "bootstrap", "-f", path, NULL);
}

static void witnesses_start(struct fixture *f, struct witnesses *w)
{
	char path[128], port[16];

	for (int i = 0; i < WITNESSES; i++) {
		witness_start(f, w, i, "");
		witness_path(f, i, "port", path, sizeof(path));
		read_line(path, port, sizeof(port));
		snprintf(w->urls[i], sizeof(w->urls[i]), "http://127.0.0.1:%s", port);
		witness_path(f, i, "vkey", path, sizeof(path));
		read_line(path, w->vkeys[i], sizeof(w->vkeys[i]));
	}
}

static int read_witnessed(struct fixture *f, const struct witnesses *w, int a, int b)
{
	char path[256], url[64], log[96];

	snprintf(url, sizeof(url), "http://127.0.0.1:%d/log", f->servers[0].public_port);
	snprintf(log, sizeof(log), "%s/read_log.log", f->dir);
	return program_wait(program_start(log, script("read_log", path, sizeof(path)), "--witness",
	    w->vkeys[a], "--witness", w->vkeys[b], "--quick", url, NULL));
}

static long long integrated(struct fixture *f)
{
	return number(f, "SELECT size FROM log_origin ORDER BY id DESC LIMIT 1");
}

static long long published(struct fixture *f)
{
	return number(f, "SELECT published FROM log_origin ORDER BY id DESC LIMIT 1");
}

Test(log, a_checkpoint_is_shown_when_a_quorum_of_witnesses_has_signed_it, .timeout = 600)
{
	struct fixture f;
	struct witnesses w;
	long long before;

	fixture_start(&f);
	append_many(&f, 10);
	await_log(&f, 20000);
	witnesses_start(&f, &w);
	apply_log_policy(&f, &w, 2);
	append_many(&f, 300);
	await_log(&f, 30000);
	cr_expect(read_witnessed(&f, &w, 0, 1) == 0 || read_witnessed(&f, &w, 0, 2) == 0 ||
		      read_witnessed(&f, &w, 1, 2) == 0,
	    "no two witnesses signed what is shown");

	/* One that hangs and one that refuses: there is no quorum; the log goes on, unshown. */
	witness_mood(&f, 0, "silent");
	witness_mood(&f, 1, "refuse");
	before = published(&f);
	append_many(&f, 5);
	pause_ms(3000);
	cr_expect_eq(published(&f), before, "shown without a quorum");
	cr_expect_geq(integrated(&f), before + 5, "integration waited for a witness");

	/* A signature of another key is none. */
	witness_mood(&f, 1, "forge");
	pause_ms(3000);
	cr_expect_eq(published(&f), before, "shown with a forged signature");

	/* They come back, and know where they were. */
	witness_mood(&f, 0, "");
	witness_mood(&f, 1, "");
	await_log(&f, 30000);

	/* One forgets all that it saw, one goes away: the two that are left are enough. */
	witness_stop(&w, 2);
	for (int i = 0; i < 3; i++) {
		append_many(&f, 1);
		await_log(&f, 30000);
	}
	cr_expect_eq(read_witnessed(&f, &w, 0, 1), 0);
	for (int i = 0; i < 2; i++)
		witness_stop(&w, i);
	fixture_stop(&f);
}
