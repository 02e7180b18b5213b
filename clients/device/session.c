/* clients/device/session.c: see session.h. */
#include "clients/device/session.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <curl/curl.h>

#include "clients/device/hint.h"
#include "clients/device/reason.h"

#define CONNECT_SECONDS 15L
#define REQUEST_SECONDS 60L /* a busy CA may queue us; it says 503 when it cannot keep up */
#define USER_AGENT      "signet-device/" SIGNET_VERSION

struct session {
	CURL *curl;
	char *server; /* "https://host" */
	char *base;   /* "https://host/.well-known/est[/label]/" */
	const struct certs *anchors;
	const struct certs *identity;
	struct device_key *key;
	struct device_time time;
	bool unverified;

	struct buf *body;            /* of the request under way */
	size_t most;                 /* octets of it */
	char etag[SESSION_ETAG_MAX]; /* of the answer under way */
	bool too_large;
	int64_t renew_at; /* of the answer under way */
	uint8_t binding[BINDING_MAX];
	size_t binding_n; /* 0: none that is safe */
	struct err tls_error;
	char error[CURL_ERROR_SIZE];
};

void answer_free(struct answer *a)
{
	buf_free(&a->body);
	*a = (struct answer){0};
}

/* TLS 1.3: RFC 9266. TLS 1.2: RFC 5929, but only with the extended master secret (RFC 7627),
 * without which a man in the middle can make two connections with the same tls-unique. */
static size_t binding_of(SSL *ssl, uint8_t out[static BINDING_MAX])
{
	static const char label[] = "EXPORTER-Channel-Binding";

	if (SSL_version(ssl) >= TLS1_3_VERSION)
		return SSL_export_keying_material(
			   ssl, out, 32, label, sizeof(label) - 1, NULL, 0, 1) == 1
			   ? 32
			   : 0;
	if (SSL_get_extms_support(ssl) != 1)
		return 0;
	/* The first Finished of the handshake: ours, or the server's when the session is resumed.
	 */
	return SSL_session_reused(ssl) ? SSL_get_peer_finished(ssl, out, BINDING_MAX)
				       : SSL_get_finished(ssl, out, BINDING_MAX);
}

static void etag_of_header(struct span line, char ret_etag[static SESSION_ETAG_MAX])
{
	static const char name[] = "etag:";
	struct span value;

	if (line.n < sizeof(name) || !span_equal_nocase(span(line.p, sizeof(name) - 1), name))
		return;
	value = span_trim(span(line.p + sizeof(name) - 1, line.n - (sizeof(name) - 1)));
	if (value.n < SESSION_ETAG_MAX)
		snprintf(ret_etag, SESSION_ETAG_MAX, "%.*s", SPAN_PRINT(value));
}

/* Called in the middle of an answer, when the connection is surely the one it comes from. */
static size_t on_header(char *line, size_t size, size_t count, void *context)
{
	struct session *s = context;
	struct curl_tlssessioninfo *tls = NULL;
	size_t n;

	if (count < 5 || memcmp(line, "HTTP/", 5) != 0) {
		hint_of_header(span(line, size * count), &s->renew_at);
		etag_of_header(span(line, size * count), s->etag);
		return size * count;
	}
	s->renew_at = 0;
	s->etag[0] = '\0';
	s->binding_n = 0;
	if (curl_easy_getinfo(s->curl, CURLINFO_TLS_SSL_PTR, &tls) == CURLE_OK && tls &&
	    tls->backend == CURLSSLBACKEND_OPENSSL && tls->internals) {
		n = binding_of(tls->internals, s->binding);
		s->binding_n = n <= BINDING_MAX ? n : 0;
	}
	return size * count;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *context)
{
	struct session *s = context;

	if (size * count > s->most - s->body->n) {
		s->too_large = true;
		return 0;
	}
	buf_put(s->body, span(bytes, size * count));
	return size * count;
}

static struct status show_identity(struct session *s, SSL_CTX *tls, struct err *err)
{
	if (SSL_CTX_use_certificate(tls, s->identity->items[0]) != 1)
		return err_crypto(err, ERR_KEY, "our certificate cannot be used for TLS");
	for (size_t i = 1; i < s->identity->count; i++)
		if (SSL_CTX_add1_chain_cert(tls, s->identity->items[i]) != 1)
			return err_crypto(err, ERR_KEY, "our chain cannot be used for TLS");
	return s->key->ops->use_for_tls(s->key, tls, err);
}

/* Trust is ours, not the system's: nothing but the anchors, and our own time. */
static CURLcode on_tls(CURL *curl, void *ssl_ctx, void *context)
{
	struct session *s = context;
	SSL_CTX *tls = ssl_ctx;
	X509_STORE_CTX_verify_cb callback;

	(void)curl;
	SSL_CTX_set_options(tls, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
	SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
	if (!s->unverified) {
		AUTO_PTR(X509_STORE) store = verify_store(s->anchors);

		if (!store)
			return CURLE_OUT_OF_MEMORY;
		SSL_CTX_set1_cert_store(tls, store);
		callback = verify_prepare(SSL_CTX_get0_param(tls), &s->time);
		SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, callback);
	}
	if (s->identity && !show_identity(s, tls, &s->tls_error).ok)
		return CURLE_SSL_CERTPROBLEM;
	return CURLE_OK;
}

