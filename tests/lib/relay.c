/* tests/lib/relay.c: see relay.h. */
#include "tests/lib/relay.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAIRS_MAX 128

static struct sockaddr_un address_of(const char *directory)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	if (snprintf(a.sun_path, sizeof(a.sun_path), "%s/.s.PGSQL.5432", directory) >=
	    (int)sizeof(a.sun_path)) {
		fprintf(stderr, "tests/lib/relay: %s is too long\n", directory);
		exit(99);
	}
	return a;
}

static int listen_in(const char *directory)
{
	const struct sockaddr_un a = address_of(directory);
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)mkdir(directory, 0755);
	(void)unlink(a.sun_path);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&a, sizeof(a)) != 0 ||
	    listen(fd, 64) != 0) {
		fprintf(stderr, "tests/lib/relay: %s: %s\n", a.sun_path, strerror(errno));
		exit(99);
	}
	return fd;
}

static int connect_to(const char *directory)
{
	const struct sockaddr_un a = address_of(directory);
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (const struct sockaddr *)&a, sizeof(a)) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static bool pass(int from, int to)
{
	char bytes[65536];
	ssize_t n = read(from, bytes, sizeof(bytes));

	for (ssize_t done = 0; n > 0 && done < n;) {
		ssize_t sent = send(to, bytes + done, (size_t)(n - done), MSG_NOSIGNAL);

		if (sent <= 0)
			return false;
		done += sent;
	}
	return n > 0;
}

/* fds[0] listens; then pairs, either side of one connection. */
static void take_one(struct pollfd *fds, nfds_t *count, const char *target)
{
	const int in = accept4(fds[0].fd, NULL, NULL, SOCK_CLOEXEC);
	const int out = in >= 0 && *count + 2 < 2 * PAIRS_MAX ? connect_to(target) : -1;

	if (out < 0) {
		if (in >= 0)
			close(in);
		return;
	}
	fds[(*count)++] = (struct pollfd){.fd = in, .events = POLLIN};
	fds[(*count)++] = (struct pollfd){.fd = out, .events = POLLIN};
}

static void run(int listener, const char *target)
{
	struct pollfd fds[1 + 2 * PAIRS_MAX] = {{.fd = listener, .events = POLLIN}};
	nfds_t count = 1;

	for (;;) {
		if (poll(fds, count, -1) < 0)
			continue;
		for (nfds_t i = 1; i < count;) {
			const nfds_t pair = i;

			i += 2;
			if ((!fds[pair].revents || pass(fds[pair].fd, fds[pair + 1].fd)) &&
			    (!fds[pair + 1].revents || pass(fds[pair + 1].fd, fds[pair].fd)))
				continue;
			close(fds[pair].fd);
			close(fds[pair + 1].fd);
			memmove(&fds[pair], &fds[i], (count - i) * sizeof(fds[0]));
			count -= 2;
			i = pair;
		}
		if (fds[0].revents)
			take_one(fds, &count, target);
	}
}

pid_t relay_start(const char *directory, const char *target)
{
	const int listener = listen_in(directory);
	const pid_t pid = fork();

	if (pid < 0)
		exit(99);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		run(listener, target);
	}
	close(listener);
	return pid;
}

void relay_hang(pid_t relay)
{
	kill(relay, SIGSTOP);
}

void relay_go_on(pid_t relay)
{
	kill(relay, SIGCONT);
}

void relay_stop(pid_t relay)
{
	kill(relay, SIGKILL);
	(void)waitpid(relay, NULL, 0);
}
