/*
 * api/http.h: one HTTP exchange as handlers see it, whoever carries it.
 *
 * server/ fills a struct http_request when the whole body has been read, finds
 * the route (api/route.h) and calls its handler, on a worker or on the loop as
 * the route says. The handler fills the struct http_response. All pointers live
 * in the exchange's arena unless said otherwise.
 */
#ifndef SIGNET_API_HTTP_H
#define SIGNET_API_HTTP_H

#include <openssl/x509.h>

#include "base/err.h"
#include "base/span.h"

enum http_method {
	HTTP_GET,
	HTTP_HEAD,
	HTTP_POST,
	HTTP_PUT,
	HTTP_PATCH,
	HTTP_DELETE,
	HTTP_OTHER
};

/* Who is at the other end: from TLS, not from anything that was sent in HTTP. */
struct peer {
	char address[64]; /* "192.0.2.1" or "2001:db8::1", for logs and limits */
	/* The client's certificate: possession proven, trust not decided. NULL: none. */
	X509 *certificate;
	STACK_OF(X509) * chain;      /* what else it sent, without the certificate; NULL: nothing */
	struct span certificate_der; /* the bytes as sent (kept by OpenSSL, not encoded anew) */
	int tls_version;             /* TLS1_2_VERSION, TLS1_3_VERSION; 0: clear text */
	bool extended_master_secret;
	uint8_t tls_unique[36]; /* TLS 1.2 (RFC 5929); length 0 when not defined */
	size_t tls_unique_n;
	uint8_t tls_exporter[32]; /* RFC 9266; 1.3, and 1.2 with extended master secret */
	size_t tls_exporter_n;
};

struct http_header {
	const char *name;
	const char *value;
};

struct http_request {
	char id[17]; /* request id, 16 hex digits; in logs and X-Request-Id */
	enum http_method method;
	const char *path;  /* percent-decoded once, no query; starts with '/' */
	const char *query; /* raw text after '?', or NULL */
	const struct http_header *headers;
	size_t header_count;
	struct span body;
	const struct peer *peer;
	struct arena *arena;
	int64_t started_us; /* monotonic */
};

/* "GET"; "?" for HTTP_OTHER. */
const char *http_method_name(enum http_method method);
/* HTTP_OTHER: none that is served. */
enum http_method http_method_by_name(const char *name);
/* The first header of this name (any case), or NULL. */
const char *http_header(const struct http_request *q, const char *name);

struct http_response {
	int status;                    /* 0 until set */
	const char *content_type;      /* NULL: no body */
	struct span body;              /* in the arena, or static, or kept by `body_owner` */
	struct http_header headers[8]; /* further ones; Content-Length and Date are the server's */
	size_t header_count;
	const char *reason_code; /* for the log and the metrics; NULL when it went well */
	bool close;              /* end the connection after this */
	/* A body that outlives the arena (a cached list): released when it has been sent. */
	void *body_owner;
	void (*body_release)(void *owner);
};

void http_respond(struct http_response *r, int status, const char *content_type, struct span body);
void http_add_header(struct http_response *r, const char *name, const char *value);
/* One that http_add_header() added, by the name as it was given; NULL: none. */
const char *http_response_header(const struct http_response *r, const char *name);
/* Does If-None-Match say that the client has what bears this ETag (RFC 9110 13.1.2)? */
bool http_none_match_holds(const struct http_request *q, const char *etag);
/* 200 with a body that caches may keep, its digest as ETag; 304 where the client has it. */
void http_respond_cached(const struct http_request *q, struct http_response *r,
    const char *content_type, const char *cache_control, struct span body);
/* Status for an error kind: the one place that knows. 500 for what is ours. */
int http_status_of(enum err_kind kind);

#endif
