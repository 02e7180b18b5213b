/*
 * tests/unit/device/update_tls_test.c: images by HTTPS. The server is OpenSSL's own, and asks whom
 * it serves for a certificate.
 */
#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "tests/lib/files.h"
#include "tests/lib/pki.h"
#include "tests/unit/device/update_rig.h"

TestSuite(update_tls, .timeout = 60);

static const char image[] = "an image that came by TLS";

struct server {
	SSL_CTX *context;
	EVP_PKEY *key;
	X509 *certificate;
	const char *redirect; /* NULL: gives the image */
	char url[64];
	int listen_fd, served, certificates_shown;
	pthread_t thread;
};

/* Of itself, for this address. */
static X509 *certificate_of(EVP_PKEY *key)
{
	X509 *c = X509_new();
	X509_NAME *name = X509_get_subject_name(c);
	X509_EXTENSION *san = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "IP:127.0.0.1");

	X509_set_version(c, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(c), 1);
	X509_gmtime_adj(X509_getm_notBefore(c), -3600);
	X509_gmtime_adj(X509_getm_notAfter(c), 3600);
	X509_NAME_add_entry_by_txt(
	    name, "CN", MBSTRING_ASC, (const unsigned char *)"files", -1, -1, 0);
	X509_set_issuer_name(c, name);
	X509_set_pubkey(c, key);
	X509_add_ext(c, san, -1);
	X509_EXTENSION_free(san);
	cr_assert_gt(X509_sign(c, key, EVP_sha256()), 0);
	return c;
}

static int any_certificate(int good, X509_STORE_CTX *store)
{
	(void)good;
	(void)store;
	return 1;
}

static void answer(struct server *s, SSL *ssl)
{
	char asked[4096], text[256];
	size_t n = 0, part;

	while (n < sizeof(asked) - 1 && SSL_read_ex(ssl, asked + n, 1, &part) == 1) {
		n += part;
		asked[n] = '\0';
		if (n >= 4 && strcmp(asked + n - 4, "\r\n\r\n") == 0)
			break;
	}
	if (s->redirect)
		snprintf(text, sizeof(text),
		    "HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n"
		    "Connection: close\r\n\r\n",
		    s->redirect);
	else
		snprintf(text, sizeof(text),
		    "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s",
		    strlen(image), image);
	SSL_write_ex(ssl, text, strlen(text), &part);
}

static void *serve(void *context)
{
	struct server *s = context;
	int fd;

	while ((fd = accept(s->listen_fd, NULL, NULL)) >= 0) {
		SSL *ssl = SSL_new(s->context);

		SSL_set_fd(ssl, fd);
		if (SSL_accept(ssl) == 1) {
			s->served++;
			s->certificates_shown += SSL_get0_peer_certificate(ssl) != NULL;
			answer(s, ssl);
		}
		SSL_shutdown(ssl);
		SSL_free(ssl);
		close(fd);
	}
	return NULL;
}

static void server_start(struct server *s)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(at);

	signal(SIGPIPE, SIG_IGN);
	s->key = pki_key("EC-P256");
	s->certificate = certificate_of(s->key);
	s->context = SSL_CTX_new(TLS_server_method());
	SSL_CTX_use_certificate(s->context, s->certificate);
	SSL_CTX_use_PrivateKey(s->context, s->key);
	SSL_CTX_set_verify(s->context, SSL_VERIFY_PEER, any_certificate);
	s->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	cr_assert_eq(bind(s->listen_fd, (struct sockaddr *)&at, sizeof(at)), 0);
	cr_assert_eq(listen(s->listen_fd, 8), 0);
	cr_assert_eq(getsockname(s->listen_fd, (struct sockaddr *)&at, &n), 0);
	snprintf(s->url, sizeof(s->url), "https://127.0.0.1:%d/image", ntohs(at.sin_port));
	cr_assert_eq(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void server_stop(struct server *s)
{
	shutdown(s->listen_fd, SHUT_RDWR);
	pthread_join(s->thread, NULL);
	close(s->listen_fd);
	SSL_CTX_free(s->context);
	X509_free(s->certificate);
	EVP_PKEY_free(s->key);
}

/* With a release whose image this server has, and which believes the server or not. */
static struct update_rig *rig_for(const struct server *s, bool believes)
{
	struct update_rig *rig = update_rig_raw();
	const struct maker_component c = {.id = "main", .image = span_str(image), .uri = s->url};
	const struct maker_release one = {.sequence = 1, .components = &c, .component_count = 1};
	AUTO(buf) pem = {0};

	pki_pem_certificate(s->certificate, &pem);
	if (believes)
		rig->download_ca = update_rig_file(rig, "ca.pem", buf_span(&pem));
	cr_assert_eq(update_rig_init(rig, NULL), SIGNET_DONE, "%s", rig->why.text);
	update_rig_bundle(rig, &one);
	return rig;
}

Test(update_tls, no_certificate_of_the_device_is_shown_to_who_has_the_images)
{
	struct server s = {.redirect = NULL};
	struct update_rig *rig;

	server_start(&s);
	rig = rig_for(&s, true);
	cr_assert_eq(update_rig_install(rig, NULL), SIGNET_DONE, "%s", rig->why.text);
	cr_assert_eq(s.served, 1);
	cr_assert_eq(s.certificates_shown, 0);
	update_rig_free(rig);
	server_stop(&s);
}

Test(update_tls, https_does_not_become_http_on_the_way)
{
	struct files plain = {.body = span_str(image)};
	struct server s = {.redirect = plain.url};
	struct update_rig *rig;

	files_start(&plain, 0);
	server_start(&s);
	rig = rig_for(&s, true);
	cr_assert_eq(update_rig_install(rig, NULL), SIGNET_BAD_ANSWER, "%s", rig->why.text);
	cr_assert_str_eq(rig->why.code, "download.refused", "%s", rig->why.text);
	cr_assert_eq(s.served, 1);
	cr_assert_eq(plain.requests, 0);
	update_rig_free(rig);
	server_stop(&s);
	files_stop(&plain);
}

Test(update_tls, who_cannot_prove_the_name_gives_no_images)
{
	struct server s = {.redirect = NULL};
	struct update_rig *rig;

	server_start(&s);
	rig = rig_for(&s, false);
	cr_assert_neq(update_rig_install(rig, NULL), SIGNET_DONE);
	cr_assert_str_eq(rig->why.code, "tls.untrusted", "%s", rig->why.text);
	cr_assert_eq(s.served, 0);
	update_rig_free(rig);
	server_stop(&s);
}
