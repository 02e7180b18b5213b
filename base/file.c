/* base/file.c: small files, read whole, replaced whole. */
#include "base/file.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/clock.h"

#define SECRET_SIZE_MAX ((size_t)4096) /* a passphrase, not a novel */

struct file {
	int fd;
};

static void file_auto(struct file *f)
{
	if (f->fd >= 0)
		close(f->fd);
}

static struct status file_open(
    const char *path, struct file *ret_file, struct stat *ret_stat, struct err *err)
{
	ret_file->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (ret_file->fd < 0)
		return err_errno(err, errno == ENOENT ? ERR_MISSING : ERR_CONFIG,
		    "file '%s' cannot be opened", path);
	if (fstat(ret_file->fd, ret_stat) < 0)
		return err_errno(err, ERR_CONFIG, "file '%s' cannot be read", path);
	if (S_ISDIR(ret_stat->st_mode))
		return err_set(err, ERR_CONFIG, "file '%s' is a directory", path);
	return STATUS_OK;
}

/* Up to n bytes; fewer only at the end of the file. */
static struct status read_full(
    const struct file *f, const char *path, uint8_t *p, size_t n, size_t *ret_read, struct err *err)
{
	size_t done = 0;

	while (done < n) {
		ssize_t part = read(f->fd, p + done, n - done);

		if (part < 0 && errno == EINTR)
			continue;
		if (part < 0)
			return err_errno(err, ERR_CONFIG, "file '%s' cannot be read", path);
		if (part == 0)
			break;
		done += (size_t)part;
	}
	*ret_read = done;
	return STATUS_OK;
}

struct status file_read(const char *path, size_t most, struct buf *out, struct err *err)
{
	AUTO(file) f = {-1};
	struct stat st;
	size_t part, got = 0, start = out->n;

	TRY(file_open(path, &f, &st, err));
	/* The size is a hint: files under /proc have none, others grow while they are read. */
	part = st.st_size > 0 && (size_t)st.st_size < most ? (size_t)st.st_size + 1 : 4096;
	do {
		struct status s;

		buf_reserve(out, part);
		s = read_full(&f, path, out->p + out->n, part, &got, err);
		if (s.ok && got > most - (out->n - start))
			s = err_set(err, ERR_TOO_LARGE, "file '%s' is over %zu bytes", path, most);
		if (!s.ok) {
			out->n = start;
			return s;
		}
		out->n += got;
	} while (got == part);
	return STATUS_OK;
}

/*
 * With a POSIX ACL the group bits of the mode are the ACL's mask, and systemd hands a credential to
 * its service by such an ACL. So ask the ACL: does it let anybody in but the owner and ourselves?
 * Layout: linux/posix_acl_xattr.h; a 4 octet version, then tag, permissions and id, little-endian.
 */
static bool acl_admits_others(const struct file *f)
{
	enum {
		USER = 0x02,
		GROUP_OBJ = 0x04,
		GROUP = 0x08,
		OTHER = 0x20
	};
	struct {
		uint16_t tag, allowed;
		uint32_t id;
	} row;
	uint8_t acl[4 + 32 * sizeof(row)];
	ssize_t n = fgetxattr(f->fd, "system.posix_acl_access", acl, sizeof(acl));

	if (n < 4)
		return true; /* none, or too long to be a secret's: the mode counts */
	for (size_t at = 4; at + sizeof(row) <= (size_t)n; at += sizeof(row)) {
		memcpy(&row, acl + at, sizeof(row));
		if (!le16toh(row.allowed))
			continue;
		if (le16toh(row.tag) & (GROUP_OBJ | GROUP | OTHER))
			return true;
		if (le16toh(row.tag) == USER && le32toh(row.id) != geteuid())
			return true;
	}
	return false;
}

/* What others may read is no secret. */
static struct status secret_open(const char *path, struct file *ret_file, struct err *err)
{
	struct stat st;

	TRY(file_open(path, ret_file, &st, err));
	if (st.st_mode & 077 && acl_admits_others(ret_file))
		return err_set(err, ERR_CONFIG,
		    "secret file '%s' can be read by others (mode %04o): chmod 600 it", path,
		    (unsigned)(st.st_mode & 07777));
	return STATUS_OK;
}

struct status file_read_secret(const char *path, struct secret *ret_secret, struct err *err)
{
	AUTO(file) f = {-1};
	AUTO(secret) room = secret_new(SECRET_SIZE_MAX + 1);
	size_t n;

