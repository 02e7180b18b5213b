/* clients/operator/release_fetch.h: a release's files, from the server into a directory. */
#ifndef SIGNET_OPERATOR_RELEASE_FETCH_H
#define SIGNET_OPERATOR_RELEASE_FETCH_H

#include "clients/operator/release_follow.h"

enum release_file {
	FILE_MANIFEST, /* manifest.json */
	FILE_SUIT,     /* release.suit */
	FILE_JWS,      /* release.jws */
	FILE_CMS,      /* release.cms */
	FILE_BUNDLE,   /* release.bundle */
	FILE_COUNT
};

struct release_files {
	struct buf bytes[FILE_COUNT]; /* p NULL: the channel has no such format */
	char paths[FILE_COUNT][4096];
};
void release_files_free(struct release_files *files);
static inline void release_files_auto(struct release_files *files)
{
	release_files_free(files);
}

/* The names of all, in DIR: {"bundle": "signed/release.bundle", ...}. */
json_t *release_files_json(const struct release_files *files);
/* Get all that there is of it. Nothing is written yet. */
int release_fetch(
    struct follow *f, int64_t release, const char *directory, struct release_files *ret_files);
/* Each is written beside the old one and renamed over it; the bundle last. */
struct status release_files_write(const struct release_files *files, struct err *err);
/* What was written before; what is not there stays empty. */
struct status release_files_read(
    const char *directory, struct release_files *ret_files, struct err *err);

#endif
