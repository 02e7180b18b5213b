#include "tests/lib/https.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <openssl/err.h>

#include "base/encode.h"

static int tcp_connect(const struct https_options *o)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	int ms = o->timeout_ms ? o->timeout_ms : 10000;
	struct timeval limit = {ms / 1000, (ms % 1000) * 1000};
	int one = 1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	struct sockaddr_in from = {.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl((INADDR_LOOPBACK & 0xff000000) | (o->source & 0xffffff))};
	if (o->source && bind(fd, (struct sockaddr *)&from, sizeof(from)) != 0) {
		close(fd);
		return -1;
	}
	struct sockaddr_in to = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)o->port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
		return fd;
	close(fd);
	return -1;
}

SSL_CTX *https_context(const struct https_options *o)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_mode(context, SSL_MODE_NO_AUTO_CHAIN);
	if (o->tls_version) {
		SSL_CTX_set_min_proto_version(context, o->tls_version);
		SSL_CTX_set_max_proto_version(context, o->tls_version);
	}
	if (o->certificate) {
		SSL_CTX_use_certificate(context, o->certificate);
		SSL_CTX_use_PrivateKey(context, o->key);
		if (o->intermediate)
			SSL_CTX_add1_chain_cert(context, o->intermediate);
	}
	if (o->groups)
		SSL_CTX_set1_groups_list(context, o->groups);
	if (o->trusted) {
		X509_STORE_add_cert(SSL_CTX_get_cert_store(context), o->trusted);
		SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
	}
	return context;
}

bool https_open(const struct https_options *options, struct https *ret_connection)
{
	struct https c = {.fd = tcp_connect(options)};
	if (c.fd < 0)
		return false;
	if (!options->clear) {
		c.context = options->shared ? options->shared : https_context(options);
		if (options->shared)
			SSL_CTX_up_ref(c.context);
		c.ssl = SSL_new(c.context);
		if (options->shared && options->certificate) {
			SSL_use_certificate(c.ssl, options->certificate);
			SSL_use_PrivateKey(c.ssl, options->key);
		}
		if (options->session)
			SSL_set_session(c.ssl, options->session);
		SSL_set_fd(c.ssl, c.fd);
		SSL_set_tlsext_host_name(c.ssl, "localhost");
		if (SSL_connect(c.ssl) != 1) {
			ERR_clear_error();
			https_cut(&c);
			return false;
		}
	}
	*ret_connection = c;
	return true;
}

static void release(struct https *c)
{
	SSL_free(c->ssl);
	SSL_CTX_free(c->context);
	if (c->fd >= 0)
		close(c->fd);
	*c = (struct https){.fd = -1};
	ERR_clear_error();
}

void https_close(struct https *c)
{
	if (c->ssl)
		SSL_shutdown(c->ssl);
	release(c);
}

void https_cut(struct https *c)
{
	struct linger now = {1, 0};
	if (c->fd >= 0)
		setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	if (c->ssl)
		SSL_set_quiet_shutdown(c->ssl, 1);
	release(c);
}

bool https_send(struct https *c, struct span bytes)
{
	while (bytes.n > 0) {
		int chunk = bytes.n > 16384 ? 16384 : (int)bytes.n;
		ssize_t n = c->ssl ? SSL_write(c->ssl, bytes.p, chunk)
				   : send(c->fd, bytes.p, (size_t)chunk, MSG_NOSIGNAL);
		if (n <= 0) {
			ERR_clear_error();
			return false;
		}
		bytes.p += n;
		bytes.n -= (size_t)n;
	}
	return true;
}

int https_receive(struct https *c, void *p, size_t size)
{
	if (!c->ssl)
		return (int)recv(c->fd, p, size, 0);
	int n = SSL_read(c->ssl, p, (int)size);
	if (n > 0)
		return n;
	int why = SSL_get_error(c->ssl, n);
	ERR_clear_error();
	return why == SSL_ERROR_ZERO_RETURN ? 0 : -1;
}

