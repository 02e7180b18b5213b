#include <criterion/criterion.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "hsm/hsm.h"

#define PASSPHRASE "correct horse battery"

/* A directory of its own for each test, with a key directory and a passphrase file. */
struct place {
	char root[64], keys[96], passphrase[96];
	struct hsm *hsm;
};

static void write_passphrase(const struct place *p, const char *text, mode_t mode)
{
	struct err err = {0};
	cr_assert(file_replace(p->passphrase, span_str(text), mode, &err).ok, "%s", err.message);
	cr_assert_eq(chmod(p->passphrase, mode), 0);
}

static void hsm_again(struct place *p)
{
	struct err err = {0};
	struct hsm_config config = {p->keys, p->passphrase};
	hsm_close(p->hsm);
	p->hsm = NULL;
	cr_assert(hsm_open(&config, &p->hsm, &err).ok);
}

static struct place place_new(void)
{
	struct place p = {.root = "/tmp/signet-hsm-XXXXXX"};
	cr_assert_not_null(mkdtemp(p.root));
	snprintf(p.keys, sizeof(p.keys), "%s/keys", p.root);
	snprintf(p.passphrase, sizeof(p.passphrase), "%s/passphrase", p.root);
	cr_assert_eq(mkdir(p.keys, 0700), 0);
	write_passphrase(&p, PASSPHRASE "\n", 0600);
	hsm_again(&p);
	return p;
}

static void place_drop(struct place *p)
{
	char command[128];
	hsm_close(p->hsm);
	snprintf(command, sizeof(command), "rm -rf '%s'", p->root);
	cr_assert_eq(system(command), 0);
}

static void key_path(const struct place *p, const char *name, char path[static 160])
{
	snprintf(path, 160, "%s/%s", p->keys, name);
}

static struct hsm_key *make(struct place *p, const char *uri, const char *algorithm)
{
	struct err err = {0};
	struct hsm_key *key = NULL;
	cr_assert(hsm_key_generate(p->hsm, uri, key_algorithm_by_name(algorithm), &key, &err).ok,
	    "%s: %s (%s)", algorithm, err.message, err.cause);
	return key;
}

static void expect_refusal(struct place *p, const char *uri, enum err_kind kind, const char *words)
{
	struct err err = {0};
	struct hsm_key *key = NULL;
	cr_assert_not(hsm_key_open(p->hsm, uri, &key, &err).ok, "%s", uri);
	cr_expect_null(key);
	cr_expect_eq(err.kind, kind, "%s: kind %d: %s", uri, (int)err.kind, err.message);
	cr_expect_not_null(strstr(err.message, words), "%s lacks \"%s\"", err.message, words);
	cr_expect_null(strstr(err.message, PASSPHRASE), "never a secret");
}

static bool verifies(const struct hsm_key *key, struct span message, struct span signature)
{
	struct err err = {0};
	AUTO_PTR(EVP_PKEY) public_half = NULL;
	cr_assert(public_key_from_spki(hsm_key_spki(key), NULL, &public_half, &err).ok);
	return signature_verify(public_half, hsm_key_algorithm(key)->signature, message, signature);
}

static void sign_and_verify(struct hsm_key *key)
{
	struct err err = {0};
	AUTO(buf) signature = {0};
	buf_put_str(&signature, "kept");
	cr_assert(hsm_sign(key, SPAN_LITERAL("message"), &signature, &err).ok, "%s", err.message);
	cr_assert_eq(memcmp(signature.p, "kept", 4), 0, "hsm_sign appends");
	cr_assert(verifies(key, SPAN_LITERAL("message"), span(signature.p + 4, signature.n - 4)));
}

