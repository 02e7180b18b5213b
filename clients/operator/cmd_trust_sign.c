/*
 * clients/operator/cmd_trust_sign.c: signet trust key, sign: what needs, or makes, an offline key.
 *
 * Who signs is shown exactly what, and asked. No server is talked to.
 */
#include <string.h>

#include "base/encode.h"
#include "base/file.h"
#include "clients/operator/handlers.h"
#include "clients/operator/offline_key.h"
#include "clients/operator/public_key.h"
#include "clients/operator/quiet.h"
#include "clients/operator/reason.h"
#include "clients/operator/trust_view.h"
#include "signing/format/trust_build.h"

/* ---- key ---- */

static struct status write_public(const struct offline_key *key, const char *file, struct err *err)
{
	const struct cose_key public = cose_key_of(&key->public);
	AUTO(buf) path = {0}, pem = {0};

	if (!public_key_pem(&public, &pem))
		return err_refuse(err, WHY(KEY_FILE), "its public key cannot be written");
	buf_printf(&path, "%s.pub", file);
	return file_replace(buf_cstr(&path), buf_span(&pem), 0644, err);
}

static void print_key(const struct call *c, const struct offline_key *key, const char *file)
{
	char kid[2 * COSE_KID_SIZE + 1];
	json_t *o;

	hex_text(SPAN_OF(key->public.kid), kid);
	if (call_has(c, OPT_JSON)) {
		o = json_pack("{s:s, s:s, s:s}", "kid", kid, "algorithm",
		    cose_algorithm_name(key->public.algorithm), "file", file);
		call_print_json(c, o);
		json_decref(o);
		return;
	}
	screen_printf(&c->out, "%s\n", kid);
	call_note(c, "%s: the private key, encrypted; keep it offline, and a copy elsewhere", file);
	call_note(c, "%s.pub: the public key, for trust.yaml", file);
}

int cmd_trust_key(struct call *c)
{
	const char *algorithm = c->values[OPT_OFFLINE_ALGORITHM];
	const char *file = c->values[OPT_OUTPUT];
	AUTO(secret) passphrase = {0};
	AUTO(offline_key) key = {0};
	struct err err = {0};

	if (!file)
		return call_usage(c, "needs -o FILE");
	if (!passphrase_take(c, file, true, &passphrase, &err).ok ||
	    !offline_key_make(algorithm ? algorithm : "Ed25519", &passphrase, file, &key, &err)
		 .ok ||
	    !write_public(&key, file, &err).ok)
		return call_failed(c, &err);
	print_key(c, &key, file);
	return EXIT_DONE;
}

/* ---- sign ---- */

static bool is_signer(const struct trust *trust, struct span kid)
{
	struct cose_key key;

	for (size_t i = 0; trust_next_key(trust, i, &key); i++)
		if (bytes_equal(key.kid, kid))
			return true;
	return false;
}

/* A signature that nobody counts would only be a wrong key that nobody notices. */
static struct status check_signer(const struct call *c, const struct trust_file *file,
    const struct offline_key *key, struct err *err)
{
	const char *before = c->values[OPT_PREVIOUS];
	AUTO(trust_file) previous = {0};
	const struct span kid = SPAN_OF(key->public.kid);
	char text[2 * COSE_KID_SIZE + 1];

	if (is_signer(&file->trust, kid))
		return STATUS_OK;
	if (before)
		TRY(trust_file_read(before, &previous, err));
	if (before && is_signer(&previous.trust, kid))
		return STATUS_OK;
	hex_text(kid, text);
	return err_refuse(err, WHY(TRUST_SIGNER),
	    "neither this statement%s has the key %s as signer",
	    before ? " nor the one before" : "", text);
}

static struct status make_signature(
    const struct offline_key *key, struct trust_file *file, struct buf *ret_bytes, struct err *err)
{
	AUTO(buf) signature = {0};
	struct cose_made made = {
	    .algorithm = key->public.algorithm, .kid = SPAN_OF(key->public.kid)};

	TRY(offline_key_sign(key, TRUST_AAD, file->trust.file.payload, &signature, err));
	made.signature = buf_span(&signature);
	if (!file->is_unsigned)
		return signed_file_add(buf_span(&file->bytes), &made, ret_bytes, err);
	trust_build_file(file->trust.file.payload, &made, 1, ret_bytes);
	return STATUS_OK;
}

static int confirm(const struct call *c, const struct trust_file *file)
{
	json_t *view;

	if (call_has(c, OPT_YES))
		return EXIT_DONE;
	view = trust_view(file);
	trust_view_print(&c->err, view);
	json_decref(view);
	return call_ask(c, "\nsign this?");
}

static void print_signed(
    const struct call *c, struct trust_file *before, struct span bytes, const char *output)
{
	AUTO(trust_file) after = {0};
	struct err err = {0};
	json_t *view;

	trust_file_free(before);
	if (!trust_file_take(bytes, output, &after, &err).ok)
		return;
	view = trust_view(&after);
	if (call_has(c, OPT_JSON))
		call_print_json(c, view);
	else
		screen_printf(
		    &c->out, "%s\n", json_string_value(json_object_get(view, "payload_sha256")));
	json_decref(view);
	call_note(c, "signed: %s has %zu signature%s, its signers must give %lu", output,
	    after.trust.file.signatures.count, after.trust.file.signatures.count == 1 ? "" : "s",
	    (unsigned long)after.trust.next_threshold);
}

int cmd_trust_sign(struct call *c)
{
	const char *name = c->arguments[0], *key_file = c->values[OPT_OFFLINE_KEY];
	const char *output = call_has(c, OPT_OUTPUT) ? c->values[OPT_OUTPUT] : name;
	AUTO(trust_file) file = {0};
	AUTO(secret) passphrase = {0};
	AUTO(offline_key) key = {0};
	AUTO(buf) bytes = {0};
	struct err err = {0};
	int code;

	if (!key_file)
		return call_usage(c, "needs --key FILE");
	if (!trust_file_read(name, &file, &err).ok)
		return call_failed(c, &err);
	code = confirm(c, &file);
	if (code != EXIT_DONE)
		return code;
	if (!passphrase_take(c, key_file, false, &passphrase, &err).ok ||
	    !offline_key_load(key_file, &passphrase, &key, &err).ok ||
	    !check_signer(c, &file, &key, &err).ok ||
	    !make_signature(&key, &file, &bytes, &err).ok ||
	    !file_replace(output, buf_span(&bytes), 0644, &err).ok)
		return call_failed(c, &err);
	print_signed(c, &file, buf_span(&bytes), output);
	return EXIT_DONE;
}
