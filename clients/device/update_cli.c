/*
 * clients/device/update_cli.c: signet-device update init, check, verify, install, ...
 *
 * Commands and options are tables, as in cli.c; help, parsing and usage errors all read them.
 */
#include "clients/device/update_cli.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base.h"
#include "base/span.h"

#define EXIT_DONE      0
#define EXIT_FAILED    1
#define EXIT_USAGE     2
#define COMPONENTS_MAX 8

enum command_bit {
	INIT = 1,
	CHECK = 2,
	VERIFY = 4,
	INSTALL = 8,
	CONFIRM = 16,
	ROLLBACK = 32,
	STATUS = 64,
	BOOT = 128,
	TAKE = 256,
};
#define ONLINE (CHECK | INSTALL)
#define ALL    511

enum option_id {
	OPT_STORE,
	OPT_PRODUCT,
	OPT_CHANNEL,
	OPT_MODEL,
	OPT_VENDOR,
	OPT_TRUST,
	OPT_TRUST_DIGEST,
	OPT_COUNTER,
	OPT_DOWNLOAD_CA,
	OPT_COMPONENT,
	OPT_RUNNING,
	OPT_TRIES,
	OPT_AGAIN,
	OPT_RATE,
	OPT_RETRY_FOR,
	OPT_ATTEMPTS,
	OPT_QUIET,
	OPT_JSON,
	OPT_COUNT
};

static const struct option_row {
	const char *name;
	const char *argument; /* NULL: a switch */
	unsigned commands;
	const char *help;
} options[OPT_COUNT] = {
    [OPT_STORE] = {"--store", "DIR", ALL,
	"the device's store; slots and state are in DIR/update (or $SIGNET_DEVICE_STORE)"},
    [OPT_PRODUCT] = {"--product", "NAME", INIT, "as trust statements name it"},
    [OPT_CHANNEL] = {"--channel", "NAME", INIT, "whose releases this device runs"},
    [OPT_MODEL] = {"--model", "NAME", INIT, "as in the product's policy (the product's name)"},
    [OPT_VENDOR] = {"--vendor-domain", "NAME", INIT, "refuse a statement of another vendor"},
    [OPT_TRUST] = {"--trust", "FILE", INIT, "the first trust statement"},
    [OPT_TRUST_DIGEST] = {"--trust-digest", "SHA256", INIT, "of that file, from the paperwork"},
    [OPT_COUNTER] = {"--counter", "N", INIT, "the lowest sequence number that may run (0)"},
    [OPT_DOWNLOAD_CA] = {"--download-ca", "FILE", INIT,
	"PEM: whom to believe where images are fetched (the system's)"},
    [OPT_COMPONENT] = {"--component", "ID[=FILE]", INIT | VERIFY | INSTALL,
	"init: an id, each (main); else an image that is at hand"},
    [OPT_RUNNING] = {"--running", "a|b|none", INSTALL | CONFIRM | ROLLBACK | STATUS,
	"the slot that is running (as update boot noted)"},
    [OPT_TRIES] = {"--tries", "N", INSTALL, "starts before it must be confirmed (3)"},
    [OPT_AGAIN] = {"--again", NULL, INSTALL, "although its trial has failed before"},
    [OPT_RATE] = {"--max-rate", "N", INSTALL, "octets in a second: 200k, 2M (any)"},
    [OPT_RETRY_FOR] = {"--retry-for", "SECONDS", INSTALL, "keep on so long through trouble (30)"},
    [OPT_ATTEMPTS] = {"--attempts", "N", INSTALL, "ask so often at most, without progress (5)"},
    [OPT_QUIET] = {"--quiet", NULL, ONLINE | CONFIRM | ROLLBACK, "no progress"},
    [OPT_JSON] = {"--json", NULL, ALL, "for machines"},
};

struct call {
	const char *command;
	unsigned bit;
	const char *values[OPT_COUNT]; /* NULL: not given; a switch that is on: "" */
	const char *components[COMPONENTS_MAX];
	size_t component_count;
	const char *file; /* the one argument that is no option; NULL: none */
	uint64_t counter;
	struct signet_update_image images[COMPONENTS_MAX];
	struct arena arena;
	struct signet_update_install how;
	struct update_show show;
};

