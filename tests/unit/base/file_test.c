/* Small files: bounds, secrets, replacing. Each test works in a directory of its own. */
#include "base/file.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

static char folder[] = "/tmp/signet-file-XXXXXX";
static char path[128];

static void set_up(void)
{
	cr_assert_not_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/file", folder);
}

static void tear_down(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	cr_assert_eq(system(command), 0);
}

TestSuite(base_file, .init = set_up, .fini = tear_down);

static int entries(void)
{
	DIR *d = opendir(folder);
	int n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

static void write_plain(const char *text, mode_t mode)
{
	FILE *f = fopen(path, "w");

	cr_assert_not_null(f);
	fputs(text, f);
	fclose(f);
	cr_assert_eq(chmod(path, mode), 0);
}

Test(base_file, reads_up_to_its_bound)
{
	static const size_t sizes[] = {0, 1, 4095, 4096, 4097, 20000};

	for (size_t i = 0; i < COUNT(sizes); i++) {
		AUTO(buf) want = {0};
		AUTO(buf) got = {0};
		struct err err = {0};

		for (size_t k = 0; k < sizes[i]; k++)
			buf_put_byte(&want, (uint8_t)('a' + k % 26));
		write_plain(buf_cstr(&want), 0644);
		buf_put_str(&got, "x");
		cr_assert(file_read(path, sizes[i], &got, &err).ok, "%s", err.message);
		cr_assert(span_equal(span(got.p + 1, got.n - 1), buf_span(&want)));
		if (!sizes[i])
			continue;
		cr_assert_not(file_read(path, sizes[i] - 1, &got, &err).ok);
		cr_assert_eq(err.kind, ERR_TOO_LARGE);
		cr_assert_eq(got.n, sizes[i] + 1);
	}
}

Test(base_file, reads_what_has_no_size)
{
	AUTO(buf) got = {0};
	struct err err = {0};

	cr_assert(file_read("/proc/self/status", 1 << 20, &got, &err).ok, "%s", err.message);
	cr_assert(span_starts(buf_span(&got), "Name:"));
}

Test(base_file, says_what_is_wrong)
{
	AUTO(buf) got = {0};
	struct err missing = {0}, directory = {0};

	cr_assert_not(file_read(path, 10, &got, &missing).ok);
	cr_assert_eq(missing.kind, ERR_MISSING);
	cr_assert_not_null(strstr(missing.message, path));
	cr_assert_not(file_read(folder, 10, &got, &directory).ok);
	cr_assert_eq(directory.kind, ERR_CONFIG);
}

Test(base_file, secret_loses_one_newline)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
	    {"word", "word"}, {"word\n", "word"}, {"word\n\n", "word\n"}, {" w \r\n", " w \r"}};

	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(secret) s = {0};
		struct err err = {0};

		write_plain(rows[i].text, 0600);
		cr_assert(file_read_secret(path, &s, &err).ok, "%s", err.message);
		cr_assert(span_equal_str(secret_span(&s), rows[i].want), "%zu", i);
	}
}

Test(base_file, secret_that_others_may_read_is_refused)
{
	static const mode_t bad[] = {0604, 0640, 0660, 0602, 0601, 0610, 0444};
	static const mode_t good[] = {0600, 0400, 0700};

	for (size_t i = 0; i < COUNT(bad); i++) {
		struct secret s = {0};
		struct err err = {0};

		write_plain("word", bad[i]);
		cr_assert_not(file_read_secret(path, &s, &err).ok, "%04o", (unsigned)bad[i]);
		cr_assert_eq(err.kind, ERR_CONFIG);
		cr_assert_null(s.p);
		cr_assert_null(strstr(err.message, "word"));
		unlink(path);
	}
	for (size_t i = 0; i < COUNT(good); i++) {
		AUTO(secret) s = {0};
		struct err err = {0};

		write_plain("word", good[i]);
		cr_assert(file_read_secret(path, &s, &err).ok, "%s", err.message);
		unlink(path);
	}
}

static bool set_acl(uint32_t user, uint8_t group_obj)
{
	const uint8_t acl[] = {2, 0, 0, 0,  /* version */
	    1, 0, 4, 0, 255, 255, 255, 255, /* owner r */
	    2, 0, 4, 0, (uint8_t)user, (uint8_t)(user >> 8), (uint8_t)(user >> 16),
	    (uint8_t)(user >> 24),                                                   /* user r */
	    4, 0, group_obj, 0, 255, 255, 255, 255, 16, 0, 4, 0, 255, 255, 255, 255, /* mask r */
	    32, 0, 0, 0, 255, 255, 255, 255};

	return setxattr(path, "system.posix_acl_access", acl, sizeof(acl), 0) == 0;
}

