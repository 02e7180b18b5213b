#include "server/staple.h"
#include "server/tls_internal.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/*
 * RFC 7030 3.3.1 forbids NULL and anonymous suites; RFC 9325 4.2 wants forward secrecy and AEAD.
 * TLS 1.3's suites are all of that kind. AES-128 and SHA-256 first: as strong as P-256, and in
 * hardware on most machines, while SHA-384 makes a handshake a tenth dearer.
 */
#define SUITES     "ECDHE+AESGCM+AES128:ECDHE+AESGCM:ECDHE+CHACHA20"
#define SUITES_1_3 "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"

/* Hybrids where the library has them (OpenSSL 3.5); the first list that it knows is taken. */
static const char *const group_lists[] = {
    "X25519MLKEM768:X25519:P-256:P-384",
    "X25519:P-256:P-384",
};

#define HTTP_1_1_ALPN "\x08http/1.1"

struct tls_set {
	pthread_mutex_t lock;
	SSL_CTX *contexts[LISTENER_PAGES + 1]; /* by enum listener_kind */
};

/*
 * Possession of the key was proven by CertificateVerify; the path is judged by policy, per
 * request, with a reason for the client. RFC 7030 3.3.2 leaves that to the EST server.
 */
static int accept_any_certificate(X509_STORE_CTX *store, void *unused)
{
	(void)unused;
	X509_STORE_CTX_set_error(store, X509_V_OK);
	return 1;
}

