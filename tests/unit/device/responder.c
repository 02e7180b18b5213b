#include "tests/unit/device/responder.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/encode.h"

#define REQUEST_MAX 65536

struct request {
	char head[4096];
	char method[8], path[256];
	char body[REQUEST_MAX];
	size_t body_n;
};

/* ---- who is who ---- */

static void make_authorities(struct responder *r)
{
	r->root_key = mint_key();
	r->root = mint_cert(&(struct mint_wish){.cn = "Test Root", .key = r->root_key, .ca = true});
	r->ca_key = mint_key();
	r->ca = mint_cert(&(struct mint_wish){.cn = "Test Issuing CA",
	    .key = r->ca_key,
	    .issuer = r->root,
	    .issuer_key = r->root_key,
	    .ca = true});
	r->stranger_key = mint_key();
	r->stranger =
	    mint_cert(&(struct mint_wish){.cn = "Stranger CA", .key = r->stranger_key, .ca = true});
	r->server_key = mint_key();
	r->server = mint_cert(&(struct mint_wish){.cn = "localhost",
	    .key = r->server_key,
	    .issuer = r->ca,
	    .issuer_key = r->ca_key,
	    .san = "DNS:localhost,IP:127.0.0.1",
	    .eku = "serverAuth"});
}

static void make_maker(struct responder *r)
{
	r->maker_key = mint_key();
	r->maker =
	    mint_cert(&(struct mint_wish){.cn = "Maker CA", .key = r->maker_key, .ca = true});
	r->idevid_key = mint_key();
	r->idevid = mint_cert(&(struct mint_wish){.cn = "Sensor",
	    .unit_serial = "SN-0001",
	    .key = r->idevid_key,
	    .issuer = r->maker,
	    .issuer_key = r->maker_key,
	    .not_after = 253402300799});
}

/* ---- TLS and HTTP ---- */

/* Is it the certificate that was issued last? */
static bool is_newest(const struct responder *r, X509 *cert)
{
	return cert && r->last_issued && X509_cmp(cert, r->last_issued) == 0;
}

static int accept_any(int ok, X509_STORE_CTX *context)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(context, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct responder *r = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

	(void)ok;
	if (r->refuse_in_tls_after_issue && r->reenrollments &&
	    is_newest(r, X509_STORE_CTX_get0_cert(context))) {
		X509_STORE_CTX_set_error(context, X509_V_ERR_CERT_REVOKED);
		return 0;
	}
	return 1; /* as Signet's server does: policy decides later, in HTTP */
}

static bool read_exact(SSL *ssl, char *p, size_t n)
{
	while (n) {
		int part = SSL_read(ssl, p, (int)n);

		if (part <= 0)
			return false;
		p += part;
		n -= (size_t)part;
	}
	return true;
}

static bool read_request(SSL *ssl, struct request *q)
{
	size_t n = 0;
	const char *length;

	memset(q, 0, sizeof(*q));
	while (n + 1 < sizeof(q->head) && !strstr(q->head, "\r\n\r\n")) {
		if (SSL_read(ssl, q->head + n, 1) != 1)
			return false;
		n++;
	}
	if (sscanf(q->head, "%7s %255s", q->method, q->path) != 2)
		return false;
	length = strcasestr(q->head, "\r\nContent-Length:");
	q->body_n = length ? (size_t)strtoul(length + 17, NULL, 10) : 0;
	return q->body_n < sizeof(q->body) && read_exact(ssl, q->body, q->body_n);
}

static void reply(SSL *ssl, int status, const char *headers, struct span body)
{
	AUTO(buf) out = {0};

	buf_printf(&out, "HTTP/1.1 %d X\r\n%s", status, headers);
	if (status != 204)
		buf_printf(&out, "Content-Length: %zu\r\n", body.n);
	buf_put_str(&out, "\r\n");
	buf_put(&out, body);
	SSL_write(ssl, out.p, (int)out.n);
}

static void reply_base64(SSL *ssl, const char *type, struct span der)
{
	AUTO(buf) text = {0};
	char headers[128];

	base64_encode_wrapped(der, 76, &text);
	snprintf(headers, sizeof(headers), "Content-Type: %s\r\n", type);
	reply(ssl, 200, headers, buf_span(&text));
}

static void reply_text(SSL *ssl, int status, const char *text)
{
	reply(ssl, status, "Content-Type: text/plain\r\n", span_str(text));
}