Test(hsm_file, every_algorithm_is_made_signs_and_is_opened_again)
{
	struct place p = place_new();
	for (const struct key_algorithm *a = key_algorithms; a->name; a++) {
		if (!key_algorithm_available(a)) {
			fprintf(stderr, "skipped: this OpenSSL does not have %s\n", a->name);
			continue;
		}
		char uri[64];
		struct err err = {0};
		snprintf(uri, sizeof(uri), "file:%s.key", a->name);
		struct hsm_key *made = make(&p, uri, a->name), *opened = NULL;
		sign_and_verify(made);
		hsm_again(&p);
		cr_assert(
		    hsm_key_open(p.hsm, uri, &opened, &err).ok, "%s (%s)", err.message, err.cause);
		cr_assert_str_eq(hsm_key_algorithm(opened)->name, a->name);
		cr_assert(span_equal(hsm_key_spki(made), hsm_key_spki(opened)));
		sign_and_verify(opened);
		hsm_key_free(made);
		hsm_key_free(opened);
	}
	place_drop(&p);
}

Test(hsm_file, the_file_is_ours_alone_encrypted_and_readable_by_openssl)
{
	struct place p = place_new();
	struct err err = {0};
	struct stat st;
	char path[160], command[400];
	hsm_key_free(make(&p, "file:a.key", "EC-P256"));
	key_path(&p, "a.key", path);
	cr_assert_eq(stat(path, &st), 0);
	cr_assert_eq(st.st_mode & 07777, 0600);
	AUTO(buf) text = {0};
	cr_assert(file_read(path, 65536, &text, &err).ok);
	cr_assert(span_starts(buf_span(&text), "-----BEGIN ENCRYPTED PRIVATE KEY-----"));
	snprintf(command, sizeof(command),
	    "openssl pkey -in %s -passin file:%s -noout -check >/dev/null", path, p.passphrase);
	cr_assert_eq(system(command), 0, "another program reads the key");
	snprintf(command, sizeof(command), "openssl asn1parse -in %s | grep -q scrypt", path);
	cr_assert_eq(system(command), 0);
	place_drop(&p);
}

Test(hsm_file, an_existing_key_is_never_overwritten)
{
	struct place p = place_new();
	struct err err = {0};
	char path[160];
	AUTO(buf) before = {0};
	AUTO(buf) after = {0};
	struct hsm_key *key = NULL;
	hsm_key_free(make(&p, "file:a.key", "EC-P256"));
	key_path(&p, "a.key", path);
	cr_assert(file_read(path, 65536, &before, &err).ok);
	cr_assert_not(
	    hsm_key_generate(p.hsm, "file:a.key", key_algorithm_by_name("EC-P256"), &key, &err).ok);
	cr_assert_eq(err.kind, ERR_CONFLICT);
	cr_assert_null(key);
	err_clear(&err);
	cr_assert(file_read(path, 65536, &after, &err).ok);
	cr_assert(span_equal(buf_span(&before), buf_span(&after)));
	place_drop(&p);
}

Test(hsm_file, names_and_schemes_that_are_not_ours_are_refused)
{
	struct place p = place_new();
	expect_refusal(&p, "file:../passphrase", ERR_CONFIG, "a name has");
	expect_refusal(&p, "file:a/b", ERR_CONFIG, "a name has");
	expect_refusal(&p, "file:.hidden", ERR_CONFIG, "a name has");
	expect_refusal(&p, "file:", ERR_CONFIG, "a name has");
	expect_refusal(&p, "a.key", ERR_CONFIG, "starts with file:");
	expect_refusal(&p, "pkcs11:token=t;object=o", ERR_CONFIG, "PKCS#11");
	expect_refusal(&p, "file:absent.key", ERR_MISSING, "absent.key");
	place_drop(&p);
}

