#include "signing/format/trust.h"

enum trust_member {
	TRUST_FORMAT_VERSION,
	TRUST_PRODUCT,
	TRUST_VERSION,
	TRUST_VENDOR,
	TRUST_KEYS,
	TRUST_GRANTS,
	TRUST_REVOKED,
	TRUST_NEXT,
	TRUST_LOG,
	TRUST_CREATED,
};

enum grant_member {
	GRANT_KIDS,
	GRANT_SIGNERS,
	GRANT_CHANNELS,
	GRANT_FIRST,
	GRANT_LAST,
	GRANT_APPROVALS,
	GRANT_MAY_RECALL,
};

#define TRUST_FORMAT_1 1
#define VENDOR_ID_SIZE 16
#define ED25519_SIZE   32
#define ORIGIN_MAX     255 /* CHECKPOINT_ORIGIN_MAX */

/* ---- parts ---------------------------------------------------------------------------------- */

static void in_key(struct cbor_in *in, struct cose_key *key)
{
	enum refusal refusal = REFUSAL_NONE;

	cbor_in_array(in, 3, 3);
	cbor_take_exactly(in, COSE_KID_SIZE, &key->kid);
	key->algorithm = cbor_in_int(in);
	cbor_take_string(in, CBOR_BYTES, &key->key);
	if (in->refusal == REFUSAL_NONE)
		refusal = cose_key_check(key);
	if (refusal != REFUSAL_NONE)
		cbor_in_refuse(in, refusal);
}

/* Keys in ascending order of their IDs. */
static void in_keys(struct cbor_in *in, void *object, const struct cbor_field *field)
{
	struct trust_items *keys = cbor_place(object, field);
	struct span last = SPAN_NONE;
	const uint8_t *start;

	keys->count = cbor_in_array(in, 1, TRUST_KEYS_MAX);
	start = in->rest.p;
	for (size_t i = 0; i < keys->count; i++) {
		struct cose_key key;

		in_key(in, &key);
		cbor_in_rising(in, &last, key.kid);
	}
	keys->items = span(start, (size_t)(in->rest.p - start));
}

static void in_channels(struct cbor_in *in, void *object, const struct cbor_field *field)
{
	struct trust_items *channels = cbor_place(object, field);
	const uint8_t *start;

	channels->count = cbor_in_array(in, 1, TRUST_CHANNELS_MAX);
	start = in->rest.p;
	for (size_t i = 0; i < channels->count; i++)
		cbor_in_name(in);
	channels->items = span(start, (size_t)(in->rest.p - start));
}

static void in_kids(struct cbor_in *in, void *object, const struct cbor_field *field)
{
	struct trust_items *kids = cbor_place(object, field);

	kids->items = cbor_in_ids(in, 0, TRUST_KEYS_MAX, COSE_KID_SIZE, &kids->count);
}

static void in_small(struct cbor_in *in, void *object, const struct cbor_field *field)
{
	*(uint32_t *)cbor_place(object, field) = cbor_in_small(in, UINT16_MAX);
}

#define AT(member) offsetof(struct trust_grant, member)
static const struct cbor_field grant_fields[] = {
    {in_kids, AT(kids), GRANT_KIDS, true},
    {in_small, AT(signers), GRANT_SIGNERS, true},
    {in_channels, AT(channels), GRANT_CHANNELS, true},
    {cbor_field_uint, AT(first), GRANT_FIRST, true},
    {cbor_field_uint, AT(last), GRANT_LAST, false},
    {in_small, AT(approvals), GRANT_APPROVALS, true},
    {cbor_field_bool, AT(may_recall), GRANT_MAY_RECALL, true},
};
#undef AT
CBOR_SHAPE(grant_shape, grant_fields, CBOR_KEY);

static void in_grant(struct cbor_in *in, struct trust_grant *grant)
{
	grant->last = UINT64_MAX;
	cbor_in_fields(in, &grant_shape, grant);
	if (grant->signers == 0 || grant->signers > grant->kids.count)
		cbor_in_refuse(in, REFUSAL_TRUST_THRESHOLD);
}

/* ---- the statement -------------------------------------------------------------------------- */

/* The i-th of a run of keys that was read before. */
static bool key_of(const struct trust_items *keys, size_t i, struct cose_key *ret_key)
{
	struct cbor_in in = cbor_in(keys->items);

	if (i >= keys->count)
		return false;
	for (size_t at = 0; at <= i; at++)
		in_key(&in, ret_key);
	return in.refusal == REFUSAL_NONE;
}

bool trust_key(const struct trust *trust, size_t i, struct cose_key *ret_key)
{
	return key_of(&trust->keys, i, ret_key);
}

bool trust_next_key(const struct trust *trust, size_t i, struct cose_key *ret_key)
{
	return key_of(&trust->next, i, ret_key);
}

bool trust_grant(const struct trust *trust, size_t i, struct trust_grant *ret_grant)
{
	struct cbor_in in = cbor_in(trust->grants.items);

	if (i >= trust->grants.count)
		return false;
	for (size_t at = 0; at <= i; at++)
		in_grant(&in, ret_grant);
	return in.refusal == REFUSAL_NONE;
}

