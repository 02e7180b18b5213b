#include "tests/unit/operator/responder.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <curl/curl.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/encode.h"
#include "clients/operator/cli.h"
#include "tests/lib/pki.h"

/* ---- who is who ---- */

static void add_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX context;
	X509_EXTENSION *e;

	X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	cr_assert(e && X509_add_ext(certificate, e, -1));
	X509_EXTENSION_free(e);
}

static X509 *issue(const struct responder *r, const char *name, EVP_PKEY *key, const char *san)
{
	static long serial = 100;
	X509 *x = X509_new();
	X509_NAME *subject = X509_get_subject_name(x);

	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), serial++);
	X509_NAME_add_entry_by_txt(
	    subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(r->root));
	X509_gmtime_adj(X509_getm_notBefore(x), -3600);
	X509_gmtime_adj(X509_getm_notAfter(x), 86400);
	X509_set_pubkey(x, key);
	if (san)
		add_extension(x, r->root, NID_subject_alt_name, san);
	cr_assert(X509_sign(x, r->root_key, EVP_sha256()));
	return x;
}

void responder_fingerprint(X509 *certificate, char text[static 65])
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned n;

	cr_assert(X509_digest(certificate, EVP_sha256(), digest, &n));
	hex_text(span(digest, n), text);
}

void responder_client(struct responder *r, const char *name, char *ret_path, size_t size)
{
	EVP_PKEY *key = pki_key("EC-P256");
	X509 *x = issue(r, name, key, NULL);
	FILE *f;

	snprintf(ret_path, size, "%s/%s.pem", r->dir, name);
	f = fopen(ret_path, "w");
	cr_assert(
	    f && PEM_write_X509(f, x) && PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL));
	fclose(f);
	X509_free(x);
	EVP_PKEY_free(key);
}

/* ---- HTTP ---- */

static bool read_some(SSL *ssl, struct buf *in)
{
	char part[16384];
	int n = SSL_read(ssl, part, sizeof(part));

	if (n <= 0)
		return false;
	buf_put(in, span(part, (size_t)n));
	return true;
}

static void take_header(const char *head, const char *name, char *value, size_t size)
{
	const char *at = strcasestr(head, name);
	size_t n = 0;

	if (!at)
		return;
	at += strlen(name);
	while (*at == ' ')
		at++;
	n = strcspn(at, "\r");
	snprintf(value, size, "%.*s", (int)n, at);
}

static bool read_request(SSL *ssl, struct seen *seen)
{
	AUTO(buf) in = {0};
	const char *end;
	char length[24] = "0", path[512];
	size_t head, body;

	while (!(end = strstr(in.n ? buf_cstr(&in) : "", "\r\n\r\n")))
		if (!read_some(ssl, &in))
			return false;
	head = (size_t)(end + 4 - (const char *)in.p);
	take_header(buf_cstr(&in), "\r\nContent-Length:", length, sizeof(length));
	body = (size_t)strtoul(length, NULL, 10);
	while (in.n < head + body)
		if (!read_some(ssl, &in))
			return false;
	memset(seen, 0, sizeof(*seen));
	cr_assert_eq(sscanf(buf_cstr(&in), "%7s %511s", seen->method, path), 2);
	snprintf(seen->path, sizeof(seen->path), "%s", path);
	in.p[head - 1] = '\0';
	take_header((char *)in.p, "\r\nIdempotency-Key:", seen->key, sizeof(seen->key));
	take_header((char *)in.p, "\r\nIf-Match:", seen->match, sizeof(seen->match));
	take_header((char *)in.p, "\r\nContent-Type:", seen->type, sizeof(seen->type));
	take_header(
	    (char *)in.p, "\r\nAuthorization:", seen->authorization, sizeof(seen->authorization));
	buf_put(&seen->body, span(in.p + head, body));
	return true;
}

static const struct answer_row *find_row(struct responder *r, const struct seen *seen)
{
	for (size_t i = 0; r->rows[i].path; i++) {
		const struct answer_row *row = &r->rows[i];

		if (row->method && strcmp(row->method, seen->method) != 0)
			continue;
		if (strncmp(seen->path, row->path, strlen(row->path)) != 0)
			continue;
		if (row->times && r->used[i] >= row->times)
			continue;
		r->used[i]++;
		return row;
	}
	return NULL;
}

static void send_text(SSL *ssl, const void *text, size_t n)
{
	SSL_write(ssl, text, (int)n);
}