Test(hsm_file, open_modes_are_refused)
{
	struct place p = place_new();
	char path[160];
	hsm_key_free(make(&p, "file:a.key", "EC-P256"));
	key_path(&p, "a.key", path);
	cr_assert_eq(chmod(path, 0640), 0);
	expect_refusal(&p, "file:a.key", ERR_KEY, "0600");
	cr_assert_eq(chmod(path, 0600), 0);
	cr_assert_eq(chmod(p.keys, 0750), 0);
	expect_refusal(&p, "file:a.key", ERR_KEY, "0700");
	cr_assert_eq(chmod(p.keys, 0700), 0);
	write_passphrase(&p, PASSPHRASE, 0644);
	hsm_again(&p);
	struct err err = {0};
	struct hsm_key *key = NULL;
	cr_assert_not(hsm_key_open(p.hsm, "file:a.key", &key, &err).ok);
	place_drop(&p);
}

Test(hsm_file, a_wrong_passphrase_is_said_to_be_wrong)
{
	struct place p = place_new();
	hsm_key_free(make(&p, "file:a.key", "EC-P256"));
	write_passphrase(&p, "incorrect horse battery", 0600);
	hsm_again(&p);
	expect_refusal(&p, "file:a.key", ERR_KEY, "passphrase is wrong");
	place_drop(&p);
}

Test(hsm_file, a_short_passphrase_makes_no_new_key)
{
	struct place p = place_new();
	struct err err = {0};
	struct hsm_key *key = NULL;
	char path[160];
	write_passphrase(&p, "elevenchars", 0600);
	hsm_again(&p);
	cr_assert_not(
	    hsm_key_generate(p.hsm, "file:a.key", key_algorithm_by_name("EC-P256"), &key, &err).ok);
	cr_assert_eq(err.kind, ERR_CONFIG);
	key_path(&p, "a.key", path);
	cr_assert_not(file_exists(path));
	place_drop(&p);
}

Test(hsm_file, the_passphrase_comes_from_the_systemd_credential_where_no_file_is_named)
{
	struct place p = place_new();
	struct err err = {0};
	char path[160];
	struct hsm_config config = {p.keys, NULL};
	struct hsm *h = NULL;
	struct hsm_key *key = NULL;
	unsetenv("CREDENTIALS_DIRECTORY");
	cr_assert(hsm_open(&config, &h, &err).ok);
	cr_assert_not(
	    hsm_key_generate(h, "file:a.key", key_algorithm_by_name("EC-P256"), &key, &err).ok);
	cr_assert_eq(err.kind, ERR_CONFIG);
	err_clear(&err);
	snprintf(path, sizeof(path), "%s/signet-key-passphrase", p.root);
	cr_assert_eq(rename(p.passphrase, path), 0);
	setenv("CREDENTIALS_DIRECTORY", p.root, 1);
	cr_assert(
	    hsm_key_generate(h, "file:a.key", key_algorithm_by_name("EC-P256"), &key, &err).ok,
	    "%s", err.message);
	hsm_key_free(key);
	hsm_close(h);
	place_drop(&p);
}

/* ---- encryption that is too weak, made by the openssl program ---- */

Test(hsm_file, weak_encryption_is_refused_on_reading)
{
	static const struct {
		const char *name, *options, *words; /* words NULL: accepted */
	} cases[] = {
	    {"PBKDF2 with 2048 rounds", "-v2 aes-256-cbc -v2prf hmacWithSHA256", "2048 rounds"},
	    {"PBKDF2 with 599999 rounds", "-v2 aes-256-cbc -iter 599999", "599999 rounds"},
	    {"PBKDF2 with 600000 rounds", "-v2 aes-256-cbc -iter 600000", NULL},
	    {"scrypt N 8192", "-scrypt -scrypt_N 8192 -scrypt_r 8 -scrypt_p 1",
		"scrypt with a low cost"},
	    {"scrypt N 16384", "-scrypt -scrypt_N 16384 -scrypt_r 8 -scrypt_p 1", NULL},
	    {"PBES1 of PKCS#12", "-v1 PBE-SHA1-3DES -iter 700000", "PBES1"},
	    {"3DES", "-v2 des3 -iter 700000", "not AES-CBC"},
	    {"not encrypted", "-nocrypt", "ENCRYPTED PRIVATE KEY"},
	};
	struct place p = place_new();
	for (size_t i = 0; i < COUNT(cases); i++) {
		char command[500], path[160];
		struct err err = {0};
		struct hsm_key *key = NULL;
		key_path(&p, "w.key", path);
		unlink(path);
		snprintf(command, sizeof(command),
		    "umask 077; openssl ecparam -genkey -name prime256v1 -noout | "
		    "openssl pkcs8 -topk8 %s -passout file:%s -out %s",
		    cases[i].options, p.passphrase, path);
		cr_assert_eq(system(command), 0, "%s", cases[i].name);
		if (cases[i].words) {
			expect_refusal(&p, "file:w.key", ERR_KEY, cases[i].words);
			continue;
		}
		cr_expect(hsm_key_open(p.hsm, "file:w.key", &key, &err).ok, "%s: %s (%s)",
		    cases[i].name, err.message, err.cause);
		hsm_key_free(key);
	}
	place_drop(&p);
}

