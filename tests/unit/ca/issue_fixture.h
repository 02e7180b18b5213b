/*
 * tests/unit/ca/issue_fixture.h: authorities with keys in memory, a device profile to bend, and
 * other people's programs to read back what was made.
 */
#ifndef SIGNET_TESTS_UNIT_CA_ISSUE_FIXTURE_H
#define SIGNET_TESTS_UNIT_CA_ISSUE_FIXTURE_H

#include "ca/ceremony.h"
#include "ca/issue.h"
#include "ca/profile.h"

#define DAY INT64_C(86400)

/* A key behind the wall that is in memory only. Lives until the test program ends. */
struct hsm_key *fixture_key(const char *algorithm);
/* One that refuses to sign. */
struct hsm_key *fixture_dead_key(const char *algorithm);

struct world {
	int64_t now;
	struct rng rng;
	struct arena arena;
	struct buf root_der, issuing_der;
	struct authority root, issuing;
	struct profile profile; /* a device's, with every feature; compile it after bending */
	struct subject_part subject[4];
	struct san_part san[5];
	char *keys[3], *usages[1], *policies[1];
	struct issue_subject device;
	struct hsm_key *device_key;
};

/* Root and issuing authority (path length 0), both valid now, made by ceremony_make(). */
void world_make(struct world *w, const char *root_algorithm, const char *issuing_algorithm);
void world_free(struct world *w);
static inline void world_auto(struct world *w)
{
	world_free(w);
}

/* Compile and issue for w->device; ends the test where it fails. */
struct issued world_issue(struct world *w);

/* A new temporary directory, removed with all files at exit of the test. */
const char *fixture_directory(void);
/* Write a file there and return its path; der as PEM with this label where label is not NULL. */
const char *fixture_file(
    const char *name, const char *label, const struct span *ders, size_t count);
/* Run a shell command in that directory; its output (both streams) is kept. Returns the exit code.
 */
int fixture_run(struct buf *ret_output, const char *format, ...) PRINTF(2, 3);
/* The same, and it must end with 0 and its output must have `text` (NULL: anything). */
void fixture_must(const char *text, const char *format, ...) PRINTF(2, 3);

/* Hex to bytes, in the arena; ends the test where it is none. */
struct span fixture_hex(struct arena *arena, const char *hex);

#endif
