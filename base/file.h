/* base/file.h: small files, read whole with a bound, written so that a power cut leaves old or new.
 */
#ifndef SIGNET_BASE_FILE_H
#define SIGNET_BASE_FILE_H

#include <sys/types.h>

#include "base/err.h"
#include "base/span.h"

/* Append the file's bytes. ERR_MISSING: no such file. ERR_TOO_LARGE: over `most`. ERR_CONFIG: else.
 */
struct status file_read(const char *path, size_t most, struct buf *out, struct err *err);
/*
 * The same for a passphrase: refuses a file that others may read (mode & 077);
 * one newline at the end is dropped; empty is refused. Wiped on free.
 */
struct status file_read_secret(const char *path, struct secret *ret_secret, struct err *err);
/*
 * Write beside it, fsync, rename over it, fsync the directory: the file is old or new, never half.
 * The temporary name is unique, so that writers cannot spoil each other's.
 */
struct status file_replace(const char *path, struct span bytes, mode_t mode, struct err *err);
/* Like file_replace, but ERR_CONFLICT when the file is there already. */
struct status file_create(const char *path, struct span bytes, mode_t mode, struct err *err);
/* Make a directory and its parents; those that are there stay as they are. */
struct status dir_make(const char *path, mode_t mode, struct err *err);
bool file_exists(const char *path);

#endif
