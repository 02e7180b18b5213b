/* clients/operator/commands_access.c: approvals, tokens, refusals and alarms; see commands.h. */
#include "clients/operator/commands.h"

#include "clients/operator/act.h"
#include "clients/operator/handlers.h"
#include "clients/operator/kinds.h"

static const struct act act_reject_request = {
    "POST", "/requests/%/reject", "reject request", "is rejected", NULL};
static const struct act act_withdraw_request = {
    "POST", "/requests/%/withdraw", "withdraw request", "is withdrawn", NULL};
static const struct act act_revoke_token = {
    "DELETE", "/tokens/%", "revoke token", "is revoked", NULL};

const struct command request_commands[] = {
    {.name = "request list",
	.arguments = "",
	.options = OPTIONS(OPT_STATE, OPT_ACT, PAGING),
	.summary = "acts that wait, or waited, for approvals",
	.examples = "signet request list --state open\n",
	.run = cmd_list_view,
	.view = &view_requests},
    {.name = "request show",
	.arguments = "ID",
	.least = 1,
	.most = 1,
	.options = OPTIONS(OPT_JSON),
	.summary = "exactly what is asked for, and who has said what",
	.examples = "signet request show 1\n",
	.run = cmd_request_show},
    {.name = "request approve",
	.arguments = "ID",
	.least = 1,
	.most = 1,
	.options = OPTIONS(OPT_YES, OPT_DIGEST, OPT_COMMENT, OPT_JSON),
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
	.options = OPTIONS(OPT_YES, OPT_COMMENT, OPT_JSON),
	.summary = "say no",
	.examples = "signet request reject 2 --yes --comment 'not this one'\n",
	.run = cmd_act,
	.act = &act_reject_request},
    {.name = "request redeem",
	.arguments = "ID",
	.least = 1,
	.most = 1,
	.options = OPTIONS(OPT_JSON),
	.summary = "carry out what is approved, once",
	.examples = "signet request redeem 1\n",
	.run = cmd_request_redeem},
    {.name = "request withdraw",
	.arguments = "ID",
	.least = 1,
	.most = 1,
	.options = OPTIONS(OPT_YES, OPT_JSON),
	.summary = "take one's own request back",
	.examples = "signet request withdraw 3 --yes\n",
	.run = cmd_act,
	.act = &act_withdraw_request},
    {0},
};

const struct command access_commands[] = {
    {.name = "can",
	.arguments = "PRINCIPAL PERMISSION [PRODUCT[/CHANNEL]]",
	.least = 2,
	.most = 3,
	.options = OPTIONS(OPT_JSON),
	.summary = "whether somebody may do something, and why",
	.text = "Exit 0: yes. Exit 1: no; it then says what is missing.\n",
	.examples = "signet can admin device.register acme-x100\n"
		    "signet can admin policy.read --json\n",
	.run = cmd_can},
    {.name = "token create",
	.arguments = "",
	.options = OPTIONS(OPT_PRINCIPAL, OPT_TTL, OPT_PERMISSION, OPT_OUTPUT, OPT_JSON),
	.summary = "a token, for yourself or for --principal",
	.text =
	    "The token alone is printed, or written to a file with mode 0600. It is shown once. Nobody\n"
	    "makes a token that may do more than they may themselves.\n",
	.examples = "signet token create --ttl 15m -o token\n"
		    "signet token create --permission device.read,certificate.read\n",
	.run = cmd_token_create},
    {.name = "token list",
	.arguments = "",
	.options = OPTIONS(OPT_PRINCIPAL, PAGING),
	.summary = "tokens that were made",
	.examples = "signet token list\n",
	.run = cmd_list_view,
	.view = &view_tokens},
    {.name = "token revoke",
	.arguments = "ID",
	.least = 1,
	.most = 1,
	.options = OPTIONS(OPT_YES, OPT_JSON),
	.summary = "end a token before its time",
	.examples = "signet token revoke 2 --yes\n",
	.run = cmd_act,
	.act = &act_revoke_token},
    {.name = "token certificate",
	.arguments = "PRINCIPAL",
	.least = 1,
	.most = 1,
	.options = OPTIONS(OPT_FILE, OPT_OUTPUT, OPT_JSON),
	.summary = "a client certificate instead of a token",
	.text =
	    "--file is a certificate request (PEM), made with a key that stays where it is. Log in with\n"
	    "signet login --certificate FILE --key FILE. There must be an authority for operators.\n",
	.examples = "signet token certificate admin -f admin.csr -o admin.pem\n",
	.run = cmd_make},
    {.name = "refusal list",
	.arguments = "",
	.options = OPTIONS(OPT_PRINCIPAL, OPT_CODE, PAGING),
	.summary = "calls of the API that were refused, the newest first",
	.examples = "signet refusal list --limit 10\n",
	.run = cmd_list_view,
	.view = &view_refusals},
    {.name = "refusal explain",
	.arguments = "ID",
	.least = 1,
	.most = 1,
	.options = OPTIONS(OPT_JSON),
	.summary = "why a call was refused, and what to do",
	.examples = "signet refusal explain 1\n",
	.run = cmd_show},
    {.name = "alarm list",
	.arguments = "",
	.options = OPTIONS(OPT_KIND, OPT_PRODUCT, OPT_DEVICE, PAGING),
	.summary = "what the server found worth an alarm",
	.examples = "signet alarm list\n",
	.run = cmd_list_view,
	.view = &view_alarms},
    {0},
};
