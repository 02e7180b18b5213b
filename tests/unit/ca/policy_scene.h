/*
 * tests/unit/ca/policy_scene.h: a database with two authorities in it, a folder with a
 * manufacturer's anchor, and a policy that is right, for tests of ca/policy*.c.
 */
#ifndef SIGNET_TESTS_POLICY_SCENE_H
#define SIGNET_TESTS_POLICY_SCENE_H

#include "ca/policy_apply.h"
#include "tests/lib/pg.h"
#include "tests/lib/pki.h"

struct policy_scene {
	struct pg_database database;
	struct db *db;
	char directory[64]; /* ca.pem, other.pem, leaf.pem, two.pem, with-key.pem, weak.pem,
			       broken.pem */
	char file[96];      /* name of a policy file in it; never written */
	struct pki_authority root, issuing, maker, other;
	struct arena arena;
	struct policy_outcome outcome;
	struct policy_change *changes; /* those of the outcome */
	size_t change_count;
	struct err err;
};

/* Authorities "root" (no key) and "issuing" (file:issuing.key). */
struct policy_scene *policy_scene_new(void);
void policy_scene_free(struct policy_scene *s);

/* Apply a text as scene->file. Kind of the error, ERR_NONE when it went well; s->err, s->changes.
 */
enum err_kind policy_scene_apply(struct policy_scene *s, const char *text);
enum err_kind policy_scene_try(struct policy_scene *s, const char *text); /* dry run */
/* The same with all that an edit may say; the local actor and scene->file where it says nothing. */
enum err_kind policy_scene_edit(struct policy_scene *s, const struct policy_edit *edit);
/* policy_good, and the test fails when it is refused. */
void policy_scene_good(struct policy_scene *s);

/* What policy is there, of all kinds, in one number that changes with it. */
long long policy_scene_state(struct policy_scene *s);

/* Profile "device", anchor "acme", products "x100" and "x200", label "factory" (unlabelled). */
extern const char *const policy_good;

#endif
