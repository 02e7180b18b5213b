/* server/fetch.c: see fetch.h. One easy handle for each fetch: nothing is shared among threads. */
#include "server/fetch.h"

#include <curl/curl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"

/* A server that is there answers a SYN at once; the rest of the time is for its answer. */
#define CONNECT_TIMEOUT_MS 5000

DEFINE_AUTO_PTR(CURL, curl_easy_cleanup)

struct status fetch_begin(struct err *err)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return err_set(err, ERR_INTERNAL, "libcurl does not start");
	return STATUS_OK;
}

void fetch_end(void)
{
	curl_global_cleanup();
}

/* One exchange as curl's callbacks see it. */
struct exchange {
	const struct curl_fetcher *own;
	struct fetch_response response;
	size_t body_max;
	bool over; /* the body is larger than that */
};

static size_t take_body(char *bytes, size_t one, size_t n, void *context)
{
	struct exchange *x = context;

	(void)one;
	if (n > x->body_max - x->response.body.n) {
		x->over = true;
		return 0; /* ends the transfer */
	}
	buf_put(&x->response.body, span(bytes, n));
	return n;
}

/* The value of a header of this name, trimmed; n = 0: another header. */
static struct span header_value(struct span line, const char *name)
{
	size_t n = strlen(name);

	if (line.n <= n || line.p[n] != ':' || strncasecmp((const char *)line.p, name, n) != 0)
		return SPAN_NONE;
	return span_trim(span(line.p + n + 1, line.n - n - 1));
}

/* RFC 9111 5.2.2: what one directive says of the time; -1: nothing. */
static int64_t directive_age(struct span directive)
{
	static const char name[] = "max-age=";
	int64_t age = 0;

	if (span_equal_nocase(directive, "no-store") || span_equal_nocase(directive, "no-cache"))
		return 0;
	if (directive.n < sizeof(name) ||
	    strncasecmp((const char *)directive.p, name, sizeof(name) - 1) != 0)
		return -1;
	for (size_t i = sizeof(name) - 1; i < directive.n; i++) {
		if (directive.p[i] < '0' || directive.p[i] > '9')
			return -1;
		if (age < INT64_C(100000000))
			age = age * 10 + (directive.p[i] - '0');
	}
	return age;
}

/* The least that any of its directives allows. */
static int64_t cache_age(struct span value, int64_t before)
{
	int64_t least = before;

	while (value.n > 0) {
		const uint8_t *comma = memchr(value.p, ',', value.n);
		size_t n = comma ? (size_t)(comma - value.p) : value.n;
		int64_t age = directive_age(span_trim(span(value.p, n)));

		if (age >= 0 && (least < 0 || age < least))
			least = age;
		n += comma != NULL;
		value = span(value.p + n, value.n - n);
	}
	return least;
}

static size_t take_header(char *bytes, size_t one, size_t n, void *context)
{
	struct exchange *x = context;
	struct fetch_response *r = &x->response;
	struct span line = span(bytes, n), value;

	(void)one;
	value = header_value(line, "Content-Type");
	if (value.n > 0)
		snprintf(r->content_type, sizeof(r->content_type), "%.*s", SPAN_PRINT(value));
	value = header_value(line, "Cache-Control");
	if (value.n > 0)
		r->max_age = cache_age(value, r->max_age);
	return n;
}

/* The system's authorities are trusted as well: the file adds to them. */
static CURLcode add_authorities(CURL *curl, void *tls, void *context)
{
	const struct curl_fetcher *own = context;

	(void)curl;
	return SSL_CTX_load_verify_locations(tls, own->ca_file, NULL) == 1
		   ? CURLE_OK
		   : CURLE_SSL_CACERT_BADFILE;
}

static bool set_bounds(CURL *c, struct exchange *x, int64_t timeout_ms)
{
	long connect = (long)(timeout_ms < CONNECT_TIMEOUT_MS ? timeout_ms : CONNECT_TIMEOUT_MS);

	return curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "https,http") == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_PROXY, "") == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)timeout_ms) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, connect) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)x->body_max) ==
		   CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_WRITEDATA, x) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, take_header) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_HEADERDATA, x) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_USERAGENT, "signet/" SIGNET_VERSION) == CURLE_OK;
}

static bool set_authorities(CURL *c, const struct curl_fetcher *own)
{
	void *context;

	if (!own->ca_file)
		return true;
	memcpy(&context, &own, sizeof(context));
	return curl_easy_setopt(c, CURLOPT_SSL_CTX_FUNCTION, add_authorities) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_SSL_CTX_DATA, context) == CURLE_OK;
}

static bool set_body(CURL *c, const struct fetch_request *q)
{
	return !q->body.p ||
	       (curl_easy_setopt(c, CURLOPT_POST, 1L) == CURLE_OK &&
		   curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)q->body.n) ==
		       CURLE_OK &&
		   curl_easy_setopt(c, CURLOPT_POSTFIELDS, (const char *)q->body.p) == CURLE_OK);
}

