/*
 * OCSP answers a second, over kept connections in clear HTTP: such as were signed before (half of
 * them asked by GET, half by POST) and such as are signed for one who sent a nonce. Asked about ten
 * thousand certificates in turn. Server and clients share the machine; both sides' CPU is printed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ocsp.h>

#include "base/clock.h"
#include "base/encode.h"
#include "tests/bench/bench.h"

#define CERTIFICATES 10000
#define CONNECTIONS  32
#define ANSWERS      400000
#define SIGNED       120000
#define REPLY_MAX    8192
#define NONCE        32

struct question {
	char *text; /* a whole HTTP request */
	size_t n;
	size_t nonce_at; /* 0: none */
};

struct connection {
	int fd;
	char reply[REPLY_MAX];
	size_t got;
};

struct load {
	const struct question *questions;
	size_t count;
	long left_to_send, left_to_get;
	uint64_t turn;
	size_t next;
	struct connection connections[CONNECTIONS];
	int epoll_fd;
};

static void die(const char *what)
{
	fprintf(stderr, "bench: ocsp: %s\n", what);
	exit(1);
}

/* ---- what is asked ---- */

static void fill(struct bench *b)
{
	char sql[900];

	snprintf(sql, sizeof(sql),
	    "INSERT INTO certificate (authority_id, serial, key_digest, subject, subject_text, "
	    "not_before, not_after, der, issued_at) SELECT a.id, decode('4f435350', 'hex') || "
	    "int4send(n), sha256(int4send(n)), '\\x3000', 'CN=ocsp', now(), now() + '1 year', "
	    "decode(repeat(md5(n::text), 18), 'hex'), now() "
	    "FROM generate_series(1, %d) n, authority a WHERE a.name = 'issuing'",
	    CERTIFICATES);
	fixture_sql(&b->fixture, sql, NULL, 0);
}

static X509 *issuer_of(struct bench *b)
{
	char hex[16384];
	AUTO(buf) der = {0};
	struct err err = {0};
	const unsigned char *p;
	X509 *issuer = NULL;

	fixture_sql(&b->fixture,
	    "SELECT encode(certificate, 'hex') FROM authority WHERE name = 'issuing'", hex,
	    sizeof(hex));
	if (hex_decode(span_str(hex), &der, &err).ok) {
		p = der.p;
		issuer = d2i_X509(NULL, &p, (long)der.n);
	}
	if (!issuer)
		die("no issuer");
	return issuer;
}

