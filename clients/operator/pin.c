/*
 * clients/operator/pin.c: the first contact with a server of which only a fingerprint is known.
 *
 * OpenSSL is given its own verification with one trust anchor: that certificate among those shown
 * whose SHA-256 is the pin. So the chain, its dates and the host's name are checked as always.
 *
 * A server does not show its root in the handshake. So where the pin is none of those shown, the
 * roots are asked for over a connection of which nothing is believed: only the one with the pinned
 * fingerprint is taken, which nobody else can have made, and then the server is verified by it.
 */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "base/encode.h"
#include "clients/operator/client.h"
#include "clients/operator/client_internal.h"
#include "clients/operator/reason.h"

#define CONTACT_SECONDS 30L

DEFINE_AUTO_PTR(BIO, BIO_free_all)
DEFINE_AUTO_PTR(CURL, curl_easy_cleanup)

struct contact {
	const uint8_t *pin;
	X509 *found;     /* owned */
	int shown;       /* certificates seen */
	bool quarantine; /* what is said on this connection is believed by its fingerprint alone */
};

static void contact_auto(struct contact *c)
{
	X509_free(c->found);
}

static bool has_pin(X509 *certificate, const uint8_t pin[static SHA256_SIZE])
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	return X509_digest(certificate, EVP_sha256(), digest, &n) == 1 && n == SHA256_SIZE &&
	       CRYPTO_memcmp(digest, pin, SHA256_SIZE) == 0;
}

static void look_for(struct contact *c, X509 *certificate)
{
	c->shown++;
	if (!c->found && has_pin(certificate, c->pin) && X509_up_ref(certificate))
		c->found = certificate;
}

static int verify(X509_STORE_CTX *context, void *argument)
{
	struct contact *c = argument;
	STACK_OF(X509) *shown = X509_STORE_CTX_get0_untrusted(context);
	STACK_OF(X509) *anchors = sk_X509_new_null();
	int ok = 0;

	look_for(c, X509_STORE_CTX_get0_cert(context));
	for (int i = 0; i < sk_X509_num(shown); i++)
		look_for(c, sk_X509_value(shown, i));
	if (anchors && c->found && sk_X509_push(anchors, c->found)) {
		/* The pinned one is an anchor although it need not be self-signed. */
		X509_VERIFY_PARAM_set_flags(
		    X509_STORE_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
		X509_STORE_CTX_set0_trusted_stack(context, anchors);
		ok = X509_verify_cert(context);
	} else {
		X509_STORE_CTX_set_error(context, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
	}
	sk_X509_free(anchors);
	return ok > 0;
}

static int believe_nothing(X509_STORE_CTX *context, void *argument)
{
	(void)context, (void)argument;
	return 1;
}

static CURLcode on_tls(CURL *curl, void *ssl_ctx, void *context)
{
	struct contact *c = context;

	(void)curl;
	SSL_CTX_set_cert_verify_callback(ssl_ctx, c->quarantine ? believe_nothing : verify, c);
	return CURLE_OK;
}

static size_t on_roots(char *bytes, size_t size, size_t count, void *context)
{
	struct buf *roots = context;

	if (size * count > LOGIN_CA_MAX - roots->n)
		return 0;
	buf_put(roots, span(bytes, size * count));
	return size * count;
}

static bool prepare(CURL *u, struct contact *c, char *text)
{
	return client_set_trust(u, NULL) && !curl_easy_setopt(u, CURLOPT_PROTOCOLS_STR, "https") &&
	       !curl_easy_setopt(u, CURLOPT_TIMEOUT, CONTACT_SECONDS) &&
	       !curl_easy_setopt(u, CURLOPT_NOSIGNAL, 1L) &&
	       !curl_easy_setopt(u, CURLOPT_ERRORBUFFER, text) &&
	       !curl_easy_setopt(u, CURLOPT_SSL_CTX_FUNCTION, on_tls) &&
	       !curl_easy_setopt(u, CURLOPT_SSL_CTX_DATA, c);
}

/* Connect, and verify the server by the pinned certificate; nothing is sent. */
static CURLcode verify_server(const char *url, struct contact *c, char *text)
{
	AUTO_PTR(CURL) u = curl_easy_init();

	c->quarantine = false;
	if (!u || !prepare(u, c, text) || curl_easy_setopt(u, CURLOPT_URL, url) ||
	    curl_easy_setopt(u, CURLOPT_CONNECT_ONLY, 1L))
		return CURLE_FAILED_INIT;
	return curl_easy_perform(u);
}

static void look_among(struct contact *c, struct span pem)
{
	AUTO_PTR(BIO) in = BIO_new_mem_buf(pem.p, (int)pem.n);
	X509 *certificate;

	while (in && (certificate = PEM_read_bio_X509(in, NULL, NULL, NULL))) {
		look_for(c, certificate);
		X509_free(certificate);
	}
	ERR_clear_error();
}

/* Not to be had: then none is found. */
static void fetch_roots(const char *url, struct contact *c)
{
	AUTO_PTR(CURL) u = curl_easy_init();
	AUTO(buf) path = {0}, roots = {0};
	char text[CURL_ERROR_SIZE] = "";

	buf_printf(&path, "%s/api/v1/roots", url);
	c->quarantine = true;
	if (u && prepare(u, c, text) && !curl_easy_setopt(u, CURLOPT_SSL_VERIFYHOST, 0L) &&
	    !curl_easy_setopt(u, CURLOPT_URL, buf_cstr(&path)) &&
	    !curl_easy_setopt(u, CURLOPT_WRITEFUNCTION, on_roots) &&
	    !curl_easy_setopt(u, CURLOPT_WRITEDATA, &roots) && curl_easy_perform(u) == CURLE_OK)
		look_among(c, buf_span(&roots));
}

static struct status write_pem(X509 *certificate, struct buf *ret_pem, struct err *err)
{
	AUTO_PTR(BIO) out = BIO_new(BIO_s_mem());
	char *text;
	long n;

	if (!out || PEM_write_bio_X509(out, certificate) != 1)
		return err_crypto(err, ERR_INTERNAL, "the pinned certificate cannot be written");
	n = BIO_get_mem_data(out, &text);
	buf_put(ret_pem, span(text, (size_t)n));
	return STATUS_OK;
}

struct status client_fetch_pinned(const struct login *login, const uint8_t pin[static SHA256_SIZE],
    struct buf *ret_pem, struct err *err)
{
	AUTO(contact) contact = {.pin = pin};
	char text[CURL_ERROR_SIZE] = "";
	CURLcode code = verify_server(login->api_url, &contact, text);

	if (code != CURLE_OK && contact.shown && !contact.found) {
		fetch_roots(login->api_url, &contact);
		if (!contact.found)
			return err_refuse(err, WHY(PIN),
			    "none of the %d certificates that %s shows has this fingerprint",
			    contact.shown, login->api_url);
		code = verify_server(login->api_url, &contact, text);
	}
	if (code != CURLE_OK || !contact.found)
		return client_explain(code, login->api_url, text, err);
	return write_pem(contact.found, ret_pem, err);
}
