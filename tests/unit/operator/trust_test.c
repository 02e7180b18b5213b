/* signet trust: statements made, signed and verified without a server. */
#include "clients/operator/cli.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/algorithm.h"
#include "base/file.h"
#include "clients/operator/trust_plan.h"
#include "tests/unit/operator/responder.h"

/* A directory with keys of three signers, a key of releases, and a passphrase. */
struct desk {
	char dir[64];
};

static void write_file(const struct desk *d, const char *name, const char *text, mode_t mode)
{
	char path[160];
	struct err err = {0};

	snprintf(path, sizeof(path), "%s/%s", d->dir, name);
	cr_assert(file_replace(path, span_str(text), mode, &err).ok, "%s", err.message);
}

/* `line` with @ for the directory of files */
static struct outcome run(const struct desk *d, const char *line)
{
	AUTO(buf) b = {0};

	for (; *line; line++)
		if (*line == '@')
			buf_put_str(&b, d->dir);
		else
			buf_put_byte(&b, (uint8_t)*line);
	return signet(NULL, buf_cstr(&b));
}

static void must(const struct desk *d, const char *line)
{
	AUTO(outcome) o = run(d, line);

	cr_assert_eq(o.code, EXIT_DONE, "%s: %s", line, o.err);
}

#define HEAD                                                                     \
	"product: acme-x100\nvendor_domain: acme.example\nversion: 1\ncreated: " \
	"2026-01-01T00:00:00Z\nkeys:\n  - {name: rel, file: rel.pub}\n"
#define LOG    "log: log.example+5d23591e+AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n"
#define PLAIN  "grants:\n  - {keys: [rel], channels: [stable]}\n"
#define GRANTS LOG "grants:\n  - {keys: [rel], channels: [stable], approvals: 2}\n"
#define SIGNERS                                                                                 \
	"signers:\n  threshold: 2\n  keys:\n    - {name: a, file: a.key.pub}\n    - {name: b, " \
	"file: b.key.pub}\n"

static void desk_make(struct desk *d)
{
	static const char *const names[] = {"a", "b", "c", "rel"};

	snprintf(d->dir, sizeof(d->dir), "/tmp/signet-trust.XXXXXX");
	cr_assert(mkdtemp(d->dir));
	write_file(d, "pass", "a long passphrase\n", 0600);
	for (size_t i = 0; i < COUNT(names); i++) {
		char line[200];

		snprintf(line, sizeof(line),
		    "trust key -o @/%s.key --passphrase-file @/pass --algorithm %s", names[i],
		    i == 1 ? "EC-P256" : "Ed25519");
		must(d, line);
	}
}

static void desk_free(const struct desk *d)
{
	char line[100];

	snprintf(line, sizeof(line), "rm -rf %s", d->dir);
	cr_assert_eq(system(line), 0);
}

static const struct {
	const char *says;
	const char *text;
} refused[] = {
    {"'signers': is missing", HEAD GRANTS},
    {"cannot be opened", "product: p\nvendor_domain: v\nversion: 1\nkeys:\n  - {name: rel, file: "
			 "none}\n" GRANTS SIGNERS},
    {"a file or public_key, one of them",
	"product: p\nvendor_domain: v\nversion: 1\nkeys:\n  - {name: rel}\n" GRANTS SIGNERS},
    {"needs vendor_domain",
	"product: p\nversion: 1\nkeys:\n  - {name: rel, file: rel.key.pub}\n" GRANTS SIGNERS},
    {"is no UUID", "product: p\nvendor_id: x\nversion: 1\nkeys:\n  - {name: rel, file: "
		   "rel.key.pub}\n" GRANTS SIGNERS},
    {"not that of", "product: p\nvendor_domain: acme.example\nvendor_id: "
		    "00000000-0000-0000-0000-000000000000\nversion: 1\nkeys:\n  - {name: rel, "
		    "file: rel.key.pub}\n" GRANTS SIGNERS},
    {"neither the name of a key",
	HEAD "grants:\n  - {keys: [other], channels: [stable]}\n" SIGNERS},
    {"two keys 'rel'", HEAD "  - {name: rel, file: rel.key.pub}\n" GRANTS SIGNERS},
    {"private key", "product: p\nvendor_domain: v\nversion: 1\nkeys:\n  - {name: rel, file: "
		    "rel.key}\n" GRANTS SIGNERS},
    {"not of ES384", "product: p\nvendor_domain: v\nversion: 1\nkeys:\n  - {name: rel, file: "
		     "rel.key.pub, algorithm: ES384}\n" GRANTS SIGNERS},
    {"log:", HEAD PLAIN SIGNERS "log: nonsense\n"},
    {"trust.unproven",
	HEAD "grants:\n  - {keys: [rel], channels: [stable], approvals: 2}\n" SIGNERS},
    {"threshold", HEAD GRANTS "signers:\n  threshold: 3\n  keys:\n    - {name: a, file: "
			      "a.key.pub}\n"},
    {"no such member", HEAD GRANTS SIGNERS "colour: red\n"},
    {"one document", HEAD GRANTS SIGNERS "---\na: b\n"},
};