Test(hsm_file, a_key_whose_encryption_was_tampered_with_is_refused)
{
	struct place p = place_new();
	struct err err = {0};
	char path[160];
	AUTO(buf) text = {0};
	hsm_key_free(make(&p, "file:a.key", "EC-P256"));
	key_path(&p, "a.key", path);
	cr_assert(file_read(path, 65536, &text, &err).ok);
	uint8_t *end = memmem(text.p, text.n, "\n-----END", 9);
	cr_assert_not_null(end);
	end[-40] = end[-40] == 'A' ? 'B' : 'A';
	cr_assert(file_replace(path, buf_span(&text), 0600, &err).ok);
	struct hsm_key *key = NULL;
	cr_assert_not(hsm_key_open(p.hsm, "file:a.key", &key, &err).ok);
	cr_assert_eq(err.kind, ERR_KEY);
	place_drop(&p);
}

/* ---- import ---- */

static struct buf pem_of(EVP_PKEY *key, const char *passphrase)
{
	struct buf out = {0};
	char *text = NULL;
	BIO *bio = BIO_new(BIO_s_mem());
	cr_assert(PEM_write_bio_PKCS8PrivateKey(bio, key, passphrase ? EVP_aes_128_cbc() : NULL,
	    passphrase, passphrase ? (int)strlen(passphrase) : 0, NULL, NULL));
	long n = BIO_get_mem_data(bio, &text);
	buf_put(&out, span(text, (size_t)n));
	BIO_free(bio);
	return out;
}

Test(hsm_file, keys_are_imported_and_encrypted_anew)
{
	struct place p = place_new();
	struct err err = {0};
	struct hsm_key *key = NULL;
	AUTO_PTR(EVP_PKEY) theirs = EVP_EC_gen("P-384");
	AUTO(buf) clear = pem_of(theirs, NULL);
	AUTO(buf) sealed = pem_of(theirs, "short");
	struct secret passphrase = secret_copy(SPAN_LITERAL("short"));
	cr_assert(hsm_key_import(p.hsm, "file:a.key", buf_span(&clear), NULL, &key, &err).ok);
	sign_and_verify(key);
	hsm_key_free(TAKE(key));
	cr_assert(hsm_key_open(p.hsm, "file:a.key", &key, &err).ok, "%s", err.message);
	hsm_key_free(TAKE(key));
	cr_assert_not(hsm_key_import(p.hsm, "file:b.key", buf_span(&sealed), NULL, &key, &err).ok,
	    "nobody is asked on a terminal");
	err_clear(&err);
	cr_assert(
	    hsm_key_import(p.hsm, "file:b.key", buf_span(&sealed), &passphrase, &key, &err).ok);
	cr_assert_str_eq(hsm_key_algorithm(key)->name, "EC-P384");
	hsm_key_free(TAKE(key));
	cr_assert_not(hsm_key_import(p.hsm, "file:a.key", buf_span(&clear), NULL, &key, &err).ok);
	cr_assert_eq(err.kind, ERR_CONFLICT);
	secret_free(&passphrase);
	place_drop(&p);
}

