/*
 * clients/device/update_store.c: slots, places and state in files; see update_internal.h.
 *
 * Records are replaced whole: written beside, synced, renamed, the directory synced. State records
 * are written in place, as in flash, since there are two of them and each carries its digest.
 * Images are written in place too: the slot is spare while that goes on.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "clients/device/update_internal.h"

const char *const update_slot_names[BOOT_SLOTS] = {"a", "b"};

struct status update_failed(struct err *err, const char *doing, const char *name)
{
	const bool full = errno == ENOSPC || errno == EDQUOT || errno == EFBIG;

	return err_refuse(err, full ? UPDATE_WHY(UPDATE_FULL) : UPDATE_WHY(UPDATE_STORE),
	    "cannot %s '%s': %s", doing, name, strerror(errno));
}

/* ---- names ---- */

void update_slot_file(unsigned slot, const char *name, char ret_name[static UPDATE_NAME_MAX])
{
	snprintf(
	    ret_name, UPDATE_NAME_MAX, "slot-%s/%s", update_slot_names[slot % BOOT_SLOTS], name);
}

void update_image_name(unsigned slot, unsigned component, char ret_name[static UPDATE_NAME_MAX])
{
	char name[24];

	snprintf(name, sizeof(name), "image-%u", component);
	update_slot_file(slot, name, ret_name);
}

void update_file_name(enum boot_file file, unsigned place, char ret_name[static UPDATE_NAME_MAX])
{
	if (file == BOOT_FILE_ENVELOPE)
		update_slot_file(place, "envelope", ret_name);
	else
		snprintf(ret_name, UPDATE_NAME_MAX, "%s-%u",
		    file == BOOT_FILE_TRUST ? "trust" : "recall", place);
}

/* ---- files ---- */

static bool write_all(int fd, const uint8_t *p, size_t n)
{
	while (n) {
		ssize_t part = write(fd, p, n);

		if (part < 0 && errno == EINTR)
			continue;
		if (part <= 0)
			return false;
		p += part;
		n -= (size_t)part;
	}
	return true;
}

struct status update_sync(struct signet_update *u, const char *directory, struct err *err)
{
	int fd = openat(u->fd, directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool synced = fd >= 0 && fsync(fd) == 0;

	if (!synced) {
		struct status s = update_failed(err, "sync", directory);

		if (fd >= 0)
			close(fd);
		return s;
	}
	close(fd);
	return STATUS_OK;
}

/* "slot-a/envelope" gives "slot-a", "trust-0" gives ".". */
static void directory_of(const char *name, char ret_name[static UPDATE_NAME_MAX])
{
	const char *slash = strchr(name, '/');

	snprintf(
	    ret_name, UPDATE_NAME_MAX, "%.*s", slash ? (int)(slash - name) : 1, slash ? name : ".");
}

static struct status write_beside(
    struct signet_update *u, const char *name, struct span bytes, struct err *err)
{
	int fd = openat(u->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	struct status s = STATUS_OK;

	if (fd < 0)
		return update_failed(err, "write", name);
	if (!write_all(fd, bytes.p, bytes.n) || fsync(fd) < 0)
		s = update_failed(err, "write", name);
	if (close(fd) < 0 && s.ok)
		s = update_failed(err, "write", name);
	return s;
}

struct status update_put(
    struct signet_update *u, const char *name, struct span bytes, struct err *err)
{
	char beside[UPDATE_NAME_MAX + 8], directory[UPDATE_NAME_MAX];

	snprintf(beside, sizeof(beside), "%s.new", name);
	directory_of(name, directory);
	if (!write_beside(u, beside, bytes, err).ok) {
		unlinkat(u->fd, beside, 0);
		return STATUS_FAILED;
	}
	if (renameat(u->fd, beside, u->fd, name) < 0)
		return update_failed(err, "replace", name);
	return update_sync(u, directory, err);
}

struct status update_get(
    struct signet_update *u, const char *name, size_t most, struct buf *out, struct err *err)
{
	AUTO(buf) path = {0};
	struct err why = {0};

	buf_printf(&path, "%s/%s", u->directory, name);
	if (file_read(buf_cstr(&path), most, out, &why).ok)
		return STATUS_OK;
	if (why.kind == ERR_MISSING)
		return err_set(err, ERR_MISSING, "%s", why.message);
	return device_wrap(err, UPDATE_WHY(UPDATE_STORE), &why);
}

struct status update_remove(struct signet_update *u, const char *name, struct err *err)
{
	char directory[UPDATE_NAME_MAX];

	directory_of(name, directory);
	if (unlinkat(u->fd, name, 0) < 0)
		return errno == ENOENT ? STATUS_OK : update_failed(err, "remove", name);
	return update_sync(u, directory, err);
}

struct status update_image_open(
    struct signet_update *u, unsigned slot, unsigned component, int *ret_fd, struct err *err)
{
	char name[UPDATE_NAME_MAX], directory[UPDATE_NAME_MAX];
	int fd;

