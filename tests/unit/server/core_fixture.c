#include "tests/unit/server/core_fixture.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int listen_somewhere(int *ret_port)
{
	struct sockaddr_in address = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	cr_assert(
	    fd >= 0 && bind(fd, (struct sockaddr *)&address, n) == 0 && listen(fd, 1024) == 0);
	cr_assert(getsockname(fd, (struct sockaddr *)&address, &n) == 0);
	*ret_port = ntohs(address.sin_port);
	return fd;
}

struct core_config core_fixture_config(void)
{
	struct core_config c = {
	    .loops = 2, .workers = 4, .queue_length = 64, .limits = limits_standard()};

	c.limits.handshake_rate = 0;
	return c;
}

static void set_tls(struct core_fixture *f)
{
	struct tls_request request = {.kind = LISTENER_DEVICE};
	struct err err = {0};
	SSL_CTX *tls;

	f->authority = pki_authority("core test", NULL, -1);
	/* A leaf: TLS 1.2 takes no certificate that is for signing certificates alone. */
	f->key = pki_key("EC-P256");
	f->certificate = pki_idevid(&f->authority, f->key, &(struct pki_idevid){.serial = "core"});
	f->tls = tls_set_new();
	f->tickets = tickets_new();
	request.certificate = f->certificate;
	request.tickets = f->tickets;
	cr_assert(tls_context(&request, &tls, &err).ok, "%s", err.message);
	cr_assert_eq(SSL_CTX_use_PrivateKey(tls, f->key), 1);
	tls_set_put(f->tls, LISTENER_DEVICE, tls);
}

void core_fixture_start(struct core_fixture *f, struct core_config config)
{
	struct err err = {0};

	*f = (struct core_fixture){0};
	set_tls(f);
	f->log = (struct log){.fd = open("/dev/null", O_WRONLY | O_CLOEXEC), .level = LOG_INFO};
	f->api = (struct api){
	    .clock = clock_system(), .rng = rng_system(), .log = &f->log, .metrics = &f->metrics};
	config.api = &f->api;
	config.tls = f->tls;
	config.listeners[0] =
	    (struct core_listener){LISTENER_DEVICE, listen_somewhere(&f->port), true};
	config.listeners[1] =
	    (struct core_listener){LISTENER_PUBLIC, listen_somewhere(&f->clear_port), false};
	config.listener_count = 2;
	cr_assert(core_start(&config, &f->core, &err).ok, "%s", err.message);
}

int64_t core_fixture_stop_timed(struct core_fixture *f, int64_t drain_ms)
{
	int64_t begun = monotonic_ms(), took;

	core_stop(f->core, drain_ms);
	took = monotonic_ms() - begun;
	cr_assert_eq(core_metric(f, METRIC_CONNECTIONS_OPEN), 0, "a connection was forgotten");
	tls_set_free(f->tls);
	tickets_free(f->tickets);
	X509_free(f->certificate);
	EVP_PKEY_free(f->key);
	pki_authority_free(&f->authority);
	close(f->log.fd);
	return took;
}

void core_fixture_stop(struct core_fixture *f, int64_t drain_ms)
{
	(void)core_fixture_stop_timed(f, drain_ms);
}

struct https_options core_options(const struct core_fixture *f)
{
	return (struct https_options){.port = f->port};
}

struct https core_connect(const struct core_fixture *f)
{
	struct https_options options = core_options(f);
	struct https c;

	cr_assert(https_open(&options, &c), "the core does not answer");
	return c;
}

struct https core_connect_clear(const struct core_fixture *f)
{
	struct https_options options = {.port = f->clear_port, .clear = true};
	struct https c;

	cr_assert(https_open(&options, &c), "the core does not answer");
	return c;
}

bool core_wait_connections(const struct core_fixture *f, size_t n)
{
	for (int i = 0; i < 1000 && core_connections(f->core) != n; i++)
		usleep(10000);
	return core_connections(f->core) == n;
}

void core_expect_get(struct https *c, const char *path, size_t body_n)
{
	struct https_reply reply;

	cr_assert(https_request(c, "GET", path, "", SPAN_NONE, &reply), "no answer to %s", path);
	cr_assert_eq(reply.status, 200, "%s: %d", path, reply.status);
	cr_assert_eq(reply.body.n, body_n, "%s: %zu bytes", path, reply.body.n);
	https_reply_free(&reply);
}

int64_t core_metric(struct core_fixture *f, enum metric id)
{
	return atomic_load(&f->metrics.values[id]);
}
