/*
 * tests/unit/api/credential_scene.h: callers of an API over a real database: alice holds all, bob
 * registers devices of x100, a CI's runs are ci-x100, line-1 is disabled.
 */
#ifndef SIGNET_TESTS_UNIT_API_CREDENTIAL_SCENE_H
#define SIGNET_TESTS_UNIT_API_CREDENTIAL_SCENE_H

#include <jansson.h>
#include <openssl/evp.h>

#include "api/api.h"
#include "api/perform.h"
#include "ca/policy.h"
#include "ca/token_make.h"
#include "tests/lib/pg.h"

struct scene {
	struct pg_database database;
	struct db *db;
	char directory[64];
	struct hsm *hsm;
	int64_t now; /* what the clock says */
	struct api api;
	struct metrics metrics;
	struct policy policy;
	bool held; /* calls take the snapshot that api.policies holds, not the one above */
	struct access access;
	struct role roles[2];
	struct principal principals[5];
	struct binding bindings[2];
	struct outside_identity alice_at_ci;
	struct oidc_issuer issuer;
	struct oidc_rule rule;
	struct oidc_claim claims[2];
	EVP_PKEY *ci_key;
	struct arena arena;
	const char *address;  /* of the next calls */
	const char *retry;    /* Idempotency-Key of the next calls; NULL: none */
	const char *header;   /* a second header of the next calls, Authorization; NULL: none */
	const char *location; /* of the last answer, or NULL */
};

struct scene *scene_new(void);
void scene_free(struct scene *s);
static inline void scene_auto_ref(struct scene **s)
{
	if (*s)
		scene_free(*s);
}

/* A call of the API; body NULL: none. The status; its JSON is the caller's (NULL: no body). */
int scene_call(struct scene *s, enum http_method method, const char *path,
    const char *authorization, const char *body, json_t **ret_json);
/* The same, with "Bearer " before the token, and only the code of the answer: "good", or a
 * problem's. */
const char *scene_code(struct scene *s, enum http_method method, const char *path,
    const char *token, const char *body);
/* What the auditor reads of the last refused call: "jwt.signature: ...". */
const char *scene_cause(struct scene *s);

/* A token made on the server's own machine. In the arena. */
const char *scene_token(struct scene *s, const char *principal);
/* A token of the CI, of a run on main; `jti` its own. `more` like ",\"x\":1", or "". */
const char *scene_ci_token(struct scene *s, const char *jti, const char *more);
const struct principal *scene_principal(struct scene *s, const char *name);

#endif
