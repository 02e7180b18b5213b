#include <criterion/criterion.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ca/policy.h"
#include "tests/unit/server/core_fixture.h"

#define REQUEST(path) "GET " path " HTTP/1.1\r\nHost: test\r\n\r\n"

static struct core_fixture f;

static void start(void)
{
	core_fixture_start(&f, core_fixture_config());
}

static void stop(void)
{
	core_fixture_stop(&f, 2000);
}

static void send_text(struct https *c, const char *text)
{
	cr_assert(https_send(c, span_str(text)));
}

static int read_status(struct https *c)
{
	struct https_reply reply;
	int status;

	if (!https_read_reply(c, &reply))
		return 0;
	status = reply.status;
	https_reply_free(&reply);
	return status;
}

/* Count answers "200" with the body "hello", however they are cut into reads. */
static int read_hellos(struct https *c, int want)
{
	AUTO(buf) all = {0};
	char part[4096];
	int found = 0, n;

	while (found < want && (n = https_receive(c, part, sizeof(part))) > 0) {
		const char *p;

		buf_put(&all, span(part, (size_t)n));
		found = 0;
		for (p = buf_cstr(&all); (p = strstr(p, "\r\n\r\nhello")); p++)
			found++;
	}
	return found;
}

Test(server_core, a_connection_carries_many_requests, .init = start, .fini = stop)
{
	struct https c = core_connect(&f);

	for (int i = 0; i < 50; i++) {
		core_expect_get(&c, "/small", 5);
		core_expect_get(&c, "/work", 5);
	}
	core_expect_get(&c, "/big", BIG_BODY);
	core_expect_get(&c, "/huge", BIG_BODY);
	https_close(&c);
}

Test(server_core, clear_text_is_served_too, .init = start, .fini = stop)
{
	struct https c = core_connect_clear(&f);

	for (int i = 0; i < 50; i++)
		core_expect_get(&c, i % 2 ? "/small" : "/work", 5);
	core_expect_get(&c, "/big", BIG_BODY);
	https_close(&c);
}

static void expect_pipeline(struct https *c)
{
	AUTO(buf) all = {0};

	for (int i = 0; i < 40; i++)
		buf_put_str(&all, i % 3 ? REQUEST("/small") : REQUEST("/work"));
	cr_assert(https_send(c, buf_span(&all)));
	cr_assert_eq(read_hellos(c, 40), 40);
}

Test(server_core, forty_requests_may_be_pipelined, .init = start, .fini = stop)
{
	struct https c = core_connect(&f), clear = core_connect_clear(&f);

	expect_pipeline(&c);
	expect_pipeline(&clear);
	https_close(&c);
	https_close(&clear);
}

/* What `printf ... | openssl s_client` does: ask, end the sending side, then read. */
Test(server_core, a_half_close_loses_no_answer, .init = start, .fini = stop)
{
	struct https c = core_connect(&f);
	AUTO(buf) all = {0};

	for (int i = 0; i < 10; i++)
		buf_put_str(&all, i % 2 ? REQUEST("/slow/30") : REQUEST("/small"));
	cr_assert(https_send(&c, buf_span(&all)));
	SSL_shutdown(c.ssl);
	shutdown(c.fd, SHUT_WR);
	cr_assert_eq(read_hellos(&c, 10), 10);
	https_close(&c);
}

Test(server_core, a_half_close_in_clear_text_loses_no_answer, .init = start, .fini = stop)
{
	struct https c = core_connect_clear(&f);

	send_text(&c, REQUEST("/slow/100"));
	shutdown(c.fd, SHUT_WR);
	cr_assert_eq(read_status(&c), 200);
	https_close(&c);
}

