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
	TRUST_MEMBERS,
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
	key->kid = cbor_in_bytes_of(in, COSE_KID_SIZE);
	key->algorithm = cbor_in_int(in);
	key->key = cbor_in_bytes(in);
	if (in->refusal == REFUSAL_NONE)
		refusal = cose_key_check(key);
	if (refusal != REFUSAL_NONE)
		cbor_in_refuse(in, refusal);
}

/* Keys in ascending order of their IDs. */
static struct trust_items in_keys(struct cbor_in *in, size_t most)
{
	size_t count = cbor_in_array(in, 1, most);
	const uint8_t *start = in->rest.p;
	struct cose_key key, last = {.kid = SPAN_NONE};

	for (size_t i = 0; i < count && in->refusal == REFUSAL_NONE; i++) {
		int order = 1;

		in_key(in, &key);
		if (last.kid.p && in->refusal == REFUSAL_NONE)
			order = memcmp(key.kid.p, last.kid.p, COSE_KID_SIZE);
		if (order <= 0)
			cbor_in_refuse(in, order ? REFUSAL_CBOR_ORDER : REFUSAL_CBOR_DUPLICATE);
		last = key;
	}
	return (struct trust_items){span(start, (size_t)(in->rest.p - start)), count};
}

static struct trust_items in_names(struct cbor_in *in, size_t most)
{
	size_t count = cbor_in_array(in, 1, most);
	const uint8_t *start = in->rest.p;

	for (size_t i = 0; i < count; i++)
		cbor_in_name(in);
	return (struct trust_items){span(start, (size_t)(in->rest.p - start)), count};
}

static struct trust_items in_kids(struct cbor_in *in, size_t least)
{
	struct trust_items kids;

	kids.items = cbor_in_ids(in, least, TRUST_KEYS_MAX, COSE_KID_SIZE, &kids.count);
	return kids;
}

static void in_grant(struct cbor_in *in, struct trust_grant *grant)
{
	size_t pairs = cbor_in_map(in, 6, 7);

	cbor_in_this_key(in, GRANT_KIDS);
	grant->kids = in_kids(in, 1);
	cbor_in_this_key(in, GRANT_SIGNERS);
	grant->signers = cbor_in_small(in, COSE_SIGNATURES_MAX);
	cbor_in_this_key(in, GRANT_CHANNELS);
	grant->channels = in_names(in, TRUST_CHANNELS_MAX);
	cbor_in_this_key(in, GRANT_FIRST);
	grant->first = cbor_in_uint(in);
	grant->last = UINT64_MAX;
	if (pairs == 7) {
		cbor_in_this_key(in, GRANT_LAST);
		grant->last = cbor_in_uint(in);
	}
	cbor_in_this_key(in, GRANT_APPROVALS);
	grant->approvals = cbor_in_small(in, UINT16_MAX);
	cbor_in_this_key(in, GRANT_MAY_RECALL);
	grant->may_recall = cbor_in_bool(in);
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
		if (cbor_same(cbor_in_text(&in), channel))
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

		while (trust_key(trust, i, &key) && !cbor_same(key.kid, kid))
			i++;
		if (i == trust->keys.count)
			return false;
	}
	return true;
}