static void add_header(struct curl_slist **list, const char *name, const char *value)
{
	char line[256];

	snprintf(line, sizeof(line), "%s%s", name, value);
	*list = curl_slist_append(*list, line);
}

static struct curl_slist *headers_of(const struct fetch_request *q)
{
	struct curl_slist *list = NULL;

	if (q->accept)
		add_header(&list, "Accept: ", q->accept);
	if (q->body.p) {
		add_header(&list, "Content-Type: ",
		    q->content_type ? q->content_type : "application/octet-stream");
		add_header(&list, "Expect:", "");
	}
	return list;
}

/* What went wrong in curl's words is private: it may name addresses within. */
static struct status failed(
    CURLcode code, const struct exchange *x, const char *url, struct err *err)
{
	if (x->over || code == CURLE_FILESIZE_EXCEEDED)
		return err_set(err, ERR_TOO_LARGE, "'%.200s' answers with more than %zu bytes", url,
		    x->body_max);
	(void)err_set(err, ERR_BUSY, "'%.200s' gives no answer", url);
	err_cause(err, "%s", curl_easy_strerror(code));
	return STATUS_FAILED;
}

/* One request, no redirect followed. ret_location: where it leads, in the arena; NULL: nowhere. */
static struct status ask(CURL *c, const char *url, struct exchange *x, struct arena *arena,
    const char **ret_location, struct err *err)
{
	CURLcode code;
	char *location = NULL;
	long status = 0;

	buf_reset(&x->response.body);
	x->response.content_type[0] = '\0';
	x->response.max_age = -1;
	if (curl_easy_setopt(c, CURLOPT_URL, url) != CURLE_OK)
		return err_set(err, ERR_INTERNAL, "libcurl takes no URL");
	code = curl_easy_perform(c);
	if (code != CURLE_OK)
		return failed(code, x, url, err);
	(void)curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	(void)curl_easy_getinfo(c, CURLINFO_REDIRECT_URL, &location);
	x->response.status = (int)status;
	*ret_location = location ? arena_strdup(arena, location) : NULL;
	return STATUS_OK;
}

static struct status follow(
    CURL *c, const struct fetch_request *q, struct exchange *x, int64_t deadline, struct err *err)
{
	AUTO(arena) arena = {0};
	const char *url = q->url, *next = NULL;

	for (int hops = 0; hops <= FETCH_REDIRECTS_MAX; hops++) {
		int64_t left = deadline - monotonic_ms();

		if (left <= 0)
			return err_set(err, ERR_BUSY, "'%.200s' takes too long", q->url);
		(void)curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)left);
		TRY(ask(c, url, x, &arena, &next, err));
		/* A POST is not sent again: RFC 9110 15.4 leaves it to the client to ask. */
		if (!next || q->body.p)
			return STATUS_OK;
		TRY(fetch_url_check(next, x->own->clear_loopback, err));
		if (!fetch_same_origin(q->url, next))
			return err_set(err, ERR_CONFIG,
			    "'%.120s' redirects to another origin, '%.120s'; that is not followed",
			    q->url, next);
		url = next;
	}
	return err_set(
	    err, ERR_CONFIG, "'%.200s' redirects more than %d times", q->url, FETCH_REDIRECTS_MAX);
}

static struct status run(
    const struct fetch_request *q, struct exchange *x, CURL *c, struct err *err)
{
	int64_t timeout = q->timeout_ms > 0 ? q->timeout_ms : FETCH_TIMEOUT_STANDARD;

	if (!set_bounds(c, x, timeout) || !set_authorities(c, x->own) || !set_body(c, q))
		return err_set(err, ERR_INTERNAL, "libcurl lacks what Signet needs");
	TRY(follow(c, q, x, monotonic_ms() + timeout, err));
	if (!q->any_status && (x->response.status < 200 || x->response.status > 299))
		return err_set(
		    err, ERR_BUSY, "'%.200s' answers with status %d", q->url, x->response.status);
	return STATUS_OK;
}

static struct status fetch_by_curl(void *context, const struct fetch_request *q,
    struct fetch_response *ret_response, struct err *err)
{
	struct exchange x = {
	    .own = context, .body_max = q->body_max > 0 ? q->body_max : FETCH_BODY_STANDARD};
	struct curl_slist *headers;
	struct status done;

	TRY(fetch_url_check(q->url, x.own->clear_loopback, err));
	AUTO_PTR(CURL) c = curl_easy_init();
	if (!c)
		return err_set(err, ERR_INTERNAL, "libcurl gives no handle");
	headers = headers_of(q);
	if (curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers) != CURLE_OK)
		done = err_set(err, ERR_INTERNAL, "libcurl takes no headers");
	else
		done = run(q, &x, c, err);
	curl_slist_free_all(headers);
	/* Its TLS leaves words behind that are not ours. */
	ERR_clear_error();
	if (done.ok)
		*ret_response = x.response;
	else
		fetch_response_free(&x.response);
	return done;
}

struct fetcher fetcher_by_curl(const struct curl_fetcher *own)
{
	struct fetcher f = {.fetch = fetch_by_curl};

	memcpy(&f.context, &own, sizeof(f.context));
	return f;
}
