#include "issue_fixture.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/file.h"
#include "hsm/hsm_internal.h"

/* ---- keys ---- */

struct memory_key {
	struct hsm_key common; /* first */
	EVP_PKEY *key;
};

static struct status memory_sign(
    struct hsm_key *k, struct span message, struct buf *out, struct err *err)
{
	return signature_make(
	    ((struct memory_key *)k)->key, k->algorithm->signature, message, out, err);
}

static struct status dead_sign(
    struct hsm_key *k, struct span message, struct buf *out, struct err *err)
{
	(void)k;
	(void)message;
	(void)out;
	return err_set(err, ERR_KEY, "the token is unplugged");
}

/* They live until the test program ends. */
static void memory_free(struct hsm_key *k)
{
	(void)k;
}

static const struct hsm_backend memory_backend = {
    .scheme = "memory:", .sign = memory_sign, .free = memory_free};
static const struct hsm_backend dead_backend = {
    .scheme = "dead:", .sign = dead_sign, .free = memory_free};

/* Keys live until the test program ends: here, where a leak checker finds them. */
static struct memory_key *keys[64];
static size_t key_count;

struct hsm_key *fixture_key(const char *algorithm)
{
	struct memory_key *k = mem_alloc(sizeof(*k));
	struct err err = {0};
	cr_assert_lt(key_count, COUNT(keys));
	keys[key_count++] = k;
	k->common.backend = &memory_backend;
	k->common.algorithm = key_algorithm_by_name(algorithm);
	cr_assert_not_null(k->common.algorithm, "%s", algorithm);
	cr_assert(key_generate(k->common.algorithm, &k->key, &err).ok, "%s", err.message);
	cr_assert(key_spki(k->key, &k->common.spki, &err).ok, "%s", err.message);
	return &k->common;
}

struct hsm_key *fixture_dead_key(const char *algorithm)
{
	struct hsm_key *k = fixture_key(algorithm);
	k->backend = &dead_backend;
	return k;
}

/* ---- a world ---- */

static void make_authorities(
    struct world *w, const char *root_algorithm, const char *issuing_algorithm)
{
	struct err err = {0};
	struct hsm_key *root_key = fixture_key(root_algorithm);
	struct ceremony_request root = {
	    .subject = "CN=Acme Device Root,O=Acme,C=DE",
	    .key = root_key,
	    .not_before = w->now - DAY,
	    .not_after = w->now + CEREMONY_ROOT_VALIDITY,
	    .path_length = 1,
	};
	cr_assert(ceremony_make(&root, w->now, &w->rng, &w->root_der, &err).ok, "%s", err.message);
	static const char *const permitted[] = {"example"};
	struct ceremony_request issuing = {
	    .subject = "CN=Acme Device CA 1,O=Acme,C=DE",
	    .key = fixture_key(issuing_algorithm),
	    .not_before = w->now - DAY,
	    .not_after = w->now + CEREMONY_CA_VALIDITY,
	    .path_length = 0,
	    .crl_url = "http://pki.example/crl/root.crl",
	    .issuer_url = "http://pki.example/ca/root.cer",
	    .constraints = {.permitted_dns = permitted, .permitted_dns_count = 1},
	    .issuer_certificate = buf_span(&w->root_der),
	    .issuer_key = root_key,
	};
	cr_assert(
	    ceremony_make(&issuing, w->now, &w->rng, &w->issuing_der, &err).ok, "%s", err.message);
	cr_assert(authority_of_certificate(buf_span(&w->root_der), &w->root, &err).ok);
	cr_assert(authority_of_certificate(buf_span(&w->issuing_der), &w->issuing, &err).ok);
	w->issuing.key = issuing.key;
	w->root.key = root_key;
	w->issuing.parent = &w->root;
}

static char *text(struct world *w, const char *s)
{
	return arena_strdup(&w->arena, s);
}

static struct subject_part part(struct world *w, const char *attribute, const char *value)
{
	return (struct subject_part){text(w, attribute), text(w, value)};
}

static struct san_part san(struct world *w, const char *type, const char *value, const char *hw)
{
	return (struct san_part){text(w, type), text(w, value), hw ? text(w, hw) : NULL};
}

static void make_profile(struct world *w)
{
	struct profile *p = &w->profile;
	w->subject[0] = part(w, "C", "DE");
	w->subject[1] = part(w, "O", "{manufacturer}");
	w->subject[2] = part(w, "CN", "{product} {serial}");
	w->subject[3] = part(w, "serialNumber", "{serial}");
	w->san[0] = san(w, "hardware-module-name", "{serial}", "1.3.6.1.4.1.32473.1");
	w->san[1] = san(w, "uri", "urn:acme:device:{serial}", NULL);
	w->san[2] = san(w, "dns", "devices.example", NULL);
	w->san[3] = san(w, "ip", "2001:db8::1", NULL);
	w->san[4] = san(w, "email", "devices@example.com", NULL);
	w->keys[0] = text(w, "EC-P256");
	w->keys[1] = text(w, "EC-P384");
	w->keys[2] = text(w, "Ed25519");
	w->usages[0] = text(w, "clientAuth");
	w->policies[0] = text(w, "1.3.6.1.4.1.32473.2.1");
	p->name = text(w, "device");
	p->authority = &w->issuing;
	p->key_algorithms = (struct str_list){w->keys, 3};
	p->validity = 90 * DAY;
	p->backdate = 300;
	p->subject = (struct map_list){w->subject, 4};
	p->san = (struct map_list){w->san, 5};
	p->key_usage = 1U << KU_DIGITAL_SIGNATURE;
	p->extended_key_usage = (struct str_list){w->usages, 1};
	p->certificate_policies = (struct str_list){w->policies, 1};
	p->crl_distribution = true;
	p->authority_info = true;
	p->mud_url = true;
}

