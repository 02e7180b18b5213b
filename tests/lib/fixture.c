#include "tests/lib/fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <libpq-fe.h>

#include "base/encode.h"
#include "base/file.h"
#include "tests/lib/kept.h"
#include "tests/lib/place.h"
#include "tests/lib/program.h"

#define READY_TRIES 600 /* of 50 ms: a sanitized server that recovers a database takes its time */

#define ISSUING "issuing"

static void must(struct status status, const struct err *err)
{
	if (status.ok)
		return;
	fprintf(stderr, "tests/lib/fixture: %s (%s)\n", err->message, err->cause);
	exit(99);
}

static void file_write(const char *path, const char *text, mode_t mode)
{
	struct err err = {0};
	must(file_replace(path, span_str(text), mode, &err), &err);
}

static void pause_ms(long ms)
{
	struct timespec t = {ms / 1000, (ms % 1000) * 1000000};
	nanosleep(&t, NULL);
}

/* ---- the database ---- */

static void postgres(struct fixture *f, const char *act, char *ret_text, size_t size)
{
	char command[PATH_MAX];
	snprintf(command, sizeof(command), "%s/../../deploy/private-postgres", program_directory());
	if (access(command, X_OK) != 0)
		snprintf(command, sizeof(command), "deploy/private-postgres");
	snprintf(
	    command + strlen(command), sizeof(command) - strlen(command), " %s %s/pg", act, f->dir);
	FILE *said = popen(command, "r");
	size_t n = said ? fread(ret_text, 1, size - 1, said) : 0;
	ret_text[n] = 0;
	if (!said || pclose(said) != 0) {
		fprintf(stderr, "tests/lib/fixture: %s failed\n", command);
		exit(99);
	}
}

/* NAME='value' out of shell assignments. */
static void assignment(const char *text, const char *name, char *ret_value, size_t size)
{
	char needle[64];
	snprintf(needle, sizeof(needle), "%s='", name);
	const char *at = strstr(text, needle);
	if (!at) {
		fprintf(stderr, "tests/lib/fixture: no %s in: %s\n", name, text);
		exit(99);
	}
	at += strlen(needle);
	snprintf(ret_value, size, "%.*s", (int)strcspn(at, "'"), at);
}

void fixture_database_start(struct fixture *f)
{
	char text[2048];
	postgres(f, "start", text, sizeof(text));
	assignment(text, "SIGNET_DATABASE", f->database, sizeof(f->database));
	assignment(text, "SIGNET_OWNER_DATABASE", f->owner, sizeof(f->owner));
}

void fixture_database_stop(struct fixture *f)
{
	char text[2048];
	postgres(f, "stop", text, sizeof(text));
}

static pid_t parent_of(pid_t pid)
{
	char path[64], text[512];
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	FILE *f = fopen(path, "r");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;
	if (f)
		fclose(f);
	text[n] = 0;
	const char *after = strrchr(text, ')');
	int parent = 0;
	return after && sscanf(after + 2, "%*c %d", &parent) == 1 ? parent : 0;
}

static void children_kill(pid_t of)
{
	DIR *all = opendir("/proc");
	struct dirent *entry;
	while (all && (entry = readdir(all))) {
		pid_t pid = (pid_t)atoi(entry->d_name);
		if (pid > 0 && parent_of(pid) == of)
			kill(pid, SIGKILL);
	}
	if (all)
		closedir(all);
}

void fixture_database_kill(struct fixture *f)
{
	char path[160];
	struct err err = {0};
	AUTO(buf) text = {0};
	snprintf(path, sizeof(path), "%s/pg/data/postmaster.pid", f->dir);
	must(file_read(path, 4096, &text, &err), &err);
	pid_t postmaster = (pid_t)atoi(buf_cstr(&text));
	kill(postmaster, SIGSTOP); /* so that it starts nobody while its children are killed */
	children_kill(postmaster);
	kill(postmaster, SIGKILL);
}

