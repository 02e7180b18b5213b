/* clients/operator/client.c: see client.h. */
#include "clients/operator/client.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <curl/curl.h>

#include "base/clock.h"
#include "base/encode.h"
#include "clients/operator/client_internal.h"
#include "clients/operator/reason.h"

#define API_PREFIX       "/api/v1"
#define CONNECT_SECONDS  15L
#define REQUEST_SECONDS  300L /* a long import; a dead server is noticed by the next two */
#define PATIENCE_MAX     86400L
#define SILENCE_SECONDS  60L /* below SILENCE_BYTES a second for so long: given up */
#define SILENCE_BYTES    1L
#define RETRY_MS         250 /* doubles with each try */
#define RETRY_AFTER_MAX  30  /* seconds; a server that asks for more is told to the operator */
#define WAIT_SHOWN_AFTER 2   /* seconds */
#define USER_AGENT       "signet/" SIGNET_VERSION

struct client {
	CURL *curl;
	const struct login *login;
	const struct screen *screen; /* NULL: silent */
	bool public;
	struct client_reply *reply; /* of the request under way */
	bool too_large, shown;
	int64_t began; /* monotonic ms */
	char error[CURL_ERROR_SIZE];
};

void client_reply_free(struct client_reply *r)
{
	json_decref(r->json);
	buf_free(&r->body);
	*r = (struct client_reply){0};
}

/* ---- what libcurl calls ---- */

static size_t on_body(char *bytes, size_t size, size_t count, void *context)
{
	struct client *c = context;

	if (size * count > CLIENT_BODY_MAX - c->reply->body.n) {
		c->too_large = true;
		return 0;
	}
	buf_put(&c->reply->body, span(bytes, size * count));
	return size * count;
}

static size_t on_header(char *line, size_t size, size_t count, void *context)
{
	struct client *c = context;
	struct span s = span_trim(span(line, size * count));

	if (s.n > 5 && span_equal_nocase(span(s.p, 5), "etag:")) {
		s = span_trim(span(s.p + 5, s.n - 5));
		if (s.n < sizeof(c->reply->etag)) {
			memcpy(c->reply->etag, s.p, s.n);
			c->reply->etag[s.n] = '\0';
		}
	}
	return size * count;
}

static int on_wait(
    void *context, curl_off_t total, curl_off_t now, curl_off_t up_total, curl_off_t up_now)
{
	struct client *c = context;
	int64_t seconds = (monotonic_ms() - c->began) / 1000;

	(void)total, (void)now, (void)up_total, (void)up_now;
	if (!c->screen || !c->screen->terminal || seconds < WAIT_SHOWN_AFTER)
		return 0;
	fprintf(c->screen->file, "\rsignet: waiting for the server, %lld s ", (long long)seconds);
	fflush(c->screen->file);
	c->shown = true;
	return 0;
}

static void end_wait(struct client *c)
{
	if (c->shown)
		fprintf(c->screen->file, "\r%50s\r", "");
	c->shown = false;
}

/* ---- opening ---- */

/* How long an answer may take: $SIGNET_TIMEOUT seconds, where that makes sense. */
static long patience(void)
{
	const char *text = getenv("SIGNET_TIMEOUT");
	char *end;
	long n = text ? strtol(text, &end, 10) : 0;

	return text && *text && !*end && n > 0 && n <= PATIENCE_MAX ? n : REQUEST_SECONDS;
}

static bool set_transfer(struct client *c)
{
	CURL *u = c->curl;

	return !curl_easy_setopt(u, CURLOPT_PROTOCOLS_STR, c->public ? "http,https" : "https") &&
	       !curl_easy_setopt(u, CURLOPT_FOLLOWLOCATION, 0L) &&
	       !curl_easy_setopt(u, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) &&
	       !curl_easy_setopt(u, CURLOPT_NOSIGNAL, 1L) &&
	       !curl_easy_setopt(u, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS) &&
	       !curl_easy_setopt(u, CURLOPT_TIMEOUT, patience()) &&
	       !curl_easy_setopt(u, CURLOPT_LOW_SPEED_TIME, SILENCE_SECONDS) &&
	       !curl_easy_setopt(u, CURLOPT_LOW_SPEED_LIMIT, SILENCE_BYTES) &&
	       !curl_easy_setopt(u, CURLOPT_USERAGENT, USER_AGENT) &&
	       !curl_easy_setopt(u, CURLOPT_ERRORBUFFER, c->error) &&
	       !curl_easy_setopt(u, CURLOPT_HEADERFUNCTION, on_header) &&
	       !curl_easy_setopt(u, CURLOPT_HEADERDATA, c) &&
	       !curl_easy_setopt(u, CURLOPT_WRITEFUNCTION, on_body) &&
	       !curl_easy_setopt(u, CURLOPT_WRITEDATA, c) &&
	       !curl_easy_setopt(u, CURLOPT_XFERINFOFUNCTION, on_wait) &&
	       !curl_easy_setopt(u, CURLOPT_XFERINFODATA, c) &&
	       !curl_easy_setopt(u, CURLOPT_NOPROGRESS, 0L);
}