Test(operator_trust, a_document_that_does_not_hold_together_is_refused_by_its_line, .timeout = 60)
{
	struct desk d;

	desk_make(&d);
	must(&d, "trust key -o @/x.key --passphrase-file @/pass");
	for (size_t i = 0; i < COUNT(refused); i++) {
		AUTO(buf) text = {0};
		const char *rel = strstr(refused[i].text, "rel.pub");

		/* rel.pub of HEAD is rel.key.pub on the desk */
		if (rel) {
			buf_put(&text, span(refused[i].text, (size_t)(rel - refused[i].text)));
			buf_printf(&text, "rel.key.pub%s", rel + 7);
		} else {
			buf_put_str(&text, refused[i].text);
		}
		write_file(&d, "t.yaml", buf_cstr(&text), 0644);
		AUTO(outcome) o = run(&d, "trust make -f @/t.yaml -o @/t.unsigned");
		cr_expect_eq(o.code, EXIT_FAILED, "%zu: %s", i, o.out);
		cr_expect(strstr(o.err, refused[i].says), "%zu, %s: %s", i, refused[i].says, o.err);
	}
	desk_free(&d);
}

static void make_first(struct desk *d)
{
	AUTO(buf) text = {0};

	buf_put_str(&text,
	    "product: acme-x100\nvendor_domain: acme.example\nversion: 1\nkeys:\n  - "
	    "{name: rel, file: rel.key.pub}\n" GRANTS SIGNERS);
	write_file(d, "t.yaml", buf_cstr(&text), 0644);
	must(d, "trust make -f @/t.yaml -o @/t1.unsigned");
}

#define SIGN_BY(key) " --key @/" key ".key --passphrase-file @/pass --yes"

Test(operator_trust, holds_when_its_quorum_has_signed_and_not_before, .timeout = 60)
{
	struct desk d;

	desk_make(&d);
	make_first(&d);
	AUTO(outcome) none = run(&d, "trust verify @/t1.unsigned");
	cr_expect_eq(none.code, EXIT_FAILED);
	must(&d, "trust sign @/t1.unsigned -o @/t1.cbor" SIGN_BY("a"));
	must(&d, "trust sign @/t1.cbor" SIGN_BY("a"));
	AUTO(outcome) one = run(&d, "trust verify @/t1.cbor");
	cr_expect_eq(one.code, EXIT_FAILED);
	cr_expect(strstr(one.err, "trust.quorum-new"), "%s", one.err);
	AUTO(outcome) stranger = run(&d, "trust sign @/t1.cbor" SIGN_BY("c"));
	cr_expect_eq(stranger.code, EXIT_FAILED);
	cr_expect(strstr(stranger.err, "trust.signer"), "%s", stranger.err);
	must(&d, "trust sign @/t1.cbor" SIGN_BY("b"));
	must(&d, "trust verify @/t1.cbor");
	AUTO(outcome) pinned = run(&d, "trust verify @/t1.cbor --sha256 00");
	cr_expect(strstr(pinned.err, "trust.pin"), "%s", pinned.err);
	AUTO(outcome) shown = run(&d, "trust show @/t1.cbor");
	cr_expect(strstr(shown.out, "Ed25519    yes"), "%s", shown.out);
	cr_expect(strstr(shown.out, "ESP256     yes"), "%s", shown.out);
	desk_free(&d);
}