	TRY(secret_open(path, &f, err));
	TRY(read_full(&f, path, room.p, room.n, &n, err));
	if (n > SECRET_SIZE_MAX)
		return err_set(err, ERR_TOO_LARGE, "secret file '%s' is over %zu bytes", path,
		    SECRET_SIZE_MAX);
	if (n && room.p[n - 1] == '\n')
		n--;
	if (!n)
		return err_set(err, ERR_CONFIG, "secret file '%s' is empty", path);
	*ret_secret = secret_copy(span(room.p, n));
	return STATUS_OK;
}

static struct status write_full(
    const struct file *f, const char *path, struct span bytes, struct err *err)
{
	while (bytes.n) {
		ssize_t part = write(f->fd, bytes.p, bytes.n);

		if (part < 0 && errno == EINTR)
			continue;
		if (part < 0)
			return err_errno(err, ERR_CONFIG, "file '%s' cannot be written", path);
		bytes.p += part;
		bytes.n -= (size_t)part;
	}
	if (fsync(f->fd) < 0)
		return err_errno(err, ERR_CONFIG, "file '%s' cannot be synced", path);
	return STATUS_OK;
}

/* A rename is durable when its directory is. */
static struct status sync_directory_of(const char *path, struct err *err)
{
	char *copy = mem_strdup(path);
	AUTO(file) f = {-1};

	f.fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(copy);
	if (f.fd < 0 || fsync(f.fd) < 0)
		return err_errno(err, ERR_CONFIG, "the directory of '%s' cannot be synced", path);
	return STATUS_OK;
}

/* A file with a name nobody else has, whole and durable; `name` holds its path. */
static struct status write_beside(
    const char *path, struct span bytes, mode_t mode, struct buf *name, struct err *err)
{
	AUTO(file) f = {-1};

	buf_printf(name, "%s.XXXXXX", path);
	buf_cstr(name);
	f.fd = mkostemp((char *)name->p, O_CLOEXEC);
	if (f.fd < 0) {
		buf_reset(name);
		return err_errno(err, ERR_CONFIG, "no file can be made beside '%s'", path);
	}
	if (fchmod(f.fd, mode) < 0)
		return err_errno(
		    err, ERR_CONFIG, "file '%s' cannot get mode %04o", path, (unsigned)mode);
	return write_full(&f, path, bytes, err);
}

typedef struct status (*place_fn)(const char *from, const char *path, struct err *err);

static struct status place_over(const char *from, const char *path, struct err *err)
{
	if (rename(from, path) < 0)
		return err_errno(err, ERR_CONFIG, "file '%s' cannot be replaced", path);
	return STATUS_OK;
}

/* link(2) fails where a name stands; rename(2) would take its place. */
static struct status place_new(const char *from, const char *path, struct err *err)
{
	if (link(from, path) < 0)
		return err_errno(err, errno == EEXIST ? ERR_CONFLICT : ERR_CONFIG,
		    errno == EEXIST ? "file '%s' is there already" : "file '%s' cannot be made",
		    path);
	unlink(from);
	return STATUS_OK;
}

static struct status file_write(
    const char *path, struct span bytes, mode_t mode, place_fn place, struct err *err)
{
	AUTO(buf) name = {0};
	struct status s = write_beside(path, bytes, mode, &name, err);

	if (s.ok)
		s = place(buf_cstr(&name), path, err);
	if (!s.ok) {
		if (name.n)
			unlink(buf_cstr(&name));
		return s;
	}
	return sync_directory_of(path, err);
}

struct status file_replace(const char *path, struct span bytes, mode_t mode, struct err *err)
{
	return file_write(path, bytes, mode, place_over, err);
}

struct status file_create(const char *path, struct span bytes, mode_t mode, struct err *err)
{
	return file_write(path, bytes, mode, place_new, err);
}

static struct status make_one(const char *path, mode_t mode, struct err *err)
{
	struct stat st;

	if (mkdir(path, mode) == 0)
		return STATUS_OK;
	if (errno == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return STATUS_OK;
	return err_errno(err, ERR_CONFIG, "directory '%s' cannot be made", path);
}

struct status dir_make(const char *path, mode_t mode, struct err *err)
{
	AUTO(buf) b = {0};

	for (const char *p = path; *p; p++) {
		if (*p == '/' && p != path) {
			buf_reset(&b);
			buf_put(&b, span(path, (size_t)(p - path)));
			TRY(make_one(buf_cstr(&b), mode, err));
		}
	}
	return make_one(path, mode, err);
}

bool file_exists(const char *path)
{
	return access(path, F_OK) == 0;
}