/* The login's certificates, and none else. */
bool client_set_trust(CURL *u, const char *ca_pem)
{
	struct curl_blob blob = {.flags = CURL_BLOB_COPY};

	if (ca_pem) {
		blob.data = strdup(ca_pem);
		blob.len = strlen(ca_pem);
	}
	bool set = !curl_easy_setopt(u, CURLOPT_SSL_VERIFYPEER, 1L) &&
		   !curl_easy_setopt(u, CURLOPT_SSL_VERIFYHOST, 2L) &&
		   !curl_easy_setopt(u, CURLOPT_CAINFO, NULL) &&
		   !curl_easy_setopt(u, CURLOPT_CAPATH, NULL) &&
		   !curl_easy_setopt(u, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) &&
		   (!ca_pem || !curl_easy_setopt(u, CURLOPT_CAINFO_BLOB, &blob));
	free(blob.data);
	return set;
}

static bool set_identity(struct client *c)
{
	const struct login *l = c->login;

	if (c->public || !l->certificate)
		return true;
	return !curl_easy_setopt(c->curl, CURLOPT_SSLCERT, l->certificate) &&
	       !curl_easy_setopt(c->curl, CURLOPT_SSLKEY, l->key ? l->key : l->certificate);
}

static struct status open_any(const struct login *login, const struct screen *screen, bool public,
    struct client **ret_client, struct err *err)
{
	AUTO_REF(client) c = mem_alloc(sizeof(*c));

	c->login = login;
	c->screen = screen;
	c->public = public;
	c->curl = curl_easy_init();
	if (!c->curl || !set_transfer(c) || !client_set_trust(c->curl, login->ca_pem) ||
	    !set_identity(c))
		return err_set(
		    err, ERR_INTERNAL, "libcurl lacks what is needed: %s", curl_version());
	*ret_client = TAKE(c);
	return STATUS_OK;
}

struct status client_open(const struct login *login, const struct screen *screen,
    struct client **ret_client, struct err *err)
{
	if (!login->api_url)
		return err_refuse(err, WHY(LOGIN_NONE), "not logged in, and no SIGNET_API_URL set");
	if (!login->ca_pem)
		return err_refuse(
		    err, WHY(LOGIN_TRUST), "nothing is known to trust %s by", login->api_url);
	return open_any(login, screen, false, ret_client, err);
}

struct status client_open_public(const struct login *login, const struct screen *screen,
    struct client **ret_client, struct err *err)
{
	return open_any(login, screen, true, ret_client, err);
}

void client_close(struct client *c)
{
	if (!c)
		return;
	curl_easy_cleanup(c->curl);
	free(c);
}

/* ---- one try ---- */

struct status client_explain(CURLcode code, const char *url, const char *text, struct err *err)
{
	static const struct {
		CURLcode code;
		enum operator_reason why;
	} rows[] = {
	    {CURLE_COULDNT_RESOLVE_HOST, WHY_NETWORK_NAME},
	    {CURLE_COULDNT_RESOLVE_PROXY, WHY_NETWORK_NAME},
	    {CURLE_COULDNT_CONNECT, WHY_NETWORK_CONNECT},
	    {CURLE_OPERATION_TIMEDOUT, WHY_NETWORK_TIMEOUT},
	    {CURLE_PEER_FAILED_VERIFICATION, WHY_TLS_UNTRUSTED},
	    {CURLE_SSL_CACERT_BADFILE, WHY_LOGIN_CA},
	    {CURLE_SSL_CERTPROBLEM, WHY_LOGIN_CERTIFICATE},
	    {CURLE_SSL_CONNECT_ERROR, WHY_TLS_FAILED},
	    {CURLE_URL_MALFORMAT, WHY_LOGIN_URL},
	    {CURLE_UNSUPPORTED_PROTOCOL, WHY_LOGIN_URL},
	    {CURLE_WEIRD_SERVER_REPLY, WHY_ANSWER_MALFORMED},
	    {CURLE_BAD_CONTENT_ENCODING, WHY_ANSWER_MALFORMED},
	};
	enum operator_reason why = WHY_NETWORK_BROKEN;

	for (size_t i = 0; i < COUNT(rows); i++)
		if (rows[i].code == code)
			why = rows[i].why;
	return err_refuse(
	    err, &operator_reasons[why], "%s: %s", url, *text ? text : curl_easy_strerror(code));
}