/* systemd lends a credential to its service by an ACL: the mode then reads 0440. */
Test(base_file, secret_lent_to_us_alone_by_acl_is_taken)
{
	AUTO(secret) ours = {0};
	AUTO(secret) theirs = {0};
	AUTO(secret) groups = {0};
	struct err err = {0};
	struct stat st;

	write_plain("word", 0400);
	if (!set_acl(geteuid(), 0))
		cr_skip_test("this file system has no ACLs: %s", strerror(errno));
	cr_assert_eq(stat(path, &st), 0);
	cr_assert_eq(st.st_mode & 0777, 0440);
	cr_assert(file_read_secret(path, &ours, &err).ok, "%s", err.message);
	cr_assert(set_acl(geteuid() + 1, 0));
	cr_assert_not(file_read_secret(path, &theirs, &err).ok);
	cr_assert(set_acl(geteuid(), 4));
	cr_assert_not(file_read_secret(path, &groups, &err).ok);
}

Test(base_file, empty_and_long_secrets_are_refused)
{
	AUTO(buf) text = {0};
	struct secret s = {0};
	struct err empty = {0}, newline = {0}, large = {0};

	write_plain("", 0600);
	cr_assert_not(file_read_secret(path, &s, &empty).ok);
	write_plain("\n", 0600);
	cr_assert_not(file_read_secret(path, &s, &newline).ok);
	for (int i = 0; i < 5000; i++)
		buf_put_byte(&text, 'x');
	write_plain(buf_cstr(&text), 0600);
	cr_assert_not(file_read_secret(path, &s, &large).ok);
	cr_assert_eq(large.kind, ERR_TOO_LARGE);
}

Test(base_file, replace_is_whole_with_its_mode_and_leaves_nothing_beside)
{
	AUTO(buf) got = {0};
	struct err err = {0};
	struct stat st;

	umask(077);
	cr_assert(file_replace(path, SPAN_LITERAL("one"), 0644, &err).ok, "%s", err.message);
	cr_assert(file_replace(path, SPAN_LITERAL("second"), 0640, &err).ok, "%s", err.message);
	cr_assert(file_read(path, 100, &got, &err).ok);
	cr_assert_str_eq(buf_cstr(&got), "second");
	cr_assert_eq(stat(path, &st), 0);
	cr_assert_eq(st.st_mode & 07777, 0640);
	cr_assert_eq(entries(), 1);
}

/* Who holds the old file open goes on reading the old bytes: it was replaced, not rewritten. */
Test(base_file, replace_does_not_touch_the_old_file)
{
	struct err err = {0};
	char old[8] = {0};
	int fd;

	write_plain("old", 0600);
	fd = open(path, O_RDONLY);
	cr_assert(file_replace(path, SPAN_LITERAL("new"), 0600, &err).ok);
	cr_assert_eq(read(fd, old, sizeof(old)), 3);
	cr_assert_str_eq(old, "old");
	close(fd);
}

Test(base_file, failed_replace_leaves_the_old_and_nothing_beside)
{
	char below[160];
	struct err err = {0};

	/* A directory stands at the name: rename(2) must fail, after the temporary file was made.
	 */
	cr_assert_eq(mkdir(path, 0700), 0);
	snprintf(below, sizeof(below), "%s/below", path);
	cr_assert_not(file_replace(path, SPAN_LITERAL("new"), 0600, &err).ok);
	cr_assert_eq(err.kind, ERR_CONFIG);
	cr_assert_eq(entries(), 1);
	err_clear(&err);
	snprintf(below, sizeof(below), "%s/none/file", folder);
	cr_assert_not(file_replace(below, SPAN_LITERAL("new"), 0600, &err).ok);
	cr_assert_str_neq(err.cause, "");
}

Test(base_file, create_refuses_a_name_that_is_taken)
{
	AUTO(buf) got = {0};
	struct err err = {0};

	cr_assert(file_create(path, SPAN_LITERAL("first"), 0600, &err).ok, "%s", err.message);
	cr_assert_not(file_create(path, SPAN_LITERAL("second"), 0600, &err).ok);
	cr_assert_eq(err.kind, ERR_CONFLICT);
	cr_assert(file_read(path, 100, &got, &err).ok);
	cr_assert_str_eq(buf_cstr(&got), "first");
	cr_assert_eq(entries(), 1);
}

Test(base_file, directories_are_made_with_their_parents)
{
	char deep[160];
	struct err err = {0};
	struct stat st;

	snprintf(deep, sizeof(deep), "%s/a//b/c/", folder);
	cr_assert_not(file_exists(deep));
	cr_assert(dir_make(deep, 0750, &err).ok, "%s", err.message);
	cr_assert(dir_make(deep, 0700, &err).ok, "again: %s", err.message);
	cr_assert_eq(stat(deep, &st), 0);
	cr_assert_eq(st.st_mode & 07777, 0750);
	cr_assert(file_exists(deep));
	write_plain("x", 0600);
	snprintf(deep, sizeof(deep), "%s/d", path);
	cr_assert_not(dir_make(deep, 0700, &err).ok);
}