static bool has_any(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (strstr(text, *words))
			return true;
	return false;
}

/* curl's words for a broken TLS connection. A server that dislikes our certificate says so in an
 * alert. */
static struct status explain_tls(const struct session *s, struct err *err)
{
	static const char *const alerts[] = {"bad certificate", "unknown ca",
	    "certificate required", "certificate expired", "certificate revoked",
	    "certificate unknown", "access denied", "unsupported certificate", "alert unknown",
	    NULL};

	if (s->identity && strstr(s->error, "alert") && has_any(s->error, alerts))
		return err_refuse(err, WHY(TLS_REFUSED),
		    "the server refused our certificate in the handshake: %s", s->error);
	return err_refuse(err, WHY(TLS_FAILED), "no TLS connection to %s: %s", s->base, s->error);
}

static struct status explain(const struct session *s, CURLcode code, struct err *err)
{
	const char *text = s->error[0] ? s->error : curl_easy_strerror(code);

	if (s->too_large || code == CURLE_FILESIZE_EXCEEDED)
		return err_refuse(err, WHY(ANSWER_TOO_LARGE), "the answer of %s is over %zu octets",
		    s->base, s->most);
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		return err_refuse(err, WHY(NETWORK_NAME), "%s: %s", s->base, text);
	case CURLE_COULDNT_CONNECT:
		return err_refuse(err, WHY(NETWORK_CONNECT), "%s: %s", s->base, text);
	case CURLE_OPERATION_TIMEDOUT:
		return err_refuse(err, WHY(NETWORK_TIMEOUT), "%s: %s", s->base, text);
	case CURLE_PEER_FAILED_VERIFICATION:
		return err_refuse(
		    err, WHY(TLS_UNTRUSTED), "%s cannot be trusted: %s", s->base, text);
	case CURLE_SSL_CONNECT_ERROR: return explain_tls(s, err);
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
		/* With TLS 1.3 the server judges our certificate after our side of the handshake.
		 */
		if (strstr(text, "alert"))
			return explain_tls(s, err);
		return err_refuse(err, WHY(NETWORK_BROKEN), "%s: %s", s->base, text);
	case CURLE_PARTIAL_FILE:
	case CURLE_GOT_NOTHING:
		return err_refuse(err, WHY(NETWORK_BROKEN), "%s: %s", s->base, text);
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_BAD_CONTENT_ENCODING:
		return err_refuse(err, WHY(ANSWER_MALFORMED), "%s: %s", s->base, text);
	default: return err_set(err, ERR_INTERNAL, "%s: %s (curl %d)", s->base, text, (int)code);
	}
}

static bool set_trust_options(struct session *s)
{
	CURL *c = s->curl;
	long verify = s->unverified ? 0L : 1L;

	return !curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, verify) &&
	       !curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, verify ? 2L : 0L) &&
	       !curl_easy_setopt(c, CURLOPT_CAINFO, NULL) &&
	       !curl_easy_setopt(c, CURLOPT_CAPATH, NULL) &&
	       !curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) &&
	       !curl_easy_setopt(c, CURLOPT_SSL_SESSIONID_CACHE, 0L) &&
	       !curl_easy_setopt(c, CURLOPT_SSL_ENABLE_ALPN, 0L) &&
	       !curl_easy_setopt(c, CURLOPT_SSL_CTX_FUNCTION, on_tls) &&
	       !curl_easy_setopt(c, CURLOPT_SSL_CTX_DATA, s);
}

static bool set_transfer_options(struct session *s)
{
	CURL *c = s->curl;

	return !curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "https") &&
	       !curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) &&
	       !curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L) &&
	       !curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) &&
	       !curl_easy_setopt(c, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L) &&
	       !curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS) &&
	       !curl_easy_setopt(c, CURLOPT_TIMEOUT, REQUEST_SECONDS) &&
	       !curl_easy_setopt(c, CURLOPT_USERAGENT, USER_AGENT) &&
	       !curl_easy_setopt(c, CURLOPT_ERRORBUFFER, s->error) &&
	       !curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header) &&
	       !curl_easy_setopt(c, CURLOPT_HEADERDATA, s) &&
	       !curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body) &&
	       !curl_easy_setopt(c, CURLOPT_WRITEDATA, s);
}

