#include "server/notify.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

bool notify(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	size_t n = path ? strlen(path) : 0;
	ssize_t sent;
	int fd;

	if (n == 0)
		return true;
	if ((path[0] != '/' && path[0] != '@') || n >= sizeof(to.sun_path))
		return false;
	memcpy(to.sun_path, path, n);
	/* '@' stands for the NUL that begins the name of an abstract socket. */
	if (path[0] == '@')
		to.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	sent = sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&to,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n));
	close(fd);
	return sent == (ssize_t)strlen(state);
}

int64_t notify_watchdog_ms(void)
{
	const char *microseconds = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	long long value = microseconds ? strtoll(microseconds, NULL, 10) : 0;

	if (value <= 0 || (pid && strtoll(pid, NULL, 10) != getpid()))
		return 0;
	return value / 2000;
}
