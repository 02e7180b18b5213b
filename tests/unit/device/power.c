#include "tests/unit/device/power.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <criterion/criterion.h>

#define CUT_EXIT  77
#define DIRTY_MAX 64

/* Of this process; the tests proper never arm it. */
static struct {
	bool armed;
	struct power_cut cut;
	long *calls; /* shared with the parent */
	struct {
		ino_t inode; /* written and not synced */
		int fd;      /* our own, so that closing the file does not hide it; -1: free */
	} dirty[DIRTY_MAX];
} power;

int fsync(int fd);
int fdatasync(int fd);
int ftruncate(int fd, off_t n);
ssize_t write(int fd, const void *bytes, size_t n);
int rename(const char *from, const char *to);
int renameat(int from_fd, const char *from, int to_fd, const char *to);
int symlinkat(const char *target, int fd, const char *name);
int unlinkat(int fd, const char *name, int flags);
int mkdirat(int fd, const char *name, mode_t mode);
int mkdir(const char *name, mode_t mode);

static void cut(void)
{
	for (size_t i = 0; !power.cut.keep && i < DIRTY_MAX; i++)
		if (power.dirty[i].inode)
			syscall(SYS_ftruncate, power.dirty[i].fd, 0);
	_exit(CUT_EXIT);
}

static bool now_cut(void)
{
	return power.armed && ++*power.calls == power.cut.at;
}

/* 0: not a file on the disk. */
static ino_t inode_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? st.st_ino : 0;
}

static void mark_dirty(int fd, ino_t inode)
{
	for (size_t i = 0; i < DIRTY_MAX; i++) {
		if (power.dirty[i].inode == inode)
			return;
		if (!power.dirty[i].inode) {
			power.dirty[i].inode = inode;
			power.dirty[i].fd = fcntl(fd, F_DUPFD_CLOEXEC, 200);
			return;
		}
	}
	_exit(1); /* more open ends than this test foresees */
}

static void mark_clean(ino_t inode)
{
	for (size_t i = 0; inode && i < DIRTY_MAX; i++) {
		if (power.dirty[i].inode != inode)
			continue;
		close(power.dirty[i].fd);
		power.dirty[i].inode = 0;
	}
}

ssize_t write(int fd, const void *bytes, size_t n)
{
	ino_t inode = power.armed ? inode_of(fd) : 0;

	if (inode) {
		bool last = now_cut();

		mark_dirty(fd, inode);
		if (last && power.cut.torn) {
			syscall(SYS_write, fd, bytes, n * (size_t)power.cut.torn / 1000);
			mark_clean(inode);
		}
		if (last)
			cut();
	}
	return syscall(SYS_write, fd, bytes, n);
}

static int sync_by(long call, int fd)
{
	int result;

	if (now_cut())
		cut();
	result = (int)syscall(call, fd);
	if (result == 0 && power.armed)
		mark_clean(inode_of(fd));
	return result;
}

int fsync(int fd)
{
	return sync_by(SYS_fsync, fd);
}

int fdatasync(int fd)
{
	return sync_by(SYS_fdatasync, fd);
}

int ftruncate(int fd, off_t n)
{
	if (now_cut())
		cut();
	return (int)syscall(SYS_ftruncate, fd, n);
}

int rename(const char *from, const char *to)
{
	if (now_cut())
		cut();
	return (int)syscall(SYS_rename, from, to);
}

int renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	if (now_cut())
		cut();
	return (int)syscall(SYS_renameat, from_fd, from, to_fd, to);
}

int symlinkat(const char *target, int fd, const char *name)
{
	if (now_cut())
		cut();
	return (int)syscall(SYS_symlinkat, target, fd, name);
}

int unlinkat(int fd, const char *name, int flags)
{
	if (now_cut())
		cut();
	return (int)syscall(SYS_unlinkat, fd, name, flags);
}

int mkdirat(int fd, const char *name, mode_t mode)
{
	if (now_cut())
		cut();
	return (int)syscall(SYS_mkdirat, fd, name, mode);
}

int mkdir(const char *name, mode_t mode)
{
	if (now_cut())
		cut();
	return (int)syscall(SYS_mkdir, name, mode);
}

static long *shared_counter(void)
{
	if (!power.calls) {
		power.calls = mmap(NULL, sizeof(*power.calls), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		cr_assert_neq((void *)power.calls, MAP_FAILED);
	}
	return power.calls;
}

bool power_run(bool (*act)(void *context), void *context, const struct power_cut *cut_so)
{
	int status = 0;
	pid_t child;

	*shared_counter() = 0;
	fflush(NULL);
	child = fork();
	cr_assert(child >= 0);
	if (child == 0) {
		power.cut = *cut_so;
		power.armed = true;
		_exit(act(context) ? 0 : 1);
	}
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert(WIFEXITED(status), "call %ld: the child crashed", cut_so->at);
	cr_assert_neq(WEXITSTATUS(status), 1, "call %ld: failed without a power cut", cut_so->at);
	return WEXITSTATUS(status) == 0;
}

long power_count(bool (*act)(void *context), void *context)
{
	cr_assert(power_run(act, context, &(struct power_cut){0}));
	return *power.calls;
}