bool fixture_database_runs(const struct fixture *f)
{
	char path[160];
	struct err err = {0};
	AUTO(buf) text = {0};
	snprintf(path, sizeof(path), "%s/pg/data/postmaster.pid", f->dir);
	if (!file_read(path, 4096, &text, &err).ok)
		return false;
	return kill((pid_t)atoi(buf_cstr(&text)), 0) == 0;
}

/* ---- a disk of its own ---- */

/* This process alone sees it, with its children; it is gone with them. */
static bool disk_make(struct fixture *f, int mb)
{
	char path[160], options[64];
	snprintf(path, sizeof(path), "%s/pg", f->dir);
	snprintf(options, sizeof(options), "size=%dm,mode=0700", mb);
	f->disk = unshare(CLONE_NEWNS) == 0 &&
		  mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
		  mkdir(path, 0700) == 0 && mount("signet-disk", path, "tmpfs", 0, options) == 0;
	return f->disk;
}

static void disk_end(struct fixture *f)
{
	char path[160];
	snprintf(path, sizeof(path), "%s/pg", f->dir);
	if (f->disk && umount2(path, MNT_DETACH) != 0)
		exit(99);
}

void fixture_disk_fill(struct fixture *f)
{
	static const char zeros[65536];
	char path[160];
	snprintf(path, sizeof(path), "%s/pg/filler", f->dir);
	const int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	for (size_t part = sizeof(zeros); fd >= 0 && part >= 4096;)
		if (write(fd, zeros, part) != (ssize_t)part)
			part /= 2;
	if (fd < 0 || close(fd) != 0)
		exit(99);
}

void fixture_disk_empty(struct fixture *f)
{
	char path[160];
	snprintf(path, sizeof(path), "%s/pg/filler", f->dir);
	if (unlink(path) != 0)
		exit(99);
}

void fixture_sql(struct fixture *f, const char *sql, char *ret_text, size_t size)
{
	PGconn *connection = PQconnectdb(f->owner);
	PGresult *result = PQexec(connection, sql);
	ExecStatusType state = PQresultStatus(result);
	if (state != PGRES_TUPLES_OK && state != PGRES_COMMAND_OK) {
		fprintf(stderr, "tests/lib/fixture: %s: %s\n", sql, PQerrorMessage(connection));
		exit(99);
	}
	bool some = state == PGRES_TUPLES_OK && PQntuples(result) > 0;
	if (ret_text)
		snprintf(ret_text, size, "%s", some ? PQgetvalue(result, 0, 0) : "");
	PQclear(result);
	PQfinish(connection);
}

/* ---- configuration and policy ---- */

static void config_path(const struct fixture *f, int i, char *path, size_t size)
{
	snprintf(path, size, "%s/signetd-%d.yaml", f->dir, i);
}

void fixture_log_path(const struct fixture *f, int i, char *path, size_t size)
{
	snprintf(path, size, "%s/signetd-%d.log", f->dir, i);
}

/* Ports are the kernel's choice at the first start, and stay. */
static void config_write(struct fixture *f, int i)
{
	const struct fixture_server *s = &f->servers[i];
	char path[160];
	AUTO(buf) text = {0};
	buf_printf(&text,
	    "listeners: {device: '127.0.0.1:%d', operator: '127.0.0.1:%d', public: "
	    "'127.0.0.1:%d', pages: off}\n"
	    "database: {server: \"%s\", owner: \"%s\"}\n"
	    "keys: {directory: %s/keys, passphrase_file: %s/keys.passphrase}\n"
	    "tls: {names: [localhost], addresses: [127.0.0.1], authority: " ISSUING ", node: n%d}\n"
	    /* Everybody here has one address. */
	    "limits: {handshake_rate: 0, requests_per_address: 0, connections: 2000,\n"
	    "    body_timeout: 3s}\n"
	    /* Witnesses of tests are on this machine. */
	    "fetch: {insecure_loopback_http: true}\n"
	    "state_directory: %s/state-%d\n"
	    "ports_file: %s/ports-%d\n",
	    s->device_port, s->operator_port, s->public_port,
	    s->database ? s->database : f->database, f->owner, f->dir, f->dir, i, f->dir, i, f->dir,
	    i);
	config_path(f, i, path, sizeof(path));
	file_write(path, buf_cstr(&text), 0600);
}

