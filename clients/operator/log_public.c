/* clients/operator/log_public.c: see log_public.h. */
#include "clients/operator/log_public.h"

#include <string.h>

#include "clients/operator/reason.h"

struct status log_public_fetch(const struct log_public *log, const char *name, struct buf *out,
    bool *ret_there, char ret_said[static 40], struct err *err)
{
	AUTO(client_reply) reply = {0};
	AUTO(buf) url = {0};

	buf_printf(&url, "%s/%s", log->url, name);
	TRY(client_send(log->client,
	    &(struct client_request){.method = "GET", .path = buf_cstr(&url), .accept = "*/*"},
	    &reply, err));
	*ret_there = reply.status == 200;
	snprintf(ret_said, 40, "HTTP %ld", reply.status);
	if (*ret_there)
		buf_put(out, buf_span(&reply.body));
	return STATUS_OK;
}

struct status log_public_tile(const struct log_public *log, const struct tile *tile,
    struct merkle_hash ret_hashes[static TILE_WIDTH], bool *ret_there, char ret_said[static 40],
    struct err *err)
{
	AUTO(buf) bytes = {0};
	char path[TILE_PATH_SIZE];

	tile_path(tile, path);
	TRY(log_public_fetch(log, path, &bytes, ret_there, ret_said, err));
	if (*ret_there && bytes.n != (size_t)tile->width * MERKLE_HASH_SIZE) {
		*ret_there = false;
		snprintf(ret_said, 40, "%zu octets", bytes.n);
	}
	if (*ret_there)
		memcpy(ret_hashes, bytes.p, bytes.n);
	return STATUS_OK;
}

static struct status read_tile(void *context, const struct tile *tile,
    struct merkle_hash ret_hashes[static TILE_WIDTH], struct err *err)
{
	char path[TILE_PATH_SIZE], said[40];
	bool there = false;

	TRY(log_public_tile(context, tile, ret_hashes, &there, said, err));
	if (there)
		return STATUS_OK;
	tile_path(tile, path);
	return err_refuse(err, WHY(ANSWER_UNEXPECTED), "%s is not published: %s", path, said);
}

struct merkle_source log_public_source(struct log_public *log)
{
	return (struct merkle_source){.read = read_tile, .context = log};
}
