/*
 * clients/device/cli.c: signet-device enroll, renew, status, reset; update is update_cli.c's.
 *
 * Commands and options are tables; help, parsing and usage errors all read them.
 */
#include "clients/device/cli.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base.h"
#include "clients/device/cli_internal.h"
#include "clients/device/signet-device-reset.h"
#include "clients/device/update_cli.h"

#define EXIT_DONE   0
#define EXIT_FAILED 1
#define EXIT_USAGE  2

enum command_bit {
	ENROLL = 1,
	RENEW = 2,
	STATUS = 4,
	RESET = 8
};

enum option_id {
	OPT_STORE,
	OPT_SERVER,
	OPT_LABEL,
	OPT_IDEVID_CERT,
	OPT_IDEVID_KEY,
	OPT_PIN,
	OPT_CACERT,
	OPT_ALGORITHM,
	OPT_CLOCK,
	OPT_AGAIN,
	OPT_SAME_KEY,
	OPT_IF_DUE,
	OPT_REMAINING,
	OPT_YES,
	OPT_FORCE,
	OPT_IF_BEGUN,
	OPT_DATA,
	OPT_WAIT,
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
	const char *variable; /* environment, where the option is not given; NULL: none */
	const char *help;
} options[OPT_COUNT] = {
    [OPT_STORE] = {"--store", "DIR", ENROLL | RENEW | STATUS | RESET, "SIGNET_DEVICE_STORE",
	"where keys, certificates and state are kept (made, mode 0700)"},
    [OPT_SERVER] = {"--server", "URL", ENROLL, "SIGNET_EST_URL",
	"the EST server, https://host:8443"},
    [OPT_LABEL] = {"--label", "L", ENROLL, NULL, "EST label, where the operator named one"},
    [OPT_IDEVID_CERT] = {"--idevid-cert", "FILE", ENROLL, "SIGNET_IDEVID_CERT",
	"PEM: the factory certificate, its intermediates behind it"},
    [OPT_IDEVID_KEY] = {"--idevid-key", "FILE", ENROLL, "SIGNET_IDEVID_KEY",
	"PEM: its private key, mode 0600"},
    [OPT_PIN] = {"--pin", "SHA256", ENROLL, NULL, "fingerprint of the server's root certificate"},
    [OPT_CACERT] = {"--cacert", "FILE", ENROLL, "SIGNET_CACERT",
	"PEM: the root certificate itself, instead of --pin"},
    [OPT_ALGORITHM] = {"--algorithm", "NAME", ENROLL, NULL,
	"EC-P256, EC-P384, Ed25519, RSA-3072, ML-DSA-44 ...; else what the server asks for"},
    [OPT_CLOCK] = {"--clock", "system|none", ENROLL, NULL,
	"none: this device's clock is never believed"},
    [OPT_AGAIN] = {"--again", NULL, ENROLL, NULL, "enroll although there is a valid LDevID"},
    [OPT_SAME_KEY] = {"--same-key", NULL, RENEW, NULL, "keep the key; else a new one is made"},
    [OPT_IF_DUE] = {"--if-due", NULL, RENEW, NULL, "only when renewal is due; else exit 0"},
    [OPT_REMAINING] = {"--remaining", "PERCENT", RENEW, NULL,
	"due when so much of the lifetime is left (as the server asks, else 33)"},
    [OPT_YES] = {"--yes", NULL, RESET, NULL, "do not ask"},
    [OPT_FORCE] = {"--force", NULL, RESET, NULL,
	"erase although the server cannot be told, or refuses"},
    [OPT_IF_BEGUN] = {"--if-begun", NULL, RESET, NULL,
	"only go on with a reset that was begun; else exit 0"},
    [OPT_DATA] = {"--data", "DIR", RESET, NULL, "the product's own data: emptied, too"},
    [OPT_WAIT] = {"--wait", "TIME", ENROLL | RENEW, NULL,
	"wait so long for an approval: 90s, 10m, 2h (0)"},
    [OPT_RETRY_FOR] = {"--retry-for", "TIME", ENROLL | RENEW | RESET, NULL,
	"keep on so long through trouble and a busy server (30s)"},
    [OPT_ATTEMPTS] = {"--attempts", "N", ENROLL | RENEW | RESET, NULL, "ask so often at most (5)"},
    [OPT_QUIET] = {"--quiet", NULL, ENROLL | RENEW | RESET, NULL, "no progress on standard error"},
    [OPT_JSON] = {"--json", NULL, ENROLL | RENEW | STATUS | RESET, NULL, "for machines"},
};

