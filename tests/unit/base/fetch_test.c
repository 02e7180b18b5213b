/* tests/unit/base/fetch_test.c: which addresses may be asked. */
#include <string.h>

#include <criterion/criterion.h>

#include "base/fetch.h"

static const struct address {
	const char *url;
	bool good, good_on_loopback;
} addresses[] = {
    {"https://token.actions.githubusercontent.com/.well-known/jwks", true, true},
    {"https://gitlab.example:8443/oauth/discovery/keys?x=1", true, true},
    {"https://[2001:db8::1]:8443/keys", true, true},
    {"HTTPS://HOST", true, true},
    {"https://host?query", true, true},
    {"http://host/keys", false, false},
    {"http://127.0.0.1:8000/keys", false, true},
    {"http://[::1]/keys", false, true},
    {"http://localhost/keys", false, true},
    {"http://127.evil.example/keys", false, false},
    {"http://localhost.evil.example/keys", false, false},
    {"http://[::ffff:192.0.2.1]/keys", false, false},
    {"https://user@host/", false, false},
    {"https://user:secret@host/", false, false},
    {"http://127.0.0.1:80@evil.example/", false, false},
    {"https://host:0/", false, false},
    {"https://host:65536/", false, false},
    {"https://host:/", false, false},
    {"https://host:80a/", false, false},
    {"https://ho st/", false, false},
    {"https://host/\r\nX: y", false, false},
    {"https://host\\@evil.example/", false, false},
    {"https://host/#fragment", false, false},
    {"https:///keys", false, false},
    {"https://[::1/keys", false, false},
    {"https://[]/keys", false, false},
    {"https://h\xc3\xb6st/", false, false},
    {"file:///etc/passwd", false, false},
    {"ftp://host/", false, false},
    {"gopher://host/", false, false},
    {"", false, false},
};

Test(base_fetch, what_is_not_https_to_a_host_is_not_asked)
{
	for (size_t i = 0; i < COUNT(addresses); i++) {
		const struct address *a = &addresses[i];
		struct err err = {0};

		cr_expect_eq(fetch_url_check(a->url, false, &err).ok, a->good, "%s", a->url);
		cr_expect_eq(err.kind, a->good ? ERR_NONE : ERR_CONFIG, "%s", a->url);
		err_clear(&err);
		cr_expect_eq(
		    fetch_url_check(a->url, true, &err).ok, a->good_on_loopback, "%s", a->url);
	}
}

Test(base_fetch, an_url_of_more_than_its_bound_is_not_asked)
{
	char url[FETCH_URL_MAX + 2];
	struct err err = {0};

	memset(url, 'a', sizeof(url));
	memcpy(url, "https://host/", 13);
	url[FETCH_URL_MAX] = '\0';
	cr_expect(fetch_url_check(url, false, &err).ok);
	url[FETCH_URL_MAX] = 'a';
	url[FETCH_URL_MAX + 1] = '\0';
	cr_expect(!fetch_url_check(url, false, &err).ok);
}

Test(base_fetch, an_origin_is_scheme_host_and_port)
{
	cr_expect(fetch_same_origin("https://host/a", "https://HOST:443/b"));
	cr_expect(fetch_same_origin("http://127.0.0.1:80/a", "http://127.0.0.1"));
	cr_expect(!fetch_same_origin("https://host/a", "http://host/a"));
	cr_expect(!fetch_same_origin("https://host/a", "https://host:444/a"));
	cr_expect(!fetch_same_origin("https://host/a", "https://host.evil/a"));
	cr_expect(!fetch_same_origin("https://host/a", "https://hos/a"));
	cr_expect(!fetch_same_origin("https://host/a", "/b"));
}
