/*
 * clients/device/update_download.c: fetch an image, going on where it was left.
 *
 * Nothing that a server says here is believed: how many octets there are and which is the
 * manifest's to say. The entity tag that came with the first octets is only what makes a server
 * give the rest of the same (RFC 9110 section 13.1.5); without a strong one, or where the server
 * gives the whole, it begins anew.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "clients/device/update_image.h"

#define CONNECT_SECONDS 15L
#define SLOW_OCTETS     64L /* in a second: below it for so long, the server counts as gone */
#define SLOW_SECONDS    60L
#define REDIRECTS_MAX   5L
#define ETAG_MAX        128
#define USER_AGENT      "signet-device/" SIGNET_VERSION

/* One request. */
struct attempt_state {
	struct update_download *download;
	CURL *curl;
	bool begun;          /* the first octet of a good answer has come */
	long status;         /* of the answer under way */
	char etag[ETAG_MAX]; /* of it; "": none that is strong */
	uint64_t range_at;   /* where Content-Range begins; UINT64_MAX: not said */
	char error[CURL_ERROR_SIZE];
};

/* ---- headers ---- */

/* The value behind a header's name, trimmed; false: it is another header. */
static bool header_value(struct span line, const char *name, struct span *ret_value)
{
	const size_t n = strlen(name);

	if (line.n <= n || line.p[n] != ':' || !span_equal_nocase(span(line.p, n), name))
		return false;
	*ret_value = span_trim(span(line.p + n + 1, line.n - n - 1));
	return true;
}

/* "bytes 100-199/200" gives 100. */
static uint64_t range_start(struct span value)
{
	char text[64] = "";
	uint64_t at;

	if (value.n >= sizeof(text))
		return UINT64_MAX;
	memcpy(text, value.p, value.n);
	return sscanf(text, "bytes %" SCNu64 "-", &at) == 1 ? at : UINT64_MAX;
}

/*
 * A strong one, of etagc alone (RFC 9110 section 8.8.3): it is said again in a request, where a
 * carriage return would begin another header. A weak one does not say that octets are the same:
 * If-Range may not carry it.
 */
static bool etag_is_good(struct span value)
{
	if (value.n < 2 || value.n >= ETAG_MAX || value.p[0] != '"' || value.p[value.n - 1] != '"')
		return false;
	for (size_t i = 1; i + 1 < value.n; i++)
		if (value.p[i] <= ' ' || value.p[i] == '"' || value.p[i] == 0x7f)
			return false;
	return true;
}

static size_t on_header(char *bytes, size_t size, size_t count, void *context)
{
	struct attempt_state *a = context;
	const struct span line = span(bytes, size * count);
	struct span value;

	if (span_starts(line, "HTTP/")) {
		a->etag[0] = '\0';
		a->range_at = UINT64_MAX;
	} else if (header_value(line, "ETag", &value)) {
		if (etag_is_good(value)) {
			memcpy(a->etag, value.p, value.n);
			a->etag[value.n] = '\0';
		}
	} else if (header_value(line, "Content-Range", &value)) {
		a->range_at = range_start(value);
	}
	return size * count;
}

/* ---- body ---- */

/* The first octets of a good answer: are they the rest, or the whole? */
static struct status begin(struct attempt_state *a, struct err *err)
{
	struct update_download *d = a->download;
	curl_off_t coming = -1;

