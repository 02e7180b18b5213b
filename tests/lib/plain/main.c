/* The runner behind tests/lib/plain/criterion/criterion.h. Arguments: suites to run (none: all). */
#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define TIMEOUT_STANDARD 300
#define CODE_FAILED      1
#define CODE_SKIPPED     77

static struct plain_test *first;
static struct plain_suite *suites;
static bool failed;
bool plain_abort;

void plain_register(struct plain_test *t)
{
	struct plain_test **at = &first;
	while (*at)
		at = &(*at)->next;
	*at = t;
}

void plain_suite_register(struct plain_suite *s)
{
	s->next = suites;
	suites = s;
}

/* Those of its suite, where it has none of its own. */
static struct plain_options options_of(const struct plain_test *t)
{
	struct plain_options options = t->options;

	for (const struct plain_suite *s = suites; s; s = s->next) {
		if (strcmp(s->name, t->suite) != 0)
			continue;
		options.init = options.init ? options.init : s->options.init;
		options.fini = options.fini ? options.fini : s->options.fini;
	}
	return options;
}

void plain_fail(const char *file, int line, const char *what, const char *format, ...)
{
	va_list list;
	fprintf(stderr, "%s:%d: %s: ", file, line, what);
	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	fputc('\n', stderr);
	failed = true;
	if (plain_abort)
		_exit(CODE_FAILED);
}

void plain_skip(const char *format, ...)
{
	va_list list;
	va_start(list, format);
	fputs("skipped: ", stderr);
	vfprintf(stderr, format, list);
	va_end(list);
	fputc('\n', stderr);
	_exit(CODE_SKIPPED);
}

static void test_run(const struct plain_test *t)
{
	const struct plain_options options = options_of(t);

	alarm(options.timeout > 0 ? (unsigned)options.timeout : TIMEOUT_STANDARD);
	if (options.init)
		options.init();
	t->run();
	if (options.fini)
		options.fini();
	exit(failed ? CODE_FAILED : 0); /* not _exit: TSan counts at exit */
}

static int test_fork(const struct plain_test *t)
{
	int state = 0;
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0)
		test_run(t);
	waitpid(pid, &state, 0);
	return WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
}

static bool wanted(const struct plain_test *t, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], t->suite) == 0)
			return true;
	}
	return argc < 2;
}

int main(int argc, char **argv)
{
	int passed = 0, bad = 0, skipped = 0;
	for (const struct plain_test *t = first; t; t = t->next) {
		if (!wanted(t, argc, argv) || t->options.disabled)
			continue;
		int code = test_fork(t);
		if (code == 0)
			passed++;
		else if (code == CODE_SKIPPED)
			skipped++;
		else
			bad++;
		if (code != 0 && code != CODE_SKIPPED)
			fprintf(stderr, "FAILED (%d): %s/%s\n", code, t->suite, t->name);
	}
	printf("%d passed, %d failed, %d skipped\n", passed, bad, skipped);
	return bad > 0 || passed == 0;
}
