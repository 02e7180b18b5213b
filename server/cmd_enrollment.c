/* server/cmd_enrollment.c: signetd enrollment: look at attempts, and decide on those that wait. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "ca/enroll_decide.h"
#include "server/command.h"
#include "sql/enrollment_view.h"

#define LIST_STANDARD 50
#define LIST_MAX      1000 /* one page in memory; --before goes on */

static bool id_of(const char *text, int64_t *ret_id)
{
	char *end;
	long long id = strtoll(text, &end, 10);

	if (*text < '1' || *text > '9' || *end || id <= 0)
		return false;
	*ret_id = id;
	return true;
}

/* ---- as JSON ---- */

static void json_time(struct json *j, const char *name, int64_t at)
{
	char text[TIME_TEXT_SIZE];

	if (at == 0)
		return;
	time_text(at, text);
	json_str(j, name, text);
}

static void json_text(struct json *j, const char *name, const char *text)
{
	if (text)
		json_str(j, name, text);
}

static void json_hex(struct json *j, const char *name, struct span bytes)
{
	AUTO(buf) text = {0};

	if (bytes.n == 0)
		return;
	hex_encode(bytes, &text);
	json_str(j, name, buf_cstr(&text));
}

static void json_view(struct json *j, const struct enrollment_view *e)
{
	json_object_begin(j, NULL);
	json_int(j, "id", e->id);
	json_time(j, "at", e->at);
	json_text(j, "label", e->label);
	json_text(j, "operation", e->operation);
	json_text(j, "outcome", e->outcome);
	json_text(j, "state", e->state);
	json_text(j, "code", e->reason_code);
	json_text(j, "message", e->message);
	json_text(j, "rule", e->rule);
	json_text(j, "advice", e->advice);
	json_text(j, "product", e->product);
	json_text(j, "serial", e->serial);
	json_hex(j, "key", e->key_digest);
	json_hex(j, "idevid", e->idevid_digest);
	json_hex(j, "certificate", e->certificate_serial);
	json_text(j, "address", e->peer_address);
	json_text(j, "request", e->request_id);
	json_bool(j, "stranger", e->stranger);
	json_time(j, "expires_at", e->expires_at);
	json_text(j, "decided_by", e->decided_by);
	json_time(j, "decided_at", e->decided_at);
	json_object_end(j);
}

static void print(struct buf *text)
{
	buf_put_byte(text, '\n');
	fwrite(text->p, 1, text->n, stdout);
}

/* ---- for people ---- */

static void line(const char *name, const char *text)
{
	if (text && text[0])
		printf("%-12s %s\n", name, text);
}

static void line_time(const char *name, int64_t at)
{
	char text[TIME_TEXT_SIZE];

	if (at == 0)
		return;
	time_text(at, text);
	line(name, text);
}

static void line_hex(const char *name, struct span bytes)
{
	AUTO(buf) text = {0};

	if (bytes.n == 0)
		return;
	hex_encode(bytes, &text);
	line(name, buf_cstr(&text));
}

static void print_view(const struct enrollment_view *e)
{
	printf("%-12s %" PRId64 "\n", "enrollment", e->id);
	line("outcome", e->outcome);
	line("state", e->state);
	line("why", e->message);
	line("rule", e->rule);
	line("what to do", e->advice);
	line("code", e->reason_code);
	line_time("at", e->at);
	line("label", e->label);
	line("operation", e->operation);
	line("product", e->product);
	line("serial", e->serial);
	line_hex("key", e->key_digest);
	line_hex("IDevID", e->idevid_digest);
	line_hex("certificate", e->certificate_serial);
	line("address", e->peer_address);
	line("request", e->request_id);
	line("stranger", e->stranger ? "yes: no anchor vouches for it; the row expires" : NULL);
	line_time("expires", e->expires_at);
	line("decided by", e->decided_by);
	line_time("decided", e->decided_at);
}

static void print_row(const struct enrollment_view *e)
{
	char at[TIME_TEXT_SIZE];

	time_text(e->at, at);
	printf("%-8" PRId64 " %s  %-9s %-16s %-16s %-20s %s\n", e->id, at,
	    e->state ? e->state : e->outcome, e->product ? e->product : "-",
	    e->serial ? e->serial : "-", e->label, e->reason_code ? e->reason_code : "");
}

/* ---- subcommands ---- */

struct list_options {
	struct enrollment_filter filter;
	bool json;
};

static bool list_number(const char *text, int64_t most, int64_t *ret)
{
	return id_of(text, ret) && *ret <= most;
}