static const char policy_rest[] =
    "---\n{kind: product, name: x100, manufacturer: Test, model: X100}\n"
    "---\n{kind: product, name: y200, manufacturer: Test, model: Y200}\n"
    "---\n"
    "kind: profile\n"
    "name: device\n"
    "authority: " ISSUING "\n"
    "key_algorithms: [EC-P256, EC-P384, Ed25519, RSA-2048]\n"
    "subject: [{attribute: O, value: '{manufacturer}'}, {attribute: CN, value: '{product}'},\n"
    "    {attribute: serialNumber, value: '{serial}'}]\n"
    "extended_key_usage: [clientAuth]\n"
    "---\n"
    "{kind: label, name: open, unlabelled: true, profile: device, trust_anchors: [test],\n"
    "  products: [x100], registration: open, pop: optional, idevid_at_reenroll: false,\n"
    "  device_limit: 1000000}\n"
    "---\n"
    "{kind: label, name: bound, profile: device, trust_anchors: [test], products: [x100],\n"
    "  registration: open, pop: required}\n"
    "---\n"
    "{kind: label, name: factory, profile: device, trust_anchors: [test], products: [x100],\n"
    "  registration: required}\n"
    "---\n"
    "{kind: label, name: y200, profile: device, trust_anchors: [test], products: [y200],\n"
    "  registration: open}\n"
    "---\n"
    "{kind: label, name: approval, profile: device, trust_anchors: [test], products: [x100],\n"
    "  registration: approval, retry_after: 1s}\n";

static void policy_write(const char *path)
{
	AUTO(buf) text = {0};
	buf_put_str(&text, "kind: trust-anchor\n"
			   "name: test\n"
			   "manufacturer: Test\n"
			   "certificate_file: maker.pem\n"
			   "product: {from: subject.OU}\n"
			   "serial: {from: subject.serialNumber}\n");
	buf_put_str(&text, policy_rest);
	file_write(path, buf_cstr(&text), 0644);
}

/* "IS NULL": the root; "IS NOT NULL": the one below it. */
static X509 *authority_read(struct fixture *f, const char *parent)
{
	char sql[128], hex[16384];
	AUTO(buf) der = {0};
	struct err err = {0};
	snprintf(sql, sizeof(sql),
	    "SELECT encode(certificate, 'hex') FROM authority WHERE parent_id %s", parent);
	fixture_sql(f, sql, hex, sizeof(hex));
	must(hex_decode(span_str(hex), &der, &err), &err);
	const unsigned char *p = der.p;
	X509 *root = d2i_X509(NULL, &p, (long)der.n);
	if (!root) {
		fprintf(stderr, "tests/lib/fixture: no such authority in the database\n");
		exit(99);
	}
	return root;
}

static void authorities_make(struct fixture *f)
{
	char log[160], config[160], passphrase[160], policy[160], keys[160];
	struct err err = {0};
	fixture_log_path(f, 0, log, sizeof(log));
	config_path(f, 0, config, sizeof(config));
	snprintf(passphrase, sizeof(passphrase), "%s/root.passphrase", f->dir);
	snprintf(policy, sizeof(policy), "%s/policy.yaml", f->dir);
	snprintf(keys, sizeof(keys), "%s/keys", f->dir);
	must(dir_make(keys, 0700, &err), &err);
	file_write(passphrase, "a passphrase of the root\n", 0600);
	policy_write(policy);
	program_must(log, "signetd", "--config", config, "migrate", NULL);
	program_must(log, "signetd", "--config", config, "init", "--name", "Test",
	    "--root-passphrase-file", passphrase, NULL);
	program_must(log, "signetd", "--config", config, "bootstrap", "-f", policy, NULL);
}

/* ---- servers ---- */

static int port_of(const char *text, const char *name)
{
	const char *at = strstr(text, name);
	return at ? atoi(at + strlen(name)) : 0;
}