struct status session_open(
    const struct session_config *config, struct session **ret_session, struct err *err)
{
	AUTO_REF(session) s = mem_alloc(sizeof(*s));
	AUTO(buf) base = {0};

	s->anchors = config->anchors;
	s->time = config->time;
	s->unverified = config->quarantine_unverified;
	s->identity = s->unverified ? NULL : config->identity;
	s->key = config->key;
	buf_printf(&base, "%s/.well-known/est/", config->server);
	if (config->label && *config->label)
		buf_printf(&base, "%s/", config->label);
	s->base = mem_strdup(buf_cstr(&base));
	s->server = mem_strdup(config->server);
	s->curl = curl_easy_init();
	if (!s->curl || !set_trust_options(s) || !set_transfer_options(s))
		return err_set(
		    err, ERR_INTERNAL, "libcurl lacks what is needed: %s", curl_version());
	*ret_session = TAKE(s);
	return STATUS_OK;
}

void session_close(struct session *s)
{
	if (!s)
		return;
	curl_easy_cleanup(s->curl);
	free(s->base);
	free(s->server);
	OPENSSL_cleanse(s->binding, sizeof(s->binding));
	free(s);
}

static struct curl_slist *headers_for(const char *type)
{
	AUTO(buf) line = {0};
	struct curl_slist *list = curl_slist_append(NULL, "Expect:"); /* no 100-continue */

	if (!type)
		return curl_slist_append(list, "Content-Type:"); /* curl would make one up */
	buf_printf(&line, "Content-Type: %s", type);
	list = curl_slist_append(list, buf_cstr(&line));
	return curl_slist_append(list, "Content-Transfer-Encoding: base64");
}

static void read_answer(struct session *s, struct answer *a)
{
	const char *type = NULL;
	curl_off_t after = 0;
	long connects = 0;

	curl_easy_getinfo(s->curl, CURLINFO_RESPONSE_CODE, &a->status);
	curl_easy_getinfo(s->curl, CURLINFO_NUM_CONNECTS, &connects);
	curl_easy_getinfo(s->curl, CURLINFO_CONTENT_TYPE, &type);
	curl_easy_getinfo(s->curl, CURLINFO_RETRY_AFTER, &after);
	a->moved = connects != 0;
	a->retry_after = after > 0 ? (int64_t)after : 0;
	a->renew_at = s->renew_at;
	snprintf(a->etag, sizeof(a->etag), "%s", s->etag);
	for (size_t i = 0; type && type[i] && !strchr("; \t", type[i]) && i + 1 < sizeof(a->type);
	     i++)
		a->type[i] = (char)tolower((unsigned char)type[i]);
}

static CURLcode perform(struct session *s, const char *url, struct span body)
{
	CURL *c = s->curl;

	s->error[0] = '\0';
	s->etag[0] = '\0';
	s->too_large = false;
	curl_easy_setopt(c, CURLOPT_MAXFILESIZE, (long)s->most);
	curl_easy_setopt(c, CURLOPT_URL, url);
	if (body.p) {
		curl_easy_setopt(c, CURLOPT_POST, 1L);
		curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.n);
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, (const char *)body.p);
	} else {
		curl_easy_setopt(c, CURLOPT_HTTPGET, 1L);
	}
	return curl_easy_perform(c);
}

/* `headers` are taken over. */
static struct status request(struct session *s, const char *operation, struct curl_slist *headers,
    struct span body, struct answer *ret_answer, struct err *err)
{
	AUTO(answer) answer = {0};
	AUTO(buf) url = {0};
	CURLcode code;

	buf_printf(&url, "%s%s", operation[0] == '/' ? s->server : s->base, operation);
	s->body = &answer.body;
	curl_easy_setopt(s->curl, CURLOPT_HTTPHEADER, headers);
	code = perform(s, buf_cstr(&url), body);
	curl_easy_setopt(s->curl, CURLOPT_HTTPHEADER, NULL);
	curl_slist_free_all(headers);
	s->body = NULL;
	if (s->tls_error.kind != ERR_NONE) {
		*err = s->tls_error;
		return STATUS_FAILED;
	}
	if (code != CURLE_OK)
		return explain(s, code, err);
	read_answer(s, &answer);
	answer_free(ret_answer);
	*ret_answer = answer;
	answer = (struct answer){0};
	return STATUS_OK;
}

struct status session_request(struct session *s, const char *operation, const char *type,
    struct span body, struct answer *ret_answer, struct err *err)
{
	s->most = SESSION_BODY_MAX;
	return request(s, operation, headers_for(type), body, ret_answer, err);
}

struct status session_get(
    struct session *s, const struct session_get *get, struct answer *ret_answer, struct err *err)
{
	struct curl_slist *headers = headers_for(NULL);
	AUTO(buf) line = {0};

	s->most = get->most ? get->most : SESSION_BODY_MAX;
	if (get->if_none_match) {
		buf_printf(&line, "If-None-Match: %s", get->if_none_match);
		headers = curl_slist_append(headers, buf_cstr(&line));
	}
	return request(s, get->path, headers, SPAN_NONE, ret_answer, err);
}

struct status session_binding(const struct session *s, struct span *ret_binding, struct err *err)
{
	if (!s->binding_n)
		return err_refuse(err, WHY(TLS_BINDING),
		    "the connection has nothing that a request can safely be bound to");
	*ret_binding = span(s->binding, s->binding_n);
	return STATUS_OK;
}
