/* signetd: the server and what its operator does on its machine. */
#include <getopt.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "server/command.h"
#include "server/harden.h"

#define CONFIG_STANDARD "/etc/signet/signetd.yaml"

/* clang-format off */
static const struct command commands[] = {
	{.name = "run", .run = cmd_run, .arguments = "[--ports-file FILE]",
	    .summary = "serve, in the foreground",
	    .help = "  --ports-file FILE   write the ports in use there, as shell variables\n"
	    "\n"
	    "SIGTERM and SIGINT stop it: open requests are answered first. SIGHUP reloads the server's\n"
	    "certificate and the policy; connections stay open.\n"
	    "\n"
	    "  signetd --config /etc/signet/signetd.yaml run\n"},
	{.name = "migrate", .run = cmd_migrate, .arguments = "",
	    .summary = "bring the database's schema up to this version",
	    .help = "Uses database.owner of the configuration. Safe to run at any time, on several machines.\n"
	    "\n"
	    "  signetd --config /etc/signet/signetd.yaml migrate\n"},
	{.name = "init", .run = cmd_init, .arguments = "--name NAME --root-passphrase-file FILE [...]",
	    .summary = "make a root and an issuing authority, or take over existing ones",
	    .help = "  --name NAME                   subjects become \"NAME Root CA\" and \"NAME Issuing CA\"\n"
	    "  --root-subject DN             another one: CN=Acme Root,O=Acme,C=DE\n"
	    "  --subject DN                  the issuing authority's\n"
	    "  --root-name NAME              its name in policy (root)\n"
	    "  --authority-name NAME         the issuing authority's (issuing)\n"
	    "  --root-passphrase-file FILE   for the root's key; mode 0600\n"
	    "  --root-key-directory DIR      where the root's key goes (the directory of keys)\n"
	    "  --algorithm NAME              EC-P256, EC-P384, Ed25519, RSA-3072, ML-DSA-65 ... (EC-P256)\n"
	    "  --path-length N               authorities allowed below the issuing one (0)\n"
	    "  --root-years N, --years N     how long they live (30, 15)\n"
	    "  --permit-dns NAME, --exclude-dns NAME, --permit-directory DN, --exclude-directory DN\n"
	    "                                name constraints on the issuing authority; repeatable\n"
	    "  --root-crl-url URL, --root-issuer-url URL   written into its certificate\n"
	    "  --chain FILE --key FILE [--key-passphrase-file FILE]\n"
	    "                                take over: PEM, the issuing certificate first, root last\n"
	    "\n"
	    "Prints the root's SHA-256 fingerprint. A second run changes nothing.\n"
	    "\n"
	    "  signetd init --name Acme --root-passphrase-file /media/ceremony/root.passphrase\n"},
	{.name = "rollover", .run = cmd_rollover,
	    .arguments = "--authority NAME --name NEW --root-passphrase-file FILE [...]",
	    .summary = "let a root or an issuing authority be followed by a new one",
	    .help = "  --authority NAME              who is followed: a root, or an issuing authority\n"
	    "  --name NEW                    the name of the one that follows\n"
	    "  --root-passphrase-file FILE   of the root that is there; mode 0600\n"
	    "  --root-key-directory DIR      where that root's key is (the directory of keys)\n"
	    "  --algorithm NAME, --years N, --subject DN   as the one that is followed, if not given\n"
	    "  --root-crl-url URL, --root-issuer-url URL   written into the issuing certificate\n"
	    "  --keep-key                    no new issuing authority: its key is certified anew\n"
	    "  --dry-run                     say what would be made, and whether the keys open\n"
	    "\n"
	    "With a root:\n"
	    "  --new-root-passphrase-file FILE   for the new root's key; mode 0600\n"
	    "  --new-root-key-directory DIR      where it goes (beside the old one)\n"
	    "  --root-subject DN, --root-years N as the old one, if not given\n"
	    "  --issuing NAME                who is followed below it (the only one there is)\n"
	    "  --issuing-name NEW            the name of the new issuing authority\n"
	    "With an issuing authority:\n"
	    "  --below ROOT                  another root than its own\n"
	    "\n"
	    "A new root and the old one certify each other; cacerts carry both until the old one has\n"
	    "ended, so that devices follow by themselves. Nothing is moved: docs/operations.md.\n"
	    "\n"
	    "  signetd rollover --authority root --name root-2 --issuing-name issuing-2 \\\n"
	    "      --root-passphrase-file old.passphrase --new-root-passphrase-file new.passphrase\n"},
	{.name = "crl", .run = cmd_crl,
	    .arguments = "--authority NAME [--revoke AUTHORITY --reason REASON] [...]",
	    .summary = "make a root's revocation list anew, or revoke an authority",
	    .help = "  --authority NAME              whose list: its key is offline\n"
	    "  --root-passphrase-file FILE   of that key; mode 0600\n"
	    "  --root-key-directory DIR      where it is (the directory of keys)\n"
	    "  --revoke AUTHORITY            revoke this one, which stands below it\n"
	    "  --reason REASON               keyCompromise, cACompromise, superseded,\n"
	    "                                cessationOfOperation, ... (RFC 5280 5.3.1)\n"
	    "  --invalidity-date TIME        since when its key may be in other hands\n"
	    "  --yes                         do not ask whether that is meant\n"
	    "  --request FILE                the key is elsewhere: write what is to be signed there\n"
	    "  --import FILE                 the list that came back\n"
	    "\n"
	    "A server makes the lists of authorities whose keys it holds by itself. A root's list lasts a\n"
	    "year (crl_validity of its document); an alarm tells when three quarters have passed.\n"
	    "\n"
	    "  signetd crl --authority root --root-passphrase-file /media/ceremony/root.passphrase\n"},
	{.name = "crl-sign", .run = cmd_crl_sign, .no_config = true,
	    .arguments = "--request FILE --certificate FILE --key FILE --passphrase-file FILE --out FILE",
	    .summary = "sign a revocation list on the machine where the root's key is",
	    .help = "  --request FILE           that `signetd crl --request` wrote\n"
	    "  --certificate FILE       the authority's, PEM\n"
	    "  --key FILE               its key, as `signetd init` made it\n"
	    "  --passphrase-file FILE   of the key; mode 0600\n"
	    "  --out FILE               the list, for `signetd crl --import`\n"
	    "\n"
	    "Needs no configuration, no database and no network.\n"
	    "\n"
	    "  signetd crl-sign --request root.tbs --certificate root.pem --key keys/root.key \\\n"
	    "      --passphrase-file root.passphrase --out root.crl\n"},
	{.name = "bootstrap", .run = cmd_bootstrap, .arguments = "-f FILE [--dry-run] [--break-glass REASON]",
	    .summary = "bring policy documents into force",
	    .help = "  -f, --file FILE   YAML documents: docs/policy.md\n"
	    "  -n, --dry-run     say what would change\n"
	    "  --break-glass REASON   although there is an administrator: recorded, with an alarm\n"
	    "\n"
	    "All or nothing; the same documents again change nothing. Once there is an administrator\n"
	    "(`signetd admin`), policy is changed by those whom it allows to: `signet apply`.\n"
	    "\n"
	    "  signetd bootstrap -f policy.yaml --dry-run\n"},
	{.name = "admin", .run = cmd_admin, .arguments = "NAME [--ttl TIME] [--break-glass REASON]",
	    .summary = "make the first administrator, and a token to begin with",
	    .help = "  NAME                   a person: a-z 0-9 - . _\n"
	    "  -t, --ttl TIME         how long the token is good, up to 24h (12h)\n"
	    "  --break-glass REASON   although there is an administrator: recorded, with an alarm\n"
	    "\n"
	    "Brings the shipped roles into force that are missing, gives NAME the role admin, and prints\n"
	    "a token for `signet login`, alone on standard output. From then on bootstrap is over: policy\n"
	    "is changed by those whom it allows to.\n"
	    "\n"
	    "  signetd admin alice >token\n"},
	{.name = "token", .run = cmd_token, .arguments = "NAME [--ttl TIME] [--break-glass REASON]",
	    .summary = "make a token of a principal, on the server's machine",
	    .help = "  NAME                   a principal that policy has\n"
	    "  -t, --ttl TIME         how long the token is good, up to 24h (12h)\n"
	    "  --break-glass REASON   once there is an administrator: recorded, with an alarm\n"
	    "\n"
	    "A person's first credential, alone on standard output. One that somebody else made for a\n"
	    "person with `signet token create` approves nothing, unless an approval policy on\n"
	    "token.create had others agree to it: its maker could use it as well.\n"
	    "\n"
	    "  signetd token bob --break-glass 'first login of bob' >token\n"},
	{.name = "check", .run = cmd_check, .arguments = "",
	    .summary = "validate configuration, database, policy and keys",
	    .help = "  signetd --config /etc/signet/signetd.yaml check\n"},
	{.name = "enrollment", .run = cmd_enrollment, .arguments = "list|explain|approve|reject [...]",
	    .summary = "look at enrollments and decide on those that wait",
	    .help = "  approve --break-glass REASON ID   although others should approve it: recorded,\n"
	    "                                    with an alarm\n"
	    "\n"
	    "  signetd enrollment explain 42\n"},
	{.name = "trust-crl", .run = cmd_trust_crl, .arguments = "import --anchor NAME --file FILE [--issuer FILE]",
	    .summary = "bring in a manufacturer's revocation list",
	    .help = "  -a, --anchor NAME   the trust anchor that it belongs to\n"
	    "  -f, --file FILE     the list, DER or PEM\n"
	    "  -i, --issuer FILE   PEM of the intermediate that signed it, where the anchor did\n"
	    "                      not, and behind it those between it and the anchor\n"
	    "\n"
	    "  signetd trust-crl import --anchor acme --file acme.crl\n"},
	{.name = "restore", .run = cmd_restore, .arguments = "[--checkpoint FILE]... [--yes]",
	    .summary = "go on with a database that was restored from a backup",
	    .help = "  -c, --checkpoint FILE   the log's last checkpoint as a node (log-checkpoint in its state\n"
	    "                          directory), an auditor or a witness holds it; the newest one counts,\n"
	    "                          and this node's own is among them\n"
	    "  -y, --yes               do not ask\n"
	    "\n"
	    "The nodes refuse a database that lies behind what they saw of the log. This starts a new log\n"
	    "that is linked to the old one, and lets every number jump past what may have been used. Stop\n"
	    "the servers first. Uses database.owner. Where the database is not behind, nothing is changed.\n"
	    "\n"
	    "  signetd restore --checkpoint /mnt/node2/log-checkpoint\n"},
	{.name = "log", .run = cmd_log, .arguments = "erase-salt KIND ID --yes",
	    .summary = "cut the tie between a record and its log entries, for privacy",
	    .help = "  -y, --yes   it is meant: a salt that is erased is gone for ever\n"
	    "\n"
	    "KIND is certificate, policy_change, enrollment, alarm, request or approval. The entries stay in\n"
	    "the log, but say nothing any more; that they were cut is an entry of its own. Uses\n"
	    "database.owner.\n"
	    "\n"
	    "  signetd log erase-salt certificate 42 --yes\n"},
	{.name = "statistics", .run = cmd_statistics, .arguments = "[--mend]",
	    .summary = "are the kept counts of certificates and devices right?",
	    .help = "  -m, --mend   put those right that are not\n"
	    "\n"
	    "Counts everything once, which takes seconds at ten million certificates, and names each\n"
	    "count that differs; exit 1 where one does.\n"
	    "\n"
	    "  signetd statistics\n"},
	{.name = "token-key", .run = cmd_token_key, .arguments = "renew",
	    .summary = "a new key for the tokens of this Signet",
	    .help = "The key before it makes no more tokens; what it has made is good until it ends. Servers take the\n"
	    "new one up by themselves. Of several nodes, each needs a copy of its file.\n"
	    "\n"
	    "  signetd token-key renew\n"},
	{.name = "fingerprint", .run = cmd_fingerprint, .arguments = "",
	    .summary = "print the root's SHA-256, for devices to pin",
	    .help = "  signetd fingerprint\n"},
	{.name = "directives", .run = cmd_directives, .arguments = "", .no_config = true,
	    .summary = "print what a configuration may say, with the standard of each directive",
	    .help = "  signetd directives\n"},
	{.name = NULL},
};
/* clang-format on */