static OCSP_REQUEST *request_for(const X509 *issuer, uint32_t number, bool nonce)
{
	const uint8_t octets[8] = {'O', 'C', 'S', 'P', (uint8_t)(number >> 24),
	    (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number};
	BIGNUM *value = BN_bin2bn(octets, sizeof(octets), NULL);
	ASN1_INTEGER *serial = BN_to_ASN1_INTEGER(value, NULL);
	OCSP_CERTID *id = OCSP_cert_id_new(
	    EVP_sha256(), X509_get_subject_name(issuer), X509_get0_pubkey_bitstr(issuer), serial);
	OCSP_REQUEST *request = OCSP_REQUEST_new();
	uint8_t placeholder[NONCE];

	memset(placeholder, 0xa5, sizeof(placeholder));
	if (!id || !request || !OCSP_request_add0_id(request, id) ||
	    (nonce && OCSP_request_add1_nonce(request, placeholder, NONCE) != 1))
		die("no request");
	BN_free(value);
	ASN1_INTEGER_free(serial);
	return request;
}

static void put_get(struct span der, struct buf *out)
{
	AUTO(buf) text = {0};

	base64_encode(der, &text);
	buf_put_str(out, "GET /ocsp/");
	for (size_t i = 0; i < text.n; i++) {
		if (strchr("+/=", text.p[i]))
			buf_printf(out, "%%%02X", (unsigned)text.p[i]);
		else
			buf_put_byte(out, text.p[i]);
	}
	buf_put_str(out, " HTTP/1.1\r\nHost: localhost\r\n\r\n");
}

static void put_post(struct span der, struct buf *out)
{
	buf_printf(out,
	    "POST /ocsp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/ocsp-request\r\n"
	    "Content-Length: %zu\r\n\r\n",
	    der.n);
	buf_put(out, der);
}

static size_t find(struct span in, uint8_t octet, size_t times)
{
	for (size_t i = 0, run = 0; i < in.n; i++) {
		run = in.p[i] == octet ? run + 1 : 0;
		if (run == times)
			return i + 1 - times;
	}
	die("no nonce in the request");
	return 0;
}

static struct question question_for(const X509 *issuer, uint32_t number, bool get, bool nonce)
{
	OCSP_REQUEST *request = request_for(issuer, number, nonce);
	unsigned char *der = NULL;
	int n = i2d_OCSP_REQUEST(request, &der);
	struct question q = {0};
	struct buf text = {0};

	if (n <= 0)
		die("no DER");
	if (get)
		put_get(span(der, (size_t)n), &text);
	else
		put_post(span(der, (size_t)n), &text);
	if (nonce)
		q.nonce_at = find(buf_span(&text), 0xa5, NONCE);
	q.n = text.n;
	q.text = (char *)text.p;
	OPENSSL_free(der);
	OCSP_REQUEST_free(request);
	return q;
}

static struct question *questions(const X509 *issuer, bool nonce)
{
	struct question *all = calloc(CERTIFICATES, sizeof(*all));

	if (!all)
		die("no memory");
	for (uint32_t i = 0; i < CERTIFICATES; i++)
		all[i] = question_for(issuer, i + 1, !nonce && i % 2 == 0, nonce);
	return all;
}

static void questions_free(struct question *all)
{
	for (size_t i = 0; i < CERTIFICATES; i++)
		free(all[i].text);
	free(all);
}

/* ---- asking ---- */

static void ask(struct load *l, struct connection *c)
{
	const struct question *q = &l->questions[l->next];

	if (l->left_to_send == 0)
		return;
	l->left_to_send--;
	l->next = (l->next + 1) % l->count;
	if (q->nonce_at) {
		l->turn++;
		memcpy(q->text + q->nonce_at, &l->turn, sizeof(l->turn));
	}
	if (send(c->fd, q->text, q->n, MSG_NOSIGNAL) != (ssize_t)q->n)
		die("a request was not taken");
}

/* One whole answer, and a good one: "certStatus good" is 80 00 behind the CertID. */
static bool answered(struct connection *c)
{
	static const char status[] = "HTTP/1.1 200 ", length[] = "Content-Length: ";
	char *end, *value;
	size_t whole;

	c->reply[c->got] = '\0';
	end = strstr(c->reply, "\r\n\r\n");
	if (!end)
		return false;
	value = strstr(c->reply, length);
	if (strncmp(c->reply, status, strlen(status)) != 0 || !value || value > end)
		die("not the answer that is wanted");
	whole = (size_t)(end + 4 - c->reply) + strtoul(value + strlen(length), NULL, 10);
	if (c->got < whole)
		return false;
	if (c->got != whole || whole - (size_t)(end - c->reply) < 300)
		die("an answer that is an error");
	c->got = 0;
	return true;
}

static void take(struct load *l, struct connection *c)
{
	ssize_t n = recv(c->fd, c->reply + c->got, sizeof(c->reply) - 1 - c->got, 0);

	if (n <= 0)
		die("a connection ended");
	c->got += (size_t)n;
	if (answered(c)) {
		l->left_to_get--;
		ask(l, c);
	}
}

static void connect_all(struct load *l, int port)
{
	const struct sockaddr_in to = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int on = 1;

	l->epoll_fd = epoll_create1(0);
	for (size_t i = 0; i < CONNECTIONS; i++) {
		struct connection *c = &l->connections[i];
		struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};

		c->fd = socket(AF_INET, SOCK_STREAM, 0);
		if (connect(c->fd, (const struct sockaddr *)&to, sizeof(to)) != 0)
			die("no connection");
		setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, c->fd, &e);
	}
}

static void run(const struct question *all, int port, long answers)
{
	struct load *l = calloc(1, sizeof(*l));
	struct epoll_event events[CONNECTIONS];

	if (!l)
		die("no memory");
	l->questions = all;
	l->count = CERTIFICATES;
	l->left_to_send = l->left_to_get = answers;
	connect_all(l, port);
	for (size_t i = 0; i < CONNECTIONS; i++)
		ask(l, &l->connections[i]);
	while (l->left_to_get > 0) {
		int n = epoll_wait(l->epoll_fd, events, CONNECTIONS, 10000);

		if (n <= 0)
			die("no answer");
		for (int i = 0; i < n; i++)
			take(l, events[i].data.ptr);
	}
	for (size_t i = 0; i < CONNECTIONS; i++)
		close(l->connections[i].fd);
	close(l->epoll_fd);
	free(l);
}

/* ---- measuring ---- */

static double own_cpu_us(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static void measure(struct bench *b, const char *name, const struct question *all, long answers)
{
	const struct fixture_server *server = &b->fixture.servers[0];
	const double server_before = process_cpu_us(server->pid), own_before = own_cpu_us();
	const int64_t begun = monotonic_us();
	char line[64];
	double seconds;

	run(all, server->public_port, answers);
	seconds = (double)(monotonic_us() - begun) / 1e6;
	snprintf(line, sizeof(line), "ocsp_%s_per_s", name);
	bench_result(b, line, (double)answers / seconds, "answers/s, clients on the same cores");
	snprintf(line, sizeof(line), "ocsp_%s_server_us", name);
	bench_note(line, (process_cpu_us(server->pid) - server_before) / (double)answers,
	    "us of server CPU an answer");
	snprintf(line, sizeof(line), "ocsp_%s_client_us", name);
	bench_note(
	    line, (own_cpu_us() - own_before) / (double)answers, "us of client CPU an answer");
}

void bench_ocsp(struct bench *b)
{
	X509 *issuer = issuer_of(b);
	struct question *plain = questions(issuer, false), *fresh = questions(issuer, true);

	fill(b);
	/* Two rounds: each certificate's status is read, and its answer signed. */
	run(plain, b->fixture.servers[0].public_port, 2L * CERTIFICATES);
	measure(b, "cached", plain, ANSWERS);
	measure(b, "signed", fresh, SIGNED);
	questions_free(plain);
	questions_free(fresh);
	X509_free(issuer);
}
