/* Range and If-Range, and the file that they ask of: never more of it than there is. */
#include <stdlib.h>
#include <string.h>

#include "api/range.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ETAG "\"abc\""

static void answer(const struct http_request *q, struct span file)
{
	struct http_response r = {0};

	range_respond(q, &r, "application/cbor", ETAG, file);
	if (r.status != 200 && r.status != 206 && r.status != 304 && r.status != 416)
		abort();
	if (r.status == 416 || r.status == 304)
		return;
	if (r.body.n > file.n ||
	    (r.body.n && (r.body.p < file.p || r.body.p + r.body.n > file.p + file.n)))
		abort();
	if (r.status == 206 && (r.body.n == 0 || !http_response_header(&r, "Content-Range")))
		abort();
	if (r.status == 200 && r.body.n != file.n)
		abort();
}

/* The size of the file, then two lines. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t file[256];
	AUTO(arena) arena = {0};
	struct http_header headers[2];
	struct http_request q = {
	    .id = "0123456789abcdef", .method = HTTP_GET, .headers = headers, .arena = &arena};
	const char *text, *line;

	if (size < 1 || size > 400 || memchr(data, 0, size))
		return -1;
	text = arena_strndup(&arena, (const char *)data + 1, size - 1);
	line = strchr(text, '\n');
	headers[q.header_count++] = (struct http_header){
	    "Range", line ? arena_strndup(&arena, text, (size_t)(line - text)) : text};
	if (line)
		headers[q.header_count++] = (struct http_header){"If-Range", line + 1};
	answer(&q, span(file, data[0]));
	return 0;
}
