/* clients/operator/commands_trust.c: trust statements; see commands.h. */
#include "clients/operator/commands.h"

#include "clients/operator/handlers.h"
#include "clients/operator/kinds.h"

const struct command trust_commands[] = {
    {.name = "trust key",
	.arguments = "",
	.options = OPTIONS(OPT_OUTPUT, OPT_OFFLINE_ALGORITHM, OPT_PASSPHRASE_FILE, OPT_JSON),
	.summary = "make a key that signs trust statements",
	.text =
	    "Two files: FILE, the private key, encrypted, which is never written over, and FILE.pub.\n"
	    "Its key ID is printed. Do it on the machine where the key shall stay.\n",
	.examples =
	    "signet trust key -o olga.key --passphrase-file passphrase\n"
	    "signet trust key -o omar.key --passphrase-file passphrase --algorithm EC-P256\n",
	.run = cmd_trust_key},
    {.name = "trust make",
	.arguments = "",
	.options = OPTIONS(OPT_FILE, OPT_OUTPUT, OPT_JSON),
	.summary = "make a trust statement, still unsigned, of a YAML document",
	.text =
	    "The document says which keys may sign which channels of a product, and who signs the\n"
	    "statement itself; docs/trust.md has one. Keys are files beside it: PEM, or what\n"
	    "signet signing-key show --json prints.\n",
	.examples = "signet trust make -f trust.yaml -o statement.unsigned\n",
	.run = cmd_trust_make},
    {.name = "trust sign",
	.arguments = "STATEMENT",
	.least = 1,
	.most = 1,
	.options = OPTIONS(
	    OPT_OFFLINE_KEY, OPT_PASSPHRASE_FILE, OPT_PREVIOUS, OPT_OUTPUT, OPT_YES, OPT_JSON),
	.summary = "put a signature on a trust statement",
	.text =
	    "Shows the statement and asks. The file is replaced, or the result written to --output.\n"
	    "The digest that is printed is that of what is signed: it is the same for all who sign.\n"
	    "A new statement needs signatures of its own signers and of those of the one before;\n"
	    "for a key that is only among the latter give --previous.\n",
	.examples =
	    "signet trust sign statement.unsigned --key olga.key --passphrase-file passphrase "
	    "-o trust.cbor --yes\n"
	    "signet trust sign trust.cbor --key omar.key --passphrase-file passphrase --yes\n",
	.run = cmd_trust_sign},
    {.name = "trust show",
	.arguments = "STATEMENT",
	.least = 1,
	.most = 1,
	.options = OPTIONS(OPT_JSON),
	.summary = "what a trust statement says, and who has signed it",
	.examples = "signet trust show trust.cbor\n"
		    "signet trust show trust.cbor --json\n",
	.run = cmd_trust_show},
    {.name = "trust verify",
	.arguments = "STATEMENT",
	.least = 1,
	.most = 1,
	.options = OPTIONS(OPT_PREVIOUS, OPT_FILE_DIGEST, OPT_JSON),
	.summary = "would a device take it: signatures, version, product",
	.examples =
	    "signet trust verify trust.cbor\n"
	    "signet trust verify trust.cbor --sha256 \"$(sha256sum trust.cbor | cut -c -64)\"\n",
	.run = cmd_trust_verify},
    {.name = "trust next",
	.arguments = "STATEMENT",
	.least = 1,
	.most = 1,
	.options = OPTIONS(OPT_OUTPUT),
	.summary = "the YAML document for the version after this one",
	.text =
	    "All that the statement says, with its keys: change what shall change, then make it.\n",
	.examples = "signet trust next trust.cbor -o trust-2.yaml\n"
		    "signet trust next trust.cbor\n",
	.run = cmd_trust_next},
    {.name = "trust publish",
	.arguments = "STATEMENT",
	.least = 1,
	.most = 1,
	.options = OPTIONS(OPT_JSON),
	.summary = "give a signed trust statement to the server, for devices",
	.text =
	    "The server checks it as a device does, against the one that it had, and hands it out. It\n"
	    "cannot make one: its keys are not there.\n",
	.examples = "signet trust publish trust.cbor\n",
	.run = cmd_trust_publish},
    {.name = "trust list",
	.arguments = "",
	.options = OPTIONS(OPT_PRODUCT, PAGING),
	.summary = "the trust statements that the server has, newest first",
	.examples = "signet trust list --product acme-x100\n",
	.run = cmd_list_view,
	.view = &view_statements},
    {.name = "trust get",
	.arguments = "PRODUCT",
	.least = 1,
	.most = 1,
	.options = OPTIONS(OPT_OUTPUT),
	.summary = "the newest trust statement of a product, into a file",
	.text = "Its SHA-256 is printed: what a new device has pinned.\n",
	.examples = "signet trust get acme-x100 -o current.cbor\n",
	.run = cmd_trust_get},
    {0},
};
