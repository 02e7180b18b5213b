/* clients/operator/release_follow.c: see release_follow.h. */
#include "clients/operator/release_follow.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/encode.h"
#include "clients/operator/reason.h"
#include "clients/operator/value.h"

#define PAUSE_FIRST_MS 2000
#define PAUSE_MOST_MS  15000

bool follow_start(struct call *c, struct follow *ret_follow)
{
	int64_t wait = FOLLOW_WAIT_STANDARD, patience = FOLLOW_PATIENCE_STANDARD;

	if (!call_seconds(c, OPT_WAIT, FOLLOW_WAIT_MAX, &wait) ||
	    !call_seconds(c, OPT_PATIENCE, FOLLOW_PATIENCE_MAX, &patience))
		return false;
	*ret_follow = (struct follow){
	    .call = c, .deadline = monotonic_ms() + wait * 1000, .patience_ms = patience * 1000};
	return true;
}

/* ---- telling ---- */

void follow_say(struct follow *f, const char *format, ...)
{
	const struct call *c = f->call;
	AUTO(buf) safe = {0};
	va_list arguments;
	char line[sizeof(f->shown)];

	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	if (strcmp(line, f->shown) == 0)
		return;
	snprintf(f->shown, sizeof(f->shown), "%s", line);
	text_put(&safe, span_str(line));
	fprintf(c->err.file, "signet: %s\n", buf_cstr(&safe));
	fflush(c->err.file);
}

/* How long it has been: a terminal is told, over the same line again. */
static void show_waiting(const struct follow *f, int64_t since)
{
	const struct screen *to = &f->call->err;
	int64_t seconds = (monotonic_ms() - since) / 1000;

	if (!to->terminal)
		return;
	fprintf(
	    to->file, "\rsignet: waiting, %" PRId64 ":%02" PRId64 " ", seconds / 60, seconds % 60);
	fflush(to->file);
}

static void end_waiting(const struct follow *f)
{
	if (f->call->err.terminal)
		fprintf(f->call->err.file, "\r%40s\r", "");
}

/* ---- pauses ---- */

/* The next pause: half as long again, up to the most. */
static int64_t longer(int64_t ms)
{
	return ms + ms / 2 < PAUSE_MOST_MS ? ms + ms / 2 : PAUSE_MOST_MS;
}

/* A quarter more or less, so that those who were cut off together do not come back together. */
static int64_t jittered(int64_t ms)
{
	struct rng rng = rng_system();
	struct err err = {0};
	uint8_t byte = 128;

	if (!rng_fill(&rng, &byte, 1, &err).ok)
		byte = 128;
	return ms * 3 / 4 + ms / 2 * byte / 255;
}

static void pause_ms(int64_t ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000};

	nanosleep(&t, NULL);
}

/* ---- asking ---- */

static bool is_not_now(long status)
{
	return status == 429 || status == 502 || status == 503 || status == 504;
}

/* Was the server not reached, other than by a fault of ours? */
static bool is_away(const struct err *err)
{
	return err->kind == ERR_BUSY;
}

static struct status make_key(char text[static 33], struct err *err)
{
	struct rng rng = rng_system();
	uint8_t bytes[16];

	TRY(rng_fill(&rng, bytes, sizeof(bytes), err));
	hex_text(SPAN_OF(bytes), text);
	return STATUS_OK;
}

static int give_up(struct call *c, const struct client_request *request,
    const struct client_reply *reply, const struct err *err)
{
	if (err->kind != ERR_NONE)
		(void)call_failed(c, err);
	else
		(void)call_refused(c, request, reply);
	return EXIT_UNREACHABLE;
}

/* EXIT_DONE: there is an answer that is one. */
static int ask(struct follow *f, struct client *client, const struct client_request *q,
    struct client_reply *ret_reply)
{
	const int64_t end = monotonic_ms() + f->patience_ms;
	int64_t pause = PAUSE_FIRST_MS;

	for (;;) {
		struct err err = {0};
		bool sent = client_send(client, q, ret_reply, &err).ok;

		if (!sent && !is_away(&err))
			return call_failed(f->call, &err);
		if (sent && !is_not_now(ret_reply->status))
			return EXIT_DONE;
		if (monotonic_ms() + pause > end)
			return give_up(f->call, q, ret_reply, &err);
		follow_say(f, "%s; trying again",
		    sent ? "the server says: not now" : "the server is not reached");
		pause_ms(jittered(pause));
		pause = longer(pause);
	}
}

int follow_ask_unless(struct follow *f, const struct client_request *request, long status,
    struct client_reply *ret_reply)
{
	struct client_request q = *request;
	struct client *client = NULL;
	struct err err = {0};
	char key[33];
	int code;

	if (!call_client(f->call, &client, &err).ok || !make_key(key, &err).ok)
		return call_failed(f->call, &err);
	if (!q.key && strcmp(q.method, "POST") == 0)
		q.key = key;
	code = ask(f, client, &q, ret_reply);
	if (code != EXIT_DONE)
		return code;
	if ((ret_reply->status >= 200 && ret_reply->status < 300) || ret_reply->status == status)
		return EXIT_DONE;
	return call_refused(f->call, &q, ret_reply);
}