static bool receive_more(struct https *c, struct buf *into, bool *ret_closed)
{
	char piece[8192];
	int n = https_receive(c, piece, sizeof(piece));
	if (n <= 0) {
		*ret_closed = true;
		return false;
	}
	buf_put(into, span(piece, (size_t)n));
	return true;
}

static bool head_read(struct https *c, struct buf *all, size_t *ret_end, bool *ret_closed)
{
	for (;;) {
		const char *text = buf_cstr(all);
		const char *end = strstr(text, "\r\n\r\n");
		if (end) {
			*ret_end = (size_t)(end - text) + 4;
			return true;
		}
		if (all->n > 65536 || !receive_more(c, all, ret_closed))
			return false;
	}
}

/* Interim answers (100 Continue) are read past. */
static bool final_head_read(struct https *c, struct buf *all, size_t *ret_end, bool *ret_closed)
{
	static const char interim[] = "HTTP/1.1 100";
	while (head_read(c, all, ret_end, ret_closed)) {
		if (!span_starts(buf_span(all), interim))
			return true;
		memmove(all->p, all->p + *ret_end, all->n - *ret_end);
		all->n -= *ret_end;
	}
	return false;
}

bool https_read_reply(struct https *c, struct https_reply *ret_reply)
{
	AUTO(buf) all = {0};
	size_t end = 0;
	*ret_reply = (struct https_reply){0};
	if (!final_head_read(c, &all, &end, &ret_reply->closed))
		return false;
	buf_put(&ret_reply->head, span(all.p, end));
	buf_put(&ret_reply->body, span(all.p + end, all.n - end));
	ret_reply->status = atoi(buf_cstr(&ret_reply->head) + strlen("HTTP/1.1 "));
	char length[32];
	bool known = https_header(ret_reply, "Content-Length", length, sizeof(length));
	size_t want = known ? strtoul(length, NULL, 10) : SIZE_MAX;
	if (ret_reply->status == 204 || ret_reply->status == 304)
		want = 0;
	while (ret_reply->body.n < want) {
		if (!receive_more(c, &ret_reply->body, &ret_reply->closed))
			return !known;
	}
	return true;
}

void https_reply_free(struct https_reply *r)
{
	buf_free(&r->head);
	buf_free(&r->body);
	*r = (struct https_reply){0};
}

bool https_header(struct https_reply *r, const char *name, char *value, size_t size)
{
	char needle[128];
	snprintf(needle, sizeof(needle), "\r\n%s: ", name);
	const char *at = strstr(buf_cstr(&r->head), needle);
	if (!at)
		return false;
	at += strlen(needle);
	size_t n = strcspn(at, "\r");
	snprintf(value, size, "%.*s", (int)n, at);
	return true;
}

bool https_request(struct https *c, const char *method, const char *path, const char *more_headers,
    struct span body, struct https_reply *ret_reply)
{
	AUTO(buf) request = {0};
	buf_printf(&request, "%s %s HTTP/1.1\r\nHost: localhost\r\n%s", method, path,
	    more_headers ? more_headers : "");
	if (body.p)
		buf_printf(&request, "Content-Length: %zu\r\n", body.n);
	buf_put_str(&request, "\r\n");
	buf_put(&request, body);
	*ret_reply = (struct https_reply){0};
	return https_send(c, buf_span(&request)) && https_read_reply(c, ret_reply);
}

void https_binding(struct https *c, char *text, size_t size)
{
	uint8_t bytes[64];
	size_t n;
	if (SSL_version(c->ssl) == TLS1_3_VERSION) {
		static const char label[] = "EXPORTER-Channel-Binding";
		n = 32;
		SSL_export_keying_material(
		    c->ssl, bytes, n, label, sizeof(label) - 1, (const unsigned char *)"", 0, 1);
	} else if (SSL_session_reused(c->ssl)) {
		n = SSL_get_peer_finished(c->ssl, bytes, sizeof(bytes));
	} else {
		n = SSL_get_finished(c->ssl, bytes, sizeof(bytes));
	}
	AUTO(buf) encoded = {0};
	base64_encode(span(bytes, n), &encoded);
	snprintf(text, size, "%s", buf_cstr(&encoded));
}
