/* clients/operator/call.c: see call.h. */
#include "clients/operator/call.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "clients/operator/problem.h"
#include "clients/operator/reason.h"
#include "clients/operator/value.h"

const char *call_next(const struct call *c, enum option_id option, size_t *i)
{
	while (*i < c->repeated_count)
		if (c->repeated[(*i)++].option == option)
			return c->repeated[*i - 1].value;
	return NULL;
}

int call_usage(const struct call *c, const char *format, ...)
{
	const char *name = c->command ? c->command->name : "";
	const char *gap = c->command ? " " : "";
	AUTO(buf) safe = {0};
	va_list arguments;
	char line[1024];

	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	text_put(&safe, span_str(line));
	fprintf(c->err.file, "signet%s%s: %s\ntry: signet%s%s --help\n", gap, name, buf_cstr(&safe),
	    gap, name);
	return EXIT_USAGE;
}

int call_failed(const struct call *c, const struct err *err)
{
	if (call_has(c, OPT_JSON))
		problem_print_own_json(&c->out, err);
	problem_print_own(&c->err, err);
	return EXIT_FAILED;
}

void call_note(const struct call *c, const char *format, ...)
{
	AUTO(buf) safe = {0};
	va_list arguments;
	char line[1024];

	if (call_has(c, OPT_JSON))
		return;
	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	text_put(&safe, span_str(line));
	fflush(c->out.file); /* what was printed before stands before it */
	fprintf(c->err.file, "%s\n", buf_cstr(&safe));
}

int call_ask(const struct call *c, const char *format, ...)
{
	AUTO(buf) safe = {0};
	va_list arguments;
	char line[512];

	if (call_has(c, OPT_YES))
		return EXIT_DONE;
	if (fileno(c->in) < 0 || !isatty(fileno(c->in)))
		return call_usage(c, "nobody is here to be asked: give --yes%s",
		    command_takes(c->command, OPT_DIGEST) ? " --digest SHA256" : "");
	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	text_put(&safe, span_str(line));
	fprintf(c->err.file, "%s [y/N] ", buf_cstr(&safe));
	fflush(c->err.file);
	if (!fgets(line, sizeof(line), c->in))
		line[0] = '\0';
	line[strcspn(line, "\r\n")] = '\0';
	if (strcasecmp(line, "y") == 0 || strcasecmp(line, "yes") == 0)
		return EXIT_DONE;
	fprintf(c->err.file, "signet: nothing was done\n");
	return EXIT_FAILED;
}

bool call_number(
    const struct call *c, enum option_id option, int64_t low, int64_t high, int64_t *ret_number)
{
	const char *text = c->values[option];
	char *end;
	long long n;

	if (!text)
		return true;
	n = strtoll(text, &end, 10);
	if (end == text || *end || n < low || n > high) {
		(void)call_usage(c, "%s takes a number from %lld to %lld, not '%s'",
		    option_rows[option].name, (long long)low, (long long)high, text);
		return false;
	}
	*ret_number = n;
	return true;
}

bool call_seconds(const struct call *c, enum option_id option, int64_t most, int64_t *ret_seconds)
{
	static const struct {
		const char *unit;
		int64_t seconds;
	} units[] = {{"", 1}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};
	const char *text = c->values[option];
	char *end;
	long long n;

	if (!text)
		return true;
	n = strtoll(text, &end, 10);
	for (size_t i = 0; i < COUNT(units); i++)
		if (end != text && strcmp(end, units[i].unit) == 0 && n >= 0 &&
		    n <= most / units[i].seconds) {
			*ret_seconds = n * units[i].seconds;
			return true;
		}
	(void)call_usage(c, "%s takes a time such as 90s, 30m, 12h, at most %lld s, not '%s'",
	    option_rows[option].name, (long long)most, text);
	return false;
}

void call_print_json(const struct call *c, const json_t *value)
{
	AUTO(buf) text = {0};

	value_dump(value, &text);
	fwrite(text.p, 1, text.n, c->out.file);
}

struct status call_client(struct call *c, struct client **ret_client, struct err *err)
{
	if (!c->client) {
		TRY(login_load(&c->login, err));
		TRY(client_open(&c->login, &c->err, &c->client, err));
	}
	*ret_client = c->client;
	return STATUS_OK;
}

/* Who asks as nobody gets a refusal that nobody may look up: say here what is missing. */
static struct status is_known(
    const struct call *c, const struct client_request *request, struct err *err)
{
	if (c->login.token || c->login.certificate || strcmp(request->path, "/token-exchange") == 0)
		return STATUS_OK;
	return err_refuse(
	    err, WHY(LOGIN_NONE), "not logged in at %s, and no SIGNET_TOKEN set", c->login.api_url);
}

int call_refused(
    struct call *c, const struct client_request *request, const struct client_reply *reply)
{
	if (call_has(c, OPT_JSON) && reply->json)
		call_print_json(c, reply->json);
	problem_print(&c->err, request, reply);
	return EXIT_FAILED;
}

int call_api(struct call *c, const struct client_request *request, struct client_reply *ret_reply)
{
	struct client *client = NULL;
	struct err err = {0};

	if (!call_client(c, &client, &err).ok || !is_known(c, request, &err).ok ||
	    !client_send(client, request, ret_reply, &err).ok)
		return call_failed(c, &err);
	if (ret_reply->status == 202) {
		problem_print_request(c, ret_reply->json);
		return EXIT_DONE;
	}
	if (ret_reply->status >= 200 && ret_reply->status < 300)
		return EXIT_DONE;
	return call_refused(c, request, ret_reply);
}

int call_get(struct call *c, const char *path, struct client_reply *ret_reply)
{
	return call_api(c, &(struct client_request){.method = "GET", .path = path}, ret_reply);
}