	if (a->status == 206 && a->range_at != d->sink->have)
		return err_refuse(err, UPDATE_WHY(DOWNLOAD_FAILED),
		    "the server gives another part than was asked for");
	if (a->status == 200) {
		TRY(update_sink_restart(d->sink, err));
		free(d->etag);
		d->etag = a->etag[0] ? mem_strdup(a->etag) : NULL;
		TRY(d->began(d->context, d->etag, err));
	}
	curl_easy_getinfo(a->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &coming);
	if (coming > 0 && (uint64_t)coming > d->sink->image->size - d->sink->have)
		return err_refuse(err, UPDATE_WHY(UPDATE_SIZE),
		    "component '%.*s' would be more than the %" PRIu64
		    " octets that the manifest says",
		    SPAN_PRINT(d->sink->image->id), d->sink->image->size);
	a->begun = true;
	return STATUS_OK;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *context)
{
	struct attempt_state *a = context;
	struct update_download *d = a->download;
	struct err *err = &d->sink->err;

	if (!a->begun) {
		curl_easy_getinfo(a->curl, CURLINFO_RESPONSE_CODE, &a->status);
		if (a->status != 200 && a->status != 206)
			return 0; /* what an error says is nobody's image */
		if (!begin(a, err).ok)
			return 0;
	}
	if (!update_sink_put(d->sink, span(bytes, size * count), err).ok)
		return 0;
	if (d->how->arrived) {
		char id[CBOR_NAME_MAX + 1];

		snprintf(id, sizeof(id), "%.*s", SPAN_PRINT(d->sink->image->id));
		d->how->arrived(d->how->context, id, d->sink->have, d->sink->image->size);
	}
	return size * count;
}

/* ---- one request ---- */

static bool set_options(struct attempt_state *a, const char *uri)
{
	const struct update_download *d = a->download;
	const bool tls = strncmp(uri, "https:", 6) == 0;
	CURL *c = a->curl;

	return !curl_easy_setopt(c, CURLOPT_URL, uri) &&
	       !curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https") &&
	       !curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, tls ? "https" : "http,https") &&
	       !curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L) &&
	       !curl_easy_setopt(c, CURLOPT_MAXREDIRS, REDIRECTS_MAX) &&
	       !curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) &&
	       !curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) &&
	       (!d->download_ca || !curl_easy_setopt(c, CURLOPT_CAINFO, d->download_ca)) &&
	       !curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) &&
	       !curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS) &&
	       !curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, SLOW_OCTETS) &&
	       !curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, SLOW_SECONDS) &&
	       !curl_easy_setopt(c, CURLOPT_MAX_RECV_SPEED_LARGE, (curl_off_t)d->how->rate_max) &&
	       !curl_easy_setopt(c, CURLOPT_USERAGENT, USER_AGENT) &&
	       !curl_easy_setopt(c, CURLOPT_ERRORBUFFER, a->error) &&
	       !curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header) &&
	       !curl_easy_setopt(c, CURLOPT_HEADERDATA, a) &&
	       !curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body) &&
	       !curl_easy_setopt(c, CURLOPT_WRITEDATA, a);
}

/* Ask for the rest, where it is known of what. */
static struct curl_slist *headers_of(const struct update_download *d)
{
	struct curl_slist *list = curl_slist_append(NULL, "Accept-Encoding: identity");
	AUTO(buf) line = {0};

	if (!d->sink->have || !d->etag)
		return list;
	buf_printf(&line, "Range: bytes=%" PRIu64 "-", d->sink->have);
	list = curl_slist_append(list, buf_cstr(&line));
	buf_reset(&line);
	buf_printf(&line, "If-Range: %s", d->etag);
	return curl_slist_append(list, buf_cstr(&line));
}

static struct status judge_status(struct attempt_state *a, const char *uri, struct err *err)
{
	const bool later = a->status >= 500 || a->status == 408 || a->status == 429;

	/* The rest that is asked for is not there: what we have is of something else. */
	if (a->status == 416) {
		free(a->download->etag);
		a->download->etag = NULL;
		return err_refuse(
		    err, UPDATE_WHY(DOWNLOAD_FAILED), "'%.200s' has changed meanwhile", uri);
	}
	return err_refuse(err, later ? UPDATE_WHY(DOWNLOAD_FAILED) : UPDATE_WHY(DOWNLOAD_REFUSED),
	    "'%.200s': HTTP %ld", uri, a->status);
}

static struct status explain(
    struct attempt_state *a, CURLcode code, const char *uri, struct err *err)
{
	const char *text = a->error[0] ? a->error : curl_easy_strerror(code);

