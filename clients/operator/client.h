/*
 * clients/operator/client.h: requests to Signet's API over https.
 *
 * HTTP is libcurl's, TLS OpenSSL's. The server is trusted by the certificates of the login alone,
 * never by the system's; there is no way to do without. Redirects are not followed: a token goes
 * to whom it was given for. Answers are bounded in octets and time.
 */
#ifndef SIGNET_OPERATOR_CLIENT_H
#define SIGNET_OPERATOR_CLIENT_H

#include <jansson.h>

#include "clients/operator/login.h"
#include "clients/operator/text.h"

#define CLIENT_BODY_MAX                                                           \
	((size_t)32 << 20) /* a page of 500 log records with certificates in them \
			    */
#define CLIENT_TRIES_MAX 5

struct client;

/*
 * The login's strings and `screen` are borrowed until client_close(). Progress of waiting is shown
 * on the screen; NULL: nowhere. ERR: the login names no server, or nothing to trust it by.
 */
struct status client_open(const struct login *login, const struct screen *screen,
    struct client **ret_client, struct err *err);
/* For what is published to everybody, over http too: no token, no certificate is shown. */
struct status client_open_public(const struct login *login, const struct screen *screen,
    struct client **ret_client, struct err *err);
void client_close(struct client *c);
DEFINE_AUTO_REF(client, client_close)

struct client_request {
	const char *method;
	const char *path;   /* "/devices?limit=50", below /api/v1, escaped; or a whole URL */
	const char *type;   /* of the body; NULL with a body: application/json */
	struct span body;   /* p NULL: none */
	const char *name;   /* of the file that the body is from, for messages; NULL: none */
	const char *etag;   /* sent as If-Match; NULL: none */
	const char *accept; /* NULL: JSON */
	/*
	 * Sent as Idempotency-Key. NULL: one is made for a POST. The same request is sent again
	 * under the same key when its answer is lost.
	 */
	const char *key;
};

struct client_reply {
	long status;
	char type[64]; /* media type, lower case, without parameters; "" */
	char etag[80];
	struct buf body;
	json_t *json; /* the body, where it is JSON; else NULL */
};
void client_reply_free(struct client_reply *r);
static inline void client_reply_auto(struct client_reply *r)
{
	client_reply_free(r);
}

/*
 * Any HTTP status is an answer. Failing means that there is none, also after trying again (up to
 * CLIENT_TRIES_MAX times: what reads, and what carries a key): OPERATOR_REASON rows.
 */
struct status client_send(struct client *c, const struct client_request *request,
    struct client_reply *ret_reply, struct err *err);

/*
 * The certificate with this SHA-256 fingerprint, of those that the server at login->api_url shows
 * or has as roots, verified to be the end of its chain; PEM. For the first contact: no credential
 * is sent.
 */
struct status client_fetch_pinned(
    const struct login *login, const uint8_t pin[static 32], struct buf *ret_pem, struct err *err);

/* Append "?name=value" or "&name=value", escaped. */
void url_add(struct buf *url, const char *name, const char *value);
/* Append one path segment, escaped. */
void url_segment(struct buf *url, const char *text);

#endif
