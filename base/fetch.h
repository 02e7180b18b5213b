/*
 * base/fetch.h: ask another server over HTTP, within bounds.
 *
 * An interface: server/fetch.h makes one with libcurl; tests bring their own. A fetch blocks, so it
 * is for workers and jobs, never for loops. Thread-safe.
 *
 * https:// only, with the server's certificate and name verified; http:// to a loopback address
 * where the configuration says so. A redirect is followed within its own origin (scheme, host and
 * port) and nowhere else. No cookies, no proxies from the environment, no credentials.
 */
#ifndef SIGNET_BASE_FETCH_H
#define SIGNET_BASE_FETCH_H

#include "base/err.h"
#include "base/span.h"

#define FETCH_BODY_STANDARD    ((size_t)256 << 10) /* a key set of a hundred RSA keys is 60 kB */
#define FETCH_TIMEOUT_STANDARD 10000 /* milliseconds, from name look-up to last byte */
#define FETCH_REDIRECTS_MAX    3
#define FETCH_URL_MAX          2048

struct fetch_request {
	const char *url;
	struct span body;         /* p NULL: GET, else POST */
	const char *content_type; /* of the body; NULL where there is none */
	const char *accept;       /* media type; NULL: anything */
	size_t body_max;          /* bytes of the answer's body; 0: FETCH_BODY_STANDARD */
	int64_t timeout_ms;       /* 0: FETCH_TIMEOUT_STANDARD */
	/* Bodies of answers other than 2xx are read as well (an error has something to say). */
	bool any_status;
};

struct fetch_response {
	int status;            /* 200 ... 599 */
	char content_type[96]; /* "" where it says none */
	int64_t max_age; /* seconds, by Cache-Control (no-store, no-cache: 0); -1: nothing said */
	struct buf body;
};
void fetch_response_free(struct fetch_response *r);
static inline void fetch_response_auto(struct fetch_response *r)
{
	fetch_response_free(r);
}

struct fetcher {
	/*
	 * ERR_CONFIG: the URL is not one that may be asked, or redirects elsewhere. ERR_TOO_LARGE:
	 * body over the bound. ERR_BUSY: not reached, too slow, or (without any_status) not 2xx.
	 * Messages name the host, never the query.
	 */
	struct status (*fetch)(void *context, const struct fetch_request *request,
	    struct fetch_response *ret_response, struct err *err);
	void *context;
};

static inline struct status fetch(const struct fetcher *f, const struct fetch_request *request,
    struct fetch_response *ret_response, struct err *err)
{
	return f->fetch(f->context, request, ret_response, err);
}

/*
 * May this URL be asked? https://host[:port]/..., no user, no fragment; http:// for 127.0.0.0/8,
 * [::1] and localhost only, and only when `clear_loopback`. ERR_CONFIG. Pure: for policy documents
 * too.
 */
struct status fetch_url_check(const char *url, bool clear_loopback, struct err *err);
/* Do both URLs have one scheme, host and port? */
bool fetch_same_origin(const char *a, const char *b);

#endif