static void send_huge(SSL *ssl)
{
	static char part[65536];

	memset(part, ' ', sizeof(part));
	for (int i = 0; i < 1024; i++)
		if (SSL_write(ssl, part, sizeof(part)) <= 0)
			return;
}

static void send_slowly(SSL *ssl)
{
	while (SSL_write(ssl, " ", 1) > 0)
		usleep(100000);
}

/* False: the connection is over. */
static bool answer(SSL *ssl, const struct answer_row *row)
{
	AUTO(buf) out = {0};
	const char *body = row && row->body ? row->body : "";
	size_t n = strlen(body);

	if (row && row->trick == TRICK_CLOSE)
		return false;
	if (row && row->trick == TRICK_NO_HTTP) {
		send_text(ssl, "SSH-2.0-hello\r\n\r\n", 17);
		return false;
	}
	buf_printf(&out, "HTTP/1.1 %d X\r\nContent-Type: %s\r\n%s", row ? row->status : 404,
	    row && row->type ? row->type : "application/json",
	    row && row->headers ? row->headers : "");
	if (!row || (row->trick != TRICK_HUGE && row->trick != TRICK_DRIP))
		buf_printf(&out, "Content-Length: %zu\r\n", n);
	buf_put_str(&out, "\r\n");
	buf_put(&out, span(body, row && row->trick == TRICK_CUT ? n / 2 : n));
	send_text(ssl, out.p, out.n);
	if (row && row->trick == TRICK_HUGE)
		send_huge(ssl);
	if (row && row->trick == TRICK_DRIP)
		send_slowly(ssl);
	return !row || row->trick == TRICK_NONE;
}

/* False: the rows shall answer. */
static bool answer_by_hook(struct responder *r, SSL *ssl, const struct seen *seen)
{
	AUTO(buf) body = {0}, out = {0};
	int status = r->hook ? r->hook(r->context, seen, &body) : 0;

	if (!status)
		return false;
	buf_printf(&out, "HTTP/1.1 %d X\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n", status,
	    strncmp(seen->path, "/api/", 5) == 0 && !strstr(seen->path, "/proof")
		? "application/json"
		: "application/octet-stream",
	    body.n);
	buf_put(&out, buf_span(&body));
	send_text(ssl, out.p, out.n);
	return true;
}

static int accept_any(int ok, X509_STORE_CTX *context)
{
	(void)ok, (void)context;
	return 1;
}

static bool answer_and_keep(struct responder *r, SSL *ssl, struct seen *seen)
{
	X509 *client = SSL_get1_peer_certificate(ssl);
	bool goes_on;

	if (client)
		X509_NAME_get_text_by_NID(X509_get_subject_name(client), NID_commonName,
		    seen->client, sizeof(seen->client));
	X509_free(client);
	pthread_mutex_lock(&r->lock);
	/* Kept before it is answered: then the test looks. */
	if (r->count < SEEN_MAX)
		r->seen[r->count++] = *seen;
	goes_on = answer_by_hook(r, ssl, seen) || answer(ssl, find_row(r, seen));
	if (r->count == SEEN_MAX && r->seen[SEEN_MAX - 1].body.p != seen->body.p)
		buf_free(&seen->body);
	pthread_mutex_unlock(&r->lock);
	return goes_on;
}

static void *serve(void *argument)
{
	struct connection *c = argument;
	SSL *ssl = SSL_new(c->responder->tls);
	struct seen seen;

	SSL_set_fd(ssl, c->fd);
	if (SSL_accept(ssl) == 1)
		while (read_request(ssl, &seen) && answer_and_keep(c->responder, ssl, &seen))
			;
	SSL_shutdown(ssl);
	SSL_free(ssl);
	close(c->fd);
	return NULL;
}

static void *run(void *argument)
{
	struct responder *r = argument;
	int fd;

	while ((fd = accept(r->listen_fd, NULL, NULL)) >= 0) {
		struct connection *c = &r->connections[r->connection_count++];

		cr_assert_leq(r->connection_count, CONNECTIONS_MAX);
		*c = (struct connection){.responder = r, .fd = fd};
		cr_assert(pthread_create(&c->thread, NULL, serve, c) == 0);
	}
	return NULL;
}

/* ---- start and stop ---- */

