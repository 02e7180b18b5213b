/*
 * tests/unit/access/access_scene.h: who may do what, from the text of documents.
 */
#ifndef SIGNET_TESTS_ACCESS_SCENE_H
#define SIGNET_TESTS_ACCESS_SCENE_H

#include "access/access.h"

#define NOW INT64_C(1800000000) /* 2027-01-15T08:00:00Z */

/* Products "x100", "x200" and "x300" are there. */
struct access_scene {
	struct arena arena;
	struct doc_file file;
	struct access access;
	struct err err;
	bool ok; /* false: err says why */
};

struct access_scene *access_scene_try(const char *text);
/* The test fails when it is refused. */
struct access_scene *access_scene_new(const char *text);
void access_scene_free(struct access_scene *s);

/* The principal with a whole token of its own. NULL: there is none of this name. */
struct actor scene_actor(const struct access_scene *s, const char *name);

#endif
