#include "signing/format/bundle_verify.h"

#include "base/algorithm.h"
#include "base/der.h"
#include "base/encode.h"
#include "signing/format/crypto_openssl.h"
#include "signing/format/entry.h"
#include "signing/format/suit_process.h"

/* What is being verified, and what for. */
struct verifying {
	const struct bundle_check *check;
	struct bundle_seen seen;
	enum refusal refusal;
};

static struct status refuse(
    struct verifying *v, enum refusal refusal, const char *what, struct err *err)
{
	bool too_large = refusal == REFUSAL_BUNDLE_SIZE || refusal == REFUSAL_SUIT_SIZE;

	v->refusal = refusal;
	return err_set(err, too_large ? ERR_TOO_LARGE : ERR_DENIED, "bundle: %s: %s (%s)", what,
	    refusal_text(refusal), refusal_code(refusal));
}

static struct status pass(
    struct verifying *v, enum refusal refusal, const char *what, struct err *err)
{
	return refusal == REFUSAL_NONE ? STATUS_OK : refuse(v, refusal, what, err);
}

/* ---- envelope ------------------------------------------------------------------------------- */

/* Nothing is done here: what the shared sequence says of vendor and class is compared. */
static enum refusal act(void *context, enum suit_command command, size_t component,
    const struct suit_component *parameters)
{
	(void)context;
	(void)command;
	(void)component;
	(void)parameters;
	return REFUSAL_SUIT_UNSUPPORTED;
}

/* A class that is not known is that of the manifest itself. */
static enum refusal judge_identity(const struct bundle_check *check, const struct suit_manifest *m)
{
	struct suit_device device = {
	    .vendor = check->trust->vendor_id, .class = check->class_id, .act = act};
	struct suit_run run;
	enum refusal refusal;

	REFUSE_IF(suit_run_start(&run, m, &device));
	refusal = suit_run_shared(&run);
	if (refusal == REFUSAL_SUIT_CLASS && !check->class_id.p) {
		device.class = run.components[0].class;
		refusal = suit_run_shared(&run);
	}
	REFUSE_IF(refusal);
	return suit_run_is_for(&run);
}

static struct status verify_envelope(struct verifying *v, struct err *err)
{
	AUTO(crypto_openssl) state = {0};
	const struct boot_crypto crypto = crypto_openssl(&state);
	const struct bundle_check *check = v->check;
	struct cose_keys keys = trust_keys(check->trust);
	struct trust_question question = {.purpose = TRUST_INSTALL, .channel = check->channel};
	struct suit *suit = &v->seen.suit;

	TRY(pass(v, suit_verify(&crypto, &keys, v->seen.bundle.envelope, suit), "envelope", err));
	TRY(pass(v, judge_identity(check, &suit->m), "manifest", err));
	question.sequence = suit->m.sequence;
	question.signers = &suit->signers;
	question.approvals = (uint32_t)v->seen.record.approval_count;
	return pass(v, trust_judge(check->trust, &question), "trust statement", err);
}

/* ---- record --------------------------------------------------------------------------------- */

static bool records(const struct release_record *r, struct span kid)
{
	for (size_t i = 0; i < r->kid_count; i++)
		if (span_equal(r->kids[i], kid))
			return true;
	return false;
}

/*
 * Whoever has signed is recorded, and whoever is recorded has signed: of the keys that the
 * statement knows and that can be verified here. So no signature can be left away.
 */
static bool kids_fit(const struct verifying *v)
{
	AUTO(crypto_openssl) state = {0};
	const struct boot_crypto crypto = crypto_openssl(&state);
	struct cose_key key;

	for (size_t i = 0; trust_key(v->check->trust, i, &key); i++)
		if (records(&v->seen.record, key.kid) !=
			cose_signed_by(&v->seen.suit.signers, key.kid) &&
		    crypto.has(crypto.context, key.algorithm))
			return false;
	return true;
}

static struct status verify_record(struct verifying *v, struct err *err)
{
	const struct release_record *r = &v->seen.record;
	const struct suit *suit = &v->seen.suit;
	const struct {
		bool holds;
		const char *what;
	} checks[] = {
	    {span_equal(r->product, v->check->trust->product), "the record's product"},
	    {span_equal(r->channel, v->check->channel), "the record's channel"},
	    {r->sequence == suit->m.sequence, "the record's sequence number"},
	    {suit->digest.algorithm == COSE_SHA256 &&
		    span_equal(r->manifest_digest, suit->digest.bytes),
		"the record's manifest digest"},
	    {kids_fit(v), "the record's keys"},
	};

	for (size_t i = 0; i < COUNT(checks); i++)
		if (!checks[i].holds)
			return refuse(v, REFUSAL_BUNDLE_RECORD, checks[i].what, err);
	return pass(v, release_record_judge(r), "the record's approvals", err);
}

/* ---- chain ---------------------------------------------------------------------------------- */

