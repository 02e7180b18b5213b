/* server/staple.c: see staple.h. */
#include "server/staple.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct staple {
	struct ocsp *ocsp;
	pthread_mutex_t lock;
	X509 *certificate;
	uint64_t change;
	struct ocsp_answer *answer;
};

struct staple *staple_new(struct ocsp *ocsp)
{
	struct staple *s = mem_alloc(sizeof(*s));

	s->ocsp = ocsp;
	pthread_mutex_init(&s->lock, NULL);
	return s;
}

void staple_free(struct staple *s)
{
	if (!s)
		return;
	X509_free(s->certificate);
	ocsp_answer_release(s->answer);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

void staple_set_certificate(struct staple *s, X509 *certificate)
{
	struct ocsp_answer *answer;
	X509 *before;

	X509_up_ref(certificate);
	pthread_mutex_lock(&s->lock);
	before = s->certificate;
	answer = s->answer;
	s->certificate = certificate;
	s->answer = NULL;
	s->change++;
	pthread_mutex_unlock(&s->lock);
	X509_free(before);
	ocsp_answer_release(answer);
}

X509 *staple_certificate(struct staple *s, uint64_t *ret_change)
{
	X509 *certificate;

	pthread_mutex_lock(&s->lock);
	certificate = s->certificate;
	if (certificate)
		X509_up_ref(certificate);
	*ret_change = s->change;
	pthread_mutex_unlock(&s->lock);
	return certificate;
}

void staple_put(struct staple *s, uint64_t change, struct ocsp_answer *answer)
{
	struct ocsp_answer *before = answer;

	pthread_mutex_lock(&s->lock);
	if (s->change == change) {
		before = s->answer;
		s->answer = answer;
	}
	pthread_mutex_unlock(&s->lock);
	ocsp_answer_release(before);
}

/* ---- in a handshake ---- */

/* NULL: nothing to say of the certificate that this connection has. */
static struct ocsp_answer *answer_for(struct staple *s, SSL *ssl)
{
	const X509 *used = SSL_get_certificate(ssl);
	struct ocsp_answer *answer = NULL;

	pthread_mutex_lock(&s->lock);
	if (s->answer && used && s->certificate && X509_cmp(used, s->certificate) == 0)
		answer = ocsp_answer_keep(s->answer);
	pthread_mutex_unlock(&s->lock);
	if (answer && answer->next_update > ocsp_now(s->ocsp) &&
	    ocsp_cache_is_fresh(s->ocsp->cache))
		return answer;
	ocsp_answer_release(answer);
	return NULL;
}

static int on_status_request(SSL *ssl, void *context)
{
	AUTO_REF(ocsp_answer) answer = answer_for(context, ssl);
	unsigned char *copy;

	if (!answer)
		return SSL_TLSEXT_ERR_NOACK;
	copy = OPENSSL_malloc(answer->der.n);
	if (!copy)
		return SSL_TLSEXT_ERR_NOACK;
	memcpy(copy, answer->der.p, answer->der.n);
	/* OpenSSL frees it with the connection. */
	SSL_set_tlsext_status_ocsp_resp(ssl, copy, (long)answer->der.n);
	return SSL_TLSEXT_ERR_OK;
}

void staple_use(struct staple *s, SSL_CTX *tls)
{
	SSL_CTX_set_tlsext_status_cb(tls, on_status_request);
	SSL_CTX_set_tlsext_status_arg(tls, s);
}
