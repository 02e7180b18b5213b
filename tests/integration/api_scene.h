/*
 * tests/integration/api_scene.h: a whole Signet with an administrator, and for each shipped role
 * three principals: ROLE-all (no limit), ROLE-in (product x100) and ROLE-out (product y200).
 */
#ifndef SIGNET_TESTS_API_SCENE_H
#define SIGNET_TESTS_API_SCENE_H

#include <jansson.h>

#include "tests/lib/fixture.h"

#define API_ROLES 8
enum api_reach {
	REACH_ALL,
	REACH_IN,
	REACH_OUT,
	REACHES
};
extern const char *const api_role_names[API_ROLES];
extern const char *const api_reach_names[REACHES];

struct api_scene {
	struct fixture fixture;
	struct https connection;
	bool connected;
	uint32_t source; /* the next connection's address: failed attempts are counted by address */
	int asked;       /* on this connection */
	int64_t asked_at;
	char root[2048]; /* the administrator's token */
	char tokens[API_ROLES][REACHES][2048];
	char device[24], certificate[24], enrollment[24], alarm[24], refused[24], mass[24],
	    release[24], trust[24]; /* ids, of x100 */
	json_t *openapi;
};

void api_scene_start(struct api_scene *s);
void api_scene_stop(struct api_scene *s);

struct api_ask {
	const char *method, *path;
	const char *token;   /* NULL: none */
	const char *type;    /* Content-Type; NULL: none */
	const char *headers; /* further ones, each with CRLF; NULL: none */
	const char *body;    /* NULL: none */
};
struct api_reply {
	int status;
	char code[64]; /* X-Signet-Reason, "" */
	char etag[32], location[128], type[64], retry_after[16];
	json_t *json; /* NULL: none */
	struct buf body;
};
/* The test fails when there is no answer. Freed with api_reply_free(). */
void api_ask(struct api_scene *s, const struct api_ask *ask, struct api_reply *ret_reply);
void api_reply_free(struct api_reply *r);
static inline void api_reply_auto(struct api_reply *r)
{
	api_reply_free(r);
}
/* As the administrator; the test fails when the status is another one. */
void api_root(struct api_scene *s, const char *method, const char *path, const char *headers,
    const char *body, int want_status, struct api_reply *ret_reply);

/* Does the value have the schema, which may refer to components? why: what does not fit. */
bool api_fits(const struct api_scene *s, json_t *schema, json_t *value, char *why, size_t size);
/* The schema of an operation's answer with this status, or NULL. */
json_t *api_answer_schema(json_t *operation, int status);

#endif
