/* clients/operator/commands.c: the subcommands, in the order of help and manual. */
#include <string.h>

#include "clients/operator/act.h"
#include "clients/operator/handlers.h"
#include "clients/operator/kinds.h"

#define PAGING (BIT(ALL) | BIT(LIMIT) | BIT(JSON))

static const struct act act_reject_enrollment = {
    "POST", "/enrollments/%/reject", "reject enrollment", "is rejected", NULL};
static const struct act act_approve_enrollment = {
    "POST", "/enrollments/%/approve", NULL, "is approved", NULL};
static const struct act act_reject_request = {
    "POST", "/requests/%/reject", "reject request", "is rejected", NULL};
static const struct act act_withdraw_request = {
    "POST", "/requests/%/withdraw", "withdraw request", "is withdrawn", NULL};
static const struct act act_retire_authority = {
    "POST", "/authorities/%/retire", "retire authority", "is retired", NULL};
static const struct act act_revoke_token = {
    "DELETE", "/tokens/%", "revoke token", "is revoked", NULL};

const struct command command_rows[] = {
    {.name = "login",
	.arguments = "",
	.options = BIT(API_URL) | BIT(CACERT) | BIT(PIN) | BIT(TOKEN_FILE) | BIT(OIDC_TOKEN_FILE) |
		   BIT(CERTIFICATE) | BIT(KEY) | BIT(JSON),
	.summary = "say once where the server is and who you are",
	.text =
	    "The server is trusted by its root's certificate (--cacert) or by the fingerprint of a\n"
	    "certificate that it shows (--pin), never blindly. You are known by a token, from a file\n"
	    "or standard input, or by a client certificate of the operator authority. A CI job has a\n"
	    "token of its CI system exchanged for a short one of Signet's.\n"
	    "\n"
	    "The login is kept once the server has said who you are.\n",
	.examples =
	    "signet login --token-file token       # server from SIGNET_API_URL, SIGNET_CACERT\n"
	    "signet login --cacert root.pem < token\n"
	    "signet login --oidc-token-file ci.jwt # in a CI job\n",
	.run = cmd_login},
    {.name = "logout",
	.arguments = "",
	.options = 0,
	.summary = "forget the login",
	.examples = "signet logout\n",
	.run = cmd_logout},
    {.name = "whoami",
	.arguments = "",
	.options = BIT(JSON),
	.summary = "who the server says you are, and what you may do",
	.examples = "signet whoami\n"
		    "signet whoami --json\n",
	.run = cmd_whoami},
    {.name = "apply",
	.arguments = "",
	.options = BIT(FILE) | BIT(DRY_RUN) | BIT(JSON),
	.summary = "make the server's policy as documents say",
	.text =
	    "Documents are made, changed or left as they are; applying them again changes nothing.\n"
	    "Nothing is applied unless all of it can be. --dry-run shows, for each document, the\n"
	    "members that differ: - as they are, + as they would be.\n"
	    "\n"
	    "Files that documents name (certificate_file, jwks_file) are read here, beside the\n"
	    "document, and sent along.\n",
	.examples = "signet apply -f policy.yaml --dry-run\n"
		    "signet apply -f policy.yaml\n"
		    "signet get role viewer | signet apply -f -\n",
	.run = cmd_apply},
    {.name = "get",
	.arguments = "KIND [NAME]",
	.least = 1,
	.most = 2,
	.options = PAGING,
	.summary = "a document as YAML, to be edited and applied; or a list",
	.examples = "signet get role viewer > viewer.yaml\n"
		    "signet get product acme-x100 --json\n",
	.run = cmd_get},
    {.name = "list",
	.arguments = "KIND",
	.least = 1,
	.most = 1,
	.options = PAGING,
	.summary = "everything of a kind",
	.examples = "signet list roles\n"
		    "signet list principal --all --json\n",
	.run = cmd_list},
    {.name = "describe",
	.arguments = "KIND NAME",
	.least = 2,
	.most = 2,
	.options = BIT(JSON),
	.summary = "one thing, with what has to do with it",
	.examples = "signet describe product acme-x100\n"
		    "signet describe role viewer\n",
	.run = cmd_describe},
    {.name = "delete",
	.arguments = "KIND NAME",
	.least = 2,
	.most = 2,
	.options = BIT(YES) | BIT(JSON),
	.summary = "remove a document",
	.text =
	    "Only what was just looked at is removed: where somebody changes it meanwhile, the server\n"
	    "refuses. What others refer to stays.\n",
	.examples = "signet delete binding bob-views --yes\n",
	.run = cmd_delete},
    {.name = "authority key",
	.arguments = "NAME",
	.least = 1,
	.most = 1,
	.options = BIT(SUBJECT) | BIT(ALGORITHM) | BIT(OUTPUT) | BIT(JSON),
	.summary = "make its key, and a request for whoever holds the root's",
	.text =
	    "For an authority below one whose key is offline: the request goes to the ceremony\n"
	    "(docs/operations.md), and what comes back is taken by signet authority take.\n",
	.examples =
	    "signet authority key issuing-2 --subject 'CN=Issuing 2,O=Acme' -o issuing-2.csr\n",
	.run = cmd_make},
    {.name = "authority take",
	.arguments = "NAME",
	.least = 1,
	.most = 1,
	.options = BIT(FILE) | BIT(OPERATORS) | BIT(JSON),
	.summary = "take in the certificates that were made of the request",
	.text = "--file is PEM: its certificate, those above it, the root last.\n",
	.examples = "signet authority take issuing-2 -f issuing-2.pem\n",
	.run = cmd_make},
    {.name = "authority issue",
	.arguments = "NAME",
	.least = 1,
	.most = 1,
	.options = BIT(PARENT) | BIT(SUBJECT) | BIT(ALGORITHM) | BIT(VALIDITY) | BIT(PATH_LENGTH) |
		   BIT(OPERATORS) | BIT(JSON),
	.summary = "make an authority below one whose key the server holds",
	.examples =
	    "signet authority issue line-2 --parent issuing-2 --subject 'CN=Line 2,O=Acme'\n"
	    "signet authority issue people --parent issuing-2 --subject 'CN=People' --operators\n",
	.run = cmd_make},
    {.name = "authority retire",
	.arguments = "NAME",
	.least = 1,
	.most = 1,
	.options = BIT(YES) | BIT(JSON),
	.summary = "let it issue nothing any more",
	.text = "What it has issued stays valid. There is no way back.\n",
	.examples = "signet authority retire line-2 --yes\n",
	.run = cmd_act,
	.act = &act_retire_authority},
    {.name = "device register",
	.arguments = "PRODUCT SERIAL...",
	.least = 2,
	.most = -1,
	.options = BIT(JSON),
	.summary = "announce units of a product",
	.text = "Units that are known already stay as they are.\n",
	.examples = "signet device register acme-x100 SN-2001 SN-2002\n",
	.run = cmd_device_register},
    {.name = "device import",
	.arguments = "FILE",
	.least = 1,
	.most = 1,
	.options = BIT(PRODUCT) | BIT(FORMAT) | BIT(FROM_LINE) | BIT(JSON),
	.summary = "announce any number of units, from CSV or NDJSON",
	.text =
	    "CSV has a header with the columns product and serial, in any order; NDJSON has one object\n"
	    "with these members a line. With --product the product may be left out. FILE - is\n"
	    "standard input. The file is sent in pieces, each taken whole or not at all: a failure\n"
	    "names the line to go on from with --from-line.\n",
	.examples = "signet device import units.csv\n"
		    "signet device import units.csv --from-line 3\n"
		    "signet device import serials.csv --product acme-x100\n"
		    "signet device import - --format ndjson < units.ndjson\n",
	.run = cmd_device_import},
    {.name = "device list",
	.arguments = "",
	.options = BIT(PRODUCT) | BIT(SERIAL) | BIT(STATE) | PAGING,
	.summary = "the devices",
	.examples = "signet device list --product acme-x100\n"
		    "signet device list --state made --all --json\n",
	.run = cmd_list_view,
	.view = &view_devices},
    {.name = "device show",
	.arguments = "DEVICE",
	.least = 1,
	.most = 1,
	.options = BIT(JSON),
	.summary = "one device, with its certificates",
	.text = "DEVICE is its number, or PRODUCT/SERIAL.\n",
	.examples = "signet device show acme-x100/SN-0001\n"
		    "signet device show 1\n",
	.run = cmd_device_show},
    {.name = "device suspend",
	.arguments = "DEVICE",
	.least = 1,
	.most = 1,
	.options = BIT(YES) | BIT(JSON),
	.summary = "let a device neither enroll nor renew, for now",
	.text = "DEVICE is its number, or PRODUCT/SERIAL.\n",
	.examples = "signet device suspend acme-x100/SN-0002 --yes\n",
	.run = cmd_device_state},
    {.name = "device resume",
	.arguments = "DEVICE",
	.least = 1,
	.most = 1,
	.options = BIT(JSON),
	.summary = "end a suspension",
	.text = "DEVICE is its number, or PRODUCT/SERIAL.\n",
	.examples = "signet device resume acme-x100/SN-0002\n",
	.run = cmd_device_state},
    {.name = "device retire",
	.arguments = "DEVICE",
	.least = 1,
	.most = 1,
	.options = BIT(YES) | BIT(JSON),
	.summary = "let a device never enroll or renew again",
	.text = "DEVICE is its number, or PRODUCT/SERIAL. There is no way back.\n",
	.examples = "signet device retire acme-x100/SN-0003 --yes\n",
	.run = cmd_device_state},
    {.name = "certificate search",
	.arguments = "",
	.options = BIT(DEVICE) | BIT(PRODUCT) | BIT(SERIAL) | BIT(SERIAL_NUMBER) | BIT(AUTHORITY) |
		   BIT(SUBJECT) | BIT(EXPIRES_BEFORE) | BIT(EXPIRES_AFTER) | BIT(ISSUED_AFTER) |
		   PAGING,
	.summary = "issued certificates, by what is known of them",
	.examples = "signet certificate search --product acme-x100 --serial SN-0001\n"
		    "signet certificate search --expires-before 2031-01-31T00:00:00Z --all\n",
	.run = cmd_list_view,
	.view = &view_certificates},
    {.name = "certificate show",
	.arguments = "ID",
	.least = 1,
	.most = 1,
	.options = BIT(OUTPUT) | BIT(JSON),
	.summary = "one certificate; with --output as PEM",
	.examples = "signet certificate show 1\n"
		    "signet certificate show 1 -o device.pem\n",
	.run = cmd_certificate_show},
    {.name = "enrollment list",
	.arguments = "",
	.options = BIT(OUTCOME) | BIT(STATE) | BIT(LABEL) | BIT(PRODUCT) | BIT(SERIAL) | PAGING,
	.summary = "attempts to enroll, the newest first",
	.examples = "signet enrollment list --outcome refused\n"
		    "signet enrollment list --state open --json\n",
	.run = cmd_list_view,
	.view = &view_enrollments},
    {.name = "enrollment explain",
	.arguments = "ID",
	.least = 1,
	.most = 1,
	.options = BIT(JSON),
	.summary = "why an enrollment ended as it did, and what to do",
	.examples = "signet enrollment explain 2\n",
	.run = cmd_show},
    {.name = "enrollment approve",
	.arguments = "ID",
	.least = 1,
	.most = 1,
	.options = BIT(JSON),
	.summary = "let a device that waits have its certificate",
	.examples = "signet enrollment approve 3\n",
	.run = cmd_act,
	.act = &act_approve_enrollment},
    {.name = "enrollment reject",
	.arguments = "ID",
	.least = 1,
	.most = 1,
	.options = BIT(YES) | BIT(JSON),
	.summary = "let it have none",
	.examples = "signet enrollment reject 4 --yes\n",
	.run = cmd_act,
	.act = &act_reject_enrollment},
    {.name = "request list",
	.arguments = "",
	.options = BIT(STATE) | BIT(ACT) | PAGING,
	.summary = "acts that wait, or waited, for approvals",
	.examples = "signet request list --state open\n",
	.run = cmd_list_view,
	.view = &view_requests},
    {.name = "request show",
	.arguments = "ID",
	.least = 1,
	.most = 1,
	.options = BIT(JSON),
	.summary = "exactly what is asked for, and who has said what",
	.examples = "signet request show 1\n",
	.run = cmd_request_show},
    {.name = "request approve",
	.arguments = "ID",
	.least = 1,
	.most = 1,
	.options = BIT(YES) | BIT(DIGEST) | BIT(COMMENT) | BIT(JSON),
	.summary = "say yes to exactly what is shown",
	.text =
	    "Shows what would be done and asks. The approval carries the digest of what was shown;\n"
	    "the server takes it for nothing else. A script gives --yes and the --digest of what\n"
	    "somebody looked at.\n",
	.examples = "signet request approve 1 --yes --digest $digest --comment 'as discussed'\n",
	.run = cmd_request_approve},
    {.name = "request reject",
	.arguments = "ID",
	.least = 1,
	.most = 1,
	.options = BIT(YES) | BIT(COMMENT) | BIT(JSON),
	.summary = "say no",
	.examples = "signet request reject 2 --yes --comment 'not this one'\n",
	.run = cmd_act,
	.act = &act_reject_request},
    {.name = "request redeem",
	.arguments = "ID",
	.least = 1,
	.most = 1,
	.options = BIT(JSON),
	.summary = "carry out what is approved, once",
	.examples = "signet request redeem 1\n",
	.run = cmd_request_redeem},
    {.name = "request withdraw",
	.arguments = "ID",
	.least = 1,
	.most = 1,
	.options = BIT(YES) | BIT(JSON),
	.summary = "take one's own request back",
	.examples = "signet request withdraw 3 --yes\n",
	.run = cmd_act,
	.act = &act_withdraw_request},
    {.name = "can",
	.arguments = "PRINCIPAL PERMISSION [PRODUCT[/CHANNEL]]",
	.least = 2,
	.most = 3,
	.options = BIT(JSON),
	.summary = "whether somebody may do something, and why",
	.text = "Exit 0: yes. Exit 1: no; it then says what is missing.\n",
	.examples = "signet can admin device.register acme-x100\n"
		    "signet can admin policy.read --json\n",
	.run = cmd_can},
    {.name = "token create",
	.arguments = "",
	.options = BIT(PRINCIPAL) | BIT(TTL) | BIT(PERMISSION) | BIT(OUTPUT) | BIT(JSON),
	.summary = "a token, for yourself or for --principal",
	.text =
	    "The token alone is printed, or written to a file with mode 0600. It is shown once. Nobody\n"
	    "makes a token that may do more than they may themselves.\n",
	.examples = "signet token create --ttl 15m -o token\n"
		    "signet token create --permission device.read,certificate.read\n",
	.run = cmd_token_create},
    {.name = "token list",
	.arguments = "",
	.options = BIT(PRINCIPAL) | PAGING,
	.summary = "tokens that were made",
	.examples = "signet token list\n",
	.run = cmd_list_view,
	.view = &view_tokens},
    {.name = "token revoke",
	.arguments = "ID",
	.least = 1,
	.most = 1,
	.options = BIT(YES) | BIT(JSON),
	.summary = "end a token before its time",
	.examples = "signet token revoke 2 --yes\n",
	.run = cmd_act,
	.act = &act_revoke_token},
    {.name = "token certificate",
	.arguments = "PRINCIPAL",
	.least = 1,
	.most = 1,
	.options = BIT(FILE) | BIT(OUTPUT) | BIT(JSON),
	.summary = "a client certificate instead of a token",
	.text =
	    "--file is a certificate request (PEM), made with a key that stays where it is. Log in with\n"
	    "signet login --certificate FILE --key FILE. There must be an authority for operators.\n",
	.examples = "signet token certificate admin -f admin.csr -o admin.pem\n",
	.run = cmd_make},
    {.name = "refusal list",
	.arguments = "",
	.options = BIT(PRINCIPAL) | BIT(CODE) | PAGING,
	.summary = "calls of the API that were refused, the newest first",
	.examples = "signet refusal list --limit 10\n",
	.run = cmd_list_view,
	.view = &view_refusals},
    {.name = "refusal explain",
	.arguments = "ID",
	.least = 1,
	.most = 1,
	.options = BIT(JSON),
	.summary = "why a call was refused, and what to do",
	.examples = "signet refusal explain 1\n",
	.run = cmd_show},
    {.name = "alarm list",
	.arguments = "",
	.options = BIT(KIND) | BIT(PRODUCT) | BIT(DEVICE) | PAGING,
	.summary = "what the server found worth an alarm",
	.examples = "signet alarm list\n",
	.run = cmd_list_view,
	.view = &view_alarms},
    {.name = "log info",
	.arguments = "",
	.options = BIT(JSON),
	.summary = "the log's name, key, size, and where it is published",
	.examples = "signet log info\n",
	.run = cmd_log_info},
    {.name = "log verify",
	.arguments = "",
	.options =
	    BIT(LOG_URL) | BIT(CHECKPOINT) | BIT(VKEY) | BIT(FULL) | BIT(PUBLIC_ONLY) | BIT(JSON),
	.summary = "check that nobody has rewritten the log, or the rows behind it",
	.text =
	    "Walks the published log like a stranger: the checkpoint's signature, every tile up to its\n"
	    "root, every entry, and that it grew from the checkpoint that was kept the last time\n"
	    "(under ~/.local/state/signet) or is given. Then compares the server's rows with what the\n"
	    "entries commit to. Every difference is named, and exit is 1: a row changed, missing or\n"
	    "without an entry; an entry deleted, changed or swapped; a log forked or rolled back.\n"
	    "\n"
	    "Run it regularly, and from a machine that the server's keepers do not keep.\n",
	.examples = "signet log verify\n"
		    "signet log verify --full --json\n"
		    "signet log verify --checkpoint kept.checkpoint\n"
		    "signet log verify --public-only --log-url $log_url --vkey log.vkey\n",
	.run = cmd_log_verify},
    {.name = "log prove",
	.arguments = "RECORD ID",
	.least = 2,
	.most = 2,
	.options = BIT(OUTPUT) | BIT(JSON),
	.summary = "a file that proves, offline, that a record is in the log",
	.examples = "signet log prove certificate 1 -o certificate.tlog-proof\n",
	.run = cmd_log_prove},
    {.name = "log check",
	.arguments = "FILE",
	.least = 1,
	.most = 1,
	.options = BIT(VKEY) | BIT(RECORD) | BIT(JSON),
	.summary = "check such a file; talks to nobody",
	.text = "The log's key is the one that log verify has kept, or --vkey.\n",
	.examples = "signet log check certificate.tlog-proof\n"
		    "signet log check certificate.tlog-proof --vkey log.vkey\n",
	.run = cmd_log_check},
    {.name = "completion",
	.arguments = "SHELL",
	.least = 1,
	.most = 1,
	.options = 0,
	.summary = "completion for a shell: bash, zsh or fish",
	.examples = "signet completion bash > signet.bash  # then: source signet.bash\n"
		    "signet completion zsh > _signet       # into a directory of $fpath\n"
		    "signet completion fish > signet.fish\n",
	.run = cmd_completion},
    {.name = "man",
	.arguments = "[COMMAND...]",
	.most = 2,
	.options = BIT(DIRECTORY),
	.summary = "manual pages, as troff",
	.examples = "signet man > signet.1\n"
		    "signet man whoami > signet-whoami.1\n"
		    "signet man --directory man1\n",
	.run = cmd_man},
    {0},
};

const char *argument_words(const char *argument)
{
	static const struct {
		const char *argument, *words;
	} rows[] = {
	    {"SHELL", "bash zsh fish"},
	    {"RECORD", "certificate policy-change enrollment alarm request approval entry"},
	    {"KIND", "authority profile label trust-anchor product role principal binding "
		     "oidc-issuer oidc-rule approval-policy log-policy device certificate "
		     "enrollment request token alarm"},
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		if (strncmp(argument, rows[i].argument, strlen(rows[i].argument)) == 0)
			return rows[i].words;
	return NULL;
}