bool trust_revoked(const struct trust *trust, struct span kid)
{
	return cbor_ids_hold(trust->revoked.items, kid);
}

bool trust_channel(const struct trust_grant *grant, struct span channel)
{
	struct cbor_in in = cbor_in(grant->channels.items);

	for (size_t i = 0; i < grant->channels.count; i++)
		if (bytes_equal(cbor_in_text(&in), channel))
			return true;
	return false;
}

static bool get_key(const void *context, size_t i, struct cose_key *ret_key)
{
	return key_of(context, i, ret_key);
}

struct cose_keys trust_keys(const struct trust *trust)
{
	return (struct cose_keys){get_key, &trust->keys};
}

struct cose_keys trust_next_keys(const struct trust *trust)
{
	return (struct cose_keys){get_key, &trust->next};
}

/* Every key that the grant names is there. */
static bool knows_kids(const struct trust *trust, const struct trust_grant *grant)
{
	struct cbor_in in = cbor_in(grant->kids.items);

	for (size_t n = grant->kids.count; n; n--) {
		struct span kid = cbor_in_bytes(&in);
		struct cose_key key;
		size_t i = 0;

		while (trust_key(trust, i, &key) && !bytes_equal(key.kid, kid))
			i++;
		if (i == trust->keys.count)
			return false;
	}
	return true;
}

static void in_grants(struct cbor_in *in, void *object, const struct cbor_field *field)
{
	struct trust *trust = object;
	const uint8_t *start;

	(void)field;
	trust->grants.count = cbor_in_array(in, 1, TRUST_GRANTS_MAX);
	start = in->rest.p;
	for (size_t i = 0; i < trust->grants.count && in->refusal == REFUSAL_NONE; i++) {
		struct trust_grant grant;

		in_grant(in, &grant);
		if (in->refusal == REFUSAL_NONE && !knows_kids(trust, &grant))
			cbor_in_refuse(in, REFUSAL_TRUST_REFERENCE);
	}
	trust->grants.items = span(start, (size_t)(in->rest.p - start));
}

static const struct cbor_field next_fields[] = {
    {in_small, offsetof(struct trust, next_threshold), 0, true},
    {in_keys, offsetof(struct trust, next), 1, true},
};
CBOR_SHAPE(next_shape, next_fields, CBOR_KEY);

static void in_next(struct cbor_in *in, void *object, const struct cbor_field *field)
{
	const struct trust *trust = object;

	(void)field;
	cbor_in_fields(in, &next_shape, object);
	/* More signatures than can stand in a file are never reached. */
	if (trust->next_threshold == 0 || trust->next_threshold > trust->next.count ||
	    trust->next_threshold > COSE_SIGNATURES_MAX)
		cbor_in_refuse(in, REFUSAL_TRUST_THRESHOLD);
}

static void in_log(struct cbor_in *in, void *object, const struct cbor_field *field)
{
	struct trust *trust = object;

	(void)field;
	if (cbor_in_null(in))
		return;
	cbor_in_array(in, 2, 2);
	cbor_take_name(in, &trust->log_origin);
	cbor_take_exactly(in, ED25519_SIZE, &trust->log_key);
}

static void in_version(struct cbor_in *in, void *object, const struct cbor_field *field)
{
	struct trust *trust = object;

	cbor_field_uint(in, object, field);
	if (trust->version == 0)
		cbor_in_refuse(in, REFUSAL_CBOR_TYPE);
}

#define AT(member) offsetof(struct trust, member)
static const struct cbor_field trust_fields[] = {
    {cbor_field_version, 0, TRUST_FORMAT_VERSION, true},
    {cbor_field_name, AT(product), TRUST_PRODUCT, true},
    {in_version, AT(version), TRUST_VERSION, true},
    {cbor_field_id, AT(vendor_id), TRUST_VENDOR, true},
    {in_keys, AT(keys), TRUST_KEYS, true},
    {in_grants, 0, TRUST_GRANTS, true},
    {in_kids, AT(revoked), TRUST_REVOKED, true},
    {in_next, 0, TRUST_NEXT, true},
    {in_log, 0, TRUST_LOG, true},
    {cbor_field_uint, AT(created), TRUST_CREATED, true},
};
#undef AT
CBOR_SHAPE(trust_shape, trust_fields, CBOR_KEY);

static void in_signatures(struct cbor_in *in, void *object, const struct cbor_field *field)
{
	struct trust_items *signatures = cbor_place(object, field);
	const uint8_t *start;

	signatures->count = cbor_in_array(in, 1, COSE_SIGNATURES_MAX);
	start = in->rest.p;
	for (size_t i = 0; i < signatures->count; i++)
		cbor_in_bytes(in);
	signatures->items = span(start, (size_t)(in->rest.p - start));
}

