/*
 * server/ticket.c: session tickets, so that a device that comes back need not sign again.
 *
 * OpenSSL puts the client's certificate into a ticket but not the intermediates behind it;
 * without those a resumed session could not be judged by policy. They ride along as the
 * ticket's application data: one byte that says whether they fitted, then the DERs.
 */
#include <openssl/core_names.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "server/tls_internal.h"

#define ROTATE_MS       (3600 * 1000)
#define KEPT            3 /* the one in use and two before it: at least TICKET_SECONDS of grace */
#define CHAIN_BYTES_MAX 16384 /* a ticket is at most 65,280 bytes; the leaf needs room too */

enum {
	CHAIN_LEFT_OUT = 0,
	CHAIN_FOLLOWS = 1
};

struct ticket_key {
	unsigned char name[16], cipher[32], mac[32];
	int64_t made_ms; /* 0: none */
};

struct tickets {
	pthread_mutex_t lock;
	struct ticket_key keys[KEPT]; /* newest first */
	EVP_CIPHER *cipher;
};

struct tickets *tickets_new(void)
{
	struct tickets *t = mem_alloc(sizeof(*t));

	pthread_mutex_init(&t->lock, NULL);
	t->cipher = EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL);
	return t;
}

void tickets_free(struct tickets *t)
{
	if (!t)
		return;
	OPENSSL_cleanse(t->keys, sizeof(t->keys));
	EVP_CIPHER_free(t->cipher);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

/* The key to seal with, made anew when it is old. */
static bool newest_key(struct tickets *t, struct ticket_key *ret_key)
{
	struct ticket_key fresh = {.made_ms = monotonic_ms()};
	bool ok = true;

	pthread_mutex_lock(&t->lock);
	if (!t->keys[0].made_ms || fresh.made_ms - t->keys[0].made_ms > ROTATE_MS) {
		ok = RAND_bytes(fresh.name, sizeof(fresh.name)) == 1 &&
		     RAND_priv_bytes(fresh.cipher, sizeof(fresh.cipher)) == 1 &&
		     RAND_priv_bytes(fresh.mac, sizeof(fresh.mac)) == 1;
		if (ok) {
			memmove(&t->keys[1], &t->keys[0], sizeof(t->keys[0]) * (KEPT - 1));
			t->keys[0] = fresh;
		}
	}
	*ret_key = t->keys[0];
	pthread_mutex_unlock(&t->lock);
	OPENSSL_cleanse(&fresh, sizeof(fresh));
	return ok;
}

static bool key_by_name(
    struct tickets *t, const unsigned char name[static 16], struct ticket_key *ret_key)
{
	bool found = false;

	pthread_mutex_lock(&t->lock);
	for (int i = 0; i < KEPT && !found; i++) {
		found = t->keys[i].made_ms && memcmp(t->keys[i].name, name, 16) == 0;
		if (found)
			*ret_key = t->keys[i];
	}
	pthread_mutex_unlock(&t->lock);
	return found;
}

static bool set_mac(EVP_MAC_CTX *mac, struct ticket_key *key)
{
	char digest[] = "SHA256";
	OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key->mac, sizeof(key->mac)),
	    OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
	    OSSL_PARAM_construct_end(),
	};

	return EVP_MAC_CTX_set_params(mac, params) == 1;
}

/* OpenSSL's contract: 1 go on, 0 no such key (a full handshake follows), -1 fault. */
static int ticket_key(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
    EVP_MAC_CTX *mac, int seal)
{
	struct tickets *t = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	struct ticket_key key;
	int ok;

	if (!seal) {
		if (!key_by_name(t, name, &key))
			return 0;
		ok = EVP_DecryptInit_ex2(cipher, t->cipher, key.cipher, iv, NULL);
	} else {
		if (!newest_key(t, &key) ||
		    RAND_bytes(iv, EVP_CIPHER_get_iv_length(t->cipher)) != 1)
			return -1;
		memcpy(name, key.name, sizeof(key.name));
		ok = EVP_EncryptInit_ex2(cipher, t->cipher, key.cipher, iv, NULL);
	}
	ok = ok == 1 && set_mac(mac, &key);
	OPENSSL_cleanse(&key, sizeof(key));
	return ok ? 1 : -1;
}

