/* clients/device/cli_show.c: what signet-device prints. */
#include "clients/device/cli_internal.h"

#include <string.h>

#include "base/clock.h"
#include "base/json.h"

static void print_json(FILE *out, struct buf *text)
{
	buf_put_byte(text, '\n');
	fwrite(text->p, 1, text->n, out);
}

static void json_time(struct json *j, const char *name, int64_t seconds)
{
	char text[TIME_TEXT_SIZE];

	if (seconds)
		time_text(seconds, text);
	json_str(j, name, seconds ? text : NULL);
}

static void json_status(struct json *j, const struct signet_status *st)
{
	json_str(j, "identity", st->identity);
	json_bool(j, "valid", st->valid);
	json_str(j, "subject", st->subject);
	json_str(j, "issuer", st->issuer);
	json_str(j, "serial_number", st->serial_number);
	json_str(j, "algorithm", st->algorithm);
	json_time(j, "not_before", st->not_before);
	json_time(j, "not_after", st->not_after);
	json_time(j, "renewal_due", st->renewal_due);
	json_int(j, "generation", (int64_t)st->generation);
	json_str(j, "cert", st->cert_path);
	json_str(j, "key", st->key_path);
	json_str(j, "pending", st->pending);
	json_str(j, "pending_operation", st->pending_operation);
	json_time(j, "pending_since", st->pending_since);
	json_time(j, "pending_retry_at", st->pending_retry_at);
	json_str(j, "server", st->server);
	json_str(j, "label", st->label);
	json_str(j, "anchor_sha256", st->anchor_digest);
	json_time(j, "clock", st->clock);
	json_time(j, "time_floor", st->time_floor);
	json_time(j, "effective_time", st->effective_time);
}

/* "in 42 d", "3 h ago" */
static void distance(int64_t seconds, char text[static 32])
{
	int64_t n = seconds < 0 ? -seconds : seconds;
	const char *unit = "s";

	if (n >= 2 * 86400) {
		n /= 86400;
		unit = "d";
	} else if (n >= 2 * 3600) {
		n /= 3600;
		unit = "h";
	} else if (n >= 120) {
		n /= 60;
		unit = "min";
	}
	snprintf(text, 32, seconds < 0 ? "%lld %s ago" : "in %lld %s", (long long)n, unit);
}

static void line_time(FILE *out, const char *name, int64_t at, int64_t now)
{
	char text[TIME_TEXT_SIZE], away[32];

	if (!at)
		return;
	time_text(at, text);
	distance(at - now, away);
	fprintf(out, "  %-14s %s (%s)\n", name, text, away);
}

static void line(FILE *out, const char *name, const char *value)
{
	if (value)
		fprintf(out, "  %-14s %s\n", name, value);
}

static void text_identity(FILE *out, const struct signet_status *st)
{
	if (strcmp(st->identity, "none") == 0) {
		fprintf(out, "identity: none; run `signet-device enroll`\n");
		return;
	}
	fprintf(out, "identity: %s%s%s\n", st->identity,
	    strcmp(st->identity, "IDevID") == 0 ? " (not enrolled yet)" : "",
	    st->valid ? "" : ", EXPIRED");
	line(out, "subject", st->subject);
	line(out, "issuer", st->issuer);
	line(out, "serial number", st->serial_number);
	line(out, "key", st->algorithm);
	line_time(out, "valid from", st->not_before, st->effective_time);
	line_time(out, "valid until", st->not_after, st->effective_time);
	line_time(out, "renewal due", st->renewal_due, st->effective_time);
	if (st->generation)
		fprintf(out, "  %-14s %u\n", "generation", (unsigned)st->generation);
	line(out, "certificate", st->cert_path);
	line(out, "private key", st->key_path);
}