struct call {
	const char *command;
	unsigned bit;
	const char *values[OPT_COUNT]; /* NULL: not given; a switch that is on: "" */
	struct signet_patience patience;
	int remaining;
	FILE *out, *err;
};

static int usage_error(const struct call *c, const char *what, const char *value)
{
	const char *command = c->command ? c->command : "", *gap = c->command ? " " : "";

	fprintf(c->err, "signet-device%s%s: %s%s%s\n", gap, command, what, value ? " " : "",
	    value ? value : "");
	fprintf(c->err, "try: signet-device%s%s --help\n", gap, command);
	return EXIT_USAGE;
}

/* ---- help ---- */

static const char overview[] =
    "signet-device: an identity for this device, by EST (RFC 7030)\n"
    "\n"
    "  signet-device enroll   turn the factory IDevID into an operational LDevID\n"
    "  signet-device renew    renew the LDevID, with a new key\n"
    "  signet-device status   what this device is, until when, and what is pending\n"
    "  signet-device reset    factory reset: tell the server, erase all but the IDevID\n"
    "  signet-device update   firmware: check, verify, install, confirm; --help tells more\n"
    "\n"
    "Enroll, trusting the server by its root's fingerprint (signetd init prints it):\n"
    "\n"
    "  signet-device enroll --store /var/lib/device --server https://est.example:8443 \\\n"
    "      --idevid-cert /factory/cert.pem --idevid-key /factory/key.pem --pin 3f0c...\n"
    "\n"
    "Afterwards the store knows everything:\n"
    "\n"
    "  signet-device status --store /var/lib/device\n"
    "  signet-device renew --store /var/lib/device --if-due     # from a timer, every day\n"
    "  signet-device reset --store /var/lib/device --if-begun   # at every start\n"
    "\n"
    "`signet-device COMMAND --help` tells more. Exit: 0 done, 1 refused or failed, 2 wrong usage.\n";

static const struct command {
	const char *name;
	unsigned bit;
	const char *text;
} commands[] = {
    {"enroll", ENROLL,
	"signet-device enroll: get an LDevID with the IDevID\n"
	"\n"
	"  # the root's fingerprint came with the paperwork\n"
	"  signet-device enroll --store /var/lib/device --server https://est.example:8443 \\\n"
	"      --idevid-cert cert.pem --idevid-key key.pem --pin 3f0c...\n"
	"\n"
	"  # somebody must approve: wait ten minutes; later just run it again, the key is kept\n"
	"  signet-device enroll --store /var/lib/device --wait 10m\n"
	"\n"
	"Without --pin or --cacert, and with nothing in the store, it refuses: it is never blind.\n"
	"The new identity is verified and used once before it becomes current. Other programs find it\n"
	"at DIR/current/cert.pem and DIR/current/key.pem.\n"},
    {"renew", RENEW,
	"signet-device renew: renew the LDevID\n"
	"\n"
	"  signet-device renew --store /var/lib/device            # now\n"
	"  signet-device renew --store /var/lib/device --if-due   # in the last third of its life\n"
	"  signet-device renew --store /var/lib/device --if-due --remaining 50\n"
	"\n"
	"The old identity stays until the server has accepted the new one. An LDevID that has expired\n"
	"or is refused for good is replaced with the help of the IDevID.\n"},
    {"status", STATUS,
	"signet-device status: what this device is; talks to nobody\n"
	"\n"
	"  signet-device status --store /var/lib/device\n"
	"  signet-device status --store /var/lib/device --json\n"},
    {"reset", RESET,
	"signet-device reset: factory reset\n"
	"\n"
	"  signet-device reset --store /var/lib/device --data /var/lib/product\n"
	"  signet-device reset --store /var/lib/device --if-begun   # at every start of the device\n"
	"\n"
	"The server is told first and revokes the device's LDevIDs; then they, their keys, trust\n"
	"anchors and records are erased, and what is in --data. The IDevID stays. A server that\n"
	"cannot be told, or refuses since the device is suspended, stops it, and nothing is erased;\n"
	"--force erases all the same, and tells a server that was not reached later, by the IDevID.\n"
	"A reset that the power cut short is finished by --if-begun; until then nothing else runs.\n"},
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
		if (o->variable)
			fprintf(out, "  %-22s or $%s\n", "", o->variable);
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

/* "90s" "10m" "2h" "1d" or seconds. */
static bool parse_time(const char *text, int64_t *ret_seconds)
{
	static const char units[] = "smhd";
	static const int64_t sizes[] = {1, 60, 3600, 86400};
	char *end;
	long n = strtol(text, &end, 10);
	const char *unit = *end ? strchr(units, *end) : units;

	if (end == text || n < 0 || n > 1000000 || !unit || (*end && end[1]))
		return false;
	*ret_seconds = n * sizes[unit - units];
	return true;
}

static bool parse_number(const char *text, long low, long high, int *ret_number)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (end == text || *end || n < low || n > high)
		return false;
	*ret_number = (int)n;
	return true;
}

