/*
 * server/tls.h: what a TLS listener demands and offers, RFC 8446, 5246, 9325.
 *
 * No client-certificate result ends the handshake: TLS proves possession of the key, policy
 * decides trust later, so that a refusal is an HTTP answer with a reason.
 */
#ifndef SIGNET_SERVER_TLS_H
#define SIGNET_SERVER_TLS_H

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "api/http.h"
#include "api/route.h"

/* Keys that session tickets are sealed with, RFC 5077 5.5: fresh ones every hour, old ones kept one
 * more. */
struct tickets;
struct tickets *tickets_new(void);
void tickets_free(struct tickets *t);              /* NULL allowed */
void tickets_use(struct tickets *t, SSL_CTX *tls); /* tickets must outlive tls */

struct tls_request {
	enum listener_kind kind; /* device asks for a client certificate, operator where
				  * client_names has any */
	X509 *certificate;       /* ours */
	STACK_OF(X509) * chain;  /* sent behind it, nearest issuer first; NULL: none */
	const struct span
	    *client_names; /* Name DER of authorities whose certificates clients may choose */
	size_t client_name_count; /* over TLS_CLIENT_NAMES_MAX: none is sent, which means any */
	struct tickets *tickets;
	struct staple *staple; /* server/staple.h; NULL: none is stapled */
};

/* 64 names of 100 bytes are 6 kB in every handshake; more would hurt devices on slow links. */
#define TLS_CLIENT_NAMES_MAX 64

/* Make a context without its key: hsm_key_use_for_tls(), or SSL_CTX_use_PrivateKey(), adds that. */
struct status tls_context(const struct tls_request *request, SSL_CTX **ret_tls, struct err *err);

/*
 * The contexts in use, one per listener kind, swapped without touching open connections:
 * each connection holds a reference to the one that it began with. Thread-safe.
 */
struct tls_set;
struct tls_set *tls_set_new(void);
void tls_set_free(struct tls_set *s);
void tls_set_put(struct tls_set *s, enum listener_kind kind, SSL_CTX *tls); /* takes over */
SSL *tls_set_start(struct tls_set *s, enum listener_kind kind); /* NULL: no certificate yet */

/*
 * Send a session ticket with what is written next (TLS 1.3; in 1.2 the handshake sends one). Making
 * one costs a decoding of the client's certificate, so it is for those who will come back, not for
 * a device that takes its certificate and goes.
 */
void tls_offer_ticket(SSL *ssl);

/* What the handshake proved, for handlers. The X509s belong to the SSL. */
void tls_describe_peer(SSL *ssl, struct peer *peer);
/* Free what tls_describe_peer() made. */
void tls_forget_peer(struct peer *peer);

DEFINE_AUTO_PTR(SSL_CTX, SSL_CTX_free)

#endif