static void text_pending(FILE *out, const struct signet_status *st)
{
	static const struct {
		const char *phase, *text;
	} meanings[] = {
	    {"asked", "asked, not issued yet: run the command again"},
	    {"staged", "issued and stored, not used yet: run the command again"},
	    {"telling", "begun, nothing erased yet: run it with --if-begun"},
	    {"erasing", "not everything is erased yet: run it with --if-begun"},
	    {"untold", "all erased, the server does not know yet: run it with --if-begun"},
	};

	if (!st->pending)
		return;
	for (size_t i = 0; i < COUNT(meanings); i++)
		if (strcmp(meanings[i].phase, st->pending) == 0)
			fprintf(out, "pending: %s, %s\n", st->pending_operation, meanings[i].text);
	line_time(out, "since", st->pending_since, st->effective_time);
	line_time(out, "ask again", st->pending_retry_at, st->effective_time);
}

void show_status(FILE *out, bool as_json, const struct signet_status *st)
{
	AUTO(buf) text = {0};
	struct json j = {.out = &text};

	if (as_json) {
		json_object_begin(&j, NULL);
		json_status(&j, st);
		json_object_end(&j);
		print_json(out, &text);
		return;
	}
	text_identity(out, st);
	text_pending(out, st);
	fprintf(out, "server: %s\n", st->server ? st->server : "not known yet");
	line(out, "label", st->label);
	line(out, "root SHA-256", st->anchor_digest);
	fprintf(out, "time:\n");
	line_time(out, "system clock", st->clock, st->effective_time);
	line_time(out, "not before", st->time_floor, st->effective_time);
	line_time(out, "taken as", st->effective_time, st->effective_time);
}

static void outcome_json(FILE *out, enum signet_result result, const struct signet_reason *why,
    const struct signet_status *st)
{
	AUTO(buf) text = {0};
	struct json j = {.out = &text};

	json_object_begin(&j, NULL);
	json_str(&j, "result", signet_result_name(result));
	json_str(&j, "code", why->code[0] ? why->code : NULL);
	json_str(&j, "text", why->text[0] ? why->text : NULL);
	json_str(&j, "advice", why->advice[0] ? why->advice : NULL);
	json_str(&j, "server", why->server[0] ? why->server : NULL);
	json_int(&j, "http_status", why->http_status);
	json_int(&j, "retry_after", why->retry_after);
	if (st) {
		json_object_begin(&j, "status");
		json_status(&j, st);
		json_object_end(&j);
	}
	json_object_end(&j);
	print_json(out, &text);
}

/* The server's own lines behind the first, which stands in our message. */
static void show_server(FILE *err, const char *text)
{
	const char *rest = strchr(text, '\n');

	while (rest) {
		int n = (int)strcspn(rest + 1, "\n");

		if (n)
			fprintf(err, "  %.*s\n", n, rest + 1);
		rest = strchr(rest + 1, '\n');
	}
}

void show_outcome(FILE *out, FILE *err, bool as_json, const char *command,
    enum signet_result result, const struct signet_reason *why, const struct signet_status *st)
{
	if (as_json) {
		outcome_json(out, result, why, st);
	} else if (result == SIGNET_DONE && strcmp(command, "reset") == 0) {
		fprintf(out, "reset done: this device is nobody's\n");
	} else if (result == SIGNET_DONE && st) {
		char text[TIME_TEXT_SIZE];

		time_text(st->not_after, text);
		fprintf(out, "%s done: %s\n", command, st->subject ? st->subject : "");
		fprintf(out, "  valid until %s\n  certificate %s\n  private key %s\n", text,
		    st->cert_path, st->key_path);
	} else if (result == SIGNET_NOT_DUE) {
		fprintf(out, "nothing to do: %s\n", why->text);
	} else if (result != SIGNET_DONE) {
		fprintf(err, "signet-device %s: %s: %s\n", command, why->code, why->text);
		show_server(err, why->server);
		if (why->retry_after > 0)
			fprintf(err, "  the server asks to come back in %lld s\n",
			    (long long)why->retry_after);
		/* A server that explains itself knows better than we do. */
		if (why->advice[0] && !(result == SIGNET_REFUSED && strchr(why->server, '\n')))
			fprintf(err, "  what to do: %s\n", why->advice);
	}
}
