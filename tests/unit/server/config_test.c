#include <criterion/criterion.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "server/config.h"
#include "server/listen.h"

#define LEAST "database: {server: dbname=signet}\n"

Test(server_config, the_least_that_one_must_say_gives_the_standards)
{
	AUTO(config) c = {0};
	struct err err = {0};
	struct limits standard = limits_standard();

	cr_assert(config_parse("c.yaml", SPAN_LITERAL(LEAST), &c, &err).ok, "%s", err.message);
	cr_expect_str_eq(c.listeners[0], "[::]:8443");
	cr_expect_str_eq(c.listeners[1], "[::1]:9443");
	cr_expect_str_eq(c.listeners[2], "[::]:8080");
	cr_expect_str_eq(c.listeners[3], "off");
	cr_expect_str_eq(c.state_directory, "/var/lib/signet");
	cr_expect_str_eq(c.keys.directory, "/var/lib/signet/keys");
	cr_expect_str_eq(c.tls.authority, "issuing");
	cr_expect_str_eq(c.tls.names.items[0], "localhost");
	cr_expect_eq(memcmp(&c.limits, &standard, sizeof(standard)), 0,
	    "the table and server/limit.h disagree");
	cr_expect(c.loops > 0 && c.workers > 0);
	cr_expect_eq(c.log.level, LOG_INFO);
	cr_expect_eq(c.log.format, LOG_TEXT);
	cr_expect_eq(c.tls.renew_before, 10 * 86400);
}

struct wrong {
	const char *name, *text, *want; /* what the message must hold */
};

static const struct wrong wrongs[] = {
    {"nothing", "", "c.yaml"},
    {"no database", "log: {level: info}\n", "database"},
    {"unknown directive", LEAST "listener: {device: off}\n", "c.yaml:2"},
    {"unknown member", LEAST "limits:\n  conections: 5\n", "c.yaml:3"},
    {"twice", LEAST "loops: 1\nloops: 2\n", "c.yaml:3"},
    {"not a number", LEAST "queue: many\n", "c.yaml:2"},
    {"out of range", LEAST "queue: 0\n", "c.yaml:2"},
    {"bad level", LEAST "log: {level: loud}\n", "c.yaml:2"},
    {"bad address", LEAST "listeners: {device: \"localhost:8443\"}\n", "localhost:8443"},
    {"no port", LEAST "listeners: {device: \"127.0.0.1\"}\n", "127.0.0.1"},
    {"port too high", LEAST "listeners: {device: \"127.0.0.1:65536\"}\n", "65536"},
    {"port with rubbish", LEAST "listeners: {device: \"127.0.0.1:80x\"}\n", "80x"},
    {"IPv6 without brackets", LEAST "listeners: {device: \"::1:8443\"}\n", "::1:8443"},
    {"node with a slash", LEAST "tls: {node: a/b}\n", "a/b"},
    {"two documents", LEAST "---\n" LEAST, "2 documents"},
};

Test(server_config, what_is_wrong_is_refused_where_it_stands)
{
	for (size_t i = 0; i < COUNT(wrongs); i++) {
		struct config c = {.queue = 4711};
		struct err err = {0};

		cr_expect_not(config_parse("c.yaml", span_str(wrongs[i].text), &c, &err).ok, "%s",
		    wrongs[i].name);
		cr_expect_eq(err.kind, ERR_CONFIG, "%s", wrongs[i].name);
		cr_expect(
		    strstr(err.message, wrongs[i].want), "%s: %s", wrongs[i].name, err.message);
		cr_expect_eq(c.queue, 4711, "%s: touched", wrongs[i].name);
	}
}

Test(server_config, units_are_read)
{
	AUTO(config) c = {0};
	struct err err = {0};

	cr_assert(
	    config_parse("c.yaml",
		SPAN_LITERAL(LEAST "drain: 2m\nlimits: {body_bytes: 64k, idle_timeout: 90s}\n"
				   "state_directory: /srv\nkeys: {passphrase_file: /run/p}\n"),
		&c, &err)
		.ok,
	    "%s", err.message);
	cr_expect_eq(c.drain, 120);
	cr_expect_eq(c.limits.body_bytes, 65536);
	cr_expect_eq(c.limits.idle_seconds, 90);
	cr_expect_str_eq(c.keys.directory, "/srv/keys");
	cr_expect_str_eq(c.keys.passphrase_file, "/run/p");
}

Test(server_config, every_directive_says_what_it_is_for)
{
	for (const struct field *f = config_fields; f->name; f++) {
		cr_expect(f->help && f->help[0], "%s", f->name);
		for (const struct field *s = f->sub; s && s->name; s++)
			cr_expect(s->help && s->help[0], "%s.%s", f->name, s->name);
	}
}

Test(server_listen, port_0_gives_one_that_is_free)
{
	struct listen_address a;
	struct err err = {0};
	int fd, port = 0;

	cr_assert(listen_parse("127.0.0.1:0", &a, &err).ok);
	cr_assert(listen_open("127.0.0.1:0", &a, &fd, &port, &err).ok, "%s", err.message);
	cr_expect(port > 0);
	cr_assert(listen_parse("off", &a, &err).ok);
	cr_expect(a.off);
}

/* Run at the top of the tree, as make does; elsewhere there is nothing to compare. */
Test(server_config, the_reference_in_the_docs_is_the_table)
{
	AUTO(buf) text = {0};
	AUTO(buf) want = {0};
	struct err err = {0};

	if (!file_exists("docs/operations.md"))
		cr_skip_test("docs/operations.md is not here");
	cr_assert(file_read("docs/operations.md", 1 << 20, &text, &err).ok, "%s", err.message);
	config_reference(&want);
	cr_expect(strstr(buf_cstr(&text), buf_cstr(&want)),
	    "put the output of `signetd directives` into docs/operations.md");
}
