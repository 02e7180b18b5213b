/* bench OUT.json [NAME...]: measure (all, or those named), print with machine and versions, write
 * OUT.json. */
#include "tests/bench/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libpq-fe.h>
#include <microhttpd.h>
#include <openssl/crypto.h>

#include "base/file.h"

#define FLOOR_ROUNDS 3000

void bench_note(const char *name, double value, const char *unit)
{
	printf("%-24s %12.2f  %s\n", name, value, unit);
	fflush(stdout);
}

void bench_result(struct bench *b, const char *name, double value, const char *unit)
{
	char number[40];
	bench_note(name, value, unit);
	snprintf(number, sizeof(number), "%.4f", value);
	if (b->json.comma)
		buf_put_str(&b->out, ",");
	buf_printf(&b->out, "\n  \"%s\": {\"value\": %s, \"unit\": \"%s\"}", name, number, unit);
	b->json.comma = true;
}

void bench_floor_again(struct bench *b)
{
	struct floor_cost again = floor_measure(FLOOR_ROUNDS);
	b->floor.keygen_derive = (b->floor.keygen_derive + again.keygen_derive) / 2;
	b->floor.sign = (b->floor.sign + again.sign) / 2;
	b->floor.verify = (b->floor.verify + again.verify) / 2;
}

double process_cpu_us(pid_t pid)
{
	char path[64], text[1024];
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	FILE *f = fopen(path, "r");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;
	if (f)
		fclose(f);
	text[n] = 0;
	unsigned long user = 0, system = 0;
	const char *after = strrchr(text, ')');
	if (!after || sscanf(after + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
			  &user, &system) != 2)
		return 0;
	return (double)(user + system) * 1e6 / (double)sysconf(_SC_CLK_TCK);
}

double process_rss_mb(pid_t pid)
{
	char path[64], line[256];
	long kb = 0;
	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	FILE *f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "VmRSS: %ld kB", &kb) == 1)
			break;
	}
	if (f)
		fclose(f);
	return (double)kb / 1024;
}

static void first_line(const char *command, char *text, size_t size)
{
	FILE *f = popen(command, "r");
	text[0] = 0;
	if (f && fgets(text, (int)size, f))
		text[strcspn(text, "\n")] = 0;
	if (f)
		pclose(f);
}

static void machine_print(void)
{
	char cpu[128], system[128];
	first_line("sed -n 's/^model name[^:]*: //p' /proc/cpuinfo", cpu, sizeof(cpu));
	first_line(
	    "sed -n 's/^PRETTY_NAME=\"\\(.*\\)\"/\\1/p' /etc/os-release", system, sizeof(system));
	printf("command    make bench\n");
	printf("machine    %ld x %s, %s\n", sysconf(_SC_NPROCESSORS_ONLN), cpu, system);
	printf("versions   %s, libmicrohttpd %s, libpq %d, signet %s\n",
	    OpenSSL_version(OPENSSL_VERSION), MHD_get_version(), PQlibVersion() / 10000,
	    SIGNET_VERSION);
	printf(
	    "settings   fsync on, log on, server, clients and PostgreSQL on the same machine\n\n");
}

static const struct {
	const char *name;
	void (*run)(struct bench *b);
} measures[] = {
    {"enroll", bench_enroll},
    {"idle", bench_idle},
    {"log", bench_log},
    {"list", bench_list},
    {"manifest", bench_manifest},
    {"crl", bench_crl},
    {"ocsp", bench_ocsp},
    {"visible", bench_visible},
    {"held", bench_held},
};

static bool wanted(const char *name, int argc, char **argv)
{
	for (int i = 2; i < argc; i++) {
		if (strcmp(argv[i], name) == 0)
			return true;
	}
	return argc == 2;
}

static void floor_print(struct floor_cost cost)
{
	bench_note("p256_keygen_derive", cost.keygen_derive, "us");
	bench_note("p256_sign", cost.sign, "us");
	bench_note("p256_verify", cost.verify, "us");
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		fprintf(stderr,
		    "usage: %s OUT.json [enroll|idle|log|list|manifest|crl|ocsp|visible|held]...\n",
		    argv[0]);
		return 2;
	}
	struct bench b = {0};
	struct err err = {0};
	machine_print();
	b.floor = floor_measure(FLOOR_ROUNDS);
	floor_print(b.floor);
	buf_put_str(&b.out, "{");
	fixture_start(&b.fixture);
	for (size_t i = 0; i < COUNT(measures); i++) {
		if (wanted(measures[i].name, argc, argv))
			measures[i].run(&b);
	}
	fixture_stop(&b.fixture);
	buf_put_str(&b.out, "\n}\n");
	if (!file_replace(argv[1], buf_span(&b.out), 0644, &err).ok) {
		fprintf(stderr, "bench: %s\n", err.message);
		return 1;
	}
	buf_free(&b.out);
	return 0;
}
