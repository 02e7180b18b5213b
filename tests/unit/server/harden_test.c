#include <criterion/criterion.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/harden.h"

/* In a process of its own, as "nobody": the words of the refusal, or "". */
static void as_nobody(const char *directory, char *ret_words, size_t size)
{
	const struct harden_need needs[] = {
	    {"passphrase file", NULL, R_OK},
	    {"state directory", "/tmp/signet-harden-is-not-there", W_OK},
	    {"key directory", directory, R_OK | W_OK | X_OK},
	};
	int ends[2];
	ssize_t n;
	pid_t child;

	cr_assert_eq(pipe(ends), 0);
	child = fork();
	cr_assert_geq(child, 0);
	if (child == 0) {
		struct err err = {0};
		bool fine = harden_user("nobody", &err).ok &&
			    harden_access("nobody", needs, COUNT(needs), &err).ok;
		n = write(ends[1], err.message, strlen(err.message));
		_exit(fine ? 0 : 1);
	}
	close(ends[1]);
	n = read(ends[0], ret_words, size - 1);
	ret_words[n > 0 ? n : 0] = 0;
	close(ends[0]);
	cr_assert_eq(waitpid(child, NULL, 0), child);
}

Test(server_harden, what_the_user_may_not_use_is_named)
{
	char directory[] = "/tmp/signet-harden-XXXXXX", words[400];
	const struct passwd *nobody = getpwnam("nobody");

	if (geteuid() != 0 || !nobody) {
		fprintf(stderr, "skipped: only root can become nobody\n");
		return;
	}
	cr_assert(mkdtemp(directory));
	as_nobody(directory, words, sizeof(words));
	cr_expect(strstr(words, "key directory /tmp/signet-harden-"), "%s", words);
	cr_expect(strstr(words, "user 'nobody' may not write it"), "%s", words);
	cr_assert_eq(chown(directory, nobody->pw_uid, nobody->pw_gid), 0);
	as_nobody(directory, words, sizeof(words));
	cr_expect_str_empty(words);
	cr_assert_eq(rmdir(directory), 0);
}

Test(server_harden, a_process_with_keys_leaves_no_core)
{
#ifndef __SANITIZE_ADDRESS__
	int status;
	pid_t child = fork();

	cr_assert_geq(child, 0);
	if (child == 0) {
		struct err err = {0};
		_exit(harden_process(&err).ok ? prctl(PR_GET_DUMPABLE) : 9);
	}
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0);
#endif
}