static void add_header(struct curl_slist **list, const char *name, const char *value)
{
	AUTO(buf) line = {0};

	if (!value)
		return;
	buf_printf(&line, "%s: %s", name, value);
	*list = curl_slist_append(*list, buf_cstr(&line));
	OPENSSL_cleanse(line.p, line.n);
}

static struct curl_slist *headers_for(const struct client *c, const struct client_request *q)
{
	struct curl_slist *list = curl_slist_append(NULL, "Expect:"); /* no 100-continue */
	AUTO(buf) bearer = {0};

	if (c->login->token && !c->public) {
		buf_printf(&bearer, "Bearer %s", c->login->token);
		add_header(&list, "Authorization", buf_cstr(&bearer));
		OPENSSL_cleanse(bearer.p, bearer.n);
	}
	add_header(&list, "Accept", q->accept ? q->accept : "application/json");
	add_header(&list, "If-Match", q->etag);
	add_header(&list, "Idempotency-Key", q->key);
	if (q->body.p)
		add_header(&list, "Content-Type", q->type ? q->type : "application/json");
	return list;
}

static void set_request(struct client *c, const struct client_request *q, const char *url)
{
	CURL *u = c->curl;

	curl_easy_setopt(u, CURLOPT_URL, url);
	curl_easy_setopt(u, CURLOPT_CUSTOMREQUEST, NULL);
	curl_easy_setopt(u, CURLOPT_POSTFIELDS, NULL);
	curl_easy_setopt(u, CURLOPT_HTTPGET, 1L);
	if (strcmp(q->method, "GET") == 0)
		return;
	if (q->body.p || strcmp(q->method, "POST") == 0) {
		curl_easy_setopt(u, CURLOPT_POST, 1L);
		curl_easy_setopt(u, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)q->body.n);
		curl_easy_setopt(u, CURLOPT_POSTFIELDS, q->body.p ? (const char *)q->body.p : "");
	}
	curl_easy_setopt(u, CURLOPT_CUSTOMREQUEST, q->method);
}

static bool is_json(const char *type)
{
	size_t n = strlen(type);

	return strcmp(type, "application/json") == 0 ||
	       (n > 5 && strncmp(type, "application/", 12) == 0 &&
		   strcmp(type + n - 5, "+json") == 0);
}

static struct status read_reply(
    struct client *c, const char *url, struct client_reply *r, struct err *err)
{
	const char *type = NULL;
	json_error_t why;

	curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &r->status);
	curl_easy_getinfo(c->curl, CURLINFO_CONTENT_TYPE, &type);
	for (size_t i = 0; type && type[i] && !strchr("; \t", type[i]) && i + 1 < sizeof(r->type);
	     i++)
		r->type[i] = (char)tolower((unsigned char)type[i]);
	if (!is_json(r->type) || !r->body.n)
		return STATUS_OK;
	r->json = json_loadb((const char *)r->body.p, r->body.n, JSON_REJECT_DUPLICATES, &why);
	if (!r->json && r->status < 300)
		return err_refuse(err, WHY(ANSWER_MALFORMED),
		    "%s: the answer is no JSON: %s at "
		    "octet %d",
		    url, why.text, why.position);
	return STATUS_OK;
}

/* A chain with a wrong signature in it is a failed handshake to libcurl; OpenSSL knows better. */
static bool is_untrusted(struct client *c)
{
	long result = 0;

	return curl_easy_getinfo(c->curl, CURLINFO_SSL_VERIFYRESULT, &result) == CURLE_OK &&
	       result != 0;
}

/* ret_code: libcurl's verdict, for the one who decides on another try. */
static struct status try_once(struct client *c, const struct client_request *q, const char *url,
    struct client_reply *r, CURLcode *ret_code, struct err *err)
{
	struct curl_slist *headers = headers_for(c, q);

	client_reply_free(r);
	c->reply = r;
	c->error[0] = '\0';
	c->too_large = false;
	c->began = monotonic_ms();
	set_request(c, q, url);
	curl_easy_setopt(c->curl, CURLOPT_HTTPHEADER, headers);
	*ret_code = curl_easy_perform(c->curl);
	end_wait(c);
	curl_easy_setopt(c->curl, CURLOPT_HTTPHEADER, NULL);
	curl_slist_free_all(headers);
	c->reply = NULL;
	if (c->too_large)
		return err_refuse(err, WHY(ANSWER_TOO_LARGE), "%s: the answer is over %zu MiB", url,
		    CLIENT_BODY_MAX >> 20);
	if (*ret_code == CURLE_SSL_CONNECT_ERROR && is_untrusted(c))
		*ret_code = CURLE_PEER_FAILED_VERIFICATION;
	if (*ret_code != CURLE_OK)
		return client_explain(*ret_code, url, c->error, err);
	return read_reply(c, url, r, err);
}

