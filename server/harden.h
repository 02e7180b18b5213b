/* server/harden.h: give up what the server does not need. */
#ifndef SIGNET_SERVER_HARDEN_H
#define SIGNET_SERVER_HARDEN_H

#include "base/err.h"

/*
 * No new privileges; no core dump and no debugger, since memory holds keys (docs/operations.md says
 * how to have them back for debugging).
 */
struct status harden_process(struct err *err);
/*
 * As many open files as `connections` need, or as many as are allowed. ret_connections: how many
 * connections that carries, at most as many as were asked for. ERR_CONFIG: not even ten.
 */
struct status harden_descriptors(int64_t connections, int64_t *ret_connections, struct err *err);
/* Become `user` with its groups. NULL, or not root: stays. ERR_CONFIG. */
struct status harden_user(const char *user, struct err *err);
/* A file or directory that the process needs as the user that it has become. */
struct harden_need {
	const char *what, *path; /* "key directory"; path NULL: none configured */
	int access;              /* R_OK, W_OK, X_OK */
};
/* ERR_CONFIG says which may not be used by whom. What is not there yet passes. */
struct status harden_access(
    const char *user, const struct harden_need *needs, size_t n, struct err *err);

#endif