/* ---- threads ---- */

static void *sign_many(void *context)
{
	struct hsm_key *key = context;
	for (int i = 0; i < 200; i++) {
		uint8_t message[4] = {(uint8_t)i, 1, 2, 3};
		struct err err = {0};
		AUTO(buf) signature = {0};
		if (!hsm_sign(key, SPAN_OF(message), &signature, &err).ok ||
		    !verifies(key, SPAN_OF(message), buf_span(&signature)))
			return context;
	}
	return NULL;
}

Test(hsm_file, one_handle_signs_in_many_threads)
{
	static const char *const names[] = {"EC-P256", "Ed25519", "RSA-2048"};
	struct place p = place_new();
	for (size_t i = 0; i < COUNT(names); i++) {
		char uri[64];
		pthread_t threads[4];
		snprintf(uri, sizeof(uri), "file:%s.key", names[i]);
		struct hsm_key *key = make(&p, uri, names[i]);
		for (size_t t = 0; t < COUNT(threads); t++)
			cr_assert_eq(pthread_create(&threads[t], NULL, sign_many, key), 0);
		for (size_t t = 0; t < COUNT(threads); t++) {
			void *failed = NULL;
			pthread_join(threads[t], &failed);
			cr_expect_null(failed, "%s", names[i]);
		}
		hsm_key_free(key);
	}
	place_drop(&p);
}

Test(hsm_file, tls_takes_the_key)
{
	struct place p = place_new();
	struct err err = {0};
	SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
	struct hsm_key *key = make(&p, "file:a.key", "EC-P256");
	cr_assert(hsm_key_use_for_tls(key, tls, &err).ok);
	cr_assert_not_null(SSL_CTX_get0_privatekey(tls));
	SSL_CTX_free(tls);
	hsm_key_free(key);
	place_drop(&p);
}

/* ---- opened again ---- */

static struct hsm_key *open_key(struct place *p, const char *uri)
{
	struct err err = {0};
	struct hsm_key *key = NULL;
	cr_assert(hsm_key_open(p->hsm, uri, &key, &err).ok, "%s (%s)", err.message, err.cause);
	return key;
}

/* The same handle: nothing was decrypted for it. */
Test(hsm_file, an_unchanged_file_is_not_decrypted_again_while_it_is_open)
{
	struct place p = place_new();
	hsm_key_free(make(&p, "file:a.key", "EC-P256"));
	hsm_key_free(make(&p, "file:b.key", "EC-P256"));
	struct hsm_key *first = open_key(&p, "file:a.key");
	struct hsm_key *second = open_key(&p, "file:a.key");
	struct hsm_key *other = open_key(&p, "file:b.key");
	cr_expect_eq(first, second);
	cr_expect_neq(first, other);
	hsm_key_free(first);
	sign_and_verify(second);
	hsm_key_free(second);
	hsm_key_free(other);
	sign_and_verify(first = open_key(&p, "file:a.key"));
	hsm_key_free(first);
	place_drop(&p);
}

static void replace_with(struct place *p, const char *new_name, const char *name)
{
	char from[160], to[160];
	key_path(p, new_name, from);
	key_path(p, name, to);
	cr_assert_eq(rename(from, to), 0);
}

Test(hsm_file, a_replaced_file_is_opened_anew)
{
	struct place p = place_new();
	hsm_key_free(make(&p, "file:a.key", "EC-P256"));
	struct hsm_key *before = open_key(&p, "file:a.key");
	struct hsm_key *made = make(&p, "file:new.key", "EC-P256");
	replace_with(&p, "new.key", "a.key");
	struct hsm_key *after = open_key(&p, "file:a.key");
	cr_expect_neq(before, after);
	cr_expect(span_equal(hsm_key_spki(after), hsm_key_spki(made)));
	cr_expect_not(span_equal(hsm_key_spki(after), hsm_key_spki(before)));
	sign_and_verify(before);
	sign_and_verify(after);
	hsm_key_free(before);
	hsm_key_free(after);
	hsm_key_free(made);
	place_drop(&p);
}

