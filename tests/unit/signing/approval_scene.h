/* tests/unit/signing/approval_scene.h: people, roles and a real database for tests of approvals. */
#ifndef SIGNET_TESTS_UNIT_SIGNING_APPROVAL_SCENE_H
#define SIGNET_TESTS_UNIT_SIGNING_APPROVAL_SCENE_H

#include "signing/approval.h"
#include "tests/lib/pg.h"

#define SCENE_NOW  INT64_C(1800000000)
#define SCENE_WAIT 3600 /* seconds that a request of the scene waits */

/*
 * alice asks; bob, carol and gina are officers; dave for product x100 alone; erin is disabled;
 * frank's binding has expired; heidi holds another role; machine is a service with the role; ci is
 * a CI principal; ivan has the outside identity github/77 and is an officer.
 */
struct approval_scene {
	struct pg_database database;
	struct db *db;
	struct access access; /* arrays of its own, to be changed */
	struct arena arena;
	struct rng rng;
	struct approval_context context;
};

struct approval_scene *approval_scene_new(void);
void approval_scene_free(struct approval_scene *s);

struct principal *scene_principal(struct approval_scene *s, const char *name);
struct binding *scene_binding(struct approval_scene *s, const char *principal);
/* An actor of this name; person NULL: the principal's own name. */
struct actor scene_actor(struct approval_scene *s, const char *name, const char *person);

/* A request as alice makes it: change of x100's label, two officers wanted. */
struct request_row scene_asked(struct approval_scene *s);
/* Stored, in a transaction of its own. */
int64_t scene_ask(struct approval_scene *s, const struct request_row *asked);
struct request_row scene_row(struct approval_scene *s, int64_t id);

/* One step in a transaction of its own on `db`, as the context's time says. */
enum scene_step {
	STEP_APPROVE,
	STEP_REJECT,
	STEP_WITHDRAW,
	STEP_REDEEM, /* take, ask whether approvals suffice, spend */
	STEP_EXPIRE
};
struct status scene_step(struct approval_scene *s, struct db *db, enum scene_step step, int64_t id,
    const char *who, struct err *err);

#endif
