/*
 * Power cuts. The functions below stand before libc's in this program: a child counts its way
 * through every call that changes the disk and stops dead at the n-th. What was written and not yet
 * synced is then lost (cut to nothing), as a disk may do. Whatever n is, the device must still hold
 * an identity that its key fits, and the next run must succeed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <openssl/pem.h>

#include "tests/unit/device/rig.h"

#define CUT_EXIT 77

#define DIRTY_MAX 64

/* Of this process; the tests proper never arm it. */
static struct {
	bool armed, half; /* half: of the write that is cut, half reaches the file */
	long calls, cut_at;
	struct {
		ino_t inode; /* written and not synced */
		int fd;      /* our own, so that closing the file does not hide it; -1: free */
	} dirty[DIRTY_MAX];
} power;

int fsync(int fd);
ssize_t write(int fd, const void *bytes, size_t n);
int rename(const char *from, const char *to);
int renameat(int from_fd, const char *from, int to_fd, const char *to);
int symlinkat(const char *target, int fd, const char *name);
int unlinkat(int fd, const char *name, int flags);
int mkdirat(int fd, const char *name, mode_t mode);
int mkdir(const char *name, mode_t mode);

static void cut(void)
{
	for (size_t i = 0; i < DIRTY_MAX; i++)
		if (power.dirty[i].inode)
			syscall(SYS_ftruncate, power.dirty[i].fd, 0);
	_exit(CUT_EXIT);
}

static bool now_cut(void)
{
	return power.armed && ++power.calls == power.cut_at;
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
		if (last && power.half) {
			syscall(SYS_write, fd, bytes, n / 2);
			mark_clean(inode);
		}
		if (last)
			cut();
	}
	return syscall(SYS_write, fd, bytes, n);
}