Test(server_core, connection_close_is_honoured_with_close_notify, .init = start, .fini = stop)
{
	struct https c = core_connect(&f);
	char rest[16];

	send_text(&c, "GET /work HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
	cr_assert_eq(read_status(&c), 200);
	cr_assert_eq(https_receive(&c, rest, sizeof(rest)), 0);
	/* RFC 8446 6.1: close_notify; libest reads until it comes */
	cr_assert_eq(SSL_get_shutdown(c.ssl) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN);
	https_close(&c);
}

Test(server_core, a_small_answer_is_one_record_with_canonical_headers, .init = start, .fini = stop)
{
	struct https c = core_connect(&f);
	char answer[1024];
	int n;

	send_text(&c, REQUEST("/work"));
	n = https_receive(&c, answer, sizeof(answer) - 1);
	cr_assert(n > 0);
	answer[n] = '\0';
	cr_assert(strncmp(answer, "HTTP/1.1 200 ", 13) == 0, "%s", answer);
	cr_assert(strstr(answer, "\r\nContent-Length: 5\r\n"), "%s", answer);
	cr_assert(strstr(answer, "\r\nContent-Type: text/plain\r\n"), "%s", answer);
	cr_assert(strstr(answer, "\r\nX-Request-Id: "), "%s", answer);
	cr_assert(strstr(answer, "\r\n\r\nhello"), "body in another read: %s", answer);
	https_close(&c);
}

struct refusal {
	const char *name, *request;
	int status;
};

static const struct refusal refusals[] = {
    {"unknown path", REQUEST("/nothing"), 404},
    {"wrong method", "DELETE /small HTTP/1.1\r\nHost: t\r\n\r\n", 405},
    {"wrong media type",
	"POST /echo HTTP/1.1\r\nHost: t\r\nContent-Type: a/b\r\nContent-Length: 9\r\n\r\n", 415},
    {"declared too long",
	"POST /echo HTTP/1.1\r\nHost: t\r\nContent-Type: text/plain\r\nContent-Length: 65537\r\n\r\n",
	413},
    {"body where none is read", "GET /small HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\nabc",
	413},
    {"NUL in the path", REQUEST("/sm%00all"), 400},
    {"no UTF-8 in the path", REQUEST("/sm%ffall"), 400},
    {"a surrogate in the path", REQUEST("/sm%ed%a0%80all"), 400},
    {"half an escape", REQUEST("/small%2"), 400},
    {"encoded slash", REQUEST("/slow%2f10"), 400},
    {"no host", "GET /small HTTP/1.1\r\n\r\n", 400},
    {"handler refuses", REQUEST("/refused"), 403},
    {"expectation refused early",
	"POST /echo HTTP/1.1\r\nHost: t\r\nContent-Type: text/plain\r\nContent-Length: 70000\r\n"
	"Expect: 100-continue\r\n\r\n",
	413},
};

Test(server_core, refusals_come_before_the_body, .init = start, .fini = stop)
{
	for (size_t i = 0; i < COUNT(refusals); i++) {
		struct https tls = core_connect(&f), clear = core_connect_clear(&f);

		send_text(&tls, refusals[i].request);
		cr_expect_eq(read_status(&tls), refusals[i].status, "%s", refusals[i].name);
		send_text(&clear, refusals[i].request);
		cr_expect_eq(
		    read_status(&clear), refusals[i].status, "%s, clear", refusals[i].name);
		https_close(&tls);
		https_close(&clear);
	}
}

/* libmicrohttpd 0.9 answers, 1.0 closes: both are right for what is not HTTP. */
Test(server_core, garbage_is_answered_400_or_not_at_all, .init = start, .fini = stop)
{
	for (int clear = 0; clear < 2; clear++) {
		struct https c = clear ? core_connect_clear(&f) : core_connect(&f);
		int status;

		send_text(&c, "\x16\x03\x01 what is this\r\n\r\n");
		status = read_status(&c);
		cr_expect(status == 0 || status == 400, "%d", status);
		https_close(&c);
	}
	cr_expect(core_wait_connections(&f, 0));
}

/* The client goes on sending what nobody reads: it must see the answer, not a reset. */
static void expect_early_413(struct https *c)
{
	static const uint8_t rubbish[100000];
	struct https_reply reply;

	send_text(c, "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Type: text/plain\r\n"
		     "Content-Length: 100000\r\n\r\n");
	cr_assert(https_send(c, SPAN_OF(rubbish)));
	cr_assert(https_read_reply(c, &reply), "the answer was lost");
	cr_assert_eq(reply.status, 413);
	https_reply_free(&reply);
}

Test(server_core, early_413_reaches_a_client_that_is_still_sending, .init = start, .fini = stop)
{
	for (int i = 0; i < 20; i++) {
		struct https tls = core_connect(&f), clear = core_connect_clear(&f);

		expect_early_413(&tls);
		expect_early_413(&clear);
		https_close(&tls);
		https_close(&clear);
	}
}

Test(server_core, a_chunked_body_over_the_bound_is_413, .init = start, .fini = stop)
{
	struct https c = core_connect(&f);
	static const char chunk[] =
	    "400\r\n"
	    "................................................................................"
	    "................................................................................";
	char block[1024 + 7];

	memset(block, 'x', sizeof(block));
	memcpy(block, chunk, 5);
	memcpy(block + 5 + 1024 - 0, "\r\n", 2);
	send_text(&c, "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Type: text/plain\r\n"
		      "Transfer-Encoding: chunked\r\n\r\n");
	for (int i = 0; i < 80; i++)
		cr_assert(https_send(&c, span(block, sizeof(block))));
	send_text(&c, "0\r\n\r\n");
	cr_assert_eq(read_status(&c), 413);
	https_close(&c);
}

Test(server_core, a_body_comes_back_whole, .init = start, .fini = stop)
{
	struct https c = core_connect(&f);
	static uint8_t body[ECHO_MAX];
	struct https_reply reply;

	for (size_t i = 0; i < sizeof(body); i++)
		body[i] = (uint8_t)('a' + i % 26);
	for (size_t n = 1; n <= ECHO_MAX; n *= 4) {
		cr_assert(https_request(
		    &c, "POST", "/echo", "Content-Type: text/plain\r\n", span(body, n), &reply));
		cr_assert_eq(reply.status, 200);
		cr_assert(span_equal(buf_span(&reply.body), span(body, n)), "%zu bytes", n);
		https_reply_free(&reply);
	}
	https_close(&c);
}

Test(server_core, expect_100_continue_is_answered, .init = start, .fini = stop)
{
	struct https c = core_connect(&f);
	char answer[256];
	int n;

	send_text(&c, "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Type: text/plain\r\n"
		      "Content-Length: 3\r\nExpect: 100-continue\r\n\r\n");
	n = https_receive(&c, answer, sizeof(answer) - 1);
	cr_assert(n > 0);
	answer[n] = '\0';
	cr_assert(strncmp(answer, "HTTP/1.1 100 ", 13) == 0, "%s", answer);
	send_text(&c, "abc");
	cr_assert_eq(read_status(&c), 200);
	https_close(&c);
}

/* Two stalled readers of 2 MB on each loop; whoever else asks is served at once. */
Test(server_core, a_stalled_reader_holds_up_nobody, .init = start, .fini = stop)
{
	struct https stalled[8];
	struct https c = core_connect(&f);
	int64_t begun;

	for (size_t i = 0; i < COUNT(stalled); i++) {
		stalled[i] = i % 2 ? core_connect(&f) : core_connect_clear(&f);
		send_text(&stalled[i], i < 4 ? REQUEST("/big") : REQUEST("/huge"));
	}
	usleep(100000);
	begun = monotonic_ms();
	for (int i = 0; i < 100; i++)
		core_expect_get(&c, "/work", 5);
	cr_expect_lt(monotonic_ms() - begun, 2000);
	for (size_t i = 0; i < COUNT(stalled); i++) {
		struct https_reply reply;

		cr_assert(https_read_reply(&stalled[i], &reply), "reader %zu", i);
		cr_assert_eq(reply.body.n, BIG_BODY);
		https_reply_free(&reply);
		https_close(&stalled[i]);
	}
	https_close(&c);
}

Test(server_core, resets_in_mid_response_and_while_suspended_are_survived, .init = start,
    .fini = stop)
{
	for (int i = 0; i < 100; i++) {
		struct https c = i % 2 ? core_connect(&f) : core_connect_clear(&f);

		send_text(&c, i % 3 == 0   ? REQUEST("/big")
			      : i % 3 == 1 ? REQUEST("/slow/20")
					   : REQUEST("/huge"));
		usleep(i % 5 ? 0 : 5000);
		https_cut(&c);
	}
	cr_assert(core_wait_connections(&f, 0), "%zu left", core_connections(f.core));
	struct https c = core_connect(&f);

	core_expect_get(&c, "/work", 5);
	https_close(&c);
}

Test(server_core, a_thousand_idle_connections_are_held, .init = start, .fini = stop)
{
	static struct https idle[1000];

	for (size_t i = 0; i < COUNT(idle); i++)
		idle[i] = i % 4 ? core_connect(&f) : core_connect_clear(&f);
	cr_assert(core_wait_connections(&f, COUNT(idle)));
	for (size_t i = 0; i < COUNT(idle); i += 7)
		core_expect_get(&idle[i], "/work", 5);
	for (size_t i = 0; i < COUNT(idle); i++)
		https_close(&idle[i]);
	cr_assert(core_wait_connections(&f, 0));
}

Test(server_core, a_new_certificate_leaves_open_connections_alone, .init = start, .fini = stop)
{
	struct https before = core_connect(&f);
	struct tls_request request = {.kind = LISTENER_DEVICE, .tickets = f.tickets};
	struct pki_authority other = pki_authority("after", NULL, -1);
	struct err err = {0};
	SSL_CTX *tls;

	core_expect_get(&before, "/small", 5);
	request.certificate = other.certificate;
	cr_assert(tls_context(&request, &tls, &err).ok);
	cr_assert_eq(SSL_CTX_use_PrivateKey(tls, other.key), 1);
	tls_set_put(f.tls, LISTENER_DEVICE, tls);
	core_expect_get(&before, "/small", 5);
	struct https after = core_connect(&f);
	AUTO_PTR(X509) seen = SSL_get1_peer_certificate(after.ssl);

	cr_expect_eq(X509_cmp(seen, other.certificate), 0);
	https_close(&before);
	https_close(&after);
	pki_authority_free(&other);
}