static void listen_on_loopback(struct responder *r)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(a);

	r->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	cr_assert(bind(r->listen_fd, (struct sockaddr *)&a, sizeof(a)) == 0);
	cr_assert(listen(r->listen_fd, 16) == 0);
	cr_assert(getsockname(r->listen_fd, (struct sockaddr *)&a, &n) == 0);
	snprintf(r->url, sizeof(r->url), "https://localhost:%d", ntohs(a.sin_port));
}

static void make_tls(struct responder *r)
{
	struct pki_authority root = pki_authority("Operator Test Root", NULL, -1);

	r->root = root.certificate;
	r->root_key = root.key;
	r->leaf_key = pki_key("EC-P256");
	r->leaf = issue(r, "localhost", r->leaf_key, "DNS:localhost,IP:127.0.0.1");
	r->tls = SSL_CTX_new(TLS_server_method());
	SSL_CTX_use_certificate(r->tls, r->leaf);
	SSL_CTX_use_PrivateKey(r->tls, r->leaf_key);
	X509_up_ref(r->root);
	SSL_CTX_add_extra_chain_cert(r->tls, r->root);
	SSL_CTX_set_verify(r->tls, SSL_VERIFY_PEER, accept_any);
	SSL_CTX_set_session_cache_mode(r->tls, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_options(r->tls, SSL_OP_NO_TICKET);
}

static void make_home(struct responder *r)
{
	char path[96];
	FILE *f;

	snprintf(r->dir, sizeof(r->dir), "/tmp/signet-operator.XXXXXX");
	cr_assert(mkdtemp(r->dir));
	snprintf(path, sizeof(path), "%s/root.pem", r->dir);
	f = fopen(path, "w");
	cr_assert(f && PEM_write_X509(f, r->root));
	fclose(f);
	setenv("HOME", r->dir, 1);
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("XDG_STATE_HOME");
	unsetenv("SIGNET_LOGIN");
	setenv("SIGNET_API_URL", r->url, 1);
	setenv("SIGNET_CACERT", path, 1);
	setenv("SIGNET_TOKEN", "test-token", 1);
}

struct responder *responder_start(const struct answer_row *rows)
{
	struct responder *r = mem_alloc(sizeof(*r));

	signal(SIGPIPE, SIG_IGN);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	r->rows = rows;
	pthread_mutex_init(&r->lock, NULL);
	listen_on_loopback(r);
	make_tls(r);
	make_home(r);
	cr_assert(pthread_create(&r->thread, NULL, run, r) == 0);
	return r;
}

void responder_hide_root(struct responder *r)
{
	SSL_CTX_clear_extra_chain_certs(r->tls);
}

void responder_answer(struct responder *r, const struct answer_row *rows)
{
	for (size_t i = 0; i < r->count; i++)
		buf_free(&r->seen[i].body);
	r->count = 0;
	memset(r->used, 0, sizeof(r->used));
	r->rows = rows;
}

void responder_stop(struct responder *r)
{
	AUTO(buf) command = {0};

	shutdown(r->listen_fd, SHUT_RDWR);
	pthread_join(r->thread, NULL);
	for (size_t i = 0; i < r->connection_count; i++)
		pthread_join(r->connections[i].thread, NULL);
	close(r->listen_fd);
	responder_answer(r, NULL);
	SSL_CTX_free(r->tls);
	X509_free(r->leaf);
	X509_free(r->root);
	EVP_PKEY_free(r->leaf_key);
	EVP_PKEY_free(r->root_key);
	buf_printf(&command, "rm -rf --one-file-system '%s'", r->dir);
	cr_assert(system(buf_cstr(&command)) == 0);
	free(r);
	curl_global_cleanup();
}

/* ---- the program ---- */

struct outcome signet(const char *in, const char *line)
{
	struct outcome o = {0};
	struct operator_io io = {
	    .out = open_memstream(&o.out, &o.out_n), .err = open_memstream(&o.err, &o.err_n)};
	char *copy = mem_strdup(line), *save = NULL;
	char *argv[64] = {mem_strdup("signet")};
	int argc = 1;

	io.in =
	    in && *in ? fmemopen((void *)(uintptr_t)in, strlen(in), "r") : fopen("/dev/null", "r");
	for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save))
		argv[argc++] = word;
	o.code = operator_cli(argc, argv, &io);
	fclose(io.out);
	fclose(io.err);
	fclose(io.in);
	free(argv[0]);
	free(copy);
	return o;
}

void outcome_free(struct outcome *o)
{
	free(o->out);
	free(o->err);
}
