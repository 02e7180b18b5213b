/* clients/device/store_file.c and key_file.c */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <openssl/pem.h>

#include "clients/device/reason.h"
#include "clients/device/store.h"
#include "tests/unit/device/mint.h"

static char dir[64], store_dir[80];
static struct store *store;

static void setup(void)
{
	struct err err = {0};

	snprintf(dir, sizeof(dir), "/tmp/signet-device-store-XXXXXX");
	cr_assert(mkdtemp(dir));
	snprintf(store_dir, sizeof(store_dir), "%s/deep/store", dir);
	cr_assert(store_file_open(store_dir, &store, &err).ok, "%s", err.message);
}

static void teardown(void)
{
	char command[96];

	store_close(store);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	cr_assert(system(command) == 0);
}

TestSuite(device_store_file, .init = setup, .fini = teardown);

static struct device_key *make(uint32_t generation)
{
	struct device_key *key = NULL;
	struct err err = {0};

	cr_assert(
	    store->ops->key_make(store, generation, key_algorithm_by_name("EC-P256"), &key, &err)
		.ok,
	    "%s", err.message);
	return key;
}

static unsigned mode_of(const char *name)
{
	char path[160];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", store_dir, name);
	cr_assert_eq(stat(path, &st), 0, "%s", path);
	return st.st_mode & 07777;
}

Test(device_store_file, directory_and_key_are_for_the_owner_alone)
{
	device_key_free(make(1));
	cr_assert_eq(mode_of("."), 0700);
	cr_assert_eq(mode_of("identity-1"), 0700);
	cr_assert_eq(mode_of("identity-1/key.pem"), 0600);
}

Test(device_store_file, store_open_to_others_is_refused)
{
	struct store *again = NULL;
	struct err err = {0};

	chmod(store_dir, 0755);
	cr_assert_not(store_file_open(store_dir, &again, &err).ok);
	cr_assert(device_reason_is(&err, WHY_STORE_OPEN_TO_OTHERS));
}

Test(device_store_file, key_readable_by_others_is_refused)
{
	char path[160];
	struct device_key *key = NULL;
	struct err err = {0};

	device_key_free(make(1));
	snprintf(path, sizeof(path), "%s/identity-1/key.pem", store_dir);
	chmod(path, 0640);
	cr_assert_not(store->ops->key_open(store, 1, &key, &err).ok);
	cr_assert_not_null(strstr(err.message, "chmod 600"));
}

Test(device_store_file, encrypted_key_is_refused_without_asking_anybody)
{
	char path[160];
	struct device_key *key = NULL;
	struct err err = {0};
	EVP_PKEY *pkey = mint_key();
	FILE *f;

	snprintf(path, sizeof(path), "%s/locked.pem", dir);
	f = fopen(path, "w");
	cr_assert(PEM_write_PKCS8PrivateKey(f, pkey, EVP_aes_128_cbc(), "pass", 4, NULL, NULL));
	fclose(f);
	chmod(path, 0600);
	cr_assert_not(device_key_from_file(path, &key, &err).ok);
	cr_assert(device_reason_is(&err, WHY_IDEVID));
	EVP_PKEY_free(pkey);
}

Test(device_store_file, key_comes_back_and_signs)
{
	AUTO_REF(device_key) made = make(3);
	AUTO_REF(device_key) opened = NULL;
	AUTO(buf) signature = {0};
	AUTO_PTR(EVP_PKEY) public = NULL;
	const struct key_algorithm *algorithm;
	struct err err = {0};

	cr_assert(store->ops->key_open(store, 3, &opened, &err).ok, "%s", err.message);
	cr_assert(span_equal(buf_span(&made->spki), buf_span(&opened->spki)));
	cr_assert(opened->ops
		      ->sign(opened, opened->algorithm->signature, SPAN_LITERAL("hello"),
			  &signature, &err)
		      .ok);
	cr_assert(public_key_from_spki(buf_span(&made->spki), &algorithm, &public, &err).ok);
	cr_assert(signature_verify(
	    public, algorithm->signature, SPAN_LITERAL("hello"), buf_span(&signature)));
}

Test(device_store_file, shared_key_is_the_same_key)
{
	AUTO_REF(device_key) one = make(1);
	AUTO_REF(device_key) two = NULL;
	struct err err = {0};

	cr_assert(store->ops->key_share(store, 1, 2, &two, &err).ok, "%s", err.message);
	cr_assert(span_equal(buf_span(&one->spki), buf_span(&two->spki)));
}

Test(device_store_file, current_switches_and_prune_keeps_two)
{
	uint32_t current = 9, highest = 0;
	struct err err = {0};
	struct device_key *key = NULL;

	cr_assert(store->ops->current(store, &current, &err).ok);
	cr_assert_eq(current, 0);
	for (uint32_t g = 1; g <= 4; g++)
		device_key_free(make(g));
	cr_assert(store->ops->activate(store, 2, &err).ok);
	cr_assert(store->ops->activate(store, 3, &err).ok);
	cr_assert(store->ops->current(store, &current, &err).ok);
	cr_assert_eq(current, 3);
	cr_assert(store->ops->prune(store, 3, 4, &err).ok, "%s", err.message);
	cr_assert_not(store->ops->key_open(store, 2, &key, &err).ok);
	cr_assert_eq(err.kind, ERR_MISSING);
	err_clear(&err);
	cr_assert(store->ops->highest(store, &highest, &err).ok);
	cr_assert_eq(highest, 4);
}

Test(device_store_file, current_that_points_elsewhere_is_refused)
{
	char path[160];
	uint32_t current;
	struct err err = {0};

	snprintf(path, sizeof(path), "%s/current", store_dir);
	cr_assert_eq(symlink("/etc", path), 0);
	cr_assert_not(store->ops->current(store, &current, &err).ok);
	cr_assert(device_reason_is(&err, WHY_STORE));
}

Test(device_store_file, one_program_at_a_time)
{
	struct store *other = NULL;
	struct err err = {0};

	cr_assert(store->ops->lock(store, &err).ok);
	cr_assert(store_file_open(store_dir, &other, &err).ok);
	cr_assert_not(other->ops->lock(other, &err).ok);
	cr_assert(device_reason_is(&err, WHY_STORE_LOCKED));
	store_close(other);
}

Test(device_store_file, record_that_is_not_there_is_missing)
{
	AUTO(buf) out = {0};
	struct err err = {0};

	cr_assert_not(store->ops->load(store, STORE_STATE, &out, &err).ok);
	cr_assert_eq(err.kind, ERR_MISSING);
	err_clear(&err);
	cr_assert(store->ops->save(store, STORE_STATE, SPAN_LITERAL("{}"), &err).ok);
	cr_assert(store->ops->load(store, STORE_STATE, &out, &err).ok);
	cr_assert(span_equal_str(buf_span(&out), "{}"));
}
