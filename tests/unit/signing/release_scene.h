/* tests/unit/signing/release_scene.h: a product, its channel and keys, a log and a real database.
 */
#ifndef SIGNET_TESTS_UNIT_SIGNING_RELEASE_SCENE_H
#define SIGNET_TESTS_UNIT_SIGNING_RELEASE_SCENE_H

#include "signing/release_publish.h"
#include "signing/release_sign.h"
#include "tests/lib/pki.h"
#include "tests/unit/signing/log_scene.h"

#define RELEASE_NOW INT64_C(1800000000) /* Friday, 2027-01-15T08:00:00Z */

/* Keys that a scene has, by their place in release_scene.keys. */
enum scene_key {
	KEY_P256,
	KEY_P384,
	KEY_ED25519,
	KEY_TEST, /* P-256, a test key */
	/* Where OpenSSL has them: */
	KEY_ML_DSA_44,
	KEY_ML_DSA_65,
	KEY_ML_DSA_87,
	KEY_COUNT
};

/*
 * Channel "stable" of product x100 (production; key p256 at first; all formats), and "beta" (test
 * key). alice asks; bob and carol hold the role "manager"; ci is a CI principal.
 */
struct release_scene {
	struct scene log;
	struct arena arena;
	struct rng rng;
	struct access access; /* arrays of its own, to be changed */
	struct channel *stable, *beta;
	struct signing_key *keys; /* KEY_COUNT, or less by those that OpenSSL does not have */
	struct pki_authority root;
	struct release_product product;
	struct release_context context;
};

struct release_scene *release_scene_new(void);
void release_scene_free(struct release_scene *s);

/* Ends the test as skipped, by name, where this OpenSSL does not have the key's algorithm. */
void release_scene_need(enum scene_key key);

/* The channel's keys from now on. */
void release_scene_keys(
    struct channel *c, struct release_scene *s, const enum scene_key *keys, size_t n);

/* What alice releases: main and radio of version `version` on stable. To be changed. */
struct release_new release_scene_content(struct release_scene *s, const char *version);

/* Each in a transaction of its own, which is committed when it goes well. */
struct status scene_create(struct release_scene *s, const struct release_new *content,
    const char *who, struct release_row *ret_row, bool *ret_made, struct err *err);
struct status scene_sign_release(
    struct release_scene *s, int64_t id, struct release_row *ret_row, struct err *err);
struct status scene_publish(
    struct release_scene *s, int64_t id, struct release_row *ret_row, struct err *err);
struct status scene_recall(struct release_scene *s, int64_t id, int64_t successor,
    struct release_row *ret_row, struct err *err);

/* The same, where they must go well. */
struct release_row scene_created(struct release_scene *s, const char *version);
struct release_row scene_signed(struct release_scene *s, const char *version);
struct release_row scene_published(struct release_scene *s, const char *version);
struct release_row scene_release(struct release_scene *s, int64_t id); /* as it is now */
/* Integrate and sign a checkpoint: what is logged by now is proven. */
void scene_prove(struct release_scene *s);
/* Of the file, written into the scene's folder; its path is in the arena. */
const char *scene_file(struct release_scene *s, const char *name, struct span bytes);
/* Runs a shell command in the scene's folder; its exit code. Output goes to `out` there. */
int scene_shell(struct release_scene *s, const char *command);

#endif
