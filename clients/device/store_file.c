/*
 * clients/device/store_file.c: the store in files.
 *
 *     DIR/                 0700
 *       lock               held by flock(2) while a program changes the store
 *       config.json state.json anchors.pem reset.json
 *       identity-7/        a generation: key.pem 0600, cert.pem (certificate, then intermediates)
 *       current            symbolic link to the current generation's directory
 *
 * A record and a certificate are replaced whole by rename(2); which generation is current is one
 * rename(2) of the link. Whatever a power cut leaves half-made is a temporary name or a generation
 * that nothing points to, and prune() removes it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "clients/device/erase.h"
#include "clients/device/key_file.h"
#include "clients/device/reason.h"
#include "clients/device/store.h"

#define GENERATION_PREFIX "identity-"
#define CURRENT           "current"
#define CURRENT_NEW       "current.new"

struct file_store {
	struct store store;
	char *directory;
	int fd;      /* of the directory */
	int lock_fd; /* -1: not locked */
};

static struct file_store *of(struct store *s)
{
	return (struct file_store *)(void *)s;
}

static char *place(struct file_store *f, uint32_t generation, const char *name)
{
	AUTO(buf) path = {0};

	buf_printf(&path, "%s/", f->directory);
	if (generation)
		buf_printf(&path, GENERATION_PREFIX "%u/", generation);
	buf_put_str(&path, name);
	return mem_strdup(buf_cstr(&path));
}

/* For the functions of base/file.h and key_file.h: a path made for one call. */
struct path {
	char *text;
};

static void path_auto(struct path *p)
{
	free(p->text);
}

static struct status failed(struct err *err, const char *doing, const char *name)
{
	return err_refuse(err, WHY(STORE), "cannot %s '%s': %s", doing, name, strerror(errno));
}

/* ERR_MISSING stays itself: callers ask for it. */
static struct status wrap(struct err *err, const struct err *why)
{
	if (why->kind == ERR_MISSING)
		return err_set(err, ERR_MISSING, "%s", why->message);
	return device_wrap(err, WHY(STORE), why);
}

static struct status sync_directory(int fd, struct err *err)
{
	return fsync(fd) == 0 ? STATUS_OK : failed(err, "sync", "key store");
}

static struct status file_load(struct store *s, const char *name, struct buf *out, struct err *err)
{
	AUTO(path) path = {place(of(s), 0, name)};
	struct err why = {0};

	return file_read(path.text, STORE_RECORD_MAX, out, &why).ok ? STATUS_OK : wrap(err, &why);
}

static struct status file_save(
    struct store *s, const char *name, struct span bytes, struct err *err)
{
	AUTO(path) path = {place(of(s), 0, name)};
	struct err why = {0};

	return file_replace(path.text, bytes, 0600, &why).ok ? STATUS_OK : wrap(err, &why);
}

/* "state.json.Xy12ab", "state.json.erased": of a record that a power cut left behind. */
static bool is_litter(const char *name)
{
	static const char *const records[] = {
	    STORE_CONFIG, STORE_STATE, STORE_ANCHORS, STORE_RESET};

	for (size_t i = 0; i < COUNT(records); i++) {
		size_t n = strlen(records[i]);

		if (strncmp(name, records[i], n) == 0 && name[n] == '.' && strlen(name + n) == 7)
			return true;
	}
	return strcmp(name, CURRENT_NEW) == 0;
}

/* Call `each` for every name in the store. */
static struct status each_name(struct file_store *f,
    struct status (*each)(struct file_store *f, const char *name, void *context, struct err *err),
    void *context, struct err *err)
{
	int fd = openat(f->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct status s = STATUS_OK;
	const struct dirent *entry;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return failed(err, "list", f->directory);
	}
	while (s.ok && (entry = readdir(dir)))
		s = each(f, entry->d_name, context, err);
	closedir(dir);
	return s;
}

static struct status remove_litter(
    struct file_store *f, const char *name, void *context, struct err *err)
{
	struct err why = {0}; /* the next run tries again */

	(void)context, (void)err;
	if (is_litter(name))
		(void)erase_file(f->fd, name, &why).ok;
	return STATUS_OK;
}

