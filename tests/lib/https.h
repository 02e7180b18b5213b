/*
 * tests/lib/https.h: a TLS client that does what it is told, right or wrong, byte by byte.
 *
 * Blocking, with a time-out on every read and write; one connection each.
 */
#ifndef SIGNET_TESTS_HTTPS_H
#define SIGNET_TESTS_HTTPS_H

#include <openssl/ssl.h>

#include "base/span.h"

struct https_options {
	int port;          /* on 127.0.0.1 */
	uint32_t source;   /* last three octets of the client's 127.x.y.z; 0: 127.0.0.1 */
	int tls_version;   /* TLS1_2_VERSION or TLS1_3_VERSION alone; 0: both */
	X509 *certificate; /* client's; NULL: none */
	EVP_PKEY *key;
	X509 *intermediate; /* sent along; NULL: none */
	X509 *trusted;      /* the server must chain to it; NULL: not checked */
	int timeout_ms;     /* 0: 10,000 */
	bool clear;         /* no TLS */
	const char *groups; /* key exchange groups, OpenSSL syntax; NULL: OpenSSL's own */
	/* Borrowed, for load: certificate and key are set on each connection. NULL: a fresh one. */
	SSL_CTX *shared;
	SSL_SESSION *session; /* to be resumed; NULL: a full handshake */
};

struct https {
	int fd;
	SSL *ssl;
	SSL_CTX *context;
};

/* A context for `shared`, made from the other options; freed with SSL_CTX_free. */
SSL_CTX *https_context(const struct https_options *options);

/* False: refused, timed out or handshake failed. */
MUST_USE bool https_open(const struct https_options *options, struct https *ret_connection);
/* close_notify, then close; or cut: RST without a word. */
void https_close(struct https *c);
void https_cut(struct https *c);

MUST_USE bool https_send(struct https *c, struct span bytes);
/* Up to size bytes; 0: end; -1: error or time-out. */
int https_receive(struct https *c, void *p, size_t size);

struct https_reply {
	int status;      /* 0: no HTTP answer came */
	struct buf head; /* status line and headers, NUL-terminated by buf_cstr */
	struct buf body;
	bool closed; /* the server ended the connection */
};
/* Read one whole answer (Content-Length or to the end). False: no complete one. */
MUST_USE bool https_read_reply(struct https *c, struct https_reply *ret_reply);
void https_reply_free(struct https_reply *r);
/* Value of a header, exact case, copied; false: not there. */
MUST_USE bool https_header(struct https_reply *r, const char *name, char *value, size_t size);

/* One request with Host, and Content-Length where there is a body, and its answer. */
MUST_USE bool https_request(struct https *c, const char *method, const char *path,
    const char *more_headers, struct span body, struct https_reply *ret_reply);

/* base64 of tls-unique (1.2) or of the exporter (1.3), as challengePassword wants it. */
void https_binding(struct https *c, char *text, size_t size);

#endif
