/* clients/device/session.c: what can go wrong on the way to a server, and what is said about it. */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "clients/device/reason.h"
#include "clients/device/session.h"
#include "tests/unit/device/rig.h"

static void assert_trouble(const char *server, enum device_reason why)
{
	AUTO_REF(session) s = NULL;
	AUTO(answer) a = {0};
	static const struct certs none = {0};
	struct session_config config = {
	    .server = server, .anchors = &none, .time = {1795000000, true}};
	struct err err = {0};

	cr_assert(session_open(&config, &s, &err).ok, "%s", err.message);
	cr_assert_not(session_request(s, "cacerts", NULL, SPAN_NONE, &a, &err).ok);
	cr_assert(device_reason_is(&err, why), "%s: %s", err_code(&err), err.message);
	cr_assert(device_reason_transient(&err), "%s", err_code(&err));
	cr_assert_not_null(strstr(err.message, server), "%s", err.message);
}

Test(device_session, name_that_does_not_resolve)
{
	assert_trouble("https://no-such-host.invalid", WHY_NETWORK_NAME); /* RFC 6761 6.4 */
}

Test(device_session, nobody_listens)
{
	assert_trouble("https://127.0.0.1:1", WHY_NETWORK_CONNECT);
}

static void *speak_plainly(void *context)
{
	int fd = accept(*(int *)context, NULL, NULL);
	char rest[512];

	if (fd < 0)
		return NULL;
	if (write(fd, "HTTP/1.1 400 Bad Request\r\n\r\n", 28) == 28)
		shutdown(fd, SHUT_WR);
	while (read(fd, rest, sizeof(rest)) > 0)
		;
	close(fd);
	return NULL;
}

Test(device_session, port_that_speaks_no_tls)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t n = sizeof(address);
	pthread_t thread;
	char url[64];
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	cr_assert_eq(bind(fd, (struct sockaddr *)&address, n), 0);
	cr_assert_eq(listen(fd, 1), 0);
	getsockname(fd, (struct sockaddr *)&address, &n);
	cr_assert_eq(pthread_create(&thread, NULL, speak_plainly, &fd), 0);
	snprintf(url, sizeof(url), "https://127.0.0.1:%d", ntohs(address.sin_port));
	assert_trouble(url, WHY_TLS_FAILED);
	pthread_join(thread, NULL);
	close(fd);
}

Test(device_session, address_instead_of_a_name)
{
	struct rig *rig = rig_new(0);
	char url[64];

	snprintf(url, sizeof(url), "https://127.0.0.1:%s", strrchr(rig->r->url, ':') + 1);
	rig->settings.server = url;
	cr_assert_eq(rig_enroll(rig, NULL), SIGNET_DONE, "%s", rig->why.text);
	rig_free(rig);
}

Test(device_session, requests_share_a_connection_and_its_binding)
{
	struct rig *rig = rig_new(0);
	AUTO_REF(session) s = NULL;
	AUTO(certs) anchors = {0};
	AUTO(answer) first = {0};
	AUTO(answer) second = {0};
	struct session_config config = {
	    .server = rig->r->url, .anchors = &anchors, .time = {(int64_t)time(NULL), true}};
	struct span binding;
	uint8_t before[BINDING_MAX];
	size_t n;
	struct err err = {0};

	cr_assert(certs_add(&anchors, cert_share(rig->r->root), &err).ok);
	cr_assert(session_open(&config, &s, &err).ok);
	cr_assert_not(session_binding(s, &binding, &err).ok, "there is no connection yet");
	err_clear(&err);
	cr_assert(
	    session_request(s, "cacerts", NULL, SPAN_NONE, &first, &err).ok, "%s", err.message);
	cr_assert(first.moved);
	cr_assert(session_binding(s, &binding, &err).ok);
	n = binding.n;
	memcpy(before, binding.p, n);
	cr_assert(session_request(s, "csrattrs", NULL, SPAN_NONE, &second, &err).ok);
	cr_assert_not(second.moved);
	cr_assert_eq(second.status, 204);
	cr_assert(session_binding(s, &binding, &err).ok);
	cr_assert(span_equal(binding, span(before, n)));
	session_close(TAKE(s));
	rig_free(rig);
}
