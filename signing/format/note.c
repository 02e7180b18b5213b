/* signing/format/note.c: signed notes. See note.h. */
#include "signing/format/note.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/encode.h"
#include "signing/format/cosignature.h"
#include "signing/format/text.h"

DEFINE_AUTO_PTR(EVP_PKEY, EVP_PKEY_free)
DEFINE_AUTO_PTR(EVP_MD_CTX, EVP_MD_CTX_free)

#define DASH "\xe2\x80\x94 " /* em dash, space */
/* ID and the longest signature that is verified here; of others only the ID is looked at. */
#define SIGNATURE_READ_MAX (NOTE_KEY_ID_SIZE + COSIGNATURE_SIZE)

/* ---- reading -------------------------------------------------------------------------------- */

static struct status parse_signature(
    const struct text *t, struct span line, struct note_signature *s, struct err *err)
{
	size_t n;

	s->number = t->line;
	s->line = span(line.p, line.n + 1);
	if (!text_cut(&line, DASH))
		return text_refuse(t, err, "a signature starts with an em dash and a space");
	s->name = span(line.p, 0);
	while (s->name.n < line.n && line.p[s->name.n] != ' ')
		s->name.n++;
	if (s->name.n == line.n || !note_name_is_good(s->name))
		return text_refuse(t, err, "no good key name behind the em dash");
	s->base64 = span(line.p + s->name.n + 1, line.n - s->name.n - 1);
	if (!text_base64(s->base64, s->id, sizeof(s->id), &n))
		return text_refuse(t, err, "the signature is not base64");
	if (n <= NOTE_KEY_ID_SIZE)
		return text_refuse(t, err, "no signature behind the key ID");
	return STATUS_OK;
}

static struct status parse_signatures(struct text *t, struct note *note, struct err *err)
{
	struct span line;

	while (t->rest.n) {
		if (!text_line(t, &line))
			return text_refuse(t, err, "does not end in a newline");
		if (note->count == NOTE_SIGNATURES_MAX)
			return err_set(err, ERR_TOO_LARGE, "%s, line %u: more than %d signatures",
			    t->what, t->line, NOTE_SIGNATURES_MAX);
		TRY(parse_signature(t, line, &note->signatures[note->count], err));
		note->count++;
	}
	if (note->count == 0)
		return err_set(err, ERR_INPUT, "%s: no signature", t->what);
	return STATUS_OK;
}

static struct status check_octets(const char *what, struct span octets, struct err *err)
{
	if (octets.n > NOTE_SIZE_MAX)
		return err_set(
		    err, ERR_TOO_LARGE, "%s: %zu octets, over %zu", what, octets.n, NOTE_SIZE_MAX);
	if (!text_is_clean(octets))
		return err_set(err, ERR_INPUT, "%s: not UTF-8 without control characters", what);
	return STATUS_OK;
}

/* "the text is separated from the signatures by the last empty line in the note" */
static bool find_last_empty_line(struct span file, size_t *ret_at)
{
	for (size_t at = file.n; at >= 2; at--)
		if (file.p[at - 1] == '\n' && file.p[at - 2] == '\n') {
			*ret_at = at - 1;
			return true;
		}
	return false;
}

static unsigned count_lines(struct span text)
{
	unsigned lines = 0;

	for (size_t i = 0; i < text.n; i++)
		lines += text.p[i] == '\n';
	return lines;
}

struct status note_parse(struct span file, struct note *ret_note, struct err *err)
{
	struct text t = {.what = "note"};
	size_t at;

	*ret_note = (struct note){0};
	TRY(check_octets(t.what, file, err));
	if (!find_last_empty_line(file, &at))
		return err_set(err, ERR_INPUT, "note: no empty line between text and signatures");
	ret_note->text = span(file.p, at);
	t.rest = span(file.p + at + 1, file.n - at - 1);
	t.line = count_lines(ret_note->text) + 1;
	return parse_signatures(&t, ret_note, err);
}

struct status note_parse_signatures(
    struct span text, struct span lines, struct note *ret_note, struct err *err)
{
	struct text t = {.what = "signatures", .rest = lines};

	*ret_note = (struct note){.text = text};
	TRY(check_octets(t.what, lines, err));
	return parse_signatures(&t, ret_note, err);
}

/* ---- verifying ------------------------------------------------------------------------------ */

