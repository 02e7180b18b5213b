/*
 * clients/operator/release_follow.h: bring a release on, however long it takes.
 *
 * Everything here may be asked again: what was done already is found done. So a lost connection, or
 * a program that is killed, costs nothing but time.
 */
#ifndef SIGNET_OPERATOR_RELEASE_FOLLOW_H
#define SIGNET_OPERATOR_RELEASE_FOLLOW_H

#include "clients/operator/call.h"

#define FOLLOW_WAIT_STANDARD     (30 * 60) /* seconds */
#define FOLLOW_WAIT_MAX          (7 * 86400)
#define FOLLOW_PATIENCE_STANDARD 120
#define FOLLOW_PATIENCE_MAX      86400

struct follow {
	struct call *call;
	int64_t deadline;    /* monotonic ms: how long others may take to approve */
	int64_t patience_ms; /* how long the server may be away */
	/* The request that is waited for became known, or is done (0); NULL: nobody wants to know.
	 */
	void (*on_request)(void *context, int64_t request);
	void *context;
	char shown[256]; /* the last line of progress */
};

/* From --wait and --patience. False: call_usage() has said why not. */
bool follow_start(struct call *c, struct follow *ret_follow);

/*
 * Ask the API; again where it is not reached or says "not now", with longer and longer pauses,
 * under one key. EXIT_DONE: 2xx, 202 too. EXIT_UNREACHABLE: patience is over. EXIT_FAILED. All but
 * the first have been told to the operator.
 */
int follow_ask(
    struct follow *f, const struct client_request *request, struct client_reply *ret_reply);
/* The same; answers of `status` are none that anybody is told of: EXIT_DONE, reply->status. */
int follow_ask_unless(struct follow *f, const struct client_request *request, long status,
    struct client_reply *ret_reply);

/*
 * Have the act done at `path` ("/releases/7/sign"), with the approvals that it takes: ask, wait for
 * them, redeem. `body` NULL: it takes none. Or go on with `request`, where that is not 0.
 * EXIT_DONE: it is done. EXIT_WAITING, EXIT_REJECTED: no, or not yet, and it was said why.
 */
int follow_act(struct follow *f, const char *path, const char *body, int64_t request);

/* One line about how it goes: on a terminal over the one before, else when it differs. */
void follow_say(struct follow *f, const char *format, ...) PRINTF(2, 3);

#endif
