/* clients/operator/trust_next.c: trust_plan_next(): from a statement back to its YAML. */
#include <inttypes.h>

#include <jansson.h>

#include "base/encode.h"
#include "clients/operator/public_key.h"
#include "clients/operator/reason.h"
#include "clients/operator/trust_plan.h"
#include "clients/operator/yaml.h"
#include "signing/format/note.h"
#include "signing/format/uuid.h"

/* Names are not in statements: a key is called by the head of its kid. */
#define NAME_OCTETS 6

static json_t *name_of(struct span kid)
{
	char text[2 * NAME_OCTETS + 1];

	hex_text(span(kid.p, NAME_OCTETS), text);
	return json_sprintf("key-%s", text);
}

static json_t *kid_hex(struct span kid)
{
	AUTO(buf) text = {0};

	hex_encode(kid, &text);
	return json_stringn((const char *)text.p, text.n);
}

static struct status put_key(json_t *list, const struct cose_key *key, struct err *err)
{
	AUTO(buf) pem = {0};
	json_t *o = json_object();

	json_array_append_new(list, o);
	json_object_set_new(o, "name", name_of(key->kid));
	json_object_set_new(o, "algorithm", json_string(cose_algorithm_name(key->algorithm)));
	if (!public_key_pem(key, &pem))
		return err_refuse(
		    err, WHY(PUBLIC_KEY), "a key of the statement cannot be written here");
	json_object_set_new(o, "public_key", json_stringn((const char *)pem.p, pem.n));
	return STATUS_OK;
}

static void put_grant(json_t *list, const struct trust *trust, const struct trust_grant *grant)
{
	json_t *o = json_object(), *keys = json_array(), *channels = json_array();
	struct cbor_in in = cbor_in(grant->channels.items);
	struct cose_key key;

	json_array_append_new(list, o);
	for (size_t i = 0; trust_key(trust, i, &key); i++)
		if (cbor_ids_hold(grant->kids.items, key.kid))
			json_array_append_new(keys, name_of(key.kid));
	for (size_t i = 0; i < grant->channels.count; i++) {
		struct span name = cbor_in_text(&in);

		json_array_append_new(channels, json_stringn((const char *)name.p, name.n));
	}
	json_object_set_new(o, "keys", keys);
	json_object_set_new(o, "signatures", json_integer((json_int_t)grant->signers));
	json_object_set_new(o, "channels", channels);
	json_object_set_new(o, "from", json_integer((json_int_t)grant->first));
	if (grant->last != UINT64_MAX)
		json_object_set_new(o, "to", json_integer((json_int_t)grant->last));
	json_object_set_new(o, "approvals", json_integer((json_int_t)grant->approvals));
	json_object_set_new(o, "may_recall", json_boolean(grant->may_recall));
}

static json_t *revoked_of(const struct trust *trust)
{
	json_t *list = json_array();
	struct cbor_in in = cbor_in(trust->revoked.items);

	for (size_t i = 0; i < trust->revoked.count; i++)
		json_array_append_new(list, kid_hex(cbor_in_bytes(&in)));
	return list;
}

static struct status put_log(json_t *o, const struct trust *trust, struct err *err)
{
	AUTO(buf) text = {0};
	struct vkey vkey;

	if (!trust->log_key.p)
		return STATUS_OK;
	TRY(vkey_make(trust->log_origin, VKEY_ED25519, trust->log_key.p, &vkey, err));
	vkey_put(&vkey, &text);
	json_object_set_new(o, "log", json_stringn((const char *)text.p, text.n));
	return STATUS_OK;
}

static struct status put_lists(json_t *o, const struct trust *trust, struct err *err)
{
	json_t *keys = json_array(), *grants = json_array(), *signers = json_array();
	struct trust_grant grant;
	struct cose_key key;

	json_object_set_new(o, "keys", keys);
	json_object_set_new(o, "grants", grants);
	json_object_set_new(o, "revoked", revoked_of(trust));
	json_object_set_new(o, "signers",
	    json_pack(
		"{s:I, s:o}", "threshold", (json_int_t)trust->next_threshold, "keys", signers));
	for (size_t i = 0; trust_key(trust, i, &key); i++)
		TRY(put_key(keys, &key, err));
	for (size_t i = 0; trust_grant(trust, i, &grant); i++)
		put_grant(grants, trust, &grant);
	for (size_t i = 0; trust_next_key(trust, i, &key); i++)
		TRY(put_key(signers, &key, err));
	return put_log(o, trust, err);
}

struct status trust_plan_next(const struct trust *trust, struct buf *out, struct err *err)
{
	char uuid[UUID_TEXT_SIZE];
	json_t *o;
	struct status s;

	uuid_text(trust->vendor_id.p, uuid);
	o = json_pack("{s:s%, s:s, s:I}", "product", (const char *)trust->product.p,
	    trust->product.n, "vendor_id", uuid, "version", (json_int_t)trust->version + 1);
	s = put_lists(o, trust, err);
	if (s.ok)
		yaml_put(o, 0, out);
	json_decref(o);
	return s;
}
