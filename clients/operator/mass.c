/* clients/operator/mass.c: see mass.h. */
#include "clients/operator/mass.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "clients/operator/show.h"
#include "clients/operator/value.h"

#define LOOK_EVERY_MS 500
#define SAY_EVERY     10 /* looks between two lines where no terminal is */

bool mass_is(const json_t *answer)
{
	return json_is_object(value_at(answer, "selector")) && value_at(answer, "total") &&
	       value_text(answer, "state");
}

static void wait_ms(long ms)
{
	(void)nanosleep(
	    &(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

/* On a terminal one line that is written over; elsewhere a line now and then. */
static void progress(const struct call *c, const json_t *mass, unsigned look, int64_t *said)
{
	int64_t done = value_int(mass, "done", 0), total = value_int(mass, "total", 0);
	int64_t percent = total > 0 ? done * 100 / total : 0;

	if (call_has(c, OPT_JSON) || done == *said)
		return;
	if (c->err.terminal)
		fprintf(c->err.file, "\r%" PRId64 " of %" PRId64 " certificates, %" PRId64 " %% ",
		    done, total, percent);
	else if (look % SAY_EVERY == 0)
		fprintf(c->err.file, "%" PRId64 " of %" PRId64 " certificates, %" PRId64 " %%\n",
		    done, total, percent);
	else
		return;
	fflush(c->err.file);
	*said = done;
}

static int ended(const struct call *c, const json_t *mass)
{
	const char *state = value_text(mass, "state"), *why = value_text(mass, "failure");
	int64_t done = value_int(mass, "done", 0), total = value_int(mass, "total", 0);

	if (c->err.terminal && !call_has(c, OPT_JSON))
		fprintf(c->err.file, "\r\033[K");
	if (call_has(c, OPT_JSON))
		call_print_json(c, mass);
	else
		call_note(c,
		    "mass revocation %" PRId64 " is %s: %" PRId64 " of %" PRId64
		    " looked at, %" PRId64 " revoked%s%s",
		    value_int(mass, "id", 0), state, done, total, value_int(mass, "revoked", 0),
		    why ? ": " : "", why ? why : "");
	return strcmp(state, "done") == 0 ? EXIT_DONE : EXIT_FAILED;
}

int mass_follow(struct call *c, int64_t id)
{
	char path[64];
	int64_t said = -1;

	snprintf(path, sizeof(path), "/mass-revocations/%" PRId64, id);
	for (unsigned look = 0;; look++) {
		AUTO(client_reply) reply = {0};
		const char *state;
		int code = call_get(c, path, &reply);

		if (code != EXIT_DONE)
			return code;
		state = value_text(reply.json, "state");
		if (!state || strcmp(state, "running") != 0)
			return state ? ended(c, reply.json) : EXIT_FAILED;
		progress(c, reply.json, look, &said);
		wait_ms(LOOK_EVERY_MS);
	}
}
