/*
 * clients/device/session.h: requests to an EST server over one TLS connection.
 *
 * HTTP is libcurl's, TLS is OpenSSL's underneath it. Requests follow each other on one connection,
 * so that a CSR can carry what binds it to that connection (RFC 7030 section 3.5): tls-unique (RFC
 * 5929) with TLS 1.2, tls-exporter (RFC 9266) with TLS 1.3.
 */
#ifndef SIGNET_DEVICE_SESSION_H
#define SIGNET_DEVICE_SESSION_H

#include "clients/device/certs.h"
#include "clients/device/store.h"
#include "clients/device/verify.h"

#define SESSION_BODY_MAX ((size_t)256 << 10) /* cacerts with ML-DSA chains in a rollover: 60 kB */
#define BINDING_MAX      64
#define SESSION_ETAG_MAX 128

struct session;

struct session_config {
	const char *server;          /* "https://host[:port]" */
	const char *label;           /* NULL or "": none */
	const struct certs *anchors; /* borrowed until session_close */
	/*
	 * Nothing about the server is believed: what it says must be judged by other means, no
	 * identity is shown to it. Only for fetching cacerts that a pin then picks from.
	 */
	bool quarantine_unverified;
	struct device_time time;
	const struct certs *identity; /* certificate, then intermediates; NULL: none is shown */
	struct device_key *key;
};

struct answer {
	long status;
	char type[96]; /* media type, lower case, without parameters; "" */
	struct buf body;
	int64_t retry_after; /* seconds; 0: not said */
	bool moved;          /* a new connection was needed, so an earlier binding does not hold */
	int64_t renew_at;    /* Signet-Renew-At, seconds since 1970; 0: not said, or not a date */
	char etag[SESSION_ETAG_MAX]; /* of the representation, quotes and all; "": none */
};
void answer_free(struct answer *a);
static inline void answer_auto(struct answer *a)
{
	answer_free(a);
}

struct status session_open(
    const struct session_config *config, struct session **ret_session, struct err *err);
void session_close(struct session *s);
DEFINE_AUTO_REF(session, session_close)

/*
 * GET (body.p NULL) or POST below /.well-known/est[/label]/; an operation that begins with a slash
 * is a path of the server's own. Any HTTP status is an answer; failing means that there is none:
 * WHY_NETWORK_..., WHY_TLS_..., WHY_ANSWER_TOO_LARGE.
 */
struct status session_request(struct session *s, const char *operation, const char *type,
    struct span body, struct answer *ret_answer, struct err *err);

/* GET a path of the server's own, as above. */
struct session_get {
	const char *path;
	const char
	    *if_none_match; /* an entity tag: 304 when it is still this; NULL: whatever it is */
	size_t most;        /* octets of the answer; 0: SESSION_BODY_MAX */
};
struct status session_get(
    struct session *s, const struct session_get *get, struct answer *ret_answer, struct err *err);

/* What binds to the connection of the last request. WHY_TLS_BINDING: it has nothing safe. */
struct status session_binding(const struct session *s, struct span *ret_binding, struct err *err);

#endif