	update_image_name(slot, component, name);
	directory_of(name, directory);
	fd = openat(u->fd, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return update_failed(err, "open", name);
	if (!update_sync(u, directory, err).ok) {
		close(fd);
		return STATUS_FAILED;
	}
	*ret_fd = fd;
	return STATUS_OK;
}

void update_images_forget(struct signet_update *u)
{
	for (unsigned slot = 0; slot < BOOT_SLOTS; slot++) {
		for (unsigned i = 0; i < BOOT_COMPONENTS_MAX; i++) {
			if (u->images[slot][i] >= 0)
				close(u->images[slot][i]);
			u->images[slot][i] = -1;
		}
	}
}

/* ---- what libsignet-boot sees ---- */

static const size_t file_most[UPDATE_FILES] = {
    [BOOT_FILE_ENVELOPE] = SUIT_ENVELOPE_MAX,
    [BOOT_FILE_TRUST] = TRUST_SIZE_MAX,
    [BOOT_FILE_RECALL] = RECALL_SIZE_MAX,
};

static bool flash_file(void *context, enum boot_file file, unsigned place, struct span *ret_octets)
{
	struct signet_update *u = context;
	struct buf *kept = &u->files[file][place % BOOT_PLACES];
	char name[UPDATE_NAME_MAX];

	update_file_name(file, place, name);
	buf_reset(kept);
	if (!update_get(u, name, file_most[file], kept, &(struct err){0}).ok)
		return false;
	*ret_octets = buf_span(kept);
	return true;
}

static bool read_all(int fd, uint8_t *p, size_t n, uint64_t offset)
{
	while (n) {
		ssize_t part = pread(fd, p, n, (off_t)offset);

		if (part < 0 && errno == EINTR)
			continue;
		if (part <= 0)
			return false;
		p += part;
		n -= (size_t)part;
		offset += (uint64_t)part;
	}
	return true;
}

static bool flash_read_image(void *context, unsigned slot, unsigned component, uint64_t offset,
    uint8_t *ret_octets, size_t n)
{
	struct signet_update *u = context;
	int *fd = &u->images[slot % BOOT_SLOTS][component % BOOT_COMPONENTS_MAX];
	char name[UPDATE_NAME_MAX];

	update_image_name(slot, component, name);
	if (*fd < 0)
		*fd = openat(u->fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	return *fd >= 0 && offset <= INT64_MAX && read_all(*fd, ret_octets, n, offset);
}

static bool flash_read_state(void *context, unsigned record, uint8_t ret_record[BOOT_STATE_SIZE])
{
	const struct signet_update *u = context;
	char name[UPDATE_NAME_MAX];
	bool good;
	int fd;

	snprintf(name, sizeof(name), "state-%u", record);
	fd = openat(u->fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return false;
	good = read_all(fd, ret_record, BOOT_STATE_SIZE, 0);
	close(fd);
	return good;
}

static bool flash_write_state(void *context, unsigned record, const uint8_t bytes[BOOT_STATE_SIZE])
{
	struct signet_update *u = context;
	char name[UPDATE_NAME_MAX];
	bool good;
	int fd;

	snprintf(name, sizeof(name), "state-%u", record);
	fd = openat(u->fd, name, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return false;
	good = write_all(fd, bytes, BOOT_STATE_SIZE) && fsync(fd) == 0;
	close(fd);
	return good && update_sync(u, ".", &(struct err){0}).ok;
}

void update_flash(struct signet_update *u)
{
	u->flash = (struct boot_flash){.file = flash_file,
	    .read_image = flash_read_image,
	    .read_state = flash_read_state,
	    .write_state = flash_write_state,
	    .context = u};
}

/* ---- the directory ---- */

/* Names must be as durable as what stands in them: those of the slots here, our own above. */
static struct status make_slots(struct signet_update *u, struct err *err)
{
	char name[UPDATE_NAME_MAX];

	for (unsigned i = 0; i < BOOT_SLOTS; i++) {
		snprintf(name, sizeof(name), "slot-%s", update_slot_names[i]);
		if (mkdirat(u->fd, name, 0700) < 0 && errno != EEXIST)
			return update_failed(err, "make", name);
	}
	TRY(update_sync(u, ".", err));
	return update_sync(u, "..", err);
}

struct status update_directory_open(
    struct signet_update *u, const char *directory, bool make, struct err *err)
{
	struct err why = {0};
	struct stat st;

	u->directory = arena_strdup(&u->arena, directory);
	if (make && !dir_make(directory, 0700, &why).ok)
		return device_wrap(err, UPDATE_WHY(UPDATE_STORE), &why);
	u->fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (u->fd < 0 && errno == ENOENT)
		return err_refuse(err, UPDATE_WHY(UPDATE_NONE), "there is no '%s'", directory);
	if (u->fd < 0 || fstat(u->fd, &st) < 0)
		return update_failed(err, "open", directory);
	if (st.st_mode & 077)
		return err_refuse(err, UPDATE_WHY(UPDATE_STORE),
		    "'%s' is open to others (mode %04o)", directory,
		    (unsigned)(st.st_mode & 07777));
	return make ? make_slots(u, err) : STATUS_OK;
}

void update_unlock(struct signet_update *u)
{
	if (u->lock_fd >= 0)
		close(u->lock_fd);
	u->lock_fd = -1;
}

void update_directory_close(struct signet_update *u)
{
	update_images_forget(u);
	update_unlock(u);
	if (u->fd >= 0)
		close(u->fd);
	u->fd = -1;
}

struct status update_lock(struct signet_update *u, struct err *err)
{
	if (u->lock_fd >= 0)
		return STATUS_OK;
	u->lock_fd = openat(u->fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (u->lock_fd < 0)
		return update_failed(err, "open", "lock");
	if (flock(u->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return STATUS_OK;
	close(u->lock_fd);
	u->lock_fd = -1;
	return err_refuse(
	    err, UPDATE_WHY(UPDATE_LOCKED), "another program is updating '%s'", u->directory);
}