static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_n,
    const unsigned char *in, unsigned int in_n, void *unused)
{
	unsigned char *chosen;

	(void)ssl;
	(void)unused;
	/* RFC 7301 3.2: no overlap: the server "SHALL send" no_application_protocol. */
	if (SSL_select_next_proto(&chosen, out_n, (const unsigned char *)HTTP_1_1_ALPN,
		sizeof(HTTP_1_1_ALPN) - 1, in, in_n) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

static struct status set_client_names(
    SSL_CTX *tls, const struct tls_request *request, struct err *err)
{
	STACK_OF(X509_NAME) *names = sk_X509_NAME_new_null();

	for (size_t i = 0; names && request->client_name_count <= TLS_CLIENT_NAMES_MAX &&
			   i < request->client_name_count;
	     i++) {
		const unsigned char *p = request->client_names[i].p;
		X509_NAME *name = d2i_X509_NAME(NULL, &p, (long)request->client_names[i].n);

		if (!name || !sk_X509_NAME_push(names, name)) {
			X509_NAME_free(name);
			sk_X509_NAME_pop_free(names, X509_NAME_free);
			return err_crypto(err, ERR_INTERNAL, "an authority's name cannot be read");
		}
	}
	SSL_CTX_set_client_CA_list(tls, names);
	return STATUS_OK;
}

/*
 * Devices always have one. Operators may; where no authority issues any to them, browsers are not
 * made to ask which.
 */
static bool asks_for_certificate(const struct tls_request *request)
{
	return request->kind == LISTENER_DEVICE ||
	       (request->kind == LISTENER_OPERATOR && request->client_name_count > 0);
}

static void set_modes(SSL_CTX *tls, const struct tls_request *request)
{
	/* Without NO_AUTO_CHAIN OpenSSL builds and verifies our own chain in each handshake. */
	SSL_CTX_set_mode(tls, SSL_MODE_NO_AUTO_CHAIN | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	/* HTTP says itself where a message ends: a missing close_notify loses nothing. */
	SSL_CTX_set_options(tls, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
				     SSL_OP_CIPHER_SERVER_PREFERENCE |
				     SSL_OP_IGNORE_UNEXPECTED_EOF);
#ifdef SSL_OP_NO_RX_CERTIFICATE_COMPRESSION
	/* A certificate is small; inflating what strangers send is not worth its cost and its risk.
	 */
	SSL_CTX_set_options(
	    tls, SSL_OP_NO_RX_CERTIFICATE_COMPRESSION | SSL_OP_NO_TX_CERTIFICATE_COMPRESSION);
#endif
	SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(tls, 0); /* see tls_offer_ticket() */
	SSL_CTX_set_alpn_select_cb(tls, choose_protocol, NULL);
	SSL_CTX_set_verify(
	    tls, asks_for_certificate(request) ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_cert_verify_callback(tls, accept_any_certificate, NULL);
}

static bool set_algorithms(SSL_CTX *tls)
{
	bool groups = false;

	for (size_t i = 0; !groups && i < COUNT(group_lists); i++)
		groups = SSL_CTX_set1_groups_list(tls, group_lists[i]) == 1;
	/* RFC 8996: TLS 1.0 and 1.1 MUST NOT be used. */
	return groups && SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION) == 1 &&
	       SSL_CTX_set_cipher_list(tls, SUITES) == 1 &&
	       SSL_CTX_set_ciphersuites(tls, SUITES_1_3) == 1;
}

struct status tls_context(const struct tls_request *request, SSL_CTX **ret_tls, struct err *err)
{
	AUTO_PTR(SSL_CTX) tls = SSL_CTX_new(TLS_server_method());
	unsigned char context_id = (unsigned char)request->kind;

	if (!tls || !set_algorithms(tls))
		return err_crypto(err, ERR_INTERNAL, "no TLS context to be had");
	ERR_clear_error();
	set_modes(tls, request);
	/* A session of one listener cannot be resumed at another. */
	if (SSL_CTX_set_session_id_context(tls, &context_id, 1) != 1)
		return err_crypto(err, ERR_INTERNAL, "no TLS session context");
	if (asks_for_certificate(request))
		TRY(set_client_names(tls, request, err));
	if (SSL_CTX_use_certificate(tls, request->certificate) != 1 ||
	    (request->chain && SSL_CTX_set1_chain(tls, request->chain) != 1))
		return err_crypto(err, ERR_CONFIG, "TLS does not take the server's certificate");
	if (request->tickets)
		tickets_use(request->tickets, tls);
	if (request->staple)
		staple_use(request->staple, tls);
	*ret_tls = TAKE(tls);
	return STATUS_OK;
}

void tls_offer_ticket(SSL *ssl)
{
	if (SSL_version(ssl) == TLS1_3_VERSION && SSL_new_session_ticket(ssl) != 1)
		ERR_clear_error(); /* the client will do without */
}

struct tls_set *tls_set_new(void)
{
	struct tls_set *s = mem_alloc(sizeof(*s));

	pthread_mutex_init(&s->lock, NULL);
	return s;
}

void tls_set_free(struct tls_set *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < COUNT(s->contexts); i++)
		SSL_CTX_free(s->contexts[i]);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

void tls_set_put(struct tls_set *s, enum listener_kind kind, SSL_CTX *tls)
{
	SSL_CTX *old;

	pthread_mutex_lock(&s->lock);
	old = s->contexts[kind];
	s->contexts[kind] = tls;
	pthread_mutex_unlock(&s->lock);
	SSL_CTX_free(old);
}

SSL *tls_set_start(struct tls_set *s, enum listener_kind kind)
{
	SSL_CTX *tls;
	SSL *ssl;

	pthread_mutex_lock(&s->lock);
	tls = s->contexts[kind];
	if (tls)
		SSL_CTX_up_ref(tls);
	pthread_mutex_unlock(&s->lock);
	if (!tls)
		return NULL;
	ssl = SSL_new(tls);
	SSL_CTX_free(tls);
	return ssl;
}

/*
 * RFC 5929 3.1: "the first TLS Finished message sent": the client's, but on resumption the
 * server's. RFC 7627 7: only with the extended master secret is that safe.
 */
static size_t tls_unique(SSL *ssl, uint8_t *out, size_t size)
{
	size_t n;

	if (SSL_version(ssl) != TLS1_2_VERSION)
		return 0;
	n = SSL_session_reused(ssl) ? SSL_get_finished(ssl, out, size)
				    : SSL_get_peer_finished(ssl, out, size);
	return n <= size ? n : 0;
}

/* RFC 9266 2: this label, "a zero-length context" (present), 32 bytes; TLS 1.2 needs RFC 7627. */
static size_t tls_exporter(SSL *ssl, bool safe, uint8_t out[static 32])
{
	static const char label[] = "EXPORTER-Channel-Binding";

	if (!safe || SSL_export_keying_material(ssl, out, 32, label, sizeof(label) - 1,
			 (const unsigned char *)"", 0, 1) != 1)
		return 0;
	return 32;
}

void tls_describe_peer(SSL *ssl, struct peer *peer)
{
	unsigned char *der = NULL;
	int n;

	peer->tls_version = SSL_version(ssl);
	peer->extended_master_secret = SSL_get_extms_support(ssl) == 1;
	peer->tls_unique_n = tls_unique(ssl, peer->tls_unique, sizeof(peer->tls_unique));
	peer->tls_exporter_n =
	    tls_exporter(ssl, peer->tls_version >= TLS1_3_VERSION || peer->extended_master_secret,
		peer->tls_exporter);
	peer->certificate = SSL_get1_peer_certificate(ssl);
	if (!peer->certificate)
		return;
	peer->chain = tickets_peer_chain(ssl);
	n = i2d_X509(peer->certificate, &der);
	if (n > 0)
		peer->certificate_der = span(der, (size_t)n);
}

void tls_forget_peer(struct peer *peer)
{
	unsigned char *der;

	memcpy(&der, &peer->certificate_der.p, sizeof(der));
	OPENSSL_free(der);
	peer->certificate_der = SPAN_NONE;
	sk_X509_pop_free(peer->chain, X509_free);
	peer->chain = NULL;
	X509_free(peer->certificate);
	peer->certificate = NULL;
}
