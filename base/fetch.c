/* base/fetch.c: see fetch.h. What can be judged of an URL without asking anybody. */
#include "base/fetch.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

void fetch_response_free(struct fetch_response *r)
{
	buf_free(&r->body);
}

/* An URL in parts; spans into its text. */
struct parts {
	bool https;
	struct span host; /* with the brackets of an IPv6 address */
	int port;
};

static bool is_host_byte(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '.' || c == '-';
}

static bool is_address_byte(uint8_t c)
{
	return (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || (c >= '0' && c <= ':');
}

/* The host at the head of the authority; 0: there is none that we would ask. */
static size_t host_length(const char *text)
{
	size_t n = 0;

	if (text[0] == '[') {
		for (n = 1; is_address_byte((uint8_t)text[n]);)
			n++;
		return n > 2 && text[n] == ']' ? n + 1 : 0;
	}
	while (is_host_byte((uint8_t)text[n]))
		n++;
	return n;
}

/* ":443" at *text, which is moved behind it; -1: no port. */
static int read_port(const char **text, int standard)
{
	const char *at = *text;
	int port = 0;

	if (*at != ':')
		return standard;
	for (at++; *at >= '0' && *at <= '9'; at++) {
		port = port * 10 + (*at - '0');
		if (port > 65535)
			return -1;
	}
	if (at == *text + 1 || port == 0)
		return -1;
	*text = at;
	return port;
}

/* NULL: it can be asked as far as its form goes. Otherwise what is wrong. */
static const char *read_parts(const char *url, struct parts *ret)
{
	const char *at;
	size_t n;

	for (at = url; *at; at++)
		if (*at <= ' ' || *at >= 0x7f || *at == '\\' || *at == '#')
			return "it has a byte that an URL has not, or a fragment";
	if (at - url > FETCH_URL_MAX)
		return "it is too long";
	ret->https = strncasecmp(url, "https://", 8) == 0;
	if (!ret->https && strncasecmp(url, "http://", 7) != 0)
		return "it does not start with https://";
	at = url + (ret->https ? 8 : 7);
	n = host_length(at);
	if (n == 0 || n > 255)
		return "it names no host";
	ret->host = span(at, n);
	at += n;
	ret->port = read_port(&at, ret->https ? 443 : 80);
	if (ret->port < 0)
		return "its port is no port";
	/* A user's name would stand before an '@': what stands here must be the path. */
	return *at == '\0' || *at == '/' || *at == '?' ? NULL : "its host is no host";
}

static bool is_loopback(struct span host)
{
	if (span_equal_nocase(host, "localhost") || span_equal_str(host, "[::1]"))
		return true;
	if (!span_starts(host, "127."))
		return false;
	/* Digits and dots alone: "127.evil.example" is a name, not an address. */
	for (size_t i = 0; i < host.n; i++)
		if (host.p[i] != '.' && (host.p[i] < '0' || host.p[i] > '9'))
			return false;
	return true;
}

struct status fetch_url_check(const char *url, bool clear_loopback, struct err *err)
{
	struct parts parts;
	const char *wrong = read_parts(url, &parts);

	if (!wrong && !parts.https && !is_loopback(parts.host))
		wrong = "clear http:// would let anybody on the way answer";
	if (!wrong && !parts.https && !clear_loopback)
		wrong = "http:// to this machine itself is not switched on in the configuration";
	if (wrong)
		return err_set(err, ERR_CONFIG, "'%.200s' cannot be asked: %s", url, wrong);
	return STATUS_OK;
}

bool fetch_same_origin(const char *a, const char *b)
{
	struct parts left, right;

	if (read_parts(a, &left) || read_parts(b, &right))
		return false;
	return left.https == right.https && left.port == right.port &&
	       left.host.n == right.host.n &&
	       strncasecmp((const char *)left.host.p, (const char *)right.host.p, left.host.n) == 0;
}