static int parse_options(struct call *c, int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		const char *equals = strchr(argv[i], '=');
		size_t n = equals ? (size_t)(equals - argv[i]) : strlen(argv[i]);
		const struct option_row *o = find_option(argv[i], n, c->bit);

		if (!o)
			return usage_error(c, "there is no option", argv[i]);
		if (c->values[o - options])
			return usage_error(c, "given twice:", o->name);
		if (!o->argument && equals)
			return usage_error(c, "takes no value:", o->name);
		if (o->argument && !equals && i + 1 == argc)
			return usage_error(c, "needs a value:", o->name);
		c->values[o - options] = !o->argument ? "" : equals ? equals + 1 : argv[++i];
	}
	return EXIT_DONE;
}

static void read_environment(struct call *c)
{
	for (size_t i = 0; i < OPT_COUNT; i++) {
		const char *value = options[i].variable ? getenv(options[i].variable) : NULL;

		if (c->values[i] || !value || !*value || !(options[i].commands & c->bit))
			continue;
		if (i == OPT_CACERT && c->values[OPT_PIN])
			continue; /* what was typed counts: a pin */
		c->values[i] = value;
	}
}

/* What destroys asks first. */
static bool confirmed(const struct call *c)
{
	char answer[16] = "";

	if (!isatty(STDIN_FILENO))
		return false;
	fprintf(c->err, "This erases the identity in %s%s%s. Type yes: ", c->values[OPT_STORE],
	    c->values[OPT_DATA] ? " and all that is in " : "",
	    c->values[OPT_DATA] ? c->values[OPT_DATA] : "");
	fflush(c->err);
	return fgets(answer, sizeof(answer), stdin) && strcmp(answer, "yes\n") == 0;
}

static int check_values(struct call *c)
{
	const char *const *v = c->values;

	if (!v[OPT_STORE] || !*v[OPT_STORE])
		return usage_error(c, "needs --store DIR", NULL);
	if (c->bit == RESET && !v[OPT_YES] && !v[OPT_IF_BEGUN] && !confirmed(c))
		return usage_error(
		    c, "nothing was done: it asks on a terminal, or takes --yes", NULL);
	if (v[OPT_PIN] && v[OPT_CACERT])
		return usage_error(c, "give --pin or --cacert, not both", NULL);
	if (v[OPT_WAIT] && !parse_time(v[OPT_WAIT], &c->patience.wait))
		return usage_error(c, "--wait takes a time such as 90s or 10m, not", v[OPT_WAIT]);
	if (v[OPT_RETRY_FOR] && !parse_time(v[OPT_RETRY_FOR], &c->patience.retry_for))
		return usage_error(
		    c, "--retry-for takes a time such as 30s, not", v[OPT_RETRY_FOR]);
	if (v[OPT_ATTEMPTS] && !parse_number(v[OPT_ATTEMPTS], 1, 1000, &c->patience.attempts))
		return usage_error(c, "--attempts takes 1 to 1000, not", v[OPT_ATTEMPTS]);
	if (v[OPT_REMAINING] && !parse_number(v[OPT_REMAINING], 1, 99, &c->remaining))
		return usage_error(c, "--remaining takes 1 to 99 percent, not", v[OPT_REMAINING]);
	return EXIT_DONE;
}

/* ---- commands ---- */

static void print_progress(void *context, const char *line)
{
	fprintf(context, "%s\n", line);
	fflush(context);
}

