/* clients/operator/digest_file.c: see digest_file.h. */
#include "clients/operator/digest_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "base/clock.h"
#include "clients/operator/reason.h"

#define PART_SIZE ((size_t)1 << 20)
#define SHOWN_MS  200 /* between two lines of progress */

struct reading {
	const char *path;
	const struct screen *screen;
	int fd;
	int64_t size, done, shown_at;
	EVP_MD_CTX *hashes[3];
};

static void reading_auto(struct reading *r)
{
	for (size_t i = 0; i < COUNT(r->hashes); i++)
		EVP_MD_CTX_free(r->hashes[i]);
	if (r->fd >= 0)
		close(r->fd);
}

static struct status open_file(struct reading *r, struct err *err)
{
	const EVP_MD *const kinds[] = {EVP_sha256(), EVP_sha384(), EVP_sha512()};
	struct stat st;

	r->fd = open(r->path, O_RDONLY | O_CLOEXEC);
	if (r->fd < 0 || fstat(r->fd, &st) != 0)
		return err_refuse(err, WHY(FILE), "'%s': %s", r->path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return err_refuse(err, WHY(FILE), "'%s' is no regular file", r->path);
	r->size = (int64_t)st.st_size;
	for (size_t i = 0; i < COUNT(kinds); i++) {
		r->hashes[i] = EVP_MD_CTX_new();
		if (!r->hashes[i] || !EVP_DigestInit_ex(r->hashes[i], kinds[i], NULL))
			return err_crypto(err, ERR_INTERNAL, "OpenSSL has no SHA-2");
	}
	return STATUS_OK;
}

static void show(struct reading *r, bool end)
{
	if (!r->screen || !r->screen->terminal)
		return;
	if (!end && monotonic_ms() - r->shown_at < SHOWN_MS)
		return;
	r->shown_at = monotonic_ms();
	if (end)
		fprintf(r->screen->file, "\r%60s\r", "");
	else
		fprintf(r->screen->file, "\rsignet: hashing %.30s, %d %% ", r->path,
		    r->size ? (int)(r->done * 100 / r->size) : 100);
	fflush(r->screen->file);
}

static struct status read_all(struct reading *r, uint8_t *part, struct err *err)
{
	ssize_t n;

	while ((n = read(r->fd, part, PART_SIZE)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_refuse(err, WHY(FILE), "'%s': %s", r->path, strerror(errno));
		for (size_t i = 0; i < COUNT(r->hashes); i++)
			if (!EVP_DigestUpdate(r->hashes[i], part, (size_t)n))
				return err_crypto(err, ERR_INTERNAL, "SHA-2 fails");
		r->done += n;
		show(r, false);
	}
	if (r->done != r->size)
		return err_refuse(err, WHY(FILE), "'%s' is being written to", r->path);
	return STATUS_OK;
}

struct status digest_file(
    const char *path, const struct screen *screen, struct digest_file *ret_digest, struct err *err)
{
	AUTO(reading) r = {.path = path, .screen = screen, .fd = -1};
	AUTO(buf) part = {0};
	struct digest_file d = {0};

	TRY(open_file(&r, err));
	buf_reserve(&part, PART_SIZE);
	TRY(read_all(&r, part.p, err));
	show(&r, true);
	d.size = r.size;
	if (!EVP_DigestFinal_ex(r.hashes[0], d.sha256.bytes, NULL) ||
	    !EVP_DigestFinal_ex(r.hashes[1], d.sha384, NULL) ||
	    !EVP_DigestFinal_ex(r.hashes[2], d.sha512, NULL))
		return err_crypto(err, ERR_INTERNAL, "SHA-2 fails");
	*ret_digest = d;
	return STATUS_OK;
}
