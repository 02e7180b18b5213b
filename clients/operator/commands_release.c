/* clients/operator/commands_release.c: signing, releases, signing keys; see commands.h. */
#include "clients/operator/commands.h"

#include "clients/operator/handlers.h"
#include "clients/operator/kinds.h"

#define CONTENT                                                                            \
	OPT_PRODUCT, OPT_CHANNEL, OPT_RELEASE_VERSION, OPT_COMPONENT, OPT_SBOM, OPT_NOTES, \
	    OPT_NOTES_FILE, OPT_SUPERSEDES

const struct command release_commands[] = {
    {.name = "sign",
	.arguments = "[FILE...]",
	.most = -1,
	.options = OPTIONS(CONTENT, OPT_PUBLISH, OPT_OUT, OPT_WAIT, OPT_PATIENCE, OPT_TRUST,
	    OPT_OIDC_TOKEN_FILE, OPT_AUDIENCE, OPT_JSON),
	.summary = "all that a pipeline does: have firmware signed, get the bundle",
	.text =
	    "Files are hashed here; digests, sizes and names are sent, never firmware. Then it waits\n"
	    "until all have approved who have to, gets manifest and bundle, and compares them with\n"
	    "the files. One FILE is the component 'main'; more are ID=FILE each.\n"
	    "\n"
	    "In a CI job its ID token says who asks: --oidc-token-file, SIGNET_OIDC_TOKEN, or on\n"
	    "GitHub what the job may ask for. It is exchanged, once. Else the stored login counts.\n"
	    "\n"
	    "Killed, or out of patience, the same command goes on with the same release: what is\n"
	    "needed for that stands in DIR/.signet-sign.json until it is done.\n"
	    "\n"
	    "Exit: 0 signed and verified, 1 refused or failed, 2 wrong usage, 3 approvals are still\n"
	    "missing after --wait, 4 rejected, withdrawn or expired, 5 the server is not reached.\n",
	.examples =
	    "signet sign --product acme-x100 --channel beta --version 1.4.0 app.bin\n"
	    "signet sign --product acme-x100 --channel beta --version 1.4.1 "
	    "-C main=app.bin -C radio=radio.bin --sbom sbom.json --publish --out signed-1.4.1\n",
	.run = cmd_sign},
    {.name = "release create",
	.arguments = "[FILE...]",
	.most = -1,
	.options = OPTIONS(CONTENT, OPT_JSON),
	.summary = "say what a release is made of: a draft with a sequence number",
	.text = "The same again is the same release.\n",
	.examples = "signet release create --product acme-x100 --channel beta --version 1.5.0 "
		    "app.bin --notes 'new radio'\n",
	.run = cmd_release_create},
    {.name = "release request",
	.arguments = "RELEASE",
	.least = 1,
	.most = 1,
	.options = OPTIONS(OPT_JSON),
	.summary = "ask for its signature: what policy wants approved is a request",
	.text = "RELEASE is a number, or PRODUCT/CHANNEL/VERSION, with all of these commands.\n",
	.examples = "signet release request acme-x100/beta/1.5.0\n",
	.run = cmd_release_request},
    {.name = "release status",
	.arguments = "RELEASE",
	.least = 1,
	.most = 1,
	.options = OPTIONS(OPT_JSON),
	.summary = "one line about it, and an exit code for scripts",
	.text = "Exit: 0 signed or published, 1 a draft, 3 it waits for approvals, 4 recalled.\n",
	.examples = "signet release status acme-x100/beta/1.4.0\n",
	.run = cmd_release_status},
    {.name = "release wait",
	.arguments = "RELEASE",
	.least = 1,
	.most = 1,
	.options = OPTIONS(OPT_WAIT, OPT_PATIENCE, OPT_JSON),
	.summary = "wait until it is approved, and have it signed",
	.text = "For the one who asked for it. Exit as signet sign.\n",
	.examples = "signet release wait acme-x100/beta/1.5.0 --wait 12h\n",
	.run = cmd_release_wait},
    {.name = "release fetch",
	.arguments = "RELEASE",
	.least = 1,
	.most = 1,
	.options = OPTIONS(OPT_OUT, OPT_PATIENCE, OPT_JSON),
	.summary = "get manifest, signatures and bundle into a directory",
	.examples = "signet release fetch acme-x100/beta/1.4.0 --out fetched\n",
	.run = cmd_release_fetch},
    {.name = "release verify",
	.arguments = "BUNDLE [FILE...]",
	.least = 1,
	.most = -1,
	.options = OPTIONS(OPT_TRUST, OPT_PRODUCT, OPT_CHANNEL, OPT_RELEASE_VERSION, OPT_COMPONENT,
	    OPT_MANIFEST, OPT_JSON),
	.summary = "check a bundle offline, as a device does, and files against it",
	.text =
	    "Each check is named with what it was made by. Without --trust nothing tells who may sign:\n"
	    "then only what the bundle says of itself is compared.\n",
	.examples =
	    "signet release verify fetched/release.bundle --trust trust.cbor app.bin\n"
	    "signet release verify fetched/release.bundle --manifest fetched/manifest.json\n",
	.run = cmd_release_verify},
    {.name = "release publish",
	.arguments = "RELEASE",
	.least = 1,
	.most = 1,
	.options = OPTIONS(OPT_WAIT, OPT_PATIENCE, OPT_JSON),
	.summary = "let devices of its channel find it",
	.examples = "signet release publish acme-x100/beta/1.5.0\n",
	.run = cmd_release_publish},
    {.name = "release recall",
	.arguments = "RELEASE",
	.least = 1,
	.most = 1,
	.options = OPTIONS(OPT_SUCCESSOR, OPT_YES, OPT_WAIT, OPT_PATIENCE, OPT_JSON),
	.summary = "make devices leave it, for a successor",
	.text = "A signed list names it from then on. There is no way back.\n",
	.examples = "signet release recall acme-x100/beta/1.4.1 --yes\n",
	.run = cmd_release_recall},
    {.name = "release list",
	.arguments = "",
	.options = OPTIONS(OPT_PRODUCT, OPT_CHANNEL, OPT_RELEASE_VERSION, OPT_STATE, PAGING),
	.summary = "releases, newest first",
	.examples = "signet release list --product acme-x100 --state published\n",
	.run = cmd_list_view,
	.view = &view_releases},
    {.name = "release show",
	.arguments = "RELEASE",
	.least = 1,
	.most = 1,
	.options = OPTIONS(OPT_JSON),
	.summary = "all of it: components, source, who approved, what happened when",
	.examples = "signet release show acme-x100/beta/1.4.0\n",
	.run = cmd_release_show},
    {.name = "signing-key make",
	.arguments = "NAME",
	.least = 1,
	.most = 1,
	.options = OPTIONS(
	    OPT_SIGNING_ALGORITHM, OPT_TEST, OPT_PRODUCTS, OPT_ISSUER, OPT_OUTPUT, OPT_JSON),
	.summary = "make a key that signs releases, on the server",
	.text = "Its public key, for trust statements, goes to --output.\n",
	.examples = "signet signing-key make x100-2027 --products acme-x100 -o x100-2027.pem\n"
		    "signet signing-key make try --test --algorithm Ed25519\n",
	.run = cmd_signing_key_make},
    {.name = "signing-key list",
	.arguments = "",
	.options = OPTIONS(PAGING),
	.summary = "the keys that sign releases",
	.examples = "signet signing-key list\n",
	.run = cmd_list_view,
	.view = &view_signing_keys},
    {.name = "signing-key show",
	.arguments = "NAME",
	.least = 1,
	.most = 1,
	.options = OPTIONS(OPT_OUTPUT, OPT_JSON),
	.summary = "one of them, with its key ID and public key",
	.examples = "signet signing-key show x100-2027 -o x100-2027.pem\n",
	.run = cmd_signing_key_show},
    {.name = "signing-key retire",
	.arguments = "NAME",
	.least = 1,
	.most = 1,
	.options = OPTIONS(OPT_YES, OPT_JSON),
	.summary = "let it sign nothing more; what it signed stays good",
	.examples = "signet signing-key retire x100-2027 --yes\n",
	.run = cmd_signing_key_state},
    {.name = "signing-key revoke",
	.arguments = "NAME",
	.least = 1,
	.most = 1,
	.options = OPTIONS(OPT_YES, OPT_JSON),
	.summary = "the same because it leaked; devices need a new trust statement",
	.examples = "signet signing-key revoke try --yes\n",
	.run = cmd_signing_key_state},
    {0},
};
