/*
 * kill -9 of server, client or PostgreSQL at random moments of a load. Afterwards: no certificate
 * that a client received is missing from the store, no serial number is there twice, the device
 * still holds an identity that works. TORTURE_KILLS sets how many (standard: 12), TORTURE_SEED
 * repeats a run.
 */
#include <criterion/criterion.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <openssl/cms.h>

#include "base/encode.h"
#include "base/file.h"
#include "tests/lib/fixture.h"
#include "tests/lib/program.h"

#define KILLS_STANDARD 12
#define LOADERS        2
#define RECEIVED_MAX   200000

struct torture {
	struct fixture fixture;
	atomic_bool stop;
	atomic_int serial; /* next unit of the load */
	pthread_mutex_t lock;
	char (*received)[41]; /* hex serial numbers of certificates that clients got */
	size_t received_n;
	char store[128], idevid_cert[128], idevid_key[128], root[128];
};

static void pause_ms(long ms)
{
	struct timespec t = {ms / 1000, (ms % 1000) * 1000000};
	nanosleep(&t, NULL);
}

/* The serial number of the one certificate in an EST answer, read by OpenSSL. */
static bool answer_serial(struct span base64, char hex[static 41])
{
	AUTO(buf) der = {0};
	struct err err = {0};
	if (!base64_decode(base64, &der, &err).ok)
		return false;
	const unsigned char *p = der.p;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &p, (long)der.n);
	STACK_OF(X509) *certificates = cms ? CMS_get1_certs(cms) : NULL;
	bool ok = certificates && sk_X509_num(certificates) == 1;
	if (ok) {
		const ASN1_INTEGER *serial = X509_get0_serialNumber(sk_X509_value(certificates, 0));
		hex_text(
		    span(ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial)), hex);
	}
	sk_X509_pop_free(certificates, X509_free);
	CMS_ContentInfo_free(cms);
	return ok;
}

static void remember(struct torture *t, const char *hex)
{
	pthread_mutex_lock(&t->lock);
	cr_assert_lt(t->received_n, RECEIVED_MAX);
	snprintf(t->received[t->received_n++], 41, "%s", hex);
	pthread_mutex_unlock(&t->lock);
}

/* One new unit enrolls, and tries again (the same request) until it has an answer or the load
 * stops. */
static void unit_enroll(struct torture *t)
{
	char name[32], hex[41];
	snprintf(name, sizeof(name), "T-%06d", atomic_fetch_add(&t->serial, 1));
	EVP_PKEY *idevid_key = pki_key("EC-P256"), *key = pki_key("EC-P256");
	X509 *idevid = pki_idevid(
	    &t->fixture.maker, idevid_key, &(struct pki_idevid){.product = "X100", .serial = name});
	AUTO(buf) csr = {0};
	AUTO(buf) body = {0};
	pki_csr(key, &(struct pki_csr){.common_name = name}, &csr);
	base64_encode(buf_span(&csr), &body);
	for (bool done = false; !done && !atomic_load(&t->stop);) {
		struct https_options o = {.port = t->fixture.servers[0].device_port,
		    .certificate = idevid,
		    .key = idevid_key,
		    .timeout_ms = 3000};
		struct https c;
		struct https_reply reply = {0};
		if (!https_open(&o, &c)) {
			pause_ms(20);
			continue;
		}
		bool answered = https_request(&c, "POST", "/.well-known/est/simpleenroll",
		    "Content-Type: application/pkcs10\r\n", buf_span(&body), &reply);
		if (answered && reply.status == 200 && answer_serial(buf_span(&reply.body), hex)) {
			remember(t, hex);
			done = true;
		} else {
			pause_ms(20);
		}
		https_reply_free(&reply);
		https_cut(&c);
	}
	X509_free(idevid);
	EVP_PKEY_free(idevid_key);
	EVP_PKEY_free(key);
}

static void *loader(void *argument)
{
	struct torture *t = argument;
	while (!atomic_load(&t->stop))
		unit_enroll(t);
	return NULL;
}

static void device_files(struct torture *t)
{
	struct err err = {0};
	snprintf(t->store, sizeof(t->store), "%s/unit", t->fixture.dir);
	snprintf(t->idevid_cert, sizeof(t->idevid_cert), "%s/unit.crt", t->fixture.dir);
	snprintf(t->idevid_key, sizeof(t->idevid_key), "%s/unit.key", t->fixture.dir);
	snprintf(t->root, sizeof(t->root), "%s/root.crt", t->fixture.dir);
	EVP_PKEY *key = pki_key("EC-P256");
	X509 *idevid = pki_idevid(
	    &t->fixture.maker, key, &(struct pki_idevid){.product = "X100", .serial = "UNIT-1"});
	AUTO(buf) pem = {0};
	pki_pem_certificate(idevid, &pem);
	cr_assert(file_replace(t->idevid_cert, buf_span(&pem), 0644, &err).ok, "%s", err.message);
	buf_reset(&pem);
	pki_pem_key(key, &pem);
	cr_assert(file_replace(t->idevid_key, buf_span(&pem), 0600, &err).ok, "%s", err.message);
	buf_reset(&pem);
	pki_pem_certificate(t->fixture.root, &pem);
	cr_assert(file_replace(t->root, buf_span(&pem), 0644, &err).ok, "%s", err.message);
	X509_free(idevid);
	EVP_PKEY_free(key);
}