int follow_ask(
    struct follow *f, const struct client_request *request, struct client_reply *ret_reply)
{
	return follow_ask_unless(f, request, 0, ret_reply);
}

/* ---- waiting for approvals ---- */

static void note_request(const struct follow *f, int64_t request)
{
	if (f->on_request)
		f->on_request(f->context, request);
}

static void put_approvers(const json_t *approvals, struct buf *out)
{
	size_t i;
	json_t *a;

	json_array_foreach((json_t *)(uintptr_t)approvals, i, a)
	{
		const char *verdict = value_text(a, "verdict"), *who = value_text(a, "principal");

		buf_printf(out, "%s%s %s", out->n ? ", " : "",
		    verdict && strcmp(verdict, "rejected") == 0 ? "rejected by" : "approved by",
		    who ? who : "somebody");
	}
}

static void put_wanted(const json_t *requirements, struct buf *out)
{
	size_t i;
	json_t *r;

	json_array_foreach((json_t *)(uintptr_t)requirements, i, r)
	{
		const char *role = value_text(r, "role");

		buf_printf(out, "%s%" PRId64 " of %" PRId64 " by %s", out->n ? ", " : "",
		    value_int(r, "have", 0), value_int(r, "approvals", 0), role ? role : "?");
	}
}

static void say_request(struct follow *f, int64_t id, const json_t *request)
{
	AUTO(buf) who = {0}, wanted = {0};

	put_approvers(value_at(request, "approvals"), &who);
	put_wanted(value_at(request, "requirements"), &wanted);
	end_waiting(f);
	follow_say(f, "request %" PRId64 " has %s%s%s%s", id,
	    wanted.n ? buf_cstr(&wanted) : "no approvals yet", who.n ? " (" : "",
	    who.n ? buf_cstr(&who) : "", who.n ? ")" : "");
}

static int closed(struct follow *f, int64_t id, const char *state)
{
	struct err err = {0};

	note_request(f, 0);
	(void)err_refuse(&err, WHY(RELEASE_REJECTED), "request %" PRId64 " is %s", id, state);
	(void)call_failed(f->call, &err);
	return EXIT_REJECTED;
}

static int still_waiting(const struct follow *f, int64_t id)
{
	struct err err = {0};

	(void)err_refuse(
	    &err, WHY(RELEASE_WAITING), "request %" PRId64 " still waits for approvals", id);
	(void)call_failed(f->call, &err);
	return EXIT_WAITING;
}

static int get_request(struct follow *f, int64_t id, struct client_reply *ret_reply)
{
	char path[64];

	snprintf(path, sizeof(path), "/requests/%" PRId64, id);
	return follow_ask(f, &(struct client_request){.method = "GET", .path = path}, ret_reply);
}

static bool state_is(const struct client_reply *reply, const char *state)
{
	const char *is = value_text(reply->json, "state");

	return is && strcmp(is, state) == 0;
}

/* EXIT_DONE: it is carried out, by us or by somebody who was quicker. */
static int redeem(struct follow *f, int64_t id)
{
	AUTO(client_reply) reply = {0}, after = {0};
	char path[64];
	struct client_request q = {.method = "POST", .path = path};
	int code;

	snprintf(path, sizeof(path), "/requests/%" PRId64 "/redeem", id);
	code = follow_ask_unless(f, &q, 409, &reply);
	if (code != EXIT_DONE || reply.status != 409)
		return code;
	code = get_request(f, id, &after);
	if (code != EXIT_DONE || state_is(&after, "redeemed"))
		return code;
	return call_refused(f->call, &q, &reply);
}

/* One look. EXIT_DONE: it is carried out. EXIT_WAITING: not all have approved yet. */
static int look(struct follow *f, int64_t id)
{
	AUTO(client_reply) reply = {0};
	const char *state;
	int code = get_request(f, id, &reply);

	if (code != EXIT_DONE || state_is(&reply, "redeemed"))
		return code;
	state = value_text(reply.json, "state");
	if (!state_is(&reply, "open"))
		return closed(f, id, state ? state : "gone");
	say_request(f, id, reply.json);
	return json_is_true(value_at(reply.json, "ready")) ? redeem(f, id) : EXIT_WAITING;
}

static int wait_for(struct follow *f, int64_t id)
{
	const int64_t since = monotonic_ms();
	int64_t pause = PAUSE_FIRST_MS;

	note_request(f, id);
	for (;;) {
		int code = look(f, id);
		int64_t left = f->deadline - monotonic_ms();

		if (code != EXIT_WAITING) {
			end_waiting(f);
			return code;
		}
		if (left <= 0)
			return still_waiting(f, id);
		pause_ms(left < pause ? left : jittered(pause));
		pause = longer(pause);
		show_waiting(f, since);
	}
}

int follow_act(struct follow *f, const char *path, const char *body, int64_t request)
{
	AUTO(client_reply) reply = {0};
	int code;

	if (!request) {
		code = follow_ask(f,
		    &(struct client_request){
			.method = "POST", .path = path, .body = span_str(body)},
		    &reply);
		if (code != EXIT_DONE || reply.status != 202)
			return code;
		request = value_int(reply.json, "request.id", 0);
	}
	code = wait_for(f, request);
	if (code == EXIT_DONE)
		note_request(f, 0);
	return code;
}