	if (a->download->sink->err.kind != ERR_NONE) {
		*err = a->download->sink->err;
		return STATUS_FAILED;
	}
	curl_easy_getinfo(a->curl, CURLINFO_RESPONSE_CODE, &a->status);
	if (a->status >= 300 && (code == CURLE_OK || code == CURLE_WRITE_ERROR))
		return judge_status(a, uri, err);
	switch (code) {
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
		return err_refuse(err, WHY(TLS_UNTRUSTED), "'%.200s': %.100s", uri, text);
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_TOO_MANY_REDIRECTS:
		return err_refuse(err, UPDATE_WHY(DOWNLOAD_REFUSED), "'%.200s': %.100s", uri, text);
	default: return err_refuse(err, UPDATE_WHY(DOWNLOAD_FAILED), "'%.200s': %.100s", uri, text);
	}
}

static struct status ask_once(struct update_download *d, const char *uri, struct err *err)
{
	struct attempt_state a = {.download = d, .curl = curl_easy_init(), .range_at = UINT64_MAX};
	struct curl_slist *headers = headers_of(d);
	struct status s = STATUS_OK;
	CURLcode code = CURLE_FAILED_INIT;

	d->sink->err = (struct err){0};
	if (a.curl && set_options(&a, uri) &&
	    !curl_easy_setopt(a.curl, CURLOPT_HTTPHEADER, headers))
		code = curl_easy_perform(a.curl);
	if (code == CURLE_OK && !a.begun)
		curl_easy_getinfo(a.curl, CURLINFO_RESPONSE_CODE, &a.status);
	if (code == CURLE_FAILED_INIT)
		s = err_set(err, ERR_INTERNAL, "libcurl lacks what is needed: %s", curl_version());
	else if (code != CURLE_OK || (a.status != 200 && a.status != 206))
		s = explain(&a, code, uri, err);
	curl_easy_cleanup(a.curl);
	curl_slist_free_all(headers);
	return s;
}

/* ---- until it is there ---- */

static bool uri_is_good(struct span uri)
{
	if (!uri.n || memchr(uri.p, '\0', uri.n))
		return false;
	return span_starts(uri, "https://") || span_starts(uri, "http://");
}

/* A server that ends early without an error has no more to give: its image is too short. */
static struct status fetch_all(struct update_download *d, const char *uri, struct err *err)
{
	const struct signet_update *u = d->update;
	struct retry retry = retry_start(&d->how->patience, &u->hooks);

	while (d->sink->have < d->sink->image->size) {
		const uint64_t before = d->sink->have;
		struct err why = {0};
		int64_t pause;

		if (ask_once(d, uri, &why).ok)
			return STATUS_OK;
		/* All of it came; how the connection ended after that says nothing of it. */
		if (d->sink->have == d->sink->image->size && device_reason_transient(&why))
			return STATUS_OK;
		if (d->sink->have > before) /* it goes on, however slowly */
			retry = retry_start(&d->how->patience, &u->hooks);
		pause = device_reason_transient(&why) ? retry_trouble(&retry, 0) : -1;
		if (pause < 0) {
			*err = why;
			return STATUS_FAILED;
		}
		update_progress(
		    u, "%s; going on in %" PRId64 " s", why.message, (pause + 999) / 1000);
		u->hooks.sleep(u->hooks.context, pause);
	}
	return STATUS_OK;
}

struct status update_download(struct update_download *d, struct err *err)
{
	const struct update_image *image = d->sink->image;
	char *uri;
	struct status s;

	if (!uri_is_good(image->uri))
		return err_refuse(err, UPDATE_WHY(UPDATE_URI),
		    "component '%.*s' has no URI that can be fetched", SPAN_PRINT(image->id));
	uri = mem_strndup((const char *)image->uri.p, image->uri.n);
	s = fetch_all(d, uri, err);
	free(uri);
	return s;
}