/* The store's own name must be as durable as what stands in it. */
static void sync_parent(const struct file_store *f)
{
	int fd = openat(f->fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
}

static struct status file_lock(struct store *s, struct err *err)
{
	struct file_store *f = of(s);

	if (f->lock_fd >= 0)
		return STATUS_OK;
	f->lock_fd = openat(f->fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (f->lock_fd < 0)
		return failed(err, "open", "lock");
	if (flock(f->lock_fd, LOCK_EX | LOCK_NB) == 0) {
		sync_parent(f);
		return each_name(f, remove_litter, NULL, err);
	}
	close(f->lock_fd);
	f->lock_fd = -1;
	return err_refuse(
	    err, WHY(STORE_LOCKED), "another program is changing key store '%s'", f->directory);
}

/* An empty directory for a generation, durable; one that is there is taken as it is. */
static struct status generation_make(struct file_store *f, uint32_t generation, struct err *err)
{
	char name[32];

	snprintf(name, sizeof(name), GENERATION_PREFIX "%u", generation);
	if (mkdirat(f->fd, name, 0700) < 0 && errno != EEXIST)
		return failed(err, "make", name);
	return sync_directory(f->fd, err);
}

static struct status key_put(
    struct file_store *f, uint32_t generation, struct device_key *k, struct err *err)
{
	AUTO(path) path = {place(f, generation, "key.pem")};
	struct err why = {0};

	TRY(generation_make(f, generation, err));
	return key_file_save(path.text, k, &why).ok ? STATUS_OK : wrap(err, &why);
}

static struct status file_key_make(struct store *s, uint32_t generation,
    const struct key_algorithm *a, struct device_key **ret_key, struct err *err)
{
	AUTO_REF(device_key) key = NULL;
	EVP_PKEY *pkey = NULL;

	TRY(key_generate(a, &pkey, err));
	TRY(key_file_adopt(pkey, &key, err));
	TRY(key_put(of(s), generation, key, err));
	*ret_key = TAKE(key);
	return STATUS_OK;
}

static struct status file_key_open(
    struct store *s, uint32_t generation, struct device_key **ret_key, struct err *err)
{
	AUTO(path) path = {place(of(s), generation, "key.pem")};
	struct err why = {0};

	return key_file_load(path.text, ret_key, &why).ok ? STATUS_OK : wrap(err, &why);
}

static struct status file_key_share(struct store *s, uint32_t from, uint32_t generation,
    struct device_key **ret_key, struct err *err)
{
	AUTO_REF(device_key) key = NULL;

	TRY(file_key_open(s, from, &key, err));
	TRY(key_put(of(s), generation, key, err));
	*ret_key = TAKE(key);
	return STATUS_OK;
}

static struct status file_cert_save(
    struct store *s, uint32_t generation, struct span pem, struct err *err)
{
	AUTO(path) path = {place(of(s), generation, "cert.pem")};
	struct err why = {0};

	return file_replace(path.text, pem, 0644, &why).ok ? STATUS_OK : wrap(err, &why);
}

static struct status file_cert_load(
    struct store *s, uint32_t generation, struct buf *out, struct err *err)
{
	AUTO(path) path = {place(of(s), generation, "cert.pem")};
	struct err why = {0};

	return file_read(path.text, STORE_RECORD_MAX, out, &why).ok ? STATUS_OK : wrap(err, &why);
}

/* "identity-7" gives 7; 0: it is not the name of a generation. */
static uint32_t generation_of(const char *name)
{
	size_t prefix = strlen(GENERATION_PREFIX);
	unsigned long n;
	char *end;

	if (strncmp(name, GENERATION_PREFIX, prefix) != 0 || name[prefix] < '1' ||
	    name[prefix] > '9')
		return 0;
	errno = 0;
	n = strtoul(name + prefix, &end, 10);
	return *end || errno || n > UINT32_MAX ? 0 : (uint32_t)n;
}

static struct status file_current(struct store *s, uint32_t *ret_generation, struct err *err)
{
	char target[64];
	ssize_t n = readlinkat(of(s)->fd, CURRENT, target, sizeof(target) - 1);

	if (n < 0 && errno == ENOENT) {
		*ret_generation = 0;
		return STATUS_OK;
	}
	if (n < 0)
		return failed(err, "read", CURRENT);
	target[n] = '\0';
	if (!generation_of(target))
		return err_refuse(err, WHY(STORE),
		    "'%s/" CURRENT "' points to '%s', not to an identity", of(s)->directory,
		    target);
	*ret_generation = generation_of(target);
	return STATUS_OK;
}

static struct status file_activate(struct store *s, uint32_t generation, struct err *err)
{
	struct file_store *f = of(s);
	char target[32];

	snprintf(target, sizeof(target), GENERATION_PREFIX "%u", generation);
	if (unlinkat(f->fd, CURRENT_NEW, 0) < 0 && errno != ENOENT)
		return failed(err, "remove", CURRENT_NEW);
	if (symlinkat(target, f->fd, CURRENT_NEW) < 0)
		return failed(err, "make", CURRENT_NEW);
	if (renameat(f->fd, CURRENT_NEW, f->fd, CURRENT) < 0)
		return failed(err, "replace", CURRENT);
	return sync_directory(f->fd, err);
}

static struct status take_highest(
    struct file_store *f, const char *name, void *context, struct err *err)
{
	uint32_t *highest = context;

	(void)f, (void)err;
	if (generation_of(name) > *highest)
		*highest = generation_of(name);
	return STATUS_OK;
}

static struct status file_highest(struct store *s, uint32_t *ret_generation, struct err *err)
{
	uint32_t highest = 0;

	TRY(each_name(of(s), take_highest, &highest, err));
	*ret_generation = highest;
	return STATUS_OK;
}

/* The key first: a generation without its key is nothing, one without its certificate may be
 * pending. */
static struct status generation_remove(struct file_store *f, const char *name, struct err *err)
{
	int fd = openat(f->fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	struct err why = {0}; /* what is left shows when the directory is removed */

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return failed(err, "open", name);
	}
	(void)erase_file(fd, "key.pem", &why).ok;
	while ((entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			(void)erase_file(fd, entry->d_name, &why).ok;
	closedir(dir);
	return unlinkat(f->fd, name, AT_REMOVEDIR) == 0 ? STATUS_OK : failed(err, "remove", name);
}

static struct status remove_unless_kept(
    struct file_store *f, const char *name, void *context, struct err *err)
{
	const uint32_t *keep = context;
	uint32_t generation = generation_of(name);

	if (!generation || generation == keep[0] || generation == keep[1])
		return STATUS_OK;
	return generation_remove(f, name, err);
}

static struct status file_prune(struct store *s, uint32_t keep, uint32_t keep_too, struct err *err)
{
	uint32_t both[2] = {keep, keep_too};

	TRY(each_name(of(s), remove_unless_kept, both, err));
	return sync_directory(of(s)->fd, err);
}

static struct status file_remove(struct store *s, const char *name, struct err *err)
{
	const struct file_store *f = of(s);
	struct err why = {0};
	char erased[64];

	/* Half overwritten it could not be read: first it gets a name that nobody reads. */
	snprintf(erased, sizeof(erased), "%s.erased", name);
	if (renameat(f->fd, name, f->fd, erased) < 0 && errno != ENOENT)
		return failed(err, "rename", name);
	TRY(sync_directory(f->fd, err));
	if (!erase_file(f->fd, erased, &why).ok)
		return wrap(err, &why);
	return sync_directory(f->fd, err);
}

/* The link first: from then on nothing is the current identity, whatever is left of it. */
static struct status file_forget(struct store *s, struct err *err)
{
	struct file_store *f = of(s);

	if (unlinkat(f->fd, CURRENT, 0) < 0 && errno != ENOENT)
		return failed(err, "remove", CURRENT);
	TRY(sync_directory(f->fd, err));
	return file_prune(s, 0, 0, err);
}

static void file_paths(struct store *s, struct buf *ret_cert, struct buf *ret_key)
{
	buf_printf(ret_cert, "%s/" CURRENT "/cert.pem", of(s)->directory);
	buf_printf(ret_key, "%s/" CURRENT "/key.pem", of(s)->directory);
}

static void file_close(struct store *s)
{
	struct file_store *f = of(s);

	if (f->lock_fd >= 0)
		close(f->lock_fd);
	if (f->fd >= 0)
		close(f->fd);
	free(f->directory);
	free(f);
}

void store_close(struct store *s)
{
	if (s)
		s->ops->close(s);
}

static const struct store_ops file_store_ops = {
    .load = file_load,
    .save = file_save,
    .lock = file_lock,
    .key_make = file_key_make,
    .key_share = file_key_share,
    .key_open = file_key_open,
    .cert_save = file_cert_save,
    .cert_load = file_cert_load,
    .current = file_current,
    .activate = file_activate,
    .highest = file_highest,
    .remove = file_remove,
    .forget = file_forget,
    .prune = file_prune,
    .paths = file_paths,
    .close = file_close,
};

struct status store_file_open(const char *directory, struct store **ret_store, struct err *err)
{
	struct file_store *f = mem_alloc(sizeof(*f));
	AUTO_REF(store) owned = &f->store;
	struct err why = {0};
	struct stat st;

	f->store.ops = &file_store_ops;
	f->directory = mem_strdup(directory);
	f->fd = f->lock_fd = -1;
	if (!dir_make(directory, 0700, &why).ok)
		return device_wrap(err, WHY(STORE), &why);
	f->fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f->fd < 0 || fstat(f->fd, &st) < 0)
		return failed(err, "open", directory);
	if (st.st_mode & 077)
		return err_refuse(err, WHY(STORE_OPEN_TO_OTHERS),
		    "key store '%s' is open to others (mode %04o)", directory,
		    (unsigned)(st.st_mode & 07777));
	*ret_store = TAKE(owned);
	return STATUS_OK;
}