static bool ports_read(struct fixture *f, int i)
{
	char path[160];
	struct err err = {0};
	AUTO(buf) text = {0};
	snprintf(path, sizeof(path), "%s/ports-%d", f->dir, i);
	if (!file_read(path, 4096, &text, &err).ok)
		return false;
	struct fixture_server *s = &f->servers[i];
	s->device_port = port_of(buf_cstr(&text), "SIGNET_DEVICE_PORT=");
	s->operator_port = port_of(buf_cstr(&text), "SIGNET_OPERATOR_PORT=");
	s->public_port = port_of(buf_cstr(&text), "SIGNET_PUBLIC_PORT=");
	return s->device_port && s->operator_port && s->public_port;
}

int fixture_get(struct fixture *f, int i, const char *path, char *ret_text, size_t size)
{
	struct https_options o = {.port = f->servers[i].operator_port, .timeout_ms = 2000};
	struct https c;
	struct https_reply reply = {0};
	int status = 0;

	snprintf(ret_text, size, "%s", "");
	if (!https_open(&o, &c))
		return 0;
	if (https_request(&c, "GET", path, NULL, SPAN_NONE, &reply)) {
		status = reply.status;
		snprintf(ret_text, size, "%s", buf_cstr(&reply.body));
	}
	https_reply_free(&reply);
	https_close(&c);
	return status;
}

static bool ready(struct fixture *f, int i)
{
	char text[8];

	return fixture_get(f, i, "/readyz", text, sizeof(text)) == 200;
}

static void state_make(const struct fixture *f, int i)
{
	char path[160];
	struct err err = {0};

	snprintf(path, sizeof(path), "%s/state-%d", f->dir, i);
	must(dir_make(path, 0755, &err), &err);
}

/* ---- a server's own clock: clock/shift.c, preloaded ---- */

static void clock_path(const struct fixture *f, int i, char *path, size_t size)
{
	snprintf(path, size, "%s/clock-%d", f->dir, i);
}

/* Written in place: it is mapped. */
void fixture_clock_set(struct fixture *f, int i, int64_t seconds)
{
	char path[160];
	clock_path(f, i, path, sizeof(path));
	const int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0 || pwrite(fd, &seconds, sizeof(seconds), 0) != sizeof(seconds)) {
		fprintf(stderr, "tests/lib/fixture: %s cannot be written\n", path);
		exit(99);
	}
	close(fd);
}

static void clock_preload(struct fixture *f, int i)
{
	char path[160], library[PATH_MAX], asan[512];
	const char *options = getenv("ASAN_OPTIONS");
	clock_path(f, i, path, sizeof(path));
	if (access(path, F_OK) != 0)
		fixture_clock_set(f, i, 0);
	snprintf(library, sizeof(library), "%s/clock-shift.so", program_directory());
	/* AddressSanitizer wants to be the first: it wraps nothing of what is in there. */
	if (!options || !strstr(options, "verify_asan_link_order")) {
		snprintf(asan, sizeof(asan), "%s:verify_asan_link_order=0", options ? options : "");
		setenv("ASAN_OPTIONS", asan + (options ? 0 : 1), 1);
	}
	setenv("SIGNET_TEST_CLOCK", path, 1);
	setenv("LD_PRELOAD", library, 1);
}

static void launch(struct fixture *f, int i)
{
	char config[160], log[160], ports[160];
	snprintf(ports, sizeof(ports), "%s/ports-%d", f->dir, i);
	unlink(ports);
	state_make(f, i);
	config_write(f, i);
	config_path(f, i, config, sizeof(config));
	fixture_log_path(f, i, log, sizeof(log));
	if (f->servers[i].own_clock)
		clock_preload(f, i);
	f->servers[i].pid = program_start(log, "signetd", "--config", config, "run", NULL);
	unsetenv("LD_PRELOAD");
}

/* Until it answers: at all, or that it is ready. */
static void await_server(struct fixture *f, int i, bool until_ready)
{
	char log[160];

	for (int tries = 0; tries < READY_TRIES; tries++) {
		if (ports_read(f, i) && (!until_ready || ready(f, i)))
			return;
		if (waitpid(f->servers[i].pid, NULL, WNOHANG) != 0)
			break;
		pause_ms(50);
	}
	fixture_log_path(f, i, log, sizeof(log));
	fprintf(stderr, "tests/lib/fixture: server %d is not ready; see %s\n", i, log);
	program_must(NULL, "tail", "-n", "30", log, NULL);
	exit(99);
}

