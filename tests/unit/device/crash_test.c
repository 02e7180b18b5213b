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

/* Of this process; the tests proper never arm it. */
static struct {
	bool armed;
	long calls, cut_at;
	bool half;        /* of the write that is cut, half reaches the file */
	bool dirty[1024]; /* by descriptor: written and not synced */
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
	for (int fd = 0; fd < (int)COUNT(power.dirty); fd++)
		if (power.dirty[fd])
			syscall(SYS_ftruncate, fd, 0);
	_exit(CUT_EXIT);
}

static bool now_cut(void)
{
	return power.armed && ++power.calls == power.cut_at;
}

static bool is_file(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && fd < (int)COUNT(power.dirty);
}

ssize_t write(int fd, const void *bytes, size_t n)
{
	if (power.armed && is_file(fd)) {
		if (now_cut()) {
			if (power.half)
				syscall(SYS_write, fd, bytes, n / 2);
			else
				power.dirty[fd] = true;
			cut();
		}
		power.dirty[fd] = true;
	}
	return syscall(SYS_write, fd, bytes, n);
}

int fsync(int fd)
{
	int result;

	if (now_cut())
		cut();
	result = (int)syscall(SYS_fsync, fd);
	if (result == 0 && fd < (int)COUNT(power.dirty))
		power.dirty[fd] = false;
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