static const struct cbor_field file_fields[] = {
    {cbor_field_text, offsetof(struct signed_file, name), 0, true},
    {cbor_field_bytes, offsetof(struct signed_file, payload), 1, true},
    {in_signatures, offsetof(struct signed_file, signatures), 2, true},
};
CBOR_SHAPE(file_shape, file_fields, CBOR_KEY);

enum refusal signed_file_read(
    struct span file, struct span name, enum refusal other, struct signed_file *ret_file)
{
	memset(ret_file, 0, sizeof(*ret_file));
	return cbor_read_file(file, &file_shape, name, other, ret_file);
}

/* Who approved stands in a record that nothing but the log's proof binds. */
static bool asks_in_vain(const struct trust *trust)
{
	struct trust_grant grant;
	uint32_t most = 0;

	for (size_t i = 0; trust_grant(trust, i, &grant); i++)
		most = grant.approvals > most ? grant.approvals : most;
	return most > 0 && !trust->log_origin.p;
}

enum refusal trust_read(struct span file, struct trust *ret_trust)
{
	memset(ret_trust, 0, sizeof(*ret_trust));
	if (file.n > TRUST_SIZE_MAX)
		return REFUSAL_TRUST_SIZE;
	REFUSE_IF(signed_file_read(file, TRUST_AAD, REFUSAL_TRUST_FORMAT, &ret_trust->file));
	REFUSE_IF(cbor_read_fields(ret_trust->file.payload, &trust_shape, ret_trust));
	return asks_in_vain(ret_trust) ? REFUSAL_TRUST_UNPROVEN : REFUSAL_NONE;
}

/* What verifies of a file's signatures with these keys. The file's name is its external_aad. */
enum refusal signed_file_verify(const struct boot_crypto *crypto, const struct signed_file *file,
    const struct trust_items *keys, struct cose_signers *ret_signers)
{
	const struct cose_keys of = {get_key, keys};

	return cose_verify_all(crypto, &of, file->signatures.items, file->signatures.count,
	    file->name, file->payload, ret_signers);
}

/* ---- acceptance ----------------------------------------------------------------------------- */

static enum refusal quorum(const struct boot_crypto *crypto, const struct trust *statement,
    const struct trust *by, enum refusal other)
{
	struct cose_signers signers;

	REFUSE_IF(signed_file_verify(crypto, &statement->file, &by->next, &signers));
	return signers.count >= by->next_threshold ? REFUSAL_NONE : other;
}

enum refusal trust_accept(
    const struct boot_crypto *crypto, const struct trust *in_force, const struct trust *statement)
{
	if (in_force) {
		if (!bytes_equal(in_force->product, statement->product))
			return REFUSAL_TRUST_PRODUCT;
		if (statement->version <= in_force->version)
			return REFUSAL_TRUST_OLD;
		REFUSE_IF(quorum(crypto, statement, in_force, REFUSAL_TRUST_QUORUM_OLD));
	}
	return quorum(crypto, statement, statement, REFUSAL_TRUST_QUORUM_NEW);
}

/* ---- judgement ------------------------------------------------------------------------------ */

/* Of the grant's keys: how many have signed, and how many of those count. */
static size_t count_signers(const struct trust *trust, const struct trust_grant *grant,
    const struct trust_question *q, size_t *ret_revoked)
{
	size_t good = 0;

	*ret_revoked = 0;
	for (size_t i = 0; i < q->signers->count; i++) {
		struct span kid = q->signers->kids[i];

		if (!cbor_ids_hold(grant->kids.items, kid))
			continue;
		if (q->purpose != TRUST_CONFIRMED && trust_revoked(trust, kid))
			++*ret_revoked;
		else
			good++;
	}
	return good;
}

static enum refusal judge_grant(
    const struct trust *trust, const struct trust_grant *grant, const struct trust_question *q)
{
	size_t revoked;
	size_t good = count_signers(trust, grant, q, &revoked);

	if (good + revoked == 0)
		return REFUSAL_TRUST_KEY;
	if (!trust_channel(grant, q->channel))
		return REFUSAL_TRUST_CHANNEL;
	if (q->purpose == TRUST_RECALL) {
		if (!grant->may_recall)
			return REFUSAL_TRUST_KEY;
	} else if (q->sequence < grant->first || q->sequence > grant->last) {
		return REFUSAL_TRUST_RANGE;
	}
	if (good < grant->signers)
		return revoked ? REFUSAL_TRUST_REVOKED : REFUSAL_TRUST_SIGNERS;
	/* An unseen number of approvals is larger than any. */
	return q->approvals < grant->approvals ? REFUSAL_TRUST_APPROVALS : REFUSAL_NONE;
}

enum refusal trust_judge(const struct trust *trust, const struct trust_question *question)
{
	enum refusal nearest = REFUSAL_TRUST_KEY;
	struct trust_grant grant;

	for (size_t i = 0; trust_grant(trust, i, &grant); i++) {
		enum refusal refusal = judge_grant(trust, &grant, question);

		if (refusal == REFUSAL_NONE)
			return REFUSAL_NONE;
		/* The table has them in this order: those behind say more. */
		if (refusal > nearest)
			nearest = refusal;
	}
	return nearest;
}
