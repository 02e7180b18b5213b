/*
 * tests/integration/api_matrix.h: every operation of the API, and who may call it: written by hand
 * from docs/roles.md, never from the server's own tables.
 */
#ifndef SIGNET_TESTS_API_MATRIX_H
#define SIGNET_TESTS_API_MATRIX_H

#include "base/base.h"

/* Of those who hold the permission, who is let through, by the limits of the binding? */
enum matrix_rule {
	RULE_PUBLIC, /* anybody */
	RULE_SELF,   /* whoever is somebody */
	RULE_ANY,    /* however limited: lists, and what concerns no product */
	RULE_OBJECT, /* of x100: to others it is not there (404) */
	RULE_ACT,    /* upon x100: others are refused (403) */
	RULE_GLOBAL, /* without a limit only: others are refused (403) */
};

struct matrix_row {
	const char *operation;     /* operationId */
	const char *method, *path; /* {device} {certificate} ... are ids of the scene's objects */
	const char *permission;    /* NULL: RULE_PUBLIC, RULE_SELF */
	enum matrix_rule rule;
	int status;       /* when let through */
	const char *type; /* Content-Type; NULL: no body */
	const char *body; /* {n} is another number at each call, so that something changes */
	const char *headers;
	/* Before each call: the administrator makes it anew, where it is not there; path, body. */
	const char *make;
};
extern const struct matrix_row matrix_rows[]; /* ended by operation NULL */

/* What each shipped role holds: docs/roles.md. */
struct matrix_role {
	const char *name;
	const char *permissions; /* blanks between, and at both ends */
};
extern const struct matrix_role matrix_roles[]; /* in the order of api_role_names[] */

#endif