static void reply_later(struct responder *r, SSL *ssl, int status)
{
	char headers[128];

	snprintf(headers, sizeof(headers), "Content-Type: text/plain\r\n");
	if (r->retry_after)
		snprintf(headers, sizeof(headers),
		    "Content-Type: text/plain\r\nRetry-After: %d\r\n", r->retry_after);
	reply(ssl, status, headers, span_str("somebody must look at it"));
}

/* ---- EST ---- */

static size_t server_binding(SSL *ssl, uint8_t out[static 64])
{
	if (SSL_version(ssl) == TLS1_3_VERSION) {
		SSL_export_keying_material(
		    ssl, out, 32, "EXPORTER-Channel-Binding", 24, NULL, 0, 0);
		return 32;
	}
	return SSL_get_peer_finished(ssl, out, 64); /* the client's Finished comes first */
}

static void check_binding(struct responder *r, SSL *ssl, X509_REQ *csr)
{
	int at = X509_REQ_get_attr_by_NID(csr, NID_pkcs9_challengePassword, -1);
	uint8_t ours[64];
	AUTO(buf) text = {0};
	ASN1_TYPE *value;

	r->binding_seen = at >= 0;
	r->binding_good = false;
	if (at < 0)
		return;
	value = X509_ATTRIBUTE_get0_type(X509_REQ_get_attr(csr, at), 0);
	base64_encode(span(ours, server_binding(ssl, ours)), &text);
	r->binding_good = span_equal(
	    buf_span(&text), span(ASN1_STRING_get0_data(value->value.printablestring),
				 (size_t)ASN1_STRING_length(value->value.printablestring)));
}

static X509_REQ *read_csr(const struct request *q)
{
	AUTO(buf) der = {0};
	struct err err = {0};
	const unsigned char *p;
	X509_REQ *csr;

	if (!base64_decode(span(q->body, q->body_n), &der, &err).ok)
		return NULL;
	p = der.p;
	csr = d2i_X509_REQ(NULL, &p, (long)der.n);
	if (csr && X509_REQ_verify(csr, X509_REQ_get0_pubkey(csr)) == 1)
		return csr;
	X509_REQ_free(csr);
	return NULL;
}

static X509 *issue(struct responder *r, X509_REQ *csr, X509 *shown)
{
	static EVP_PKEY *another;
	time_t now = time(NULL);
	struct mint_wish w = {
	    .subject = X509_get_subject_name(shown),
	    .key = X509_REQ_get0_pubkey(csr),
	    .issuer = r->ca,
	    .issuer_key = r->ca_key,
	    .eku = "clientAuth",
	    .not_before = r->issue_not_before ? r->issue_not_before : now - 3600,
	};
	w.not_after = w.not_before + (r->lifetime ? r->lifetime : 86400);

	if (r->fault == FAULT_KEY_OF_ANOTHER) {
		another = another ? another : mint_key();
		w.key = another;
	}
	if (r->fault == FAULT_ISSUER_UNKNOWN) {
		w.issuer = r->stranger;
		w.issuer_key = r->stranger_key;
	}
	if (r->fault == FAULT_SERIAL_OF_ANOTHER || r->fault == FAULT_SERIAL_MISSING) {
		w.subject = NULL;
		w.cn = "Sensor";
		w.unit_serial = r->fault == FAULT_SERIAL_MISSING ? NULL : "SN-0002";
	}
	if (r->fault == FAULT_EXPIRED)
		w.not_before = now - 7200, w.not_after = now - 3600;
	if (r->fault == FAULT_NOT_YET_VALID)
		w.not_before = now + 86400, w.not_after = now + 2 * 86400;
	if (r->fault == FAULT_SERVER_ONLY_USAGE)
		w.eku = "serverAuth";
	r->issued++;
	return mint_cert(&w);
}

