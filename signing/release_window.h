/* signing/release_window.h: when a channel's releases may be published, in UTC. */
#ifndef SIGNET_SIGNING_RELEASE_WINDOW_H
#define SIGNET_SIGNING_RELEASE_WINDOW_H

#include "access/release_policy.h"

/* A channel without windows is always open. */
bool release_window_open(const struct channel *channel, int64_t now);
/* When the next one begins, after now, in seconds since 1970. A channel without windows: now. */
int64_t release_window_next(const struct channel *channel, int64_t now);

#endif
