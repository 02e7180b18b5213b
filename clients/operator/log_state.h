/*
 * clients/operator/log_state.h: what the operator keeps of a log, so that nobody can take it back.
 *
 *   ~/.local/state/signet/logs/ORIGIN/checkpoint    the last verified one, a signed note
 *   ~/.local/state/signet/logs/ORIGIN/vkey          the key that has signed it
 *   ~/.local/state/signet/servers/HOST              the name of the log that a server had
 */
#ifndef SIGNET_OPERATOR_LOG_STATE_H
#define SIGNET_OPERATOR_LOG_STATE_H

#include "signing/format/checkpoint.h"

/* Each appends what is kept, or nothing where there is none. */
struct status log_state_checkpoint(const char *origin, struct buf *out, struct err *err);
struct status log_state_vkey(const char *origin, struct buf *out, struct err *err);
struct status log_state_origin(const char *server, struct buf *out, struct err *err);
/* Keep them all. */
struct status log_state_keep(const char *server, const char *origin, const char *vkey,
    struct span checkpoint, struct err *err);
/* Where the checkpoint is kept, for messages. */
struct status log_state_path(const char *origin, struct buf *out, struct err *err);

#endif