static int usage_error(const struct call *c, const char *what, const char *value)
{
	const char *command = c->command ? c->command : "", *gap = c->command ? " " : "";

	fprintf(c->show.err, "signet-device update%s%s: %s%s%s\n", gap, command, what,
	    value ? " " : "", value ? value : "");
	fprintf(c->show.err, "try: signet-device update%s%s --help\n", gap, command);
	return EXIT_USAGE;
}

/* ---- commands ---- */

static const char overview[] =
    "signet-device update: firmware that this device may run, and no other\n"
    "\n"
    "  init      in the factory: what this device is, and whom it believes\n"
    "  check     ask the server: what is new, and whether we must leave what we run\n"
    "  verify    is this bundle good for this device? Says each check\n"
    "  install   get the newest release (or a bundle's) into the other slot, and try it next\n"
    "  boot      what a boot loader does: choose the slot that starts\n"
    "  confirm   the release that is on trial works; nothing older starts any more\n"
    "  rollback  it does not: back to the confirmed one\n"
    "  status    what runs, what is confirmed, what is on trial\n"
    "  take      take up a trust statement or a recall list from a file\n"
    "\n"
    "  signet-device update init --store /var/lib/device --product sensor --channel stable \\\n"
    "      --trust trust-1.cbor --trust-digest 3f0c...\n"
    "  signet-device update install --store /var/lib/device && reboot\n"
    "  signet-device update confirm --store /var/lib/device         # at every good start\n"
    "\n"
    "Exit: 0 done, 1 refused or failed, 2 wrong usage, 5 the network: try again.\n"
    "check: 3 a newer release is there, 4 what runs here is recalled.\n";

static const struct command {
	const char *name;
	const char *file; /* its argument; NULL: none */
	unsigned bit;
	bool file_needed;
	const char *text;
} commands[] = {
    {"init", NULL, INIT, false,
	"signet-device update init: in the factory, once\n"
	"\n"
	"  signet-device update init --store /var/lib/device --product sensor --channel stable \\\n"
	"      --model S1 --trust trust-1.cbor --trust-digest 3f0c...\n"
	"\n"
	"The first trust statement is the one with this digest, never one from the network. All that\n"
	"this device believes later follows from it.\n"},
    {"check", NULL, CHECK, false,
	"signet-device update check: ask the server, as the LDevID\n"
	"\n"
	"  signet-device update check --store /var/lib/device\n"
	"\n"
	"Newer trust statements and recall lists are taken up. Exit: 0 up to date, 3 a newer release\n"
	"is there, 4 what runs here is recalled and must be left, 1 refused, 5 try again later.\n"},
    {"verify", "BUNDLE", VERIFY, true,
	"signet-device update verify BUNDLE: is it good for this device?\n"
	"\n"
	"  signet-device update verify --store /var/lib/device fw-1.2.bundle --component main=fw.bin\n"
	"\n"
	"Talks to nobody, changes nothing, says each check and what it found.\n"},
    {"install", "BUNDLE", INSTALL, false,
	"signet-device update install [BUNDLE]: into the other slot\n"
	"\n"
	"  signet-device update install --store /var/lib/device                # the newest, from the server\n"
	"  signet-device update install --store /var/lib/device fw.bundle --component main=fw.bin\n"
	"\n"
	"All of the bundle is checked first, images while they arrive and once more in the slot. What\n"
	"is cut short is gone on with. The next start tries it; then confirm it. Nothing newer: exit 0.\n"},
    {"boot", NULL, BOOT, false,
	"signet-device update boot: choose the slot that starts, as a boot loader does\n"
	"\n"
	"A trial loses one of its tries; one that has none left, or is not good, is given up.\n"},
    {"confirm", NULL, CONFIRM, false,
	"signet-device update confirm: what is on trial works\n"
	"\n"
	"For every good start: with nothing on trial it does nothing and ends with 0.\n"},
    {"rollback", NULL, ROLLBACK, false,
	"signet-device update rollback: give the trial up\n"
	"\n"
	"The confirmed image starts next. What is confirmed cannot be gone back from.\n"},
    {"status", NULL, STATUS, false,
	"signet-device update status: what runs, is confirmed, is on trial; talks to nobody\n"},
    {"take", "FILE", TAKE, true,
	"signet-device update take FILE: a trust statement or a recall list, offline\n"
	"\n"
	"It must be signed by the quorum in force, and be newer.\n"},
};

