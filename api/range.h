/* api/range.h: a part of a file that is asked for: Range and If-Range, RFC 9110 13.1.5 and 14. */
#ifndef SIGNET_API_RANGE_H
#define SIGNET_API_RANGE_H

#include "api/http.h"

enum range_kind {
	RANGE_NONE, /* the whole file: nothing was asked for, or nothing that we serve */
	RANGE_PART,
	RANGE_BEYOND /* there is no such part */
};
struct range {
	size_t first, n; /* octets */
};

/*
 * One range of octets; several, another unit and what is malformed count as none, as they may
 * (14.2). If-Range must be this strong ETag; a date never holds.
 */
enum range_kind range_read(
    const struct http_request *q, const char *etag, size_t size, struct range *ret_range);

/*
 * 200 with all of it, 206 with the part, 304 where the client has it, or 416 as a problem
 * (update.range). The caller's Cache-Control and ETag stand in it.
 */
void range_respond(const struct http_request *q, struct http_response *r, const char *content_type,
    const char *etag, struct span body);

#endif
