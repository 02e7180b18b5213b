/*
 * tests/unit/api/release_scene.h: the people of request_scene.h, and what they release: channel
 * "stable" of x100 wants two officers, "beta" nobody, "made" comes from a repository alone. ada and
 * ci release anything, dan on beta alone, and eve releases y200.
 */
#ifndef SIGNET_TESTS_UNIT_API_RELEASE_SCENE_H
#define SIGNET_TESTS_UNIT_API_RELEASE_SCENE_H

#include "tests/unit/api/request_scene.h"

struct request_scene *release_scene_new(void);

/* A draft of x100; by ada. Its id. */
int64_t release_draft(struct request_scene *s, const char *channel, const char *version);
/* The body that makes it. In the arena. */
const char *release_body(struct request_scene *s, const char *channel, const char *version);
/* "/api/v1/releases/7/sign"; step "": without. In the arena. */
const char *release_path(struct request_scene *s, int64_t id, const char *step);
/* POST by somebody, without a body. */
struct told release_do(struct request_scene *s, const char *as, int64_t id, const char *step);
/* Its state, from the store. */
const char *release_state(struct request_scene *s, int64_t id);

#endif
