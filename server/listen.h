/* server/listen.h: listening sockets from "address:port". */
#ifndef SIGNET_SERVER_LISTEN_H
#define SIGNET_SERVER_LISTEN_H

#include <sys/socket.h>

#include "base/err.h"

struct listen_address {
	bool off;
	struct sockaddr_storage address;
	socklen_t n;
};

/* "[::]:8443", "192.0.2.1:80", "off". Addresses, not names; port 0: any that is free. ERR_CONFIG.
 */
struct status listen_parse(const char *text, struct listen_address *ret_address, struct err *err);
/* Bind and listen; "[::]" takes IPv4 as well. ret_port: the one in use. ERR_CONFIG. */
struct status listen_open(
    const char *text, const struct listen_address *a, int *ret_fd, int *ret_port, struct err *err);

#endif
