/* tests/unit/server/server_scene.h: a server in this process, on a real database, in a directory of
 * its own. */
#ifndef SIGNET_TESTS_SERVER_SCENE_H
#define SIGNET_TESTS_SERVER_SCENE_H

#include "server/init.h"
#include "server/server.h"
#include "tests/lib/https.h"
#include "tests/lib/pg.h"
#include "tests/lib/pki.h"

struct scene {
	struct pg_database database;
	char dir[64];
	struct config config;
	struct command command;
	struct invocation invocation;
	struct init_options init;
	struct buf root; /* DER, once there is one */
};

/* A migrated database (none: database_apart), passphrases, a configuration; no authorities yet. */
void scene_new(struct scene *s, bool database_apart);
void scene_free(struct scene *s);
/* Read the configuration anew, with more text at its end. */
void scene_configure(struct scene *s, const char *more);
/* init and a small policy, or fail the test. */
void scene_init(struct scene *s);
void scene_policy(struct scene *s, const char *text);

void scene_start(struct scene *s, struct server *server);
int scene_port(struct scene *s, const char *listener); /* "DEVICE" */
/* Connect, verified up to the scene's root. */
struct https scene_connect(struct scene *s);
/* Is this file of the scene's directory there? */
bool scene_has(const struct scene *s, const char *name);

#endif
