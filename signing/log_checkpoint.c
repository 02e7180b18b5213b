/* signing/log_checkpoint.c: signing what is committed, see log.h. */
#include <string.h>

#include "signing/log.h"

/* SubjectPublicKeyInfo of Ed25519 (RFC 8410): twelve octets, then the key. */
#define SPKI_SIZE 44

struct status log_vkey(
    const char *name, const struct hsm_key *key, struct vkey *ret_vkey, struct err *err)
{
	struct span spki = hsm_key_spki(key);

	if (strcmp(hsm_key_algorithm(key)->name, "Ed25519") != 0 || spki.n != SPKI_SIZE)
		return err_set(err, ERR_CONFIG, "the log's key is %s, not Ed25519",
		    hsm_key_algorithm(key)->name);
	return vkey_make(
	    span_str(name), VKEY_ED25519, spki.p + SPKI_SIZE - NOTE_KEY_SIZE, ret_vkey, err);
}

static struct status same_key(const struct log_state *state, const struct hsm_key *key,
    struct vkey *ret_vkey, struct err *err)
{
	AUTO(buf) text = {0};

	TRY(log_vkey(state->name, key, ret_vkey, err));
	vkey_put(ret_vkey, &text);
	if (!span_equal_str(buf_span(&text), state->vkey))
		return err_set(err, ERR_CONFIG,
		    "log %s has the key %s, and this server %s: they must have one", state->name,
		    state->vkey, buf_cstr(&text));
	return STATUS_OK;
}

struct status log_checkpoint_sign(
    const struct log_state *state, struct hsm_key *key, struct buf *out, struct err *err)
{
	AUTO(buf) text = {0};
	AUTO(buf) message = {0};
	AUTO(buf) signature = {0};
	struct checkpoint c = {
	    .origin = span_str(state->name), .tree = {.size = (uint64_t)state->size}};
	struct vkey vkey;

	TRY(same_key(state, key, &vkey, err));
	memcpy(c.tree.root.b, state->root.bytes, sizeof(c.tree.root.b));
	checkpoint_put(&c, &text);
	note_message(&vkey, buf_span(&text), 0, &message);
	TRY(hsm_sign(key, buf_span(&message), &signature, err));
	if (signature.n != NOTE_SIGNATURE_SIZE)
		return err_set(err, ERR_KEY, "an Ed25519 signature of %zu octets", signature.n);
	note_put_text(buf_span(&text), out);
	note_put_signature(&vkey, 0, signature.p, out);
	return STATUS_OK;
}
