/* clients/operator/log_public.h: a log's published files, fetched like anybody would. */
#ifndef SIGNET_OPERATOR_LOG_PUBLIC_H
#define SIGNET_OPERATOR_LOG_PUBLIC_H

#include "clients/operator/client.h"
#include "signing/format/checkpoint.h"

struct log_public {
	struct client *client; /* client_open_public() */
	const char *url;       /* "http://host:8080/log" */
};

/*
 * Append a file's bytes. ret_there false: the server answered, but not with this file; ret_said
 * (40 octets) then tells how. Failing means that there is no answer.
 */
struct status log_public_fetch(const struct log_public *log, const char *name, struct buf *out,
    bool *ret_there, char ret_said[static 40], struct err *err);
/* The hashes of a tile; as above, and a file of another size is not there. */
struct status log_public_tile(const struct log_public *log, const struct tile *tile,
    struct merkle_hash ret_hashes[static TILE_WIDTH], bool *ret_there, char ret_said[static 40],
    struct err *err);
/* For signing/format/merkle.h; what is not there fails. `log` must outlive it. */
struct merkle_source log_public_source(struct log_public *log);

#endif