/* SubjectPublicKeyInfo of a certificate: RFC 5280 4.1. */
static bool certificate_spki(struct span der, struct span *ret_spki)
{
	struct span certificate, tbs, skipped;
	struct der_item item;

	if (!der_take(&der, DER_SEQUENCE, &certificate) || der.n ||
	    !der_take(&certificate, DER_SEQUENCE, &tbs))
		return false;
	if (der_peek(tbs, DER_CONTEXT_CONSTRUCTED) &&
	    !der_take(&tbs, DER_CONTEXT_CONSTRUCTED, &skipped))
		return false;
	/* serial number, signature algorithm, issuer, validity, subject */
	for (int i = 0; i < 5; i++)
		if (!der_next(&tbs, &item))
			return false;
	return der_take_whole(&tbs, DER_SEQUENCE, ret_spki);
}

static bool first_has_signed(const struct verifying *v)
{
	AUTO(cose_key_owned) key = {0};
	struct err err = {0};
	struct span spki;

	return certificate_spki(v->seen.bundle.certificates[0], &spki) &&
	       cose_key_from_spki(spki, &key, &err).ok &&
	       cose_signed_by(&v->seen.suit.signers, SPAN_OF(key.kid));
}

static struct status verify_chain(struct verifying *v, struct err *err)
{
	const struct release_bundle *b = &v->seen.bundle;
	struct digest digest = sha256_parts(b->certificates, b->certificate_count);

	if (!span_equal(SPAN_OF(digest.bytes), v->seen.record.chain_digest))
		return refuse(v, REFUSAL_BUNDLE_CHAIN, "its digest", err);
	if (b->certificate_count && !first_has_signed(v))
		return refuse(v, REFUSAL_BUNDLE_CHAIN, "its first certificate", err);
	return STATUS_OK;
}

/* ---- log ------------------------------------------------------------------------------------ */

static struct status verify_entry(struct verifying *v, struct err *err)
{
	const struct release_bundle *b = &v->seen.bundle;
	struct err cause = {0};
	struct entry entry;

	if (!entry_decode(b->entry, &entry, &cause).ok)
		return refuse(v, REFUSAL_BUNDLE_ENTRY, cause.message, err);
	if (!span_equal_str(span_str(entry.kind), RELEASE_RECORD_KIND))
		return refuse(v, REFUSAL_BUNDLE_ENTRY, "its kind", err);
	if (!entry_commits_to(&entry, b->salt.p, b->record))
		return refuse(v, REFUSAL_BUNDLE_ENTRY, "its commitment", err);
	return STATUS_OK;
}

/* The statement's log as a policy: it alone, no witnesses. */
static struct status make_policy(
    const struct trust *trust, struct log_policy *ret_policy, struct err *err)
{
	ret_policy->log_count = 1;
	return vkey_make(
	    trust->log_origin, VKEY_ED25519, trust->log_key.p, &ret_policy->logs[0].key, err);
}

static struct status verify_proof(struct verifying *v, struct err *err)
{
	AUTO(arena) arena = {0};
	struct log_policy *policy = arena_alloc(&arena, sizeof(*policy));
	struct log_policy_seen seen;
	struct checkpoint checkpoint;
	struct log_proof proof;
	struct err cause = {0};

	if (!v->check->trust->log_origin.p)
		return STATUS_OK;
	if (!make_policy(v->check->trust, policy, &cause).ok ||
	    !log_proof_parse(v->seen.bundle.proof, &proof, &cause).ok ||
	    !log_proof_verify(&proof, policy, v->seen.bundle.entry, &checkpoint, &seen, &cause).ok)
		return refuse(v, REFUSAL_BUNDLE_PROOF, cause.message, err);
	/* Not authenticated, and so what nothing could tell from another bundle with the same. */
	if (proof.extra_base64.n)
		return refuse(v, REFUSAL_BUNDLE_PROOF, "extra data", err);
	if (checkpoint.tree.size < v->check->checkpoint_least)
		return refuse(v, REFUSAL_BUNDLE_CHECKPOINT, "checkpoint", err);
	v->seen.log_size = checkpoint.tree.size;
	v->seen.log_index = proof.index;
	return STATUS_OK;
}

/* ---- all of it ------------------------------------------------------------------------------ */

static struct status verify(struct verifying *v, struct span file, struct err *err)
{
	TRY(pass(v, release_bundle_read(file, &v->seen.bundle), "its structure", err));
	TRY(pass(v, release_record_read(v->seen.bundle.record, &v->seen.record), "record", err));
	TRY(verify_envelope(v, err));
	TRY(verify_record(v, err));
	TRY(verify_chain(v, err));
	TRY(verify_entry(v, err));
	return verify_proof(v, err);
}

struct status release_bundle_verify(const struct bundle_check *check, struct span file,
    struct bundle_seen *ret_seen, enum refusal *ret_refusal, struct err *err)
{
	struct verifying v = {.check = check};
	struct status status = verify(&v, file, err);

	*ret_refusal = v.refusal;
	if (status.ok)
		*ret_seen = v.seen;
	return status;
}
