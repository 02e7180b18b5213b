/* clients/operator/trust_view.c: see trust_view.h. */
#include "clients/operator/trust_view.h"

#include "base/clock.h"
#include "base/encode.h"
#include "clients/operator/list.h"
#include "clients/operator/show.h"
#include "clients/operator/value.h"
#include "signing/format/crypto_openssl.h"
#include "signing/format/note.h"
#include "signing/format/uuid.h"

#define KID_SHOWN 12 /* hex digits */

static json_t *text_of(struct span s)
{
	return json_stringn((const char *)s.p, s.n);
}

static json_t *hex_of(struct span s)
{
	AUTO(buf) text = {0};

	hex_encode(s, &text);
	return text_of(buf_span(&text));
}

static json_t *time_of(uint64_t seconds)
{
	char text[TIME_TEXT_SIZE];

	time_text((int64_t)seconds, text);
	return json_string(text);
}

/* ---- who has signed ---- */

/* The statement's signature under this kid; false: there is none. */
static bool find_signature(const struct trust *trust, struct span kid, struct cose_sign1 *ret_sign1)
{
	struct cbor_in in = cbor_in(trust->file.signatures.items);

	for (size_t i = 0; i < trust->file.signatures.count; i++) {
		struct cbor_in one = cbor_in(cbor_in_bytes(&in));

		cose_in_sign1(&one, ret_sign1);
		if (one.refusal == REFUSAL_NONE && bytes_equal(ret_sign1->kid, kid))
			return true;
	}
	return false;
}

static const char *signed_word(const struct trust_file *file, const struct cose_key *key)
{
	AUTO(crypto_openssl) state = {0};
	const struct boot_crypto crypto = crypto_openssl(&state);
	struct cose_sign1 sign1;

	if (file->is_unsigned || !find_signature(&file->trust, key->kid, &sign1))
		return "no";
	return cose_verify(&crypto, &sign1, key, TRUST_AAD, file->trust.file.payload) ==
		       REFUSAL_NONE
		   ? "yes"
		   : "broken";
}

/* ---- parts ---- */

static json_t *key_view(const struct cose_key *key)
{
	return json_pack("{s:o, s:s?}", "kid", hex_of(key->kid), "algorithm",
	    cose_algorithm_name(key->algorithm));
}

