/*
 * api/answer.h: the shapes of the API's answers, as data: /api/v1/openapi.json is made from them,
 * and a test holds real answers to them.
 *
 * Every member of a shape but optional ones stands in every answer; what is not known or does not
 * apply is null. Times are RFC 3339 in UTC, digests and serial numbers lower-case hex, ids
 * integers.
 */
#ifndef SIGNET_API_ANSWER_H
#define SIGNET_API_ANSWER_H

#include "base/json.h"

enum answer_type {
	ANSWER_STR,
	ANSWER_INT,
	ANSWER_BOOL,
	ANSWER_TIME,
	ANSWER_HEX,
	ANSWER_ENUM,     /* one of names */
	ANSWER_STR_LIST, /* of texts */
	ANSWER_OBJECT,   /* of shape `of` */
	ANSWER_LIST,     /* of objects of shape `of` */
	ANSWER_ANY,      /* an object whose members other tables name */
	ANSWER_JSON,     /* any value */
};

struct answer_field {
	const char *name;
	enum answer_type type;
	bool nullable;
	const char *of;
	const char *const *names;
	const char *help;
	bool optional; /* it does not stand in every answer */
};

struct answer_shape {
	const char *name;
	const struct answer_field *fields; /* ended by name NULL */
	const char *list; /* it is a page of objects of this shape; fields is NULL then */
	const char *help;
};
extern const struct answer_shape answer_shapes[]; /* ended by name NULL */

/* ---- members ---- */
void answer_time(struct json *j, const char *name, int64_t seconds);  /* 0: null */
void answer_hex(struct json *j, const char *name, struct span bytes); /* n = 0: null */
void answer_id(struct json *j, const char *name, int64_t id);         /* 0: null */
void answer_null(struct json *j, const char *name);

#endif
