/* signing/format/vkey.c: the keys of signed notes. See note.h. */
#include "signing/format/note.h"

#include <string.h>

#include "base/encode.h"
#include "base/utf8.h"
#include "signing/format/text.h"

#define ML_DSA_44_KEY_SIZE 1312
#define KEY_ID_DIGITS      ((size_t)2 * NOTE_KEY_ID_SIZE)

/* ---- names ---------------------------------------------------------------------------------- */

/* The code point of a well-formed character of n octets. */
static uint32_t code_point(const uint8_t *p, size_t n)
{
	static const uint8_t head_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	uint32_t c = p[0] & head_bits[n];

	for (size_t i = 1; i < n; i++)
		c = c << 6 | (p[i] & 0x3f);
	return c;
}

/* Unicode's White_Space above ASCII. */
static bool is_wide_space(uint32_t c)
{
	static const struct {
		uint32_t first, last;
	} spaces[] = {
	    {0x85, 0x85},
	    {0xa0, 0xa0},
	    {0x1680, 0x1680},
	    {0x2000, 0x200a},
	    {0x2028, 0x2029},
	    {0x202f, 0x202f},
	    {0x205f, 0x205f},
	    {0x3000, 0x3000},
	};

	for (size_t i = 0; i < COUNT(spaces); i++)
		if (c >= spaces[i].first && c <= spaces[i].last)
			return true;
	return false;
}

bool note_name_is_good(struct span name)
{
	if (name.n == 0 || name.n > NOTE_NAME_MAX)
		return false;
	while (name.n) {
		size_t n = utf8_length(name);
		uint32_t c = n ? code_point(name.p, n) : ' ';

		if (c <= ' ' || c == '+' || is_wide_space(c))
			return false;
		name = span(name.p + n, name.n - n);
	}
	return true;
}

/* ---- keys ----------------------------------------------------------------------------------- */

/* SHA-256(name || 0x0A || type || key)[:4] */
static void key_id(struct span name, struct span material, uint8_t ret_id[static NOTE_KEY_ID_SIZE])
{
	const struct span parts[] = {name, SPAN_LITERAL("\n"), material};
	struct digest digest = sha256_parts(parts, COUNT(parts));

	memcpy(ret_id, digest.bytes, NOTE_KEY_ID_SIZE);
}

static bool type_verifies(uint8_t type)
{
	return type == VKEY_ED25519 || type == VKEY_COSIGNATURE;
}

bool vkey_verifies(const struct vkey *key)
{
	return type_verifies(key->type);
}

bool vkey_same_key(const struct vkey *a, const struct vkey *b)
{
	return memcmp(a->key, b->key, sizeof(a->key)) == 0;
}

struct status vkey_make(struct span name, enum vkey_type type,
    const uint8_t key[static NOTE_KEY_SIZE], struct vkey *ret_key, struct err *err)
{
	uint8_t material[1 + NOTE_KEY_SIZE] = {(uint8_t)type};

	if (!note_name_is_good(name))
		return err_set(err, ERR_INPUT,
		    "key name: 1 to %d octets of UTF-8 without spaces and '+' are wanted",
		    NOTE_NAME_MAX);
	if (!type_verifies((uint8_t)type))
		return err_set(
		    err, ERR_INPUT, "key type 0x%02x: only 01 and 04 can be made", (unsigned)type);
	memcpy(material + 1, key, NOTE_KEY_SIZE);
	*ret_key = (struct vkey){.type = (uint8_t)type};
	memcpy(ret_key->name, name.p, name.n);
	memcpy(ret_key->key, key, NOTE_KEY_SIZE);
	key_id(name, SPAN_OF(material), ret_key->id);
	return STATUS_OK;
}

/* How long the keys of a type are, and what their ID is the hash of, where that is laid down. */
static const struct {
	uint8_t type;
	bool id_of_name; /* else of the key alone */
	size_t key_size; /* 0: it varies */
} known_types[] = {
    {VKEY_ED25519, true, NOTE_KEY_SIZE},
    {VKEY_ECDSA, false, 0},
    {VKEY_COSIGNATURE, true, NOTE_KEY_SIZE},
    {VKEY_COSIGNATURE_ML_DSA_44, true, ML_DSA_44_KEY_SIZE},
};