static void put_chain(STACK_OF(X509) * chain, struct buf *out)
{
	buf_put_byte(out, CHAIN_FOLLOWS);
	for (int i = 0; i < sk_X509_num(chain); i++) {
		unsigned char *der = NULL;
		int n = i2d_X509(sk_X509_value(chain, i), &der);

		if (n <= 0 || out->n + (size_t)n > CHAIN_BYTES_MAX) {
			buf_reset(out);
			buf_put_byte(out, CHAIN_LEFT_OUT);
			i = sk_X509_num(chain);
		} else {
			buf_put(out, span(der, (size_t)n));
		}
		OPENSSL_free(der);
	}
}

static int ticket_sealing(SSL *ssl, void *unused)
{
	STACK_OF(X509) *chain = SSL_get_peer_cert_chain(ssl);
	AUTO(buf) data = {0};

	(void)unused;
	/* A resumed session keeps the data that it came with. */
	if (!chain || sk_X509_num(chain) == 0 || SSL_session_reused(ssl))
		return 1;
	put_chain(chain, &data);
	return SSL_SESSION_set1_ticket_appdata(SSL_get_session(ssl), data.p, data.n);
}

static SSL_TICKET_RETURN ticket_opened(SSL *ssl, SSL_SESSION *session, const unsigned char *name,
    size_t name_n, SSL_TICKET_STATUS status, void *unused)
{
	void *data = NULL;
	size_t n = 0;

	(void)ssl;
	(void)name;
	(void)name_n;
	(void)unused;
	if (status == SSL_TICKET_EMPTY || status == SSL_TICKET_NO_DECRYPT)
		return SSL_TICKET_RETURN_IGNORE_RENEW;
	if (status != SSL_TICKET_SUCCESS && status != SSL_TICKET_SUCCESS_RENEW)
		return SSL_TICKET_RETURN_IGNORE;
	SSL_SESSION_get0_ticket_appdata(session, &data, &n);
	if (n > 0 && *(const uint8_t *)data == CHAIN_LEFT_OUT)
		return SSL_TICKET_RETURN_IGNORE_RENEW;
	return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
}

void tickets_use(struct tickets *t, SSL_CTX *tls)
{
	SSL_CTX_set_app_data(tls, t);
	SSL_CTX_set_timeout(tls, TICKET_SECONDS);
	SSL_CTX_set_tlsext_ticket_key_evp_cb(tls, ticket_key);
	SSL_CTX_set_session_ticket_cb(tls, ticket_sealing, ticket_opened, NULL);
}

static STACK_OF(X509) * chain_of_ticket(SSL_SESSION *session)
{
	STACK_OF(X509) *chain = NULL;
	void *data = NULL;
	size_t n = 0;

	SSL_SESSION_get0_ticket_appdata(session, &data, &n);
	if (n < 2 || *(const uint8_t *)data != CHAIN_FOLLOWS)
		return NULL;
	const unsigned char *p = data, *end = p + n;

	for (p++; p < end;) {
		X509 *x509 = d2i_X509(NULL, &p, end - p);

		if (!chain)
			chain = sk_X509_new_null();
		if (!x509 || !chain || !sk_X509_push(chain, x509)) {
			X509_free(x509);
			break;
		}
	}
	return chain;
}

STACK_OF(X509) * tickets_peer_chain(SSL *ssl)
{
	STACK_OF(X509) * chain;

	if (SSL_session_reused(ssl))
		return chain_of_ticket(SSL_get_session(ssl));
	chain = SSL_get_peer_cert_chain(ssl);
	return chain && sk_X509_num(chain) > 0 ? X509_chain_up_ref(chain) : NULL;
}
