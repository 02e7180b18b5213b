/* tests/unit/ca/service_key_test.c: one key for each service, whoever makes it. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "ca/service_key.h"
#include "tests/lib/pg.h"

struct node {
	char directory[64], passphrase[96];
	struct hsm *hsm;
	struct db *db;
	struct clock clock;
	struct rng rng;
	struct service_key_context context;
};

static void node_start(struct node *n, const struct pg_database *d)
{
	struct hsm_config config;
	struct err err = {0};

	strcpy(n->directory, "/tmp/signet-service-XXXXXX");
	cr_assert_not_null(mkdtemp(n->directory));
	snprintf(n->passphrase, sizeof(n->passphrase), "%s/passphrase", n->directory);
	cr_assert(
	    file_replace(n->passphrase, SPAN_LITERAL("correct horse battery\n"), 0600, &err).ok);
	config = (struct hsm_config){n->directory, n->passphrase};
	cr_assert(hsm_open(&config, &n->hsm, &err).ok);
	n->db = pg_open(d);
	n->clock = clock_system();
	n->rng = rng_system();
	n->context = (struct service_key_context){n->db, n->hsm, &n->clock, &n->rng, "os:test"};
}

static void node_stop(struct node *n)
{
	char command[128];

	hsm_close(n->hsm);
	db_close(n->db);
	snprintf(command, sizeof(command), "rm -rf '%s'", n->directory);
	cr_assert_eq(system(command), 0);
}

static struct hsm_key *must_open(struct node *n, enum service_purpose purpose)
{
	struct hsm_key *key = NULL;
	struct err err = {0};

	cr_assert(service_key_open(&n->context, purpose, &key, &err).ok, "%s (%s)", err.message,
	    err.cause);
	return key;
}

Test(ca_service_key, the_first_makes_one_that_stays_and_is_in_the_log, .timeout = 60)
{
	struct pg_database d = pg_database_new(true);
	struct node n;

	node_start(&n, &d);
	AUTO_REF(hsm_key) token = must_open(&n, SERVICE_KEY_TOKEN);
	AUTO_REF(hsm_key) again = must_open(&n, SERVICE_KEY_TOKEN);
	AUTO_REF(hsm_key) log = must_open(&n, SERVICE_KEY_LOG);
	cr_expect_str_eq(hsm_key_algorithm(token)->name, "EC-P256");
	cr_expect_str_eq(hsm_key_algorithm(log)->name, "Ed25519");
	cr_expect(span_equal(hsm_key_spki(token), hsm_key_spki(again)));
	cr_expect_eq(pg_number(&d, "SELECT count(*) FROM service_key"), 2);
	cr_expect_eq(pg_number(&d, "SELECT count(*) FROM log_entry "
				   "WHERE kind = 'service-key.created'"),
	    2);
	cr_expect_str_eq(pg_value(&d, "SELECT issuer FROM service_key WHERE purpose = 'log'"), "");
	cr_expect_eq(pg_number(&d, "SELECT count(*) FROM service_key "
				   "WHERE issuer ~ '^urn:signet:[0-9a-f]{16}$'"),
	    1);
	node_stop(&n);
	pg_database_drop(&d);
}

Test(ca_service_key, a_node_without_the_file_says_what_to_copy, .timeout = 60)
{
	struct pg_database d = pg_database_new(true);
	struct hsm_key *key = NULL;
	struct node one, two;
	struct err err = {0};

	node_start(&one, &d);
	node_start(&two, &d);
	AUTO_REF(hsm_key) made = must_open(&one, SERVICE_KEY_LOG);
	cr_expect(!service_key_open(&two.context, SERVICE_KEY_LOG, &key, &err).ok);
	cr_expect_eq(err.kind, ERR_KEY);
	cr_expect(strstr(err.message, "copy log.key (mode 0600)"), "%s", err.message);
	cr_expect_null(key);
	node_stop(&one);
	node_stop(&two);
	pg_database_drop(&d);
}

Test(ca_service_key, another_key_under_the_name_is_refused, .timeout = 60)
{
	struct pg_database d = pg_database_new(true);
	struct hsm_key *key = NULL;
	struct node one, two;
	struct err err = {0};

	node_start(&one, &d);
	node_start(&two, &d);
	AUTO_REF(hsm_key) made = must_open(&one, SERVICE_KEY_TOKEN);
	AUTO_REF(hsm_key) other = NULL;
	cr_assert(hsm_key_generate(
	    two.hsm, "file:token.key", key_algorithm_by_name("EC-P256"), &other, &err)
		      .ok);
	cr_expect(!service_key_open(&two.context, SERVICE_KEY_TOKEN, &key, &err).ok);
	cr_expect_eq(err.kind, ERR_KEY);
	cr_expect(strstr(err.message, "another key"), "%s", err.message);
	node_stop(&one);
	node_stop(&two);
	pg_database_drop(&d);
}

Test(ca_service_key, a_file_left_by_an_interrupted_start_is_taken, .timeout = 60)
{
	struct pg_database d = pg_database_new(true);
	struct node n;
	struct err err = {0};

	node_start(&n, &d);
	AUTO_REF(hsm_key) left = NULL;
	cr_assert(
	    hsm_key_generate(n.hsm, "file:log.key", key_algorithm_by_name("Ed25519"), &left, &err)
		.ok);
	AUTO_REF(hsm_key) key = must_open(&n, SERVICE_KEY_LOG);
	cr_expect(span_equal(hsm_key_spki(key), hsm_key_spki(left)));
	node_stop(&n);
	pg_database_drop(&d);
}

Test(ca_service_key, a_new_one_keeps_the_issuer_and_retires_the_old, .timeout = 60)
{
	struct pg_database d = pg_database_new(true);
	struct node n;
	struct err err = {0};

	node_start(&n, &d);
	AUTO_REF(hsm_key) first = must_open(&n, SERVICE_KEY_TOKEN);
	AUTO_REF(hsm_key) second = NULL;
	cr_assert(service_key_renew(&n.context, SERVICE_KEY_TOKEN, &second, &err).ok, "%s (%s)",
	    err.message, err.cause);
	AUTO_REF(hsm_key) used = must_open(&n, SERVICE_KEY_TOKEN);
	cr_expect(!span_equal(hsm_key_spki(first), hsm_key_spki(second)));
	cr_expect(span_equal(hsm_key_spki(used), hsm_key_spki(second)));
	cr_expect_eq(pg_number(&d, "SELECT count(DISTINCT issuer) FROM service_key"), 1);
	cr_expect_eq(
	    pg_number(&d, "SELECT count(*) FROM service_key WHERE retired_at IS NOT NULL"), 1);
	cr_expect_str_eq(pg_value(&d, "SELECT key_uri FROM service_key WHERE retired_at IS NULL"),
	    "file:token-2.key");
	node_stop(&n);
	pg_database_drop(&d);
}

/* ---- several at once ---- */