void world_make(struct world *w, const char *root_algorithm, const char *issuing_algorithm)
{
	*w = (struct world){.now = (int64_t)time(NULL), .rng = rng_system()};
	make_authorities(w, root_algorithm, issuing_algorithm);
	w->issuing.name = text(w, "acme-1");
	w->issuing.crl_url = text(w, "http://pki.example/crl/acme-1.crl");
	w->issuing.ocsp_url = text(w, "http://pki.example/ocsp");
	w->issuing.issuer_url = text(w, "http://pki.example/ca/acme-1.cer");
	make_profile(w);
	w->device = (struct issue_subject){
	    .manufacturer = "Acme",
	    .product = "X100",
	    .serial = "SN-0042",
	    .mud_url = "https://mud.example/x100.json",
	};
	w->device_key = fixture_key("EC-P256");
}

void world_free(struct world *w)
{
	buf_free(&w->root_der);
	buf_free(&w->issuing_der);
	arena_free(&w->arena);
}

struct issued world_issue(struct world *w)
{
	struct err err = {0};
	struct issued issued = {0};
	cr_assert(profile_compile(&w->profile, &w->arena, &err).ok, "%s", err.message);
	cr_assert(issue_certificate(&w->profile, &w->device, hsm_key_spki(w->device_key),
		      hsm_key_algorithm(w->device_key), w->now, &w->rng, &issued, &err)
		      .ok,
	    "%s", err.message);
	return issued;
}

/* ---- files and programs ---- */

static char directory[64];

static void remove_directory(void)
{
	char command[128];
	snprintf(command, sizeof(command), "rm -rf '%s'", directory);
	if (system(command) != 0)
		fprintf(stderr, "%s stays\n", directory);
}

const char *fixture_directory(void)
{
	if (!directory[0]) {
		snprintf(directory, sizeof(directory), "/tmp/signet-issue-XXXXXX");
		cr_assert_not_null(mkdtemp(directory));
		atexit(remove_directory);
	}
	return directory;
}

const char *fixture_file(const char *name, const char *label, const struct span *ders, size_t count)
{
	static char path[256];
	AUTO(buf) out = {0};
	struct err err = {0};
	snprintf(path, sizeof(path), "%s/%s", fixture_directory(), name);
	for (size_t i = 0; i < count; i++) {
		if (!label) {
			buf_put(&out, ders[i]);
			continue;
		}
		buf_printf(&out, "-----BEGIN %s-----\r\n", label);
		base64_encode_wrapped(ders[i], 64, &out);
		buf_printf(&out, "-----END %s-----\r\n", label);
	}
	cr_assert(file_replace(path, buf_span(&out), 0600, &err).ok, "%s", err.message);
	return path;
}

static int run(struct buf *ret_output, const char *format, va_list arguments)
{
	char command[2048];
	int n = snprintf(command, sizeof(command), "cd '%s' && { ", fixture_directory());
	n += vsnprintf(command + n, sizeof(command) - (size_t)n, format, arguments);
	snprintf(command + n, sizeof(command) - (size_t)n, "; } 2>&1");
	FILE *pipe = popen(command, "r");
	cr_assert_not_null(pipe);
	uint8_t chunk[4096];
	for (size_t got; (got = fread(chunk, 1, sizeof(chunk), pipe)) > 0;)
		buf_put(ret_output, span(chunk, got));
	int status = pclose(pipe);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

int fixture_run(struct buf *ret_output, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	int code = run(ret_output, format, arguments);
	va_end(arguments);
	return code;
}

void fixture_must(const char *wanted, const char *format, ...)
{
	AUTO(buf) output = {0};
	va_list arguments;
	va_start(arguments, format);
	int code = run(&output, format, arguments);
	va_end(arguments);
	cr_assert_eq(code, 0, "\"%s\" ends with %d: %s", format, code, buf_cstr(&output));
	cr_assert(!wanted || strstr(buf_cstr(&output), wanted), "\"%s\" does not say \"%s\": %s",
	    format, wanted, buf_cstr(&output));
}

struct span fixture_hex(struct arena *arena, const char *hex)
{
	AUTO(buf) out = {0};
	struct err err = {0};
	cr_assert(hex_decode(span_str(hex), &out, &err).ok, "%s: %s", hex, err.message);
	return arena_copy(arena, buf_span(&out));
}
