/*
 * What we write, held against tests/suit/check: a program that knows the standards and not our
 * code, with signatures verified by the openssl command.
 */
#include <stdio.h>
#include <stdlib.h>

#include <openssl/pem.h>

#include "base/encode.h"
#include "base/file.h"
#include "tests/unit/format/trust_keys.h"

struct folder {
	char path[64];
	char arguments[1024]; /* public keys */
};

static void folder_make(struct folder *f)
{
	if (system("python3 -c '' 2>/dev/null") != 0)
		cr_skip_test("python3 is not here");
	snprintf(f->path, sizeof(f->path), "/tmp/signet-suit-XXXXXX");
	cr_assert_not_null(mkdtemp(f->path));
	f->arguments[0] = 0;
}

static void folder_remove(const struct folder *f)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", f->path);
	cr_expect_eq(system(command), 0);
}

static void add_key(struct folder *f, const struct sk_key *key)
{
	size_t n = strlen(f->arguments);
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%zu.pem", f->path, n);
	file = fopen(path, "w");
	cr_assert(file && PEM_write_PUBKEY(file, key->private) == 1);
	fclose(file);
	snprintf(f->arguments + n, sizeof(f->arguments) - n, " %s", path);
}

/* Exit code; what it printed. */
static int check(const struct folder *f, const char *kind, struct span bytes, struct buf *ret_text)
{
	struct err err = {0};
	char command[1400], path[128];
	int code;

	snprintf(path, sizeof(path), "%s/file", f->path);
	cr_assert(file_replace(path, bytes, 0600, &err).ok, "%s", err.message);
	snprintf(command, sizeof(command), "tests/suit/check %s %s%s >%s/out 2>&1", kind, path,
	    f->arguments, f->path);
	code = system(command);
	snprintf(path, sizeof(path), "%s/out", f->path);
	cr_assert(file_read(path, 65536, ret_text, &err).ok);
	return code;
}

static void says(struct buf *text, const char *line)
{
	cr_expect_not_null(strstr(buf_cstr(text), line), "%s: not in %s", line, buf_cstr(text));
}

static void says_hex(struct buf *text, const char *before, struct span octets)
{
	AUTO(buf) line = {0};

	buf_put_str(&line, before);
	hex_encode(octets, &line);
	says(text, buf_cstr(&line));
}

static void check_envelope_by(const char *algorithm)
{
	AUTO(buf) manifest = {0};
	AUTO(buf) envelope = {0};
	AUTO(buf) digest = {0};
	AUTO(buf) text = {0};
	AUTO(buf) spoilt = {0};
	struct sk_key key;
	struct folder f;

	sk_key_need(algorithm, &key);
	folder_make(&f);
	add_key(&f, &key);
	sk_manifest(42, 2, &manifest);
	sk_envelope(buf_span(&manifest), &key, 1, &envelope);
	cr_expect_eq(check(&f, "envelope", buf_span(&envelope), &text), 0, "%s: %s", algorithm,
	    buf_cstr(&text));
	suit_build_digest(buf_span(&manifest), &digest);
	says_hex(&text, "digest sha256 ", span(digest.p + digest.n - 32, 32));
	says_hex(&text, "", sk_kid(&key));
	says(&text, "sequence 42\n");
	says(&text, "component main sha256 010203");
	says(&text, "component radio sha512 010203");
	says_hex(&text, "class ", SPAN_OF(sk_class));
	/* The check can fail. */
	envelope.p[envelope.n - 1] ^= 1;
	cr_expect_neq(check(&f, "envelope", buf_span(&envelope), &spoilt), 0, "%s", algorithm);
	sk_key_free(&key);
	folder_remove(&f);
}

Test(format_independent, envelopes_by_every_algorithm_are_reproduced_by_another_program)
{
	static const char *const algorithms[] = {
	    "ES256", "ESP256", "ES384", "ESP384", "Ed25519", "EdDSA"};

	for (size_t i = 0; i < COUNT(algorithms); i++)
		check_envelope_by(algorithms[i]);
}

