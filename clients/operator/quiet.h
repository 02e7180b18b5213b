/* clients/operator/quiet.h: what is typed and nobody shall see. */
#ifndef SIGNET_OPERATOR_QUIET_H
#define SIGNET_OPERATOR_QUIET_H

#include "clients/operator/call.h"

/*
 * Append a line of `in`, with its newline: asked for by `prompt` and without echo where a person
 * types. Nothing is appended at the end of input; over `most` octets it is cut.
 */
void quiet_line(FILE *in, FILE *ask, const char *prompt, size_t most, struct buf *out);

/*
 * The passphrase of `what`: --passphrase-file, else asked for on the terminal, twice where a new
 * one is chosen. Refused where neither is to be had, where it is empty, or where the two differ.
 */
struct status passphrase_take(const struct call *c, const char *what, bool is_new,
    struct secret *ret_passphrase, struct err *err);

#endif
