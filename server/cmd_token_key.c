/* server/cmd_token_key.c: a new key for our own tokens. */
#include <stdio.h>
#include <string.h>

#include "base/encode.h"
#include "ca/service_key.h"
#include "ca/token_keys.h"
#include "server/command.h"

static struct status renew(const struct invocation *v, struct hsm_key **ret_key, struct err *err)
{
	struct hsm_config keys = {v->config->keys.directory, v->config->keys.passphrase_file};
	struct service_key_context c = {.clock = &v->clock, .rng = &v->rng, .who = v->who};
	AUTO_REF(hsm) hsm = NULL;
	AUTO_REF(db) db = NULL;

	TRY(hsm_open(&keys, &hsm, err));
	TRY(command_db(v, &db, err));
	TRY(db_check_schema(db, err));
	c.hsm = hsm;
	c.db = db;
	return service_key_renew(&c, SERVICE_KEY_TOKEN, ret_key, err);
}

int cmd_token_key(const struct invocation *v, int argc, char **argv)
{
	AUTO_REF(hsm_key) key = NULL;
	char text[2 * SHA256_SIZE + 1];
	struct err err = {0};
	struct digest digest;

	if (argc != 2 || strcmp(argv[1], "renew") != 0)
		return command_usage(v, NULL);
	if (!renew(v, &key, &err).ok)
		return command_failed(&err);
	digest = sha256(hsm_key_spki(key));
	hex_text(SPAN_OF(digest.bytes), text);
	printf(
	    "key:  sha256 %s\n\n"
	    "Tokens of the key before it are good until they end, %d hours at most. Every node needs\n"
	    "the newest token-N.key of %s.\n",
	    text, TOKEN_TTL_MAX / 3600, v->config->keys.directory);
	return COMMAND_OK;
}
