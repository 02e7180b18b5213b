/* server/harden.h: give up what the server does not need. */
#ifndef SIGNET_SERVER_HARDEN_H
#define SIGNET_SERVER_HARDEN_H

#include "base/err.h"

/*
 * No new privileges; no core dump and no debugger, since memory holds keys (to debug: run as root
 * with `prlimit --core=unlimited` and write 1 to /proc/sys/fs/suid_dumpable, or attach as root with
 * CAP_SYS_PTRACE); as many descriptors as are allowed, which must suffice for `connections`.
 */
struct status harden_process(int64_t connections, struct err *err);
/* Become `user` with its groups. NULL, or not root: stays. ERR_CONFIG. */
struct status harden_user(const char *user, struct err *err);

#endif