Test(format_independent, an_envelope_by_ml_dsa_44_is_reproduced_by_another_program)
{
	check_envelope_by("ML-DSA-44");
}

Test(format_independent, an_envelope_by_ml_dsa_65_is_reproduced_by_another_program)
{
	check_envelope_by("ML-DSA-65");
}

Test(format_independent, an_envelope_by_ml_dsa_87_is_reproduced_by_another_program)
{
	check_envelope_by("ML-DSA-87");
}

static void check_envelope_by_both(const char *one, const char *other)
{
	AUTO(buf) manifest = {0};
	AUTO(buf) envelope = {0};
	AUTO(buf) text = {0};
	AUTO(buf) without = {0};
	struct sk_key keys[2];
	struct folder f;

	sk_key_need(one, &keys[0]);
	sk_key_need(other, &keys[1]);
	folder_make(&f);
	sk_manifest(43, 1, &manifest);
	sk_envelope(buf_span(&manifest), keys, 2, &envelope);
	add_key(&f, &keys[0]);
	cr_expect_neq(check(&f, "envelope", buf_span(&envelope), &without), 0);
	add_key(&f, &keys[1]);
	cr_expect_eq(check(&f, "envelope", buf_span(&envelope), &text), 0, "%s", buf_cstr(&text));
	for (size_t i = 0; i < COUNT(keys); i++) {
		char line[32];

		snprintf(line, sizeof(line), "signed %d ", keys[i].algorithm);
		says_hex(&text, line, sk_kid(&keys[i]));
	}
	sk_key_free(&keys[0]);
	sk_key_free(&keys[1]);
	folder_remove(&f);
}

Test(format_independent, an_envelope_by_several_keys_is_reproduced_by_another_program)
{
	check_envelope_by_both("ESP256", "Ed25519");
}

Test(format_independent, an_envelope_by_es256_and_ml_dsa_44_is_reproduced_by_another_program)
{
	check_envelope_by_both("ES256", "ML-DSA-44");
}

Test(format_independent, trust_statements_and_recall_lists_are_reproduced_by_another_program)
{
	static const uint64_t sequences[] = {9, 3};
	struct recall_build build = {.product = SPAN_LITERAL("X100"),
	    .channel = SPAN_LITERAL("stable"),
	    .number = 7,
	    .sequence_count = 2,
	    .sequences = sequences,
	    .class_id = SK_CLASS};
	AUTO(buf) statement = {0};
	AUTO(buf) payload = {0};
	AUTO(buf) list = {0};
	AUTO(buf) text = {0};
	AUTO(buf) recalled = {0};
	AUTO(buf) mixed = {0};
	struct err err = {0};
	struct folder f;
	struct tk t;

	folder_make(&f);
	tk_make(&t);
	for (size_t i = 0; i < TK_NEXT; i++)
		add_key(&f, &t.next[i]);
	add_key(&f, &t.keys[0]);
	tk_statement(&t, (const struct sk_key *[]){&t.next[0], &t.next[2]}, 2, &statement);
	cr_expect_eq(check(&f, "trust", buf_span(&statement), &text), 0, "%s", buf_cstr(&text));
	says(&text, "product X100 version 1\n");
	says_hex(&text, "signed -19 ", sk_kid(&t.next[2]));
	says_hex(&text, "key -51 ", sk_kid(&t.keys[3]));
	cr_assert(recall_build_payload(&build, &payload, &err).ok);
	tk_sign(RECALL_AAD, buf_span(&payload), (const struct sk_key *[]){&t.keys[0]}, 1, &list);
	cr_expect_eq(check(&f, "recall", buf_span(&list), &recalled), 0, "%s", buf_cstr(&recalled));
	says(&recalled, "recalled 3 9\n");
	cr_expect_neq(check(&f, "trust", buf_span(&list), &mixed), 0);
	tk_free(&t);
	folder_remove(&f);
}