/* Spoil the answer where its outside, not the certificate, is what is wrong. */
static bool reply_spoilt(struct responder *r, SSL *ssl, struct buf *cms)
{
	static const char type[] = "application/pkcs7-mime; smime-type=certs-only";
	AUTO(buf) big = {0};

	switch (r->fault) {
	case FAULT_NOT_BASE64:
		reply(ssl, 200, "Content-Type: application/pkcs7-mime\r\n", SPAN_LITERAL("<html>"));
		return true;
	case FAULT_CMS_TRUNCATED: reply_base64(ssl, type, span(cms->p, cms->n - 7)); return true;
	case FAULT_CMS_TRAILING:
		buf_put_byte(cms, 0);
		reply_base64(ssl, type, buf_span(cms));
		return true;
	case FAULT_WRONG_TYPE: reply_base64(ssl, "text/html", buf_span(cms)); return true;
	case FAULT_CLOSE_MID_BODY:
		buf_printf(&big,
		    "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: 2000\r\n\r\nMII", type);
		SSL_write(ssl, big.p, (int)big.n);
		return true;
	case FAULT_HUGE_BODY:
		buf_reserve(&big, 1 << 20);
		memset(big.p, 'A', 1 << 20);
		big.n = 1 << 20;
		/* Without a length, so that only counting what comes can stop it. */
		SSL_write(
		    ssl, "HTTP/1.1 200 OK\r\nContent-Type: application/pkcs7-mime\r\n\r\n", 58);
		SSL_write(ssl, big.p, (int)big.n);
		return true;
	default: return false;
	}
}

/* Behind the type, where another header may stand as well. */
static void put_type(const struct responder *r, const char *type, struct buf *out)
{
	buf_put_str(out, type);
	if (r->renew_at)
		buf_printf(out, "\r\nSignet-Renew-At: %s", r->renew_at);
}

static bool reply_certificate(struct responder *r, SSL *ssl, X509 *cert, X509_REQ *csr, X509 *shown)
{
	X509 *list[3] = {cert};
	size_t count = r->fault == FAULT_NO_CERTIFICATE ? 0 : 1;
	X509 *more = NULL;
	AUTO(buf) cms = {0};
	AUTO(buf) type = {0};
	bool spoilt;

	if (r->send_issuer_too)
		list[count++] = r->ca;
	if (r->fault == FAULT_DEVICE_CERT_OF_ANOTHER_TOO)
		list[count++] = r->idevid;
	if (r->fault == FAULT_TWO_FOR_OUR_KEY)
		list[count++] = more = issue(r, csr, shown);
	mint_certs_only(list, count, &cms);
	X509_free(more);
	spoilt = reply_spoilt(r, ssl, &cms);
	put_type(r, "application/pkcs7-mime; smime-type=certs-only", &type);
	if (!spoilt)
		reply_base64(ssl, buf_cstr(&type), buf_span(&cms));
	return !spoilt;
}

/* False: close the connection. */
static bool enroll(struct responder *r, SSL *ssl, const struct request *q, X509 *shown, bool renew)
{
	X509_REQ *csr = read_csr(q);

	if (!csr) {
		reply_text(ssl, 400, "the CSR cannot be read");
		return true;
	}
	X509_REQ_free(r->csr);
	r->csr = csr;
	check_binding(r, ssl, csr);
	if ((r->binding_seen || r->demand_binding) && !r->binding_good) {
		reply_text(ssl, 403, "the request is not bound to this connection");
		return true;
	}
	if (renew && r->refuse_ldevid_enroll) {
		reply_text(ssl, 403, "this LDevID may not renew");
		return true;
	}
	if (r->pending > 0) {
		r->pending--;
		reply_later(r, ssl, 202);
		return true;
	}
	if (r->busy > 0) {
		r->busy--;
		reply_later(r, ssl, 503);
		return true;
	}
	switch (r->fault) {
	case FAULT_REFUSE_400: reply_text(ssl, 400, "bad key: \x1b[31mnot\nallowed"); return true;
	case FAULT_REFUSE_403: reply_text(ssl, 403, "device not registered"); return true;
	case FAULT_INTERNAL_500: reply_text(ssl, 500, "oops"); return true;
	default: break;
	}
	X509_free(r->last_issued);
	r->last_issued = issue(r, csr, shown);
	if (r->fault == FAULT_CLOSE_BEFORE_ANSWER)
		return false;
	return reply_certificate(r, ssl, r->last_issued, csr, shown);
}

/* A reset is told of with whatever identity the device has left. */
static bool reset(struct responder *r, SSL *ssl, X509 *shown)
{
	r->resets++;
	if (r->reset_busy > 0) {
		r->reset_busy--;
		reply_later(r, ssl, 503);
	} else if (r->reset_refuses_ldevid && X509_cmp(shown, r->idevid) != 0) {
		reply_text(ssl, 403, "this LDevID is revoked");
	} else if (r->reset_status) {
		reply_text(ssl, r->reset_status, "no reset");
	} else {
		reply(ssl, 200, "Content-Type: application/json\r\n", SPAN_LITERAL("{}"));
	}
	return true;
}