/* As in an archive: keys of today and of tomorrow, one of each must sign. */
Test(operator_trust, ml_dsa_65_signs_statements_beside_ec, .timeout = 60)
{
	struct desk d;

	if (!key_algorithm_available(key_algorithm_by_name("ML-DSA-65")))
		cr_skip_test("this OpenSSL does not have ML-DSA-65");
	desk_make(&d);
	must(&d, "trust key -o @/m.key --passphrase-file @/pass --algorithm ML-DSA-65");
	write_file(&d, "t.yaml",
	    "product: acme-x100\nvendor_domain: acme.example\nversion: 1\nkeys:\n  - "
	    "{name: rel, file: rel.key.pub}\n" GRANTS
	    "signers:\n  threshold: 2\n  keys:\n    - {name: m, file: m.key.pub}\n    - {name: "
	    "b, file: b.key.pub}\n",
	    0644);
	must(&d, "trust make -f @/t.yaml -o @/t1.unsigned");
	must(&d, "trust sign @/t1.unsigned -o @/t1.cbor" SIGN_BY("b"));
	AUTO(outcome) one = run(&d, "trust verify @/t1.cbor");
	cr_expect(strstr(one.err, "trust.quorum-new"), "%s", one.err);
	must(&d, "trust sign @/t1.cbor" SIGN_BY("m"));
	must(&d, "trust verify @/t1.cbor");
	AUTO(outcome) shown = run(&d, "trust show @/t1.cbor");
	cr_expect(strstr(shown.out, "ML-DSA-65  yes"), "%s", shown.out);
	desk_free(&d);
}

/* Whoever gives it away, takes it over: the next statement needs both quorums. */
Test(operator_trust, rotation_takes_the_old_quorum_and_the_new, .timeout = 60)
{
	struct desk d;
	AUTO(buf) yaml = {0};
	struct err err = {0};
	char path[160];
	char *at;

	desk_make(&d);
	make_first(&d);
	must(&d, "trust sign @/t1.unsigned -o @/t1.cbor" SIGN_BY("a"));
	must(&d, "trust sign @/t1.cbor" SIGN_BY("b"));
	must(&d, "trust next @/t1.cbor -o @/t2.yaml");
	snprintf(path, sizeof(path), "%s/t2.yaml", d.dir);
	cr_assert(file_read(path, TRUST_PLAN_MAX, &yaml, &err).ok);
	/* other signers: c alone */
	at = strstr(buf_cstr(&yaml), "signers:");
	cr_assert(at);
	yaml.n = (size_t)(at - (char *)yaml.p);
	buf_put_str(
	    &yaml, "signers:\n  threshold: 1\n  keys:\n    - {name: c, file: c.key.pub}\n" LOG);
	cr_assert(file_replace(path, buf_span(&yaml), 0644, &err).ok);
	must(&d, "trust make -f @/t2.yaml -o @/t2.unsigned");
	must(&d, "trust sign @/t2.unsigned -o @/t2.cbor" SIGN_BY("c"));
	AUTO(outcome) new = run(&d, "trust verify @/t2.cbor --previous @/t1.cbor");
	cr_expect(strstr(new.err, "trust.quorum-old"), "%s", new.err);
	AUTO(outcome) lonely = run(&d, "trust sign @/t2.cbor" SIGN_BY("a"));
	cr_expect(strstr(lonely.err, "trust.signer"), "%s", lonely.err);
	must(&d, "trust sign @/t2.cbor --previous @/t1.cbor" SIGN_BY("a"));
	must(&d, "trust sign @/t2.cbor --previous @/t1.cbor" SIGN_BY("b"));
	must(&d, "trust verify @/t2.cbor --previous @/t1.cbor");
	AUTO(outcome) back = run(&d, "trust verify @/t1.cbor --previous @/t2.cbor");
	cr_expect_eq(back.code, EXIT_FAILED);
	desk_free(&d);
}

