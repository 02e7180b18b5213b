/* clients/operator/problem.c: see problem.h. */
#include "clients/operator/problem.h"

#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "clients/operator/table.h"
#include "clients/operator/value.h"

#define FACT_WIDTH 7
#define SHOWN_MAX  2000 /* octets of one text: a server may send megabytes of them */

static void print_line(const struct screen *to, const char *name, struct span text)
{
	if (!text.n)
		return;
	if (text.n > SHOWN_MAX)
		text.n = SHOWN_MAX;
	screen_printf(to, "  ");
	fact_put(to, FACT_WIDTH, name, text);
}

static void print_member(
    const struct screen *to, const char *name, const json_t *problem, const char *member)
{
	print_line(to, name, span_str(value_text(problem, member)));
}

static void print_head(const struct screen *to, const char *word, struct span text)
{
	AUTO(buf) safe = {0};

	if (text.n > SHOWN_MAX)
		text.n = SHOWN_MAX;
	text_put(&safe, text);
	screen_printf(to, "signet: ");
	screen_put(to, STYLE_RED, word);
	screen_printf(to, ": %s\n", buf_cstr(&safe));
}

/* "/api/v1/refused-calls/12": where the refusal can be looked up; 0: nowhere. */
static int64_t refusal_of(const json_t *problem)
{
	static const char prefix[] = "/api/v1/refused-calls/";
	const char *instance = value_text(problem, "instance");
	int64_t id = 0;

	if (!instance || strncmp(instance, prefix, sizeof(prefix) - 1) != 0)
		return 0;
	instance += sizeof(prefix) - 1;
	for (; *instance >= '0' && *instance <= '9' && id < INT64_MAX / 100; instance++)
		id = 10 * id + (*instance - '0');
	return *instance ? 0 : id;
}

static void print_where(
    const struct screen *to, const struct client_request *request, const struct client_reply *reply)
{
	AUTO(buf) where = {0};

	buf_printf(&where, "%s %s (HTTP %ld)", request->method, request->path, reply->status);
	print_line(to, "where:", buf_span(&where));
}

/* What /devices/import says of single lines. */
static void print_errors(const struct screen *to, const json_t *errors)
{
	size_t i;
	json_t *e;

	json_array_foreach((json_t *)(uintptr_t)errors, i, e)
	{
		AUTO(buf) line = {0};

		if (i == 10) {
			screen_printf(to, "  ... and %zu more\n", json_array_size(errors) - i);
			break;
		}
		if (value_at(e, "line"))
			buf_printf(&line, "line %" PRId64 ": ", value_int(e, "line", 0));
		value_put(value_at(e, "detail"), &line);
		print_line(to, "", buf_span(&line));
	}
}

static void print_more(const struct screen *to, const json_t *problem)
{
	AUTO(buf) more = {0};

	if (refusal_of(problem))
		buf_printf(&more, "signet refusal explain %" PRId64, refusal_of(problem));
	print_line(to, "more:", buf_span(&more));
}

void problem_print(
    const struct screen *to, const struct client_request *request, const struct client_reply *reply)
{
	const json_t *p = reply->json;
	const char *detail = value_text(p, "detail"), *title = value_text(p, "title");
	const char *word = reply->status >= 500 ? "the server failed" : "refused";
	AUTO(buf) plain = {0};

	if (detail && request->name && strncmp(detail, "body:", 5) == 0) {
		/* The server knows the file by no name. */
		buf_printf(&plain, "%s%s", request->name, detail + 4);
		print_head(to, word, buf_span(&plain));
	} else if (detail || title) {
		print_head(to, word, span_str(detail ? detail : title));
	} else {
		buf_printf(&plain, "the server answered %ld without a reason", reply->status);
		print_head(to, word, buf_span(&plain));
	}
	print_where(to, request, reply);
	print_errors(to, value_at(p, "errors"));
	print_member(to, "rule:", p, "rule");
	print_member(to, "to do:", p, "advice");
	print_member(to, "code:", p, "code");
	print_more(to, p);
}

void problem_print_own(const struct screen *to, const struct err *err)
{
	const struct reason *r = err->reason;

	print_head(to, "failed", span_str(err->message));
	print_line(to, "cause:", span_str(err->cause));
	if (!r)
		return;
	print_line(to, "rule:", span_str(r->rule));
	print_line(to, "to do:", span_str(r->advice));
	print_line(to, "code:", span_str(r->code));
}

void problem_print_own_json(const struct screen *to, const struct err *err)
{
	AUTO(buf) text = {0}, safe = {0};
	struct json j = {.out = &text};

	json_object_begin(&j, NULL);
	json_str(&j, "code", err_code(err));
	json_str(&j, "detail", err->message);
	if (err->reason) {
		json_str(&j, "rule", err->reason->rule);
		json_str(&j, "advice", err->reason->advice);
	}
	json_object_end(&j);
	text_put_json(&safe, buf_span(&text));
	screen_printf(to, "%s\n", buf_cstr(&safe));
}

void problem_print_request(const struct call *c, const json_t *answer)
{
	const json_t *request = value_at(answer, "request");
	int64_t id = value_int(request, "id", 0);
	AUTO(buf) act = {0}, safe = {0};

	if (call_has(c, OPT_JSON)) {
		call_print_json(c, answer);
		return;
	}
	value_put(value_at(request, "act"), &act);
	text_put(&safe, buf_span(&act));
	screen_put(&c->out, STYLE_YELLOW, "not done yet");
	screen_printf(&c->out, ": policy wants approvals for %s; this is now request %" PRId64 "\n",
	    act.n ? buf_cstr(&safe) : "this", id);
	screen_printf(&c->out, "  others approve it:  signet request approve %" PRId64 "\n", id);
	screen_printf(&c->out, "  look at it:         signet request show %" PRId64 "\n", id);
	screen_printf(&c->out, "  then carry it out:  signet request redeem %" PRId64 "\n", id);
}