static int read_list_options(
    const struct invocation *v, int argc, char **argv, struct list_options *ret)
{
	static const struct option options[] = {{"state", required_argument, NULL, 's'},
	    {"outcome", required_argument, NULL, 'o'}, {"serial", required_argument, NULL, 'n'},
	    {"before", required_argument, NULL, 'b'}, {"limit", required_argument, NULL, 'l'},
	    {"json", no_argument, NULL, 'j'}, {0}};
	int c;

	*ret = (struct list_options){.filter.limit = LIST_STANDARD};
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 's': ret->filter.state = optarg; break;
		case 'o': ret->filter.outcome = optarg; break;
		case 'n': ret->filter.serial = optarg; break;
		case 'j': ret->json = true; break;
		case 'b':
			if (!list_number(optarg, INT64_MAX, &ret->filter.before))
				return command_usage(v, "--before takes an id, not '%s'", optarg);
			break;
		case 'l':
			if (!list_number(optarg, LIST_MAX, &ret->filter.limit))
				return command_usage(v, "--limit takes 1 to %d", LIST_MAX);
			break;
		default: return command_usage(v, "unknown option");
		}
	}
	return optind == argc ? COMMAND_OK : command_usage(v, "list takes options only");
}

static void print_list(const struct enrollment_view *rows, size_t count, bool json)
{
	AUTO(buf) text = {0};
	struct json j = {.out = &text};

	if (!json) {
		for (size_t i = 0; i < count; i++)
			print_row(&rows[i]);
		return;
	}
	json_array_begin(&j, NULL);
	for (size_t i = 0; i < count; i++)
		json_view(&j, &rows[i]);
	json_array_end(&j);
	print(&text);
}

static int list(const struct invocation *v, int argc, char **argv)
{
	AUTO_REF(db) db = NULL;
	AUTO(arena) arena = {0};
	struct list_options o;
	struct enrollment_view *rows;
	struct err err = {0};
	size_t count;
	int code = read_list_options(v, argc, argv, &o);

	if (code != COMMAND_OK)
		return code;
	if (!command_db(v, &db, &err).ok ||
	    !enrollment_list(db, &o.filter, &arena, &rows, &count, &err).ok)
		return command_failed(&err);
	print_list(rows, count, o.json);
	return COMMAND_OK;
}

static int explain(const struct invocation *v, int argc, char **argv)
{
	AUTO_REF(db) db = NULL;
	AUTO(arena) arena = {0};
	AUTO(buf) text = {0};
	struct json j = {.out = &text};
	struct enrollment_view e;
	struct err err = {0};
	bool json = argc == 3 && strcmp(argv[2], "--json") == 0;
	int64_t id;

	if ((argc != 2 && !json) || !id_of(argv[1], &id))
		return command_usage(v, "explain takes the id of an enrollment");
	if (!command_db(v, &db, &err).ok || !enrollment_get(db, id, &arena, &e, &err).ok)
		return command_failed(&err);
	if (json) {
		json_view(&j, &e);
		print(&text);
	} else {
		print_view(&e);
	}
	return COMMAND_OK;
}

/* Reason of a broken glass, or NULL: none given. False: wrong usage, said already. */
static bool break_glass_of(
    const struct invocation *v, int argc, char **argv, const char **ret_reason)
{
	static const struct option options[] = {
	    {"break-glass", required_argument, NULL, 'b'},
	    {NULL, 0, NULL, 0},
	};
	int c;

	*ret_reason = NULL;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c != 'b')
			return (void)command_usage(v, NULL), false;
		*ret_reason = optarg;
	}
	if (*ret_reason && !command_reason_fits(*ret_reason))
		return (void)command_usage(v,
			   "--break-glass wants a reason that others will understand, of 10 to 200 characters"),
		       false;
	return true;
}

static int decide(const struct invocation *v, int argc, char **argv)
{
	AUTO_REF(db) db = NULL;
	struct err err = {0};
	bool approve = strcmp(argv[0], "approve") == 0;
	const char *reason;
	int64_t id;

	if (!break_glass_of(v, argc, argv, &reason))
		return COMMAND_USAGE;
	if (argc - optind != 1 || !id_of(argv[optind], &id) || (reason && !approve))
		return command_usage(v, "%s takes the id of an enrollment that waits", argv[0]);
	if (!command_db(v, &db, &err).ok ||
	    !enroll_decide_local(db, id, approve, v->who, reason, &v->clock, &v->rng, &err).ok)
		return command_failed(&err);
	printf("enrollment %" PRId64 " %s by %s\n", id, approve ? "approved" : "rejected", v->who);
	return COMMAND_OK;
}

static const struct {
	const char *name;
	int (*run)(const struct invocation *v, int argc, char **argv);
} verbs[] = {{"list", list}, {"explain", explain}, {"approve", decide}, {"reject", decide}};

int cmd_enrollment(const struct invocation *v, int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < COUNT(verbs); i++)
		if (strcmp(argv[1], verbs[i].name) == 0)
			return verbs[i].run(v, argc - 1, argv + 1);
	return command_usage(v, "enrollment takes list, explain, approve or reject");
}