void fixture_server_launch(struct fixture *f, int i)
{
	launch(f, i);
	await_server(f, i, false);
}

void fixture_server_start(struct fixture *f, int i)
{
	launch(f, i);
	await_server(f, i, true);
}

int fixture_server_stop(struct fixture *f, int i)
{
	kill(f->servers[i].pid, SIGTERM);
	int code = program_wait(f->servers[i].pid);
	f->servers[i].pid = 0;
	return code;
}

void fixture_server_kill(struct fixture *f, int i)
{
	kill(f->servers[i].pid, SIGKILL);
	(void)program_wait(f->servers[i].pid);
	f->servers[i].pid = 0;
}

/* ---- all of it ---- */

static void directory_make(struct fixture *f)
{
	signal(SIGPIPE, SIG_IGN); /* a server that is killed closes its connections */
	*f = (struct fixture){.dir = ""};
	place_new("fixture", f->dir, sizeof(f->dir));
	/* The database's own user must pass; what is secret has a mode of its own. */
	chmod(f->dir, 0711);
}

#define KEPT "fixture"

/* What takes long: a cluster, and keys. */
static void make_in_directory(struct fixture *f)
{
	char passphrase[160];
	snprintf(passphrase, sizeof(passphrase), "%s/keys.passphrase", f->dir);
	file_write(passphrase, "a passphrase of the keys\n", 0600);
	f->maker = pki_authority("Maker Root", NULL, -1);
	f->stranger = pki_authority("Maker Root", NULL, -1); /* the same name: only its key tells */
	kept_authority_write(&f->maker, f->dir, "maker");
	kept_authority_write(&f->stranger, f->dir, "stranger");
	fixture_database_start(f);
	config_write(f, 0);
	authorities_make(f);
	fixture_database_stop(f);
	kept_put(KEPT, f->dir);
}

static void start_in_directory(struct fixture *f)
{
	if (kept_take(KEPT, f->dir)) {
		f->maker = kept_authority_read(f->dir, "maker");
		f->stranger = kept_authority_read(f->dir, "stranger");
	} else {
		make_in_directory(f);
	}
	fixture_database_start(f);
	f->root = authority_read(f, "IS NULL");
	f->issuing = authority_read(f, "IS NOT NULL");
	fixture_server_start(f, 0);
}

void fixture_start(struct fixture *f)
{
	directory_make(f);
	start_in_directory(f);
}

bool fixture_start_on_disk(struct fixture *f, int mb)
{
	directory_make(f);
	if (!disk_make(f, mb)) {
		program_must(NULL, "rm", "-rf", "--one-file-system", "--", f->dir, NULL);
		return false;
	}
	start_in_directory(f);
	return true;
}

static bool sanitizer_spoke(const struct fixture *f, int i)
{
	char path[160], line[1024];
	bool spoke = false;
	fixture_log_path(f, i, path, sizeof(path));
	FILE *log = fopen(path, "r");
	while (log && fgets(line, sizeof(line), log)) {
		spoke = spoke || strstr(line, "Sanitizer") || strstr(line, "runtime error:");
		if (spoke)
			fputs(line, stderr);
	}
	if (log)
		fclose(log);
	return spoke;
}

void fixture_stop(struct fixture *f)
{
	bool good = true;
	for (int i = 0; i < FIXTURE_SERVERS; i++) {
		if (f->servers[i].pid && fixture_server_stop(f, i) != 0)
			good = false;
		good = good && !sanitizer_spoke(f, i);
	}
	fixture_database_stop(f);
	disk_end(f);
	if (!good) {
		fprintf(stderr, "tests/lib/fixture: a server did not end well; see %s\n", f->dir);
		exit(99);
	}
	program_must(NULL, "rm", "-rf", "--one-file-system", "--", f->dir, NULL);
	pki_authority_free(&f->maker);
	pki_authority_free(&f->stranger);
	X509_free(f->root);
	X509_free(f->issuing);
}
