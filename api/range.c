/* api/range.c: see range.h. */
#include "api/range.h"

#include <string.h>
#include <strings.h>

#include "api/problem.h"
#include "ca/reason.h"

/* Digits at the head of text; false: none, or more than any file of ours has. */
static bool take_number(const char **text, uint64_t *ret_number)
{
	const char *p = *text;
	uint64_t n = 0;

	for (; *p >= '0' && *p <= '9' && p - *text < 18; p++)
		n = n * 10 + (uint64_t)(*p - '0');
	if (p == *text || (*p >= '0' && *p <= '9'))
		return false;
	*text = p;
	*ret_number = n;
	return true;
}

/* "-500": the last 500. */
static enum range_kind read_suffix(const char *text, size_t size, struct range *ret)
{
	uint64_t n;

	if (!take_number(&text, &n) || *text)
		return RANGE_NONE;
	if (n == 0 || size == 0)
		return RANGE_BEYOND;
	ret->n = n < size ? (size_t)n : size;
	ret->first = size - ret->n;
	return RANGE_PART;
}

static enum range_kind read_spec(const char *text, size_t size, struct range *ret)
{
	uint64_t first, last = UINT64_MAX;

	if (*text == '-')
		return read_suffix(text + 1, size, ret);
	if (!take_number(&text, &first) || *text++ != '-')
		return RANGE_NONE;
	if (*text && (!take_number(&text, &last) || *text || last < first))
		return RANGE_NONE;
	if (first >= size)
		return RANGE_BEYOND;
	ret->first = (size_t)first;
	ret->n = last < size - 1 ? (size_t)(last - first + 1) : size - (size_t)first;
	return RANGE_PART;
}

enum range_kind range_read(
    const struct http_request *q, const char *etag, size_t size, struct range *ret_range)
{
	static const char unit[] = "bytes=";
	const char *range = http_header(q, "Range"), *only = http_header(q, "If-Range");

	/* RFC 9110 14.2: "A server MUST ignore a Range header field received with a request method
	 * that is unrecognized or for which range handling is not defined." */
	if (q->method != HTTP_GET || !range || strncasecmp(range, unit, sizeof(unit) - 1) != 0)
		return RANGE_NONE;
	if (only && strcmp(only, etag) != 0)
		return RANGE_NONE;
	return read_spec(range + sizeof(unit) - 1, size, ret_range);
}

static void refuse(
    const struct http_request *q, struct http_response *r, const char *etag, size_t size)
{
	struct err err = {0};

	(void)REFUSE(&err, UPDATE_RANGE, "the file has %zu bytes", size);
	problem_refuse(q, &err, &(struct problem_members){0}, r);
	http_add_header(r, "Content-Range", arena_printf(q->arena, "bytes */%zu", size));
	http_add_header(r, "ETag", etag);
}

void range_respond(const struct http_request *q, struct http_response *r, const char *content_type,
    const char *etag, struct span body)
{
	struct range part;

	if (http_none_match_holds(q, etag)) {
		http_respond(r, 304, NULL, SPAN_NONE);
		return;
	}
	switch (range_read(q, etag, body.n, &part)) {
	case RANGE_NONE: http_respond(r, 200, content_type, body); break;
	case RANGE_PART:
		http_respond(r, 206, content_type, span(body.p + part.first, part.n));
		http_add_header(r, "Content-Range",
		    arena_printf(q->arena, "bytes %zu-%zu/%zu", part.first, part.first + part.n - 1,
			body.n));
		break;
	case RANGE_BEYOND: refuse(q, r, etag, body.n); break;
	}
}