static struct status check_material(struct span name, struct span material,
    const uint8_t id[static NOTE_KEY_ID_SIZE], struct err *err)
{
	struct span key = span(material.p + 1, material.n - 1);
	uint8_t computed[NOTE_KEY_ID_SIZE];

	for (size_t i = 0; i < COUNT(known_types); i++) {
		if (known_types[i].type != material.p[0])
			continue;
		if (known_types[i].key_size && key.n != known_types[i].key_size)
			return err_set(err, ERR_INPUT, "vkey: a key of %zu octets, not %zu", key.n,
			    known_types[i].key_size);
		if (known_types[i].id_of_name)
			key_id(name, material, computed);
		else
			memcpy(computed, sha256(key).bytes, sizeof(computed));
		if (memcmp(computed, id, sizeof(computed)) != 0)
			return err_set(err, ERR_INPUT, "vkey: the key ID is not that of the key");
	}
	return STATUS_OK;
}

/* Up to the next '+', which is cut off too. */
static bool take_part(struct span *text, struct span *ret_part)
{
	const uint8_t *plus = text->n ? memchr(text->p, '+', text->n) : NULL;

	if (!plus)
		return false;
	*ret_part = span(text->p, (size_t)(plus - text->p));
	*text = span(plus + 1, text->n - ret_part->n - 1);
	return true;
}

static bool read_id(struct span hex, uint8_t ret_id[static NOTE_KEY_ID_SIZE])
{
	static const char digits[] = "0123456789abcdef";

	if (hex.n != KEY_ID_DIGITS)
		return false;
	for (size_t i = 0; i < hex.n; i++) {
		const char *digit = hex.p[i] ? strchr(digits, hex.p[i]) : NULL;

		if (!digit)
			return false;
		ret_id[i / 2] = (uint8_t)(ret_id[i / 2] << 4 | (digit - digits));
	}
	return true;
}

struct status vkey_parse(struct span text, struct vkey *ret_key, struct err *err)
{
	uint8_t octets[VKEY_MATERIAL_MAX] = {0};
	struct vkey key = {0};
	struct span name, id, material = span(octets, 0);

	if (!take_part(&text, &name) || !take_part(&text, &id))
		return err_set(err, ERR_INPUT, "vkey: not <name>+<key ID>+<key>");
	if (!note_name_is_good(name))
		return err_set(err, ERR_INPUT,
		    "vkey: its name is not 1 to %d octets of UTF-8 without spaces", NOTE_NAME_MAX);
	if (!read_id(id, key.id))
		return err_set(err, ERR_INPUT, "vkey: its key ID is not 8 digits of 0-9a-f");
	if (!text_base64(text, octets, sizeof(octets), &material.n))
		return err_set(err, ERR_INPUT, "vkey: its key is not base64");
	if (material.n < 2 || material.n > sizeof(octets))
		return err_set(err, ERR_INPUT, "vkey: type and key of %zu octets, not 2 to %zu",
		    material.n, sizeof(octets));
	TRY(check_material(name, material, key.id, err));
	key.type = octets[0];
	memcpy(key.name, name.p, name.n);
	if (type_verifies(key.type))
		memcpy(key.key, octets + 1, sizeof(key.key));
	else
		memcpy(key.key, sha256(span(octets + 1, material.n - 1)).bytes, sizeof(key.key));
	*ret_key = key;
	return STATUS_OK;
}

void vkey_put(const struct vkey *key, struct buf *out)
{
	uint8_t material[1 + NOTE_KEY_SIZE] = {key->type};
	char id[KEY_ID_DIGITS + 1];

	memcpy(material + 1, key->key, sizeof(key->key));
	hex_text(SPAN_OF(key->id), id);
	buf_printf(out, "%s+%s+", key->name, id);
	base64_encode(SPAN_OF(material), out);
}
