/* clients/operator/commands_status.c: mass revocation, lists, responders, counts; see commands.h.
 */
#include "clients/operator/commands.h"

#include "clients/operator/act.h"
#include "clients/operator/handlers.h"
#include "clients/operator/kinds.h"

static const struct act act_cancel_mass = {"POST", "/mass-revocations/%/cancel",
    "stop what is left of mass revocation", "is canceled; what is revoked stays so", NULL};

const struct command status_commands[] = {
    {.name = "revoke",
	.arguments = "",
	.options = OPTIONS(OPT_PRODUCT, OPT_BATCH, OPT_DEVICE, OPT_CERTIFICATE_ID, OPT_AUTHORITY,
	    OPT_KEY_DIGEST, OPT_KEY_ALGORITHM, OPT_ISSUED_AFTER, OPT_ISSUED_BEFORE, OPT_REASON,
	    OPT_INVALID_SINCE, OPT_DRY_RUN, OPT_WATCH, OPT_YES, OPT_JSON),
	.summary = "many certificates at once, by what they have in common",
	.text =
	    "What is given is and'ed. Always first counts and shows what it would hit; a person types\n"
	    "the number back. Where policy wants approvals, it becomes a request. It is carried out by\n"
	    "the servers, also when this program ends: signet mass-revocation watch tells how far it is.\n",
	.examples = "signet revoke --product acme-x100 --reason keyCompromise --dry-run\n"
		    "signet revoke --product acme-r200 --issued-before 2027-01-31T00:00:00Z "
		    "--reason superseded --yes --watch\n",
	.run = cmd_revoke},
    {.name = "mass-revocation list",
	.arguments = "",
	.options = OPTIONS(OPT_STATE, PAGING),
	.summary = "those that were begun, the newest first",
	.examples = "signet mass-revocation list\n",
	.run = cmd_list_view,
	.view = &view_mass_revocations},
    {.name = "mass-revocation show",
	.arguments = "ID",
	.least = 1,
	.most = 1,
	.options = OPTIONS(OPT_JSON),
	.summary = "one of them, and how far it is",
	.examples = "signet mass-revocation show 1\n",
	.run = cmd_show},
    {.name = "mass-revocation watch",
	.arguments = "ID",
	.least = 1,
	.most = 1,
	.options = OPTIONS(OPT_JSON),
	.summary = "follow one until it is done",
	.examples = "signet mass-revocation watch 1\n",
	.run = cmd_mass_watch},
    {.name = "mass-revocation cancel",
	.arguments = "ID",
	.least = 1,
	.most = 1,
	.options = OPTIONS(OPT_YES, OPT_JSON),
	.summary = "leave the rest as it is; what is revoked stays revoked",
	.examples = "signet mass-revocation cancel 1 --yes\n",
	.run = cmd_act,
	.act = &act_cancel_mass},
    {.name = "crl list",
	.arguments = "",
	.options = OPTIONS(OPT_AUTHORITY, PAGING),
	.summary = "the revocation lists, a shard each: numbers, times, sizes",
	.examples = "signet crl list\n"
		    "signet crl list --authority issuing --json\n",
	.run = cmd_list_view,
	.view = &view_crls},
    {.name = "crl get",
	.arguments = "",
	.options = OPTIONS(OPT_AUTHORITY, OPT_SHARD, OPT_DELTA, OPT_OUTPUT),
	.summary = "a revocation list (DER), from where everybody gets it",
	.examples =
	    "signet crl get --authority issuing -o issuing.crl\n"
	    "signet crl get --authority issuing --delta | openssl crl -inform DER -noout -text\n",
	.run = cmd_crl_get},
    {.name = "ocsp-responder list",
	.arguments = "",
	.options = OPTIONS(OPT_AUTHORITY, PAGING),
	.summary = "who signs OCSP answers, and until when",
	.examples = "signet ocsp-responder list\n",
	.run = cmd_list_view,
	.view = &view_responders},
    {.name = "statistics",
	.arguments = "",
	.options = OPTIONS(OPT_PRODUCT, OPT_JSON),
	.summary = "how many certificates and devices there are",
	.examples = "signet statistics\n"
		    "signet statistics --product acme-x100 --json\n",
	.run = cmd_statistics},
    {0},
};
