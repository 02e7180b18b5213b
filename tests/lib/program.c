#include "tests/lib/program.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARGUMENTS_MAX 48

const char *program_directory(void)
{
	static char directory[PATH_MAX];
	const char *asked = getenv("SIGNET_BIN");
	if (asked)
		return asked;
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n <= 0)
		return ".";
	self[n] = 0;
	snprintf(directory, sizeof(directory), "%s", dirname(self));
	return directory;
}

static void arguments_collect(char *arguments[static ARGUMENTS_MAX], const char *name, va_list list)
{
	size_t n = 0;
	for (const char *a = name; a && n < ARGUMENTS_MAX - 1; a = va_arg(list, const char *))
		arguments[n++] = strdup(a);
	arguments[n] = NULL;
}

static pid_t start(const char *log, char *arguments[static ARGUMENTS_MAX])
{
	char path[PATH_MAX];
	snprintf(path, sizeof(path), "%s/%s", program_directory(), arguments[0]);
	pid_t pid = fork();
	if (pid == 0) {
		/* A test that dies takes what it started along. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		int fd = log ? open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
		if (fd >= 0) {
			dup2(fd, 1);
			dup2(fd, 2);
		}
		if (access(path, X_OK) == 0)
			execv(path, arguments);
		execvp(arguments[0], arguments);
		fprintf(stderr, "cannot run %s: %s\n", arguments[0], strerror(errno));
		_exit(127);
	}
	for (size_t i = 0; arguments[i]; i++)
		free(arguments[i]);
	return pid;
}

pid_t program_start(const char *log, const char *name, ...)
{
	char *arguments[ARGUMENTS_MAX];
	va_list list;
	va_start(list, name);
	arguments_collect(arguments, name, list);
	va_end(list);
	return start(log, arguments);
}

int program_wait(pid_t pid)
{
	int state = 0;
	while (waitpid(pid, &state, 0) < 0) {
		if (errno != EINTR)
			return 127;
	}
	return WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
}

static void log_show(const char *log)
{
	char line[1024];
	FILE *f = log ? fopen(log, "r") : NULL;
	while (f && fgets(line, sizeof(line), f))
		fputs(line, stderr);
	if (f)
		fclose(f);
}

void program_must(const char *log, const char *name, ...)
{
	char *arguments[ARGUMENTS_MAX];
	va_list list;
	va_start(list, name);
	arguments_collect(arguments, name, list);
	va_end(list);
	int code = program_wait(start(log, arguments));
	if (code == 0)
		return;
	fprintf(stderr, "%s ended with %d:\n", name, code);
	log_show(log);
	exit(99);
}