static enum signet_result run(
    const struct call *c, struct signet_device *d, struct signet_reason *why)
{
	struct signet_enrollment enrollment = {
	    .again = c->values[OPT_AGAIN] != NULL,
	    .patience = c->patience,
	};
	struct signet_renewal renewal = {
	    .same_key = c->values[OPT_SAME_KEY] != NULL,
	    .if_due = c->values[OPT_IF_DUE] != NULL,
	    .remaining = c->remaining,
	    .patience = c->patience,
	};

	const struct signet_reset reset = {
	    .force = c->values[OPT_FORCE] != NULL,
	    .if_begun = c->values[OPT_IF_BEGUN] != NULL,
	    .data = c->values[OPT_DATA],
	    .patience = c->patience,
	};

	if (c->bit == ENROLL)
		return signet_device_enroll(d, &enrollment, why);
	if (c->bit == RESET)
		return signet_device_reset(d, &reset, why);
	return c->bit == RENEW ? signet_device_renew(d, &renewal, why) : SIGNET_DONE;
}

static int exit_code(enum signet_result result)
{
	if (result == SIGNET_DONE || result == SIGNET_NOT_DUE)
		return EXIT_DONE;
	return result == SIGNET_BAD_ARGUMENT ? EXIT_USAGE : EXIT_FAILED;
}

static int run_on_device(const struct call *c, struct signet_device *d)
{
	struct signet_status status = {0};
	struct signet_reason why = {0}, status_why = {0};
	bool json = c->values[OPT_JSON] != NULL;
	enum signet_result result = run(c, d, &why);
	enum signet_result told = signet_device_status(d, &status, &status_why);

	if (c->bit == STATUS && told == SIGNET_DONE)
		show_status(c->out, json, &status);
	else if (c->bit == STATUS || (result == SIGNET_DONE && told != SIGNET_DONE))
		show_outcome(c->out, c->err, json, c->command, result = told, &status_why, NULL);
	else
		show_outcome(c->out, c->err, json, c->command, result, &why,
		    told == SIGNET_DONE ? &status : NULL);
	return exit_code(result);
}

/* Looking must not make: only enroll begins a store. */
static bool store_is_missing(const struct call *c)
{
	const char *store = c->values[OPT_STORE];

	return c->bit != ENROLL && store && access(store, F_OK) != 0;
}

static int run_command(const struct call *c)
{
	const char *const *v = c->values;
	struct signet_settings settings = {
	    .store = v[OPT_STORE],
	    .server = v[OPT_SERVER],
	    .label = v[OPT_LABEL],
	    .idevid_cert = v[OPT_IDEVID_CERT],
	    .idevid_key = v[OPT_IDEVID_KEY],
	    .pin = v[OPT_PIN],
	    .ca_file = v[OPT_CACERT],
	    .algorithm = v[OPT_ALGORITHM],
	    .clock = v[OPT_CLOCK],
	};
	struct signet_hooks hooks = {
	    .progress = v[OPT_QUIET] ? NULL : print_progress, .context = c->err};
	struct signet_device *d = NULL;
	struct signet_reason why = {0};
	enum signet_result result;
	int code;

	if (store_is_missing(c)) {
		fprintf(c->err, "signet-device %s: there is no key store '%s'\n", c->command,
		    v[OPT_STORE]);
		return EXIT_FAILED;
	}
	result = signet_device_open(&settings, &hooks, &d, &why);
	if (result != SIGNET_DONE) {
		show_outcome(c->out, c->err, v[OPT_JSON] != NULL, c->command, result, &why, NULL);
		return exit_code(result);
	}
	code = run_on_device(c, d);
	signet_device_close(d);
	return code;
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < COUNT(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static bool asks_for_help(int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return true;
	return false;
}

int device_cli(int argc, char **argv, FILE *out, FILE *err)
{
	struct call c = {.out = out, .err = err};
	const struct command *command;
	int code;

	if (argc < 2)
		return usage_error(
		    &c, "what shall be done? enroll, renew, status, reset or update", NULL);
	if (strcmp(argv[1], "update") == 0)
		return update_cli(argc - 1, argv + 1, out, err);
	if (strcmp(argv[1], "--version") == 0) {
		fprintf(out, "signet-device " SIGNET_VERSION "\n");
		return EXIT_DONE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
	    strcmp(argv[1], "help") == 0)
		return help(out, argc > 2 ? find_command(argv[2]) : NULL);
	command = find_command(argv[1]);
	if (!command)
		return usage_error(&c, "there is no command", argv[1]);
	if (asks_for_help(argc - 2, argv + 2))
		return help(out, command);
	c.command = command->name;
	c.bit = command->bit;
	code = parse_options(&c, argc - 2, argv + 2);
	if (code == EXIT_DONE) {
		read_environment(&c);
		code = check_values(&c);
	}
	return code == EXIT_DONE ? run_command(&c) : code;
}
