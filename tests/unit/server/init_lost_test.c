/*
 * The reply to the commit of `signetd init` is lost: between init and the database stands a relay
 * that cuts the connection there.
 */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <poll.h>

#include "tests/unit/server/server_scene.h"

enum cut {
	CUT_BEFORE, /* the server never hears of the commit */
	CUT_AFTER,  /* it has committed */
	CUT_AWAY,   /* ... and nobody reaches it any more */
};

struct relay {
	enum cut cut;
	int listener;
	char own[108], real[108];
	pthread_t thread;
};

static int unix_socket(const char *path, struct sockaddr_un *address)
{
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	snprintf(address->sun_path, sizeof(address->sun_path), "%.107s", path);
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

/* False: it is over. */
static bool pass(int from, int to)
{
	char bytes[16384];
	ssize_t n = read(from, bytes, sizeof(bytes));

	return n > 0 && send(to, bytes, (size_t)n, MSG_NOSIGNAL) == n;
}

/* From init to the server. False: it is over, or it was the commit. */
static bool pass_up(struct relay *r, int client, int server)
{
	static const char commit[] = "COMMIT"; /* with its NUL, as PQexec() sends it */
	char bytes[16384];
	ssize_t n = read(client, bytes, sizeof(bytes));
	bool commits = n > 0 && memmem(bytes, (size_t)n, commit, sizeof(commit));

	if (n <= 0 || (commits && r->cut == CUT_BEFORE))
		return false;
	if (send(server, bytes, (size_t)n, MSG_NOSIGNAL) != n)
		return false;
	if (commits) {
		/* The answer says that it is done. */
		n = read(server, bytes, sizeof(bytes));
		if (r->cut == CUT_AWAY)
			shutdown(r->listener, SHUT_RDWR);
	}
	return !commits;
}

static void relay_one(struct relay *r, int client)
{
	struct sockaddr_un address;
	int server = unix_socket(r->real, &address);
	struct pollfd fds[2] = {{.fd = client, .events = POLLIN}, {.fd = server, .events = POLLIN}};
	bool open = connect(server, (struct sockaddr *)&address, sizeof(address)) == 0;

	while (open && poll(fds, 2, -1) > 0)
		open = (!fds[0].revents || pass_up(r, client, server)) &&
		       (!fds[1].revents || pass(server, client));
	close(server);
	close(client);
}

static void *relay_main(void *context)
{
	struct relay *r = context;
	int client;

	while ((client = accept(r->listener, NULL, NULL)) >= 0)
		relay_one(r, client);
	return NULL;
}

/* init of `s` goes through the relay from here on. */
static void relay_start(struct relay *r, struct scene *s, enum cut cut)
{
	struct sockaddr_un address;
	char directory[108];
	const char *rest = strstr(s->database.server, " ");

	*r = (struct relay){.cut = cut};
	cr_assert_eq(sscanf(s->database.server, "host=%80s", directory), 1);
	snprintf(r->real, sizeof(r->real), "%.80s/.s.PGSQL.5432", directory);
	snprintf(r->own, sizeof(r->own), "%s/.s.PGSQL.5432", s->dir);
	s->config.database.server =
	    arena_printf(&s->config.arena, "host=%s%s", s->dir, rest ? rest : "");
	r->listener = unix_socket(r->own, &address);
	cr_assert_eq(bind(r->listener, (struct sockaddr *)&address, sizeof(address)), 0);
	cr_assert_eq(listen(r->listener, 4), 0);
	cr_assert_eq(pthread_create(&r->thread, NULL, relay_main, r), 0);
}

static void relay_stop(struct relay *r)
{
	shutdown(r->listener, SHUT_RDWR);
	pthread_join(r->thread, NULL);
	close(r->listener);
}

static struct status init_through(struct scene *s, enum cut cut, struct err *err)
{
	struct relay relay;
	struct status made;

	relay_start(&relay, s, cut);
	made = init_make(&s->invocation, &s->init, &s->root, err);
	relay_stop(&relay);
	return made;
}

static bool has_files(const struct scene *s)
{
	return scene_has(s, "keys/root.key") && scene_has(s, "keys/issuing.key") &&
	       scene_has(s, "root.pem");
}

Test(server_init, a_lost_answer_to_a_commit_that_was_done_is_no_failure)
{
	struct err err = {0};
	struct scene s;

	scene_new(&s, false);
	cr_expect(init_through(&s, CUT_AFTER, &err).ok, "%s", err.message);
	cr_expect(has_files(&s));
	cr_expect(s.root.n > 0);
	cr_expect_eq(pg_number(&s.database, "SELECT count(*) FROM authority"), 2);
	scene_free(&s);
}

Test(server_init, a_commit_that_never_came_leaves_nothing_behind)
{
	struct err err = {0};
	struct scene s;

	scene_new(&s, false);
	cr_expect_not(init_through(&s, CUT_BEFORE, &err).ok);
	cr_expect_eq(err.kind, ERR_DATABASE, "%s", err.message);
	cr_expect_not(scene_has(&s, "keys/root.key") || scene_has(&s, "keys/issuing.key"));
	cr_expect_not(scene_has(&s, "root.pem"));
	cr_expect_eq(pg_number(&s.database, "SELECT count(*) FROM authority"), 0);
	scene_free(&s);
}

Test(server_init, keys_stay_while_nobody_knows_whether_it_was_committed)
{
	struct err err = {0};
	struct scene s;

	scene_new(&s, false);
	cr_expect_not(init_through(&s, CUT_AWAY, &err).ok);
	cr_expect_eq(err.kind, ERR_DATABASE, "%s", err.message);
	cr_expect(strstr(err.message, "not known"), "%s", err.message);
	cr_expect(strstr(err.message, "init again"), "%s", err.message);
	cr_expect(has_files(&s));
	cr_expect_eq(pg_number(&s.database, "SELECT count(*) FROM authority"), 2);
	scene_free(&s);
}
