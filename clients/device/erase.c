/* clients/device/erase.c: see erase.h. */
#include "clients/device/erase.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 64 /* directories in each other */

static struct status failed(struct err *err, const char *doing, const char *name)
{
	return err_set(err, ERR_INTERNAL, "cannot %s '%.200s': %s", doing, name, strerror(errno));
}

static bool write_zeros(int fd, off_t size)
{
	static const char zeros[16384];

	while (size > 0) {
		size_t n = size < (off_t)sizeof(zeros) ? (size_t)size : sizeof(zeros);
		ssize_t wrote = write(fd, zeros, n);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0)
			return false;
		size -= wrote;
	}
	return fsync(fd) == 0;
}

/* As well as it goes: what cannot be overwritten is removed all the same. */
static void overwrite(int directory, const char *name)
{
	int fd = openat(directory, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1)
		(void)write_zeros(fd, st.st_size);
	close(fd);
}

struct status erase_file(int directory, const char *name, struct err *err)
{
	overwrite(directory, name);
	if (unlinkat(directory, name, 0) < 0 && errno != ENOENT)
		return failed(err, "remove", name);
	return STATUS_OK;
}

static struct status erase_inside(int fd, dev_t device, int depth, struct err *err);

static struct status erase_entry(
    int directory, const char *name, dev_t device, int depth, struct err *err)
{
	struct stat st;
	struct status done;
	int fd;

	if (fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? STATUS_OK : failed(err, "look at", name);
	if (!S_ISDIR(st.st_mode))
		return erase_file(directory, name, err);
	if (st.st_dev != device)
		return err_set(
		    err, ERR_INTERNAL, "'%.200s' is another file system: erase it by itself", name);
	fd = openat(directory, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return failed(err, "open", name);
	done = erase_inside(fd, device, depth + 1, err);
	if (!done.ok)
		return done;
	return unlinkat(directory, name, AT_REMOVEDIR) == 0 ? STATUS_OK
							    : failed(err, "remove", name);
}

/* Takes the descriptor over. */
static struct status erase_inside(int fd, dev_t device, int depth, struct err *err)
{
	DIR *dir = depth < DEPTH_MAX ? fdopendir(fd) : NULL;
	struct status done = STATUS_OK;
	const struct dirent *entry;

	if (!dir) {
		close(fd);
		return err_set(err, ERR_INTERNAL, "directories are over %d deep", DEPTH_MAX);
	}
	while (done.ok && (entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			done = erase_entry(fd, entry->d_name, device, depth, err);
	if (done.ok && fsync(fd) < 0)
		done = failed(err, "sync", "a directory");
	closedir(dir);
	return done;
}

struct status erase_tree(const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;

	if (fd < 0 && errno == ENOENT)
		return STATUS_OK;
	if (fd < 0)
		return failed(err, "open", path);
	if (fstat(fd, &st) < 0) {
		close(fd);
		return failed(err, "look at", path);
	}
	return erase_inside(fd, st.st_dev, 0, err);
}
