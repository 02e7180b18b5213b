/* clients/operator/commands_log.c: the log, and this program; see commands.h. */
#include "clients/operator/commands.h"

#include "clients/operator/handlers.h"

const struct command log_commands[] = {
    {.name = "log info",
	.arguments = "",
	.options = OPTIONS(OPT_JSON),
	.summary = "the log's name, key, size, and where it is published",
	.examples = "signet log info\n",
	.run = cmd_log_info},
    {.name = "log verify",
	.arguments = "",
	.options =
	    OPTIONS(OPT_LOG_URL, OPT_CHECKPOINT, OPT_VKEY, OPT_FULL, OPT_PUBLIC_ONLY, OPT_JSON),
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
	.options = OPTIONS(OPT_OUTPUT, OPT_JSON),
	.summary = "a file that proves, offline, that a record is in the log",
	.examples = "signet log prove certificate 1 -o certificate.tlog-proof\n",
	.run = cmd_log_prove},
    {.name = "log check",
	.arguments = "FILE",
	.least = 1,
	.most = 1,
	.options = OPTIONS(OPT_VKEY, OPT_RECORD, OPT_JSON),
	.summary = "check such a file; talks to nobody",
	.text = "The log's key is the one that log verify has kept, or --vkey.\n",
	.examples = "signet log check certificate.tlog-proof\n"
		    "signet log check certificate.tlog-proof --vkey log.vkey\n",
	.run = cmd_log_check},
    {0},
};

const struct command program_commands[] = {
    {.name = "completion",
	.arguments = "SHELL",
	.least = 1,
	.most = 1,
	.options = NULL,
	.summary = "completion for a shell: bash, zsh or fish",
	.examples = "signet completion bash > signet.bash  # then: source signet.bash\n"
		    "signet completion zsh > _signet       # into a directory of $fpath\n"
		    "signet completion fish > signet.fish\n",
	.run = cmd_completion},
    {.name = "man",
	.arguments = "[COMMAND...]",
	.most = 2,
	.options = OPTIONS(OPT_DIRECTORY),
	.summary = "manual pages, as troff",
	.examples = "signet man > signet.1\n"
		    "signet man whoami > signet-whoami.1\n"
		    "signet man --directory man1\n",
	.run = cmd_man},
    {0},
};
