#include "tests/unit/server/server_scene.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "ca/policy_apply.h"

static void must(struct status s, const struct err *err)
{
	if (!s.ok)
		cr_assert_fail("%s (%s)", err->message, err->cause);
}

static void write_secret(const struct scene *s, const char *name, const char *text)
{
	char path[128];
	struct err err = {0};

	snprintf(path, sizeof(path), "%s/%s", s->dir, name);
	must(file_create(path, span_str(text), 0600, &err), &err);
}

void scene_configure(struct scene *s, const char *more)
{
	AUTO(buf) text = {0};
	struct err err = {0};

	config_free(&s->config);
	buf_printf(&text,
	    "listeners: {device: '127.0.0.1:0', operator: '127.0.0.1:0', public: '127.0.0.1:0'}\n"
	    "database: {server: \"%s\", owner: \"%s\"}\n"
	    "keys: {passphrase_file: %s/pass}\n"
	    "state_directory: %s\n"
	    "ports_file: %s/ports\n"
	    "log: {level: error}\n"
	    "limits: {connections: 200}\n%s",
	    s->database.server, s->database.owner, s->dir, s->dir, s->dir, more);
	must(config_parse("scene.yaml", buf_span(&text), &s->config, &err), &err);
}

void scene_new(struct scene *s, bool database_apart)
{
	*s = (struct scene){.dir = "/tmp/signet-scene-XXXXXX"};
	cr_assert(mkdtemp(s->dir));
	s->database = database_apart ? pg_database_apart() : pg_database_new(true);
	write_secret(s, "pass", "of the keys, in tests");
	write_secret(s, "root-pass", "of the root, in tests");
	scene_configure(s, "tls: {names: [localhost], addresses: [127.0.0.1], node: one}\n");
	s->command = (struct command){.name = "test", .arguments = ""};
	s->invocation = (struct invocation){.config_path = "scene.yaml",
	    .config = &s->config,
	    .clock = clock_system(),
	    .rng = rng_system(),
	    .who = "os:test",
	    .command = &s->command};
	s->init = (struct init_options){.authority = "issuing",
	    .root = "root",
	    .subject = "Scene Issuing CA",
	    .root_subject = "Scene Root CA",
	    .algorithm = key_algorithm_by_name("EC-P256"),
	    .root_validity = CEREMONY_ROOT_VALIDITY,
	    .validity = CEREMONY_CA_VALIDITY,
	    .root_passphrase_file = arena_printf(&s->config.arena, "%s/root-pass", s->dir)};
}

void scene_free(struct scene *s)
{
	char command[128];

	config_free(&s->config);
	buf_free(&s->root);
	pg_database_drop(&s->database);
	snprintf(command, sizeof(command), "rm -rf -- %s", s->dir);
	cr_assert_eq(system(command), 0);
}

void scene_policy(struct scene *s, const char *text)
{
	AUTO_REF(db) db = NULL;
	AUTO(arena) arena = {0};
	const struct actor actor = actor_local("os:test");
	const struct policy_edit edit = {
	    .file_name = "scene-policy.yaml", .text = span_str(text), .actor = &actor};
	struct policy_outcome outcome;
	struct err err = {0};

	must(command_db(&s->invocation, &db, &err), &err);
	must(policy_apply(db, &edit, &s->invocation.clock, &arena, &outcome, &err), &err);
}

void scene_init(struct scene *s)
{
	struct err err = {0};

	must(init_make(&s->invocation, &s->init, &s->root, &err), &err);
	scene_policy(s, "kind: profile\nname: device\nauthority: issuing\n"
			"subject: [{attribute: CN, value: '{serial}'}]\n");
}

void scene_start(struct scene *s, struct server *server)
{
	struct err err = {0};

	memset(server, 0, sizeof(*server));
	must(server_start(server, &s->config, &err), &err);
}

int scene_port(struct scene *s, const char *listener)
{
	AUTO(buf) ports = {0};
	struct err err = {0};
	char want[64];
	const char *at;

	must(file_read(s->config.ports_file, 4096, &ports, &err), &err);
	snprintf(want, sizeof(want), "SIGNET_%s_PORT=", listener);
	at = strstr(buf_cstr(&ports), want);
	cr_assert(at, "no port of %s", listener);
	return atoi(at + strlen(want));
}

struct https scene_connect(struct scene *s)
{
	const unsigned char *p = s->root.p;
	AUTO_PTR(X509) root = d2i_X509(NULL, &p, (long)s->root.n);
	struct https_options options = {.port = scene_port(s, "DEVICE"), .trusted = root};
	struct https c;

	cr_assert(root);
	cr_assert(https_open(&options, &c), "no TLS that the root vouches for");
	return c;
}

bool scene_has(const struct scene *s, const char *name)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/%s", s->dir, name);
	return file_exists(path);
}
