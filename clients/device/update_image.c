/* clients/device/update_image.c: octets of an image, hashed as they come, into a slot or nowhere.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "clients/device/update_image.h"

#define CHUNK      ((size_t)64 << 10)
#define SYNC_EVERY ((uint64_t)4 << 20) /* so much of a download may be lost by a power cut */

static const EVP_MD *digest_of(int algorithm)
{
	switch (algorithm) {
	case COSE_SHA256: return EVP_sha256();
	case COSE_SHA384: return EVP_sha384();
	case COSE_SHA512: return EVP_sha512();
	default: return NULL;
	}
}

static struct status begin_hash(struct update_sink *s, struct err *err)
{
	const EVP_MD *md = digest_of(s->image->algorithm);

	if (!md)
		return update_refuse(err, REFUSAL_SUIT_ALGORITHM);
	if (!s->hash)
		s->hash = EVP_MD_CTX_new();
	if (!s->hash || EVP_DigestInit_ex(s->hash, md, NULL) != 1)
		return err_crypto(err, ERR_INTERNAL, "cannot hash");
	s->have = s->synced = 0;
	return STATUS_OK;
}

struct status update_sink_open(
    struct update_sink *s, const struct update_image *image, int fd, struct err *err)
{
	*s = (struct update_sink){.image = image, .fd = fd};
	return begin_hash(s, err);
}

void update_sink_close(struct update_sink *s)
{
	EVP_MD_CTX_free(s->hash);
	if (s->fd >= 0)
		close(s->fd);
	*s = (struct update_sink){.fd = -1};
}

struct status update_sink_restart(struct update_sink *s, struct err *err)
{
	if (s->fd >= 0 && (ftruncate(s->fd, 0) < 0 || lseek(s->fd, 0, SEEK_SET) < 0))
		return update_failed(err, "empty", "image");
	return begin_hash(s, err);
}

static struct status hash(struct update_sink *s, struct span bytes, struct err *err)
{
	if (EVP_DigestUpdate(s->hash, bytes.p, bytes.n) != 1)
		return err_crypto(err, ERR_INTERNAL, "cannot hash");
	s->have += bytes.n;
	return STATUS_OK;
}

/* More than the image has cannot be of it: begin anew. */
struct status update_sink_resume(struct update_sink *s, struct err *err)
{
	AUTO(buf) chunk = {0};
	ssize_t n;

	buf_reserve(&chunk, CHUNK);
	if (lseek(s->fd, 0, SEEK_SET) < 0)
		return update_failed(err, "read", "image");
	while ((n = read(s->fd, chunk.p, CHUNK)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return update_failed(err, "read", "image");
		if ((uint64_t)n > s->image->size - s->have)
			return update_sink_restart(s, err);
		TRY(hash(s, span(chunk.p, (size_t)n), err));
	}
	s->synced = s->have;
	return STATUS_OK;
}

static struct status write_out(struct update_sink *s, struct span bytes, struct err *err)
{
	while (bytes.n) {
		ssize_t n = write(s->fd, bytes.p, bytes.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return update_failed(err, "write", "image");
		bytes.p += n;
		bytes.n -= (size_t)n;
	}
	if (s->have - s->synced < SYNC_EVERY)
		return STATUS_OK;
	s->synced = s->have;
	return fdatasync(s->fd) == 0 ? STATUS_OK : update_failed(err, "sync", "image");
}

struct status update_sink_put(struct update_sink *s, struct span bytes, struct err *err)
{
	if (bytes.n > s->image->size - s->have)
		return err_refuse(err, UPDATE_WHY(UPDATE_SIZE),
		    "component '%.*s' is more than the %" PRIu64 " octets that the manifest says",
		    SPAN_PRINT(s->image->id), s->image->size);
	TRY(hash(s, bytes, err));
	return s->fd >= 0 ? write_out(s, bytes, err) : STATUS_OK;
}

struct status update_sink_end(struct update_sink *s, struct err *err)
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (s->have != s->image->size)
		return update_refuse_as(err, REFUSAL_SUIT_IMAGE,
		    "component '%.*s' ends after %" PRIu64 " of %" PRIu64 " octets",
		    SPAN_PRINT(s->image->id), s->have, s->image->size);
	if (EVP_DigestFinal_ex(s->hash, digest, &n) != 1)
		return err_crypto(err, ERR_INTERNAL, "cannot hash");
	if (!span_equal(span(digest, n), s->image->digest))
		return update_refuse_as(
		    err, REFUSAL_SUIT_IMAGE, "component '%.*s'", SPAN_PRINT(s->image->id));
	if (s->fd >= 0 && fsync(s->fd) < 0)
		return update_failed(err, "sync", "image");
	return STATUS_OK;
}

struct status update_sink_copy(struct update_sink *s, const char *path, struct err *err)
{
	AUTO(buf) chunk = {0};
	struct status status = STATUS_OK;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = 0;

	buf_reserve(&chunk, CHUNK);
	while (fd >= 0 && status.ok && (n = read(fd, chunk.p, CHUNK)) > 0)
		status = update_sink_put(s, span(chunk.p, (size_t)n), err);
	if (fd < 0 || n < 0)
		status = err_refuse(
		    err, UPDATE_WHY(UPDATE_FILE), "cannot read '%s': %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return status;
}