static bool ed25519_verifies(const uint8_t key[static NOTE_KEY_SIZE],
    const uint8_t signature[static NOTE_SIGNATURE_SIZE], struct span message)
{
	AUTO_PTR(EVP_PKEY)
	pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key, NOTE_KEY_SIZE);
	AUTO_PTR(EVP_MD_CTX) context = EVP_MD_CTX_new();
	bool good =
	    pkey && context && EVP_DigestVerifyInit(context, NULL, NULL, NULL, pkey) == 1 &&
	    EVP_DigestVerify(context, signature, NOTE_SIGNATURE_SIZE, message.p, message.n) == 1;

	ERR_clear_error(); /* a signature that does not verify is an answer, not a fault */
	return good;
}

/* octets: what stands behind the key ID. */
static bool signature_verifies(
    const struct note *note, const struct vkey *key, struct span octets, int64_t *ret_time)
{
	struct cosignature c;
	AUTO(buf) message = {0};

	if (key->type == VKEY_ED25519) {
		*ret_time = 0;
		return octets.n == NOTE_SIGNATURE_SIZE &&
		       ed25519_verifies(key->key, octets.p, note->text);
	}
	if (!cosignature_decode(octets, &c))
		return false;
	*ret_time = c.time;
	cosignature_message(c.time, note->text, &message);
	return ed25519_verifies(key->key, c.signature, buf_span(&message));
}

static bool is_by(const struct note_signature *s, const struct vkey *key)
{
	return vkey_verifies(key) && memcmp(s->id, key->id, sizeof(s->id)) == 0 &&
	       span_equal_str(s->name, key->name);
}

struct status note_verify_one(
    const struct note *note, const struct vkey *key, struct note_seen *ret_seen, struct err *err)
{
	struct note_seen seen = {0};

	for (size_t i = 0; i < note->count; i++) {
		const struct note_signature *s = &note->signatures[i];
		uint8_t octets[SIGNATURE_READ_MAX];
		int64_t time;
		size_t n;

		if (!is_by(s, key))
			continue;
		if (!text_base64(s->base64, octets, sizeof(octets), &n) || n > sizeof(octets) ||
		    !signature_verifies(
			note, key, span(octets + NOTE_KEY_ID_SIZE, n - NOTE_KEY_ID_SIZE), &time))
			return err_set(err, ERR_DENIED,
			    "line %u: the signature of %s does not verify", s->number, key->name);
		if (!seen.verified || time > seen.time)
			seen = (struct note_seen){true, time, i};
	}
	*ret_seen = seen;
	return STATUS_OK;
}

struct status note_verify(const struct note *note, const struct vkey *keys, size_t count,
    struct note_seen *ret_seen, struct err *err)
{
	bool any = false;

	for (size_t i = 0; i < count; i++) {
		TRY(note_verify_one(note, &keys[i], &ret_seen[i], err));
		any = any || ret_seen[i].verified;
	}
	if (!any)
		return err_set(
		    err, ERR_DENIED, "signed by none of the keys known here (%zu)", count);
	return STATUS_OK;
}

/* ---- writing -------------------------------------------------------------------------------- */

void note_message(const struct vkey *key, struct span text, int64_t time, struct buf *out)
{
	if (key->type == VKEY_COSIGNATURE)
		cosignature_message(time, text, out);
	else
		buf_put(out, text);
}

void note_put_text(struct span text, struct buf *out)
{
	buf_put(out, text);
	buf_put_byte(out, '\n');
}

void note_put_signature(const struct vkey *key, int64_t time,
    const uint8_t signature[static NOTE_SIGNATURE_SIZE], struct buf *out)
{
	uint8_t octets[SIGNATURE_READ_MAX];
	struct cosignature c = {.time = time};
	size_t n = NOTE_KEY_ID_SIZE;

	memcpy(octets, key->id, n);
	if (key->type == VKEY_COSIGNATURE) {
		memcpy(c.signature, signature, sizeof(c.signature));
		cosignature_encode(&c, octets + n);
		n += COSIGNATURE_SIZE;
	} else {
		memcpy(octets + n, signature, NOTE_SIGNATURE_SIZE);
		n += NOTE_SIGNATURE_SIZE;
	}
	buf_printf(out, DASH "%s ", key->name);
	base64_encode(span(octets, n), out);
	buf_put_byte(out, '\n');
}
