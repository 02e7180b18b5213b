/* clients/operator/log_state.c: see log_state.h. */
#include "clients/operator/log_state.h"

#include <libgen.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "clients/operator/client.h"
#include "clients/operator/reason.h"

#define VKEY_MAX ((size_t)8192)

/* An origin is any text: as one escaped path segment it names a directory, and never leads out. */
static struct status path_of(
    const char *folder, const char *name, const char *file, struct buf *ret_path, struct err *err)
{
	TRY(login_directory("XDG_STATE_HOME", ".local/state", ret_path, err));
	buf_printf(ret_path, "/%s/", folder);
	if (name[0] == '.')
		buf_put_byte(ret_path, '_');
	url_segment(ret_path, name);
	if (file)
		buf_printf(ret_path, "/%s", file);
	return STATUS_OK;
}

static struct status read_kept(const char *folder, const char *name, const char *file, size_t most,
    struct buf *out, struct err *err)
{
	AUTO(buf) path = {0};
	struct err why = {0};

	TRY(path_of(folder, name, file, &path, err));
	if (!file_exists(buf_cstr(&path)))
		return STATUS_OK;
	if (!file_read(buf_cstr(&path), most, out, &why).ok)
		return err_refuse(err, WHY(LOG_STATE), "%s", why.message);
	return STATUS_OK;
}

struct status log_state_checkpoint(const char *origin, struct buf *out, struct err *err)
{
	return read_kept("logs", origin, "checkpoint", NOTE_SIZE_MAX, out, err);
}

struct status log_state_vkey(const char *origin, struct buf *out, struct err *err)
{
	return read_kept("logs", origin, "vkey", VKEY_MAX, out, err);
}

struct status log_state_origin(const char *server, struct buf *out, struct err *err)
{
	return read_kept("servers", server, NULL, CHECKPOINT_ORIGIN_MAX, out, err);
}

struct status log_state_path(const char *origin, struct buf *out, struct err *err)
{
	return path_of("logs", origin, "checkpoint", out, err);
}

static struct status write_kept(
    const char *folder, const char *name, const char *file, struct span bytes, struct err *err)
{
	AUTO(buf) path = {0};
	char *copy;
	struct status s;

	TRY(path_of(folder, name, file, &path, err));
	copy = mem_strdup(buf_cstr(&path));
	s = dir_make(dirname(copy), 0700, err);
	free(copy);
	TRY(s);
	return file_replace(buf_cstr(&path), bytes, 0600, err);
}

struct status log_state_keep(const char *server, const char *origin, const char *vkey,
    struct span checkpoint, struct err *err)
{
	TRY(write_kept("logs", origin, "vkey", span_str(vkey), err));
	TRY(write_kept("logs", origin, "checkpoint", checkpoint, err));
	return write_kept("servers", server, NULL, span_str(origin), err);
}