Test(operator_trust, the_next_document_says_what_the_statement_says, .timeout = 60)
{
	struct desk d;

	desk_make(&d);
	make_first(&d);
	must(&d, "trust sign @/t1.unsigned -o @/t1.cbor" SIGN_BY("a"));
	must(&d, "trust next @/t1.cbor -o @/t2.yaml");
	must(&d, "trust make -f @/t2.yaml -o @/t2.unsigned");
	AUTO(outcome) one = run(&d, "trust show @/t1.cbor --json");
	AUTO(outcome) two = run(&d, "trust show @/t2.unsigned --json");
	json_t *a = json_loads(one.out, 0, NULL), *b = json_loads(two.out, 0, NULL);
	static const char *const same[] = {
	    "product", "vendor_id", "keys", "grants", "revoked", "threshold"};

	for (size_t i = 0; i < COUNT(same); i++)
		cr_expect(json_equal(json_object_get(a, same[i]), json_object_get(b, same[i])),
		    "%s", same[i]);
	cr_expect_eq(json_integer_value(json_object_get(b, "version")), 2);
	json_decref(a);
	json_decref(b);
	desk_free(&d);
}

Test(operator_trust, offline_keys_are_never_clear_and_never_written_over, .timeout = 60)
{
	struct desk d;
	char path[160];
	struct stat st;
	AUTO(buf) pem = {0};
	struct err err = {0};

	desk_make(&d);
	snprintf(path, sizeof(path), "%s/a.key", d.dir);
	cr_assert(stat(path, &st) == 0);
	cr_expect_eq(st.st_mode & 0777, 0600);
	cr_assert(file_read(path, 10000, &pem, &err).ok);
	cr_expect(strstr(buf_cstr(&pem), "ENCRYPTED PRIVATE KEY"));
	AUTO(outcome) again = run(&d, "trust key -o @/a.key --passphrase-file @/pass");
	cr_expect_eq(again.code, EXIT_FAILED);
	AUTO(outcome) nobody = run(&d, "trust key -o @/new.key");
	cr_expect(strstr(nobody.err, "key.passphrase"), "%s", nobody.err);
	write_file(&d, "open", "everybody knows\n", 0644);
	AUTO(outcome) open = run(&d, "trust key -o @/new.key --passphrase-file @/open");
	cr_expect(strstr(open.err, "key.passphrase"), "%s", open.err);
	AUTO(outcome)
	rsa = run(&d, "trust key -o @/new.key --passphrase-file @/pass --algorithm RSA-2048");
	cr_expect(strstr(rsa.err, "key.file"), "%s", rsa.err);
	make_first(&d);
	write_file(&d, "wrong", "another passphrase\n", 0600);
	AUTO(outcome)
	wrong = run(&d, "trust sign @/t1.unsigned --key @/a.key --passphrase-file @/wrong --yes");
	cr_expect(strstr(wrong.err, "passphrase is wrong"), "%s", wrong.err);
	AUTO(outcome)
	unasked = run(&d, "trust sign @/t1.unsigned --key @/a.key --passphrase-file @/pass");
	cr_expect_eq(unasked.code, EXIT_USAGE);
	desk_free(&d);
}

Test(operator_trust, a_statement_changed_at_any_octet_is_not_taken, .timeout = 120)
{
	struct desk d;
	char path[160];
	AUTO(buf) bytes = {0};
	struct err err = {0};

	desk_make(&d);
	make_first(&d);
	must(&d, "trust sign @/t1.unsigned -o @/t1.cbor" SIGN_BY("a"));
	must(&d, "trust sign @/t1.cbor" SIGN_BY("b"));
	snprintf(path, sizeof(path), "%s/t1.cbor", d.dir);
	cr_assert(file_read(path, TRUST_SIZE_MAX, &bytes, &err).ok);
	snprintf(path, sizeof(path), "%s/bad.cbor", d.dir);
	for (size_t i = 0; i < bytes.n; i += 7) {
		bytes.p[i] ^= 1;
		cr_assert(file_replace(path, buf_span(&bytes), 0644, &err).ok);
		bytes.p[i] ^= 1;
		AUTO(outcome) o = run(&d, "trust verify @/bad.cbor");
		cr_expect_eq(o.code, EXIT_FAILED, "octet %zu", i);
	}
	desk_free(&d);
}