/* ---- and again ---- */

/* Was the request surely not carried out, or does carrying it out twice do no harm? */
static bool may_repeat(const struct client_request *q, CURLcode code)
{
	switch (code) {
	case CURLE_COULDNT_CONNECT:
	case CURLE_COULDNT_RESOLVE_HOST: return true;
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_PARTIAL_FILE:
	case CURLE_GOT_NOTHING: return q->key || strcmp(q->method, "GET") == 0;
	default: return false;
	}
}

/* Does this answer mean "not now"? Milliseconds to wait; 0: it is the answer. */
static int64_t not_now(
    struct client *c, const struct client_request *q, const struct client_reply *r)
{
	bool safe = q->key || strcmp(q->method, "GET") == 0;
	curl_off_t after = 0;

	if (r->status != 429 && r->status != 503 &&
	    !(safe && (r->status == 502 || r->status == 504)))
		return 0;
	curl_easy_getinfo(c->curl, CURLINFO_RETRY_AFTER, &after);
	if (after > RETRY_AFTER_MAX)
		return 0;
	return after > 0 ? (int64_t)after * 1000 : RETRY_MS;
}

static void pause_ms(struct client *c, const char *why, int64_t ms, int attempt)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000};
	AUTO(buf) safe = {0};

	if (c->screen) {
		text_put(&safe, span_str(why));
		fprintf(c->screen->file, "signet: %s; again in %.1f s (try %d of %d)\n",
		    buf_cstr(&safe), (double)ms / 1000, attempt + 1, CLIENT_TRIES_MAX);
		fflush(c->screen->file);
	}
	nanosleep(&t, NULL);
}

static struct status send_repeatedly(struct client *c, const struct client_request *q,
    const char *url, struct client_reply *r, struct err *err)
{
	for (int i = 1;; i++) {
		struct err why = {0};
		CURLcode code = CURLE_OK;
		struct status s = try_once(c, q, url, r, &code, &why);
		int64_t wait = (int64_t)RETRY_MS << i >> 1;
		char text[160];
		const char *detail;

		if (i == CLIENT_TRIES_MAX || (!s.ok && !may_repeat(q, code))) {
			*err = why;
			return s;
		}
		if (!s.ok) {
			pause_ms(c, why.message, wait, i);
			continue;
		}
		if (!not_now(c, q, r))
			return STATUS_OK;
		detail = json_string_value(json_object_get(r->json, "detail"));
		snprintf(text, sizeof(text), "the server says %ld, not now%s%.100s", r->status,
		    detail ? ": " : "", detail ? detail : "");
		pause_ms(c, text, not_now(c, q, r) > wait ? not_now(c, q, r) : wait, i);
	}
}

static struct status make_key(char *text, size_t size, struct err *err)
{
	struct rng rng = rng_system();
	uint8_t bytes[16];

	if (size < 2 * sizeof(bytes) + 1)
		return err_set(err, ERR_INTERNAL, "no room for a key");
	TRY(rng_fill(&rng, bytes, sizeof(bytes), err));
	hex_text(SPAN_OF(bytes), text);
	return STATUS_OK;
}

struct status client_send(struct client *c, const struct client_request *request,
    struct client_reply *ret_reply, struct err *err)
{
	AUTO(client_reply) r = {0};
	AUTO(buf) url = {0};
	struct client_request q = *request;
	char key[40];

	if (q.path[0] == '/')
		buf_printf(&url, "%s" API_PREFIX "%s", c->login->api_url, q.path);
	else
		buf_put_str(&url, q.path);
	if (!q.key && strcmp(q.method, "POST") == 0) {
		TRY(make_key(key, sizeof(key), err));
		q.key = key;
	}
	TRY(send_repeatedly(c, &q, buf_cstr(&url), &r, err));
	client_reply_free(ret_reply);
	*ret_reply = r;
	r = (struct client_reply){0};
	return STATUS_OK;
}

/* ---- URLs ---- */

void url_segment(struct buf *url, const char *text)
{
	for (const char *p = text; *p; p++)
		if (isascii((unsigned char)*p) &&
		    (isalnum((unsigned char)*p) || strchr("-._~", *p)))
			buf_put_byte(url, (uint8_t)*p);
		else
			buf_printf(url, "%%%02X", (unsigned)(unsigned char)*p);
}

void url_add(struct buf *url, const char *name, const char *value)
{
	buf_put_byte(url, memchr(url->p, '?', url->n) ? '&' : '?');
	url_segment(url, name);
	buf_put_byte(url, '=');
	url_segment(url, value);
}