static void print_help(void)
{
	printf("usage: signetd [--config FILE] COMMAND [...]\n\n"
	       "A certificate authority for device makers.\n\n");
	for (const struct command *c = commands; c->name; c++)
		printf("  %-12s %s\n", c->name, c->summary);
	printf("\n"
	       "  -c, --config FILE   the configuration (" CONFIG_STANDARD ")\n"
	       "  -V, --version       print the version\n"
	       "  -h, --help          this, or after a command: its own\n\n"
	       "Exit codes: 0 done, 1 refused or failed, 2 wrong usage.\n\n"
	       "  signetd --config /etc/signet/signetd.yaml check\n");
}

static void print_command_help(const struct command *c)
{
	printf("usage: signetd [--config FILE] %s%s%s\n\n%s.\n\n%s", c->name,
	    c->arguments[0] ? " " : "", c->arguments, c->summary, c->help);
}

static const struct command *find(const char *name)
{
	for (const struct command *c = commands; c->name; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

static bool asks_for_help(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return true;
	return false;
}

static void name_caller(char *text, size_t size)
{
	const struct passwd *entry = getpwuid(getuid());

	if (entry)
		snprintf(text, size, "os:%s", entry->pw_name);
	else
		snprintf(text, size, "os:%ld", (long)getuid());
}

static int execute(const struct command *c, const char *path, int argc, char **argv)
{
	AUTO(config) config = {0};
	struct err err = {0};
	char who[80];
	struct invocation v = {.config_path = path,
	    .config = &config,
	    .clock = clock_system(),
	    .rng = rng_system(),
	    .who = who,
	    .command = c};

	if (c->no_config)
		v.config = NULL;
	else if (!config_read(path, &config, &err).ok)
		return command_failed(&err);
	/* Most of them open keys. `run` does so again: to change the user undoes a part of it. */
	if (!harden_process(&err).ok)
		return command_failed(&err);
	name_caller(who, sizeof(who));
	optind = 0; /* getopt begins anew, with the subcommand as its program */
	return c->run(&v, argc, argv);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
	    {"config", required_argument, NULL, 'c'},
	    {"version", no_argument, NULL, 'V'},
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0},
	};
	const char *path = CONFIG_STANDARD;
	const struct command *c;
	int option;

	/* '+': stop at the subcommand; what stands behind it is its own. */
	while ((option = getopt_long(argc, argv, "+c:Vh", options, NULL)) != -1) {
		switch (option) {
		case 'c': path = optarg; break;
		case 'V': printf("signetd %s\n", SIGNET_VERSION); return COMMAND_OK;
		case 'h': print_help(); return COMMAND_OK;
		default: return COMMAND_USAGE;
		}
	}
	if (optind == argc) {
		print_help();
		return COMMAND_USAGE;
	}
	c = find(argv[optind]);
	if (!c) {
		fprintf(stderr, "signetd: there is no command '%s'; see signetd --help\n",
		    argv[optind]);
		return COMMAND_USAGE;
	}
	argc -= optind;
	argv += optind;
	if (asks_for_help(argc, argv)) {
		print_command_help(c);
		return COMMAND_OK;
	}
	return execute(c, path, argc, argv);
}
