/* clients/device/update_image.h: octets of an image, from a file or a server, into a slot. */
#ifndef SIGNET_DEVICE_UPDATE_IMAGE_H
#define SIGNET_DEVICE_UPDATE_IMAGE_H

#include "clients/device/update_judge.h"

/* Where an image goes: a slot's file, or nowhere (fd -1) when it is only checked. */
struct update_sink {
	const struct update_image *image;
	int fd;
	uint64_t have; /* octets that stand there, hashed */
	EVP_MD_CTX *hash;
	struct err err;  /* why update_sink_put() failed */
	uint64_t synced; /* octets that are durable */
};

struct status update_sink_open(
    struct update_sink *s, const struct update_image *image, int fd, struct err *err);
void update_sink_close(struct update_sink *s);
static inline void update_sink_auto(struct update_sink *s)
{
	update_sink_close(s);
}
/* Take in what stands in the file already, as far as it can be of this image. */
struct status update_sink_resume(struct update_sink *s, struct err *err);
struct status update_sink_restart(struct update_sink *s, struct err *err);
/* WHY_UPDATE_SIZE: more than the image has; nothing of it is written. */
struct status update_sink_put(struct update_sink *s, struct span bytes, struct err *err);
/* Durable, whole, and of the digest: else "suit.image". */
struct status update_sink_end(struct update_sink *s, struct err *err);
/* All of a file. WHY_UPDATE_FILE. */
struct status update_sink_copy(struct update_sink *s, const char *path, struct err *err);

struct update_download {
	struct signet_update *update;
	struct update_sink *sink;
	const struct signet_update_install *how;
	const char *download_ca; /* NULL: the system's */
	char *etag;              /* of what stands in the sink; NULL: not known. Owned */
	/* Called before the first octet of a representation is written. */
	struct status (*began)(void *context, const char *etag, struct err *err);
	void *context;
};
/* Until the sink holds as many octets as the image has, or patience ends. */
struct status update_download(struct update_download *d, struct err *err);

#endif
