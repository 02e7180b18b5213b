/* Limits of time and number, tickets, and the orderly end. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/server/core_fixture.h"

#define REQUEST(path) "GET " path " HTTP/1.1\r\nHost: test\r\n\r\n"

static struct core_fixture f;

static void send_text(struct https *c, const char *text)
{
	cr_assert(https_send(c, span_str(text)));
}

static void start_short(void)
{
	struct core_config config = core_fixture_config();

	config.limits.handshake_seconds = config.limits.header_seconds =
	    config.limits.body_seconds = config.limits.idle_seconds = 1;
	config.limits.write_seconds = 2;
	core_fixture_start(&f, config);
}

/* A byte every 200 ms never ends a request, and never an idle time-out that each byte would renew.
 */
static bool is_cut_off(struct https *c, const char *text)
{
	int64_t begun = monotonic_ms();

	for (const char *p = text; monotonic_ms() - begun < 5000; p += p[1] ? 1 : 0) {
		char byte[1] = {p[0]};

		if (!https_send(c, span(byte, 1)) || core_connections(f.core) == 0)
			return true;
		usleep(200000);
	}
	return false;
}

Test(server_core_limits, a_slow_loris_is_cut_off)
{
	static const char endless[] =
	    "GET /small HTTP/1.1\r\nHost: t\r\nX: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
	static const char body[] = "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Type: text/plain\r\n"
				   "Content-Length: 1000\r\n\r\n";

	start_short();
	for (int clear = 0; clear < 2; clear++) {
		struct https c = clear ? core_connect_clear(&f) : core_connect(&f);

		cr_expect(is_cut_off(&c, endless), "headers, clear %d", clear);
		https_cut(&c);
		cr_assert(core_wait_connections(&f, 0));
		c = clear ? core_connect_clear(&f) : core_connect(&f);
		send_text(&c, body);
		cr_expect(is_cut_off(&c, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
		    "body, clear %d", clear);
		https_cut(&c);
		cr_assert(core_wait_connections(&f, 0));
	}
	core_fixture_stop(&f, 1000);
}

Test(server_core_limits, who_says_nothing_is_let_go)
{
	struct https_options raw;
	struct https tls, clear, shake;

	start_short();
	raw = (struct https_options){.port = f.port, .clear = true};
	tls = core_connect(&f);
	clear = core_connect_clear(&f);
	cr_assert(https_open(&raw, &shake)); /* a TLS port that never gets a ClientHello */
	cr_assert(core_wait_connections(&f, 0), "%zu left", core_connections(f.core));
	https_cut(&tls);
	https_cut(&clear);
	https_cut(&shake);
	core_fixture_stop(&f, 1000);
}

Test(server_core_limits, a_reader_that_takes_nothing_is_let_go_one_that_is_slow_is_not)
{
	struct https stalled, stalled_clear, slow;
	static char part[65536];
	size_t got = 0;

	start_short();
	stalled = core_connect(&f);
	stalled_clear = core_connect_clear(&f);
	slow = core_connect(&f);
	/* Several answers, so that they do not all fit into the kernel's buffers. */
	for (int i = 0; i < 8; i++) {
		send_text(&stalled, REQUEST("/big"));
		send_text(&stalled_clear, REQUEST("/big"));
		send_text(&slow, REQUEST("/big"));
	}
	for (int i = 0; i < 16; i++) {
		int n = https_receive(&slow, part, sizeof(part));

		cr_assert(n > 0, "cut off after %zu bytes", got);
		got += (size_t)n;
		usleep(250000);
	}
	while (got < 8 * BIG_BODY) {
		int n = https_receive(&slow, part, sizeof(part));

		cr_assert(n > 0, "cut off after %zu bytes", got);
		got += (size_t)n;
	}
	https_close(&slow);
	cr_assert(core_wait_connections(&f, 0), "%zu left", core_connections(f.core));
	https_cut(&stalled);
	https_cut(&stalled_clear);
	core_fixture_stop(&f, 1000);
}

Test(server_core_limits, one_address_gets_its_rate)
{
	struct core_config config = core_fixture_config();
	struct https_options options;
	struct https c[20];
	int open = 0;

	config.limits.handshake_rate = 1;
	config.limits.handshake_burst = 5;
	core_fixture_start(&f, config);
	options = core_options(&f);
	for (int i = 0; i < 20; i++)
		open += https_open(&options, &c[open]);
	cr_expect(open >= 5 && open <= 8, "%d", open);
	cr_expect_eq(core_metric(&f, METRIC_CONNECTIONS_LIMITED), 20 - open);
	while (open > 0)
		https_close(&c[--open]);
	core_fixture_stop(&f, 1000);
}

/* The one that has been idle for longest makes room. */
Test(server_core_limits, a_full_house_lets_the_idle_go)
{
	struct core_config config = core_fixture_config();
	struct https first, c[9];

	config.loops = 1;
	config.limits.connections = 5;
	core_fixture_start(&f, config);
	first = core_connect(&f);
	core_expect_get(&first, "/small", 5);
	for (size_t i = 0; i < COUNT(c); i++) {
		c[i] = core_connect(&f);
		core_expect_get(&c[i], "/work", 5);
		cr_expect(core_connections(f.core) <= 6);
	}
	core_expect_get(&c[COUNT(c) - 1], "/small", 5);
	for (size_t i = 0; i < COUNT(c); i++)
		https_cut(&c[i]);
	https_cut(&first);
	core_fixture_stop(&f, 1000);
}

/* Who connects and says nothing, twenty seconds each, must not keep the others out. */
Test(server_core_limits, a_full_house_lets_the_stalled_go)
{
	struct core_config config = core_fixture_config();
	struct https_options silent;
	struct https stalled[5], c;

	config.loops = 1;
	config.limits.connections = COUNT(stalled);
	core_fixture_start(&f, config);
	silent = core_options(&f);
	silent.clear = true; /* to the TLS port: no ClientHello ever comes */
	for (size_t i = 0; i < COUNT(stalled); i++)
		cr_assert(https_open(&silent, &stalled[i]));
	cr_assert(core_wait_connections(&f, COUNT(stalled)));
	usleep(2300000);
	c = core_connect(&f);
	core_expect_get(&c, "/work", 5);
	cr_expect(core_connections(f.core) <= COUNT(stalled));
	https_cut(&c);
	for (size_t i = 0; i < COUNT(stalled); i++)
		https_cut(&stalled[i]);
	core_fixture_stop(&f, 1000);
}

Test(server_core_limits, a_full_queue_is_503_with_retry_after)
{
	struct core_config config = core_fixture_config();
	struct https c[12];
	int served = 0, refused = 0;

	config.workers = 1;
	config.queue_length = 2;
	core_fixture_start(&f, config);
	for (size_t i = 0; i < COUNT(c); i++) {
		c[i] = core_connect(&f);
		send_text(&c[i], REQUEST("/slow/300"));
	}
	for (size_t i = 0; i < COUNT(c); i++) {
		struct https_reply reply;
		char after[16];

		cr_assert(https_read_reply(&c[i], &reply));
		if (reply.status == 200) {
			served++;
		} else {
			cr_expect_eq(reply.status, 503);
			cr_expect(https_header(&reply, "Retry-After", after, sizeof(after)));
			refused++;
		}
		https_reply_free(&reply);
		https_close(&c[i]);
	}
	cr_expect(served >= 3 && refused >= 6, "%d served, %d refused", served, refused);
	cr_expect_eq(core_metric(&f, METRIC_QUEUE_FULL), refused);
	core_fixture_stop(&f, 1000);
}

Test(server_core_limits, an_address_with_its_share_is_503_while_the_queue_has_room)
{
	struct core_config config = core_fixture_config();
	struct https first, second;
	struct https_reply reply;
	char after[16];

	config.limits.requests_per_address = 1;
	core_fixture_start(&f, config);
	first = core_connect(&f);
	second = core_connect(&f);
	send_text(&first, REQUEST("/slow/500"));
	usleep(100000);
	send_text(&second, REQUEST("/work"));
	cr_assert(https_read_reply(&second, &reply));
	cr_expect_eq(reply.status, 503);
	cr_expect(https_header(&reply, "Retry-After", after, sizeof(after)));
	https_reply_free(&reply);
	cr_assert(https_read_reply(&first, &reply));
	cr_expect_eq(reply.status, 200);
	https_reply_free(&reply);
	core_expect_get(&second, "/work", 5);
	https_close(&first);
	https_close(&second);
	core_fixture_stop(&f, 1000);
}

/* ---- who is the peer ---- */

static void expect_peer(struct https *c, const char *want)
{
	struct https_reply reply;

	cr_assert(https_request(c, "GET", "/peer", "", SPAN_NONE, &reply));
	cr_expect(strstr(buf_cstr(&reply.body), want), "'%s' is not in '%s'", want,
	    buf_cstr(&reply.body));
	https_reply_free(&reply);
}

static SSL_SESSION *last_session;
static int keep_session(SSL *ssl, SSL_SESSION *session)
{
	(void)ssl;
	SSL_SESSION_free(last_session);
	last_session = session;
	return 1;
}

static struct https resume(int port, SSL_CTX *context)
{
	struct https_options options = {.port = port, .clear = true};
	struct https c;

	cr_assert(https_open(&options, &c));
	c.ssl = SSL_new(context);
	SSL_set_fd(c.ssl, c.fd);
	cr_assert_eq(SSL_set_session(c.ssl, last_session), 1);
	cr_assert_eq(SSL_connect(c.ssl), 1);
	return c;
}

/* The intermediates ride in the ticket: policy can judge a resumed session like a full one. */
static void expect_resumption(int version, const char *channel)
{
	struct pki_authority root = pki_authority("maker", NULL, -1);
	struct pki_authority below = pki_authority("below", &root, 0);
	EVP_PKEY *key = pki_key("EC-P256");
	X509 *unit = pki_idevid(&below, key, &(struct pki_idevid){.product = "X", .serial = "1"});
	struct https_options options = {.port = f.port,
	    .tls_version = version,
	    .certificate = unit,
	    .key = key,
	    .intermediate = below.certificate};
	struct https c;

	options.shared = https_context(&options);
	SSL_CTX_set_session_cache_mode(options.shared, SSL_SESS_CACHE_CLIENT);
	SSL_CTX_sess_set_new_cb(options.shared, keep_session);
	cr_assert(https_open(&options, &c));
	expect_peer(&c, "chain=1");
	expect_peer(&c, channel);
	https_close(&c);
	cr_assert_not_null(last_session, "no ticket came");
	c = resume(f.port, options.shared);
	cr_expect_eq(SSL_session_reused(c.ssl), 1, "not resumed");
	expect_peer(&c, "chain=1");
	expect_peer(&c, channel);
	https_close(&c);
	SSL_SESSION_free(last_session);
	last_session = NULL;
	SSL_CTX_free(options.shared);
	X509_free(unit);
	EVP_PKEY_free(key);
	pki_authority_free(&below);
	pki_authority_free(&root);
}

Test(server_core_limits, a_session_is_resumed_with_the_whole_chain)
{
	core_fixture_start(&f, core_fixture_config());
	expect_resumption(TLS1_3_VERSION, "exporter=32 unique=0");
	expect_resumption(TLS1_2_VERSION, "exporter=32 unique=12");
	core_fixture_stop(&f, 1000);
}

Test(server_core_limits, without_a_certificate_there_is_none)
{
	struct https c;

	core_fixture_start(&f, core_fixture_config());
	c = core_connect(&f);
	expect_peer(&c, "certificate=0 chain=0 address=127.0.0.1");
	https_close(&c);
	core_fixture_stop(&f, 1000);
}

/* ---- the end ---- */

Test(server_core_stop, open_requests_are_answered_and_connections_closed)
{
	struct https c[6];
	struct https idle;

	core_fixture_start(&f, core_fixture_config());
	idle = core_connect(&f);
	core_expect_get(&idle, "/small", 5);
	for (size_t i = 0; i < COUNT(c); i++) {
		c[i] = i % 2 ? core_connect(&f) : core_connect_clear(&f);
		send_text(&c[i], REQUEST("/slow/500"));
	}
	usleep(200000);
	core_fixture_stop(&f, 5000);
	for (size_t i = 0; i < COUNT(c); i++) {
		struct https_reply reply;
		char connection[16] = "";

		cr_assert(https_read_reply(&c[i], &reply), "request %zu was dropped", i);
		cr_expect_eq(reply.status, 200);
		cr_expect(https_header(&reply, "Connection", connection, sizeof(connection)));
		cr_expect_str_eq(connection, "close");
		https_reply_free(&reply);
		https_close(&c[i]);
	}
	https_close(&idle);
}

Test(server_core_stop, the_end_does_not_wait_for_stalled_readers)
{
	struct https c[4];
	int64_t took;

	core_fixture_start(&f, core_fixture_config());
	for (size_t i = 0; i < COUNT(c); i++) {
		c[i] = i % 2 ? core_connect(&f) : core_connect_clear(&f);
		for (int j = 0; j < 8; j++)
			send_text(&c[i], REQUEST("/big"));
	}
	usleep(300000);
	took = core_fixture_stop_timed(&f, 500);
	cr_expect(took < 5000, "%lld ms", (long long)took);
	for (size_t i = 0; i < COUNT(c); i++)
		https_cut(&c[i]);
}

Test(server_core_stop, suspended_requests_of_clients_that_left_do_not_hold_it_up)
{
	core_fixture_start(&f, core_fixture_config());
	for (int i = 0; i < 20; i++) {
		struct https c = i % 2 ? core_connect(&f) : core_connect_clear(&f);

		send_text(&c, REQUEST("/slow/200"));
		if (i % 3)
			https_cut(&c);
		else
			https_close(&c);
	}
	cr_expect(core_fixture_stop_timed(&f, 300) < 10000);
}

/* ---- chaos ---- */

static void chaotic(unsigned *seed)
{
	static const char *const texts[] = {REQUEST("/small"), REQUEST("/slow/3"), REQUEST("/big"),
	    REQUEST("/huge"), REQUEST("/work") REQUEST("/small") REQUEST("/work"),
	    "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Type: text/plain\r\nContent-Length: 9999\r\n\r\nab",
	    "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Type: text/plain\r\nContent-Length: 99999\r\n\r\n",
	    "GET /sm", "\r\n\r\n\r\n", "nonsense\r\n\r\n", ""};
	struct https_options options = {.port = f.port};
	char part[4096];
	struct https c;

	options.clear = rand_r(seed) % 3 == 0;
	options.port = options.clear && rand_r(seed) % 4 ? f.clear_port : f.port;
	options.timeout_ms = 300;
	if (!https_open(&options, &c))
		return;
	for (int i = rand_r(seed) % 3; i >= 0; i--)
		if (!https_send(&c, span_str(texts[(size_t)rand_r(seed) % COUNT(texts)])))
			break;
	if (rand_r(seed) % 4 == 0)
		shutdown(c.fd, SHUT_WR);
	if (rand_r(seed) % 4 == 0 && rand_r(seed) % 2)
		(void)https_receive(&c, part, (size_t)(rand_r(seed) % (int)sizeof(part)) + 1);
	if (rand_r(seed) % 2)
		https_cut(&c);
	else
		https_close(&c);
}

static void *chaos(void *context)
{
	unsigned seed = *(unsigned *)context;

	for (int i = 0; i < 750; i++)
		chaotic(&seed);
	return NULL;
}

Test(server_core_stop, three_thousand_chaotic_connections_leave_nothing_behind)
{
	unsigned seeds[4] = {1, 2, 3, 4};
	pthread_t threads[4];

	core_fixture_start(&f, core_fixture_config());
	for (size_t i = 0; i < COUNT(threads); i++)
		pthread_create(&threads[i], NULL, chaos, &seeds[i]);
	for (size_t i = 0; i < COUNT(threads); i++)
		pthread_join(threads[i], NULL);
	cr_assert(core_wait_connections(&f, 0), "%zu left", core_connections(f.core));
	struct https c = core_connect(&f);

	core_expect_get(&c, "/work", 5);
	https_close(&c);
	core_fixture_stop(&f, 1000);
}
