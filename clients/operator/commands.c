/* clients/operator/commands.c: the subcommands, in the order of help and manual. */
#include <string.h>

#include "clients/operator/handlers.h"

#define PAGING (BIT(ALL) | BIT(LIMIT) | BIT(JSON))

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
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		if (strncmp(argument, rows[i].argument, strlen(rows[i].argument)) == 0)
			return rows[i].words;
	return NULL;
}
