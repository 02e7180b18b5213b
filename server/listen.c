#include "server/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Connections that the kernel completes while the loops are busy; it cuts this at somaxconn. */
#define BACKLOG 4096

static bool parse_port(const char *text, uint16_t *ret_port)
{
	char *end;
	unsigned long port;

	if (text[0] < '0' || text[0] > '9')
		return false;
	port = strtoul(text, &end, 10);
	if (*end || port > 65535)
		return false;
	*ret_port = htons((uint16_t)port);
	return true;
}

/* The host's part without brackets; false: too long, or no colon. */
static bool split(const char *text, char host[static 64], const char **ret_port)
{
	const char *colon = strrchr(text, ':');
	size_t n = colon ? (size_t)(colon - text) : 0;

	if (!colon || n >= 64)
		return false;
	if (n >= 2 && text[0] == '[' && text[n - 1] == ']') {
		text++;
		n -= 2;
	}
	memcpy(host, text, n);
	host[n] = '\0';
	*ret_port = colon + 1;
	return true;
}

struct status listen_parse(const char *text, struct listen_address *ret_address, struct err *err)
{
	struct listen_address a = {0};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	const char *port_text;
	char host[64];
	uint16_t port;

	if (strcmp(text, "off") == 0) {
		*ret_address = (struct listen_address){.off = true};
		return STATUS_OK;
	}
	if (!split(text, host, &port_text) || !parse_port(port_text, &port))
		return err_set(
		    err, ERR_CONFIG, "listener '%.80s': address:port is wanted, or off", text);
	v4.sin_port = v6.sin6_port = port;
	if (text[0] == '[' && inet_pton(AF_INET6, host, &v6.sin6_addr) == 1) {
		memcpy(&a.address, &v6, sizeof(v6));
		a.n = sizeof(v6);
	} else if (text[0] != '[' && inet_pton(AF_INET, host, &v4.sin_addr) == 1) {
		memcpy(&a.address, &v4, sizeof(v4));
		a.n = sizeof(v4);
	} else {
		return err_set(err, ERR_CONFIG,
		    "listener '%.80s': '%s' is no address; 192.0.2.1 or [2001:db8::1] is wanted",
		    text, host);
	}
	*ret_address = a;
	return STATUS_OK;
}

static uint16_t port_of(const struct sockaddr_storage *address)
{
	struct sockaddr_in v4; /* the port stands at the same place in both */

	memcpy(&v4, address, sizeof(v4));
	return ntohs(v4.sin_port);
}

static bool bind_and_listen(int fd, const struct listen_address *a)
{
	int on = 1, off = 0;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (a->address.ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	return bind(fd, (const struct sockaddr *)&a->address, a->n) == 0 &&
	       listen(fd, BACKLOG) == 0;
}

/* A machine without IPv6: "any" means any IPv4, "here" means 127.0.0.1. False: another address. */
static bool as_ipv4(const struct listen_address *a, struct listen_address *ret_v4)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port_of(&a->address))};
	struct sockaddr_in6 v6;

	memcpy(&v6, &a->address, sizeof(v6));
	if (IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr))
		v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else if (!IN6_IS_ADDR_UNSPECIFIED(&v6.sin6_addr))
		return false;
	*ret_v4 = (struct listen_address){.n = sizeof(v4)};
	memcpy(&ret_v4->address, &v4, sizeof(v4));
	return true;
}

struct status listen_open(
    const char *text, const struct listen_address *a, int *ret_fd, int *ret_port, struct err *err)
{
	int fd = socket(a->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct sockaddr_storage bound = {0};
	struct listen_address v4;
	socklen_t n = sizeof(bound);

	if (fd >= 0 && bind_and_listen(fd, a) &&
	    getsockname(fd, (struct sockaddr *)&bound, &n) == 0) {
		*ret_fd = fd;
		*ret_port = port_of(&bound);
		return STATUS_OK;
	}
	if (fd >= 0)
		close(fd);
	if ((errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL) && a->address.ss_family == AF_INET6 &&
	    as_ipv4(a, &v4))
		return listen_open(text, &v4, ret_fd, ret_port, err);
	return err_errno(err, ERR_CONFIG, "cannot listen on %s: %s", text, strerror(errno));
}