static int help(FILE *out, const struct command *command)
{
	char left[48];

	if (!command) {
		fputs(overview, out);
		return EXIT_DONE;
	}
	fprintf(out, "%s\nOptions:\n", command->text);
	for (size_t i = 0; i < OPT_COUNT; i++) {
		const struct option_row *o = &options[i];

		if (!(o->commands & command->bit))
			continue;
		snprintf(left, sizeof(left), "%s %s", o->name, o->argument ? o->argument : "");
		fprintf(out, "  %-22s %s\n", left, o->help);
	}
	return EXIT_DONE;
}

/* ---- parsing ---- */

static const struct option_row *find_option(const char *text, size_t n, unsigned bit)
{
	for (size_t i = 0; i < OPT_COUNT; i++)
		if (options[i].commands & bit && strlen(options[i].name) == n &&
		    strncmp(options[i].name, text, n) == 0)
			return &options[i];
	return NULL;
}

static int take_value(struct call *c, const struct option_row *o, const char *value)
{
	const char **kept = &c->values[o - options];

	if (o == &options[OPT_COMPONENT]) {
		if (c->component_count == COMPONENTS_MAX)
			return usage_error(c, "too many of", o->name);
		c->components[c->component_count++] = value;
		return EXIT_DONE;
	}
	if (*kept)
		return usage_error(c, "given twice:", o->name);
	*kept = value;
	return EXIT_DONE;
}

static int parse_options(struct call *c, const struct command *command, int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		const char *equals = strchr(argv[i], '=');
		size_t n = equals ? (size_t)(equals - argv[i]) : strlen(argv[i]);
		const struct option_row *o = find_option(argv[i], n, c->bit);
		int code;

		if (!o && argv[i][0] != '-' && command->file && !c->file) {
			c->file = argv[i];
			continue;
		}
		if (!o)
			return usage_error(c, "there is no option", argv[i]);
		if (!o->argument && equals)
			return usage_error(c, "takes no value:", o->name);
		if (o->argument && !equals && i + 1 == argc)
			return usage_error(c, "needs a value:", o->name);
		code = take_value(c, o, !o->argument ? "" : equals ? equals + 1 : argv[++i]);
		if (code != EXIT_DONE)
			return code;
	}
	return EXIT_DONE;
}

static bool parse_number(const char *text, uint64_t most, uint64_t *ret_number)
{
	unsigned long long n;
	char *end;

	errno = 0;
	n = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || n > most)
		return false;
	*ret_number = n;
	return true;
}

/* "200k" "2M" or octets. */
static bool parse_rate(const char *text, int64_t *ret_rate)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);
	const int shift = *end == 'k' ? 10 : *end == 'M' ? 20 : 0;

	if (*text < '1' || *text > '9' || n > 1000000000 || (shift && end[1]) || (!shift && *end))
		return false;
	*ret_rate = (int64_t)n << shift;
	return true;
}

/* "main=fw.bin"; for init, "main". */
static int parse_components(struct call *c)
{
	for (size_t i = 0; i < c->component_count; i++) {
		const char *text = c->components[i], *equals = strchr(text, '=');

		if (c->bit == INIT && equals)
			return usage_error(c, "--component takes an id here, not", text);
		if (c->bit != INIT && (!equals || equals == text || !equals[1]))
			return usage_error(c, "--component takes ID=FILE, not", text);
		if (equals)
			c->images[i] = (struct signet_update_image){
			    arena_strndup(&c->arena, text, (size_t)(equals - text)), equals + 1};
	}
	c->how.images = c->images;
	c->how.image_count = c->component_count;
	return EXIT_DONE;
}

static int check_init(const struct call *c)
{
	static const enum option_id needed[] = {
	    OPT_PRODUCT, OPT_CHANNEL, OPT_TRUST, OPT_TRUST_DIGEST};

	for (size_t i = 0; i < COUNT(needed); i++)
		if (!c->values[needed[i]])
			return usage_error(c, "needs", options[needed[i]].name);
	return EXIT_DONE;
}

