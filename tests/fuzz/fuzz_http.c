/*
 * Request lines, headers and bodies through the real core: loop, libmicrohttpd, route table. Clear
 * text, no policy loaded, so what passes the parser meets a deliberate 503. Every connection must
 * end by itself, and what comes back must begin as HTTP does.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "ca/policy.h"
#include "server/core.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_MAX  20000
#define ANSWER_MAX (1 << 20)
#define PATIENCE_S 5

static struct sockaddr_in listen_here(int *ret_fd)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, n) || listen(fd, 128) ||
	    getsockname(fd, (struct sockaddr *)&at, &n))
		abort();
	*ret_fd = fd;
	return at;
}

static bool always_ready(void *context, char *why, size_t size)
{
	(void)context;
	(void)why;
	(void)size;
	return true;
}

static struct sockaddr_in server_start(void)
{
	static struct log quiet = {.level = LOG_ERROR, .format = LOG_TEXT};
	static struct metrics metrics;
	static struct api api;
	static struct core *core;
	struct core_config config = {
	    .loops = 1, .workers = 1, .queue_length = 16, .listener_count = 1};
	struct err err = {0};
	quiet.fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	api = (struct api){.policies = policy_holder_new(),
	    .clock = clock_system(),
	    .rng = rng_system(),
	    .log = &quiet,
	    .metrics = &metrics,
	    .ready = always_ready};
	config.limits = limits_standard();
	config.limits.handshake_rate = 0;
	config.api = &api;
	config.listeners[0] = (struct core_listener){.kind = LISTENER_DEVICE, .tls = false};
	struct sockaddr_in at = listen_here(&config.listeners[0].fd);
	if (!core_start(&config, &core, &err).ok)
		abort();
	return at;
}

static int connect_to(const struct sockaddr_in *at)
{
	struct timeval patience = {PATIENCE_S, 0};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (const struct sockaddr *)at, sizeof(*at)))
		abort();
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	return fd;
}

/* Read to the end; abort when there is none, or when it is no HTTP. */
static void read_answer(int fd)
{
	static const char begins[] = "HTTP/1.";
	char piece[4096], first[sizeof(begins) - 1];
	size_t total = 0;
	ssize_t n;
	while ((n = recv(fd, piece, sizeof(piece), 0)) > 0) {
		for (ssize_t i = 0; i < n && total + (size_t)i < sizeof(first); i++)
			first[total + (size_t)i] = piece[i];
		total += (size_t)n;
		if (total > ANSWER_MAX)
			abort();
	}
	if (n < 0 && total == 0 && errno == EAGAIN)
		abort(); /* it holds a connection that has said its last */
	if (total >= sizeof(first) && memcmp(first, begins, sizeof(first)) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sockaddr_in at;
	struct linger at_once = {1, 0};
	if (at.sin_port == 0)
		at = server_start();
	if (size > INPUT_MAX)
		return -1;
	int fd = connect_to(&at);
	(void)!send(fd, data, size, MSG_NOSIGNAL);
	shutdown(fd, SHUT_WR);
	read_answer(fd);
	/* No TIME_WAIT: ports would run out. */
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(fd);
	return 0;
}
