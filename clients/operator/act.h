/* clients/operator/act.h: acts of one call on one thing, as rows. */
#ifndef SIGNET_OPERATOR_ACT_H
#define SIGNET_OPERATOR_ACT_H

#include "clients/operator/call.h"

struct act {
	const char *method;
	const char *path; /* "/requests/%/withdraw": % is the first argument */
	const char *ask;  /* what is asked before; NULL: nothing */
	const char *done; /* behind the argument: "is withdrawn" */
	const char *body; /* JSON; NULL: none, or {"comment": ...} where --comment is given */
};

/* The path with the argument in it, escaped. */
void act_path(const char *pattern, const char *argument, struct buf *out);
/* {"comment": ...} where --comment is given, else {}; freed by the caller. */
char *act_comment(const struct call *c);

#endif
