/*
 * clients/operator/call.h: one run of the program: what was typed, where it prints, and the server.
 */
#ifndef SIGNET_OPERATOR_CALL_H
#define SIGNET_OPERATOR_CALL_H

#include "base/err.h"
#include "clients/operator/client.h"
#include "clients/operator/command.h"
#include "clients/operator/text.h"

struct operator_io {
	FILE *in, *out, *err;
};

/* A value of an option that may be given more than once. */
struct repeated {
	enum option_id option;
	const char *value;
};

struct call {
	const struct command *command;
	const char *values[OPT_COUNT]; /* NULL: not given; a switch that is on: "" */
	char **arguments;
	int argument_count;
	struct repeated *repeated;
	size_t repeated_count;
	FILE *in;
	struct screen out, err;
	struct login login;    /* who we are and whom we trust, once call_client() was called */
	struct client *client; /* NULL until then */
};

static inline bool call_has(const struct call *c, enum option_id option)
{
	return c->values[option] != NULL;
}

/* The next value of an option that may be given more than once; NULL: no more. Start with *i 0. */
const char *call_next(const struct call *c, enum option_id option, size_t *i);
/* "signet device list: ..." and where help is, on standard error; EXIT_USAGE. */
int call_usage(const struct call *c, const char *format, ...) PRINTF(2, 3);
/* What failed, with rule, advice and code; EXIT_FAILED. With --json, as JSON on standard output. */
int call_failed(const struct call *c, const struct err *err);
/* One line for people on standard error, not with --json. */
void call_note(const struct call *c, const char *format, ...) PRINTF(2, 3);
/*
 * May it be done? Asks on the terminal; --yes is an answer. EXIT_DONE: yes. EXIT_FAILED: no.
 * EXIT_USAGE: nobody is there to be asked.
 */
int call_ask(const struct call *c, const char *format, ...) PRINTF(2, 3);
/* The value as a number from low to high; false: call_usage() has said why not. */
bool call_number(
    const struct call *c, enum option_id option, int64_t low, int64_t high, int64_t *ret_number);
/*
 * The value as a span of time, "90s" "15m" "12h" or a number of seconds, up to `most` seconds; what
 * ret_seconds holds where it is not given. False: call_usage() has said why not.
 */
bool call_seconds(const struct call *c, enum option_id option, int64_t most, int64_t *ret_seconds);
/* Print a JSON value as --json promises. */
void call_print_json(const struct call *c, const json_t *value);

/* The client for the server that we are logged in at, made at the first call. */
struct status call_client(struct call *c, struct client **ret_client, struct err *err);
/*
 * Ask the API. EXIT_DONE: it did what was asked; ret_reply->json is what it says (NULL: nothing).
 * Everything else has been told to the operator: a problem, no answer, or (EXIT_DONE,
 * ret_reply->status 202) a request that waits for approvals.
 */
int call_api(struct call *c, const struct client_request *request, struct client_reply *ret_reply);
/* Tell of an answer that is no success; EXIT_FAILED. */
int call_refused(
    struct call *c, const struct client_request *request, const struct client_reply *reply);
/* GET without more. */
int call_get(struct call *c, const char *path, struct client_reply *ret_reply);

#endif