static void cacerts(struct responder *r, SSL *ssl)
{
	X509 *list[128] = {r->offer_other_root ? r->stranger : r->root, r->ca};
	size_t count = 2;
	AUTO(buf) cms = {0};
	AUTO(buf) type = {0};

	for (size_t i = 0; i < COUNT(r->offer_too); i++)
		if (r->offer_too[i])
			list[count++] = r->offer_too[i];
	for (int i = 0; i < r->offer_many; i++)
		list[count++] = r->offer_too[0];
	mint_certs_only(list, count, &cms);
	put_type(r, "application/pkcs7-mime", &type);
	reply_base64(ssl, buf_cstr(&type), buf_span(&cms));
}

static bool get(struct responder *r, SSL *ssl, const char *operation)
{
	r->gets++;
	if (strcmp(operation, "cacerts") == 0)
		cacerts(r, ssl);
	else if (strcmp(operation, "csrattrs") == 0 && r->csrattrs.n)
		reply_base64(ssl, "application/csrattrs", buf_span(&r->csrattrs));
	else if (strcmp(operation, "csrattrs") == 0)
		reply(ssl, 204, "", SPAN_NONE);
	else
		reply_text(ssl, 404, "no such operation");
	return !(r->drop_after_get && r->gets == 2);
}

/* ---- updates ---- */

static void reply_file(SSL *ssl, const struct buf *file)
{
	if (file->n)
		reply(ssl, 200, "Content-Type: application/cbor\r\n", buf_span(file));
	else
		reply_text(ssl, 404, "there is none");
}

static void offer(struct responder *r, SSL *ssl, const struct request *q)
{
	const char *condition = strcasestr(q->head, "\r\nIf-None-Match: ");
	const char *etag = r->update.offer_etag;
	char headers[160];

	r->update.offers++;
	snprintf(headers, sizeof(headers), "Content-Type: application/json\r\n%s%s%s",
	    etag ? "ETag: " : "", etag ? etag : "", etag ? "\r\n" : "");
	if (condition && etag && strncmp(condition + 17, etag, strlen(etag)) == 0) {
		r->update.not_modified++;
		reply(ssl, 304, headers, SPAN_NONE);
		return;
	}
	reply(ssl, 200, headers, buf_span(&r->update.offer));
}

static void update_file(struct responder *r, SSL *ssl, const char *rest)
{
	uint8_t octet = 0;
	const struct buf other = {.p = &octet, .n = 1};
	unsigned after = 0;

	if (strcmp(rest, "/bundle") == 0) {
		r->update.bundles++;
		if (r->update.withdrawn) {
			r->update.changing = 9;
			r->update.offer_etag = "\"none\"";
			buf_reset(&r->update.offer);
			buf_put_str(&r->update.offer,
			    "{\"product\":\"sensor\",\"channel\":\"stable\",\"bundle\":null}");
		}
		reply_file(ssl, r->update.changing-- > 0 ? &other : &r->update.bundle);
	} else if (strcmp(rest, "/recall") == 0) {
		r->update.recalls++;
		reply_file(ssl, &r->update.recall);
	} else if (sscanf(rest, "/trust?after=%u", &after) == 1 && after < 7) {
		r->update.trusts++;
		reply_file(ssl, &r->update.trust[after + 1]);
	} else {
		reply_text(ssl, 404, "no such thing");
	}
}

/* False: it is no update's path. */
static bool update(struct responder *r, SSL *ssl, const struct request *q, const X509 *shown)
{
	const size_t n = r->update.channel ? strlen(r->update.channel) : 0;
	const char *rest = q->path + 8 + n;

	if (strncmp(q->path, "/update/", 8) != 0)
		return false;
	if (!shown || r->update.status)
		reply(ssl, shown ? r->update.status : 401,
		    "Content-Type: application/problem+json\r\n",
		    SPAN_LITERAL("{\"detail\":\"this device is suspended\"}"));
	else if (!n || strncmp(q->path + 8, r->update.channel, n) != 0)
		reply_text(ssl, 404, "no such channel");
	else if (*rest)
		update_file(r, ssl, rest);
	else
		offer(r, ssl, q);
	return true;
}

