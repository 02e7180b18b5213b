/* A database with a log in it, and acts for it. */
#ifndef SIGNET_TESTS_LOG_SCENE_H
#define SIGNET_TESTS_LOG_SCENE_H

#include "hsm/hsm.h"
#include "signing/log.h"
#include "tests/lib/pg.h"

struct scene {
	char dir[64];
	struct pg_database database;
	struct db *db;
	struct hsm *hsm;
	struct hsm_key *key;
	struct vkey vkey;
	struct log_tree *tree;
	struct arena arena;
	int64_t acts;
};

#define LOG_NAME "log.example/test"

void scene_open(struct scene *s);
void scene_close(struct scene *s);
/* n acts, each in a transaction of its own, or all in one. */
void scene_act(struct scene *s, size_t n);
/* Rounds until there is nothing to do; how many leaves were added. */
size_t scene_integrate(struct scene *s);
struct log_state scene_state(struct scene *s);
/* The root over the entries in the order of their leaves, from the rows, by folding the whole list.
 */
struct merkle_hash scene_root_of_rows(struct scene *s, size_t n);
/* Sign and store the checkpoint of the tree as it is. The note lives in the arena. */
struct span scene_sign(struct scene *s);

#endif
