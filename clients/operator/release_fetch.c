/* clients/operator/release_fetch.c: see release_fetch.h. */
#include "clients/operator/release_fetch.h"

#include <inttypes.h>
#include <string.h>

#include "base/file.h"
#include "clients/operator/reason.h"

#define FETCHED_MAX ((size_t)1 << 20) /* a JWS by ML-DSA keys, with their certificates */

/* In the order in which they are written: who finds a bundle finds the others. */
static const struct {
	const char *member, *name, *general_name; /* of a JWS with several signatures */
	bool needed;
} rows[FILE_COUNT] = {
    [FILE_MANIFEST] = {"manifest", "manifest.json", NULL, true},
    [FILE_SUIT] = {"suit", "release.suit", NULL, true},
    [FILE_JWS] = {"jws", "release.jws", "release.jws.json", false},
    [FILE_CMS] = {"cms", "release.cms", NULL, false},
    [FILE_BUNDLE] = {"bundle", "release.bundle", NULL, true},
};

void release_files_free(struct release_files *files)
{
	for (size_t i = 0; i < FILE_COUNT; i++)
		buf_free(&files->bytes[i]);
}

/* A JWS with several signatures is a JSON object. */
static bool is_general(const struct release_files *files, size_t i)
{
	const struct buf *bytes = &files->bytes[i];

	return rows[i].general_name && bytes->n && bytes->p[0] == '{';
}

static struct status name_file(
    struct release_files *files, size_t i, const char *directory, const char *name, struct err *err)
{
	int n = snprintf(files->paths[i], sizeof(files->paths[i]), "%s/%s", directory, name);

	if (n < 0 || (size_t)n >= sizeof(files->paths[i]))
		return err_refuse(err, WHY(FILE), "'%.100s...': the path is too long", directory);
	return STATUS_OK;
}

json_t *release_files_json(const struct release_files *files)
{
	json_t *o = json_object();

	for (size_t i = 0; i < FILE_COUNT; i++)
		if (files->bytes[i].n)
			json_object_set_new(o, rows[i].member, json_string(files->paths[i]));
	return o;
}

static int fetch_one(struct follow *f, int64_t release, size_t i, struct release_files *files)
{
	AUTO(client_reply) reply = {0};
	char path[64];
	int code;

	snprintf(path, sizeof(path), "/releases/%" PRId64 "/%s", release, rows[i].member);
	code = follow_ask_unless(f,
	    &(struct client_request){.method = "GET", .path = path, .accept = "*/*"},
	    rows[i].needed ? 0 : 404, &reply);
	if (code == EXIT_DONE && reply.status == 200)
		files->bytes[i] = buf_take(&reply.body);
	return code;
}

int release_fetch(
    struct follow *f, int64_t release, const char *directory, struct release_files *ret_files)
{
	struct err err = {0};

	for (size_t i = 0; i < FILE_COUNT; i++) {
		int code = fetch_one(f, release, i, ret_files);

		if (code != EXIT_DONE)
			return code;
		if (!name_file(ret_files, i, directory,
			is_general(ret_files, i) ? rows[i].general_name : rows[i].name, &err)
			 .ok)
			return call_failed(f->call, &err);
	}
	return EXIT_DONE;
}

struct status release_files_write(const struct release_files *files, struct err *err)
{
	for (size_t i = 0; i < FILE_COUNT; i++)
		if (files->bytes[i].n)
			TRY(file_replace(files->paths[i], buf_span(&files->bytes[i]), 0644, err));
	return STATUS_OK;
}

static struct status read_one(
    struct release_files *files, size_t i, const char *directory, const char *name, struct err *err)
{
	if (!name || files->bytes[i].n)
		return STATUS_OK;
	TRY(name_file(files, i, directory, name, err));
	return file_exists(files->paths[i])
		   ? file_read(files->paths[i], FETCHED_MAX, &files->bytes[i], err)
		   : STATUS_OK;
}

struct status release_files_read(
    const char *directory, struct release_files *ret_files, struct err *err)
{
	for (size_t i = 0; i < FILE_COUNT; i++) {
		TRY(read_one(ret_files, i, directory, rows[i].name, err));
		TRY(read_one(ret_files, i, directory, rows[i].general_name, err));
	}
	return STATUS_OK;
}
