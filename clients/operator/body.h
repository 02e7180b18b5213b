/* clients/operator/body.h: the body of a call out of a command's options, by rows. */
#ifndef SIGNET_OPERATOR_BODY_H
#define SIGNET_OPERATOR_BODY_H

#include "clients/operator/call.h"

enum member_form {
	MEMBER_TEXT,
	MEMBER_NUMBER, /* from 0 to the row's `most` */
	MEMBER_SWITCH,
	MEMBER_FILE, /* the file's text */
	MEMBER_LIST, /* texts, with commas between */
};

struct member_row {
	const char *name; /* of the body; NULL ends the rows */
	enum option_id option;
	enum member_form form;
	bool needed;
	int64_t most;
};

/* Put what was given into `body`. EXIT_DONE, or the operator has been told what is wrong. */
int body_put(const struct call *c, const struct member_row *rows, json_t *body);
/* Compact JSON; freed by the caller. `body` is released. */
char *body_text(json_t *body);

#endif