static void in_grants(struct cbor_in *in, struct trust *trust)
{
	const uint8_t *start;

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

static void in_next(struct cbor_in *in, struct trust *trust)
{
	cbor_in_map(in, 2, 2);
	cbor_in_this_key(in, 0);
	trust->next_threshold = cbor_in_small(in, TRUST_NEXT_MAX);
	cbor_in_this_key(in, 1);
	trust->next = in_keys(in, TRUST_NEXT_MAX);
	if (trust->next_threshold == 0 || trust->next_threshold > trust->next.count)
		cbor_in_refuse(in, REFUSAL_TRUST_THRESHOLD);
}

static void in_log(struct cbor_in *in, struct trust *trust)
{
	if (cbor_in_null(in))
		return;
	cbor_in_array(in, 2, 2);
	trust->log_origin = cbor_in_name(in);
	trust->log_key = cbor_in_bytes_of(in, ED25519_SIZE);
}

static enum refusal read_payload(struct trust *trust)
{
	struct cbor_in in = cbor_in(trust->payload);

	cbor_in_map(&in, TRUST_MEMBERS, TRUST_MEMBERS);
	cbor_in_this_key(&in, TRUST_FORMAT_VERSION);
	if (cbor_in_uint(&in) != TRUST_FORMAT_1)
		cbor_in_refuse(&in, REFUSAL_TRUST_FORMAT);
	cbor_in_this_key(&in, TRUST_PRODUCT);
	trust->product = cbor_in_name(&in);
	cbor_in_this_key(&in, TRUST_VERSION);
	trust->version = cbor_in_uint(&in);
	if (trust->version == 0)
		cbor_in_refuse(&in, REFUSAL_TRUST_FORMAT);
	cbor_in_this_key(&in, TRUST_VENDOR);
	trust->vendor_id = cbor_in_bytes_of(&in, VENDOR_ID_SIZE);
	cbor_in_this_key(&in, TRUST_KEYS);
	trust->keys = in_keys(&in, TRUST_KEYS_MAX);
	cbor_in_this_key(&in, TRUST_GRANTS);
	in_grants(&in, trust);
	cbor_in_this_key(&in, TRUST_REVOKED);
	trust->revoked = in_kids(&in, 0);
	cbor_in_this_key(&in, TRUST_NEXT);
	in_next(&in, trust);
	cbor_in_this_key(&in, TRUST_LOG);
	in_log(&in, trust);
	cbor_in_this_key(&in, TRUST_CREATED);
	trust->created = cbor_in_uint(&in);
	return cbor_in_end(&in);
}

enum refusal signed_file_read(struct span file, struct span name, enum refusal other,
    struct span *ret_payload, struct trust_items *ret_signatures)
{
	struct cbor_in in = cbor_in(file);

	cbor_in_file(&in, 3, name, other);
	cbor_in_this_key(&in, 1);
	*ret_payload = cbor_in_bytes(&in);
	cbor_in_this_key(&in, 2);
	ret_signatures->count = cbor_in_array(&in, 1, COSE_SIGNATURES_MAX);
	ret_signatures->items = in.rest;
	for (size_t i = 0; i < ret_signatures->count; i++)
		cbor_in_bytes(&in);
	return cbor_in_end(&in);
}

enum refusal trust_read(struct span file, struct trust *ret_trust)
{
	memset(ret_trust, 0, sizeof(*ret_trust));
	if (file.n > TRUST_SIZE_MAX)
		return REFUSAL_TRUST_SIZE;
	REFUSE_IF(signed_file_read(
	    file, TRUST_AAD, REFUSAL_TRUST_FORMAT, &ret_trust->payload, &ret_trust->signatures));
	return read_payload(ret_trust);
}

/* ---- acceptance ----------------------------------------------------------------------------- */

static enum refusal quorum(const struct boot_crypto *crypto, const struct trust *statement,
    const struct trust *by, enum refusal other)
{
	struct cose_keys keys = trust_next_keys(by);
	struct cose_signers signers;

	REFUSE_IF(cose_verify_all(crypto, &keys, statement->signatures.items,
	    statement->signatures.count, TRUST_AAD, statement->payload, &signers));
	return signers.count >= by->next_threshold ? REFUSAL_NONE : other;
}

enum refusal trust_accept(
    const struct boot_crypto *crypto, const struct trust *in_force, const struct trust *statement)
{
	if (in_force) {
		if (!cbor_same(in_force->product, statement->product))
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

/* How near a grant came to allowing it: those behind say more. */
static unsigned nearness(enum refusal refusal)
{
	static const uint8_t order[] = {REFUSAL_TRUST_KEY, REFUSAL_TRUST_CHANNEL,
	    REFUSAL_TRUST_RANGE, REFUSAL_TRUST_SIGNERS, REFUSAL_TRUST_REVOKED,
	    REFUSAL_TRUST_APPROVALS};
	unsigned i = 0;

	while (i + 1 < sizeof(order) && order[i] != refusal)
		i++;
	return i;
}

enum refusal trust_judge(const struct trust *trust, const struct trust_question *question)
{
	enum refusal nearest = REFUSAL_TRUST_KEY;
	struct trust_grant grant;

	for (size_t i = 0; trust_grant(trust, i, &grant); i++) {
		enum refusal refusal = judge_grant(trust, &grant, question);

		if (refusal == REFUSAL_NONE)
			return REFUSAL_NONE;
		if (nearness(refusal) > nearness(nearest))
			nearest = refusal;
	}
	return nearest;
}
