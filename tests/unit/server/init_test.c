#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "hsm/hsm.h"
#include "tests/unit/server/server_scene.h"

static struct status init_again(struct scene *s, struct err *err)
{
	AUTO(buf) root = {0};

	return init_make(&s->invocation, &s->init, &root, err);
}

Test(server_init, makes_a_root_and_an_authority)
{
	struct scene s;

	scene_new(&s, false);
	scene_init(&s);
	cr_expect(scene_has(&s, "root.pem"));
	cr_expect(scene_has(&s, "keys/issuing.key"));
	cr_expect(scene_has(&s, "keys/root.key"));
	cr_expect_eq(pg_number(&s.database, "SELECT count(*) FROM authority"), 2);
	cr_expect_eq(pg_number(&s.database,
			 "SELECT count(*) FROM log_entry WHERE kind = 'authority.created'"),
	    2);
	scene_free(&s);
}

Test(server_init, a_second_run_changes_nothing)
{
	struct scene s;
	struct err err = {0};
	char before[256];

	scene_new(&s, false);
	scene_init(&s);
	snprintf(before, sizeof(before), "%s",
	    pg_value(&s.database, "SELECT md5(string_agg(certificate::text, ',' ORDER BY id)) "
				  "FROM authority"));
	cr_expect_not(init_again(&s, &err).ok);
	cr_expect_eq(err.kind, ERR_CONFLICT, "%s", err.message);
	cr_expect_str_eq(before,
	    pg_value(&s.database, "SELECT md5(string_agg(certificate::text, ',' ORDER BY id)) "
				  "FROM authority"));
	cr_expect(scene_has(&s, "keys/issuing.key") && scene_has(&s, "root.pem"));
	scene_free(&s);
}

/* Another machine, the same database: its keys would be of authorities that nobody knows. */
Test(server_init, a_second_machine_is_refused_by_the_database)
{
	struct scene s;
	struct err err = {0};
	char state[80];

	scene_new(&s, false);
	scene_init(&s);
	snprintf(state, sizeof(state), "%s/other", s.dir);
	s.config.state_directory = state;
	s.config.keys.directory = state;
	cr_expect_not(init_again(&s, &err).ok);
	cr_expect_eq(err.kind, ERR_CONFLICT, "%s", err.message);
	cr_expect_not(scene_has(&s, "other/issuing.key"));
	scene_free(&s);
}

Test(server_init, what_fails_leaves_nothing_behind)
{
	struct scene s;
	struct err err = {0};

	scene_new(&s, false);
	s.init.crl_url = "gopher://no";
	cr_expect_not(init_again(&s, &err).ok);
	cr_expect_eq(err.kind, ERR_CONFIG, "%s", err.message);
	cr_expect_not(scene_has(&s, "keys/root.key"));
	cr_expect_not(scene_has(&s, "keys/issuing.key"));
	cr_expect_not(scene_has(&s, "root.pem"));
	cr_expect_eq(pg_number(&s.database, "SELECT count(*) FROM authority"), 0);
	s.init.crl_url = NULL;
	err_clear(&err);
	cr_expect(init_again(&s, &err).ok, "%s", err.message);
	scene_free(&s);
}

Test(server_init, the_servers_passphrase_does_not_open_the_root)
{
	struct scene s;
	struct err err = {0};

	scene_new(&s, false);
	scene_init(&s);
	struct hsm_config keys = {s.config.keys.directory, s.config.keys.passphrase_file};
	AUTO_REF(hsm) hsm = NULL;
	AUTO_REF(hsm_key) key = NULL;

	cr_assert(hsm_open(&keys, &hsm, &err).ok);
	cr_expect_not(hsm_key_open(hsm, "file:root.key", &key, &err).ok);
	cr_expect_eq(err.kind, ERR_KEY);
	scene_free(&s);
}

static void write_pem(struct scene *s, const char *name, struct buf *pem, char *path, size_t size)
{
	struct err err = {0};

	snprintf(path, size, "%s/%s", s->dir, name);
	cr_assert(file_create(path, buf_span(pem), 0600, &err).ok, "%s", err.message);
}

Test(server_init, an_existing_hierarchy_is_taken_over)
{
	struct pki_authority root = pki_authority("Old Root", NULL, -1);
	struct pki_authority issuing = pki_authority("Old Issuing", &root, 0);
	AUTO(buf) chain = {0};
	AUTO(buf) key = {0};
	char chain_path[128], key_path[128];
	struct err err = {0};
	struct scene s;

	scene_new(&s, false);
	pki_pem_certificate(issuing.certificate, &chain);
	pki_pem_certificate(root.certificate, &chain);
	pki_pem_key(issuing.key, &key);
	write_pem(&s, "chain.pem", &chain, chain_path, sizeof(chain_path));
	write_pem(&s, "key.pem", &key, key_path, sizeof(key_path));
	s.init.chain = chain_path;
	s.init.key = key_path;
	cr_assert(
	    init_take(&s.invocation, &s.init, &s.root, &err).ok, "%s (%s)", err.message, err.cause);
	cr_expect_eq(pg_number(&s.database, "SELECT count(*) FROM authority"), 1);
	cr_expect(scene_has(&s, "keys/issuing.key") && scene_has(&s, "root.pem"));
	scene_free(&s);
	pki_authority_free(&issuing);
	pki_authority_free(&root);
}

/* Which of two would a certificate be of? Under another name, from a machine of its own. */
Test(server_init, a_key_is_one_authoritys)
{
	struct pki_authority root = pki_authority("Old Root", NULL, -1);
	struct pki_authority issuing = pki_authority("Old Issuing", &root, 0);
	AUTO(buf) chain = {0};
	AUTO(buf) key = {0};
	AUTO(buf) second = {0};
	char chain_path[128], key_path[128], gone[128];
	struct err err = {0};
	struct scene s;

	scene_new(&s, false);
	pki_pem_certificate(issuing.certificate, &chain);
	pki_pem_certificate(root.certificate, &chain);
	pki_pem_key(issuing.key, &key);
	write_pem(&s, "chain.pem", &chain, chain_path, sizeof(chain_path));
	write_pem(&s, "key.pem", &key, key_path, sizeof(key_path));
	s.init.chain = chain_path;
	s.init.key = key_path;
	cr_assert(init_take(&s.invocation, &s.init, &s.root, &err).ok, "%s", err.message);
	snprintf(gone, sizeof(gone), "%s/root.pem", s.dir);
	cr_assert_eq(remove(gone), 0);
	s.init.authority = "again";
	cr_expect_not(init_take(&s.invocation, &s.init, &second, &err).ok);
	cr_expect_eq(err.kind, ERR_CONFLICT, "%s", err.message);
	cr_expect(strstr(err.message, "'issuing' has this key already"), "%s", err.message);
	cr_expect_eq(pg_number(&s.database, "SELECT count(*) FROM authority"), 1);
	cr_expect_not(scene_has(&s, "keys/again.key"));
	cr_expect(scene_has(&s, "keys/issuing.key"));
	scene_free(&s);
	pki_authority_free(&issuing);
	pki_authority_free(&root);
}