static bool answer(struct responder *r, SSL *ssl, const struct request *q, X509 *shown)
{
	const char *operation = strrchr(q->path, '/') + 1;

	r->requests++;
	if (r->reenrollments && is_newest(r, shown) && r->refuse_after_issue) {
		reply_text(ssl, 403, "this certificate is not accepted");
		return true;
	}
	if (r->reenrollments && is_newest(r, shown) && r->busy_after_issue > 0) {
		r->busy_after_issue--;
		reply_later(r, ssl, 503);
		return true;
	}
	if (strcmp(q->method, "GET") == 0)
		return update(r, ssl, q, shown) || get(r, ssl, operation);
	if (!shown) {
		reply_text(ssl, 401, "a client certificate is needed");
		return true;
	}
	if (strcmp(q->path, "/.well-known/signet/reset") == 0)
		return reset(r, ssl, shown);
	if (strcmp(operation, "simpleenroll") == 0) {
		r->enrollments++;
		return enroll(r, ssl, q, shown, false);
	}
	r->reenrollments++;
	return enroll(r, ssl, q, shown, true);
}

/* Closing with unread octets resets the connection, and the client may miss our alert. */
static void drain(int fd)
{
	char rest[256];

	shutdown(fd, SHUT_WR);
	while (read(fd, rest, sizeof(rest)) > 0)
		;
}

static void serve(struct responder *r, int fd)
{
	SSL *ssl = SSL_new(r->tls);
	struct request *q = mem_alloc(sizeof(*q));
	X509 *shown;

	SSL_set_fd(ssl, fd);
	r->gets = 0;
	if (SSL_accept(ssl) == 1) {
		r->connections++;
		r->tls_version = SSL_version(ssl);
		shown = SSL_get1_peer_certificate(ssl);
		r->shown[0] = '\0';
		if (shown)
			X509_NAME_get_text_by_NID(X509_get_issuer_name(shown), NID_commonName,
			    r->shown, sizeof(r->shown));
		while (read_request(ssl, q) && answer(r, ssl, q, shown) && !r->close_each)
			;
		SSL_shutdown(ssl);
		X509_free(shown);
	}
	ERR_clear_error();
	drain(fd);
	SSL_free(ssl);
	free(q);
}

static void *run(void *context)
{
	struct responder *r = context;
	struct timeval limit = {10, 0};
	int fd;

	while ((fd = accept(r->listen_fd, NULL, NULL)) >= 0) {
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
		serve(r, fd);
		close(fd);
	}
	return NULL;
}

static void start_tls(struct responder *r, int version)
{
	r->tls = SSL_CTX_new(TLS_server_method());
	SSL_CTX_set_app_data(r->tls, r);
	SSL_CTX_set_min_proto_version(r->tls, version ? version : TLS1_2_VERSION);
	SSL_CTX_set_max_proto_version(r->tls, version);
	SSL_CTX_use_certificate(r->tls, r->server);
	SSL_CTX_use_PrivateKey(r->tls, r->server_key);
	SSL_CTX_add1_chain_cert(r->tls, r->ca);
	SSL_CTX_set_verify(r->tls, SSL_VERIFY_PEER, accept_any);
	SSL_CTX_set_session_id_context(r->tls, (const unsigned char *)"t", 1);
}

struct responder *responder_start(int version)
{
	struct responder *r = mem_alloc(sizeof(*r));
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t n = sizeof(address);

	signal(SIGPIPE, SIG_IGN);
	make_authorities(r);
	make_maker(r);
	start_tls(r, version);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	r->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	cr_assert(bind(r->listen_fd, (struct sockaddr *)&address, n) == 0);
	cr_assert(listen(r->listen_fd, 8) == 0);
	getsockname(r->listen_fd, (struct sockaddr *)&address, &n);
	snprintf(r->url, sizeof(r->url), "https://localhost:%d", ntohs(address.sin_port));
	cr_assert(pthread_create(&r->thread, NULL, run, r) == 0);
	return r;
}

void responder_stop(struct responder *r)
{
	EVP_PKEY *keys[] = {
	    r->root_key, r->ca_key, r->server_key, r->maker_key, r->idevid_key, r->stranger_key};
	X509 *certs[] = {
	    r->root, r->ca, r->server, r->maker, r->idevid, r->stranger, r->last_issued};

	shutdown(r->listen_fd, SHUT_RDWR);
	pthread_join(r->thread, NULL);
	close(r->listen_fd);
	for (size_t i = 0; i < COUNT(keys); i++)
		EVP_PKEY_free(keys[i]);
	for (size_t i = 0; i < COUNT(certs); i++)
		X509_free(certs[i]);
	X509_REQ_free(r->csr);
	SSL_CTX_free(r->tls);
	buf_free(&r->csrattrs);
	free(r);
}
