/* tests/bench/bench.h: measurements, printed for people and written as JSON. One file per measure.
 */
#ifndef SIGNET_BENCH_BENCH_H
#define SIGNET_BENCH_BENCH_H

#include "base/json.h"
#include "tests/bench/floor.h"
#include "tests/lib/fixture.h"

struct bench {
	struct fixture fixture;
	struct floor_cost floor;
	struct buf out; /* build/bench.json */
	struct json json;
};

/* Print "name  value unit" and add it to the JSON. */
void bench_result(struct bench *b, const char *name, double value, const char *unit);
/* The same for people alone: what the contract has no name for. */
void bench_note(const char *name, double value, const char *unit);

/* Time the floor once more, after the load, and take the mean: neighbours come and go. */
void bench_floor_again(struct bench *b);

/* Microseconds of CPU (user and system) that a process has used. */
double process_cpu_us(pid_t pid);
double process_rss_mb(pid_t pid);

/* Enroll so many new units, serial numbers PREFIX-NUMBER from `first` on. Ends the program on
 * failure. */
struct bench_rate {
	double per_s, cpu_us; /* of the server, each */
};
struct bench_rate bench_enroll_round(
    const struct fixture *f, const char *prefix, int first, int count);
/* A token of an administrator; one GET on the operator's listener; until the token is taken. */
void bench_token(const struct fixture *f, char *token, size_t size);
bool bench_ask(struct https *c, const char *path, const char *headers);
void bench_await(struct https *c, const char *headers);

void bench_enroll(struct bench *b);
void bench_idle(struct bench *b);
void bench_log(struct bench *b);
void bench_list(struct bench *b);
void bench_visible(struct bench *b);
void bench_crl(struct bench *b);
void bench_ocsp(struct bench *b);
void bench_held(struct bench *b);
void bench_manifest(struct bench *b);

#endif