int fsync(int fd)
{
	int result;

	if (now_cut())
		cut();
	result = (int)syscall(SYS_fsync, fd);
	if (result == 0 && power.armed)
		mark_clean(inode_of(fd));
	return result;
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

/* Run in a child whose power goes at call n. True: it came to its end before. */
static bool run_with_power_until(
    struct rig *rig, enum signet_result (*act)(struct rig *rig), long n, bool half)
{
	int status = 0;
	pid_t child;

	fflush(NULL);
	child = fork();
	cr_assert(child >= 0);
	if (child == 0) {
		power.cut_at = n;
		power.half = half;
		power.armed = true;
		_exit(act(rig) == SIGNET_DONE ? 0 : 1);
	}
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert(WIFEXITED(status), "call %ld: the child crashed", n);
	cr_assert_neq(WEXITSTATUS(status), 1, "call %ld: failed without a power cut", n);
	return WEXITSTATUS(status) == 0;
}

static enum signet_result act_enroll(struct rig *rig)
{
	return rig_enroll(rig, NULL);
}

static enum signet_result act_renew(struct rig *rig)
{
	return rig_renew(rig, NULL);
}

/* Certificate and key, read as another program would, must fit. */
static void assert_usable(const struct rig *rig, long n)
{
	char path[160];
	FILE *f;
	EVP_PKEY *key;
	X509 *cert = rig_current(rig);

	cr_assert(cert, "call %ld: no certificate", n);
	snprintf(path, sizeof(path), "%s/current/key.pem", rig->store);
	f = fopen(path, "r");
	cr_assert(f, "call %ld: no key", n);
	key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
	fclose(f);
	cr_assert(key, "call %ld: the key is damaged", n);
	cr_assert_eq(X509_check_private_key(cert, key), 1, "call %ld: key and certificate", n);
	EVP_PKEY_free(key);
	X509_free(cert);
}

/* Nothing may be left but what belongs there. */
static void assert_tidy(const struct rig *rig, long n)
{
	char command[256];
	FILE *f;
	int count = 0;

	snprintf(command, sizeof(command),
	    "ls -A %s | grep -vxE 'lock|config.json|state.json|anchors.pem|current|identity-[0-9]+' | wc -l",
	    rig->store);
	f = popen(command, "r");
	cr_assert(f && fscanf(f, "%d", &count) == 1);
	pclose(f);
	cr_assert_eq(count, 0, "call %ld: litter in the store", n);
	snprintf(command, sizeof(command), "ls -d %s/identity-* | wc -l", rig->store);
	f = popen(command, "r");
	cr_assert(f && fscanf(f, "%d", &count) == 1);
	pclose(f);
	cr_assert_eq(count, 1, "call %ld: %d generations", n, count);
}

static void cut_enrollment(bool half)
{
	struct rig *rig = rig_new(0);
	char command[128];
	bool whole = false;
	long n;

	snprintf(command, sizeof(command), "rm -rf %s", rig->store);
	rig->later = rig->settings; /* the store may not know the IDevID yet */
	for (n = 1; !whole; n++) {
		cr_assert(system(command) == 0);
		whole = run_with_power_until(rig, act_enroll, n, half);
		/* Not enrolled, or enrolled: the IDevID or the LDevID is there. */
		cr_assert_str_neq(rig_status(rig)->identity, "none", "call %ld", n);
		cr_assert_eq(rig_enroll(rig, NULL), SIGNET_DONE, "call %ld: %s", n, rig->why.text);
		assert_usable(rig, n);
		assert_tidy(rig, n);
	}
	cr_assert_gt(n, 30, "only %ld calls were counted", n);
	rig_free(rig);
}

Test(device_power_cut, enrollment_cut_at_any_call, .timeout = 300)
{
	cut_enrollment(false);
}

Test(device_power_cut, enrollment_cut_with_half_a_write, .timeout = 300)
{
	cut_enrollment(true);
}

Test(device_power_cut, renewal_cut_at_any_call, .timeout = 300)
{
	struct rig *rig = rig_new(0);
	bool whole = false;
	long n;

	cr_assert_eq(rig_enroll(rig, NULL), SIGNET_DONE, "%s", rig->why.text);
	for (n = 1; !whole; n++) {
		whole = run_with_power_until(rig, act_renew, n, n % 2);
		assert_usable(rig, n);
		cr_assert(rig_status(rig)->valid, "call %ld", n);
		cr_assert_str_eq(rig->status.identity, "LDevID");
		cr_assert_eq(rig_renew(rig, NULL), SIGNET_DONE, "call %ld: %s", n, rig->why.text);
		assert_usable(rig, n);
		assert_tidy(rig, n);
	}
	cr_assert_gt(n, 20, "only %ld calls were counted", n);
	rig_free(rig);
}

static enum signet_result act_reset(struct rig *rig)
{
	return rig_reset(rig, NULL);
}

/* Whenever the power goes: as before, or a reset that is finished by the next start. */
Test(device_power_cut, reset_cut_at_any_call, .timeout = 300)
{
	const struct signet_reset if_begun = {.if_begun = true};
	struct rig *rig = rig_new(0);
	bool whole = false;
	long n;

	for (n = 1; !whole; n++) {
		enum signet_result ended;

		cr_assert_eq(rig_enroll(rig, NULL), SIGNET_DONE, "call %ld: %s", n, rig->why.text);
		whole = run_with_power_until(rig, act_reset, n, n % 2);
		ended = rig_reset(rig, &if_begun);
		if (ended == SIGNET_NOT_DUE && strcmp(rig_status(rig)->identity, "LDevID") == 0) {
			assert_usable(rig, n); /* not begun, as far as the disk knows */
			continue;
		}
		cr_assert(ended == SIGNET_DONE || ended == SIGNET_NOT_DUE, "call %ld: %s", n,
		    rig->why.text);
		cr_assert_str_eq(rig_status(rig)->identity, "IDevID", "call %ld", n);
		cr_assert_null(rig->status.server, "call %ld", n);
		cr_assert_null(rig->status.anchor_digest, "call %ld", n);
		cr_assert_null(rig->status.pending, "call %ld", n);
	}
	cr_assert_gt(n, 15, "only %ld calls were counted", n);
	rig_free(rig);
}

static void forget_successor(const struct rig *rig)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/anchors.pem", rig->store);
	mint_write_cert(path, rig->r->root);
}

/* A root that follows is taken in whole or not at all, and learnt anew where it was not. */
Test(device_power_cut, following_a_root_cut_at_any_call, .timeout = 300)
{
	struct rig *rig = rig_new(0);
	EVP_PKEY *key = mint_key();
	char command[160];
	bool whole = false;
	long n;

	cr_assert_eq(rig_enroll(rig, NULL), SIGNET_DONE, "%s", rig->why.text);
	rig->r->offer_too[0] =
	    mint_cert(&(struct mint_wish){.cn = "New Root", .key = key, .ca = true});
	rig->r->offer_too[1] = mint_cert(&(struct mint_wish){.cn = "New Root",
	    .key = key,
	    .issuer = rig->r->root,
	    .issuer_key = rig->r->root_key,
	    .ca = true});
	snprintf(command, sizeof(command), "test $(grep -c BEGIN %s/anchors.pem) = 2", rig->store);
	for (n = 1; !whole; n++) {
		whole = run_with_power_until(rig, act_renew, n, n % 2);
		cr_assert_str_eq(rig_status(rig)->anchor_digest, rig->pin, "call %ld", n);
		cr_assert_eq(rig_renew(rig, NULL), SIGNET_DONE, "call %ld: %s", n, rig->why.text);
		cr_assert_eq(system(command), 0, "call %ld", n);
		assert_tidy(rig, n);
		forget_successor(rig);
	}
	X509_free(rig->r->offer_too[0]);
	X509_free(rig->r->offer_too[1]);
	EVP_PKEY_free(key);
	rig_free(rig);
}
