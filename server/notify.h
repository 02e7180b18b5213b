/* server/notify.h: tell systemd how we are, sd_notify(3)'s protocol. */
#ifndef SIGNET_SERVER_NOTIFY_H
#define SIGNET_SERVER_NOTIFY_H

#include "base/base.h"

/* "READY=1", lines separated by \n. Nothing happens without NOTIFY_SOCKET. False: it did not go. */
bool notify(const char *state);
/* Milliseconds between two "WATCHDOG=1", half of what WATCHDOG_USEC allows; 0: no watchdog. */
int64_t notify_watchdog_ms(void);

#endif