/* signet-device, given the server's present port; 0 when it was killed. */
static pid_t device_start(struct torture *t, const char *verb)
{
	char url[64], log[192];
	snprintf(url, sizeof(url), "https://localhost:%d", t->fixture.servers[0].device_port);
	snprintf(log, sizeof(log), "%s/unit.log", t->fixture.dir);
	if (strcmp(verb, "enroll") == 0)
		return program_start(log, "signet-device", "enroll", "--server", url, "--store",
		    t->store, "--idevid-cert", t->idevid_cert, "--idevid-key", t->idevid_key,
		    "--cacert", t->root, NULL);
	return program_start(log, "signet-device", verb, "--store", t->store, NULL);
}

static int device_run(struct torture *t, const char *verb)
{
	return program_wait(device_start(t, verb));
}

enum victim {
	VICTIM_SERVER,
	VICTIM_CLIENT,
	VICTIM_DATABASE,
	VICTIM_COUNT
};

static void strike(struct torture *t, enum victim victim, pid_t device)
{
	if (victim == VICTIM_CLIENT) {
		kill(device, SIGKILL);
	} else if (victim == VICTIM_SERVER) {
		fixture_server_kill(&t->fixture, 0);
		fixture_server_start(&t->fixture, 0);
	} else {
		fixture_database_kill(&t->fixture);
		fixture_database_start(&t->fixture);
	}
}

/* Recovery is unattended: bounded tries, no help. */
static void device_must_work(struct torture *t, int kill_number)
{
	cr_assert_eq(
	    device_run(t, "status"), 0, "after kill %d the device holds no identity", kill_number);
	int code = 1;
	for (int i = 0; i < 20 && code != 0; i++) {
		code = device_run(t, "renew");
		if (code != 0)
			pause_ms(250);
	}
	cr_assert_eq(code, 0, "after kill %d the device's identity does not work", kill_number);
}

/* All of these, each once? */
static void store_must_hold(struct torture *t, size_t from, size_t to)
{
	char found[32], want[32];
	AUTO(buf) sql = {0};
	buf_put_str(&sql, "SELECT count(*) FROM certificate WHERE serial IN (");
	for (size_t i = from; i < to; i++)
		buf_printf(&sql, "%s'\\x%s'", i > from ? "," : "", t->received[i]);
	buf_put_str(&sql, ")");
	fixture_sql(&t->fixture, buf_cstr(&sql), found, sizeof(found));
	snprintf(want, sizeof(want), "%zu", to - from);
	cr_assert_str_eq(found, want,
	    "of %s certificates that clients hold, %s are stored (from %s on)", want, found,
	    t->received[from]);
}

static void store_must_hold_all(struct torture *t)
{
	enum {
		AT_ONCE = 1000
	};
	char found[32];
	for (size_t i = 0; i < t->received_n; i += AT_ONCE)
		store_must_hold(t, i, i + AT_ONCE < t->received_n ? i + AT_ONCE : t->received_n);
	fixture_sql(&t->fixture,
	    "SELECT count(*) FROM (SELECT serial FROM certificate GROUP BY serial HAVING count(*) > 1) x",
	    found, sizeof(found));
	cr_assert_str_eq(found, "0", "serial numbers given out twice: %s", found);
	fixture_sql(&t->fixture,
	    "SELECT count(*) FROM device d WHERE (SELECT count(*) FROM certificate c"
	    " WHERE c.device_id = d.id) > 1 AND d.serial LIKE 'T-%'",
	    found, sizeof(found));
	cr_assert_str_eq(
	    found, "0", "units that sent one request hold two certificates: %s", found);
}

static void torture_run(struct torture *t, int kills)
{
	static const char *const names[] = {"server", "client", "database"};
	int struck[VICTIM_COUNT] = {0};
	for (int i = 0; i < kills; i++) {
		pid_t device = device_start(t, "renew");
		pause_ms(random() % 400);
		enum victim victim = (enum victim)(random() % VICTIM_COUNT);
		strike(t, victim, device);
		struck[victim]++;
		(void)program_wait(device);
		device_must_work(t, i);
		if ((i + 1) % 10 == 0 || i + 1 == kills)
			printf(
			    "torture: %d of %d (%s %d, %s %d, %s %d), %zu certificates received\n",
			    i + 1, kills, names[0], struck[0], names[1], struck[1], names[2],
			    struck[2], t->received_n);
	}
}

Test(torture, nothing_acknowledged_is_lost_when_anything_is_killed, .timeout = 3600)
{
	struct torture t = {.lock = PTHREAD_MUTEX_INITIALIZER};
	const char *asked = getenv("TORTURE_KILLS"), *seed = getenv("TORTURE_SEED");
	unsigned start = seed ? (unsigned)strtoul(seed, NULL, 10) : (unsigned)time(NULL);
	setvbuf(stdout, NULL, _IOLBF, 0); /* progress, also into a log */
	printf("torture: seed %u\n", start);
	srandom(start);
	t.received = mem_array(RECEIVED_MAX, sizeof(*t.received));
	fixture_start(&t.fixture);
	device_files(&t);
	cr_assert_eq(device_run(&t, "enroll"), 0, "the device cannot enroll at all");
	pthread_t threads[LOADERS];
	for (int i = 0; i < LOADERS; i++)
		pthread_create(&threads[i], NULL, loader, &t);
	torture_run(&t, asked ? atoi(asked) : KILLS_STANDARD);
	atomic_store(&t.stop, true);
	for (int i = 0; i < LOADERS; i++)
		pthread_join(threads[i], NULL);
	cr_assert_gt(t.received_n, 10, "the load did nothing");
	store_must_hold_all(&t);
	fixture_stop(&t.fixture);
	free(t.received);
}