Test(hsm_file, a_file_rewritten_in_place_is_opened_anew)
{
	struct place p = place_new();
	char path[160];
	hsm_key_free(make(&p, "file:a.key", "EC-P256"));
	key_path(&p, "a.key", path);
	struct hsm_key *before = open_key(&p, "file:a.key");
	FILE *f = fopen(path, "r+");
	cr_assert(f && fputs("no key", f) > 0 && fclose(f) == 0);
	expect_refusal(&p, "file:a.key", ERR_KEY, "PEM");
	hsm_key_free(before);
	place_drop(&p);
}

/* What opening checks is checked of an open key's file too. */
Test(hsm_file, an_open_key_does_not_excuse_its_files_mode)
{
	struct place p = place_new();
	char path[160];
	hsm_key_free(make(&p, "file:a.key", "EC-P256"));
	key_path(&p, "a.key", path);
	struct hsm_key *key = open_key(&p, "file:a.key");
	cr_assert_eq(chmod(path, 0640), 0);
	expect_refusal(&p, "file:a.key", ERR_KEY, "0640");
	cr_assert_eq(unlink(path), 0);
	expect_refusal(&p, "file:a.key", ERR_MISSING, "a.key");
	hsm_key_free(key);
	place_drop(&p);
}

Test(hsm_file, a_handle_outlives_its_store)
{
	struct place p = place_new();
	hsm_key_free(make(&p, "file:a.key", "EC-P256"));
	struct hsm_key *first = open_key(&p, "file:a.key"), *second = open_key(&p, "file:a.key");
	hsm_again(&p);
	hsm_key_free(first);
	sign_and_verify(second);
	hsm_key_free(second);
	place_drop(&p);
}

static void *open_many(void *context)
{
	struct place *p = context;
	for (int i = 0; i < 200; i++) {
		struct err err = {0};
		AUTO_REF(hsm_key) key = NULL;
		if (!hsm_key_open(p->hsm, i % 50 ? "file:a.key" : "file:b.key", &key, &err).ok)
			return context;
	}
	return NULL;
}

Test(hsm_file, many_threads_open_and_free_one_key)
{
	struct place p = place_new();
	pthread_t threads[4];
	hsm_key_free(make(&p, "file:a.key", "EC-P256"));
	hsm_key_free(make(&p, "file:b.key", "EC-P256"));
	struct hsm_key *held = open_key(&p, "file:a.key");
	for (size_t t = 0; t < COUNT(threads); t++)
		cr_assert_eq(pthread_create(&threads[t], NULL, open_many, &p), 0);
	for (size_t t = 0; t < COUNT(threads); t++) {
		void *failed = NULL;
		pthread_join(threads[t], &failed);
		cr_expect_null(failed);
	}
	sign_and_verify(held);
	hsm_key_free(held);
	place_drop(&p);
}

Test(hsm_file, a_key_directory_of_another_user_is_refused)
{
	struct place p = place_new();
	if (geteuid() != 0) {
		fprintf(stderr, "skipped: only root can give a directory away\n");
		place_drop(&p);
		return;
	}
	hsm_key_free(make(&p, "file:a.key", "EC-P256"));
	cr_assert_eq(chown(p.keys, 65534, 65534), 0);
	expect_refusal(&p, "file:a.key", ERR_KEY, "belongs to user 65534");

	cr_assert_eq(chown(p.keys, 0, 65534), 0);
	hsm_key_free(open_key(&p, "file:a.key"));
	place_drop(&p);
}