static int check_numbers(struct call *c)
{
	const char *const *v = c->values;
	uint64_t n;

	if (v[OPT_COUNTER] && !parse_number(v[OPT_COUNTER], INT64_MAX, &c->counter))
		return usage_error(c, "--counter takes a number, not", v[OPT_COUNTER]);
	if (v[OPT_TRIES]) {
		if (!parse_number(v[OPT_TRIES], 15, &n) || n == 0)
			return usage_error(c, "--tries takes 1 to 15, not", v[OPT_TRIES]);
		c->how.tries = (int)n;
	}
	if (v[OPT_RATE] && !parse_rate(v[OPT_RATE], &c->how.rate_max))
		return usage_error(c, "--max-rate takes 200k, 2M ..., not", v[OPT_RATE]);
	if (v[OPT_RETRY_FOR]) {
		if (!parse_number(v[OPT_RETRY_FOR], 1000000, &n))
			return usage_error(c, "--retry-for takes seconds, not", v[OPT_RETRY_FOR]);
		c->how.patience.retry_for = (int64_t)n;
	}
	if (v[OPT_ATTEMPTS]) {
		if (!parse_number(v[OPT_ATTEMPTS], 1000, &n) || n == 0)
			return usage_error(c, "--attempts takes 1 to 1000, not", v[OPT_ATTEMPTS]);
		c->how.patience.attempts = (int)n;
	}
	return EXIT_DONE;
}

static int check_values(struct call *c, const struct command *command)
{
	int code = EXIT_DONE;

	if (!c->values[OPT_STORE])
		c->values[OPT_STORE] = getenv("SIGNET_DEVICE_STORE");
	if (!c->values[OPT_STORE] || !*c->values[OPT_STORE])
		return usage_error(c, "needs --store DIR", NULL);
	if (command->file_needed && !c->file)
		return usage_error(c, "needs", command->file);
	if (c->bit == INIT)
		code = check_init(c);
	if (code == EXIT_DONE)
		code = check_numbers(c);
	return code == EXIT_DONE ? parse_components(c) : code;
}

/* ---- running ---- */

static int exit_code(enum signet_result result)
{
	switch (result) {
	case SIGNET_DONE:
	case SIGNET_NOT_DUE: return EXIT_DONE;
	case SIGNET_BAD_ARGUMENT: return EXIT_USAGE;
	case SIGNET_NETWORK:
	case SIGNET_BUSY: return EXIT_UPDATE_LATER;
	default: return EXIT_FAILED;
	}
}

static int finish(const struct call *c, enum signet_result result, const struct signet_reason *why)
{
	update_show_outcome(&c->show, result, why);
	return exit_code(result);
}

static void print_progress(void *context, const char *line)
{
	fprintf(context, "%s\n", line);
	fflush(context);
}

/* On a terminal, in one line that is written over. */
static void print_arrived(void *context, const char *component, uint64_t octets, uint64_t of)
{
	fprintf(context, "\r  %s: %" PRIu64 " of %" PRIu64 " octets (%u %%)%s", component, octets,
	    of, of ? (unsigned)(octets / (of / 100 + 1)) : 100, octets == of ? "\n" : "");
	fflush(context);
}

static int run_init(const struct call *c, const struct signet_update_settings *settings)
{
	const char *const *v = c->values;
	const struct signet_update_product product = {.product = v[OPT_PRODUCT],
	    .channel = v[OPT_CHANNEL],
	    .model = v[OPT_MODEL],
	    .vendor_domain = v[OPT_VENDOR],
	    .components = c->components,
	    .component_count = c->component_count,
	    .trust_file = v[OPT_TRUST],
	    .trust_digest = v[OPT_TRUST_DIGEST],
	    .counter = c->counter,
	    .download_ca = v[OPT_DOWNLOAD_CA]};
	struct signet_reason why = {0};

	return finish(c, signet_update_init(settings, &product, &why), &why);
}

static int run_check(const struct call *c, struct signet_update *u, struct signet_device *d)
{
	struct signet_update_offer offer;
	struct signet_reason why = {0};
	enum signet_result result = signet_update_check(u, d, &offer, &why);

	if (result != SIGNET_DONE)
		return finish(c, result, &why);
	update_show_offer(&c->show, &offer);
	return offer.must_leave ? EXIT_UPDATE_LEAVE : offer.newer ? EXIT_UPDATE_NEWER : EXIT_DONE;
}

static int run_verify(const struct call *c, struct signet_update *u)
{
	struct signet_update_report report;
	struct signet_reason why = {0};
	enum signet_result result =
	    signet_update_verify(u, c->file, c->images, c->component_count, &report, &why);

	update_show_report(&c->show, &report, result, &why);
	/* Good, and what runs already: that is no reason to install it, but none against it. */
	return exit_code(result);
}