static void *open_at_once(void *context)
{
	struct hsm_key *key = NULL;
	struct node *n = context;
	struct err err = {0};

	/* Whoever is not first has no file: that it is told so is right. */
	if (!service_key_open(&n->context, SERVICE_KEY_LOG, &key, &err).ok)
		cr_expect_eq(err.kind, ERR_KEY, "%s (%s)", err.message, err.cause);
	hsm_key_free(key);
	return NULL;
}

Test(ca_service_key, several_servers_at_once_make_one, .timeout = 60)
{
	struct pg_database d = pg_database_new(true);
	struct node nodes[4];
	pthread_t threads[COUNT(nodes)];

	for (size_t i = 0; i < COUNT(nodes); i++)
		node_start(&nodes[i], &d);
	for (size_t i = 0; i < COUNT(nodes); i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, open_at_once, &nodes[i]), 0);
	for (size_t i = 0; i < COUNT(nodes); i++)
		pthread_join(threads[i], NULL);
	cr_expect_eq(pg_number(&d, "SELECT count(*) FROM service_key"), 1);
	for (size_t i = 0; i < COUNT(nodes); i++)
		node_stop(&nodes[i]);
	pg_database_drop(&d);
}

Test(ca_service_key, looking_makes_none_and_names_what_is_wrong, .timeout = 60)
{
	struct pg_database d = pg_database_new(true);
	struct node first, second;
	struct err err = {0};

	node_start(&first, &d);
	node_start(&second, &d);
	AUTO_REF(hsm_key) none = NULL;
	AUTO_REF(hsm_key) seen = NULL;
	cr_assert(
	    service_key_look(&first.context, SERVICE_KEY_LOG, &none, &err).ok, "%s", err.message);
	cr_expect_null(none);
	AUTO_REF(hsm_key) made = must_open(&first, SERVICE_KEY_LOG);
	cr_assert(
	    service_key_look(&first.context, SERVICE_KEY_LOG, &seen, &err).ok, "%s", err.message);
	cr_expect(span_equal(hsm_key_spki(seen), hsm_key_spki(made)));
	/* The other node has no copy of it. */
	cr_expect_not(service_key_look(&second.context, SERVICE_KEY_LOG, &none, &err).ok);
	cr_expect_eq(err.kind, ERR_KEY);
	cr_expect(strstr(err.message, "log.key"), "%s", err.message);
	node_stop(&first);
	node_stop(&second);
	pg_database_drop(&d);
}
