/* clients/operator/cmd_release.c: signet release create, request, status, wait, fetch, publish,
 * recall. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "clients/operator/body.h"
#include "clients/operator/handlers.h"
#include "clients/operator/reason.h"
#include "clients/operator/release_content.h"
#include "clients/operator/release_fetch.h"
#include "clients/operator/release_find.h"
#include "clients/operator/release_view.h"
#include "clients/operator/value.h"

/* One release that something is done to. */
struct doing {
	struct follow follow;
	struct client_reply release;
	int64_t id;
	char path[64]; /* "/releases/7" */
};

static void doing_auto(struct doing *d)
{
	client_reply_free(&d->release);
}

static int find(struct call *c, struct doing *d)
{
	int code;

	if (!follow_start(c, &d->follow))
		return EXIT_USAGE;
	code = release_find(&d->follow, c->arguments[0], &d->release);
	d->id = value_int(d->release.json, "id", 0);
	snprintf(d->path, sizeof(d->path), "/releases/%" PRId64, d->id);
	return code;
}

static const char *state_of(const json_t *release)
{
	const char *state = value_text(release, "state");

	return state ? state : "";
}

/* As it is now, for people or machines. */
static int tell(struct doing *d, struct call *c)
{
	AUTO(client_reply) now = {0};
	int code = follow_ask(
	    &d->follow, &(struct client_request){.method = "GET", .path = d->path}, &now);

	if (code != EXIT_DONE)
		return code;
	if (call_has(c, OPT_JSON))
		call_print_json(c, now.json);
	else
		release_view_line(&c->out, now.json);
	return EXIT_DONE;
}

/* ---- create, request ---- */

int cmd_release_create(struct call *c)
{
	AUTO(release_content) content = {0};
	AUTO(client_reply) reply = {0};
	char *body = NULL;
	int code = release_content_take(c, 0, true, &content);

	if (code == EXIT_DONE)
		code = release_content_body(c, &content, &body);
	if (code == EXIT_DONE)
		code = call_api(c,
		    &(struct client_request){
			.method = "POST", .path = "/releases", .body = span_str(body)},
		    &reply);
	free(body);
	if (code != EXIT_DONE || reply.status == 202)
		return code;
	if (call_has(c, OPT_JSON))
		call_print_json(c, reply.json);
	else
		release_view_line(&c->out, reply.json);
	return EXIT_DONE;
}

int cmd_release_request(struct call *c)
{
	AUTO(doing) d = {0};
	AUTO(client_reply) reply = {0};
	AUTO(buf) path = {0};
	int code = find(c, &d);

	if (code != EXIT_DONE)
		return code;
	buf_printf(&path, "%s/sign", d.path);
	code = call_api(
	    c, &(struct client_request){.method = "POST", .path = buf_cstr(&path)}, &reply);
	return code != EXIT_DONE || reply.status == 202 ? code : tell(&d, c);
}

/* ---- status, wait ---- */

/* What a script asks: may it go on, or has it to wait? */
static int code_of_state(const char *state)
{
	static const struct {
		const char *state;
		int code;
	} rows[] = {{"signed", EXIT_DONE}, {"published", EXIT_DONE}, {"recalled", EXIT_REJECTED},
	    {"requested", EXIT_WAITING}, {"approved", EXIT_WAITING}};

	for (size_t i = 0; i < COUNT(rows); i++)
		if (strcmp(state, rows[i].state) == 0)
			return rows[i].code;
	return EXIT_FAILED; /* a draft: nobody has asked, or it was rejected */
}

int cmd_release_status(struct call *c)
{
	AUTO(doing) d = {0};
	int code = find(c, &d);

	if (code != EXIT_DONE)
		return code;
	if (call_has(c, OPT_JSON))
		call_print_json(c, d.release.json);
	else
		release_view_line(&c->out, d.release.json);
	return code_of_state(state_of(d.release.json));
}

/* To its end: whoever waits has it signed as well, which takes the one who asked for it. */
static int wait_signed(struct doing *d)
{
	const char *state = state_of(d->release.json);
	char path[80];

	if (code_of_state(state) != EXIT_WAITING)
		return code_of_state(state);
	snprintf(path, sizeof(path), "%s/sign", d->path);
	return follow_act(&d->follow, path, NULL, value_int(d->release.json, "request", 0));
}

int cmd_release_wait(struct call *c)
{
	AUTO(doing) d = {0};
	int code = find(c, &d);

	if (code == EXIT_DONE)
		code = wait_signed(&d);
	if (code == EXIT_FAILED && strcmp(state_of(d.release.json), "draft") == 0)
		call_note(c, "release %" PRId64 " is a draft: signet release request %" PRId64,
		    d.id, d.id);
	return code == EXIT_DONE ? tell(&d, c) : code;
}

/* ---- fetch ---- */

int cmd_release_fetch(struct call *c)
{
	const char *directory = call_has(c, OPT_OUT) ? c->values[OPT_OUT] : "signed";
	AUTO(doing) d = {0};
	AUTO(release_files) files = {0};
	struct err err = {0};
	json_t *list;
	int code = find(c, &d);

	if (code == EXIT_DONE)
		code = release_fetch(&d.follow, d.id, directory, &files);
	if (code != EXIT_DONE)
		return code;
	if (!dir_make(directory, 0755, &err).ok || !release_files_write(&files, &err).ok)
		return call_failed(c, &err);
	list = release_files_json(&files);
	if (call_has(c, OPT_JSON))
		call_print_json(c, list);
	else
		release_view_files(&c->out, list);
	json_decref(list);
	return EXIT_DONE;
}

/* ---- publish, recall ---- */

int cmd_release_publish(struct call *c)
{
	AUTO(doing) d = {0};
	char path[80];
	int code = find(c, &d);

	if (code != EXIT_DONE)
		return code;
	snprintf(path, sizeof(path), "%s/publish", d.path);
	code = follow_act(&d.follow, path, NULL, 0);
	return code == EXIT_DONE ? tell(&d, c) : code;
}

static const struct member_row recall_members[] = {
    {"successor", OPT_SUCCESSOR, MEMBER_NUMBER, false, INT64_MAX}, {0}};

int cmd_release_recall(struct call *c)
{
	AUTO(doing) d = {0};
	json_t *body = json_object();
	char path[80];
	char *text;
	int code = body_put(c, recall_members, body);

	text = body_text(body);
	if (code == EXIT_DONE)
		code = find(c, &d);
	if (code == EXIT_DONE)
		release_view_line(&c->err, d.release.json);
	if (code == EXIT_DONE)
		code = call_ask(
		    c, "recall it? devices that have it leave it, and there is no way back");
	snprintf(path, sizeof(path), "%s/recall", d.path);
	if (code == EXIT_DONE)
		code = follow_act(&d.follow, path, text, 0);
	free(text);
	return code == EXIT_DONE ? tell(&d, c) : code;
}

/* ---- show ---- */

int cmd_release_show(struct call *c)
{
	AUTO(doing) d = {0};
	int code = find(c, &d);

	if (code != EXIT_DONE)
		return code;
	if (call_has(c, OPT_JSON))
		call_print_json(c, d.release.json);
	else
		release_view_print(&c->out, d.release.json);
	return EXIT_DONE;
}
