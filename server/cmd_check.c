/* server/cmd_check.c: migrate, check, fingerprint: the database and what stands in it. */
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

#include "base/encode.h"
#include "base/file.h"
#include "ca/policy.h"
#include "ca/service_key.h"
#include "server/command.h"
#include "sql/migrate.h"
#include "sql/policy.h"

#define PEM_SIZE_MAX ((size_t)64 << 10)

static int no_arguments(const struct invocation *v, int argc, char **argv)
{
	if (argc > 1)
		return command_usage(v, "%s takes no argument '%s'", argv[0], argv[1]);
	return COMMAND_OK;
}

/* ---- migrate ---- */

static void applied(void *context, int version, const char *name)
{
	(void)context;
	(void)version;
	printf("applied %s\n", name);
}

int cmd_migrate(const struct invocation *v, int argc, char **argv)
{
	const char *owner = v->config->database.owner;
	struct migrate_progress progress = {applied, NULL};
	struct err err = {0};

	if (no_arguments(v, argc, argv) != COMMAND_OK)
		return COMMAND_USAGE;
	if (!migrate_run(owner ? owner : v->config->database.server, &progress, &err).ok)
		return command_failed(&err);
	printf("the schema is at version %d\n", migrate_latest());
	return COMMAND_OK;
}

/* ---- check ---- */

static bool check_key(const struct authority *a)
{
	if (!a->key_uri || a->key)
		return true;
	printf("authority %s: its key is not usable: %s\n", a->name, a->key_problem);
	return false;
}

/* Tokens and the log's checkpoints: the first server makes them, every node needs a copy. */
static bool check_service_key(
    struct db *db, struct hsm *hsm, enum service_purpose purpose, const char *name)
{
	const struct service_key_context c = {.db = db, .hsm = hsm};
	AUTO_REF(hsm_key) key = NULL;
	struct err err = {0};

	if (!service_key_look(&c, purpose, &key, &err).ok) {
		printf("key of %s: not usable: %s\n", name, err.message);
		return false;
	}
	printf("key of %s: %s\n", name, key ? "usable" : "none yet; the first server makes it");
	return true;
}

static struct status check_tls(
    const struct policy *policy, const struct config *config, struct err *err)
{
	const struct authority *a = policy_authority(policy, config->tls.authority);

	if (!a)
		return err_set(err, ERR_CONFIG, "tls.authority: there is no authority '%s'",
		    config->tls.authority);
	if (a->state == AUTHORITY_RETIRED)
		return err_set(err, ERR_CONFIG,
		    "tls.authority: authority '%s' is retired and will not renew the server's own "
		    "certificate; name another",
		    a->name);
	return STATUS_OK;
}

static void tell_access(const struct access *a)
{
	printf("access: principals %zu, roles %zu, bindings %zu, OIDC issuers %zu, OIDC rules %zu, "
	       "approval policies %zu; %s\n",
	    a->principal_count, a->role_count, a->binding_count, a->oidc_issuer_count,
	    a->oidc_rule_count, a->approval_policy_count,
	    access_has_administrator(a) ? "bootstrap is over"
					: "no administrator yet (signetd admin NAME)");
}

static struct status check(const struct invocation *v, struct err *err)
{
	AUTO_REF(db) db = NULL;
	AUTO_REF(hsm) hsm = NULL;
	AUTO_REF(policy) policy = NULL;
	struct hsm_config keys = {v->config->keys.directory, v->config->keys.passphrase_file};
	bool fine = true;

	printf("configuration %s: well formed\n", v->config_path);
	TRY(command_db(v, &db, err));
	TRY(db_check_schema(db, err));
	printf("database: reached, schema version %d\n", migrate_latest());
	TRY(hsm_open(&keys, &hsm, err));
	TRY(policy_load(db, hsm, &policy, err));
	printf(
	    "policy: version %lld; authorities %zu, profiles %zu, trust anchors %zu, products %zu, "
	    "labels %zu\n",
	    (long long)policy->version, policy->authority_count, policy->profile_count,
	    policy->anchor_count, policy->product_count, policy->label_count);
	tell_access(policy->access);
	for (size_t i = 0; i < policy->authority_count; i++)
		fine = check_key(&policy->authorities[i]) && fine;
	fine = check_service_key(db, hsm, SERVICE_KEY_TOKEN, "tokens") && fine;
	fine = check_service_key(db, hsm, SERVICE_KEY_LOG, "the log") && fine;
	TRY(check_tls(policy, v->config, err));
	return fine ? STATUS_OK : err_set(err, ERR_KEY, "a key is not usable");
}

int cmd_check(const struct invocation *v, int argc, char **argv)
{
	struct err err = {0};

	if (no_arguments(v, argc, argv) != COMMAND_OK)
		return COMMAND_USAGE;
	if (!check(v, &err).ok)
		return command_failed(&err);
	return COMMAND_OK;
}

/* ---- fingerprint ---- */

static void print_fingerprint(struct span der)
{
	struct digest digest = sha256(der);
	char text[2 * SHA256_SIZE + 1];

	hex_text(SPAN_OF(digest.bytes), text);
	printf("%s\n", text);
}

/* The root that init wrote here; on other nodes, the last of the chain in the database. */
static struct status root_from_file(const struct config *c, struct buf *ret_der, struct err *err)
{
	AUTO(buf) path = {0};
	AUTO(buf) pem = {0};
	unsigned char *der = NULL;
	char *name = NULL, *header = NULL;
	long n = 0;
	BIO *in;
	int read;

	buf_printf(&path, "%s/root.pem", c->state_directory);
	TRY(file_read(buf_cstr(&path), PEM_SIZE_MAX, &pem, err));
	in = BIO_new_mem_buf(pem.p, (int)pem.n);
	read = in ? PEM_read_bio(in, &name, &header, &der, &n) : 0;
	if (read == 1)
		buf_put(ret_der, span(der, (size_t)n));
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_free(der);
	BIO_free(in);
	return read == 1 ? STATUS_OK
			 : err_crypto(err, ERR_CONFIG, "%s holds no certificate", buf_cstr(&path));
}

static struct status root_from_database(
    const struct invocation *v, struct buf *ret_der, struct err *err)
{
	AUTO_REF(db) db = NULL;
	AUTO(arena) arena = {0};
	struct policy_rows rows;

	TRY(command_db(v, &db, err));
	TRY(policy_rows_read(db, &arena, &rows, err));
	for (size_t i = 0; i < rows.count; i++) {
		const struct policy_row *r = &rows.rows[i];

		if (strcmp(r->kind, "authority") != 0 ||
		    strcmp(r->name, v->config->tls.authority) != 0)
			continue;
		buf_put(ret_der, r->chain_count ? r->chain[r->chain_count - 1] : r->certificate);
		return STATUS_OK;
	}
	return err_set(err, ERR_MISSING, "there is no authority '%s' yet; see signetd init --help",
	    v->config->tls.authority);
}

int cmd_fingerprint(const struct invocation *v, int argc, char **argv)
{
	AUTO(buf) der = {0};
	struct err err = {0}, none = {0};

	if (no_arguments(v, argc, argv) != COMMAND_OK)
		return COMMAND_USAGE;
	if (!root_from_file(v->config, &der, &none).ok && !root_from_database(v, &der, &err).ok)
		return command_failed(&err);
	print_fingerprint(buf_span(&der));
	return COMMAND_OK;
}
