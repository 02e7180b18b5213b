/* clients/operator/commands_policy.c: who one is, and policy; see commands.h. */
#include "clients/operator/commands.h"

#include "clients/operator/act.h"
#include "clients/operator/handlers.h"

static const struct act act_retire_authority = {
    "POST", "/authorities/%/retire", "retire authority", "is retired", NULL};

const struct command login_commands[] = {
    {.name = "login",
	.arguments = "",
	.options = OPTIONS(OPT_API_URL, OPT_CACERT, OPT_PIN, OPT_TOKEN_FILE, OPT_OIDC_TOKEN_FILE,
	    OPT_CERTIFICATE, OPT_KEY, OPT_JSON),
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
	.options = NULL,
	.summary = "forget the login",
	.examples = "signet logout\n",
	.run = cmd_logout},
    {.name = "whoami",
	.arguments = "",
	.options = OPTIONS(OPT_JSON),
	.summary = "who the server says you are, and what you may do",
	.examples = "signet whoami\n"
		    "signet whoami --json\n",
	.run = cmd_whoami},
    {0},
};

const struct command policy_commands[] = {
    {.name = "apply",
	.arguments = "",
	.options = OPTIONS(OPT_FILE, OPT_DRY_RUN, OPT_JSON),
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
	.options = OPTIONS(PAGING),
	.summary = "a document as YAML, to be edited and applied; or a list",
	.examples = "signet get role viewer > viewer.yaml\n"
		    "signet get product acme-x100 --json\n",
	.run = cmd_get},
    {.name = "list",
	.arguments = "KIND",
	.least = 1,
	.most = 1,
	.options = OPTIONS(PAGING),
	.summary = "everything of a kind",
	.examples = "signet list roles\n"
		    "signet list principal --all --json\n",
	.run = cmd_list},
    {.name = "describe",
	.arguments = "KIND NAME",
	.least = 2,
	.most = 2,
	.options = OPTIONS(OPT_JSON),
	.summary = "one thing, with what has to do with it",
	.examples = "signet describe product acme-x100\n"
		    "signet describe role viewer\n",
	.run = cmd_describe},
    {.name = "delete",
	.arguments = "KIND NAME",
	.least = 2,
	.most = 2,
	.options = OPTIONS(OPT_YES, OPT_JSON),
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
	.options = OPTIONS(OPT_SUBJECT, OPT_ALGORITHM, OPT_OUTPUT, OPT_JSON),
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
	.options = OPTIONS(OPT_FILE, OPT_OPERATORS, URLS, OPT_JSON),
	.summary = "take in the certificates that were made of the request",
	.text = "--file is PEM: its certificate, those above it, the root last.\n",
	.examples = "signet authority take issuing-2 -f issuing-2.pem\n",
	.run = cmd_make},
    {.name = "authority issue",
	.arguments = "NAME",
	.least = 1,
	.most = 1,
	.options = OPTIONS(OPT_PARENT, OPT_SUBJECT, OPT_ALGORITHM, OPT_VALIDITY, OPT_PATH_LENGTH,
	    OPT_OPERATORS, URLS, OPT_JSON),
	.summary = "make an authority below one whose key the server holds",
	.examples =
	    "signet authority issue line-2 --parent issuing-2 --subject 'CN=Line 2,O=Acme'\n"
	    "signet authority issue people --parent issuing-2 --subject 'CN=People' --operators\n",
	.run = cmd_make},
    {.name = "authority retire",
	.arguments = "NAME",
	.least = 1,
	.most = 1,
	.options = OPTIONS(OPT_YES, OPT_JSON),
	.summary = "let it issue nothing any more",
	.text = "What it has issued stays valid. There is no way back.\n",
	.examples = "signet authority retire line-2 --yes\n",
	.run = cmd_act,
	.act = &act_retire_authority},
    {0},
};