static int run_install(const struct call *c, struct signet_update *u, struct signet_device *d)
{
	struct signet_update_install how = c->how;
	struct signet_reason why = {0};

	how.bundle = c->file;
	how.again = c->values[OPT_AGAIN] != NULL;
	if (!c->values[OPT_QUIET] && isatty(fileno(c->show.err))) {
		how.arrived = print_arrived;
		how.context = c->show.err;
	}
	return finish(c, signet_update_install(u, d, &how, &why), &why);
}

static int run_status(const struct call *c, struct signet_update *u)
{
	struct signet_update_status st;
	struct signet_reason why = {0};
	enum signet_result result = signet_update_status(u, &st, &why);

	if (result != SIGNET_DONE)
		return finish(c, result, &why);
	update_show_status(&c->show, &st);
	return EXIT_DONE;
}

static int run_boot(const struct call *c, struct signet_update *u)
{
	struct signet_update_start start;
	struct signet_reason why = {0};
	enum signet_result result = signet_update_boot(u, &start, &why);

	if (result != SIGNET_DONE)
		return finish(c, result, &why);
	update_show_start(&c->show, &start);
	return EXIT_DONE;
}

static int run_on(const struct call *c, struct signet_update *u, struct signet_device *d)
{
	struct signet_reason why = {0};

	switch (c->bit) {
	case CHECK: return run_check(c, u, d);
	case VERIFY: return run_verify(c, u);
	case INSTALL: return run_install(c, u, d);
	case STATUS: return run_status(c, u);
	case BOOT: return run_boot(c, u);
	case CONFIRM: return finish(c, signet_update_confirm(u, &why), &why);
	case ROLLBACK: return finish(c, signet_update_rollback(u, &why), &why);
	default: return finish(c, signet_update_take(u, c->file, &why), &why);
	}
}

/* The identity is needed only where the server is asked; looking must not make a store. */
static int run_command(const struct call *c)
{
	const char *store = c->values[OPT_STORE];
	const struct signet_settings identity = {.store = store};
	const bool online = c->bit & ONLINE && !c->file;
	const struct signet_hooks hooks = {
	    .progress = c->values[OPT_QUIET] ? NULL : print_progress, .context = c->show.err};
	AUTO(buf) directory = {0};
	struct signet_update_settings settings = {.running = c->values[OPT_RUNNING]};
	struct signet_update *u = NULL;
	struct signet_device *d = NULL;
	struct signet_reason why = {0};
	enum signet_result result;
	int code;

	buf_printf(&directory, "%s/update", store);
	settings.directory = buf_cstr(&directory);
	if (c->bit == INIT)
		return run_init(c, &settings);
	result = signet_update_open(&settings, &hooks, &u, &why);
	if (result == SIGNET_DONE && online)
		result = signet_device_open(&identity, &hooks, &d, &why);
	code = result == SIGNET_DONE ? run_on(c, u, d) : finish(c, result, &why);
	signet_device_close(d);
	signet_update_close(u);
	return code;
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < COUNT(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static bool is_help(const char *text)
{
	return strcmp(text, "--help") == 0 || strcmp(text, "-h") == 0;
}

int update_cli(int argc, char **argv, FILE *out, FILE *err)
{
	struct call c = {.show = {.out = out, .err = err}};
	const struct command *command;
	int code;

	if (argc < 2)
		return usage_error(&c, "what shall be done? init, check, install, ...", NULL);
	if (is_help(argv[1]) || strcmp(argv[1], "help") == 0)
		return help(out, argc > 2 ? find_command(argv[2]) : NULL);
	command = find_command(argv[1]);
	if (!command)
		return usage_error(&c, "there is no command", argv[1]);
	for (int i = 2; i < argc; i++)
		if (is_help(argv[i]))
			return help(out, command);
	c.command = c.show.command = command->name;
	c.bit = command->bit;
	code = parse_options(&c, command, argc - 2, argv + 2);
	c.show.json = c.values[OPT_JSON] != NULL;
	if (code == EXIT_DONE)
		code = check_values(&c, command);
	if (code == EXIT_DONE)
		code = run_command(&c);
	arena_free(&c.arena);
	return code;
}
