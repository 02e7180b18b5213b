/*
 * tests/unit/api/request_scene.h: a policy with people and approval policies on a real database,
 * and the API called as any of them, without sockets and without credentials.
 *
 * root (its key is offline) > issuing (path length 1, key in a directory of the scene's own).
 * Products x100 and y200, label "lab" for them. People: ada administers; bob, carol and gina are
 * authority officers; dave is one for x100 alone; reg and rob are registration officers; vic views;
 * ci is a CI principal that administers. Nothing needs approvals but what a test adds.
 */
#ifndef SIGNET_TESTS_UNIT_API_REQUEST_SCENE_H
#define SIGNET_TESTS_UNIT_API_REQUEST_SCENE_H

#include "api/api.h"
#include "api/route.h"
#include "ca/policy.h"
#include "hsm/hsm.h"
#include "tests/lib/pg.h"

struct request_scene {
	struct pg_database database;
	struct db *db;
	char directory[64];        /* of keys */
	struct hsm *hsm, *offline; /* offline: where root's key is */
	struct hsm_key *root_key;
	struct buf root, issuing; /* DER */
	struct api api;
	struct metrics metrics;
	int64_t now; /* seconds; moves when a test moves it */
	struct arena arena;
	struct policy *policy; /* the newest that was loaded */
	struct policy *stale;  /* where set, calls are judged by this snapshot instead */
};

struct request_scene *request_scene_new(void);
void request_scene_free(struct request_scene *s);
/* Apply documents as the machine's owner, glass broken. */
void request_scene_policy(struct request_scene *s, const char *yaml);

/* The policy of the beginning: what a test has changed of it, not what it has added. */
void request_scene_again(struct request_scene *s);

struct ask {
	const char *as;     /* principal */
	const char *person; /* behind it; NULL: as the principal's type says */
	int64_t token_id;   /* != 0: a token for one request, bound to request_id */
	int64_t request_id;
	int64_t release_id;     /* or to this release */
	const char *provenance; /* of the run that the token was exchanged for; NULL: none */
	uint64_t mask;          /* 0: not narrowed */
	enum http_method method;
	const char *path;
	const char *query;
	const char *body; /* JSON */
	const char *type; /* NULL: application/json where there is a body */
	const char *if_match, *if_none_match, *key;
	struct db *db; /* NULL: the scene's */
};
struct told {
	int status;
	char code[64]; /* "": none */
	char message[320];
	char *body; /* in the scene's arena */
	const char *location, *etag;
};
#define EXPECT(got, want_status, want_code)                                                        \
	do {                                                                                       \
		const struct told t_ = (got);                                                      \
		cr_expect_eq(t_.status, (want_status), "%d %s: %s, not %d", t_.status, t_.code,    \
		    t_.message, (want_status));                                                    \
		cr_expect_str_eq(                                                                  \
		    t_.code, (want_code), "'%s': %s, not '%s'", t_.code, t_.message, (want_code)); \
	} while (0)

struct told people_call(struct request_scene *s, const struct ask *ask);

/* ---- shorter ---- */
struct told people_post(
    struct request_scene *s, const char *as, const char *path, const char *body);
struct told people_get(struct request_scene *s, const char *as, const char *path);
/* "PUT path" with If-None-Match: * */
struct told people_put_new(
    struct request_scene *s, const char *as, const char *path, const char *body);
/* With the ETag that a GET by ada shows. */
struct told people_put(struct request_scene *s, const char *as, const char *path, const char *body);

/* The request that a 202 tells of. The test fails when it is none. */
int64_t people_requested(const struct told *t);
/* approve with the digest that it shows. */
struct told people_approve(struct request_scene *s, const char *as, int64_t id);
struct told people_step(struct request_scene *s, const char *as, int64_t id, const char *step);
/* Text of a member of a JSON object, "" where it is absent; the first one of this name. */
const char *people_member(struct request_scene *s, const char *json, const char *name);

#endif