static json_t *keys_view(const struct trust *trust)
{
	json_t *list = json_array();
	struct cose_key key;

	for (size_t i = 0; trust_key(trust, i, &key); i++) {
		json_t *o = key_view(&key);

		json_object_set_new(
		    o, "state", json_string(trust_revoked(trust, key.kid) ? "revoked" : "active"));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *signers_view(const struct trust_file *file)
{
	json_t *list = json_array();
	struct cose_key key;

	for (size_t i = 0; trust_next_key(&file->trust, i, &key); i++) {
		json_t *o = key_view(&key);

		json_object_set_new(o, "signed", json_string(signed_word(file, &key)));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *ids_view(const struct trust_items *ids)
{
	json_t *list = json_array();
	struct cbor_in in = cbor_in(ids->items);

	for (size_t i = 0; i < ids->count; i++)
		json_array_append_new(list, hex_of(cbor_in_bytes(&in)));
	return list;
}

static json_t *names_view(const struct trust_items *names)
{
	json_t *list = json_array();
	struct cbor_in in = cbor_in(names->items);

	for (size_t i = 0; i < names->count; i++)
		json_array_append_new(list, text_of(cbor_in_text(&in)));
	return list;
}

static json_t *grants_view(const struct trust *trust)
{
	json_t *list = json_array();
	struct trust_grant grant;

	for (size_t i = 0; trust_grant(trust, i, &grant); i++) {
		json_t *o = json_pack("{s:o, s:I, s:o, s:I}", "keys", ids_view(&grant.kids),
		    "signatures", (json_int_t)grant.signers, "channels",
		    names_view(&grant.channels), "from", (json_int_t)grant.first);

		if (grant.last != UINT64_MAX)
			json_object_set_new(o, "to", json_integer((json_int_t)grant.last));
		json_object_set_new(o, "approvals", json_integer((json_int_t)grant.approvals));
		json_object_set_new(o, "may_recall", json_boolean(grant.may_recall));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *log_view(const struct trust *trust)
{
	AUTO(buf) text = {0};
	struct vkey key;
	struct err err = {0};

	if (!trust->log_key.p ||
	    !vkey_make(trust->log_origin, VKEY_ED25519, trust->log_key.p, &key, &err).ok)
		return json_null();
	vkey_put(&key, &text);
	return text_of(buf_span(&text));
}

json_t *trust_view(const struct trust_file *file)
{
	const struct trust *t = &file->trust;
	const struct digest payload = sha256(t->file.payload),
			    whole = sha256(buf_span(&file->bytes));
	char uuid[UUID_TEXT_SIZE];
	json_t *o;

	uuid_text(t->vendor_id.p, uuid);
	o = json_pack("{s:o, s:I, s:s, s:o, s:o, s:o}", "product", text_of(t->product), "version",
	    (json_int_t)t->version, "vendor_id", uuid, "created_at", time_of(t->created), "log",
	    log_view(t), "payload_sha256", hex_of(SPAN_OF(payload.bytes)));
	if (!file->is_unsigned)
		json_object_set_new(o, "sha256", hex_of(SPAN_OF(whole.bytes)));
	json_object_set_new(o, "keys", keys_view(t));
	json_object_set_new(o, "grants", grants_view(t));
	json_object_set_new(o, "revoked", ids_view(&t->revoked));
	json_object_set_new(o, "threshold", json_integer((json_int_t)t->next_threshold));
	json_object_set_new(o, "signers", signers_view(file));
	return o;
}

/* ---- for people ---- */

static const struct show_row rows[] = {{"product", "product"}, {"version", "version"},
    {"created", "created_at"}, {"vendor id", "vendor_id"}, {"log", "log"},
    {"payload", "payload_sha256"}, {"file", "sha256"}, {"signatures wanted", "threshold"}, {0}};
/* clang-format off */
#define COLUMN(title, path, form, otherwise) {title, path, COLUMN_##form, otherwise}
#define END {NULL, NULL, COLUMN_TEXT, NULL}
/* clang-format on */
static const struct column key_columns[] = {COLUMN("KID", "kid", TEXT, NULL),
    COLUMN("ALGORITHM", "algorithm", TEXT, NULL), COLUMN("STATE", "state", STATE, NULL), END};
static const struct column signer_columns[] = {COLUMN("KID", "kid", TEXT, NULL),
    COLUMN("ALGORITHM", "algorithm", TEXT, NULL), COLUMN("SIGNED", "signed", TEXT, NULL), END};
static const struct column grant_columns[] = {COLUMN("CHANNELS", "channels", TEXT, NULL),
    COLUMN("FROM", "from", NUMBER, NULL), COLUMN("TO", "to", NUMBER, NULL),
    COLUMN("APPROVALS", "approvals", NUMBER, NULL), COLUMN("RECALL", "may_recall", TEXT, NULL),
    COLUMN("SIGNATURES", "signatures", NUMBER, NULL), COLUMN("OF KEYS", "keys", TEXT, NULL), END};

/* Grants with kids that fit on a line; the whole ones stand with the keys. */
static json_t *grants_short(const json_t *grants)
{
	json_t *copy = json_deep_copy(grants), *grant, *kid;
	size_t i, k;

	json_array_foreach(copy, i, grant)
	{
		json_t *kids = json_object_get(grant, "keys");

		json_array_foreach(kids, k, kid)
		{
			json_array_set_new(
			    kids, k, json_stringn(json_string_value(kid), KID_SHOWN));
		}
	}
	return copy;
}

void trust_view_print(const struct screen *out, const json_t *view)
{
	json_t *grants = grants_short(value_at(view, "grants"));

	show_rows(out, rows, view);
	show_table(out, "Keys that sign releases", key_columns, value_at(view, "keys"));
	show_table(out, "What they may sign", grant_columns, grants);
	json_decref(grants);
	show_table(out, "Keys that sign this statement and the next", signer_columns,
	    value_at(view, "signers"));
}
