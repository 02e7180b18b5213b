/*
 * tests/unit/server/core_fixture.h: the core in this process, with routes of the tests' own.
 *
 * Routes, on every listener: GET /small and /big (2 MB) on the loop; GET /work, /slow/{ms},
 * /huge (2 MB) and /peer on a worker; POST /echo on a worker, text/plain, 65,536 bytes;
 * POST /sink on the loop, the same bound.
 */
#ifndef SIGNET_TESTS_CORE_FIXTURE_H
#define SIGNET_TESTS_CORE_FIXTURE_H

#include "server/core.h"
#include "tests/lib/https.h"
#include "tests/lib/pki.h"

#define BIG_BODY ((size_t)2 << 20)
#define ECHO_MAX 65536

struct core_fixture {
	struct core *core;
	struct api api;
	struct log log;
	struct metrics metrics;
	struct tls_set *tls;
	struct tickets *tickets;
	struct pki_authority authority;
	EVP_PKEY *key;
	X509 *certificate;
	int port, clear_port;
};

/* Standard: 2 loops, 4 workers, a queue of 64, standard limits without a handshake rate. */
struct core_config core_fixture_config(void);
void core_fixture_start(struct core_fixture *f, struct core_config config);
void core_fixture_stop(struct core_fixture *f, int64_t drain_ms);
/* Milliseconds that core_stop took. */
int64_t core_fixture_stop_timed(struct core_fixture *f, int64_t drain_ms);

/* Open, or fail the test. */
struct https core_connect(const struct core_fixture *f);
struct https core_connect_clear(const struct core_fixture *f);
struct https_options core_options(const struct core_fixture *f);
/* Wait until so many connections are open; false after ten seconds. */
MUST_USE bool core_wait_connections(const struct core_fixture *f, size_t n);
/* GET and check for 200 and the body's length. */
void core_expect_get(struct https *c, const char *path, size_t body_n);
int64_t core_metric(struct core_fixture *f, enum metric id);

#endif
