#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "server/notify.h"

/* The supervisor's side of a socket; `name` as in NOTIFY_SOCKET. */
static int supervise(const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t n = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));

	memcpy(address.sun_path, name, strlen(name));
	if (name[0] == '@')
		address.sun_path[0] = '\0';
	cr_assert_eq(bind(fd, (struct sockaddr *)&address, n), 0);
	setenv("NOTIFY_SOCKET", name, 1);
	return fd;
}

static void expect_message(int fd, const char *want)
{
	char got[64] = "";
	ssize_t n = recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT);

	cr_assert(n > 0, "nothing came");
	cr_expect_str_eq(got, want);
}

Test(server_notify, a_socket_in_the_file_system)
{
	char name[64];
	int fd;

	snprintf(name, sizeof(name), "/tmp/signet-notify-%ld", (long)getpid());
	fd = supervise(name);
	cr_expect(notify("READY=1"));
	expect_message(fd, "READY=1");
	close(fd);
	unlink(name);
	cr_expect_not(notify("STOPPING=1"), "nobody is there");
}

Test(server_notify, an_abstract_socket)
{
	char name[64];
	int fd;

	snprintf(name, sizeof(name), "@signet-notify-%ld", (long)getpid());
	fd = supervise(name);
	cr_expect(notify("STOPPING=1"));
	expect_message(fd, "STOPPING=1");
	close(fd);
}

Test(server_notify, without_a_supervisor_nothing_happens)
{
	unsetenv("NOTIFY_SOCKET");
	cr_expect(notify("READY=1"));
	setenv("NOTIFY_SOCKET", "relative", 1);
	cr_expect_not(notify("READY=1"));
}

Test(server_notify, the_watchdog_is_fed_at_half_its_time)
{
	char pid[32];

	unsetenv("WATCHDOG_USEC");
	cr_expect_eq(notify_watchdog_ms(), 0);
	setenv("WATCHDOG_USEC", "30000000", 1);
	cr_expect_eq(notify_watchdog_ms(), 15000);
	setenv("WATCHDOG_PID", "1", 1);
	cr_expect_eq(notify_watchdog_ms(), 0, "meant for another process");
	snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	setenv("WATCHDOG_PID", pid, 1);
	cr_expect_eq(notify_watchdog_ms(), 15000);
}
