/* tests/unit/api/range_test.c: parts of a file. */
#include <criterion/criterion.h>
#include <string.h>

#include "api/range.h"

#define ETAG "\"abc\""
static const char file[] = "0123456789";

static const struct {
	const char *range, *if_range, *none_match;
	enum http_method method;
	int status;
	const char *body, *content_range;
} cases[] = {
    {NULL, NULL, NULL, HTTP_GET, 200, "0123456789", NULL},
    {"bytes=0-0", NULL, NULL, HTTP_GET, 206, "0", "bytes 0-0/10"},
    {"bytes=3-5", NULL, NULL, HTTP_GET, 206, "345", "bytes 3-5/10"},
    {"bytes=7-", NULL, NULL, HTTP_GET, 206, "789", "bytes 7-9/10"},
    {"bytes=7-99", NULL, NULL, HTTP_GET, 206, "789", "bytes 7-9/10"},
    {"bytes=-2", NULL, NULL, HTTP_GET, 206, "89", "bytes 8-9/10"},
    {"bytes=-99", NULL, NULL, HTTP_GET, 206, "0123456789", "bytes 0-9/10"},
    {"Bytes=3-5", NULL, NULL, HTTP_GET, 206, "345", "bytes 3-5/10"},
    /* beyond its end */
    {"bytes=10-", NULL, NULL, HTTP_GET, 416, NULL, "bytes */10"},
    {"bytes=10-20", NULL, NULL, HTTP_GET, 416, NULL, "bytes */10"},
    {"bytes=-0", NULL, NULL, HTTP_GET, 416, NULL, "bytes */10"},
    /* none that we serve: the whole */
    {"bytes=5-3", NULL, NULL, HTTP_GET, 200, "0123456789", NULL},
    {"bytes=0-1,3-4", NULL, NULL, HTTP_GET, 200, "0123456789", NULL},
    {"bytes=", NULL, NULL, HTTP_GET, 200, "0123456789", NULL},
    {"bytes=-", NULL, NULL, HTTP_GET, 200, "0123456789", NULL},
    {"bytes=a-b", NULL, NULL, HTTP_GET, 200, "0123456789", NULL},
    {"bytes=1-2x", NULL, NULL, HTTP_GET, 200, "0123456789", NULL},
    {"bytes=+1-2", NULL, NULL, HTTP_GET, 200, "0123456789", NULL},
    {"bytes=18446744073709551616-", NULL, NULL, HTTP_GET, 200, "0123456789", NULL},
    {"bytes=0-18446744073709551616", NULL, NULL, HTTP_GET, 200, "0123456789", NULL},
    {"items=0-1", NULL, NULL, HTTP_GET, 200, "0123456789", NULL},
    {"bytes=3-5", NULL, NULL, HTTP_HEAD, 200, "0123456789", NULL},
    /* RFC 9110 13.1.5: another file is sent whole */
    {"bytes=3-5", ETAG, NULL, HTTP_GET, 206, "345", "bytes 3-5/10"},
    {"bytes=3-5", "\"other\"", NULL, HTTP_GET, 200, "0123456789", NULL},
    {"bytes=3-5", "W/" ETAG, NULL, HTTP_GET, 200, "0123456789", NULL},
    {"bytes=3-5", "Wed, 25 Nov 2026 20:00:00 GMT", NULL, HTTP_GET, 200, "0123456789", NULL},
    /* the client has it */
    {NULL, NULL, ETAG, HTTP_GET, 304, NULL, NULL},
    {"bytes=3-5", NULL, ETAG, HTTP_GET, 304, NULL, NULL},
    {"bytes=3-5", NULL, "\"other\"", HTTP_GET, 206, "345", "bytes 3-5/10"},
};

static size_t put(struct http_header *h, const char *name, const char *value)
{
	if (value)
		*h = (struct http_header){name, value};
	return value != NULL;
}

Test(api_range, a_file_is_sent_whole_in_one_part_or_not_at_all)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO(arena) arena = {0};
		struct http_header headers[3];
		struct http_request q = {.id = "0123456789abcdef",
		    .method = cases[i].method,
		    .headers = headers,
		    .arena = &arena};
		struct http_response r = {0};
		const char *content_range;

		q.header_count += put(&headers[q.header_count], "Range", cases[i].range);
		q.header_count += put(&headers[q.header_count], "If-Range", cases[i].if_range);
		q.header_count +=
		    put(&headers[q.header_count], "If-None-Match", cases[i].none_match);
		range_respond(&q, &r, "application/cbor", ETAG, span_str(file));
		cr_expect_eq(r.status, cases[i].status, "%s: %d", cases[i].range, r.status);
		if (cases[i].body)
			cr_expect(span_equal(r.body, span_str(cases[i].body)), "%s: %.*s",
			    cases[i].range, (int)r.body.n, (const char *)r.body.p);
		content_range = http_response_header(&r, "Content-Range");
		cr_expect_str_eq(content_range ? content_range : "none",
		    cases[i].content_range ? cases[i].content_range : "none", "%s", cases[i].range);
	}
}
